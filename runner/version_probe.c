/* SPDX-License-Identifier: MIT */
/*
 * One child per language, each with a pipe; one poll loop reads them all. They are the machine's
 * own programs, so they run outside a cell, but with an environment of ours, and are ended
 * when the time is over.
 */
#include "version_probe.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Cold start of a JVM from a slow disk, with all the others beside it. */
#define PROBE_NS_MAX (10 * NS_PER_S)
#define OUTPUT_MAX 2048u

struct probe {
	pid_t pid;  /* 0 = not running */
	int out_fd; /* owned */
	size_t size;
	char output[OUTPUT_MAX + 1];
};

static const char *const bare_environment[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
						"HOME=/nonexistent", NULL };

/* posix_spawn() takes char *const * but changes nothing (POSIX, exec). */
static char *const *as_exec_list(const char *const *list)
{
	union {
		const char *const *in;
		char *const *out;
	} cast = { .in = list };
	return cast.out;
}

static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int out_fd)
{
	sigset_t none, all;
	(void)sigemptyset(&none); /* cannot fail */
	(void)sigfillset(&all);
	int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, out_fd, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, out_fd, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attributes, &all);
	if (rc == 0)
		rc = posix_spawnattr_setflags(attributes,
					      POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return rc;
}

/* A program that is missing is no error: the probe just does not run. */
static int start(struct probe *probe, const char *const *argv, struct bailiff_error *err)
{
	int fds[2];
	if (access(argv[0], X_OK) < 0)
		return 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "create a pipe");
	probe->out_fd = fds[0];
	AUTO_CLOSE int write_fd = fds[1];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "start '%s'", argv[0]);
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "start '%s'", argv[0]);
	}
	int rc = set_up(&actions, &attributes, write_fd);
	if (rc == 0)
		rc = posix_spawn(&probe->pid, argv[0], &actions, &attributes, as_exec_list(argv),
				 as_exec_list(bare_environment));
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (rc != 0) {
		probe->pid = 0;
		fd_close(&probe->out_fd);
	}
	return 0;
}

/* Reads what is there; at the end of the output closes the pipe. */
static void read_some(struct probe *probe)
{
	char rest[512];
	bool is_full = probe->size == OUTPUT_MAX;
	ssize_t n = read(probe->out_fd, is_full ? rest : probe->output + probe->size,
			 is_full ? sizeof rest : OUTPUT_MAX - probe->size);
	if (n > 0 && !is_full)
		probe->size += (size_t)n;
	if (n == 0 || (n < 0 && errno != EINTR))
		fd_close(&probe->out_fd);
}

static void read_all(struct probe *probes, size_t count)
{
	struct pollfd fds[LANGUAGES_MAX];
	uint64_t deadline = clock_now_ns() + PROBE_NS_MAX;
	for (;;) {
		size_t open_count = 0;
		for (size_t i = 0; i < count; i++) {
			fds[i] = (struct pollfd){ .fd = probes[i].out_fd, .events = POLLIN };
			open_count += probes[i].out_fd >= 0;
		}
		uint64_t now = clock_now_ns();
		if (open_count == 0 || now >= deadline)
			return;
		if (poll(fds, (nfds_t)count, (int)((deadline - now) / NS_PER_MS) + 1) < 0 &&
		    errno != EINTR)
			return;
		for (size_t i = 0; i < count; i++) {
			if (probes[i].out_fd >= 0 && fds[i].revents != 0)
				read_some(&probes[i]);
		}
	}
}

/* Ends the child, which is over already unless the time is. Not reaped yet, its number is still
 * its own, so the descriptor cannot be another process's. What it started has lost its reader. */
static void stop(struct probe *probe)
{
	fd_close(&probe->out_fd);
	if (probe->pid == 0)
		return;
	AUTO_CLOSE int pidfd = pidfd_open(probe->pid, 0);
	if (pidfd >= 0)
		(void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	while (waitpid(probe->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The first number with a dot in it, such as 12.2.0. */
static void find_version(const char *output, char version[VERSION_TEXT_MAX])
{
	for (const char *at = output; *at != '\0'; at++) {
		if (!is_digit(*at))
			continue;
		size_t length = strspn(at, "0123456789.");
		while (at[length - 1] == '.')
			length--;
		if (memchr(at, '.', length) != NULL && length < VERSION_TEXT_MAX) {
			memcpy(version, at, length);
			version[length] = '\0';
			return;
		}
		at += length - 1;
	}
}

int version_probe(const struct language_set *set, char (*versions)[VERSION_TEXT_MAX],
		  struct bailiff_error *err)
{
	AUTO_FREE struct probe *probes = calloc(set->count + 1, sizeof *probes);
	int rc = 0;
	if (probes == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < set->count; i++)
		probes[i].out_fd = FD_NONE;
	for (size_t i = 0; rc == 0 && i < set->count; i++)
		rc = start(&probes[i], set->items[i].version_argv, err);
	if (rc == 0)
		read_all(probes, set->count);
	for (size_t i = 0; i < set->count; i++) {
		stop(&probes[i]);
		versions[i][0] = '\0';
		find_version(probes[i].output, versions[i]);
	}
	return rc;
}
