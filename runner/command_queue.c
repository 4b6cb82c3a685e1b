/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue`: finds the command below it.
 */
#include "commands.h"

#include "base/mem.h"
#include "dispatch.h"
#include "queue_commands/queue_commands.h"

static const struct command commands[] = {
	{ "submit", "put jobs into a queue", queue_command_submit },
	{ "result", "print what became of jobs", queue_command_result },
	{ "wait", "print jobs as they end", queue_command_wait },
	{ "list", "show jobs", queue_command_list },
	{ "dead", "show jobs that were given up, and why", queue_command_dead },
	{ "cancel", "end jobs that have no verdict yet", queue_command_cancel },
	{ "retry", "make dead jobs ready again", queue_command_retry },
	{ "stats", "show how many jobs there are", queue_command_stats },
	{ "init", "make a queue's tables, and set its bounds", queue_command_init },
	{ "purge", "remove jobs that ended long ago", queue_command_purge },
};

int command_queue(int argc, char **argv)
{
	const struct subcommand_table table = {
		.parent = "queue",
		.commands = { commands, ARRAY_LENGTH(commands) },
		.summary = "Puts jobs into a queue, from which workers take them, and reads what became "
			   "of them.",
		.name_width = 8,
		.more = "bailiff-queue(1)",
	};
	return dispatch_subcommand(&table, argc, argv);
}
