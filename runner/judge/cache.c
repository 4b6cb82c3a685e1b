/* SPDX-License-Identifier: MIT */
/*
 * The folder of a compile cache: FOLDER/xx/KEY, one file for each compiled program, where KEY is
 * its key in hexadecimal and xx the first two digits of it.
 *
 * A new entry is written under a name of its own and then renamed, so a reader finds all of it or
 * nothing; of two writers of one key the last one wins, and both wrote as good a program. Nothing
 * is synced: after a crash of the machine an entry may be damaged, and its digest says so.
 *
 * A hit sets the entry's modification time. After each new entry, whoever gets the lock
 * removes those used longest ago until the rest fits; who does not get it leaves that to the one
 * who has it. Files that an interrupted writer left age and go in the same way.
 *
 * Everything is opened below the folder's own descriptor, and no link is followed: what is
 * executed later must have been written by us.
 */
#include "judge/cache.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "judge/cache_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#define SHARD_COUNT 256u
#define LOCK_NAME "lock"
#define NEW_PREFIX ".new-"

struct compile_cache {
	int folder_fd; /* owned */
	uint64_t bytes_max;
};

/* ---- folders ------------------------------------------------------------------------------- */

static bool is_private(const struct stat *status)
{
	return status->st_uid == geteuid() && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int compile_cache_open(const char *folder, uint64_t bytes_max, struct compile_cache **ret_cache,
		       struct bailiff_error *err)
{
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return fail_input(err, errno, "cache folder '%s'", folder);
	AUTO_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_input(err, errno, "cache folder '%s'", folder);
	if (!is_private(&status)) {
		int rc = fail_input(err, EPERM, "cache folder '%s' may be written to by others",
				    folder);
		(void)snprintf(err->hint, sizeof err->hint,
			       "name a folder of your own, with mode 0700");
		return rc;
	}
	struct compile_cache *cache = malloc(sizeof *cache);
	if (cache == NULL)
		return fail_internal(err, BAILIFF_STAGE_SPEC, ENOMEM, "open the compile cache");
	*cache = (struct compile_cache){ .folder_fd = fd_take(&fd), .bytes_max = bytes_max };
	*ret_cache = cache;
	return 0;
}

void compile_cache_close(struct compile_cache *cache)
{
	if (cache == NULL)
		return;
	fd_close(&cache->folder_fd);
	free(cache);
}

/* The folder of the keys that begin with a byte; a negative errno where it cannot be used. */
static int open_shard(const struct compile_cache *cache, unsigned byte)
{
	char name[3];
	(void)snprintf(name, sizeof name, "%02x", byte & 0xff);
	AUTO_CLOSE int fd =
		openat(cache->folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	return is_private(&status) ? fd_take(&fd) : -EPERM;
}

static int make_shard(const struct compile_cache *cache, unsigned byte)
{
	char name[3];
	(void)snprintf(name, sizeof name, "%02x", byte & 0xff);
	if (mkdirat(cache->folder_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	return open_shard(cache, byte);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Everything in an entry's file. -EBADMSG where it is no file that we could have written. */
static int read_entry(int fd, struct cache_entry *ret_entry)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || !is_private(&status) || status.st_size <= 0 ||
	    (uint64_t)status.st_size > CACHE_ENTRY_BYTES_MAX)
		return -EBADMSG;
	size_t size = (size_t)status.st_size;
	AUTO_FREE char *data = malloc(size);
	if (data == NULL)
		return -ENOMEM;
	for (size_t at = 0; at < size;) {
		ssize_t n = read(fd, data + at, size - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		at += (size_t)n;
	}
	*ret_entry = (struct cache_entry){ .data = MEM_TAKE(data), .size = size };
	return 0;
}

static int load_from(int shard_fd, const char *name, const struct cache_key *key,
		     struct program *program, struct compilation *ret_compilation)
{
	AUTO_CLOSE int fd =
		openat(shard_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -EBADMSG : -errno;
	struct cache_entry entry = { 0 };
	int rc = read_entry(fd, &entry);
	if (rc == 0)
		rc = cache_entry_decode(key, &entry, program, ret_compilation);
	free(entry.data);
	if (rc == 0)
		(void)futimens(fd, NULL);
	return rc;
}

int cache_load(const struct compile_cache *cache, const struct cache_key *key,
	       struct program *program, struct compilation *ret_compilation)
{
	char name[CACHE_KEY_TEXT_SIZE];
	cache_key_text(key, name);
	AUTO_CLOSE int shard_fd = open_shard(cache, key->bytes[0]);
	if (shard_fd < 0)
		return shard_fd;
	int rc = load_from(shard_fd, name, key, program, ret_compilation);
	if (rc == -EBADMSG)
		(void)unlinkat(shard_fd, name, 0);
	return rc;
}

/* ---- removing what was used longest ago ---------------------------------------------------- */

struct kept_file {
	unsigned shard;
	char name[CACHE_KEY_TEXT_SIZE];
	uint64_t size;
	struct timespec used;
};

struct listing {
	struct arena arena;
	struct kept_file *files;
	size_t count;
	uint64_t bytes; /* of all */
};

/* Only names that we give: of a folder that somebody named by mistake, nothing is removed. */
static bool is_our_name(const char *name)
{
	size_t length = strlen(name);
	if (strncmp(name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0)
		return length < CACHE_KEY_TEXT_SIZE;
	return length == CACHE_KEY_TEXT_SIZE - 1 && strspn(name, "0123456789abcdef") == length;
}

static int list_file(struct listing *listing, int shard_fd, unsigned shard, const char *name)
{
	struct stat status;
	if (!is_our_name(name) || fstatat(shard_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(status.st_mode))
		return 0;
	struct kept_file *files =
		arena_grow(&listing->arena, listing->files, listing->count, sizeof *files);
	if (files == NULL)
		return -ENOMEM;
	listing->files = files;
	struct kept_file *file = &files[listing->count++];
	*file = (struct kept_file){
		.shard = shard,
		.size = (uint64_t)status.st_size,
		.used = status.st_mtim,
	};
	(void)snprintf(file->name, sizeof file->name, "%s", name);
	listing->bytes += file->size;
	return 0;
}

static int list_shard(const struct compile_cache *cache, unsigned shard, struct listing *listing)
{
	int shard_fd = open_shard(cache, shard);
	DIR *dir = shard_fd < 0 ? NULL : fdopendir(shard_fd);
	if (dir == NULL) {
		fd_close(&shard_fd);
		return 0;
	}
	int rc = 0;
	for (struct dirent *item = readdir(dir); rc == 0 && item != NULL; item = readdir(dir))
		rc = list_file(listing, dirfd(dir), shard, item->d_name);
	(void)closedir(dir);
	return rc;
}

static int compare_use(const void *a, const void *b)
{
	const struct kept_file *left = a, *right = b;
	if (left->used.tv_sec != right->used.tv_sec)
		return left->used.tv_sec < right->used.tv_sec ? -1 : 1;
	if (left->used.tv_nsec != right->used.tv_nsec)
		return left->used.tv_nsec < right->used.tv_nsec ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void remove_oldest(const struct compile_cache *cache, struct listing *listing)
{
	if (listing->bytes <= cache->bytes_max)
		return;
	qsort(listing->files, listing->count, sizeof *listing->files, compare_use);
	for (size_t i = 0; i < listing->count && listing->bytes > cache->bytes_max; i++) {
		const struct kept_file *file = &listing->files[i];
		AUTO_CLOSE int shard_fd = open_shard(cache, file->shard);
		if (shard_fd >= 0 && unlinkat(shard_fd, file->name, 0) == 0)
			listing->bytes -= file->size;
	}
}

static void trim(const struct compile_cache *cache)
{
	AUTO_CLOSE int lock_fd =
		openat(cache->folder_fd, LOCK_NAME,
		       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (lock_fd < 0 || flock(lock_fd, LOCK_EX | LOCK_NB) < 0)
		return;
	struct listing listing = { 0 };
	int rc = 0;
	for (unsigned shard = 0; rc == 0 && shard < SHARD_COUNT; shard++)
		rc = list_shard(cache, shard, &listing);
	if (rc == 0)
		remove_oldest(cache, &listing);
	arena_finish(&listing.arena);
}

/* ---- writing ------------------------------------------------------------------------------- */

static int write_entry(int shard_fd, const char *name, const struct cache_entry *entry)
{
	uint64_t random = 0;
	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		return -EIO;
	char new_name[sizeof NEW_PREFIX + 16];
	(void)snprintf(new_name, sizeof new_name, NEW_PREFIX "%016" PRIx64, random);
	AUTO_CLOSE int fd = openat(shard_fd, new_name,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int rc = io_write_all(fd, entry->data, entry->size);
	if (rc == 0 && renameat(shard_fd, new_name, shard_fd, name) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(shard_fd, new_name, 0);
	return rc;
}

static int store_entry(const struct compile_cache *cache, const struct cache_key *key,
		       const struct cache_entry *entry)
{
	char name[CACHE_KEY_TEXT_SIZE];
	cache_key_text(key, name);
	if (entry->size > cache->bytes_max)
		return -EFBIG;
	AUTO_CLOSE int shard_fd = make_shard(cache, key->bytes[0]);
	if (shard_fd < 0)
		return shard_fd;
	int rc = write_entry(shard_fd, name, entry);
	if (rc == 0)
		trim(cache);
	return rc;
}

int cache_store(const struct compile_cache *cache, const struct cache_key *key,
		const struct program *program, const struct compilation *compilation)
{
	struct cache_entry entry = { 0 };
	int rc = cache_entry_encode(key, program, compilation, &entry);
	if (rc == 0)
		rc = store_entry(cache, key, &entry);
	free(entry.data);
	return rc;
}

/* ---- compiling ----------------------------------------------------------------------------- */

/* Where the installation changed while it was compiled, nobody knows which one made the program. */
static void keep(const struct compile_cache *cache, const struct toolchain *toolchain,
		 const struct cache_key *key, const struct program *program,
		 const struct compilation *compilation)
{
	struct bailiff_error ignored;
	struct cache_key now;
	if (cache_key_make(toolchain, program, &now, &ignored) == 0 &&
	    memcmp(&now, key, sizeof now) == 0)
		(void)cache_store(cache, key, program, compilation);
}

int compile_cached(struct compile_cache *cache, const struct toolchain *toolchain,
		   struct program *program, struct compilation *ret_compilation,
		   bool *ret_is_cached, struct bailiff_error *err)
{
	struct cache_key key;
	bool has_step = program->language->compile.argv != NULL;
	*ret_is_cached = false;
	if (cache == NULL || !has_step)
		return toolchain_compile(toolchain, program, ret_compilation, err);
	int rc = cache_key_make(toolchain, program, &key, err);
	if (rc < 0)
		return rc;
	if (cache_load(cache, &key, program, ret_compilation) == 0) {
		*ret_is_cached = true;
		return 0;
	}
	rc = toolchain_compile(toolchain, program, ret_compilation, err);
	if (rc == 0 && ret_compilation->verdict == COMPILE_OK)
		keep(cache, toolchain, &key, program, ret_compilation);
	return rc;
}
