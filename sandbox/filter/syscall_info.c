/* SPDX-License-Identifier: MIT */
/*
 * Finds words about a call, and puts conditions into words. The tables hold what policies compare:
 * a name for the argument, and for its values or flag bits.
 */
#include "filter/syscall_info.h"

#include "base/mem.h"

#include <inttypes.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOW_32 UINT64_C(0xffffffff)

struct argument_name {
	const char *call;
	unsigned index;
	const char *name;
};

static const struct argument_name argument_names[] = {
	{ "arch_prctl", 0, "code" },
	{ "clone", 0, "flags" },
	{ "execveat", 0, "folder" },
	{ "execveat", 4, "flags" },
	{ "fcntl", 1, "command" },
	{ "ioctl", 1, "request" },
	{ "kill", 0, "process" },
	{ "kill", 1, "signal" },
	{ "madvise", 2, "advice" },
	{ "memfd_create", 1, "flags" },
	{ "mmap", 2, "protection" },
	{ "mmap", 3, "flags" },
	{ "mprotect", 2, "protection" },
	{ "personality", 0, "persona" },
	{ "pkey_mprotect", 2, "protection" },
	{ "prctl", 0, "option" },
	{ "prlimit64", 0, "process" },
	{ "prlimit64", 1, "resource" },
	{ "prlimit64", 2, "new limit" },
	{ "ptrace", 0, "request" },
	{ "recvfrom", 3, "flags" },
	{ "recvmsg", 0, "descriptor" },
	{ "recvmsg", 2, "flags" },
	{ "sched_setscheduler", 1, "class" },
	{ "seccomp", 0, "operation" },
	{ "sendmsg", 0, "descriptor" },
	{ "sendmsg", 2, "flags" },
	{ "sendto", 3, "flags" },
	{ "setrlimit", 0, "resource" },
	{ "socket", 0, "family" },
	{ "socket", 1, "type" },
	{ "socket", 2, "protocol" },
	{ "socketpair", 0, "family" },
	{ "socketpair", 1, "type" },
	{ "unshare", 0, "flags" },
};

/* A value of an argument, or one of its flag bits. */
struct value_name {
	const char *call;
	unsigned index;
	bool is_flag;
	uint64_t value;
	const char *name;
};

#define CLONE_FLAGS(call)                                  \
	{ call, 0, true, 0x00000080, "CLONE_NEWTIME" },    \
	{ call, 0, true, 0x00020000, "CLONE_NEWNS" },      \
	{ call, 0, true, 0x02000000, "CLONE_NEWCGROUP" },  \
	{ call, 0, true, 0x04000000, "CLONE_NEWUTS" },     \
	{ call, 0, true, 0x08000000, "CLONE_NEWIPC" },     \
	{ call, 0, true, 0x10000000, "CLONE_NEWUSER" },    \
	{ call, 0, true, 0x20000000, "CLONE_NEWPID" },     \
	{ call, 0, true, 0x40000000, "CLONE_NEWNET" }

#define PROTECTION_FLAGS(call)                    \
	{ call, 2, true, 1, "PROT_READ" },        \
	{ call, 2, true, 2, "PROT_WRITE" },       \
	{ call, 2, true, 4, "PROT_EXEC" }

#define FAMILIES(call)                            \
	{ call, 0, false, 1, "AF_UNIX" },         \
	{ call, 0, false, 2, "AF_INET" },         \
	{ call, 0, false, 10, "AF_INET6" },       \
	{ call, 0, false, 16, "AF_NETLINK" },     \
	{ call, 0, false, 17, "AF_PACKET" },      \
	{ call, 0, false, 38, "AF_ALG" },         \
	{ call, 0, false, 40, "AF_VSOCK" }

#define RESOURCES(call, index)                            \
	{ call, index, false, 0, "RLIMIT_CPU" },          \
	{ call, index, false, 1, "RLIMIT_FSIZE" },        \
	{ call, index, false, 2, "RLIMIT_DATA" },         \
	{ call, index, false, 3, "RLIMIT_STACK" },        \
	{ call, index, false, 4, "RLIMIT_CORE" },         \
	{ call, index, false, 6, "RLIMIT_NPROC" },        \
	{ call, index, false, 7, "RLIMIT_NOFILE" },       \
	{ call, index, false, 8, "RLIMIT_MEMLOCK" },      \
	{ call, index, false, 9, "RLIMIT_AS" }

static const struct value_name value_names[] = {
	{ "arch_prctl", 0, false, 0x1001, "ARCH_SET_GS" },
	{ "arch_prctl", 0, false, 0x1002, "ARCH_SET_FS" },
	{ "arch_prctl", 0, false, 0x1003, "ARCH_GET_FS" },
	{ "arch_prctl", 0, false, 0x1004, "ARCH_GET_GS" },
	{ "arch_prctl", 0, false, 0x3001, "ARCH_CET_STATUS" },
	{ "arch_prctl", 0, false, 0x5001, "ARCH_SHSTK_ENABLE" },
	{ "arch_prctl", 0, false, 0x5005, "ARCH_SHSTK_STATUS" },
	CLONE_FLAGS("clone"),
	{ "execveat", 4, true, 0x1000, "AT_EMPTY_PATH" },
	{ "fcntl", 1, false, 0, "F_DUPFD" },
	{ "fcntl", 1, false, 1, "F_GETFD" },
	{ "fcntl", 1, false, 2, "F_SETFD" },
	{ "fcntl", 1, false, 3, "F_GETFL" },
	{ "fcntl", 1, false, 4, "F_SETFL" },
	{ "fcntl", 1, false, 5, "F_GETLK" },
	{ "fcntl", 1, false, 6, "F_SETLK" },
	{ "fcntl", 1, false, 7, "F_SETLKW" },
	{ "fcntl", 1, false, 8, "F_SETOWN" },
	{ "fcntl", 1, false, 36, "F_OFD_GETLK" },
	{ "fcntl", 1, false, 37, "F_OFD_SETLK" },
	{ "fcntl", 1, false, 38, "F_OFD_SETLKW" },
	{ "fcntl", 1, false, 1024, "F_SETLEASE" },
	{ "fcntl", 1, false, 1025, "F_GETLEASE" },
	{ "fcntl", 1, false, 1026, "F_NOTIFY" },
	{ "fcntl", 1, false, 1030, "F_DUPFD_CLOEXEC" },
	{ "fcntl", 1, false, 1031, "F_SETPIPE_SZ" },
	{ "fcntl", 1, false, 1032, "F_GETPIPE_SZ" },
	{ "fcntl", 1, false, 1033, "F_ADD_SEALS" },
	{ "fcntl", 1, false, 1034, "F_GET_SEALS" },
	{ "ioctl", 1, false, 0x5401, "TCGETS" },
	{ "ioctl", 1, false, 0x5402, "TCSETS" },
	{ "ioctl", 1, false, 0x5403, "TCSETSW" },
	{ "ioctl", 1, false, 0x5404, "TCSETSF" },
	{ "ioctl", 1, false, 0x540f, "TIOCGPGRP" },
	{ "ioctl", 1, false, 0x5410, "TIOCSPGRP" },
	{ "ioctl", 1, false, 0x5412, "TIOCSTI" },
	{ "ioctl", 1, false, 0x5413, "TIOCGWINSZ" },
	{ "ioctl", 1, false, 0x541b, "FIONREAD" },
	{ "ioctl", 1, false, 0x541c, "TIOCLINUX" },
	{ "ioctl", 1, false, 0x5421, "FIONBIO" },
	{ "ioctl", 1, false, 0x5450, "FIONCLEX" },
	{ "ioctl", 1, false, 0x5451, "FIOCLEX" },
	{ "ioctl", 1, false, 0x802c542a, "TCGETS2" },
	{ "ioctl", 1, false, 0x40049409, "FICLONE" },
	{ "memfd_create", 1, true, 1, "MFD_CLOEXEC" },
	{ "memfd_create", 1, true, 2, "MFD_ALLOW_SEALING" },
	{ "memfd_create", 1, true, 4, "MFD_HUGETLB" },
	PROTECTION_FLAGS("mmap"),
	{ "mmap", 3, true, 0x40000, "MAP_HUGETLB" },
	PROTECTION_FLAGS("mprotect"),
	{ "personality", 0, false, 0, "PER_LINUX" },
	{ "personality", 0, false, 8, "PER_LINUX32" },
	{ "personality", 0, false, 0x20000, "UNAME26" },
	{ "personality", 0, false, 0x40000, "ADDR_NO_RANDOMIZE" },
	{ "personality", 0, false, 0x400000, "READ_IMPLIES_EXEC" },
	{ "personality", 0, false, 0xffffffff, "0xffffffff (a question)" },
	PROTECTION_FLAGS("pkey_mprotect"),
	{ "prctl", 0, false, 1, "PR_SET_PDEATHSIG" },
	{ "prctl", 0, false, 3, "PR_GET_DUMPABLE" },
	{ "prctl", 0, false, 4, "PR_SET_DUMPABLE" },
	{ "prctl", 0, false, 15, "PR_SET_NAME" },
	{ "prctl", 0, false, 16, "PR_GET_NAME" },
	{ "prctl", 0, false, 22, "PR_SET_SECCOMP" },
	{ "prctl", 0, false, 23, "PR_CAPBSET_READ" },
	{ "prctl", 0, false, 29, "PR_SET_TIMERSLACK" },
	{ "prctl", 0, false, 35, "PR_SET_MM" },
	{ "prctl", 0, false, 36, "PR_SET_CHILD_SUBREAPER" },
	{ "prctl", 0, false, 38, "PR_SET_NO_NEW_PRIVS" },
	{ "prctl", 0, false, 0x53564d41, "PR_SET_VMA" },
	RESOURCES("prlimit64", 1),
	{ "recvfrom", 3, true, 1, "MSG_OOB" },
	{ "recvmsg", 2, true, 1, "MSG_OOB" },
	{ "sched_setscheduler", 1, false, 0, "SCHED_OTHER" },
	{ "sched_setscheduler", 1, false, 1, "SCHED_FIFO" },
	{ "sched_setscheduler", 1, false, 2, "SCHED_RR" },
	{ "sendmsg", 2, true, 1, "MSG_OOB" },
	{ "sendto", 3, true, 1, "MSG_OOB" },
	RESOURCES("setrlimit", 0),
	FAMILIES("socket"),
	FAMILIES("socketpair"),
	CLONE_FLAGS("unshare"),
};

/* ---- looking up -------------------------------------------------------------------------- */

static int compare_name(const void *name, const void *row)
{
	const struct syscall_info *info = row;
	return strcmp(name, info->name);
}

const struct syscall_info *syscall_info_find(const char *name)
{
	return bsearch(name, syscall_table, syscall_table_size, sizeof syscall_table[0],
		       compare_name);
}

const char *syscall_argument_name(const char *call, unsigned index)
{
	for (size_t i = 0; i < ARRAY_LENGTH(argument_names); i++)
		if (argument_names[i].index == index && strcmp(argument_names[i].call, call) == 0)
			return argument_names[i].name;
	return NULL;
}

static bool is_value_of(const struct value_name *row, const char *call, unsigned index)
{
	return row->index == index && strcmp(row->call, call) == 0;
}

static bool is_32_bits(const char *call, unsigned index)
{
	const struct syscall_info *info = syscall_info_find(call);
	return info != NULL && index < strlen(info->arguments) && info->arguments[index] == 'i';
}

const char *syscall_value_name(const char *call, unsigned index, uint64_t value)
{
	uint64_t read_as = is_32_bits(call, index) ? value & LOW_32 : value;
	for (size_t i = 0; i < ARRAY_LENGTH(value_names); i++) {
		const struct value_name *row = &value_names[i];
		if (is_value_of(row, call, index) && !row->is_flag && row->value == read_as)
			return row->name;
	}
	return NULL;
}

enum syscall_known syscall_is_known(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);
	if (number == __NR_SCMP_ERROR)
		return SYSCALL_UNKNOWN;
	return number >= 0 ? SYSCALL_NATIVE : SYSCALL_FOREIGN;
}

/* ---- conditions in words ----------------------------------------------------------------- */

struct text {
	char *at;
	size_t left;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = vsnprintf(text->at, text->left, format, args);
	va_end(args);
	size_t used = length < 0 ? 0 : (size_t)length;
	if (text->left > 0 && used >= text->left)
		used = text->left - 1;
	text->at += used;
	text->left -= used;
}

static void add_number(struct text *text, uint64_t value)
{
	add(text, value < 10 ? "%" PRIu64 : "%#" PRIx64, value);
}

static void add_value(struct text *text, const char *call, unsigned index, uint64_t value)
{
	const char *name = syscall_value_name(call, index, value);
	if (name != NULL)
		add(text, "%s", name);
	else
		add_number(text, value);
}

/* The flags in `bits` by name; what has none, as a number. */
static void add_flags(struct text *text, const char *call, unsigned index, uint64_t bits)
{
	const char *comma = "";
	for (size_t i = 0; i < ARRAY_LENGTH(value_names); i++) {
		const struct value_name *row = &value_names[i];
		if (!is_value_of(row, call, index) || !row->is_flag || (bits & row->value) == 0)
			continue;
		add(text, "%s%s", comma, row->name);
		bits &= ~row->value;
		comma = ", ";
	}
	if (bits != 0) {
		add(text, "%s", comma);
		add_number(text, bits);
	}
}

/* All bits of an argument that have a name. */
static uint64_t named_flags(const char *call, unsigned index)
{
	uint64_t flags = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(value_names); i++)
		if (is_value_of(&value_names[i], call, index) && value_names[i].is_flag)
			flags |= value_names[i].value;
	return flags;
}

static void add_masked(struct text *text, const char *call,
		       const struct policy_condition *condition)
{
	uint64_t mask = condition->value, wanted = condition->value_two;
	if (mask == LOW_32 || mask == UINT64_MAX) {
		add(text, " is ");
		add_value(text, call, condition->index, wanted);
	} else if (named_flags(call, condition->index) == 0) {
		add(text, " & %#" PRIx64 " is %#" PRIx64, mask, wanted);
	} else {
		if (wanted != 0) {
			add(text, " with ");
			add_flags(text, call, condition->index, wanted);
		}
		if (wanted != mask) {
			add(text, "%s without ", wanted != 0 ? " and" : "");
			add_flags(text, call, condition->index, mask & ~wanted);
		}
	}
}

void syscall_condition_text(const char *call, const struct policy_condition *condition,
			    char *buffer, size_t size)
{
	static const char *const words[] = {
		[POLICY_NE] = " is not ",	[POLICY_LT] = " is below ",
		[POLICY_LE] = " is at most ",	[POLICY_EQ] = " is ",
		[POLICY_GE] = " is at least ",	[POLICY_GT] = " is above ",
		[POLICY_MASKED_EQ] = "",
	};
	struct text text = { buffer, size };
	const char *name = syscall_argument_name(call, condition->index);
	if (name != NULL)
		add(&text, "%s", name);
	else
		add(&text, "argument %u", condition->index);
	if (condition->op == POLICY_MASKED_EQ) {
		add_masked(&text, call, condition);
		return;
	}
	add(&text, "%s", words[condition->op]);
	add_value(&text, call, condition->index, condition->value);
}

void syscall_arguments_text(const char *call, const uint64_t args[6], char *buffer, size_t size)
{
	struct text text = { buffer, size };
	const char *comma = "";
	if (size > 0)
		buffer[0] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(argument_names); i++) {
		const struct argument_name *row = &argument_names[i];
		if (strcmp(row->call, call) != 0)
			continue;
		const char *value = syscall_value_name(call, row->index, args[row->index]);
		uint64_t flags = args[row->index] & named_flags(call, row->index);
		if (value == NULL && flags == 0)
			continue;
		add(&text, "%s%s ", comma, row->name);
		if (value != NULL)
			add(&text, "%s", value);
		else
			add_flags(&text, call, row->index, flags);
		comma = ", ";
	}
}

/* ---- dangers ----------------------------------------------------------------------------- */

static bool has_value_names(const char *call, unsigned index)
{
	for (size_t i = 0; i < ARRAY_LENGTH(value_names); i++)
		if (is_value_of(&value_names[i], call, index))
			return true;
	return false;
}

/* Whether an argument of a call is as a danger has it: by its flags, as a pointer, or as a number
 * in the width the kernel reads. */
static bool is_used(const char *call, unsigned index, uint64_t danger, uint64_t given)
{
	const struct syscall_info *info = syscall_info_find(call);
	uint64_t flags = named_flags(call, index) & danger;
	bool is_pointer = info != NULL && index < strlen(info->arguments) &&
			  info->arguments[index] == 'p';
	if (danger == 0 || is_pointer)
		return danger == 0 || given != 0;
	/* An argument without names only completes the example (a socket's type, a lease's kind). */
	if (!has_value_names(call, index))
		return true;
	if (flags != 0)
		return (given & flags) != 0;
	return is_32_bits(call, index) ? (uint32_t)danger == (uint32_t)given : danger == given;
}

const struct syscall_danger *syscall_danger_of(const char *name, const uint64_t args[6])
{
	for (const struct syscall_danger *row = syscall_dangers; row->name != NULL; row++) {
		if (strcmp(row->name, name) != 0)
			continue;
		bool matches = true;
		for (unsigned i = 0; row->use[0] != '\0' && i < 6; i++)
			matches = matches && is_used(name, i, row->args[i], args[i]);
		if (matches)
			return row;
	}
	return NULL;
}
