/* SPDX-License-Identifier: MIT */
/*
 * Times whole commands against each other: how much longer does it take to run a program in a
 * cell than to run it bare?
 *
 *   bench_launch [-n RUNS] [-g GAP_MS] COMMAND... [::: COMMAND...]...
 *
 * Every command is started with posix_spawn(3), its output thrown away, and waited for. Commands
 * take turns, one run each, so that a machine whose speed drifts drifts for all of them; -g sleeps
 * before each run, because an idle machine is a different one. The first command is the measure:
 * the others' medians and 99th percentiles are also given as ratios to its own. A run that ends
 * with another status than 0 is an error, so that nothing broken is timed.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define COMMANDS_MAX 16
#define WARM_UP_RUNS 5

struct command {
	char **argv; /* NULL-terminated slice of main's argv */
	double *microseconds;
};

static double now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double time_once(char **argv, const posix_spawn_file_actions_t *quiet)
{
	double start = now_us();
	pid_t pid;
	int error = posix_spawn(&pid, argv[0], quiet, NULL, argv, environ);
	if (error != 0) {
		fprintf(stderr, "bench_launch: %s: %s\n", argv[0], strerror(error));
		exit(1);
	}
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	double end = now_us();
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench_launch: %s ended with wait status %#x\n", argv[0],
			(unsigned)status);
		exit(1);
	}
	return end - start;
}

static int by_value(const void *a, const void *b)
{
	const double *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

static double percentile(const double *sorted, long count, double share)
{
	long index = (long)(share * (double)(count - 1) + 0.5);
	return sorted[index];
}

static void print_table(struct command *commands, size_t count, long runs)
{
	double base_p50 = 0, base_p99 = 0;
	printf("%10s %10s %10s %8s %8s  %s\n", "p50 us", "p90 us", "p99 us", "p50 x", "p99 x",
	       "command");
	for (size_t c = 0; c < count; c++) {
		double *us = commands[c].microseconds;
		qsort(us, (size_t)runs, sizeof *us, by_value);
		double p50 = percentile(us, runs, 0.5), p99 = percentile(us, runs, 0.99);
		if (c == 0) {
			base_p50 = p50;
			base_p99 = p99;
		}
		printf("%10.0f %10.0f %10.0f %8.2f %8.2f ", p50, percentile(us, runs, 0.9), p99,
		       p50 / base_p50, p99 / base_p99);
		for (char **word = commands[c].argv; *word != NULL; word++)
			printf(" %s", *word);
		putchar('\n');
	}
}

static size_t split_commands(char **words, struct command *commands)
{
	size_t count = 0;
	while (*words != NULL && count < COMMANDS_MAX) {
		commands[count++].argv = words;
		while (*words != NULL && strcmp(*words, ":::") != 0)
			words++;
		if (*words != NULL)
			*words++ = NULL;
	}
	return count;
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (*end != '\0' || value < 0) {
		fprintf(stderr, "bench_launch: '%s' is not a count\n", text);
		exit(64);
	}
	return value;
}

static void measure(struct command *commands, size_t count, long runs, long gap_ms)
{
	posix_spawn_file_actions_t quiet;
	(void)posix_spawn_file_actions_init(&quiet);
	(void)posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	const struct timespec gap = { .tv_sec = gap_ms / 1000, .tv_nsec = gap_ms % 1000 * 1000000 };
	for (long run = -WARM_UP_RUNS; run < runs; run++) {
		for (size_t c = 0; c < count; c++) {
			if (gap_ms > 0)
				(void)nanosleep(&gap, NULL);
			double us = time_once(commands[c].argv, &quiet);
			if (run >= 0)
				commands[c].microseconds[run] = us;
		}
	}
	(void)posix_spawn_file_actions_destroy(&quiet);
}

int main(int argc, char **argv)
{
	long runs = 200, gap_ms = 0;
	int option;
	while ((option = getopt(argc, argv, "+n:g:")) != -1) {
		if (option == 'n')
			runs = number(optarg);
		else if (option == 'g')
			gap_ms = number(optarg);
		else
			return 64;
	}
	struct command commands[COMMANDS_MAX];
	size_t count = split_commands(argv + optind, commands);
	if (count == 0 || runs == 0) {
		fprintf(stderr, "usage: bench_launch [-n RUNS] [-g GAP_MS] COMMAND... "
				"[::: COMMAND...]...\n");
		return 64;
	}
	for (size_t c = 0; c < count; c++) {
		commands[c].microseconds = calloc((size_t)runs, sizeof(double));
		if (commands[c].microseconds == NULL)
			return 1;
	}
	measure(commands, count, runs, gap_ms);
	print_table(commands, count, runs);
	for (size_t c = 0; c < count; c++)
		free(commands[c].microseconds);
	return 0;
}
