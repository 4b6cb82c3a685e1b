/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_ROOTFS_IMAGE_H
#define BAILIFF_ROOTFS_IMAGE_H

#include <bailiff/bailiff.h>

/*
 * Makes a detached, read-only mount of a squashfs or erofs image (an open regular file, borrowed).
 * *ret_mount_fd is owned by the caller; the loop device goes away with the last use of the mount.
 * FAULT_SPEC where the file is no such image, FAULT_HOST where the kernel cannot mount it.
 */
int rootfs_image_mount(int image_fd, const char *path, int *ret_mount_fd,
		       struct bailiff_error *err);

#endif
