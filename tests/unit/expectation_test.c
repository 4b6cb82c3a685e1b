/* SPDX-License-Identifier: MIT */
/*
 * Goal: what a package says of its submissions is read as its format says. Method: folders,
 * submissions.yaml and comments made in a temporary package; patterns as a table.
 */
#include "judge/submission_glob.h"
#include "judge/verdict_sets.h"

#include "scratch_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CURRENT "problem_format_version: 2025-09\nname: x\n"

/* A package and what is expected of its submissions. */
struct fixture {
	struct problem problem;
	struct expectation_list list;
	struct bailiff_error err;
};

static int load(struct fixture *fixture, const char *folder)
{
	*fixture = (struct fixture){ 0 };
	if (problem_load(&fixture->problem, folder, &fixture->err) < 0)
		fail_msg("%s", fixture->err.message);
	return expectations_load(&fixture->list, &fixture->problem, &fixture->err);
}

static void unload(struct fixture *fixture)
{
	expectations_finish(&fixture->list);
	problem_finish(&fixture->problem);
}

static void load_right(struct fixture *fixture, const char *folder)
{
	if (load(fixture, folder) < 0)
		fail_msg("%s", fixture->err.message);
}

static void assert_refused(const char *folder, const char *why)
{
	struct fixture fixture;
	if (load(&fixture, folder) == 0)
		fail_msg("'%s' is expected, but nothing is wrong", why);
	if (strstr(fixture.err.message, why) == NULL)
		fail_msg("'%s' does not say '%s'", fixture.err.message, why);
	assert_int_equal(fixture.err.fault, BAILIFF_FAULT_SPEC);
	unload(&fixture);
}

static void put_package(const char *folder, const char *yaml)
{
	scratch_put(folder, "problem.yaml", yaml);
	scratch_put(folder, "data/secret/1.in", "");
	scratch_put(folder, "data/secret/1.ans", "");
}

static const struct expectation *find(const struct fixture *fixture, const char *submission)
{
	for (size_t i = 0; i < fixture->list.count; i++) {
		if (strcmp(fixture->list.items[i].submission, submission) == 0)
			return &fixture->list.items[i];
	}
	fail_msg("no submission '%s'", submission);
	return NULL;
}

struct wanted {
	const char *folder;
	verdict_set permitted, required;
	bool is_lower, is_upper;
};

static void assert_expected(const struct expectation *found, const struct wanted *wanted)
{
	if (found->permitted != wanted->permitted || found->required != wanted->required ||
	    found->is_for_lower_bound != wanted->is_lower ||
	    found->is_for_upper_bound != wanted->is_upper)
		fail_msg("%s: permitted %x, required %x, lower %d, upper %d", found->submission,
			 found->permitted, found->required, found->is_for_lower_bound,
			 found->is_for_upper_bound);
}

/* One submission in each folder. */
static void check_folders(const char *folder, const struct wanted *rows, size_t count)
{
	struct fixture fixture;
	char path[200];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof path, "submissions/%s/a.c", rows[i].folder);
		scratch_put(folder, path, "int main(){}\n");
	}
	load_right(&fixture, folder);
	assert_int_equal(fixture.list.count, count);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof path, "%s/a.c", rows[i].folder);
		assert_expected(find(&fixture, path), &rows[i]);
	}
	unload(&fixture);
}

#define A SET_ACCEPTED
#define W SET_WRONG
#define T SET_TIME
#define R SET_RUN_TIME
#define M (VERDICT_BIT(JUDGE_MLE) | VERDICT_BIT(JUDGE_RE))
#define O VERDICT_BIT(JUDGE_OLE)

static void test_legacy_folders(void **state)
{
	static const struct wanted rows[] = {
		{ "accepted", A, 0, true, false },
		{ "partially_accepted", A | W | T | R, A, false, false },
		{ "wrong_answer", A | W, W, false, false },
		{ "time_limit_exceeded", A | W | T, T, false, true },
		{ "run_time_error", A | W | T | R, R, false, false },
		{ "rejected", SET_ANY, W | T | R, false, false },
		{ "brute_force", A | T | R, T | R, false, false },
		{ "memory_limit_exceeded", A | M, M, false, false },
		{ "output_limit_exceeded", A | W | T | O, O, false, false },
		{ "no_output", A | W, W, false, false },
		{ "compile_error", SET_COMPILE, SET_COMPILE, false, false },
		{ "slow_accepted", A, 0, false, false },
		{ "slow", A | T, 0, false, false },
		{ "mixed", SET_ANY, 0, false, false },
		{ "different", SET_ANY, 0, false, false },
		{ "what_ever", SET_ANY, 0, false, false },
	};
	put_package(*state, "");
	check_folders(*state, rows, sizeof rows / sizeof rows[0]);
}

static void test_current_folders(void **state)
{
	static const struct wanted rows[] = {
		{ "accepted", A, 0, true, false },
		{ "rejected", SET_ANY, W | T | R, false, false },
		{ "wrong_answer", A | W, W, true, false },
		{ "time_limit_exceeded", A | T, T, false, true },
		{ "run_time_error", A | R, R, true, false },
		{ "brute_force", A | T | R, T | R, false, false },
		{ "compile_error", SET_COMPILE, SET_COMPILE, false, false },
		{ "partially_accepted", SET_ANY, 0, false, false },
	};
	put_package(*state, CURRENT);
	check_folders(*state, rows, sizeof rows / sizeof rows[0]);
}

static void test_what_is_a_submission(void **state)
{
	struct fixture fixture;
	put_package(*state, "");
	load_right(&fixture, *state);
	assert_int_equal(fixture.list.count, 0);
	unload(&fixture);
	scratch_put(*state, "submissions/README", "");
	scratch_put(*state, "submissions/accepted/folder/main.c", "");
	scratch_put(*state, "submissions/accepted/folder/util.c", "");
	scratch_put(*state, "submissions/accepted/a b.c", "");
	scratch_put(*state, "submissions/accepted/.git/x", "");
	scratch_put(*state, "submissions/accepted-too/x.py", "");
	scratch_fifo(*state, "submissions/accepted/fifo");
	scratch_link(*state, "submissions/accepted/again", "folder");
	load_right(&fixture, *state);
	assert_int_equal(fixture.list.count, 3);
	assert_string_equal(fixture.list.items[0].submission, "accepted-too/x.py");
	assert_string_equal(fixture.list.items[1].submission, "accepted/again");
	assert_string_equal(fixture.list.items[2].submission, "accepted/folder");
	char path[300];
	(void)snprintf(path, sizeof path, "%s/submissions/accepted/folder", (const char *)*state);
	assert_string_equal(fixture.list.items[2].path, path);
	assert_null(fixture.list.items[2].language);
	unload(&fixture);
	scratch_link(*state, "submissions/accepted/shadow.c", "/etc/shadow");
	assert_refused(*state, "'submissions/accepted/shadow.c' is a link that leads out");
	scratch_delete(*state, "submissions");
	scratch_link(*state, "submissions", "/etc");
	assert_refused(*state, "'submissions' is a link that leads out");
}

static void test_problem_without_folder(void **state)
{
	struct problem problem = { 0 };
	struct expectation_list list = { 0 };
	struct bailiff_error err = { 0 };
	(void)state;
	assert_int_equal(expectations_load(&list, &problem, &err), 0);
	assert_int_equal(list.count, 0);
	expectations_finish(&list);
}

/* ---- comments ---------------------------------------------------------------------------- */

static void test_comments(void **state)
{
	static const struct {
		const char *comment;
		verdict_set permitted, required;
	} rows[] = {
		{ "// @EXPECTED_RESULTS@: CORRECT\n", A, 0 },
		{ "// @EXPECTED_RESULTS@:ACCEPTED\r\n", A, 0 },
		{ "/* @EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT */\n", A | W | T, W | T },
		{ "/* @EXPECTED_RESULTS@: wrong_answer,CORRECT*/\n", A | W, 0 },
		{ "x\n# @EXPECTED_RESULTS@: RUN-ERROR", A | R, R },
		{ "# @EXPECTED_RESULTS@: TIME_LIMIT_EXCEEDED, RUN_TIME_ERROR -->", A | T | R,
		  T | R },
		{ "# @EXPECTED_RESULTS@: NO-OUTPUT\n", A | W, W },
		{ "# @EXPECTED_RESULTS@: OUTPUT-LIMIT\n", A | O, O },
		{ "# @EXPECTED_RESULTS@: COMPILER-ERROR\n", SET_COMPILE, SET_COMPILE },
		{ "# @EXPECTED_RESULTS@: CORRECT, TIMELIMIT\n", A | T, 0 },
		{ "# @EXPECTED_RESULTS@: CHECK-MANUALLY\n", SET_ANY, 0 },
	};
	put_package(*state, "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture fixture;
		scratch_put(*state, "submissions/mixed/a.c", rows[i].comment);
		load_right(&fixture, *state);
		const struct expectation *found = find(&fixture, "mixed/a.c");
		if (found->permitted != rows[i].permitted || found->required != rows[i].required)
			fail_msg("'%s': %x, %x", rows[i].comment, found->permitted,
				 found->required);
		unload(&fixture);
	}
}

static void test_comments_win(void **state)
{
	struct fixture fixture;
	put_package(*state, CURRENT);
	scratch_put(*state, "submissions/submissions.yaml",
		    "wrong_answer/a.c: {permitted: [AC, WA]}\n");
	scratch_put(*state, "submissions/wrong_answer/a.c",
		    "// @EXPECTED_RESULTS@: TIMELIMIT\n/* @EXPECTED_SCORE@: 30.5*/\n");
	scratch_put(*state, "submissions/accepted/f/b.c", "");
	scratch_put(*state, "submissions/accepted/f/d/c.c", "// @EXPECTED_RESULTS@: RUN-ERROR\n");
	scratch_put(*state, "submissions/accepted/f/e.c", "// @EXPECTED_RESULTS@: CORRECT\n");
	load_right(&fixture, *state);
	const struct wanted time = { "", A | T, T, false, true },
			    run = { "", A | R, R, true, false };
	const struct expectation *found = find(&fixture, "wrong_answer/a.c");
	assert_expected(found, &time);
	assert_true(found->has_score && found->score_min == 30.5 && found->score_max == 30.5);
	assert_expected(find(&fixture, "accepted/f"), &run);
	unload(&fixture);
}

static void test_comments_that_are_wrong(void **state)
{
	static const struct {
		const char *comment, *why;
	} rows[] = {
		{ "@EXPECTED_RESULTS@: GOOD\n", "submissions/accepted/a.c': @EXPECTED_RESULTS@: "
						"unknown result 'GOOD'" },
		{ "@EXPECTED_RESULTS@:\nCORRECT", "names no result" },
		{ "@EXPECTED_SCORE@: many\n", "@EXPECTED_SCORE@: must be a number" },
	};
	put_package(*state, "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scratch_put(*state, "submissions/accepted/a.c", rows[i].comment);
		assert_refused(*state, rows[i].why);
	}
	/* Far into a file nobody looks. */
	struct fixture fixture;
	size_t size = (size_t)128 << 10;
	char *text = calloc(1, size);
	assert_non_null(text);
	memset(text, ' ', size - 1);
	memcpy(text + size - 40, "@EXPECTED_RESULTS@: GOOD", 24);
	scratch_put(*state, "submissions/accepted/a.c", text);
	free(text);
	load_right(&fixture, *state);
	assert_int_equal(find(&fixture, "accepted/a.c")->permitted, A);
	unload(&fixture);
}

/* ---- submissions.yaml -------------------------------------------------------------------- */

static void test_rules(void **state)
{
	struct fixture fixture;
	put_package(*state, CURRENT "type: scoring\n");
	scratch_put(
		*state, "submissions/submissions.yaml",
		"time_limit_exceeded: {permitted: [AC, WA, TLE]}\n"
		"'time_limit_exceeded/*': {permitted: [AC, TLE, RTE]}\n"
		"'{accepted,mixed}/slow.{py,cpp}': {use_for_time_limit: false, language: pypy3}\n"
		"'mixed/*.c':\n"
		"  permitted: [AC, RTE]\n  required: RTE\n  score: [10, 20.5]\n"
		"  message: too big\n  authors: me\n"
		"  secret/*: {permitted: [AC]}\n  odd: 1\n"
		"mixed/upper.py: {use_for_time_limit: upper}\n"
		"mixed/lower.py: {use_for_time_limit: lower, score: 7}\n"
		"rejected/a.c: {required: [WA]}\n"
		"nobody/x:\n");
	static const char *const submissions[] = {
		"time_limit_exceeded/a.c", "accepted/slow.py", "accepted/a.c", "mixed/b.c",
		"mixed/upper.py",	   "mixed/lower.py",   "rejected/a.c",
	};
	for (size_t i = 0; i < sizeof submissions / sizeof submissions[0]; i++) {
		char path[100];
		(void)snprintf(path, sizeof path, "submissions/%s", submissions[i]);
		scratch_put(*state, path, "");
	}
	static const struct wanted rows[] = {
		{ "time_limit_exceeded/a.c", A | T, T, false, true },
		{ "accepted/slow.py", A, 0, false, false },
		{ "accepted/a.c", A, 0, true, false },
		{ "mixed/b.c", A | R, R, false, false },
		{ "mixed/upper.py", SET_ANY, T, false, true },
		{ "mixed/lower.py", SET_ANY & ~T, 0, true, false },
		{ "rejected/a.c", SET_ANY, W, false, false },
	};
	load_right(&fixture, *state);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_expected(find(&fixture, rows[i].folder), &rows[i]);
	const struct expectation *found = find(&fixture, "mixed/b.c");
	assert_true(found->has_score && found->score_min == 10 && found->score_max == 20.5);
	assert_string_equal(found->message, "too big");
	assert_true(find(&fixture, "mixed/lower.py")->score_max == 7);
	assert_string_equal(find(&fixture, "accepted/slow.py")->language, "pypy3");
	assert_int_equal(fixture.list.warning_count, 2);
	assert_non_null(strstr(fixture.list.warnings[0], "single groups and tests is not checked"));
	assert_non_null(strstr(fixture.list.warnings[1], "odd: unknown key"));
	unload(&fixture);
}

static void test_rules_that_are_wrong(void **state)
{
	static const struct {
		const char *yaml, *why;
	} rows[] = {
		{ "accepted: 1", "submissions/submissions.yaml: accepted: must be an object" },
		{ "accepted: {permitted: [OK]}",
		  "accepted.permitted: must be of AC, WA, TLE and RTE" },
		{ "accepted: {permitted: []}", "accepted.permitted: must not be empty" },
		{ "accepted: {score: [1]}", "accepted.score: must be a number or two" },
		{ "accepted: {score: [2, 1]}", "accepted.score: must have the smaller" },
		{ "accepted: {score: much}", "accepted.score: must be a number" },
		{ "accepted: {use_for_time_limit: maybe}", "accepted.use_for_time_limit: must be" },
		{ "accepted/*: {permitted: [WA]}", "accepted/*: permits nothing" },
		{ "accepted: {required: [AC]}\naccepted/*: {required: [WA]}",
		  "requires two different verdicts" },
		{ "'{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}': {}",
		  "too many braces" },
		{ "- 1", "document: must be an object" },
	};
	put_package(*state, CURRENT);
	scratch_put(*state, "submissions/accepted/a.c", "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scratch_put(*state, "submissions/submissions.yaml", rows[i].yaml);
		assert_refused(*state, rows[i].why);
	}
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} rows[] = {
		{ "accepted/a.c", "accepted/a.c", true },
		{ "accepted/*", "accepted/a.c", true },
		{ "*", "accepted/a.c", false },
		{ "*", "accepted", true },
		{ "*/*", "accepted/a.c", true },
		{ "*/*/*", "accepted/a.c", false },
		{ "a*d/*.c", "accepted/x.c", true },
		{ "*c*/*a*", "accepted/bab", true },
		{ "*x*/a", "accepted/a", false },
		{ "a*/a", "a/b/a", false },
		{ "*a*b*c", "xaxbxbxc", true },
		{ "*a*b*c", "xaxbxbx", false },
		{ "**", "abc", true },
		{ "", "", true },
		{ "", "a", false },
		{ "a?c", "abc", false },
		{ "[a]", "a", false },
		{ "{a,b}.c", "b.c", true },
		{ "{a,b}.c", "c.c", false },
		{ "{a,b{1,2}}.{py,c}", "b2.py", true },
		{ "{a,b{1,2}}.{py,c}", "b.py", false },
		{ "{,x}a", "a", true },
		{ "{x,}a", "a", true },
		{ "{*,b}/c", "zzz/c", true },
		{ "{a", "{a", true },
		{ "a}", "a}", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bailiff_error err = { 0 };
		bool matches = false;
		assert_int_equal(
			submission_glob_match(rows[i].pattern, rows[i].path, &matches, &err), 0);
		if (matches != rows[i].matches)
			fail_msg("'%s' on '%s'", rows[i].pattern, rows[i].path);
	}
}

static void test_patterns_that_take_long(void **state)
{
	struct bailiff_error err = { 0 };
	bool matches = false;
	char pattern[301], path[4097];
	(void)state;
	for (size_t i = 0; i < 300; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[299] = 'b';
	pattern[300] = '\0';
	memset(path, 'a', 4096);
	path[4096] = '\0';
	assert_int_equal(submission_glob_match(pattern, path, &matches, &err), 0);
	assert_false(matches);
	memset(pattern, '{', 300);
	assert_int_equal(submission_glob_match(pattern, path, &matches, &err), 0);
	for (size_t i = 0; i < 150; i++)
		pattern[150 + i] = '}';
	assert_true(submission_glob_match(pattern, path, &matches, &err) < 0);
	char too_long[302];
	memset(too_long, 'a', 301);
	too_long[301] = '\0';
	assert_true(submission_glob_match(too_long, path, &matches, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_legacy_folders),
		IN_FOLDER(test_current_folders),
		IN_FOLDER(test_what_is_a_submission),
		cmocka_unit_test(test_problem_without_folder),
		IN_FOLDER(test_comments),
		IN_FOLDER(test_comments_win),
		IN_FOLDER(test_comments_that_are_wrong),
		IN_FOLDER(test_rules),
		IN_FOLDER(test_rules_that_are_wrong),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_patterns_that_take_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
