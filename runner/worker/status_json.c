/* SPDX-License-Identifier: MIT */
/*
 * A worker's status as the queue keeps it. Its readers may be of another version (top/fleet.c):
 * keys are added, never changed in meaning, and readers pass over those they do not know.
 */
#include "worker/telemetry.h"

#include "codec/json_write.h"
#include "queue/queue_check.h"

#include <stdlib.h>
#include <string.h>

static uint64_t age_ns(uint64_t since_ns, uint64_t now_ns)
{
	return now_ns > since_ns ? now_ns - since_ns : 0;
}

static void write_job(struct json_writer *writer, cJSON *object, const struct slot_status *slot)
{
	json_write_u64(writer, object, "job", slot->job);
	json_write_string(writer, object, "kind", queue_kind_name(slot->kind));
	json_write_u64(writer, object, "attempt", slot->attempt);
	json_write_string(writer, object, "client", slot->client);
	json_write_string(writer, object, "phase", slot->phase);
	json_write_u64(writer, object, "tests_done", slot->done);
	json_write_u64(writer, object, "tests_total", slot->total);
}

static void write_slot(struct json_writer *writer, cJSON *slots, const struct slot_status *slot,
		       uint64_t now_ns)
{
	cJSON *object = json_append_object(writer, slots);
	json_write_string(writer, object, "state", slot_state_name(slot->state));
	if (slot->core >= 0)
		json_write_i64(writer, object, "core", slot->core);
	json_write_milliseconds(writer, object, "since_ms", age_ns(slot->since_ns, now_ns));
	json_write_u64(writer, object, "jobs_done", slot->jobs_done);
	if (slot->state == SLOT_STATE_BUSY || slot->state == SLOT_STATE_STOPPING)
		write_job(writer, object, slot);
}

static void write_tally(struct json_writer *writer, const struct tally *tally)
{
	cJSON *jobs = json_write_object(writer, writer->root, "jobs");
	for (size_t i = 0; i < STATUS_VERDICT_COUNT; i++) {
		if (tally->jobs[i] > 0)
			json_write_u64(writer, jobs, status_verdict_name(i), tally->jobs[i]);
	}
	json_write_u64(writer, writer->root, "claimed", tally->claimed);
	json_write_u64(writer, writer->root, "leases_lost", tally->leases_lost);
	json_write_u64(writer, writer->root, "slot_deaths", tally->slot_deaths);
	json_write_u64(writer, writer->root, "store_failures", tally->queue_failures);
}

static int print(const struct worker_status *status, uint64_t now_ns, bool has_slots, char **ret_text,
		 struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	json_write_u64(&writer, writer.root, "version", 1);
	json_write_milliseconds(&writer, writer.root, "uptime_ms",
				age_ns(status->started_ns, now_ns));
	json_write_bool(&writer, writer.root, "draining", status->is_draining);
	json_write_u64(&writer, writer.root, "slot_memory_bytes", status->slot_memory_bytes);
	json_write_u64(&writer, writer.root, "prefetched", status->prefetched);
	write_tally(&writer, &status->tally);
	cJSON *slots = json_write_array(&writer, writer.root, "slots");
	for (size_t i = 0; has_slots && i < status->slot_count; i++)
		write_slot(&writer, slots, &status->slots[i], now_ns);
	int rc = json_write_print_line(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}

/* One that is too long for the queue does without slots: that the worker is there matters more than what it does. */
int status_json_print(const struct worker_status *status, uint64_t now_ns, char **ret_text,
		      struct bailiff_error *err)
{
	int rc = print(status, now_ns, true, ret_text, err);
	if (rc < 0 || strlen(*ret_text) <= QUEUE_STATUS_BYTES_MAX)
		return rc;
	free(*ret_text);
	*ret_text = NULL;
	return print(status, now_ns, false, ret_text, err);
}
