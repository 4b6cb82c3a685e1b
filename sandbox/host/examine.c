/* SPDX-License-Identifier: MIT */
/*
 * What `bailiff doctor` shows: one function per check, each naming what it found, which guarantee
 * a lack of it costs, and the command that mends it. Nothing is inferred from a kernel version;
 * every check asks for the thing itself.
 */
#include "host/host.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/sys.h"
#include "host/slot.h"

#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PROC_TEXT_MAX 16384

static void found(struct bailiff_check *check, enum bailiff_check_status status,
		  const char *format, ...) __attribute__((format(printf, 3, 4)));

static void found(struct bailiff_check *check, enum bailiff_check_status status,
		  const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(check->finding, sizeof check->finding, format, args);
	va_end(args);
	check->status = status;
}

static void costs(struct bailiff_check *check, const char *cost, const char *mend)
{
	(void)snprintf(check->cost, sizeof check->cost, "%s", cost);
	(void)snprintf(check->mend, sizeof check->mend, "%s", mend);
}

/* A file's first line, or "" where it cannot be read. */
static void read_line(const char *path, char *line, size_t capacity)
{
	line[0] = '\0';
	if (io_read_file_at(AT_FDCWD, path, line, capacity) < 0)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* ---- checks ----------------------------------------------------------------------------- */

static void check_privilege(struct bailiff_check *check)
{
	struct bailiff_error err = { .fault = BAILIFF_FAULT_NONE };
	if (host_check_capabilities(&err) == 0) {
		found(check, BAILIFF_CHECK_OK, "user %u, with every capability a supervisor needs",
		      (unsigned)geteuid());
		return;
	}
	found(check, BAILIFF_CHECK_FAIL, "%.180s", err.message);
	costs(check, "user ids of its own for each cell, and limits, cannot be set up", err.hint);
}

/* Opens the layout as a supervisor would, among those at work; give back with leave_layout(). */
static int join_layout(struct cgroup_layout *layout, int *ret_presence_fd,
		       struct bailiff_error *err)
{
	AUTO_CLOSE int dir_fd = FD_NONE;
	int rc = slot_folder_open(&dir_fd, err);
	if (rc == 0)
		rc = slot_folder_join(dir_fd, ret_presence_fd, err);
	return rc < 0 ? rc : cgroup_layout_open(layout, err);
}

static void leave_layout(struct cgroup_layout *layout, int presence_fd)
{
	bool is_last = presence_fd >= 0 && slot_folder_leave(presence_fd);
	cgroup_layout_close(layout, is_last ? CGROUP_BASE_REMOVE : CGROUP_BASE_KEEP);
}

static void check_cgroups(struct bailiff_check *check)
{
	struct cgroup_layout layout = { 0 };
	struct bailiff_error err = { .fault = BAILIFF_FAULT_NONE };
	AUTO_CLOSE int presence_fd = FD_NONE;
	if (join_layout(&layout, &presence_fd, &err) < 0) {
		found(check, BAILIFF_CHECK_FAIL, "%.180s", err.message);
		costs(check, "no limit on memory, processes or CPU time can be enforced", err.hint);
	} else {
		found(check, BAILIFF_CHECK_OK, "layout %s; memory, pids, cpu below '%.120s'",
		      bailiff_cgroup_kind_name(layout.kind),
		      cgroup_layout_find(&layout, CGROUP_MEMORY)->base_path);
	}
	leave_layout(&layout, presence_fd);
}

static void check_cpuset(struct bailiff_check *check)
{
	struct cgroup_layout layout = { 0 };
	AUTO_CLOSE int presence_fd = FD_NONE;
	bool offered = join_layout(&layout, &presence_fd, NULL) == 0 &&
		       cgroup_layout_find(&layout, CGROUP_CPUSET) != NULL;
	leave_layout(&layout, presence_fd);
	if (offered) {
		found(check, BAILIFF_CHECK_OK, "controller 'cpuset' is available");
		return;
	}
	found(check, BAILIFF_CHECK_WARN, "no controller 'cpuset'");
	costs(check, "limits.cpuset cannot be used: runs cannot be pinned to CPUs",
	      "delegate it: systemctl edit <unit>, Delegate=cpu cpuset memory pids");
}

static void check_namespaces(struct bailiff_check *check)
{
	static const char *const names[] = { "user", "mnt", "pid",    "net",
					     "ipc",  "uts", "cgroup", "time_for_children" };
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
		if (access(path, F_OK) == 0)
			continue;
		found(check, BAILIFF_CHECK_FAIL, "the kernel has no %s namespace", names[i]);
		costs(check, "no cell can be built", "install a kernel of Linux 5.14 or newer");
		return;
	}
	char maximum[32];
	read_line("/proc/sys/user/max_user_namespaces", maximum, sizeof maximum);
	if (strcmp(maximum, "0") == 0) {
		found(check, BAILIFF_CHECK_FAIL, "user namespaces are switched off");
		costs(check, "no cell can be built", "sysctl -w user.max_user_namespaces=65536");
		return;
	}
	found(check, BAILIFF_CHECK_OK, "all eight; up to %s user namespaces", maximum);
}

static void check_seccomp(struct bailiff_check *check)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;
	if (sys_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) {
		found(check, BAILIFF_CHECK_OK, "filters with user notification");
		return;
	}
	found(check, BAILIFF_CHECK_FAIL, "no filters with user notification: %s",
	      errno_name(errno));
	costs(check, "system calls can neither be refused nor named",
	      "use a kernel with CONFIG_SECCOMP_FILTER, and do not forbid seccomp(2)");
}

static void check_landlock(struct bailiff_check *check)
{
	unsigned abi = host_landlock_abi();
	if (abi > 0) {
		found(check, BAILIFF_CHECK_OK, "ABI %u", abi);
		return;
	}
	found(check, BAILIFF_CHECK_WARN, "not available");
	costs(check, "no second wall behind the mounts",
	      "boot with lsm=landlock,... (CONFIG_SECURITY_LANDLOCK)");
}

/* The mount calls a root is built with; the newest is mount_setattr(2) of Linux 5.12. */
static void check_mounts(struct bailiff_check *check)
{
	if (syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) < 0 && errno == ENOSYS) {
		found(check, BAILIFF_CHECK_FAIL, "no mount_setattr(2)");
		costs(check, "no root can be built", "install a kernel of Linux 5.14 or newer");
		return;
	}
	found(check, BAILIFF_CHECK_OK, "detached mounts");
}

static bool kernel_has_file_system(const char *name)
{
	char text[PROC_TEXT_MAX], line[32];
	(void)snprintf(line, sizeof line, "\t%s\n", name);
	return io_read_file_at(AT_FDCWD, "/proc/filesystems", text, sizeof text) >= 0 &&
	       strstr(text, line) != NULL;
}

static void check_images(struct bailiff_check *check)
{
	bool squashfs = kernel_has_file_system("squashfs"), erofs = kernel_has_file_system("erofs");
	bool loop = access("/dev/loop-control", F_OK) == 0;
	if (squashfs && erofs && loop) {
		found(check, BAILIFF_CHECK_OK, "squashfs and erofs images");
		return;
	}
	found(check, BAILIFF_CHECK_WARN, "not loaded:%s%s%s", squashfs ? "" : " squashfs",
	      erofs ? "" : " erofs", loop ? "" : " loop");
	costs(check, "images as a root work only once the kernel loads these on demand",
	      "modprobe loop; modprobe squashfs; modprobe erofs");
}

static void check_overlay(struct bailiff_check *check)
{
	found(check, BAILIFF_CHECK_OK, "%s; bailiff does not need it",
	      kernel_has_file_system("overlay") ? "available" : "not loaded");
}

static void check_swap(struct bailiff_check *check)
{
	char text[PROC_TEXT_MAX];
	int length = io_read_file_at(AT_FDCWD, "/proc/swaps", text, sizeof text);
	const char *newline = length < 0 ? NULL : strchr(text, '\n');
	if (newline == NULL || newline[1] == '\0') {
		found(check, BAILIFF_CHECK_OK, "none");
		return;
	}
	found(check, BAILIFF_CHECK_WARN, "in use on this machine; cells never swap, others may");
	costs(check, "times are less steady while other processes swap", "swapoff -a");
}

static void check_core_pattern(struct bailiff_check *check)
{
	char pattern[256];
	read_line("/proc/sys/kernel/core_pattern", pattern, sizeof pattern);
	if (pattern[0] != '|') {
		found(check, BAILIFF_CHECK_OK, "'%.100s'", pattern);
		return;
	}
	found(check, BAILIFF_CHECK_WARN, "a program: '%.100s'", pattern);
	costs(check, "cells never start it (RLIMIT_CORE is 1), but crashes outside of cells use CPU "
		     "time of the same machine", "sysctl -w kernel.core_pattern=core");
}

static void check_claims(struct bailiff_check *check)
{
	struct bailiff_error err;
	AUTO_CLOSE int dir_fd = FD_NONE;
	if (slot_folder_open(&dir_fd, &err) == 0) {
		found(check, BAILIFF_CHECK_OK, "/run/bailiff; user ids from %u", SLOT_ID_BASE);
		return;
	}
	found(check, BAILIFF_CHECK_FAIL, "%.180s", err.message);
	costs(check, "runs at the same time cannot have user ids of their own", err.hint);
}

static const struct {
	const char *id;
	void (*run)(struct bailiff_check *check);
} checks_table[] = {
	{ "privilege", check_privilege },   { "cgroup", check_cgroups },
	{ "cpuset", check_cpuset },	    { "namespaces", check_namespaces },
	{ "seccomp", check_seccomp },	    { "landlock", check_landlock },
	{ "mounts", check_mounts },	    { "images", check_images },
	{ "overlay", check_overlay },	    { "swap", check_swap },
	{ "core_pattern", check_core_pattern }, { "claims", check_claims },
};

size_t bailiff_host_examine(struct bailiff_check *checks, size_t capacity)
{
	for (size_t i = 0; i < ARRAY_LENGTH(checks_table) && i < capacity; i++) {
		checks[i] = (struct bailiff_check){ .id = checks_table[i].id };
		checks_table[i].run(&checks[i]);
	}
	return ARRAY_LENGTH(checks_table);
}
