/* SPDX-License-Identifier: MIT */
/*
 * `bailiff run`: from a command line to a result.
 *
 * What could fail because of the caller (options, spec, policy, the result's file) is done before
 * the machine is touched; signals are caught once the input has been read.
 */
#include "commands.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/policy_json.h"
#include "codec/result_json.h"
#include "exit_status.h"
#include "message.h"
#include "policy_find.h"
#include "run_options.h"
#include "session.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

/* Everything that must be released at the end of the command. */
struct run {
	struct session session;
	struct run_options options;
	struct loaded_policy *policy; /* NULL where a built-in one is used */
};

static int open_session(struct run *run, char **argv, struct bailiff_error *err)
{
	struct run_options *options = &run->options;
	struct bailiff_spec *spec = &options->request.spec;
	bool spec_is_stdin = options->spec_path != NULL && strcmp(options->spec_path, "-") == 0;
	int rc = session_open_result(&run->session, options->result_path, err);
	if (rc == 0)
		rc = session_catch_signals(&run->session, err);
	if (rc == 0)
		rc = session_open_host(&run->session, argv,
				       spec_is_stdin ? &options->spec_input : NULL, err);
	if (rc < 0)
		return rc;
	spec->has_cancel_fd = true;
	spec->cancel_fd = run->session.signal_fd;
	return 0;
}

static int report(const struct run *run, const struct bailiff_result *result,
		  struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	int rc = result_json_print(result, &run->options.request.spec, &text, err);
	return rc < 0 ? rc : session_write_result(&run->session, text, err);
}

/*
 * What the library finds wrong with a spec is the command line's mistake where there is no spec
 * and no policy file it could come from.
 */
static int fail_run(const struct run *run, const struct bailiff_error *err)
{
	bool from_options = run->options.spec_path == NULL && run->policy == NULL;
	int status = tell_error(err);
	return status == EX_DATAERR && from_options ? EX_USAGE : status;
}

static int run_program(struct run *run)
{
	struct bailiff_error err = { 0 };
	struct bailiff_result result = { 0 };
	const struct run_options *options = &run->options;
	int rc = bailiff_run(run->session.host, &options->request.spec, &result, &err);
	if (rc == -ECANCELED)
		return session_cancelled_status(&run->session);
	if (rc < 0)
		return fail_run(run, &err);
	session_let_go(&run->session);
	int status = options->exit_status ? exit_status_of_result(&result) : 0;
	if (result.verdict == BAILIFF_VERDICT_IE) {
		message_error(&result.error);
		status = EX_SOFTWARE;
	}
	if (report(run, &result, &err) < 0)
		status = tell_error(&err);
	bailiff_result_finish(&result);
	return status;
}

static int run_command(struct run *run, int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	struct run_options *options = &run->options;
	if (run_options_parse(argc, argv, options, &err) < 0)
		return tell_usage_error(&err, "run");
	if (options->help) {
		options_help(&run_option_table, stdout);
		return 0;
	}
	if (run_options_load_spec(options, &err) < 0)
		return tell_error(&err);
	if (run_options_apply(options, &err) < 0)
		return tell_usage_error(&err, "run");
	if (policy_find(options->request.policy, &options->request.spec.policy, &run->policy,
			&err) < 0 ||
	    open_session(run, argv, &err) < 0)
		return tell_error(&err);
	return run_program(run);
}

int command_run(int argc, char **argv)
{
	struct run run = { .session = SESSION_EMPTY };
	int status = run_command(&run, argc, argv);
	session_finish(&run.session);
	loaded_policy_free(run.policy);
	run_options_finish(&run.options);
	return status;
}
