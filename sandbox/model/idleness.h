/* SPDX-License-Identifier: MIT */
/*
 * Whether nothing has happened for so long. Pure: who asks brings the time and a counter of what
 * has been done so far, CPU time used and waited for together, and comes back when it is due.
 */
#ifndef BAILIFF_MODEL_IDLENESS_H
#define BAILIFF_MODEL_IDLENESS_H

#include <stdbool.h>
#include <stdint.h>

struct idleness {
	uint64_t limit_ns;
	uint64_t since_ns;  /* nothing worth mentioning was done since then ... */
	uint64_t active_ns; /* ... when the counter stood here */
	uint64_t due_ns;    /* when to look next */
};

/* Starts anew: all that was done was done before. limit_ns > 0. */
void idleness_begin(struct idleness *idleness, uint64_t limit_ns, uint64_t now_ns,
		    uint64_t active_ns);

/*
 * Looks at the counter. True when less than a thousandth of limit_ns was added to it for at least
 * limit_ns. What is done between two looks counts as done at the later one, so the limit is never
 * found too early, and at most a quarter of it too late.
 */
bool idleness_look(struct idleness *idleness, uint64_t now_ns, uint64_t active_ns);

#endif
