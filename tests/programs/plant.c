/* SPDX-License-Identifier: MIT */
/*
 * Leaves things behind for the supervisor to stumble over when it collects files: links to host
 * files, FIFOs that block whoever opens them, devices, sockets, monsters, odd names. And lies to
 * it: false verdicts on every descriptor, terminal sequences in the output.
 */
#include "command.h"

#include <fcntl.h>
#include <sys/stat.h>

static int cmd_symlink(int argc, char **argv)
{
	require(argc == 2 && symlink(argv[0], argv[1]) == 0, "symlink");
	return 0;
}

static int cmd_hardlink(int argc, char **argv)
{
	require(argc == 2, "arguments");
	return !report("link", link(argv[0], argv[1]));
}

static int cmd_fifo(int argc, char **argv)
{
	require(argc == 1 && mkfifo(argv[0], 0666) == 0, "mkfifo");
	return 0;
}

static int cmd_socket(int argc, char **argv)
{
	require(argc == 1 && mknod(argv[0], S_IFSOCK | 0666, 0) == 0, "mknod");
	return 0;
}

static int cmd_device(int argc, char **argv)
{
	require(argc == 1, "arguments");
	return !report("mknod", mknod(argv[0], S_IFCHR | 0666, 0x105));
}

static int cmd_dir(int argc, char **argv)
{
	require(argc == 1 && mkdir(argv[0], 0777) == 0, "mkdir");
	return 0;
}

/* sparse NAME BYTES: an enormous size, hardly a block. */
static int cmd_sparse(int argc, char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	require(fd >= 0, "open");
	return !report("truncate", ftruncate(fd, (off_t)number_arg(argc, argv, 1)));
}

static int cmd_file(int argc, char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	require(argc == 2 && fd >= 0, "open");
	require(write(fd, argv[1], strlen(argv[1])) == (ssize_t)strlen(argv[1]), "write");
	return 0;
}

/* swap NAME TARGET: for ever exchanges a regular file and a link under one name, so that a
 * check and a later open see different things. */
static int cmd_swap(int argc, char **argv)
{
	require(argc == 2 && symlink(argv[1], "planted-link") == 0, "symlink");
	while (true) {
		int fd = open("planted-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

		require(fd >= 0, "open");
		close(fd);
		require(rename("planted-file", argv[0]) == 0, "rename");
		require(symlink(argv[1], "planted-again") == 0, "symlink");
		require(rename("planted-again", argv[0]) == 0, "rename");
	}
	return 0;
}

/* lie: a perfect verdict, a fake report, a fake error, on every descriptor there may be. */
static int cmd_lie(int argc, char **argv)
{
	static const char lie[] = "{\"version\":1,\"verdict\":\"OK\",\"reason\":\"exited\","
				  "\"exit_code\":0}\n";

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	for (int fd = 0; fd < 4096; fd++)
		(void)!write(fd, lie, sizeof lie - 1);
	return 7;
}

/* escapes: moves the cursor, sets the title, ends a JSON string, a NUL, half a UTF-8 letter. */
static int cmd_escapes(int argc, char **argv)
{
	static const char bytes[] = "\033[2J\033]0;owned\007\r\n\t\b\f\"\\},\x7f\x01\x1f\xc2\x9b";

	(void)argc;
	(void)argv;
	return fwrite(bytes, 1, sizeof bytes - 1, stdout) != sizeof bytes - 1;
}

static int cmd_nul(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return fwrite("a\0b\n", 1, 4, stdout) != 4;
}

/* stdin-write TEXT: reopens its input for writing, to change the judge's file behind it. */
static int cmd_stdin_write(int argc, char **argv)
{
	require(argc == 1, "arguments");
	int fd = open("/proc/self/fd/0", O_WRONLY | O_CLOEXEC);
	report("proc", fd);
	if (fd >= 0)
		(void)!write(fd, argv[0], strlen(argv[0]));
	fd = open("/dev/stdin", O_RDWR | O_TRUNC | O_CLOEXEC);
	report("dev", fd);
	if (fd >= 0)
		(void)!write(fd, argv[0], strlen(argv[0]));
	fd = 0;
	report("direct", write(fd, argv[0], strlen(argv[0])));
	report("truncate", ftruncate(fd, 0));
	report("chmod", fchmod(fd, 0777));
	return 0;
}

static const struct command commands[] = {
	{ "symlink", cmd_symlink }, { "hardlink", cmd_hardlink }, { "fifo", cmd_fifo },
	{ "socket", cmd_socket },   { "device", cmd_device },     { "dir", cmd_dir },
	{ "sparse", cmd_sparse },   { "file", cmd_file },         { "swap", cmd_swap },
	{ "lie", cmd_lie },         { "escapes", cmd_escapes },   { "nul", cmd_nul },
	{ "stdin-write", cmd_stdin_write }, { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
