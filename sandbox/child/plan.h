/* SPDX-License-Identifier: MIT */
/*
 * Everything a cell is made of, resolved beforehand: all that does not depend on which program will
 * run in it (child/job.h says that). The supervisor fills it in before clone; init and the program's
 * process inherit it with their copy of memory and only read it, because between clone and exec
 * nothing may be allocated. Pointers are owned by the supervisor.
 */
#ifndef BAILIFF_CHILD_PLAN_H
#define BAILIFF_CHILD_PLAN_H

#include "cgroup/layout.h"
#include "rootfs/mounts.h"

#include <bailiff/bailiff.h>
#include <linux/sched.h>
#include <sys/types.h>

/* Ids inside the cell. Init's owns the root; the program's owns /box. */
#define CELL_INIT_ID 0u
#define CELL_PROGRAM_ID 1000u

/* What init is cloned with. Time and cgroup namespaces are entered later, by init and by the program:
 * the first needs its offsets written before anybody is in it, the second must be made inside the
 * leaf. */
#define CELL_NAMESPACES \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

/*
 * Descriptors for the last steps before exec. They lie above any RLIMIT_NOFILE the program can
 * get, close on exec, and can therefore never be its own; the filter's launch rules name them.
 */
#define CELL_EXEC_FD ((int)BAILIFF_OPEN_FILES_MAX)
#define CELL_REPORT_FD (CELL_EXEC_FD + 1)

#define CELL_KEEP_FD_MAX 512

/* Addresses from begin up to, but without, end. */
struct cell_range {
	uint64_t begin, end;
};

/* The code that runs between clone and exec, with its data: ours and the C library's. */
#define CELL_RANGE_MAX 2

struct cell_plan {
	/* Channels: init's end and the program's end. */
	int control_fd;
	int report_fd;
	/* Ascending; every other descriptor is closed by init before anything else happens. */
	int keep_fds[CELL_KEEP_FD_MAX];
	size_t keep_fd_count;
	int slot_lock_fd;
	bool leaves_batch; /* who cloned it is in the batch class, but its user is not */

	/* Root. */
	struct mount_op *mounts;
	size_t mount_count;
	char scratch_size[24]; /* bytes, in digits */
	char scratch_inodes[24];
	bool loopback;

	/* Program. */
	int join_fds[CGROUP_HIERARCHY_MAX];
	size_t join_fd_count;
	unsigned landlock_abi; /* 0 = none */
	/* What the program's process keeps of its memory; none: all of it. */
	struct cell_range code[CELL_RANGE_MAX];
	size_t code_count;
};

#endif
