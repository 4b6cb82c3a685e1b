/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_ROOTFS_PLAN_H
#define BAILIFF_ROOTFS_PLAN_H

#include "rootfs/mounts.h"

#include <bailiff/bailiff.h>
#include <sys/stat.h>

/* What a name of the host's stood for when the plan was made. */
struct rootfs_source {
	char *path; /* owned */
	bool is_copied; /* its content is part of the plan; otherwise it is shown as it is */
	bool is_there;
	struct stat status;
};

/* The root of one cell, planned. Zero is inert; rootfs_plan_finish() is idempotent. */
struct rootfs_plan {
	struct mount_op *ops; /* owned */
	size_t count, capacity;
	struct rootfs_source *sources; /* owned */
	size_t source_count, source_capacity;
	/* The base, for looking up what a program's path means inside. FD_NONE with base "host". */
	int base_dir_fd; /* owned */
	bool is_host;
};

#define ROOTFS_PLAN_EMPTY ((struct rootfs_plan){ .base_dir_fd = -EBADF })

/*
 * Plans the root for `spec`: opens every source with the caller's rights, as detached mounts that
 * are already read-only (unless asked otherwise), nosuid and private. Errors: FAULT_INPUT for a
 * source that is missing, FAULT_SPEC for one that cannot serve, FAULT_HOST where image support
 * is missing. Nothing is attached anywhere yet, so nothing can be left behind.
 * Sources: open_tree(2), mount_setattr(2), fsopen(2).
 */
int rootfs_plan_build(const struct bailiff_spec *spec, struct rootfs_plan *ret_plan,
		      struct bailiff_error *err);
void rootfs_plan_finish(struct rootfs_plan *plan);

/* Closes what a cell needs to be built, once it is. */
void rootfs_plan_close_sources(struct rootfs_plan *plan);

/* Whether the names the plan was made from still stand for the same files and folders. Mounts that
 * come or go below them do not show here. */
bool rootfs_plan_is_current(const struct rootfs_plan *plan);

/* Whether `path` (absolute) exists in the planned root before the program runs. */
bool rootfs_plan_has(const struct rootfs_plan *plan, const char *path);

/*
 * Turns a path of the spec (absolute, or relative to /box) into one relative to the root, in
 * canonical form: no empty, "." or ".." component. Pure. False for an empty path, one with "..",
 * the root itself, or one that does not fit.
 */
bool rootfs_canonical_path(const char *path, char *out, size_t capacity);

#endif
