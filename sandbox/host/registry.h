/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_HOST_REGISTRY_H
#define BAILIFF_HOST_REGISTRY_H

#include "cgroup/leaf.h"

/*
 * The base groups that supervisors on this machine have made: those of one that was killed are
 * below *its* group, where the next supervisor would not look. Kept in the folder of claims.
 */

/* Adds the layout's base groups, before anything is made in them, and sweeps every base group that
 * is written down. 0 or -errno with *err filled. */
int registry_add(int slot_dir_fd, const struct cgroup_layout *layout,
		 const struct cgroup_sweep *sweep, struct bailiff_error *err);

/* Removes every base group that is written down and empty, and forgets it. Only for the last
 * supervisor at work, see slot_folder_leave(). */
void registry_remove(int slot_dir_fd);

#endif
