/* SPDX-License-Identifier: MIT */
/*
 * The files of cgroup v2. cpu.stat's usage lines belong to the tree itself and are there without
 * the cpu controller. memory.peak came with Linux 5.19, pids.peak with 6.1 and memory.stat's
 * "kernel" with 5.18; where they are missing the counter reads as unknown.
 */
#include "cgroup/table.h"

#include "base/mem.h"

static const struct cgroup_setting settings[] = {
	{ CGROUP_MEMORY, "memory.max", CGROUP_VALUE_MEMORY_BYTES, CGROUP_NEED_ALWAYS },
	{ CGROUP_MEMORY, "memory.swap.max", CGROUP_VALUE_ZERO, CGROUP_NEED_WITH_SWAP },
	{ CGROUP_MEMORY, "memory.zswap.max", CGROUP_VALUE_ZERO, CGROUP_NEED_NEVER },
	{ CGROUP_MEMORY, "memory.oom.group", CGROUP_VALUE_ONE, CGROUP_NEED_ALWAYS },
	{ CGROUP_PIDS, "pids.max", CGROUP_VALUE_PROCESSES, CGROUP_NEED_ALWAYS },
	{ CGROUP_CPU, "cpu.max", CGROUP_VALUE_CPU_QUOTA_AND_PERIOD_US, CGROUP_NEED_ALWAYS },
	{ CGROUP_CPUSET, "cpuset.cpus", CGROUP_VALUE_CPUSET_CPUS, CGROUP_NEED_ALWAYS },
};

const struct cgroup_table cgroup_table_v2 = {
	.join_file = "cgroup.procs",
	.memory_limit_file = "memory.max",
	.threads_file = "cgroup.threads",
	.settings = settings,
	.setting_count = ARRAY_LENGTH(settings),
	.readings = {
		[CGROUP_CPU_NS] = { CGROUP_CPUACCT, "cpu.stat", "usage_usec", NULL, 1000 },
		[CGROUP_CPU_USER_NS] = { CGROUP_CPUACCT, "cpu.stat", "user_usec", NULL, 1000 },
		[CGROUP_CPU_SYSTEM_NS] = { CGROUP_CPUACCT, "cpu.stat", "system_usec", NULL, 1000 },
		[CGROUP_THROTTLED_NS] = { CGROUP_CPU, "cpu.stat", "throttled_usec", NULL, 1000 },
		[CGROUP_THROTTLED_PERIODS] = { CGROUP_CPU, "cpu.stat", "nr_throttled", NULL, 1 },
		[CGROUP_CPU_PRESSURE_NS] = { CGROUP_CORE, "cpu.pressure", "some", "total", 1000 },
		[CGROUP_MEMORY_NOW_BYTES] = { CGROUP_MEMORY, "memory.current", NULL, NULL, 1 },
		[CGROUP_MEMORY_PEAK_BYTES] = { CGROUP_MEMORY, "memory.peak", NULL, NULL, 1 },
		[CGROUP_OOM_KILLS] = { CGROUP_MEMORY, "memory.events", "oom_kill", NULL, 1 },
		[CGROUP_MEMORY_ANON_BYTES] = { CGROUP_MEMORY, "memory.stat", "anon", NULL, 1 },
		[CGROUP_MEMORY_FILE_AND_SHMEM_BYTES] = { CGROUP_MEMORY, "memory.stat", "file", NULL,
							 1 },
		[CGROUP_MEMORY_SHMEM_BYTES] = { CGROUP_MEMORY, "memory.stat", "shmem", NULL, 1 },
		[CGROUP_MEMORY_KERNEL_BYTES] = { CGROUP_MEMORY, "memory.stat", "kernel", NULL, 1 },
		[CGROUP_PIDS_NOW] = { CGROUP_PIDS, "pids.current", NULL, NULL, 1 },
		[CGROUP_PIDS_PEAK] = { CGROUP_PIDS, "pids.peak", NULL, NULL, 1 },
		[CGROUP_PIDS_REFUSED] = { CGROUP_PIDS, "pids.events", "max", NULL, 1 },
	},
};
