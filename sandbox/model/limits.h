/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_MODEL_LIMITS_H
#define BAILIFF_MODEL_LIMITS_H

#include <bailiff/bailiff.h>

/* What the contract promises where the caller says nothing. */
#define LIMITS_DEFAULT_CPU_NS UINT64_C(1000000000)
#define LIMITS_DEFAULT_MEMORY_BYTES (UINT64_C(256) << 20)
#define LIMITS_DEFAULT_PROCESSES UINT64_C(32)
#define LIMITS_DEFAULT_OUTPUT_BYTES (UINT64_C(64) << 20)
#define LIMITS_DEFAULT_DISK_BYTES (UINT64_C(64) << 20)
#define LIMITS_DEFAULT_OPEN_FILES UINT64_C(64)
#define LIMITS_DEFAULT_CPUS_MILLI UINT64_C(1000)

/*
 * Bounds of what is accepted. The upper ones are far above any use and keep every later sum and
 * product within 64 bits; the lower ones are what the kernel can enforce.
 */
#define LIMITS_TIME_NS_MAX (UINT64_C(366) * 86400 * 1000000000)
#define LIMITS_BYTES_MAX (UINT64_C(1) << 50)
#define LIMITS_BYTES_SUM_MAX (UINT64_C(1) << 52)
#define LIMITS_MEMORY_BYTES_MIN (UINT64_C(64) << 10)
#define LIMITS_PROCESSES_MAX UINT64_C(1000000)
/* A CPU counter lags by up to a scheduler tick, and bandwidth is granted per 100 ms. */
#define LIMITS_IDLE_NS_MIN UINT64_C(100000000)
/* Three streams, and one that the launch needs for a moment. */
#define LIMITS_OPEN_FILES_MIN UINT64_C(4)
#define LIMITS_CPUS_MILLI_MIN UINT64_C(10)
#define LIMITS_CPUS_MILLI_MAX UINT64_C(4096000)

/*
 * Replaces every zero in *limits by its default (but for idle_ns, which has none) and checks every
 * value against the bounds above. Fails with BAILIFF_FAULT_SPEC, naming the key ("limits.cpu_ms: ...").
 */
int limits_resolve(struct bailiff_limits *limits, struct bailiff_error *err);

#endif
