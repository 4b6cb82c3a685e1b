/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CGROUP_LEAF_H
#define BAILIFF_CGROUP_LEAF_H

#include "cgroup/layout.h"

#include <sys/types.h>

#define CGROUP_LEAF_NAME_MAX 48

/*
 * One run's group: a new directory of the same name in every hierarchy. Only the program and its
 * children ever join it, so its counters are theirs alone. CGROUP_LEAF_EMPTY is inert.
 */
struct cgroup_leaf {
	const struct cgroup_layout *layout; /* borrowed; NULL = inert */
	char name[CGROUP_LEAF_NAME_MAX];
	int dir_fds[CGROUP_HIERARCHY_MAX];  /* owned; FD_NONE where it is not part of the leaf */
	int join_fds[CGROUP_HIERARCHY_MAX]; /* owned; the table's join_file, or FD_NONE */
	/* Borrowed from dir_fds, or FD_NONE: a group of the v2 tree that neither limits nor counts,
	 * because v1 does. init is cloned into it and the program inherits it: joining later could
	 * only be done by taking the lock that v1.c tells of. */
	int birth_fd;
	int cpuset_base_fd; /* owned; where the layout has no descriptor of that base group */
	/* Owned, or a neighbour's for the same file; opened once, so that reading evidence cannot
	 * fail for want of a descriptor. FD_NONE where the kernel has no such counter. */
	int counter_fds[CGROUP_COUNTER_COUNT];
};

#define CGROUP_LEAF_EMPTY                                                                \
	((struct cgroup_leaf){ .birth_fd = -EBADF,                                        \
			       .cpuset_base_fd = -EBADF,                                  \
			       .dir_fds = { [0 ... CGROUP_HIERARCHY_MAX - 1] = -EBADF }, \
			       .join_fds = { [0 ... CGROUP_HIERARCHY_MAX - 1] = -EBADF },       \
			       .counter_fds = { [0 ... CGROUP_COUNTER_COUNT - 1] = -EBADF } })

/*
 * Makes a leaf called `name`, which must be new and unguessable, and writes every limit into it,
 * so that they hold before anything can join. `layout` is borrowed until cgroup_leaf_remove().
 * *ret_leaf is CGROUP_LEAF_EMPTY on failure and nothing is left behind. Errors:
 * BAILIFF_FAULT_SPEC for a cpuset the kernel refuses, BAILIFF_FAULT_HOST for a missing control,
 * else BAILIFF_FAULT_INTERNAL.
 */
int cgroup_leaf_create(const struct cgroup_layout *layout, const char *name,
		       const struct bailiff_limits *limits, struct cgroup_leaf *ret_leaf,
		       struct bailiff_error *err);

/*
 * Changes the limits of a leaf from `before` to `after`; only what differs is written. cpuset must be
 * the same. 0, or -errno where the kernel refuses one of them: the leaf then has some of each.
 */
int cgroup_leaf_change(const struct cgroup_leaf *leaf, const struct bailiff_limits *before,
		       const struct bailiff_limits *after);

/* Starts the memory peak anew, so that what set-up used does not count. On v2 before Linux 6.12 the
 * kernel cannot, and the peak includes some hundred KiB of set-up. */
void cgroup_leaf_reset_peak(const struct cgroup_leaf *leaf);

/* Reads one counter; BAILIFF_UNKNOWN where this kernel does not have it, or it cannot be read. */
uint64_t cgroup_leaf_read(const struct cgroup_leaf *leaf, enum cgroup_counter counter);

/* Reads all of them, each file once. Unknown ones as above. */
void cgroup_leaf_read_all(const struct cgroup_leaf *leaf, uint64_t ret_values[CGROUP_COUNTER_COUNT]);

/* The processes that are in the leaf just now, at most `max` of them, by the numbers they have
 * outside. Returns how many; 0 also where they cannot be read. */
size_t cgroup_leaf_pids(const struct cgroup_leaf *leaf, pid_t *ret_pids, size_t max);

/*
 * Makes the CPU counters include what the leaf's threads have used up to now; else they lag by up to a
 * tick of the scheduler, 1 to 10 ms, for each CPU. For 256 threads at most, and those of this
 * process's privilege; of others the counters go on lagging. Takes some microseconds for each thread.
 */
void cgroup_leaf_settle_cpu(const struct cgroup_leaf *leaf);

/* Sends SIGKILL to all that is in the leaf, where there is a v2 tree; elsewhere it does nothing. */
void cgroup_leaf_kill(const struct cgroup_leaf *leaf);

/*
 * Kills whatever is still in the leaf, waits until it is empty (at most a second), removes it
 * and closes the descriptors. 0, or -errno of the first hierarchy it could not be removed from.
 * Idempotent.
 */
int cgroup_leaf_remove(struct cgroup_leaf *leaf);

/*
 * How to tell the leaves that dead supervisors left: `is_dead(name, context)` says whether a leaf
 * belongs to nobody alive; what it holds to keep that true, `done(context)` releases.
 */
struct cgroup_sweep {
	bool (*is_dead)(const char *name, void *context);
	void (*done)(void *context);
	void *context;
};

/* Removes the dead leaves of the base group at an absolute path. A path that is gone, or not on a
 * cgroup file system, is passed over. */
void cgroup_sweep_base(const char *base_path, const struct cgroup_sweep *sweep);

/* Removes a base group where it is empty. True when there is none any more. */
bool cgroup_remove_base(const char *base_path);

#endif
