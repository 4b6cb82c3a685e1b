/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_POLICY_SHOW_H
#define BAILIFF_RUNNER_POLICY_SHOW_H

#include "filter/policy.h"

#include <stdio.h>

/* How a policy treats the calls this machine knows, each counted once. */
struct policy_counts {
	size_t allowed;     /* whatever the arguments */
	size_t conditional; /* allowed with some arguments only */
	size_t refused;     /* never allowed, but fail with an errno instead of ending the run */
	size_t denied;      /* all others */
};

struct policy_counts policy_count(const struct bailiff_policy *policy);

/* "is allowed", "fails with ENOSYS", "ends the run": what an action means to the program. */
void policy_action_text(enum policy_action action, int errnum, char *text, size_t size);

/* Explains a policy in plain words, call by call, with the reasons it gives. */
void policy_explain(const struct bailiff_policy *policy, FILE *out);

#endif
