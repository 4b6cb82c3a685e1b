/* SPDX-License-Identifier: MIT */
/*
 * Times single runs within one process: how long from a request to its verdict, in a cell that
 * waited with its program (series) or without one (pooled), in one that waited and has new network and
 * IPC namespaces (fresh; the others have proved ones), and in one that is built for it (cold), against
 * a bare posix_spawn(3) of the same static program?
 *
 *   bench_pool [-n RUNS] [-g GAP_MS] [-s SECONDS] [-b CPU_BLOCKS] [-o WHAT] [-j] PROGRAM
 *
 * The five take turns, one run each, so that a machine whose speed drifts drifts for all of them;
 * first without a pause, then with one before each run, because an idle machine is a different one.
 * Then come CPU time per run (this process, its children, and the kernel's threads, whose share is
 * what they used beyond what they use while bare runs go on) and runs per second with one thread and
 * with two. -o latency, cpu or rate does one of these alone, and -j prints all as JSON. A run that ends with anything
 * but success is an error, so that nothing broken is timed.
 */
#include <bailiff/bailiff.h>

#include "stopwatch.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define WARM_UP_RUNS 10
#define CPU_BLOCK_RUNS 40
#define CPU_BLOCKS_MAX 99
#define THREADS_MAX 2

enum kind { BARE, SERIES, POOLED, FRESH, COLD };
#define KIND_COUNT 5

static const char *const kind_names[KIND_COUNT] = { "bare", "series", "pooled", "fresh",
						    "cold" };

struct bench {
	char program[PATH_MAX];
	struct bailiff_host *host;
	struct bailiff_pool *pool;
	struct bailiff_series *series;
	struct bailiff_spec spec, fresh;
	bool is_json;
	long cpu_blocks;
};

/* One figure of a JSON object. */
static void print_figure(const char *name, double value)
{
	printf("\"%s\": %.3f, ", name, value);
}

/* Begins and ends the object of one section and kind. */
static void begin_kind(const char *section, enum kind kind)
{
	if (kind == BARE)
		printf("\"%s\": {", section);
	printf("\"%s\": {", kind_names[kind]);
}

static void end_kind(double ratio, enum kind kind)
{
	printf("\"ratio\": %.3f}%s", ratio, kind + 1 < KIND_COUNT ? ", " : "}, ");
}

static _Noreturn void give_up(const char *what, const char *why)
{
	fprintf(stderr, "bench_pool: %s: %s\n", what, why);
	exit(1);
}

static void run_bare(const struct bench *bench)
{
	char program[PATH_MAX];
	memcpy(program, bench->program, sizeof program);
	char *const argv[] = { program, NULL };
	pid_t pid;
	int status, error = posix_spawn(&pid, program, NULL, NULL, argv, environ);
	if (error != 0)
		give_up(program, strerror(error));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		give_up(program, "failed");
}

/* Whether its network namespace was a proved one. */
static bool run_cell(const struct bench *bench, enum kind kind)
{
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	int rc = 0;
	if (kind == SERIES)
		rc = bailiff_series_run(bench->series, &bench->spec, &result, &err);
	else if (kind == POOLED)
		rc = bailiff_pool_run(bench->pool, &bench->spec, &result, &err);
	else if (kind == FRESH)
		rc = bailiff_pool_run(bench->pool, &bench->fresh, &result, &err);
	else
		rc = bailiff_run(bench->host, &bench->spec, &result, &err);
	if (rc < 0 || result.verdict != BAILIFF_VERDICT_OK)
		give_up(kind_names[kind], rc < 0 ? err.message : result.message);
	bool is_proved = result.cell.network_freshness == BAILIFF_FRESHNESS_PROVED;
	bailiff_result_finish(&result);
	return is_proved;
}

static bool run_once(const struct bench *bench, enum kind kind)
{
	if (kind != BARE)
		return run_cell(bench, kind);
	run_bare(bench);
	return false;
}

/* Until the keeper sleeps. */
static void settle(const struct bench *bench)
{
	struct bailiff_pool_counts before, now;
	bailiff_pool_read(bench->pool, &now);
	do {
		before = now;
		pause_ms(10);
		bailiff_pool_read(bench->pool, &now);
	} while (now.used > 0 || now.built != before.built);
}

/* ---- latency ------------------------------------------------------------------------------- */

static void print_latency_json(double *us[KIND_COUNT], long runs, long gap_ms)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		qsort(us[kind], (size_t)runs, sizeof(double), by_value);
		begin_kind(gap_ms > 0 ? "latency_after_idleness" : "latency", (enum kind)kind);
		print_figure("p50_us", percentile(us[kind], runs, 0.5));
		print_figure("p90_us", percentile(us[kind], runs, 0.9));
		print_figure("p99_us", percentile(us[kind], runs, 0.99));
		print_figure("p99_ratio", percentile(us[kind], runs, 0.99) /
						  percentile(us[BARE], runs, 0.99));
		end_kind(percentile(us[kind], runs, 0.5) / percentile(us[BARE], runs, 0.5),
			 (enum kind)kind);
	}
}

static void print_latency(double *us[KIND_COUNT], long runs)
{
	/* The tenth percentile is what is left on a machine that others use as well. */
	static const double shares[] = { 0.1, 0.5, 0.9, 0.99 };
	printf("%8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "", "p10 us", "p50 us", "p90 us", "p99 us",
	       "p10 x", "p50 x", "p90 x", "p99 x");
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		qsort(us[kind], (size_t)runs, sizeof(double), by_value);
		printf("%8s", kind_names[kind]);
		for (int i = 0; i < 4; i++)
			printf(" %8.0f", percentile(us[kind], runs, shares[i]));
		for (int i = 0; i < 4; i++)
			printf(" %8.2f", percentile(us[kind], runs, shares[i]) /
						 percentile(us[BARE], runs, shares[i]));
		putchar('\n');
	}
}

static void measure_latency(const struct bench *bench, long runs, long gap_ms)
{
	double *us[KIND_COUNT];
	for (int kind = 0; kind < KIND_COUNT; kind++)
		if ((us[kind] = calloc((size_t)runs, sizeof(double))) == NULL)
			give_up("memory", strerror(ENOMEM));
	struct bailiff_pool_counts before, after;
	settle(bench);
	bailiff_pool_read(bench->pool, &before);
	for (long run = -WARM_UP_RUNS; run < runs; run++) {
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			pause_ms(gap_ms);
			/* The keeper's work after a pooled run is not the next one's. */
			if (gap_ms == 0)
				settle(bench);
			double start = now_us();
			(void)run_once(bench, (enum kind)kind);
			if (run >= 0)
				us[kind][run] = now_us() - start;
		}
	}
	bailiff_pool_read(bench->pool, &after);
	if (bench->is_json) {
		print_latency_json(us, runs, gap_ms);
	} else {
		printf("request to verdict, %ld runs each, %ld ms pause before each; %llu requests "
		       "found no cell\n", runs, gap_ms,
		       (unsigned long long)(after.missed - before.missed));
		print_latency(us, runs);
	}
	for (int kind = 0; kind < KIND_COUNT; kind++)
		free(us[kind]);
}

/* ---- CPU time ------------------------------------------------------------------------------ */

static double used_us(int who)
{
	struct rusage usage;
	(void)getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static bool read_line(const char *pid, const char *file, char *line, int capacity)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%.16s/%s", pid, file);
	FILE *stream = fopen(path, "re");
	if (stream == NULL)
		return false;
	bool ok = fgets(line, capacity, stream) != NULL;
	(void)fclose(stream);
	return ok;
}

/* What all kernel threads have used: children of kthreadd, which is process 2. */
static double kernel_us(void)
{
	DIR *dir = opendir("/proc");
	double sum_ns = 0;
	if (dir == NULL)
		give_up("/proc", strerror(errno));
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char line[512];
		unsigned long long ns;
		int parent = 0;
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_line(entry->d_name, "stat", line, sizeof line))
			continue;
		const char *behind = strrchr(line, ')');
		if (behind != NULL && sscanf(behind, ") %*c %d", &parent) == 1 && parent == 2 &&
		    read_line(entry->d_name, "schedstat", line, sizeof line) &&
		    sscanf(line, "%llu", &ns) == 1)
			sum_ns += (double)ns;
	}
	(void)closedir(dir);
	return sum_ns / 1e3;
}

struct cost {
	double own_us, kernel_us;
	unsigned proved; /* runs in a namespace that was handed on */
};

static struct cost measure_block(const struct bench *bench, enum kind kind)
{
	settle(bench);
	double own = used_us(RUSAGE_SELF) + used_us(RUSAGE_CHILDREN), kernel = kernel_us();
	unsigned proved = 0;
	for (int i = 0; i < CPU_BLOCK_RUNS; i++)
		proved += run_once(bench, kind);
	settle(bench);
	/* What the kernel puts off for a moment belongs to the block that caused it. */
	pause_ms(100);
	double own_after = used_us(RUSAGE_SELF) + used_us(RUSAGE_CHILDREN);
	return (struct cost){ .own_us = (own_after - own) / CPU_BLOCK_RUNS,
			      .kernel_us = (kernel_us() - kernel) / CPU_BLOCK_RUNS,
			      .proved = proved };
}

static void measure_cpu(const struct bench *bench)
{
	double own[KIND_COUNT][CPU_BLOCKS_MAX], kernel[KIND_COUNT][CPU_BLOCKS_MAX];
	long blocks = bench->cpu_blocks;
	unsigned proved[KIND_COUNT] = { 0 };
	for (long block = -1; block < blocks; block++)
		for (int kind = 0; kind < KIND_COUNT; kind++) {
			struct cost cost = measure_block(bench, (enum kind)kind);
			if (block < 0)
				continue;
			own[kind][block] = cost.own_us;
			kernel[kind][block] = cost.kernel_us;
			proved[kind] += cost.proved;
		}
	if (!bench->is_json)
		printf("CPU time per run, medians of %ld blocks of %d\n%8s %10s %10s %8s %8s\n",
		       blocks, CPU_BLOCK_RUNS, "", "own us", "kernel us", "x", "proved");
	double bare_own = median(own[BARE], blocks), bare_kernel = median(kernel[BARE], blocks);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		double own_us = median(own[kind], blocks);
		double extra = median(kernel[kind], blocks) - bare_kernel;
		double percent = proved[kind] * 100.0 / ((double)blocks * CPU_BLOCK_RUNS);
		if (bench->is_json) {
			begin_kind("cpu", (enum kind)kind);
			print_figure("own_us", own_us);
			print_figure("kernel_threads_us", extra);
			print_figure("proved_percent", percent);
			end_kind((own_us + extra) / bare_own, (enum kind)kind);
			continue;
		}
		printf("%8s %10.0f %10.0f %8.2f %7.0f%%\n", kind_names[kind], own_us, extra,
		       (own_us + extra) / bare_own, percent);
	}
}

/* ---- rate ---------------------------------------------------------------------------------- */

struct worker {
	const struct bench *bench;
	enum kind kind;
	double until_us;
	long done;
};

static void *work(void *context)
{
	struct worker *worker = context;
	while (now_us() < worker->until_us) {
		(void)run_once(worker->bench, worker->kind);
		worker->done++;
	}
	return NULL;
}

static double rate(const struct bench *bench, enum kind kind, int threads, double seconds)
{
	struct worker workers[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	settle(bench);
	double start = now_us();
	for (int i = 0; i < threads; i++) {
		workers[i] = (struct worker){ bench, kind, start + seconds * 1e6, 0 };
		if (pthread_create(&ids[i], NULL, work, &workers[i]) != 0)
			give_up("thread", strerror(errno));
	}
	long done = 0;
	for (int i = 0; i < threads; i++) {
		(void)pthread_join(ids[i], NULL);
		done += workers[i].done;
	}
	/* Removing the cells is part of the work. */
	settle(bench);
	return (double)done / (now_us() - start) * 1e6;
}

static void measure_rate(const struct bench *bench, double seconds)
{
	double rates[KIND_COUNT][THREADS_MAX];
	if (!bench->is_json)
		printf("runs per second, %.1f s each\n%8s %10s %10s %8s %8s\n", seconds, "",
		       "1 thread", "2 threads", "1 x", "2 x");
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		for (int i = 0; i < THREADS_MAX; i++)
			rates[kind][i] = rate(bench, (enum kind)kind, i + 1, seconds);
		if (bench->is_json) {
			begin_kind("rate", (enum kind)kind);
			print_figure("one_thread", rates[kind][0]);
			print_figure("two_threads", rates[kind][1]);
			print_figure("two_ratio", rates[kind][1] / rates[BARE][1]);
			end_kind(rates[kind][0] / rates[BARE][0], (enum kind)kind);
			continue;
		}
		printf("%8s %10.0f %10.0f %8.2f %8.2f\n", kind_names[kind], rates[kind][0],
		       rates[kind][1], rates[kind][0] / rates[BARE][0],
		       rates[kind][1] / rates[BARE][1]);
	}
}

/* ---- all of it ----------------------------------------------------------------------------- */

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || value < 0) {
		fprintf(stderr, "bench_pool: '%s' is not a count\n", text);
		exit(64);
	}
	return value;
}

static void open_bench(struct bench *bench)
{
	struct bailiff_error err = { 0 };
	if (bailiff_host_open(&bench->host, &err) < 0 ||
	    bailiff_pool_open(bench->host, NULL, &bench->pool, &err) < 0 ||
	    bailiff_series_open(bench->pool, &bench->spec, &bench->series, &err) < 0)
		give_up("open", err.message);
	(void)run_cell(bench, POOLED);
	(void)run_cell(bench, FRESH);
}

int main(int argc, char **argv)
{
	struct bench bench = { .cpu_blocks = 9 };
	long runs = 300, gap_ms = 100, seconds = 3;
	const char *only = NULL;
	int option;
	while ((option = getopt(argc, argv, "n:g:s:b:o:j")) != -1) {
		switch (option) {
		case 'n': runs = number(optarg); break;
		case 'g': gap_ms = number(optarg); break;
		case 's': seconds = number(optarg); break;
		case 'b': bench.cpu_blocks = number(optarg); break;
		case 'o': only = optarg; break;
		case 'j': bench.is_json = true; break;
		default: return 64;
		}
	}
	if (optind + 1 != argc || runs == 0 || bench.cpu_blocks == 0 ||
	    bench.cpu_blocks > CPU_BLOCKS_MAX || realpath(argv[optind], bench.program) == NULL) {
		fprintf(stderr, "usage: bench_pool [-n RUNS] [-g GAP_MS] [-s SECONDS] "
				"[-b CPU_BLOCKS] [-o latency|cpu|rate] [-j] PROGRAM\n");
		return 64;
	}
	/* The program is shown, not copied: the bare one is not copied either. */
	char folder[PATH_MAX];
	memcpy(folder, bench.program, sizeof folder);
	const struct bailiff_bind bind = { .from = dirname(folder) };
	const char *const command[] = { bench.program, NULL };
	bench.spec = (struct bailiff_spec){ .argv = command, .binds = &bind, .bind_count = 1 };
	bench.fresh = bench.spec;
	bench.fresh.fresh = true;
	open_bench(&bench);
	if (bench.is_json)
		printf("{");
	if (only == NULL || strcmp(only, "latency") == 0) {
		measure_latency(&bench, runs, 0);
		measure_latency(&bench, runs, gap_ms);
	}
	if (only == NULL || strcmp(only, "cpu") == 0)
		measure_cpu(&bench);
	if (only == NULL || strcmp(only, "rate") == 0)
		measure_rate(&bench, (double)seconds);
	if (bench.is_json)
		printf("\"runs\": %ld}\n", runs);
	bailiff_series_close(bench.series);
	struct bailiff_error err;
	if (bailiff_pool_close(bench.pool, &err) < 0)
		give_up("close", err.message);
	bailiff_host_close(bench.host);
	return 0;
}
