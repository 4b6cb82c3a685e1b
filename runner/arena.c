/* SPDX-License-Identifier: MIT */
/*
 * One heap block per allocation, linked for the one free at the end. Requests make a few dozen
 * allocations, so nothing cleverer pays; and AddressSanitizer sees each one's bounds.
 */
#include "arena.h"

#include "base/error.h"

#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 8u

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block;
	size_t total;
	if (__builtin_add_overflow(sizeof *block, size, &total))
		return NULL;
	block = calloc(1, total);
	if (block == NULL)
		return NULL;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->data;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? arena_alloc(arena, length + 1) : NULL;
	if (copy != NULL)
		memcpy(copy, text, length);
	return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = NULL;
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return NULL;
	char *copy = arena_copy(arena, text, (size_t)length);
	free(text);
	return copy;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t element_size)
{
	/* Full at 0, 8, 16, 32, ... elements: the capacity follows from the count. */
	bool is_full = count == 0 || (count >= FIRST_CAPACITY && (count & (count - 1)) == 0);
	if (!is_full)
		return array;
	size_t capacity = count == 0 ? FIRST_CAPACITY : 2 * count;
	size_t size;
	if (__builtin_mul_overflow(capacity, element_size, &size))
		return NULL;
	void *grown = arena_alloc(arena, size);
	if (grown != NULL && count > 0)
		memcpy(grown, array, count * element_size);
	return grown;
}

void arena_finish(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *next = arena->blocks->next;
		free(arena->blocks);
		arena->blocks = next;
	}
}

int fail_memory(struct bailiff_error *err)
{
	return fail_internal(err, BAILIFF_STAGE_SPEC, ENOMEM, "prepare the request");
}
