/* SPDX-License-Identifier: MIT */
/*
 * Abstract interpretation of classic BPF. Every register holds not a number but a set of numbers,
 * described by the bits they share. An operation gives a set that contains every possible result;
 * a test whose outcome is not certain goes both ways. So the paths followed include every path a
 * real call can take, and what holds at the end of all of them holds for every call.
 *
 * Jumps lead forward only. By the time an instruction is reached in the order of the program, all
 * that can lead to it have been seen: where paths meet their states are joined, and one pass is
 * enough, however many paths there are.
 *
 * Known bits, rather than known numbers, because policies test masks (clone's flags), and because
 * "every number but one" is a union of few such sets: those that differ from it in bit 0, bit 1...
 *
 * Sources: Documentation/networking/filter.rst, kernel/seccomp.c and net/core/filter.c of the
 * kernel: registers begin as 0; a division by a zero in X ends the program with 0, which is
 * SECCOMP_RET_KILL_THREAD; shift counts in X are taken modulo 32; a length is that of
 * struct seccomp_data.
 */
#include "filter/refusal.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

/* What is known before an instruction, over all paths to it. */
struct refusal_state {
	struct bits accumulator, index;
	struct bits memory[BPF_MEMWORDS];
	uint32_t written; /* the words of memory that every path has stored to */
};

enum outcome {
	NEVER,
	ALWAYS,
	EITHER,
};

/* ---- sets of numbers --------------------------------------------------------------------- */

static struct bits bits_join(struct bits a, struct bits b)
{
	uint32_t known = a.known & b.known & ~(a.value ^ b.value);
	return (struct bits){ known, a.value & known };
}

static bool is_number(struct bits set)
{
	return set.known == UINT32_MAX;
}

static uint32_t smallest(struct bits set)
{
	return set.value;
}

static uint32_t largest(struct bits set)
{
	return set.value | ~set.known;
}

/* `b` is not 0 where it divides. */
static uint32_t calculate(uint16_t operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_DIV: return a / b;
	case BPF_AND: return a & b;
	case BPF_OR: return a | b;
	case BPF_XOR: return a ^ b;
	case BPF_LSH: return a << (b & 31);
	case BPF_RSH: return a >> (b & 31);
	default: return -a; /* BPF_NEG */
	}
}

static struct bits bits_calculate(uint16_t operation, struct bits a, struct bits b)
{
	uint32_t both = a.known & b.known;
	uint32_t known;
	if (is_number(a) && is_number(b))
		return bits_exactly(calculate(operation, a.value, b.value));
	switch (operation) {
	case BPF_AND: known = both | (a.known & ~a.value) | (b.known & ~b.value); break;
	case BPF_OR: known = both | a.value | b.value; break;
	case BPF_XOR: known = both; break;
	default: return BITS_ANY;
	}
	return (struct bits){ known, calculate(operation, a.value, b.value) & known };
}

static enum outcome always_if(bool always, bool possible)
{
	if (always)
		return ALWAYS;
	return possible ? EITHER : NEVER;
}

static enum outcome compare(uint16_t operation, struct bits a, struct bits b)
{
	uint32_t both = a.known & b.known;
	switch (operation) {
	case BPF_JEQ:
		return always_if(is_number(a) && is_number(b) && a.value == b.value,
				 ((a.value ^ b.value) & both) == 0);
	case BPF_JGT: return always_if(smallest(a) > largest(b), largest(a) > smallest(b));
	case BPF_JGE: return always_if(smallest(a) >= largest(b), largest(a) >= smallest(b));
	default: /* BPF_JSET */
		return always_if((a.value & b.value) != 0, (largest(a) & largest(b)) != 0);
	}
}

/* ---- which programs there are ------------------------------------------------------------ */

static bool is_known_code(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_JMP | BPF_JA:
	case BPF_ALU | BPF_NEG:
		return true;
	default:
		break;
	}
	uint16_t operation = BPF_OP(code);
	if (code & ~(BPF_SRC(code) | operation | BPF_CLASS(code)))
		return false;
	if (BPF_CLASS(code) == BPF_JMP)
		return operation == BPF_JEQ || operation == BPF_JGT || operation == BPF_JGE ||
		       operation == BPF_JSET;
	return BPF_CLASS(code) == BPF_ALU && (operation <= BPF_RSH || operation == BPF_XOR);
}

static bool is_valid(const struct sock_filter *insn, size_t following)
{
	if (!is_known_code(insn->code))
		return false;
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return insn->k % sizeof(uint32_t) == 0 && insn->k < sizeof(struct seccomp_data);
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return insn->k < BPF_MEMWORDS;
	case BPF_ALU | BPF_DIV | BPF_K:
		return insn->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return insn->k < 32;
	case BPF_JMP | BPF_JA:
		return insn->k < following;
	default:
		return BPF_CLASS(insn->code) != BPF_JMP ||
		       (insn->jt < following && insn->jf < following);
	}
}

static bool is_program(const struct sock_filter *code, size_t length)
{
	if (length == 0 || length > BPF_MAXINSNS)
		return false;
	for (size_t at = 0; at < length; at++)
		if (!is_valid(&code[at], length - at - 1))
			return false;
	return BPF_CLASS(code[length - 1].code) == BPF_RET;
}

int refusal_open(struct refusal *self, const struct sock_filter *code, size_t length)
{
	if (!is_program(code, length))
		return -EINVAL;
	struct refusal opened = {
		.code = code,
		.length = length,
		.states = calloc(length, sizeof *opened.states),
		.reached = calloc(length, sizeof *opened.reached),
	};
	if (opened.states == NULL || opened.reached == NULL) {
		refusal_close(&opened);
		return -ENOMEM;
	}
	*self = opened;
	return 0;
}

void refusal_close(struct refusal *self)
{
	free(self->states);
	free(self->reached);
	*self = (struct refusal){ 0 };
}

/* ---- following the paths ----------------------------------------------------------------- */

/* A further path leads to the instruction `to`. */
static void lead_to(struct refusal *self, size_t to, const struct refusal_state *state)
{
	struct refusal_state *there = &self->states[to];
	if (!self->reached[to]) {
		self->reached[to] = true;
		*there = *state;
		return;
	}
	there->accumulator = bits_join(there->accumulator, state->accumulator);
	there->index = bits_join(there->index, state->index);
	for (size_t i = 0; i < BPF_MEMWORDS; i++)
		there->memory[i] = bits_join(there->memory[i], state->memory[i]);
	there->written &= state->written;
}

static bool refuses(struct bits result)
{
	if ((~result.known & SECCOMP_RET_ACTION_FULL) != 0)
		return false;
	switch (result.value & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_USER_NOTIF:
		return true;
	default:
		return false;
	}
}

static struct bits operand(const struct sock_filter *insn, const struct refusal_state *state)
{
	return BPF_SRC(insn->code) == BPF_X ? state->index : bits_exactly(insn->k);
}

/* The effect of an instruction that is neither a jump nor the end. False where it reads memory that
 * may not have been written, a program the kernel would not load. */
static bool execute(const struct sock_filter *insn, const struct call_set *calls,
		    struct refusal_state *state)
{
	struct bits loaded = bits_exactly(insn->k); /* BPF_IMM */
	switch (BPF_CLASS(insn->code)) {
	case BPF_ST: state->memory[insn->k] = state->accumulator; break;
	case BPF_STX: state->memory[insn->k] = state->index; break;
	case BPF_MISC:
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			state->index = state->accumulator;
		else
			state->accumulator = state->index;
		return true;
	case BPF_ALU:
		state->accumulator = bits_calculate(BPF_OP(insn->code), state->accumulator,
						    operand(insn, state));
		return true;
	default: /* BPF_LD, BPF_LDX */
		if (BPF_MODE(insn->code) == BPF_MEM) {
			if ((state->written & (1u << insn->k)) == 0)
				return false;
			loaded = state->memory[insn->k];
		} else if (BPF_MODE(insn->code) == BPF_ABS) {
			loaded = calls->words[insn->k / sizeof(uint32_t)];
		} else if (BPF_MODE(insn->code) == BPF_LEN) {
			loaded = bits_exactly(sizeof(struct seccomp_data));
		}
		if (BPF_CLASS(insn->code) == BPF_LD)
			state->accumulator = loaded;
		else
			state->index = loaded;
		return true;
	}
	state->written |= 1u << insn->k;
	return true;
}

static void jump(struct refusal *self, size_t at, const struct refusal_state *state)
{
	const struct sock_filter *insn = &self->code[at];
	if (BPF_OP(insn->code) == BPF_JA) {
		lead_to(self, at + 1 + insn->k, state);
		return;
	}
	enum outcome outcome =
		compare(BPF_OP(insn->code), state->accumulator, operand(insn, state));
	if (outcome != NEVER)
		lead_to(self, at + 1 + insn->jt, state);
	if (outcome != ALWAYS)
		lead_to(self, at + 1 + insn->jf, state);
}

/* Whether dividing ends the program for certain. */
static bool divides_by_zero(const struct sock_filter *insn, const struct refusal_state *state)
{
	return insn->code == (BPF_ALU | BPF_DIV | BPF_X) && is_number(state->index) &&
	       state->index.value == 0;
}

/* False where the call may be permitted here. */
static bool follow(struct refusal *self, size_t at, const struct call_set *calls)
{
	const struct sock_filter *insn = &self->code[at];
	struct refusal_state state = self->states[at];
	if (BPF_CLASS(insn->code) == BPF_RET)
		return refuses(BPF_RVAL(insn->code) == BPF_A ? state.accumulator :
							      bits_exactly(insn->k));
	if (BPF_CLASS(insn->code) == BPF_JMP) {
		jump(self, at, &state);
		return true;
	}
	if (divides_by_zero(insn, &state))
		return true; /* SECCOMP_RET_KILL_THREAD */
	if (!execute(insn, calls, &state))
		return false;
	lead_to(self, at + 1, &state);
	return true;
}

bool refusal_holds(struct refusal *self, const struct call_set *calls)
{
	memset(self->reached, 0, self->length * sizeof *self->reached);
	struct refusal_state start = { .accumulator = bits_exactly(0), .index = bits_exactly(0) };
	lead_to(self, 0, &start);
	for (size_t at = 0; at < self->length; at++)
		if (self->reached[at] && !follow(self, at, calls))
			return false;
	return true;
}
