/* SPDX-License-Identifier: MIT */
/*
 * Quotes as in POSIX.1-2017, Shell Command Language, 2.2, without anything being expanded.
 */
#include "shell_words.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>

#define WORDS_MAX 256u

/* A word that is being put together. */
struct word {
	char *text;
	size_t length;
};

/* Passes one word, without its quotes. False where a quote is not closed. */
static bool take_word(const char **at, struct word *word)
{
	char quote = '\0';
	const char *c = *at;
	for (; *c != '\0' && (quote != '\0' || !isspace((unsigned char)*c)); c++) {
		bool is_escape = *c == '\\' && quote != '\'';
		if (quote == '"' && is_escape && c[1] != '"' && c[1] != '\\')
			is_escape = false;
		if (is_escape && c[1] == '\0')
			return false;
		if (is_escape)
			word->text[word->length++] = *++c;
		else if (quote == '\0' && (*c == '\'' || *c == '"'))
			quote = *c;
		else if (quote != '\0' && *c == quote)
			quote = '\0';
		else
			word->text[word->length++] = *c;
	}
	*at = c;
	return quote == '\0';
}

int split_words(struct arena *arena, const char *text, const char *const **ret_words,
		struct bailiff_error *err)
{
	const char **words = NULL;
	size_t count = 0;
	for (const char *at = text;;) {
		while (isspace((unsigned char)*at))
			at++;
		if (*at == '\0')
			break;
		if (count == WORDS_MAX)
			return fail_spec(err, "more than %u words", WORDS_MAX);
		struct word word = { .text = arena_alloc(arena, strlen(at) + 1) };
		if (words == NULL)
			words = arena_alloc(arena, (WORDS_MAX + 1) * sizeof *words);
		if (words == NULL || word.text == NULL)
			return fail_memory(err);
		if (!take_word(&at, &word))
			return fail_spec(err, "a quote that is not closed");
		words[count++] = word.text;
	}
	*ret_words = words;
	return 0;
}
