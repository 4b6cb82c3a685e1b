/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once: what a request points to lives in the request's arena. Zero
 * is a valid, empty arena. Every function returns NULL where memory ran out.
 */
#ifndef BAILIFF_RUNNER_ARENA_H
#define BAILIFF_RUNNER_ARENA_H

#include <bailiff/bailiff.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* owned */
};

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of the first `length` bytes of text, with a NUL after them. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Room for one more element, zeroed, behind an array of `count`. Returns the array, which may
 * have moved. Grows by doubling; `count` must have grown one by one from 0.
 */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t element_size);

/* Frees everything and makes the arena empty. */
void arena_finish(struct arena *arena);

/* The error for a NULL from above: BAILIFF_FAULT_INTERNAL, -ENOMEM. */
int fail_memory(struct bailiff_error *err);

#endif
