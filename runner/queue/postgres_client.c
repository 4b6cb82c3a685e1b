/* SPDX-License-Identifier: MIT */
/* What clients do with a queue on a server: each function calls one of the schema's. */
#include "queue/postgres_connection.h"

#include "base/error.h"
#include "base/mem.h"
#include "queue/queue_error.h"

#include <errno.h>
#include <string.h>

#define ATTEMPTS_DEFAULT 3u

int postgres_submit(struct queue *queue, const struct queue_request *request,
		    struct queue_ticket *ret_ticket, struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *needs = postgres_array(request->needs);
	AUTO_FREE char *spec = strndup(request->spec, request->spec_size);
	if (needs == NULL || spec == NULL)
		return fail_memory(err);
	postgres_arg_text(&args, request->client);
	postgres_arg_text(&args, request->request_id);
	postgres_arg_number(&args, request->priority);
	postgres_arg_text(&args, queue_kind_name(request->kind));
	postgres_arg_text(&args, spec);
	postgres_arg_bytes(&args, request->digest, sizeof request->digest);
	postgres_arg_text(&args, needs);
	postgres_arg_number(&args, (int64_t)request->memory_bytes);
	postgres_arg_number(&args,
			    request->attempts_max != 0 ? request->attempts_max : ATTEMPTS_DEFAULT);
	int rc = postgres_call(pg,
			       "SELECT job, is_duplicate FROM bailiff.submit($1, $2, $3, $4, $5,"
			       " $6, $7, $8, $9)",
			       &args, &rows, err);
	if (rc == 0)
		*ret_ticket = (struct queue_ticket){
			.job = (uint64_t)postgres_number(rows, 0, 0),
			.is_duplicate = postgres_is_true(rows, 0, 1),
		};
	return rc;
}

/* ---- views ----------------------------------------------------------------------------------- */

#define VIEW_COLUMNS                                                                      \
	"job, state, kind, client, request_id, priority, attempts, attempts_max, worker," \
	" last_error, created_ns, started_ns, finished_ns, due_ns"
#define VIEW_COLUMN_COUNT 14

/* False where memory ran out. */
static bool copy_column(struct arena *arena, const PGresult *rows, int row, int column,
			const char **ret_text)
{
	const char *text = postgres_text(rows, row, column);
	*ret_text = text != NULL ? arena_copy(arena, text, (size_t)PQgetlength(rows, row, column)) :
				   NULL;
	return text == NULL || *ret_text != NULL;
}

static int read_view(struct arena *arena, const PGresult *rows, int row,
		     struct queue_job_view *view, struct bailiff_error *err)
{
	*view = (struct queue_job_view){
		.job = (uint64_t)postgres_number(rows, row, 0),
		.priority = (int)postgres_number(rows, row, 5),
		.attempts = (unsigned)postgres_number(rows, row, 6),
		.attempts_max = (unsigned)postgres_number(rows, row, 7),
		.created_ns = (uint64_t)postgres_number(rows, row, 10),
		.started_ns = (uint64_t)postgres_number(rows, row, 11),
		.finished_ns = (uint64_t)postgres_number(rows, row, 12),
		.due_ns = (uint64_t)postgres_number(rows, row, 13),
	};
	if (!copy_column(arena, rows, row, 3, &view->client) ||
	    !copy_column(arena, rows, row, 4, &view->request_id) ||
	    !copy_column(arena, rows, row, 8, &view->worker) ||
	    !copy_column(arena, rows, row, 9, &view->last_error))
		return fail_memory(err);
	const char *state = PQgetvalue(rows, row, 1), *kind = PQgetvalue(rows, row, 2);
	if (!queue_state_from_name(state, &view->state) || !queue_kind_from_name(kind, &view->kind))
		return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "job %llu is a '%s' that is '%s'",
				     (unsigned long long)view->job, kind, state);
	return 0;
}

int postgres_result(struct queue *queue, uint64_t job, struct arena *arena,
		    struct queue_job_view *ret_view, struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	struct queue_job_view view;
	postgres_arg_number(&args, (int64_t)job);
	int rc = postgres_call(pg, "SELECT " VIEW_COLUMNS ", result FROM bailiff.result($1)", &args,
			       &rows, err);
	if (rc < 0)
		return rc;
	if (PQntuples(rows) == 0)
		return queue_error_no_job(err, job);
	rc = read_view(arena, rows, 0, &view, err);
	if (rc < 0)
		return rc;
	if (!copy_column(arena, rows, 0, VIEW_COLUMN_COUNT, &view.result))
		return fail_memory(err);
	view.result_size = (size_t)PQgetlength(rows, 0, VIEW_COLUMN_COUNT);
	*ret_view = view;
	return 0;
}

int postgres_list(struct queue *queue, const struct queue_filter *filter, struct arena *arena,
		  struct queue_job_view **ret_views, size_t *ret_count, struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	postgres_arg_text(&args, filter->has_state ? queue_state_name(filter->state) : NULL);
	postgres_arg_text(&args, filter->client);
	postgres_arg_number(&args, (int64_t)filter->before);
	postgres_arg_number(&args, (int64_t)filter->limit);
	int rc = postgres_call(pg, "SELECT " VIEW_COLUMNS " FROM bailiff.list($1, $2, $3, $4)",
			       &args, &rows, err);
	if (rc < 0)
		return rc;
	int count = PQntuples(rows);
	struct queue_job_view *views = arena_alloc(arena, (size_t)count * sizeof *views);
	if (views == NULL)
		return fail_memory(err);
	for (int row = 0; rc == 0 && row < count; row++)
		rc = read_view(arena, rows, row, &views[row], err);
	if (rc == 0) {
		*ret_views = views;
		*ret_count = (size_t)count;
	}
	return rc;
}

/* ---- one job --------------------------------------------------------------------------------- */

static int change_state(struct queue *queue, const char *sql, uint64_t job,
			enum queue_state *ret_state, struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	postgres_arg_number(&args, (int64_t)job);
	int rc = postgres_call(pg, sql, &args, &rows, err);
	if (rc < 0)
		return rc;
	const char *state = postgres_text(rows, 0, 0);
	if (state == NULL)
		return queue_error_no_job(err, job);
	if (!queue_state_from_name(state, ret_state))
		return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "job %llu is '%s'",
				     (unsigned long long)job, state);
	return 0;
}

int postgres_cancel(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		    struct bailiff_error *err)
{
	return change_state(queue, "SELECT bailiff.cancel($1)", job, ret_state, err);
}

int postgres_retry(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		   struct bailiff_error *err)
{
	return change_state(queue, "SELECT bailiff.retry($1)", job, ret_state, err);
}

/* ---- all jobs -------------------------------------------------------------------------------- */

int postgres_stats(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	const struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	int rc = postgres_call(pg,
			       "SELECT ready, running, done, dead, cancelled, oldest_ns, clients,"
			       " workers FROM bailiff.stats()",
			       &args, &rows, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < (int)QUEUE_STATE_COUNT; i++)
		ret_stats->jobs[i] = (uint64_t)postgres_number(rows, 0, i);
	ret_stats->oldest_ready_ns = (uint64_t)postgres_number(rows, 0, 5);
	ret_stats->clients_waiting = (uint64_t)postgres_number(rows, 0, 6);
	ret_stats->workers = (uint64_t)postgres_number(rows, 0, 7);
	return 0;
}

int postgres_purge(struct queue *queue, uint64_t age_ns, uint64_t *ret_count,
		   struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	postgres_arg_number(&args, (int64_t)age_ns);
	postgres_arg_number(&args, QUEUE_BATCH);
	int rc = postgres_call(pg, "SELECT bailiff.purge($1, $2)", &args, &rows, err);
	if (rc < 0)
		return rc;
	*ret_count = (uint64_t)postgres_number(rows, 0, 0);
	const struct postgres_args none = POSTGRES_ARGS_NONE;
	return *ret_count < QUEUE_BATCH ?
		       postgres_call(pg, "SELECT bailiff.forget_classes()", &none, NULL, err) :
		       0;
}
