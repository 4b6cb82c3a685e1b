/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_CORES_H
#define BAILIFF_JUDGE_CORES_H

#include "arena.h"

/*
 * One CPU of each physical core that this process may use, in ascending order, as lists for
 * bailiff_limits.cpuset. The siblings of a core share its units, so only one of them is listed.
 * Strings and list live in `arena`. 0, or -errno with *err filled.
 */
int cores_list(struct arena *arena, const char *const **ret_cores, size_t *ret_count,
	       struct bailiff_error *err);

#endif
