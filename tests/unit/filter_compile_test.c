/* SPDX-License-Identifier: MIT */
/*
 * Goal: a compiled filter does exactly what its policy says, for every rule, overlap and operand.
 * Method: small policies written here, and thousands of random ones, are compiled and run in the
 * tests' own interpreter; the random ones are also evaluated directly, rule by rule, here and by the
 * library.
 */
#include "bpf_interpreter.h"
#include "filter/compile.h"
#include "filter/evaluate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/mem.h"

#define NOTIFY SECCOMP_RET_USER_NOTIF
#define ALLOW SECCOMP_RET_ALLOW
#define ERRNO(e) (SECCOMP_RET_ERRNO | (uint32_t)(e))

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CONDITIONS(...)                                              \
	.conditions = (const struct policy_condition[]){ __VA_ARGS__ }, \
	.condition_count = ARRAY_LENGTH(((const struct policy_condition[]){ __VA_ARGS__ }))
#define RULES(...)                                        \
	.rules = (const struct policy_rule[]){ __VA_ARGS__ }, \
	.rule_count = ARRAY_LENGTH(((const struct policy_rule[]){ __VA_ARGS__ }))

static const struct filter_launch launch = { .exec_fd = 4090, .report_fd = 4091 };

static struct filter compile(const struct bailiff_policy *policy)
{
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	if (filter_compile(policy, &launch, &filter, NULL, &err) != 0)
		fail_msg("%s", err.message);
	size_t at;
	assert_int_equal(bpf_check(filter.code, filter.length, &at), 0);
	return filter;
}

static uint32_t run(const struct filter *filter, long number, const uint64_t args[6])
{
	struct seccomp_data data = { .nr = (int)number, .arch = AUDIT_ARCH_X86_64 };
	memcpy(data.args, args, sizeof data.args);
	return bpf_run(filter->code, &data, NULL);
}

#define ARGS(...) ((const uint64_t[6]){ __VA_ARGS__ })

/* ---- the interpreter itself -------------------------------------------------------------- */

static void interpreter_refuses_invalid_programs(void **state)
{
	(void)state;
	static const struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, ALLOW);
	static const struct sock_filter first[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)), /* past the end */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),                           /* not aligned */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 1),          /* past the end */
		BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), /* backward */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	size_t at;
	for (size_t i = 0; i < ARRAY_LENGTH(first); i++) {
		const struct sock_filter code[] = { first[i], ret };
		assert_int_equal(bpf_check(code, 2, &at), -EINVAL);
		assert_int_equal(at, 0);
	}
	const struct sock_filter no_end[] = { ret, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	assert_int_equal(bpf_check(no_end, 2, &at), -EINVAL);
	assert_int_equal(bpf_check(&ret, 0, &at), -EINVAL);
	assert_int_equal(bpf_check(&ret, 1, &at), 0);
}

static void interpreter_runs_each_instruction(void **state)
{
	(void)state;
	/* (low word of argument 0 & 0xff) in 16..32, or with bit 6: errno 1, else allowed */
	static const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x40, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 16, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 32, 0, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		BPF_STMT(BPF_RET | BPF_K, ERRNO(1)),
		BPF_STMT(BPF_RET | BPF_K, ALLOW),
	};
	static const struct {
		uint64_t argument;
		uint32_t want;
	} table[] = {
		{ 15, ALLOW },    { 16, ERRNO(1) },   { 32, ERRNO(1) },
		{ 33, ALLOW },    { 0x40, ERRNO(1) }, { 0x110, ERRNO(1) },
		{ 0x1000000000, ALLOW },
	};
	size_t at;
	assert_int_equal(bpf_check(code, ARRAY_LENGTH(code), &at), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct seccomp_data data = { .args = { table[i].argument } };
		assert_int_equal(bpf_run(code, &data, NULL), table[i].want);
	}
}

/* ---- operators --------------------------------------------------------------------------- */

/* Every operator on operands that differ in the low word, the high word, or both. */
static void operators_compare_64_bits(void **state)
{
	(void)state;
	static const uint64_t values[] = {
		0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0x1ffffffff,
		0x200000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffff00000000, UINT64_MAX,
	};
	for (enum policy_operator op = POLICY_NE; op <= POLICY_GT; op++) {
		for (size_t v = 0; v < ARRAY_LENGTH(values); v++) {
			struct bailiff_policy policy = {
				.name = "operators", .default_action = POLICY_DENY,
				RULES({ .names = NAMES("read"), .action = POLICY_ALLOW,
					CONDITIONS({ 2, op, values[v], 0 }) }),
			};
			struct filter filter = compile(&policy);
			for (size_t a = 0; a < ARRAY_LENGTH(values); a++) {
				const bool matches[] = {
					[POLICY_NE] = values[a] != values[v],
					[POLICY_LT] = values[a] < values[v],
					[POLICY_LE] = values[a] <= values[v],
					[POLICY_EQ] = values[a] == values[v],
					[POLICY_GE] = values[a] >= values[v],
					[POLICY_GT] = values[a] > values[v],
				};
				uint32_t got = run(&filter, SYS_read, ARGS(0, 0, values[a]));
				if (got != (matches[op] ? ALLOW : NOTIFY))
					fail_msg("operator %d: %#lx against %#lx", (int)op,
						 values[a], values[v]);
			}
			filter_finish(&filter);
		}
	}
}

static void masked_comparison_ignores_other_bits(void **state)
{
	(void)state;
	struct bailiff_policy policy = {
		.name = "masked", .default_action = POLICY_DENY,
		RULES({ .names = NAMES("read"), .action = POLICY_ALLOW,
			CONDITIONS({ 1, POLICY_MASKED_EQ, 0xff000000000000f0,
				     0x1200000000000030 }) }),
	};
	struct filter filter = compile(&policy);
	assert_int_equal(run(&filter, SYS_read, ARGS(0, 0x1200000000000030)), ALLOW);
	assert_int_equal(run(&filter, SYS_read, ARGS(0, 0x12ffffffffffff3f)), ALLOW);
	assert_int_equal(run(&filter, SYS_read, ARGS(0, 0x1200000000000020)), NOTIFY);
	assert_int_equal(run(&filter, SYS_read, ARGS(0, 0x1300000000000030)), NOTIFY);
	assert_int_equal(run(&filter, SYS_read, ARGS(0x1200000000000030, 0)), NOTIFY);
	filter_finish(&filter);
}

/* ---- combinations ------------------------------------------------------------------------ */

static void every_action_reaches_the_kernel(void **state)
{
	(void)state;
	struct bailiff_policy policy = {
		.name = "actions", .default_action = POLICY_ERRNO, .default_errnum = ENOSYS,
		RULES({ .names = NAMES("read", "write"), .action = POLICY_ALLOW },
		      { .names = NAMES("open"), .action = POLICY_LOG },
		      { .names = NAMES("close"), .action = POLICY_ERRNO, .errnum = EBADF },
		      { .names = NAMES("stat"), .action = POLICY_DENY },
		      { .names = NAMES("fstat"), .action = POLICY_TRAP }),
	};
	struct filter filter = compile(&policy);
	assert_int_equal(run(&filter, SYS_read, ARGS(0)), ALLOW);
	assert_int_equal(run(&filter, SYS_write, ARGS(0)), ALLOW);
	assert_int_equal(run(&filter, SYS_open, ARGS(0)), SECCOMP_RET_LOG);
	assert_int_equal(run(&filter, SYS_close, ARGS(0)), ERRNO(EBADF));
	assert_int_equal(run(&filter, SYS_stat, ARGS(0)), NOTIFY);
	assert_int_equal(run(&filter, SYS_fstat, ARGS(0)), SECCOMP_RET_TRAP);
	assert_int_equal(run(&filter, SYS_lseek, ARGS(0)), ERRNO(ENOSYS));
	filter_finish(&filter);
}

/* The most severe matching rule wins, in whichever order the rules stand. */
static void severity_decides_overlaps(void **state)
{
	(void)state;
	static const struct policy_condition above_10 = { 0, POLICY_GT, 10, 0 };
	static const struct policy_condition above_20 = { 0, POLICY_GT, 20, 0 };
	static const struct policy_condition above_30 = { 0, POLICY_GT, 30, 0 };
	const char *const *names = NAMES("read");
	const struct policy_rule rules[] = {
		{ names, POLICY_ALLOW, 0, NULL, 0, "" },
		{ names, POLICY_ERRNO, EPERM, &above_10, 1, "" },
		{ names, POLICY_ERRNO, ENOSYS, NULL, 0, "" },
		{ names, POLICY_TRAP, 0, &above_20, 1, "" },
		{ names, POLICY_DENY, 0, &above_30, 1, "" },
	};
	for (size_t rotation = 0; rotation < ARRAY_LENGTH(rules); rotation++) {
		struct policy_rule rotated[ARRAY_LENGTH(rules)];
		for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
			rotated[i] = rules[(i + rotation) % ARRAY_LENGTH(rules)];
		struct bailiff_policy policy = {
			.name = "severity", .default_action = POLICY_DENY,
			.rules = rotated, .rule_count = ARRAY_LENGTH(rotated),
		};
		struct filter filter = compile(&policy);
		assert_int_equal(run(&filter, SYS_read, ARGS(5)), ERRNO(ENOSYS));
		assert_int_equal(run(&filter, SYS_read, ARGS(15)), ERRNO(EPERM));
		assert_int_equal(run(&filter, SYS_read, ARGS(25)), SECCOMP_RET_TRAP);
		assert_int_equal(run(&filter, SYS_read, ARGS(35)), NOTIFY);
		filter_finish(&filter);
	}
}

/* A rule equal to the default adds nothing, except where it contradicts a weaker rule. */
static void rule_equal_to_the_default(void **state)
{
	(void)state;
	const struct policy_rule rules[] = {
		{ .names = NAMES("read"), .action = POLICY_ALLOW },
		{ .names = NAMES("write"), .action = POLICY_DENY },
		{ .names = NAMES("read"), .action = POLICY_DENY,
		  CONDITIONS({ 0, POLICY_EQ, 7, 0 }) },
	};
	struct bailiff_policy policy = {
		.name = "default", .default_action = POLICY_DENY, .rules = rules, .rule_count = 1,
	};
	struct filter bare = compile(&policy);
	policy.rule_count = 2;
	struct filter redundant = compile(&policy);
	policy.rule_count = 3;
	struct filter contradicted = compile(&policy);

	assert_int_equal(bare.length, redundant.length);
	assert_memory_equal(bare.code, redundant.code, bare.length * sizeof *bare.code);
	assert_int_equal(run(&contradicted, SYS_read, ARGS(6)), ALLOW);
	assert_int_equal(run(&contradicted, SYS_read, ARGS(7)), NOTIFY);
	filter_finish(&bare);
	filter_finish(&redundant);
	filter_finish(&contradicted);
}

/* ---- the launch -------------------------------------------------------------------------- */

static void check_launch_calls(const struct filter *filter)
{
	uint64_t high = UINT64_C(0xabcd00000000);
	uint64_t exec = (uint64_t)launch.exec_fd;
	uint64_t report = (uint64_t)launch.report_fd;
	assert_int_equal(run(filter, SYS_sendmsg, ARGS(report)), ALLOW);
	assert_int_equal(run(filter, SYS_recvmsg, ARGS(report)), ALLOW);
	assert_int_equal(run(filter, SYS_sendmsg, ARGS(report | high)), ALLOW);
	/* The supervisor decides about this one: an absolute path would make it any exec. */
	assert_int_equal(run(filter, SYS_execveat, ARGS(exec, 1, 2, 3, AT_EMPTY_PATH)), NOTIFY);
	assert_int_equal(run(filter, SYS_execveat, ARGS(exec | high, 1, 2, 3,
							high | AT_EMPTY_PATH)), NOTIFY);
	assert_int_equal(run(filter, SYS_exit_group, ARGS(1)), ALLOW);
}

/* The launch works under every policy, and opens nothing else. */
static void launch_wins_over_every_policy(void **state)
{
	(void)state;
	static const enum policy_action actions[] = {
		POLICY_ALLOW, POLICY_LOG, POLICY_ERRNO, POLICY_DENY, POLICY_TRAP,
	};
	static const uint32_t results[] = {
		ALLOW, SECCOMP_RET_LOG, ERRNO(EPERM), NOTIFY, SECCOMP_RET_TRAP,
	};
	for (size_t i = 0; i < ARRAY_LENGTH(actions); i++) {
		const struct policy_rule rule = {
			.names = NAMES("sendmsg", "recvmsg", "execveat", "exit_group"),
			.action = actions[i], .errnum = EPERM,
		};
		struct bailiff_policy policy = {
			.name = "launch", .default_action = POLICY_DENY,
			.rules = &rule, .rule_count = 1,
		};
		for (size_t with_rule = 0; with_rule < 2; with_rule++) {
			uint32_t other = with_rule != 0 ? results[i] : NOTIFY;
			policy.rule_count = with_rule;
			struct filter filter = compile(&policy);
			check_launch_calls(&filter);
			assert_int_equal(run(&filter, SYS_sendmsg, ARGS(1)), other);
			assert_int_equal(run(&filter, SYS_recvmsg, ARGS(4090)), other);
			assert_int_equal(run(&filter, SYS_execveat, ARGS(4090, 1, 2, 3, 0)), other);
			assert_int_equal(run(&filter, SYS_execveat,
					     ARGS(4091, 1, 2, 3, AT_EMPTY_PATH)), other);
			filter_finish(&filter);
		}
	}
}

/* ---- what cannot be compiled ------------------------------------------------------------- */

static void expect_refused(const struct policy_rule *rule, const char *part)
{
	struct bailiff_policy policy = {
		.name = "refused", .default_action = POLICY_DENY, .rules = rule, .rule_count = 1,
	};
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	assert_int_equal(filter_compile(&policy, &launch, &filter, NULL, &err), -EINVAL);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_non_null(strstr(err.message, part));
	assert_null(filter.code);
}

static void inexpressible_rules_are_the_callers_fault(void **state)
{
	(void)state;
	const struct policy_rule outside_mask = {
		.names = NAMES("read"), .action = POLICY_ALLOW,
		CONDITIONS({ 0, POLICY_MASKED_EQ, 0xf, 0x10 }),
	};
	const struct policy_rule same_argument = {
		.names = NAMES("read"), .action = POLICY_ALLOW,
		CONDITIONS({ 0, POLICY_GT, 1, 0 }, { 0, POLICY_LT, 9, 0 }),
	};
	const struct policy_rule seventh_argument = {
		.names = NAMES("read"), .action = POLICY_ALLOW, CONDITIONS({ 6, POLICY_EQ, 1, 0 }),
	};
	expect_refused(&outside_mask, "outside its mask");
	expect_refused(&same_argument, "cannot be expressed");
	expect_refused(&seventh_argument, "cannot be expressed");
}

static void too_large_for_the_kernel(void **state)
{
	(void)state;
	static struct policy_condition conditions[2000];
	static struct policy_rule rules[2000];
	const char *const *names = NAMES("read");
	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
		conditions[i] = (struct policy_condition){ 0, POLICY_GT, i, 0 };
		rules[i] = (struct policy_rule){ names, POLICY_ALLOW, 0, &conditions[i], 1, "" };
	}
	struct bailiff_policy policy = {
		.name = "large", .default_action = POLICY_DENY,
		.rules = rules, .rule_count = ARRAY_LENGTH(rules),
	};
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	assert_int_equal(filter_compile(&policy, &launch, &filter, NULL, &err), -EINVAL);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_non_null(strstr(err.message, "too large"));
}

static void unknown_names_are_counted(void **state)
{
	(void)state;
	struct bailiff_policy policy = {
		.name = "unknown", .default_action = POLICY_DENY,
		RULES({ .names = NAMES("no_such_call", "read", ""), .action = POLICY_ALLOW },
		      /* known, but another architecture's */
		      { .names = NAMES("socketcall", "sigreturn"), .action = POLICY_ALLOW }),
	};
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	size_t unknown = 99;
	assert_int_equal(filter_compile(&policy, &launch, &filter, &unknown, &err), 0);
	assert_int_equal(unknown, 2);
	assert_int_equal(run(&filter, SYS_read, ARGS(0)), ALLOW);
	filter_finish(&filter);
	filter_finish(&filter); /* idempotent */
}

/* ---- random policies --------------------------------------------------------------------- */

/* Few names and few values, so that rules collide as often as possible. */
static const char *const call_names[][2] = { { "read" }, { "write" }, { "ioctl" }, { "clone" } };
static const long call_numbers[] = { SYS_read, SYS_write, SYS_ioctl, SYS_clone };
static const uint64_t operands[] = {
	0, 1, 2, 3, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001, 0x200000000, UINT64_MAX,
};

#define RANDOM_RULES 10
#define RANDOM_CONDITIONS 3

struct random_policy {
	struct bailiff_policy policy;
	struct policy_rule rules[RANDOM_RULES];
	struct policy_condition conditions[RANDOM_RULES][RANDOM_CONDITIONS];
};

/* xorshift64: the same policies on every machine. */
static uint64_t random_below(uint64_t *seed, uint64_t bound)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % bound;
}

static void make_rule(uint64_t *seed, struct policy_rule *rule, struct policy_condition *conditions)
{
	*rule = (struct policy_rule){
		.names = call_names[random_below(seed, ARRAY_LENGTH(call_names))],
		.action = (enum policy_action)random_below(seed, POLICY_TRAP + 1),
		.errnum = 1 + (int)random_below(seed, 3),
		.conditions = conditions,
		.why = "",
	};
	for (unsigned index = 0; index < RANDOM_CONDITIONS; index++) {
		if (random_below(seed, 2) == 0)
			continue;
		struct policy_condition *condition = &conditions[rule->condition_count++];
		*condition = (struct policy_condition){
			.index = index,
			.op = (enum policy_operator)random_below(seed, POLICY_MASKED_EQ + 1),
			.value = operands[random_below(seed, ARRAY_LENGTH(operands))],
		};
		if (condition->op == POLICY_MASKED_EQ)
			condition->value_two = condition->value &
				operands[random_below(seed, ARRAY_LENGTH(operands))];
	}
}

static void make_policy(uint64_t *seed, struct random_policy *random)
{
	size_t count = 1 + random_below(seed, RANDOM_RULES);
	for (size_t i = 0; i < count; i++)
		make_rule(seed, &random->rules[i], random->conditions[i]);
	random->policy = (struct bailiff_policy){
		.name = "random",
		.default_action = (enum policy_action)random_below(seed, POLICY_TRAP + 1),
		.default_errnum = 1 + (int)random_below(seed, 3),
		.rules = random->rules,
		.rule_count = count,
	};
}

static bool holds(const struct policy_condition *condition, uint64_t argument)
{
	switch (condition->op) {
	case POLICY_NE: return argument != condition->value;
	case POLICY_LT: return argument < condition->value;
	case POLICY_LE: return argument <= condition->value;
	case POLICY_EQ: return argument == condition->value;
	case POLICY_GE: return argument >= condition->value;
	case POLICY_GT: return argument > condition->value;
	case POLICY_MASKED_EQ:
		return (argument & condition->value) == condition->value_two;
	}
	return false;
}

/* From harmless to severe; of two errnos the smaller is the more severe one. */
static int severity(enum policy_action action, int errnum)
{
	switch (action) {
	case POLICY_ALLOW: return 0;
	case POLICY_LOG: return 1;
	case POLICY_ERRNO: return 10000 - errnum;
	case POLICY_TRAP: return 20000;
	case POLICY_DENY: return 30000;
	}
	return -1;
}

static uint32_t expected_result(enum policy_action action, int errnum)
{
	switch (action) {
	case POLICY_ALLOW: return ALLOW;
	case POLICY_LOG: return SECCOMP_RET_LOG;
	case POLICY_ERRNO: return ERRNO(errnum);
	case POLICY_TRAP: return SECCOMP_RET_TRAP;
	case POLICY_DENY: return NOTIFY;
	}
	return 0;
}

/* What the policy says, read rule by rule. */
static uint32_t evaluate(const struct bailiff_policy *policy, const char *name,
			 const uint64_t args[6])
{
	const struct policy_rule *winner = NULL;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		bool matches = strcmp(rule->names[0], name) == 0;
		for (size_t c = 0; c < rule->condition_count; c++)
			matches = matches && holds(&rule->conditions[c],
						   args[rule->conditions[c].index]);
		if (matches && (winner == NULL || severity(rule->action, rule->errnum) >
						  severity(winner->action, winner->errnum)))
			winner = rule;
	}
	return winner != NULL ? expected_result(winner->action, winner->errnum) :
				expected_result(policy->default_action, policy->default_errnum);
}

static void random_policies_mean_what_they_say(void **state)
{
	(void)state;
	uint64_t seed = UINT64_C(88172645463325252);
	for (int round = 0; round < 3000; round++) {
		struct random_policy random;
		make_policy(&seed, &random);
		struct filter filter = compile(&random.policy);
		for (int call = 0; call < 300; call++) {
			size_t which = random_below(&seed, ARRAY_LENGTH(call_names));
			uint64_t args[6] = { 0 };
			for (size_t i = 0; i < RANDOM_CONDITIONS; i++)
				args[i] = operands[random_below(&seed, ARRAY_LENGTH(operands))];
			uint32_t want = evaluate(&random.policy, call_names[which][0], args);
			uint32_t got = run(&filter, call_numbers[which], args);
			struct policy_ruling ruling = policy_evaluate(
				&random.policy, call_names[which][0], args);
			if (expected_result(ruling.action, ruling.errnum) != want)
				fail_msg("policy %d: %s is evaluated wrongly", round,
					 call_names[which][0]);
			if (got != want)
				fail_msg("policy %d: %s(%#lx, %#lx, %#lx) gives %#x, not %#x",
					 round, call_names[which][0], args[0], args[1], args[2],
					 got, want);
		}
		filter_finish(&filter);
	}
}

/* ---- names ------------------------------------------------------------------------------- */

static void calls_are_named(void **state)
{
	(void)state;
	static const struct {
		uint32_t arch;
		int number;
		const char *name;
		const char *arch_name;
		int shown;
	} table[] = {
		{ AUDIT_ARCH_X86_64, 41, "socket", "x86_64", 41 },
		{ AUDIT_ARCH_X86_64, 0, "read", "x86_64", 0 },
		{ AUDIT_ARCH_X86_64, 100000, "unknown", "x86_64", 100000 },
		{ AUDIT_ARCH_X86_64, -1, "unknown", "x86_64", -1 },
		{ AUDIT_ARCH_X86_64, 0x40000000 | 39, "getpid", "x32", 39 },
		{ AUDIT_ARCH_X86_64, 0x40000000 | 520, "execve", "x32", 520 },
		{ AUDIT_ARCH_X86_64, 0x40000000 | 9999, "unknown", "x32", 9999 },
		{ AUDIT_ARCH_I386, 20, "getpid", "i386", 20 },
		{ AUDIT_ARCH_I386, 102, "socketcall", "i386", 102 },
		{ AUDIT_ARCH_AARCH64, 198, "socket", "aarch64", 198 },
		{ 0x12345678, 1, "unknown", "unknown", 1 },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct bailiff_syscall call = { .args = { 7 } };
		filter_name_syscall(table[i].arch, table[i].number, &call);
		assert_string_equal(call.name, table[i].name);
		assert_string_equal(call.arch, table[i].arch_name);
		assert_int_equal(call.number, table[i].shown);
		assert_int_equal(call.args[0], 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpreter_refuses_invalid_programs),
		cmocka_unit_test(interpreter_runs_each_instruction),
		cmocka_unit_test(operators_compare_64_bits),
		cmocka_unit_test(masked_comparison_ignores_other_bits),
		cmocka_unit_test(every_action_reaches_the_kernel),
		cmocka_unit_test(severity_decides_overlaps),
		cmocka_unit_test(rule_equal_to_the_default),
		cmocka_unit_test(launch_wins_over_every_policy),
		cmocka_unit_test(inexpressible_rules_are_the_callers_fault),
		cmocka_unit_test(too_large_for_the_kernel),
		cmocka_unit_test(unknown_names_are_counted),
		cmocka_unit_test(random_policies_mean_what_they_say),
		cmocka_unit_test(calls_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
