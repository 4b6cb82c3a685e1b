/* SPDX-License-Identifier: MIT */
/*
 * A compiled program as bytes. Numbers are 64 bits, little-endian; texts and files are preceded
 * by their length:
 *
 *	magic, 8 bytes; version; key, 32 bytes
 *	the compile step's message and diagnostics, whether these are cut, what the step used
 *	number of artifacts; of each, its name and its bytes
 *	SHA-256 of everything before it, 32 bytes
 */
#ifndef BAILIFF_JUDGE_CACHE_ENTRY_H
#define BAILIFF_JUDGE_CACHE_ENTRY_H

#include "judge/cache_key.h"

/* Larger programs are not kept. They are held in memory while they are read or written. */
#define CACHE_ENTRY_BYTES_MAX ((size_t)64 << 20)

struct cache_entry {
	char *data; /* heap */
	size_t size;
};

/*
 * Puts a compiled program into bytes; *ret_entry is the caller's (free its data). 0, -EFBIG where
 * it is too large, -ENOMEM, or what reading an artifact failed with.
 */
int cache_entry_encode(const struct cache_key *key, const struct program *program,
		       const struct compilation *compilation, struct cache_entry *ret_entry);

/*
 * Gets a program back: its artifacts, in memory files of their own, and *ret_compilation, the
 * caller's. 0; -EBADMSG where the bytes are not an undamaged entry for this key and language; or
 * another errno where memory ran out. On failure the program has no artifacts.
 */
int cache_entry_decode(const struct cache_key *key, const struct cache_entry *entry,
		       struct program *program, struct compilation *ret_compilation);

#endif
