/* SPDX-License-Identifier: MIT */
/*
 * Words about system calls, for messages and the policy commands: what a call is for, what its
 * arguments are named, how the kernel reads them, and which uses are dangerous. Constant tables of
 * x86_64; nothing here decides what a filter does.
 */
#ifndef BAILIFF_FILTER_SYSCALL_INFO_H
#define BAILIFF_FILTER_SYSCALL_INFO_H

#include "filter/policy.h"

struct syscall_info {
	const char *name;
	const char *arguments; /* a letter for each: 'i' 32 bits, 'l' 64 bits, 'p' pointer */
	const char *purpose;   /* "reads from a descriptor" */
};

/* Sorted by name. */
extern const struct syscall_info syscall_table[];
extern const size_t syscall_table_size;

/* NULL for a name that is not in the table. */
const struct syscall_info *syscall_info_find(const char *name);

/* A use of a call that a known attack needs. */
struct syscall_danger {
	const char *name;
	const char *use; /* "CLONE_NEWUSER"; "" where any use is meant */
	uint64_t args[6];
	const char *why;
};

/* Sorted by name; ends with a NULL name. */
extern const struct syscall_danger syscall_dangers[];

/* "flags"; NULL where it has no name here. */
const char *syscall_argument_name(const char *call, unsigned index);

/* "TIOCSTI" for the request 0x5412 of ioctl; NULL where the value has no name here. The value is
 * compared as the kernel reads it. */
const char *syscall_value_name(const char *call, unsigned index, uint64_t value);

/*
 * Writes a condition as a person would say it: "request is TCGETS", "flags without CLONE_NEWUSER",
 * "argument 3 is below 5". Cut off where it does not fit.
 */
void syscall_condition_text(const char *call, const struct policy_condition *condition, char *text,
			    size_t size);

/* The danger of this very call, as far as its arguments tell; NULL where none is known. */
const struct syscall_danger *syscall_danger_of(const char *name, const uint64_t args[6]);

/* Writes the arguments whose values have names, such as "family AF_INET"; "" where none has. */
void syscall_arguments_text(const char *call, const uint64_t args[6], char *text, size_t size);

/* Whether this machine's libseccomp knows a name, and for which architecture. */
enum syscall_known {
	SYSCALL_NATIVE,
	SYSCALL_FOREIGN, /* only other architectures have it */
	SYSCALL_UNKNOWN,
};

enum syscall_known syscall_is_known(const char *name);

#endif
