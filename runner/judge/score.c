/* SPDX-License-Identifier: MIT */
/*
 * Two ways to score. In the legacy format a test has what its validator says, or its group's score
 * for accepted and rejected tests, and a group that is not accepted has nothing. In 2025-09 a test
 * has a part of its group's maximum and a failed one has nothing; a group has points even where
 * some of its tests failed.
 */
#include "judge/score.h"

#include <math.h>

/* Sums of decimal fractions are a little off; that much is not held against anybody. */
#define SLACK 1e-9

static bool is_above(double score, double most)
{
	return score > most + SLACK * (1 + fabs(most));
}

void score_add(struct score_sum *sum, double score)
{
	if (sum->count == 0 || score < sum->min)
		sum->min = score;
	if (sum->count == 0 || score > sum->max)
		sum->max = score;
	sum->sum += score;
	sum->count++;
}

static size_t tests_in(const struct problem *problem, size_t group)
{
	size_t count = 0;
	for (size_t i = 0; i < problem->test_count; i++)
		count += problem->tests[i].group == group;
	return count;
}

/* An accepted test of a group that has a maximum. */
static const char *score_bounded(const struct problem *problem, size_t test,
				 const struct test_report *report, double *ret_score)
{
	const struct test_group *group = &problem->groups[problem->tests[test].group];
	double most = group->max_score;
	if (group->score_mode != SCORE_MIN)
		most /= (double)tests_in(problem, problem->tests[test].group);
	double score = most;
	if (report->has_score)
		score = report->score;
	if (report->has_score_multiplier)
		score = report->score_multiplier * most;
	if (is_above(score, most))
		return "has a score above its maximum";
	*ret_score = score;
	return NULL;
}

static const char *score_2025(const struct problem *problem, size_t test,
			      const struct test_report *report, double *ret_score)
{
	const struct test_group *group = &problem->groups[problem->tests[test].group];
	*ret_score = 0;
	if (report->verdict != JUDGE_AC)
		return report->has_score || report->has_score_multiplier ?
			       "was rejected and has a score" : NULL;
	if (report->has_score && report->has_score_multiplier)
		return "has both a score and a multiplier";
	if (report->has_score && !(report->score >= 0 && isfinite(report->score)))
		return "has a score that is not a number of points";
	if (report->has_score_multiplier &&
	    !(report->score_multiplier >= 0 && report->score_multiplier <= 1))
		return "has a multiplier that is not between 0 and 1";
	if (group->is_pass_fail)
		return NULL;
	if (group->is_bounded)
		return score_bounded(problem, test, report, ret_score);
	if (!report->has_score)
		return "has no score, and its group has no maximum";
	*ret_score = report->score;
	return NULL;
}

const char *score_of_test(const struct problem *problem, size_t test,
			  const struct test_report *report, double *ret_score)
{
	*ret_score = 0;
	if (report->verdict == JUDGE_SKIPPED || report->verdict == JUDGE_PENDING ||
	    report->verdict == JUDGE_IE)
		return NULL;
	if (problem->format == PROBLEM_FORMAT_2025_09)
		return score_2025(problem, test, report, ret_score);
	const struct test_group *group = &problem->groups[problem->tests[test].group];
	if (report->verdict != JUDGE_AC) {
		*ret_score = group->reject_score;
		return NULL;
	}
	if (report->has_score && !isfinite(report->score))
		return "has a score that is not a finite number";
	*ret_score = report->has_score ? report->score : group->accept_score;
	return NULL;
}

static double combine(enum score_mode mode, const struct score_sum *members)
{
	switch (mode) {
	case SCORE_SUM:
		return members->sum;
	case SCORE_AVERAGE:
		return members->count > 0 ? members->sum / (double)members->count : 0;
	case SCORE_MIN:
		return members->min;
	case SCORE_MAX:
		return members->max;
	}
	return 0;
}

double score_of_group(const struct problem *problem, const struct test_group *group,
		      const struct score_sum *members, enum judge_verdict verdict)
{
	if (problem->format != PROBLEM_FORMAT_2025_09)
		return verdict == JUDGE_AC ? combine(group->score_mode, members) : 0;
	if (group->parent == GROUP_NONE)
		return members->sum;
	if (group->is_pass_fail)
		return verdict == JUDGE_AC && group->is_bounded ? group->max_score : 0;
	double score = combine(group->score_mode, members);
	/* Equal parts of the maximum make the maximum. */
	bool is_full = group->is_bounded && !is_above(score, group->max_score) &&
		       !is_above(group->max_score, score);
	return is_full ? group->max_score : score;
}

const char *score_check(const struct problem *problem, const struct test_group *group,
			double score, enum judge_verdict verdict)
{
	if (!isfinite(score))
		return "has a score that is not a finite number";
	if (problem->format == PROBLEM_FORMAT_LEGACY && verdict == JUDGE_AC &&
	    (is_above(score, group->range_max) || is_above(group->range_min, score)))
		return "has a score outside its range";
	if (problem->format == PROBLEM_FORMAT_2025_09 && group->parent != GROUP_NONE &&
	    group->is_bounded && is_above(score, group->max_score))
		return "has a score above its maximum";
	return NULL;
}
