/* SPDX-License-Identifier: MIT */
/*
 * Names and histograms of a worker's status. A histogram counts into the bucket of its value and nowhere
 * else, so that adding is one step however many buckets there are.
 */
#include "worker/status.h"

#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

static const char *const verdict_names[STATUS_VERDICT_COUNT] = {
	"OK", "RE", "TLE", "MLE", "OLE", "SV", "IE", /* of a run */
	"AC", "WA", "PE",  "CE",		     /* of a judgement only */
};

const char *status_verdict_name(size_t index)
{
	return index < STATUS_VERDICT_COUNT ? verdict_names[index] : NULL;
}

size_t status_verdict_index(const char *verdict_name)
{
	size_t index = 0;
	while (index < STATUS_VERDICT_COUNT && strcmp(verdict_names[index], verdict_name) != 0)
		index++;
	return index;
}

/* Closer where a cell's set-up and a call to the store lie, wider where judgements do. */
const uint64_t histogram_bounds_ns[HISTOGRAM_BOUNDS] = {
	100 * NS_PER_US, 250 * NS_PER_US, 500 * NS_PER_US, 1 * NS_PER_MS,
	2500 * NS_PER_US, 5 * NS_PER_MS,  10 * NS_PER_MS,  25 * NS_PER_MS,
	50 * NS_PER_MS,	 100 * NS_PER_MS, 250 * NS_PER_MS, 1 * NS_PER_S,
	2500 * NS_PER_MS, 10 * NS_PER_S,  30 * NS_PER_S,   60 * NS_PER_S,
};

void histogram_add(struct histogram *histogram, uint64_t value_ns)
{
	size_t bucket = 0;
	while (bucket < HISTOGRAM_BOUNDS && value_ns > histogram_bounds_ns[bucket])
		bucket++;
	histogram->buckets[bucket]++;
	histogram->count++;
	histogram->sum_ns += value_ns;
}

const char *slot_state_name(enum slot_state state)
{
	switch (state) {
	case SLOT_STATE_STARTING: return "starting";
	case SLOT_STATE_IDLE: return "idle";
	case SLOT_STATE_BUSY: return "busy";
	case SLOT_STATE_STOPPING: return "stopping";
	case SLOT_STATE_DOWN: return "down";
	}
	return "unknown";
}
