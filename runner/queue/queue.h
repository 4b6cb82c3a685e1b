/* SPDX-License-Identifier: MIT */
/*
 * A queue of jobs, and what became of each: the one interface that workers and clients have, over a
 * driver for each kind of store (driver.h).
 *
 * What a queue promises:
 *
 *   - A job ends in exactly one verdict. The store finishes the job and writes the verdict in one
 *     transaction, and only for who holds the job: a claim raises the job's fence, and a call with an
 *     older fence changes nothing and is told so (`superseded`).
 *   - A hold is a lease. It lasts lease_ns by the store's own clock from the claim or the last renewal;
 *     what is not renewed goes back to the queue (queue_reap) as an attempt that failed.
 *   - An attempt that failed (the sandbox or the worker, never the program) is made again after some time,
 *     by another worker if there is one; after attempts_max of them the job is dead, with its reason.
 *   - States only go forward: ready <-> running -> done | dead | cancelled; a dead job alone may be made
 *     ready again, by queue_retry().
 *
 * Order: by priority, the greater first; within one priority clients take turns, however many jobs each
 * has; a client's own in the order they came. A worker passes over what is too large for what it has left, but
 * not for ever (queue_claim.reserve_ns).
 *
 * Functions return 0 or a negative errno with *err filled. -EAGAIN with BAILIFF_FAULT_HOST means that
 * the store could not be reached, did not answer in time, or was busy: nothing is known of whether the
 * call took effect, and every call may be made again (a claim that took effect unknown to its caller comes
 * back by queue_return_unheard(), or its lease). The next call connects anew. One queue is used by one thread.
 */
#ifndef BAILIFF_QUEUE_QUEUE_H
#define BAILIFF_QUEUE_QUEUE_H

#include <bailiff/bailiff.h>

#include "arena.h"

/* Bounds; what is longer is refused by its name. */
#define QUEUE_NAME_BYTES_MAX 255u	       /* a client, a request id, a worker */
#define QUEUE_SPEC_BYTES_MAX ((size_t)16 << 20)
#define QUEUE_RESULT_BYTES_MAX ((size_t)16 << 20)
#define QUEUE_REASON_BYTES_MAX 1000u
#define QUEUE_NEEDS_MAX 64u	       /* in a list of needs or offers ... */
#define QUEUE_NEED_BYTES_MAX 32u       /* ... each of letters, digits and "-_.+" */
#define QUEUE_CLAIM_MAX 256u
#define QUEUE_CLAIM_BYTES_MAX ((size_t)32 << 20) /* the specs of one claim together */
#define QUEUE_DIGEST_BYTES 32u

/* Priorities that a job may have; 0 is the usual one. */
#define QUEUE_PRIORITY_MIN (-100)
#define QUEUE_PRIORITY_MAX 100

struct queue;

struct queue_options {
	/* How long a call may take before the store counts as out of reach; 0 = 5 s. */
	uint64_t timeout_ns;
	/* Make the store's tables where they are missing. A database of many machines is made by
	 * its administrator (queue_init); an embedded one by whoever comes first. */
	bool create;
};

/*
 * "sqlite:PATH", "postgres://..." or "postgresql://...". Connects, and fails with BAILIFF_FAULT_SPEC for a
 * URL of no driver, BAILIFF_FAULT_HOST for a store that is not there or has no (or other) tables, with
 * the mend. *ret_queue is the caller's (queue_close). `options` may be NULL.
 */
int queue_open(const char *url, const struct queue_options *options, struct queue **ret_queue,
	       struct bailiff_error *err);
void queue_close(struct queue *queue); /* NULL is allowed */

/* The URL as it may be shown: without a password. Owned by the queue. */
const char *queue_shown_url(const struct queue *queue);

/* ---- administration ------------------------------------------------------------------------- */

/* What the store itself enforces. Zero = as it is, or the default named. */
struct queue_settings {
	uint64_t depth_max;	   /* jobs that are ready, of all clients together; 100 000 */
	uint64_t client_depth_max; /* of one client; 20 000 */
};

/* Makes or brings up to date the tables, and sets what is not zero. May be repeated. */
int queue_init(struct queue *queue, const struct queue_settings *settings,
	       struct bailiff_error *err);

/* The statements that queue_init() would run, for an administrator to read; NULL for a driver whose
 * tables are nobody's business. A constant. */
const char *queue_schema(const char *url);

/* Removes jobs that ended (done, dead, cancelled) longer than `age_ns` ago, with their results. */
int queue_purge(struct queue *queue, uint64_t age_ns, uint64_t *ret_count,
		struct bailiff_error *err);

/* ---- clients ---------------------------------------------------------------------------------- */

enum queue_kind { QUEUE_KIND_RUN, QUEUE_KIND_JUDGE };
const char *queue_kind_name(enum queue_kind kind); /* "run", "judge" */

/* A job to be. Everything is borrowed. */
struct queue_request {
	const char *client;	/* never empty */
	const char *request_id; /* NULL = none: always a new job */
	int priority;
	enum queue_kind kind;
	const char *spec; /* JSON, valid UTF-8 */
	size_t spec_size;
	uint8_t digest[QUEUE_DIGEST_BYTES]; /* of what "the same content" means: kind and spec */
	const char *const *needs;	    /* what a worker must have ("cpp"), NULL-terminated, sorted;
					     * NULL = nothing */
	uint64_t memory_bytes;		    /* what it takes while it runs */
	unsigned attempts_max;		    /* 0 = 3 */
};

struct queue_ticket {
	uint64_t job;
	bool is_duplicate; /* this client's request id was there already, with the same digest */
};

/*
 * Puts a job into the queue. The same client and request id with another digest fails with
 * BAILIFF_FAULT_SPEC (-EEXIST); a queue, or a client's part of it, that is full with BAILIFF_FAULT_HOST
 * (-ENOSPC), which names the depth and the limit.
 */
int queue_submit(struct queue *queue, const struct queue_request *request,
		 struct queue_ticket *ret_ticket, struct bailiff_error *err);

enum queue_state {
	QUEUE_STATE_READY,
	QUEUE_STATE_RUNNING,
	QUEUE_STATE_DONE,
	QUEUE_STATE_DEAD,
	QUEUE_STATE_CANCELLED,
};
#define QUEUE_STATE_COUNT 5u
const char *queue_state_name(enum queue_state state); /* "ready", ... */
bool queue_state_is_final(enum queue_state state);

/* A job as a client sees it. Texts are owned by the arena they were read into. */
struct queue_job_view {
	uint64_t job;
	enum queue_state state;
	enum queue_kind kind;
	const char *client;
	const char *request_id; /* NULL = none */
	int priority;
	unsigned attempts, attempts_max; /* attempts counts claims that were not given back */
	const char *worker;		 /* the last one; NULL = none yet */
	const char *last_error;		 /* of the last attempt that failed; NULL = none did */
	const char *result;		 /* JSON; NULL = none. Of a done job always there. */
	size_t result_size;
	/* By the store's clock, since the epoch; 0 = not yet. */
	uint64_t created_ns, started_ns, finished_ns;
	uint64_t due_ns; /* ready, but not before this; 0 = now */
};

/* One job with its result. BAILIFF_FAULT_INPUT (-ENOENT) where there is none of this number. */
int queue_result(struct queue *queue, uint64_t job, struct arena *arena,
		 struct queue_job_view *ret_view, struct bailiff_error *err);

/* Which jobs queue_list() shows: newest first, without results. */
struct queue_filter {
	bool has_state;
	enum queue_state state;
	const char *client; /* NULL = all */
	uint64_t before;    /* job numbers below this; 0 = from the newest */
	size_t limit;	    /* at most; 0 = 100 */
};
int queue_list(struct queue *queue, const struct queue_filter *filter, struct arena *arena,
	       struct queue_job_view **ret_views, size_t *ret_count, struct bailiff_error *err);

/* Ends a job that has no verdict. *ret_state is its state afterwards: CANCELLED, or what it was already. Who
 * runs it learns of that by its next renewal, or an event before. -ENOENT as above. */
int queue_cancel(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		 struct bailiff_error *err);

/* Makes a dead job ready again, with no attempts used. *ret_state as above: READY, or what it was. */
int queue_retry(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		struct bailiff_error *err);

struct queue_stats {
	uint64_t jobs[QUEUE_STATE_COUNT];
	uint64_t oldest_ready_ns; /* age of the oldest ready job that is due; 0 = none */
	uint64_t clients_waiting; /* clients with ready jobs; a store may stop counting at 10 000 */
	uint64_t workers;	  /* seen within the last minute */
};
int queue_stats(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err);

/* ---- workers ---------------------------------------------------------------------------------- */

/* Who claims. A name is one worker's at a time: the last that registered has it. */
struct queue_worker {
	const char *name;
	uint64_t instance; /* random, of this process */
	unsigned slots;
	const char *const *offers; /* needs that it can meet, NULL-terminated, sorted */
	const char *host;
	const char *version;
};

/*
 * Registers a worker, or fails with -EEXIST (BAILIFF_FAULT_HOST) where `take_over` is false and a worker of
 * this name was seen within the last minute. What an earlier instance of the name holds is given back to
 * the queue at once, as attempts that failed ("worker lost").
 */
int queue_register(struct queue *queue, const struct queue_worker *worker, bool take_over,
		   struct bailiff_error *err);

/* Says that the worker is there, with a status (JSON, for `bailiff top`). -EOWNERDEAD (BAILIFF_FAULT_HOST)
 * where another instance has the name by now. */
int queue_report(struct queue *queue, const struct queue_worker *worker, const char *status,
		 struct bailiff_error *err);
/* Takes the worker off the list. */
int queue_leave(struct queue *queue, const struct queue_worker *worker, struct bailiff_error *err);

struct queue_worker_view {
	const char *name, *host, *version;
	const char *status; /* JSON as reported, or NULL */
	unsigned slots;
	uint64_t seen_age_ns; /* since it was last heard of, by the store's clock */
};
int queue_workers(struct queue *queue, struct arena *arena, struct queue_worker_view **ret_views,
		  size_t *ret_count, struct bailiff_error *err);

struct queue_hold {
	uint64_t job;
	uint64_t fence;
};

struct queue_claim {
	const struct queue_worker *worker;
	uint64_t memory_bytes; /* jobs that take more are not for it */
	size_t count;	       /* at most, and at most QUEUE_CLAIM_MAX */
	uint64_t lease_ns;
	/*
	 * A job that takes more than memory_bytes, but not more than the worker has when it has nothing else to
	 * do, would never be taken as long as smaller ones come. So once the first of its kind was submitted
	 * this long ago, nothing that stands behind it in the order is taken, until it fits or somebody
	 * else has it. 0 = no job is waited for.
	 */
	uint64_t reserve_ns;
	uint64_t memory_all_bytes; /* with reserve_ns: what the worker has in all */
};

/* A job that was claimed. `spec` is owned (queue_claimed_finish). */
struct queue_claimed {
	struct queue_hold hold;
	enum queue_kind kind;
	char *spec;
	size_t spec_size;
	char client[QUEUE_NAME_BYTES_MAX + 1];
	int priority;
	unsigned attempt; /* which one this is, from 1 */
	/* How many attempts ended with their worker, which could not say why. Such a job is run alone: if it
	 * brings down another worker, it brings down no other job's attempt. */
	unsigned losses;
	uint64_t memory_bytes;
	uint64_t waited_ns; /* since it was submitted, by the store's clock */
};
void queue_claimed_finish(struct queue_claimed *claimed);

/* Claims up to want->count jobs, the first in the queue's order that the worker can do, and fewer where
 * their specs are large; no job is not an error. `ret_claimed` has room for want->count. -EOWNERDEAD as
 * in queue_report(). */
int queue_claim(struct queue *queue, const struct queue_claim *want,
		struct queue_claimed *ret_claimed, size_t *ret_count, struct bailiff_error *err);

/* Whether there are jobs that the worker could take now or later: those that are to be tried again after a time,
 * or that it is to leave to others for one, are among them. */
int queue_has_more(struct queue *queue, const struct queue_claim *want, bool *ret_has_more,
		   struct bailiff_error *err);

/* Renews holds. is_lost[i] becomes true where another has the job by now, or it was cancelled: whoever
 * runs it must stop it at once and say nothing of it. */
int queue_renew(struct queue *queue, const struct queue_worker *worker,
		const struct queue_hold *holds, size_t count, uint64_t lease_ns, bool *is_lost,
		struct bailiff_error *err);

/* Writes the verdict and ends the job, in one transaction. *ret_superseded: the hold was lost, and nothing
 * was written. A call that is repeated after it took effect succeeds and writes nothing. */
int queue_finish(struct queue *queue, const struct queue_worker *worker,
		 const struct queue_hold *hold, const char *result, size_t size,
		 bool *ret_superseded, struct bailiff_error *err);

struct queue_verdict {
	struct queue_hold hold;
	const char *result;
	size_t size;
	bool is_superseded; /* what the call says of it */
};

/*
 * queue_finish() for each verdict and then queue_claim(), in one transaction: for a store, to wait for its
 * disk is most of the work, and this waits once. At most QUEUE_CLAIM_MAX verdicts; where they are large
 * it takes several transactions. `want` may be NULL. Where it fails, nothing is known of any of it; verdicts
 * may be told again, together or each by itself.
 */
int queue_exchange(struct queue *queue, const struct queue_worker *worker,
		   struct queue_verdict *verdicts, size_t verdict_count,
		   const struct queue_claim *want, struct queue_claimed *ret_claimed,
		   size_t *ret_count, struct bailiff_error *err);

enum queue_failure {
	QUEUE_FAILED,	/* ours: counts as an attempt; made again later, elsewhere if there is another
			 * live worker; dead after attempts_max */
	QUEUE_RETURNED, /* given back unstarted or unfinished, on purpose: not counted, due at once; one that
			 * is to be run alone is left to other workers for a while */
	QUEUE_MISFIT,	/* given back because it takes more memory, or needs more, than it said: not
			 * counted; `memory_bytes` and `needs` become the job's. One that changes
			 * neither is a QUEUE_FAILED: it would come back for ever. */
	QUEUE_REJECTED, /* nothing anybody could run: dead at once */
};

struct queue_fault {
	enum queue_failure failure;
	const char *reason; /* becomes last_error; shortened to QUEUE_REASON_BYTES_MAX */
	const char *result; /* of a result with verdict IE; NULL = none. Kept where the job is dead. */
	size_t result_size;
	uint64_t memory_bytes; /* QUEUE_MISFIT */
	const char *const *needs; /* likewise; NULL-terminated; NULL = as they are */
};
int queue_fail(struct queue *queue, const struct queue_worker *worker,
	       const struct queue_hold *hold, const struct queue_fault *fault, bool *ret_superseded,
	       struct bailiff_error *err);

/*
 * Gives back, uncounted, what this instance of the worker has claimed without knowing of it, because the answer of
 * a claim was lost: all that runs in its name but `holds`, which are all that it knows of. To be called
 * for some time after such a call, which may take effect late. A job that this happened to very often is
 * counted as one that lost its worker: what is lost with every answer may be its own doing.
 */
int queue_return_unheard(struct queue *queue, const struct queue_worker *worker,
			 const struct queue_hold *holds, size_t count, uint64_t *ret_returned,
			 struct bailiff_error *err);

/* Gives back jobs whose lease ran out, as attempts that failed; every worker calls this from time to
 * time. *ret_ready and *ret_dead count what became of them. */
int queue_reap(struct queue *queue, uint64_t *ret_ready, uint64_t *ret_dead,
	       struct bailiff_error *err);

/* ---- events ----------------------------------------------------------------------------------- */

enum queue_event {
	QUEUE_EVENT_READY = 1,	  /* there may be jobs to claim */
	QUEUE_EVENT_ENDED = 2,	  /* jobs may have ended */
	QUEUE_EVENT_CANCELLED = 4, /* jobs that were running may have been cancelled */
};

/*
 * A descriptor that becomes readable when there may be something new, -1 while the store is out of reach.
 * It may change with every call of any function here. The first call makes the queue listen: one that has
 * registered a worker for READY and CANCELLED, any other for ENDED; more may be told. Events may be missed:
 * look every queue_poll_interval_ns() all the same.
 */
int queue_event_fd(struct queue *queue);

/* What may have happened since the last call: enum queue_event, or'ed. Never blocks. */
unsigned queue_take_events(struct queue *queue);
uint64_t queue_poll_interval_ns(const struct queue *queue);

#endif
