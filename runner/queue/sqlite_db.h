/* SPDX-License-Identifier: MIT */
/*
 * The database of an embedded queue: its connection, statements, transactions, clocks and errors. Pattern of
 * use:
 *
 *	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
 *	if (rc < 0)
 *		return rc;
 *	rc = sqlite_run(db, "UPDATE ... ?1 ... ?2", SQL_ARGS(SQL_INT(job), SQL_TEXT(name)), err);
 *	return sqlite_end(db, rc, err);
 */
#ifndef BAILIFF_QUEUE_SQLITE_DB_H
#define BAILIFF_QUEUE_SQLITE_DB_H

#include "queue/driver.h"

#include <sqlite3.h>

#define SQLITE_STATEMENTS_MAX 64u

struct sqlite_statement {
	const char *sql; /* a constant, known by its address */
	sqlite3_stmt *statement;
};

struct sqlite_queue {
	struct queue queue;
	char *path;	    /* owned */
	bool create;	    /* tables, too */
	sqlite3 *handle;    /* NULL = not open; the next call opens it */
	struct sqlite_statement statements[SQLITE_STATEMENTS_MAX];
	size_t statement_count;
	uint64_t deadline_ns; /* of this call, CLOCK_MONOTONIC */
	bool is_broken;	      /* to be closed at the end of this call */
	bool was_empty;	      /* the last claim found less than it wanted */
	unsigned rings;	      /* enum queue_event: what this transaction is news for */
	int inotify_fd;
	int64_t seen_version; /* PRAGMA data_version when others' commits were looked for last */
};

/* A value for "?N". */
struct sqlite_value {
	enum { SQL_KIND_NULL, SQL_KIND_INT, SQL_KIND_TEXT, SQL_KIND_BLOB } kind;
	sqlite3_int64 number;
	const void *data;
	size_t size;
};
struct sqlite_args {
	const struct sqlite_value *values;
	size_t count;
};
#define SQL_INT(value_) \
	((struct sqlite_value){ .kind = SQL_KIND_INT, .number = (sqlite3_int64)(value_) })
#define SQL_TEXT_SIZED(text_, size_) \
	((struct sqlite_value){ .kind = SQL_KIND_TEXT, .data = (text_), .size = (size_) })
#define SQL_BLOB(data_, size_) \
	((struct sqlite_value){ .kind = SQL_KIND_BLOB, .data = (data_), .size = (size_) })
#define SQL_ARGS(...)                                                             \
	((struct sqlite_args){                                                    \
		(const struct sqlite_value[]){ __VA_ARGS__ },                     \
		sizeof((const struct sqlite_value[]){ __VA_ARGS__ }) / sizeof(struct sqlite_value) })
#define SQL_NO_ARGS ((struct sqlite_args){ NULL, 0 })

struct sqlite_value sql_text(const char *text); /* NULL = SQL's NULL */

/* ---- connection ------------------------------------------------------------------------------- */

/* Opens the database; with `create`, makes the file and the tables where they are missing. */
int sqlite_db_open(struct sqlite_queue *db, struct bailiff_error *err);
void sqlite_db_close(struct sqlite_queue *db);

/* CLOCK_BOOTTIME, and the time since the epoch. */
int64_t sqlite_boot_ns(void);
int64_t sqlite_wall_ns(void);

/* ---- transactions ----------------------------------------------------------------------------- */

enum sqlite_access { SQLITE_FOR_READING, SQLITE_FOR_WRITING };

int sqlite_begin(struct sqlite_queue *db, enum sqlite_access access, struct bailiff_error *err);

/* Commits, or where rc < 0 rolls back; then tells others what there is news of (db->rings). Returns rc, or the
 * error of the commit. */
int sqlite_end(struct sqlite_queue *db, int rc, struct bailiff_error *err);

/* ---- statements ------------------------------------------------------------------------------- */

/* A statement with its values, which are borrowed until it is reset. */
int sqlite_start(struct sqlite_queue *db, const char *sql, struct sqlite_args args,
		 sqlite3_stmt **ret_statement, struct bailiff_error *err);
/* 1 = there is a row, 0 = there are no more. */
int sqlite_next(struct sqlite_queue *db, sqlite3_stmt *statement, struct bailiff_error *err);
void sqlite_reset(sqlite3_stmt **statement);
#define SQLITE_AUTO_RESET __attribute__((cleanup(sqlite_reset)))

/* A statement without rows. */
int sqlite_run(struct sqlite_queue *db, const char *sql, struct sqlite_args args,
	       struct bailiff_error *err);
/* The one number of the one row; `missing` where there is no row or it is NULL. */
int sqlite_number(struct sqlite_queue *db, const char *sql, struct sqlite_args args,
		  int64_t missing, int64_t *ret_number, struct bailiff_error *err);

/* The error of the call on the database that just failed. */
int sqlite_fail(struct sqlite_queue *db, int code, struct bailiff_error *err);

/* ---- operations, by who uses them ------------------------------------------------------------- */

int sqlite_submit(struct queue *queue, const struct queue_request *request,
		  struct queue_ticket *ret_ticket, struct bailiff_error *err);
int sqlite_result(struct queue *queue, uint64_t job, struct arena *arena,
		  struct queue_job_view *ret_view, struct bailiff_error *err);
int sqlite_list(struct queue *queue, const struct queue_filter *filter, struct arena *arena,
		struct queue_job_view **ret_views, size_t *ret_count, struct bailiff_error *err);
int sqlite_cancel(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		  struct bailiff_error *err);
int sqlite_retry(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		 struct bailiff_error *err);
int sqlite_stats(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err);
int sqlite_purge(struct queue *queue, uint64_t age_ns, uint64_t *ret_count,
		 struct bailiff_error *err);

int sqlite_enlist(struct queue *queue, const struct queue_worker *worker, bool take_over,
		  struct bailiff_error *err);
int sqlite_report(struct queue *queue, const struct queue_worker *worker, const char *status,
		  struct bailiff_error *err);
int sqlite_leave(struct queue *queue, const struct queue_worker *worker,
		 struct bailiff_error *err);
int sqlite_workers(struct queue *queue, struct arena *arena, struct queue_worker_view **ret_views,
		   size_t *ret_count, struct bailiff_error *err);
int sqlite_claim(struct queue *queue, const struct queue_claim *want,
		 struct queue_claimed *ret_claimed, size_t *ret_count, struct bailiff_error *err);
int sqlite_has_more(struct queue *queue, const struct queue_claim *want, bool *ret_has_more,
		    struct bailiff_error *err);
int sqlite_renew(struct queue *queue, const struct queue_hold *holds, size_t count,
		 uint64_t lease_ns, bool *is_lost, struct bailiff_error *err);
int sqlite_finish(struct queue *queue, const struct queue_hold *hold, const char *result,
		  size_t size, bool *ret_superseded, struct bailiff_error *err);
int sqlite_exchange(struct queue *queue, struct queue_verdict *verdicts, size_t verdict_count,
		    const struct queue_claim *want, struct queue_claimed *ret_claimed,
		    size_t *ret_count, struct bailiff_error *err);
int sqlite_give_back(struct queue *queue, const struct queue_hold *hold,
		     const struct queue_fault *fault, bool *ret_superseded,
		     struct bailiff_error *err);
int sqlite_return_unheard(struct queue *queue, const struct queue_worker *worker,
			  const struct queue_hold *holds, size_t count, uint64_t *ret_returned,
			  struct bailiff_error *err);
int sqlite_reap(struct queue *queue, uint64_t *ret_ready, uint64_t *ret_dead,
		struct bailiff_error *err);

/* Whether each of the sorted needs is among the sorted offers, both joined by commas. */
bool sqlite_meets(const char *needs, const char *offers);

/* Fails where another instance has the worker's name. One that never registered has none to lose. */
int sqlite_check_owner(struct sqlite_queue *db, const struct queue_worker *worker,
		       struct bailiff_error *err);

/* The class of jobs with these needs and this memory, made where it is new. */
int sqlite_class(struct sqlite_queue *db, const char *needs, uint64_t memory_bytes,
		 int64_t *ret_class, struct bailiff_error *err);

#endif
