/* SPDX-License-Identifier: MIT */
/*
 * What is in a content cache, and who goes when room is needed. Everything here is done with the
 * cache's lock held exclusively.
 *
 * Bytes are those of the names in objects/ and of the files in new/, which are as long as what they
 * will hold. A tree has none of its own: removing it sets objects free.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "store/cache_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

/* Deeper than any tree. */
#define DEPTH_MAX 64u

/* ---- folders -----------------------------------------------------------------------------------
 */

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}
#define AUTO_DIR __attribute__((cleanup(close_dir))) DIR

static DIR *open_dir(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL)
		fd_close(&fd);
	return dir;
}

/* The next entry but for "." and ".."; NULL at the end. */
static const char *next_name(DIR *dir)
{
	const struct dirent *item = NULL;
	do {
		item = readdir(dir);
	} while (item != NULL &&
		 (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0));
	return item != NULL ? item->d_name : NULL;
}

/* A file, or a folder and everything in it. What cannot be removed stays. */
static void remove_all(int dir_fd, const char *name, unsigned depth)
{
	if (unlinkat(dir_fd, name, 0) == 0 || (errno != EISDIR && errno != EPERM))
		return;
	AUTO_DIR *dir = depth < DEPTH_MAX ? open_dir(dir_fd, name) : NULL;
	if (dir == NULL)
		return;
	for (const char *inner = next_name(dir); inner != NULL; inner = next_name(dir))
		remove_all(dirfd(dir), inner, depth + 1);
	(void)unlinkat(dir_fd, name, AT_REMOVEDIR);
}

/* ---- what there is -----------------------------------------------------------------------------
 */

/* Something that could go. */
struct candidate {
	char name[CACHE_NAME_SIZE];
	struct timespec used;
	uint64_t size;
	bool is_tree;
};

struct listing {
	struct arena arena;
	struct candidate *items;
	size_t count;
	uint64_t bytes; /* of everything, candidate or not */
};

static int add_candidate(struct listing *listing, const char *name, const struct stat *status,
			 bool is_tree)
{
	struct candidate *items =
		arena_grow(&listing->arena, listing->items, listing->count, sizeof *items);
	if (items == NULL)
		return -ENOMEM;
	listing->items = items;
	struct candidate *item = &items[listing->count++];
	*item = (struct candidate){ .used = status->st_mtim,
				    .size = is_tree ? 0 : (uint64_t)status->st_size,
				    .is_tree = is_tree };
	(void)snprintf(item->name, sizeof item->name, "%s", name);
	return 0;
}

static int list_shard(const struct content_cache *cache, const char *shard, struct listing *listing)
{
	int rc = 0;
	AUTO_DIR *dir = open_dir(cache->fd, shard);
	for (const char *file = dir != NULL ? next_name(dir) : NULL; rc == 0 && file != NULL;
	     file = next_name(dir)) {
		char name[CACHE_NAME_SIZE];
		struct stat status;
		if ((size_t)snprintf(name, sizeof name, "%s/%s", shard, file) >= sizeof name ||
		    fstatat(dirfd(dir), file, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(status.st_mode))
			continue;
		listing->bytes += (uint64_t)status.st_size;
		if (status.st_nlink == 1)
			rc = add_candidate(listing, name, &status, false);
	}
	return rc;
}

static int list_objects(const struct content_cache *cache, struct listing *listing)
{
	int rc = 0;
	AUTO_DIR *dir = open_dir(cache->fd, CACHE_OBJECTS);
	for (const char *shard = dir != NULL ? next_name(dir) : NULL; rc == 0 && shard != NULL;
	     shard = next_name(dir)) {
		char name[sizeof CACHE_OBJECTS + 3];
		if ((size_t)snprintf(name, sizeof name, CACHE_OBJECTS "/%s", shard) < sizeof name)
			rc = list_shard(cache, name, listing);
	}
	return rc;
}

static int list_trees(const struct content_cache *cache, struct listing *listing)
{
	int rc = 0;
	AUTO_DIR *dir = open_dir(cache->fd, CACHE_TREES);
	for (const char *tree = dir != NULL ? next_name(dir) : NULL; rc == 0 && tree != NULL;
	     tree = next_name(dir)) {
		char name[CACHE_NAME_SIZE];
		struct stat status;
		if ((size_t)snprintf(name, sizeof name, CACHE_TREES "/%s", tree) < sizeof name &&
		    fstatat(dirfd(dir), tree, &status, AT_SYMLINK_NOFOLLOW) == 0)
			rc = add_candidate(listing, name, &status, true);
	}
	return rc;
}

/* Whether nobody has it locked: then it was left by a process that died. */
static bool is_abandoned(int dir_fd, const char *name)
{
	AUTO_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 ? flock(fd, LOCK_EX | LOCK_NB) == 0 : errno != ENOENT;
}

static void list_new(const struct content_cache *cache, struct listing *listing)
{
	AUTO_DIR *dir = open_dir(cache->fd, CACHE_NEW);
	for (const char *name = dir != NULL ? next_name(dir) : NULL; name != NULL;
	     name = next_name(dir)) {
		struct stat status;
		if (is_abandoned(dirfd(dir), name))
			remove_all(dirfd(dir), name, 0);
		else if (fstatat(dirfd(dir), name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			 S_ISREG(status.st_mode))
			listing->bytes += (uint64_t)status.st_size;
	}
}

static int compare_use(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;
	if (left->used.tv_sec != right->used.tv_sec)
		return left->used.tv_sec < right->used.tv_sec ? -1 : 1;
	if (left->used.tv_nsec != right->used.tv_nsec)
		return left->used.tv_nsec < right->used.tv_nsec ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int list_all(const struct content_cache *cache, struct listing *listing)
{
	list_new(cache, listing); /* first: what it removes sets objects free */
	int rc = list_objects(cache, listing);
	if (rc == 0)
		rc = list_trees(cache, listing);
	if (rc == 0 && listing->count > 1)
		qsort(listing->items, listing->count, sizeof *listing->items, compare_use);
	return rc;
}

static void listing_finish(struct listing *listing)
{
	arena_finish(&listing->arena);
	*listing = (struct listing){ 0 };
}

/* ---- removing ----------------------------------------------------------------------------------
 */

static int random_name(char name[CACHE_NAME_SIZE])
{
	uint64_t random = 0;
	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		return -EIO;
	(void)snprintf(name, CACHE_NAME_SIZE, CACHE_NEW "/%016" PRIx64, random);
	return 0;
}

/* By way of new/, so that nobody ever finds half a tree. False where somebody holds it. */
static bool remove_tree(const struct content_cache *cache, const char *name)
{
	char aside[CACHE_NAME_SIZE];
	AUTO_CLOSE int fd =
		openat(cache->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	if (random_name(aside) < 0 || renameat(cache->fd, name, cache->fd, aside) < 0)
		return false;
	remove_all(cache->fd, aside, 0);
	return true;
}

enum removal { REMOVED_NONE, REMOVED_OBJECTS, REMOVED_TREE };

/* Removes objects from the oldest on until the rest fits, and up to one tree: after that there are
 * other objects to choose from. */
static enum removal remove_some(const struct content_cache *cache, struct listing *listing,
				uint64_t allowed)
{
	enum removal removal = REMOVED_NONE;
	for (size_t i = 0; i < listing->count && listing->bytes > allowed; i++) {
		const struct candidate *item = &listing->items[i];
		if (item->is_tree && remove_tree(cache, item->name))
			return REMOVED_TREE;
		if (item->is_tree || unlinkat(cache->fd, item->name, 0) < 0)
			continue;
		listing->bytes -= item->size;
		removal = REMOVED_OBJECTS;
	}
	return removal;
}

/* Until no more than `allowed` bytes are there, as far as that is possible. */
static int trim(const struct content_cache *cache, uint64_t allowed, uint64_t *ret_bytes)
{
	enum removal removal = REMOVED_TREE;
	int rc = 0;
	while (rc == 0 && removal == REMOVED_TREE) {
		struct listing listing = { 0 };
		rc = list_all(cache, &listing);
		removal = REMOVED_NONE;
		if (rc == 0)
			removal = remove_some(cache, &listing, allowed);
		*ret_bytes = listing.bytes;
		listing_finish(&listing);
	}
	return rc;
}

/* ---- after a start of the machine
 * ---------------------------------------------------------------- */

#define BOOT_NAME "boot"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 64u

/* Nobody holds anything by then: locks end with the machine. */
static int empty_folder(const struct content_cache *cache, const char *name)
{
	remove_all(cache->fd, name, 0);
	return mkdirat(cache->fd, name, 0700) < 0 ? -errno : 0;
}

static int write_boot(const struct content_cache *cache, const char *boot)
{
	AUTO_CLOSE int fd = openat(cache->fd, BOOT_NAME,
				   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : io_write_all(fd, boot, strlen(boot));
}

int cache_forget_last_boot(const struct content_cache *cache)
{
	char now[BOOT_ID_SIZE] = "", then[BOOT_ID_SIZE] = "";
	AUTO_CLOSE int lock_fd = FD_NONE;
	int rc = cache_lock(cache, LOCK_EX, &lock_fd);
	if (rc < 0)
		return rc;
	rc = io_read_file_at(AT_FDCWD, BOOT_ID, now, sizeof now);
	if (rc < 0)
		return rc;
	if (io_read_file_at(cache->fd, BOOT_NAME, then, sizeof then) >= 0 && strcmp(now, then) == 0)
		return 0;
	rc = empty_folder(cache, CACHE_TREES);
	if (rc == 0)
		rc = empty_folder(cache, CACHE_OBJECTS);
	return rc < 0 ? rc : write_boot(cache, now);
}

/* ---- drafts ------------------------------------------------------------------------------------
 */

static int fail_full(const struct content_cache *cache, uint64_t bytes, uint64_t used,
		     struct bailiff_error *err)
{
	return fail_host(err, BAILIFF_STAGE_SPEC, ENOSPC, "allow it more with --cache-size",
			 "content cache '%s': %" PRIu64 " bytes are needed and %" PRIu64
			 " of %" PRIu64 " are in use",
			 cache->folder, bytes, used, cache->bytes_max);
}

/* With the lock held, so that nobody takes it for abandoned before it is locked. */
static int draft_open(const struct content_cache *cache, struct cache_draft *draft)
{
	int flags = draft->is_folder ? O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC :
				       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int rc = random_name(draft->name);
	if (rc == 0 && draft->is_folder && mkdirat(cache->fd, draft->name, 0700) < 0)
		rc = -errno;
	if (rc < 0)
		return rc;
	draft->fd = openat(cache->fd, draft->name, flags, 0600);
	if (draft->fd < 0 || flock(draft->fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return 0;
}

int cache_make_folder(struct content_cache *cache, struct cache_draft *ret_draft,
		      struct bailiff_error *err)
{
	AUTO_CLOSE int lock_fd = FD_NONE;
	*ret_draft = (struct cache_draft){ .fd = FD_NONE, .is_folder = true };
	int rc = cache_lock(cache, LOCK_EX, &lock_fd);
	if (rc == 0)
		rc = draft_open(cache, ret_draft);
	return rc < 0 ? cache_fail(cache, -rc, "make a folder in it", err) : 0;
}

int cache_make_room(struct content_cache *cache, uint64_t bytes, struct cache_draft *ret_draft,
		    struct bailiff_error *err)
{
	AUTO_CLOSE int lock_fd = FD_NONE;
	uint64_t used = 0;
	*ret_draft = (struct cache_draft){ .fd = FD_NONE };
	if (bytes > cache->bytes_max)
		return fail_full(cache, bytes, 0, err);
	int rc = cache_lock(cache, LOCK_EX, &lock_fd);
	if (rc == 0)
		rc = trim(cache, cache->bytes_max - bytes, &used);
	if (rc < 0)
		return cache_fail(cache, -rc, "make room in it", err);
	if (bytes > 0 && used > cache->bytes_max - bytes)
		return fail_full(cache, bytes, used, err);
	rc = draft_open(cache, ret_draft);
	if (rc == 0 && ftruncate(ret_draft->fd, (off_t)bytes) < 0)
		rc = -errno;
	return rc < 0 ? cache_fail(cache, -rc, "make room in it", err) : 0;
}

void cache_draft_close(const struct content_cache *cache, struct cache_draft *draft)
{
	if (draft->fd < 0)
		return;
	remove_all(cache->fd, draft->name, 0);
	fd_close(&draft->fd);
}
