/* SPDX-License-Identifier: MIT */
/*
 * `bailiff run`: from a command line to a result.
 *
 * SIGINT, SIGTERM and SIGHUP are blocked once the input has been read and become a descriptor
 * that cancels the run, so that the library cleans up before the program ends. What could fail
 * because of the caller (options, spec, policy, the result's file) is done before the machine is
 * touched.
 */
#include "commands.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "codec/policy_json.h"
#include "codec/result_json.h"
#include "exit_status.h"
#include "message.h"
#include "nearest.h"
#include "run_options.h"
#include "scope.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#define BUILTIN_POLICIES_MAX 64u

/* Everything that must be released at the end of the command. */
struct session {
	struct run_options options;
	struct loaded_policy *policy; /* NULL where a built-in one is used */
	struct bailiff_host *host;
	int result_fd; /* owned, or FD_NONE: standard output */
	int signal_fd; /* owned */
	sigset_t old_mask;
};

#define SESSION_EMPTY ((struct session){ .result_fd = FD_NONE, .signal_fd = FD_NONE })

static void session_finish(struct session *session)
{
	bailiff_host_close(session->host);
	loaded_policy_free(session->policy);
	run_options_finish(&session->options);
	fd_close(&session->result_fd);
	fd_close(&session->signal_fd);
	*session = SESSION_EMPTY;
}

/* ---- before the run ------------------------------------------------------------------------ */

/* A name that is neither built in nor a file is more likely a mistyped name than a file. */
static int fail_policy_name(const char *name, struct bailiff_error *err)
{
	const char *names[BUILTIN_POLICIES_MAX + 1] = { NULL };
	for (size_t i = 0; i < BUILTIN_POLICIES_MAX; i++) {
		names[i] = bailiff_policy_builtin_name(i);
		if (names[i] == NULL)
			break;
	}
	int rc = fail_input(err, 0, "policy '%s' is neither built in nor a file", name);
	const char *nearest = nearest_name(name, names);
	if (nearest != NULL)
		(void)snprintf(err->hint, sizeof err->hint, "did you mean '%s'?", nearest);
	return rc;
}

static int load_policy(struct session *session, struct bailiff_error *err)
{
	const char *name = session->options.request.policy;
	struct bailiff_spec *spec = &session->options.request.spec;
	if (name == NULL)
		return 0; /* the library's default */
	spec->policy = bailiff_policy_builtin(name);
	if (spec->policy != NULL)
		return 0;
	if (strchr(name, '/') == NULL && access(name, F_OK) < 0)
		return fail_policy_name(name, err);
	int rc = policy_json_read(name, &session->policy, err);
	if (rc == 0)
		spec->policy = loaded_policy_get(session->policy);
	return rc;
}

/*
 * Opens the result's file before the run, so that a path that cannot be written fails before
 * anything is done, and empties it, so that an old result is never taken for a new one.
 */
static int open_result(struct session *session, struct bailiff_error *err)
{
	const char *path = session->options.result_path;
	if (path == NULL)
		return 0;
	/* A FIFO without a reader is an error, not a wait. */
	session->result_fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (session->result_fd < 0)
		return fail_input(err, errno, "open '%s' for the result", path);
	(void)fcntl(session->result_fd, F_SETFL, 0);
	return 0;
}

/* Turns the signals that end us into a descriptor that cancels the run. A signal that our caller
 * had ignored, as nohup(1) does, stays ignored. */
static int catch_signals(struct session *session, struct bailiff_error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t caught;
	(void)sigemptyset(&caught); /* cannot fail */
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		struct sigaction action;
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			(void)sigaddset(&caught, signals[i]);
	}
	if (sigprocmask(SIG_BLOCK, &caught, &session->old_mask) < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "block signals");
	session->signal_fd = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signal_fd < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "create a signalfd");
	session->options.request.spec.has_cancel_fd = true;
	session->options.request.spec.cancel_fd = session->signal_fd;
	return 0;
}

/* Makes the spec that was read from standard input readable from there again. */
static int rewind_spec(const struct session *session, struct bailiff_error *err)
{
	const struct run_options *options = &session->options;
	if (options->spec_path == NULL || strcmp(options->spec_path, "-") != 0)
		return 0;
	AUTO_CLOSE int memory_fd = memfd_create("bailiff-spec", MFD_CLOEXEC);
	if (memory_fd < 0)
		return fail_internal(err, BAILIFF_STAGE_SPEC, errno, "create a memfd");
	int rc = io_write_all(memory_fd, options->spec_input.text, options->spec_input.size);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SPEC, -rc, "write a memfd");
	if (lseek(memory_fd, 0, SEEK_SET) < 0 || dup2(memory_fd, STDIN_FILENO) < 0)
		return fail_internal(err, BAILIFF_STAGE_SPEC, errno, "put back the spec");
	return 0;
}

static int open_host(struct session *session, char **argv, struct bailiff_error *err)
{
	int rc = bailiff_host_open(&session->host, err);
	if (rc == 0 || !scope_would_mend(err))
		return rc;
	rc = rewind_spec(session, err);
	return rc < 0 ? rc : scope_restart(argv, &session->old_mask, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static int report(const struct session *session, const struct bailiff_result *result,
		  struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	int rc = result_json_print(result, &session->options.request.spec, &text, err);
	if (rc < 0)
		return rc;
	bool is_file = session->result_fd >= 0;
	rc = io_write_all(is_file ? session->result_fd : STDOUT_FILENO, text, strlen(text));
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "write the result to '%s'",
				     is_file ? session->options.result_path : "standard output");
	return 0;
}

static int fail(const struct bailiff_error *err)
{
	message_error(err);
	return exit_status_of_error(err);
}

/* 128 + the signal that cancelled the run. */
static int cancelled_status(const struct session *session)
{
	struct signalfd_siginfo info;
	if (read(session->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return EX_SOFTWARE;
	return 128 + (int)info.ssi_signo;
}

/*
 * What the library finds wrong with a spec is the command line's mistake where there is no spec
 * and no policy file it could come from.
 */
static int fail_run(const struct session *session, const struct bailiff_error *err)
{
	bool from_options = session->options.spec_path == NULL && session->policy == NULL;
	int status = fail(err);
	return status == EX_DATAERR && from_options ? EX_USAGE : status;
}

static int run_session(struct session *session)
{
	struct bailiff_error err = { 0 };
	struct bailiff_result result = { 0 };
	const struct run_options *options = &session->options;
	int rc = bailiff_run(session->host, &options->request.spec, &result, &err);
	if (rc == -ECANCELED)
		return cancelled_status(session);
	if (rc < 0)
		return fail_run(session, &err);
	/* Nothing is left to clean up but our groups; after that the signals may end us while a slow
	 * reader keeps the result waiting. */
	bailiff_host_close(session->host);
	session->host = NULL;
	(void)sigprocmask(SIG_SETMASK, &session->old_mask, NULL);
	int status = options->exit_status ? exit_status_of_result(&result) : 0;
	if (result.verdict == BAILIFF_VERDICT_IE) {
		message_error(&result.error);
		status = EX_SOFTWARE;
	}
	if (report(session, &result, &err) < 0)
		status = fail(&err);
	bailiff_result_finish(&result);
	return status;
}

static int fail_usage(const struct bailiff_error *err)
{
	if (err->fault != BAILIFF_FAULT_SPEC)
		return fail(err);
	message_usage(err, "run");
	return EX_USAGE;
}

static int run_command(struct session *session, int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	struct run_options *options = &session->options;
	if (run_options_parse(argc, argv, options, &err) < 0)
		return fail_usage(&err);
	if (options->help) {
		options_help(&run_option_table, stdout);
		return 0;
	}
	if (run_options_load_spec(options, &err) < 0)
		return fail(&err);
	if (run_options_apply(options, &err) < 0)
		return fail_usage(&err);
	if (load_policy(session, &err) < 0 || open_result(session, &err) < 0 ||
	    catch_signals(session, &err) < 0 || open_host(session, argv, &err) < 0)
		return fail(&err);
	return run_session(session);
}

int command_run(int argc, char **argv)
{
	struct session session = SESSION_EMPTY;
	int status = run_command(&session, argc, argv);
	session_finish(&session);
	return status;
}
