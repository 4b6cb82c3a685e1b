/* SPDX-License-Identifier: MIT */
/*
 * Goal: the files of a submission get the names and the order they need, names that could mislead
 * are refused, and a missing tool chain is told as such. Method: tables over program_open() and the
 * commands that are built from it, without cells.
 */
#include "source_names.h"
#include "toolchain.h"

#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FILES_MAX 6u

static struct language_set languages;

static int load_languages(void **state)
{
	struct bailiff_error err = { 0 };
	(void)state;
	if (language_set_load(&languages, NULL, &err) == 0)
		return 0;
	print_error("%s\n", err.message);
	return -1;
}

static int free_languages(void **state)
{
	(void)state;
	language_set_finish(&languages);
	return 0;
}

static const struct language *language(const char *id)
{
	struct bailiff_error err = { 0 };
	const struct language *found = NULL;
	assert_int_equal(language_find(&languages, id, &found, &err), 0);
	return found;
}

/* Opens a program of empty files; names end with NULL. */
static int open_names(struct program *program, const char *id, const char *const *names,
		      struct bailiff_error *err)
{
	struct source_file sources[FILES_MAX + 1] = { { 0 } };
	size_t count = 0;
	for (; count < FILES_MAX && names[count] != NULL; count++)
		sources[count] = (struct source_file){ .name = names[count], .text = "" };
	*program = (struct program){ 0 };
	return program_open(program, language(id), sources, count, err);
}

/* ---- names --------------------------------------------------------------------------------- */

/* 25 bytes and, with a slash between, 104 in four. */
#define LONG_PART "abcdefghijklmnopqrstuvwxy"

static void test_names(void **state)
{
	static const struct {
		const char *name; /* beside a.c and dir/b.c, in C, whose artifact is "main" */
		bool ok;
	} rows[] = {
		{ "util.h", true },
		{ "util/a.h", true },
		{ "dir/a.h", true },
		{ "my file(1).c", true },
		{ "\xc3\xa9t\xc3\xa9.c", true },
		{ ".hidden", true },
		{ "...", true },
		{ "a..b/c-d@e", true },
		{ "1/2/3/4/5/6/7/8/x.c", true },
		{ "main.c", true },
		{ "mainly", true },
		{ "src/main", true },
		{ LONG_PART LONG_PART LONG_PART LONG_PART, true },
		{ "", false },
		{ LONG_PART LONG_PART LONG_PART LONG_PART "z", false },
		{ "/a.h", false },
		{ "/", false },
		{ "a/", false },
		{ "a//b", false },
		{ ".", false },
		{ "..", false },
		{ "./a.h", false },
		{ "../a.h", false },
		{ "x/../a.h", false },
		{ "x/./a.h", false },
		{ "x/..", false },
		{ "-o", false },
		{ "x/-o", false },
		{ "-x/a", false },
		{ "@options", false },
		{ "x/@options", false },
		{ " a.h", false },
		{ "a.h ", false },
		{ "x /a.h", false },
		{ "x/ a.h", false },
		{ "a\nb.h", false },
		{ "a\tb.h", false },
		{ "a\x1b[31m.h", false },
		{ "a\x7f.h", false },
		{ "\x01", false },
		{ "1/2/3/4/5/6/7/8/9/x.c", false },
		{ "a.c", false },
		{ "a.c/x.h", false },
		{ "dir", false },
		{ "dir/b.c/x.h", false },
		{ "main", false },
		{ "main/x.h", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *const names[] = { "a.c", "dir/b.c", rows[i].name, NULL };
		struct bailiff_error err = { 0 };
		struct program program;
		int rc = open_names(&program, "c", names, &err);
		if ((rc == 0) != rows[i].ok)
			fail_msg("'%s': %d %s", rows[i].name, rc, err.message);
		if (rc < 0)
			assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		if (rc < 0 && strlen(rows[i].name) <= SOURCE_NAME_BYTES_MAX)
			assert_non_null(strstr(err.message, rows[i].name));
		program_finish(&program);
	}
}

/* Every language's own artifacts, its only source among the files. */
static void test_no_source_is_an_artifact(void **state)
{
	(void)state;
	for (size_t i = 0; i < languages.count; i++) {
		const struct language *item = &languages.items[i];
		const char *const *artifact = item->compile.artifacts;
		for (; artifact != NULL && *artifact != NULL; artifact++) {
			char source[64], below[64];
			(void)snprintf(source, sizeof source, "x.%s", item->extensions[0]);
			(void)snprintf(below, sizeof below, "%s/x", *artifact);
			const char *const same[] = { source, *artifact, NULL };
			const char *const inside[] = { source, below, NULL };
			struct bailiff_error err = { 0 };
			struct program program;
			assert_true(open_names(&program, item->id, same, &err) < 0);
			assert_non_null(strstr(err.message, *artifact));
			program_finish(&program);
			assert_true(open_names(&program, item->id, inside, &err) < 0);
			program_finish(&program);
		}
	}
}

/* Its author's name for a single file is not used, so it may be anything. */
static void test_single_files_are_renamed(void **state)
{
	static const char *const given[] = { "-o", "@x", "../../etc/passwd", "", "a\nb", "x.py" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(given); i++) {
		const char *const names[] = { given[i], NULL };
		struct bailiff_error err = { 0 };
		struct program program;
		assert_int_equal(open_names(&program, "c", names, &err), 0);
		assert_string_equal(program.sources[0].name, "main.c");
		assert_string_equal(program.main_source, "main.c");
		program_finish(&program);
	}
}

/* A definition whose source would be overwritten by what it is compiled to. */
static void test_single_source_is_an_artifact(void **state)
{
	static const char *const artifacts[] = { "main.c", NULL };
	struct language twisted = *language("c");
	const struct source_file source = { "a.c", "", 0 };
	struct bailiff_error err = { 0 };
	struct program program = { 0 };
	(void)state;
	twisted.compile.artifacts = artifacts;
	assert_true(program_open(&program, &twisted, &source, 1, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	program_finish(&program);
}

static void test_number_of_files(void **state)
{
	static struct source_file sources[PROGRAM_SOURCES_MAX + 1];
	static char names[PROGRAM_SOURCES_MAX + 1][8];
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
		(void)snprintf(names[i], sizeof names[i], "%zu.c", i);
		sources[i] = (struct source_file){ names[i], "", 0 };
	}
	for (size_t count = 0; count <= ARRAY_LENGTH(sources); count++) {
		struct bailiff_error err = { 0 };
		struct program program = { 0 };
		int rc = program_open(&program, language("c"), sources, count, &err);
		assert_int_equal(rc == 0, count >= 1 && count <= PROGRAM_SOURCES_MAX);
		program_finish(&program);
	}
}

/* ---- the main source ----------------------------------------------------------------------- */

static void test_main_source(void **state)
{
	static const struct {
		const char *language;
		const char *names[FILES_MAX];
		const char *main; /* NULL = refused */
	} rows[] = {
		{ "python3", { "a.py", "b.py" }, "a.py" },
		{ "python3", { "a.py", "main.py" }, "main.py" },
		{ "python3", { "a.py", "__main__.py" }, "__main__.py" },
		{ "python3", { "__main__.py", "main.py" }, "main.py" },
		{ "python3", { "main.txt", "a.py" }, "a.py" },
		{ "python3", { "main.txt", "main.py3" }, "main.py3" },
		{ "python3", { "notes.md", "data.txt", "b.py", "a.py" }, "b.py" },
		{ "python3", { "a.py", "lib/main.py" }, "a.py" },
		{ "python3", { "a.py", "main.old.py" }, "a.py" },
		{ "python3", { "a.py", "main.d/b.py" }, "a.py" },
		{ "python3", { "a.py", "domain.py" }, "a.py" },
		{ "python3", { "a.py", "Main.py" }, "a.py" },
		{ "python3", { "a.txt", "b.c" }, NULL },
		{ "perl", { "x.pm", "x.pl" }, "x.pl" },
		{ "bash", { "lib.sh", "main.bash" }, "main.bash" },
		{ "c", { "a.h", "b.c" }, "b.c" },
		{ "c", { "a.h", "b.h" }, NULL },
		{ "cpp", { "a.h", "b.c", "c.cc" }, "c.cc" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct bailiff_error err = { 0 };
		struct program program;
		int rc = open_names(&program, rows[i].language, rows[i].names, &err);
		if (rows[i].main != NULL) {
			assert_int_equal(rc, 0);
			assert_string_equal(program.main_source, rows[i].main);
		} else {
			assert_true(rc < 0);
			assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		}
		program_finish(&program);
	}
}

/* Several files of Java: the class is found in Java files alone, in the first that has one. */
static void test_main_class(void **state)
{
	static const char start[] = "package p; public class Start { static void main(String[] a)";
	static const char other[] = "class Other { public static void main(String[] a) { } }";
	static const char helper[] = "class Helper { }";
	static const struct {
		struct source_file sources[3];
		size_t count;
		const char *class, *source;
	} rows[] = {
		{ { { "x.txt", other, sizeof other - 1 },
		    { "Helper.java", helper, sizeof helper - 1 },
		    { "p/Start.java", start, sizeof start - 1 } },
		  3,
		  "p.Start",
		  "p/Start.java" },
		{ { { "Other.java", other, sizeof other - 1 },
		    { "p/Start.java", start, sizeof start - 1 } },
		  2,
		  "Other",
		  "Other.java" },
		{ { { "Helper.java", helper, sizeof helper - 1 }, { "x", "", 0 } },
		  2,
		  "Main",
		  "Helper.java" },
		{ { { "whatever", start, sizeof start - 1 } }, 1, "p.Start", "Start.java" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct bailiff_error err = { 0 };
		struct program program = { 0 };
		assert_int_equal(program_open(&program, language("java"), rows[i].sources,
					      rows[i].count, &err),
				 0);
		assert_string_equal(program.main_class, rows[i].class);
		assert_string_equal(program.main_source, rows[i].source);
		program_finish(&program);
	}
}

/* ---- the run ------------------------------------------------------------------------------- */

/* All files of a program that is not compiled are put into its cell, under their own names. */
static void test_run_request(void **state)
{
	static const char *const names[] = { "data.txt", "lib/a.py", "main.py", NULL };
	struct bailiff_error err = { 0 };
	struct program program;
	struct run_request request = { 0 };
	(void)state;
	assert_int_equal(open_names(&program, "python3", names, &err), 0);
	assert_int_equal(run_request_add_argument(&request, "extra", &err), 0);
	assert_int_equal(toolchain_run_request(&program, &request, &err), 0);
	assert_int_equal(request.argv_count, 3);
	assert_string_equal(request.argv[1], "main.py");
	assert_string_equal(request.argv[2], "extra");
	assert_int_equal(request.spec.file_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(request.spec.files[i].to, names[i]);
	run_request_finish(&request);
	program_finish(&program);
}

/* ---- what must be installed ---------------------------------------------------------------- */

static void check_missing(const struct language *item, const char *missing)
{
	struct bailiff_error err = { 0 };
	int rc = toolchain_check(item, &err);
	if (missing == NULL) {
		assert_int_equal(rc, 0);
		return;
	}
	assert_int_equal(rc, -ENOENT);
	assert_int_equal(err.fault, BAILIFF_FAULT_HOST);
	assert_non_null(strstr(err.message, missing));
	assert_string_equal(err.hint, "apt install test-package");
}

static void test_missing_tools(void **state)
{
	static const char *const there[] = { "/bin/sh", NULL };
	static const char *const missing[] = { "/usr/bin/no-such-tool", NULL };
	static const char *const bound[] = { "/opt/tools/sh", NULL };
	static const char *const bound_missing[] = { "/opt/tools/no-such-tool", NULL };
	static const char *const own[] = { "./main", NULL };
	struct language_bind binds[] = {
		{ .bind = { .from = "/bin", .to = "/opt/tools" } },
		{ .bind = { .from = "/no/such/folder", .to = "/opt/tools" }, .optional = true },
		{ .bind = { .from = "/no/such/folder", .to = "/opt/tool" } },
	};
	struct language item = { .name = "Test",
				 .package = "test-package",
				 .version_argv = there,
				 .run = { .argv = own } };
	(void)state;
	check_missing(&item, NULL);
	item.version_argv = missing;
	check_missing(&item, "/usr/bin/no-such-tool");
	item.version_argv = there;
	item.compile.argv = missing;
	check_missing(&item, "/usr/bin/no-such-tool");
	item.compile.argv = there;
	item.run.argv = missing;
	check_missing(&item, "/usr/bin/no-such-tool");
	/* What a cell sees because of a bind is looked for where the bind shows it from. */
	item.compile.argv = bound;
	item.run.argv = own;
	check_missing(&item, "/opt/tools/sh");
	item.binds = binds;
	item.bind_count = ARRAY_LENGTH(binds);
	check_missing(&item, NULL);
	item.run.argv = bound_missing;
	check_missing(&item, "/bin/no-such-tool");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_source_is_an_artifact),
		cmocka_unit_test(test_single_files_are_renamed),
		cmocka_unit_test(test_single_source_is_an_artifact),
		cmocka_unit_test(test_number_of_files),
		cmocka_unit_test(test_main_source),
		cmocka_unit_test(test_main_class),
		cmocka_unit_test(test_run_request),
		cmocka_unit_test(test_missing_tools),
	};
	return cmocka_run_group_tests(tests, load_languages, free_languages);
}
