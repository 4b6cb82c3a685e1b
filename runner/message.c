/* SPDX-License-Identifier: MIT */
/*
 * Messages to humans, on standard error unless said otherwise.
 */
#include "message.h"

#include "codec/utf8.h"
#include "exit_status.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

void print_escaped(FILE *out, const char *text)
{
	size_t length = strlen(text);
	for (size_t at = 0; at < length;) {
		size_t step = utf8_sequence(text + at, length - at);
		if (step > 0 && utf8_is_harmless(utf8_decode(text + at, step))) {
			(void)fwrite(text + at, 1, step, out);
			at += step;
			continue;
		}
		for (size_t end = at + (step > 0 ? step : 1); at < end; at++)
			(void)fprintf(out, "\\x%02x", (unsigned char)text[at]);
	}
}

bool is_printable(const char *text)
{
	size_t length = strlen(text);
	size_t step = 1;
	for (size_t at = 0; at < length && step > 0; at += step) {
		step = utf8_sequence(text + at, length - at);
		if (step == 0 || !utf8_is_harmless(utf8_decode(text + at, step)))
			return false;
	}
	return true;
}

void message_error(const struct bailiff_error *err)
{
	(void)fprintf(stderr, "bailiff: ");
	print_escaped(stderr, err->message);
	(void)fprintf(stderr, "\n");
	if (err->hint[0] == '\0')
		return;
	(void)fprintf(stderr, "hint: ");
	print_escaped(stderr, err->hint);
	(void)fprintf(stderr, "\n");
}

void message_usage(const struct bailiff_error *err, const char *command)
{
	message_error(err);
	if (err->hint[0] == '\0')
		(void)fprintf(stderr, "hint: see bailiff %s%s--help\n",
			      command != NULL ? command : "", command != NULL ? " " : "");
}

bool use_colours(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	return (no_color == NULL || no_color[0] == '\0') && isatty(fileno(stream)) == 1;
}

int tell_error(const struct bailiff_error *err)
{
	message_error(err);
	return exit_status_of_error(err);
}

int tell_usage_error(const struct bailiff_error *err, const char *command)
{
	if (err->fault != BAILIFF_FAULT_SPEC)
		return tell_error(err);
	message_usage(err, command);
	return EX_USAGE;
}
