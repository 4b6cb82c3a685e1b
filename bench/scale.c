/* SPDX-License-Identifier: MIT */
/*
 * What grows with what, measured within one process; bench/scale asks for it and shows it.
 *
 *   bench_scale WHAT FOLDER [NUMBER...]        prints one JSON object
 *
 *   held CELLS ROUNDS IDLE_MS    memory and descriptors of cells that run and of cells that wait, and
 *                                the CPU time that the latter use
 *   rate MS ROUNDS THREADS...    runs in a second with so many threads at once, bare and pooled
 *   row RUNS                     that many runs in a row: are the last ones slower, is anything left?
 *   heap MIB RUNS ROUNDS         runs of a process with so much memory in use, and with little
 *   rules RUNS                   the default policy beside one of 400 rules
 *   talk COUNT ROUNDS            that many messages each way between two programs, bare and in cells
 *
 * FOLDER is where the benchmark's programs are. Whatever is compared takes turns. A run that ends
 * with anything but success is an error, so that nothing broken is measured.
 */
#include "scale.h"

#include "footprint.h"
#include "many_rules.h"

#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define RUNS_MAX 1000000

_Noreturn void give_up(const char *what, const char *why)
{
	fprintf(stderr, "bench_scale: %s: %s\n", what, why);
	exit(1);
}

/* ---- programs ------------------------------------------------------------------------------- */

void set_program(struct program *program, const char *folder, const char *name)
{
	int length = snprintf(program->path, sizeof program->path, "%s/bench_%s", folder, name);
	if (length < 0 || (size_t)length >= sizeof program->path)
		give_up(folder, "too long");
	program->argv[0] = program->path;
	/* The folder is shown, not copied: the bare program is not copied either. */
	program->bind = (struct bailiff_bind){ .from = folder };
	program->spec = (struct bailiff_spec){ .argv = program->argv,
					       .binds = &program->bind,
					       .bind_count = 1 };
}

static void run_bare(const struct program *program)
{
	char path[sizeof program->path];
	memcpy(path, program->path, sizeof path);
	char *const argv[] = { path, NULL };
	pid_t pid;
	int status = -1, error = posix_spawn(&pid, path, NULL, NULL, argv, environ);
	if (error != 0)
		give_up(path, strerror(error));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0)
		give_up(path, "failed");
}

void expect_success(int rc, struct bailiff_result *result, const struct bailiff_error *err)
{
	if (rc < 0 || result->verdict != BAILIFF_VERDICT_OK)
		give_up("a cell", rc < 0 ? err->message : result->message);
	bailiff_result_finish(result);
}

static void run_pooled(struct bailiff_pool *pool, const struct bailiff_spec *spec)
{
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	int rc = bailiff_pool_run(pool, spec, &result, &err);
	expect_success(rc, &result, &err);
}

static void run_cold(const struct bench *bench)
{
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	int rc = bailiff_run(bench->host, &bench->program.spec, &result, &err);
	expect_success(rc, &result, &err);
}

struct bailiff_pool *open_pool(const struct bench *bench, size_t cells)
{
	struct bailiff_pool *pool = NULL;
	struct bailiff_error err = { 0 };
	const struct bailiff_pool_options options = { .cells_max = cells };
	if (bailiff_pool_open(bench->host, &options, &pool, &err) < 0)
		give_up("a pool", err.message);
	return pool;
}

void close_pool(struct bailiff_pool *pool)
{
	struct bailiff_error err = { 0 };
	if (bailiff_pool_close(pool, &err) < 0)
		give_up("a pool", err.message);
}

/* Until the keeper sleeps. */
void settle(struct bailiff_pool *pool)
{
	struct bailiff_pool_counts before, now;
	bailiff_pool_read(pool, &now);
	do {
		before = now;
		pause_ms(20);
		bailiff_pool_read(pool, &now);
	} while (now.used > 0 || now.built != before.built);
}

/* ---- rate: many at once ----------------------------------------------------------------------- */

struct worker {
	const struct bench *bench;
	struct bailiff_pool *pool; /* NULL = bare */
	double until_us, *us;
	long done, room;
	pthread_t thread;
};

static void *work(void *context)
{
	struct worker *worker = context;
	for (double now = now_us(); now < worker->until_us && worker->done < worker->room;) {
		double start = now;
		if (worker->pool != NULL)
			run_pooled(worker->pool, &worker->bench->program.spec);
		else
			run_bare(&worker->bench->program);
		now = now_us();
		worker->us[worker->done++] = now - start;
	}
	return NULL;
}

/* Of one number of threads and one kind. */
struct block {
	double *us;
	long runs, room;
	double seconds;
};

static void run_block(const struct bench *bench, struct bailiff_pool *pool, long threads, long ms,
		      struct block *block)
{
	struct worker workers[THREADS_MAX];
	double start = now_us();
	long room = (block->room - block->runs) / threads;
	for (long i = 0; i < threads; i++) {
		workers[i] = (struct worker){ .bench = bench, .pool = pool, .room = room,
					      .until_us = start + (double)ms * 1e3,
					      .us = calloc((size_t)room + 1, sizeof(double)) };
		if (workers[i].us == NULL ||
		    pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			give_up("thread", strerror(errno));
	}
	for (long i = 0; i < threads; i++) {
		(void)pthread_join(workers[i].thread, NULL);
		memcpy(block->us + block->runs, workers[i].us,
		       (size_t)workers[i].done * sizeof(double));
		block->runs += workers[i].done;
		free(workers[i].us);
	}
	/* Removing the cells is part of the work. */
	if (pool != NULL)
		settle(pool);
	block->seconds += (now_us() - start) / 1e6;
}

static void print_block(const char *name, const struct block *block)
{
	qsort(block->us, (size_t)block->runs, sizeof(double), by_value);
	printf(", \"%s\": {\"runs\": %ld, \"per_second\": %.1f, \"p50_us\": %.1f, "
	       "\"p90_us\": %.1f, \"p99_us\": %.1f}", name, block->runs,
	       (double)block->runs / block->seconds, percentile(block->us, block->runs, 0.5),
	       percentile(block->us, block->runs, 0.9), percentile(block->us, block->runs, 0.99));
}

static void measure_rate(struct bench *bench, const long *numbers)
{
	static struct block blocks[NUMBERS_MAX][2];
	long ms = numbers[0], rounds = numbers[1];
	const long *threads = numbers + 2;
	struct bailiff_pool *pool = open_pool(bench, THREADS_MAX);
	for (long round = -1; round < rounds; round++)
		for (int i = 0; threads[i] > 0; i++)
			for (int kind = 0; kind < 2; kind++) {
				struct block *block = &blocks[i][kind];
				if (round < 0) {
					block->room = rounds * ms * 20;
					block->us = calloc((size_t)block->room, sizeof(double));
					if (block->us == NULL || threads[i] > THREADS_MAX)
						give_up("rate", "too much");
					/* The keeper learns how many are needed at once. */
					if (kind == 1)
						run_block(bench, pool, threads[i], 1, block);
					*block = (struct block){ .us = block->us,
								 .room = block->room };
					continue;
				}
				run_block(bench, kind == 1 ? pool : NULL, threads[i], ms, block);
			}
	for (int i = 0; threads[i] > 0; i++) {
		printf("%s{\"threads\": %ld", i == 0 ? "{\"rates\": [" : ",\n", threads[i]);
		print_block("bare", &blocks[i][0]);
		print_block("pooled", &blocks[i][1]);
		printf("}");
	}
	printf("]}\n");
	close_pool(pool);
}

/* ---- row: many one after the other ------------------------------------------------------------ */

/* Groups of all hierarchies, dying ones included. Source: proc(5), /proc/cgroups. */
static double count_groups(void)
{
	char line[256];
	double sum = 0, count;
	FILE *file = fopen("/proc/cgroups", "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "%*s %*d %lf", &count) == 1)
			sum += count;
	if (file != NULL)
		(void)fclose(file);
	return sum;
}

static void print_part(const char *name, const double *us, long runs, long part)
{
	double *copy = calloc((size_t)part, sizeof *copy);
	if (copy == NULL)
		give_up("memory", strerror(ENOMEM));
	memcpy(copy, us, (size_t)part * sizeof *copy);
	double first = median(copy, part);
	memcpy(copy, us + runs - part, (size_t)part * sizeof *copy);
	double last = median(copy, part);
	printf("\"%s\": {\"first_p50_us\": %.1f, \"last_p50_us\": %.1f, \"ratio\": %.3f}, ", name,
	       first, last, last / first);
	free(copy);
}

static void measure_row(struct bench *bench, const long *numbers)
{
	long runs = numbers[0], part = runs / 10 > 0 ? runs / 10 : 1;
	double before[FOOTPRINTS], after[FOOTPRINTS];
	double *bare = calloc((size_t)runs, sizeof *bare), *pooled = calloc((size_t)runs, sizeof *bare);
	if (bare == NULL || pooled == NULL)
		give_up("memory", strerror(ENOMEM));
	/* What is kept for the first time is not left over. */
	struct bailiff_pool *pool = open_pool(bench, 4);
	for (int i = 0; i < 100; i++)
		run_pooled(pool, &bench->program.spec);
	close_pool(pool);
	pause_ms(1000);
	double groups = count_groups();
	read_footprint(before);
	pool = open_pool(bench, 4);
	for (long i = 0; i < runs; i++) {
		double start = now_us();
		run_bare(&bench->program);
		double middle = now_us();
		run_pooled(pool, &bench->program.spec);
		bare[i] = middle - start;
		pooled[i] = now_us() - middle;
	}
	close_pool(pool);
	/* The kernel frees some of it later. */
	pause_ms(1000);
	read_footprint(after);
	printf("{\"runs\": %ld, ", runs);
	print_part("bare", bare, runs, part);
	print_part("pooled", pooled, runs, part);
	printf("\"left_groups\": %.0f", count_groups() - groups);
	for (int i = 0; i < FOOTPRINTS; i++)
		printf(", \"left_%s\": %.0f", footprint_names[i], after[i] - before[i]);
	printf("}\n");
	free(bare);
	free(pooled);
}

/* ---- heap: a large supervisor ------------------------------------------------------------------ */

enum way { WAY_FORK, WAY_BARE, WAY_COLD, WAY_POOLED };
#define WAYS 4

static const char *const way_names[WAYS] = { "fork", "bare", "cold", "pooled" };

static void fork_once(void)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		give_up("fork", strerror(errno));
}

static void go(const struct bench *bench, struct bailiff_pool *pool, enum way way)
{
	switch (way) {
	case WAY_FORK: fork_once(); break;
	case WAY_BARE: run_bare(&bench->program); break;
	case WAY_COLD: run_cold(bench); break;
	case WAY_POOLED: run_pooled(pool, &bench->program.spec); break;
	}
}

/* The keeper's work after a run is not the next one's. It keeps two cells, and with a large supervisor
 * it takes long to make them. */
static double time_way(const struct bench *bench, struct bailiff_pool *pool, enum way way)
{
	struct bailiff_pool_counts counts;
	bailiff_pool_read(pool, &counts);
	while (counts.used > 0 || counts.waiting < 2) {
		pause_ms(5);
		bailiff_pool_read(pool, &counts);
	}
	double start = now_us();
	go(bench, pool, way);
	return now_us() - start;
}

/* In pages of the usual size: a heap that has grown bit by bit, the dearest to copy. */
static void *dirty(size_t size)
{
	void *heap = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED)
		give_up("memory", strerror(errno));
	(void)madvise(heap, size, MADV_NOHUGEPAGE);
	memset(heap, 1, size);
	return heap;
}

static void measure_heap(struct bench *bench, const long *numbers)
{
	size_t size = (size_t)numbers[0] << 20;
	long runs = numbers[1], rounds = numbers[2], count = 0;
	double *us[WAYS][2];
	for (int way = 0; way < WAYS; way++)
		for (int i = 0; i < 2; i++)
			if ((us[way][i] = calloc((size_t)(runs * rounds), sizeof(double))) == NULL)
				give_up("memory", strerror(ENOMEM));
	struct bailiff_pool *pool = open_pool(bench, 4);
	for (long round = 0; round < rounds; round++) {
		for (int is_large = 0; is_large < 2; is_large++) {
			void *heap = is_large == 0 ? NULL : dirty(size);
			for (int i = 0; i < 3; i++)
				go(bench, pool, WAY_POOLED);
			for (int way = 0; way < WAYS; way++)
				for (long run = 0; run < runs; run++)
					us[way][is_large][count + run] =
						time_way(bench, pool, (enum way)way);
			if (heap != NULL)
				(void)munmap(heap, size);
		}
		count += runs;
	}
	printf("{\"heap_mib\": %ld, \"runs\": %ld", numbers[0], count);
	for (int way = 0; way < WAYS; way++) {
		double small = median(us[way][0], count), large = median(us[way][1], count);
		printf(", \"%s\": {\"small_p50_us\": %.1f, \"large_p50_us\": %.1f, "
		       "\"ratio\": %.3f}", way_names[way], small, large, large / small);
	}
	printf("}\n");
	close_pool(pool);
}

/* ---- rules: a long policy ---------------------------------------------------------------------- */

static void measure_rules(struct bench *bench, const long *numbers)
{
	long runs = numbers[0];
	struct bailiff_spec specs[2] = { bench->program.spec, bench->program.spec };
	double *us[2] = { calloc((size_t)runs, sizeof(double)),
			  calloc((size_t)runs, sizeof(double)) };
	if (us[0] == NULL || us[1] == NULL)
		give_up("memory", strerror(ENOMEM));
	specs[1].policy = many_rules();
	struct bailiff_pool *pool = open_pool(bench, 4);
	/* The first run compiles; how long that takes, bench_policy tells. */
	for (long run = -10; run < runs; run++)
		for (int i = 0; i < 2; i++) {
			settle(pool);
			double start = now_us();
			run_pooled(pool, &specs[i]);
			if (run >= 0)
				us[i][run] = now_us() - start;
		}
	double usual = median(us[0], runs), many = median(us[1], runs);
	printf("{\"rules\": %u, \"runs\": %ld, \"default_p50_us\": %.1f, \"many_p50_us\": %.1f, "
	       "\"ratio\": %.3f}\n", MANY_RULES, runs, usual, many, many / usual);
	close_pool(pool);
}

/* ---- the command line --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int numbers; /* needed at least */
	void (*measure)(struct bench *bench, const long *numbers);
} subjects[] = {
	{ "held", 3, measure_held }, { "rate", 3, measure_rate },   { "row", 1, measure_row },
	{ "heap", 3, measure_heap }, { "rules", 1, measure_rules }, { "talk", 2, measure_talk },
};

static bool read_numbers(char **words, int count, long *numbers)
{
	bool ok = count <= NUMBERS_MAX;
	for (int i = 0; ok && i < count; i++) {
		char *end;
		numbers[i] = strtol(words[i], &end, 10);
		ok = *words[i] != '\0' && *end == '\0' && numbers[i] > 0 && numbers[i] <= RUNS_MAX;
	}
	return ok;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	long numbers[NUMBERS_MAX + 1] = { 0 };
	struct bailiff_error err = { 0 };
	size_t subject = 0;
	while (argc > 2 && subject < sizeof subjects / sizeof *subjects &&
	       strcmp(subjects[subject].name, argv[1]) != 0)
		subject++;
	if (argc < 3 || subject == sizeof subjects / sizeof *subjects ||
	    argc - 3 < subjects[subject].numbers || !read_numbers(argv + 3, argc - 3, numbers) ||
	    realpath(argv[2], bench.folder) == NULL) {
		fprintf(stderr, "usage: bench_scale WHAT FOLDER NUMBER...; see bench/README.md\n");
		return 64;
	}
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (bailiff_host_open(&bench.host, &err) < 0)
		give_up("this machine", err.message);
	set_program(&bench.program, bench.folder, "true");
	subjects[subject].measure(&bench, numbers);
	bailiff_host_close(bench.host);
	return 0;
}
