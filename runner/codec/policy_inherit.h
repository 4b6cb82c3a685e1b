/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_POLICY_INHERIT_H
#define BAILIFF_CODEC_POLICY_INHERIT_H

#include "arena.h"
#include "filter/policy.h"

struct policy_rules {
	struct policy_rule *items;
	size_t count;
};

/*
 * What a policy with `own` rules gets from its parent: every rule of the parent's, without the
 * names that one of its own rules has. *ret_rules, in the arena, holds those first and then the own
 * ones; names and conditions are the parent's memory. Returns 0, or -ENOMEM.
 */
int policy_inherit(struct arena *arena, const struct bailiff_policy *parent,
		   const struct policy_rules *own, struct policy_rules *ret_rules);

#endif
