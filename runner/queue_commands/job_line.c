/* SPDX-License-Identifier: MIT */
/*
 * A job as programs read it.
 */
#include "queue_commands/job_line.h"

#include "queue_commands/common.h"

static void write_time(struct json_writer *writer, const char *key, uint64_t ns)
{
	char text[TIME_TEXT_SIZE];
	if (ns != 0)
		format_instant(ns, text);
	json_write_string(writer, writer->root, key, ns != 0 ? text : NULL);
}

/* From when it was submitted to when somebody took it (the last time), as far as that is known. */
static uint64_t waited_ns(const struct queue_job_view *view)
{
	bool is_known = view->started_ns != 0 && view->started_ns >= view->created_ns;
	return is_known ? view->started_ns - view->created_ns : BAILIFF_UNKNOWN;
}

int job_line_print(const struct queue_job_view *view, bool with_result, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	cJSON *root = writer.root;
	json_write_u64(&writer, root, "job", view->job);
	json_write_string(&writer, root, "state", queue_state_name(view->state));
	json_write_string(&writer, root, "kind", queue_kind_name(view->kind));
	json_write_string(&writer, root, "client", view->client);
	json_write_string(&writer, root, "request_id", view->request_id);
	json_write_i64(&writer, root, "priority", view->priority);
	json_write_u64(&writer, root, "attempts", view->attempts);
	json_write_u64(&writer, root, "attempts_max", view->attempts_max);
	json_write_string(&writer, root, "worker", view->worker);
	json_write_string(&writer, root, "last_error", view->last_error);
	write_time(&writer, "created", view->created_ns);
	write_time(&writer, "due", view->due_ns);
	write_time(&writer, "started", view->started_ns);
	write_time(&writer, "finished", view->finished_ns);
	json_write_milliseconds(&writer, root, "waited_ms", waited_ns(view));
	if (with_result && view->result != NULL)
		json_write_document(&writer, root, "result", view->result, view->result_size);
	else if (with_result)
		json_write_null(&writer, root, "result");
	return print_line(&writer, err);
}
