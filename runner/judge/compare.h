/* SPDX-License-Identifier: MIT */
/*
 * The built-in comparison of an output with the answer: the default output validator of problem
 * packages with all its flags, and byte for byte. Pure functions over bytes in memory.
 */
#ifndef BAILIFF_JUDGE_COMPARE_H
#define BAILIFF_JUDGE_COMPARE_H

#include <bailiff/bailiff.h>

enum compare_mode {
	COMPARE_TOKENS, /* the zero value: tokens, whatever is between them, without case */
	COMPARE_EXACT,	/* byte for byte */
};

struct compare_options {
	enum compare_mode mode;
	/* Of COMPARE_TOKENS: */
	bool case_sensitive;
	bool space_change_sensitive;
	bool has_absolute, has_relative; /* tolerances; either is enough for two numbers to be equal */
	long double absolute, relative;
};

/* The first place where an output differs from the answer. */
enum difference_kind {
	DIFFERENCE_NONE,
	DIFFERENCE_TOKEN,     /* two tokens differ */
	DIFFERENCE_TOLERANCE, /* two numbers are too far apart */
	DIFFERENCE_NO_NUMBER, /* a number was expected */
	DIFFERENCE_SPACE,     /* white space differs */
	DIFFERENCE_BYTE,      /* COMPARE_EXACT */
	DIFFERENCE_MISSING,   /* the output ended too early */
	DIFFERENCE_TRAILING,  /* the output goes on after the answer's end */
};

#define DIFFERENCE_EXCERPT_MAX 80u

struct difference {
	enum difference_kind kind;
	uint64_t output_line, answer_line; /* from 1 */
	uint64_t token;			   /* from 1; COMPARE_EXACT: the byte's offset from 0 */
	/* What stands there, bounded, as valid UTF-8 without control characters (those and other
	 * bytes as \xNN); "..." ends what was cut. Empty where there is nothing. */
	char expected[DIFFERENCE_EXCERPT_MAX], found[DIFFERENCE_EXCERPT_MAX];
};

/* Whether the output is accepted; *ret_difference says why not. Linear in the sizes; needs no
 * memory of its own. */
bool compare_output(const struct compare_options *options, const void *output, size_t output_size,
		    const void *answer, size_t answer_size, struct difference *ret_difference);

/* The difference as one sentence for a person: "line 3: expected "7", found "8"". */
void difference_explain(const struct difference *difference, char *text, size_t capacity);

/*
 * Reads the default validator's flags (NULL-terminated, NULL = none): case_sensitive,
 * space_change_sensitive, float_tolerance E, float_absolute_tolerance E, float_relative_tolerance E.
 * `is_strict` also refuses one that is given twice, and float_tolerance beside another tolerance
 * (2025-09). Fails with BAILIFF_FAULT_SPEC, naming the flag.
 */
int compare_options_parse(const char *const *flags, bool is_strict,
			  struct compare_options *ret_options, struct bailiff_error *err);

/* A tolerance: a decimal number that is not negative, finite, and has nothing behind it. */
bool compare_parse_tolerance(const char *text, long double *ret_value);

#endif
