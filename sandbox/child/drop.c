/* SPDX-License-Identifier: MIT */
/*
 * Giving privilege up, and proving that it is gone. The order is forced: securebits need
 * CAP_SETPCAP, so they come first and keep the kernel from adjusting capabilities behind our
 * back when the ids change; then the bounding set; then ids; then the sets themselves.
 * Async-signal-safe: raw calls instead of libcap, which allocates.
 * Sources: capabilities(7), prctl(2), capset(2).
 */
#include "child/stage.h"

#include "base/sys.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

/* Above every capability there is; the loop ends at the first the kernel does not know. */
#define CAPABILITY_LIMIT 64

#define LOCKED_SECUREBITS                                                            \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |             \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |                   \
	 SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

int drop_lock_securebits(void)
{
	return prctl(PR_SET_SECUREBITS, LOCKED_SECUREBITS, 0, 0, 0) < 0 ? -errno : 0;
}

int drop_capability_bounds(void)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (unsigned long capability = 0; capability < CAPABILITY_LIMIT; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -errno; /* past the last one */
	return 0;
}

int drop_all_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

static int verify_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if ((data[i].effective | data[i].permitted | data[i].inheritable) != 0)
			return -EPERM;
	for (unsigned long capability = 0; capability < CAPABILITY_LIMIT; capability++) {
		int bound = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
		if (bound < 0)
			break;
		if (bound > 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) > 0)
			return -EPERM;
	}
	return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == LOCKED_SECUREBITS ? 0 : -EPERM;
}

/* Trusting that a drop worked is how containers leaked root's groups; so everything is read back. */
int step_drop_verify(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	uid_t real, effective, saved;
	gid_t real_group, effective_group, saved_group;
	if (syscall(SYS_getresuid, &real, &effective, &saved) < 0 ||
	    syscall(SYS_getresgid, &real_group, &effective_group, &saved_group) < 0)
		return -errno;
	if (real != CELL_PROGRAM_ID || effective != CELL_PROGRAM_ID || saved != CELL_PROGRAM_ID ||
	    real_group != CELL_PROGRAM_ID || effective_group != CELL_PROGRAM_ID ||
	    saved_group != CELL_PROGRAM_ID)
		return -EPERM;
	if (syscall(SYS_getgroups, 0, NULL) != 0)
		return -EPERM;
	return verify_capabilities();
}
