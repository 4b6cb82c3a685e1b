/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_UTF8_H
#define BAILIFF_CODEC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Length (1 to 4) of the well-formed UTF-8 sequence that starts at `text`, 0 where none does.
 * Well-formed as in RFC 3629: shortest form only, no surrogates, nothing above U+10FFFF.
 */
size_t utf8_sequence(const char *text, size_t length);

/* Length of the longest well-formed start of `text`. */
size_t utf8_prefix(const char *text, size_t length);

/*
 * Whether `text` is the start of a well-formed sequence that was cut off: at least one byte, and
 * some bytes after it would make it well-formed.
 */
bool utf8_is_cut(const char *text, size_t length);

/* Writes what starts at `text` (length at least 1) as text for everybody: a well-formed sequence as it
 * is, any other byte and NUL as U+FFFD. Returns how many bytes that stands for. */
size_t utf8_put(FILE *out, const char *text, size_t length);

/* The code point of a well-formed sequence of this length (see utf8_sequence). */
unsigned utf8_decode(const char *text, size_t length);

/* False for what a terminal acts upon or what hides what a text says: C0 and C1 controls, and the marks
 * that reorder text (UAX #9). */
bool utf8_is_harmless(unsigned code);

#endif
