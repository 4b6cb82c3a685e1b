/* SPDX-License-Identifier: MIT */
/*
 * Looks up the policies that were compiled into the library. The table itself is generated from
 * policies/ at build time; nothing is parsed here.
 */
#include "filter/policy.h"

#include <string.h>

const struct bailiff_policy *bailiff_policy_builtin(const char *name)
{
	for (size_t i = 0; builtin_policies[i] != NULL; i++)
		if (strcmp(builtin_policies[i]->name, name) == 0)
			return builtin_policies[i];
	return NULL;
}

const char *bailiff_policy_builtin_name(size_t index)
{
	for (size_t i = 0; builtin_policies[i] != NULL; i++)
		if (i == index)
			return builtin_policies[i]->name;
	return NULL;
}

const char *bailiff_policy_name(const struct bailiff_policy *policy)
{
	return policy->name;
}
