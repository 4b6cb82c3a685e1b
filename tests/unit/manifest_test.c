/* SPDX-License-Identifier: MIT */
/*
 * Goal: a tree has one manifest and one digest, and no text that a stranger wrote makes a file
 * outside of it or without bounds. Method: what writing makes is read back; a table of texts, each
 * wrong in one way; names that must not be written.
 */
#include "store/manifest.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define H "bailiff tree 1\n"
#define D "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static int read_text(const char *text, size_t size, struct bailiff_error *err)
{
	struct manifest manifest = { 0 };
	*err = (struct bailiff_error){ 0 };
	int rc = manifest_read(&manifest, text, size, "t", err);
	manifest_finish(&manifest);
	return rc;
}

static void add(struct manifest *manifest, const char *path, bool is_executable, uint64_t size)
{
	struct bailiff_error err = { 0 };
	struct manifest_entry entry = { .path = path,
					.is_executable = is_executable,
					.size = size };
	content_digest_of("", 0, &entry.digest);
	assert_int_equal(0, manifest_add(manifest, &entry, &err));
}

static void test_round_trip(void **state)
{
	(void)state;
	static const char expected[] = H "- " D " 0 a b.txt\n"
					 "x " D " 12 a/run\n"
					 "- " D " 18446744 a\xc3\xa9/z\n";
	struct manifest written = { 0 }, read = { 0 };
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	add(&written, "a\xc3\xa9/z", false, 18446744);
	add(&written, "a/run", true, 12);
	add(&written, "a b.txt", false, 0);
	assert_int_equal(0, manifest_write(&written, &text, &size, &err));
	assert_string_equal(expected, text);
	assert_int_equal(strlen(expected), size);
	assert_int_equal(0, manifest_read(&read, text, size, "t", &err));
	assert_int_equal(3, read.count);
	assert_int_equal(18446756, read.bytes);
	assert_string_equal("a/run", read.entries[1].path);
	assert_true(read.entries[1].is_executable);
	assert_false(read.entries[2].is_executable);
	manifest_finish(&written);
	manifest_finish(&read);
}

static void test_wrong_texts(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"bailiff tree 1",
		"bailiff tree 2\n",
		H "- " D " 0 a", /* no end */
		H "\n",
		H "- " D " 0 \n",
		H "- " D " a\n",
		H "-  " D " 0 a\n",
		H "- " D "  0 a\n",
		H "- " D " 00 a\n",
		H "- " D " +1 a\n",
		H "- " D " -1 a\n",
		H "- " D " 99999999999999999999 a\n",
		H "w " D " 0 a\n",
		H "- E3B0C44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 a\n",
		H "- " D "0 0 a\n",
		H "- " D " 0 /etc/passwd\n",
		H "- " D " 0 ../a\n",
		H "- " D " 0 a/../../b\n",
		H "- " D " 0 a/..\n",
		H "- " D " 0 ./a\n",
		H "- " D " 0 a/./b\n",
		H "- " D " 0 a//b\n",
		H "- " D " 0 a/\n",
		H "- " D " 0 .\n",
		H "- " D " 0 a\tb\n",
		H "- " D " 0 a\x1b[2J\n",
		H "- " D " 0 a\xff\n",
		H "- " D " 0 b\n- " D " 0 a\n",			/* not sorted */
		H "- " D " 0 a\n- " D " 0 a\n",			/* twice */
		H "- " D " 0 a\n- " D " 0 a!\n- " D " 0 a/b\n", /* below a file */
		H "- " D " 0 a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q\n",
		H "- " D " 5000000000 a\n- " D " 5000000000 b\n", /* too much together */
		H "- " D " 0 a\r\n",
	};
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct bailiff_error err;
		if (read_text(texts[i], strlen(texts[i]), &err) == 0)
			fail_msg("was accepted: %s", texts[i]);
		assert_int_equal(BAILIFF_FAULT_SPEC, err.fault);
		assert_true(strncmp(err.message, "t: ", 3) == 0);
	}
	struct bailiff_error err;
	static const char nul[] = H "- " D " 0 a\0b\n";
	assert_true(read_text(nul, sizeof nul - 1, &err) < 0);
	/* The same without the one mistake. */
	static const char right[] = H "- " D " 0 a\n- " D " 0 a!\n- " D " 0 b/c\n";
	assert_int_equal(0, read_text(right, strlen(right), &err));
	assert_int_equal(0, read_text(H, strlen(H), &err));
}

static void test_long_names(void **state)
{
	(void)state;
	char text[4000], name[1200];
	struct bailiff_error err;
	static const struct {
		size_t length;
		bool is_right;
	} lengths[] = { { 255, true }, { 256, false } };
	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		memset(name, 'n', sizeof name);
		name[lengths[i].length] = '\0';
		int length = snprintf(text, sizeof text, H "- " D " 0 %s\n", name);
		assert_int_equal(lengths[i].is_right, read_text(text, (size_t)length, &err) == 0);
	}
	/* Parts that are short, of a path that is not. */
	for (size_t at = 0; at < 1100; at++)
		name[at] = at % 200 == 199 ? '/' : 'n';
	name[1024] = '\0';
	int length = snprintf(text, sizeof text, H "- " D " 0 %s\n", name);
	assert_int_equal(0, read_text(text, (size_t)length, &err));
	name[1024] = 'n';
	name[1025] = '\0';
	length = snprintf(text, sizeof text, H "- " D " 0 %s\n", name);
	assert_true(read_text(text, (size_t)length, &err) < 0);
}

static void test_bound_of_files(void **state)
{
	(void)state;
	struct manifest manifest = { 0 };
	struct bailiff_error err = { 0 };
	char path[32];
	for (unsigned i = 0; i < MANIFEST_FILES_MAX; i++) {
		(void)snprintf(path, sizeof path, "%u", i);
		add(&manifest, path, false, 1);
	}
	const struct manifest_entry entry = { .path = "one-more" };
	assert_true(manifest_add(&manifest, &entry, &err) < 0);
	assert_non_null(strstr(err.message, "more than 50000 files"));
	manifest_finish(&manifest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_wrong_texts),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_bound_of_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
