/* SPDX-License-Identifier: MIT */
/* Goal: no path of a spec leads out of the cell or onto what is always the cell's own. */
#include "rootfs/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_canonical_path(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		const char *canonical; /* NULL: refused */
	} rows[] = {
		{ "/usr/bin", "usr/bin" },
		{ "a.out", "box/a.out" },
		{ "./a.out", "box/a.out" },
		{ "/box//x/./y/", "box/x/y" },
		{ "/box/...", "box/..." },
		{ "/box/..x", "box/..x" },
		{ "..", NULL },
		{ "../etc/passwd", NULL },
		{ "/box/../etc", NULL },
		{ "x/..", NULL },
		{ "/", NULL },
		{ "//", NULL },
		{ "/.", NULL },
		{ "", NULL },
		{ ".", "box" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[64] = "untouched";
		bool ok = rootfs_canonical_path(rows[i].path, out, sizeof out);
		assert_int_equal(ok, rows[i].canonical != NULL);
		if (ok)
			assert_string_equal(out, rows[i].canonical);
	}
}

static void test_canonical_path_respects_capacity(void **state)
{
	(void)state;
	for (size_t capacity = 1; capacity < 16; capacity++) {
		char out[20];
		memset(out, '#', sizeof out);
		bool ok = rootfs_canonical_path("/abc/def/ghi", out, capacity);
		assert_int_equal(out[capacity], '#');
		assert_int_equal(ok, capacity >= sizeof "abc/def/ghi");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical_path),
		cmocka_unit_test(test_canonical_path_respects_capacity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
