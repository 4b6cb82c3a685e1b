/* SPDX-License-Identifier: MIT */
/*
 * Braces are written out one after the other, so that the matching itself knows only '*'. What a
 * pattern may stand for is bounded in number and length.
 */
#include "judge/submission_glob.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define PATTERN_LENGTH_MAX 300u
#define BRACES_MAX 16u
#define ALTERNATIVES_MAX 1000u

/* In one path component the last '*' is the only one that has to be tried again. */
static bool matches_plain(const char *pattern, const char *path)
{
	const char *star = NULL, *from = NULL;
	while (*path != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = path;
		} else if (*pattern == *path) {
			if (*path == '/')
				star = NULL;
			pattern++;
			path++;
		} else if (star != NULL && *from != '/') {
			pattern = star + 1;
			path = ++from;
		} else {
			return false;
		}
	}
	pattern += strspn(pattern, "*");
	return *pattern == '\0';
}

struct expansion {
	const char *path;
	unsigned left; /* alternatives that may still be tried */
	bool matches;
	struct bailiff_error *err;
};

/* The end of what stands between braces, from behind the first; *ret_comma is the first ',' of
 * this level. NULL where they are not closed. */
static const char *find_close(const char *at, const char **ret_comma)
{
	unsigned depth = 0;
	*ret_comma = NULL;
	for (; *at != '\0'; at++) {
		if (*at == '}' && depth == 0)
			return at;
		if (*at == ',' && depth == 0 && *ret_comma == NULL)
			*ret_comma = at;
		if (*at == '{')
			depth++;
		else if (*at == '}')
			depth--;
	}
	return NULL;
}

static int expand(struct expansion *expansion, const char *pattern, unsigned depth)
{
	const char *open = strchr(pattern, '{'), *comma = NULL;
	const char *close = open != NULL ? find_close(open + 1, &comma) : NULL;
	if (expansion->left-- == 0 || depth > BRACES_MAX)
		return fail_spec(expansion->err, "too many braces");
	if (close == NULL) {
		expansion->matches = expansion->matches || matches_plain(pattern, expansion->path);
		return 0;
	}
	int rc = 0;
	for (const char *from = open + 1; rc == 0 && from <= close;) {
		char text[PATTERN_LENGTH_MAX + 1];
		const char *end = find_close(from, &comma);
		if (comma != NULL && comma < end)
			end = comma;
		(void)snprintf(text, sizeof text, "%.*s%.*s%s", (int)(open - pattern), pattern,
			       (int)(end - from), from, close + 1);
		rc = expand(expansion, text, depth + 1);
		from = end + 1;
	}
	return rc;
}

int submission_glob_match(const char *pattern, const char *path, bool *ret_matches,
			  struct bailiff_error *err)
{
	struct expansion expansion = { .path = path, .left = ALTERNATIVES_MAX, .err = err };
	if (strlen(pattern) > PATTERN_LENGTH_MAX)
		return fail_spec(err, "longer than %u bytes", PATTERN_LENGTH_MAX);
	int rc = expand(&expansion, pattern, 0);
	if (rc == 0)
		*ret_matches = expansion.matches;
	return rc;
}
