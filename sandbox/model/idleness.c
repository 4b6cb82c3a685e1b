/* SPDX-License-Identifier: MIT */
/*
 * One mark that moves forward whenever enough was done since it was set. A few looks per limit
 * are enough: a program that does something now and then moves it in time, however short its
 * moments are, because the counter adds them up.
 */
#include "model/idleness.h"

#define LOOKS_PER_LIMIT 4

/* A runtime that waits for ever still wakes up for its own housekeeping. */
#define NOISE_SHARE 1000

static void plan_look(struct idleness *idleness, uint64_t now_ns)
{
	uint64_t next_ns = now_ns + idleness->limit_ns / LOOKS_PER_LIMIT;
	uint64_t end_ns = idleness->since_ns + idleness->limit_ns;
	idleness->due_ns = next_ns < end_ns ? next_ns : end_ns;
}

void idleness_begin(struct idleness *idleness, uint64_t limit_ns, uint64_t now_ns,
		    uint64_t active_ns)
{
	idleness->limit_ns = limit_ns;
	idleness->since_ns = now_ns;
	idleness->active_ns = active_ns;
	plan_look(idleness, now_ns);
}

bool idleness_look(struct idleness *idleness, uint64_t now_ns, uint64_t active_ns)
{
	uint64_t done_ns = active_ns > idleness->active_ns ? active_ns - idleness->active_ns : 0;
	if (done_ns >= idleness->limit_ns / NOISE_SHARE && done_ns > 0) {
		idleness->since_ns = now_ns;
		idleness->active_ns = active_ns;
	}
	plan_look(idleness, now_ns);
	return now_ns - idleness->since_ns >= idleness->limit_ns;
}
