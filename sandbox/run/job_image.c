/* SPDX-License-Identifier: MIT */
/*
 * Writing a job down: the struct, its lists, its filter and its strings one after another, with
 * offsets for pointers. Sealed before it is sent: what the cell maps is what was written here.
 */
#include "run/job_image.h"

#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "run/image.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

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
		size += image_text_size(list[spare + i]);
	return size + image_padded((spare + count + 1) * sizeof *list);
}

static size_t filter_size(const struct sock_fprog *filter)
{
	return filter->len * sizeof *filter->filter;
}

static size_t image_size(const struct job *job)
{
	return image_padded(sizeof *job) + image_padded(filter_size(&job->filter)) +
	       image_text_size(job->cwd) + list_size(job->paths, 0) +
	       list_size(job->argv, JOB_ARGV_SPARE) + list_size(job->envp, 0);
}

static char **put_list(struct image *image, char *const *list, size_t spare)
{
	size_t count = list_length(list + spare);
	char **offset = image_put(image, list, (spare + count + 1) * sizeof *list);
	char **copy = (char **)(void *)(image->bytes + (uintptr_t)offset);
	for (size_t i = spare; i < spare + count; i++)
		copy[i] = image_put_text(image, list[i]);
	return offset;
}

static void put_job(struct image *image, const struct job *job)
{
	struct job copy = *job;
	(void)image_put(image, &copy, sizeof copy); /* its place; filled in below */
	copy.filter.filter = image_put(image, job->filter.filter, filter_size(&job->filter));
	copy.cwd = image_put_text(image, job->cwd);
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
