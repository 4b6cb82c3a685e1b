/* SPDX-License-Identifier: MIT */
/*
 * `bailiff policy learn`: runs a program in a cell whose filter reports every call instead of
 * deciding it (seccomp user notification), and prints the least policy that would have let it
 * through. Needs neither an audit daemon nor a tracer, and sees all threads and children. The
 * program must be trusted: for as long as it is being learnt, every call is made.
 */
#include "policy_commands.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/policy_json.h"
#include "codec/policy_write.h"
#include "exit_status.h"
#include "learner.h"
#include "message.h"
#include "policy_find.h"
#include "run_options.h"
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Options of a run, and two. */
#define ROWS_MAX 40u
#define INPUTS_MAX 1024u

/* Every call costs two switches to the supervisor here, and what a program may use is not the
 * question, so the limits that were not given are generous. */
#define LEARN_CPU_NS (UINT64_C(20) * 1000000000)
#define LEARN_MEMORY_BYTES (UINT64_C(2) << 30)
/* Every thread reserves a stack of this size; as large as the memory is more than machines have. */
#define LEARN_STACK_BYTES (UINT64_C(256) << 20)
#define LEARN_PROCESSES 256u

/* A policy that lets nothing through, so that every call is reported. */
static const struct bailiff_policy observe_everything = {
	.name = "learn",
	.description = "",
	.default_action = POLICY_DENY,
};

struct learn {
	struct option_row rows[ROWS_MAX];
	struct option_table table;
	struct run_options options;
	struct session session;
	struct learner learner;
	struct loaded_policy *base; /* NULL where a built-in one or none is used */
	char **command_line;	    /* of the whole program, for starting over */
	const char *inputs[INPUTS_MAX];
	size_t input_count;
};

#define LEARNING "Learning"

static const struct option_row learn_rows[] = {
	{ "base", 0, "NAME|FILE", LEARNING,
	  "compare with this policy, and refuse what it\nrefuses with an errno", "none",
	  option_ignore },
	{ "input", 0, "FILE", LEARNING,
	  "run with this standard input; may be repeated, and\nall runs are learnt from", NULL,
	  option_ignore },
};

/* Options of a run that make no sense here. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = { "policy", "spec", "exit-status" };
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void make_table(struct learn *learn)
{
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(learn_rows); i++)
		learn->rows[count++] = learn_rows[i];
	for (size_t i = 0; i < run_option_table.row_count && count < ROWS_MAX; i++)
		if (!is_left_out(run_option_table.rows[i].name))
			learn->rows[count++] = run_option_table.rows[i];
	learn->table = (struct option_table){
		.usage = "bailiff policy learn [OPTIONS] -- PROGRAM [ARG...]",
		.summary = "Runs a trusted program and prints the least policy that lets it\n"
			   "through. Limits that are not given are generous here.",
		.more = "bailiff(1) and bailiff-policy(5)",
		.rows = learn->rows,
		.row_count = count,
	};
}

/* ---- the command line -------------------------------------------------------------------- */

static int take_inputs(struct learn *learn, struct bailiff_error *err)
{
	const struct parsed_options *parsed = &learn->options.parsed;
	for (size_t i = 0; i < parsed->count; i++) {
		if (strcmp(parsed->items[i].row->name, "input") != 0)
			continue;
		if (learn->input_count == INPUTS_MAX)
			return fail_spec(err, "--input: more than %u inputs", INPUTS_MAX);
		learn->inputs[learn->input_count++] = parsed->items[i].value;
	}
	if (learn->input_count > 0 &&
	    (options_find(parsed, "stdin") != NULL || options_find(parsed, "inherit") != NULL))
		return fail_spec(err, "--input: excludes --stdin and --inherit");
	return 0;
}

static int parse(struct learn *learn, int argc, char **argv, struct bailiff_error *err)
{
	struct run_options *options = &learn->options;
	int rc = run_options_parse_table(&learn->table, argc, argv, options, err);
	if (rc < 0 || options->help)
		return rc;
	options->program = argv + options->parsed.rest;
	if (options->program[0] == NULL || options->program[0][0] == '\0')
		return fail_spec(err, "no program given; expected -- PROGRAM [ARG...]");
	rc = take_inputs(learn, err);
	return rc < 0 ? rc : run_options_apply(options, err);
}

static int find_base(struct learn *learn, struct bailiff_error *err)
{
	const struct parsed_option *base = options_find(&learn->options.parsed, "base");
	return policy_find(base != NULL ? base->value : NULL, &learn->learner.base, &learn->base,
			   err);
}

/* ---- the runs ---------------------------------------------------------------------------- */

static void prepare_spec(struct learn *learn)
{
	struct bailiff_spec *spec = &learn->options.request.spec;
	spec->policy = &observe_everything;
	spec->observe = learner_observe;
	spec->observe_context = &learn->learner;
	spec->has_cancel_fd = true;
	spec->cancel_fd = learn->session.signal_fd;
	if (spec->limits.cpu_ns == 0)
		spec->limits.cpu_ns = LEARN_CPU_NS;
	if (spec->limits.memory_bytes == 0)
		spec->limits.memory_bytes = LEARN_MEMORY_BYTES;
	if (spec->limits.stack_bytes == 0)
		spec->limits.stack_bytes = LEARN_STACK_BYTES;
	if (spec->limits.processes == 0)
		spec->limits.processes = LEARN_PROCESSES;
}

/* A run that did not get to its end has not shown everything. */
static void remark(const char *input, const struct bailiff_result *result)
{
	if (result->verdict == BAILIFF_VERDICT_OK)
		return;
	(void)fprintf(stderr, "bailiff: the run");
	if (input != NULL) {
		(void)fprintf(stderr, " with input '");
		print_escaped(stderr, input);
		(void)fprintf(stderr, "'");
	}
	(void)fprintf(stderr, " ended as %s: ", bailiff_verdict_name(result->verdict));
	print_escaped(stderr, result->message);
	(void)fprintf(stderr, "; what it would have done after that is not in the policy\n");
}

/* 0, or an exit status that ends the command. */
static int run_once(struct learn *learn, const char *input)
{
	struct bailiff_error err = { 0 };
	struct bailiff_result result = { 0 };
	struct bailiff_spec *spec = &learn->options.request.spec;
	if (input != NULL)
		spec->in = (struct bailiff_stdin){ .kind = BAILIFF_STDIN_PATH, .path = input };
	int rc = bailiff_run(learn->session.host, spec, &result, &err);
	if (rc == -ECANCELED)
		return session_cancelled_status(&learn->session);
	if (rc < 0)
		return tell_error(&err);
	int status = 0;
	if (result.verdict == BAILIFF_VERDICT_IE) {
		message_error(&result.error);
		status = EX_SOFTWARE;
	} else if (result.reason == BAILIFF_REASON_EXEC) {
		(void)fail_input(&err, 0, "%s", result.message);
		status = tell_error(&err);
	} else {
		remark(input, &result);
	}
	bailiff_result_finish(&result);
	return status;
}

static int run_all(struct learn *learn)
{
	if (learn->input_count == 0)
		return run_once(learn, NULL);
	for (size_t i = 0; i < learn->input_count; i++) {
		int status = run_once(learn, learn->inputs[i]);
		if (status != 0)
			return status;
	}
	return 0;
}

/* ---- the result -------------------------------------------------------------------------- */

static int print_policy(struct learn *learn, struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	struct bailiff_policy policy;
	const char *program = path_last_part(learn->options.program[0]);
	const char *description =
		arena_format(&learn->learner.arena, "Learnt from %zu run%s of '%.60s'.",
			     learn->input_count > 1 ? learn->input_count : (size_t)1,
			     learn->input_count > 1 ? "s" : "", program);
	if (description == NULL)
		return fail_memory(err);
	int rc = learner_policy(&learn->learner, "learnt", description, &policy, err);
	if (rc == 0)
		rc = policy_json_print(&policy, POLICY_FORM_OWN, &text, err);
	return rc < 0 ? rc : session_write_result(&learn->session, text, err);
}

static int report(struct learn *learn)
{
	struct bailiff_error err = { 0 };
	if (print_policy(learn, &err) < 0)
		return tell_error(&err);
	if (learn->learner.nameless > 0)
		(void)fprintf(stderr, "bailiff: %zu calls have numbers without a name here; no "
				      "policy can allow them\n", learn->learner.nameless);
	learner_compare(&learn->learner, stderr);
	return EX_OK;
}

/* ---- the command ------------------------------------------------------------------------- */

static int learn_command(struct learn *learn, int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	make_table(learn);
	if (parse(learn, argc, argv, &err) < 0) {
		if (err.fault != BAILIFF_FAULT_SPEC)
			return tell_error(&err);
		message_usage(&err, "policy learn");
		return EX_USAGE;
	}
	if (learn->options.help) {
		options_help(&learn->table, stdout);
		return EX_OK;
	}
	if (find_base(learn, &err) < 0 ||
	    session_open_result(&learn->session, learn->options.result_path, &err) < 0 ||
	    session_catch_signals(&learn->session, &err) < 0 ||
	    session_open_host(&learn->session, learn->command_line, NULL, &err) < 0)
		return tell_error(&err);
	prepare_spec(learn);
	int status = run_all(learn);
	return status != 0 ? status : report(learn);
}

int policy_command_learn(int argc, char **argv)
{
	/* The option rows and the list of inputs are more than a stack should hold. */
	AUTO_FREE struct learn *learn = calloc(1, sizeof *learn);
	if (learn == NULL) {
		struct bailiff_error err = { 0 };
		(void)fail_memory(&err);
		return tell_error(&err);
	}
	learn->session = SESSION_EMPTY;
	learn->command_line = argv - 1; /* "policy learn ...", as main() had it */
	int status = learn_command(learn, argc, argv);
	session_finish(&learn->session);
	learner_finish(&learn->learner);
	loaded_policy_free(learn->base);
	run_options_finish(&learn->options);
	return status;
}
