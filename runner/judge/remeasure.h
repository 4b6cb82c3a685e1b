/* SPDX-License-Identifier: MIT */
/*
 * When a run has to be measured again: its time decides, and something disturbed it. Pure
 * functions.
 */
#ifndef BAILIFF_JUDGE_REMEASURE_H
#define BAILIFF_JUDGE_REMEASURE_H

#include <bailiff/bailiff.h>

/*
 * Whether a result is near a time limit (at least 90 % of it used, or ended by it, idling apart)
 * and the kernel tells of noise that may have made the difference.
 */
bool remeasure_wanted(const struct bailiff_result *result);

/*
 * Whether `a` says more of the program than `b`, another run of the same program on the same input:
 * noise only ever makes a program slower. Of two results that are not about time neither does, so
 * that the first one stays.
 */
bool remeasure_is_better(const struct bailiff_result *a, const struct bailiff_result *b);

#endif
