/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_CORES_H
#define BAILIFF_JUDGE_CORES_H

#include "arena.h"

enum cores_choice {
	CORES_WHOLE, /* one CPU of each core: its siblings share its units */
	CORES_EVERY_CPU,
};

/*
 * One CPU of each physical core that this process may use, in ascending order, as lists for
 * bailiff_limits.cpuset. The siblings of a core share its units, so only one of them is listed, unless
 * every CPU is wanted. Strings and list live in `arena`. 0, or -errno with *err filled.
 */
int cores_list(struct arena *arena, enum cores_choice choice, const char *const **ret_cores,
	       size_t *ret_count, struct bailiff_error *err);

#endif
