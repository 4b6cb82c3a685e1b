/* SPDX-License-Identifier: MIT */
/*
 * The connection to a PostgreSQL server: calls of the schema's functions, each with a deadline, and errors.
 * Pattern of use:
 *
 *	struct postgres_args args = POSTGRES_ARGS_NONE;
 *	postgres_arg_text(&args, name);
 *	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
 *	int rc = postgres_call(pg, "SELECT bailiff.leave($1)", &args, &rows, err);
 */
#ifndef BAILIFF_QUEUE_POSTGRES_CONNECTION_H
#define BAILIFF_QUEUE_POSTGRES_CONNECTION_H

#include "queue/driver.h"

#include <libpq-fe.h>

struct postgres_queue {
	struct queue queue;
	char *url; /* owned; may hold a password, so it is never shown */
	bool create;
	PGconn *connection;	  /* NULL = none; the next call makes one */
	uint64_t next_attempt_ns; /* not before this one, CLOCK_MONOTONIC ... */
	uint64_t pause_ns;	  /* ... which is so long after the last */
	struct bailiff_error last_error; /* of the last attempt */
	bool wants_events;
	bool listens, listens_as_worker; /* this connection */
	bool is_waiting; /* the last claim got less than it wanted; see bailiff.claim */
};

#define POSTGRES_ARGS_MAX 12u

struct postgres_args {
	const char *values[POSTGRES_ARGS_MAX];
	int lengths[POSTGRES_ARGS_MAX], formats[POSTGRES_ARGS_MAX];
	char numbers[POSTGRES_ARGS_MAX][24];
	int count;
};
#define POSTGRES_ARGS_NONE ((struct postgres_args){ .count = 0 })

/* Texts and bytes are borrowed until the call. A NULL text is SQL's NULL. */
void postgres_arg_text(struct postgres_args *args, const char *text);
void postgres_arg_bytes(struct postgres_args *args, const uint8_t *bytes, size_t size);
void postgres_arg_number(struct postgres_args *args, int64_t number);

/* The server, reached and found to have our tables. Does nothing where it is. */
int postgres_connect(struct postgres_queue *pg, struct bailiff_error *err);
void postgres_disconnect(struct postgres_queue *pg);

/* One statement, or with NULL args several; *ret_rows (may be NULL) is the last one's, the caller's. */
int postgres_call(struct postgres_queue *pg, const char *sql, const struct postgres_args *args,
		  PGresult **ret_rows, struct bailiff_error *err);

/* The same without connecting first. */
int postgres_execute(struct postgres_queue *pg, const char *sql, const struct postgres_args *args,
		     PGresult **ret_rows, struct bailiff_error *err);

void postgres_clear(PGresult **rows);
#define POSTGRES_AUTO_CLEAR __attribute__((cleanup(postgres_clear)))

/* Rings the bell for notifications that were read. */
void postgres_take_notifications(struct postgres_queue *pg);
/* LISTENs, where the queue wants events and does not listen yet. */
int postgres_start_listening(struct postgres_queue *pg, struct bailiff_error *err);

/* ---- rows ------------------------------------------------------------------------------------- */

/* A number of a row; 0 for NULL. */
int64_t postgres_number(const PGresult *rows, int row, int column);
bool postgres_is_true(const PGresult *rows, int row, int column);
/* NULL for NULL; owned by the rows. */
const char *postgres_text(const PGresult *rows, int row, int column);

/* ---- errors (postgres_error.c) ---------------------------------------------------------------- */

int postgres_fail_rows(struct postgres_queue *pg, const PGresult *rows, struct bailiff_error *err);
int postgres_fail_connect(struct postgres_queue *pg, struct bailiff_error *err);
int postgres_fail_lost(struct postgres_queue *pg, struct bailiff_error *err);
int postgres_fail_silent(struct postgres_queue *pg, struct bailiff_error *err);

/* ---- operations (postgres_client.c, postgres_worker.c) ---------------------------------------- */

int postgres_submit(struct queue *queue, const struct queue_request *request,
		    struct queue_ticket *ret_ticket, struct bailiff_error *err);
int postgres_result(struct queue *queue, uint64_t job, struct arena *arena,
		    struct queue_job_view *ret_view, struct bailiff_error *err);
int postgres_list(struct queue *queue, const struct queue_filter *filter, struct arena *arena,
		  struct queue_job_view **ret_views, size_t *ret_count, struct bailiff_error *err);
int postgres_cancel(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		    struct bailiff_error *err);
int postgres_retry(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		   struct bailiff_error *err);
int postgres_stats(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err);
int postgres_purge(struct queue *queue, uint64_t age_ns, uint64_t *ret_count,
		   struct bailiff_error *err);

int postgres_enlist(struct queue *queue, const struct queue_worker *worker, bool take_over,
		    struct bailiff_error *err);
int postgres_report(struct queue *queue, const struct queue_worker *worker, const char *status,
		    struct bailiff_error *err);
int postgres_leave(struct queue *queue, const struct queue_worker *worker,
		   struct bailiff_error *err);
int postgres_workers(struct queue *queue, struct arena *arena, struct queue_worker_view **ret_views,
		     size_t *ret_count, struct bailiff_error *err);
int postgres_claim(struct queue *queue, const struct queue_claim *want,
		   struct queue_claimed *ret_claimed, size_t *ret_count, struct bailiff_error *err);
int postgres_has_more(struct queue *queue, const struct queue_claim *want, bool *ret_has_more,
		      struct bailiff_error *err);
int postgres_renew(struct queue *queue, const struct queue_hold *holds, size_t count,
		   uint64_t lease_ns, bool *is_lost, struct bailiff_error *err);
int postgres_finish(struct queue *queue, const struct queue_hold *hold, const char *result,
		    size_t size, bool *ret_superseded, struct bailiff_error *err);
int postgres_exchange(struct queue *queue, struct queue_verdict *verdicts, size_t verdict_count,
		      const struct queue_claim *want, struct queue_claimed *ret_claimed,
		      size_t *ret_count, struct bailiff_error *err);
int postgres_give_back(struct queue *queue, const struct queue_hold *hold,
		       const struct queue_fault *fault, bool *ret_superseded,
		       struct bailiff_error *err);
int postgres_return_unheard(struct queue *queue, const struct queue_worker *worker,
			    const struct queue_hold *holds, size_t count, uint64_t *ret_returned,
			    struct bailiff_error *err);
int postgres_reap(struct queue *queue, uint64_t *ret_ready, uint64_t *ret_dead,
		  struct bailiff_error *err);

/* Names as an array of SQL's, owned by the caller; NULL where memory ran out. A NULL list is empty. */
char *postgres_array(const char *const *names);

#endif
