/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_SUBMISSIONS_YAML_H
#define BAILIFF_CODEC_SUBMISSIONS_YAML_H

#include "codec/problem_yaml.h"

/* What a submission's time is used for. */
enum time_use {
	TIME_USE_BY_VERDICTS, /* follows from permitted and required */
	TIME_USE_NONE,
	TIME_USE_LOWER, /* the time limit is not below it */
	TIME_USE_UPPER, /* it has to be too slow */
};

/* What submissions.yaml says of the submissions that a pattern matches. */
struct submission_rule {
	const char *pattern; /* relative to submissions/ */
	bool has_permitted, has_required;
	verdict_set permitted, required;
	const char *language; /* NULL = by the files' names */
	const char *message;  /* NULL = none */
	bool has_score;
	double score_min, score_max;
	enum time_use time_use;
};

struct submission_rules {
	struct submission_rule *items;
	size_t count;
};

/* Reads submissions.yaml (2025-09). Errors and warnings as in problem_yaml.h; what is said of
 * single groups or tests is passed over with a warning. */
int submissions_yaml_read(const struct yaml_file *file, struct submission_rules *ret_rules,
			  struct bailiff_error *err);

#endif
