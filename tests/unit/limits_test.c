/* SPDX-License-Identifier: MIT */
/* Goal: defaults are the contract's, bounds are enforced and named by their key. */
#include "model/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_defaults(void **state)
{
	(void)state;
	struct bailiff_limits limits = { 0 };
	struct bailiff_error err;
	assert_int_equal(limits_resolve(&limits, &err), 0);
	assert_int_equal(limits.cpu_ns, 1000000000);
	assert_int_equal(limits.wall_ns, 3000000000);
	assert_int_equal(limits.memory_bytes, 256 << 20);
	assert_int_equal(limits.stack_bytes, 256 << 20);
	assert_int_equal(limits.processes, 32);
	assert_int_equal(limits.output_bytes, 64 << 20);
	assert_int_equal(limits.disk_bytes, 64 << 20);
	assert_int_equal(limits.open_files, 64);
	assert_int_equal(limits.cpus_milli, 1000);
	assert_int_equal(limits.idle_ns, 0); /* there is no such limit unless asked for */
}

static void test_dependent_defaults(void **state)
{
	(void)state;
	struct bailiff_limits limits = { .cpu_ns = 500000000, .memory_bytes = 1 << 30 };
	assert_int_equal(limits_resolve(&limits, NULL), 0);
	assert_int_equal(limits.wall_ns, 2000000000);
	assert_int_equal(limits.stack_bytes, 1 << 30);
}

static void expect_refusal(struct bailiff_limits limits, const char *key)
{
	struct bailiff_error err = { 0 };
	assert_true(limits_resolve(&limits, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_non_null(strstr(err.message, key));
}

static void test_bounds(void **state)
{
	(void)state;
	expect_refusal((struct bailiff_limits){ .cpu_ns = 1 }, "limits.cpu_ms");
	expect_refusal((struct bailiff_limits){ .cpu_ns = UINT64_MAX }, "limits.cpu_ms");
	expect_refusal((struct bailiff_limits){ .wall_ns = UINT64_MAX }, "limits.wall_ms");
	expect_refusal((struct bailiff_limits){ .idle_ns = 99999999 }, "limits.idle_ms");
	expect_refusal((struct bailiff_limits){ .idle_ns = UINT64_MAX }, "limits.idle_ms");
	expect_refusal((struct bailiff_limits){ .memory_bytes = 1 }, "limits.memory_bytes");
	expect_refusal((struct bailiff_limits){ .memory_bytes = UINT64_MAX }, "limits.memory_bytes");
	expect_refusal((struct bailiff_limits){ .open_files = BAILIFF_OPEN_FILES_MAX + 1 },
		       "limits.open_files");
	expect_refusal((struct bailiff_limits){ .open_files = 2 }, "limits.open_files");
	expect_refusal((struct bailiff_limits){ .cpus_milli = 1 }, "limits.cpus");
}

static void test_cpuset(void **state)
{
	(void)state;
	static const char *const good[] = { "0", "0,2-3", "10-12", "0-1,4" };
	static const char *const bad[] = { "", "a", "0-", "-1", "0,,1", "0 1", "0\n", "1-,2" };
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct bailiff_limits limits = { .cpuset = good[i] };
		assert_int_equal(limits_resolve(&limits, NULL), 0);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect_refusal((struct bailiff_limits){ .cpuset = bad[i] }, "limits.cpuset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_dependent_defaults),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_cpuset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
