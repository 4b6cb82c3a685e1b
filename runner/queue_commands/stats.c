/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue stats`: how many jobs there are, and how long they wait.
 */
#include "queue_commands/queue_commands.h"

#include "base/clock.h"
#include "base/mem.h"
#include "message.h"
#include "queue_commands/common.h"

#include <inttypes.h>
#include <sysexits.h>

static const struct option_row stats_rows[] = {
	QUEUE_ROW,
	{ "json", 0, NULL, "Output", "print JSON", "on a pipe", option_ignore },
	HELP_ROW,
};

static const struct option_table stats_table = {
	.usage = "bailiff queue stats [OPTIONS]",
	.summary = "Shows how many jobs a queue has in each state, and who waits and works.",
	.more = "bailiff-queue(1)",
	.rows = stats_rows,
	.row_count = ARRAY_LENGTH(stats_rows),
};

static int print_json(const struct queue_stats *stats, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	cJSON *jobs = json_write_object(&writer, writer.root, "jobs");
	for (size_t i = 0; i < QUEUE_STATE_COUNT; i++)
		json_write_u64(&writer, jobs, queue_state_name((enum queue_state)i),
			       stats->jobs[i]);
	json_write_milliseconds(&writer, writer.root, "oldest_ready_ms", stats->oldest_ready_ns);
	json_write_u64(&writer, writer.root, "clients_waiting", stats->clients_waiting);
	json_write_u64(&writer, writer.root, "workers", stats->workers);
	return print_line(&writer, err);
}

static void print_age(uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_S;
	if (ns < 10 * NS_PER_S)
		(void)printf("%.1f s", (double)ns / (double)NS_PER_S);
	else if (seconds < 120)
		(void)printf("%" PRIu64 " s", seconds);
	else if (seconds < 7200)
		(void)printf("%" PRIu64 " min", seconds / 60);
	else
		(void)printf("%" PRIu64 " h", seconds / 3600);
}

static void print_text(const struct queue *queue, const struct queue_stats *stats)
{
	print_escaped(stdout, queue_shown_url(queue));
	(void)printf("\n\n");
	for (size_t i = 0; i < QUEUE_STATE_COUNT; i++)
		(void)printf("  %-10s %10" PRIu64 "\n", queue_state_name((enum queue_state)i),
			     stats->jobs[i]);
	(void)printf("\n  workers    %10" PRIu64 "  seen within the last minute\n", stats->workers);
	(void)printf("  clients    %10" PRIu64 "  waiting", stats->clients_waiting);
	if (stats->oldest_ready_ns > 0) {
		(void)printf(", one of them for ");
		print_age(stats->oldest_ready_ns);
	}
	(void)printf("\n");
}

static int show(struct queue_call *call)
{
	struct bailiff_error err = { 0 };
	struct queue_stats stats = { 0 };
	if (queue_call_open(call, false, &err) < 0)
		return queue_call_tell(call, &err);
	int rc = queue_stats(call->queue, &stats, &err);
	if (rc == 0 && wants_json(call))
		rc = print_json(&stats, &err);
	else if (rc == 0)
		print_text(call->queue, &stats);
	return rc < 0 ? tell_error(&err) : EX_OK;
}

int queue_command_stats(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &stats_table, "queue stats", "", 0, 0 };
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &call, &status))
		status = show(&call);
	queue_call_finish(&call);
	return status;
}
