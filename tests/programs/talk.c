/* SPDX-License-Identifier: MIT */
/*
 * One of two programs that are joined by pipes: answers and asks, leaves early, closes one end, says
 * nothing, tries to get more out of its ends than it was given.
 */
#include "command.h"

#include <fcntl.h>
#include <sys/stat.h>

/* ask N: writes a number and wants the next one back, N times. */
static int cmd_ask(int argc, char **argv)
{
	unsigned long long count = number_arg(argc, argv, 0), answer;

	for (unsigned long long i = 0; i < count; i++) {
		printf("%llu\n", i);
		fflush(stdout);
		require(scanf("%llu", &answer) == 1 && answer == i + 1, "answer");
	}
	fprintf(stderr, "%llu answers\n", count);
	return 0;
}

/* answer: adds one to every number until there are no more. */
static int cmd_answer(int argc, char **argv)
{
	unsigned long long number;

	(void)argc;
	(void)argv;
	while (scanf("%llu", &number) == 1) {
		printf("%llu\n", number + 1);
		fflush(stdout);
	}
	fprintf(stderr, "end of file\n");
	return ferror(stdin) != 0;
}

/* deaf: closes its input, says so with one byte, then sleeps for a minute. */
static int cmd_deaf(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	close(STDIN_FILENO);
	require(write(STDOUT_FILENO, "x", 1) == 1, "write");
	sleep_ms(60000);
	return 0;
}

/* tell-deaf: waits for that byte, then writes once. */
static int cmd_tell_deaf(int argc, char **argv)
{
	char byte;

	(void)argc;
	(void)argv;
	require(read(STDIN_FILENO, &byte, 1) == 1, "read");
	return write(STDOUT_FILENO, "y", 1) == 1 ? 0 : 1;
}

/* silent: says so on standard error, then sleeps for a minute. */
static int cmd_silent(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fprintf(stderr, "started\n");
	sleep_ms(60000);
	return 0;
}

/* Opens the file of a descriptor again: "ok" or the errno, on standard error. */
static void reopen(const char *what, int number, int flags)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", number);
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	fprintf(stderr, "%s %s\n", what, fd >= 0 ? "ok" : strerrorname_np(errno));
	if (fd >= 0)
		close(fd);
}

/* reopen: both ends again, in their own direction and in those that are not its own; then tells the
 * other that it is done, and waits for it, so that both ends of both pipes exist all the time. */
static int cmd_reopen(int argc, char **argv)
{
	char byte;

	(void)argc;
	(void)argv;
	reopen("in-read", STDIN_FILENO, O_RDONLY);
	reopen("in-write", STDIN_FILENO, O_WRONLY);
	reopen("in-both", STDIN_FILENO, O_RDWR);
	reopen("out-write", STDOUT_FILENO, O_WRONLY);
	reopen("out-read", STDOUT_FILENO, O_RDONLY);
	reopen("out-both", STDOUT_FILENO, O_RDWR);
	fprintf(stderr, "chmod %s\n", fchmod(STDIN_FILENO, 0666) == 0 ? "ok" :
				      strerrorname_np(errno));
	fprintf(stderr, "chmod %s\n", fchmod(STDOUT_FILENO, 0666) == 0 ? "ok" :
				      strerrorname_np(errno));
	for (int fd = 3; fd < 1100; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fprintf(stderr, "descriptor %d is open\n", fd);
	require(write(STDOUT_FILENO, "x", 1) == 1, "write");
	require(read(STDIN_FILENO, &byte, 1) == 1, "read");
	return 0;
}

static const struct command commands[] = {
	{ "ask", cmd_ask },	  { "answer", cmd_answer }, { "deaf", cmd_deaf },
	{ "tell-deaf", cmd_tell_deaf }, { "silent", cmd_silent }, { "reopen", cmd_reopen },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
