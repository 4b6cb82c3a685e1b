/* SPDX-License-Identifier: MIT */
/*
 * Neighbouring numbers mostly share their action, so they are taken together as ranges, and a binary
 * tree over the ranges' first numbers decides with one instruction for each range. A tree over the
 * numbers themselves, as libseccomp makes it, takes three for each number; and the kernel checks,
 * converts and compiles them one by one each time a filter is loaded, which is on the way of every
 * run.
 *
 *	     arch == ours? ----no---+
 *	          number >= r2?     |
 *	     no /              \ yes|
 *	  number >= r1?   number >= r3?
 *	     /     \         /     \
 *	  ALLOW   on      ERRNO   ALLOW      on = behind the last instruction
 *
 * Jumps lead forward, and conditional ones no farther than 255 instructions. So the program is
 * written from its end: what a jump leads to is there already. Where it is too far away, a copy of an
 * end, or a far jump, is put nearby. Source: the kernel's Documentation/networking/filter.rst.
 */
#include "filter/numbers.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#define NEAR_MAX 255u

struct range {
	uint32_t first, action;
};

/* Actions that occur in one filter are few; of more, the ends are not shared. */
#define ENDS_MAX 16

struct writer {
	struct sock_filter *code;
	size_t capacity;
	size_t at; /* the instruction that was written last; `capacity` = none, the end */
	bool is_full;
	struct {
		uint32_t action;
		size_t at;
	} ends[ENDS_MAX];
	size_t end_count;
};

static size_t put(struct writer *writer, struct sock_filter instruction)
{
	if (writer->at == 0)
		writer->is_full = true;
	else
		writer->code[--writer->at] = instruction;
	return writer->at;
}

static bool is_near(const struct writer *writer, size_t target)
{
	/* From the instruction that will be written next, or the one before that. */
	return target - writer->at < NEAR_MAX;
}

static size_t put_jump(struct writer *writer, size_t target)
{
	uint32_t distance = (uint32_t)(target - writer->at);
	return put(writer, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, distance));
}

/* Where a call with this action ends, not far from here. */
static size_t get_end(struct writer *writer, uint32_t action)
{
	size_t i = 0;
	while (i < writer->end_count && writer->ends[i].action != action)
		i++;
	if (i < writer->end_count && is_near(writer, writer->ends[i].at))
		return writer->ends[i].at;
	size_t at = action == NUMBERS_GO_ON ?
		put_jump(writer, writer->capacity) :
		put(writer, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
	if (i < ENDS_MAX) {
		writer->ends[i].action = action;
		writer->ends[i].at = at;
		writer->end_count += i == writer->end_count;
	}
	return at;
}

/* The tree over some ranges. Returns its root, where all that jump to it come from before. */
static size_t put_tree(struct writer *writer, const struct range *ranges, size_t count)
{
	if (count == 1)
		return get_end(writer, ranges[0].action);
	size_t middle = count / 2;
	size_t upper = put_tree(writer, ranges + middle, count - middle);
	size_t lower = put_tree(writer, ranges, middle);
	if (!is_near(writer, upper))
		upper = put_jump(writer, upper);
	if (!is_near(writer, lower))
		lower = put_jump(writer, lower);
	size_t from = writer->at;
	return put(writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
							ranges[middle].first,
							(uint8_t)(upper - from),
							(uint8_t)(lower - from)));
}

static size_t find_ranges(const uint32_t actions[NUMBERS_MAX], struct range *ret_ranges)
{
	size_t count = 0;
	for (uint32_t number = 0; number <= NUMBERS_MAX; number++) {
		uint32_t action = number < NUMBERS_MAX ? actions[number] : NUMBERS_GO_ON;
		if (count == 0 || ret_ranges[count - 1].action != action)
			ret_ranges[count++] = (struct range){ number, action };
	}
	return count;
}

int numbers_write(const uint32_t actions[NUMBERS_MAX], uint32_t arch, struct sock_filter *code,
		  size_t capacity)
{
	struct range ranges[NUMBERS_MAX + 1];
	struct writer writer = { .code = code, .capacity = capacity, .at = capacity };
	size_t count = find_ranges(actions, ranges);
	if (count == 1)
		return 0;
	size_t root = put_tree(&writer, ranges, count);
	if (root != writer.at)
		(void)put_jump(&writer, root);
	(void)put(&writer, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							offsetof(struct seccomp_data, nr)));
	(void)put_jump(&writer, capacity);
	(void)put(&writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0));
	(void)put(&writer, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							offsetof(struct seccomp_data, arch)));
	if (writer.is_full)
		return -1;
	size_t length = capacity - writer.at;
	memmove(code, code + writer.at, length * sizeof *code);
	return (int)length;
}
