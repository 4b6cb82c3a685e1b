/* SPDX-License-Identifier: MIT */
/*
 * Looking through what a program left in its cell, whatever it is. Paths are found first, in folders
 * that are opened one below the other, then sorted, then opened again from the top; nothing moves
 * between, because nobody is left who could move it. Names are bytes and nothing is made of them but
 * paths below the folder; what is not a regular file is never opened for reading.
 */
#include "run/run.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define WALK_DEPTH_MAX 8

/* Names looked at in all, of whatever kind; every one of them costs a system call or two. */
#define WALK_NAMES_MAX 65536

/* Eight folders and a file, all with names of 255 bytes. */
#define WALK_PATH_MAX ((WALK_DEPTH_MAX + 1) * (NAME_MAX + 1))

struct walker {
	const struct bailiff_scratch_walk *walk; /* borrowed */
	struct bailiff_error *err;		 /* borrowed */
	char path[WALK_PATH_MAX];		 /* of what is looked at */
	char **files;				 /* owned, and so are the paths in it */
	size_t count, capacity;
	size_t names;
	uint64_t bytes;
};

static int walk_failed(const struct walker *walker, int rc)
{
	return fail_internal(walker->err, BAILIFF_STAGE_SUPERVISE, -rc, "look through '%s'",
			     walker->walk->folder);
}

/* ---- finding ------------------------------------------------------------------------ */

static int remember(struct walker *walker)
{
	if (walker->count == walker->capacity) {
		size_t capacity = walker->capacity == 0 ? 64 : walker->capacity * 2;
		char **grown = realloc(walker->files, capacity * sizeof *grown);
		if (grown == NULL)
			return walk_failed(walker, -ENOMEM);
		walker->files = grown;
		walker->capacity = capacity;
	}
	walker->files[walker->count] = strdup(walker->path);
	if (walker->files[walker->count] == NULL)
		return walk_failed(walker, -ENOMEM);
	walker->count++;
	return 0;
}

/* A sparse file counts with its size, for that is what reading it would cost. */
static int found_file(struct walker *walker, const struct stat *status)
{
	const struct bailiff_scratch_walk *walk = walker->walk;
	uint64_t size = (uint64_t)status->st_size;
	if (walker->count == walk->files_max)
		return fail_input(walker->err, EFBIG, "'%s' in the cell: more than %zu files",
				  walk->folder, walk->files_max);
	if (size > walk->bytes_max - walker->bytes)
		return fail_input(walker->err, EFBIG, "'%s' in the cell: more than %ju bytes",
				  walk->folder, (uintmax_t)walk->bytes_max);
	walker->bytes += size;
	return remember(walker);
}

static int scan(struct walker *walker, int *folder_fd, size_t length, unsigned depth);

/* walker->path names it; its folder's part is `length` bytes long. */
static int scan_entry(struct walker *walker, int folder_fd, size_t length, unsigned depth)
{
	const char *name = walker->path + length;
	struct stat status;
	if (++walker->names > WALK_NAMES_MAX)
		return fail_input(walker->err, EFBIG, "'%s' in the cell: more than %d names",
				  walker->walk->folder, WALK_NAMES_MAX);
	if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return walk_failed(walker, -errno);
	if (S_ISREG(status.st_mode))
		return found_file(walker, &status);
	if (!S_ISDIR(status.st_mode) || depth == WALK_DEPTH_MAX)
		return 0;
	int below_fd = run_open_beneath(folder_fd, name, O_RDONLY | O_DIRECTORY, 0);
	if (below_fd < 0)
		return walk_failed(walker, below_fd);
	size_t below_length = length + strlen(name) + 1;
	walker->path[below_length - 1] = '/';
	return scan(walker, &below_fd, below_length, depth + 1);
}

/* Takes *folder_fd over. Recursion ends at WALK_DEPTH_MAX. */
static int scan(struct walker *walker, int *folder_fd, size_t length, unsigned depth)
{
	DIR *dir = fdopendir(*folder_fd);
	if (dir == NULL) {
		int cause = errno;
		fd_close(folder_fd);
		return walk_failed(walker, -cause);
	}
	*folder_fd = FD_NONE;
	int rc = 0;
	while (rc == 0) {
		errno = 0;
		const struct dirent *entry = readdir(dir);
		if (entry == NULL) {
			rc = errno != 0 ? walk_failed(walker, -errno) : 0;
			break;
		}
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(walker->path + length, sizeof walker->path - length, "%s",
			       entry->d_name);
		rc = scan_entry(walker, dirfd(dir), length, depth);
	}
	(void)closedir(dir);
	return rc;
}

/* ---- showing ------------------------------------------------------------------------ */

static int compare_paths(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;
	return strcmp(*left, *right);
}

static int show(struct walker *walker, int folder_fd, const char *path)
{
	/* Non-blocking, and looked at once more: no name is trusted to be what it was. */
	AUTO_CLOSE int fd =
		run_open_beneath(folder_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return walk_failed(walker, fd < 0 ? fd : -errno);
	if (!S_ISREG(status.st_mode))
		return walk_failed(walker, -EINVAL);
	const struct bailiff_scratch_file file = {
		.path = path,
		.fd = fd,
		.size = (uint64_t)status.st_size,
		.is_executable = (status.st_mode & 0111) != 0,
	};
	return walker->walk->found(walker->walk->context, &file, walker->err);
}

static int walk_folder(struct walker *walker, int folder_fd)
{
	int scanned_fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 3);
	if (scanned_fd < 0)
		return walk_failed(walker, -errno);
	int rc = scan(walker, &scanned_fd, 0, 0);
	if (walker->count > 0)
		qsort(walker->files, walker->count, sizeof *walker->files, compare_paths);
	for (size_t i = 0; rc >= 0 && i < walker->count; i++)
		rc = show(walker, folder_fd, walker->files[i]);
	for (size_t i = 0; i < walker->count; i++)
		free(walker->files[i]);
	free(walker->files);
	return rc < 0 ? rc : 0;
}

int bailiff_scratch_walk(int scratch_fd, const struct bailiff_scratch_walk *walk,
			 struct bailiff_error *err)
{
	struct walker walker = { .walk = walk, .err = err };
	AUTO_CLOSE int folder_fd =
		run_open_beneath(scratch_fd, walk->folder, O_RDONLY | O_DIRECTORY, 0);
	switch (folder_fd) {
	case -ENOENT:
	case -ENOTDIR: /* the program put something else in its place ... */
	case -ELOOP:   /* ... or on the way to it */
		return 0;
	default: return folder_fd < 0 ? walk_failed(&walker, folder_fd) :
					walk_folder(&walker, folder_fd);
	}
}
