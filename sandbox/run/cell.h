/* SPDX-License-Identifier: MIT */
/*
 * A cell, seen from outside: everything a program runs in, and nothing of which program that will
 * be. It is planned (cell_prepare: mounts, slot, leaf, channels), built (cell_build: its program's
 * process waits for a job), fitted to the job's limits, used once, and disposed of.
 */
#ifndef BAILIFF_RUN_CELL_H
#define BAILIFF_RUN_CELL_H

#include "cgroup/leaf.h"
#include "child/channel.h"
#include "child/job.h"
#include "child/plan.h"
#include "host/host.h"
#include "host/slot.h"
#include "rootfs/plan.h"
#include "run/fork_server.h"
#include "run/handover.h"
#include "run/stdio.h"

/* The size of the scratch file system. */
struct cell_scratch {
	uint64_t bytes, inodes;
};

/*
 * A cell that has its job already and waits in its exec, and the supervisor's ends of what its
 * program will have as standard streams: a memory file that is still empty, and two pipes.
 */
struct cell_parking {
	int listener_fd; /* owned; FD_NONE = not parked */
	struct stdio_ends ends; /* owned */
};

/* Zero is not inert: see CELL_EMPTY. May be moved by assignment. */
struct cell {
	struct bailiff_host *host; /* borrowed */
	struct slot slot;
	struct rootfs_plan rootfs;
	struct cgroup_leaf leaf;
	struct bailiff_limits limits; /* written into the leaf; cpuset is borrowed */
	struct cell_scratch scratch;
	struct job_rlimit rlimits[JOB_RLIMIT_MAX]; /* what a job in it may have at most */
	size_t rlimit_count;
	struct cell_plan plan; /* of use until it is built */
	bool is_built;
	int control_fd, report_fd; /* owned; the supervisor's ends */
	int child_control_fd, child_report_fd; /* owned until the cell has them */
	pid_t init_pid; /* 0 = no process */
	int init_pid_fd; /* owned */
	bool is_dying; /* it was sent SIGKILL */
	int collect_fd; /* owned; the scratch file system */
	struct cell_parking parking;
	/* Whether its network and IPC namespaces may be another cell's before or after: it has no
	 * network, and nobody asked for new ones. */
	bool is_sharing;
	struct space spaces[SPACE_KINDS];
	struct fork_server *fork_server; /* borrowed; clones its init, and may do so in `spaces`. NULL = who
					  * builds it clones it, with all of its namespaces new */
};

#define CELL_PARKING_EMPTY                                                                      \
	((struct cell_parking){ .listener_fd = -EBADF,                                         \
				.ends = STDIO_ENDS_EMPTY })

#define CELL_EMPTY                                                                              \
	((struct cell){ .slot = SLOT_EMPTY,                                                     \
			.rootfs = ROOTFS_PLAN_EMPTY,                                           \
			.leaf = CGROUP_LEAF_EMPTY,                                             \
			.control_fd = -EBADF,                                                  \
			.report_fd = -EBADF,                                                   \
			.child_control_fd = -EBADF,                                            \
			.child_report_fd = -EBADF,                                             \
			.init_pid_fd = -EBADF,                                                 \
			.collect_fd = -EBADF,                                                  \
			.spaces = { SPACE_EMPTY, SPACE_EMPTY },                                \
			.parking = CELL_PARKING_EMPTY })

/*
 * Plans the cell that `spec` asks for: everything outside of it, with the limits that hold at
 * first. *cell must be empty; it needs cell_dispose() afterwards, also on failure. 0, or -errno with
 * *err filled: the caller's errors as rootfs_plan_build() and cgroup_leaf_create() tell them.
 */
int cell_prepare(struct bailiff_host *host, const struct bailiff_spec *spec,
		 const struct bailiff_limits *limits, struct cell *cell, struct bailiff_error *err);

/* What a build needs besides the cell. */
struct cell_build {
	struct cell_scratch scratch;
	const struct job *job; /* its rlimits will be possible */
	int cancel_fd;	       /* borrowed; FD_NONE = nobody can give it up */
};

/* Clones the cell's processes, and returns when files can be put into it; its program's process then
 * waits for a job, or will. 0, or -errno with *err filled. */
int cell_build(struct cell *cell, const struct cell_build *build, struct bailiff_error *err);


static inline bool cell_is_parked(const struct cell *cell)
{
	return cell->parking.listener_fd >= 0;
}

/* Whether nothing has been heard of a cell that waits: neither of its processes has anything to say
 * before it goes on. */
bool cell_still_waits(const struct cell *cell);

/* Makes a built cell have these limits and this scratch size. False where it cannot be had, or not
 * without doubt; another cell must then be built. */
bool cell_fit(struct cell *cell, const struct bailiff_limits *limits, const struct job *job,
	      const struct cell_scratch *scratch);

/*
 * Waits for one message on sock_fd (the cell's report_fd or control_fd), or for what init says about
 * the program's end. 0 with *ret_message and fds filled, -errno with *err filled.
 */
struct cell_wait {
	int sock_fd;
	int cancel_fd; /* FD_NONE = nobody can give it up */
	int *fds;      /* as channel_receive() */
	size_t fd_count;
};
int cell_await(const struct cell *cell, const struct cell_wait *wait, struct message *ret_message,
	       struct bailiff_error *err);

/* The error that a failed stage is, where it is the cell's own: FAULT_SPEC for a bind that cannot be
 * mounted, else FAULT_INTERNAL. Returns -errno. */
int cell_stage_failed(const struct cell *cell, const struct message *failed,
		      struct bailiff_error *err);

/* Kills the cell, whose processes run no code of their own any more then; the kernel still has to end
 * them. What is untouched of its namespaces is in `spaces`. Idempotent. */
void cell_begin_kill(struct cell *cell);

/* The same, and waits until its last process is gone. Idempotent. 0 or -errno. */
int cell_kill(struct cell *cell);

/* Kills it and gives everything back. Idempotent. 0, or -errno where something of it could not be
 * removed. */
int cell_dispose(struct cell *cell);

#endif
