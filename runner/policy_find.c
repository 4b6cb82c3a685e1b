/* SPDX-License-Identifier: MIT */
/*
 * From a policy's name to the policy. A built-in name wins over a file of that name; "./native"
 * names the file.
 */
#include "policy_find.h"

#include "base/error.h"
#include "codec/policy_json.h"
#include "nearest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A name that is neither built in nor a file is more likely a mistyped name than a file. */
static int fail_name(const char *name, struct bailiff_error *err)
{
	const char *names[POLICY_BUILTIN_MAX + 1] = { NULL };
	for (size_t i = 0; i < POLICY_BUILTIN_MAX; i++) {
		names[i] = bailiff_policy_builtin_name(i);
		if (names[i] == NULL)
			break;
	}
	int rc = fail_input(err, 0, "policy '%s' is neither built in nor a file", name);
	const char *nearest = nearest_name(name, names);
	if (nearest != NULL)
		(void)snprintf(err->hint, sizeof err->hint, "did you mean '%s'?", nearest);
	return rc;
}

int policy_find(const char *name, const struct bailiff_policy **ret_policy,
		struct loaded_policy **ret_loaded, struct bailiff_error *err)
{
	*ret_loaded = NULL;
	*ret_policy = name != NULL ? bailiff_policy_builtin(name) : NULL;
	if (name == NULL || *ret_policy != NULL)
		return 0;
	if (strchr(name, '/') == NULL && access(name, F_OK) < 0)
		return fail_name(name, err);
	int rc = policy_json_read(name, ret_loaded, err);
	if (rc == 0)
		*ret_policy = loaded_policy_get(*ret_loaded);
	return rc;
}
