/* SPDX-License-Identifier: MIT */
/*
 * Suggestions for mistyped names, by edit distance (optimal string alignment). Pure function.
 */
#include "nearest.h"

#include <stddef.h>
#include <string.h>

/* Longer names get no suggestion. */
#define NAME_LENGTH_MAX 32u

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* NAME_LENGTH_MAX where a name is too long for the table. */
static unsigned edit_distance(const char *a, const char *b)
{
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);
	unsigned cost[NAME_LENGTH_MAX + 1][NAME_LENGTH_MAX + 1];

	if (a_length > NAME_LENGTH_MAX || b_length > NAME_LENGTH_MAX)
		return NAME_LENGTH_MAX;
	for (size_t i = 0; i <= a_length; i++)
		cost[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b_length; j++)
		cost[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		for (size_t j = 1; j <= b_length; j++) {
			unsigned replace = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			unsigned best = smaller(cost[i - 1][j], cost[i][j - 1]) + 1;
			best = smaller(best, replace);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = smaller(best, cost[i - 2][j - 2] + 1);
			cost[i][j] = best;
		}
	}
	return cost[a_length][b_length];
}

const char *nearest_name(const char *mistyped, const char *const *names)
{
	size_t length = strlen(mistyped);
	unsigned best = (unsigned)(length < 3 ? 1 : length / 3) + 1;
	const char *nearest = NULL;
	if (length < 2 || length > NAME_LENGTH_MAX)
		return NULL;
	for (size_t i = 0; names[i] != NULL; i++) {
		unsigned distance = edit_distance(mistyped, names[i]);
		if (distance < best) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}
