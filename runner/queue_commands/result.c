/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue result`: what became of jobs, as it is now.
 */
#include "queue_commands/queue_commands.h"

#include "base/mem.h"
#include "message.h"
#include "queue_commands/common.h"
#include "queue_commands/job_line.h"

#include <sysexits.h>

static const struct option_row result_rows[] = {
	QUEUE_ROW,
	HELP_ROW,
};

static const struct option_table result_table = {
	.usage = "bailiff queue result [OPTIONS] ID...",
	.summary =
		"Prints a line of JSON for each job: its state and, when it has ended, its result.",
	.more = "bailiff-queue(1)",
	.rows = result_rows,
	.row_count = ARRAY_LENGTH(result_rows),
	.mixed = true,
};

static int print_result(struct queue *queue, uint64_t job, struct bailiff_error *err)
{
	struct arena arena = { 0 };
	struct queue_job_view view = { 0 };
	int rc = queue_result(queue, job, &arena, &view, err);
	if (rc == 0)
		rc = job_line_print(&view, true, err);
	arena_finish(&arena);
	return rc;
}

/* One job that is not there does not hide what became of the others. */
static int print_results(struct queue_call *call)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE uint64_t *ids = NULL;
	int rc = queue_call_ids(call, &ids, &err);
	if (rc == 0)
		rc = queue_call_open(call, false, &err);
	if (rc < 0)
		return queue_call_tell(call, &err);
	int status = EX_OK;
	for (size_t i = 0; i < call->argument_count; i++) {
		if (print_result(call->queue, ids[i], &err) == 0)
			continue;
		int failed = tell_error(&err);
		status = status == EX_OK ? failed : status;
		if (err.fault != BAILIFF_FAULT_INPUT)
			break;
	}
	return status;
}

int queue_command_result(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &result_table, "queue result", "ID", 1,
						     QUEUE_IDS_MAX };
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &call, &status))
		status = print_results(&call);
	queue_call_finish(&call);
	return status;
}
