/* SPDX-License-Identifier: MIT */
/*
 * Contents by their digest, in a folder that clients and workers share (it may be on NFS). Clients
 * put test data and problem packages there, workers fetch them (content_cache.h). An object is
 * never changed: its name is its SHA-256, and whoever reads it checks that.
 *
 * Who may write to the folder can delete or damage objects, which readers notice; nobody can make
 * an object be taken for another.
 */
#ifndef BAILIFF_STORE_CONTENT_STORE_H
#define BAILIFF_STORE_CONTENT_STORE_H

#include <bailiff/bailiff.h>

#include "arena.h"
#include "store/digest.h"

/* Larger files are no contents. */
#define CONTENT_FILE_BYTES_MAX ((uint64_t)8 << 30)

struct content_store;

/*
 * Opens the store in a folder; with `create`, one that is missing is made when something is put
 * into it (mode 0750; the folder above it must be there). What is put into it gets the folder's own
 * permissions for reading. BAILIFF_FAULT_HOST where it cannot be used. *ret_store is the caller's
 * (content_store_close); one store is used by one thread.
 */
int content_store_open(const char *folder, bool create, struct content_store **ret_store,
		       struct bailiff_error *err);
void content_store_close(struct content_store *store); /* NULL is allowed */

/*
 * Puts bytes, or what is read from an open file, into the store, where it is not there yet: written
 * under another name, synced, then linked. `name` stands in messages. BAILIFF_FAULT_INPUT where the
 * file cannot be read, BAILIFF_FAULT_SPEC where it is too large, BAILIFF_FAULT_HOST for the store.
 */
int content_store_put(struct content_store *store, const void *data, size_t size,
		      struct content_digest *ret_digest, struct bailiff_error *err);
int content_store_put_file(struct content_store *store, int fd, const char *name,
			   struct content_digest *ret_digest, struct bailiff_error *err);

/*
 * Puts a folder into the store as a tree: its files, and a manifest (manifest.h) whose digest is
 * the tree's. Links that stay inside are followed, as the readers of packages do; hidden files are
 * left out but for those that packages have. BAILIFF_FAULT_SPEC, naming the file, for links that
 * lead out, what is no regular file, names that cannot be in a manifest, and what passes its
 * bounds. A folder is read once in a store's life, however often it is put.
 */
int content_store_put_tree(struct content_store *store, const char *folder,
			   struct content_digest *ret_digest, struct bailiff_error *err);

/* The folder from which this tree was put by this process; NULL where it was not. */
const char *content_store_origin(const struct content_store *store,
				 const struct content_digest *tree);

/*
 * Opens an object, a regular file; what is in it is not checked yet. -ENOENT with
 * BAILIFF_FAULT_INPUT where there is none of this digest (or none yet). *ret_fd is the caller's.
 */
int content_store_look(struct content_store *store, const struct content_digest *digest,
		       int *ret_fd, uint64_t *ret_size, struct bailiff_error *err);

/* Where an object is, for who trusts the store as much as what is put into it now: its bytes are
 * not checked. Otherwise as content_store_look(). *ret_path lives in `arena`. */
int content_store_path(struct content_store *store, const struct content_digest *digest,
		       uint64_t size_max, struct arena *arena, const char **ret_path,
		       uint64_t *ret_size, struct bailiff_error *err);

/* Has `tell` called again and again while content is read. NULL = nobody. */
void content_store_watch(struct content_store *store, void (*tell)(void *context), void *context);

/* Copies from content_store_look()'s descriptor, `size` bytes, and checks the digest. What was
 * written before it fails is worthless. BAILIFF_FAULT_HOST where the object is damaged. */
int content_store_copy(struct content_store *store, const struct content_digest *digest, int fd,
		       uint64_t size, int to_fd, struct bailiff_error *err);

/* The same into memory, for objects of at most size_max bytes. *ret_data has a NUL after it and is
 * the caller's to free. */
int content_store_read(struct content_store *store, const struct content_digest *digest,
		       size_t size_max, char **ret_data, size_t *ret_size,
		       struct bailiff_error *err);

#endif
