/* SPDX-License-Identifier: MIT */
/*
 * Goal: what is decided by a call's number alone is decided rightly for every number, however the
 * actions are spread, and the program is one the kernel takes. Method: random actions, dense and
 * sparse, run in the tests' own interpreter; and capacities down to nothing.
 */
#include "bpf_interpreter.h"
#include "filter/numbers.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GONE_ON 0xdeadbeefu

static uint32_t state = 1;

static uint32_t random_below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % bound;
}

static uint32_t run(const struct sock_filter *code, uint32_t arch, uint32_t number)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };
	return bpf_run(code, &data, NULL);
}

/* Each number keeps its neighbour's action but for one in `change`. */
static void fill(uint32_t actions[NUMBERS_MAX], uint32_t kinds, uint32_t change)
{
	uint32_t action = NUMBERS_GO_ON;
	for (size_t i = 0; i < NUMBERS_MAX; i++) {
		if (random_below(change) == 0)
			action = random_below(kinds) == 0 ? NUMBERS_GO_ON :
							    SECCOMP_RET_ERRNO | (1 + random_below(kinds));
		actions[i] = action;
	}
}

static void test_every_number(void **unused)
{
	(void)unused;
	static const struct {
		uint32_t kinds, change;
	} spreads[] = { { 2, 4 }, { 3, 1 }, { 5, 30 }, { 40, 2 }, { 4000, 1 }, { 2, 500 } };
	static struct sock_filter code[BPF_MAXINSNS];
	uint32_t actions[NUMBERS_MAX];
	for (int round = 0; round < 120; round++) {
		fill(actions, spreads[round % 6].kinds, spreads[round % 6].change);
		int length = numbers_write(actions, AUDIT_ARCH_X86_64, code, BPF_MAXINSNS - 1);
		assert_true(length >= 0);
		code[length] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, GONE_ON);
		size_t at;
		assert_int_equal(bpf_check(code, (size_t)length + 1, &at), 0);
		for (uint32_t number = 0; number < NUMBERS_MAX + 8; number++) {
			uint32_t action = number < NUMBERS_MAX ? actions[number] : NUMBERS_GO_ON;
			uint32_t expected = action == NUMBERS_GO_ON ? GONE_ON : action;
			assert_int_equal(run(code, AUDIT_ARCH_X86_64, number), expected);
			assert_int_equal(run(code, AUDIT_ARCH_I386, number), GONE_ON);
		}
		assert_int_equal(run(code, AUDIT_ARCH_X86_64, 0x40000000), GONE_ON);
		assert_int_equal(run(code, AUDIT_ARCH_X86_64, UINT32_MAX), GONE_ON);
	}
}

static void test_nothing_is_decided(void **unused)
{
	(void)unused;
	const uint32_t actions[NUMBERS_MAX] = { NUMBERS_GO_ON };
	struct sock_filter code[1];
	assert_int_equal(numbers_write(actions, AUDIT_ARCH_X86_64, code, 1), 0);
}

/* Nothing is written beyond what there is room for, and a program is whole or none. */
static void test_too_little_room(void **unused)
{
	(void)unused;
	static struct sock_filter code[BPF_MAXINSNS], small[BPF_MAXINSNS];
	uint32_t actions[NUMBERS_MAX];
	fill(actions, 3, 3);
	int needed = numbers_write(actions, AUDIT_ARCH_X86_64, code, BPF_MAXINSNS);
	assert_in_range(needed, 150, 1000);
	for (int room = 0; room <= needed + 1; room++) {
		memset(small, 0x55, sizeof small);
		int length = numbers_write(actions, AUDIT_ARCH_X86_64, small, (size_t)room);
		assert_int_equal(length, room < needed ? -1 : needed);
		assert_int_equal(((unsigned char *)&small[room])[0], 0x55);
	}
	assert_memory_equal(code, small, (size_t)needed * sizeof *code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_nothing_is_decided),
		cmocka_unit_test(test_too_little_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
