/* SPDX-License-Identifier: MIT */
/*
 * Commands that only show something: nothing to say to them but in which form.
 */
#include "plain_command.h"

#include "base/error.h"
#include "base/mem.h"
#include "message.h"
#include "options.h"

#include <stdio.h>
#include <sysexits.h>

static const struct option_row plain_rows[] = {
	{ "json", 0, NULL, "Options", "print JSON", NULL, option_ignore },
	{ "help", 'h', NULL, "Options", "show this text", NULL, option_ignore },
};

bool plain_command_parse(const struct plain_command *command, int argc, char **argv,
			 bool *ret_json, int *ret_status)
{
	const struct option_table table = {
		.usage = command->usage,
		.summary = command->summary,
		.more = command->more,
		.rows = plain_rows,
		.row_count = ARRAY_LENGTH(plain_rows),
	};
	struct bailiff_error err = { 0 };
	struct parsed_options options = { 0 };
	int rc = options_parse(&table, argc, argv, &options, &err);
	if (rc == 0 && options.rest < argc)
		rc = fail_spec(&err, "unexpected argument '%s'", argv[options.rest]);
	bool help = rc == 0 && options_find(&options, "help") != NULL;
	bool json = rc == 0 && options_find(&options, "json") != NULL;
	options_finish(&options);
	if (rc < 0) {
		*ret_status = tell_usage_error(&err, command->name);
		return false;
	}
	if (help) {
		options_help(&table, stdout);
		*ret_status = EX_OK;
		return false;
	}
	*ret_json = json;
	return true;
}
