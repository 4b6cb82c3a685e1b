/* SPDX-License-Identifier: MIT */
/*
 * Signals are blocked and read from a descriptor, so that the library cleans up a run before the
 * program ends. Starting over in a cgroup of our own (scope.h) must not lose what was already
 * read from standard input, so it is put back first.
 */
#include "session.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "input.h"
#include "scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

void session_finish(struct session *session)
{
	bailiff_host_close(session->host);
	fd_close(&session->result_fd);
	fd_close(&session->signal_fd);
	*session = SESSION_EMPTY;
}

int session_open_result(struct session *session, const char *path, struct bailiff_error *err)
{
	session->result_path = path;
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

int session_catch_signals(struct session *session, struct bailiff_error *err)
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
	return 0;
}

static int put_back(const struct input *input, struct bailiff_error *err)
{
	AUTO_CLOSE int memory_fd = memfd_create("bailiff-input", MFD_CLOEXEC);
	if (memory_fd < 0)
		return fail_internal(err, BAILIFF_STAGE_SPEC, errno, "create a memfd");
	int rc = io_write_all(memory_fd, input->text, input->size);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SPEC, -rc, "write a memfd");
	if (lseek(memory_fd, 0, SEEK_SET) < 0 || dup2(memory_fd, STDIN_FILENO) < 0)
		return fail_internal(err, BAILIFF_STAGE_SPEC, errno, "put back standard input");
	return 0;
}

int session_open_host(struct session *session, char **argv, const struct input *standard_input,
		      struct bailiff_error *err)
{
	int rc = bailiff_host_open(&session->host, err);
	if (rc == 0 || !scope_would_mend(err))
		return rc;
	rc = standard_input != NULL ? put_back(standard_input, err) : 0;
	return rc < 0 ? rc : scope_restart(argv, &session->old_mask, err);
}

void session_let_go(struct session *session)
{
	bailiff_host_close(session->host);
	session->host = NULL;
	(void)sigprocmask(SIG_SETMASK, &session->old_mask, NULL);
}

int session_write_result(const struct session *session, const char *text, struct bailiff_error *err)
{
	bool is_file = session->result_fd >= 0;
	int rc = io_write_all(is_file ? session->result_fd : STDOUT_FILENO, text, strlen(text));
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "write the result to '%s'",
				     is_file ? session->result_path : "standard output");
	return 0;
}

/*
 * A pipe that polls as writable takes PIPE_BUF bytes at once, so that no write waits for a reader
 * while the signals that would end us are blocked.
 */
int session_write_line(const struct session *session, const char *text, struct bailiff_error *err)
{
	int fd = session->result_fd >= 0 ? session->result_fd : STDOUT_FILENO;
	for (size_t left = strlen(text); left > 0;) {
		struct pollfd watched[] = { { .fd = fd, .events = POLLOUT },
					    { .fd = session->signal_fd, .events = POLLIN } };
		if (poll(watched, ARRAY_LENGTH(watched), -1) < 0 && errno != EINTR)
			return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "wait for a reader");
		if (watched[1].revents != 0)
			return fail_cancelled(err);
		if (watched[0].revents == 0)
			continue;
		ssize_t n = write(fd, text, left < PIPE_BUF ? left : PIPE_BUF);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "write an event");
		text += n > 0 ? n : 0;
		left -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int session_cancelled_status(const struct session *session)
{
	struct signalfd_siginfo info;
	if (read(session->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return EX_SOFTWARE;
	return 128 + (int)info.ssi_signo;
}
