/* SPDX-License-Identifier: MIT */
/*
 * Everything said to a human. Text that others chose (names from a spec, a file's content) is
 * escaped, so that it cannot give commands to a terminal.
 */
#ifndef BAILIFF_RUNNER_MESSAGE_H
#define BAILIFF_RUNNER_MESSAGE_H

#include <bailiff/bailiff.h>
#include <stdio.h>

/* Writes text with control characters, invalid UTF-8 and what reverses the writing direction as
 * "\xNN". */
void print_escaped(FILE *out, const char *text);

/* Whether print_escaped() would write the text as it is. */
bool is_printable(const char *text);

/* "bailiff: <message>" on standard error, and "hint: <hint>" where there is one. */
void message_error(const struct bailiff_error *err);

/* The same for a wrong command line, with where to read on. `command` is NULL or such as "run". */
void message_usage(const struct bailiff_error *err, const char *command);

/* message_error(), and the exit status that says whose fault it is. */
int tell_error(const struct bailiff_error *err);

/* The same for what may be a mistake of the command line of `command`: that exits with 64. */
int tell_usage_error(const struct bailiff_error *err, const char *command);

/* Whether to use colours on a stream: only on a terminal, and not where NO_COLOR is set. */
bool use_colours(FILE *stream);

#endif
