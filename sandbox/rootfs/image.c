/* SPDX-License-Identifier: MIT */
/*
 * Images. The file system is recognised by its magic, put on a loop device that clears itself,
 * and mounted detached: no mount point on the host, nothing in its mount table, nothing to clean.
 * Sources: loop(4), fsopen(2), the on-disk formats' superblocks.
 */
#include "rootfs/image.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

/* A free loop device may be taken by somebody else between asking and configuring. */
#define LOOP_ATTEMPTS 16

static const char *detect_file_system(int image_fd)
{
	unsigned char magic[4];
	if (pread(image_fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
	    memcmp(magic, "hsqs", 4) == 0)
		return "squashfs";
	if (pread(image_fd, magic, sizeof magic, 1024) == (ssize_t)sizeof magic &&
	    memcmp(magic, "\xe2\xe1\xf5\xe0", 4) == 0)
		return "erofs";
	return NULL;
}

static int attach_loop(int image_fd, char *device, size_t capacity, int *ret_loop_fd)
{
	AUTO_CLOSE int control_fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control_fd < 0)
		return -errno;
	struct loop_config config = {
		.fd = (uint32_t)image_fd,
		.info = { .lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR },
	};
	for (int attempt = 0; attempt < LOOP_ATTEMPTS; attempt++) {
		int number = ioctl(control_fd, LOOP_CTL_GET_FREE);
		if (number < 0)
			return -errno;
		(void)snprintf(device, capacity, "/dev/loop%d", number);
		AUTO_CLOSE int loop_fd = open(device, O_RDONLY | O_CLOEXEC);
		if (loop_fd < 0)
			return -errno;
		if (ioctl(loop_fd, LOOP_CONFIGURE, &config) == 0) {
			*ret_loop_fd = fd_take(&loop_fd);
			return 0;
		}
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}

static int mount_device(const char *type, const char *device, int *ret_mount_fd)
{
	AUTO_CLOSE int fs_fd = fsopen(type, FSOPEN_CLOEXEC);
	if (fs_fd < 0)
		return -errno;
	if (fsconfig(fs_fd, FSCONFIG_SET_STRING, "source", device, 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int mount_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC,
			       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (mount_fd < 0)
		return -errno;
	*ret_mount_fd = mount_fd;
	return 0;
}

int rootfs_image_mount(int image_fd, const char *path, int *ret_mount_fd,
		       struct bailiff_error *err)
{
	const char *type = detect_file_system(image_fd);
	if (type == NULL)
		return fail_spec(err, "rootfs.base: '%s' is neither a folder nor a squashfs or erofs "
				      "image", path);
	char device[32], hint[64];
	AUTO_CLOSE int loop_fd = FD_NONE;
	int rc = attach_loop(image_fd, device, sizeof device, &loop_fd);
	if (rc < 0)
		return fail_host(err, BAILIFF_STAGE_ROOTFS, -rc, "modprobe loop",
				 "attach image '%s' to a loop device", path);
	rc = mount_device(type, device, ret_mount_fd);
	(void)snprintf(hint, sizeof hint, "modprobe %s", type);
	if (rc == -ENODEV)
		return fail_host(err, BAILIFF_STAGE_ROOTFS, -rc, hint, "mount %s image '%s'", type,
				 path);
	if (rc < 0)
		return fail_spec(err, "rootfs.base: '%s' is a damaged %s image", path, type);
	return 0;
}
