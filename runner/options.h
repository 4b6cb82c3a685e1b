/* SPDX-License-Identifier: MIT */
/*
 * Command-line options as tables. One constant table per command drives both the parsing
 * (getopt_long(3)) and the --help text, so that neither can lie about the other.
 */
#ifndef BAILIFF_RUNNER_OPTIONS_H
#define BAILIFF_RUNNER_OPTIONS_H

#include <bailiff/bailiff.h>
#include <stdio.h>

struct option_row;

/* Applies one option to the command's own state. `value` is NULL for an option without one. */
typedef int (*option_apply)(void *target, const struct option_row *row, const char *value,
			    struct bailiff_error *err);

struct option_row {
	const char *name;     /* without the two dashes */
	char letter;	      /* short form, '\0' = none */
	const char *value;    /* what stands for its value in the help text; NULL = takes none */
	const char *group;    /* heading in the help text; rows of one group stand together */
	const char *help;     /* may have several lines, parted by '\n' */
	const char *fallback; /* the default, for the help text; NULL = none */
	option_apply apply;
};

struct option_table {
	const char *usage;   /* lines such as "bailiff run [OPTIONS] -- PROGRAM", parted by '\n' */
	const char *summary; /* one sentence */
	const char *more;    /* man page to read on in, such as "bailiff(1)" */
	const struct option_row *rows;
	size_t row_count;
	bool mixed; /* options may stand behind arguments too, up to "--" */
};

/* One option as it stood on the command line; points into argv and the table. */
struct parsed_option {
	const struct option_row *row;
	const char *value;
};

struct parsed_options {
	struct parsed_option *items; /* owned, in the order of the command line */
	size_t count;
	int rest; /* index in argv of the first argument after the options */
};

/*
 * Parses argv[1..] up to the first argument that is no option, or "--"; where options may be mixed
 * with arguments, argv is sorted so that the options come first. A wrong option fails with
 * BAILIFF_FAULT_SPEC; the message names it and the hint suggests the nearest. *ret_options is the
 * caller's (options_finish). Uses getopt's global state: not for two threads at once.
 */
int options_parse(const struct option_table *table, int argc, char **argv,
		  struct parsed_options *ret_options, struct bailiff_error *err);

/* Frees what options_parse() allocated. Zeroed options are allowed. */
void options_finish(struct parsed_options *options);

/* The option of this name, the last one where it was given several times; NULL = not given. */
const struct parsed_option *options_find(const struct parsed_options *options, const char *name);

/* Calls apply of each option in order, until one fails. */
int options_apply(const struct parsed_options *options, void *target, struct bailiff_error *err);

void options_help(const struct option_table *table, FILE *out);

/* apply of an option that the command looks up with options_find(). */
int option_ignore(void *target, const struct option_row *row, const char *value,
		  struct bailiff_error *err);

/*
 * Defines an apply that keeps an option's value, or notes that the option was given, in one field of the
 * command's own state.
 */
#define OPTION_KEEPS_TEXT(function, type, field)                                                \
	static int function(void *target, const struct option_row *row, const char *value,       \
			    struct bailiff_error *err)                                           \
	{                                                                                       \
		(void)row, (void)err;                                                           \
		((type *)target)->field = value;                                                \
		return 0;                                                                       \
	}
#define OPTION_SETS_FLAG(function, type, field)                                                 \
	static int function(void *target, const struct option_row *row, const char *value,       \
			    struct bailiff_error *err)                                           \
	{                                                                                       \
		(void)row, (void)value, (void)err;                                              \
		((type *)target)->field = true;                                                 \
		return 0;                                                                       \
	}

#endif
