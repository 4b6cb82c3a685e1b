/* SPDX-License-Identifier: MIT */
/*
 * From the verdicts of tests to those of groups and of the whole submission: which tests are run
 * at all, and what the groups and the submission score. Pure but for custom graders, which the
 * caller runs.
 */
#ifndef BAILIFF_JUDGE_GRADING_H
#define BAILIFF_JUDGE_GRADING_H

#include "judge/judgement.h"

/*
 * Whether test `index` is to be run, by the reports of the tests before it (SKIPPED ones count as
 * not run). With `all_tests` only a group's unmet requirement (require_pass) keeps a test from
 * being run; otherwise so does a rejection in a group that breaks off, or a judge error. What
 * would not have been run without `all_tests` does not count: grading_conclude() gives the same
 * verdict and score either way, but for a judge error, which is one wherever it happens.
 */
bool grading_needs_test(const struct problem *problem, const struct test_report *reports,
			size_t index, bool all_tests);

/* One member of a group, as a grader sees it. */
struct grade {
	enum judge_verdict verdict;
	double score;
	char why[160]; /* verdict IE: what the grader did instead; behind the group's name */
};

/* Runs a custom grader over the members of a group, in order. 0, with verdict IE where the grader
 * is at fault, or -errno with *err filled. */
typedef int (*run_grader)(void *context, const struct test_group *group,
			  const struct grade *members, size_t count, struct grade *ret_grade,
			  struct bailiff_error *err);

/*
 * Draws the verdicts and scores of all groups and of the judgement from its tests: sets groups[],
 * verdict, message, passed, has_score, score, usage and error. A judge error in any test is one of
 * the judgement, and so are scores that the problem's own rules forbid and tests that were not run
 * without a reason. `grader` may be NULL where the problem has no custom one. 0, or -errno with
 * *err filled where a grader failed. Not for a submission that could not be compiled.
 */
int grading_conclude(struct judgement *judgement, run_grader grader, void *context,
		     struct bailiff_error *err);

/* ---- what a package expects (judge/verify.c) ------------------------------------------------ */

/* Whether a judgement made with all tests is as expected; where not, *ret_why says what differs. */
bool expectation_holds(const struct expectation *expectation, const struct judgement *judgement,
		       char *ret_why, size_t capacity);

/* The time limit that the judgements of a package's submissions suggest (judge/time_limit.c). */
struct time_limit {
	bool is_known; /* false: no accepted submission, or none fits; `message` says why */
	uint64_t limit_ns; /* 0 where it is not known */
	uint64_t slowest_accepted_ns; /* CPU time of its slowest test */
	const char *slowest_accepted; /* the submission's name; NULL = none */
	uint64_t fastest_too_slow_ns; /* of those that have to be too slow; BAILIFF_UNKNOWN = none */
	const char *fastest_too_slow;
	char message[400];
};

/* `judgements` and `expectations` are parallel. The format's rule (problem->time_rule) decides. */
void time_limit_suggest(const struct problem *problem, const struct expectation *expectations,
			const struct judgement *judgements, size_t count,
			struct time_limit *ret_limit);

#endif
