/* SPDX-License-Identifier: MIT */
/*
 * Goal: the suggested time limit is the smallest multiple of the resolution that both kinds of
 * submissions allow, exactly; where there is none, it is said why.
 * Method: packages of two or three submissions with one test each.
 */
#include "judge/grading.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define NONE UINT64_MAX

struct row {
	const char *name;
	enum problem_format format;
	struct time_rule rule;
	uint64_t accepted_ns, too_slow_ns; /* NONE = no such submission */
	uint64_t limit_ns;		   /* 0 = not known */
};

#define OLD PROBLEM_FORMAT_LEGACY, { 5, 2, 1000 * MS }
#define NEW(...) PROBLEM_FORMAT_2025_09, { __VA_ARGS__ }

static const struct row rows[] = {
	{ "new: exactly one", NEW(2.0, 1.5, 1000 * MS), 500 * MS, NONE, 1000 * MS },
	{ "new: a nanosecond more", NEW(2.0, 1.5, 1000 * MS), 500 * MS + 1, NONE, 2000 * MS },
	{ "new: nothing at all", NEW(2.0, 1.5, 1000 * MS), 0, NONE, 1000 * MS },
	{ "new: finer", NEW(2.0, 1.5, 100 * MS), 140 * MS, NONE, 300 * MS },
	{ "new: a factor that is not binary", NEW(1.1, 1.5, 100 * MS), 1000 * MS, NONE, 1100 * MS },
	{ "new: another one", NEW(1.4, 1.5, 1), 5, NONE, 7 },
	{ "new: the slow one at its bound", NEW(2.0, 1.5, 1000 * MS), 500 * MS, 1500 * MS,
	  1000 * MS },
	{ "new: the slow one too fast", NEW(2.0, 1.5, 1000 * MS), 500 * MS, 1500 * MS - 1, 0 },
	{ "new: room between them, but no multiple", NEW(2.0, 1.5, 10000 * MS), 500 * MS,
	  9000 * MS, 0 },
	{ "new: slower than what must be too slow", NEW(2.0, 1.5, 1), 500 * MS, 400 * MS, 0 },
	{ "new: only slow ones", NEW(2.0, 1.5, 1000 * MS), NONE, 9000 * MS, 0 },
	{ "new: nothing is known", NEW(2.0, 1.5, 1000 * MS), NONE, NONE, 0 },
	{ "old: at least a second", OLD, 10 * MS, NONE, 1000 * MS },
	{ "old: exactly a second", OLD, 200 * MS, NONE, 1000 * MS },
	{ "old: more", OLD, 201 * MS, NONE, 2000 * MS },
	{ "old: the slow one at its bound", OLD, 200 * MS, 2000 * MS, 1000 * MS },
	{ "old: the slow one too fast", OLD, 200 * MS, 1999 * MS, 0 },
	{ "old: a second, finer", PROBLEM_FORMAT_LEGACY, { 5, 2, 100 * MS }, 10 * MS, NONE,
	  1000 * MS },
	{ "an absurd factor", NEW(1e300, 1.5, 1), 1, NONE, 0 },
	{ "a factor that is no number", NEW(0.0 / 0.0, 1.5, 1), 1, NONE, 0 },
	{ "a negative factor", NEW(-1, 1.5, 1), 1000, NONE, 0 },
	{ "an absurd second factor", NEW(2, 1e300, 1), 1, 1000, 0 },
	{ "an absurd time", NEW(2, 1.5, 1), UINT64_MAX - 1, NONE, 0 },
	{ "an absurd resolution", NEW(2, 1.5, UINT64_MAX), 1, NONE, 0 },
	{ "no resolution", NEW(2, 1.5, 0), 1, NONE, 1000 * MS },
};

static const struct expectation expectations[] = {
	{ .submission = "accepted/a.c", .is_for_lower_bound = true },
	{ .submission = "slow/b.c", .is_for_upper_bound = true },
	{ .submission = "wrong/c.c" },
};

#define COUNT ARRAY_LENGTH(expectations)

/* Three judgements with one test each. */
struct package {
	struct problem problem;
	struct test_report tests[COUNT];
	struct judgement judgements[COUNT];
};

static void make_package(struct package *package, const struct row *row)
{
	memset(package, 0, sizeof *package);
	package->problem.format = row->format;
	package->problem.time_rule = row->rule;
	/* The third one is for neither bound, so that its time must not matter. */
	const uint64_t times[COUNT] = { row->accepted_ns, row->too_slow_ns, 77777 * MS };
	for (size_t i = 0; i < COUNT; i++) {
		struct test_report *test = &package->tests[i];
		test->has_run = times[i] != NONE;
		test->usage.cpu_ns = times[i];
		test->verdict = i == 0 ? JUDGE_AC : JUDGE_TLE;
		test->reason = i == 0 ? BAILIFF_REASON_EXITED : BAILIFF_REASON_CPU_TIME;
		package->judgements[i].tests = test;
		package->judgements[i].test_count = 1;
	}
}

static struct time_limit suggest(const struct package *package)
{
	struct time_limit limit;
	time_limit_suggest(&package->problem, expectations, package->judgements, COUNT, &limit);
	return limit;
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct package package;
		make_package(&package, &rows[i]);
		struct time_limit limit = suggest(&package);
		if (limit.is_known != (rows[i].limit_ns != 0) || limit.limit_ns != rows[i].limit_ns)
			fail_msg("%s: %llu ns", rows[i].name, (unsigned long long)limit.limit_ns);
		assert_int_equal(limit.message[0] == '\0', limit.is_known);
		assert_int_equal(limit.slowest_accepted == NULL, rows[i].accepted_ns == NONE);
		assert_int_equal(limit.fastest_too_slow == NULL, rows[i].too_slow_ns == NONE);
		assert_true(limit.fastest_too_slow_ns == rows[i].too_slow_ns);
	}
}

static void test_messages(void **state)
{
	(void)state;
	struct package package;
	make_package(&package, &rows[7]);
	package.tests[1].verdict = JUDGE_AC;
	assert_string_equal(suggest(&package).message,
			    "accepted/a.c needs 0.500 s, hence a limit of 1.000 s, and slow/b.c "
			    "needs only 1.499 s, less than 1.5 times that");
	package.tests[1].verdict = JUDGE_TLE;
	assert_string_equal(suggest(&package).message,
			    "accepted/a.c needs 0.500 s, hence a limit of 1.000 s, and slow/b.c "
			    "was stopped after 1.499 s, less than 1.5 times that: judge it "
			    "with a longer limit");
	make_package(&package, &rows[11]);
	assert_string_equal(suggest(&package).message,
			    "no submission that is to be accepted was run");
}

/* A time that a limit cut short is no measurement. */
static void test_cut_times(void **state)
{
	(void)state;
	struct package package;
	make_package(&package, &rows[6]);
	assert_true(suggest(&package).is_known);
	package.tests[0].verdict = JUDGE_TLE;
	package.tests[0].reason = BAILIFF_REASON_CPU_TIME;
	struct time_limit limit = suggest(&package);
	assert_false(limit.is_known);
	assert_non_null(strstr(limit.message, "accepted/a.c"));
	/* One that slept is too slow under any limit of CPU time. */
	make_package(&package, &rows[6]);
	package.tests[1].usage.cpu_ns = 5 * MS;
	assert_false(suggest(&package).is_known);
	package.tests[1].reason = BAILIFF_REASON_IDLE;
	limit = suggest(&package);
	assert_true(limit.is_known && limit.fastest_too_slow == NULL);
}

/* A submission's time is that of its slowest test; the fastest of several slow ones decides. */
static void test_extremes(void **state)
{
	(void)state;
	struct problem problem = { .format = PROBLEM_FORMAT_2025_09,
				   .time_rule = { 2, 1.5, 1000 * MS } };
	struct test_report tests[4][2];
	memset(tests, 0, sizeof tests);
	static const uint64_t times[4][2] = {
		{ 100 * MS, 700 * MS }, { 900 * MS, 50 * MS }, { 1 * MS, 5000 * MS },
		{ 4000 * MS, 3000 * MS },
	};
	struct expectation list[4] = { 0 };
	struct judgement judgements[4] = { 0 };
	static const char *const names[] = { "a", "b", "c", "d" };
	for (size_t i = 0; i < 4; i++) {
		list[i].submission = names[i];
		list[i].is_for_lower_bound = i < 2;
		list[i].is_for_upper_bound = i >= 2;
		for (size_t j = 0; j < 2; j++) {
			tests[i][j].has_run = true;
			tests[i][j].usage.cpu_ns = times[i][j];
		}
		judgements[i] = (struct judgement){ .tests = tests[i], .test_count = 2 };
	}
	struct time_limit limit;
	time_limit_suggest(&problem, list, judgements, 4, &limit);
	assert_true(limit.is_known);
	assert_int_equal(limit.limit_ns, 2000 * MS);
	assert_string_equal(limit.slowest_accepted, "b");
	assert_int_equal(limit.slowest_accepted_ns, 900 * MS);
	assert_string_equal(limit.fastest_too_slow, "d");
	assert_int_equal(limit.fastest_too_slow_ns, 4000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_cut_times),
		cmocka_unit_test(test_extremes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
