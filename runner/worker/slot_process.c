/* SPDX-License-Identifier: MIT */
/*
 * A slot's process is executed, not only forked: nothing of the worker's memory, environment or descriptors
 * gets into the process that reads what strangers wrote.
 *
 * Its end is seen on a pidfd, so nobody else's child is ever waited for. What it has to say to people comes by a
 * pipe, so that it can be said in the worker's log and not between its lines.
 */
#include "worker/slot_process.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Above what posix_spawn() is to put in place, so that no dup2() of one overwrites another. */
#define FD_FIRST 10
/* A cell is ended in milliseconds. A slot that needs longer than this is beyond that. */
#define CANCEL_PATIENCE_NS (5 * NS_PER_S)
#define FINISH_PATIENCE_MS 5000
#define RESTART_FIRST_NS (100 * NS_PER_MS)
#define RESTART_LAST_NS (30 * NS_PER_S)

static void set_state(struct slot_process *slot, enum slot_state state, uint64_t now_ns)
{
	slot->status->state = state;
	slot->status->since_ns = now_ns;
}

/* ---- starting ------------------------------------------------------------------------------------ */

/* What belongs to one start. */
struct start {
	int channel_fds[2]; /* ours, theirs */
	int says_fds[2];    /* likewise */
	int cancel_fd;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
};

static int raise_fd(int *fd)
{
	int raised = fcntl(*fd, F_DUPFD_CLOEXEC, FD_FIRST);
	if (raised < 0)
		return -errno;
	fd_close(fd);
	*fd = raised;
	return 0;
}

static int open_descriptors(struct start *start)
{
	start->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (start->cancel_fd < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, start->channel_fds) < 0 ||
	    pipe2(start->says_fds, O_CLOEXEC) < 0 ||
	    fcntl(start->says_fds[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	int rc = raise_fd(&start->cancel_fd);
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		rc = raise_fd(&start->channel_fds[i]);
		if (rc == 0)
			rc = raise_fd(&start->says_fds[i]);
	}
	return rc;
}

static int describe(struct start *start)
{
	sigset_t all, none;
	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	int rc = posix_spawn_file_actions_addopen(&start->files, 0, "/dev/null", O_RDONLY, 0);
	for (int fd = 1; rc == 0 && fd <= 2; fd++)
		rc = posix_spawn_file_actions_adddup2(&start->files, start->says_fds[1], fd);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&start->files, start->channel_fds[1],
						      SLOT_CHANNEL_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&start->files, start->cancel_fd,
						      SLOT_CANCEL_FD);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&start->attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(&start->attributes, &all);
	if (rc == 0)
		rc = posix_spawnattr_setflags(&start->attributes,
					      POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return -rc;
}

static int spawn(struct slot_process *slot, const struct start *start, const char *const *argv)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char lang[] = "LANG=C.UTF-8";
	char *environment[] = { path, lang, NULL };
	/* posix_spawn() takes char *const * but changes nothing (POSIX, exec). */
	int rc = posix_spawn(&slot->pid, argv[0], &start->files, &start->attributes,
			     (char *const *)(const void *)argv, environment);
	if (rc != 0)
		return -rc;
	slot->pid_fd = pidfd_open(slot->pid, 0);
	return slot->pid_fd < 0 ? -errno : 0;
}

static uint64_t restart_delay_ns(unsigned failures)
{
	uint64_t delay = RESTART_FIRST_NS;
	for (unsigned i = 1; i < failures && delay < RESTART_LAST_NS; i++)
		delay *= 2;
	return failures == 0 ? 0 : delay < RESTART_LAST_NS ? delay : RESTART_LAST_NS;
}

static void go_down(struct slot_process *slot, uint64_t now_ns)
{
	slot->failures++;
	slot->due_ns = now_ns + restart_delay_ns(slot->failures);
	set_state(slot, SLOT_STATE_DOWN, now_ns);
}

int slot_process_start(struct slot_process *slot, const char *const *argv, uint64_t now_ns,
		       struct bailiff_error *err)
{
	struct start start = { .channel_fds = { FD_NONE, FD_NONE },
			       .says_fds = { FD_NONE, FD_NONE },
			       .cancel_fd = FD_NONE };
	(void)posix_spawn_file_actions_init(&start.files);
	(void)posix_spawnattr_init(&start.attributes);
	int rc = open_descriptors(&start);
	if (rc == 0)
		rc = describe(&start);
	if (rc == 0)
		rc = spawn(slot, &start, argv);
	(void)posix_spawn_file_actions_destroy(&start.files);
	(void)posix_spawnattr_destroy(&start.attributes);
	fd_close(&start.channel_fds[1]);
	fd_close(&start.says_fds[1]);
	if (rc == 0) {
		slot->channel_fd = start.channel_fds[0];
		slot->says_fd = start.says_fds[0];
		slot->cancel_fd = start.cancel_fd;
		set_state(slot, SLOT_STATE_STARTING, now_ns);
		return 0;
	}
	fd_close(&start.channel_fds[0]);
	fd_close(&start.says_fds[0]);
	fd_close(&start.cancel_fd);
	if (slot->pid > 0)
		slot_process_finish(slot);
	go_down(slot, now_ns);
	return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "start '%s'", argv[0]);
}

/* ---- jobs ------------------------------------------------------------------------------------------- */

int slot_process_give(struct slot_process *slot, const struct queue_claimed *job, uint64_t now_ns)
{
	AUTO_CLOSE int fd = FD_NONE;
	struct slot_status *status = slot->status;
	const struct slot_message message = {
		.type = SLOT_MESSAGE_JOB,
		.kind = (uint32_t)job->kind,
		.job = job->hold.job,
		.size = job->spec_size,
		.memory_bytes = job->memory_bytes,
	};
	uint64_t count;
	(void)!read(slot->cancel_fd, &count, sizeof count); /* what was meant for the job before */
	int rc = slot_pack(job->spec, job->spec_size, NULL, 0, &fd);
	if (rc == 0)
		rc = slot_send(slot->channel_fd, &message, fd, true);
	if (rc < 0)
		return rc;
	status->job = job->hold.job;
	status->kind = job->kind;
	status->attempt = job->attempt;
	(void)snprintf(status->client, sizeof status->client, "%s", job->client);
	status->phase[0] = '\0';
	status->done = status->total = 0;
	slot->was_silent = false;
	set_state(slot, SLOT_STATE_BUSY, now_ns);
	return 0;
}

void slot_process_cancel(struct slot_process *slot, uint64_t now_ns)
{
	const uint64_t one = 1;
	if (slot->status->state != SLOT_STATE_BUSY)
		return;
	(void)!write(slot->cancel_fd, &one, sizeof one); /* fails only where it is set already */
	slot->due_ns = now_ns + CANCEL_PATIENCE_NS;
	set_state(slot, SLOT_STATE_STOPPING, now_ns);
}

/* ---- what it says ----------------------------------------------------------------------------------- */

/* Takes `size` bytes of what was said, and `skip` more that nobody wants. */
static bool take_line(struct slot_process *slot, size_t size, size_t skip, char *ret_line)
{
	memcpy(ret_line, slot->said, size);
	ret_line[size] = '\0';
	slot->said_size -= size + skip;
	memmove(slot->said, slot->said + size + skip, slot->said_size);
	return true;
}

bool slot_process_hear(struct slot_process *slot, char ret_line[SLOT_LINE_BYTES + 1])
{
	for (;;) {
		const char *end = memchr(slot->said, '\n', slot->said_size);
		if (end != NULL)
			return take_line(slot, (size_t)(end - slot->said), 1, ret_line);
		if (slot->said_size == sizeof slot->said)
			return take_line(slot, slot->said_size, 0, ret_line);
		ssize_t got = slot->says_fd < 0 ? 0 :
						  read(slot->says_fd, slot->said + slot->said_size,
						       sizeof slot->said - slot->said_size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got > 0) {
			slot->said_size += (size_t)got;
			continue;
		}
		if (got == 0 || errno != EAGAIN)
			fd_close(&slot->says_fd); /* nobody can say anything any more */
		bool is_last = slot->said_size > 0 && (slot->says_fd < 0 || slot->pid == 0);
		return is_last && take_line(slot, slot->said_size, 0, ret_line);
	}
}

void slot_process_hush(struct slot_process *slot)
{
	fd_close(&slot->says_fd);
	slot->said_size = 0;
}

/* ---- the end ---------------------------------------------------------------------------------------- */

void slot_process_kill(struct slot_process *slot)
{
	if (slot->pid_fd >= 0)
		(void)pidfd_send_signal(slot->pid_fd, SIGKILL, NULL, 0);
}

static void forget(struct slot_process *slot)
{
	fd_close(&slot->pid_fd);
	fd_close(&slot->channel_fd);
	fd_close(&slot->cancel_fd);
	slot->pid = 0;
}

void slot_process_reap(struct slot_process *slot, uint64_t now_ns, char *ret_how, size_t capacity)
{
	int status = 0;
	while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		(void)snprintf(ret_how, capacity, "was ended by signal %d (%s)", WTERMSIG(status),
			       sigabbrev_np(WTERMSIG(status)) != NULL ?
				       sigabbrev_np(WTERMSIG(status)) : "?");
	else
		(void)snprintf(ret_how, capacity, "exited with status %d", WEXITSTATUS(status));
	forget(slot);
	go_down(slot, now_ns);
}

void slot_process_dismiss(struct slot_process *slot)
{
	const uint64_t one = 1;
	if (slot->cancel_fd >= 0)
		(void)!write(slot->cancel_fd, &one, sizeof one);
	fd_close(&slot->channel_fd);
}

void slot_process_finish(struct slot_process *slot)
{
	if (slot->pid <= 0)
		return;
	struct pollfd end = { .fd = slot->pid_fd, .events = POLLIN };
	slot_process_dismiss(slot);
	/* One without a pidfd has just been started, and ends with its channel. */
	if (slot->pid_fd >= 0 && poll(&end, 1, FINISH_PATIENCE_MS) != 1)
		slot_process_kill(slot);
	while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR)
		;
	forget(slot);
}
