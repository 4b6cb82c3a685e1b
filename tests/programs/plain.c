/* SPDX-License-Identifier: MIT */
/*
 * A well-behaved submission: exits, signals, input, output, environment, files. Threatens nothing.
 */
#include "command.h"

#include <fcntl.h>

static int cmd_exit(int argc, char **argv)
{
	return (int)number_arg(argc, argv, 0);
}

/* raise(): a program in its own right, not pid 1, dies of it as it would outside. */
static int cmd_signal(int argc, char **argv)
{
	raise((int)number_arg(argc, argv, 0));
	return 0;
}

static int cmd_abort(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	abort();
}

static int cmd_segv(int argc, char **argv)
{
	volatile int *nowhere = NULL;

	(void)argc;
	(void)argv;
	return *nowhere;
}

static int print_args(FILE *to, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		fprintf(to, "%s%s", i > 0 ? " " : "", argv[i]);
	fputc('\n', to);
	return 0;
}

static int cmd_echo(int argc, char **argv)
{
	return print_args(stdout, argc, argv);
}

static int cmd_echo_err(int argc, char **argv)
{
	return print_args(stderr, argc, argv);
}

static int cmd_argc(int argc, char **argv)
{
	size_t total = 0;

	for (int i = 0; i < argc; i++)
		total += strlen(argv[i]);
	printf("%d %zu\n", argc, total);
	return 0;
}

static int cmd_cat(int argc, char **argv)
{
	char buffer[65536];
	ssize_t got;

	(void)argc;
	(void)argv;
	while ((got = read(STDIN_FILENO, buffer, sizeof buffer)) > 0)
		require(write(STDOUT_FILENO, buffer, (size_t)got) == got, "write");
	return got < 0;
}

/* bytes HEX: writes raw bytes, valid text or not. */
static int cmd_bytes(int argc, char **argv)
{
	for (const char *p = argc > 0 ? argv[0] : ""; p[0] != '\0' && p[1] != '\0'; p += 2) {
		char pair[3] = { p[0], p[1], '\0' };

		putchar((int)strtoul(pair, NULL, 16));
	}
	return 0;
}

/* fill N [N_STDERR]: exactly so many bytes on each stream. */
static int cmd_fill(int argc, char **argv)
{
	unsigned long long out = number_arg(argc, argv, 0);
	unsigned long long err = argc > 1 ? number_arg(argc, argv, 1) : 0;

	while (out-- > 0)
		putchar('o');
	fflush(stdout);
	for (char block[4096]; err > 0;) {
		size_t size = err < sizeof block ? (size_t)err : sizeof block;

		memset(block, 'e', size);
		require(write(STDERR_FILENO, block, size) == (ssize_t)size, "write");
		err -= size;
	}
	return 0;
}

static int cmd_env(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (char **e = environ; *e != NULL; e++)
		puts(*e);
	return 0;
}

static int cmd_pwd(int argc, char **argv)
{
	char path[4096];

	(void)argc;
	(void)argv;
	require(getcwd(path, sizeof path) != NULL, "getcwd");
	puts(path);
	return 0;
}

/* read PATH: prints the file, or the errno's name and exit code 1. */
static int cmd_read(int argc, char **argv)
{
	int fd = open(argc > 0 ? argv[0] : "", O_RDONLY | O_CLOEXEC);
	char buffer[65536];
	ssize_t got;

	if (fd < 0)
		return !report("open", fd);
	while ((got = read(fd, buffer, sizeof buffer)) > 0)
		require(write(STDOUT_FILENO, buffer, (size_t)got) == got, "write");
	if (got < 0)
		return !report("read", -1);
	return 0;
}

/* write PATH TEXT: creates or truncates the file; prints "write ok" or the errno's name. */
static int cmd_write(int argc, char **argv)
{
	int fd = argc < 2 ? -1 : open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return !report("write", -1);
	return !report("write", write(fd, argv[1], strlen(argv[1])));
}

static int cmd_sleep(int argc, char **argv)
{
	sleep_ms(number_arg(argc, argv, 0));
	return 0;
}

/* close-all MS: closes its three streams, then sleeps. A supervisor that waits for events on
 * pipes nobody holds any more would spin. */
static int cmd_close_all(int argc, char **argv)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	return cmd_sleep(argc, argv);
}

static const struct command commands[] = {
	{ "exit", cmd_exit },   { "signal", cmd_signal }, { "abort", cmd_abort },
	{ "segv", cmd_segv },   { "echo", cmd_echo },     { "echo-err", cmd_echo_err },
	{ "argc", cmd_argc },   { "cat", cmd_cat },       { "bytes", cmd_bytes },
	{ "fill", cmd_fill },   { "env", cmd_env },       { "pwd", cmd_pwd },
	{ "read", cmd_read },   { "write", cmd_write },   { "sleep", cmd_sleep },
	{ "close-all", cmd_close_all }, { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
