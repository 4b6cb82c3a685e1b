/* SPDX-License-Identifier: MIT */
/*
 * The cache's folder, its lock, and holds; how it is laid out is told in cache_internal.h.
 *
 * A hold is a folder in new/ with a link to each file that is held, so a job may hold thousands
 * with one descriptor; of trees it has the folder, with a shared lock.
 */
#include "store/content_cache.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "store/cache_internal.h"
#include "usual_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_NAME "lock"
/* A tree that was fetched can be removed before it is held; no more often than this in a row. */
#define TREE_TRIES 10u

int cache_fail(const struct content_cache *cache, int errnum, const char *what,
	       struct bailiff_error *err)
{
	return fail_host(err, BAILIFF_STAGE_SPEC, errnum,
			 "see whether the disk is full, or name another folder",
			 "content cache '%s': %s", cache->folder, what);
}

void cache_object_name(const struct content_digest *digest, bool is_executable,
		       char name[CACHE_NAME_SIZE])
{
	char hex[CONTENT_HEX_SIZE];
	content_digest_hex(digest, hex);
	(void)snprintf(name, CACHE_NAME_SIZE, CACHE_OBJECTS "/%.2s/%s%s", hex, hex + 2,
		       is_executable ? ".x" : "");
}

int cache_lock(const struct content_cache *cache, int kind, int *ret_fd)
{
	AUTO_CLOSE int fd = openat(cache->fd, LOCK_NAME,
				   O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, kind) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

/* ---- the folder --------------------------------------------------------------------------------
 */

static bool is_private(const struct stat *status)
{
	return S_ISDIR(status->st_mode) && status->st_uid == geteuid() &&
	       (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int make_folders(const struct content_cache *cache, struct bailiff_error *err)
{
	static const char *const names[] = { CACHE_OBJECTS, CACHE_TREES, CACHE_NEW, CACHE_LOCKS };
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct stat status;
		if (mkdirat(cache->fd, names[i], 0700) < 0 && errno != EEXIST)
			return cache_fail(cache, errno, "make a folder in it", err);
		if (fstatat(cache->fd, names[i], &status, AT_SYMLINK_NOFOLLOW) < 0)
			return cache_fail(cache, errno, names[i], err);
		if (!is_private(&status))
			return cache_fail(cache, EPERM, "others may write to a folder in it", err);
	}
	return 0;
}

static int find_folder(struct content_cache *cache, const char *folder, struct bailiff_error *err)
{
	const char *usual = folder == NULL ? usual_cache_folder(&cache->arena, true) : NULL;
	if (folder == NULL && usual == NULL)
		return fail_host(err, BAILIFF_STAGE_SPEC, 0, "set HOME, or name a folder",
				 "there is no usual place for a content cache");
	if (folder == NULL)
		folder = arena_format(&cache->arena, "%s/content", usual);
	if (folder != NULL && mkdir(folder, 0700) < 0 && errno != EEXIST)
		return fail_host(err, BAILIFF_STAGE_SPEC, errno, "name another folder",
				 "make content cache '%s'", folder);
	AUTO_FREE char *resolved = folder != NULL ? realpath(folder, NULL) : NULL;
	if (folder != NULL && resolved == NULL)
		return fail_host(err, BAILIFF_STAGE_SPEC, errno, "name another folder",
				 "open content cache '%s'", folder);
	cache->folder =
		resolved != NULL ? arena_copy(&cache->arena, resolved, strlen(resolved)) : NULL;
	return cache->folder != NULL ? 0 : fail_memory(err);
}

static int set_up(struct content_cache *cache, const char *folder, struct bailiff_error *err)
{
	struct stat status;
	struct cache_draft draft = { .fd = FD_NONE };
	int rc = find_folder(cache, folder, err);
	if (rc < 0)
		return rc;
	cache->fd = open(cache->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (cache->fd < 0 || fstat(cache->fd, &status) < 0)
		return cache_fail(cache, errno, "open the folder", err);
	if (!is_private(&status))
		return fail_host(err, BAILIFF_STAGE_SPEC, EPERM,
				 "name a folder of your own, with mode 0700",
				 "content cache '%s' may be written to by others", cache->folder);
	rc = make_folders(cache, err);
	if (rc == 0) {
		rc = cache_forget_last_boot(cache);
		if (rc < 0)
			return cache_fail(cache, -rc, "remove what is from before", err);
	}
	/* No room at all still means: what the dead left is removed, and the bound holds. */
	if (rc == 0)
		rc = cache_make_room(cache, 0, &draft, err);
	cache_draft_close(cache, &draft);
	return rc;
}

int content_cache_open(const struct content_cache_options *options,
		       struct content_cache **ret_cache, struct bailiff_error *err)
{
	struct content_cache *cache = calloc(1, sizeof *cache);
	if (cache == NULL)
		return fail_memory(err);
	cache->fd = FD_NONE;
	cache->store = options->store;
	cache->bytes_max =
		options->bytes_max != 0 ? options->bytes_max : CONTENT_CACHE_BYTES_MAX_DEFAULT;
	int rc = set_up(cache, options->folder, err);
	if (rc < 0) {
		content_cache_close(cache);
		return rc;
	}
	*ret_cache = cache;
	return 0;
}

void content_cache_close(struct content_cache *cache)
{
	if (cache == NULL)
		return;
	fd_close(&cache->fd);
	arena_finish(&cache->arena);
	free(cache);
}

/* ---- objects
 * ------------------------------------------------------------------------------------- */

int cache_link_object(const struct content_cache *cache, const struct content_digest *digest,
		      bool is_executable, int dir_fd, const char *path)
{
	char name[CACHE_NAME_SIZE];
	AUTO_CLOSE int lock_fd = FD_NONE;
	cache_object_name(digest, is_executable, name);
	int rc = cache_lock(cache, LOCK_SH, &lock_fd);
	if (rc < 0)
		return rc;
	if (linkat(cache->fd, name, dir_fd, path, 0) < 0)
		return -errno;
	(void)utimensat(dir_fd, path, NULL, AT_SYMLINK_NOFOLLOW);
	return 0;
}

int cache_add_object(const struct content_cache *cache, const struct content_digest *digest,
		     bool is_executable, int dir_fd, const char *path)
{
	char name[CACHE_NAME_SIZE], shard[sizeof CACHE_OBJECTS + 3];
	AUTO_CLOSE int lock_fd = FD_NONE;
	cache_object_name(digest, is_executable, name);
	(void)snprintf(shard, sizeof shard, "%.*s", (int)sizeof shard - 1, name);
	int rc = cache_lock(cache, LOCK_SH, &lock_fd);
	if (rc < 0)
		return rc;
	if (mkdirat(cache->fd, shard, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (linkat(dir_fd, path, cache->fd, name, 0) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

/* ---- holds -------------------------------------------------------------------------------------
 */

struct content_hold {
	struct content_cache *cache;
	struct cache_draft folder; /* with links to the files that are held; made when needed */
	int *tree_fds;		   /* owned, and so are the descriptors */
	size_t tree_count;
};

int content_hold_open(struct content_cache *cache, struct content_hold **ret_hold,
		      struct bailiff_error *err)
{
	struct content_hold *hold = calloc(1, sizeof *hold);
	if (hold == NULL)
		return fail_memory(err);
	hold->cache = cache;
	hold->folder.fd = FD_NONE;
	*ret_hold = hold;
	return 0;
}

void content_hold_close(struct content_hold *hold)
{
	if (hold == NULL)
		return;
	for (size_t i = 0; i < hold->tree_count; i++)
		fd_close(&hold->tree_fds[i]);
	free(hold->tree_fds);
	cache_draft_close(hold->cache, &hold->folder);
	free(hold);
}

/* ---- holding a file
 * ------------------------------------------------------------------------------ */

static int fail_no_store(const struct content_digest *digest, struct bailiff_error *err)
{
	char text[CONTENT_DIGEST_TEXT_SIZE];
	content_digest_text(digest, text);
	return fail_input(err, ENOENT, "%s is not in the cache, and there is no store", text);
}

/* Fetches an object straight into the room that is kept for it. */
static int fetch_file(struct content_cache *cache, const struct content_digest *digest,
		      uint64_t size_max, struct bailiff_error *err)
{
	char text[CONTENT_DIGEST_TEXT_SIZE];
	struct cache_draft draft = { .fd = FD_NONE };
	AUTO_CLOSE int from_fd = FD_NONE;
	uint64_t size = 0;
	if (cache->store == NULL)
		return fail_no_store(digest, err);
	int rc = content_store_look(cache->store, digest, &from_fd, &size, err);
	if (rc < 0)
		return rc;
	content_digest_text(digest, text);
	if (size > size_max)
		return fail_spec(err, "%s has more than %" PRIu64 " bytes", text, size_max);
	rc = cache_make_room(cache, size, &draft, err);
	if (rc == 0)
		rc = content_store_copy(cache->store, digest, from_fd, size, draft.fd, err);
	if (rc == 0 && fchmod(draft.fd, 0444) < 0)
		rc = cache_fail(cache, errno, "write a content", err);
	if (rc == 0) {
		rc = cache_add_object(cache, digest, false, cache->fd, draft.name);
		if (rc < 0)
			rc = cache_fail(cache, -rc, "keep a content", err);
	}
	cache_draft_close(cache, &draft);
	return rc;
}

static int link_held(struct content_hold *hold, const struct content_digest *digest,
		     const char *name)
{
	int rc = cache_link_object(hold->cache, digest, false, hold->folder.fd, name);
	return rc == -EEXIST ? 0 : rc;
}

static int hold_path(const struct content_hold *hold, const char *name, struct arena *arena,
		     const char **ret_path, uint64_t *ret_size, struct bailiff_error *err)
{
	struct stat status;
	if (fstatat(hold->folder.fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return cache_fail(hold->cache, errno, "look at a content", err);
	*ret_size = (uint64_t)status.st_size;
	*ret_path = arena_format(arena, "%s/%s/%s", hold->cache->folder, hold->folder.name, name);
	return *ret_path != NULL ? 0 : fail_memory(err);
}

int content_hold_file(struct content_hold *hold, const struct content_digest *digest,
		      uint64_t size_max, struct arena *arena, const char **ret_path,
		      uint64_t *ret_size, struct bailiff_error *err)
{
	char hex[CONTENT_HEX_SIZE], text[CONTENT_DIGEST_TEXT_SIZE];
	int rc = hold->folder.fd >= 0 ? 0 : cache_make_folder(hold->cache, &hold->folder, err);
	if (rc < 0)
		return rc;
	content_digest_hex(digest, hex);
	rc = link_held(hold, digest, hex);
	for (unsigned tries = 0; rc == -ENOENT && tries < TREE_TRIES; tries++) {
		rc = fetch_file(hold->cache, digest, size_max, err);
		if (rc < 0)
			return rc;
		rc = link_held(hold, digest, hex);
	}
	if (rc < 0)
		return cache_fail(hold->cache, -rc, "hold a content", err);
	rc = hold_path(hold, hex, arena, ret_path, ret_size, err);
	if (rc == 0 && *ret_size > size_max) {
		content_digest_text(digest, text);
		rc = fail_spec(err, "%s has more than %" PRIu64 " bytes", text, size_max);
	}
	return rc;
}

/* ---- holding a tree
 * ------------------------------------------------------------------------------ */

/* The tree's folder with a shared lock, or -ENOENT where it is not there, or not there any more. */
static int lock_tree(const struct content_cache *cache, const char *name)
{
	struct stat ours, theirs;
	AUTO_CLOSE int fd =
		openat(cache->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_SH) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (fstat(fd, &ours) < 0 || fstatat(cache->fd, name, &theirs, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino)
		return -ENOENT;
	(void)futimens(fd, NULL);
	return fd_take(&fd);
}

static int keep_tree_fd(struct content_hold *hold, int *fd, struct bailiff_error *err)
{
	size_t count = hold->tree_count;
	int *fds = reallocarray(hold->tree_fds, count + 1, sizeof *fds);
	if (fds == NULL)
		return fail_memory(err);
	fds[count] = fd_take(fd);
	hold->tree_fds = fds;
	hold->tree_count = count + 1;
	return 0;
}

int content_hold_tree(struct content_hold *hold, const struct content_digest *digest,
		      struct arena *arena, const char **ret_path, struct bailiff_error *err)
{
	char hex[CONTENT_HEX_SIZE], name[CACHE_NAME_SIZE];
	content_digest_hex(digest, hex);
	(void)snprintf(name, sizeof name, CACHE_TREES "/%s", hex);
	AUTO_CLOSE int fd = lock_tree(hold->cache, name);
	for (unsigned tries = 0; fd == -ENOENT && tries < TREE_TRIES; tries++) {
		int rc = hold->cache->store == NULL ? fail_no_store(digest, err) :
						      cache_fetch_tree(hold->cache, digest, err);
		if (rc < 0)
			return rc;
		fd = lock_tree(hold->cache, name);
	}
	if (fd < 0)
		return cache_fail(hold->cache, -fd, "hold a tree", err);
	int rc = keep_tree_fd(hold, &fd, err);
	*ret_path = arena_format(arena, "%s/%s", hold->cache->folder, name);
	return rc < 0 || *ret_path != NULL ? rc : fail_memory(err);
}
