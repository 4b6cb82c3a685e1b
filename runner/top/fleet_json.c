/* SPDX-License-Identifier: MIT */
/* One look as a line of JSON, for scripts. */
#include "codec/json_write.h"
#include "top/fleet.h"
#include "top/meter.h"

#include <math.h>

static void write_slot(struct json_writer *writer, cJSON *slots, const struct fleet_worker *worker,
		       const struct fleet_slot *slot)
{
	cJSON *object = json_append_object(writer, slots);
	json_write_string(writer, object, "state", slot->state);
	if (slot->core >= 0)
		json_write_i64(writer, object, "core", slot->core);
	json_write_milliseconds(writer, object, "since_ms", fleet_age(worker, slot->for_ns));
	if (slot->job == 0)
		return;
	json_write_u64(writer, object, "job", slot->job);
	json_write_string(writer, object, "kind", slot->kind);
	json_write_u64(writer, object, "attempt", slot->attempt);
	json_write_string(writer, object, "client", slot->client);
	json_write_string(writer, object, "phase", slot->phase);
	json_write_u64(writer, object, "tests_done", slot->tests_done);
	json_write_u64(writer, object, "tests_total", slot->tests_total);
}

static void write_worker(struct json_writer *writer, cJSON *workers,
			 const struct fleet_worker *worker)
{
	cJSON *object = json_append_object(writer, workers);
	json_write_string(writer, object, "name", worker->name);
	json_write_string(writer, object, "host", worker->host);
	json_write_string(writer, object, "version", worker->version);
	json_write_milliseconds(writer, object, "seen_ms", worker->seen_age_ns);
	json_write_u64(writer, object, "slot_count", worker->slots_registered);
	json_write_string(writer, object, "trouble", worker->trouble);
	if (worker->trouble != NULL)
		return;
	json_write_milliseconds(writer, object, "uptime_ms", fleet_age(worker, worker->uptime_ns));
	json_write_bool(writer, object, "draining", worker->is_draining);
	json_write_u64(writer, object, "slot_memory_bytes", worker->slot_memory_bytes);
	json_write_u64(writer, object, "prefetched", worker->prefetched);
	json_write_u64(writer, object, "leases_lost", worker->leases_lost);
	json_write_u64(writer, object, "slot_deaths", worker->slot_deaths);
	json_write_u64(writer, object, "store_failures", worker->store_failures);
	cJSON *jobs = json_write_object(writer, object, "jobs");
	for (size_t i = 0; i < FLEET_VERDICTS; i++) {
		if (worker->jobs[i] > 0)
			json_write_u64(writer, jobs, fleet_verdict_name(i), worker->jobs[i]);
	}
	cJSON *slots = json_write_array(writer, object, "slots");
	for (size_t i = 0; i < worker->slot_count; i++)
		write_slot(writer, slots, worker, &worker->slots[i]);
}

static void write_stats(struct json_writer *writer, const struct queue_stats *stats)
{
	cJSON *object = json_write_object(writer, writer->root, "jobs");
	for (unsigned i = 0; i < QUEUE_STATE_COUNT; i++)
		json_write_u64(writer, object, queue_state_name((enum queue_state)i),
			       stats->jobs[i]);
	json_write_milliseconds(writer, writer->root, "oldest_ready_ms", stats->oldest_ready_ns);
	json_write_u64(writer, writer->root, "clients_waiting", stats->clients_waiting);
}

/* Thousandths of a job are exact enough. */
static double rounded(double rate)
{
	return round(rate * 1000) / 1000;
}

static void write_rates(struct json_writer *writer, const struct meter *meter)
{
	double rates[FLEET_VERDICTS];
	double sum;
	uint64_t over_ns = meter_read(meter, rates, &sum);
	if (over_ns == 0) {
		json_write_null(writer, writer->root, "rates");
		return;
	}
	cJSON *object = json_write_object(writer, writer->root, "rates");
	json_write_milliseconds(writer, object, "over_ms", over_ns);
	json_write_double(writer, object, "jobs_per_second", rounded(sum));
	cJSON *verdicts = json_write_object(writer, object, "by_verdict");
	for (size_t i = 0; i < FLEET_VERDICTS; i++) {
		if (rates[i] > 0)
			json_write_double(writer, verdicts, fleet_verdict_name(i),
					  rounded(rates[i]));
	}
}

static void begin(struct json_writer *writer, const char *queue_url)
{
	json_write_init(writer);
	json_write_u64(writer, writer->root, "version", 1);
	json_write_string(writer, writer->root, "queue", queue_url);
}

int fleet_json_print(const struct fleet *fleet, const struct meter *meter, const char *queue_url,
		     char **ret_text, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	begin(&writer, queue_url);
	json_write_null(&writer, writer.root, "trouble");
	write_stats(&writer, &fleet->stats);
	write_rates(&writer, meter);
	cJSON *workers = json_write_array(&writer, writer.root, "workers");
	for (size_t i = 0; i < fleet->worker_count; i++)
		write_worker(&writer, workers, &fleet->workers[i]);
	int rc = json_write_print_line(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}

int fleet_json_print_trouble(const char *queue_url, const struct bailiff_error *trouble,
			     char **ret_text, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	begin(&writer, queue_url);
	cJSON *object = json_write_object(&writer, writer.root, "trouble");
	json_write_string(&writer, object, "message", trouble->message);
	json_write_string(&writer, object, "hint", trouble->hint[0] != '\0' ? trouble->hint : NULL);
	int rc = json_write_print_line(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}
