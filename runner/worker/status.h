/* SPDX-License-Identifier: MIT */
/*
 * What a worker knows of itself: plain data that its loop keeps up to date and that others only show (the
 * metrics endpoint, the status in the queue that `bailiff top` reads, the log).
 */
#ifndef BAILIFF_WORKER_STATUS_H
#define BAILIFF_WORKER_STATUS_H

#include <bailiff/bailiff.h>

#include "queue/queue.h"

/* Every verdict that a run or a judgement can have: those of a run ("OK", "RE", ...) and of a judgement
 * ("AC", "WA", "PE", "CE", ...), in the order of status_verdict_name(). */
#define STATUS_VERDICT_COUNT 11u
const char *status_verdict_name(size_t index);	       /* NULL past the last */
size_t status_verdict_index(const char *verdict_name); /* STATUS_VERDICT_COUNT where it is none */

#define STATUS_STAGE_COUNT 7u /* enum bailiff_stage */

/* Bucket i counts values up to bounds[i]; the last one counts all above. Prometheus' cumulative form is
 * made when it is shown. */
#define HISTOGRAM_BOUNDS 16u
struct histogram {
	uint64_t buckets[HISTOGRAM_BOUNDS + 1];
	uint64_t count;
	uint64_t sum_ns;
};
extern const uint64_t histogram_bounds_ns[HISTOGRAM_BOUNDS]; /* from 100 us to 60 s */
void histogram_add(struct histogram *histogram, uint64_t value_ns);

/* Only ever grows. */
struct tally {
	uint64_t jobs[STATUS_VERDICT_COUNT]; /* finished, by verdict */
	uint64_t internal_errors[STATUS_STAGE_COUNT];
	uint64_t slot_deaths;	   /* a slot's process ended while it had a job */
	uint64_t rejected;	   /* jobs that nobody could run */
	uint64_t returned;	   /* given back uncounted: drained, or misfits */
	uint64_t leases_lost;	   /* a renewal said so, or none came through in time */
	uint64_t superseded;	   /* results that came too late and changed nothing */
	uint64_t oom_kills;	   /* in cells */
	uint64_t claimed;	   /* jobs */
	uint64_t queue_failures;   /* calls that did not get through to the store */
	uint64_t reaped_ready, reaped_dead; /* others' jobs whose lease had run out */
	struct histogram setup;	   /* a cell's set-up, of each run job */
	struct histogram duration; /* from the slot's start of a job to its result */
	struct histogram wait;	   /* from submission to claim */
	struct histogram store;	   /* a call to the store */
};

enum slot_state {
	SLOT_STATE_STARTING, /* its process is not ready yet */
	SLOT_STATE_IDLE,
	SLOT_STATE_BUSY,
	SLOT_STATE_STOPPING, /* its job is being given up */
	SLOT_STATE_DOWN,     /* its process died, and is started again after a while */
};
const char *slot_state_name(enum slot_state state); /* "starting", "idle", ... */

#define SLOT_PHASE_BYTES 32u

struct slot_status {
	enum slot_state state;
	int core;	    /* the CPU it is pinned to, -1 = none */
	uint64_t since_ns;  /* in this state; CLOCK_BOOTTIME */
	uint64_t job;	    /* busy or stopping: its number ... */
	enum queue_kind kind;
	unsigned attempt;
	char client[QUEUE_NAME_BYTES_MAX + 1];
	char phase[SLOT_PHASE_BYTES]; /* "compile", "test secret/3", "run"; cut */
	uint32_t done, total;	      /* tests; total 0 = not known */
	uint64_t jobs_done;	      /* since its worker began */
};

struct worker_status {
	const char *name, *host;
	const char *queue; /* the URL as it may be shown */
	uint64_t started_ns; /* CLOCK_BOOTTIME */
	bool is_draining;
	bool is_reachable; /* the store, as of the last call */
	uint64_t slot_memory_bytes;
	struct slot_status *slots;
	size_t slot_count;
	size_t prefetched; /* claimed and waiting for a slot */
	struct queue_stats stats; /* as last read ... */
	bool has_stats;		  /* ... if ever */
	struct tally tally;
};

#endif
