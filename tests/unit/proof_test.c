/* SPDX-License-Identifier: MIT */
/*
 * Goal: a namespace counts as untouched only if no call that could touch it is permitted, for any
 * argument, number or architecture; and the built-in policies are as good as they were.
 * Method: policies that permit exactly one such call for exactly one value of one argument; every
 * call number by itself; and random programs, random sets of calls and random policies, whose
 * refusals are tried out in the tests' own interpreter. The lists of calls are written by hand,
 * apart from those of the library.
 */
#include "bpf_interpreter.h"
#include "filter/compile.h"
#include "filter/proof.h"
#include "filter/refusal.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/mem.h"

#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | 1u)
#define NATIVE AUDIT_ARCH_X86_64
#define X32_BIT 0x40000000u

#define NETWORK 1u
#define IPC 2u
#define BOTH (NETWORK | IPC)

static const struct filter_launch launch = { .exec_fd = 4090, .report_fd = 4091 };

/* What must be refused altogether, and for the sake of which namespace. */
static const struct touching {
	const char *name;
	long number;
	unsigned spoils;
} touching[] = {
	{ "socket", 41, NETWORK },
	{ "socketpair", 53, NETWORK },
	{ "bpf", 321, NETWORK },
	{ "add_key", 248, NETWORK },
	{ "request_key", 249, NETWORK },
	{ "keyctl", 250, NETWORK },
	{ "shmget", 29, IPC },
	{ "shmat", 30, IPC },
	{ "shmctl", 31, IPC },
	{ "semget", 64, IPC },
	{ "semop", 65, IPC },
	{ "semctl", 66, IPC },
	{ "msgget", 68, IPC },
	{ "msgsnd", 69, IPC },
	{ "msgrcv", 70, IPC },
	{ "msgctl", 71, IPC },
	{ "semtimedop", 220, IPC },
	{ "mq_open", 240, IPC },
	{ "mq_unlink", 241, IPC },
	{ "mount", 165, BOTH },
	{ "setns", 308, BOTH },
	{ "io_uring_setup", 425, BOTH },
	{ "io_uring_enter", 426, BOTH },
	{ "io_uring_register", 427, BOTH },
	{ "fsopen", 430, BOTH },
	{ "clone3", 435, BOTH },
};

/* What depends on flags. */
static const struct touching flagged[] = {
	{ "clone", 56, BOTH },
	{ "unshare", 272, BOTH },
	{ "seccomp", 317, BOTH },
};

static unsigned proved(const struct sock_filter *code, size_t length)
{
	struct filter_proof proof = filter_prove(code, length);
	return (proof.network ? NETWORK : 0) | (proof.ipc ? IPC : 0);
}

/* ---- policies ---------------------------------------------------------------------------- */

struct sample {
	const char *names[2];
	struct policy_condition condition;
	enum policy_action action;
	enum policy_action otherwise;
};

#define ALWAYS_TRUE ((struct policy_condition){ .index = 6 })

static unsigned proved_of(const struct sample *sample)
{
	struct policy_rule rule = { .names = sample->names,
				    .action = sample->action,
				    .errnum = EPERM,
				    .conditions = &sample->condition,
				    .condition_count = sample->condition.index < 6 ? 1 : 0,
				    .why = "" };
	struct bailiff_policy policy = { .name = "sample",
					 .default_action = sample->otherwise,
					 .default_errnum = EPERM,
					 .rules = &rule,
					 .rule_count = 1 };
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	if (filter_compile(&policy, &launch, &filter, NULL, &err) != 0)
		fail_msg("%s", err.message);
	unsigned result = proved(filter.code, filter.length);
	assert_int_equal(result, (filter.proof.network ? NETWORK : 0u) |
					 (filter.proof.ipc ? IPC : 0u));
	filter_finish(&filter);
	return result;
}

static void check_sample(const struct sample *sample, unsigned want)
{
	unsigned got = proved_of(sample);
	if (got != want)
		fail_msg("%s with argument %u, operator %d, %#llx, %#llx: %u is proved, not %u",
			 sample->names[0], sample->condition.index, (int)sample->condition.op,
			 (unsigned long long)sample->condition.value,
			 (unsigned long long)sample->condition.value_two, got, want);
}

/* Permits `name` where the condition holds and nothing else. */
static void check_permitting(const char *name, struct policy_condition condition, unsigned want)
{
	struct sample sample = { { name }, condition, POLICY_ALLOW, POLICY_DENY };
	check_sample(&sample, want);
	sample.action = POLICY_LOG;
	check_sample(&sample, want);
}

static void one_value_of_one_argument_is_enough(void **state)
{
	(void)state;
	static const struct policy_condition conditions[] = {
		{ .op = POLICY_EQ, .value = 0 },
		{ .op = POLICY_EQ, .value = 1 },
		{ .op = POLICY_EQ, .value = 0x80000000 },
		{ .op = POLICY_EQ, .value = UINT64_C(0x123456789abcdef0) },
		{ .op = POLICY_EQ, .value = UINT64_MAX },
		{ .op = POLICY_MASKED_EQ, .value = 0xffffffff, .value_two = 16 },
		{ .op = POLICY_MASKED_EQ, .value = UINT64_MAX, .value_two = 0 },
		{ .op = POLICY_MASKED_EQ, .value = UINT64_C(1) << 63, .value_two = 0 },
		{ .op = POLICY_NE, .value = 0 },
		{ .op = POLICY_NE, .value = UINT64_MAX },
		{ .op = POLICY_LT, .value = 1 },
		{ .op = POLICY_LE, .value = 0 },
		{ .op = POLICY_GE, .value = UINT64_MAX },
		{ .op = POLICY_GT, .value = UINT64_MAX - 1 },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(touching); i++) {
		unsigned want = BOTH & ~touching[i].spoils;
		check_permitting(touching[i].name, ALWAYS_TRUE, want);
		for (size_t c = 0; c < ARRAY_LENGTH(conditions); c++) {
			struct policy_condition condition = conditions[c];
			for (condition.index = 0; condition.index < 6; condition.index++)
				check_permitting(touching[i].name, condition, want);
		}
	}
}

static void refusals_are_no_permission(void **state)
{
	(void)state;
	static const enum policy_action refusals[] = { POLICY_ERRNO, POLICY_DENY, POLICY_TRAP };
	for (size_t i = 0; i < ARRAY_LENGTH(touching); i++)
		for (size_t a = 0; a < ARRAY_LENGTH(refusals); a++)
			for (unsigned index = 0; index < 6; index++)
				for (size_t d = 0; d < ARRAY_LENGTH(refusals); d++)
					check_sample(&(struct sample){ { touching[i].name },
								       { index, POLICY_EQ, 7, 0 },
								       refusals[a],
								       refusals[d] },
						     BOTH);
	/* Another call, and one that looks alike. */
	check_permitting("read", ALWAYS_TRUE, BOTH);
	check_permitting("sendto", ALWAYS_TRUE, BOTH);
}

static void flags_are_told_apart(void **state)
{
	(void)state;
	static const uint64_t namespaces[] = {
		CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWIPC,
	};
	static const char *const makers[] = { "clone", "unshare" };
	const uint64_t all = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC;
	const struct policy_condition none = { 0, POLICY_MASKED_EQ, all, 0 };
	for (size_t m = 0; m < ARRAY_LENGTH(makers); m++) {
		check_permitting(makers[m], ALWAYS_TRUE, 0);
		check_permitting(makers[m], none, BOTH);
		check_permitting(makers[m], (struct policy_condition){ 0, POLICY_EQ, 0x400, 0 },
				 BOTH);
		check_permitting(makers[m], (struct policy_condition){ 1, POLICY_EQ, 0x400, 0 }, 0);
		for (size_t i = 0; i < ARRAY_LENGTH(namespaces); i++) {
			uint64_t flag = namespaces[i];
			const struct policy_condition conditions[] = {
				{ 0, POLICY_EQ, flag, 0 },
				{ 0, POLICY_EQ, flag | 0x400, 0 },
				{ 0, POLICY_MASKED_EQ, all & ~flag, 0 },
				{ 0, POLICY_MASKED_EQ, 0xffffffff, flag },
				{ 0, POLICY_GE, flag, 0 },
				{ 0, POLICY_NE, 0, 0 },
			};
			for (size_t c = 0; c < ARRAY_LENGTH(conditions); c++)
				check_permitting(makers[m], conditions[c], 0);
		}
	}
	/* the other namespaces are nobody's concern here */
	check_permitting("unshare", (struct policy_condition){ 0, POLICY_EQ, CLONE_NEWUTS, 0 },
			 BOTH);
	/* SECCOMP_FILTER_FLAG_NEW_LISTENER */
	check_permitting("seccomp", ALWAYS_TRUE, 0);
	check_permitting("seccomp", (struct policy_condition){ 1, POLICY_EQ, 8, 0 }, 0);
	check_permitting("seccomp", (struct policy_condition){ 1, POLICY_EQ, 9, 0 }, 0);
	check_permitting("seccomp", (struct policy_condition){ 0, POLICY_EQ, 1, 0 }, 0);
	check_permitting("seccomp", (struct policy_condition){ 1, POLICY_EQ, 0, 0 }, BOTH);
	check_permitting("seccomp", (struct policy_condition){ 1, POLICY_MASKED_EQ, 8, 0 }, BOTH);
}

/* A policy that permits what it does not name permits calls that nobody has looked at. */
static void permission_by_default_proves_nothing(void **state)
{
	(void)state;
	check_sample(&(struct sample){ { "read" }, ALWAYS_TRUE, POLICY_DENY, POLICY_ALLOW }, 0);
	check_sample(&(struct sample){ { "read" }, ALWAYS_TRUE, POLICY_DENY, POLICY_LOG }, 0);
	check_sample(&(struct sample){ { "read" }, ALWAYS_TRUE, POLICY_ALLOW, POLICY_ERRNO }, BOTH);
}

/* ---- numbers and architectures ----------------------------------------------------------- */

/* Permits one word of the call, native or not as `arch` says, and refuses all else. */
static unsigned proved_permitting(uint32_t arch, uint32_t number)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, REFUSE),
		BPF_STMT(BPF_RET | BPF_K, ALLOW),
	};
	return proved(code, ARRAY_LENGTH(code));
}

static unsigned spoiled_by(long number)
{
	for (size_t i = 0; i < ARRAY_LENGTH(touching); i++)
		if (touching[i].number == number)
			return touching[i].spoils;
	for (size_t i = 0; i < ARRAY_LENGTH(flagged); i++)
		if (flagged[i].number == number)
			return flagged[i].spoils;
	return number >= 470 ? BOTH : 0; /* unknown yet */
}

static void every_number_by_itself(void **state)
{
	(void)state;
	for (uint32_t number = 0; number < 5000; number++) {
		unsigned want = BOTH & ~spoiled_by(number);
		unsigned got = proved_permitting(NATIVE, number);
		if (got != want)
			fail_msg("call %u: %u is proved, not %u", number, got, want);
		assert_int_equal(proved_permitting(NATIVE, X32_BIT | number), 0);
	}
	for (uint32_t bit = 512; bit < 0x80000000u; bit <<= 1) {
		assert_int_equal(proved_permitting(NATIVE, bit), 0);
		assert_int_equal(proved_permitting(NATIVE, bit | 41), 0);
		assert_int_equal(proved_permitting(NATIVE, bit | (bit - 1)), 0);
	}
	/* no calls at all */
	assert_int_equal(proved_permitting(NATIVE, UINT32_MAX), BOTH);
	assert_int_equal(proved_permitting(NATIVE, 0x80000000u | X32_BIT | 41), BOTH);
}

static void foreign_architectures_are_refused_altogether(void **state)
{
	(void)state;
	static const uint32_t arches[] = {
		AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64, 0,
		UINT32_MAX, ~NATIVE,
	};
	for (size_t i = 0; i < ARRAY_LENGTH(arches); i++) {
		assert_int_equal(proved_permitting(arches[i], 0), 0);
		assert_int_equal(proved_permitting(arches[i], 102), 0); /* i386's socketcall */
	}
	for (uint32_t bit = 1; bit != 0; bit <<= 1)
		assert_int_equal(proved_permitting(NATIVE ^ bit, 0), 0);
	/* whatever is not native */
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, REFUSE),
		BPF_STMT(BPF_RET | BPF_K, ALLOW),
	};
	assert_int_equal(proved(code, ARRAY_LENGTH(code)), 0);
}

static void other_words_do_not_matter(void **state)
{
	(void)state;
	/* an instruction pointer, or one half of an argument, that permits everything */
	for (uint32_t offset = 8; offset < sizeof(struct seccomp_data); offset += 4) {
		const struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfeedbee5, 1, 0),
			BPF_STMT(BPF_RET | BPF_K, REFUSE),
			BPF_STMT(BPF_RET | BPF_K, ALLOW),
		};
		assert_int_equal(proved(code, ARRAY_LENGTH(code)), 0);
	}
}

/* ---- programs ---------------------------------------------------------------------------- */

static void actions(void **state)
{
	(void)state;
	static const struct {
		uint32_t action;
		unsigned want;
	} table[] = {
		{ SECCOMP_RET_ALLOW, 0 },
		{ SECCOMP_RET_ALLOW | 5, 0 },
		{ SECCOMP_RET_LOG, 0 },
		{ SECCOMP_RET_TRACE, 0 },
		{ SECCOMP_RET_TRACE | 77, 0 },
		{ 0x12340000, 0 }, /* none the kernel has */
		{ SECCOMP_RET_USER_NOTIF, BOTH },
		{ SECCOMP_RET_ERRNO, BOTH },
		{ SECCOMP_RET_ERRNO | 38, BOTH },
		{ SECCOMP_RET_TRAP, BOTH },
		{ SECCOMP_RET_KILL_THREAD, BOTH },
		{ SECCOMP_RET_KILL_PROCESS, BOTH },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const struct sock_filter direct[] = { BPF_STMT(BPF_RET | BPF_K, table[i].action) };
		const struct sock_filter computed[] = {
			BPF_STMT(BPF_LD | BPF_IMM, table[i].action),
			BPF_STMT(BPF_RET | BPF_A, 0),
		};
		assert_int_equal(proved(direct, 1), table[i].want);
		assert_int_equal(proved(computed, 2), table[i].want);
	}
	/* whatever the caller says */
	const struct sock_filter chosen[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	assert_int_equal(proved(chosen, 2), 0);
	/* only the errno is the caller's choice */
	const struct sock_filter masked[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	assert_int_equal(proved(masked, 4), BOTH);
}

static void invalid_programs_prove_nothing(void **state)
{
	(void)state;
	static const struct sock_filter first[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS),
		BPF_STMT(BPF_LD | BPF_MEM, 3), /* never written */
		BPF_STMT(BPF_LDX | BPF_MEM, 0),
		BPF_STMT(BPF_ST, BPF_MEMWORDS),
		BPF_STMT(BPF_STX, UINT32_MAX),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32),
		BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 0),
		BPF_STMT(BPF_MISC | 0x40, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_JMP | 0x50, 0), /* JNE of the extended instruction set */
		BPF_STMT(BPF_RET | BPF_X, 0),
		BPF_STMT(0x100 | BPF_RET | BPF_K, 0),
		BPF_STMT(0xffff, 0),
	};
	static const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, REFUSE);
	for (size_t i = 0; i < ARRAY_LENGTH(first); i++) {
		const struct sock_filter code[] = { first[i], refuse };
		if (proved(code, 2) != 0)
			fail_msg("invalid program %zu", i);
	}
	const struct sock_filter no_end[] = { refuse, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	assert_int_equal(proved(no_end, 2), 0);
	assert_int_equal(proved(&refuse, 0), 0);
	assert_int_equal(proved(NULL, 0), 0);
	static struct sock_filter many[BPF_MAXINSNS + 1];
	for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
		many[i] = refuse;
	assert_int_equal(proved(many, BPF_MAXINSNS), BOTH);
	assert_int_equal(proved(many, BPF_MAXINSNS + 1), 0);
}

/* 2^64 paths, each of which ends in a refusal; then one that does not. */
static void paths_do_not_explode(void **state)
{
	(void)state;
	struct sock_filter code[3 * 64 + 2];
	size_t length = 0;
	for (uint32_t i = 0; i < 64; i++) {
		code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							      16 + i % 12 * 4);
		code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i, 0, 1);
		code[length++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
	}
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, REFUSE);
	assert_int_equal(proved(code, length), BOTH);
	code[length - 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 1);
	struct sock_filter longer[ARRAY_LENGTH(code) + 2];
	memcpy(longer, code, length * sizeof *code);
	longer[length] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ALLOW);
	longer[length + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, REFUSE);
	assert_int_equal(proved(longer, length + 2), 0);
}

/*
 * Puts 1 or 2 where `store` says, as the caller chooses by the last argument; then takes it into
 * the accumulator by `load`, and refuses where it has a bit of `refused`, or else permits.
 */
static unsigned proved_after_meeting(struct sock_filter store, struct sock_filter load,
				     uint32_t refused)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 56),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 3),
		BPF_STMT(BPF_LD | BPF_IMM, 1),
		store,
		BPF_STMT(BPF_JMP | BPF_JA, 2),
		BPF_STMT(BPF_LD | BPF_IMM, 2),
		store,
		load,
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, refused, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, REFUSE),
		BPF_STMT(BPF_RET | BPF_K, ALLOW),
	};
	return proved(code, ARRAY_LENGTH(code));
}

static void paths_that_meet_keep_what_they_share(void **state)
{
	(void)state;
	static const struct {
		struct sock_filter store, load;
	} table[] = {
		/* the accumulator itself: neither changes it */
		{ BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 4), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0) },
		{ BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0) },
		{ BPF_STMT(BPF_ST, 9), BPF_STMT(BPF_LD | BPF_MEM, 9) },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		assert_int_equal(proved_after_meeting(table[i].store, table[i].load, 1), 0);
		assert_int_equal(proved_after_meeting(table[i].store, table[i].load, 2), 0);
		assert_int_equal(proved_after_meeting(table[i].store, table[i].load, 8), 0);
	}
	/* bit 2 is set on both paths */
	assert_int_equal(proved_after_meeting(table[0].store, table[0].load, 4), BOTH);
	/* written on one path only */
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 56),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 2),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		BPF_STMT(BPF_LD | BPF_IMM, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 0),
		BPF_STMT(BPF_RET | BPF_K, REFUSE),
	};
	assert_int_equal(proved(code, ARRAY_LENGTH(code)), 0);
	assert_int_equal(proved(code + 2, 5), BOTH);
}

/* An operation on `given` and what the caller chooses; refused where the result has no bit of
 * `none`. */
static unsigned proved_after_operation(uint16_t operation, uint32_t given, uint32_t none)
{
	const struct sock_filter chosen_last[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 56),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_IMM, given),
		BPF_STMT((uint16_t)(BPF_ALU | operation | BPF_X), 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, none, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ALLOW),
		BPF_STMT(BPF_RET | BPF_K, REFUSE),
	};
	const struct sock_filter chosen_first[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 56),
		BPF_STMT((uint16_t)(BPF_ALU | operation | BPF_K), given),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, none, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ALLOW),
		BPF_STMT(BPF_RET | BPF_K, REFUSE),
	};
	unsigned last = proved(chosen_last, ARRAY_LENGTH(chosen_last));
	assert_int_equal(proved(chosen_first, ARRAY_LENGTH(chosen_first)), last);
	return last;
}

static void operations_know_no_more_than_is_true(void **state)
{
	(void)state;
	static const uint16_t others[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH,
	};
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
		for (uint32_t given = 1; given < 9; given++)
			assert_int_equal(proved_after_operation(others[i], given, 0xf0), 0);
	assert_int_equal(proved_after_operation(BPF_AND, 0xf, 0xf0), BOTH);
	assert_int_equal(proved_after_operation(BPF_AND, 0x1f, 0xf0), 0);
}

/* ---- random programs --------------------------------------------------------------------- */

/* xorshift64: the same programs on every machine. */
static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 11) % bound;
}

/* Small numbers, single bits, borders: values that meet. */
static uint32_t random_word(uint64_t *seed)
{
	switch (random_below(seed, 6)) {
	case 0: return UINT32_MAX - random_below(seed, 3);
	case 1: return 1u << random_below(seed, 32);
	case 2: return random_below(seed, UINT32_MAX);
	case 3: return random_below(seed, 2) == 0 ? REFUSE : ALLOW;
	default: return random_below(seed, 5);
	}
}

#define PROGRAM_MAX 40

/* An instruction with `following` others behind it. */
static struct sock_filter random_instruction(uint64_t *seed, uint32_t following)
{
	static const uint16_t plain[] = {
		BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_LEN, BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA, BPF_ALU | BPF_NEG,
	};
	static const uint16_t stored[] = {
		BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX,
	};
	static const uint16_t arithmetic[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH,
	};
	static const uint16_t tests[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint16_t source = random_below(seed, 3) == 0 ? BPF_X : BPF_K;
	uint32_t k = random_word(seed);
	switch (random_below(seed, 8)) {
	case 0:
		return (struct sock_filter)BPF_STMT(plain[random_below(seed, 7)], k);
	case 1:
		return (struct sock_filter)BPF_STMT(stored[random_below(seed, 4)],
						    random_below(seed, 4));
	case 2:
	case 3:
		source |= arithmetic[random_below(seed, ARRAY_LENGTH(arithmetic))];
		return (struct sock_filter)BPF_STMT((uint16_t)(BPF_ALU | source),
						    k % 32 == 0 ? 1 : k % 32);
	case 4:
	case 5:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						    4 * random_below(seed, CALL_WORDS));
	case 6:
		return (struct sock_filter)BPF_STMT(BPF_RET | (random_below(seed, 4) == 0 ?
								       BPF_A : BPF_K),
						    k % 8 == 0 ? ALLOW : REFUSE);
	default:
		if (random_below(seed, 6) == 0)
			return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
							    random_below(seed, following));
		source |= tests[random_below(seed, ARRAY_LENGTH(tests))];
		return (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | source), k,
						    (uint8_t)random_below(seed, following),
						    (uint8_t)random_below(seed, following));
	}
}

/* All scratch words used are written first, so that the kernel would load it. */
static uint32_t random_program(uint64_t *seed, struct sock_filter *code)
{
	uint32_t length = 5 + random_below(seed, PROGRAM_MAX - 5);
	for (uint32_t i = 0; i < length - 1; i++)
		code[i] = i < 4 ? (struct sock_filter)BPF_STMT(BPF_ST, i) :
				  random_instruction(seed, length - i - 1);
	code[length - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, REFUSE);
	return length;
}

/* Each word is given, half given, or free. */
static void random_calls(uint64_t *seed, struct call_set *calls)
{
	for (size_t i = 0; i < CALL_WORDS; i++) {
		uint32_t known = UINT32_MAX;
		if (random_below(seed, 2) == 0)
			known = random_below(seed, 2) == 0 ? 0 : random_word(seed);
		calls->words[i] = (struct bits){ known, random_word(seed) & known };
	}
}

static void choose_call(uint64_t *seed, const struct call_set *calls, struct seccomp_data *data)
{
	uint32_t words[CALL_WORDS];
	for (size_t i = 0; i < CALL_WORDS; i++)
		words[i] = calls->words[i].value | (random_word(seed) & ~calls->words[i].known);
	memcpy(data, words, sizeof words);
}

static bool is_refusal(uint32_t result)
{
	uint32_t action = result & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_KILL_THREAD ||
	       action == SECCOMP_RET_TRAP || action == SECCOMP_RET_ERRNO ||
	       action == SECCOMP_RET_USER_NOTIF;
}

static void random_refusals_hold(void **state)
{
	(void)state;
	uint64_t seed = UINT64_C(88172645463325252);
	unsigned held = 0, permitted = 0;
	for (unsigned round = 0; round < 30000; round++) {
		struct sock_filter code[PROGRAM_MAX];
		struct call_set calls;
		struct refusal filter = { 0 };
		uint32_t length = random_program(&seed, code);
		random_calls(&seed, &calls);
		assert_int_equal(refusal_open(&filter, code, length), 0);
		bool holds = refusal_holds(&filter, &calls);
		refusal_close(&filter);
		held += holds;
		for (unsigned i = 0; i < 50; i++) {
			struct seccomp_data data;
			choose_call(&seed, &calls, &data);
			bool refused = is_refusal(bpf_run(code, &data, NULL));
			permitted += !refused;
			if (holds && !refused)
				fail_msg("program %u is said to refuse what it permits", round);
		}
	}
	assert_true(held > 5000 && permitted > 50000); /* both kinds occur */
}

/* Where nothing is left open there is one path, and the answer is exact. */
static void one_call_is_decided_exactly(void **state)
{
	(void)state;
	uint64_t seed = UINT64_C(1181783497276652981);
	unsigned held = 0;
	for (unsigned round = 0; round < 30000; round++) {
		struct sock_filter code[PROGRAM_MAX];
		struct call_set calls;
		struct seccomp_data data;
		struct refusal filter = { 0 };
		uint32_t length = random_program(&seed, code);
		for (size_t i = 0; i < CALL_WORDS; i++)
			calls.words[i] = bits_exactly(random_word(&seed));
		choose_call(&seed, &calls, &data);
		assert_int_equal(refusal_open(&filter, code, length), 0);
		bool holds = refusal_holds(&filter, &calls);
		refusal_close(&filter);
		held += holds;
		if (holds != is_refusal(bpf_run(code, &data, NULL)))
			fail_msg("program %u is judged wrongly", round);
	}
	assert_in_range(held, 3000, 27000);
}

/* ---- random policies --------------------------------------------------------------------- */

#define RULES_MAX 12

struct random_policy {
	struct bailiff_policy policy;
	struct policy_rule rules[RULES_MAX];
	struct policy_condition conditions[RULES_MAX];
	const char *names[RULES_MAX][2];
};

static uint64_t random_operand(uint64_t *seed)
{
	return (uint64_t)random_word(seed) << (random_below(seed, 4) == 0 ? 32 : 0);
}

/* Mostly refusals of calls that matter. */
static void random_policy(uint64_t *seed, struct random_policy *random)
{
	uint32_t count = 1 + random_below(seed, RULES_MAX);
	for (uint32_t i = 0; i < count; i++) {
		random->names[i][0] = touching[random_below(seed, ARRAY_LENGTH(touching))].name;
		random->names[i][1] = NULL;
		random->conditions[i] = (struct policy_condition){
			.index = random_below(seed, 6),
			.op = (enum policy_operator)random_below(seed, POLICY_MASKED_EQ + 1),
			.value = random_operand(seed),
		};
		if (random->conditions[i].op == POLICY_MASKED_EQ)
			random->conditions[i].value_two =
				random->conditions[i].value & random_operand(seed);
		random->rules[i] = (struct policy_rule){
			.names = random->names[i],
			.action = random_below(seed, 8) == 0 ? POLICY_ALLOW : POLICY_ERRNO,
			.errnum = 1 + (int)random_below(seed, 3),
			.conditions = &random->conditions[i],
			.condition_count = random_below(seed, 2),
			.why = "",
		};
	}
	random->policy = (struct bailiff_policy){ .name = "random",
						  .default_action = POLICY_DENY,
						  .rules = random->rules,
						  .rule_count = count };
}

static void try_out(uint64_t *seed, const struct filter *filter, unsigned said)
{
	for (unsigned i = 0; i < 500; i++) {
		const struct touching *call = &touching[random_below(seed, ARRAY_LENGTH(touching))];
		struct seccomp_data data = { .nr = (int)call->number, .arch = NATIVE };
		for (size_t a = 0; a < 6; a++)
			data.args[a] = random_operand(seed);
		if ((call->spoils & said) != 0 && !is_refusal(bpf_run(filter->code, &data, NULL)))
			fail_msg("%s is permitted", call->name);
	}
}

static void random_policies_keep_what_is_proved(void **state)
{
	(void)state;
	uint64_t seed = UINT64_C(2463534242777777777);
	unsigned counts[BOTH + 1] = { 0 };
	for (unsigned round = 0; round < 600; round++) {
		struct random_policy random;
		struct bailiff_error err = { 0 };
		struct filter filter = { 0 };
		random_policy(&seed, &random);
		if (filter_compile(&random.policy, &launch, &filter, NULL, &err) != 0)
			fail_msg("%s", err.message);
		unsigned said = proved(filter.code, filter.length);
		counts[said]++;
		try_out(&seed, &filter, said);
		filter_finish(&filter);
	}
	for (unsigned said = 0; said <= BOTH; said++)
		assert_true(counts[said] > 20);
}

/* ---- the policies that ship -------------------------------------------------------------- */

static void builtin_policies_prove(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned want;
	} table[] = {
		{ "compiler", IPC }, /* AF_UNIX pairs: drivers talk to what they start */
		{ "jvm", IPC },      /* an AF_UNIX pair */
		{ "minimal", BOTH },
		{ "native", BOTH },
		{ "node", BOTH },
		{ "python", IPC }, /* asyncio's AF_UNIX pair */
		{ "runtime", BOTH },
		{ "script", BOTH },
		{ "shell", BOTH },
		{ "static", BOTH },
	};
	size_t count = 0;
	for (; builtin_policies[count] != NULL; count++) {
		const struct bailiff_policy *policy = builtin_policies[count];
		assert_true(count < ARRAY_LENGTH(table));
		assert_string_equal(policy->name, table[count].name);
		unsigned got = proved(policy->code->instructions, policy->code->length);
		if (got != table[count].want)
			fail_msg("%s: %u is proved, not %u", policy->name, got, table[count].want);
		/* as the build wrote it down */
		assert_int_equal(policy->code->proof.network, (got & NETWORK) != 0);
		assert_int_equal(policy->code->proof.ipc, (got & IPC) != 0);
	}
	assert_int_equal(count, ARRAY_LENGTH(table));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value_of_one_argument_is_enough),
		cmocka_unit_test(refusals_are_no_permission),
		cmocka_unit_test(flags_are_told_apart),
		cmocka_unit_test(permission_by_default_proves_nothing),
		cmocka_unit_test(every_number_by_itself),
		cmocka_unit_test(foreign_architectures_are_refused_altogether),
		cmocka_unit_test(other_words_do_not_matter),
		cmocka_unit_test(actions),
		cmocka_unit_test(invalid_programs_prove_nothing),
		cmocka_unit_test(paths_do_not_explode),
		cmocka_unit_test(paths_that_meet_keep_what_they_share),
		cmocka_unit_test(operations_know_no_more_than_is_true),
		cmocka_unit_test(random_refusals_hold),
		cmocka_unit_test(one_call_is_decided_exactly),
		cmocka_unit_test(random_policies_keep_what_is_proved),
		cmocka_unit_test(builtin_policies_prove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
