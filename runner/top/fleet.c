/* SPDX-License-Identifier: MIT */
/*
 * Reading what workers reported (worker/status_json.c). The store is trusted no more than any other
 * file: every text in it may be somebody's name, and every number is bounded before it is used.
 */
#include "top/fleet.h"

#include "base/clock.h"
#include "base/error.h"
#include "codec/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Some 30 years: ages above it are nobody's. */
#define AGE_MS_MAX 1e12

const char *fleet_verdict_name(size_t index)
{
	const char *name = status_verdict_name(index);
	return name != NULL ? name : "other";
}

/* ---- keys that may be missing
 * -------------------------------------------------------------------- */

static int read_count(const struct json_node *object, const char *key, uint64_t *ret_count,
		      struct bailiff_error *err)
{
	struct json_node node;
	return json_find(object, key, &node) ?
		       json_u64(&node, 0, JSON_INTEGER_MAX, ret_count, err) :
		       0;
}

static int read_age(const struct json_node *object, const char *key, uint64_t *ret_ns,
		    struct bailiff_error *err)
{
	struct json_node node;
	double ms = 0;
	if (!json_find(object, key, &node))
		return 0;
	int rc = json_non_negative(&node, &ms, err);
	if (rc == 0 && ms > AGE_MS_MAX)
		return json_fail(&node, err, "is no age");
	*ret_ns = (uint64_t)(ms * (double)NS_PER_MS);
	return rc;
}

static int read_text(struct arena *arena, const struct json_node *object, const char *key,
		     const char **ret_text, struct bailiff_error *err)
{
	struct json_node node;
	const char *text = NULL;
	if (!json_find(object, key, &node))
		return 0;
	int rc = json_string(&node, &text, err);
	if (rc < 0)
		return rc;
	*ret_text = arena_copy(arena, text, strlen(text));
	return *ret_text != NULL ? 0 : fail_memory(err);
}

/* ---- a worker
 * ------------------------------------------------------------------------------------- */

static int read_job(struct arena *arena, const struct json_node *node, struct fleet_slot *slot,
		    struct bailiff_error *err)
{
	int rc = read_count(node, "job", &slot->job, err);
	if (rc == 0)
		rc = read_count(node, "attempt", &slot->attempt, err);
	if (rc == 0)
		rc = read_count(node, "tests_done", &slot->tests_done, err);
	if (rc == 0)
		rc = read_count(node, "tests_total", &slot->tests_total, err);
	if (rc == 0)
		rc = read_text(arena, node, "kind", &slot->kind, err);
	if (rc == 0)
		rc = read_text(arena, node, "client", &slot->client, err);
	if (rc == 0)
		rc = read_text(arena, node, "phase", &slot->phase, err);
	return rc;
}

static int read_slot(struct arena *arena, const struct json_node *node, struct fleet_slot *slot,
		     struct bailiff_error *err)
{
	struct json_node core;
	uint64_t number = 0;
	*slot = (struct fleet_slot){
		.state = "", .core = -1, .kind = "", .client = "", .phase = ""
	};
	int rc = json_only_keys(node, NULL, err);
	if (rc == 0)
		rc = read_text(arena, node, "state", &slot->state, err);
	if (rc == 0)
		rc = read_age(node, "since_ms", &slot->for_ns, err);
	if (rc == 0 && json_find(node, "core", &core)) {
		rc = json_u64(&core, 0, UINT16_MAX, &number, err);
		slot->core = (int)number;
	}
	return rc == 0 ? read_job(arena, node, slot, err) : rc;
}

static int read_slots(struct arena *arena, const struct json_node *root,
		      struct fleet_worker *worker, struct bailiff_error *err)
{
	struct json_node slots;
	struct json_node node;
	size_t count = 0;
	if (!json_find(root, "slots", &slots))
		return 0;
	int rc = json_array_size(&slots, FLEET_SLOTS_MAX, &count, err);
	if (rc < 0 || count == 0)
		return rc;
	worker->slots = arena_alloc(arena, count * sizeof *worker->slots);
	if (worker->slots == NULL)
		return fail_memory(err);
	for (bool more = json_first(&slots, &node); rc == 0 && more; more = json_next(&node))
		rc = read_slot(arena, &node, &worker->slots[worker->slot_count++], err);
	return rc;
}

static int read_jobs(const struct json_node *root, struct fleet_worker *worker,
		     struct bailiff_error *err)
{
	struct json_node jobs;
	struct json_node node;
	if (!json_find(root, "jobs", &jobs))
		return 0;
	int rc = json_only_keys(&jobs, NULL, err);
	for (bool more = rc == 0 && json_first(&jobs, &node); more && rc == 0;
	     more = json_next(&node)) {
		uint64_t count = 0;
		rc = json_u64(&node, 0, JSON_INTEGER_MAX, &count, err);
		worker->jobs[status_verdict_index(node.item->string)] += count;
	}
	return rc;
}

static int read_status(struct arena *arena, const char *text, struct fleet_worker *worker,
		       struct bailiff_error *err)
{
	JSON_AUTO_DELETE cJSON *document = NULL;
	struct json_node node;
	int rc = json_parse(text, strlen(text), &document, err);
	if (rc < 0)
		return rc;
	const struct json_node root = json_root(document);
	rc = json_only_keys(&root, NULL, err);
	if (rc == 0)
		rc = read_age(&root, "uptime_ms", &worker->uptime_ns, err);
	if (rc == 0 && json_find(&root, "draining", &node))
		rc = json_bool(&node, &worker->is_draining, err);
	if (rc == 0)
		rc = read_count(&root, "slot_memory_bytes", &worker->slot_memory_bytes, err);
	if (rc == 0)
		rc = read_count(&root, "prefetched", &worker->prefetched, err);
	if (rc == 0)
		rc = read_count(&root, "leases_lost", &worker->leases_lost, err);
	if (rc == 0)
		rc = read_count(&root, "slot_deaths", &worker->slot_deaths, err);
	if (rc == 0)
		rc = read_count(&root, "store_failures", &worker->store_failures, err);
	if (rc == 0)
		rc = read_jobs(&root, worker, err);
	return rc == 0 ? read_slots(arena, &root, worker, err) : rc;
}

/* Fails only where memory ran out. */
static int read_worker(struct arena *arena, const struct queue_worker_view *view,
		       struct fleet_worker *worker, struct bailiff_error *err)
{
	struct bailiff_error own = { 0 };
	const struct fleet_worker known = {
		.name = view->name,
		.host = view->host != NULL ? view->host : "",
		.version = view->version != NULL ? view->version : "",
		.slots_registered = view->slots,
		.seen_age_ns = view->seen_age_ns,
	};
	*worker = known;
	if (view->status == NULL) {
		worker->trouble = "has not reported yet";
		return 0;
	}
	int rc = read_status(arena, view->status, worker, &own);
	if (rc == 0)
		return 0;
	if (own.fault == BAILIFF_FAULT_INTERNAL) {
		if (err != NULL)
			*err = own;
		return rc;
	}
	*worker = known;
	worker->trouble = arena_format(arena, "status cannot be read: %s", own.message);
	return worker->trouble != NULL ? 0 : fail_memory(err);
}

static int compare_names(const void *left, const void *right)
{
	const struct fleet_worker *a = left;
	const struct fleet_worker *b = right;
	return strcmp(a->name, b->name);
}

int fleet_make(const struct queue_worker_view *views, size_t count, struct fleet *ret_fleet,
	       struct bailiff_error *err)
{
	ret_fleet->worker_count = 0;
	ret_fleet->workers =
		arena_alloc(&ret_fleet->arena, (count + 1) * sizeof *ret_fleet->workers);
	if (ret_fleet->workers == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		int rc = read_worker(&ret_fleet->arena, &views[i], &ret_fleet->workers[i], err);
		if (rc < 0)
			return rc;
	}
	ret_fleet->worker_count = count;
	qsort(ret_fleet->workers, count, sizeof *ret_fleet->workers, compare_names);
	return 0;
}

int fleet_look(struct queue *queue, struct fleet *ret_fleet, struct bailiff_error *err)
{
	struct queue_worker_view *views = NULL;
	size_t count = 0;
	*ret_fleet = (struct fleet){ 0 };
	int rc = queue_stats(queue, &ret_fleet->stats, err);
	if (rc == 0)
		rc = queue_workers(queue, &ret_fleet->arena, &views, &count, err);
	ret_fleet->taken_ns = clock_now_ns();
	if (rc == 0)
		rc = fleet_make(views, count, ret_fleet, err);
	if (rc < 0)
		fleet_finish(ret_fleet);
	return rc;
}

void fleet_finish(struct fleet *fleet)
{
	arena_finish(&fleet->arena);
	*fleet = (struct fleet){ 0 };
}
