/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BENCH_SCALE_H
#define BAILIFF_BENCH_SCALE_H

#include <bailiff/bailiff.h>
#include <limits.h>

#include "stopwatch.h"

#define NUMBERS_MAX 16
#define THREADS_MAX 64
#define ROUNDS_MAX 50

/* A program of the benchmark, as a cell has it and as it is started bare. */
struct program {
	char path[PATH_MAX + 32];
	const char *argv[4];
	struct bailiff_bind bind;
	struct bailiff_spec spec;
};

struct bench {
	char folder[PATH_MAX];
	struct bailiff_host *host;
	struct program program; /* the one that does nothing, unless something else is said */
};

_Noreturn void give_up(const char *what, const char *why);

/* Its arguments are the caller's to add. `folder` is borrowed. */
void set_program(struct program *program, const char *folder, const char *name);

struct bailiff_pool *open_pool(const struct bench *bench, size_t cells);
void close_pool(struct bailiff_pool *pool);
/* Until the keeper sleeps. */
void settle(struct bailiff_pool *pool);
/* Frees the result of a run that ended well, or gives up. */
void expect_success(int rc, struct bailiff_result *result, const struct bailiff_error *err);

/* bench/held.c: cells that run and cells that wait. */
void measure_held(struct bench *bench, const long *numbers);
/* bench/talk.c: two that talk, in cells and bare. */
void measure_talk(struct bench *bench, const long *numbers);

#endif
