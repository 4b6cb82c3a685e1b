/* SPDX-License-Identifier: MIT */
/*
 * Goal: reports say what has to be said, stay inside their width, and pass nothing on that others
 * wrote for a terminal or an XML reader to act upon. Method: judgements made by hand, written into
 * memory.
 */
#include "base/error.h"
#include "base/mem.h"
#include "codec/utf8.h"
#include "judge/report.h"
#include "judge/style.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)
/* The width where the output is no terminal. */
#define WIDTH 100u
/* What a terminal or an XML reader would act upon, and a byte that is no UTF-8. */
#define HOSTILE                          \
	"\033[31m<b>&\"']]>\xff\xc2\x9b" \
	"2J\xe2\x80\xae\n\t\x01"

static const struct language cpp = { .id = "cpp", .name = "C++" };
static struct problem problem = { .name = "hello", .title = "Hello, World!" };
static struct test_case cases[PROBLEM_TESTS_MAX];
static char names[PROBLEM_TESTS_MAX][32];

static char *literal(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int name_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROBLEM_TESTS_MAX; i++) {
		(void)snprintf(names[i], sizeof names[i], i < 2 ? "sample/%zu" : "secret/%zu",
			       i + 1);
		cases[i].name = names[i];
	}
	problem.tests = cases;
	return 0;
}

static struct test_report make_report(size_t index, char mark)
{
	struct test_report report = { .test = &cases[index],
				      .has_run = true,
				      .runs = 1,
				      .usage = { 12 * MS, 10 * MS, 2 * MS, 15 * MS, 3250585, 0 },
				      .has_exit_code = true };
	switch (mark) {
	case '.': report.verdict = JUDGE_AC; break;
	case 'W':
		report.verdict = JUDGE_WA;
		(void)snprintf(report.message, sizeof report.message, "differs on line 3");
		report.difference =
			(struct difference){ DIFFERENCE_TOKEN, 3, 4, 7, "seven", "eight" };
		break;
	case 'T':
		report.verdict = JUDGE_TLE;
		report.usage.cpu_ns = 1003 * MS;
		break;
	case 'R':
		report.verdict = JUDGE_RE;
		report.has_exit_code = false;
		report.signal = SIGSEGV;
		break;
	default: report = (struct test_report){ .test = &cases[index], .verdict = JUDGE_SKIPPED };
	}
	return report;
}

/* A judgement with a test for each mark; tests[] is the caller's to free (judgement_free). */
static struct judgement make(const char *submission, const char *marks)
{
	size_t count = strlen(marks);
	struct judgement judgement = {
		.problem = &problem,
		.submission = submission,
		.language = &cpp,
		.verdict = JUDGE_AC,
		.message = "accepted",
		.has_compilation = true,
		.limits = { .cpu_ns = 1000 * MS, .wall_ns = 3000 * MS, .memory_bytes = 256 << 20 },
		.tests = calloc(count + 1, sizeof *judgement.tests),
		.test_count = count,
		.usage = { 12 * MS, 0, 0, 0, 3250585, 0 },
	};
	assert_non_null(judgement.tests);
	problem.test_count = count;
	for (size_t i = 0; i < count; i++) {
		judgement.tests[i] = make_report(i, marks[i]);
		enum judge_verdict verdict = judgement.tests[i].verdict;
		judgement.passed += verdict == JUDGE_AC;
		if (verdict != JUDGE_AC && judgement.verdict == JUDGE_AC &&
		    verdict != JUDGE_SKIPPED) {
			judgement.verdict = verdict;
			(void)snprintf(judgement.message, sizeof judgement.message, "%s on %s",
				       judge_verdict_phrase(verdict), cases[i].name);
		}
	}
	return judgement;
}

/* ---- what was written ---------------------------------------------------------------------- */

static char *text_of(const struct judgement *judgement, bool colours)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	report_judgement(out, judgement, (struct report_look){ .colours = colours });
	assert_int_equal(fclose(out), 0);
	return text;
}

enum format { FORMAT_TEXT, FORMAT_JUNIT };

static char *summary_of(const struct judge_summary *summary, enum format format)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	if (format == FORMAT_TEXT)
		report_summary(out, summary, (struct report_look){ 0 });
	else
		report_junit(out, summary);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_has(const char *text, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("no \"%s\" in:\n%s", wanted, text);
}

static void assert_has_not(const char *text, const char *unwanted)
{
	if (strstr(text, unwanted) != NULL)
		fail_msg("\"%s\" in:\n%s", unwanted, text);
}

/* Valid UTF-8 with no control character but the end of a line. */
static void assert_harmless(const char *text)
{
	size_t length = strlen(text);
	assert_int_equal(utf8_prefix(text, length), length);
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		assert_true(byte == '\n' || (byte >= 0x20 && byte != 0x7f));
		assert_false(byte == 0xc2 && (unsigned char)text[i + 1] < 0xa0);
	}
	assert_has_not(text, "\xe2\x80\xae");
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (; (text = strchr(text, '\n')) != NULL; text++)
		lines++;
	return lines;
}

static void assert_narrow(const char *text)
{
	for (const char *line = text; *line != '\0';) {
		size_t bytes = strcspn(line, "\n");
		AUTO_FREE char *copy = strndup(line, bytes);
		assert_non_null(copy);
		if (text_width(copy) > WIDTH)
			fail_msg("%u columns: %s", text_width(copy), copy);
		line += bytes + (line[bytes] == '\n');
	}
}

/* Removes what colours are made of. */
static void strip_colours(char *text)
{
	char *end = text;
	for (const char *at = text; *at != '\0';) {
		size_t length = *at == '\033' ? strcspn(at, "m") + 1 : 0;
		if (length > 0)
			at += length;
		else
			*end++ = *at++;
	}
	*end = '\0';
}

/* ---- one judgement ------------------------------------------------------------------------- */

static void test_wrong_answer(void **state)
{
	struct judgement judgement = make("wrong.cpp", "..W-");
	AUTO_FREE char *text = text_of(&judgement, false);
	static const char expected[] =
		"WA  wrong answer on secret/3\n"
		"wrong.cpp (C++) for Hello, World!\n"
		"\n"
		"  test             verdict       cpu    memory\n"
		"  sample/1         AC          12 ms   3.1 MiB\n"
		"  sample/2         AC          12 ms   3.1 MiB\n"
		"  secret/3         WA          12 ms   3.1 MiB  differs on line 3\n"
		"  secret/4         SKIPPED         -         -\n"
		"\n"
		"secret/3: wrong answer\n"
		"  where      line 3, token 7 (answer: line 4): the tokens differ\n"
		"  expected   seven\n"
		"  found      eight\n"
		"\n"
		"2 of 4 tests accepted, slowest 12 ms of 1 s, memory 3.1 MiB of 256 MiB\n";
	(void)state;
	assert_string_equal(text, expected);
	judgement_finish(&judgement);
}

static void test_colours_add_nothing_else(void **state)
{
	struct judgement judgement = make("a.cpp", ".WTR-");
	AUTO_FREE char *plain = text_of(&judgement, false);
	AUTO_FREE char *coloured = text_of(&judgement, true);
	(void)state;
	assert_harmless(plain);
	assert_has(coloured, "\033[1;31mWA\033[0m");
	strip_colours(coloured);
	assert_string_equal(coloured, plain);
	judgement_finish(&judgement);
}

static void test_crash(void **state)
{
	struct judgement judgement = make("crash.c", ".R");
	(void)state;
	judgement.tests[1].standard_error.text =
		strdup("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n\tlast\n");
	AUTO_FREE char *text = text_of(&judgement, false);
	assert_has(text, "  signal     11 (SIGSEGV)\n");
	assert_has(text, "  stderr     ... (2 lines before)\n             3\n");
	assert_has(text, "\n                     last\n"); /* the tab as blanks */
	judgement_finish(&judgement);
	judgement = make("exit.c", "R");
	judgement.tests[0].signal = 0;
	judgement.tests[0].has_exit_code = true;
	judgement.tests[0].exit_code = 3;
	AUTO_FREE char *exited = text_of(&judgement, false);
	assert_has(exited, "  exit code  3\n");
	judgement_finish(&judgement);
}

static void test_limits_and_calls(void **state)
{
	struct judgement judgement = make("slow.c", "T");
	AUTO_FREE char *slow = text_of(&judgement, false);
	(void)state;
	assert_has(slow, "  cpu time   1.00 s of 1 s\n  wall time  15 ms of 3 s\n");
	judgement.tests[0].verdict = JUDGE_MLE;
	AUTO_FREE char *large = text_of(&judgement, false);
	assert_has(large, "  memory     3.1 MiB of 256 MiB\n");
	judgement.tests[0].verdict = JUDGE_SV;
	judgement.tests[0].has_syscall = true;
	judgement.tests[0].syscall =
		(struct bailiff_syscall){ "socket", "x86_64", 41, { 2, 1, 0, 0, 0, 0 } };
	AUTO_FREE char *forbidden = text_of(&judgement, false);
	assert_has(forbidden, "  call       socket(0x2, 0x1, 0x0, 0x0, 0x0, 0x0)\n");
	assert_has(forbidden, "  hint       socket");
	judgement_finish(&judgement);
}

static void test_compile_error(void **state)
{
	struct judgement judgement = make("bad.cpp", "--");
	(void)state;
	judgement.verdict = JUDGE_CE;
	(void)snprintf(judgement.message, sizeof judgement.message, "compile error");
	judgement.compilation.verdict = COMPILE_CE;
	judgement.compilation.diagnostics = strdup("bad.cpp:1: error: x\n");
	(void)snprintf(judgement.compilation.message, sizeof judgement.compilation.message,
		       "exited with code 1");
	AUTO_FREE char *text = text_of(&judgement, false);
	assert_string_equal(text, "CE  compile error\n"
				  "bad.cpp (C++) for Hello, World!\n"
				  "\n"
				  "  compiler   exited with code 1\n"
				  "             bad.cpp:1: error: x\n");
	judgement_finish(&judgement);
}

static void test_judge_errors(void **state)
{
	struct judgement judgement = make("a.cpp", ".W-");
	(void)state;
	judgement.tests[1].verdict = JUDGE_IE;
	judgement.tests[1].judge_message.text = strdup("assertion failed\n");
	(void)fail_host(&judgement.tests[1].error, BAILIFF_STAGE_EXEC, EIO, "do this", "checker");
	AUTO_FREE char *text = text_of(&judgement, false);
	assert_has(text, "  judge      assertion failed\n  stage      exec\n"
			 "  error      checker: Input/output error\n  hint       do this\n");
	judgement_finish(&judgement);
	judgement = make("a.cpp", "");
	judgement.verdict = JUDGE_IE;
	(void)fail_internal(&judgement.error, BAILIFF_STAGE_ROOTFS, EIO, "mount");
	AUTO_FREE char *early = text_of(&judgement, false);
	assert_has(early, "  stage      rootfs\n  error      mount: Input/output error\n");
	judgement_finish(&judgement);
}

static void test_scores_and_groups(void **state)
{
	static const struct test_group groups[] = { { .name = "", .parent = GROUP_NONE },
						    { .name = "secret", .parent = 0 },
						    { .name = "secret/g1", .parent = 1 } };
	struct judgement judgement = make("a.cpp", ".W");
	(void)state;
	judgement.groups = calloc(3, sizeof *judgement.groups);
	assert_non_null(judgement.groups);
	judgement.group_count = 3;
	for (size_t i = 0; i < 3; i++)
		judgement.groups[i] = (struct group_report){ &groups[i], JUDGE_WA, true, 12.5 };
	judgement.has_score = judgement.tests[0].has_score = true;
	judgement.score = 40;
	judgement.tests[0].score = 1.25;
	judgement.tests[0].runs = 2;
	AUTO_FREE char *text = text_of(&judgement, false);
	assert_has(text, "  group            verdict     score\n"
			 "  secret           WA           12.5\n"
			 "  secret/g1        WA           12.5\n");
	assert_has(text, "3.1 MiB  score 1.25, measured 2 times\n");
	assert_has(text, ", score 40\n");
	judgement_finish(&judgement);
}

static void test_nothing_hostile_gets_through(void **state)
{
	struct judgement judgement = make(HOSTILE, "WR");
	struct test_case test = { .name = HOSTILE };
	struct language language = { .id = "x", .name = HOSTILE };
	struct problem hostile = problem;
	(void)state;
	hostile.name = hostile.title = literal(HOSTILE);
	judgement.problem = &hostile;
	judgement.language = &language;
	(void)snprintf(judgement.message, sizeof judgement.message, "%s", HOSTILE);
	for (size_t i = 0; i < 2; i++) {
		struct test_report *report = &judgement.tests[i];
		report->test = &test;
		(void)snprintf(report->message, sizeof report->message, "%s", HOSTILE);
		report->standard_error.text = strdup(HOSTILE "\r" HOSTILE);
		report->judge_message.text = strdup(HOSTILE);
		report->team_message.text = strdup(HOSTILE);
	}
	judgement.compilation = (struct compilation){ .verdict = COMPILE_CE,
						      .message = HOSTILE,
						      .diagnostics = strdup(HOSTILE) };
	AUTO_FREE char *text = text_of(&judgement, false);
	assert_harmless(text);
	assert_has(text, "\\x1b[31m<b>");
	judgement_finish(&judgement);
}

static void test_many_tests_are_folded(void **state)
{
	static char marks[PROBLEM_TESTS_MAX + 1];
	(void)state;
	memset(marks, '.', PROBLEM_TESTS_MAX);
	marks[5000] = 'W';
	memset(marks + 9000, '-', 1000);
	struct judgement judgement = make("long.cpp", marks);
	judgement.tests[17].usage.cpu_ns = 310 * MS;
	AUTO_FREE char *text = text_of(&judgement, false);
	assert_true(count_lines(text) < 20);
	assert_narrow(text);
	assert_has(text,
		   "  ... 5000 tests   AC         310 ms   3.1 MiB  sample/1 to secret/5000\n");
	assert_has(text, "  secret/5001      WA ");
	assert_has(text, "  ... 1000 tests   SKIPPED         -         -  secret/9001 to "
			 "secret/10000\n");
	judgement_finish(&judgement);
}

static void test_few_tests_are_not_folded(void **state)
{
	struct judgement judgement = make("a.cpp", "........................................");
	AUTO_FREE char *text = text_of(&judgement, false);
	(void)state;
	assert_has_not(text, "...");
	assert_int_equal(count_lines(text), 40 + 6);
	judgement_finish(&judgement);
}

static void test_empty_judgement(void **state)
{
	struct judgement judgement = make("a.cpp", "");
	AUTO_FREE char *text = text_of(&judgement, false);
	(void)state;
	assert_string_equal(text, "AC  accepted\na.cpp (C++) for Hello, World!\n");
	judgement_finish(&judgement);
}

/* ---- several submissions ------------------------------------------------------------------- */

static void test_matrix(void **state)
{
	struct judgement judgements[] = { make("accepted/a.cpp", "..."),
					  make("wrong/b.py", ".W-") };
	const struct verification verifications[] = { { .holds = true },
						      { .why = "WA is not permitted" } };
	const struct time_limit limit = { .is_known = true,
					  .limit_ns = 2000 * MS,
					  .slowest_accepted = "accepted/a.cpp",
					  .slowest_accepted_ns = 12 * MS,
					  .fastest_too_slow_ns = BAILIFF_UNKNOWN };
	const struct judge_summary summary = {
		&problem, judgements, 2, NULL, verifications, &limit
	};
	AUTO_FREE char *text = summary_of(&summary, FORMAT_TEXT);
	(void)state;
	assert_string_equal(text, "Hello, World!: 2 submissions, 3 tests\n"
				  "\n"
				  "  submission      verdict slowest  1   2   3   \n"
				  "✓ accepted/a.cpp  AC        12 ms  AC  AC  AC  \n"
				  "✗ wrong/b.py      WA        12 ms  AC  WA  -   \n"
				  "\n"
				  "  1 sample/1  2 sample/2  3 secret/3\n"
				  "\n"
				  "  - not run\n"
				  "\n"
				  "✗ wrong/b.py: WA is not permitted\n"
				  "✗ 1 of 2 judgements are as the package expects\n"
				  "\n"
				  "suggested time limit: 2 s\n"
				  "  slowest accepted    12 ms  accepted/a.cpp\n");
	for (size_t i = 0; i < 2; i++)
		judgement_finish(&judgements[i]);
}

/* However many tests there are, and however long a name is. */
static void test_matrix_fits(void **state)
{
	static const size_t counts[] = { 0, 1, 12, 13, 14, 60, 61, 500, PROBLEM_TESTS_MAX };
	static char marks[PROBLEM_TESTS_MAX + 1];
	char name[300];
	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
		memset(marks, '.', counts[i]);
		marks[counts[i]] = '\0';
		if (counts[i] > 2)
			marks[counts[i] - 2] = 'W';
		struct judgement judgements[] = { make(name, marks), make(HOSTILE, "") };
		judgements[0].has_score = true;
		const struct judge_summary summary = { .problem = &problem,
						       .judgements = judgements,
						       .count = 2 };
		problem.test_count = counts[i];
		AUTO_FREE char *text = summary_of(&summary, FORMAT_TEXT);
		assert_narrow(text);
		assert_harmless(text);
		if (counts[i] > 2)
			assert_has(text, counts[i] > 12 ? "W" : "WA ");
		judgement_finish(&judgements[0]);
		judgement_finish(&judgements[1]);
	}
}

/* ---- JUnit --------------------------------------------------------------------------------- */

/* Checks attributes and the end of a tag; returns what follows it. */
static const char *skip_tag(const char *at, bool *ret_is_empty)
{
	bool in_value = false;
	for (; *at != '\0' && (in_value || *at != '>'); at++) {
		assert_true(*at != '<');
		if (*at == '"')
			in_value = !in_value;
	}
	assert_int_equal(*at, '>');
	*ret_is_empty = at[-1] == '/';
	return at + 1;
}

/* As far as these documents go: tags are nested, and '<' and '&' are nothing else. */
static void assert_xml(const char *text)
{
	char open[8][24];
	size_t depth = 0;
	static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
	assert_memory_equal(text, head, sizeof head - 1);
	for (const char *at = text + sizeof head - 1; *at != '\0';) {
		bool is_empty = false;
		if (*at == '&') {
			size_t length = strcspn(at, ";");
			assert_true(length > 1 && length < 6);
		}
		if (*at != '<') {
			at++;
			continue;
		}
		bool is_end = at[1] == '/';
		const char *name = at + 1 + is_end;
		size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz-");
		assert_true(length > 0 && length < sizeof open[0]);
		at = skip_tag(name + length, &is_empty);
		if (is_end) {
			assert_true(depth > 0);
			depth--;
			assert_int_equal(strlen(open[depth]), length);
			assert_memory_equal(open[depth], name, length);
		} else if (!is_empty) {
			assert_true(depth < ARRAY_LENGTH(open));
			(void)snprintf(open[depth++], sizeof open[0], "%.*s", (int)length, name);
		}
	}
	assert_int_equal(depth, 0);
}

static void test_junit(void **state)
{
	struct judgement judgements[] = { make("a.cpp", "..W-"), make("b.cpp", "") };
	const struct judge_summary summary = { .problem = &problem,
					       .judgements = judgements,
					       .count = 2 };
	(void)state;
	judgements[1].verdict = JUDGE_CE;
	judgements[1].compilation.diagnostics = strdup("error: a < b\n");
	(void)snprintf(judgements[1].message, sizeof judgements[1].message, "compile error");
	AUTO_FREE char *text = summary_of(&summary, FORMAT_JUNIT);
	assert_xml(text);
	assert_has(text, "<testsuites name=\"hello\" tests=\"5\" failures=\"1\" errors=\"1\" "
			 "skipped=\"1\" time=\"0.045\">");
	assert_has(text, "<testsuite name=\"a.cpp\" tests=\"4\" failures=\"1\" errors=\"0\" "
			 "skipped=\"1\" time=\"0.045\">");
	assert_has(text, "<testcase classname=\"hello.a.cpp\" name=\"sample/1\" time=\"0.015\"/>");
	assert_has(text, "<failure type=\"WA\" message=\"differs on line 3\">line 3\n"
			 "expected: seven\nfound: eight\n</failure>");
	assert_has(text, "<skipped message=\"\"></skipped>");
	assert_has(text, "name=\"compile\" time=\"0.000\">\n      <error type=\"CE\" "
			 "message=\"compile error\">error: a &lt; b\n</error>");
	judgement_finish(&judgements[0]);
	judgement_finish(&judgements[1]);
}

/* What is expected is no failure; what is not, is one. */
static void test_junit_of_verified_submissions(void **state)
{
	struct judgement judgements[] = { make("wrong.cpp", "W"), make("good.cpp", "W") };
	const struct verification verifications[] = { { .holds = true }, { .why = "WA" } };
	const struct judge_summary summary = { .problem = &problem,
					       .judgements = judgements,
					       .count = 2,
					       .verifications = verifications };
	AUTO_FREE char *text = summary_of(&summary, FORMAT_JUNIT);
	(void)state;
	assert_xml(text);
	assert_has(text, "<testsuite name=\"wrong.cpp\" tests=\"2\" failures=\"0\"");
	assert_has(text, "<testsuite name=\"good.cpp\" tests=\"2\" failures=\"1\"");
	assert_has(text, "name=\"as expected\" time=\"0.000\">\n      <failure message=\"WA\"/>");
	judgement_finish(&judgements[0]);
	judgement_finish(&judgements[1]);
}

static void test_junit_escapes(void **state)
{
	struct judgement judgement = make(HOSTILE, "W");
	struct test_case test = { .name = HOSTILE "\xef\xbf\xbe" };
	const struct judge_summary summary = { .problem = &problem,
					       .judgements = &judgement,
					       .count = 1 };
	(void)state;
	judgement.tests[0].test = &test;
	judgement.tests[0].standard_error.text = strdup(HOSTILE);
	(void)snprintf(judgement.tests[0].message, 100, "%s", HOSTILE);
	AUTO_FREE char *text = summary_of(&summary, FORMAT_JUNIT);
	assert_xml(text);
	assert_has(text, "\xef\xbf\xbd[31m&lt;b&gt;&amp;&quot;']]&gt;\xef\xbf\xbd\xef\xbf\xbd"
			 "2J\xe2\x80\xae&#10;&#9;\xef\xbf\xbd");
	assert_has_not(text, "\xef\xbf\xbe");
	assert_has_not(text, "\033");
	judgement_finish(&judgement);
}

static void test_junit_of_many_tests(void **state)
{
	static char marks[PROBLEM_TESTS_MAX + 1];
	(void)state;
	memset(marks, 'W', PROBLEM_TESTS_MAX);
	struct judgement judgement = make("a.cpp", marks);
	const struct judge_summary summary = { .problem = &problem,
					       .judgements = &judgement,
					       .count = 1 };
	AUTO_FREE char *text = summary_of(&summary, FORMAT_JUNIT);
	assert_xml(text);
	assert_has(text, "tests=\"10000\" failures=\"10000\"");
	judgement_finish(&judgement);
}

/* ---- progress ------------------------------------------------------------------------------ */

static void tell(struct progress *progress, const struct judgement *judgement, size_t done)
{
	struct judge_event event = { .kind = JUDGE_EVENT_TEST_BEGIN,
				     .judgement = judgement,
				     .submission_count = 1,
				     .test = &judgement->tests[done],
				     .tests_done = done };
	progress_tell(progress, &event);
	event.kind = JUDGE_EVENT_TEST;
	event.tests_done = done + 1;
	progress_tell(progress, &event);
}

static void test_quick_judgements_show_nothing(void **state)
{
	struct judgement judgement = make("a.cpp", "....");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct progress *progress = progress_open(out, true);
	(void)state;
	for (size_t i = 0; i < 4; i++)
		tell(progress, &judgement, i);
	progress_close(progress);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(size, 0);
	free(text);
	progress_close(NULL);
	judgement_finish(&judgement);
}

static void test_progress_is_one_line(void **state)
{
	struct judgement judgement = make("accepted/" HOSTILE, "..W.........");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct progress *progress = progress_open(out, false);
	(void)state;
	tell(progress, &judgement, 0);
	assert_int_equal(usleep(210000), 0);
	for (size_t i = 1; i < 12; i++)
		tell(progress, &judgement, i); /* at once: drawn once */
	assert_int_equal(usleep(110000), 0);
	tell(progress, &judgement, 11);
	progress_close(progress);
	assert_int_equal(fclose(out), 0);
	size_t drawn = 0;
	for (const char *at = text; (at = strchr(at, '\r')) != NULL; at++)
		drawn++;
	assert_in_range(drawn, 3, 4); /* the last removes the line */
	assert_has(text, " 1/12 ");
	assert_has(text, "█");
	assert_has(text, "  1 AC");
	assert_has(text, "\r\033[K");
	assert_string_equal(text + strlen(text) - 4, "\r\033[K");
	assert_has_not(text, "\n");
	assert_has_not(text, "\033[31m");
	free(text);
	judgement_finish(&judgement);
}

/* ---- numbers ------------------------------------------------------------------------------- */

static void test_numbers(void **state)
{
	static const struct {
		uint64_t ns;
		const char *shown;
	} times[] = {
		{ 0, "0 ms" },
		{ 499999, "0.5 ms" },
		{ 9940000, "9.9 ms" },
		{ 12 * MS, "12 ms" },
		{ 999499999, "999 ms" },
		{ 999500000, "1.00 s" },
		{ 1000 * MS, "1 s" },
		{ 1340 * MS, "1.34 s" },
		{ 12340 * MS, "12.3 s" },
		{ 123400 * MS, "123 s" },
		{ BAILIFF_UNKNOWN, "-" },
	};
	static const struct {
		uint64_t bytes;
		const char *shown;
	} sizes[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1 KiB" },
		{ 1536, "1.5 KiB" },
		{ 3250585, "3.1 MiB" },
		{ 1048575, "1.0 MiB" },
		{ 256 << 20, "256 MiB" },
		{ BAILIFF_UNKNOWN, "-" },
		{ 150000, "146 KiB" },
		{ UINT64_MAX - 1, "16 EiB" },
	};
	char text[NUMBER_LENGTH_MAX];
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(times); i++)
		assert_string_equal(format_time(times[i].ns, text), times[i].shown);
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
		assert_string_equal(format_size(sizes[i].bytes, text), sizes[i].shown);
}

/* Goal: cells of a table line up whatever is in them. Method: wide and combining characters, escaped
 * ones, in cells that are wide enough and in some that are not. */
static void test_columns(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
		const char *cell;
	} cells[] = {
		{ "abc", 5, "abc  " },
		{ "abcdef", 5, "abcd…" },
		{ "漢字", 4, "漢字" },
		{ "漢字漢字", 5, "漢字…" },
		{ "漢字漢字", 4, "漢… " },
		{ "漢", 1, "…" },
		{ "e\xcc\x81t\xcc\x81", 3, "e\xcc\x81t\xcc\x81 " },
		{ "\xf0\x9f\x90\x8d!", 4, "\xf0\x9f\x90\x8d! " },
		{ "\x1b[m", 7, "\\x1b[m " },
		{ "abc", 0, "" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cells); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		assert_non_null(out);
		const struct style style = { out, false, 80 };
		style_cell(&style, cells[i].text, cells[i].width);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, cells[i].cell);
		free(text);
	}
	assert_int_equal(text_width("漢e\xcc\x81!"), 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_answer),
		cmocka_unit_test(test_colours_add_nothing_else),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_limits_and_calls),
		cmocka_unit_test(test_compile_error),
		cmocka_unit_test(test_judge_errors),
		cmocka_unit_test(test_scores_and_groups),
		cmocka_unit_test(test_nothing_hostile_gets_through),
		cmocka_unit_test(test_many_tests_are_folded),
		cmocka_unit_test(test_few_tests_are_not_folded),
		cmocka_unit_test(test_empty_judgement),
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_matrix_fits),
		cmocka_unit_test(test_junit),
		cmocka_unit_test(test_junit_of_verified_submissions),
		cmocka_unit_test(test_junit_escapes),
		cmocka_unit_test(test_junit_of_many_tests),
		cmocka_unit_test(test_quick_judgements_show_nothing),
		cmocka_unit_test(test_progress_is_one_line),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_columns),
	};
	return cmocka_run_group_tests(tests, name_cases, NULL);
}
