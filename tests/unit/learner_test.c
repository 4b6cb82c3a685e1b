/* SPDX-License-Identifier: MIT */
/*
 * Goal: a learnt policy allows what was seen, with the arguments that matter, and nothing else.
 * Method: calls are shown to a learner one by one; its policy is then asked about them and about
 * their neighbours.
 */
#include "filter/evaluate.h"
#include "learner.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static int see(struct learner *learner, const char *name, uint64_t a, uint64_t b, uint64_t c)
{
	struct bailiff_syscall call = { .arch = "x86_64", .args = { a, b, c, 0x22, 9, 9 } };
	(void)snprintf(call.name, sizeof call.name, "%s", name);
	return learner_observe(learner, &call);
}

static enum policy_action ask(const struct bailiff_policy *policy, const char *name, uint64_t a,
			      uint64_t b, uint64_t c)
{
	const uint64_t args[6] = { a, b, c, 0x22, 1, 1 };
	return policy_evaluate(policy, name, args).action;
}

static struct bailiff_policy learnt(struct learner *learner)
{
	struct bailiff_error err = { 0 };
	struct bailiff_policy policy;
	if (learner_policy(learner, "learnt", "a test", &policy, &err) != 0)
		fail_msg("%s", err.message);
	return policy;
}

static void what_was_seen_is_allowed(void **state)
{
	(void)state;
	struct learner learner = { .base = NULL };
	assert_int_equal(see(&learner, "read", 0, 1, 2), 0);
	assert_int_equal(see(&learner, "read", 3, 4, 5), 0);
	assert_int_equal(see(&learner, "getpid", 0, 0, 0), 0);
	struct bailiff_policy policy = learnt(&learner);
	assert_int_equal(policy.default_action, POLICY_DENY);
	assert_int_equal(policy.rule_count, 3); /* with exit_group */
	assert_int_equal(ask(&policy, "read", 9, 9, 9), POLICY_ALLOW);
	assert_int_equal(ask(&policy, "getpid", 9, 9, 9), POLICY_ALLOW);
	assert_int_equal(ask(&policy, "exit_group", 0, 0, 0), POLICY_ALLOW);
	assert_int_equal(ask(&policy, "write", 0, 1, 2), POLICY_DENY);
	for (size_t i = 0; i < policy.rule_count; i++)
		assert_true(strlen(policy.rules[i].why) > 0);
	learner_finish(&learner);
	learner_finish(&learner);
}

/* Of calls whose danger lies in their arguments, only what was seen. */
static void arguments_that_matter_are_learnt(void **state)
{
	(void)state;
	struct learner learner = { .base = NULL };
	(void)see(&learner, "clone", 0x3d0f00, 1, 1);
	(void)see(&learner, "ioctl", 0, 0x5401, 1);
	(void)see(&learner, "ioctl", 1, 0xdead00005413, 1);
	(void)see(&learner, "fcntl", 3, 1, 0);
	(void)see(&learner, "prctl", 15, 0, 0);
	(void)see(&learner, "socket", 1, 1, 0);
	(void)see(&learner, "mmap", 0, 4096, 3);
	(void)see(&learner, "mmap", 0, 8192, 5);
	(void)see(&learner, "mprotect", 0, 4096, 1);
	(void)see(&learner, "personality", 0xffffffff, 0, 0);
	(void)see(&learner, "prlimit64", 0, 3, 0);
	struct bailiff_policy policy = learnt(&learner);
	static const struct {
		const char *name;
		uint64_t a, b, c;
		enum policy_action want;
	} table[] = {
		{ "clone", 0x3d0f00, 5, 5, POLICY_ALLOW },
		{ "clone", 0x3d0f00 | 0x10000000, 5, 5, POLICY_DENY },
		{ "clone", 0x1200011, 0, 0, POLICY_DENY },
		{ "ioctl", 7, 0x5401, 0, POLICY_ALLOW },
		{ "ioctl", 7, 0x5413, 0, POLICY_ALLOW },
		{ "ioctl", 7, 0x5412, 0, POLICY_DENY },
		{ "fcntl", 7, 1, 0, POLICY_ALLOW },
		{ "fcntl", 7, 1024, 0, POLICY_DENY },
		{ "prctl", 15, 7, 7, POLICY_ALLOW },
		{ "prctl", 22, 2, 0, POLICY_DENY },
		{ "socket", 1, 2, 3, POLICY_ALLOW },
		{ "socket", 2, 1, 0, POLICY_DENY },
		{ "mmap", 1, 1, 3, POLICY_ALLOW },
		{ "mmap", 1, 1, 5, POLICY_ALLOW },
		{ "mmap", 1, 1, 7, POLICY_DENY }, /* writable and executable */
		{ "mprotect", 1, 1, 1, POLICY_ALLOW },
		{ "mprotect", 1, 1, 5, POLICY_DENY },
		{ "personality", 0xffffffff, 0, 0, POLICY_ALLOW },
		{ "personality", 0x40000, 0, 0, POLICY_DENY },
		{ "prlimit64", 0, 3, 0, POLICY_ALLOW },
		{ "prlimit64", 0, 3, 0x7ffe0000, POLICY_DENY },
		{ "prlimit64", 0, 4, 0, POLICY_DENY },
		{ "prlimit64", 5, 3, 0, POLICY_DENY },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		enum policy_action got =
			ask(&policy, table[i].name, table[i].a, table[i].b, table[i].c);
		if (got != table[i].want)
			fail_msg("row %zu: %s(%#lx, %#lx, %#lx)", i, table[i].name, table[i].a,
				 table[i].b, table[i].c);
	}
	learner_finish(&learner);
}

/* What a base policy answers with an errno is answered so, and clone3 in any case. */
static void refusals_are_learnt_as_such(void **state)
{
	(void)state;
	struct learner without = { .base = NULL };
	assert_int_equal(see(&without, "clone3", 1, 88, 0), ENOSYS);
	assert_int_equal(see(&without, "flock", 1, 2, 0), 0);
	assert_int_equal(see(&without, "unknown", 1, 2, 0), 0);
	assert_int_equal(without.nameless, 1);
	struct bailiff_policy policy = learnt(&without);
	assert_int_equal(ask(&policy, "clone3", 0, 0, 0), POLICY_ERRNO);
	assert_int_equal(ask(&policy, "flock", 0, 0, 0), POLICY_ALLOW);
	learner_finish(&without);

	struct learner with = { .base = bailiff_policy_builtin("native") };
	assert_int_equal(see(&with, "flock", 1, 2, 0), ENOLCK);
	assert_int_equal(see(&with, "socket", 2, 1, 0), 0); /* denied there: to be learnt */
	assert_int_equal(see(&with, "read", 0, 0, 0), 0);
	policy = learnt(&with);
	assert_int_equal(ask(&policy, "flock", 0, 0, 0), POLICY_ERRNO);
	assert_int_equal(ask(&policy, "socket", 2, 0, 0), POLICY_ALLOW);
	learner_finish(&with);
}

static void comparison_says_both_sides(void **state)
{
	(void)state;
	struct learner learner = { .base = bailiff_policy_builtin("native") };
	(void)see(&learner, "socket", 1, 1, 0);
	(void)see(&learner, "read", 0, 0, 0);
	(void)see(&learner, "flock", 0, 0, 0);
	(void)see(&learner, "fcntl", 0, 1, 0);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	learner_compare(&learner, out);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "+ socket: family AF_UNIX: opens a socket\n"));
	assert_null(strstr(text, "+ read"));
	assert_null(strstr(text, "+ flock"));
	assert_null(strstr(text, "command is F_GETFD"));
	assert_non_null(strstr(text, "- fcntl where command is F_SETFD\n"));
	assert_non_null(strstr(text, " writev "));
	assert_null(strstr(text, "- read "));
	free(text);
	learner_finish(&learner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_seen_is_allowed),
		cmocka_unit_test(arguments_that_matter_are_learnt),
		cmocka_unit_test(refusals_are_learnt_as_such),
		cmocka_unit_test(comparison_says_both_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
