/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue`: finds the command below it.
 */
#include "commands.h"

#include "base/error.h"
#include "base/mem.h"
#include "message.h"
#include "nearest.h"
#include "queue_commands/queue_commands.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct subcommand {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
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

static void print_help(FILE *out)
{
	(void)fprintf(out,
		      "Usage: bailiff queue COMMAND [OPTIONS] [ARG...]\n\n"
		      "Puts jobs into a queue, from which workers take them, and reads what became "
		      "of them.\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		(void)fprintf(out, "  %-8s%s\n", commands[i].name, commands[i].summary);
	(void)fprintf(out, "\nEach has --help. See bailiff-queue(1).\n");
}

static int fail_unknown(const char *name)
{
	const char *names[ARRAY_LENGTH(commands) + 1] = { NULL };
	struct bailiff_error err = { 0 };
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		names[i] = commands[i].name;
	(void)fail_spec(&err, "unknown %s '%s'", name[0] == '-' ? "option" : "queue command", name);
	const char *nearest = nearest_name(name, names);
	if (nearest != NULL)
		(void)snprintf(err.hint, sizeof err.hint, "did you mean 'bailiff queue %s'?",
			       nearest);
	message_usage(&err, "queue");
	return EX_USAGE;
}

int command_queue(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EX_USAGE;
	}
	const char *name = argv[1];
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_help(stdout);
		return EX_OK;
	}
	return fail_unknown(name);
}
