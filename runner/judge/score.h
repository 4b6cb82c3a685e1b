/* SPDX-License-Identifier: MIT */
/*
 * What tests and groups score. Pure functions, for grading.c.
 */
#ifndef BAILIFF_JUDGE_SCORE_H
#define BAILIFF_JUDGE_SCORE_H

#include "judge/judgement.h"

/* The scores of a group's members. */
struct score_sum {
	size_t count;
	double sum, min, max;
};

void score_add(struct score_sum *sum, double score);

/* The score of a test by its report; 0 where it was not run. NULL, or what the package got wrong,
 * to be read after the test's name: "has no score ...". */
const char *score_of_test(const struct problem *problem, size_t test,
			  const struct test_report *report, double *ret_score);

/* A group's score from its members' and its verdict. */
double score_of_group(const struct problem *problem, const struct test_group *group,
		      const struct score_sum *members, enum judge_verdict verdict);

/* Whether a group may have this score. NULL, or what is wrong, to be read after its name. */
const char *score_check(const struct problem *problem, const struct test_group *group,
			double score, enum judge_verdict verdict);

#endif
