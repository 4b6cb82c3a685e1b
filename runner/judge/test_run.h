/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_TEST_RUN_H
#define BAILIFF_JUDGE_TEST_RUN_H

#include "judge/checker.h"

/* Everything that judging one test needs. Borrowed; may be shared by threads, each with a bench of
 * its own. */
struct test_setting {
	const struct problem *problem;
	const struct checker *checker;
	const struct ready_program *submission;
	struct bailiff_limits limits; /* of the submission */
};

/*
 * Runs a submission on a test and judges what it wrote: all passes of a multi-pass problem, and
 * again where noise may have decided. Fills *report, whose `test` is set by the caller. 0 with a
 * verdict, IE included; -errno with *err filled where this machine or the caller is at fault,
 * -ECANCELED included.
 */
int test_run(const struct test_setting *setting, const struct bench *bench,
	     struct test_report *report, struct bailiff_error *err);

#endif
