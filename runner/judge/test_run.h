/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_TEST_RUN_H
#define BAILIFF_JUDGE_TEST_RUN_H

#include "judge/checker.h"

/* A test that noise may have decided is run so often at most. */
#define TEST_RUNS_MAX 3u

/* Everything that judging one test needs. Borrowed; may be shared by threads, each with a bench of
 * its own. */
struct test_setting {
	const struct problem *problem;
	const struct checker *checker;
	const struct ready_program *submission;
	struct bailiff_limits limits; /* of the submission */
};

/*
 * The cells of a submission on one bench that wait with it in them for a test's input, if they are worth
 * it. Used by one thread, as bench.series. Zero is valid: not opened yet.
 */
struct test_series {
	struct bailiff_series *series; /* NULL = there is none */
	struct run_request request;    /* what it is of */
	/* Set by the caller: on how many benches tests run, and how many are to be expected on this
	 * one after the next. */
	size_t benches, tests_left;
	uint64_t build_ns; /* what it takes to make a cell; 0 = not known */
	bool is_new;	   /* opened, and its cells are being made */
	bool is_refused;   /* it is not worth it, or cannot be */
	size_t runs, missed; /* in all, and that found no cell waiting */
};

void test_series_finish(struct test_series *series);

/*
 * Runs a submission on a test and judges what it wrote: all passes of a multi-pass problem, and
 * again where noise may have decided. Fills *report, whose `test` is set by the caller. 0 with a
 * verdict, IE included; -errno with *err filled where this machine or the caller is at fault,
 * -ECANCELED included.
 */
int test_run(const struct test_setting *setting, const struct bench *bench,
	     struct test_report *report, struct bailiff_error *err);

#endif
