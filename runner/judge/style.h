/* SPDX-License-Identifier: MIT */
/*
 * What reports for people are made of: colours, columns, numbers with units, and text that others
 * wrote. Widths are columns of a terminal.
 */
#ifndef BAILIFF_JUDGE_STYLE_H
#define BAILIFF_JUDGE_STYLE_H

#include "judge/judgement.h"

#include <stdio.h>

struct style {
	FILE *out; /* borrowed */
	bool colours;
	unsigned width; /* columns of a line */
};

enum colour {
	COLOUR_PLAIN,
	COLOUR_BOLD,
	COLOUR_FAINT,
	COLOUR_GOOD,
	COLOUR_BAD,
};

/* Columns of the terminal that a stream is; `otherwise` where it is none. */
unsigned terminal_width(FILE *out, unsigned otherwise);

/* Columns that text takes once it is escaped. */
unsigned text_width(const char *text);

/* Starts a colour, and ends whatever was started. Nothing where there are no colours. */
void style_start(const struct style *style, enum colour colour);
void style_end(const struct style *style);

/* Starts the colour of a verdict. */
void style_start_verdict(const struct style *style, enum judge_verdict verdict);

/* Text that others chose: escaped, and cut with "…" where it is wider than `width`. */
void style_text(const struct style *style, const char *text, unsigned width);
/* The same, filled up with blanks to `width`. */
void style_cell(const struct style *style, const char *text, unsigned width);
/* A verdict's name in its colour, filled up. */
void style_verdict(const struct style *style, enum judge_verdict verdict, unsigned width);

/* Lines of text that others wrote, each behind a label's place; of more than `lines_max` the first
 * or the last are shown. */
struct style_block {
	const char *label;
	const char *text;
	unsigned lines_max;
	bool last;	/* show the last lines, not the first */
	bool truncated; /* the text itself was cut off */
};
void style_block(const struct style *style, const struct style_block *block);
/* "  label      " in front of what follows on the line. */
void style_label(const struct style *style, const char *label);

#define NUMBER_LENGTH_MAX 32u

/* "3 ms", "1.34 s"; "3.1 MiB"; "-" for BAILIFF_UNKNOWN. */
const char *format_time(uint64_t ns, char text[NUMBER_LENGTH_MAX]);
const char *format_size(uint64_t bytes, char text[NUMBER_LENGTH_MAX]);

#endif
