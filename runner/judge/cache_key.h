/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_CACHE_KEY_H
#define BAILIFF_JUDGE_CACHE_KEY_H

#include "toolchain.h"

#define CACHE_DIGEST_BYTES 32u

/* A SHA-256 over everything that decides what a compile step makes. */
struct cache_key {
	unsigned char bytes[CACHE_DIGEST_BYTES];
};

/* Hexadecimal digits and a NUL. */
#define CACHE_KEY_TEXT_SIZE (2 * CACHE_DIGEST_BYTES + 1)

/*
 * The key of a program that this tool chain is going to compile. Fails as policy_find() does where
 * the compile step's policy cannot be read.
 */
int cache_key_make(const struct toolchain *toolchain, const struct program *program,
		   struct cache_key *ret_key, struct bailiff_error *err);

void cache_key_text(const struct cache_key *key, char text[CACHE_KEY_TEXT_SIZE]);

#endif
