/* SPDX-License-Identifier: MIT */
/*
 * Times whole commands against each other: how much longer does it take to run a program in a
 * cell than to run it bare, and how many runs are there in a second?
 *
 *   bench_launch [-n RUNS] [-g GAP_MS] [-f FILE] [-j] COMMAND... [::: COMMAND...]...
 *   bench_launch -r MS [-w WORKERS] [-n ROUNDS] [-f FILE] [-j] COMMAND... [::: COMMAND...]...
 *
 * Every command is started with posix_spawn(3), its output thrown away, and waited for. Commands
 * take turns, so that a machine whose speed drifts drifts for all of them. The first command is the
 * measure: the others' figures are also given as ratios to its own. A run that ends with another
 * status than 0 is an error, so that nothing broken is timed.
 *
 * The first form times single runs, one of each command in a turn and in another order each time,
 * because the kernel still cleans up after one command while the next one runs; -g sleeps before
 * each, because an idle machine is a different one. The second (-r) lets WORKERS processes start a command again and
 * again for MS milliseconds, and counts runs and their CPU time: that of the processes, orphans
 * included, and that of the kernel's threads, which make and take down namespaces and groups. What
 * the latter use without us is measured in an idle time of the same length and subtracted.
 *
 * -f FILE is descriptor 9 of every command, "@N@" in an argument a number that is new in every run,
 * and -j prints every single figure as JSON.
 */
#include "stopwatch.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define COMMANDS_MAX 16
#define WORDS_MAX 64
#define WORKERS_MAX 64
#define KERNEL_THREADS_MAX 4096
#define WARM_UP_RUNS 5
#define FILE_FD 9
/* For orphans to end and for the kernel to take things down. */
#define SETTLE_MS 300

struct command {
	char **argv; /* NULL-terminated slice of main's argv */
	double *microseconds;
	long runs;
	double seconds, cpu_us, kernel_us;
};

struct options {
	long runs, gap_ms, rate_ms, workers;
	const char *file;
	bool json;
};

/* What a worker reports, in memory shared with it. */
struct tally {
	long runs;
	double cpu_us;
};

static double cpu_us_of(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

/* ---- one run ------------------------------------------------------------------------------ */

/* Copies the command with "@N@" replaced; the copies stand in `room`. */
static void number_words(char **argv, char *words[WORDS_MAX], char room[4096])
{
	static long count;
	size_t used = 0, i = 0;
	count++;
	for (; argv[i] != NULL && i + 1 < WORDS_MAX; i++) {
		const char *mark = strstr(argv[i], "@N@");
		words[i] = argv[i];
		if (mark == NULL)
			continue;
		words[i] = room + used;
		used += (size_t)snprintf(room + used, 4096 - used, "%.*s%d-%ld%s",
					 (int)(mark - argv[i]), argv[i], (int)getpid(), count,
					 mark + 3) + 1;
		if (used >= 4096)
			exit(64);
	}
	words[i] = NULL;
}

/* Runs a command to its end and returns how long that took. */
static double run_once(char **argv, const posix_spawn_file_actions_t *quiet, struct rusage *usage)
{
	char *words[WORDS_MAX], room[4096];
	number_words(argv, words, room);
	double start = now_us();
	pid_t pid;
	int error = posix_spawn(&pid, words[0], quiet, NULL, words, environ);
	if (error != 0) {
		fprintf(stderr, "bench_launch: %s: %s\n", argv[0], strerror(error));
		exit(1);
	}
	int status;
	while (wait4(pid, &status, 0, usage) < 0 && errno == EINTR)
		;
	double end = now_us();
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench_launch: %s ended with wait status %#x\n", argv[0],
			(unsigned)status);
		exit(1);
	}
	return end - start;
}

static void set_up_files(posix_spawn_file_actions_t *quiet, const char *file)
{
	(void)posix_spawn_file_actions_init(quiet);
	(void)posix_spawn_file_actions_addopen(quiet, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(quiet, 1, "/dev/null", O_WRONLY, 0);
	if (file != NULL)
		(void)posix_spawn_file_actions_addopen(quiet, FILE_FD, file, O_RDONLY, 0);
}

/* ---- single runs -------------------------------------------------------------------------- */

/* A new order (Fisher and Yates; Marsaglia's xorshift), the same in every call of the program. */
static void shuffle(size_t *order, size_t count)
{
	static uint64_t state = 88172645463325252u;
	for (size_t i = count; i > 1; i--) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		size_t k = (size_t)(state % i), last = order[i - 1];
		order[i - 1] = order[k];
		order[k] = last;
	}
}

static void time_runs(struct command *commands, size_t count, const struct options *options,
		      const posix_spawn_file_actions_t *quiet)
{
	struct rusage usage;
	size_t order[COMMANDS_MAX];
	for (size_t c = 0; c < count; c++)
		order[c] = c;
	for (long run = -WARM_UP_RUNS; run < options->runs; run++) {
		shuffle(order, count);
		for (size_t i = 0; i < count; i++) {
			struct command *command = &commands[order[i]];
			if (options->gap_ms > 0)
				pause_ms(options->gap_ms);
			double us = run_once(command->argv, quiet, &usage);
			if (run >= 0)
				command->microseconds[run] = us;
		}
	}
}

/* ---- runs in a second --------------------------------------------------------------------- */

struct kernel_thread {
	long pid;
	uint64_t ns;
};

/* CPU time of a kernel thread (linux/sched.h, PF_KTHREAD, in field 9 of stat); false for others. */
static bool read_kernel_thread(const char *pid, uint64_t *ret_ns)
{
	char path[64], text[1024];
	unsigned flags = 0;
	(void)snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	FILE *file = fopen(path, "r");
	size_t length = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
	if (file != NULL)
		(void)fclose(file);
	text[length] = '\0';
	const char *rest = strrchr(text, ')');
	if (rest == NULL || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1 ||
	    (flags & 0x200000) == 0)
		return false;
	(void)snprintf(path, sizeof path, "/proc/%.20s/schedstat", pid);
	file = fopen(path, "r");
	bool ok = file != NULL && fscanf(file, "%" SCNu64, ret_ns) == 1;
	if (file != NULL)
		(void)fclose(file);
	return ok;
}

static size_t list_kernel_threads(struct kernel_thread *threads)
{
	size_t count = 0;
	DIR *proc = opendir("/proc");
	for (struct dirent *entry; proc != NULL && count < KERNEL_THREADS_MAX &&
				   (entry = readdir(proc)) != NULL;) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_kernel_thread(entry->d_name, &threads[count].ns))
			continue;
		threads[count++].pid = strtol(entry->d_name, NULL, 10);
	}
	if (proc != NULL)
		(void)closedir(proc);
	return count;
}

/* What the kernel's threads have used since `before`; those that ended meanwhile do not count. */
static double kernel_us_since(const struct kernel_thread *before, size_t before_count)
{
	static struct kernel_thread after[KERNEL_THREADS_MAX];
	size_t count = list_kernel_threads(after);
	uint64_t ns = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t known = 0;
		for (size_t k = 0; k < before_count; k++)
			if (before[k].pid == after[i].pid)
				known = before[k].ns;
		ns += after[i].ns > known ? after[i].ns - known : 0;
	}
	return (double)ns / 1e3;
}

static _Noreturn void work(char **argv, const posix_spawn_file_actions_t *quiet, double end_us,
			   struct tally *tally)
{
	struct rusage usage;
	int status;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (now_us() < end_us) {
		(void)run_once(argv, quiet, &usage);
		tally->cpu_us += cpu_us_of(&usage);
		tally->runs++;
		while (wait4(-1, &status, WNOHANG, &usage) > 0)
			tally->cpu_us += cpu_us_of(&usage);
	}
	pause_ms(SETTLE_MS);
	while (wait4(-1, &status, WNOHANG, &usage) > 0)
		tally->cpu_us += cpu_us_of(&usage);
	_exit(0);
}

/* One block of runs of one command (NULL: of nothing); returns what kernel threads used in it. */
static double run_block(struct command *command, const struct options *options,
			const posix_spawn_file_actions_t *quiet, struct tally *tallies)
{
	static struct kernel_thread before[KERNEL_THREADS_MAX];
	long workers = command != NULL ? options->workers : 0;
	double start = now_us(), end = start + (double)options->rate_ms * 1e3;
	size_t before_count = list_kernel_threads(before);
	memset(tallies, 0, sizeof *tallies * WORKERS_MAX);
	for (long i = 0; i < workers; i++) {
		pid_t pid = fork();
		if (pid < 0)
			exit(1);
		if (pid == 0)
			work(command->argv, quiet, end, &tallies[i]);
	}
	if (workers == 0)
		pause_ms(options->rate_ms + SETTLE_MS);
	for (int status; wait(&status) > 0;)
		if (status != 0)
			exit(1);
	double kernel_us = kernel_us_since(before, before_count);
	for (long i = 0; i < workers; i++) {
		command->runs += tallies[i].runs;
		command->cpu_us += tallies[i].cpu_us;
	}
	if (command != NULL)
		command->seconds += (double)options->rate_ms / 1e3;
	return kernel_us;
}

static void count_runs(struct command *commands, size_t count, const struct options *options,
		       const posix_spawn_file_actions_t *quiet)
{
	struct tally *tallies = mmap(NULL, sizeof *tallies * WORKERS_MAX, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tallies == MAP_FAILED)
		exit(1);
	for (long round = 0; round < options->runs; round++) {
		double idle_us = run_block(NULL, options, quiet, tallies);
		for (size_t c = 0; c < count; c++)
			commands[c].kernel_us +=
				run_block(&commands[c], options, quiet, tallies) - idle_us;
	}
}

/* ---- output ------------------------------------------------------------------------------- */

static void print_words(char **argv)
{
	for (char **word = argv; *word != NULL; word++)
		printf(" %s", *word);
	putchar('\n');
}

static void print_times(struct command *commands, size_t count, long runs)
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
		print_words(commands[c].argv);
	}
}

static void print_rates(const struct command *commands, size_t count)
{
	double base_rate = 0, base_cpu = 0;
	printf("%10s %10s %10s %8s %8s  %s\n", "runs/s", "cpu us", "kernel us", "rate x", "cpu x",
	       "command");
	for (size_t c = 0; c < count; c++) {
		const struct command *command = &commands[c];
		double runs = (double)command->runs, rate = runs / command->seconds;
		double cpu = (command->cpu_us + command->kernel_us) / runs;
		if (c == 0) {
			base_rate = rate;
			base_cpu = cpu;
		}
		printf("%10.0f %10.0f %10.0f %8.3f %8.2f ", rate, command->cpu_us / runs,
		       command->kernel_us / runs, rate / base_rate, cpu / base_cpu);
		print_words(command->argv);
	}
}

/* An array with an object for each command, in order. */
static void print_json(const struct command *commands, size_t count, const struct options *options)
{
	for (size_t c = 0; c < count; c++) {
		const struct command *command = &commands[c];
		printf("%s{", c == 0 ? "[" : ",\n");
		if (options->rate_ms > 0)
			printf("\"runs\": %ld, \"seconds\": %.3f, \"cpu_us\": %.0f, "
			       "\"kernel_us\": %.0f", command->runs, command->seconds,
			       command->cpu_us, command->kernel_us);
		else
			printf("\"us\": [");
		for (long i = 0; options->rate_ms == 0 && i < options->runs; i++)
			printf("%s%.1f", i == 0 ? "" : ", ", command->microseconds[i]);
		printf(options->rate_ms > 0 ? "}" : "]}");
	}
	printf("]\n");
}

/* ---- the command line --------------------------------------------------------------------- */

static size_t split_commands(char **words, struct command *commands)
{
	size_t count = 0;
	while (*words != NULL && count < COMMANDS_MAX) {
		commands[count++] = (struct command){ .argv = words };
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

static bool parse(int argc, char **argv, struct options *options)
{
	int option;
	while ((option = getopt(argc, argv, "+n:g:r:w:f:j")) != -1) {
		switch (option) {
		case 'n': options->runs = number(optarg); break;
		case 'g': options->gap_ms = number(optarg); break;
		case 'r': options->rate_ms = number(optarg); break;
		case 'w': options->workers = number(optarg); break;
		case 'f': options->file = optarg; break;
		case 'j': options->json = true; break;
		default: return false;
		}
	}
	if (options->runs == 0)
		options->runs = options->rate_ms > 0 ? 4 : 200;
	return options->workers >= 1 && options->workers <= WORKERS_MAX;
}

int main(int argc, char **argv)
{
	struct options options = { .workers = 1 };
	struct command commands[COMMANDS_MAX];
	posix_spawn_file_actions_t quiet;
	bool ok = parse(argc, argv, &options);
	size_t count = ok ? split_commands(argv + optind, commands) : 0;
	if (count == 0) {
		fprintf(stderr, "usage: bench_launch [-n RUNS] [-g GAP_MS | -r MS [-w WORKERS]] "
				"[-f FILE] [-j]\n                    COMMAND... [::: COMMAND...]...\n");
		return 64;
	}
	set_up_files(&quiet, options.file);
	for (size_t c = 0; c < count; c++) {
		commands[c].microseconds = calloc((size_t)options.runs, sizeof(double));
		if (commands[c].microseconds == NULL)
			return 1;
	}
	if (options.rate_ms > 0)
		count_runs(commands, count, &options, &quiet);
	else
		time_runs(commands, count, &options, &quiet);
	if (options.json)
		print_json(commands, count, &options);
	else if (options.rate_ms > 0)
		print_rates(commands, count);
	else
		print_times(commands, count, options.runs);
	for (size_t c = 0; c < count; c++)
		free(commands[c].microseconds);
	(void)posix_spawn_file_actions_destroy(&quiet);
	return 0;
}
