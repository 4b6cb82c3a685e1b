/* SPDX-License-Identifier: MIT */
/*
 * Java wants a file to be named after its public class, and the launcher wants the name of the
 * class with the main method. Submissions come under any name, so both are read from the source:
 * comments and literals are skipped, braces counted, and the words around them looked at.
 */
#include "main_class.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX MAIN_CLASS_NAME_MAX

struct scanner {
	const char *at;
	const char *end;
	unsigned depth;		 /* open braces */
	char previous[WORD_MAX]; /* the word just before this one, "" after anything else */
	char type[WORD_MAX];	 /* the top-level type we are in or after */
	char public_type[WORD_MAX];
	bool is_public;	 /* "public" stood before the declaration that is under way */
	bool in_package; /* between "package" and ';' */
};

static bool starts_with(const struct scanner *scanner, const char *text)
{
	size_t length = strlen(text);
	return (size_t)(scanner->end - scanner->at) >= length &&
	       memcmp(scanner->at, text, length) == 0;
}

/* Moves behind the next `text`, or to the end where there is none. */
static void skip_past(struct scanner *scanner, const char *text)
{
	while (scanner->at < scanner->end && !starts_with(scanner, text))
		scanner->at++;
	size_t left = (size_t)(scanner->end - scanner->at);
	scanner->at += left < strlen(text) ? left : strlen(text);
}

/* Moves behind a literal that ends with `close`; a backslash takes the next byte with it. */
static void skip_literal(struct scanner *scanner, const char *close)
{
	scanner->at += strlen(close);
	while (scanner->at < scanner->end && !starts_with(scanner, close)) {
		bool escape = *scanner->at == '\\' && scanner->at + 1 < scanner->end;
		scanner->at += escape ? 2 : 1;
	}
	skip_past(scanner, close);
}

static bool skip_comment_or_literal(struct scanner *scanner)
{
	if (starts_with(scanner, "//"))
		skip_past(scanner, "\n");
	else if (starts_with(scanner, "/*"))
		skip_past(scanner, "*/");
	else if (starts_with(scanner, "\"\"\""))
		skip_literal(scanner, "\"\"\"");
	else if (*scanner->at == '"')
		skip_literal(scanner, "\"");
	else if (*scanner->at == '\'')
		skip_literal(scanner, "'");
	else
		return false;
	return true;
}

/* Bytes of an identifier; those above ASCII may all be letters. */
static bool is_word_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '$' ||
	       (unsigned char)byte >= 0x80;
}

static bool is_type_keyword(const char *word)
{
	return strcmp(word, "class") == 0 || strcmp(word, "interface") == 0 ||
	       strcmp(word, "enum") == 0 || strcmp(word, "record") == 0;
}

static void add_to_package(struct main_class *class, const char *text)
{
	size_t used = strlen(class->package);
	(void)snprintf(class->package + used, sizeof class->package - used, "%s", text);
}

static void see_word(struct scanner *scanner, const char *word, struct main_class *class)
{
	bool is_top = scanner->depth == 0;
	if (scanner->in_package)
		add_to_package(class, word);
	else if (is_top && strcmp(word, "package") == 0 && class->package[0] == '\0')
		scanner->in_package = true;
	else if (is_top && strcmp(word, "public") == 0)
		scanner->is_public = true;
	else if (is_top && is_type_keyword(scanner->previous)) {
		memcpy(scanner->type, word, strlen(word) + 1);
		if (scanner->is_public)
			memcpy(scanner->public_type, word, strlen(word) + 1);
	} else if (scanner->depth == 1 && strcmp(word, "main") == 0 &&
		   strcmp(scanner->previous, "void") == 0 && class->name[0] == '\0')
		memcpy(class->name, scanner->type, sizeof scanner->type);
	memcpy(scanner->previous, word, strlen(word) + 1);
}

static void see_mark(struct scanner *scanner, char mark, struct main_class *class)
{
	scanner->previous[0] = '\0';
	if (scanner->in_package && mark == '.')
		add_to_package(class, ".");
	if (mark == '{')
		scanner->depth++;
	if (mark == '}' && scanner->depth > 0)
		scanner->depth--;
	if (mark == '{' || mark == '}' || mark == ';') {
		scanner->is_public = false;
		scanner->in_package = false;
	}
}

void main_class_scan(const char *text, size_t size, struct main_class *ret_class)
{
	struct scanner scanner = { .at = text, .end = text + size };
	struct main_class class = { 0 };
	while (scanner.at < scanner.end) {
		if (skip_comment_or_literal(&scanner))
			continue;
		const char *start = scanner.at;
		while (scanner.at < scanner.end && is_word_byte(*scanner.at))
			scanner.at++;
		size_t length = (size_t)(scanner.at - start);
		if (length == 0) {
			char mark = *scanner.at++;
			if (strchr(" \t\r\n\f", mark) == NULL || mark == '\0')
				see_mark(&scanner, mark, &class);
			continue;
		}
		char word[WORD_MAX] = "";
		if (length < sizeof word) {
			memcpy(word, start, length);
			see_word(&scanner, word, &class);
		}
	}
	const char *file = scanner.public_type[0] != '\0' ? scanner.public_type : class.name;
	memcpy(class.file, file, strlen(file) + 1);
	*ret_class = class;
}
