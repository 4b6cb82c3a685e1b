/* SPDX-License-Identifier: MIT */
/*
 * Compiled programs, kept by what they were made from: the same sources under the same definition,
 * by the same tool chain, on the same installation are compiled once. Only supervisors write
 * entries, from memory files that no cell can reach any more; each entry carries its own digest,
 * and one that does not match is removed and counts as missing.
 */
#ifndef BAILIFF_JUDGE_CACHE_H
#define BAILIFF_JUDGE_CACHE_H

#include "toolchain.h"

struct compile_cache;

/*
 * Opens the cache in a folder, made where it is missing (mode 0700). A folder that belongs to
 * somebody else or that others may write to is refused (BAILIFF_FAULT_INPUT). `bytes_max` bounds
 * what is kept; the entries used longest ago go first. *ret_cache is the caller's
 * (compile_cache_close).
 */
int compile_cache_open(const char *folder, uint64_t bytes_max, struct compile_cache **ret_cache,
		       struct bailiff_error *err);
void compile_cache_close(struct compile_cache *cache);

/*
 * toolchain_compile() through the cache: *ret_is_cached says that nothing was compiled, and
 * *ret_compilation is what the compile step said when it was. Only successes are kept. `cache` may
 * be NULL: no cache. A cache that cannot be read or written is as good as none: never an error.
 * Safe for several threads and several processes at once.
 */
int compile_cached(struct compile_cache *cache, const struct toolchain *toolchain,
		   struct program *program, struct compilation *ret_compilation,
		   bool *ret_is_cached, struct bailiff_error *err);

#endif
