/* SPDX-License-Identifier: MIT */
/*
 * `bailiff policy`: finds the command below it, and the two that only print what is built in or
 * named. Checking and learning have files of their own.
 */
#include "commands.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "codec/policy_json.h"
#include "codec/policy_report_json.h"
#include "codec/policy_write.h"
#include "dispatch.h"
#include "exit_status.h"
#include "message.h"
#include "options.h"
#include "plain_command.h"
#include "policy_commands.h"
#include "policy_find.h"
#include "policy_show.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct command commands[] = {
	{ "list", "show the policies that are built in", policy_command_list },
	{ "show", "explain a policy, or print it for another runtime", policy_command_show },
	{ "check", "look for mistakes and dangers in policy files", policy_command_check },
	{ "learn", "run a program and print the least policy it needs", policy_command_learn },
};

/* Prints a text and frees nothing. The exit status. */
static int print_text(const char *text)
{
	struct bailiff_error err = { 0 };
	int rc = io_write_all(STDOUT_FILENO, text, strlen(text));
	if (rc == 0)
		return EX_OK;
	(void)fail_internal(&err, BAILIFF_STAGE_SUPERVISE, -rc, "write standard output");
	return tell_error(&err);
}

/* ---- list -------------------------------------------------------------------------------- */

static const struct plain_command list_command = {
	.name = "policy list",
	.usage = "bailiff policy list [--json]",
	.summary = "Shows the policies that are built in, and how many calls each allows.",
	.more = "bailiff-policy(5)",
};

/* The first sentence of a description. */
static int sentence_length(const char *text)
{
	const char *end = strstr(text, ". ");
	const char *colon = strstr(text, ": ");
	if (colon != NULL && (end == NULL || colon < end))
		end = colon;
	return end != NULL ? (int)(end - text) : (int)strcspn(text, ".");
}

static int print_list(void)
{
	(void)printf("%-12s %8s %12s %8s %7s  %s\n", "POLICY", "ALLOWED", "CONDITIONAL", "REFUSED",
		     "DENIED", "FOR");
	for (size_t i = 0; builtin_policies[i] != NULL; i++) {
		const struct bailiff_policy *policy = builtin_policies[i];
		struct policy_counts counts = policy_count(policy);
		(void)printf("%-12s %8zu %12zu %8zu %7zu  %.*s\n", policy->name, counts.allowed,
			     counts.conditional, counts.refused, counts.denied,
			     sentence_length(policy->description), policy->description);
	}
	return EX_OK;
}

int policy_command_list(int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	bool json;
	int status;
	if (!plain_command_parse(&list_command, argc, argv, &json, &status))
		return status;
	if (!json)
		return print_list();
	return policy_list_json_print(&text, &err) < 0 ? tell_error(&err) : print_text(text);
}

/* ---- show -------------------------------------------------------------------------------- */

static const struct option_row show_rows[] = {
	{ "format", 0, "text|oci", "Options",
	  "plain words, or a profile that bailiff and other\nruntimes read", "text",
	  option_ignore },
	{ "help", 'h', NULL, "Options", "show this text", NULL, option_ignore },
};

static const struct option_table show_table = {
	.usage = "bailiff policy show [--format text|oci] NAME|FILE",
	.summary = "Explains what a policy allows, call by call, with its reasons.",
	.more = "bailiff-policy(5)",
	.rows = show_rows,
	.row_count = ARRAY_LENGTH(show_rows),
	.mixed = true,
};

static int show(const char *name, bool oci)
{
	struct bailiff_error err = { 0 };
	const struct bailiff_policy *policy = NULL;
	struct loaded_policy *loaded = NULL;
	AUTO_FREE char *text = NULL;
	if (policy_find(name, &policy, &loaded, &err) < 0)
		return tell_error(&err);
	int status = EX_OK;
	if (!oci)
		policy_explain(policy, stdout);
	else if (policy_json_print(policy, POLICY_FORM_OCI, &text, &err) < 0)
		status = tell_error(&err);
	else
		status = print_text(text);
	loaded_policy_free(loaded);
	return status;
}

/* Fails unless there is one argument and a known format. */
static int parse_show(int argc, char **argv, struct parsed_options *options, bool *ret_oci,
		      struct bailiff_error *err)
{
	int rc = options_parse(&show_table, argc, argv, options, err);
	if (rc < 0 || options_find(options, "help") != NULL)
		return rc;
	const struct parsed_option *format = options_find(options, "format");
	*ret_oci = format != NULL && strcmp(format->value, "oci") == 0;
	if (format != NULL && !*ret_oci && strcmp(format->value, "text") != 0)
		return fail_spec(err, "--format: expected text|oci, not '%s'", format->value);
	if (options->rest == argc)
		return fail_spec(err, "no policy named; expected NAME|FILE");
	if (options->rest + 1 < argc)
		return fail_spec(err, "unexpected argument '%s'", argv[options->rest + 1]);
	return 0;
}

int policy_command_show(int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	struct parsed_options options = { 0 };
	bool oci = false;
	int rc = parse_show(argc, argv, &options, &oci, &err);
	bool help = rc == 0 && options_find(&options, "help") != NULL;
	int rest = options.rest;
	options_finish(&options);
	if (rc < 0) {
		message_usage(&err, "policy show");
		return EX_USAGE;
	}
	if (help) {
		options_help(&show_table, stdout);
		return EX_OK;
	}
	return show(argv[rest], oci);
}

/* ---- dispatch ---------------------------------------------------------------------------- */

int command_policy(int argc, char **argv)
{
	const struct subcommand_table table = {
		.parent = "policy",
		.commands = { commands, ARRAY_LENGTH(commands) },
		.summary = "Which system calls programs may make.",
		.name_width = 10,
		.more = "bailiff(1) and bailiff-policy(5)",
	};
	return dispatch_subcommand(&table, argc, argv);
}
