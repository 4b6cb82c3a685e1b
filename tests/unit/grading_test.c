/* SPDX-License-Identifier: MIT */
/*
 * Goal: verdicts and scores of groups and submissions follow from those of the tests as each
 * package format says, only what may be skipped is skipped, and running all tests changes nothing.
 * Method: small problems, one verdict per letter of a string; then random trees of groups with
 * random rules and verdicts, judged with all tests and without.
 */
#include "judge/grading.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TESTS_MAX 32
#define GROUPS_MAX 16

/* A problem with its groups and tests, and one submission's judgement. */
struct fixture {
	struct problem problem;
	struct test_group groups[GROUPS_MAX];
	struct test_case tests[TESTS_MAX];
	char names[TESTS_MAX][24];
	struct judgement judgement;
	struct test_report reports[TESTS_MAX];
	struct group_report group_reports[GROUPS_MAX];
};

static void add_group(struct fixture *fixture, const char *name, size_t parent)
{
	struct test_group *group = &fixture->groups[fixture->problem.group_count++];
	*group = (struct test_group){
		.name = name,
		.parent = parent,
		.is_sample = strcmp(name, "sample") == 0,
		.accept_score = 1,
		.range_min = -INFINITY,
		.range_max = INFINITY,
	};
}

static void add_tests(struct fixture *fixture, size_t group, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t test = fixture->problem.test_count++;
		(void)snprintf(fixture->names[test], sizeof fixture->names[test], "%.15s/%zu",
			       fixture->groups[group].name, i + 1);
		fixture->tests[test] = (struct test_case){
			.name = fixture->names[test],
			.group = group,
			.is_sample = fixture->groups[group].is_sample,
		};
	}
}

static void start(struct fixture *fixture, enum problem_format format, bool is_scoring)
{
	memset(fixture, 0, sizeof *fixture);
	fixture->problem.format = format;
	fixture->problem.is_scoring = is_scoring;
	fixture->problem.groups = fixture->groups;
	fixture->problem.tests = fixture->tests;
	add_group(fixture, "", GROUP_NONE);
}

/* Root, sample with one test, secret with one test, secret/a with two, secret/b with two. */
enum { ROOT, SAMPLE, SECRET, A, B };
enum { SAMPLE_1, SECRET_1, A_1, A_2, B_1, B_2 };

static void start_nested(struct fixture *fixture, enum problem_format format, bool is_scoring)
{
	start(fixture, format, is_scoring);
	add_group(fixture, "sample", ROOT);
	add_group(fixture, "secret", ROOT);
	add_group(fixture, "secret/a", SECRET);
	add_group(fixture, "secret/b", SECRET);
	add_tests(fixture, SAMPLE, 1);
	add_tests(fixture, SECRET, 1);
	add_tests(fixture, A, 2);
	add_tests(fixture, B, 2);
}

/* Root, sample with one test, secret with groups a and b of two tests; 40 and 60 points. */
enum { NEW_SAMPLE_1, NEW_A_1, NEW_A_2, NEW_B_1, NEW_B_2 };

static void start_new(struct fixture *fixture)
{
	start(fixture, PROBLEM_FORMAT_2025_09, true);
	add_group(fixture, "sample", ROOT);
	add_group(fixture, "secret", ROOT);
	add_group(fixture, "secret/a", SECRET);
	add_group(fixture, "secret/b", SECRET);
	add_tests(fixture, SAMPLE, 1);
	add_tests(fixture, A, 2);
	add_tests(fixture, B, 2);
	fixture->groups[SAMPLE].is_pass_fail = true;
	static const double most[] = { [SECRET] = 100, [A] = 40, [B] = 60 };
	for (size_t i = SECRET; i <= B; i++) {
		fixture->groups[i].is_bounded = true;
		fixture->groups[i].max_score = most[i];
	}
}

static void set_continue(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->problem.group_count; i++)
		fixture->groups[i].on_reject_continue = true;
}

static enum judge_verdict verdict_of(char letter)
{
	static const struct {
		char letter;
		enum judge_verdict verdict;
	} letters[] = {
		{ 'A', JUDGE_AC }, { 'W', JUDGE_WA }, { 'P', JUDGE_PE }, { 'T', JUDGE_TLE },
		{ 'M', JUDGE_MLE }, { 'O', JUDGE_OLE }, { 'R', JUDGE_RE }, { 'S', JUDGE_SV },
		{ 'I', JUDGE_IE }, { '-', JUDGE_SKIPPED }, { '?', JUDGE_PENDING },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(letters); i++) {
		if (letters[i].letter == letter)
			return letters[i].verdict;
	}
	fail_msg("no verdict '%c'", letter);
	return JUDGE_PENDING;
}

/* Makes the judgement of a submission with these verdicts; scores are given by the caller then. */
static void report(struct fixture *fixture, const char *verdicts)
{
	assert_int_equal(strlen(verdicts), fixture->problem.test_count);
	fixture->judgement = (struct judgement){
		.problem = &fixture->problem,
		.tests = fixture->reports,
		.test_count = fixture->problem.test_count,
		.groups = fixture->group_reports,
		.group_count = fixture->problem.group_count,
	};
	for (size_t i = 0; i < fixture->problem.test_count; i++)
		fixture->reports[i] = (struct test_report){
			.test = &fixture->tests[i], .verdict = verdict_of(verdicts[i]),
		};
}

static const struct judgement *conclude(struct fixture *fixture)
{
	struct bailiff_error err = { 0 };
	assert_int_equal(grading_conclude(&fixture->judgement, NULL, NULL, &err), 0);
	return &fixture->judgement;
}

static void check(struct fixture *fixture, const char *verdicts, enum judge_verdict verdict,
		  const char *message)
{
	report(fixture, verdicts);
	const struct judgement *judgement = conclude(fixture);
	if (judgement->verdict != verdict || strcmp(judgement->message, message) != 0)
		fail_msg("%s: %s, \"%s\"", verdicts, judge_verdict_name(judgement->verdict),
			 judgement->message);
}

static void check_score(struct fixture *fixture, const char *verdicts, enum judge_verdict verdict,
			double score)
{
	report(fixture, verdicts);
	const struct judgement *judgement = conclude(fixture);
	if (judgement->verdict != verdict || !judgement->has_score ||
	    fabs(judgement->score - score) > 1e-9)
		fail_msg("%s: %s, %g", verdicts, judge_verdict_name(judgement->verdict),
			 judgement->score);
}

/* What is run of a submission that would have these verdicts: the others become '-'. */
static void run_submission(struct fixture *fixture, const char *verdicts, bool all_tests,
			   char *ret_run)
{
	report(fixture, verdicts);
	for (size_t i = 0; i < fixture->problem.test_count; i++)
		fixture->reports[i].verdict = JUDGE_PENDING;
	for (size_t i = 0; i < fixture->problem.test_count; i++) {
		bool is_needed = grading_needs_test(&fixture->problem, fixture->reports, i,
						    all_tests);
		ret_run[i] = is_needed ? verdicts[i] : '-';
		fixture->reports[i].verdict = verdict_of(ret_run[i]);
	}
	ret_run[fixture->problem.test_count] = '\0';
}

static void check_run(struct fixture *fixture, const char *verdicts, bool all_tests,
		      const char *expected)
{
	char run[TESTS_MAX + 1];
	run_submission(fixture, verdicts, all_tests, run);
	if (strcmp(run, expected) != 0)
		fail_msg("%s: ran %s, not %s", verdicts, run, expected);
}

/* ---- pass-fail ------------------------------------------------------------------------------ */

static void test_plain_folder(void **state)
{
	(void)state;
	struct fixture fixture;
	start(&fixture, PROBLEM_FORMAT_FOLDER, false);
	add_tests(&fixture, ROOT, 3);
	check(&fixture, "AAA", JUDGE_AC, "accepted");
	assert_int_equal(fixture.judgement.passed, 3);
	assert_false(fixture.judgement.has_score);
	check(&fixture, "AW-", JUDGE_WA, "wrong answer on /2");
	assert_int_equal(fixture.judgement.passed, 1);
	check(&fixture, "ATW", JUDGE_TLE, "time limit exceeded on /2");
	check(&fixture, "AWR", JUDGE_WA, "wrong answer on /2");
	check_run(&fixture, "AWA", false, "AW-");
	check_run(&fixture, "AWA", true, "AWA");
	set_continue(&fixture);
	check_run(&fixture, "AWA", false, "AWA");
	/* In order, whatever comes later. */
	check(&fixture, "PWR", JUDGE_PE, "presentation error on /1");
}

static void test_pass_fail_groups(void **state)
{
	(void)state;
	static const enum problem_format formats[] = { PROBLEM_FORMAT_LEGACY,
						       PROBLEM_FORMAT_2025_09 };
	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
		struct fixture fixture;
		start_nested(&fixture, formats[i], false);
		check(&fixture, "AAAAAA", JUDGE_AC, "accepted");
		check(&fixture, "AAAWRA", JUDGE_WA, "wrong answer on secret/a/2");
		check_run(&fixture, "AAAAAA", false, "AAAAAA");
		check_run(&fixture, "WAAAAA", false, "W-----");
		check_run(&fixture, "AATAAA", false, "AAT---");
		check_run(&fixture, "AATAAA", true, "AATAAA");
		check(&fixture, "AAT---", JUDGE_TLE, "time limit exceeded on secret/a/1");
		assert_int_equal(fixture.group_reports[SAMPLE].verdict, JUDGE_AC);
		assert_int_equal(fixture.group_reports[SECRET].verdict, JUDGE_TLE);
		assert_int_equal(fixture.group_reports[A].verdict, JUDGE_TLE);
		assert_int_equal(fixture.group_reports[B].verdict, JUDGE_SKIPPED);
		assert_ptr_equal(fixture.group_reports[B].group, &fixture.groups[B]);
		assert_false(fixture.group_reports[A].has_score);
	}
}

static void test_judge_errors(void **state)
{
	(void)state;
	struct fixture fixture;
	start_nested(&fixture, PROBLEM_FORMAT_LEGACY, false);
	report(&fixture, "AWIAAA");
	(void)snprintf(fixture.reports[A_1].message, sizeof fixture.reports[A_1].message,
		       "the validator exited with 1");
	fixture.reports[A_1].error.fault = BAILIFF_FAULT_INTERNAL;
	fixture.reports[A_1].error.errnum = 7;
	const struct judgement *judgement = conclude(&fixture);
	assert_int_equal(judgement->verdict, JUDGE_IE);
	assert_string_equal(judgement->message,
			    "judge error on secret/a/1: the validator exited with 1");
	assert_int_equal(judgement->error.errnum, 7);
	assert_int_equal(judgement->passed, 4);
	assert_int_equal(judgement->groups[A].verdict, JUDGE_IE);
	/* Nothing else is worth being run. */
	set_continue(&fixture);
	check_run(&fixture, "AAIAAA", false, "AAI---");
	check_run(&fixture, "AAIAAA", true, "AAIAAA");
	/* Nor is anything accepted then, whatever the grader's mode. */
	fixture.problem.is_scoring = true;
	for (size_t i = ROOT; i <= B; i++)
		fixture.groups[i].verdict_mode = VERDICT_ALWAYS_ACCEPT;
	check(&fixture, "AAAAAI", JUDGE_IE, "judge error on secret/b/2");
	assert_false(fixture.judgement.has_score);
}

/* What was neither run nor skipped for a reason is never accepted. */
static void test_incomplete(void **state)
{
	(void)state;
	struct fixture fixture;
	start_nested(&fixture, PROBLEM_FORMAT_LEGACY, false);
	check(&fixture, "AAAA?A", JUDGE_IE, "judge error: not every test was run");
	check(&fixture, "AAAAA-", JUDGE_IE, "judge error: not every test was run");
	check(&fixture, "------", JUDGE_IE, "judge error: not every test was run");
	assert_int_equal(fixture.judgement.error.fault, BAILIFF_FAULT_SPEC);
	fixture.groups[ROOT].verdict_mode = VERDICT_ALWAYS_ACCEPT;
	check(&fixture, "AAAAA-", JUDGE_IE, "judge error: not every test was run");
	start(&fixture, PROBLEM_FORMAT_FOLDER, false);
	check(&fixture, "", JUDGE_IE, "judge error: the problem has no tests");
}

static void test_usage(void **state)
{
	(void)state;
	struct fixture fixture;
	start(&fixture, PROBLEM_FORMAT_FOLDER, false);
	add_tests(&fixture, ROOT, 3);
	report(&fixture, "AA-");
	fixture.reports[0].has_run = fixture.reports[1].has_run = true;
	fixture.reports[0].usage = (struct usage){ 1, 2, 3, 4, 500, 1 };
	fixture.reports[1].usage = (struct usage){ 10, 20, BAILIFF_UNKNOWN, 40, 300, 0 };
	fixture.reports[2].usage = (struct usage){ 99, 99, 99, 99, 999, 9 };
	fixture.reports[2].verdict = JUDGE_WA;
	const struct usage *usage = &conclude(&fixture)->usage;
	assert_int_equal(usage->cpu_ns, 11);
	assert_int_equal(usage->user_ns, 22);
	assert_true(usage->system_ns == BAILIFF_UNKNOWN);
	assert_int_equal(usage->wall_ns, 44);
	assert_int_equal(usage->memory_peak_bytes, 500);
	assert_int_equal(usage->oom_kills, 1);
}

/* ---- legacy scoring ------------------------------------------------------------------------- */

static void test_worst_error(void **state)
{
	(void)state;
	static const struct {
		const char *verdicts;
		enum judge_verdict verdict;
		const char *message;
	} rows[] = {
		{ "AAPAAA", JUDGE_PE, "presentation error on secret/a/1, score 0" },
		{ "AAPWAA", JUDGE_WA, "wrong answer on secret/a/2, score 0" },
		{ "AAPWOA", JUDGE_OLE, "output limit exceeded on secret/b/1, score 0" },
		{ "AAPTOA", JUDGE_TLE, "time limit exceeded on secret/a/2, score 0" },
		{ "AMPTOA", JUDGE_MLE, "memory limit exceeded on secret/1, score 0" },
		{ "AMPTOR", JUDGE_RE, "run-time error on secret/b/2, score 0" },
		{ "SMPTOR", JUDGE_SV, "forbidden system call on sample/1, score 0" },
		{ "RMPTOS", JUDGE_RE, "run-time error on sample/1, score 0" },
	};
	struct fixture fixture;
	start_nested(&fixture, PROBLEM_FORMAT_LEGACY, true);
	set_continue(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check(&fixture, rows[i].verdicts, rows[i].verdict, rows[i].message);
	for (size_t i = ROOT; i <= B; i++)
		fixture.groups[i].verdict_mode = VERDICT_FIRST_ERROR;
	check(&fixture, "AAPTOR", JUDGE_PE, "presentation error on secret/a/1, score 0");
}

static void test_legacy_scores(void **state)
{
	(void)state;
	struct fixture fixture;
	start_nested(&fixture, PROBLEM_FORMAT_LEGACY, true);
	check_score(&fixture, "AAAAAA", JUDGE_AC, 6);
	assert_string_equal(fixture.judgement.message, "accepted, score 6");
	fixture.groups[ROOT].ignore_sample = true;
	check_score(&fixture, "AAAAAA", JUDGE_AC, 5);
	check_score(&fixture, "WAAAAA", JUDGE_AC, 5);
	check_run(&fixture, "WAAAAA", false, "WAAAAA");
	/* Points for each group that is accepted as a whole. */
	fixture.groups[SECRET].on_reject_continue = true;
	fixture.groups[SECRET].verdict_mode = VERDICT_ALWAYS_ACCEPT;
	fixture.groups[A].accept_score = 20;
	fixture.groups[A].score_mode = SCORE_MIN;
	fixture.groups[B].accept_score = 70;
	fixture.groups[B].score_mode = SCORE_MAX;
	fixture.groups[SECRET].accept_score = 0.5;
	check_score(&fixture, "AAAAAA", JUDGE_AC, 90.5);
	check_score(&fixture, "AAAWAA", JUDGE_AC, 70.5);
	check_score(&fixture, "AWW-W-", JUDGE_AC, 0);
	check_run(&fixture, "AWWAAW", false, "AWW-AW");
	assert_true(fixture.groups[A].parent == SECRET);
	fixture.groups[SECRET].verdict_mode = VERDICT_WORST_ERROR;
	check_score(&fixture, "AAAWAA", JUDGE_WA, 0);
	fixture.groups[SECRET].accept_if_any_accepted = true;
	check_score(&fixture, "AAAWAA", JUDGE_AC, 70.5);
	check_score(&fixture, "AWAWAW", JUDGE_WA, 0);
	fixture.groups[SECRET].score_mode = SCORE_AVERAGE;
	check_score(&fixture, "AAAAAA", JUDGE_AC, 90.5 / 3);
	/* A rejected test may be worth something too. */
	fixture.groups[SECRET].reject_score = -3;
	check_score(&fixture, "AWAAAA", JUDGE_AC, (90.0 - 3) / 3);
}

static void test_legacy_validator_scores(void **state)
{
	(void)state;
	struct fixture fixture;
	start_nested(&fixture, PROBLEM_FORMAT_LEGACY, true);
	report(&fixture, "AAAAAA");
	fixture.reports[B_2].has_score = true;
	fixture.reports[B_2].score = 12.5;
	assert_true(conclude(&fixture)->score == 17.5);
	fixture.groups[B].range_max = 13.5;
	assert_int_equal(conclude(&fixture)->verdict, JUDGE_AC);
	fixture.groups[B].range_max = 13;
	assert_int_equal(conclude(&fixture)->verdict, JUDGE_IE);
	assert_string_equal(fixture.judgement.message,
			    "judge error: secret/b has a score outside its range");
	assert_false(fixture.judgement.has_score);
	assert_int_equal(fixture.judgement.error.fault, BAILIFF_FAULT_SPEC);
	fixture.reports[B_2].score = NAN;
	assert_int_equal(conclude(&fixture)->verdict, JUDGE_IE);
	/* Without scoring, nobody looks at scores. */
	fixture.problem.is_scoring = false;
	assert_int_equal(conclude(&fixture)->verdict, JUDGE_AC);
}

/* ---- 2025-09 scoring ------------------------------------------------------------------------ */

static void test_new_scores(void **state)
{
	(void)state;
	struct fixture fixture;
	start_new(&fixture);
	check_score(&fixture, "AAAAA", JUDGE_AC, 100);
	check_score(&fixture, "AWAAA", JUDGE_WA, 80);
	assert_string_equal(fixture.judgement.message, "wrong answer on secret/a/1, score 80");
	assert_true(fixture.group_reports[A].has_score && fixture.group_reports[A].score == 20);
	check_score(&fixture, "AWWTT", JUDGE_WA, 0);
	/* The sample has no points, but is judged. */
	check_score(&fixture, "WAAAA", JUDGE_WA, 100);
	assert_false(fixture.group_reports[SAMPLE].has_score);
	check_run(&fixture, "WWAWA", false, "WWAWA");

	fixture.groups[A].is_pass_fail = true;
	check_score(&fixture, "AWAAA", JUDGE_WA, 60);
	check_score(&fixture, "AAAWA", JUDGE_WA, 70);
	check_run(&fixture, "AWAWA", false, "AW-WA");

	fixture.groups[A].is_pass_fail = false;
	fixture.groups[A].score_mode = SCORE_MIN;
	check_score(&fixture, "AAAAA", JUDGE_AC, 100);
	check_score(&fixture, "AAWAA", JUDGE_WA, 60);
	check_run(&fixture, "AWAWA", false, "AW-WA");
	/* A group that failed may have points, so that the least is not known yet. */
	fixture.groups[SECRET].score_mode = SCORE_MIN;
	check_run(&fixture, "AWAWA", false, "AW-WA");
	check_score(&fixture, "AAAWA", JUDGE_WA, 30);
	fixture.groups[SECRET].is_pass_fail = true;
	check_run(&fixture, "AWAWA", false, "AW---");
	check_score(&fixture, "AAAWA", JUDGE_WA, 0);
	check_score(&fixture, "AAAAA", JUDGE_AC, 100);
}

static void test_thirds(void **state)
{
	(void)state;
	struct fixture fixture;
	start(&fixture, PROBLEM_FORMAT_2025_09, true);
	add_group(&fixture, "secret", ROOT);
	fixture.groups[1].is_bounded = true;
	fixture.groups[1].max_score = 100;
	add_tests(&fixture, 1, 11);
	report(&fixture, "AAAAAAAAAAA");
	assert_true(conclude(&fixture)->score == 100); /* exactly */
}

static void test_requirements(void **state)
{
	(void)state;
	static const size_t sample[] = { SAMPLE, GROUP_NONE };
	static const size_t both[] = { SAMPLE, A, GROUP_NONE };
	struct fixture fixture;
	start_new(&fixture);
	fixture.groups[A].required_groups = sample;
	fixture.groups[B].required_groups = both;
	check_run(&fixture, "AAAAA", false, "AAAAA");
	check_run(&fixture, "AAWAA", false, "AAW--");
	check_run(&fixture, "AAWAA", true, "AAW--");
	check_run(&fixture, "WAAAA", true, "W----");
	check_score(&fixture, "AAW--", JUDGE_WA, 20);
	assert_int_equal(fixture.group_reports[B].verdict, JUDGE_SKIPPED);
	assert_true(fixture.group_reports[B].has_score && fixture.group_reports[B].score == 0);
	check_score(&fixture, "W----", JUDGE_WA, 0);
	check_score(&fixture, "AAWAA", JUDGE_WA, 20); /* run in spite of it: counts for nothing */
	/* While tests of a required group are being run, it is not known to be failed. */
	report(&fixture, "AA???");
	assert_true(grading_needs_test(&fixture.problem, fixture.reports, 3, false));
	report(&fixture, "AAW??");
	assert_false(grading_needs_test(&fixture.problem, fixture.reports, 3, false));
	/* A group without tests cannot be failed. */
	start_new(&fixture);
	add_group(&fixture, "secret/c", SECRET);
	static const size_t empty[] = { B + 1, GROUP_NONE };
	fixture.groups[B].required_groups = empty;
	check_run(&fixture, "AAAAA", false, "AAAAA");
	/* In pass-fail problems as well. */
	start_new(&fixture);
	fixture.problem.is_scoring = false;
	fixture.groups[B].required_groups = both;
	check_run(&fixture, "AWAAA", true, "AWA--");
	check(&fixture, "AWA--", JUDGE_WA, "wrong answer on secret/a/1");
}

struct score_row {
	const char *verdicts;
	bool has_score;
	double score;
	bool has_multiplier;
	double multiplier;
	bool is_unbounded;
	const char *message; /* NULL = fine */
	double total;
};

/* What a validator says of the first test of group a, whose share is 20 of 40 points. */
static const struct score_row score_rows[] = {
	{ "AAAAA", true, 12, false, 0, false, NULL, 92 },
	{ "AAAAA", true, 20, false, 0, false, NULL, 100 },
	{ "AAAAA", true, 0, false, 0, false, NULL, 80 },
	{ "AAAAA", true, 20.001, false, 0, false, "secret/a/1 has a score above its maximum", 0 },
	{ "AAAAA", true, -1, false, 0, false,
	  "secret/a/1 has a score that is not a number of points", 0 },
	{ "AAAAA", true, NAN, false, 0, false,
	  "secret/a/1 has a score that is not a number of points", 0 },
	{ "AAAAA", false, 0, true, 0.25, false, NULL, 85 },
	{ "AAAAA", false, 0, true, 1, false, NULL, 100 },
	{ "AAAAA", false, 0, true, 1.01, false,
	  "secret/a/1 has a multiplier that is not between 0 and 1", 0 },
	{ "AAAAA", false, 0, true, NAN, false,
	  "secret/a/1 has a multiplier that is not between 0 and 1", 0 },
	{ "AAAAA", true, 1, true, 1, false, "secret/a/1 has both a score and a multiplier", 0 },
	{ "AWAAA", true, 1, false, 0, false, "secret/a/1 was rejected and has a score", 0 },
	{ "AWAAA", false, 0, true, 1, false, "secret/a/1 was rejected and has a score", 0 },
	{ "AWAAA", false, 0, false, 0, true, "secret/a/2 has no score, and its group has no maximum",
	  0 },
	{ "AAWAA", true, 33, false, 0, true, NULL, 93 },
	{ "AAWAA", true, 41, false, 0, true, "secret has a score above its maximum", 0 },
	{ "AAWAA", false, 0, true, 1, true, "secret/a/1 has no score, and its group has no maximum",
	  0 },
};

static void test_validator_scores(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(score_rows); i++) {
		const struct score_row *row = &score_rows[i];
		struct fixture fixture;
		start_new(&fixture);
		fixture.groups[A].is_bounded = !row->is_unbounded;
		report(&fixture, row->verdicts);
		fixture.reports[NEW_A_1].has_score = row->has_score;
		fixture.reports[NEW_A_1].score = row->score;
		fixture.reports[NEW_A_1].has_score_multiplier = row->has_multiplier;
		fixture.reports[NEW_A_1].score_multiplier = row->multiplier;
		const struct judgement *judgement = conclude(&fixture);
		if (row->message == NULL) {
			if (!judgement->has_score || fabs(judgement->score - row->total) > 1e-9)
				fail_msg("row %zu: %g %s", i, judgement->score, judgement->message);
			continue;
		}
		assert_int_equal(judgement->verdict, JUDGE_IE);
		assert_string_equal(judgement->message + strlen("judge error: "), row->message);
		assert_false(judgement->has_score);
	}
}

/* ---- custom graders ------------------------------------------------------------------------- */

struct grader_log {
	char text[200];
	struct grade answer;
	int status;
};

/* Writes down what it is asked, as "group:VERDICT score,..." */
static int log_grader(void *context, const struct test_group *group, const struct grade *members,
		      size_t count, struct grade *ret_grade, struct bailiff_error *err)
{
	struct grader_log *log = context;
	size_t length = strlen(log->text);
	length += (size_t)snprintf(log->text + length, sizeof log->text - length, "%s:",
				   group->name);
	for (size_t i = 0; i < count; i++)
		length += (size_t)snprintf(log->text + length, sizeof log->text - length,
					   "%s %g,", judge_verdict_name(members[i].verdict),
					   members[i].score);
	if (log->status < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, EIO, "the grader failed");
	*ret_grade = log->answer;
	return 0;
}

static void test_custom_graders(void **state)
{
	(void)state;
	struct fixture fixture;
	struct bailiff_error err = { 0 };
	start_nested(&fixture, PROBLEM_FORMAT_LEGACY, true);
	set_continue(&fixture);
	fixture.groups[A].custom_grader = fixture.groups[SECRET].custom_grader = true;
	struct grader_log log = { .answer = { .verdict = JUDGE_AC, .score = 7 } };
	report(&fixture, "AAAWTA");
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), 0);
	/* Bottom-up, each group's members in order. */
	assert_string_equal(log.text, "secret/a:AC 1,WA 0,secret:AC 1,AC 7,TLE 0,");
	assert_int_equal(fixture.judgement.verdict, JUDGE_AC);
	assert_true(fixture.judgement.score == 8); /* and the sample */

	/* A rejection's score is ignored; its test is named where it is that verdict's. */
	log = (struct grader_log){ .answer = { .verdict = JUDGE_WA, .score = 7 } };
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), 0);
	assert_string_equal(fixture.judgement.message, "wrong answer on secret/a/2, score 0");
	log = (struct grader_log){ .answer = { .verdict = JUDGE_RE, .score = 7 } };
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), 0);
	assert_int_equal(fixture.judgement.verdict, JUDGE_RE);
	log = (struct grader_log){ .answer = { .verdict = JUDGE_AC, .score = INFINITY } };
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), 0);
	assert_string_equal(fixture.judgement.message,
			    "judge error: secret/a has a score that is not a finite number");

	/* One that gave no grade is told of, as a judge error. */
	log = (struct grader_log){ .answer = { .verdict = JUDGE_IE, .why = "has no grade" } };
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), 0);
	assert_string_equal(fixture.judgement.message, "judge error: secret/a has no grade");

	/* Where one failed nothing more is asked. */
	log = (struct grader_log){ .status = -EIO };
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), -EIO);
	assert_string_equal(log.text, "secret/a:AC 1,WA 0,");
	assert_int_equal(err.errnum, EIO);
	assert_true(grading_conclude(&fixture.judgement, NULL, NULL, &err) < 0);

	/* Nobody is asked about a judge error, nor about what does not count. */
	log = (struct grader_log){ .answer = { .verdict = JUDGE_AC, .score = 7 } };
	report(&fixture, "AAAIAA");
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), 0);
	assert_string_equal(log.text, "");
	assert_int_equal(fixture.judgement.verdict, JUDGE_IE);
	fixture.groups[ROOT].on_reject_continue = false;
	report(&fixture, "WAAAAA");
	assert_int_equal(grading_conclude(&fixture.judgement, log_grader, &log, &err), 0);
	assert_string_equal(log.text, "");
	assert_int_equal(fixture.judgement.verdict, JUDGE_WA);
}

/* ---- all tests or not ----------------------------------------------------------------------- */

static unsigned random_below(uint64_t *seed, unsigned bound)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33) % bound;
}

static bool one_in(uint64_t *seed, unsigned count)
{
	return random_below(seed, count) == 0;
}

static void random_rules(uint64_t *seed, struct fixture *fixture, size_t index, size_t *required)
{
	struct test_group *group = &fixture->groups[index];
	group->on_reject_continue = one_in(seed, 2);
	group->is_sample = index == 1 && one_in(seed, 2);
	group->verdict_mode = (enum verdict_mode)random_below(seed, 3);
	group->score_mode = (enum score_mode)random_below(seed, 4);
	group->ignore_sample = one_in(seed, 2);
	group->accept_if_any_accepted = one_in(seed, 4);
	group->accept_score = random_below(seed, 10);
	group->reject_score = one_in(seed, 4) ? 1 : 0;
	group->custom_grader = fixture->problem.format == PROBLEM_FORMAT_LEGACY && one_in(seed, 8);
	group->is_pass_fail = one_in(seed, 3);
	group->is_bounded = true;
	/* Enough for all members together. */
	group->max_score = group->is_pass_fail ? 10 : 1000;
	if (fixture->problem.format == PROBLEM_FORMAT_2025_09 && index > 1 && one_in(seed, 3)) {
		required[0] = 1 + random_below(seed, (unsigned)index - 1);
		required[1] = GROUP_NONE;
		/* Not a group that it stands in. */
		for (size_t up = index; up != GROUP_NONE; up = fixture->groups[up].parent) {
			if (up == required[0])
				return;
		}
		group->required_groups = required;
	}
}

/* Groups and tests in depth-first order, as the order of paths makes them. */
static void random_problem(uint64_t *seed, struct fixture *fixture,
			   size_t required[GROUPS_MAX][2])
{
	enum problem_format format = (enum problem_format)random_below(seed, 3);
	start(fixture, format, one_in(seed, 2));
	size_t path[4] = { 0 };
	size_t depth = 0;
	unsigned steps = 2 + random_below(seed, 16);
	for (unsigned i = 0; i < steps; i++) {
		size_t room = TESTS_MAX - fixture->problem.test_count;
		unsigned kind = random_below(seed, 4);
		if (kind == 0 && depth + 1 < ARRAY_LENGTH(path) &&
		    fixture->problem.group_count < GROUPS_MAX) {
			add_group(fixture, "g", path[depth]);
			path[++depth] = fixture->problem.group_count - 1;
		} else if (kind == 1 && depth > 0) {
			depth--;
		} else if (room > 3) {
			add_tests(fixture, path[depth], 1 + random_below(seed, 2));
		}
	}
	if (fixture->problem.test_count == 0)
		add_tests(fixture, path[depth], 1);
	for (size_t i = 0; i < fixture->problem.group_count; i++)
		random_rules(seed, fixture, i, required[i]);
}

/* A grader of the problem's own: accepts what has at most one rejection. */
static int lenient_grader(void *context, const struct test_group *group,
			  const struct grade *members, size_t count, struct grade *ret_grade,
			  struct bailiff_error *err)
{
	(void)context;
	(void)group;
	(void)err;
	struct grade grade = { .verdict = JUDGE_AC };
	size_t rejected = 0;
	for (size_t i = 0; i < count; i++) {
		rejected += members[i].verdict != JUDGE_AC;
		if (rejected > 1)
			grade.verdict = members[i].verdict;
		grade.score += members[i].score;
	}
	*ret_grade = grade;
	return 0;
}

static struct judgement judge(struct fixture *fixture, const char *verdicts)
{
	struct bailiff_error err = { 0 };
	report(fixture, verdicts);
	for (size_t i = 0; i < fixture->problem.test_count; i++) {
		fixture->reports[i].has_score = verdicts[i] == 'A';
		fixture->reports[i].score = (double)(i + 1) / 2;
	}
	assert_int_equal(grading_conclude(&fixture->judgement, lenient_grader, NULL, &err), 0);
	return fixture->judgement;
}

struct counts {
	unsigned skipped, accepted, rejected, errors;
};

static void check_all_tests(uint64_t *seed, unsigned number, struct counts *counts)
{
	static const char letters[] = "AAAAAAAAAAAWTRMOPS";
	struct fixture fixture;
	size_t required[GROUPS_MAX][2];
	random_problem(seed, &fixture, required);
	char verdicts[TESTS_MAX + 1], all[TESTS_MAX + 1], some[TESTS_MAX + 1];
	size_t count = fixture.problem.test_count;
	for (size_t i = 0; i < count; i++)
		verdicts[i] = letters[random_below(seed, sizeof letters - 1)];
	verdicts[count] = '\0';
	bool has_error = one_in(seed, 10);
	if (has_error)
		verdicts[random_below(seed, (unsigned)count)] = 'I';
	run_submission(&fixture, verdicts, true, all);
	run_submission(&fixture, verdicts, false, some);
	for (size_t i = 0; i < count; i++) {
		/* What is run without asking for all tests is run with it as well. */
		assert_true(some[i] == '-' || some[i] == all[i]);
		counts->skipped += some[i] != all[i];
	}
	struct judgement with_all = judge(&fixture, all);
	struct judgement without = judge(&fixture, some);
	bool is_late_error = strchr(all, 'I') != NULL && strchr(some, 'I') == NULL;
	if (is_late_error) {
		assert_int_equal(with_all.verdict, JUDGE_IE);
		return;
	}
	if (with_all.verdict != without.verdict || with_all.has_score != without.has_score ||
	    with_all.score != without.score || strcmp(with_all.message, without.message) != 0)
		fail_msg("case %u: all %s: %s, %g; some %s: %s, %g", number, all, with_all.message,
			 with_all.score, some, without.message, without.score);
	/* Nothing is an error but what is one in a test. */
	assert_int_equal(with_all.verdict == JUDGE_IE, strchr(all, 'I') != NULL);
	counts->accepted += with_all.verdict == JUDGE_AC;
	counts->rejected += with_all.verdict != JUDGE_AC && with_all.verdict != JUDGE_IE;
	counts->errors += with_all.verdict == JUDGE_IE;
}

static void test_all_tests_change_nothing(void **state)
{
	(void)state;
	uint64_t seed = 9;
	struct counts counts = { 0 };
	for (unsigned i = 0; i < 100000; i++)
		check_all_tests(&seed, i, &counts);
	assert_true(counts.skipped > 10000 && counts.accepted > 5000);
	assert_true(counts.rejected > 5000 && counts.errors > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_folder),
		cmocka_unit_test(test_pass_fail_groups),
		cmocka_unit_test(test_judge_errors),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_worst_error),
		cmocka_unit_test(test_legacy_scores),
		cmocka_unit_test(test_legacy_validator_scores),
		cmocka_unit_test(test_new_scores),
		cmocka_unit_test(test_thirds),
		cmocka_unit_test(test_requirements),
		cmocka_unit_test(test_validator_scores),
		cmocka_unit_test(test_custom_graders),
		cmocka_unit_test(test_all_tests_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
