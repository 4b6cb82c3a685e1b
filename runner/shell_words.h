/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_SHELL_WORDS_H
#define BAILIFF_RUNNER_SHELL_WORDS_H

#include "arena.h"

/* Splits words as a shell does: blanks, quotes and backslashes; nothing is expanded.
 * BAILIFF_FAULT_SPEC where a quote is not closed. The list ends with NULL; a text without words
 * gives NULL. */
int split_words(struct arena *arena, const char *text, const char *const **ret_words,
		struct bailiff_error *err);

#endif
