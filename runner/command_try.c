/* SPDX-License-Identifier: MIT */
/*
 * `bailiff try`: compiles one source file by its language's definition and runs it, each in a
 * cell of its own.
 *
 * The options are those of `bailiff run`, taken from its table, and a few more; they may stand
 * behind the source file's name too.
 */
#include "commands.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/compilation_json.h"
#include "codec/policy_json.h"
#include "exit_status.h"
#include "input.h"
#include "message.h"
#include "policy_find.h"
#include "run_options.h"
#include "session.h"
#include "toolchain.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

/* Above every submission; the largest judges allow 256 KiB. */
#define SOURCE_BYTES_MAX ((size_t)16 << 20)
#define ROWS_MAX 48u
/* With --exit-status: what compilers exit with when they refuse a program. */
#define STATUS_COMPILE_ERROR 1

static const struct option_row own_rows[] = {
	{ "language", 0, "ID", "Language", "the language, see 'bailiff languages'",
	  "by the file's extension", option_ignore },
	{ "languages", 0, "DIR", "Language",
	  "definitions of your own, see bailiff-languages(5);\none of a known id replaces it", NULL,
	  option_ignore },
};

/* Everything that must be released at the end of the command. */
struct
try {
	struct option_row rows[ROWS_MAX];
	struct option_table table;
	struct session session;
	struct run_options options;
	struct language_set languages;
	struct input source;
	struct program program;
	struct loaded_policy *policy; /* NULL where a built-in one is used */
	const struct language *language;
	const char *path; /* of the source file */
};

/* The options of `bailiff run` but for --spec, and our own before them. */
static void make_table(struct try *try)
{
	size_t count = ARRAY_LENGTH(own_rows);
	memcpy(try->rows, own_rows, sizeof own_rows);
	for (size_t i = 0; i < run_option_table.row_count && count < ROWS_MAX; i++) {
		if (strcmp(run_option_table.rows[i].name, "spec") != 0)
			try->rows[count++] = run_option_table.rows[i];
	}
	try->table = (struct option_table){
		.usage = "bailiff try SOURCE [OPTIONS] [-- ARG...]",
		.summary = "Compiles a source file by its language's definition, runs it, and "
			   "prints what it did\nas JSON.",
		.more = "bailiff(1)",
		.rows = try->rows,
		.row_count = count,
		.mixed = true,
	};
}

static const char *option_value(const struct try *try, const char *name)
{
	const struct parsed_option *option = options_find(&try->options.parsed, name);
	return option != NULL ? option->value : NULL;
}

/* ---- before the run ------------------------------------------------------------------------ */

static int parse(struct try *try, int argc, char **argv, struct bailiff_error *err)
{
	struct run_options *options = &try->options;
	int rc = run_options_parse_table(&try->table, argc, argv, options, err);
	if (rc < 0 || options->help)
		return rc;
	char **rest = argv + options->parsed.rest;
	if (rest[0] == NULL)
		return fail_spec(err, "no source file given; expected SOURCE");
	try->path = rest[0];
	rc = run_options_apply(options, err);
	for (char **argument = rest + 1; rc == 0 && *argument != NULL; argument++)
		rc = run_request_add_argument(&options->request, *argument, err);
	return rc;
}

static int choose_language(struct try *try, struct bailiff_error *err)
{
	const char *id = option_value(try, "language");
	return id != NULL ? language_find(&try->languages, id, &try->language, err) :
			    language_of_file(&try->languages, try->path, &try->language, err);
}

/* Reads the source and everything else that is the caller's. */
static int prepare(struct try *try, struct bailiff_error *err)
{
	int rc = input_read_file(try->path, SOURCE_BYTES_MAX, &try->source, err);
	if (rc == 0 && toolchain_uses_host(try->options.request.spec.rootfs))
		rc = toolchain_check(try->language, err);
	if (rc < 0)
		return rc;
	const struct source_file source = {
		.name = path_last_part(try->path),
		.text = try->source.text,
		.size = try->source.size,
	};
	struct run_request *request = &try->options.request;
	rc = program_open(&try->program, try->language, &source, 1, err);
	if (rc == 0)
		rc = policy_find(request->policy != NULL ? request->policy :
							   try->language->run.policy,
				 &request->spec.policy, &try->policy, err);
	return rc < 0 ? rc : session_open_result(&try->session, try->options.result_path, err);
}

/* ---- compiling and running ----------------------------------------------------------------- */

static int report(const struct try *try, const struct compilation *compilation,
		  const struct bailiff_result *result, struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	int rc = try_json_print(try->language, compilation, result, &try->options.request.spec,
				&text, err);
	return rc < 0 ? rc : session_write_result(&try->session, text, err);
}

/* The exit status for what happened; `result` is NULL where nothing was run. */
static int status_of(const struct try *try, const struct compilation *compilation,
		     const struct bailiff_result *result)
{
	if (compilation->verdict == COMPILE_IE) {
		message_error(&compilation->result.error);
		return EX_SOFTWARE;
	}
	if (result != NULL && result->verdict == BAILIFF_VERDICT_IE) {
		message_error(&result->error);
		return EX_SOFTWARE;
	}
	if (!try->options.exit_status)
		return EX_OK;
	return result != NULL ? exit_status_of_result(result) : STATUS_COMPILE_ERROR;
}

static int run_program(struct try *try, struct bailiff_result *result, struct bailiff_error *err)
{
	struct run_request *request = &try->options.request;
	int rc = toolchain_run_request(&try->program, request, err);
	if (rc < 0)
		return rc;
	request->spec.has_cancel_fd = true;
	request->spec.cancel_fd = try->session.signal_fd;
	return bailiff_run(try->session.host, &request->spec, result, err);
}

static int compile_and_run(struct try *try)
{
	struct bailiff_error err = { 0 };
	struct compilation compilation = { 0 };
	struct bailiff_result result = { 0 };
	const struct toolchain toolchain = {
		.host = try->session.host,
		.cancel_fd = try->session.signal_fd,
		.rootfs = try->options.request.spec.rootfs,
	};
	int rc = toolchain_compile(&toolchain, &try->program, &compilation, &err);
	bool compiled = rc == 0 && compilation.verdict == COMPILE_OK;
	if (compiled)
		rc = run_program(try, &result, &err);
	if (rc == 0) {
		session_let_go(&try->session);
		rc = report(try, &compilation, compiled ? &result : NULL, &err);
	}
	int status = 0;
	if (rc == -ECANCELED)
		status = session_cancelled_status(&try->session);
	else if (rc < 0)
		status = tell_error(&err);
	else
		status = status_of(try, &compilation, compiled ? &result : NULL);
	bailiff_result_finish(&result);
	compilation_finish(&compilation);
	return status;
}

static int try_command(struct try *try, int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	make_table(try);
	if (parse(try, argc, argv, &err) < 0)
		return tell_usage_error(&err, "try");
	if (try->options.help) {
		options_help(&try->table, stdout);
		return EX_OK;
	}
	if (language_set_load(&try->languages, option_value(try, "languages"), &err) < 0)
		return tell_error(&err);
	if (choose_language(try, &err) < 0)
		return tell_usage_error(&err, "try");
	if (prepare(try, &err) < 0 || session_catch_signals(&try->session, &err) < 0 ||
	    session_open_host(&try->session, argv, NULL, &err) < 0)
		return tell_error(&err);
	return compile_and_run(try);
}

int command_try(int argc, char **argv)
{
	struct try try = { .session = SESSION_EMPTY };
	int status = try_command(&try, argc, argv);
	session_finish(&try.session);
	program_finish(&try.program);
	language_set_finish(&try.languages);
	loaded_policy_free(try.policy);
	input_finish(&try.source);
	run_options_finish(&try.options);
	return status;
}
