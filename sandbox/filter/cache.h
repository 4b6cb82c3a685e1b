/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_FILTER_CACHE_H
#define BAILIFF_FILTER_CACHE_H

#include "filter/compile.h"

/*
 * Compiled filters by the content of their policies, so that a process compiles each policy once,
 * however often and under whichever address it comes. For any number of threads. Bounded: the
 * filter that was not asked for longest makes room for a new one.
 */
struct filter_cache;

/* Owned by the caller (filter_cache_destroy). NULL where memory ran out. */
struct filter_cache *filter_cache_create(void);
/* NULL is allowed. */
void filter_cache_destroy(struct filter_cache *cache);

/*
 * The filter of a policy: the one that was compiled into the library with it, one from the cache,
 * or a new one, which is then kept. *ret_filter is the caller's own copy (filter_finish). Errors:
 * those of filter_compile().
 */
int filter_cache_get(struct filter_cache *cache, const struct bailiff_policy *policy,
		     const struct filter_launch *launch, struct filter *ret_filter,
		     struct bailiff_error *err);

/* How many policies were compiled so far. */
size_t filter_cache_compilations(struct filter_cache *cache);

#endif
