/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue result`: what became of jobs, as it is now.
 */
#include "queue_commands/queue_commands.h"

#include "base/mem.h"
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

static int print_result(struct queue *queue, uint64_t job, const void *context,
			struct bailiff_error *err)
{
	(void)context;
	struct arena arena = { 0 };
	struct queue_job_view view = { 0 };
	int rc = queue_result(queue, job, &arena, &view, err);
	if (rc == 0)
		rc = job_line_print(&view, true, err);
	arena_finish(&arena);
	return rc;
}

int queue_command_result(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &result_table, "queue result", "ID", 1,
						     QUEUE_IDS_MAX };
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &call, &status))
		status = queue_call_each(&call, print_result, NULL);
	queue_call_finish(&call);
	return status;
}
