/* SPDX-License-Identifier: MIT */
/*
 * Goal: packages of both versions and plain folders are read as their formats say, and hostile ones
 * are refused without a look outside. Method: packages made file by file in a temporary folder.
 */
#include "judge/problem.h"

#include "scratch_folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB ((uint64_t)1 << 20)
#define NS_PER_S UINT64_C(1000000000)

/* ---- helpers ----------------------------------------------------------------------------- */

static void put_test(const char *folder, const char *name)
{
	char path[300];
	(void)snprintf(path, sizeof path, "%s.in", name);
	scratch_put(folder, path, "1\n");
	(void)snprintf(path, sizeof path, "%s.ans", name);
	scratch_put(folder, path, "2\n");
}

static void load(struct problem *problem, const char *folder)
{
	struct bailiff_error err = { 0 };
	*problem = (struct problem){ 0 };
	if (problem_load(problem, folder, &err) < 0)
		fail_msg("%s", err.message);
}

static void assert_fails(const char *folder, enum bailiff_fault fault, const char *why)
{
	struct problem problem = { 0 };
	struct bailiff_error err = { 0 };
	if (problem_load(&problem, folder, &err) == 0)
		fail_msg("'%s' is expected, but nothing is wrong", why);
	if (strstr(err.message, why) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, why);
	assert_int_equal(err.fault, fault);
	problem_finish(&problem);
}

static void assert_refused(const char *folder, const char *why)
{
	assert_fails(folder, BAILIFF_FAULT_SPEC, why);
}

/* Writes problem.yaml and asserts why it is refused. */
static void assert_yaml_refused(const char *folder, const char *yaml, const char *why)
{
	scratch_put(folder, "problem.yaml", yaml);
	assert_refused(folder, why);
}

static void assert_tests(const struct problem *problem, const char *const *names)
{
	for (size_t i = 0; i < problem->test_count; i++) {
		if (names[i] == NULL || strcmp(problem->tests[i].name, names[i]) != 0)
			fail_msg("test %zu is '%s', not '%s'", i, problem->tests[i].name,
				 names[i] != NULL ? names[i] : "(none)");
	}
	assert_null(names[problem->test_count]);
}

static const struct test_group *group_of(const struct problem *problem, const char *name)
{
	for (size_t i = 0; i < problem->group_count; i++) {
		if (strcmp(problem->groups[i].name, name) == 0)
			return &problem->groups[i];
	}
	fail_msg("no group '%s'", name);
	return NULL;
}

static const struct test_case *test_of(const struct problem *problem, const char *name)
{
	for (size_t i = 0; i < problem->test_count; i++) {
		if (strcmp(problem->tests[i].name, name) == 0)
			return &problem->tests[i];
	}
	fail_msg("no test '%s'", name);
	return NULL;
}

static void assert_warned(const struct problem *problem, const char *what)
{
	for (size_t i = 0; i < problem->warning_count; i++) {
		if (strstr(problem->warnings[i], what) != NULL)
			return;
	}
	fail_msg("no warning says '%s'", what);
}

static void assert_words(const char *const *words, const char *const *wanted)
{
	size_t i = 0;
	for (; wanted[i] != NULL; i++) {
		assert_non_null(words);
		assert_non_null(words[i]);
		assert_string_equal(words[i], wanted[i]);
	}
	assert_true(words == NULL || words[i] == NULL);
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A package that is right: one test and this problem.yaml. */
static void put_package(const char *folder, const char *yaml)
{
	scratch_put(folder, "problem.yaml", yaml);
	put_test(folder, "data/secret/1");
}

#define CURRENT "problem_format_version: 2025-09\nname: x\n"

/* ---- plain folders ----------------------------------------------------------------------- */

static void test_plain_folder(void **state)
{
	struct problem problem;
	put_test(*state, "10");
	put_test(*state, "2");
	put_test(*state, "01");
	put_test(*state, "a b");
	put_test(*state, "t9x");
	put_test(*state, "t10x");
	put_test(*state, ".hidden");
	scratch_put(*state, "3.in", "");
	scratch_put(*state, "3.out", "");
	scratch_put(*state, "2.out", "not this one");
	scratch_put(*state, ".git/1.in", "");
	load(&problem, *state);
	assert_tests(&problem, WORDS("01", "2", "3", "10", "a b", "t9x", "t10x"));
	assert_int_equal(problem.format, PROBLEM_FORMAT_FOLDER);
	assert_int_equal(problem.checker, CHECKER_BUILTIN);
	assert_int_equal(problem.group_count, 1);
	assert_int_equal(problem.groups[0].parent, GROUP_NONE);
	assert_int_equal(problem.limits.cpu_ns, 0);
	assert_string_equal(problem.folder, *state);
	assert_string_equal(problem.name, strrchr(*state, '/') + 1);
	const struct test_case *test = test_of(&problem, "2");
	assert_int_equal(test->input.path[0], '/');
	assert_string_equal(strrchr(test->input.path, '/'), "/2.in");
	assert_string_equal(strrchr(test->answer.path, '/'), "/2.ans");
	assert_int_equal(test->input.size, 2);
	assert_string_equal(strrchr(test_of(&problem, "3")->answer.path, '/'), "/3.out");
	problem_finish(&problem);
}

static void test_plain_folder_with_samples(void **state)
{
	static const char *const bases[] = { "", "data/" };
	for (size_t i = 0; i < 2; i++) {
		struct problem problem;
		char name[50];
		(void)snprintf(name, sizeof name, "%ssecret/1", bases[i]);
		put_test(*state, name);
		(void)snprintf(name, sizeof name, "%ssample/1", bases[i]);
		put_test(*state, name);
		load(&problem, *state);
		assert_tests(&problem, WORDS("sample/1", "secret/1"));
		assert_true(problem.tests[0].is_sample && !problem.tests[1].is_sample);
		assert_int_equal(problem.tests[1].group, 2);
		assert_true(group_of(&problem, "sample")->is_sample);
		problem_finish(&problem);
		scratch_delete(*state, "sample");
		scratch_delete(*state, "secret");
	}
}

static void test_plain_folder_that_is_wrong(void **state)
{
	assert_refused(*state, "has no tests");
	scratch_put(*state, "notes.txt", "");
	assert_refused(*state, "has no tests");
	put_test(*state, "1");
	scratch_put(*state, "2.in", "");
	assert_refused(*state, "'2.in' has no answer");
	scratch_delete(*state, "2.in");
	scratch_put(*state, "output_validators/check.py", "");
	struct problem problem;
	load(&problem, *state);
	assert_warned(&problem, "output_validators: is not used");
	problem_finish(&problem);
	assert_fails("/nonexistent", BAILIFF_FAULT_INPUT, "/nonexistent");
	char file[300];
	(void)snprintf(file, sizeof file, "%s/1.in", (const char *)*state);
	assert_fails(file, BAILIFF_FAULT_INPUT, "Not a directory");
}

/* ---- legacy ------------------------------------------------------------------------------ */

static void test_legacy_defaults(void **state)
{
	struct problem problem;
	put_package(*state, "name: Sums\n");
	load(&problem, *state);
	assert_int_equal(problem.format, PROBLEM_FORMAT_LEGACY);
	assert_string_equal(problem.title, "Sums");
	assert_int_equal(problem.limits.cpu_ns, 0);
	assert_int_equal(problem.limits.memory_bytes, 2048 * MIB);
	assert_int_equal(problem.limits.output_bytes, 8 * MIB);
	assert_int_equal(problem.code_bytes_max, 128 << 10);
	assert_int_equal(problem.compile_limits.cpu_ns, 60 * NS_PER_S);
	assert_int_equal(problem.validation_limits.output_bytes, 8 * MIB);
	assert_true(problem.time_rule.accepted_factor == 5 &&
		    problem.time_rule.rejected_factor == 2);
	assert_int_equal(problem.time_rule.resolution_ns, NS_PER_S);
	assert_true(problem.maximize && !problem.is_scoring && !problem.is_interactive);
	assert_int_equal(problem.warning_count, 0);
	const struct test_group *secret = group_of(&problem, "secret");
	assert_false(secret->on_reject_continue);
	assert_true(secret->accept_score == 1 && secret->reject_score == 0);
	assert_true(isinf(secret->range_min) && isinf(secret->range_max));
	problem_finish(&problem);
}

static void test_empty_problem_yaml(void **state)
{
	static const char *const texts[] = { "", "# nothing\n", "\xef\xbb\xbf", "---\n",
					     "limits:\nvalidator_flags:\ngrading:\n" };
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct problem problem;
		put_package(*state, texts[i]);
		load(&problem, *state);
		assert_int_equal(problem.format, PROBLEM_FORMAT_LEGACY);
		assert_null(problem.title);
		problem_finish(&problem);
	}
}

static void test_legacy_limits(void **state)
{
	struct problem problem;
	put_package(*state, "\xef\xbb\xbf"
			    "problem_format_version: legacy-icpc\r\n"
			    "name:\r\n  sv: Summor\r\n  en: Sums\r\n"
			    "limits:\r\n"
			    "  time_limit: 1.5\r\n"
			    "  time_multiplier: 3\r\n"
			    "  time_safety_margin: 1.5\r\n"
			    "  memory: 512\r\n"
			    "  output: 1\r\n"
			    "  code: 64\r\n"
			    "  compilation_time: 10\r\n"
			    "  compilation_memory: 1024\r\n"
			    "  validation_time: 20\r\n"
			    "  validation_memory: 256\r\n"
			    "  validation_output: 2\r\n"
			    "  foo: 1\r\n"
			    "grading: {objective: min}\r\n"
			    "colour: red\r\n");
	load(&problem, *state);
	assert_string_equal(problem.title, "Sums");
	assert_int_equal(problem.limits.cpu_ns, 3 * NS_PER_S / 2);
	assert_int_equal(problem.limits.memory_bytes, 512 * MIB);
	assert_int_equal(problem.limits.output_bytes, MIB);
	assert_int_equal(problem.code_bytes_max, 64 << 10);
	assert_int_equal(problem.compile_limits.cpu_ns, 10 * NS_PER_S);
	assert_int_equal(problem.compile_limits.memory_bytes, 1024 * MIB);
	assert_int_equal(problem.validation_limits.cpu_ns, 20 * NS_PER_S);
	assert_int_equal(problem.validation_limits.memory_bytes, 256 * MIB);
	assert_int_equal(problem.validation_limits.output_bytes, 2 * MIB);
	assert_true(problem.time_rule.accepted_factor == 3);
	assert_true(problem.time_rule.rejected_factor == 1.5);
	assert_false(problem.maximize);
	assert_int_equal(problem.warning_count, 2);
	assert_warned(&problem, "problem.yaml: limits.foo: unknown key");
	assert_warned(&problem, "problem.yaml: colour: unknown key");
	problem_finish(&problem);
}

static uint64_t time_limit_of(const char *folder)
{
	struct problem problem;
	load(&problem, folder);
	uint64_t limit = problem.limits.cpu_ns;
	problem_finish(&problem);
	return limit;
}

static void test_time_limits_by_place(void **state)
{
	put_package(*state, "name: x\n");
	scratch_put(*state, "domjudge-problem.ini",
		    "short-name = a\r\ntimelimit = '4'\r\ncolor=\"#ff0000\"\r\n");
	assert_int_equal(time_limit_of(*state), 4 * NS_PER_S);
	scratch_put(*state, "problem.yaml", "limits: {time_limit: 3}\n");
	assert_int_equal(time_limit_of(*state), 3 * NS_PER_S);
	scratch_put(*state, ".timelimit", "2.5\n");
	assert_int_equal(time_limit_of(*state), 5 * NS_PER_S / 2);
	scratch_put(*state, "problem.yaml", CURRENT "limits: {time_limit: 3}\n");
	assert_int_equal(time_limit_of(*state), 3 * NS_PER_S);
	scratch_put(*state, "problem.yaml", CURRENT);
	assert_int_equal(time_limit_of(*state), 5 * NS_PER_S / 2);
	static const char *const wrong[] = { "", "0", "-1", "1s", "1e9", "nan", "inf", "1 2" };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		scratch_put(*state, ".timelimit", wrong[i]);
		assert_refused(*state, ".timelimit: must be a positive number");
	}
	scratch_delete(*state, ".timelimit");
	scratch_put(*state, "domjudge-problem.ini", "timelimit = soon\n");
	assert_refused(*state, "domjudge-problem.ini: timelimit");
}

static void test_wrong_values(void **state)
{
	static const struct {
		const char *yaml, *why;
	} rows[] = {
		{ "limits: {memory: 0}", "problem.yaml: limits.memory: must be a positive number" },
		{ "limits: {memory: -1}", "limits.memory" },
		{ "limits: {memory: lots}", "limits.memory" },
		{ "limits: {memory: .inf}", "limits.memory" },
		{ "limits: {memory: .nan}", "limits.memory" },
		{ "limits: {memory: 1e300}", "limits.memory: must be at most" },
		{ "limits: {memory: 1e-300}", "limits.memory: is too small" },
		{ "limits: {time_limit: 1e6}", "limits.time_limit: must be at most 86400" },
		{ "limits: {time_multiplier: 0}", "limits.time_multiplier" },
		{ "limits: [1]", "problem.yaml: limits: must be an object" },
		{ "name: [1]", "problem.yaml: name: must be a text" },
		{ "name: {}", "problem.yaml: name: must not be empty" },
		{ "type: interactive", "problem.yaml: type: must be" },
		{ "validation: maybe", "problem.yaml: validation: must be" },
		{ "validation: default score", "problem.yaml: validation: must be" },
		{ "validation: custom fast", "'fast' is not one of" },
		{ "validation: custom", "'output_validators' has no program" },
		{ "validator_flags: 'a", "problem.yaml: line" },
		{ "validator_flags: \"'a\"", "validator_flags: a quote that is not closed" },
		{ "validator_flags: fast", "problem.yaml: validator_flags: " },
		{ "validator_flags: float_tolerance", "problem.yaml: validator_flags: " },
		{ "grading: {objective: up}", "grading.objective: must be" },
		{ "problem_format_version: 2030-01", "problem_format_version: must be" },
		{ "problem_format_version: [legacy]", "problem_format_version: must be" },
		{ "[1, 2]", "problem.yaml: document: must be an object" },
		{ "just a text", "problem.yaml: document: must be an object" },
		{ "a: 1\na: 2", "problem.yaml: line 2, column 1: this key appears twice" },
		{ "name: \xff", "problem.yaml: line 1" },
		{ CURRENT "type: fast", "problem.yaml: type: must be" },
		{ CURRENT "type: [pass-fail, scoring]", "type: 'pass-fail' excludes" },
		{ CURRENT "type: [submit-answer, interactive]", "'submit-answer' excludes" },
		{ CURRENT "type: interactive", "'interactive' needs a program" },
		{ CURRENT "type: [scoring, multi-pass]", "'multi-pass' needs a program" },
		{ CURRENT "limits: {validation_passes: 1}", "limits.validation_passes" },
		{ CURRENT "limits: {time_multipliers: {ac_to_time_limit: x}}",
		  "limits.time_multipliers.ac_to_time_limit" },
	};
	put_test(*state, "data/secret/1");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_yaml_refused(*state, rows[i].yaml, rows[i].why);
}

static void test_order_and_names(void **state)
{
	static const char *const names[] = {
		"data/secret/b",  "data/secret/a-1", "data/secret/a",	     "data/secret/10",
		"data/secret/2",  "data/secret/g/x", "data/secret/a b",	     "data/secret/.git/c",
		"data/secret/-x", "data/sample/z",   "data/invalid_input/1", "data/secret/g/h/y"
	};
	struct problem problem;
	scratch_put(*state, "problem.yaml", "");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		put_test(*state, names[i]);
	scratch_put(*state, "data/secret/empty/README", "");
	load(&problem, *state);
	assert_tests(&problem, WORDS("sample/z", "secret/10", "secret/2", "secret/a", "secret/a-1",
				     "secret/b", "secret/g/h/y", "secret/g/x"));
	assert_int_equal(problem.group_count, 5);
	assert_string_equal(problem.groups[problem.tests[6].group].name, "secret/g/h");
	assert_ptr_equal(&problem.groups[group_of(&problem, "secret/g/h")->parent],
			 group_of(&problem, "secret/g"));
	problem_finish(&problem);
	scratch_put(*state, "data/secret/q.in", "");
	assert_refused(*state, "'data/secret/q.in' has no answer 'data/secret/q.ans'");
}

static void test_testdata_is_inherited(void **state)
{
	struct problem problem;
	scratch_put(*state, "problem.yaml",
		    "type: scoring\nvalidator_flags: case_sensitive\n"
		    "grading: {on_reject: continue, range: 0 100}\n");
	put_test(*state, "data/sample/1");
	put_test(*state, "data/secret/g1/1");
	put_test(*state, "data/secret/g2/1");
	scratch_put(*state, "data/testdata.yaml", "grader_flags: ignore_sample\n");
	scratch_put(*state, "data/secret/testdata.yaml",
		    "grader_flags: min max first_error\naccept_score: '25.5'\n"
		    "output_validator_flags: float_tolerance 1e-6\n");
	scratch_put(*state, "data/secret/g2/testdata.yaml",
		    "on_reject: break\nrange: -inf +inf\nreject_score: -1\nwhat: 1\n"
		    "output_validator_flags: float_absolute_tolerance 0.5\n");
	load(&problem, *state);
	const struct test_group *root = group_of(&problem, ""),
				*g1 = group_of(&problem, "secret/g1"),
				*g2 = group_of(&problem, "secret/g2");
	assert_true(problem.is_scoring && root->ignore_sample && root->on_reject_continue);
	assert_true(root->range_min == 0 && root->range_max == 100);
	assert_true(g1->on_reject_continue && !g2->on_reject_continue);
	assert_true(g1->range_max == 100 && isinf(g2->range_max) && g2->range_min < 0);
	assert_int_equal(g1->score_mode, SCORE_MAX);
	assert_int_equal(g2->verdict_mode, VERDICT_FIRST_ERROR);
	assert_true(g1->accept_score == 25.5 && g2->accept_score == 25.5 && g2->reject_score == -1);
	assert_false(g1->ignore_sample);
	const struct test_case *sample = test_of(&problem, "sample/1"),
			       *first = test_of(&problem, "secret/g1/1"),
			       *second = test_of(&problem, "secret/g2/1");
	assert_true(sample->compare.case_sensitive && !sample->compare.has_relative);
	assert_true(first->compare.case_sensitive && first->compare.has_relative);
	assert_true(second->compare.case_sensitive && !second->compare.has_relative);
	assert_true(second->compare.absolute == 0.5L);
	assert_warned(&problem, "data/secret/g2/testdata.yaml: what: unknown key");
	problem_finish(&problem);
}

static void test_testdata_that_is_wrong(void **state)
{
	static const struct {
		const char *yaml, *why;
	} rows[] = {
		{ "on_reject: stop", "data/secret/testdata.yaml: on_reject: must be" },
		{ "grading: best", "grading: must be" },
		{ "grading: custom", "'graders' has no program" },
		{ "grader_flags: sum best",
		  "grader_flags: the default grader does not know 'best'" },
		{ "output_validator_flags: fast",
		  "data/secret/testdata.yaml: output_validator_flags: " },
		{ "accept_score: many", "accept_score: must be a number" },
		{ "accept_score: inf", "accept_score: must be a number" },
		{ "range: 1", "range: must be two numbers" },
		{ "range: 2 1", "range: must be two numbers" },
		{ "range: nan 1", "range: must be two numbers" },
		{ "- 1", "data/secret/testdata.yaml: document: must be an object" },
	};
	put_package(*state, "type: scoring\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scratch_put(*state, "data/secret/testdata.yaml", rows[i].yaml);
		assert_refused(*state, rows[i].why);
	}
}

static void test_legacy_programs(void **state)
{
	struct problem problem;
	put_package(*state, "validation: custom interactive score\n"
			    "validator_flags: a 'b c'\n");
	scratch_put(*state, "output_validators/one.py", "print(1)\n");
	scratch_put(*state, "output_validators/two/main.cpp", "int main(){}\n");
	scratch_put(*state, "output_validators/two/lib/x.h", "");
	scratch_put(*state, "output_validators/two/.git/config", "");
	scratch_put(*state, "output_validators/README.md", "");
	scratch_put(*state, "graders/grade.py", "");
	scratch_put(*state, "data/secret/testdata.yaml",
		    "grading: custom\ngrader_flags: any thing\noutput_validator_flags: d\n");
	scratch_put_bytes(*state, "include/cpp/lib/h.h", "a\0b", 3);
	scratch_put(*state, "include/default/x", "");
	load(&problem, *state);
	assert_int_equal(problem.checker, CHECKER_ICPC);
	assert_true(problem.is_interactive && !problem.is_multi_pass);
	assert_int_equal(problem.validator_count, 2);
	assert_string_equal(problem.validators[0].name, "output_validators/one.py");
	assert_string_equal(problem.validators[0].files[0].name, "one.py");
	assert_string_equal(problem.validators[0].files[0].text, "print(1)\n");
	assert_int_equal(problem.validators[1].count, 2);
	assert_string_equal(problem.validators[1].files[0].name, "lib/x.h");
	assert_words(problem.tests[0].validator_args, WORDS("a", "b c", "d"));
	assert_string_equal(problem.grader->files[0].name, "grade.py");
	assert_words(group_of(&problem, "secret")->grader_flags, WORDS("any", "thing"));
	assert_false(group_of(&problem, "")->custom_grader);
	assert_int_equal(problem.include_count, 2);
	assert_string_equal(problem.includes[0].language, "cpp");
	assert_string_equal(problem.includes[0].files[0].to, "lib/h.h");
	assert_memory_equal(problem.includes[0].files[0].content.data, "a\0b", 3);
	assert_string_equal(problem.includes[1].language, "default");
	problem_finish(&problem);
}

static void test_flags_by_validator(void **state)
{
	struct problem problem;
	put_package(*state, "validation: custom\n");
	scratch_put(*state, "output_validators/check.py", "");
	scratch_put(*state, "data/secret/testdata.yaml",
		    "output_validator_flags: {other: x, check: a b}\n");
	load(&problem, *state);
	assert_words(problem.tests[0].validator_args, WORDS("a", "b"));
	problem_finish(&problem);
	scratch_put(*state, "output_validators/second.py", "");
	assert_refused(*state, "different flags for several validators");
}

/* ---- 2025-09 ----------------------------------------------------------------------------- */

static void test_current_package(void **state)
{
	struct problem problem;
	scratch_put(*state, "problem.yaml",
		    CURRENT "type: [scoring, interactive, multi-pass]\nuuid: 1\nconstants: {a: 1}\n"
			    "limits: {memory: 100, validation_passes: 3, time_resolution: 0.5,\n"
			    "  time_multipliers: {ac_to_time_limit: 3, time_limit_to_tle: 4}}\n");
	scratch_put(*state, "output_validator/main.cpp", "");
	scratch_put(*state, "output_validator/util.h", "");
	put_test(*state, "data/sample/1");
	put_test(*state, "data/secret/g1/1");
	put_test(*state, "data/secret/g1/deep/2");
	put_test(*state, "data/secret/g2/1");
	scratch_put(*state, "data/secret/test_group.yaml", "output_validator_args: [unused]\n");
	scratch_put(*state, "data/secret/g1/test_group.yaml",
		    "max_score: 30\nscore_aggregation: min\nrequire_pass: sample\n"
		    "args: [--fast, 1e-6]\noutput_validator_args: [a]\n");
	scratch_put(*state, "data/secret/g1/deep/2.yaml",
		    "args: []\noutput_validator_args: [b, 2]\nhint: x\nodd: 1\n");
	scratch_put(*state, "data/secret/g1/1.files/sub/data.txt", "hello");
	scratch_put(
		*state, "data/secret/g2/test_group.yaml",
		"max_score: unbounded\nscore_aggregation: sum\nrequire_pass: [g1, secret/g1]\n");
	load(&problem, *state);
	assert_int_equal(problem.format, PROBLEM_FORMAT_2025_09);
	assert_true(problem.is_scoring && problem.is_interactive && problem.is_multi_pass);
	assert_int_equal(problem.pass_limit, 3);
	assert_int_equal(problem.time_rule.resolution_ns, NS_PER_S / 2);
	assert_true(problem.time_rule.accepted_factor == 3 &&
		    problem.time_rule.rejected_factor == 4);
	assert_int_equal(problem.checker, CHECKER_ICPC);
	assert_int_equal(problem.validator_count, 1);
	assert_int_equal(problem.validators[0].count, 2);
	assert_tests(&problem, WORDS("sample/1", "secret/g1/1", "secret/g1/deep/2", "secret/g2/1"));
	const struct test_group *secret = group_of(&problem, "secret"),
				*g1 = group_of(&problem, "secret/g1"),
				*g2 = group_of(&problem, "secret/g2");
	assert_int_equal(problem.group_count, 5);
	assert_true(secret->is_bounded && secret->max_score == 100 && !secret->is_pass_fail);
	assert_true(secret->score_mode == SCORE_SUM && secret->on_reject_continue);
	assert_true(g1->is_bounded && g1->max_score == 30 && g1->score_mode == SCORE_MIN);
	assert_false(g1->on_reject_continue);
	assert_ptr_equal(&problem.groups[g1->required_groups[0]], group_of(&problem, "sample"));
	assert_int_equal(g1->required_groups[1], GROUP_NONE);
	assert_true(!g2->is_bounded && g2->on_reject_continue);
	assert_ptr_equal(&problem.groups[g2->required_groups[1]], g1);
	const struct test_case *first = test_of(&problem, "secret/g1/1"),
			       *deep = test_of(&problem, "secret/g1/deep/2");
	assert_words(first->args, WORDS("--fast", "1e-6"));
	assert_words(first->validator_args, WORDS("a"));
	assert_words(deep->args, (const char *const[]){ NULL });
	assert_words(deep->validator_args, WORDS("b", "2"));
	assert_int_equal(deep->group, first->group);
	assert_words(test_of(&problem, "secret/g2/1")->validator_args,
		     (const char *const[]){ NULL });
	assert_int_equal(first->file_count, 1);
	assert_string_equal(first->files[0].to, "sub/data.txt");
	assert_int_equal(first->files[0].content.size, 5);
	assert_non_null(
		strstr(first->files[0].content.path, "/data/secret/g1/1.files/sub/data.txt"));
	assert_warned(&problem, "data/secret/g1/deep/2.yaml: odd: unknown key");
	assert_warned(&problem, "constants");
	problem_finish(&problem);
}

static void test_current_pass_fail(void **state)
{
	struct problem problem;
	put_package(*state, "problem_format_version: 2023-07-draft\nname: {sv: Namn}\n"
			    "type: submit-answer\n");
	put_test(*state, "data/secret/folder/2");
	scratch_put(*state, "data/secret/test_group.yaml",
		    "output_validator_args: [float_tolerance, 1e-4]\n");
	load(&problem, *state);
	assert_true(problem.is_submit_answer && !problem.is_scoring);
	assert_string_equal(problem.title, "Namn");
	assert_int_equal(problem.checker, CHECKER_BUILTIN);
	assert_true(problem.tests[1].compare.has_absolute && problem.tests[1].compare.has_relative);
	assert_true(problem.groups[0].is_pass_fail && group_of(&problem, "secret")->is_pass_fail);
	assert_false(group_of(&problem, "secret")->on_reject_continue);
	assert_int_equal(problem.group_count, 2);
	problem_finish(&problem);
}

static void test_current_that_is_wrong(void **state)
{
	static const struct {
		const char *yaml, *why;
	} rows[] = {
		{ "max_score: -1", "data/secret/g/test_group.yaml: max_score: must be" },
		{ "max_score: many", "max_score: must be" },
		{ "score_aggregation: max", "score_aggregation: must be" },
		{ "require_pass: g2",
		  "data/secret/g/test_group.yaml: require_pass: no group 'g2'" },
		{ "require_pass: [g]", "require_pass: no group 'g'" },
		{ "static_validation_score: 5", "static validation is not supported" },
		{ "args: a b", "data/secret/g/test_group.yaml: args: must be a list" },
		{ "output_validator_args: [fast]",
		  "data/secret/g/test_group.yaml: output_validator_args: " },
		{ "output_validator_args: [float_tolerance, 1, float_tolerance, 1]",
		  "output_validator_args: " },
	};
	scratch_put(*state, "problem.yaml", CURRENT "type: scoring\n");
	put_test(*state, "data/secret/g/1");
	put_test(*state, "data/secret/g2/1");
	scratch_put(*state, "data/secret/g2/test_group.yaml", "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scratch_put(*state, "data/secret/g/test_group.yaml", rows[i].yaml);
		assert_refused(*state, rows[i].why);
	}
	scratch_put(*state, "data/secret/g/test_group.yaml", "");
	put_test(*state, "data/secret/loose");
	assert_refused(*state, "'data/secret/loose.in' is in no group");
	scratch_delete(*state, "data/secret/loose.in");
	scratch_put(*state, "data/secret/g/inner/test_group.yaml", "");
	assert_refused(*state, "groups stand directly in data/secret");
	scratch_delete(*state, "data/secret/g/inner");
	scratch_put(*state, "output_validators/x.py", "");
	assert_refused(*state, "'output_validators' is 'output_validator'");
}

/* ---- hostile ----------------------------------------------------------------------------- */

static void test_links_that_lead_out(void **state)
{
	static const char *const targets[] = { "/etc/passwd", "../../../../../etc/passwd",
					       "/proc/self/exe" };
	put_package(*state, "validation: custom\n");
	scratch_put(*state, "output_validators/v/main.py", "");
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		static const char *const paths[] = { "data/secret/2.in",      "data/secret/1.ans",
						     "output_validators/v/x", "include/c/x",
						     "data/testdata.yaml",    ".timelimit" };
		for (size_t k = 0; k < sizeof paths / sizeof paths[0]; k++) {
			scratch_delete(*state, paths[k]);
			scratch_link(*state, paths[k], targets[i]);
			assert_refused(*state, "is a link that leads out");
			scratch_delete(*state, paths[k]);
			put_test(*state, "data/secret/1");
		}
	}
	scratch_link(*state, "data/sample", "/etc");
	assert_refused(*state, "'data/sample' is a link that leads out");
	scratch_delete(*state, "data/sample");
	scratch_link(*state, "data/secret/gone.in", "nowhere");
	assert_fails(*state, BAILIFF_FAULT_INPUT, "data/secret/gone.in");
	scratch_delete(*state, "data/secret/gone.in");
	scratch_delete(*state, "problem.yaml");
	scratch_link(*state, "problem.yaml", "/etc/passwd");
	assert_refused(*state, "'problem.yaml' is a link that leads out");
}

static void test_links_that_stay(void **state)
{
	struct problem problem;
	put_package(*state, "");
	scratch_link(*state, "data/secret/2.in", "1.in");
	scratch_link(*state, "data/secret/2.ans", "../../data/secret/1.ans");
	scratch_link(*state, "data/sample", "secret");
	load(&problem, *state);
	assert_tests(&problem, WORDS("sample/1", "sample/2", "secret/1", "secret/2"));
	problem_finish(&problem);
	scratch_link(*state, "data/secret/round", ".");
	assert_refused(*state, "nested too deeply");
	scratch_delete(*state, "data/secret/round");
	scratch_delete(*state, "data/sample");
	scratch_link(*state, "data/secret/self", "self");
	assert_fails(*state, BAILIFF_FAULT_INPUT, "data/secret/self");
}

/* Four links per level, so that 4^10 folders can be seen. */
static void test_links_that_multiply(void **state)
{
	char path[100], target[50];
	put_package(*state, "");
	for (int i = 0; i < 10; i++) {
		(void)snprintf(target, sizeof target, "../%d", i + 1);
		for (int k = 0; k < 4; k++) {
			(void)snprintf(path, sizeof path, "pool/%d/l%d", i, k);
			scratch_link(*state, path, target);
		}
	}
	scratch_put(*state, "pool/10/x", "");
	scratch_link(*state, "data/secret/all", "../../pool/0");
	assert_refused(*state, "more than 200000 files and folders");
}

static void test_files_that_are_none(void **state)
{
	put_package(*state, "");
	scratch_fifo(*state, "data/secret/2.in");
	put_test(*state, "data/secret/3");
	scratch_put(*state, "data/secret/2.ans", "");
	assert_refused(*state, "'data/secret/2.in' is not a regular file");
	scratch_delete(*state, "data/secret/2.in");
	scratch_fifo(*state, ".timelimit");
	assert_refused(*state, "'.timelimit' is not a regular file");
	scratch_delete(*state, ".timelimit");
	scratch_delete(*state, "problem.yaml");
	scratch_fifo(*state, "problem.yaml");
	assert_refused(*state, "'problem.yaml' is not a regular file");
	scratch_delete(*state, "problem.yaml");
	scratch_put(*state, "problem.yaml/x", "");
	assert_refused(*state, "'problem.yaml' is not a regular file");
	scratch_delete(*state, "problem.yaml");
	scratch_fifo(*state, "1.in");
	scratch_put(*state, "1.ans", "");
	assert_refused(*state, "'1.in' is not a regular file");
}

static void test_unreadable_file(void **state)
{
	char path[300];
	put_package(*state, "");
	(void)snprintf(path, sizeof path, "%s/data/secret/1.ans", (const char *)*state);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(*state, 0755), 0);
	bool is_root = geteuid() == 0;
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	assert_fails(*state, BAILIFF_FAULT_INPUT, "data/secret/1.ans");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
}

static void test_bounds(void **state)
{
	put_package(*state, "validation: custom\n");
	char *big = calloc(1, PROBLEM_PROGRAM_BYTES_MAX + 1);
	assert_non_null(big);
	scratch_put_bytes(*state, "output_validators/v.py", big, PROBLEM_PROGRAM_BYTES_MAX + 1);
	assert_refused(*state, "longer than");
	scratch_put(*state, "output_validators/v.py", "");
	scratch_put_bytes(*state, "include/c/x", big, PROBLEM_PROGRAM_BYTES_MAX);
	scratch_put_bytes(*state, "include/c/y", big, 1);
	assert_refused(*state, "more than 16 MiB");
	scratch_delete(*state, "include");
	scratch_put_bytes(*state, "problem.yaml", big, 2 * MIB);
	assert_refused(*state, "'problem.yaml' is longer than");
	free(big);
	scratch_put(*state, "problem.yaml", "");
	char path[200] = "data/secret/";
	for (int i = 0; i < 20; i++)
		strncat(path, "d/", sizeof path - strlen(path) - 1);
	strncat(path, "1", sizeof path - strlen(path) - 1);
	put_test(*state, path);
	assert_refused(*state, "nested too deeply");
	scratch_delete(*state, "data/secret/d");
	for (unsigned i = 0; i < PROBLEM_GROUPS_MAX; i++) {
		(void)snprintf(path, sizeof path, "data/secret/g%u/1", i);
		put_test(*state, path);
	}
	assert_refused(*state, "more than 1000 groups");
}

/* ---- programs ---------------------------------------------------------------------------- */

static void test_source_sets(void **state)
{
	struct arena arena = { 0 };
	struct source_set set = { 0 };
	struct bailiff_error err = { 0 };
	char path[300];
	scratch_put(*state, "one/a b.py", "x");
	(void)snprintf(path, sizeof path, "%s/one/a b.py", (const char *)*state);
	assert_int_equal(source_set_load(&arena, path, "mine", &set, &err), 0);
	assert_string_equal(set.name, "mine");
	assert_string_equal(set.files[0].name, "a b.py");
	assert_int_equal(set.files[0].size, 1);
	scratch_put(*state, "one/sub/b.py", "");
	scratch_fifo(*state, "one/fifo");
	(void)snprintf(path, sizeof path, "%s/one", (const char *)*state);
	assert_int_equal(source_set_load(&arena, path, "mine", &set, &err), 0);
	assert_int_equal(set.count, 2);
	assert_string_equal(set.files[1].name, "sub/b.py");
	scratch_link(*state, "one/out", "../two");
	scratch_put(*state, "two", "");
	assert_true(source_set_load(&arena, path, "mine", &set, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	(void)snprintf(path, sizeof path, "%s/one/fifo", (const char *)*state);
	assert_true(source_set_load(&arena, path, "mine", &set, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_true(source_set_load(&arena, "/nonexistent", "mine", &set, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	assert_true(source_set_load(&arena, "/dev/null", "mine", &set, &err) < 0);
	for (unsigned i = 0; i <= PROGRAM_SOURCES_MAX; i++) {
		(void)snprintf(path, sizeof path, "many/%u", i);
		scratch_put(*state, path, "");
	}
	(void)snprintf(path, sizeof path, "%s/many", (const char *)*state);
	assert_true(source_set_load(&arena, path, "mine", &set, &err) < 0);
	assert_non_null(strstr(err.message, "more than 256 files"));
	arena_finish(&arena);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_plain_folder),
		IN_FOLDER(test_plain_folder_with_samples),
		IN_FOLDER(test_plain_folder_that_is_wrong),
		IN_FOLDER(test_legacy_defaults),
		IN_FOLDER(test_empty_problem_yaml),
		IN_FOLDER(test_legacy_limits),
		IN_FOLDER(test_time_limits_by_place),
		IN_FOLDER(test_wrong_values),
		IN_FOLDER(test_order_and_names),
		IN_FOLDER(test_testdata_is_inherited),
		IN_FOLDER(test_testdata_that_is_wrong),
		IN_FOLDER(test_legacy_programs),
		IN_FOLDER(test_flags_by_validator),
		IN_FOLDER(test_current_package),
		IN_FOLDER(test_current_pass_fail),
		IN_FOLDER(test_current_that_is_wrong),
		IN_FOLDER(test_links_that_lead_out),
		IN_FOLDER(test_links_that_stay),
		IN_FOLDER(test_links_that_multiply),
		IN_FOLDER(test_files_that_are_none),
		IN_FOLDER(test_unreadable_file),
		IN_FOLDER(test_bounds),
		IN_FOLDER(test_source_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
