/* SPDX-License-Identifier: MIT */
/*
 * The folder of a content cache:
 *
 *	objects/ab/cdef...      a content; with ".x" behind it, the same to be executed
 *	trees/abcdef...         a tree: folders, and links to objects
 *	new/<random>            what somebody is making, or holds; locked as long as that lives
 *	locks/ab                only one process fetches trees that begin with ab
 *	lock                    how the rest agrees
 *	boot                    since when the machine runs that wrote all this
 *
 * Nothing is synced, because a job would wait for it, and for everything else that the disk has to
 *do. So after a crash of the machine nobody knows what is whole, and the first who comes after any
 *start of it begins with an empty cache.
 *
 * Everything in objects/ and trees/ is complete. Everything in new/ belongs to a process that has
 *it locked by flock(2): what can be locked was left by one that died, and whoever makes room
 *removes it. A file in new/ is as long as what it will become, so that room counts as used from the
 * beginning; a folder there is a tree that is being made, or a hold, with links to what is held.
 *
 * Each object's bytes count once, at its name in objects/, and it may go when nothing else links to
 * it. A tree may go when nobody has a shared lock on its folder. Whoever removes has `lock`
 *exclusively; whoever links has it shared, so that a link is never to something that is just being
 *removed.
 *
 * Locks are taken in the order locks/ab, lock, new/<random>; only the first is waited for for long.
 */
#ifndef BAILIFF_STORE_CACHE_INTERNAL_H
#define BAILIFF_STORE_CACHE_INTERNAL_H

#include "store/content_cache.h"

#define CACHE_OBJECTS "objects"
#define CACHE_TREES "trees"
#define CACHE_NEW "new"
#define CACHE_LOCKS "locks"
/* "objects/ab/cdef....x", the longest of these. */
#define CACHE_NAME_SIZE (sizeof CACHE_OBJECTS + 3 + CONTENT_HEX_SIZE + 2)

struct content_cache {
	struct arena arena;
	const char *folder; /* absolute */
	int fd;		    /* owned */
	uint64_t bytes_max;
	struct content_store *store; /* borrowed, or NULL */
};

/* Something of ours in new/: a file (room for what is to come) or a folder. */
struct cache_draft {
	char name[CACHE_NAME_SIZE];
	int fd; /* owned, locked; FD_NONE = there is none */
	bool is_folder;
};

int cache_fail(const struct content_cache *cache, int errnum, const char *what,
	       struct bailiff_error *err);

void cache_object_name(const struct content_digest *digest, bool is_executable,
		       char name[CACHE_NAME_SIZE]);

/* `lock`: *ret_fd is the caller's; closing it lets go. 0 or -errno. `kind` as in flock(2). */
int cache_lock(const struct content_cache *cache, int kind, int *ret_fd);

/* Empties a cache that was filled before the machine was last started. 0 or -errno. */
int cache_forget_last_boot(const struct content_cache *cache);

/* Room for `bytes`, after removing what was used longest ago, as a file in new/ of this length.
 * Fails with BAILIFF_FAULT_HOST where what is in use leaves too little. */
int cache_make_room(struct content_cache *cache, uint64_t bytes, struct cache_draft *ret_draft,
		    struct bailiff_error *err);

/* An empty folder in new/. */
int cache_make_folder(struct content_cache *cache, struct cache_draft *ret_draft,
		      struct bailiff_error *err);

/* Removes what is still in new/, and lets go. Nothing where there is no draft. */
void cache_draft_close(const struct content_cache *cache, struct cache_draft *draft);

/* Links an object to a path below `dir_fd`, and notes that it was used. -ENOENT where the cache
 * does not have it, else 0 or -errno. */
int cache_link_object(const struct content_cache *cache, const struct content_digest *digest,
		      bool is_executable, int dir_fd, const char *path);

/* The other way: a complete file becomes an object. 0 where there is one already. */
int cache_add_object(const struct content_cache *cache, const struct content_digest *digest,
		     bool is_executable, int dir_fd, const char *path);

/* Fetches a tree; afterwards trees/ has it, unless it was removed again since. */
int cache_fetch_tree(struct content_cache *cache, const struct content_digest *digest,
		     struct bailiff_error *err);

#endif
