/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_POLICY_FIND_H
#define BAILIFF_RUNNER_POLICY_FIND_H

#include <bailiff/bailiff.h>

struct loaded_policy;

/*
 * The policy that a user names: a built-in one, or a file. NULL gives NULL, the library's default.
 * *ret_loaded, NULL where the policy is built in, owns it and is the caller's (loaded_policy_free).
 * Fails with BAILIFF_FAULT_INPUT where there is neither, and BAILIFF_FAULT_SPEC where the file's
 * content is wrong.
 */
int policy_find(const char *name, const struct bailiff_policy **ret_policy,
		struct loaded_policy **ret_loaded, struct bailiff_error *err);

#endif
