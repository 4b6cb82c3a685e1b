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
	"23 22 0:20 / /cgroup rw - tmpfs cgroup rw,memory\n"
	"30 22 0:26 / /sys/fs/cgroup/memory rw,cpu shared:9 - cgroup cgroup rw,memory\n"
	"31 22 0:27 /docker/ab /mnt/with\\040space rw - cgroup cgroup rw,pids\n"
	"32 22 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n"
	"33 22 0:29 / /mnt/named rw - cgroup systemd rw,xattr,name=freezer\n"
	"34 22 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	"35 22 0:26 / /mnt/second rw - cgroup cgroup rw,memory";

static void test_mounts(void **state)
{
	(void)state;
	static const struct {
		const char *controller;
		const char *mount_point;
		const char *root;
		enum cgroup_version version;
	} rows[] = {
		{ "memory", "/sys/fs/cgroup/memory", "/", CGROUP_VERSION_1 },
		{ "pids", "/mnt/with space", "/docker/ab", CGROUP_VERSION_1 },
		{ "cpu", "/sys/fs/cgroup/cpu,cpuacct", "/", CGROUP_VERSION_1 },
		{ "cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/", CGROUP_VERSION_1 },
		{ "", "/sys/fs/cgroup/unified", "/", CGROUP_VERSION_2 },
	};
	struct cgroup_mount mount;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(cgroup_parse_mount(mountinfo, rows[i].controller, &mount));
		assert_string_equal(mount.mount_point, rows[i].mount_point);
		assert_string_equal(mount.root, rows[i].root);
		assert_int_equal(mount.version, rows[i].version);
	}
}

static void test_mounts_that_are_not_there(void **state)
{
	(void)state;
	struct cgroup_mount mount;
	assert_false(cgroup_parse_mount(mountinfo, "freezer", &mount));
	assert_false(cgroup_parse_mount(mountinfo, "nsdelegate", &mount));
	assert_false(cgroup_parse_mount(mountinfo, "mem", &mount));
	assert_false(cgroup_parse_mount("", "", &mount));
	assert_false(cgroup_parse_mount("1 2 3\nx - cgroup2\n - cgroup2 a b\n", "", &mount));
	/* Without options, or on the next line. */
	assert_false(cgroup_parse_mount("1 2 0:1 / /a rw - cgroup c", "cpu", &mount));
	assert_false(cgroup_parse_mount("1 2 0:1 / /a rw - cgroup c rw\ncpu", "cpu", &mount));
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
		cmocka_unit_test(test_mounts_that_are_not_there),
		cmocka_unit_test(test_tables_are_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
