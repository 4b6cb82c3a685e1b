/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_FILTER_EVALUATE_H
#define BAILIFF_FILTER_EVALUATE_H

#include "filter/policy.h"

/* What a policy does with one call. */
struct policy_ruling {
	enum policy_action action;
	int errnum;                     /* POLICY_ERRNO only */
	const struct policy_rule *rule; /* the one that decides; NULL = the default action */
};

/*
 * Decides a call of the native architecture by reading the rules, as the compiled filter does; what
 * the compiler adds for the launch is left out. Pure.
 */
struct policy_ruling policy_evaluate(const struct bailiff_policy *policy, const char *name,
				     const uint64_t args[6]);

/* Whether a condition holds for this value of its argument. */
bool policy_condition_holds(const struct policy_condition *condition, uint64_t argument);

/* True if `a` wins over `b` where rules with both match one call. */
bool policy_more_severe(enum policy_action a, int a_errnum, enum policy_action b, int b_errnum);

/* Whether the rule has this name. */
bool policy_rule_names(const struct policy_rule *rule, const char *name);

#endif
