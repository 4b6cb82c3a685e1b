/* SPDX-License-Identifier: MIT */
/*
 * A machine's own copies of contents, fetched from a store when they are first needed, checked
 * while they are copied, and kept for the next time. Bounded by bytes; what was used longest ago
 * goes first, and what somebody holds stays. Safe for several processes at once, and for one that
 * is killed at any moment.
 */
#ifndef BAILIFF_STORE_CONTENT_CACHE_H
#define BAILIFF_STORE_CONTENT_CACHE_H

#include "arena.h"
#include "store/content_store.h"

#define CONTENT_CACHE_BYTES_MAX_DEFAULT ((uint64_t)4 << 30)

struct content_cache;

struct content_cache_options {
	const char *folder; /* NULL = /var/cache/bailiff/content, or below XDG_CACHE_HOME */
	uint64_t bytes_max; /* 0 = CONTENT_CACHE_BYTES_MAX_DEFAULT */
	struct content_store *store; /* borrowed; NULL = only what is in the cache already */
};

/*
 * Opens the cache, making its folder where it is missing (mode 0700). One that belongs to somebody
 * else or that others may write to is refused. Fails with BAILIFF_FAULT_HOST. *ret_cache is the
 * caller's (content_cache_close) and is used by one thread.
 */
int content_cache_open(const struct content_cache_options *options,
		       struct content_cache **ret_cache, struct bailiff_error *err);
void content_cache_close(struct content_cache *cache); /* NULL is allowed */

/* What is in use by one job. It outlives neither the cache nor this process. */
struct content_hold;

int content_hold_open(struct content_cache *cache, struct content_hold **ret_hold,
		      struct bailiff_error *err);
/* Lets go of everything that it holds. NULL is allowed. */
void content_hold_close(struct content_hold *hold);

/*
 * Brings a content into the cache, where it is not there yet, and keeps it there until the hold is
 * closed. *ret_path is absolute, read-only, and lives in `arena`. BAILIFF_FAULT_INPUT where the
 * store does not have it, BAILIFF_FAULT_SPEC where it is larger than size_max or, for a tree, no
 * tree; BAILIFF_FAULT_HOST, naming the digest, where it is damaged, or the cache is too small for
 * it beside what is in use.
 */
int content_hold_file(struct content_hold *hold, const struct content_digest *digest,
		      uint64_t size_max, struct arena *arena, const char **ret_path,
		      uint64_t *ret_size, struct bailiff_error *err);
int content_hold_tree(struct content_hold *hold, const struct content_digest *digest,
		      struct arena *arena, const char **ret_path, struct bailiff_error *err);

#endif
