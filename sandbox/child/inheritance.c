/* SPDX-License-Identifier: MIT */
/*
 * What a process inherits besides descriptors and identity: how it is scheduled, how the OOM
 * killer values it, its execution domain. A caller may be a service that runs in a real-time
 * class, is protected from the OOM killer, or was started without address randomisation; none of
 * that is the cell's. What makes a caller yield to others (a positive nice value, a batch or idle
 * class, an affinity) stays. Async-signal-safe.
 */
#include "child/stage.h"

#include "base/fd.h"
#include "base/io.h"
#include "base/sys.h"

#include <sys/personality.h>
#include <sys/resource.h>

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif

static int leave_real_time(bool leaves_batch)
{
	long policy = syscall(SYS_sched_getscheduler, 0);
	if (policy < 0)
		return -errno;
	policy &= ~(long)SCHED_RESET_ON_FORK;
	bool is_left = policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE ||
		       (policy == SCHED_BATCH && leaves_batch);
	if (!is_left)
		return 0;
	const struct sched_param none = { 0 };
	return syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none) < 0 ? -errno : 0;
}

static int leave_privileged_nice(void)
{
	/* The raw call returns 20 minus the nice value. */
	long rank = syscall(SYS_getpriority, PRIO_PROCESS, 0);
	if (rank < 0)
		return -errno;
	return rank > 20 && syscall(SYS_setpriority, PRIO_PROCESS, 0, 0) < 0 ? -errno : 0;
}

/* A program that the OOM killer may not touch would spin at its memory limit for ever. */
static int leave_oom_protection(void)
{
	char text[16];
	int length = io_read_file_at(AT_FDCWD, "/proc/self/oom_score_adj", text, sizeof text);
	if (length < 0)
		return length;
	return text[0] == '-' ? io_write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", "0") : 0;
}

int step_inheritance(const struct cell_plan *plan, struct stage_state *state)
{
	(void)state;
	int rc = leave_real_time(plan->leaves_batch);
	if (rc == 0)
		rc = leave_privileged_nice();
	if (rc == 0)
		rc = leave_oom_protection();
	/* Class and level 0: as the nice value says. */
	if (rc == 0 && syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, 0) < 0)
		rc = -errno;
	if (rc == 0 && syscall(SYS_personality, PER_LINUX) < 0)
		rc = -errno;
	return rc;
}
