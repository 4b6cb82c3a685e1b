/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_NEAREST_H
#define BAILIFF_RUNNER_NEAREST_H

/*
 * The name of a NULL-terminated list that `mistyped` was most likely meant to be: the fewest
 * insertions, deletions, replacements and swaps of neighbours, at most a third of its length.
 * NULL where nothing is that near.
 */
const char *nearest_name(const char *mistyped, const char *const *names);

#endif
