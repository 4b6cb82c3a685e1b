/* SPDX-License-Identifier: MIT */
/*
 * Gives a call that a filter reported its name. The kernel tells an architecture (AUDIT_ARCH_...)
 * and a number; x32 shares x86_64's architecture value and marks its numbers with one bit.
 */
#include "filter/compile.h"

#include "base/mem.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

/* __X32_SYSCALL_BIT of <asm/unistd.h>, which other architectures do not define. */
#define X32_BIT 0x40000000

struct arch_name {
	uint32_t token; /* libseccomp's; equal to AUDIT_ARCH_... but for x32 */
	const char *name;
};

/* The architectures bailiff could run on, and those whose calls such a kernel also takes. */
static const struct arch_name arch_names[] = {
	{ SCMP_ARCH_X86_64, "x86_64" },   { SCMP_ARCH_X86, "i386" },
	{ SCMP_ARCH_X32, "x32" },         { SCMP_ARCH_AARCH64, "aarch64" },
	{ SCMP_ARCH_ARM, "arm" },         { SCMP_ARCH_RISCV64, "riscv64" },
	{ SCMP_ARCH_PPC64LE, "ppc64le" }, { SCMP_ARCH_S390X, "s390x" },
	{ SCMP_ARCH_S390, "s390" },
};

static const char *arch_name(uint32_t token)
{
	for (size_t i = 0; i < ARRAY_LENGTH(arch_names); i++)
		if (arch_names[i].token == token)
			return arch_names[i].name;
	return "unknown";
}

void filter_name_syscall(uint32_t audit_arch, int number, struct bailiff_syscall *ret_syscall)
{
	/* number -1 has the bit too, but means "no call" and belongs to x86_64 */
	bool is_x32 = audit_arch == AUDIT_ARCH_X86_64 && number >= X32_BIT;
	uint32_t token = is_x32 ? SCMP_ARCH_X32 : audit_arch;

	/* libseccomp's x32 table has the bit in its numbers */
	char *name = seccomp_syscall_resolve_num_arch(token, number);
	(void)snprintf(ret_syscall->name, sizeof ret_syscall->name, "%s",
		       name != NULL ? name : "unknown");
	free(name);
	(void)snprintf(ret_syscall->arch, sizeof ret_syscall->arch, "%s", arch_name(token));
	ret_syscall->number = is_x32 ? number - X32_BIT : number;
}

const char *filter_native_arch(void)
{
	return arch_name(seccomp_arch_native());
}
