/* SPDX-License-Identifier: MIT */
/*
 * Reading what run/image.c writes: structs whose pointers are offsets from the image's beginning, 0 for
 * NULL. Async-signal-safe.
 */
#ifndef BAILIFF_CHILD_RELOCATE_H
#define BAILIFF_CHILD_RELOCATE_H

#include <stddef.h>
#include <stdint.h>

static inline void *relocate(char *base, void *offset)
{
	return offset == NULL ? NULL : base + (uintptr_t)offset;
}

#endif
