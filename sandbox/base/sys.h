/* SPDX-License-Identifier: MIT */
/*
 * System calls that the C library does not wrap, or wraps in a way that is wrong after a raw
 * clone: glibc's set*id functions signal every thread of the process, which in a cloned child no
 * longer exist. All are async-signal-safe and return -1 with errno set, as libc functions do.
 */
#ifndef BAILIFF_BASE_SYS_H
#define BAILIFF_BASE_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static inline pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

/* While anything is renamed anywhere on the machine, the kernel cannot be sure that a path stays
 * beneath its folder, and says EAGAIN, for us to ask again (openat2(2)). */
#define SYS_OPENAT2_TRIES 1000

static inline int sys_openat2(int dir_fd, const char *path, const struct open_how *how)
{
	int fd = -1;
	for (int tries = 0; fd < 0 && tries < SYS_OPENAT2_TRIES; tries++) {
		fd = (int)syscall(SYS_openat2, dir_fd, path, how, sizeof *how);
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	return fd;
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int sys_setresuid(uid_t uid)
{
	return (int)syscall(SYS_setresuid, uid, uid, uid);
}

static inline int sys_setresgid(gid_t gid)
{
	return (int)syscall(SYS_setresgid, gid, gid, gid);
}

static inline int sys_setgroups_none(void)
{
	return (int)syscall(SYS_setgroups, (size_t)0, NULL);
}

static inline int sys_seccomp(unsigned operation, unsigned flags, void *argument)
{
	return (int)syscall(SYS_seccomp, operation, flags, argument);
}

static inline int sys_keyctl_join_session(void)
{
	return (int)syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
}

static inline int sys_landlock_create_ruleset(const void *attr, size_t size, uint32_t flags)
{
	return (int)syscall(SYS_landlock_create_ruleset, attr, size, flags);
}

static inline int sys_landlock_add_path(int ruleset_fd,
					const struct landlock_path_beneath_attr *attr)
{
	return (int)syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, attr, 0);
}

static inline int sys_landlock_restrict_self(int ruleset_fd)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset_fd, 0);
}

#endif
