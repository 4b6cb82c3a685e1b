/* SPDX-License-Identifier: MIT */
/*
 * Answers one question about a compiled filter: is a call refused, whatever the parts of it that
 * are not given may be? Needs no kernel and runs nothing.
 */
#ifndef BAILIFF_FILTER_REFUSAL_H
#define BAILIFF_FILTER_REFUSAL_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A 32-bit value of which some bits are given: those set in `known` have the value they have in
 * `value`; the others are 0 in `value` and may be either. */
struct bits {
	uint32_t known;
	uint32_t value;
};

#define BITS_ANY ((struct bits){ 0, 0 })

static inline struct bits bits_exactly(uint32_t value)
{
	return (struct bits){ UINT32_MAX, value };
}

/*
 * The 32-bit words of struct seccomp_data as a filter loads them; an argument and the instruction
 * pointer are two words, the low half first (little endian). Source: seccomp(2).
 */
enum call_word {
	CALL_NUMBER = 0,
	CALL_ARCH = 1,
	CALL_POINTER = 2,
	CALL_ARGUMENTS = 4, /* argument i: words CALL_ARGUMENTS + 2 * i and the one after it */
	CALL_WORDS = 16,
};

/* All calls that agree with the given bits. */
struct call_set {
	struct bits words[CALL_WORDS];
};

struct refusal_state;

/* A filter under examination. Zero is the inert state. */
struct refusal {
	const struct sock_filter *code; /* the caller's */
	size_t length;
	struct refusal_state *states; /* owned; one for each instruction */
	bool *reached;                /* owned; likewise */
};

/*
 * Prepares the examination of a filter, which must outlive it. 0; -EINVAL where the kernel would
 * not load this program; -ENOMEM. Source: bpf_check_classic() and seccomp_check_filter().
 */
int refusal_open(struct refusal *self, const struct sock_filter *code, size_t length);
void refusal_close(struct refusal *self);

/*
 * True only if the filter refuses every call of the set: ERRNO, TRAP, either KILL or USER_NOTIF on
 * every path. ALLOW, LOG, TRACE and any action this code does not know count as permission. False
 * may also mean that it could not be shown. Takes time proportional to the filter's length.
 */
bool refusal_holds(struct refusal *self, const struct call_set *calls);

#endif
