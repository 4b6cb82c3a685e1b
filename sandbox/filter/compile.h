/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_FILTER_COMPILE_H
#define BAILIFF_FILTER_COMPILE_H

#include "filter/policy.h"

#include <linux/filter.h>

/*
 * A compiled filter: classic BPF for the native architecture, ready for seccomp(2).
 * Zero is the inert state; filter_finish() is idempotent.
 */
struct filter {
	struct sock_filter *code; /* owned */
	size_t length;            /* instructions */
	struct filter_proof proof; /* see there when it may be relied on */
};

/*
 * The calls a launch itself makes after the filter is in force, tied to descriptor numbers that
 * the program can never own because they lie above its RLIMIT_NOFILE. The compiler adds them to
 * every policy: sendmsg, recvmsg on report_fd, and exit_group for a launch that fails, are allowed;
 * execveat(exec_fd, ..., AT_EMPTY_PATH) becomes a user notification whatever the policy says, so
 * that the supervisor can let the launch's own, which is the first, and no other pass.
 */
struct filter_launch {
	int exec_fd;
	int report_fd;
};

/*
 * Compiles `policy` with libseccomp. A call of a foreign architecture (i386, x32) and every
 * POLICY_DENY becomes a user notification, so that the supervisor can name it. `*unknown_count`
 * (may be NULL) receives how many names this libseccomp does not know; they are skipped, as OCI
 * runtimes do. Errors: BAILIFF_FAULT_SPEC where a rule cannot be expressed, else
 * BAILIFF_FAULT_INTERNAL. Source: seccomp(2), seccomp_export_bpf(3).
 */
int filter_compile(const struct bailiff_policy *policy, const struct filter_launch *launch,
		   struct filter *ret_filter, size_t *unknown_count, struct bailiff_error *err);
void filter_finish(struct filter *filter);

/*
 * Names the call `number` that arrived with AUDIT_ARCH value `audit_arch`, filling name, arch and
 * number (an x32 number loses its x32 bit and gets arch "x32"). args are left alone.
 */
void filter_name_syscall(uint32_t audit_arch, int number, struct bailiff_syscall *ret_syscall);

/* The native architecture's name, as above; only its calls can be allowed. Never NULL. */
const char *filter_native_arch(void);

#endif
