/* SPDX-License-Identifier: MIT */
/*
 * Makes a policy out of the calls a program was seen to make. Zero with a `base` or without is a
 * valid, empty learner.
 */
#ifndef BAILIFF_RUNNER_LEARNER_H
#define BAILIFF_RUNNER_LEARNER_H

#include "arena.h"
#include "filter/policy.h"

#include <stdio.h>

/* Arguments of one call that a learnt rule looks at, at most. */
#define LEARNER_VALUES_MAX 3u

/* Calls that one learnt rule will stand for. */
struct observation {
	const char *name;
	uint64_t values[LEARNER_VALUES_MAX]; /* of the arguments that matter, as far as they do */
	uint64_t args[6];		     /* of the first of them, all */
	int errnum;			     /* what it was refused with; 0 = it was made */
};

struct learner {
	struct arena arena;
	const struct bailiff_policy *base; /* borrowed; NULL = none */
	struct observation *observations;
	size_t count;
	size_t nameless; /* calls with a number that has no name, which no policy can allow */
	bool failed;	 /* memory ran out */
};

/*
 * bailiff_spec.observe, with the learner as context: notes a call. It is let through, unless the
 * base policy answers it with an errno: then it fails with that, because programs that go on
 * without it should be learnt without it. clone3 always fails with ENOSYS: a policy could not see
 * its flags, and C libraries use clone instead.
 */
int learner_observe(void *learner, const struct bailiff_syscall *call);

/*
 * The least policy that treats every call seen as it was treated. Lives as long as the learner.
 * exit_group, which is part of every launch and never seen, is added.
 */
int learner_policy(struct learner *learner, const char *name, const char *description,
		   struct bailiff_policy *ret_policy, struct bailiff_error *err);

/* Prints what the base denies that was seen, and what it allows that was not. */
void learner_compare(const struct learner *learner, FILE *out);

void learner_finish(struct learner *learner);

#endif
