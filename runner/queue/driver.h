/* SPDX-License-Identifier: MIT */
/*
 * What a kind of store has to offer. queue.c has checked every argument before a driver sees it: names are
 * short, not empty, and valid UTF-8; lists are short; texts are valid UTF-8 without NUL; numbers fit a signed
 * 64-bit column. So a driver is the store's own statements and nothing else. What the functions do is
 * written in queue.h.
 */
#ifndef BAILIFF_QUEUE_DRIVER_H
#define BAILIFF_QUEUE_DRIVER_H

#include "queue/bell.h"
#include "queue/queue.h"

/* What every driver keeps; the first member of its own struct. */
struct queue {
	const struct queue_driver *driver;
	uint64_t timeout_ns;
	char *shown_url; /* owned */
	struct bell bell;
	bool is_worker; /* has registered one */
};

/* How many jobs one transaction of purge() or reap() takes; queue.c repeats them. */
#define QUEUE_BATCH 256u
/* A worker that was seen within this time is there. */
#define QUEUE_WORKER_ALIVE_S 60
/* A worker that was not seen for this time is forgotten. */
#define QUEUE_WORKER_FORGOTTEN_S 86400
/* How long a job that failed on a worker is kept from it, once it may be run again. */
#define QUEUE_AVOID_S 15
#define QUEUE_BACKOFF_MAX_S 60
/* Claims of one job that were not counted as attempts, after which one that nobody heard of is. */
#define QUEUE_UNHEARD_MAX 10
#define QUEUE_CLIENTS_COUNTED_MAX 10000
#define QUEUE_VERSION 1 /* of the tables */

struct queue_driver {
	const char *const *prefixes; /* of URLs, NULL-terminated */
	const char *schema;	     /* queue_schema() */

	/* *ret_queue with driver, timeout and bell set already; `url` whole. */
	int (*open)(const char *url, const struct queue_options *options, struct queue **ret_queue,
		    struct bailiff_error *err);
	void (*close)(struct queue *queue);
	int (*init)(struct queue *queue, const struct queue_settings *settings,
		    struct bailiff_error *err);
	/* One batch; with the last one, which is not full, also the classes that no job is of any more. */
	int (*purge)(struct queue *queue, uint64_t age_ns, uint64_t *ret_count,
		     struct bailiff_error *err);

	int (*submit)(struct queue *queue, const struct queue_request *request,
		      struct queue_ticket *ret_ticket, struct bailiff_error *err);
	int (*result)(struct queue *queue, uint64_t job, struct arena *arena,
		      struct queue_job_view *ret_view, struct bailiff_error *err);
	int (*list)(struct queue *queue, const struct queue_filter *filter, struct arena *arena,
		    struct queue_job_view **ret_views, size_t *ret_count,
		    struct bailiff_error *err);
	int (*cancel)(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		      struct bailiff_error *err);
	int (*retry)(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		     struct bailiff_error *err);
	int (*stats)(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err);

	int (*enlist)(struct queue *queue, const struct queue_worker *worker, bool take_over,
		      struct bailiff_error *err);
	int (*report)(struct queue *queue, const struct queue_worker *worker, const char *status,
		      struct bailiff_error *err);
	int (*leave)(struct queue *queue, const struct queue_worker *worker,
		     struct bailiff_error *err);
	int (*workers)(struct queue *queue, struct arena *arena,
		       struct queue_worker_view **ret_views, size_t *ret_count,
		       struct bailiff_error *err);
	int (*claim)(struct queue *queue, const struct queue_claim *want,
		     struct queue_claimed *ret_claimed, size_t *ret_count,
		     struct bailiff_error *err);
	int (*has_more)(struct queue *queue, const struct queue_claim *want, bool *ret_has_more,
			struct bailiff_error *err);
	/* At most QUEUE_CLAIM_MAX holds. */
	int (*renew)(struct queue *queue, const struct queue_hold *holds, size_t count,
		     uint64_t lease_ns, bool *is_lost, struct bailiff_error *err);
	int (*finish)(struct queue *queue, const struct queue_hold *hold, const char *result,
		      size_t size, bool *ret_superseded, struct bailiff_error *err);
	/* Verdicts that one call can take; `want` is never NULL. */
	int (*exchange)(struct queue *queue, struct queue_verdict *verdicts, size_t verdict_count,
			const struct queue_claim *want, struct queue_claimed *ret_claimed,
			size_t *ret_count, struct bailiff_error *err);
	int (*fail)(struct queue *queue, const struct queue_hold *hold,
		    const struct queue_fault *fault, bool *ret_superseded,
		    struct bailiff_error *err);
	int (*return_unheard)(struct queue *queue, const struct queue_worker *worker,
			      const struct queue_hold *holds, size_t count, uint64_t *ret_returned,
			      struct bailiff_error *err);
	/* One batch. */
	int (*reap)(struct queue *queue, uint64_t *ret_ready, uint64_t *ret_dead,
		    struct bailiff_error *err);

	/* Makes the open bell hear what the queue is to hear; again after each call. -EAGAIN while
	 * the store is out of reach. */
	int (*listen)(struct queue *queue);
	/* Reads what has come and rings the bell. Never blocks. */
	void (*hear)(struct queue *queue);
	uint64_t (*poll_interval_ns)(const struct queue *queue);
};

extern const struct queue_driver queue_driver_sqlite;
extern const struct queue_driver queue_driver_postgres;

/* The texts of the tables, made at build time from *.sql. */
extern const char queue_schema_sqlite[];
extern const char queue_schema_postgres[];

/* The names that stores keep, back to what they mean; false for another. */
bool queue_state_from_name(const char *name, enum queue_state *ret_state);
bool queue_kind_from_name(const char *name, enum queue_kind *ret_kind);

/* Names, joined by commas, owned by the caller; NULL where memory ran out. A NULL list is empty. */
char *queue_join_names(const char *const *names);

#endif
