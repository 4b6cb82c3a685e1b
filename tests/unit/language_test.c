/* SPDX-License-Identifier: MIT */
/*
 * Goal: the definitions that ship are complete and right, files find their language, main classes
 * are found, placeholders are replaced. Method: the embedded definitions themselves; source texts
 * that could mislead; templates as a table.
 */
#include "language.h"
#include "main_class.h"
#include "placeholder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- definitions --------------------------------------------------------------------------- */

static int load(void **state)
{
	static struct language_set set;
	struct bailiff_error err = { 0 };
	set = (struct language_set){ 0 };
	if (language_set_load(&set, NULL, &err) < 0) {
		print_error("%s\n", err.message);
		return -1;
	}
	*state = &set;
	return 0;
}

static int unload(void **state)
{
	language_set_finish(*state);
	return 0;
}

static void test_every_language_is_there(void **state)
{
	static const char *const ids[] = {
		"c",	"cpp", "python3", "pypy3",   "java", "kotlin",	"javascript", "typescript",
		"rust", "go",  "pascal",  "fortran", "ada",  "haskell", "ocaml",      "ruby",
		"perl", "php", "lua",	  "csharp",  "bash", "awk",
	};
	const struct language_set *set = *state;
	const struct language *language = NULL;
	struct bailiff_error err = { 0 };
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		assert_int_equal(language_find(set, ids[i], &language, &err), 0);
		assert_string_equal(language->id, ids[i]);
	}
	assert_int_equal(set->count, sizeof ids / sizeof ids[0]);
	for (size_t i = 1; i < set->count; i++)
		assert_true(strcmp(set->items[i - 1].id, set->items[i].id) < 0);
}

static void test_definitions_are_complete(void **state)
{
	const struct language_set *set = *state;
	for (size_t i = 0; i < set->count; i++) {
		const struct language *language = &set->items[i];
		print_message("%s\n", language->id);
		assert_non_null(bailiff_policy_builtin(language->run.policy));
		/* A compile step catches mistakes before the run, in every language. */
		assert_non_null(language->compile.argv);
		assert_non_null(bailiff_policy_builtin(language->compile.policy));
		/* The system's tool chain, never one that PATH happens to find. */
		assert_int_equal(language->version_argv[0][0], '/');
		assert_int_equal(language->compile.argv[0][0], '/');
		assert_true(language->run.argv[0][0] == '/' ||
			    strcmp(language->run.argv[0], "./main") == 0);
		assert_true(strncmp(language->env[0], "ONLINE_JUDGE=1", 15) == 0);
	}
}

static void test_files_find_their_language(void **state)
{
	static const struct {
		const char *path;
		const char *id; /* NULL = none */
	} rows[] = {
		{ "a.c", "c" },		{ "folder.py/a.cpp", "cpp" },
		{ "a.tar.cc", "cpp" },	{ "a.py", "python3" },
		{ "A.java", "java" },	{ "a.kt", "kotlin" },
		{ "a.C", "cpp" },	{ "a", NULL },
		{ "a.", NULL },		{ "a.xyz", NULL },
		{ "folder.c/a", NULL }, { ".c", "c" },
		{ "a.f90", "fortran" }, { "a.PY", NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct language *language = NULL;
		struct bailiff_error err = { 0 };
		int rc = language_of_file(*state, rows[i].path, &language, &err);
		if (rc == 0 ? rows[i].id == NULL || strcmp(language->id, rows[i].id) != 0 :
			      rows[i].id != NULL)
			fail_msg("'%s'", rows[i].path);
		if (rc < 0)
			assert_non_null(strstr(err.hint, "--language"));
	}
}

/* ---- main classes -------------------------------------------------------------------------- */

static void test_main_classes(void **state)
{
	static const struct {
		const char *text;
		const char *package, *file, *name;
	} rows[] = {
		{ "public class A { public static void main(String[] a) { } }", "", "A", "A" },
		{ "class A { } class B { static void main(String... a) { } }", "", "B", "B" },
		{ "public class A { } class B { static void main(String[] a) { } }", "", "A", "B" },
		{ "package x.y . z;\nclass A{void main(){}}", "x.y.z", "A", "A" },
		{ "/* class X { void main( */ // class Y {\nclass A { void main(", "", "A", "A" },
		{ "class A { String s = \"} class B { void main(\"; } ", "", "", "" },
		{ "class A { char c = '\"'; char d = '\\''; void main() { } }", "", "A", "A" },
		{ "class A { String s = \"\"\"\n } \" \\\"\"\" class B {\"\"\"; void main(", "",
		  "A", "A" },
		{ "class A { class B { static void main() { } } }", "", "", "" },
		{ "public record R(int x) { public static void main(String[] a) { } }", "", "R",
		  "R" },
		{ "public @interface I { } enum E { X; static void main(String[] a) { } }", "", "I",
		  "E" },
		{ "class classy { void mainly() { } void main (", "", "classy", "classy" },
		{ "import a.b; @X(C.class) class A<T> extends B { void main", "", "A", "A" },
		{ "class $_9 { void main() { } }", "", "$_9", "$_9" },
		{ "} } } class A { void main() { } }", "", "A", "A" },
		{ "", "", "", "" },
		{ "\"unterminated", "", "", "" },
		{ "/* unterminated", "", "", "" },
		{ "'\\", "", "", "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct main_class class;
		print_message("%s\n", rows[i].text);
		main_class_scan(rows[i].text, strlen(rows[i].text), &class);
		assert_string_equal(class.package, rows[i].package);
		assert_string_equal(class.file, rows[i].file);
		assert_string_equal(class.name, rows[i].name);
	}
}

static void test_names_are_bounded(void **state)
{
	char text[4096];
	struct main_class class;
	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, "class ", 6);
	main_class_scan(text, sizeof text, &class);
	assert_string_equal(class.name, "");
	memcpy(text, "package ", 8);
	for (size_t i = 12; i < sizeof text; i += 4)
		text[i] = '.';
	main_class_scan(text, sizeof text, &class);
	assert_int_equal(strlen(class.package), MAIN_CLASS_PACKAGE_MAX - 1);
}

/* ---- placeholders -------------------------------------------------------------------------- */

static void test_placeholders(void **state)
{
	static const struct {
		const char *text, *expanded;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{class}", "Main" },
		{ "{class}.java", "Main.java" },
		{ "-Xmx{heap_mib}m", "-Xmx128m" },
		{ "{memory_mib}/{heap_mib}/{cpus}/{source}", "256/128/2/main.c" },
		{ "{class}{class}", "MainMain" },
		{ "{unknown} {", "{unknown} {" },
		{ "{{class}}", "{Main}" },
		{ "{class", "{class" },
	};
	const struct placeholders values = {
		.class = "Main",
		.source = "main.c",
		.memory_mib = 256,
		.heap_mib = 128,
		.cpus = 2,
	};
	struct arena arena = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(placeholder_expand(&arena, rows[i].text, &values),
				    rows[i].expanded);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_language_is_there),
		cmocka_unit_test(test_definitions_are_complete),
		cmocka_unit_test(test_files_find_their_language),
		cmocka_unit_test(test_main_classes),
		cmocka_unit_test(test_names_are_bounded),
		cmocka_unit_test(test_placeholders),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
