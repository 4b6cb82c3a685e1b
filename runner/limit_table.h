/* SPDX-License-Identifier: MIT */
/*
 * The numeric limits as users see them: one row per limit drives the command line's options, the
 * spec's "limits" object and the result's, so that the three cannot drift apart.
 */
#ifndef BAILIFF_RUNNER_LIMIT_TABLE_H
#define BAILIFF_RUNNER_LIMIT_TABLE_H

#include <bailiff/bailiff.h>

enum limit_unit {
	LIMIT_TIME,  /* nanoseconds; milliseconds in JSON, with a unit on the command line */
	LIMIT_SIZE,  /* bytes; with a unit on the command line */
	LIMIT_COUNT, /* an integer */
	LIMIT_MILLI, /* thousandths; a number with decimals on both sides */
};

struct limit_row {
	const char *key;    /* in the spec's and the result's "limits" object */
	const char *option; /* without the two dashes */
	enum limit_unit unit;
	size_t offset; /* in struct bailiff_limits */
	uint64_t min, max;
};

#define LIMIT_ROW_COUNT 10u
extern const struct limit_row limit_rows[LIMIT_ROW_COUNT];

/* The row's field in *limits. */
uint64_t *limit_field(const struct limit_row *row, struct bailiff_limits *limits);
uint64_t limit_value(const struct limit_row *row, const struct bailiff_limits *limits);

/* Fields of *limits that are zero, and a cpuset that is NULL, become those of `fallback`. */
void limits_merge(struct bailiff_limits *limits, const struct bailiff_limits *fallback);

/*
 * Parses a value as the command line spells it and checks its bounds. Fails with
 * BAILIFF_FAULT_SPEC and a message that says what was expected ("--cpu: ...").
 */
int limit_parse(const struct limit_row *row, const char *text, uint64_t *ret_value,
		struct bailiff_error *err);

#endif
