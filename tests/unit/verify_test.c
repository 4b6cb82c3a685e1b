/* SPDX-License-Identifier: MIT */
/*
 * Goal: a judgement is as expected exactly when every test's verdict is permitted, a required one
 * was seen, and score and message fit; otherwise the reason is named.
 * Method: judgements made of lists of verdicts, one expectation changed at a time.
 */
#include "judge/grading.h"

#include "base/mem.h"
#include "codec/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ANY (~(verdict_set)0)
#define BITS(a, b) (VERDICT_BIT(a) | VERDICT_BIT(b))

static const struct test_case cases[] = {
	{ .name = "sample/1" }, { .name = "secret/1" }, { .name = "secret/2" },
};

struct row {
	const char *name;
	verdict_set permitted, required;
	enum judge_verdict judgement;
	enum judge_verdict tests[ARRAY_LENGTH(cases)];
	const char *why; /* NULL = it holds */
};

static const struct row rows[] = {
	{ "accepted", VERDICT_BIT(JUDGE_AC), 0, JUDGE_AC, { JUDGE_AC, JUDGE_AC, JUDGE_AC }, NULL },
	{ "not accepted", VERDICT_BIT(JUDGE_AC), 0, JUDGE_WA, { JUDGE_AC, JUDGE_WA, JUDGE_AC },
	  "wrong answer on secret/1, permitted: AC" },
	{ "wrong", BITS(JUDGE_AC, JUDGE_WA), VERDICT_BIT(JUDGE_WA), JUDGE_WA,
	  { JUDGE_AC, JUDGE_WA, JUDGE_AC }, NULL },
	{ "never wrong", BITS(JUDGE_AC, JUDGE_WA), VERDICT_BIT(JUDGE_WA), JUDGE_AC,
	  { JUDGE_AC, JUDGE_AC, JUDGE_AC }, "no test had the required verdict: WA" },
	{ "wrong, then slow", BITS(JUDGE_AC, JUDGE_WA), VERDICT_BIT(JUDGE_WA), JUDGE_WA,
	  { JUDGE_AC, JUDGE_WA, JUDGE_TLE },
	  "time limit exceeded on secret/2, permitted: AC, WA" },
	{ "one of several required", ANY, BITS(JUDGE_TLE, JUDGE_RE), JUDGE_RE,
	  { JUDGE_AC, JUDGE_WA, JUDGE_RE }, NULL },
	{ "skipped tests do not matter", VERDICT_BIT(JUDGE_WA), 0, JUDGE_WA,
	  { JUDGE_WA, JUDGE_SKIPPED, JUDGE_SKIPPED }, NULL },
	{ "and are not what is required", ANY, VERDICT_BIT(JUDGE_SKIPPED), JUDGE_WA,
	  { JUDGE_WA, JUDGE_SKIPPED, JUDGE_PENDING },
	  "no test had the required verdict: SKIPPED" },
	{ "no test at all", ANY, 0, JUDGE_WA, { JUDGE_SKIPPED, JUDGE_SKIPPED, JUDGE_PENDING },
	  "no test was run" },
	{ "compile error, expected", VERDICT_BIT(JUDGE_CE), VERDICT_BIT(JUDGE_CE), JUDGE_CE,
	  { JUDGE_SKIPPED, JUDGE_SKIPPED, JUDGE_SKIPPED }, NULL },
	{ "compile error, not expected", VERDICT_BIT(JUDGE_AC), 0, JUDGE_CE,
	  { JUDGE_SKIPPED, JUDGE_SKIPPED, JUDGE_SKIPPED }, "compile error, permitted: AC" },
	{ "no compile error", ANY, VERDICT_BIT(JUDGE_CE), JUDGE_AC,
	  { JUDGE_AC, JUDGE_AC, JUDGE_AC }, "no test had the required verdict: CE" },
	{ "a judge error is never permitted", ANY, 0, JUDGE_IE,
	  { JUDGE_AC, JUDGE_SKIPPED, JUDGE_SKIPPED }, "judge error" },
	{ "nor in one test", ANY, 0, JUDGE_WA, { JUDGE_AC, JUDGE_WA, JUDGE_IE },
	  "judge error on secret/2" },
	{ "nothing is permitted", 0, 0, JUDGE_AC, { JUDGE_AC, JUDGE_AC, JUDGE_AC },
	  "accepted on sample/1, permitted: nothing" },
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct test_report reports[ARRAY_LENGTH(cases)] = { 0 };
		for (size_t j = 0; j < ARRAY_LENGTH(cases); j++) {
			reports[j].test = &cases[j];
			reports[j].verdict = rows[i].tests[j];
		}
		struct judgement judgement = { .verdict = rows[i].judgement, .tests = reports,
					       .test_count = ARRAY_LENGTH(cases) };
		struct expectation expectation = { .permitted = rows[i].permitted,
						   .required = rows[i].required };
		char why[200] = "?";
		bool holds = expectation_holds(&expectation, &judgement, why, sizeof why);
		const char *expected = rows[i].why != NULL ? rows[i].why : "";
		if (holds != (rows[i].why == NULL) || strcmp(why, expected) != 0)
			fail_msg("%s: %d, \"%s\"", rows[i].name, holds, why);
	}
}

/* A judgement with one accepted test that says "off by one". */
static struct judgement one_test(struct test_report *report, char *message)
{
	*report = (struct test_report){ .test = &cases[0], .verdict = JUDGE_AC };
	report->judge_message.text = message;
	return (struct judgement){ .verdict = JUDGE_AC, .tests = report, .test_count = 1 };
}

static void test_scores(void **state)
{
	(void)state;
	static const struct {
		bool has_score;
		double score, least, most;
		const char *why;
	} scores[] = {
		{ true, 40, 40, 40, NULL },
		{ true, 40, 30, 50, NULL },
		{ true, 0.1 + 0.2, 0.3, 0.3, NULL },
		{ true, 40.1, 30, 40, "score 40.1, expected: 30 to 40" },
		{ true, 29, 30, 40, "score 29, expected: 30 to 40" },
		{ true, 29, 30, 30, "score 29, expected: 30" },
		{ false, 30, 30, 30, "no score, expected: 30" },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(scores); i++) {
		struct test_report report;
		struct judgement judgement = one_test(&report, NULL);
		judgement.has_score = scores[i].has_score;
		judgement.score = scores[i].score;
		struct expectation expectation = {
			.permitted = ANY, .has_score = true, .score_min = scores[i].least,
			.score_max = scores[i].most,
		};
		char why[200];
		assert_int_equal(expectation_holds(&expectation, &judgement, why, sizeof why),
				 scores[i].why == NULL);
		assert_string_equal(why, scores[i].why != NULL ? scores[i].why : "");
		expectation.has_score = false;
		assert_true(expectation_holds(&expectation, &judgement, why, sizeof why));
	}
}

static void test_messages(void **state)
{
	(void)state;
	char text[] = "line 3: off by one";
	struct test_report report;
	struct judgement judgement = one_test(&report, text);
	struct expectation expectation = { .permitted = ANY, .message = "off by" };
	char why[200];
	assert_true(expectation_holds(&expectation, &judgement, why, sizeof why));
	expectation.message = "off by two";
	assert_false(expectation_holds(&expectation, &judgement, why, sizeof why));
	assert_string_equal(why, "no judge message says \"off by two\"");
	report.judge_message.text = NULL;
	assert_false(expectation_holds(&expectation, &judgement, why, sizeof why));
}

/* The reason is cut where there is little room, and never within a character. */
static void test_room(void **state)
{
	(void)state;
	struct test_report report;
	struct judgement judgement = one_test(&report, NULL);
	struct expectation expectation = { .permitted = ANY, .message = "\xe2\x82\xac\xe2\x82\xac" };
	for (size_t capacity = 0; capacity < 40; capacity++) {
		char why[40];
		memset(why, 'x', sizeof why);
		assert_false(expectation_holds(&expectation, &judgement, why, capacity));
		size_t length = capacity > 0 ? strnlen(why, capacity) : 0;
		assert_true(capacity == 0 || length < capacity);
		assert_int_equal(utf8_prefix(why, length), length);
		assert_int_equal(why[capacity], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
