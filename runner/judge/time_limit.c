/* SPDX-License-Identifier: MIT */
/*
 * The time limit that a package's own submissions suggest: the smallest multiple of the resolution
 * that leaves the slowest accepted one room, provided that what has to be too slow still is, by a
 * margin. Both formats have that rule, with other numbers; the legacy one never goes below a
 * second.
 *
 * A time that a limit cut short is no measurement: the program may need any time above it.
 */
#include "judge/grading.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define SECOND_NS UINT64_C(1000000000)
/* No limit is longer, nor a product that is worth anything. */
#define TIME_MAX_NS (UINT64_C(1000000) * SECOND_NS)

/* The CPU time of a submission's slowest test. */
struct slowest {
	bool is_known;
	uint64_t cpu_ns;
	bool is_cut;  /* the CPU time limit ended one of its tests */
	bool is_idle; /* the wall time limit did: no CPU time limit would have */
};

static struct slowest find_slowest(const struct judgement *judgement)
{
	struct slowest slowest = { 0 };
	for (size_t i = 0; i < judgement->test_count; i++) {
		const struct test_report *test = &judgement->tests[i];
		if (!test->has_run || test->usage.cpu_ns == BAILIFF_UNKNOWN ||
		    test->verdict == JUDGE_IE)
			continue;
		slowest.is_known = true;
		if (test->usage.cpu_ns > slowest.cpu_ns)
			slowest.cpu_ns = test->usage.cpu_ns;
		if (test->verdict != JUDGE_TLE)
			continue;
		if (test->reason == BAILIFF_REASON_CPU_TIME)
			slowest.is_cut = true;
		else
			slowest.is_idle = true;
	}
	return slowest;
}

/* Product to the nearest nanosecond, so that a factor such as 1.1, which no binary number is, does
 * not lift the result over a multiple of the resolution. False where it is out of all bounds. */
static bool multiply(uint64_t time_ns, double factor, uint64_t *ret_ns)
{
	long double product = (long double)time_ns * (long double)factor;
	if (!(product >= 0 && product <= (long double)TIME_MAX_NS))
		return false;
	*ret_ns = (uint64_t)(product + 0.5L);
	return true;
}

static bool round_up(const struct problem *problem, uint64_t time_ns, uint64_t *ret_limit_ns)
{
	uint64_t resolution = problem->time_rule.resolution_ns;
	if (resolution == 0)
		resolution = SECOND_NS;
	if (problem->format == PROBLEM_FORMAT_LEGACY && time_ns < SECOND_NS)
		time_ns = SECOND_NS;
	if (resolution > TIME_MAX_NS || time_ns > TIME_MAX_NS)
		return false;
	uint64_t multiples = time_ns == 0 ? 1 : (time_ns - 1) / resolution + 1;
	*ret_limit_ns = multiples * resolution;
	return true;
}

#define TIME_TEXT_SIZE 32

/* "1.250 s" */
static const char *time_text(uint64_t time_ns, char text[TIME_TEXT_SIZE])
{
	(void)snprintf(text, TIME_TEXT_SIZE, "%" PRIu64 ".%03" PRIu64 " s", time_ns / SECOND_NS,
		       time_ns % SECOND_NS / 1000000);
	return text;
}

/* What was measured, into *limit. Returns the accepted submission that was cut short, or NULL. */
static const char *gather(const struct expectation *expectations,
			  const struct judgement *judgements, size_t count,
			  struct time_limit *limit, bool *ret_is_cut)
{
	const char *cut = NULL;
	for (size_t i = 0; i < count; i++) {
		struct slowest slowest = find_slowest(&judgements[i]);
		if (!slowest.is_known)
			continue;
		if (expectations[i].is_for_lower_bound) {
			if (slowest.is_cut || slowest.is_idle)
				cut = expectations[i].submission;
			if (limit->slowest_accepted == NULL ||
			    slowest.cpu_ns > limit->slowest_accepted_ns) {
				limit->slowest_accepted = expectations[i].submission;
				limit->slowest_accepted_ns = slowest.cpu_ns;
			}
		}
		if (expectations[i].is_for_upper_bound && !slowest.is_idle &&
		    slowest.cpu_ns < limit->fastest_too_slow_ns) {
			limit->fastest_too_slow = expectations[i].submission;
			limit->fastest_too_slow_ns = slowest.cpu_ns;
			*ret_is_cut = slowest.is_cut;
		}
	}
	return cut;
}

/* The limit that accepted submissions ask for; false with a message where that is out of bounds. */
static bool find_limit(const struct problem *problem, struct time_limit *limit)
{
	uint64_t needed;
	char time[TIME_TEXT_SIZE];
	if (multiply(limit->slowest_accepted_ns, problem->time_rule.accepted_factor, &needed) &&
	    round_up(problem, needed, &limit->limit_ns))
		return true;
	limit->limit_ns = 0;
	(void)snprintf(limit->message, sizeof limit->message,
		       "%.80s needs %s, and no time limit is %g times that",
		       limit->slowest_accepted, time_text(limit->slowest_accepted_ns, time),
		       problem->time_rule.accepted_factor);
	return false;
}

/* Whether what has to be too slow is, under that limit. */
static bool is_separating(const struct problem *problem, struct time_limit *limit, bool is_cut)
{
	uint64_t wanted;
	char used[TIME_TEXT_SIZE], suggested[TIME_TEXT_SIZE], too_slow[TIME_TEXT_SIZE];
	if (limit->fastest_too_slow == NULL)
		return true;
	if (multiply(limit->limit_ns, problem->time_rule.rejected_factor, &wanted) &&
	    wanted <= limit->fastest_too_slow_ns)
		return true;
	(void)snprintf(limit->message, sizeof limit->message,
		       "%.80s needs %s, hence a limit of %s, and %.80s %s %s, less than %g times "
		       "that%s", limit->slowest_accepted, time_text(limit->slowest_accepted_ns, used),
		       time_text(limit->limit_ns, suggested), limit->fastest_too_slow,
		       is_cut ? "was stopped after" : "needs only",
		       time_text(limit->fastest_too_slow_ns, too_slow),
		       problem->time_rule.rejected_factor,
		       is_cut ? ": judge it with a longer limit" : "");
	limit->limit_ns = 0;
	return false;
}

void time_limit_suggest(const struct problem *problem, const struct expectation *expectations,
			const struct judgement *judgements, size_t count,
			struct time_limit *ret_limit)
{
	struct time_limit limit = { .fastest_too_slow_ns = BAILIFF_UNKNOWN };
	bool is_cut = false;
	const char *cut = gather(expectations, judgements, count, &limit, &is_cut);
	if (limit.slowest_accepted == NULL) {
		(void)snprintf(limit.message, sizeof limit.message,
			       "no submission that is to be accepted was run");
	} else if (cut != NULL) {
		(void)snprintf(limit.message, sizeof limit.message,
			       "%.100s is to be accepted and was stopped by the time limit in "
			       "force: judge it with a longer one", cut);
	} else if (find_limit(problem, &limit)) {
		limit.is_known = is_separating(problem, &limit, is_cut);
	}
	*ret_limit = limit;
}
