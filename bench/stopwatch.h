/* SPDX-License-Identifier: MIT */
/* What the benchmarks in C share: time, and order among figures. */
#ifndef BAILIFF_BENCH_STOPWATCH_H
#define BAILIFF_BENCH_STOPWATCH_H

#include <stdlib.h>
#include <time.h>

static inline double now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static inline void pause_ms(long ms)
{
	const struct timespec gap = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	if (ms > 0)
		(void)nanosleep(&gap, NULL);
}

static inline int by_value(const void *a, const void *b)
{
	const double *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

/* Of figures in rising order. */
static inline double percentile(const double *sorted, long count, double share)
{
	return sorted[(long)(share * (double)(count - 1) + 0.5)];
}

/* Puts them in order. */
static inline double median(double *figures, long count)
{
	qsort(figures, (size_t)count, sizeof *figures, by_value);
	return percentile(figures, count, 0.5);
}

#endif
