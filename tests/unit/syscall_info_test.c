/* SPDX-License-Identifier: MIT */
/*
 * Goal: what is said about system calls is complete and right, and a hint names exactly the
 * policies that would allow a call.
 * Method: the tables against libseccomp's numbers and against each other; texts by example; hints
 * against every built-in policy's own ruling.
 */
#include "filter/compile.h"
#include "filter/evaluate.h"
#include "filter/hint.h"
#include "filter/syscall_info.h"

#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/mem.h"

/* Every call of this architecture that libseccomp has a name for has words. */
static void every_call_is_described(void **state)
{
	(void)state;
	for (int number = 0; number < 600; number++) {
		struct bailiff_syscall call = { .number = 0 };
		filter_name_syscall(AUDIT_ARCH_X86_64, number, &call);
		if (strcmp(call.name, "unknown") != 0 && syscall_info_find(call.name) == NULL)
			fail_msg("%s (%d) is not described", call.name, number);
	}
	assert_null(syscall_info_find("no_such_call"));
	assert_null(syscall_info_find(""));
}

static void tables_are_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < syscall_table_size; i++) {
		const struct syscall_info *info = &syscall_table[i];
		assert_ptr_equal(syscall_info_find(info->name), info);
		assert_true(strlen(info->purpose) > 0);
		assert_true(strlen(info->arguments) <= 6);
		assert_int_equal(strspn(info->arguments, "ilp"), strlen(info->arguments));
		if (i > 0)
			assert_true(strcmp(syscall_table[i - 1].name, info->name) < 0);
	}
	for (const struct syscall_danger *row = syscall_dangers; row->name != NULL; row++) {
		assert_non_null(syscall_info_find(row->name));
		assert_true(strlen(row->why) > 0);
		if (row > syscall_dangers)
			assert_true(strcmp(row[-1].name, row->name) <= 0);
	}
}

/* No built-in policy lets a dangerous call through. */
static void no_shipped_policy_is_dangerous(void **state)
{
	(void)state;
	for (size_t i = 0; builtin_policies[i] != NULL; i++) {
		for (const struct syscall_danger *row = syscall_dangers; row->name != NULL; row++) {
			struct policy_ruling ruling =
				policy_evaluate(builtin_policies[i], row->name, row->args);
			if (ruling.action == POLICY_ALLOW || ruling.action == POLICY_LOG)
				fail_msg("'%s' allows %s (%s)", builtin_policies[i]->name,
					 row->name, row->use);
		}
	}
}

static void conditions_become_words(void **state)
{
	(void)state;
	static const struct {
		const char *call;
		struct policy_condition condition;
		const char *text;
	} table[] = {
		{ "ioctl", { 1, POLICY_MASKED_EQ, 0xffffffff, 0x5401 }, "request is TCGETS" },
		{ "ioctl", { 1, POLICY_EQ, 0x9999, 0 }, "request is 0x9999" },
		{ "ioctl", { 0, POLICY_LT, 3, 0 }, "argument 0 is below 3" },
		{ "socket", { 0, POLICY_NE, 40, 0 }, "family is not AF_VSOCK" },
		{ "clone", { 0, POLICY_MASKED_EQ, 0x10020000, 0 },
		  "flags without CLONE_NEWNS, CLONE_NEWUSER" },
		{ "clone", { 0, POLICY_MASKED_EQ, 0x10020000, 0x20000 },
		  "flags with CLONE_NEWNS and without CLONE_NEWUSER" },
		{ "mmap", { 2, POLICY_MASKED_EQ, 4, 4 }, "protection with PROT_EXEC" },
		{ "write", { 2, POLICY_MASKED_EQ, 0xff, 0x10 }, "argument 2 & 0xff is 0x10" },
		{ "prlimit64", { 2, POLICY_EQ, 0, 0 }, "new limit is 0" },
		{ "read", { 2, POLICY_GE, 100, 0 }, "argument 2 is at least 0x64" },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char text[200];
		syscall_condition_text(table[i].call, &table[i].condition, text, sizeof text);
		assert_string_equal(text, table[i].text);
		/* cut off, never overrun */
		char small[8];
		memset(small, 'x', sizeof small);
		syscall_condition_text(table[i].call, &table[i].condition, small, 6);
		assert_int_equal(strlen(small), 5);
		assert_int_equal(small[6], 'x');
	}
}

static void dangers_are_told_by_arguments(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t args[6];
		const char *use; /* NULL = no danger */
	} table[] = {
		{ "ioctl", { 0, 0x5412 }, "TIOCSTI" },
		{ "ioctl", { 0, 0xffffffff00005412 }, "TIOCSTI" },
		{ "ioctl", { 0, 0x5401 }, NULL },
		{ "clone", { 0x10000000 | 17 }, "CLONE_NEWUSER" },
		{ "clone", { 0x3d0f00 }, NULL },
		{ "socket", { 40, 1 }, "AF_VSOCK" },
		{ "socket", { 1, 1 }, NULL },
		{ "ptrace", { 16, 4711 }, "" },
		{ "prlimit64", { 0, 4, 0x7ffd1234 }, "RLIMIT_CORE of its own" },
		{ "prlimit64", { 0, 4, 0 }, NULL },
		{ "read", { 0 }, NULL },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const struct syscall_danger *danger =
			syscall_danger_of(table[i].name, table[i].args);
		if ((danger == NULL) != (table[i].use == NULL))
			fail_msg("%s, row %zu", table[i].name, i);
		if (danger != NULL)
			assert_string_equal(danger->use, table[i].use);
	}
}

/* A hint names a policy exactly when it allows the call with these arguments. */
static void hints_name_the_right_policies(void **state)
{
	(void)state;
	static const struct bailiff_syscall calls[] = {
		{ "execve", "x86_64", SYS_execve, { 0 } },
		{ "socket", "x86_64", SYS_socket, { 2, 1 } },
		{ "mmap", "x86_64", SYS_mmap, { 0, 4096, 7, 0x22 } },
		{ "clone", "x86_64", SYS_clone, { 17 } },
		{ "clone", "x86_64", SYS_clone, { 0x10000011 } },
		{ "futex", "x86_64", SYS_futex, { 0 } },
		{ "flock", "x86_64", SYS_flock, { 0 } },
	};
	for (size_t c = 0; c < ARRAY_LENGTH(calls); c++) {
		char hint[400];
		filter_hint(&calls[c], hint, sizeof hint);
		assert_ptr_equal(strstr(hint, calls[c].name), hint);
		assert_non_null(strstr(hint, syscall_info_find(calls[c].name)->purpose));
		size_t allowing = 0;
		char *list = strstr(hint, "allowed by policy ");
		for (size_t i = 0; builtin_policies[i] != NULL; i++) {
			char quoted[70];
			(void)snprintf(quoted, sizeof quoted, "'%s'", builtin_policies[i]->name);
			bool allows = policy_evaluate(builtin_policies[i], calls[c].name,
						      calls[c].args).action == POLICY_ALLOW;
			bool named = list != NULL && strstr(list, quoted) != NULL;
			if (allows != named)
				fail_msg("%s: %s", quoted, hint);
			allowing += allows;
		}
		bool none = strstr(hint, "no built-in policy allows it") != NULL;
		assert_int_equal(allowing == 0, none);
	}
	static const struct bailiff_syscall foreign = { "getpid", "i386", 20, { 0 } };
	char hint[400];
	filter_hint(&foreign, hint, sizeof hint);
	assert_non_null(strstr(hint, "i386 entry point"));
	assert_null(strstr(hint, "'native'"));
}

static void names_are_known_or_not(void **state)
{
	(void)state;
	assert_int_equal(syscall_is_known("read"), SYSCALL_NATIVE);
	assert_int_equal(syscall_is_known("socketcall"), SYSCALL_FOREIGN);
	assert_int_equal(syscall_is_known("reed"), SYSCALL_UNKNOWN);
	assert_string_equal(filter_native_arch(), "x86_64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_described),
		cmocka_unit_test(tables_are_in_order),
		cmocka_unit_test(no_shipped_policy_is_dangerous),
		cmocka_unit_test(conditions_become_words),
		cmocka_unit_test(dangers_are_told_by_arguments),
		cmocka_unit_test(hints_name_the_right_policies),
		cmocka_unit_test(names_are_known_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
