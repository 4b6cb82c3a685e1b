/* SPDX-License-Identifier: MIT */
/*
 * `bailiff policy check`: reads files and prints what is wrong with them. Findings are the result
 * and go to standard output. The exit status says the worst: a file that cannot be read before one
 * that is wrong.
 */
#include "policy_commands.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "codec/policy_json.h"
#include "codec/policy_report_json.h"
#include "exit_status.h"
#include "message.h"
#include "options.h"
#include "policy_lint.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct option_row check_rows[] = {
	{ "json", 0, NULL, "Options", "print JSON", NULL, option_ignore },
	{ "strict", 0, NULL, "Options", "take warnings for errors", NULL, option_ignore },
	{ "help", 'h', NULL, "Options", "show this text", NULL, option_ignore },
};

static const struct option_table check_table = {
	.usage = "bailiff policy check [--strict] [--json] FILE...",
	.summary = "Looks for mistakes and dangers in policy files. Exits with 0 where there are\n"
		   "only warnings, 65 where a file is wrong, 66 where one cannot be read.",
	.more = "bailiff-policy(5)",
	.rows = check_rows,
	.row_count = ARRAY_LENGTH(check_rows),
	.mixed = true,
};

/* One file, read and looked at. */
struct check {
	struct loaded_policy *loaded; /* NULL where it could not be read */
	struct lint_report report;
	struct bailiff_error error;
};

static void check_finish(struct check *check)
{
	lint_report_finish(&check->report);
	loaded_policy_free(check->loaded);
}

static void check_file(const char *path, struct check *check)
{
	*check = (struct check){ .loaded = NULL };
	if (policy_json_read(path, &check->loaded, &check->error) == 0)
		(void)policy_lint(check->loaded, &check->report, &check->error);
}

static int status_of(const struct check *check, bool strict)
{
	if (check->error.fault != BAILIFF_FAULT_NONE)
		return exit_status_of_error(&check->error);
	return check->report.errors > 0 || (strict && check->report.count > 0) ? EX_DATAERR : EX_OK;
}

/* ---- printing ---------------------------------------------------------------------------- */

static void print_finding(const char *path, const struct lint_finding *finding)
{
	print_escaped(stdout, path);
	(void)printf(": %s%s%s: ", finding->where, finding->where[0] != '\0' ? ": " : "",
		     lint_severity_name(finding->severity));
	if (finding->call[0] != '\0') {
		print_escaped(stdout, finding->call);
		(void)printf(": ");
	}
	print_escaped(stdout, finding->text);
	(void)printf(" [%s]\n", finding->id);
}

static void print_checks(char *const *paths, const struct check *checks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct lint_report *report = &checks[i].report;
		if (checks[i].error.fault != BAILIFF_FAULT_NONE) {
			message_error(&checks[i].error);
			continue;
		}
		for (size_t f = 0; f < report->count; f++)
			print_finding(paths[i], &report->findings[f]);
		print_escaped(stdout, paths[i]);
		(void)printf(": %zu errors, %zu warnings\n", report->errors,
			     report->count - report->errors);
	}
}

static int print_json(char *const *paths, const struct check *checks, size_t count,
		      struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE struct checked_file *files = calloc(count, sizeof *files);
	if (files == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		bool failed = checks[i].error.fault != BAILIFF_FAULT_NONE;
		files[i] = (struct checked_file){ paths[i], &checks[i].report,
						  failed ? &checks[i].error : NULL };
	}
	int rc = policy_check_json_print(files, count, &text, err);
	if (rc == 0)
		rc = io_write_all(STDOUT_FILENO, text, strlen(text));
	return rc;
}

/* ---- the command ------------------------------------------------------------------------- */

static int check_files(char *const *paths, size_t count, bool strict, bool json)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE struct check *checks = calloc(count, sizeof *checks);
	if (checks == NULL) {
		(void)fail_memory(&err);
		message_error(&err);
		return exit_status_of_error(&err);
	}
	int status = EX_OK;
	for (size_t i = 0; i < count; i++) {
		check_file(paths[i], &checks[i]);
		int own = status_of(&checks[i], strict);
		status = own > status ? own : status;
	}
	if (!json)
		print_checks(paths, checks, count);
	else if (print_json(paths, checks, count, &err) < 0) {
		message_error(&err);
		status = exit_status_of_error(&err);
	}
	for (size_t i = 0; i < count; i++)
		check_finish(&checks[i]);
	return status;
}

int policy_command_check(int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	struct parsed_options options = { 0 };
	int rc = options_parse(&check_table, argc, argv, &options, &err);
	bool help = rc == 0 && options_find(&options, "help") != NULL;
	bool strict = rc == 0 && options_find(&options, "strict") != NULL;
	bool json = rc == 0 && options_find(&options, "json") != NULL;
	if (rc == 0 && !help && options.rest == argc)
		rc = fail_spec(&err, "no file named; expected FILE...");
	int rest = options.rest;
	options_finish(&options);
	if (rc < 0) {
		message_usage(&err, "policy check");
		return EX_USAGE;
	}
	if (help) {
		options_help(&check_table, stdout);
		return EX_OK;
	}
	return check_files(argv + rest, (size_t)(argc - rest), strict, json);
}
