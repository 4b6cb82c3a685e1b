/* SPDX-License-Identifier: MIT */
/*
 * Goal: a judgement's JSON has every key of the contract and is valid whatever a submission, its
 * compiler or a package wrote. Method: judgements made by hand, printed, read back with the
 * strict reader.
 */
#include "base/error.h"
#include "base/mem.h"
#include "codec/json.h"
#include "codec/judgement_json.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static const struct language cpp = { .id = "cpp", .name = "C++" };
static struct test_case cases[] = {
	{ .name = "sample/1", .is_sample = true },
	{ .name = "secret/02-big" },
	{ .name = "secret/03" },
};
static struct test_group groups[] = {
	{ .name = "", .parent = GROUP_NONE },
	{ .name = "secret", .parent = 0 },
	{ .name = "secret/g1", .parent = 1 },
};
static struct problem problem = { .name = "hello", .title = "Hello, World!" };

static struct usage usage_of(uint64_t cpu_ms)
{
	return (struct usage){ cpu_ms * MS, cpu_ms * MS, 0, cpu_ms * MS + 1, 1048576, 0 };
}

/* The contract's own example: accepted, wrong, not run. */
static struct judgement example(struct test_report *reports)
{
	reports[0] = (struct test_report){ .test = &cases[0],
					   .verdict = JUDGE_AC,
					   .message = "accepted",
					   .has_run = true,
					   .usage = usage_of(12),
					   .reason = BAILIFF_REASON_EXITED,
					   .has_exit_code = true,
					   .stdout_bytes = 6,
					   .runs = 1 };
	reports[1] = reports[0];
	reports[1].test = &cases[1];
	reports[1].verdict = JUDGE_WA;
	(void)snprintf(reports[1].message, sizeof reports[1].message, "line 3: wrong");
	reports[1].difference = (struct difference){ .kind = DIFFERENCE_TOKEN,
						     .output_line = 3,
						     .answer_line = 4,
						     .token = 7,
						     .expected = "8",
						     .found = "9" };
	reports[2] = (struct test_report){ .test = &cases[2], .verdict = JUDGE_SKIPPED };
	return (struct judgement){
		.problem = &problem,
		.submission = "wrong_answer/a.cpp",
		.language = &cpp,
		.verdict = JUDGE_WA,
		.message = "wrong answer on secret/02-big",
		.has_compilation = true,
		.compilation = { .verdict = COMPILE_OK,
				 .message = "compiled",
				 .diagnostics = (char *)(uintptr_t) "a.cpp:1: warning\n" },
		.is_cached = true,
		.limits = { .cpu_ns = 1000 * MS, .memory_bytes = 268435456 },
		.tests = reports,
		.test_count = 3,
		.passed = 1,
		.usage = usage_of(24),
	};
}

static cJSON *parsed(const char *text)
{
	struct bailiff_error err = { 0 };
	cJSON *document = NULL;
	if (json_parse(text, strlen(text), &document, &err) < 0)
		fail_msg("%s in %s", err.message, text);
	return document;
}

static cJSON *printed(const struct judgement *judgement)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	assert_int_equal(judgement_json_print(judgement, &text, &err), 0);
	assert_int_equal(text[strlen(text) - 1], '\n');
	return parsed(text);
}

static cJSON *at(const cJSON *object, const char *key)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	if (item == NULL)
		fail_msg("no key %s", key);
	return item;
}

static void assert_json(const cJSON *item, const char *expected)
{
	AUTO_FREE char *text = cJSON_PrintUnformatted(item);
	assert_string_equal(text, expected);
}

/* Fails unless the object has exactly these keys, in this order. */
static void assert_keys(const cJSON *object, const char *expected)
{
	char keys[1024] = "";
	for (const cJSON *item = object->child; item != NULL; item = item->next) {
		size_t used = strlen(keys);
		(void)snprintf(keys + used, sizeof keys - used, "%s%s", used > 0 ? " " : "",
			       item->string);
	}
	assert_string_equal(keys, expected);
}

static void test_prints_the_contract(void **state)
{
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	JSON_AUTO_DELETE cJSON *document = printed(&judgement);
	(void)state;
	assert_keys(document, "version verdict message submission problem language compile tests "
			      "passed total score time memory limits");
	assert_json(at(document, "version"), "1");
	assert_json(at(document, "verdict"), "\"WA\"");
	assert_json(at(document, "message"), "\"wrong answer on secret/02-big\"");
	assert_json(at(document, "submission"), "\"wrong_answer/a.cpp\"");
	assert_json(at(document, "problem"), "{\"name\":\"hello\",\"title\":\"Hello, World!\"}");
	assert_json(at(document, "language"), "\"cpp\"");
	assert_keys(at(document, "compile"),
		    "verdict message time memory diagnostics truncated cached");
	assert_json(at(at(document, "compile"), "verdict"), "\"OK\"");
	assert_json(at(at(document, "compile"), "cached"), "true");
	assert_json(at(document, "passed"), "1");
	assert_json(at(document, "total"), "3");
	assert_json(at(document, "score"), "null");
	assert_json(at(document, "time"),
		    "{\"cpu_ms\":24,\"user_ms\":24,\"system_ms\":0,\"wall_ms\":24}");
	assert_json(at(document, "memory"), "{\"peak_bytes\":1048576,\"oom_kills\":0}");
	assert_json(at(at(document, "limits"), "cpu_ms"), "1000");
}

static void test_prints_tests(void **state)
{
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	JSON_AUTO_DELETE cJSON *document = printed(&judgement);
	const cJSON *tests = at(document, "tests");
	const cJSON *wrong = cJSON_GetArrayItem(tests, 1);
	const cJSON *skipped = cJSON_GetArrayItem(tests, 2);
	(void)state;
	assert_int_equal(cJSON_GetArraySize(tests), 3);
	assert_keys(wrong, "name verdict message time memory reason exit_code signal signal_name "
			   "syscall output noise difference score checker stderr judge_message "
			   "team_message");
	assert_json(at(wrong, "name"), "\"secret/02-big\"");
	assert_json(at(wrong, "verdict"), "\"WA\"");
	assert_json(at(wrong, "difference"),
		    "{\"kind\":\"token\",\"line\":3,\"answer_line\":4,\"token\":7,\"offset\":null,"
		    "\"expected\":\"8\",\"found\":\"9\"}");
	assert_json(at(cJSON_GetArrayItem(tests, 0), "difference"), "null");
	assert_json(skipped, "{\"name\":\"secret/03\",\"verdict\":\"SKIPPED\",\"message\":\"\","
			     "\"time\":{\"cpu_ms\":null,\"user_ms\":null,\"system_ms\":null,"
			     "\"wall_ms\":null},\"memory\":{\"peak_bytes\":null,"
			     "\"oom_kills\":null}}");
}

static void test_what_only_some_tests_have(void **state)
{
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	struct test_report *report = &reports[1];
	(void)state;
	cases[1].compare.mode = COMPARE_EXACT;
	problem.is_multi_pass = true;
	report->runs = 2;
	report->passes = 3;
	report->has_score = true;
	report->score = 12.1;
	report->has_exit_code = false;
	report->signal = SIGSEGV;
	report->has_syscall = true;
	report->syscall = (struct bailiff_syscall){ "socket", "x86_64", 41, { 2 } };
	report->difference.kind = DIFFERENCE_BYTE;
	report->has_checker_usage = true;
	report->checker_usage = usage_of(5);
	report->standard_error = (struct excerpt){ (char *)(uintptr_t) "oh\n", true };
	report->team_message = (struct excerpt){ (char *)(uintptr_t) "", false };
	JSON_AUTO_DELETE cJSON *document = printed(&judgement);
	cases[1].compare.mode = COMPARE_TOKENS;
	problem.is_multi_pass = false;
	const cJSON *test = cJSON_GetArrayItem(at(document, "tests"), 1);
	assert_json(at(test, "rerun"), "true");
	assert_json(at(test, "passes"), "3");
	assert_json(at(test, "score"), "12.1");
	assert_json(at(test, "exit_code"), "null");
	assert_json(at(test, "signal_name"), "\"SIGSEGV\"");
	assert_json(at(at(test, "syscall"), "name"), "\"socket\"");
	assert_json(at(at(test, "difference"), "kind"), "\"byte\"");
	assert_json(at(at(test, "difference"), "token"), "null");
	assert_json(at(at(test, "difference"), "offset"), "7");
	assert_json(at(at(at(test, "checker"), "time"), "cpu_ms"), "5");
	assert_json(at(test, "stderr"), "{\"text\":\"oh\\n\",\"truncated\":true}");
	assert_json(at(test, "judge_message"), "null");
	assert_json(at(test, "team_message"), "{\"text\":\"\",\"truncated\":false}");
	const cJSON *first = cJSON_GetArrayItem(at(document, "tests"), 0);
	assert_null(cJSON_GetObjectItemCaseSensitive(first, "rerun"));
}

static void test_scores_are_short_and_finite(void **state)
{
	static const struct {
		double score;
		const char *shown;
	} rows[] = {
		{ 0, "0" },
		{ 100, "100" },
		{ 33.3, "33.3" },
		{ -1.5, "-1.5" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ INFINITY, "null" },
		{ NAN, "null" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct test_report reports[3];
		struct judgement judgement = example(reports);
		char expected[64];
		struct bailiff_error err = { 0 };
		AUTO_FREE char *text = NULL;
		judgement.has_score = true;
		judgement.score = rows[i].score;
		(void)snprintf(expected, sizeof expected, "\n  \"score\": %s,\n", rows[i].shown);
		assert_int_equal(judgement_json_print(&judgement, &text, &err), 0);
		assert_non_null(strstr(text, expected));
	}
}

static void test_groups_only_where_there_are_some(void **state)
{
	struct group_report trivial[] = { { .group = &groups[0] }, { .group = &groups[1] } };
	struct group_report nested[] = {
		{ .group = &groups[0], .verdict = JUDGE_WA },
		{ .group = &groups[1], .verdict = JUDGE_WA },
		{ .group = &groups[2], .verdict = JUDGE_AC, .has_score = true, .score = 40 },
	};
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	(void)state;
	judgement.groups = trivial;
	judgement.group_count = 2;
	JSON_AUTO_DELETE cJSON *plain = printed(&judgement);
	assert_null(cJSON_GetObjectItemCaseSensitive(plain, "groups"));
	judgement.groups = nested;
	judgement.group_count = 3;
	JSON_AUTO_DELETE cJSON *scored = printed(&judgement);
	assert_json(at(scored, "groups"),
		    "[{\"name\":\"secret\",\"verdict\":\"WA\",\"score\":null},"
		    "{\"name\":\"secret/g1\",\"verdict\":\"AC\",\"score\":40}]");
}

static void test_errors(void **state)
{
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	(void)state;
	judgement.verdict = reports[1].verdict = JUDGE_IE;
	(void)fail_internal(&reports[1].error, BAILIFF_STAGE_ROOTFS, EIO, "mount");
	judgement.error = reports[1].error;
	JSON_AUTO_DELETE cJSON *document = printed(&judgement);
	const char *expected = "{\"stage\":\"rootfs\",\"errno\":\"EIO\","
			       "\"message\":\"mount: Input/output error\",\"hint\":null}";
	assert_json(at(document, "error"), expected);
	assert_json(at(cJSON_GetArrayItem(at(document, "tests"), 1), "error"), expected);
}

static void test_what_never_came_to_compiling(void **state)
{
	struct judgement judgement = { .problem = &problem,
				       .submission = "a.txt",
				       .verdict = JUDGE_CE,
				       .message = "no language" };
	(void)state;
	JSON_AUTO_DELETE cJSON *document = printed(&judgement);
	assert_json(at(document, "language"), "null");
	assert_json(at(document, "compile"), "null");
	assert_json(at(document, "tests"), "[]");
	assert_json(at(document, "total"), "0");
	judgement.language = &cpp;
	JSON_AUTO_DELETE cJSON *known = printed(&judgement);
	assert_json(at(known, "language"), "\"cpp\"");
	assert_json(at(known, "compile"), "null");
}

/* Names and texts that are no UTF-8, or commands to a terminal. */
static void test_hostile_text(void **state)
{
	static const char hostile[] = "\x1b[31m\xff\xc2\x9b"
				      "2J\x7f\"\\\n\xe2\x80\xae";
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	struct test_case test = { .name = hostile };
	struct problem hostile_problem = { .name = hostile, .title = hostile };
	struct bailiff_error err = { 0 };
	(void)state;
	reports[1].test = &test;
	judgement.problem = &hostile_problem;
	judgement.submission = hostile;
	reports[1].standard_error.text = (char *)(uintptr_t)hostile;
	judgement.compilation.diagnostics = (char *)(uintptr_t)hostile;
	(void)snprintf(reports[1].message, sizeof reports[1].message, "%s", hostile);
	AUTO_FREE char *text = NULL;
	assert_int_equal(judgement_json_print(&judgement, &text, &err), 0);
	JSON_AUTO_DELETE cJSON *document = parsed(text);
	assert_non_null(document);
	for (const char *c = text; *c != '\0'; c++) {
		assert_true((unsigned char)*c >= 0x20 || *c == '\n');
		assert_int_not_equal(*c, 0x7f);
	}
	assert_null(strstr(text, "\xc2\x9b"));
}

static void test_many_tests(void **state)
{
	enum { COUNT = PROBLEM_TESTS_MAX };
	struct test_report one[3];
	struct judgement judgement = example(one);
	struct test_report *reports = calloc(COUNT, sizeof *reports);
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	(void)state;
	assert_non_null(reports);
	for (size_t i = 0; i < COUNT; i++)
		reports[i] = one[1];
	judgement.tests = reports;
	judgement.test_count = COUNT;
	assert_int_equal(judgement_json_print(&judgement, &text, &err), 0);
	free(reports);
	/* Not by strstr(), which AddressSanitizer lets look at the whole rest of the text each time. */
	static const char wanted[] = "\"difference\": {";
	size_t found = 0;
	for (const char *c = text; *c != '\0'; c++)
		found += *c == wanted[0] && strncmp(c, wanted, sizeof wanted - 1) == 0;
	assert_int_equal(found, COUNT);
}

/* ---- a judgement that has to fit ------------------------------------------------------------- */

enum { FIT_COUNT = 1000 };

struct fitting {
	struct judgement judgement;
	struct test_report *reports;
	struct test_case *tests;
};

/* Every other test is wrong, and quotes 100 bytes that take six each; the last ones were not run. */
static struct fitting make_fitting(size_t count, const char *name)
{
	struct test_report one[3];
	struct fitting fitting = { .judgement = example(one),
				   .reports = calloc(count, sizeof *fitting.reports),
				   .tests = calloc(count, sizeof *fitting.tests) };
	assert_true(fitting.reports != NULL && fitting.tests != NULL);
	for (size_t i = 0; i < count; i++) {
		struct test_report *report = &fitting.reports[i];
		*report = one[i >= count - count / 10 ? 2 : i % 2];
		report->test = &fitting.tests[i];
		fitting.tests[i].name = name;
		memset(report->message, '\1', 300);
		report->message[300] = '\0';
		if (report->has_run) {
			report->has_score = true;
			report->score = 7;
			report->team_message.text = calloc(1, 101);
			assert_non_null(report->team_message.text);
			memset(report->team_message.text, '\1', 100);
		}
	}
	fitting.judgement.tests = fitting.reports;
	fitting.judgement.test_count = count;
	return fitting;
}

static void finish_fitting(struct fitting *fitting)
{
	for (size_t i = 0; i < fitting->judgement.test_count; i++)
		free(fitting->reports[i].team_message.text);
	free(fitting->reports);
	free(fitting->tests);
}

static cJSON *fitted(struct fitting *fitting, size_t bytes_max)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	if (judgement_json_print_bounded(&fitting->judgement, bytes_max, &text, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(strlen(text) <= bytes_max);
	cJSON *document = cJSON_Parse(text); /* the strict reader is for what is shorter */
	assert_non_null(document);
	return document;
}

static bool is_quoting(const cJSON *test)
{
	return cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(test, "team_message"));
}

static bool is_brief(const cJSON *test)
{
	return cJSON_HasObjectItem(test, "truncated");
}

/* What stays of every test, however little room there is. */
static void assert_tests_are_there(const struct fitting *fitting, const cJSON *document)
{
	const cJSON *test = NULL;
	size_t i = 0;
	assert_json(at(document, "verdict"), "\"WA\"");
	cJSON_ArrayForEach(test, at(document, "tests"))
	{
		const struct test_report *report = &fitting->reports[i++];
		assert_string_equal(cJSON_GetStringValue(at(test, "verdict")),
				    judge_verdict_name(report->verdict));
		(void)at(test, "name");
		(void)at(at(test, "time"), "cpu_ms");
		if (report->has_run)
			assert_json(at(test, "score"), "7");
	}
	assert_int_equal(i, fitting->judgement.test_count);
}

static void test_what_fits_stays_as_it_is(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	struct fitting fitting = make_fitting(FIT_COUNT, "t");
	AUTO_FREE char *text = NULL;
	assert_int_equal(judgement_json_print_line(&fitting.judgement, &text, &err), 0);
	JSON_AUTO_DELETE cJSON *document = fitted(&fitting, strlen(text));
	assert_false(cJSON_HasObjectItem(document, "truncated"));
	assert_true(is_quoting(at(document, "tests")->child));
	finish_fitting(&fitting);
}

/* Quotes of accepted tests go first, from the end; then those of others. */
static void test_quotes_go_first(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	struct fitting fitting = make_fitting(FIT_COUNT, "t");
	AUTO_FREE char *text = NULL;
	assert_int_equal(judgement_json_print_line(&fitting.judgement, &text, &err), 0);
	/* 450 tests of each verdict, 600 bytes each: so much less is more than the accepted ones have. */
	JSON_AUTO_DELETE cJSON *document = fitted(&fitting, strlen(text) - 300000);
	assert_json(at(document, "truncated"), "true");
	assert_tests_are_there(&fitting, document);
	const cJSON *test = NULL;
	size_t quoting = 0, i = 0;
	cJSON_ArrayForEach(test, at(document, "tests"))
	{
		assert_false(is_brief(test));
		bool has_quote = is_quoting(test);
		quoting += has_quote;
		assert_true(!has_quote || i % 2 == 1);
		assert_true(has_quote || i % 2 == 0 || i > 700);
		i++;
	}
	assert_in_range(quoting, 380, 430);
	finish_fitting(&fitting);
}

static void test_details_go_next(void **state)
{
	(void)state;
	struct fitting fitting = make_fitting(FIT_COUNT, "t");
	JSON_AUTO_DELETE cJSON *document = fitted(&fitting, 1800000);
	assert_json(at(document, "truncated"), "true");
	assert_tests_are_there(&fitting, document);
	const cJSON *test = NULL;
	size_t brief = 0, i = 0;
	cJSON_ArrayForEach(test, at(document, "tests"))
	{
		assert_false(is_quoting(test));
		assert_true(!is_brief(test) || i % 2 == 0); /* others' say what was wrong */
		brief += is_brief(test);
		if (is_brief(test))
			assert_keys(test, "name verdict message time memory score truncated");
		i++;
	}
	assert_in_range(brief, 1, 449);
	assert_false(is_brief(at(document, "tests")->child));
	finish_fitting(&fitting);
}

/* The most tests that there can be, with the longest names and messages, in a queue's result. */
static void test_any_judgement_fits(void **state)
{
	(void)state;
	char name[1025];
	memset(name, '\1', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	struct fitting fitting = make_fitting(PROBLEM_TESTS_MAX, name);
	/* Skipped ones have no message of this kind. */
	for (size_t i = 0; i < PROBLEM_TESTS_MAX; i++)
		if (!fitting.reports[i].has_run)
			fitting.reports[i].message[0] = '\0';
	JSON_AUTO_DELETE cJSON *document = fitted(&fitting, (size_t)16 << 20);
	assert_tests_are_there(&fitting, document);
	assert_int_equal(strlen(cJSON_GetStringValue(at(at(document, "tests")->child, "name"))), 64);
	finish_fitting(&fitting);
}

static void test_too_small_a_bound_is_an_error(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	struct fitting fitting = make_fitting(FIT_COUNT, "t");
	char *text = NULL;
	assert_int_equal(judgement_json_print_bounded(&fitting.judgement, 1000, &text, &err), -EFBIG);
	assert_null(text);
	finish_fitting(&fitting);
}

/* ---- several submissions ------------------------------------------------------------------- */

static cJSON *printed_summary(const struct judge_summary *summary)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	assert_int_equal(judge_summary_json_print(summary, &text, &err), 0);
	return parsed(text);
}

static void test_plain_summary(void **state)
{
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	struct judge_summary summary = { .problem = &problem,
					 .judgements = &judgement,
					 .count = 1 };
	(void)state;
	JSON_AUTO_DELETE cJSON *document = printed_summary(&summary);
	assert_keys(document, "version problem submissions verified differences suggested_limit");
	assert_json(at(document, "verified"), "null");
	assert_json(at(document, "differences"), "null");
	assert_json(at(document, "suggested_limit"), "null");
	const cJSON *first = cJSON_GetArrayItem(at(document, "submissions"), 0);
	assert_json(at(first, "verdict"), "\"WA\"");
	assert_json(at(first, "expected"), "null");
}

static void test_verified_summary(void **state)
{
	struct test_report reports[3];
	const struct judgement judgements[] = { example(reports), example(reports) };
	const struct expectation expectations[] = {
		{ .permitted = VERDICT_BIT(JUDGE_AC) | VERDICT_BIT(JUDGE_WA),
		  .required = VERDICT_BIT(JUDGE_WA) },
		{ .permitted = VERDICT_BIT(JUDGE_AC),
		  .has_score = true,
		  .score_min = 1,
		  .score_max = 2.5,
		  .message = "x" },
	};
	const struct verification verifications[] = { { .holds = true },
						      { .why = "WA is not permitted" } };
	const struct time_limit limit = { .is_known = true,
					  .limit_ns = 2000 * MS,
					  .slowest_accepted_ns = 700 * MS,
					  .slowest_accepted = "accepted/a.py",
					  .fastest_too_slow_ns = BAILIFF_UNKNOWN,
					  .message = "fits" };
	const struct judge_summary summary = { &problem,     judgements,    2,
					       expectations, verifications, &limit };
	(void)state;
	JSON_AUTO_DELETE cJSON *document = printed_summary(&summary);
	assert_json(at(document, "verified"), "false");
	assert_json(at(document, "differences"), "1");
	assert_json(at(document, "suggested_limit"),
		    "{\"cpu_ms\":2000,\"message\":\"fits\",\"slowest_accepted\":{\"submission\":"
		    "\"accepted/a.py\",\"cpu_ms\":700},\"fastest_too_slow\":null}");
	const cJSON *submissions = at(document, "submissions");
	assert_json(at(cJSON_GetArrayItem(submissions, 0), "expected"),
		    "{\"permitted\":[\"AC\",\"WA\"],\"required\":[\"WA\"],\"score\":null,"
		    "\"message\":null,\"holds\":true,\"why\":\"\"}");
	assert_json(at(cJSON_GetArrayItem(submissions, 1), "expected"),
		    "{\"permitted\":[\"AC\"],\"required\":[],\"score\":{\"min\":1,\"max\":2.5},"
		    "\"message\":\"x\",\"holds\":false,\"why\":\"WA is not permitted\"}");
}

static void test_unknown_limit(void **state)
{
	const struct time_limit limit = { .message = "no accepted submission" };
	const struct judge_summary summary = { .problem = &problem, .time_limit = &limit };
	(void)state;
	JSON_AUTO_DELETE cJSON *document = printed_summary(&summary);
	assert_json(at(document, "suggested_limit"),
		    "{\"cpu_ms\":null,\"message\":\"no accepted submission\","
		    "\"slowest_accepted\":null,\"fastest_too_slow\":null}");
	assert_json(at(document, "submissions"), "[]");
}

/* ---- events -------------------------------------------------------------------------------- */

static void test_events_are_lines(void **state)
{
	static const char *const keys[] = {
		[JUDGE_EVENT_SUBMISSION] = "event submission index count done total",
		[JUDGE_EVENT_COMPILED] = "event submission index count done total language compile",
		[JUDGE_EVENT_TEST_BEGIN] = "event submission index count done total test",
		[JUDGE_EVENT_TEST] = "event submission index count done total test",
		[JUDGE_EVENT_JUDGED] = "event submission index count done total judgement",
	};
	struct test_report reports[3];
	struct judgement judgement = example(reports);
	(void)state;
	for (unsigned kind = 0; kind < ARRAY_LENGTH(keys); kind++) {
		struct judge_event event = { .kind = (enum judge_event_kind)kind,
					     .judgement = &judgement,
					     .submission = 1,
					     .submission_count = 4,
					     .test = &reports[1],
					     .tests_done = 2 };
		struct bailiff_error err = { 0 };
		AUTO_FREE char *text = NULL;
		assert_int_equal(judge_event_json_print(&event, &text, &err), 0);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		JSON_AUTO_DELETE cJSON *document = parsed(text);
		assert_keys(document, keys[kind]);
		assert_json(at(document, "index"), "1");
		assert_json(at(document, "count"), "4");
		assert_json(at(document, "done"), "2");
		assert_json(at(document, "submission"), "\"wrong_answer/a.cpp\"");
		if (kind == JUDGE_EVENT_TEST_BEGIN)
			assert_json(at(document, "test"), "{\"name\":\"secret/02-big\"}");
		if (kind == JUDGE_EVENT_TEST)
			assert_json(at(at(document, "test"), "verdict"), "\"WA\"");
		if (kind == JUDGE_EVENT_JUDGED)
			assert_int_equal(cJSON_GetArraySize(at(at(document, "judgement"), "tests")),
					 3);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prints_the_contract),
		cmocka_unit_test(test_prints_tests),
		cmocka_unit_test(test_what_only_some_tests_have),
		cmocka_unit_test(test_scores_are_short_and_finite),
		cmocka_unit_test(test_groups_only_where_there_are_some),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_what_never_came_to_compiling),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_many_tests),
		cmocka_unit_test(test_what_fits_stays_as_it_is),
		cmocka_unit_test(test_quotes_go_first),
		cmocka_unit_test(test_details_go_next),
		cmocka_unit_test(test_any_judgement_fits),
		cmocka_unit_test(test_too_small_a_bound_is_an_error),
		cmocka_unit_test(test_plain_summary),
		cmocka_unit_test(test_verified_summary),
		cmocka_unit_test(test_unknown_limit),
		cmocka_unit_test(test_events_are_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
