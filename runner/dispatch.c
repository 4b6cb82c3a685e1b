/* SPDX-License-Identifier: MIT */
/*
 * What the executables have in common: standard streams and signals as they have to be, the command
 * that the first argument names, and help about all of them.
 */
#include "dispatch.h"

#include "base/error.h"
#include "message.h"
#include "nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define COMMANDS_MAX 16u

static void print_help(const struct command_table *table, FILE *out)
{
	(void)fprintf(out, "Usage: bailiff COMMAND [OPTIONS] [ARG...]\n\n"
			   "Runs programs nobody trusts and reports what they did.\n\nCommands:\n");
	for (size_t i = 0; i < table->count; i++)
		if (table->commands[i].summary != NULL)
			(void)fprintf(out, "  %-11s%s\n", table->commands[i].name,
				      table->commands[i].summary);
	(void)fprintf(out, "\nOptions:\n  --help     show this text, or with a command its options\n"
			   "  --version  show the version\n\nSee bailiff(1).\n");
}

/* `parent` is NULL for the executable's own commands. */
static int fail_unknown(const struct command_table *table, const char *parent, const char *name)
{
	const char *names[COMMANDS_MAX + 1] = { NULL };
	const char *space = parent != NULL ? " " : "";
	struct bailiff_error err = { 0 };
	size_t count = 0;
	for (size_t i = 0; i < table->count && count < COMMANDS_MAX; i++)
		if (table->commands[i].summary != NULL)
			names[count++] = table->commands[i].name;
	if (name[0] == '-')
		(void)fail_spec(&err, "unknown option '%s'", name);
	else
		(void)fail_spec(&err, "unknown %s%scommand '%s'", parent != NULL ? parent : "", space,
				name);
	const char *nearest = nearest_name(name, names);
	if (nearest != NULL)
		(void)snprintf(err.hint, sizeof err.hint, "did you mean 'bailiff %s%s%s'?",
			       parent != NULL ? parent : "", space, nearest);
	message_usage(&err, parent);
	return EX_USAGE;
}

static const struct command *find_command(const struct command_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->commands[i].name, name) == 0)
			return &table->commands[i];
	return NULL;
}

static void print_subcommand_help(const struct subcommand_table *table, FILE *out)
{
	(void)fprintf(out, "Usage: bailiff %s COMMAND [OPTIONS] [ARG...]\n\n%s\n\nCommands:\n",
		      table->parent, table->summary);
	for (size_t i = 0; i < table->commands.count; i++)
		(void)fprintf(out, "  %-*s%s\n", table->name_width, table->commands.commands[i].name,
			      table->commands.commands[i].summary);
	(void)fprintf(out, "\nEach has --help. See %s.\n", table->more);
}

int dispatch_subcommand(const struct subcommand_table *table, int argc, char **argv)
{
	if (argc < 2) {
		print_subcommand_help(table, stderr);
		return EX_USAGE;
	}
	const struct command *command = find_command(&table->commands, argv[1]);
	if (command != NULL)
		return command->run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_subcommand_help(table, stdout);
		return EX_OK;
	}
	return fail_unknown(&table->commands, table->parent, argv[1]);
}

static int dispatch(const struct command_table *table, int argc, char **argv)
{
	if (argc < 2) {
		print_help(table, stderr);
		return EX_USAGE;
	}
	const char *name = argv[1];
	const struct command *command = find_command(table, name);
	if (command != NULL)
		return command->run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(table, stdout);
		return EX_OK;
	}
	if (strcmp(name, "--version") == 0) {
		(void)printf("bailiff %s\n", BAILIFF_VERSION);
		return EX_OK;
	}
	return fail_unknown(table, NULL, name);
}

/* Files opened later must not become standard streams: a result written to a descriptor 1 that
 * was closed at the start would land in some other file. Not O_CLOEXEC: they are inherited. */
static bool open_standard_streams(void)
{
	for (;;) {
		int fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return false;
		if (fd > STDERR_FILENO) {
			(void)close(fd);
			return true;
		}
	}
}

int dispatch_main(const struct command_table *table, int argc, char **argv)
{
	if (!open_standard_streams())
		return EX_SOFTWARE;
	/* A reader that goes away is an error of write(2), not a reason to die before clean-up. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* Nor is a file size limit of the caller's. */
	(void)signal(SIGXFSZ, SIG_IGN);
	int status = dispatch(table, argc, argv);
	if (fflush(stdout) != 0) {
		struct bailiff_error err = { 0 };
		(void)fail_internal(&err, BAILIFF_STAGE_SUPERVISE, errno, "write standard output");
		message_error(&err);
		return EX_SOFTWARE;
	}
	return status;
}
