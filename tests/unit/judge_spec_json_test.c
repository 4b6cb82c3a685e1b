/* SPDX-License-Identifier: MIT */
/*
 * Goal: a judge spec is read completely and strictly, and every mistake is named by its key's path.
 * Method: specs with every key, and a table of wrong ones with the message each must give. Files
 * are in a folder of the test's own.
 */
#include "base/mem.h"
#include "codec/judge_spec_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/bailiff-judge-spec-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void path_of(const char *name, char *path, size_t capacity)
{
	(void)snprintf(path, capacity, "%s/%s", folder, name);
}

static int make_folder(void **state)
{
	char path[128];
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	write_file("util.h", "#define ONE 1\n");
	write_file("1.in", "1 2\n");
	write_file("empty", "");
	path_of("fifo", path, sizeof path);
	if (mkfifo(path, 0600) < 0)
		return -1;
	path_of("folder", path, sizeof path);
	return mkdir(path, 0700);
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "util.h", "1.in", "empty", "fifo", "big" };
	char path[128];
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		path_of(names[i], path, sizeof path);
		(void)unlink(path); /* not every test makes every file */
	}
	path_of("folder", path, sizeof path);
	(void)rmdir(path);
	return rmdir(folder);
}

static int read_spec(struct judge_spec *spec, const char *text, struct bailiff_error *err)
{
	return judge_spec_json_read(spec, text, strlen(text), folder, err);
}

static void read_valid(struct judge_spec *spec, const char *text)
{
	struct bailiff_error err = { 0 };
	if (read_spec(spec, text, &err) < 0)
		fail_msg("%s in %s", err.message, text);
}

#define SOURCES "\"sources\":[{\"name\":\"a.c\",\"text\":\"x\"}]"
#define TESTS "\"tests\":[{\"name\":\"1\",\"answer\":{\"text\":\"\"}}]"

/* A spec with this checker. */
#define CHECKED(checker) "{" SOURCES ",\"problem\":{" TESTS ",\"checker\":" checker "}}"
#define VALIDATOR "\"sources\":[{\"name\":\"v.py\",\"text\":\"x\"}]"

static void test_reads_the_submission(void **state)
{
	struct judge_spec spec = { 0 };
	char expected[128];
	(void)state;
	read_valid(&spec, "{\"language\":\"cpp\",\"sources\":["
			  "{\"name\":\"main.cpp\",\"text\":\"int main(){}\"},"
			  "{\"name\":\"lib/util.h\",\"path\":\"util.h\"},"
			  "{\"name\":\"data\",\"base64\":\"AAEC\"}],"
			  "\"problem\":{\"path\":\"problems/hello\"},"
			  "\"limits\":{\"cpu_ms\":1500.5,\"memory_bytes\":268435456},"
			  "\"all_tests\":true}");
	assert_string_equal(spec.language, "cpp");
	assert_string_equal(spec.sources.language, "cpp");
	assert_string_equal(spec.sources.name, "main.cpp");
	assert_int_equal(spec.sources.count, 3);
	assert_string_equal(spec.sources.files[0].name, "main.cpp");
	assert_int_equal(spec.sources.files[0].size, 12);
	assert_memory_equal(spec.sources.files[0].text, "int main(){}", 12);
	assert_string_equal(spec.sources.files[1].name, "lib/util.h");
	assert_int_equal(spec.sources.files[1].size, 14);
	assert_memory_equal(spec.sources.files[1].text, "#define ONE 1\n", 14);
	assert_int_equal(spec.sources.files[2].size, 3);
	assert_memory_equal(spec.sources.files[2].text, "\0\1\2", 3);
	path_of("problems/hello", expected, sizeof expected);
	assert_string_equal(spec.problem_path, expected);
	assert_int_equal(spec.problem.test_count, 0);
	assert_int_equal(spec.limits.cpu_ns, 1500500000);
	assert_int_equal(spec.limits.memory_bytes, 268435456);
	assert_int_equal(spec.limits.wall_ns, 0);
	assert_true(spec.all_tests);
	judge_spec_finish(&spec);
	assert_null(spec.sources.files);
}

static void test_reads_tests(void **state)
{
	struct judge_spec spec = { 0 };
	char expected[128];
	(void)state;
	read_valid(&spec, "{" SOURCES ",\"problem\":{\"limits\":{\"cpu_ms\":500},\"tests\":["
			  "{\"name\":\"b/1\",\"input\":{\"text\":\"1 2\\n\"},"
			  "\"answer\":{\"base64\":\"Mw==\"},\"args\":[\"-x\",\"\"]},"
			  "{\"name\":\"a\",\"input\":{\"path\":\"1.in\"},"
			  "\"answer\":{\"path\":\"empty\"}},"
			  "{\"name\":\"c\",\"answer\":{\"text\":\"\"}}]}}");
	const struct problem *problem = &spec.problem;
	assert_null(spec.language);
	assert_false(spec.all_tests);
	assert_null(spec.problem_path);
	assert_int_equal(problem->format, PROBLEM_FORMAT_FOLDER);
	assert_null(problem->folder);
	assert_string_equal(problem->name, "problem");
	assert_int_equal(problem->limits.cpu_ns, 500000000);
	assert_int_equal(spec.limits.cpu_ns, 0);
	assert_int_equal(problem->group_count, 1);
	assert_string_equal(problem->groups[0].name, "");
	assert_int_equal(problem->groups[0].parent, GROUP_NONE);
	assert_int_equal(problem->test_count, 3);
	const struct test_case *tests = problem->tests;
	assert_string_equal(tests[0].name, "b/1");
	assert_memory_equal(tests[0].input.data, "1 2\n", 4);
	assert_int_equal(tests[0].input.size, 4);
	assert_memory_equal(tests[0].answer.data, "3", 1);
	assert_int_equal(tests[0].answer.size, 1);
	assert_string_equal(tests[0].args[0], "-x");
	assert_string_equal(tests[0].args[1], "");
	assert_null(tests[0].args[2]);
	assert_string_equal(tests[1].name, "a");
	path_of("1.in", expected, sizeof expected);
	assert_string_equal(tests[1].input.path, expected);
	assert_int_equal(tests[1].input.size, 4);
	assert_null(tests[1].args);
	assert_null(tests[2].input.path);
	assert_int_equal(tests[2].input.size, 0);
	assert_int_equal(tests[2].group, 0);
	assert_false(tests[2].is_sample);
	judge_spec_finish(&spec);
}

static void test_built_in_checkers(void **state)
{
	static const struct {
		const char *text;
		struct compare_options compare;
	} rows[] = {
		{ "{" SOURCES ",\"problem\":{" TESTS "}}", { 0 } },
		{ CHECKED("{\"name\":\"tokens\"}"), { 0 } },
		{ CHECKED("{\"name\":\"exact\"}"), { .mode = COMPARE_EXACT } },
		{ CHECKED("{\"name\":\"tokens\",\"case_sensitive\":true}"),
		  { .case_sensitive = true } },
		{ CHECKED("{\"name\":\"tokens\",\"space_sensitive\":true,"
			  "\"case_sensitive\":false}"),
		  { .space_change_sensitive = true } },
		{ CHECKED("{\"name\":\"float\"}"),
		  { .has_absolute = true,
		    .has_relative = true,
		    .absolute = 1e-6L,
		    .relative = 1e-6L } },
		{ CHECKED("{\"name\":\"float\",\"absolute\":1e-9}"),
		  { .has_absolute = true, .absolute = 1e-9L } },
		{ CHECKED("{\"name\":\"float\",\"absolute\":0,\"relative\":0.001}"),
		  { .has_absolute = true, .has_relative = true, .relative = 0.001L } },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct judge_spec spec = { 0 };
		read_valid(&spec, rows[i].text);
		const struct compare_options *found = &spec.problem.tests[0].compare;
		const struct compare_options *wanted = &rows[i].compare;
		assert_int_equal(spec.problem.checker, CHECKER_BUILTIN);
		assert_int_equal(spec.problem.validator_count, 0);
		assert_int_equal(found->mode, wanted->mode);
		assert_int_equal(found->case_sensitive, wanted->case_sensitive);
		assert_int_equal(found->space_change_sensitive, wanted->space_change_sensitive);
		assert_int_equal(found->has_absolute, wanted->has_absolute);
		assert_int_equal(found->has_relative, wanted->has_relative);
		assert_true(found->absolute == wanted->absolute);
		assert_true(found->relative == wanted->relative);
		judge_spec_finish(&spec);
	}
}

static void test_programs_as_checkers(void **state)
{
	struct judge_spec spec = { 0 };
	(void)state;
	read_valid(&spec, "{" SOURCES ",\"problem\":{\"tests\":[{\"name\":\"1\"},{\"name\":\"2\"}],"
			  "\"checker\":{\"name\":\"icpc\",\"interactive\":true,"
			  "\"args\":[\"limit\",\"20\"],\"language\":\"python3\",\"sources\":["
			  "{\"name\":\"v.py\",\"text\":\"exit(42)\"},"
			  "{\"name\":\"util.h\",\"path\":\"util.h\"}]}}}");
	const struct problem *problem = &spec.problem;
	assert_int_equal(problem->checker, CHECKER_ICPC);
	assert_true(problem->is_interactive);
	assert_int_equal(problem->validator_count, 1);
	assert_string_equal(problem->validators[0].language, "python3");
	assert_int_equal(problem->validators[0].count, 2);
	assert_memory_equal(problem->validators[0].files[0].text, "exit(42)", 8);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(problem->tests[i].validator_args[0], "limit");
		assert_string_equal(problem->tests[i].validator_args[1], "20");
		assert_null(problem->tests[i].validator_args[2]);
	}
	judge_spec_finish(&spec);
	read_valid(&spec, CHECKED("{\"name\":\"testlib\"," VALIDATOR "}"));
	assert_int_equal(spec.problem.checker, CHECKER_TESTLIB);
	assert_false(spec.problem.is_interactive);
	assert_null(spec.problem.validators[0].language);
	assert_null(spec.problem.tests[0].validator_args);
	judge_spec_finish(&spec);
}

/* ---- mistakes ------------------------------------------------------------------------------ */

/* A spec whose submission, problem, or test is this. */
#define SUBMITTED(sources) "{\"sources\":" sources ",\"problem\":{\"path\":\"p\"}}"
#define PROBLEM(problem) "{" SOURCES ",\"problem\":" problem "}"
#define TESTED(tests) PROBLEM("{\"tests\":" tests "}")

static const char *const mistakes[][2] = {
	{ "[]", "document: must be an object" },
	{ "{\"problem\":{\"path\":\"p\"}}", "document: key 'sources' is missing" },
	{ "{" SOURCES "}", "document: key 'problem' is missing" },
	{ "{\"source\":[]}", "source: unknown key" },
	{ "{\"language\":\"\"}", "language: must not be empty" },
	{ "{\"all_tests\":1}", "all_tests: must be true or false" },
	{ "{\"limits\":{\"cpu_ms\":0}}", "limits.cpu_ms: must be a positive number" },
	{ "{\"limits\":{\"cpuset\":\"0\"}}", "limits.cpuset: unknown key" },

	{ SUBMITTED("{}"), "sources: must be an array" },
	{ SUBMITTED("[]"), "sources: must not be empty" },
	{ SUBMITTED("[1]"), "sources[0]: must be an object" },
	{ SUBMITTED("[{\"text\":\"\"}]"), "sources[0]: key 'name' is missing" },
	{ SUBMITTED("[{\"name\":\"a\"}]"),
	  "sources[0]: needs exactly one of 'text', 'base64', 'path'" },
	{ SUBMITTED("[{\"name\":\"a\",\"text\":\"\",\"path\":\"b\"}]"),
	  "sources[0]: needs exactly one of 'text', 'base64', 'path'" },
	{ SUBMITTED("[{\"name\":\"a\",\"text\":\"\",\"mode\":\"0644\"}]"),
	  "sources[0].mode: unknown key" },
	{ SUBMITTED("[{\"name\":\"a\",\"base64\":\"!\"}]"),
	  "sources[0].base64: must be base64 (RFC 4648, with padding)" },
	{ SUBMITTED("[{\"name\":\"a\",\"text\":\"\"},{\"name\":\"a\",\"text\":\"\"}]"),
	  "sources[1].name: is the name of sources[0] too" },
	{ SUBMITTED("[{\"name\":\"a\\u001b[2J\",\"text\":\"\"}]"),
	  "sources[0].name: must not contain control characters" },

	{ PROBLEM("\"p\""), "problem: must be an object" },
	{ PROBLEM("{}"), "problem: needs exactly one of 'path', 'tests'" },
	{ PROBLEM("{\"path\":\"p\",\"tests\":[]}"),
	  "problem: needs exactly one of 'path', 'tests'" },
	{ PROBLEM("{\"path\":\"p\",\"limits\":{}}"),
	  "problem.limits: must not stand beside 'path'" },
	{ PROBLEM("{\"path\":\"p\",\"checker\":{}}"),
	  "problem.checker: must not stand beside 'path'" },
	{ PROBLEM("{\"paths\":\"p\"}"), "problem.paths: unknown key" },
	{ PROBLEM("{\"path\":\"\"}"), "problem.path: must not be empty" },
	{ PROBLEM("{" TESTS ",\"limits\":{\"wall\":1}}"), "problem.limits.wall: unknown key" },

	{ TESTED("[]"), "problem.tests: must not be empty" },
	{ TESTED("[{}]"), "problem.tests[0]: key 'name' is missing" },
	{ TESTED("[{\"name\":\"\"}]"), "problem.tests[0].name: must not be empty" },
	{ TESTED("[{\"name\":\"1\"}]"), "problem.tests[0]: key 'answer' is missing" },
	{ TESTED("[{\"name\":\"1\",\"answer\":\"x\"}]"),
	  "problem.tests[0].answer: must be an object" },
	{ TESTED("[{\"name\":\"1\",\"answer\":{}}]"),
	  "problem.tests[0].answer: needs exactly one of 'text', 'base64', 'path'" },
	{ TESTED("[{\"name\":\"1\",\"input\":{\"file\":\"x\"}}]"),
	  "problem.tests[0].input.file: unknown key" },
	{ TESTED("[{\"name\":\"1\",\"args\":[1]}]"), "problem.tests[0].args[0]: must be a string" },
	{ TESTED("[{\"name\":\"1\",\"output\":{}}]"), "problem.tests[0].output: unknown key" },
	{ TESTED("[{\"name\":\"b\",\"answer\":{\"text\":\"\"}},"
		 "{\"name\":\"a\",\"answer\":{\"text\":\"\"}},"
		 "{\"name\":\"b\",\"answer\":{\"text\":\"\"}}]"),
	  "problem.tests: [0] and [2] have the same name" },

	{ CHECKED("\"tokens\""), "problem.checker: must be an object" },
	{ CHECKED("{}"), "problem.checker: key 'name' is missing" },
	{ CHECKED("{\"name\":\"diff\"}"), "problem.checker.name: must be \"exact\", \"tokens\", "
					  "\"float\", \"testlib\" or \"icpc\"" },
	{ CHECKED("{\"name\":\"tokens\",\"absolute\":1}"),
	  "problem.checker.absolute: is no option of checker \"tokens\"" },
	{ CHECKED("{\"name\":\"exact\",\"case_sensitive\":true}"),
	  "problem.checker.case_sensitive: is no option of checker \"exact\"" },
	{ CHECKED("{\"name\":\"float\",\"space_sensitive\":true}"),
	  "problem.checker.space_sensitive: is no option of checker \"float\"" },
	{ CHECKED("{\"name\":\"float\",\"absolute\":-1}"),
	  "problem.checker.absolute: must be a number that is not negative" },
	{ CHECKED("{\"name\":\"float\",\"relative\":1e999}"),
	  "problem.checker.relative: must be a number that is not negative" },
	{ CHECKED("{\"name\":\"float\",\"relative\":\"1e-6\"}"),
	  "problem.checker.relative: must be a number that is not negative" },
	{ CHECKED("{\"name\":\"float\",\"tolerance\":1}"),
	  "problem.checker.tolerance: unknown key" },
	{ CHECKED("{\"name\":\"icpc\"}"), "problem.checker: key 'sources' is missing" },
	{ CHECKED("{\"name\":\"testlib\",\"sources\":[]}"),
	  "problem.checker.sources: must not be empty" },
	{ CHECKED("{\"name\":\"testlib\",\"interactive\":true," VALIDATOR "}"),
	  "problem.checker.interactive: is no option of checker \"testlib\"" },
	{ CHECKED("{\"name\":\"tokens\"," VALIDATOR "}"),
	  "problem.checker.sources: is no option of checker \"tokens\"" },
	{ CHECKED("{\"name\":\"icpc\",\"args\":\"x\"," VALIDATOR "}"),
	  "problem.checker.args: must be an array" },
};

static void assert_mistake(const char *text, const char *message, enum bailiff_fault fault)
{
	struct judge_spec spec = { 0 };
	struct bailiff_error err = { 0 };
	if (read_spec(&spec, text, &err) == 0)
		fail_msg("%s was accepted", text);
	assert_string_equal(err.message, message);
	assert_int_equal(err.fault, fault);
	judge_spec_finish(&spec);
}

static void test_names_every_mistake(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++)
		assert_mistake(mistakes[i][0], mistakes[i][1], BAILIFF_FAULT_SPEC);
}

static void test_names_of_sources(void **state)
{
	static const char *const refused[] = { "-o",   "/a",	 "a/",	"a//b", ".",	     "..",
					       "../a", "a/../b", "./a", "a/.",	"-fplugin=x" };
	static const char *const accepted[] = { "a",	  "a-b.c",	"..a", "a/.b",
						"x y.py", "\xc3\xa9.c", "...", "a..b" };
	char text[256];
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		(void)snprintf(text, sizeof text,
			       "{\"sources\":[{\"name\":\"%s\",\"text\":\"\"}],"
			       "\"problem\":{\"path\":\"p\"}}",
			       refused[i]);
		assert_mistake(text,
			       "sources[0].name: must be a file's relative path without '..' or a "
			       "leading '-'",
			       BAILIFF_FAULT_SPEC);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(accepted); i++) {
		struct judge_spec spec = { 0 };
		(void)snprintf(text, sizeof text,
			       "{\"sources\":[{\"name\":\"%s\",\"text\":\"\"}],"
			       "\"problem\":{\"path\":\"p\"}}",
			       accepted[i]);
		read_valid(&spec, text);
		judge_spec_finish(&spec);
	}
}

/* A spec that names a file in each of the places where it may. */
#define IN_SOURCE(name) "{\"sources\":[{\"name\":\"a\",\"path\":\"" name "\"}]}"
#define IN_INPUT(name) TESTED("[{\"name\":\"1\",\"input\":{\"path\":\"" name "\"}}]")
#define IN_ANSWER(name) TESTED("[{\"name\":\"1\",\"answer\":{\"path\":\"" name "\"}}]")
#define IN_CHECKER(name) \
	CHECKED("{\"name\":\"icpc\",\"sources\":[{\"name\":\"v\",\"path\":\"" name "\"}]}")
#define BAD_FILES(place, key)                                                         \
	{ place("missing"), key ": open '", "/missing': No such file or directory" }, \
		{ place("fifo"), key ": '", "/fifo' is not a regular file" },         \
	{                                                                             \
		place("folder"), key ": '", "/folder' is not a regular file"          \
	}

/* Files that are not there, or would stop the reader, are the input's fault. */
static void test_files_that_cannot_be_read(void **state)
{
	static const struct {
		const char *text, *before, *behind; /* of the message, around the folder */
	} rows[] = {
		BAD_FILES(IN_SOURCE, "sources[0].path"),
		BAD_FILES(IN_INPUT, "problem.tests[0].input.path"),
		BAD_FILES(IN_ANSWER, "problem.tests[0].answer.path"),
		BAD_FILES(IN_CHECKER, "problem.checker.sources[0].path"),
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char message[256];
		(void)snprintf(message, sizeof message, "%s%s%s", rows[i].before, folder,
			       rows[i].behind);
		assert_mistake(rows[i].text, message, BAILIFF_FAULT_INPUT);
	}
}

static void test_programs_are_bounded(void **state)
{
	char path[128];
	(void)state;
	write_file("big", "");
	path_of("big", path, sizeof path);
	assert_int_equal(truncate(path, (off_t)PROBLEM_PROGRAM_BYTES_MAX), 0);
	struct judge_spec spec = { 0 };
	read_valid(&spec, SUBMITTED("[{\"name\":\"a\",\"path\":\"big\"}]"));
	judge_spec_finish(&spec);
	assert_mistake(SUBMITTED("[{\"name\":\"a\",\"text\":\"x\"},"
				 "{\"name\":\"b\",\"path\":\"big\"}]"),
		       "sources: must be at most 16777216 bytes together", BAILIFF_FAULT_SPEC);
	assert_mistake(SUBMITTED("[{\"name\":\"b\",\"path\":\"big\"},"
				 "{\"name\":\"a\",\"text\":\"x\"}]"),
		       "sources: must be at most 16777216 bytes together", BAILIFF_FAULT_SPEC);
}

/* A spec with `count` tests; the caller's to free. */
static char *many_tests(size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	(void)fprintf(file, "{" SOURCES ",\"problem\":{\"tests\":[");
	for (size_t i = 0; i < count; i++)
		(void)fprintf(file, "%s{\"name\":\"t%zu\",\"answer\":{\"text\":\"\"}}",
			      i > 0 ? "," : "", i);
	(void)fprintf(file, "]}}");
	assert_int_equal(fclose(file), 0);
	return text;
}

static void test_tests_are_bounded(void **state)
{
	struct judge_spec spec = { 0 };
	(void)state;
	AUTO_FREE char *most = many_tests(PROBLEM_TESTS_MAX);
	read_valid(&spec, most);
	assert_int_equal(spec.problem.test_count, PROBLEM_TESTS_MAX);
	assert_string_equal(spec.problem.tests[PROBLEM_TESTS_MAX - 1].name, "t9999");
	judge_spec_finish(&spec);
	AUTO_FREE char *more = many_tests(PROBLEM_TESTS_MAX + 1);
	assert_mistake(more, "problem.tests: must have at most 10000 elements", BAILIFF_FAULT_SPEC);
}

static void test_long_names_are_refused(void **state)
{
	char text[1024];
	char name[257];
	(void)state;
	memset(name, 'x', sizeof name);
	name[256] = '\0';
	(void)snprintf(text, sizeof text, TESTED("[{\"name\":\"%s\"}]"), name);
	assert_mistake(text, "problem.tests[0].name: must be at most 255 bytes long",
		       BAILIFF_FAULT_SPEC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_the_submission),
		cmocka_unit_test(test_reads_tests),
		cmocka_unit_test(test_built_in_checkers),
		cmocka_unit_test(test_programs_as_checkers),
		cmocka_unit_test(test_names_every_mistake),
		cmocka_unit_test(test_names_of_sources),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_programs_are_bounded),
		cmocka_unit_test(test_tests_are_bounded),
		cmocka_unit_test(test_long_names_are_refused),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
