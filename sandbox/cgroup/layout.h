/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CGROUP_LAYOUT_H
#define BAILIFF_CGROUP_LAYOUT_H

#include "cgroup/table.h"

#include <bailiff/bailiff.h>
#include <limits.h>

/* v1 mounts every controller on its own at most, and there is one v2 tree. */
#define CGROUP_HIERARCHY_MAX CGROUP_CONTROLLER_COUNT

/* One mounted cgroup tree we use, and our base group in it, below which leaves are made. */
struct cgroup_hierarchy {
	enum cgroup_version version;
	char base_path[PATH_MAX]; /* absolute */
	int base_dir_fd;          /* owned; FD_NONE for v1's cpuset: made when it is needed */
	/* v2: what was changed in the group above, to be undone by the last supervisor. */
	int parent_dir_fd;        /* owned; FD_NONE on v1 */
	char undo[64];            /* "-memory -pids": what we switched on there */
	bool moved;               /* we moved ourselves into a child */
};

/* Where each controller lives. */
struct cgroup_layout {
	struct cgroup_hierarchy hierarchies[CGROUP_HIERARCHY_MAX];
	size_t hierarchy_count;
	int hierarchy_of[CGROUP_CONTROLLER_COUNT]; /* index, or -1: not on this machine */
	enum bailiff_cgroup_kind kind;
};

/*
 * Finds the hierarchies of all controllers, makes (or finds) our base group below our own group
 * in each, and opens it. The layout needs cgroup_layout_close() afterwards, also on failure, because
 * base groups may have been made by then. Fails with
 * BAILIFF_FAULT_HOST, naming the controller and the mend; with errnum EBUSY where our own v2
 * group holds processes of others and can therefore have no limited children. Not a failure: no
 * cpuset controller, no v2 tree.
 *
 * On v2, when this process is alone in a group that is not the root, it moves itself into a
 * child named "supervisor", which the kernel's rule against inner processes demands.
 * Sources: cgroups(7), Documentation/admin-guide/cgroup-v2.rst "No Internal Process Constraint".
 */
int cgroup_layout_open(struct cgroup_layout *ret_layout, struct bailiff_error *err);

enum cgroup_base_fate { CGROUP_BASE_KEEP, CGROUP_BASE_REMOVE };

/* Closes the descriptors and, where asked, removes the base groups that are empty. Idempotent. */
void cgroup_layout_close(struct cgroup_layout *layout, enum cgroup_base_fate fate);

/*
 * Makes the base group in v1's cpuset hierarchy, which few runs need, and opens it. The layout must
 * have that hierarchy, without a base_dir_fd. *ret_dir_fd is owned by the caller.
 */
int cgroup_layout_open_cpuset(const struct cgroup_layout *layout, int *ret_dir_fd,
			      struct bailiff_error *err);

/* The table for a hierarchy's version. Never NULL. */
const struct cgroup_table *cgroup_table_for(enum cgroup_version version);

/* The hierarchy a controller is bound to, or NULL. */
const struct cgroup_hierarchy *cgroup_layout_find(const struct cgroup_layout *layout,
						  enum controller controller);

/*
 * The least memory limit of our own group and all above it that are visible, in bytes; UINT64_MAX where there
 * is none, or none can be read.
 */
uint64_t cgroup_own_memory_limit(void);

/* ---- pure parts, exposed for the tests ---- */

/*
 * Finds this process's group for `controller` ("memory", or "" for the v2 tree) in the text of
 * /proc/self/cgroup. Copies the path into `path`. False where there is no such line or it is too
 * long. Source: cgroups(7), "/proc/[pid]/cgroup".
 */
bool cgroup_parse_own_path(const char *proc_cgroup, const char *controller, char path[PATH_MAX]);

/* A cgroup mount as /proc/self/mountinfo tells it. */
struct cgroup_mount {
	char mount_point[PATH_MAX];
	char root[PATH_MAX]; /* which group of the tree is mounted there */
	enum cgroup_version version;
};

/*
 * Finds the first mount that serves `controller` ("memory": on v1; "": the v2 tree) in the text of
 * /proc/self/mountinfo, octal escapes undone. Sources: proc(5), "/proc/[pid]/mountinfo";
 * cgroups(7), "Mounting v1 controllers": the options of its super block name them.
 */
bool cgroup_parse_mount(const char *mountinfo, const char *controller,
			struct cgroup_mount *ret_mount);

#endif
