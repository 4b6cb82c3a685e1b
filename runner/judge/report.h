/* SPDX-License-Identifier: MIT */
/*
 * Judgements for people and for CI systems. Whatever others wrote (names, diagnostics, output) is
 * escaped.
 */
#ifndef BAILIFF_JUDGE_REPORT_H
#define BAILIFF_JUDGE_REPORT_H

#include "judge/event.h"

#include <stdio.h>

/* What the text is for; it may be written somewhere else first. */
struct report_look {
	unsigned columns; /* of the terminal; 0 = none, or not known */
	bool colours;	  /* whether they may be used */
};

/* One judgement: verdict, compiler's diagnostics where they matter, a table of the tests, groups
 * and score where there are any, and for the first failure what differed. */
void report_judgement(FILE *out, const struct judgement *judgement, struct report_look look);

/* A matrix submission x test, never wider than the terminal (80 columns at least), what differs
 * from the package's expectations, the suggested limit. */
void report_summary(FILE *out, const struct judge_summary *summary, struct report_look look);

/* JUnit XML: a test suite per submission, a test case per test. With verifications it is their
 * outcome that passes or fails, and a verdict that is as expected fails nothing. Control
 * characters that XML cannot hold become U+FFFD. */
void report_junit(FILE *out, const struct judge_summary *summary);

/* A line on a terminal that is redrawn as events come: how far, verdicts so far, time left. */
struct progress;

/* NULL where memory ran out. `out` is borrowed. */
struct progress *progress_open(FILE *out, bool colours);
/* The observer's tell(); `context` is the progress. */
void progress_tell(void *context, const struct judge_event *event);
/* Removes the line from the terminal. NULL is allowed. */
void progress_close(struct progress *progress);

#endif
