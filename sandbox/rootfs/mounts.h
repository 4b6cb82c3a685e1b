/* SPDX-License-Identifier: MIT */
/*
 * The cell's root as a list of typed operations, made by the supervisor and executed in order by
 * init. The root itself is always a small tmpfs of our own; whatever it is "made of" is mounted
 * into it piece by piece, so that nothing of the base shows that was not chosen, and every mount
 * point exists without writing to the base.
 */
#ifndef BAILIFF_ROOTFS_MOUNTS_H
#define BAILIFF_ROOTFS_MOUNTS_H

#include <stddef.h>
#include <sys/types.h>

enum mount_op_kind {
	MOUNT_OP_FOLDER,  /* make folder `path` unless it is there */
	MOUNT_OP_LINK,    /* symbolic link `path` -> `text` */
	MOUNT_OP_TEXT,    /* file `path` with content `text`, unless it is there */
	MOUNT_OP_TREE,    /* attach the detached mount `tree_fd` at `path` */
	MOUNT_OP_SUBTREE, /* attach a copy of what is at `text` (inside) at `path` */
	MOUNT_OP_DETACH,  /* unmount `path` and remove the folder */
	MOUNT_OP_SCRATCH, /* /box, /tmp and /dev/shm, parts of one tmpfs; no `path` */
	MOUNT_OP_PROC,    /* procfs at `path`, own processes only */
};

struct mount_op {
	enum mount_op_kind kind;
	char *path;  /* owned; relative to the new root, no "." or ".." in it */
	char *text;  /* owned; or NULL */
	mode_t mode; /* FOLDER, TEXT */
	int tree_fd; /* owned; FD_NONE unless TREE */
	char *blame; /* owned; the spec's key that asked for it, or NULL */
	int writable; /* TREE: the program may write below it */
};

#endif
