/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF as far as seccomp filters need it: an accumulator, 32-bit loads from struct
 * seccomp_data, a mask, comparisons with constants, jumps forward only. Every program therefore
 * ends, and bpf_check() leaves bpf_run() without an error path. Instructions beyond these (index
 * register, scratch memory, other arithmetic) are refused: no filter of ours contains them.
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

/* How many instructions to skip after this one. */
static uint32_t jump(uint32_t accumulator, const struct sock_filter *insn)
{
	bool taken;
	switch (BPF_OP(insn->code)) {
	case BPF_JA: return insn->k;
	case BPF_JEQ: taken = accumulator == insn->k; break;
	case BPF_JGT: taken = accumulator > insn->k; break;
	case BPF_JGE: taken = accumulator >= insn->k; break;
	default: taken = (accumulator & insn->k) != 0; break; /* BPF_JSET */
	}
	return taken ? insn->jt : insn->jf;
}

uint32_t bpf_run(const struct sock_filter *code, const struct seccomp_data *data,
		 size_t *ret_steps)
{
	uint32_t accumulator = 0;
	size_t steps = 1;
	size_t pc = 0;
	for (; BPF_CLASS(code[pc].code) != BPF_RET; pc++, steps++) {
		switch (BPF_CLASS(code[pc].code)) {
		case BPF_LD: accumulator = load_word(data, code[pc].k); break;
		case BPF_ALU: accumulator &= code[pc].k; break;
		default: pc += jump(accumulator, &code[pc]); break; /* BPF_JMP */
		}
	}
	if (ret_steps != NULL)
		*ret_steps = steps;
	return code[pc].k;
}
