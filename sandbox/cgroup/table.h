/* SPDX-License-Identifier: MIT */
/*
 * What differs between cgroup v1 and v2, as data: which file expresses which intent. Nothing
 * else in the project knows a control file's name. A controller is bound to a version on its own
 * (cgroup/layout.h), so that a hybrid machine needs no code, and dropping v1 means deleting v1.c.
 * Sources: Linux Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst.
 */
#ifndef BAILIFF_CGROUP_TABLE_H
#define BAILIFF_CGROUP_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum cgroup_version { CGROUP_VERSION_1, CGROUP_VERSION_2 };
#define CGROUP_VERSION_COUNT 2

enum controller {
	CGROUP_MEMORY,
	CGROUP_PIDS,
	CGROUP_CPU,
	CGROUP_CPUACCT, /* v2: part of the tree itself */
	CGROUP_CPUSET,
	CGROUP_CORE, /* the v2 tree itself: kill, pressure; absent on pure v1 */
};
#define CGROUP_CONTROLLER_COUNT 6

/* What is written into a leaf before anything joins it. */
enum cgroup_value {
	CGROUP_VALUE_MEMORY_BYTES,
	CGROUP_VALUE_ZERO,
	CGROUP_VALUE_ONE,
	CGROUP_VALUE_PROCESSES,
	CGROUP_VALUE_CPU_PERIOD_US,
	CGROUP_VALUE_CPU_QUOTA_US,
	CGROUP_VALUE_CPU_QUOTA_AND_PERIOD_US,
	CGROUP_VALUE_CPUSET_CPUS,
	CGROUP_VALUE_CPUSET_MEMS,
};

/* When a missing file is an error. "Optional" is data, so that it is never an accident. */
enum cgroup_need {
	CGROUP_NEED_ALWAYS,
	CGROUP_NEED_WITH_SWAP, /* only where the machine has swap */
	CGROUP_NEED_NEVER,     /* an improvement the kernel may lack */
};

/* One file to write; rows are written in order. */
struct cgroup_setting {
	enum controller controller;
	const char *file;
	enum cgroup_value value;
	enum cgroup_need need;
};

/* Counters read from a leaf. */
enum cgroup_counter {
	CGROUP_CPU_NS,
	CGROUP_CPU_USER_NS,
	CGROUP_CPU_SYSTEM_NS,
	CGROUP_THROTTLED_NS,
	CGROUP_THROTTLED_PERIODS,
	CGROUP_CPU_PRESSURE_NS,
	CGROUP_MEMORY_NOW_BYTES,
	CGROUP_MEMORY_PEAK_BYTES,
	CGROUP_OOM_KILLS,
	CGROUP_MEMORY_ANON_BYTES,
	CGROUP_MEMORY_FILE_AND_SHMEM_BYTES,
	CGROUP_MEMORY_SHMEM_BYTES,
	CGROUP_MEMORY_KERNEL_BYTES,
	CGROUP_PIDS_NOW,
	CGROUP_PIDS_PEAK,
	CGROUP_PIDS_REFUSED,
};
#define CGROUP_COUNTER_COUNT 16

/* Where a counter stands: NUMBER alone in the file (key NULL), "KEY NUMBER" in a line of it, or
 * "KEY ... FIELD=NUMBER". The number times scale is in the unit the counter's name ends with. */
struct cgroup_reading {
	enum controller controller;
	const char *file; /* NULL: this version has no such counter. Rows of one file follow each
			   * other, so that it is opened once. */
	const char *key;
	const char *field;
	uint64_t scale;
};

struct cgroup_table {
	const char *join_file; /* a process that writes "0" there joins */
	const char *memory_limit_file; /* "max", or a number of bytes */
	const char *threads_file; /* lists the threads that are in the group */
	const struct cgroup_setting *settings;
	size_t setting_count;
	struct cgroup_reading readings[CGROUP_COUNTER_COUNT];
};

extern const struct cgroup_table cgroup_table_v1;
extern const struct cgroup_table cgroup_table_v2;

#endif
