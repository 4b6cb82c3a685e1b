/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_JUDGE_OPTIONS_H
#define BAILIFF_RUNNER_JUDGE_OPTIONS_H

#include "run_options.h"

enum judge_format { JUDGE_FORMAT_JSON, JUDGE_FORMAT_TEXT, JUDGE_FORMAT_JUNIT };

#define JUDGE_OPTION_ROWS_MAX 40u

/* The command line of `bailiff judge`. Zero is valid and empty; everything points into argv. */
struct judge_options {
	struct option_row rows[JUDGE_OPTION_ROWS_MAX];
	struct option_table table;
	struct run_options run; /* limits, result, help */
	const char *problem;	/* NULL = in the spec */
	const char *spec;	/* NULL = none, "-" = standard input */
	const char *language;
	const char *languages; /* folder of definitions */
	const char *cache;     /* NULL = the usual place */
	bool no_cache;
	bool all_tests, single, verify, suggest_limit, events, quiet;
	enum judge_format format;
	size_t jobs; /* 0 = as many as there are cores */
	char **sources; /* NULL-terminated */
};

/* Parses and checks what can be checked without looking at files. */
int judge_options_parse(struct judge_options *options, int argc, char **argv,
			struct bailiff_error *err);
void judge_options_finish(struct judge_options *options);

#endif
