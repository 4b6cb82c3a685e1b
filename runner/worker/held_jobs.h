/* SPDX-License-Identifier: MIT */
/*
 * The jobs that a worker holds, from the claim until the store knows how they ended. Pure: no process, no
 * store, no clock; what time it is comes with the call (CLOCK_BOOTTIME, which no administrator steps and which
 * goes on while the machine sleeps, as the store's clock does).
 *
 *	WAITING -> RUNNING -> ENDED -> gone
 *	   `-----------------^
 */
#ifndef BAILIFF_WORKER_HELD_JOBS_H
#define BAILIFF_WORKER_HELD_JOBS_H

#include "worker/slot_channel.h"

enum held_state {
	HELD_NONE, /* an unused place */
	HELD_WAITING,
	HELD_RUNNING,
	HELD_ENDED, /* the store is to be told */
};

struct held_job {
	enum held_state state;
	struct queue_claimed claimed; /* owned */
	uint64_t order;		/* in which it was claimed */
	uint64_t lease_until_ns;
	uint64_t begun_ns;	/* claimed, then given to its slot */
	size_t slot;		/* RUNNING */
	bool is_lost;		/* another has it by now, or nobody wants it: nothing may be said of it */
	/* ENDED: how, and what is written. */
	struct slot_message end; /* outcome, verdict, reason, memory_bytes, stage */
	char *result;		 /* owned, or NULL */
	const char **needs;	 /* owned, as one block with its texts; NULL-terminated; or NULL */
};

struct held_jobs {
	struct held_job *items; /* owned */
	size_t capacity;
	uint64_t claimed; /* so far */
};

int held_jobs_open(struct held_jobs *jobs, size_t capacity); /* -ENOMEM */
void held_jobs_close(struct held_jobs *jobs);

/* Takes a job over (*claimed becomes zero). There must be room. */
struct held_job *held_add(struct held_jobs *jobs, struct queue_claimed *claimed,
			  uint64_t lease_until_ns, uint64_t now_ns);
void held_remove(struct held_job *job);

/* How many are in a state; HELD_NONE = how much room there is. */
size_t held_count(const struct held_jobs *jobs, enum held_state state);

/* Memory that is reserved: of those that wait or run. */
uint64_t held_memory_bytes(const struct held_jobs *jobs);

/* The first, in the order in which they were claimed, in this state; NULL = none. */
struct held_job *held_first(const struct held_jobs *jobs, enum held_state state);

/*
 * The one that may be given to a slot that is free; NULL = none. One that lost a worker before is given only
 * when nothing else runs, and nothing else while it runs.
 */
struct held_job *held_next(const struct held_jobs *jobs);

/* Whether one of those that wait or run lost a worker before. */
bool held_has_suspect(const struct held_jobs *jobs);

/*
 * One that has waited for a slot for `patience_ns` or longer; NULL = none. One that lost a worker before waits for
 * all others to end, and meanwhile nothing new is begun; so it is given back, too, but each time that it comes
 * again, of which its fence tells, it is waited for twice as long. So it is run some day.
 */
struct held_job *held_stale(const struct held_jobs *jobs, uint64_t now_ns, uint64_t patience_ns);

struct held_job *held_of_slot(const struct held_jobs *jobs, size_t slot);

/* A waiting or running job whose lease has run out; NULL = none. */
struct held_job *held_expired(const struct held_jobs *jobs, uint64_t now_ns);
/* When the next lease of one that waits or runs does; UINT64_MAX = never. */
uint64_t held_expiry_ns(const struct held_jobs *jobs);

/* It has ended in this way. What belonged to the end before is freed. */
void held_end(struct held_job *job, enum slot_outcome outcome, const char *reason);

/* Splits needs as a slot packs them (each ends with a NUL). -EPROTO where they are malformed. */
int held_unpack_needs(const char *packed, size_t size, const char ***ret_needs);

#endif
