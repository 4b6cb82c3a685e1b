/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BASE_MEM_H
#define BAILIFF_BASE_MEM_H

#include <stdlib.h>

static inline void mem_free_auto(void *slot)
{
	void **pointer = slot;
	free(*pointer);
	*pointer = NULL;
}

/* Heap memory owned by the enclosing scope. */
#define AUTO_FREE __attribute__((cleanup(mem_free_auto)))

/* Moves ownership out of a scope-bound pointer. */
#define MEM_TAKE(pointer)                              \
	({                                             \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                      \
		taken_;                                \
	})

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
