/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BASE_CLOCK_H
#define BAILIFF_BASE_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

static inline uint64_t clock_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec;
}

/* CLOCK_MONOTONIC in nanoseconds, in the calling process's time namespace. Async-signal-safe. */
static inline uint64_t clock_now_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return clock_ns(&now);
}

/* CLOCK_BOOTTIME: goes on while the machine sleeps. */
static inline uint64_t clock_boot_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for this clock */
	return clock_ns(&now);
}

/* The same as clock_gettime(2), for processes that have given up the kernel's page of clocks, of which
 * the C library reads. -1 with errno set on failure. Async-signal-safe. */
static inline int clock_read_by_call(clockid_t clock, struct timespec *ret_now)
{
	return (int)syscall(SYS_clock_gettime, clock, ret_now);
}

static inline struct timespec clock_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
				  .tv_nsec = (long)(ns % NS_PER_S) };
}

#endif
