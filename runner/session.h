/* SPDX-License-Identifier: MIT */
/*
 * What every command that runs cells needs around them: signals that cancel instead of killing,
 * the machine, and the file that the result goes to.
 *
 *	struct session session = SESSION_EMPTY;
 *	session_open_result(&session, path, &err)   fails before anything is done
 *	session_catch_signals(&session, &err)       from here on a signal cancels the run
 *	session_open_host(&session, argv, &err)
 *	session_finish(&session)
 */
#ifndef BAILIFF_RUNNER_SESSION_H
#define BAILIFF_RUNNER_SESSION_H

#include <bailiff/bailiff.h>
#include <signal.h>

#include "base/fd.h"

struct input;

/* Everything that must be released at the end of a command. */
struct session {
	struct bailiff_host *host;
	const char *result_path; /* NULL = standard output; borrowed */
	int result_fd;		 /* owned, or FD_NONE: standard output */
	int signal_fd;		 /* owned; readable once the run is to be given up */
	sigset_t old_mask;
};

#define SESSION_EMPTY ((struct session){ .result_fd = FD_NONE, .signal_fd = FD_NONE })

void session_finish(struct session *session);

/*
 * Opens the result's file (NULL = standard output) before the run, so that a path that cannot be
 * written fails before anything is done, and empties it, so that an old result is never taken for
 * a new one.
 */
int session_open_result(struct session *session, const char *path, struct bailiff_error *err);

/*
 * Turns SIGINT, SIGTERM and SIGHUP into session->signal_fd, for bailiff_spec.cancel_fd. One that
 * the caller had ignored, as nohup(1) does, stays ignored.
 */
int session_catch_signals(struct session *session, struct bailiff_error *err);

/*
 * Opens the host. Where only a cgroup of its own is missing, the program starts over in one, with
 * the arguments `argv`; `standard_input` (NULL = nothing was) is what has been read from there and
 * is to be read again.
 */
int session_open_host(struct session *session, char **argv, const struct input *standard_input,
		      struct bailiff_error *err);

/*
 * After the last run: closes the host and lets signals end us again, so that a slow reader of the
 * result can keep nobody waiting. Nothing is left to clean up by then.
 */
void session_let_go(struct session *session);

/* Writes a result to where it belongs. */
int session_write_result(const struct session *session, const char *text,
			 struct bailiff_error *err);

/* Writes a line there while runs are still to come: gives up, -ECANCELED, when a signal arrives. */
int session_write_line(const struct session *session, const char *text,
		       struct bailiff_error *err);

/* The exit status of a cancelled run: 128 + the signal. */
int session_cancelled_status(const struct session *session);

#endif
