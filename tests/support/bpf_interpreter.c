/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF as seccomp takes it: 32-bit loads from struct seccomp_data, two registers, scratch
 * memory, arithmetic, jumps forward only. Every program therefore ends, and bpf_check() leaves
 * bpf_run() without an error path. What filters of ours contain is less: an accumulator, a mask and
 * comparisons with constants. bpf_check() refuses the rest, bpf_run() does not.
 */
#include "bpf_interpreter.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool instruction_valid(const struct sock_filter *insn, size_t following)
{
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return insn->k % 4 == 0 && insn->k < sizeof(struct seccomp_data);
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_RET | BPF_K:
		return true;
	case BPF_JMP | BPF_JA:
		return insn->k < following;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
		return insn->jt < following && insn->jf < following;
	default:
		return false;
	}
}

int bpf_check(const struct sock_filter *code, size_t length, size_t *ret_at)
{
	*ret_at = 0;
	if (length == 0 || length > BPF_MAXINSNS)
		return -EINVAL;
	for (size_t pc = 0; pc < length; pc++) {
		*ret_at = pc;
		if (!instruction_valid(&code[pc], length - pc - 1))
			return -EINVAL;
	}
	return BPF_CLASS(code[length - 1].code) == BPF_RET ? 0 : -EINVAL;
}

static uint32_t load_word(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;
	memcpy(&word, (const unsigned char *)data + offset, sizeof word);
	return word;
}

struct machine {
	uint32_t accumulator, index;
	uint32_t memory[BPF_MEMWORDS];
};

static uint32_t operand(const struct machine *machine, const struct sock_filter *insn)
{
	return BPF_SRC(insn->code) == BPF_X ? machine->index : insn->k;
}

/* How many instructions to skip after this one. */
static uint32_t jump(const struct machine *machine, const struct sock_filter *insn)
{
	uint32_t a = machine->accumulator, b = operand(machine, insn);
	bool taken;
	switch (BPF_OP(insn->code)) {
	case BPF_JA: return insn->k;
	case BPF_JEQ: taken = a == b; break;
	case BPF_JGT: taken = a > b; break;
	case BPF_JGE: taken = a >= b; break;
	default: taken = (a & b) != 0; break; /* BPF_JSET */
	}
	return taken ? insn->jt : insn->jf;
}

static uint32_t arithmetic(uint16_t operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_DIV: return a / b;
	case BPF_OR: return a | b;
	case BPF_AND: return a & b;
	case BPF_XOR: return a ^ b;
	case BPF_LSH: return a << (b % 32);
	case BPF_RSH: return a >> (b % 32);
	default: return 0 - a; /* BPF_NEG */
	}
}

static uint32_t loaded(const struct machine *machine, const struct sock_filter *insn,
		       const struct seccomp_data *data)
{
	switch (BPF_MODE(insn->code)) {
	case BPF_ABS: return load_word(data, insn->k);
	case BPF_MEM: return machine->memory[insn->k];
	case BPF_LEN: return sizeof *data;
	default: return insn->k; /* BPF_IMM */
	}
}

/* Any instruction but jumps and ends. */
static void step(struct machine *machine, const struct sock_filter *insn,
		 const struct seccomp_data *data)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD: machine->accumulator = loaded(machine, insn, data); break;
	case BPF_LDX: machine->index = loaded(machine, insn, data); break;
	case BPF_ST: machine->memory[insn->k] = machine->accumulator; break;
	case BPF_STX: machine->memory[insn->k] = machine->index; break;
	case BPF_ALU:
		machine->accumulator = arithmetic(BPF_OP(insn->code), machine->accumulator,
						  operand(machine, insn));
		break;
	default: /* BPF_MISC */
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			machine->index = machine->accumulator;
		else
			machine->accumulator = machine->index;
		break;
	}
}

uint32_t bpf_run(const struct sock_filter *code, const struct seccomp_data *data,
		 size_t *ret_steps)
{
	struct machine machine = { 0 };
	size_t steps = 1;
	size_t pc = 0;
	uint32_t result = SECCOMP_RET_KILL_THREAD; /* of a division by zero */
	for (; BPF_CLASS(code[pc].code) != BPF_RET; pc++, steps++) {
		if (code[pc].code == (BPF_ALU | BPF_DIV | BPF_X) && machine.index == 0)
			break;
		if (BPF_CLASS(code[pc].code) == BPF_JMP)
			pc += jump(&machine, &code[pc]);
		else
			step(&machine, &code[pc], data);
	}
	if (BPF_CLASS(code[pc].code) == BPF_RET)
		result = BPF_RVAL(code[pc].code) == BPF_A ? machine.accumulator : code[pc].k;
	if (ret_steps != NULL)
		*ret_steps = steps;
	return result;
}
