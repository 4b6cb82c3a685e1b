/* SPDX-License-Identifier: MIT */
/*
 * Writing a job down: the struct, its lists, its filter and its strings one after another, with
 * offsets for pointers. Sealed before it is sent: what the cell maps is what was written here.
 */
#include "run/job_image.h"

#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

struct image {
	char *bytes; /* owned */
	size_t size; /* written so far */
};

/* Room for what is put, rounded up as put() does. */
static size_t padded(size_t size)
{
	return (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

static size_t list_length(char *const *list)
{
	size_t count = 0;
	while (list[count] != NULL)
		count++;
	return count;
}

static size_t list_size(char *const *list, size_t spare)
{
	size_t count = list_length(list + spare), size = 0;
	for (size_t i = 0; i < count; i++)
		size += padded(strlen(list[spare + i]) + 1);
	return size + padded((spare + count + 1) * sizeof *list);
}

static size_t filter_size(const struct sock_fprog *filter)
{
	return filter->len * sizeof *filter->filter;
}

static size_t image_size(const struct job *job)
{
	return padded(sizeof *job) + padded(filter_size(&job->filter)) +
	       padded(strlen(job->cwd) + 1) + list_size(job->paths, 0) +
	       list_size(job->argv, JOB_ARGV_SPARE) + list_size(job->envp, 0);
}

/* Appends, and returns the offset in the disguise of the pointer it will become. */
static void *put(struct image *image, const void *data, size_t size)
{
	size_t offset = image->size;
	if (size > 0)
		memcpy(image->bytes + offset, data, size);
	image->size += padded(size);
	return (void *)(uintptr_t)offset;
}

static char **put_list(struct image *image, char *const *list, size_t spare)
{
	size_t count = list_length(list + spare);
	char **offset = put(image, list, (spare + count + 1) * sizeof *list);
	char **copy = (char **)(void *)(image->bytes + (uintptr_t)offset);
	for (size_t i = spare; i < spare + count; i++)
		copy[i] = put(image, list[i], strlen(list[i]) + 1);
	return offset;
}

static void put_job(struct image *image, const struct job *job)
{
	struct job copy = *job;
	(void)put(image, &copy, sizeof copy); /* its place; filled in below */
	copy.filter.filter = put(image, job->filter.filter, filter_size(&job->filter));
	copy.cwd = put(image, job->cwd, strlen(job->cwd) + 1);
	copy.paths = put_list(image, job->paths, 0);
	copy.argv = put_list(image, job->argv, JOB_ARGV_SPARE);
	copy.envp = put_list(image, job->envp, 0);
	copy.size = image->size;
	memcpy(image->bytes, &copy, sizeof copy);
}

int job_image_create(const struct job *job, int *ret_fd)
{
	AUTO_FREE char *bytes = calloc(1, image_size(job));
	if (bytes == NULL)
		return -ENOMEM;
	struct image image = { .bytes = bytes };
	put_job(&image, job);
	AUTO_CLOSE int fd = memfd_create("job", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc = fd < 0 ? -errno : io_write_all(fd, image.bytes, image.size);
	if (rc == 0 && fcntl(fd, F_ADD_SEALS,
			     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		rc = -errno;
	if (rc == 0)
		*ret_fd = fd_take(&fd);
	return rc;
}
