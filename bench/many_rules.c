/* SPDX-License-Identifier: MIT */
/* A long policy. Calls that the kernel's table has no more of are refused ones with conditions, so that
 * none of the rules can be left out. */
#include "many_rules.h"

#include "filter/policy.h"
#include "filter/syscall_info.h"

const struct bailiff_policy *many_rules(void)
{
	static struct policy_rule rules[MANY_RULES];
	static struct policy_condition conditions[MANY_RULES];
	static const char *names[MANY_RULES][2];
	static struct bailiff_policy policy = { .name = "(400 rules)",
						.description = "",
						.default_action = POLICY_DENY,
						.rules = rules,
						.rule_count = MANY_RULES };
	for (size_t i = 0; i < MANY_RULES; i++) {
		bool plain = i < syscall_table_size;
		names[i][0] = plain ? syscall_table[i].name : "fcntl";
		conditions[i] = (struct policy_condition){ 1, POLICY_MASKED_EQ, 0xffffffff,
							   1000 + i };
		rules[i] = (struct policy_rule){ .names = names[i], .why = "" };
		if (plain)
			continue;
		rules[i].action = POLICY_ERRNO;
		rules[i].errnum = 1;
		rules[i].conditions = &conditions[i];
		rules[i].condition_count = 1;
	}
	return &policy;
}
