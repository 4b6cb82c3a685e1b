/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_PLAIN_COMMAND_H
#define BAILIFF_RUNNER_PLAIN_COMMAND_H

#include <stdbool.h>

/* A command that takes no arguments and no options but --json and --help. */
struct plain_command {
	const char *name; /* as messages have it: "policy list" */
	/* As in struct option_table. */
	const char *usage;
	const char *summary;
	const char *more;
};

/*
 * Reads the command line of such a command. True to go on, with *ret_json; false where help was
 * shown or the line is wrong, with the exit status in *ret_status.
 */
bool plain_command_parse(const struct plain_command *command, int argc, char **argv,
			 bool *ret_json, int *ret_status);

#endif
