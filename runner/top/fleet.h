/* SPDX-License-Identifier: MIT */
/*
 * One look at a queue and its workers, as `bailiff top` shows it. Everything points into the look's
 * arena. What a worker reported was written by whatever version it has: a key that is missing is as
 * good as none, one that is not known is passed over, and what cannot be read at all costs that
 * worker's details only.
 */
#ifndef BAILIFF_TOP_FLEET_H
#define BAILIFF_TOP_FLEET_H

#include "queue/queue.h"
#include "worker/status.h"

#define FLEET_SLOTS_MAX 4096u			   /* of one worker */
#define FLEET_VERDICTS (STATUS_VERDICT_COUNT + 1u) /* and those with names of another version */

struct fleet_slot {
	const char *state; /* as reported; known ones are those of slot_state_name() */
	int core;	   /* -1 = none */
	uint64_t for_ns;   /* in this state, when it was reported */
	uint64_t job;	   /* 0 = none, and then the rest says nothing */
	const char *kind, *client, *phase; /* "" = not known */
	uint64_t attempt;
	uint64_t tests_done, tests_total; /* total 0 = not known */
};

struct fleet_worker {
	const char *name, *host, *version;
	unsigned slots_registered;
	uint64_t seen_age_ns;
	const char *trouble; /* why the rest is not known; NULL = it is */
	uint64_t uptime_ns;  /* when it was reported */
	bool is_draining;
	uint64_t slot_memory_bytes;
	uint64_t prefetched, leases_lost, slot_deaths, store_failures;
	uint64_t jobs[FLEET_VERDICTS];
	struct fleet_slot *slots;
	size_t slot_count;
};

struct fleet {
	struct arena arena;
	uint64_t taken_ns; /* CLOCK_MONOTONIC */
	struct queue_stats stats;
	struct fleet_worker *workers; /* by name */
	size_t worker_count;
};

/* A time that the worker reported, by now. */
static inline uint64_t fleet_age(const struct fleet_worker *worker, uint64_t reported_ns)
{
	return reported_ns + worker->seen_age_ns;
}

/* "OK", ... and "other". */
const char *fleet_verdict_name(size_t index);

/* Asks the queue. On failure *ret_fleet is empty. */
int fleet_look(struct queue *queue, struct fleet *ret_fleet, struct bailiff_error *err);

/* The same from what the queue answered. `views` may be in any order. */
int fleet_make(const struct queue_worker_view *views, size_t count, struct fleet *ret_fleet,
	       struct bailiff_error *err);

void fleet_finish(struct fleet *fleet);

/* One look as a line of JSON; *ret_text is the caller's to free. */
struct meter;
int fleet_json_print(const struct fleet *fleet, const struct meter *meter, const char *queue_url,
		     char **ret_text, struct bailiff_error *err);
/* The line where there is nothing to look at. */
int fleet_json_print_trouble(const char *queue_url, const struct bailiff_error *trouble,
			     char **ret_text, struct bailiff_error *err);

#endif
