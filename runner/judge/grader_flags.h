/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_GRADER_FLAGS_H
#define BAILIFF_JUDGE_GRADER_FLAGS_H

#include "judge/problem.h"

/*
 * Sets a group's fields by the default grader's flags (NULL-terminated; NULL = none), the last of
 * conflicting ones wins. BAILIFF_FAULT_SPEC for one that is not known. Source: the legacy problem
 * package format, "Default Grader Specification".
 */
int grader_flags_apply(const char *const *flags, struct test_group *group,
		       struct bailiff_error *err);

#endif
