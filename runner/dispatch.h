/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_DISPATCH_H
#define BAILIFF_RUNNER_DISPATCH_H

#include <stddef.h>
#include <stdio.h>

struct command {
	const char *name;
	const char *summary; /* NULL = not shown to people */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

struct command_table {
	const struct command *commands;
	size_t count; /* at most 16 */
};

/* Commands below a command, such as those of `bailiff queue`. */
struct subcommand_table {
	const char *parent; /* "queue" */
	struct command_table commands;
	const char *summary; /* one sentence */
	int name_width;	     /* of the help's first column */
	const char *more;    /* where to read on: "bailiff-queue(1)" */
};

/* Finds the one that argv[1] names and calls it, or shows help; returns the exit status. */
int dispatch_subcommand(const struct subcommand_table *table, int argc, char **argv);

/* The whole of a main(): returns the exit status. */
int dispatch_main(const struct command_table *table, int argc, char **argv);

#endif
