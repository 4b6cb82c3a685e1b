/* SPDX-License-Identifier: MIT */
/*
 * Reads seccomp policies in the OCI runtime's format, Docker's additions included
 * (bailiff-policy(5)). What Docker resolves before the runtime sees a profile is resolved here:
 * the program has no capabilities, the architecture is this one, the kernel the running one.
 */
#ifndef BAILIFF_CODEC_POLICY_JSON_H
#define BAILIFF_CODEC_POLICY_JSON_H

#include "filter/policy.h"

struct loaded_policy;

/* Built-in policies at most; for lists of their names. */
#define POLICY_BUILTIN_MAX 64u

/*
 * Reads the policy in a file. Without a `name` key it is named after the file. *ret_policy is
 * owned by the caller (loaded_policy_free). Fails with BAILIFF_FAULT_INPUT where the file cannot
 * be read, and BAILIFF_FAULT_SPEC, naming the key by its path, where its content is wrong.
 *
 * `extends` names a built-in policy or else NAME.json beside the file; with a slash or ".json" in
 * it, it is a path, relative to the file's folder.
 */
int policy_json_read(const char *path, struct loaded_policy **ret_policy,
		     struct bailiff_error *err);

/* The same for a text; `name` is the policy's name unless the text has one. Files that it extends
 * are looked for in the current folder. */
int policy_json_parse(const char *text, size_t length, const char *name,
		      struct loaded_policy **ret_policy, struct bailiff_error *err);

/* Valid until the loaded policy is freed. Never NULL. */
const struct bailiff_policy *loaded_policy_get(const struct loaded_policy *loaded);

/* How many of the policy's rules, the first ones, are inherited. */
size_t loaded_policy_inherited(const struct loaded_policy *loaded);

/* For a rule that is not inherited: its index in the "syscalls" of the file. */
size_t loaded_policy_place(const struct loaded_policy *loaded, size_t rule);

/* NULL is allowed. */
void loaded_policy_free(struct loaded_policy *loaded);

#endif
