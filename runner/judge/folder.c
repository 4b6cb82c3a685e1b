/* SPDX-License-Identifier: MIT */
/*
 * Every path is resolved by openat2(2) with RESOLVE_BENEATH, from a descriptor of the folder: the
 * kernel refuses what would leave it, absolute links too. What is opened for reading is looked at
 * through an O_PATH descriptor first, so that FIFOs and devices are never opened.
 */
#include "judge/folder.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Far above any package: each test has a few files. */
#define ENTRIES_MAX 200000u
#define NAME_LENGTH_MAX 255u

int folder_open(const char *path, struct folder *ret_folder, struct bailiff_error *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_input(err, errno, "open folder '%s'", path);
	*ret_folder = (struct folder){ .fd = fd };
	return 0;
}

void folder_close(struct folder *folder)
{
	fd_close(&folder->fd);
}

static int open_beneath(const struct folder *folder, const char *path, uint64_t flags)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = sys_openat2(folder->fd, path, &how);
	return fd < 0 ? -errno : fd;
}

static int fail_open(int rc, const char *path, struct bailiff_error *err)
{
	if (rc == -EXDEV)
		return fail_spec(err, "'%s' is a link that leads out of its folder", path);
	return fail_input(err, -rc, "open '%s'", path);
}

static enum entry_kind kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return ENTRY_FILE;
	return S_ISDIR(mode) ? ENTRY_FOLDER : ENTRY_OTHER;
}

/* Looks at what a path names in the end. 0 or -errno. */
static int stat_beneath(const struct folder *folder, const char *path, struct stat *ret_status)
{
	AUTO_CLOSE int fd = open_beneath(folder, path, O_PATH);
	if (fd < 0)
		return fd;
	return fstat(fd, ret_status) < 0 ? -errno : 0;
}

int folder_look(struct folder *folder, const char *path, enum entry_kind *ret_kind,
		struct bailiff_error *err)
{
	struct stat status;
	int rc = stat_beneath(folder, path, &status);
	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		return fail_open(rc, path, err);
	*ret_kind = rc < 0 ? ENTRY_NONE : kind_of(status.st_mode);
	return 0;
}

int folder_open_file(struct folder *folder, const char *path, int *ret_fd, uint64_t *ret_size,
		     struct bailiff_error *err)
{
	struct stat status;
	int rc = stat_beneath(folder, path, &status);
	if (rc < 0)
		return fail_open(rc, path, err);
	if (!S_ISREG(status.st_mode))
		return fail_spec(err, "'%s' is not a regular file", path);
	AUTO_CLOSE int fd = open_beneath(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail_open(fd, path, err);
	if (fstat(fd, &status) < 0)
		return fail_input(err, errno, "look at '%s'", path);
	if (!S_ISREG(status.st_mode))
		return fail_spec(err, "'%s' is not a regular file", path);
	*ret_size = (uint64_t)status.st_size;
	*ret_fd = fd_take(&fd);
	return 0;
}

int folder_read(struct folder *folder, const char *path, size_t size_max, struct input *ret_input,
		struct bailiff_error *err)
{
	AUTO_CLOSE int fd = FD_NONE;
	uint64_t size = 0;
	int rc = folder_open_file(folder, path, &fd, &size, err);
	return rc < 0 ? rc : input_read_fd(fd, path, size_max, ret_input, err);
}

/* ---- listing ----------------------------------------------------------------------------- */

static bool is_seen(const char *name, enum name_rule rule)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_.-";
	if (name[0] == '.')
		return false;
	if (rule == NAMES_NOT_HIDDEN)
		return true;
	size_t length = strlen(name);
	return name[0] != '-' && length <= NAME_LENGTH_MAX && strspn(name, alphabet) == length;
}

static int compare_names(const void *a, const void *b)
{
	const struct folder_entry *left = a, *right = b;
	return strcmp(left->name, right->name);
}

static int add_entry(struct folder *folder, DIR *dir, const char *path, const char *name,
		     struct folder_list *list, struct bailiff_error *err)
{
	struct stat status;
	char *full = arena_format(&list->arena, "%s/%s", path, name);
	struct folder_entry *items =
		arena_grow(&list->arena, list->items, list->count, sizeof *items);
	if (full == NULL || items == NULL)
		return fail_memory(err);
	list->items = items;
	int rc = fstatat(dirfd(dir), name, &status, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	if (rc == 0 && S_ISLNK(status.st_mode))
		rc = stat_beneath(folder, full, &status);
	if (rc < 0)
		return fail_open(rc, full, err);
	items[list->count++] = (struct folder_entry){
		.name = full + strlen(path) + 1,
		.kind = kind_of(status.st_mode),
		.size = (uint64_t)status.st_size,
	};
	return 0;
}

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

static int read_entries(struct folder *folder, DIR *dir, const char *path, enum name_rule rule,
			struct folder_list *list, struct bailiff_error *err)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(dir);
		if (entry == NULL)
			return errno == 0 ? 0 : fail_input(err, errno, "read folder '%s'", path);
		if (folder->entries_looked_at++ == ENTRIES_MAX)
			return fail_spec(err, "'%s': more than %u files and folders", path,
					 ENTRIES_MAX);
		if (!is_seen(entry->d_name, rule))
			continue;
		int rc = add_entry(folder, dir, path, entry->d_name, list, err);
		if (rc < 0)
			return rc;
	}
}

int folder_list(struct folder *folder, const char *path, enum name_rule rule,
		struct folder_list *list, struct bailiff_error *err)
{
	AUTO_CLOSE int fd = open_beneath(folder, path, O_RDONLY | O_DIRECTORY);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fail_open(fd, path, err);
	__attribute__((cleanup(close_dir))) DIR *dir = fdopendir(fd);
	if (dir == NULL)
		return fail_input(err, errno, "read folder '%s'", path);
	(void)fd_take(&fd); /* the stream's now */
	int rc = read_entries(folder, dir, path, rule, list, err);
	if (rc == 0 && list->count > 1)
		qsort(list->items, list->count, sizeof *list->items, compare_names);
	return rc;
}

void folder_list_finish(struct folder_list *list)
{
	arena_finish(&list->arena);
	*list = (struct folder_list){ 0 };
}
