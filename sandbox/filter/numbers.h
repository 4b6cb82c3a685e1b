/* SPDX-License-Identifier: MIT */
/*
 * The part of a filter that looks at nothing but the number of a call: its beginning.
 */
#ifndef BAILIFF_FILTER_NUMBERS_H
#define BAILIFF_FILTER_NUMBERS_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers from here on are nobody's; x86_64's end below 600. */
#define NUMBERS_MAX 1024

/* What becomes of a number that is not decided here: no action has this value in a filter of ours. */
#define NUMBERS_GO_ON 0u

/*
 * Writes instructions that end with actions[number] for the calls of architecture `arch`, and go on
 * behind themselves for all other calls: those with NUMBERS_GO_ON, greater numbers, other
 * architectures. Returns how many instructions, 0 where nothing is decided; -1 where they do not fit
 * into `capacity`.
 */
int numbers_write(const uint32_t actions[NUMBERS_MAX], uint32_t arch, struct sock_filter *code,
		  size_t capacity);

#endif
