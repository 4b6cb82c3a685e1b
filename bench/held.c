/* SPDX-License-Identifier: MIT */
/*
 * Cells that are held: as many as are asked for at once run a program that sleeps, then as many wait in
 * a pool, then in a series. Each time what there is more than before is divided by their number.
 */
#include "footprint.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum state { RUNNING, WAITING, WAITING_IN_SERIES };
#define STATES 3

static const char *const state_names[STATES] = { "running", "waiting", "waiting_in_series" };

struct idle {
	double own_us, cells_us, switches;
};

static void measure_idle(long idle_ms, struct idle *ret_idle)
{
	struct rusage before, after;
	struct kin kin = look_at_kin();
	(void)getrusage(RUSAGE_SELF, &before);
	pause_ms(idle_ms);
	(void)getrusage(RUSAGE_SELF, &after);
	ret_idle->cells_us = look_at_kin().cpu_us - kin.cpu_us;
	ret_idle->own_us =
		(double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
			 before.ru_stime.tv_sec) * 1e6 +
		(double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec +
			 after.ru_stime.tv_usec - before.ru_stime.tv_usec);
	/* The sleep itself is one. */
	ret_idle->switches = (double)(after.ru_nvcsw - before.ru_nvcsw - 1);
}

struct holder {
	pthread_t thread;
	const struct bench *bench;
	struct bailiff_pool *pool;     /* or NULL */
	struct bailiff_series *series; /* or NULL */
};

static void *hold(void *context)
{
	const struct holder *holder = context;
	const struct bailiff_spec *spec = &holder->bench->program.spec;
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	int rc;
	if (holder->series != NULL)
		rc = bailiff_series_run(holder->series, spec, &result, &err);
	else if (holder->pool != NULL)
		rc = bailiff_pool_run(holder->pool, spec, &result, &err);
	else
		rc = bailiff_run(holder->bench->host, spec, &result, &err);
	expect_success(rc, &result, &err);
	return NULL;
}

/* Runs so many at once; *ret_running is what there is while they run. */
static void hold_all(const struct holder *like, long cells, double *ret_running)
{
	struct holder holders[THREADS_MAX];
	for (long i = 0; i < cells; i++) {
		holders[i] = *like;
		if (pthread_create(&holders[i].thread, NULL, hold, &holders[i]) != 0)
			give_up("thread", strerror(errno));
	}
	while (look_at_kin().programs < (size_t)cells)
		pause_ms(20);
	pause_ms(300);
	read_footprint(ret_running);
	if (look_at_kin().programs < (size_t)cells)
		give_up("held", "the programs end too early for this machine");
	for (long i = 0; i < cells; i++)
		(void)pthread_join(holders[i].thread, NULL);
}

/* What cells cost that run, without a pool. */
static void measure_running(const struct bench *bench, long cells, double *ret_running)
{
	const struct holder like = { .bench = bench };
	hold_all(&like, cells, ret_running);
}

/* What cells cost that wait: the keeper keeps as many as were used at once. */
static void measure_waiting(const struct bench *bench, long cells, bool is_series, long idle_ms,
			    double *ret_waiting, struct idle *ret_idle)
{
	struct holder like = { .bench = bench, .pool = open_pool(bench, (size_t)cells) };
	struct bailiff_pool_counts counts = { 0 };
	struct bailiff_error err = { 0 };
	double running[FOOTPRINTS];
	if (is_series &&
	    bailiff_series_open(like.pool, &bench->program.spec, &like.series, &err) < 0)
		give_up("a series", err.message);
	hold_all(&like, cells, running);
	while (counts.waiting < (size_t)cells) {
		pause_ms(20);
		bailiff_pool_read(like.pool, &counts);
	}
	settle(like.pool);
	pause_ms(300);
	read_footprint(ret_waiting);
	if (idle_ms > 0)
		measure_idle(idle_ms, ret_idle);
	bailiff_series_close(like.series);
	close_pool(like.pool);
}

static void print_held(double figures[STATES][FOOTPRINTS][ROUNDS_MAX], long rounds)
{
	for (int state = 0; state < STATES; state++) {
		printf("\"%s\": {", state_names[state]);
		for (int i = 0; i < FOOTPRINTS; i++)
			printf("%s\"%s\": %.1f", i > 0 ? ", " : "", footprint_names[i],
			       median(figures[state][i], rounds));
		printf("}, ");
	}
}

void measure_held(struct bench *bench, const long *numbers)
{
	static double figures[STATES][FOOTPRINTS][ROUNDS_MAX];
	long cells = numbers[0], rounds = numbers[1];
	double before[FOOTPRINTS], found[FOOTPRINTS];
	struct idle idle = { 0 };
	char ms[24];
	if (cells > THREADS_MAX || rounds > ROUNDS_MAX)
		give_up("held", "too many");
	(void)snprintf(ms, sizeof ms, "%ld", 1500 + 100 * cells);
	set_program(&bench->program, bench->folder, "hold");
	bench->program.argv[1] = ms;
	bench->program.spec.limits.wall_ns = UINT64_C(600000000000);
	/* The first round fills the kernel's caches. */
	for (long round = -1; round < rounds; round++)
		for (int state = 0; state < STATES; state++) {
			bool is_last = round == rounds - 1 && state == WAITING;
			pause_ms(300);
			read_footprint(before);
			if (state == RUNNING)
				measure_running(bench, cells, found);
			else
				measure_waiting(bench, cells, state == WAITING_IN_SERIES,
						is_last ? numbers[2] : 0, found, &idle);
			for (int i = 0; round >= 0 && i < FOOTPRINTS; i++)
				figures[state][i][round] = (found[i] - before[i]) / (double)cells;
		}
	printf("{\"cells\": %ld, ", cells);
	print_held(figures, rounds);
	printf("\"idle\": {\"seconds\": %.1f, \"own_cpu_us\": %.0f, \"cells_cpu_us\": %.0f, "
	       "\"wake_ups\": %.0f}}\n", (double)numbers[2] / 1e3, idle.own_us, idle.cells_us,
	       idle.switches);
}
