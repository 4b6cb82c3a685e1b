/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_POLICY_REPORT_JSON_H
#define BAILIFF_CODEC_POLICY_REPORT_JSON_H

#include "policy_lint.h"

/* The list of built-in policies, as bailiff(1) describes it. *ret_text is the caller's to free. */
int policy_list_json_print(char **ret_text, struct bailiff_error *err);

/* What a check found in one file; `error` (NULL = none) says why it could not be read. */
struct checked_file {
	const char *path;
	const struct lint_report *report;
	const struct bailiff_error *error;
};

int policy_check_json_print(const struct checked_file *files, size_t count, char **ret_text,
			    struct bailiff_error *err);

#endif
