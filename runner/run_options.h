/* SPDX-License-Identifier: MIT */
/*
 * The command line of `bailiff run`. Three steps, because each fails with another exit status:
 * parse (usage), load_spec (the spec's or its file's fault), apply (usage again).
 */
#ifndef BAILIFF_RUNNER_RUN_OPTIONS_H
#define BAILIFF_RUNNER_RUN_OPTIONS_H

#include "input.h"
#include "options.h"
#include "run_request.h"

/* Zero is valid and empty. */
struct run_options {
	struct parsed_options parsed;
	struct run_request request; /* complete after the last step */
	const char *spec_path;	    /* NULL = none, "-" = standard input; points into argv */
	const char *result_path;    /* NULL = standard output; points into argv */
	bool help;
	bool exit_status; /* mirror the program's end in the exit status */
	bool inherit;	  /* the program gets our standard input, output and error */
	char **program;	  /* the arguments after the options, NULL-terminated; points into argv */
	struct input spec_input; /* the spec's text */
};

extern const struct option_table run_option_table;

/* Parses the options and checks what can be checked without their values. */
int run_options_parse(int argc, char **argv, struct run_options *options,
		      struct bailiff_error *err);

/* The same for another command whose table has these options among others, and no --spec. What
 * stands behind the options is left to it: options->program is empty. */
int run_options_parse_table(const struct option_table *table, int argc, char **argv,
			    struct run_options *options, struct bailiff_error *err);

/* Reads the spec, where one is named. */
int run_options_load_spec(struct run_options *options, struct bailiff_error *err);

/*
 * Applies the options and the program's name over the spec. Fails with BAILIFF_FAULT_SPEC where
 * the command line is wrong or names no program; a program missing in a spec is load_spec's error.
 */
int run_options_apply(struct run_options *options, struct bailiff_error *err);

/* Frees everything and makes the options empty. */
void run_options_finish(struct run_options *options);

#endif
