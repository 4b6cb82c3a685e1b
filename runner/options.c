/* SPDX-License-Identifier: MIT */
/*
 * The engine behind the option tables. Parsing and applying are two steps because a spec file
 * named by an option must be read before the other options are applied over it.
 */
#include "options.h"

#include "arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "nearest.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* Options of one table; far above any command's. */
#define ROWS_MAX 64u
/* Values that getopt_long() returns for long options; above every letter. */
#define LONG_FIRST 256
/* Column of the help text's descriptions. */
#define HELP_COLUMN 26

/* What getopt wants to see, made from the table. */
struct getopt_tables {
	struct option longs[ROWS_MAX + 1];
	char shorts[2 + 2 * ROWS_MAX + 1];
};

static void make_tables(const struct option_table *table, struct getopt_tables *ret_tables)
{
	size_t used = 0;
	/* '+': stop at the program's name. ':': tell a missing value from an unknown option. */
	if (!table->mixed)
		ret_tables->shorts[used++] = '+';
	ret_tables->shorts[used++] = ':';
	for (size_t i = 0; i < table->row_count && i < ROWS_MAX; i++) {
		const struct option_row *row = &table->rows[i];
		ret_tables->longs[i] = (struct option){
			.name = row->name,
			.has_arg = row->value != NULL ? required_argument : no_argument,
			.val = LONG_FIRST + (int)i,
		};
		if (row->letter == '\0')
			continue;
		ret_tables->shorts[used++] = row->letter;
		if (row->value != NULL)
			ret_tables->shorts[used++] = ':';
	}
}

static const struct option_row *find_row(const struct option_table *table, int code)
{
	for (size_t i = 0; i < table->row_count; i++) {
		if (code == LONG_FIRST + (int)i ||
		    (table->rows[i].letter != '\0' && code == table->rows[i].letter))
			return &table->rows[i];
	}
	return NULL;
}

/* `typed` is the argument with the unknown option in it, such as "--memroy=1G". */
static int fail_unknown(const struct option_table *table, const char *typed,
			struct bailiff_error *err)
{
	if (optopt != 0)
		return fail_spec(err, "unknown option '-%c'", optopt);
	const char *names[ROWS_MAX + 1] = { NULL };
	size_t matches = 0;
	size_t length = strcspn(typed + 2, "=");
	for (size_t i = 0; i < table->row_count && i < ROWS_MAX; i++) {
		names[i] = table->rows[i].name;
		matches += strncmp(names[i], typed + 2, length) == 0;
	}
	if (matches > 1)
		return fail_spec(err, "option '%s' is ambiguous", typed);
	AUTO_FREE char *name = strndup(typed + 2, length);
	if (name == NULL)
		return fail_memory(err);
	int rc = fail_spec(err, "unknown option '--%s'", name);
	const char *nearest = nearest_name(name, names);
	if (nearest != NULL && err != NULL)
		(void)snprintf(err->hint, sizeof err->hint, "did you mean '--%s'?", nearest);
	return rc;
}

static int fail_option(const struct option_table *table, int code, const char *typed,
		       struct bailiff_error *err)
{
	const struct option_row *row = find_row(table, optopt);
	if (code == ':' && row != NULL)
		return fail_spec(err, "--%s: needs a value (%s)", row->name, row->value);
	if (row != NULL && optopt >= LONG_FIRST)
		return fail_spec(err, "--%s: takes no value", row->name);
	return fail_unknown(table, typed, err);
}

int options_parse(const struct option_table *table, int argc, char **argv,
		  struct parsed_options *ret_options, struct bailiff_error *err)
{
	struct getopt_tables tables = { 0 };
	AUTO_FREE struct parsed_option *items = NULL;
	size_t capacity = (size_t)argc + ROWS_MAX; /* "-hhh" is several options in one argument */
	size_t count = 0;

	make_tables(table, &tables);
	items = calloc(capacity, sizeof *items);
	if (items == NULL)
		return fail_memory(err);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	for (;;) {
		int code = getopt_long(argc, argv, tables.shorts, tables.longs, NULL);
		if (code < 0)
			break;
		const struct option_row *row = find_row(table, code);
		if (row == NULL)
			return fail_option(table, code, argv[optind - 1], err);
		if (count == capacity)
			return fail_spec(err, "too many options");
		items[count++] = (struct parsed_option){ .row = row, .value = optarg };
	}
	*ret_options = (struct parsed_options){ MEM_TAKE(items), count, optind };
	return 0;
}

void options_finish(struct parsed_options *options)
{
	free(options->items);
	*options = (struct parsed_options){ 0 };
}

const struct parsed_option *options_find(const struct parsed_options *options, const char *name)
{
	for (size_t i = options->count; i > 0; i--) {
		if (strcmp(options->items[i - 1].row->name, name) == 0)
			return &options->items[i - 1];
	}
	return NULL;
}

int options_apply(const struct parsed_options *options, void *target, struct bailiff_error *err)
{
	for (size_t i = 0; i < options->count; i++) {
		const struct parsed_option *option = &options->items[i];
		int rc = option->row->apply(target, option->row, option->value, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int option_ignore(void *target, const struct option_row *row, const char *value,
		  struct bailiff_error *err)
{
	(void)target, (void)row, (void)value, (void)err;
	return 0;
}

/* ---- help ---------------------------------------------------------------------------------- */

/* Prints text with `indent` before every line but the first. */
static void print_lines(FILE *out, const char *text, const char *indent)
{
	for (const char *at = text;;) {
		size_t length = strcspn(at, "\n");
		(void)fprintf(out, "%.*s", (int)length, at);
		if (at[length] == '\0')
			return;
		(void)fprintf(out, "\n%s", indent);
		at += length + 1;
	}
}

static void print_row(FILE *out, const struct option_row *row)
{
	char left[64];
	char letter[] = { '-', row->letter, ',', ' ', '\0' };
	int width = snprintf(left, sizeof left, "  %s--%s%s%s", row->letter != '\0' ? letter : "",
			     row->name, row->value != NULL ? " " : "",
			     row->value != NULL ? row->value : "");
	(void)fprintf(out, "%-*s", HELP_COLUMN, left);
	if (width >= HELP_COLUMN)
		(void)fprintf(out, "\n%*s", HELP_COLUMN, "");
	char indent[HELP_COLUMN + 1];
	(void)snprintf(indent, sizeof indent, "%*s", HELP_COLUMN, "");
	print_lines(out, row->help, indent);
	if (row->fallback != NULL)
		(void)fprintf(out, " [%s]", row->fallback);
	(void)fprintf(out, "\n");
}

void options_help(const struct option_table *table, FILE *out)
{
	(void)fprintf(out, "Usage: ");
	print_lines(out, table->usage, "       ");
	(void)fprintf(out, "\n\n");
	print_lines(out, table->summary, "");
	(void)fprintf(out, "\n");
	const char *group = "";
	for (size_t i = 0; i < table->row_count; i++) {
		if (strcmp(table->rows[i].group, group) != 0) {
			group = table->rows[i].group;
			(void)fprintf(out, "\n%s:\n", group);
		}
		print_row(out, &table->rows[i]);
	}
	(void)fprintf(out, "\nSee %s.\n", table->more);
}
