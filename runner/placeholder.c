/* SPDX-License-Identifier: MIT */
/*
 * Placeholders in the commands of language definitions.
 */
#include "placeholder.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The value of the placeholder at the start of text and the length of its name with the braces;
 * NULL where there is none. `number` has room for a number. */
static const char *find_value(const char *text, const struct placeholders *values,
			      size_t *ret_length, char number[24])
{
	const struct {
		const char *name;
		const char *text;
		uint64_t number;
	} known[] = {
		{ "{class}", values->class, 0 },
		{ "{source}", values->source, 0 },
		{ "{memory_mib}", NULL, values->memory_mib },
		{ "{heap_mib}", NULL, values->heap_mib },
		{ "{cpus}", NULL, values->cpus },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
		*ret_length = strlen(known[i].name);
		if (strncmp(text, known[i].name, *ret_length) != 0)
			continue;
		if (known[i].text != NULL)
			return known[i].text;
		(void)snprintf(number, 24, "%" PRIu64, known[i].number);
		return number;
	}
	return NULL;
}

const char *placeholder_expand(struct arena *arena, const char *text,
			       const struct placeholders *values)
{
	const char *done = "";
	const char *rest = text;
	for (const char *at = text; *at != '\0';) {
		size_t length = 0;
		char number[24];
		const char *value = *at == '{' ? find_value(at, values, &length, number) : NULL;
		if (value == NULL) {
			at++;
			continue;
		}
		done = arena_format(arena, "%s%.*s%s", done, (int)(at - rest), rest, value);
		if (done == NULL)
			return NULL;
		at += length;
		rest = at;
	}
	return arena_format(arena, "%s%s", done, rest);
}
