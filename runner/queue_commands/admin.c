/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue init` and `bailiff queue purge`: what a queue's administrator does.
 */
#include "queue_commands/queue_commands.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "message.h"
#include "queue_commands/common.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define DEPTH_MAX ((uint64_t)INT64_MAX)

/* ---- init
 * ---------------------------------------------------------------------------------------------- */

static const struct option_row init_rows[] = {
	{ "depth", 0, "N", "Settings", "jobs that may be ready at once", "100000", option_ignore },
	{ "client-depth", 0, "N", "Settings", "of one client", "20000", option_ignore },
	{ "print-sql", 0, NULL, "Settings", "print the statements, and run none", NULL,
	  option_ignore },
	QUEUE_ROW,
	HELP_ROW,
};

static const struct option_table init_table = {
	.usage = "bailiff queue init [OPTIONS]",
	.summary = "Makes a queue's tables, or brings them up to date, and sets its bounds. May be "
		   "repeated:\nwhat is not given stays as it is.",
	.more = "bailiff-queue(1)",
	.rows = init_rows,
	.row_count = ARRAY_LENGTH(init_rows),
};

static int print_sql(const struct queue_call *call)
{
	struct bailiff_error err = { 0 };
	const char *schema = queue_schema(queue_call_url(call));
	if (schema == NULL) {
		(void)fail_spec(&err, "--print-sql: this kind of queue has no statements to show");
		return queue_call_tell(call, &err);
	}
	int rc = io_write_all(STDOUT_FILENO, schema, strlen(schema));
	if (rc == 0)
		return EX_OK;
	(void)fail_internal(&err, BAILIFF_STAGE_SUPERVISE, -rc, "write standard output");
	return tell_error(&err);
}

static int init(struct queue_call *call)
{
	struct bailiff_error err = { 0 };
	struct queue_settings settings = { 0 };
	const struct queue_options options = { .create = true };
	if (queue_call_has(call, "print-sql"))
		return print_sql(call);
	int rc = queue_call_number(call, "depth", 1, DEPTH_MAX, &settings.depth_max, &err);
	if (rc == 0)
		rc = queue_call_number(call, "client-depth", 1, DEPTH_MAX,
				       &settings.client_depth_max, &err);
	if (rc == 0)
		rc = queue_open(queue_call_url(call), &options, &call->queue, &err);
	if (rc < 0)
		return queue_call_tell(call, &err);
	return queue_init(call->queue, &settings, &err) < 0 ? tell_error(&err) : EX_OK;
}

int queue_command_init(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &init_table, "queue init", "", 0, 0 };
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &call, &status))
		status = init(&call);
	queue_call_finish(&call);
	return status;
}

/* ---- purge
 * --------------------------------------------------------------------------------------------- */

static const struct option_row purge_rows[] = {
	{ "older-than", 0, "TIME", "Which",
	  "that ended longer ago than this, such as 720h; required", NULL, option_ignore },
	QUEUE_ROW,
	HELP_ROW,
};

static const struct option_table purge_table = {
	.usage = "bailiff queue purge --older-than TIME [OPTIONS]",
	.summary = "Removes jobs that have ended, with their results, and prints how many.",
	.more = "bailiff-queue(1)",
	.rows = purge_rows,
	.row_count = ARRAY_LENGTH(purge_rows),
};

static int print_purged(uint64_t count, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	json_write_u64(&writer, writer.root, "purged", count);
	return print_line(&writer, err);
}

static int purge(struct queue_call *call)
{
	struct bailiff_error err = { 0 };
	uint64_t age_ns = 0, count = 0;
	int rc = queue_call_has(call, "older-than") ?
			 queue_call_duration(call, "older-than", &age_ns, &err) :
			 fail_spec(&err, "--older-than: must be given");
	if (rc == 0)
		rc = queue_call_open(call, false, &err);
	if (rc < 0)
		return queue_call_tell(call, &err);
	rc = queue_purge(call->queue, age_ns, &count, &err);
	if (rc == 0)
		rc = print_purged(count, &err);
	return rc < 0 ? tell_error(&err) : EX_OK;
}

int queue_command_purge(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &purge_table, "queue purge", "", 0, 0 };
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &call, &status))
		status = purge(&call);
	queue_call_finish(&call);
	return status;
}
