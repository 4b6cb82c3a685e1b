/* SPDX-License-Identifier: MIT */
/*
 * Counters of workers become one series that only grows: a worker that began anew counts from zero,
 * one that is seen for the first time adds nothing, unless it is younger than the look before.
 */
#include "top/meter.h"

#include "base/clock.h"

#include <string.h>

static const struct fleet_worker *find_worker(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->worker_count; i++) {
		if (strcmp(fleet->workers[i].name, name) == 0)
			return &fleet->workers[i];
	}
	return NULL;
}

/* What the worker added since the look before. */
static void add_worker(uint64_t jobs[FLEET_VERDICTS], const struct fleet *before,
		       const struct fleet *now, const struct fleet_worker *worker)
{
	const struct fleet_worker *old = find_worker(before, worker->name);
	uint64_t between_ns = now->taken_ns - before->taken_ns;
	bool is_new = fleet_age(worker, worker->uptime_ns) < between_ns;
	if (worker->trouble != NULL || (old == NULL && !is_new))
		return;
	if (old != NULL && old->trouble != NULL && !is_new)
		return;
	bool goes_on = old != NULL && old->trouble == NULL && worker->uptime_ns >= old->uptime_ns;
	for (size_t i = 0; i < FLEET_VERDICTS; i++) {
		uint64_t from = goes_on ? old->jobs[i] : 0;
		jobs[i] += worker->jobs[i] > from ? worker->jobs[i] - from : 0;
	}
}

static struct meter_sample *sample_at(struct meter *meter, size_t number)
{
	return &meter->samples[number % METER_SAMPLES];
}

void meter_add(struct meter *meter, const struct fleet *before, const struct fleet *now)
{
	struct meter_sample sample = { 0 };
	if (meter->count > 0)
		sample = *sample_at(meter, meter->count - 1);
	for (size_t i = 0; before != NULL && i < now->worker_count; i++)
		add_worker(sample.jobs, before, now, &now->workers[i]);
	sample.at_ns = now->taken_ns;
	/* So close to the last but one that the ring would not span the window. */
	bool is_close =
		meter->count > 1 && sample.at_ns - sample_at(meter, meter->count - 2)->at_ns <
					    METER_WINDOW_NS / (METER_SAMPLES / 2);
	if (!is_close)
		meter->count++;
	*sample_at(meter, meter->count - 1) = sample;
}

uint64_t meter_read(const struct meter *meter, double ret_rates[FLEET_VERDICTS], double *ret_sum)
{
	memset(ret_rates, 0, FLEET_VERDICTS * sizeof *ret_rates);
	*ret_sum = 0;
	if (meter->count < 2)
		return 0;
	const struct meter_sample *last = &meter->samples[(meter->count - 1) % METER_SAMPLES];
	const struct meter_sample *first = NULL;
	size_t kept = meter->count < METER_SAMPLES ? meter->count : METER_SAMPLES;
	/* The oldest within the window, or the last but one where looks are further apart. */
	for (size_t back = 2; back <= kept; back++) {
		const struct meter_sample *older =
			&meter->samples[(meter->count - back) % METER_SAMPLES];
		if (first != NULL && last->at_ns - older->at_ns > METER_WINDOW_NS)
			break;
		first = older;
	}
	uint64_t span_ns = last->at_ns - first->at_ns;
	for (size_t i = 0; span_ns > 0 && i < FLEET_VERDICTS; i++) {
		ret_rates[i] = (double)(last->jobs[i] - first->jobs[i]) * (double)NS_PER_S /
			       (double)span_ns;
		*ret_sum += ret_rates[i];
	}
	return span_ns;
}
