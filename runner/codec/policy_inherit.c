/* SPDX-License-Identifier: MIT */
/*
 * What `extends` means: a policy that says anything about a call says everything about it. Were
 * rules for one call merged instead, a parent's more severe rule would win over the child's, and
 * nobody could tell from the child what holds.
 */
#include "codec/policy_inherit.h"

#include <errno.h>
#include <string.h>

static bool has_name(const struct policy_rules *rules, const char *wanted)
{
	for (size_t i = 0; i < rules->count; i++)
		for (const char *const *name = rules->items[i].names; *name != NULL; name++)
			if (strcmp(*name, wanted) == 0)
				return true;
	return false;
}

/* Copies a list of names without those that `own` decides. */
static int copy_names(struct arena *arena, const char *const *names, const struct policy_rules *own,
		      const char *const **ret_names)
{
	size_t length = 0;
	while (names[length] != NULL)
		length++;
	const char **kept = arena_alloc(arena, (length + 1) * sizeof *kept);
	if (kept == NULL)
		return -ENOMEM;
	*ret_names = kept;
	for (; *names != NULL; names++)
		if (!has_name(own, *names))
			*kept++ = *names;
	return 0;
}

int policy_inherit(struct arena *arena, const struct bailiff_policy *parent,
		   const struct policy_rules *own, struct policy_rules *ret_rules)
{
	struct policy_rules rules = { .count = 0 };
	rules.items = arena_alloc(arena, (parent->rule_count + own->count) * sizeof *rules.items);
	if (rules.items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < parent->rule_count; i++) {
		struct policy_rule rule = parent->rules[i];
		int rc = copy_names(arena, rule.names, own, &rule.names);
		if (rc < 0)
			return rc;
		if (*rule.names != NULL)
			rules.items[rules.count++] = rule;
	}
	for (size_t i = 0; i < own->count; i++)
		rules.items[rules.count++] = own->items[i];
	*ret_rules = rules;
	return 0;
}
