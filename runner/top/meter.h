/* SPDX-License-Identifier: MIT */
/*
 * How many jobs end in a second, by verdict. Workers report from time to time, not at every look,
 * so a rate is taken over the last METER_WINDOW_NS, or as much of them as was seen.
 */
#ifndef BAILIFF_TOP_METER_H
#define BAILIFF_TOP_METER_H

#include "top/fleet.h"

#define METER_WINDOW_NS UINT64_C(15000000000)
#define METER_SAMPLES 64u

/* Zero is a valid, empty meter. */
struct meter {
	struct meter_sample {
		uint64_t at_ns;
		uint64_t jobs[FLEET_VERDICTS]; /* since the first look */
	} samples[METER_SAMPLES]; /* a ring; the last one is at (count - 1) % METER_SAMPLES */
	size_t count;		  /* ever taken */
};

/* Takes a look into account. `before` is the look before, NULL = this is the first. Looks closer
 * than a 64th of the window replace each other. */
void meter_add(struct meter *meter, const struct fleet *before, const struct fleet *now);

/* Jobs per second by verdict; returns over how long, 0 = there was one look only. */
uint64_t meter_read(const struct meter *meter, double ret_rates[FLEET_VERDICTS], double *ret_sum);

#endif
