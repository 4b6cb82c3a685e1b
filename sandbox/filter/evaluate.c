/* SPDX-License-Identifier: MIT */
/*
 * The meaning of a policy, rule by rule and without BPF: what messages and the policy commands
 * reason with. The unit tests hold compiled filters against it.
 */
#include "filter/evaluate.h"

#include <string.h>

bool policy_condition_holds(const struct policy_condition *condition, uint64_t argument)
{
	switch (condition->op) {
	case POLICY_NE: return argument != condition->value;
	case POLICY_LT: return argument < condition->value;
	case POLICY_LE: return argument <= condition->value;
	case POLICY_EQ: return argument == condition->value;
	case POLICY_GE: return argument >= condition->value;
	case POLICY_GT: return argument > condition->value;
	case POLICY_MASKED_EQ: return (argument & condition->value) == condition->value_two;
	}
	return false;
}

/* Larger is more severe. */
static int rank(enum policy_action action)
{
	switch (action) {
	case POLICY_ALLOW: return 0;
	case POLICY_LOG: return 1;
	case POLICY_ERRNO: return 2;
	case POLICY_TRAP: return 3;
	case POLICY_DENY: return 4;
	}
	return -1;
}

bool policy_more_severe(enum policy_action a, int a_errnum, enum policy_action b, int b_errnum)
{
	if (a == POLICY_ERRNO && b == POLICY_ERRNO)
		return a_errnum < b_errnum;
	return rank(a) > rank(b);
}

bool policy_rule_names(const struct policy_rule *rule, const char *name)
{
	for (const char *const *at = rule->names; *at != NULL; at++)
		if (strcmp(*at, name) == 0)
			return true;
	return false;
}

static bool rule_matches(const struct policy_rule *rule, const char *name, const uint64_t args[6])
{
	if (!policy_rule_names(rule, name))
		return false;
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct policy_condition *condition = &rule->conditions[i];
		if (!policy_condition_holds(condition, args[condition->index]))
			return false;
	}
	return true;
}

struct policy_ruling policy_evaluate(const struct bailiff_policy *policy, const char *name,
				     const uint64_t args[6])
{
	const struct policy_rule *winner = NULL;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		if (!rule_matches(rule, name, args))
			continue;
		if (winner == NULL || policy_more_severe(rule->action, rule->errnum, winner->action,
							 winner->errnum))
			winner = rule;
	}
	if (winner == NULL)
		return (struct policy_ruling){ policy->default_action, policy->default_errnum,
					       NULL };
	return (struct policy_ruling){ winner->action, winner->errnum, winner };
}
