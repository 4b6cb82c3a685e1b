/* SPDX-License-Identifier: MIT */
/* Goal: numbers and lines of control files are read exactly or not at all. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_parse_u64(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "42\n", true, 42 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "\n", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1\n\n", false, 0 },
		{ "0x10", false, 0 },
		{ "max", false, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t value = 7;
		assert_int_equal(io_parse_u64(rows[i].text, &value), rows[i].ok);
		assert_int_equal(value, rows[i].ok ? rows[i].value : 7);
	}
}

static const char memory_events[] = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n";
static const char cpu_pressure[] =
	"some avg10=0.00 avg60=0.00 avg300=0.00 total=12345\n"
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=678\n";

static void test_parse_keyed(void **state)
{
	(void)state;
	uint64_t value = 0;
	assert_true(io_parse_keyed_u64(memory_events, "oom_kill", NULL, &value));
	assert_int_equal(value, 2);
	/* A key that is the start of another must not match it. */
	assert_true(io_parse_keyed_u64(memory_events, "oom", NULL, &value));
	assert_int_equal(value, 3);
	assert_false(io_parse_keyed_u64(memory_events, "oom_k", NULL, &value));
	assert_false(io_parse_keyed_u64("oom_kill x\n", "oom_kill", NULL, &value));
	assert_false(io_parse_keyed_u64("oom_kill 1x\n", "oom_kill", NULL, &value));
	assert_false(io_parse_keyed_u64("", "oom_kill", NULL, &value));
	assert_true(io_parse_keyed_u64("77\n", NULL, NULL, &value));
	assert_int_equal(value, 77);
}

static void test_parse_field(void **state)
{
	(void)state;
	uint64_t value = 0;
	assert_true(io_parse_keyed_u64(cpu_pressure, "some", "total", &value));
	assert_int_equal(value, 12345);
	assert_true(io_parse_keyed_u64(cpu_pressure, "full", "total", &value));
	assert_int_equal(value, 678);
	assert_false(io_parse_keyed_u64(cpu_pressure, "some", "tot", &value));
	/* The field of a later line is not this line's. */
	assert_false(io_parse_keyed_u64("some avg10=0.00\nfull total=1\n", "some", "total", &value));
}

static void test_format_u64(void **state)
{
	(void)state;
	static const uint64_t values[] = { 0, 9, 10, 1234567890, UINT64_MAX };
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		char text[24], expected[24];
		char *end = io_format_u64(text, values[i]);
		(void)snprintf(expected, sizeof expected, "%llu", (unsigned long long)values[i]);
		assert_string_equal(text, expected);
		assert_ptr_equal(end, text + strlen(expected));
	}
}

static void test_file_that_does_not_fit(void **state)
{
	(void)state;
	char path[] = "/tmp/bailiff-io-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, "12345678", 8), 0);
	assert_int_equal(close(fd), 0);
	char small[8], large[9];
	assert_int_equal(io_read_file_at(AT_FDCWD, path, small, sizeof small), -E2BIG);
	assert_int_equal(io_read_file_at(AT_FDCWD, path, large, sizeof large), 8);
	assert_string_equal(large, "12345678");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(io_read_file_at(AT_FDCWD, path, large, sizeof large), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_u64),	cmocka_unit_test(test_parse_keyed),
		cmocka_unit_test(test_parse_field),	cmocka_unit_test(test_format_u64),
		cmocka_unit_test(test_file_that_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
