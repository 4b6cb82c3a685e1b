/* SPDX-License-Identifier: MIT */
/*
 * What the test programs share: each is a table of small commands, chosen by its first argument.
 * The programs play submissions, good ones and bad ones; they run inside the cell, never outside.
 */
#ifndef TEST_COMMAND_H
#define TEST_COMMAND_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Arguments after the command's own name; argv[argc] is NULL. Returns the exit code. */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

/* Exit code of a program that was called wrongly: a mistake in the test, never a finding. */
#define EXIT_MISUSE 99

/* Ends the program with `message` when a step that the test takes for granted failed. */
static inline void require(bool ok, const char *message)
{
	if (ok)
		return;
	fprintf(stderr, "test program: %s: %s\n", message, strerrorname_np(errno));
	exit(EXIT_MISUSE);
}

/* Prints what an attempt came to: "NAME ok" or "NAME ECODE". Returns whether it succeeded. */
static inline bool report(const char *name, long result)
{
	if (result >= 0)
		printf("%s ok\n", name);
	else
		printf("%s %s\n", name, strerrorname_np(errno));
	fflush(stdout);
	return result >= 0;
}

static inline unsigned long long number_arg(int argc, char **argv, int index)
{
	if (index >= argc) {
		fprintf(stderr, "test program: an argument is missing\n");
		exit(EXIT_MISUSE);
	}
	return strtoull(argv[index], NULL, 0);
}

static inline double clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static inline void sleep_ms(unsigned long long ms)
{
	struct timespec left = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static inline int run_command(const struct command *commands, int argc, char **argv)
{
	for (const struct command *c = commands; argc > 1 && c->name != NULL; c++) {
		if (strcmp(c->name, argv[1]) == 0)
			return c->run(argc - 2, argv + 2);
	}
	fprintf(stderr, "test program: no command '%s'\n", argc > 1 ? argv[1] : "");
	return EXIT_MISUSE;
}

#endif
