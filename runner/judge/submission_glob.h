/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_SUBMISSION_GLOB_H
#define BAILIFF_JUDGE_SUBMISSION_GLOB_H

#include <bailiff/bailiff.h>

/*
 * Whether a pattern of submissions.yaml matches a path: '*' is any text without '/', "{a,b}" is
 * either, nested too; nothing else is special. BAILIFF_FAULT_SPEC where the pattern stands for too
 * many others. Source: problem package format 2025-09, "Glob-patterns".
 */
int submission_glob_match(const char *pattern, const char *path, bool *ret_matches,
			  struct bailiff_error *err);

#endif
