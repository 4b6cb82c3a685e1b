/* SPDX-License-Identifier: MIT */
/*
 * The two halves of compile_cached(), for a key that is known.
 */
#ifndef BAILIFF_JUDGE_CACHE_STORE_H
#define BAILIFF_JUDGE_CACHE_STORE_H

#include "judge/cache.h"
#include "judge/cache_entry.h"

/*
 * 0 where the key has an undamaged entry: *ret_compilation is the caller's and the program has its
 * artifacts. A negative errno where there is none; one that is damaged, or no file of ours, is
 * removed.
 */
int cache_load(const struct compile_cache *cache, const struct cache_key *key,
	       struct program *program, struct compilation *ret_compilation);

/* Keeps a program that was compiled. 0, or a negative errno where that was not possible. */
int cache_store(const struct compile_cache *cache, const struct cache_key *key,
		const struct program *program, const struct compilation *compilation);

#endif
