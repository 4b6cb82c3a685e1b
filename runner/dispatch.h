/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_DISPATCH_H
#define BAILIFF_RUNNER_DISPATCH_H

#include <stddef.h>

struct command {
	const char *name;
	const char *summary; /* NULL = not shown to people */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

struct command_table {
	const struct command *commands;
	size_t count; /* at most 16 */
};

/* The whole of a main(): returns the exit status. */
int dispatch_main(const struct command_table *table, int argc, char **argv);

#endif
