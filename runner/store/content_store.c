/* SPDX-License-Identifier: MIT */
/*
 * The folder of a store:
 *
 *	objects/ab/cdef...   the object whose digest is abcdef..., never changed
 *	new/<random>         an object that is being written
 *
 * An object is written under new/, synced, and then gets its name by link(2), which fails where the
 *name is taken: unlike rename(2) it never replaces anything, and unlike renameat2(2) it works on
 *NFS. What stands under a name is there in full, or was damaged later, which its digest tells. What
 *a client that was killed left in new/ goes a day later, when another one opens the store.
 *
 * Readers trust nothing in the folder: no link in it is followed, only regular files are opened,
 *their size is checked before they are read, and their bytes against the digest.
 */
#include "store/content_store.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/sys.h"
#include "store/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#define OBJECTS "objects"
#define NEW "new"
#define BUFFER_BYTES ((size_t)128 << 10)
#define ABANDONED_AFTER_S (24 * 3600)
/* "objects/ab/" and the rest of the digits. */
#define OBJECT_NAME_SIZE (sizeof OBJECTS + 3 + CONTENT_HEX_SIZE)
#define SHARD_NAME_SIZE (sizeof OBJECTS + 3)

/* ---- names and errors --------------------------------------------------------------------------
 */

static void object_name(const struct content_digest *digest, char name[OBJECT_NAME_SIZE])
{
	char hex[CONTENT_HEX_SIZE];
	content_digest_hex(digest, hex);
	(void)snprintf(name, OBJECT_NAME_SIZE, OBJECTS "/%.2s/%s", hex, hex + 2);
}

static int fail_store(const struct content_store *store, int errnum, const char *what,
		      struct bailiff_error *err)
{
	return fail_host(err, BAILIFF_STAGE_SPEC, errnum,
			 "see whether the folder is mounted, and who may use it", "store '%s': %s",
			 store->folder, what);
}

static int fail_damaged(const struct content_store *store, const struct content_digest *digest,
			const char *how, struct bailiff_error *err)
{
	char text[CONTENT_DIGEST_TEXT_SIZE], name[OBJECT_NAME_SIZE], hint[sizeof err->hint];
	content_digest_text(digest, text);
	object_name(digest, name);
	(void)snprintf(hint, sizeof hint, "remove '%.150s/%s' and submit it again", store->folder,
		       name);
	return fail_host(err, BAILIFF_STAGE_SPEC, EBADMSG, hint, "%s is damaged in the store (%s)",
			 text, how);
}

/* ---- the folder --------------------------------------------------------------------------------
 */

/* A new folder of the store has the permissions of the store's own, whatever the umask, and from
 * the beginning: other clients may come at any time. */
static int make_folder(const struct content_store *store, const char *name)
{
	char made[SHARD_NAME_SIZE + 18];
	struct stat status;
	uint64_t random = 0;
	if (fstatat(store->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
	if (errno != ENOENT)
		return -errno;
	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		return -EIO;
	(void)snprintf(made, sizeof made, "%s.%016" PRIx64, name, random);
	if (mkdirat(store->fd, made, 0700) < 0)
		return -errno;
	int rc = fchmodat(store->fd, made, store->folder_mode, 0) < 0 ? -errno : 0;
	if (rc == 0 && renameat(store->fd, made, store->fd, name) < 0)
		rc = errno == EEXIST || errno == ENOTEMPTY ? 0 : -errno;
	(void)unlinkat(store->fd, made, AT_REMOVEDIR); /* where it was not needed */
	return rc;
}

/* What nobody has written to for a day is nobody's any more. */
static void remove_abandoned(const struct content_store *store)
{
	int fd = openat(store->fd, NEW, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		fd_close(&fd);
		return;
	}
	time_t now = time(NULL);
	for (struct dirent *item = readdir(dir); item != NULL; item = readdir(dir)) {
		struct stat status;
		if (fstatat(dirfd(dir), item->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(status.st_mode) && now - status.st_mtim.tv_sec > ABANDONED_AFTER_S)
			(void)unlinkat(dirfd(dir), item->d_name, 0);
	}
	(void)closedir(dir);
}

static int open_folder(struct content_store *store, struct bailiff_error *err)
{
	struct stat status;
	store->fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->fd < 0 && errno == ENOENT && store->is_to_be_made)
		return 0; /* by who first puts something into it */
	if (store->fd < 0 || fstat(store->fd, &status) < 0)
		return fail_store(store, errno, "open the folder", err);
	store->folder_mode = status.st_mode & 07777;
	return 0;
}

/* Before something is put into it. */
static int make_ready(struct content_store *store, struct bailiff_error *err)
{
	if (!store->is_to_be_made)
		return 0;
	if (mkdir(store->folder, 0750) < 0 && errno != EEXIST)
		return fail_store(store, errno, "make the folder", err);
	store->is_to_be_made = false;
	fd_close(&store->fd);
	int rc = open_folder(store, err);
	if (rc < 0)
		return rc;
	rc = make_folder(store, OBJECTS);
	if (rc == 0)
		rc = make_folder(store, NEW);
	if (rc < 0)
		return fail_store(store, -rc, "make a folder in it", err);
	remove_abandoned(store);
	return 0;
}

int content_store_open(const char *folder, bool create, struct content_store **ret_store,
		       struct bailiff_error *err)
{
	struct content_store *store = calloc(1, sizeof *store);
	if (store == NULL)
		return fail_memory(err);
	store->fd = FD_NONE;
	store->is_to_be_made = create;
	store->folder = arena_copy(&store->arena, folder, strlen(folder));
	int rc = store->folder == NULL ? fail_memory(err) : open_folder(store, err);
	if (rc < 0) {
		content_store_close(store);
		return rc;
	}
	*ret_store = store;
	return 0;
}

void content_store_close(struct content_store *store)
{
	if (store == NULL)
		return;
	fd_close(&store->fd);
	arena_finish(&store->arena);
	free(store);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static int open_object(const struct content_store *store, const struct content_digest *digest)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	char name[OBJECT_NAME_SIZE];
	object_name(digest, name);
	int fd = sys_openat2(store->fd, name, &how);
	return fd < 0 ? -errno : fd;
}

/* Whether a store that lacks an object is one at all, and not an empty mount point. */
static bool has_objects(const struct content_store *store)
{
	struct stat status;
	return fstatat(store->fd, OBJECTS, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

int content_store_look(struct content_store *store, const struct content_digest *digest,
		       int *ret_fd, uint64_t *ret_size, struct bailiff_error *err)
{
	char text[CONTENT_DIGEST_TEXT_SIZE];
	struct stat status;
	content_digest_text(digest, text);
	/* Somebody else may have made it meanwhile. */
	int rc = store->fd < 0 ? open_folder(store, err) : 0;
	if (rc < 0)
		return rc;
	AUTO_CLOSE int fd = store->fd >= 0 ? open_object(store, digest) : -ENOENT;
	if (fd == -ENOENT && !store->is_to_be_made && !has_objects(store))
		return fail_store(store, ENOENT, "look for '" OBJECTS "' in it", err);
	if (fd == -ENOENT)
		return fail_input(err, ENOENT, "%s is not in the store '%.120s'", text,
				  store->folder);
	if (fd == -ELOOP || fd == -ENXIO)
		return fail_damaged(store, digest, "no regular file", err);
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_store(store, fd < 0 ? -fd : errno, text, err);
	if (!S_ISREG(status.st_mode))
		return fail_damaged(store, digest, "no regular file", err);
	*ret_size = (uint64_t)status.st_size;
	*ret_fd = fd_take(&fd);
	return 0;
}

int content_store_path(struct content_store *store, const struct content_digest *digest,
		       uint64_t size_max, struct arena *arena, const char **ret_path,
		       uint64_t *ret_size, struct bailiff_error *err)
{
	char text[CONTENT_DIGEST_TEXT_SIZE], name[OBJECT_NAME_SIZE];
	AUTO_CLOSE int fd = FD_NONE;
	int rc = content_store_look(store, digest, &fd, ret_size, err);
	if (rc < 0)
		return rc;
	content_digest_text(digest, text);
	object_name(digest, name);
	if (*ret_size > size_max)
		return fail_spec(err, "%s has more than %" PRIu64 " bytes", text, size_max);
	*ret_path = arena_format(arena, "%s/%s", store->folder, name);
	return *ret_path != NULL ? 0 : fail_memory(err);
}

void content_store_watch(struct content_store *store, void (*tell)(void *context), void *context)
{
	store->tell = tell;
	store->tell_context = context;
}

/* What is read goes into a file or into memory. */
struct sink {
	int fd; /* FD_NONE = memory */
	char *data;
};

static int sink_take(struct sink *sink, uint64_t at, const char *bytes, size_t size)
{
	if (sink->fd >= 0)
		return io_write_all(sink->fd, bytes, size);
	memcpy(sink->data + at, bytes, size);
	return 0;
}

/* Reads exactly `size` bytes and checks them. */
static int pour(struct content_store *store, const struct content_digest *digest, int fd,
		uint64_t size, struct sink *sink, struct bailiff_error *err)
{
	AUTO_FREE char *buffer = malloc(BUFFER_BYTES);
	struct content_digest found;
	SHA2_CTX sha;
	if (buffer == NULL)
		return fail_memory(err);
	SHA256Init(&sha);
	for (uint64_t at = 0; at < size;) {
		size_t wanted = size - at < BUFFER_BYTES ? (size_t)(size - at) : BUFFER_BYTES;
		ssize_t n = read(fd, buffer, wanted);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_store(store, errno, "read an object", err);
		if (n == 0)
			return fail_damaged(store, digest, "it is cut off", err);
		if (store->tell != NULL)
			store->tell(store->tell_context);
		SHA256Update(&sha, (const uint8_t *)buffer, (size_t)n);
		int rc = sink_take(sink, at, buffer, (size_t)n);
		if (rc < 0)
			return fail_host(err, BAILIFF_STAGE_SPEC, -rc,
					 "see whether the disk is full",
					 "write a copy of a content");
		at += (uint64_t)n;
	}
	SHA256Final(found.bytes, &sha);
	if (!content_digest_equal(&found, digest))
		return fail_damaged(store, digest, "its bytes have another digest", err);
	return 0;
}

int content_store_copy(struct content_store *store, const struct content_digest *digest, int fd,
		       uint64_t size, int to_fd, struct bailiff_error *err)
{
	struct sink sink = { .fd = to_fd };
	return pour(store, digest, fd, size, &sink, err);
}

int content_store_read(struct content_store *store, const struct content_digest *digest,
		       size_t size_max, char **ret_data, size_t *ret_size,
		       struct bailiff_error *err)
{
	char text[CONTENT_DIGEST_TEXT_SIZE];
	AUTO_CLOSE int fd = FD_NONE;
	uint64_t size = 0;
	int rc = content_store_look(store, digest, &fd, &size, err);
	if (rc < 0)
		return rc;
	content_digest_text(digest, text);
	if (size > size_max)
		return fail_spec(err, "%s has more than %zu bytes", text, size_max);
	AUTO_FREE char *data = malloc((size_t)size + 1);
	if (data == NULL)
		return fail_memory(err);
	struct sink sink = { .fd = FD_NONE, .data = data };
	rc = pour(store, digest, fd, size, &sink, err);
	if (rc < 0)
		return rc;
	data[size] = '\0';
	*ret_data = MEM_TAKE(data);
	*ret_size = (size_t)size;
	return 0;
}

/* ---- writing -----------------------------------------------------------------------------------
 */

/* An object that is being written: a file in new/ that goes when this does. */
struct draft {
	const struct content_store *store;
	char name[STORE_NEW_NAME_SIZE];
	int fd; /* owned; FD_NONE = there is none */
};

static int draft_open(struct draft *draft, const struct content_store *store)
{
	uint64_t random = 0;
	*draft = (struct draft){ .store = store, .fd = FD_NONE };
	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		return -EIO;
	(void)snprintf(draft->name, sizeof draft->name, NEW "/%016" PRIx64, random);
	draft->fd = openat(store->fd, draft->name,
			   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (draft->fd < 0 || fchmod(draft->fd, 0400 | (store->folder_mode & 0044)) < 0)
		return -errno;
	return 0;
}

static void draft_close(struct draft *draft)
{
	if (draft->fd >= 0)
		(void)unlinkat(draft->store->fd, draft->name, 0);
	fd_close(&draft->fd);
}

static int sync_folder(const struct content_store *store, const char *name)
{
	AUTO_CLOSE int fd = openat(store->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Gives a file in new/, which is complete and synced, its name. Where another was faster that is as
 * good. */
static int link_object(const struct content_store *store, const char *name,
		       const struct content_digest *digest, char shard[SHARD_NAME_SIZE])
{
	char object[OBJECT_NAME_SIZE];
	object_name(digest, object);
	(void)snprintf(shard, SHARD_NAME_SIZE, "%.*s", (int)SHARD_NAME_SIZE - 1, object);
	int rc = make_folder(store, shard);
	if (rc == 0 && linkat(store->fd, name, store->fd, object, 0) < 0 && errno != EEXIST)
		rc = -errno;
	return rc;
}

static int draft_publish(const struct draft *draft, const struct content_digest *digest)
{
	const struct content_store *store = draft->store;
	char shard[SHARD_NAME_SIZE];
	int rc = fsync(draft->fd) < 0 ? -errno : 0;
	if (rc == 0)
		rc = link_object(store, draft->name, digest, shard);
	if (rc == 0)
		rc = sync_folder(store, shard);
	return rc < 0 ? rc : sync_folder(store, OBJECTS);
}

/* ---- batches -----------------------------------------------------------------------------------
 */

void store_batch_discard(struct content_store *store, struct store_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		(void)unlinkat(store->fd, batch->drafts[i].name, 0);
	batch->count = 0;
}

int store_batch_publish(struct content_store *store, struct store_batch *batch,
			struct bailiff_error *err)
{
	char shard[SHARD_NAME_SIZE];
	if (batch->count == 0)
		return 0;
	int rc = syncfs(store->fd) < 0 ? -errno : 0;
	for (size_t i = 0; rc == 0 && i < batch->count; i++)
		rc = link_object(store, batch->drafts[i].name, &batch->drafts[i].digest, shard);
	/* The names, too, before anything is put that refers to them. */
	if (rc == 0 && syncfs(store->fd) < 0)
		rc = -errno;
	store_batch_discard(store, batch);
	return rc < 0 ? fail_store(store, -rc, "write objects", err) : 0;
}

/* Moves a complete draft into a batch that has room for it. */
static void batch_take(struct store_batch *batch, struct draft *draft,
		       const struct content_digest *digest)
{
	memcpy(batch->drafts[batch->count].name, draft->name, sizeof draft->name);
	batch->drafts[batch->count].digest = *digest;
	batch->count++;
	fd_close(&draft->fd); /* its name is the batch's now */
}

/* ---- putting -----------------------------------------------------------------------------------
 */

/* Whether the store has an object already. One of another size cannot be right, and would fail
 * every job that needs it. */
static int is_there(struct content_store *store, const struct content_digest *digest, uint64_t size,
		    bool *ret_is_there, struct bailiff_error *err)
{
	struct stat status;
	AUTO_CLOSE int fd = open_object(store, digest);
	*ret_is_there = false;
	if (fd == -ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_damaged(store, digest, "it cannot be opened", err);
	if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != size)
		return fail_damaged(store, digest, "it has another size", err);
	(void)futimens(fd, NULL); /* for who removes what is old; only its owner can */
	*ret_is_there = true;
	return 0;
}

int content_store_put(struct content_store *store, const void *data, size_t size,
		      struct content_digest *ret_digest, struct bailiff_error *err)
{
	struct draft draft;
	bool there = false;
	content_digest_of(data, size, ret_digest);
	int rc = make_ready(store, err);
	if (rc == 0)
		rc = is_there(store, ret_digest, size, &there, err);
	if (rc < 0 || there)
		return rc;
	rc = draft_open(&draft, store);
	if (rc == 0)
		rc = io_write_all(draft.fd, data, size);
	if (rc == 0)
		rc = draft_publish(&draft, ret_digest);
	draft_close(&draft);
	return rc < 0 ? fail_store(store, -rc, "write an object", err) : 0;
}

/* Reads a file from its start to its end, into a draft unless that is NULL. */
static int digest_file(int fd, const char *name, struct draft *draft,
		       struct content_digest *ret_digest, uint64_t *ret_size,
		       struct bailiff_error *err)
{
	AUTO_FREE char *buffer = malloc(BUFFER_BYTES);
	uint64_t size = 0;
	SHA2_CTX sha;
	if (buffer == NULL)
		return fail_memory(err);
	SHA256Init(&sha);
	for (;;) {
		ssize_t n = pread(fd, buffer, BUFFER_BYTES, (off_t)size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_input(err, errno, "read '%s'", name);
		if (n == 0)
			break;
		size += (uint64_t)n;
		if (size > CONTENT_FILE_BYTES_MAX)
			return fail_spec(err, "'%s' has more than %" PRIu64 " MiB", name,
					 CONTENT_FILE_BYTES_MAX >> 20);
		SHA256Update(&sha, (const uint8_t *)buffer, (size_t)n);
		int rc = draft != NULL ? io_write_all(draft->fd, buffer, (size_t)n) : 0;
		if (rc < 0)
			return fail_store(draft->store, -rc, "write an object", err);
	}
	SHA256Final(ret_digest->bytes, &sha);
	*ret_size = size;
	return 0;
}

/* What is written counts: the file may have changed since it was looked at. */
static int write_file(struct content_store *store, int fd, const char *name,
		      struct store_batch *batch, struct content_digest *ret_digest,
		      uint64_t *ret_size, struct bailiff_error *err)
{
	struct draft draft;
	int rc = draft_open(&draft, store);
	if (rc < 0)
		rc = fail_store(store, -rc, "write an object", err);
	else
		rc = digest_file(fd, name, &draft, ret_digest, ret_size, err);
	if (rc == 0 && batch != NULL) {
		batch_take(batch, &draft, ret_digest);
	} else if (rc == 0) {
		rc = draft_publish(&draft, ret_digest);
		if (rc < 0)
			rc = fail_store(store, -rc, "write an object", err);
	}
	draft_close(&draft);
	return rc;
}

int content_store_put_sized(struct content_store *store, int fd, const char *name,
			    struct store_batch *batch, struct content_digest *ret_digest,
			    uint64_t *ret_size, struct bailiff_error *err)
{
	bool there = false;
	int rc = digest_file(fd, name, NULL, ret_digest, ret_size, err);
	if (rc == 0)
		rc = make_ready(store, err);
	if (rc == 0)
		rc = is_there(store, ret_digest, *ret_size, &there, err);
	if (rc == 0 && !there && batch != NULL && batch->count == STORE_BATCH_MAX)
		rc = store_batch_publish(store, batch, err);
	if (rc < 0 || there)
		return rc;
	return write_file(store, fd, name, batch, ret_digest, ret_size, err);
}

int content_store_put_file(struct content_store *store, int fd, const char *name,
			   struct content_digest *ret_digest, struct bailiff_error *err)
{
	uint64_t size = 0;
	return content_store_put_sized(store, fd, name, NULL, ret_digest, &size, err);
}
