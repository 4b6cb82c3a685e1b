/* SPDX-License-Identifier: MIT */
/* What workers do with a queue on a server: each function calls one of the schema's. */
#include "queue/postgres_connection.h"

#include "base/error.h"
#include "base/mem.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- presence -------------------------------------------------------------------------------- */

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

/* ---- claim ----------------------------------------------------------------------------------- */

/* Of the rows that describe a claim, the last; those of an exchange have one more. */
enum { COLUMN_LOSSES = 9, COLUMN_IS_HELD };

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
		.losses = (unsigned)postgres_number(rows, row, COLUMN_LOSSES),
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

static int read_all_claimed(const PGresult *rows, int first, struct queue_claimed *ret_claimed,
			    size_t *ret_count, struct bailiff_error *err)
{
	int rc = 0;
	size_t count = 0;
	for (int row = first; rc == 0 && row < PQntuples(rows); row++)
		rc = read_claimed(rows, row, &ret_claimed[count++], err);
	if (rc == 0) {
		*ret_count = count;
		return 0;
	}
	/* What was claimed comes back by its lease. */
	while (count > 0)
		queue_claimed_finish(&ret_claimed[--count]);
	return rc;
}

/* Adds nine. */
static void add_claim(struct postgres_args *args, const struct postgres_queue *pg,
		      const struct queue_claim *want, const char *offers)
{
	postgres_arg_text(args, want->worker->name);
	postgres_arg_number(args, (int64_t)want->worker->instance);
	postgres_arg_text(args, offers);
	postgres_arg_number(args, (int64_t)want->memory_bytes);
	postgres_arg_number(args, (int64_t)want->count);
	postgres_arg_number(args, (int64_t)want->lease_ns);
	postgres_arg_text(args, !pg->listens ? NULL : pg->is_waiting ? "t" : "f");
	postgres_arg_number(args, (int64_t)want->memory_all_bytes);
	postgres_arg_number(args, (int64_t)want->reserve_ns);
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
	add_claim(&args, pg, want, offers);
	rc = postgres_execute(pg,
			      "SELECT job, fence, kind, client, priority, attempt, memory,"
			      " waited_ns, spec, losses FROM bailiff.claim($1, $2, $3, $4, $5, $6, $7,"
			      " $8, $9)",
			      &args, &rows, err);
	if (rc < 0)
		return rc;
	if (pg->listens)
		pg->is_waiting = (size_t)PQntuples(rows) < want->count;
	return read_all_claimed(rows, 0, ret_claimed, ret_count, err);
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

/* ---- what is held ---------------------------------------------------------------------------- */

/* A number of each hold. */
enum hold_part { HOLD_JOB, HOLD_FENCE };

/* "{1,2,3}", from holds that stand `stride` bytes apart; owned by the caller. */
static char *number_array(const struct queue_hold *holds, size_t count, size_t stride,
			  enum hold_part part)
{
	char *array = malloc(count * 21 + 3);
	if (array == NULL)
		return NULL;
	char *at = stpcpy(array, "{");
	for (size_t i = 0; i < count; i++) {
		const struct queue_hold *hold =
			(const struct queue_hold *)((const char *)holds + i * stride);
		at += snprintf(at, 22, "%s%lld", i == 0 ? "" : ",",
			       (long long)(part == HOLD_JOB ? hold->job : hold->fence));
	}
	(void)stpcpy(at, "}");
	return array;
}

int postgres_renew(struct queue *queue, const struct queue_hold *holds, size_t count,
		   uint64_t lease_ns, bool *is_lost, struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *jobs = number_array(holds, count, sizeof *holds, HOLD_JOB);
	AUTO_FREE char *fences = number_array(holds, count, sizeof *holds, HOLD_FENCE);
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

static uint8_t *put_u32(uint8_t *at, uint32_t number)
{
	uint32_t big_endian = htobe32(number);
	memcpy(at, &big_endian, sizeof big_endian);
	return at + sizeof big_endian;
}

/* The results as an array of texts in the server's binary form (array_recv() in its arrayfuncs.c):
 * no character of them needs an escape then. Owned by the caller. */
static uint8_t *make_results(const struct queue_verdict *verdicts, size_t count, size_t *ret_size)
{
	enum { OID_TEXT = 25, HEAD_WORDS = 5 };
	size_t size = (HEAD_WORDS + count) * sizeof(uint32_t);
	for (size_t i = 0; i < count; i++)
		size += verdicts[i].size;
	uint8_t *array = malloc(size);
	if (array == NULL)
		return NULL;
	/* One dimension, no NULLs, of texts, so many, from 1 on. */
	uint8_t *at = put_u32(put_u32(put_u32(array, 1), 0), OID_TEXT);
	at = put_u32(put_u32(at, (uint32_t)count), 1);
	for (size_t i = 0; i < count; i++) {
		at = put_u32(at, (uint32_t)verdicts[i].size);
		at = mempcpy(at, verdicts[i].result, verdicts[i].size);
	}
	*ret_size = size;
	return array;
}

/* Reads the verdicts' rows, which come first; returns how many there are. */
static int read_verdicts(const PGresult *rows, struct queue_verdict *verdicts, size_t count)
{
	int row = 0;
	for (size_t i = 0; i < count; i++)
		verdicts[i].is_superseded = true;
	for (; row < PQntuples(rows) && postgres_text(rows, row, COLUMN_IS_HELD) != NULL; row++) {
		for (size_t i = 0; i < count; i++) {
			if (verdicts[i].hold.job == (uint64_t)postgres_number(rows, row, 0) &&
			    verdicts[i].hold.fence == (uint64_t)postgres_number(rows, row, 1))
				verdicts[i].is_superseded = !postgres_is_true(rows, row, COLUMN_IS_HELD);
		}
	}
	return row;
}

int postgres_exchange(struct queue *queue, struct queue_verdict *verdicts, size_t verdict_count,
		      const struct queue_claim *want, struct queue_claimed *ret_claimed,
		      size_t *ret_count, struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	size_t size = 0, stride = sizeof *verdicts;
	AUTO_FREE char *offers = postgres_array(want->worker->offers);
	AUTO_FREE char *jobs = number_array(&verdicts->hold, verdict_count, stride, HOLD_JOB);
	AUTO_FREE char *fences = number_array(&verdicts->hold, verdict_count, stride, HOLD_FENCE);
	AUTO_FREE uint8_t *results = make_results(verdicts, verdict_count, &size);
	if (offers == NULL || jobs == NULL || fences == NULL || results == NULL)
		return fail_memory(err);
	int rc = postgres_connect(pg, err);
	if (rc < 0)
		return rc;
	postgres_arg_text(&args, jobs);
	postgres_arg_text(&args, fences);
	postgres_arg_bytes(&args, results, size);
	add_claim(&args, pg, want, offers);
	rc = postgres_execute(pg,
			      "SELECT job, fence, kind, client, priority, attempt, memory,"
			      " waited_ns, spec, losses, is_held FROM bailiff.exchange($1, $2, $3, $4, $5,"
			      " $6, $7, $8, $9, $10, $11, $12)",
			      &args, &rows, err);
	if (rc < 0)
		return rc;
	int first = read_verdicts(rows, verdicts, verdict_count);
	if (pg->listens)
		pg->is_waiting = (size_t)(PQntuples(rows) - first) < want->count;
	return read_all_claimed(rows, first, ret_claimed, ret_count, err);
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

int postgres_return_unheard(struct queue *queue, const struct queue_worker *worker,
			    const struct queue_hold *holds, size_t count, uint64_t *ret_returned,
			    struct bailiff_error *err)
{
	struct postgres_args args = POSTGRES_ARGS_NONE;
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	AUTO_FREE char *jobs = number_array(holds, count, sizeof *holds, HOLD_JOB);
	AUTO_FREE char *fences = number_array(holds, count, sizeof *holds, HOLD_FENCE);
	if (jobs == NULL || fences == NULL)
		return fail_memory(err);
	postgres_arg_text(&args, worker->name);
	postgres_arg_number(&args, (int64_t)worker->instance);
	postgres_arg_text(&args, jobs);
	postgres_arg_text(&args, fences);
	postgres_arg_number(&args, QUEUE_UNHEARD_MAX);
	int rc = postgres_call((struct postgres_queue *)queue,
			       "SELECT bailiff.return_unheard($1, $2, $3, $4, $5)", &args, &rows,
			       err);
	if (rc == 0)
		*ret_returned = (uint64_t)postgres_number(rows, 0, 0);
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
