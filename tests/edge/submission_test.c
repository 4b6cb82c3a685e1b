/* SPDX-License-Identifier: MIT */
/*
 * Goal: submissions of several files, with folders among them, are compiled and run, and one that
 * was compiled before is not compiled again but is the same program. Method: real cells, through
 * the functions that the commands are made of. Needs root, as every real run.
 */
#include "codec/policy_json.h"
#include "judge/cache.h"
#include "policy_find.h"

#include "base/fd.h"
#include "base/mem.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77

static struct bailiff_host *host;
static struct language_set languages;
static char folder[64]; /* this test's own */

static int set_up(void **state)
{
	struct bailiff_error err = { 0 };
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/submission-test-XXXXXX");
	if (language_set_load(&languages, NULL, &err) == 0 && bailiff_host_open(&host, &err) == 0 &&
	    mkdtemp(folder) != NULL)
		return 0;
	print_error("%s\n", err.message);
	return -1;
}

static int remove_item(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	bailiff_host_close(host);
	language_set_finish(&languages);
	return nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file of text, its name as the submission has it. */
#define SOURCE(name_, text_)                                                \
	{                                                                   \
		.name = (name_), .text = (text_), .size = sizeof(text_) - 1 \
	}

struct submission {
	const char *language;
	struct source_file sources[4];
	size_t count;
};

static void run(const struct program *program, const char *output)
{
	struct bailiff_error err = { 0 };
	struct run_request request = { 0 };
	struct loaded_policy *loaded = NULL;
	struct bailiff_result result = { 0 };
	int rc = toolchain_run_request(program, &request, &err);
	if (rc == 0)
		rc = policy_find(request.policy, &request.spec.policy, &loaded, &err);
	if (rc == 0)
		rc = bailiff_run(host, &request.spec, &result, &err);
	if (rc < 0)
		fail_msg("%s", err.message);
	if (result.verdict != BAILIFF_VERDICT_OK)
		fail_msg("%s: %.*s", result.message, (int)result.err.size,
			 result.err.size > 0 ? result.err.data : "");
	assert_int_equal(result.out.size, strlen(output));
	assert_memory_equal(result.out.data, output, strlen(output));
	bailiff_result_finish(&result);
	loaded_policy_free(loaded);
	run_request_finish(&request);
}

/* Compiles and runs; false where the language is not installed. */
static bool judge(const struct submission *submission, struct compile_cache *cache,
		  bool expect_cached, const char *output)
{
	const struct toolchain toolchain = { .host = host, .cancel_fd = FD_NONE };
	const struct language *language = NULL;
	struct bailiff_error err = { 0 };
	struct program program = { 0 };
	struct compilation compilation = { 0 };
	bool is_cached = !expect_cached;
	assert_int_equal(language_find(&languages, submission->language, &language, &err), 0);
	if (toolchain_check(language, &err) < 0) {
		print_message("%s\n", err.message);
		return false;
	}
	int rc = program_open(&program, language, submission->sources, submission->count, &err);
	if (rc == 0)
		rc = compile_cached(cache, &toolchain, &program, &compilation, &is_cached, &err);
	if (rc < 0)
		fail_msg("%s", err.message);
	if (compilation.verdict != COMPILE_OK)
		fail_msg("%s: %s", compilation.message, compilation.diagnostics);
	assert_int_equal(is_cached, expect_cached);
	assert_true(compilation.result.cpu_ns > 0);
	for (unsigned i = 0; i < 2; i++)
		run(&program, output);
	compilation_finish(&compilation);
	program_finish(&program);
	return true;
}

/* Sources, headers and modules in folders, for every way a language can be run. */
static void test_files_in_folders(void **state)
{
	static const struct submission submissions[] = {
		{ "c",
		  { SOURCE("a.c", "#include \"util/deep/say.h\"\nint main(void) { say(); }"),
		    SOURCE("util/deep/say.h", "void say(void);"),
		    SOURCE("util/say.c", "#include <stdio.h>\n#include \"deep/say.h\"\n"
					 "void say(void) { puts(\"hello\"); }"),
		    SOURCE("util/README", "not C") },
		  4 },
		{ "python3",
		  { SOURCE("lib/helper.py", "def text(): return open('lib/data.txt').read()"),
		    SOURCE("lib/data.txt", "hello\n"),
		    SOURCE("main.py", "from lib.helper import text\nprint(text(), end='')") },
		  3 },
		{ "bash",
		  { SOURCE("main.sh", ". lib/say.sh; say"),
		    SOURCE("lib/say.sh", "say() { echo hello; }") },
		  2 },
		{ "java",
		  { SOURCE("p/Words.java",
			   "package p; public class Words { public static String w() "
			   "{ return \"hello\"; } }"),
		    SOURCE("q/Start.java",
			   "package q; public class Start { public static void main(String[] a) { "
			   "System.out.println(p.Words.w()); } }") },
		  2 },
	};
	size_t judged = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(submissions); i++)
		judged += judge(&submissions[i], NULL, false, "hello\n");
	assert_true(judged > 0);
}

/* The second time nothing is compiled; other bytes, and no cache, are compiled. A language whose
 * compile step makes no file is kept as well: what it found does not change. */
static void test_cache(void **state)
{
	static const struct submission submissions[] = {
		{ "c",
		  { SOURCE("a.c", "#include <stdio.h>\nint main(void) { puts(\"a\"); }") },
		  1 },
		{ "c",
		  { SOURCE("a.c", "#include <stdio.h>\nint main(void) { puts(\"b\"); }") },
		  1 },
		{ "python3", { SOURCE("a.py", "print('c')") }, 1 },
	};
	static const char *const outputs[] = { "a\n", "b\n", "c\n" };
	char path[128];
	struct bailiff_error err = { 0 };
	struct compile_cache *cache = NULL;
	(void)state;
	(void)snprintf(path, sizeof path, "%s/cache", folder);
	assert_int_equal(compile_cache_open(path, (uint64_t)64 << 20, &cache, &err), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(submissions); i++) {
		if (!judge(&submissions[i], cache, false, outputs[i]))
			continue;
		judge(&submissions[i], cache, true, outputs[i]);
		judge(&submissions[i], NULL, false, outputs[i]);
	}
	compile_cache_close(cache);
}

/* What does not compile is compiled each time, and says why each time. */
static void test_errors_are_not_kept(void **state)
{
	static const struct source_file source = SOURCE("a.c", "int main(void) { missing }");
	const struct toolchain toolchain = { .host = host, .cancel_fd = FD_NONE };
	char path[128];
	struct bailiff_error err = { 0 };
	struct compile_cache *cache = NULL;
	const struct language *language = NULL;
	(void)state;
	(void)snprintf(path, sizeof path, "%s/cache", folder);
	assert_int_equal(compile_cache_open(path, (uint64_t)64 << 20, &cache, &err), 0);
	assert_int_equal(language_find(&languages, "c", &language, &err), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct program program = { 0 };
		struct compilation compilation = { 0 };
		bool is_cached = true;
		assert_int_equal(program_open(&program, language, &source, 1, &err), 0);
		assert_int_equal(
			compile_cached(cache, &toolchain, &program, &compilation, &is_cached, &err),
			0);
		assert_int_equal(compilation.verdict, COMPILE_CE);
		assert_non_null(strstr(compilation.diagnostics, "missing"));
		assert_false(is_cached);
		compilation_finish(&compilation);
		program_finish(&program);
	}
	compile_cache_close(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_in_folders),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_errors_are_not_kept),
	};
	if (geteuid() != 0) {
		print_message("needs root\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
