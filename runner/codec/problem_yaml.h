/* SPDX-License-Identifier: MIT */
/*
 * The YAML files of a problem package (legacy and 2025-09), read into plain structs. An unknown key
 * is a warning, null is as good as absence, and a wrong type or an impossible value is
 * BAILIFF_FAULT_SPEC with the file and the key's path. What is read lives in the given arena.
 */
#ifndef BAILIFF_CODEC_PROBLEM_YAML_H
#define BAILIFF_CODEC_PROBLEM_YAML_H

#include "judge/problem.h"

/* What was found odd while loading. Zero is valid and empty. */
struct warning_list {
	const char **items;
	size_t count;
};

/* Adds a warning; beyond a bound, or without memory, it is lost. */
void warning_add(struct arena *arena, struct warning_list *warnings, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A YAML file's text, where what it says goes, and what is told about it. */
struct yaml_file {
	const char *name; /* as messages name it: "data/secret/testdata.yaml" */
	const char *text;
	size_t size;
	struct arena *arena;
	struct warning_list *warnings;
};

/* Flags for one of several validators. */
struct named_flags {
	const char *name;
	const char *const *flags;
};

/* Of a group of tests, and of a single one. Lists end with NULL; a NULL list is empty. */
struct group_settings {
	/* legacy; all are inherited */
	bool on_reject_continue;
	bool custom_grader;
	const char *const *grader_flags;
	double accept_score, reject_score;
	double range_min, range_max;
	const char *const *common_flags;       /* for all output validators: validator_flags */
	const char *const *group_flags;	       /* output_validator_flags, as a string */
	const struct named_flags *named_flags; /* the same, as a map; ends with a NULL name */

	/* 2025-09 */
	const char *const *args;	   /* also of a single test */
	const char *const *validator_args; /* also of a single test */
	bool is_pass_fail;
	enum score_mode score_mode;
	bool is_bounded;
	double max_score;
	const char *const *required_groups; /* names */

	/* The file and key that flags were last set by, and the same for the grader's. */
	const char *flags_origin, *grader_origin;
};

/*
 * problem.yaml: sets format, title, kinds, limits and time rule of the problem. What the file does
 * not limit gets the format's typical default; only the time limit stays 0. *root, which must be
 * zero, becomes what the root group of a legacy problem begins with. *ret_is_custom: a legacy
 * problem says that it has output validators of its own.
 */
int problem_yaml_read(const struct yaml_file *file, struct problem *problem,
		      struct group_settings *root, bool *ret_is_custom, struct bailiff_error *err);

/* Each changes what the file says of what was inherited. testdata.yaml: legacy; test_group.yaml and
 * a single test's .yaml: 2025-09. */
int testdata_yaml_read(const struct yaml_file *file, struct group_settings *settings,
		       struct bailiff_error *err);
int test_group_yaml_read(const struct yaml_file *file, struct group_settings *settings,
			 struct bailiff_error *err);
int test_case_yaml_read(const struct yaml_file *file, struct group_settings *settings,
			struct bailiff_error *err);

/* A positive number of seconds with nothing behind it ("1.5"). */
bool parse_seconds(const char *text, uint64_t *ret_ns);

/* A number with nothing around it; infinite only where that is allowed, never NaN. */
bool parse_score(const char *text, bool may_be_infinite, double *ret_score);

#endif
