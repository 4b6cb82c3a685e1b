/* SPDX-License-Identifier: MIT */
/*
 * Goal: groups and mounts are found in real and in strange texts of /proc, and the two version
 * tables are complete. Method: texts of a hybrid, a v2 and a container machine.
 */
#include "cgroup/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char hybrid_groups[] = "9:name=systemd:/\n8:pids:/jobs\n4:memory:/a b/c\n"
				    "2:cpu,cpuacct:/shared\n0::/unified\n";

static void test_own_path(void **state)
{
	(void)state;
	static const struct {
		const char *controller;
		const char *path;
	} rows[] = {
		{ "pids", "/jobs" },   { "memory", "/a b/c" }, { "cpu", "/shared" },
		{ "cpuacct", "/shared" }, { "", "/unified" },
	};
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(cgroup_parse_own_path(hybrid_groups, rows[i].controller, path));
		assert_string_equal(path, rows[i].path);
	}
	/* "cpu" must not match "cpuset", nor "systemd" match "name=systemd". */
	assert_false(cgroup_parse_own_path("3:cpuset:/\n", "cpu", path));
	assert_false(cgroup_parse_own_path(hybrid_groups, "systemd", path));
	assert_false(cgroup_parse_own_path("", "memory", path));
	assert_false(cgroup_parse_own_path("garbage", "memory", path));
	assert_false(cgroup_parse_own_path("4:memory\n", "memory", path));
	assert_false(cgroup_parse_own_path("4:memory:", "memory", path));
}

static void test_own_path_may_hold_colons(void **state)
{
	(void)state;
	char path[PATH_MAX];
	assert_true(cgroup_parse_own_path("0::/a:b/c\n", "", path));
	assert_string_equal(path, "/a:b/c");
}

static const char mountinfo[] =
	"22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
	"30 22 0:26 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
	"31 22 0:27 /docker/ab /mnt/with\\040space rw - cgroup cgroup rw,pids\n"
	"32 22 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

static void test_mounts(void **state)
{
	(void)state;
	struct cgroup_mount mount;
	assert_true(cgroup_parse_mount(mountinfo, "/sys/fs/cgroup/memory", &mount));
	assert_int_equal(mount.version, CGROUP_VERSION_1);
	assert_string_equal(mount.root, "/");
	assert_true(cgroup_parse_mount(mountinfo, "/mnt/with space", &mount));
	assert_string_equal(mount.root, "/docker/ab");
	assert_true(cgroup_parse_mount(mountinfo, NULL, &mount));
	assert_int_equal(mount.version, CGROUP_VERSION_2);
	assert_string_equal(mount.mount_point, "/sys/fs/cgroup/unified");
	assert_false(cgroup_parse_mount(mountinfo, "/", &mount));
	assert_false(cgroup_parse_mount("", NULL, &mount));
	assert_false(cgroup_parse_mount("1 2 3\nx - cgroup2\n - cgroup2 a b\n", NULL, &mount));
}

/* Goal: what a verdict is drawn from exists in both versions. */
static void test_tables_are_complete(void **state)
{
	(void)state;
	static const enum cgroup_counter needed[] = {
		CGROUP_CPU_NS,	  CGROUP_CPU_USER_NS,	    CGROUP_CPU_SYSTEM_NS, CGROUP_OOM_KILLS,
		CGROUP_PIDS_PEAK, CGROUP_MEMORY_PEAK_BYTES, CGROUP_PIDS_REFUSED,
	};
	for (int version = 0; version < CGROUP_VERSION_COUNT; version++) {
		const struct cgroup_table *table = cgroup_table_for((enum cgroup_version)version);
		for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
			assert_non_null(table->readings[needed[i]].file);
		for (size_t i = 0; i < CGROUP_COUNTER_COUNT; i++)
			assert_true(table->readings[i].file == NULL || table->readings[i].scale > 0);
		bool limits_memory = false, limits_processes = false, limits_swap = false;
		for (size_t i = 0; i < table->setting_count; i++) {
			const struct cgroup_setting *setting = &table->settings[i];
			bool always = setting->need == CGROUP_NEED_ALWAYS;
			limits_memory |= always && setting->value == CGROUP_VALUE_MEMORY_BYTES;
			limits_processes |= always && setting->value == CGROUP_VALUE_PROCESSES;
			limits_swap |= setting->need == CGROUP_NEED_WITH_SWAP;
		}
		assert_true(limits_memory && limits_processes && limits_swap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_path),
		cmocka_unit_test(test_own_path_may_hold_colons),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_tables_are_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
