/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_POLICY_WRITE_H
#define BAILIFF_CODEC_POLICY_WRITE_H

#include "codec/json_write.h"
#include "filter/policy.h"

/* Whether only keys that other runtimes know are written. */
enum policy_form {
	POLICY_FORM_OWN, /* with name and description */
	POLICY_FORM_OCI,
};

/*
 * A policy as a profile that policy_json_parse() reads back to the same filter. What it inherited
 * is written out. *ret_text is the caller's to free.
 */
int policy_json_print(const struct bailiff_policy *policy, enum policy_form form, char **ret_text,
		      struct bailiff_error *err);

/* "SCMP_ACT_ALLOW" */
const char *policy_action_oci_name(enum policy_action action);

#endif
