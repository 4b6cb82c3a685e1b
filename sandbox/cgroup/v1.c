/* SPDX-License-Identifier: MIT */
/*
 * The files of cgroup v1. Delete this file, its line in CMakeLists.txt and the two places that
 * name cgroup_table_v1 to drop v1.
 *
 * memory.memsw must be written after memory.limit on a fresh leaf, because it may not be the
 * smaller one. cpuset.mems and cpuset.cpus must both be set before anything can join.
 *
 * Who joins has a single thread, so "tasks" moves as much as "cgroup.procs" does, but without the
 * lock that guards processes against new threads. Who takes that one after it was unused for some
 * 20 ms waits for the kernel's readers of old, 5 to 15 ms (Linux kernel/cgroup/cgroup.c,
 * cgroup_procs_write_start()).
 */
#include "cgroup/table.h"

#include "base/mem.h"

static const struct cgroup_setting settings[] = {
	{ CGROUP_MEMORY, "memory.limit_in_bytes", CGROUP_VALUE_MEMORY_BYTES, CGROUP_NEED_ALWAYS },
	{ CGROUP_MEMORY, "memory.memsw.limit_in_bytes", CGROUP_VALUE_MEMORY_BYTES,
	  CGROUP_NEED_WITH_SWAP },
	{ CGROUP_PIDS, "pids.max", CGROUP_VALUE_PROCESSES, CGROUP_NEED_ALWAYS },
	{ CGROUP_CPU, "cpu.cfs_period_us", CGROUP_VALUE_CPU_PERIOD_US, CGROUP_NEED_ALWAYS },
	{ CGROUP_CPU, "cpu.cfs_quota_us", CGROUP_VALUE_CPU_QUOTA_US, CGROUP_NEED_ALWAYS },
	{ CGROUP_CPUSET, "cpuset.mems", CGROUP_VALUE_CPUSET_MEMS, CGROUP_NEED_ALWAYS },
	{ CGROUP_CPUSET, "cpuset.cpus", CGROUP_VALUE_CPUSET_CPUS, CGROUP_NEED_ALWAYS },
};

const struct cgroup_table cgroup_table_v1 = {
	.join_file = "tasks",
	.memory_limit_file = "memory.limit_in_bytes",
	.threads_file = "tasks",
	.settings = settings,
	.setting_count = ARRAY_LENGTH(settings),
	.readings = {
		[CGROUP_CPU_NS] = { CGROUP_CPUACCT, "cpuacct.usage", NULL, NULL, 1 },
		[CGROUP_CPU_USER_NS] = { CGROUP_CPUACCT, "cpuacct.usage_user", NULL, NULL, 1 },
		[CGROUP_CPU_SYSTEM_NS] = { CGROUP_CPUACCT, "cpuacct.usage_sys", NULL, NULL, 1 },
		[CGROUP_THROTTLED_NS] = { CGROUP_CPU, "cpu.stat", "throttled_time", NULL, 1 },
		[CGROUP_THROTTLED_PERIODS] = { CGROUP_CPU, "cpu.stat", "nr_throttled", NULL, 1 },
		[CGROUP_CPU_PRESSURE_NS] = { .controller = CGROUP_CORE },
		[CGROUP_MEMORY_NOW_BYTES] = { CGROUP_MEMORY, "memory.usage_in_bytes", NULL, NULL, 1 },
		[CGROUP_MEMORY_PEAK_BYTES] = { CGROUP_MEMORY, "memory.max_usage_in_bytes", NULL, NULL,
					       1 },
		[CGROUP_OOM_KILLS] = { CGROUP_MEMORY, "memory.oom_control", "oom_kill", NULL, 1 },
		[CGROUP_MEMORY_ANON_BYTES] = { CGROUP_MEMORY, "memory.stat", "rss", NULL, 1 },
		[CGROUP_MEMORY_FILE_AND_SHMEM_BYTES] = { CGROUP_MEMORY, "memory.stat", "cache", NULL,
							 1 },
		[CGROUP_MEMORY_SHMEM_BYTES] = { CGROUP_MEMORY, "memory.stat", "shmem", NULL, 1 },
		[CGROUP_MEMORY_KERNEL_BYTES] = { CGROUP_MEMORY, "memory.kmem.usage_in_bytes", NULL,
						 NULL, 1 },
		[CGROUP_PIDS_NOW] = { CGROUP_PIDS, "pids.current", NULL, NULL, 1 },
		[CGROUP_PIDS_PEAK] = { CGROUP_PIDS, "pids.peak", NULL, NULL, 1 },
		[CGROUP_PIDS_REFUSED] = { CGROUP_PIDS, "pids.events", "max", NULL, 1 },
	},
};
