/* SPDX-License-Identifier: MIT */
/* What workers do with a queue on a server: each function calls one of the schema's. */
#include "queue/postgres_connection.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- presence ---------------------------------------------------------------------------------
 */

static void add_worker(struct postgres_args *args, const struct queue_worker *worker,
		       const char *offers)
{
	postgres_arg_text(args, worker->name);
	postgres_arg_number(args, (int64_t)worker->instance);
	postgres_arg_number(args, worker->slots);
	postgres_arg_text(args, offers);
	postgres_arg_text(args, worker->host);
	postgres_arg_text(args, worker->version);
}

int postgres_enlist(struct queue *queue, const struct queue_worker *worker, bool take_over,
		    struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	AUTO_FREE char *offers = postgres_array(worker->offers);
	if (offers == NULL)
		return fail_memory(err);
	add_worker(&args, worker, offers);
	postgres_arg_text(&args, take_over ? "t" : "f");
	return postgres_call((struct postgres_queue *)queue,
			     "SELECT bailiff.register($1, $2, $3, $4, $5, $6, $7)", &args, NULL,
			     err);
}

int postgres_report(struct queue *queue, const struct queue_worker *worker, const char *status,
		    struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	AUTO_FREE char *offers = postgres_array(worker->offers);
	if (offers == NULL)
		return fail_memory(err);
	add_worker(&args, worker, offers);
	postgres_arg_text(&args, status);
	return postgres_call((struct postgres_queue *)queue,
			     "SELECT bailiff.report($1, $2, $3, $4, $5, $6, $7)", &args, NULL, err);
}

int postgres_leave(struct queue *queue, const struct queue_worker *worker,
		   struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	postgres_arg_text(&args, worker->name);
	postgres_arg_number(&args, (int64_t)worker->instance);
	return postgres_call((struct postgres_queue *)queue, "SELECT bailiff.leave($1, $2)", &args,
			     NULL, err);
}

static int read_worker(struct arena *arena, const PGresult *rows, int row,
		       struct queue_worker_view *view, struct bailiff_error *err)
{
	const char *texts[4] = { NULL, NULL, NULL, NULL };
	for (int i = 0; i < 4; i++) {
		const char *text = postgres_text(rows, row, i);
		if (text != NULL)
			texts[i] = arena_copy(arena, text, strlen(text));
		if (texts[i] == NULL && text != NULL)
			return fail_memory(err);
	}
	*view = (struct queue_worker_view){
		.name = texts[0],
		.host = texts[1],
		.version = texts[2],
		.status = texts[3],
		.slots = (unsigned)postgres_number(rows, row, 4),
		.seen_age_ns = (uint64_t)postgres_number(rows, row, 5),
	};
	return 0;
}

int postgres_workers(struct queue *queue, struct arena *arena, struct queue_worker_view **ret_views,
		     size_t *ret_count, struct bailiff_error *err)
{
	const struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	int rc = postgres_call((struct postgres_queue *)queue,
			       "SELECT name, host, version, status, slots, seen_ns"
			       " FROM bailiff.workers()",
			       &args, &rows, err);
	if (rc < 0)
		return rc;
	int count = PQntuples(rows);
	struct queue_worker_view *views = arena_alloc(arena, (size_t)count * sizeof *views);
	if (views == NULL)
		return fail_memory(err);
	for (int row = 0; rc == 0 && row < count; row++)
		rc = read_worker(arena, rows, row, &views[row], err);
	if (rc == 0) {
		*ret_views = views;
		*ret_count = (size_t)count;
	}
	return rc;
}

/* ---- claim ------------------------------------------------------------------------------------
 */

static int read_claimed(const PGresult *rows, int row, struct queue_claimed *claimed,
			struct bailiff_error *err)
{
	*claimed = (struct queue_claimed){
		.hold = { (uint64_t)postgres_number(rows, row, 0),
			  (uint64_t)postgres_number(rows, row, 1) },
		.spec_size = (size_t)PQgetlength(rows, row, 8),
		.priority = (int)postgres_number(rows, row, 4),
		.attempt = (unsigned)postgres_number(rows, row, 5),
		.memory_bytes = (uint64_t)postgres_number(rows, row, 6),
		.losses = (unsigned)postgres_number(rows, row, 9),
		.waited_ns = (uint64_t)postgres_number(rows, row, 7),
	};
	(void)snprintf(claimed->client, sizeof claimed->client, "%s", PQgetvalue(rows, row, 3));
	if (!queue_kind_from_name(PQgetvalue(rows, row, 2), &claimed->kind))
		return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "job %llu is a '%s'",
				     (unsigned long long)claimed->hold.job,
				     PQgetvalue(rows, row, 2));
	claimed->spec = malloc(claimed->spec_size + 1);
	if (claimed->spec == NULL)
		return fail_memory(err);
	memcpy(claimed->spec, PQgetvalue(rows, row, 8), claimed->spec_size + 1);
	return 0;
}

static int read_all_claimed(const PGresult *rows, struct queue_claimed *ret_claimed,
			    size_t *ret_count, struct bailiff_error *err)
{
	int count = PQntuples(rows), rc = 0, row = 0;
	while (rc == 0 && row < count) {
		rc = read_claimed(rows, row, &ret_claimed[row], err);
		row++;
	}
	if (rc == 0) {
		*ret_count = (size_t)count;
		return 0;
	}
	/* What was claimed comes back by its lease. */
	while (row > 0)
		queue_claimed_finish(&ret_claimed[--row]);
	return rc;
}

int postgres_claim(struct queue *queue, const struct queue_claim *want,
		   struct queue_claimed *ret_claimed, size_t *ret_count, struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *offers = postgres_array(want->worker->offers);
	if (offers == NULL)
		return fail_memory(err);
	int rc = postgres_connect(pg, err);
	if (rc < 0)
		return rc;
	postgres_arg_text(&args, want->worker->name);
	postgres_arg_number(&args, (int64_t)want->worker->instance);
	postgres_arg_text(&args, offers);
	postgres_arg_number(&args, (int64_t)want->memory_bytes);
	postgres_arg_number(&args, (int64_t)want->count);
	postgres_arg_number(&args, (int64_t)want->lease_ns);
	postgres_arg_text(&args, !pg->listens ? NULL : pg->is_waiting ? "t" : "f");
	rc = postgres_execute(pg,
			      "SELECT job, fence, kind, client, priority, attempt, memory,"
			      " waited_ns, spec, losses FROM bailiff.claim($1, $2, $3, $4, $5, $6, $7)",
			      &args, &rows, err);
	if (rc < 0)
		return rc;
	if (pg->listens)
		pg->is_waiting = (size_t)PQntuples(rows) < want->count;
	return read_all_claimed(rows, ret_claimed, ret_count, err);
}

int postgres_has_more(struct queue *queue, const struct queue_claim *want, bool *ret_has_more,
		      struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *offers = postgres_array(want->worker->offers);
	if (offers == NULL)
		return fail_memory(err);
	postgres_arg_text(&args, offers);
	postgres_arg_number(&args, (int64_t)want->memory_bytes);
	int rc = postgres_call(pg, "SELECT bailiff.has_more($1, $2)::int", &args, &rows, err);
	if (rc == 0)
		*ret_has_more = postgres_number(rows, 0, 0) != 0;
	return rc;
}

/* ---- what is held -----------------------------------------------------------------------------
 */

/* "{1,2,3}": the jobs of the holds, or their fences. */
static char *number_array(const struct queue_hold *holds, size_t count, bool of_fences)
{
	char *array = malloc(count * 21 + 3);
	if (array == NULL)
		return NULL;
	char *at = stpcpy(array, "{");
	for (size_t i = 0; i < count; i++)
		at += snprintf(at, 22, "%s%lld", i == 0 ? "" : ",",
			       (long long)(of_fences ? holds[i].fence : holds[i].job));
	(void)stpcpy(at, "}");
	return array;
}

int postgres_renew(struct queue *queue, const struct queue_hold *holds, size_t count,
		   uint64_t lease_ns, bool *is_lost, struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *jobs = number_array(holds, count, false);
	AUTO_FREE char *fences = number_array(holds, count, true);
	if (jobs == NULL || fences == NULL)
		return fail_memory(err);
	postgres_arg_text(&args, jobs);
	postgres_arg_text(&args, fences);
	postgres_arg_number(&args, (int64_t)lease_ns);
	int rc = postgres_call((struct postgres_queue *)queue,
			       "SELECT job, fence FROM bailiff.renew($1, $2, $3)", &args, &rows,
			       err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		is_lost[i] = true;
	for (int row = 0; row < PQntuples(rows); row++) {
		uint64_t job = (uint64_t)postgres_number(rows, row, 0);
		uint64_t fence = (uint64_t)postgres_number(rows, row, 1);
		for (size_t i = 0; i < count; i++) {
			if (holds[i].job == job && holds[i].fence == fence)
				is_lost[i] = false;
		}
	}
	return 0;
}

int postgres_finish(struct queue *queue, const struct queue_hold *hold, const char *result,
		    size_t size, bool *ret_superseded, struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *text = strndup(result, size);
	if (text == NULL)
		return fail_memory(err);
	postgres_arg_number(&args, (int64_t)hold->job);
	postgres_arg_number(&args, (int64_t)hold->fence);
	postgres_arg_text(&args, text);
	int rc = postgres_call((struct postgres_queue *)queue, "SELECT bailiff.finish($1, $2, $3)",
			       &args, &rows, err);
	if (rc == 0)
		*ret_superseded = !postgres_is_true(rows, 0, 0);
	return rc;
}

static const char *failure_name(enum queue_failure failure)
{
	switch (failure) {
	case QUEUE_FAILED: return "failed";
	case QUEUE_RETURNED: return "returned";
	case QUEUE_MISFIT: return "misfit";
	case QUEUE_REJECTED: return "rejected";
	}
	return "failed";
}

int postgres_give_back(struct queue *queue, const struct queue_hold *hold,
		       const struct queue_fault *fault, bool *ret_superseded,
		       struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *needs = postgres_array(fault->needs);
	AUTO_FREE char *result = NULL;
	if (fault->result != NULL)
		result = strndup(fault->result, fault->result_size);
	if (needs == NULL || (result == NULL && fault->result != NULL))
		return fail_memory(err);
	postgres_arg_number(&args, (int64_t)hold->job);
	postgres_arg_number(&args, (int64_t)hold->fence);
	postgres_arg_text(&args, failure_name(fault->failure));
	postgres_arg_text(&args, fault->reason);
	postgres_arg_text(&args, result);
	postgres_arg_number(&args, (int64_t)fault->memory_bytes);
	postgres_arg_text(&args, fault->needs != NULL ? needs : NULL);
	int rc =
		postgres_call((struct postgres_queue *)queue,
			      "SELECT bailiff.fail($1, $2, $3, $4, $5, $6, $7)", &args, &rows, err);
	if (rc == 0)
		*ret_superseded = !postgres_is_true(rows, 0, 0);
	return rc;
}

int postgres_reap(struct queue *queue, uint64_t *ret_ready, uint64_t *ret_dead,
		  struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	postgres_arg_number(&args, QUEUE_BATCH);
	int rc = postgres_call((struct postgres_queue *)queue,
			       "SELECT ready, dead FROM bailiff.reap($1)", &args, &rows, err);
	if (rc == 0) {
		*ret_ready = (uint64_t)postgres_number(rows, 0, 0);
		*ret_dead = (uint64_t)postgres_number(rows, 0, 1);
	}
	return rc;
}
