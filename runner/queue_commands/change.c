/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue cancel` and `bailiff queue retry`: what they do is the queue's; the state that a
 * job has afterwards tells whether they did it.
 */
#include "queue_commands/queue_commands.h"

#include "base/mem.h"
#include "queue_commands/common.h"

#include <sysexits.h>

static const struct option_row change_rows[] = {
	QUEUE_ROW,
	HELP_ROW,
};

static const struct option_table cancel_table = {
	.usage = "bailiff queue cancel [OPTIONS] ID...",
	.summary =
		"Ends jobs that have no verdict yet, and prints the state of each afterwards as a "
		"line of\nJSON: cancelled, or the one that it had ended in before.",
	.more = "bailiff-queue(1)",
	.rows = change_rows,
	.row_count = ARRAY_LENGTH(change_rows),
	.mixed = true,
};

static const struct option_table retry_table = {
	.usage = "bailiff queue retry [OPTIONS] ID...",
	.summary =
		"Makes dead jobs ready again, with all their attempts, and prints the state of each\n"
		"afterwards as a line of JSON; one that is not dead keeps its state.",
	.more = "bailiff-queue(1)",
	.rows = change_rows,
	.row_count = ARRAY_LENGTH(change_rows),
	.mixed = true,
};

/* What one of these commands does with a job. */
struct change {
	int (*make)(struct queue *queue, uint64_t job, enum queue_state *ret_state,
		    struct bailiff_error *err);
};

static int change_one(struct queue *queue, uint64_t job, const void *context,
		      struct bailiff_error *err)
{
	const struct change *change = context;
	struct json_writer writer = { 0 };
	enum queue_state state = QUEUE_STATE_READY;
	int rc = change->make(queue, job, &state, err);
	if (rc < 0)
		return rc;
	json_write_init(&writer);
	json_write_u64(&writer, writer.root, "job", job);
	json_write_string(&writer, writer.root, "state", queue_state_name(state));
	return print_line(&writer, err);
}

static int run(const struct queue_call_rule *rule, const struct change *change, int argc,
	       char **argv)
{
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(rule, argc, argv, &call, &status))
		status = queue_call_each(&call, change_one, change);
	queue_call_finish(&call);
	return status;
}

int queue_command_cancel(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &cancel_table, "queue cancel", "ID", 1,
						     QUEUE_IDS_MAX };
	static const struct change cancel = { queue_cancel };
	return run(&rule, &cancel, argc, argv);
}

int queue_command_retry(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &retry_table, "queue retry", "ID", 1,
						     QUEUE_IDS_MAX };
	static const struct change retry = { queue_retry };
	return run(&rule, &retry, argc, argv);
}
