/* SPDX-License-Identifier: MIT */
/* What clients do with an embedded queue: each function is one transaction. */
#include "queue/sqlite_db.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "queue/queue_error.h"

#include <errno.h>
#include <string.h>

#define ATTEMPTS_DEFAULT 3u

/* ---- submit ---------------------------------------------------------------------------------- */

/* 1 = the request id was there already, and *ret_job is its job. */
static int find_duplicate(struct sqlite_queue *db, const struct queue_request *request,
			  uint64_t *ret_job, struct bailiff_error *err)
{
	static const char find[] =
		"SELECT id, digest = ?3 FROM job WHERE client = ?1 AND request_id = ?2";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	if (request->request_id == NULL)
		return 0;
	int rc = sqlite_start(db, find,
			      SQL_ARGS(sql_text(request->client), sql_text(request->request_id),
				       SQL_BLOB(request->digest, sizeof request->digest)),
			      &statement, err);
	if (rc == 0)
		rc = sqlite_next(db, statement, err);
	if (rc <= 0)
		return rc;
	*ret_job = (uint64_t)sqlite3_column_int64(statement, 0);
	if (sqlite3_column_int(statement, 1) == 0)
		return queue_error(err, BAILIFF_FAULT_SPEC, EEXIST, NULL,
				   "request id: job %llu of this client has it, with other content",
				   (unsigned long long)*ret_job);
	return 1;
}

static int check_depth(struct sqlite_queue *db, const char *client, struct bailiff_error *err)
{
	static const char read[] = "SELECT (SELECT jobs FROM tally WHERE state = 'ready'),"
				   " (SELECT value FROM setting WHERE name = 'depth_max'),"
				   " (SELECT ready FROM client WHERE name = ?1),"
				   " (SELECT value FROM setting WHERE name = 'client_depth_max')";
	static const char hint[] = "try again when some have been taken";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(db, read, SQL_ARGS(sql_text(client)), &statement, err);
	if (rc == 0)
		rc = sqlite_next(db, statement, err);
	if (rc < 0)
		return rc;
	long long depth = sqlite3_column_int64(statement, 0);
	long long depth_max = sqlite3_column_int64(statement, 1);
	long long own = sqlite3_column_int64(statement, 2);
	long long own_max = sqlite3_column_int64(statement, 3);
	if (depth >= depth_max)
		return queue_error(err, BAILIFF_FAULT_HOST, ENOSPC, hint,
				   "the queue is full: %lld jobs are ready, %lld may be", depth,
				   depth_max);
	if (own >= own_max)
		return queue_error(err, BAILIFF_FAULT_HOST, ENOSPC, hint,
				   "the queue is full for this client: %lld jobs are ready, "
				   "%lld may be",
				   own, own_max);
	return 0;
}

static int memory_bits(uint64_t bytes)
{
	return bytes <= 1 ? 0 : 64 - __builtin_clzll(bytes - 1);
}

int sqlite_class(struct sqlite_queue *db, const char *needs, uint64_t memory_bytes,
		 int64_t *ret_class, struct bailiff_error *err)
{
	static const char find[] = "SELECT id FROM class WHERE needs = ?1 AND memory_bits = ?2";
	static const char make[] = "INSERT INTO class (needs, memory_bits) VALUES (?1, ?2)";
	const struct sqlite_args args =
		SQL_ARGS(sql_text(needs), SQL_INT(memory_bits(memory_bytes)));
	int rc = sqlite_number(db, find, args, 0, ret_class, err);
	if (rc < 0 || *ret_class != 0)
		return rc;
	rc = sqlite_run(db, make, args, err);
	*ret_class = sqlite3_last_insert_rowid(db->handle);
	return rc;
}

/*
 * The turn of a new job: behind all of the client's own, and not before what is being taken at the
 * moment: the first turn of its class, else of what runs, else of anything. So who comes late
 * starts level with the others, and jobs that nobody can do hold no turn back.
 */
static const char find_turn[] =
	"WITH RECURSIVE present (class) AS ("
	" SELECT min(class) FROM job WHERE state = 'ready' AND is_parked = 0"
	" UNION ALL SELECT (SELECT min(class) FROM job WHERE state = 'ready' AND is_parked = 0"
	"  AND class > present.class) FROM present WHERE class IS NOT NULL)"
	"SELECT max("
	" coalesce((SELECT max(turn) FROM job WHERE state = 'ready' AND client = ?1"
	"  AND priority = ?2) + 1, 0),"
	" coalesce((SELECT min(turn) FROM job WHERE state = 'ready' AND is_parked = 0"
	"   AND class = ?3 AND priority = ?2),"
	"  (SELECT max(turn) FROM job WHERE state = 'running' AND priority = ?2),"
	"  (SELECT min((SELECT min(turn) FROM job WHERE state = 'ready' AND is_parked = 0"
	"   AND class = present.class AND priority = ?2)) FROM present), 0))";

static int insert_job(struct sqlite_queue *db, const struct queue_request *request,
		      const char *needs, struct queue_ticket *ret_ticket, struct bailiff_error *err)
{
	static const char insert[] =
		"INSERT INTO job (client, request_id, digest, kind, priority, class, memory, turn,"
		" attempts_max, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
	static const char insert_spec[] = "INSERT INTO spec VALUES (?1, ?2)";
	unsigned attempts_max =
		request->attempts_max != 0 ? request->attempts_max : ATTEMPTS_DEFAULT;
	int64_t class, turn;
	int rc = sqlite_class(db, needs, request->memory_bytes, &class, err);
	if (rc == 0)
		rc = sqlite_number(db, find_turn,
				   SQL_ARGS(sql_text(request->client), SQL_INT(request->priority),
					    SQL_INT(class)),
				   0, &turn, err);
	if (rc == 0)
		rc = sqlite_run(db, insert,
				SQL_ARGS(sql_text(request->client), sql_text(request->request_id),
					 SQL_BLOB(request->digest, sizeof request->digest),
					 sql_text(queue_kind_name(request->kind)),
					 SQL_INT(request->priority), SQL_INT(class),
					 SQL_INT(request->memory_bytes), SQL_INT(turn),
					 SQL_INT(attempts_max), SQL_INT(sqlite_wall_ns())),
				err);
	if (rc < 0)
		return rc;
	int64_t job = sqlite3_last_insert_rowid(db->handle);
	*ret_ticket = (struct queue_ticket){ .job = (uint64_t)job };
	db->rings |= QUEUE_EVENT_READY;
	return sqlite_run(db, insert_spec,
			  SQL_ARGS(SQL_INT(job), SQL_TEXT_SIZED(request->spec, request->spec_size)),
			  err);
}

int sqlite_submit(struct queue *queue, const struct queue_request *request,
		  struct queue_ticket *ret_ticket, struct bailiff_error *err)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	struct queue_ticket ticket = { .is_duplicate = true };
	AUTO_FREE char *needs = queue_join_names(request->needs);
	if (needs == NULL)
		return fail_memory(err);
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = find_duplicate(db, request, &ticket.job, err);
	if (rc == 0)
		rc = check_depth(db, request->client, err);
	if (rc == 0 && ticket.job == 0)
		rc = insert_job(db, request, needs, &ticket, err);
	rc = sqlite_end(db, rc < 0 ? rc : 0, err);
	if (rc == 0)
		*ret_ticket = ticket;
	return rc;
}

/* ---- views ----------------------------------------------------------------------------------- */

/* ?1 is CLOCK_BOOTTIME, ?2 the time since the epoch. */
#define VIEW_COLUMNS                                                                     \
	"id, state, kind, client, request_id, priority, attempts, attempts_max, worker," \
	" last_error, created_at, started_at, finished_at,"                              \
	" CASE WHEN state = 'ready' AND due > ?1 THEN ?2 + due - ?1 ELSE 0 END"
#define VIEW_COLUMN_COUNT 14

static const char *copy_column(struct arena *arena, sqlite3_stmt *statement, int column,
			       size_t *ret_size)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	if (text == NULL)
		return NULL;
	size_t size = (size_t)sqlite3_column_bytes(statement, column);
	if (ret_size != NULL)
		*ret_size = size;
	return arena_copy(arena, text, size);
}

/* Whether every text of the row is there that should be: memory may have run out. */
static bool is_whole(const struct queue_job_view *view, sqlite3_stmt *statement)
{
	return view->client != NULL &&
	       (view->request_id != NULL || sqlite3_column_type(statement, 4) == SQLITE_NULL) &&
	       (view->worker != NULL || sqlite3_column_type(statement, 8) == SQLITE_NULL) &&
	       (view->last_error != NULL || sqlite3_column_type(statement, 9) == SQLITE_NULL);
}

static int read_view(struct arena *arena, sqlite3_stmt *statement, struct queue_job_view *view,
		     struct bailiff_error *err)
{
	*view = (struct queue_job_view){
		.job = (uint64_t)sqlite3_column_int64(statement, 0),
		.client = copy_column(arena, statement, 3, NULL),
		.request_id = copy_column(arena, statement, 4, NULL),
		.priority = sqlite3_column_int(statement, 5),
		.attempts = (unsigned)sqlite3_column_int(statement, 6),
		.attempts_max = (unsigned)sqlite3_column_int(statement, 7),
		.worker = copy_column(arena, statement, 8, NULL),
		.last_error = copy_column(arena, statement, 9, NULL),
		.created_ns = (uint64_t)sqlite3_column_int64(statement, 10),
		.started_ns = (uint64_t)sqlite3_column_int64(statement, 11),
		.finished_ns = (uint64_t)sqlite3_column_int64(statement, 12),
		.due_ns = (uint64_t)sqlite3_column_int64(statement, 13),
	};
	const char *state = (const char *)sqlite3_column_text(statement, 1);
	const char *kind = (const char *)sqlite3_column_text(statement, 2);
	if (state == NULL || kind == NULL || !is_whole(view, statement))
		return fail_memory(err);
	if (!queue_state_from_name(state, &view->state) || !queue_kind_from_name(kind, &view->kind))
		return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "job %llu is a '%s' that is '%s'",
				     (unsigned long long)view->job, kind, state);
	return 0;
}

int sqlite_result(struct queue *queue, uint64_t job, struct arena *arena,
		  struct queue_job_view *ret_view, struct bailiff_error *err)
{
	static const char read[] = "SELECT " VIEW_COLUMNS ", result FROM job"
				   " LEFT JOIN verdict ON verdict.job = job.id WHERE id = ?3";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	sqlite3_stmt *statement = NULL;
	struct queue_job_view view = { 0 };
	int rc = sqlite_begin(db, SQLITE_FOR_READING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_start(
		db, read,
		SQL_ARGS(SQL_INT(sqlite_boot_ns()), SQL_INT(sqlite_wall_ns()), SQL_INT(job)),
		&statement, err);
	if (rc == 0)
		rc = sqlite_next(db, statement, err);
	if (rc == 0)
		rc = queue_error_no_job(err, job);
	if (rc > 0)
		rc = read_view(arena, statement, &view, err);
	if (rc == 0 && sqlite3_column_type(statement, VIEW_COLUMN_COUNT) != SQLITE_NULL) {
		view.result = copy_column(arena, statement, VIEW_COLUMN_COUNT, &view.result_size);
		rc = view.result == NULL ? fail_memory(err) : 0;
	}
	sqlite_reset(&statement);
	rc = sqlite_end(db, rc, err);
	if (rc == 0)
		*ret_view = view;
	return rc;
}

static int read_list(struct sqlite_queue *db, const struct queue_filter *filter,
		     struct arena *arena, struct queue_job_view **ret_views, size_t *ret_count,
		     struct bailiff_error *err)
{
	static const char of_all[] = "SELECT " VIEW_COLUMNS " FROM job WHERE id < ?3"
				     " AND (?4 IS NULL OR client = ?4) ORDER BY id DESC LIMIT ?5";
	static const char of_state[] =
		"SELECT " VIEW_COLUMNS " FROM job WHERE id < ?3"
		" AND (?4 IS NULL OR client = ?4) AND state = ?6 ORDER BY id DESC LIMIT ?5";
	/* Written out, so that SQLite sees what the partial index is for. */
	static const char of_lost[] = "SELECT " VIEW_COLUMNS " FROM job WHERE id < ?3"
				      " AND (?4 IS NULL OR client = ?4) AND state = ?6"
				      " AND state IN ('dead', 'cancelled')"
				      " ORDER BY id DESC LIMIT ?5";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	bool is_lost = filter->state == QUEUE_STATE_DEAD || filter->state == QUEUE_STATE_CANCELLED;
	const char *sql = !filter->has_state ? of_all : is_lost ? of_lost : of_state;
	struct queue_job_view *views = NULL;
	size_t count = 0;
	struct sqlite_args args =
		SQL_ARGS(SQL_INT(sqlite_boot_ns()), SQL_INT(sqlite_wall_ns()),
			 SQL_INT(filter->before), sql_text(filter->client), SQL_INT(filter->limit),
			 sql_text(queue_state_name(filter->state)));
	if (!filter->has_state)
		args.count--;
	int rc = sqlite_start(db, sql, args, &statement, err);
	if (rc < 0)
		return rc;
	while ((rc = sqlite_next(db, statement, err)) > 0) {
		views = arena_grow(arena, views, count, sizeof *views);
		if (views == NULL)
			return fail_memory(err);
		rc = read_view(arena, statement, &views[count++], err);
		if (rc < 0)
			return rc;
	}
	*ret_views = views;
	*ret_count = count;
	return rc;
}

int sqlite_list(struct queue *queue, const struct queue_filter *filter, struct arena *arena,
		struct queue_job_view **ret_views, size_t *ret_count, struct bailiff_error *err)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	int rc = sqlite_begin(db, SQLITE_FOR_READING, err);
	if (rc < 0)
		return rc;
	rc = read_list(db, filter, arena, ret_views, ret_count, err);
	return sqlite_end(db, rc, err);
}

/* ---- one job --------------------------------------------------------------------------------- */

static int read_state(struct sqlite_queue *db, uint64_t job, enum queue_state *ret_state,
		      struct bailiff_error *err)
{
	static const char read[] = "SELECT state FROM job WHERE id = ?1";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(db, read, SQL_ARGS(SQL_INT(job)), &statement, err);
	if (rc == 0)
		rc = sqlite_next(db, statement, err);
	if (rc == 0)
		return queue_error_no_job(err, job);
	if (rc < 0)
		return rc;
	const char *name = (const char *)sqlite3_column_text(statement, 0);
	if (name == NULL || !queue_state_from_name(name, ret_state))
		return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "job %llu has no state",
				     (unsigned long long)job);
	return 0;
}

int sqlite_cancel(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		  struct bailiff_error *err)
{
	/* The fence goes up, so that whoever runs it has lost it. */
	static const char cancel[] = "UPDATE job SET state = 'cancelled', is_parked = 0,"
				     " fence = fence + 1, finished_at = ?2 WHERE id = ?1";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	enum queue_state state;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = read_state(db, job, &state, err);
	if (rc == 0 && !queue_state_is_final(state)) {
		rc = sqlite_run(db, cancel, SQL_ARGS(SQL_INT(job), SQL_INT(sqlite_wall_ns())), err);
		db->rings |= QUEUE_EVENT_ENDED;
		if (state == QUEUE_STATE_RUNNING)
			db->rings |= QUEUE_EVENT_CANCELLED;
		state = QUEUE_STATE_CANCELLED;
	}
	rc = sqlite_end(db, rc, err);
	if (rc == 0)
		*ret_state = state;
	return rc;
}

int sqlite_retry(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		 struct bailiff_error *err)
{
	static const char forget[] = "DELETE FROM verdict WHERE job = ?1";
	static const char retry[] =
		"UPDATE job SET state = 'ready', attempts = 0, due = 0, avoid = NULL,"
		" finished_at = 0, turn = max(turn, coalesce((SELECT min(o.turn) FROM job o"
		"  WHERE o.state = 'ready' AND o.is_parked = 0 AND o.class = job.class"
		"  AND o.priority = job.priority), turn)) WHERE id = ?1";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	enum queue_state state;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = read_state(db, job, &state, err);
	if (rc == 0 && state == QUEUE_STATE_DEAD) {
		rc = sqlite_run(db, forget, SQL_ARGS(SQL_INT(job)), err);
		if (rc == 0)
			rc = sqlite_run(db, retry, SQL_ARGS(SQL_INT(job)), err);
		db->rings |= QUEUE_EVENT_READY;
		state = QUEUE_STATE_READY;
	}
	rc = sqlite_end(db, rc, err);
	if (rc == 0)
		*ret_state = state;
	return rc;
}

/* ---- all jobs -------------------------------------------------------------------------------- */

/* Each client's first job of each priority that is due; the oldest is among them. */
static const char find_oldest[] =
	"WITH RECURSIVE head (client, priority) AS ("
	" SELECT * FROM (SELECT client, priority FROM job WHERE state = 'ready'"
	"  ORDER BY client, priority LIMIT 1)"
	/* Not as a comparison of rows, for which SQLite would read all jobs of the client. */
	" UNION ALL SELECT job.client, job.priority FROM head JOIN job ON job.id = coalesce("
	"  (SELECT id FROM job WHERE state = 'ready' AND client = head.client"
	"   AND priority > head.priority ORDER BY priority LIMIT 1),"
	"  (SELECT id FROM job WHERE state = 'ready' AND client > head.client"
	"   ORDER BY client, priority LIMIT 1))"
	" LIMIT ?1)"
	"SELECT min((SELECT created_at FROM job WHERE state = 'ready' AND is_parked = 0"
	" AND client = head.client AND priority = head.priority ORDER BY turn LIMIT 1)) FROM head";

static int count_states(struct sqlite_queue *db, struct queue_stats *stats,
			struct bailiff_error *err)
{
	static const char read[] = "SELECT jobs FROM tally WHERE state = ?1";
	for (size_t i = 0; i < QUEUE_STATE_COUNT; i++) {
		int64_t jobs;
		int rc = sqlite_number(db, read,
				       SQL_ARGS(sql_text(queue_state_name((enum queue_state)i))), 0,
				       &jobs, err);
		if (rc < 0)
			return rc;
		stats->jobs[i] = (uint64_t)jobs;
	}
	return 0;
}

static int read_stats(struct sqlite_queue *db, struct queue_stats *stats, struct bailiff_error *err)
{
	static const char clients[] = "SELECT count(*) FROM client";
	static const char workers[] = "SELECT count(*) FROM worker WHERE seen > ?1";
	int64_t alive = sqlite_boot_ns() - QUEUE_WORKER_ALIVE_S * (int64_t)NS_PER_S;
	int64_t now = sqlite_wall_ns(), oldest, client_count, worker_count;
	int rc = count_states(db, stats, err);
	if (rc == 0)
		rc = sqlite_number(db, find_oldest, SQL_ARGS(SQL_INT(QUEUE_CLIENTS_COUNTED_MAX)),
				   now, &oldest, err);
	if (rc == 0)
		rc = sqlite_number(db, clients, SQL_NO_ARGS, 0, &client_count, err);
	if (rc == 0)
		rc = sqlite_number(db, workers, SQL_ARGS(SQL_INT(alive)), 0, &worker_count, err);
	if (rc < 0)
		return rc;
	stats->oldest_ready_ns = now > oldest ? (uint64_t)(now - oldest) : 0;
	stats->clients_waiting = (uint64_t)client_count;
	stats->workers = (uint64_t)worker_count;
	return 0;
}

int sqlite_stats(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	struct queue_stats stats = { .jobs = { 0 } };
	int rc = sqlite_begin(db, SQLITE_FOR_READING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_end(db, read_stats(db, &stats, err), err);
	if (rc == 0)
		*ret_stats = stats;
	return rc;
}

int sqlite_purge(struct queue *queue, uint64_t age_ns, uint64_t *ret_count,
		 struct bailiff_error *err)
{
	static const char purge[] =
		"DELETE FROM job WHERE id IN (SELECT id FROM job WHERE finished_at > 0"
		" AND finished_at <= ?1 ORDER BY finished_at LIMIT ?2)";
	static const char forget_classes[] =
		"DELETE FROM class WHERE NOT EXISTS (SELECT 1 FROM job WHERE job.class = class.id)";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_run(db, purge,
			SQL_ARGS(SQL_INT(sqlite_wall_ns() - (int64_t)age_ns), SQL_INT(QUEUE_BATCH)),
			err);
	int count = sqlite3_changes(db->handle); /* without those of triggers and cascades */
	if (rc == 0 && count < (int)QUEUE_BATCH)
		rc = sqlite_run(db, forget_classes, SQL_NO_ARGS, err);
	rc = sqlite_end(db, rc, err);
	if (rc == 0)
		*ret_count = (uint64_t)count;
	return rc;
}
