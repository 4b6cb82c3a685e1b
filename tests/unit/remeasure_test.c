/* SPDX-License-Identifier: MIT */
/*
 * Goal: a run is measured again when its time decided and noise may have, and only then; of two
 * runs the one that noise slowed less is kept.
 * Method: one undisturbed result, changed in a few fields per row.
 */
#include "judge/remeasure.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define UNKNOWN BAILIFF_UNKNOWN

struct row {
	const char *name;
	enum bailiff_verdict verdict;
	enum bailiff_reason reason;
	uint64_t cpu_ms, wall_ms; /* of 1000 and 3000 */
	struct bailiff_noise noise;
	bool wanted;
};

#define OK BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED
#define CPU BAILIFF_VERDICT_TLE, BAILIFF_REASON_CPU_TIME
#define WALL BAILIFF_VERDICT_TLE, BAILIFF_REASON_WALL_TIME

static const struct row rows[] = {
	{ "quiet and fast", OK, 100, 110, { 0 }, false },
	{ "quiet and near", OK, 950, 960, { 0 }, false },
	{ "quiet and too slow", CPU, 1001, 1010, { 0 }, false },
	{ "fast and noisy", OK, 899, 960, { .steal_ns = 500 * MS }, false },
	{ "near and stolen from", OK, 900, 1000, { .steal_ns = 20 * MS }, true },
	{ "near and hardly stolen from", OK, 900, 1000, { .steal_ns = 19 * MS }, false },
	{ "too slow and stolen from", CPU, 1001, 1100, { .steal_ns = 50 * MS }, true },
	{ "near and waiting", OK, 950, 1000, { .cpu_pressure_ns = 30 * MS }, true },
	{ "too slow and waiting", CPU, 1001, 1100, { .cpu_pressure_ns = 900 * MS }, true },
	{ "too slow and waiting for itself", CPU, 1001, 960, { .cpu_pressure_ns = 900 * MS },
	  false },
	{ "too slow and hardly waiting for others", CPU, 1001, 1010,
	  { .cpu_pressure_ns = 900 * MS }, false },
	{ "near and hardly waiting", OK, 950, 1000, { .cpu_pressure_ns = 3 * MS }, false },
	{ "near and switched", OK, 950, 1000, { .involuntary_switches = 102 }, true },
	{ "near and hardly switched", OK, 950, 1000, { .involuntary_switches = 101 }, false },
	{ "near and throttled costs no CPU time", OK, 950, 1000, { .throttled_ns = 900 * MS },
	  false },
	{ "near the wall and throttled", OK, 100, 2700, { .throttled_ns = 90 * MS }, true },
	{ "at the wall and throttled", WALL, 500, 3001, { .throttled_ns = 90 * MS }, true },
	{ "at the wall and waiting", WALL, 500, 3001, { .cpu_pressure_ns = 2000 * MS }, true },
	{ "at the wall and quiet", WALL, 500, 3001, { 0 }, false },
	{ "idle", BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE, 1, 3001, { .steal_ns = 900 * MS },
	  false },
	{ "failed near the limit", BAILIFF_VERDICT_RE, BAILIFF_REASON_EXIT_CODE, 990, 1000,
	  { .steal_ns = 900 * MS }, false },
	{ "out of memory", BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL, 990, 1000,
	  { .steal_ns = 900 * MS }, false },
	{ "not run", BAILIFF_VERDICT_IE, BAILIFF_REASON_STAGE, 0, 0, { .steal_ns = 900 * MS },
	  false },
	{ "nothing is known", OK, 990, 1000, { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN },
	  false },
	{ "nothing is known at the wall", WALL, 500, 3001,
	  { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN }, false },
};

static struct bailiff_result result_of(const struct row *row)
{
	return (struct bailiff_result){
		.verdict = row->verdict,
		.reason = row->reason,
		.cpu_ns = row->cpu_ms * MS,
		.wall_ns = row->wall_ms * MS,
		.limits = { .cpu_ns = 1000 * MS, .wall_ns = 3000 * MS },
		.noise = row->noise,
	};
}

static void test_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct bailiff_result result = result_of(&rows[i]);
		if (remeasure_wanted(&result) != rows[i].wanted)
			fail_msg("%s", rows[i].name);
	}
	struct bailiff_result zero = { 0 };
	assert_false(remeasure_wanted(&zero));
}

static bool is_better(enum bailiff_verdict a, uint64_t a_cpu, enum bailiff_verdict b,
		      uint64_t b_cpu)
{
	struct bailiff_result first = { .verdict = a, .cpu_ns = a_cpu };
	struct bailiff_result second = { .verdict = b, .cpu_ns = b_cpu };
	return remeasure_is_better(&first, &second);
}

static void test_better(void **state)
{
	(void)state;
	assert_true(is_better(BAILIFF_VERDICT_OK, 1, BAILIFF_VERDICT_OK, 2));
	assert_false(is_better(BAILIFF_VERDICT_OK, 2, BAILIFF_VERDICT_OK, 2));
	assert_false(is_better(BAILIFF_VERDICT_OK, 3, BAILIFF_VERDICT_OK, 2));
	assert_true(is_better(BAILIFF_VERDICT_TLE, 1, BAILIFF_VERDICT_TLE, 2));
	assert_true(is_better(BAILIFF_VERDICT_OK, 9, BAILIFF_VERDICT_TLE, 2));
	assert_false(is_better(BAILIFF_VERDICT_TLE, 1, BAILIFF_VERDICT_OK, 2));
	assert_true(is_better(BAILIFF_VERDICT_RE, 9, BAILIFF_VERDICT_TLE, 2));
	assert_false(is_better(BAILIFF_VERDICT_TLE, 1, BAILIFF_VERDICT_RE, 2));
	/* A program that fails by chance is not made right by another run. */
	assert_false(is_better(BAILIFF_VERDICT_OK, 1, BAILIFF_VERDICT_RE, 2));
	assert_false(is_better(BAILIFF_VERDICT_RE, 1, BAILIFF_VERDICT_OK, 2));
	assert_false(is_better(BAILIFF_VERDICT_IE, 1, BAILIFF_VERDICT_TLE, 2));
	assert_true(is_better(BAILIFF_VERDICT_TLE, 1, BAILIFF_VERDICT_IE, 0));
	assert_true(is_better(BAILIFF_VERDICT_OK, 1, BAILIFF_VERDICT_NONE, 0));
	assert_false(is_better(BAILIFF_VERDICT_IE, 1, BAILIFF_VERDICT_IE, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_better),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
