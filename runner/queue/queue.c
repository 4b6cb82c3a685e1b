/* SPDX-License-Identifier: MIT */
/*
 * What all queues share: which driver a URL means, the checks of what callers give (queue_check.c),
 * the cutting of long work into batches that each end within the time a call has, and the
 * descriptor for events. Everything else is a driver's (driver.h).
 */
#include "queue/queue.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "queue/driver.h"
#include "queue/queue_check.h"
#include "queue/queue_error.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_NS_DEFAULT (5 * NS_PER_S)
#define LIST_DEFAULT 100u

static const struct queue_driver *const drivers[] = {
	&queue_driver_sqlite,
	&queue_driver_postgres,
};

static const struct queue_driver *find_driver(const char *url)
{
	for (size_t i = 0; i < ARRAY_LENGTH(drivers); i++) {
		for (const char *const *prefix = drivers[i]->prefixes; *prefix != NULL; prefix++) {
			if (strncmp(url, *prefix, strlen(*prefix)) == 0)
				return drivers[i];
		}
	}
	return NULL;
}

int queue_open(const char *url, const struct queue_options *options, struct queue **ret_queue,
	       struct bailiff_error *err)
{
	const struct queue_driver *driver = find_driver(url);
	/* The URL is not repeated: it may hold a password. */
	if (driver == NULL)
		return fail_spec(err, "queue: must be sqlite:PATH or "
				      "postgresql://[USER@]HOST[:PORT]/DATABASE");
	struct queue_options known = options != NULL ? *options : (struct queue_options){ 0 };
	if (known.timeout_ns == 0)
		known.timeout_ns = TIMEOUT_NS_DEFAULT;
	return driver->open(url, &known, ret_queue, err);
}

void queue_close(struct queue *queue)
{
	if (queue == NULL)
		return;
	bell_close(&queue->bell);
	queue->driver->close(queue);
}

const char *queue_shown_url(const struct queue *queue)
{
	return queue->shown_url;
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *const state_names[QUEUE_STATE_COUNT] = {
	[QUEUE_STATE_READY] = "ready",	       [QUEUE_STATE_RUNNING] = "running",
	[QUEUE_STATE_DONE] = "done",	       [QUEUE_STATE_DEAD] = "dead",
	[QUEUE_STATE_CANCELLED] = "cancelled",
};

static const char *const kind_names[] = {
	[QUEUE_KIND_RUN] = "run",
	[QUEUE_KIND_JUDGE] = "judge",
};

const char *queue_state_name(enum queue_state state)
{
	return state_names[state];
}

const char *queue_kind_name(enum queue_kind kind)
{
	return kind_names[kind];
}

bool queue_state_from_name(const char *name, enum queue_state *ret_state)
{
	for (size_t i = 0; i < QUEUE_STATE_COUNT; i++) {
		if (strcmp(name, state_names[i]) == 0) {
			*ret_state = (enum queue_state)i;
			return true;
		}
	}
	return false;
}

bool queue_kind_from_name(const char *name, enum queue_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kind_names); i++) {
		if (strcmp(name, kind_names[i]) == 0) {
			*ret_kind = (enum queue_kind)i;
			return true;
		}
	}
	return false;
}

bool queue_state_is_final(enum queue_state state)
{
	return state != QUEUE_STATE_READY && state != QUEUE_STATE_RUNNING;
}

char *queue_join_names(const char *const *names)
{
	size_t size = 1;
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		size += strlen(names[i]) + 1;
	char *joined = malloc(size);
	if (joined == NULL)
		return NULL;
	char *at = joined;
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		if (i > 0)
			*at++ = ',';
		at = stpcpy(at, names[i]);
	}
	*at = '\0';
	return joined;
}

/* ---- administration -------------------------------------------------------------------------- */

int queue_init(struct queue *queue, const struct queue_settings *settings,
	       struct bailiff_error *err)
{
	int rc = queue_check_settings(settings, err);
	return rc < 0 ? rc : queue->driver->init(queue, settings, err);
}

const char *queue_schema(const char *url)
{
	const struct queue_driver *driver = find_driver(url);
	return driver != NULL ? driver->schema : NULL;
}

int queue_purge(struct queue *queue, uint64_t age_ns, uint64_t *ret_count,
		struct bailiff_error *err)
{
	if (!queue_is_number(age_ns))
		return fail_spec(err, "age: too large");
	uint64_t sum = 0, count;
	do {
		int rc = queue->driver->purge(queue, age_ns, &count, err);
		if (rc < 0)
			return rc;
		sum += count;
	} while (count == QUEUE_BATCH);
	*ret_count = sum;
	return 0;
}

/* ---- clients --------------------------------------------------------------------------------- */

int queue_submit(struct queue *queue, const struct queue_request *request,
		 struct queue_ticket *ret_ticket, struct bailiff_error *err)
{
	int rc = queue_check_request(request, err);
	return rc < 0 ? rc : queue->driver->submit(queue, request, ret_ticket, err);
}

int queue_result(struct queue *queue, uint64_t job, struct arena *arena,
		 struct queue_job_view *ret_view, struct bailiff_error *err)
{
	if (!queue_is_number(job))
		return queue_error_no_job(err, job);
	return queue->driver->result(queue, job, arena, ret_view, err);
}

int queue_list(struct queue *queue, const struct queue_filter *filter, struct arena *arena,
	       struct queue_job_view **ret_views, size_t *ret_count, struct bailiff_error *err)
{
	struct queue_filter known = filter != NULL ? *filter : (struct queue_filter){ 0 };
	int rc = queue_check_filter(&known, err);
	if (rc < 0)
		return rc;
	if (known.limit == 0)
		known.limit = LIST_DEFAULT;
	if (known.before == 0 || !queue_is_number(known.before))
		known.before = INT64_MAX;
	return queue->driver->list(queue, &known, arena, ret_views, ret_count, err);
}

int queue_cancel(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		 struct bailiff_error *err)
{
	if (!queue_is_number(job))
		return queue_error_no_job(err, job);
	return queue->driver->cancel(queue, job, ret_state, err);
}

int queue_retry(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		struct bailiff_error *err)
{
	if (!queue_is_number(job))
		return queue_error_no_job(err, job);
	return queue->driver->retry(queue, job, ret_state, err);
}

int queue_stats(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err)
{
	return queue->driver->stats(queue, ret_stats, err);
}

/* ---- workers --------------------------------------------------------------------------------- */

/* The worker with nothing left to stand for a default. */
static struct queue_worker complete_worker(const struct queue_worker *worker)
{
	struct queue_worker known = *worker;
	if (known.host == NULL)
		known.host = "";
	if (known.version == NULL)
		known.version = "";
	return known;
}

int queue_register(struct queue *queue, const struct queue_worker *worker, bool take_over,
		   struct bailiff_error *err)
{
	int rc = queue_check_worker(worker, err);
	if (rc < 0)
		return rc;
	struct queue_worker known = complete_worker(worker);
	rc = queue->driver->enlist(queue, &known, take_over, err);
	if (rc == 0)
		queue->is_worker = true;
	return rc;
}

int queue_report(struct queue *queue, const struct queue_worker *worker, const char *status,
		 struct bailiff_error *err)
{
	int rc = queue_check_worker(worker, err);
	if (rc == 0)
		rc = queue_check_status(status, err);
	if (rc < 0)
		return rc;
	struct queue_worker known = complete_worker(worker);
	return queue->driver->report(queue, &known, status, err);
}

int queue_leave(struct queue *queue, const struct queue_worker *worker, struct bailiff_error *err)
{
	int rc = queue_check_worker(worker, err);
	return rc < 0 ? rc : queue->driver->leave(queue, worker, err);
}

int queue_workers(struct queue *queue, struct arena *arena, struct queue_worker_view **ret_views,
		  size_t *ret_count, struct bailiff_error *err)
{
	return queue->driver->workers(queue, arena, ret_views, ret_count, err);
}

void queue_claimed_finish(struct queue_claimed *claimed)
{
	free(claimed->spec);
	*claimed = (struct queue_claimed){ 0 };
}

/* What a claim wants, as stores can keep it. */
static int prepare_claim(const struct queue_claim *want, struct queue_claim *ret_known,
			 struct bailiff_error *err)
{
	int rc = queue_check_claim(want, err);
	if (rc < 0)
		return rc;
	*ret_known = *want;
	if (!queue_is_number(want->memory_bytes)) /* no bound that matters */
		ret_known->memory_bytes = INT64_MAX;
	if (!queue_is_number(want->memory_all_bytes))
		ret_known->memory_all_bytes = INT64_MAX;
	if (!queue_is_number(want->reserve_ns)) /* nobody has waited for so long */
		ret_known->reserve_ns = 0;
	return 0;
}

int queue_has_more(struct queue *queue, const struct queue_claim *want, bool *ret_has_more,
		   struct bailiff_error *err)
{
	struct queue_claim known;
	int rc = prepare_claim(want, &known, err);
	return rc < 0 ? rc : queue->driver->has_more(queue, &known, ret_has_more, err);
}

int queue_claim(struct queue *queue, const struct queue_claim *want,
		struct queue_claimed *ret_claimed, size_t *ret_count, struct bailiff_error *err)
{
	struct queue_claim known;
	int rc = prepare_claim(want, &known, err);
	return rc < 0 ? rc : queue->driver->claim(queue, &known, ret_claimed, ret_count, err);
}

int queue_renew(struct queue *queue, const struct queue_worker *worker,
		const struct queue_hold *holds, size_t count, uint64_t lease_ns, bool *is_lost,
		struct bailiff_error *err)
{
	int rc = queue_check_worker(worker, err);
	if (rc == 0)
		rc = queue_check_lease(lease_ns, err);
	for (size_t at = 0; rc == 0 && at < count; at += QUEUE_CLAIM_MAX) {
		size_t part = count - at < QUEUE_CLAIM_MAX ? count - at : QUEUE_CLAIM_MAX;
		rc = queue->driver->renew(queue, holds + at, part, lease_ns, is_lost + at, err);
	}
	return rc;
}

int queue_finish(struct queue *queue, const struct queue_worker *worker,
		 const struct queue_hold *hold, const char *result, size_t size,
		 bool *ret_superseded, struct bailiff_error *err)
{
	int rc = queue_check_worker(worker, err);
	if (rc == 0)
		rc = queue_check_result(result, size, err);
	return rc < 0 ? rc : queue->driver->finish(queue, hold, result, size, ret_superseded, err);
}

static int check_verdicts(const struct queue_verdict *verdicts, size_t count, size_t *ret_bytes,
			  struct bailiff_error *err)
{
	*ret_bytes = 0;
	if (count > QUEUE_CLAIM_MAX)
		return fail_spec(err, "verdicts: at most %u at once", QUEUE_CLAIM_MAX);
	for (size_t i = 0; i < count; i++) {
		int rc = queue_check_result(verdicts[i].result, verdicts[i].size, err);
		if (rc < 0)
			return rc;
		*ret_bytes += verdicts[i].size;
	}
	return 0;
}

static int finish_each(struct queue *queue, struct queue_verdict *verdicts, size_t count,
		       struct bailiff_error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = queue->driver->finish(queue, &verdicts[i].hold, verdicts[i].result,
					   verdicts[i].size, &verdicts[i].is_superseded, err);
	return rc;
}

int queue_exchange(struct queue *queue, const struct queue_worker *worker,
		   struct queue_verdict *verdicts, size_t verdict_count,
		   const struct queue_claim *want, struct queue_claimed *ret_claimed,
		   size_t *ret_count, struct bailiff_error *err)
{
	size_t bytes;
	int rc = queue_check_worker(worker, err);
	if (rc == 0)
		rc = check_verdicts(verdicts, verdict_count, &bytes, err);
	if (rc < 0)
		return rc;
	if (want == NULL)
		*ret_count = 0;
	if (verdict_count > 0 && want != NULL && bytes <= QUEUE_CLAIM_BYTES_MAX) {
		struct queue_claim known;
		rc = prepare_claim(want, &known, err);
		return rc < 0 ? rc :
				queue->driver->exchange(queue, verdicts, verdict_count, &known,
							ret_claimed, ret_count, err);
	}
	rc = finish_each(queue, verdicts, verdict_count, err);
	if (rc < 0 || want == NULL)
		return rc;
	return queue_claim(queue, want, ret_claimed, ret_count, err);
}

int queue_fail(struct queue *queue, const struct queue_worker *worker,
	       const struct queue_hold *hold, const struct queue_fault *fault, bool *ret_superseded,
	       struct bailiff_error *err)
{
	int rc = queue_check_worker(worker, err);
	if (rc == 0)
		rc = queue_check_fault(fault, err);
	if (rc < 0)
		return rc;
	char reason[QUEUE_REASON_BYTES_MAX + 1];
	queue_fit_reason(fault->reason, reason);
	struct queue_fault known = *fault;
	known.reason = reason;
	return queue->driver->fail(queue, hold, &known, ret_superseded, err);
}

int queue_return_unheard(struct queue *queue, const struct queue_worker *worker,
			 const struct queue_hold *holds, size_t count, uint64_t *ret_returned,
			 struct bailiff_error *err)
{
	int rc = queue_check_worker(worker, err);
	return rc < 0 ? rc :
			queue->driver->return_unheard(queue, worker, holds, count, ret_returned,
						      err);
}

int queue_reap(struct queue *queue, uint64_t *ret_ready, uint64_t *ret_dead,
	       struct bailiff_error *err)
{
	uint64_t ready = 0, dead = 0, ready_now, dead_now;
	do {
		int rc = queue->driver->reap(queue, &ready_now, &dead_now, err);
		if (rc < 0)
			return rc;
		ready += ready_now;
		dead += dead_now;
	} while (ready_now + dead_now == QUEUE_BATCH);
	*ret_ready = ready;
	*ret_dead = dead;
	return 0;
}

/* ---- events ---------------------------------------------------------------------------------- */

int queue_event_fd(struct queue *queue)
{
	if (bell_open(&queue->bell) < 0 || queue->driver->listen(queue) < 0)
		return -1;
	return queue->bell.epoll_fd;
}

unsigned queue_take_events(struct queue *queue)
{
	queue->driver->hear(queue);
	return bell_take(&queue->bell);
}

uint64_t queue_poll_interval_ns(const struct queue *queue)
{
	return queue->driver->poll_interval_ns(queue);
}
