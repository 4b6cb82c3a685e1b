/* SPDX-License-Identifier: MIT */
/*
 * Fills what can be filled: the output pipes, one file, the cell's disk, its inodes, the table of
 * open files.
 */
#include "command.h"

#include <fcntl.h>
#include <sys/stat.h>

static char block[65536];

/* Writes for ever; a partial write or EPIPE changes nothing. */
static _Noreturn void pour(int fd, int other_fd)
{
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		(void)!write(fd, block, sizeof block);
		if (other_fd >= 0)
			(void)!write(other_fd, block, sizeof block);
	}
}

static int cmd_stdout(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	pour(STDOUT_FILENO, -1);
}

static int cmd_stderr(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	pour(STDERR_FILENO, -1);
}

static int cmd_both(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	pour(STDOUT_FILENO, STDERR_FILENO);
}

/* file PATH [ignore]: one endless file. With "ignore" SIGXFSZ is ignored and write() fails
 * with EFBIG instead; the program goes on for ever. */
static int cmd_file(int argc, char **argv)
{
	int fd = open(argc > 0 ? argv[0] : "", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0, "open");
	if (argc > 1)
		signal(SIGXFSZ, SIG_IGN);
	for (;;) {
		if (write(fd, block, sizeof block) < 0) {
			report("write", -1);
			return 1;
		}
	}
}

/* disk DIR: files of one megabyte until there is no room; prints the bytes and the errno. */
static int cmd_disk(int argc, char **argv)
{
	unsigned long long total = 0;

	require(argc > 0 && chdir(argv[0]) == 0, "chdir");
	for (unsigned n = 0;; n++) {
		char name[32];

		snprintf(name, sizeof name, "f%u", n);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		for (unsigned i = 0; i < (1u << 20) / sizeof block; i++) {
			ssize_t put = write(fd, block, sizeof block);

			if (put < 0) {
				printf("%llu %s\n", total, strerrorname_np(errno));
				return 0;
			}
			total += (unsigned long long)put;
		}
		close(fd);
	}
	printf("%llu %s\n", total, strerrorname_np(errno));
	return 0;
}

/* inodes DIR [MAX]: empty files until the file system refuses; prints count and errno. */
static int cmd_inodes(int argc, char **argv)
{
	unsigned long long made = 0, most = argc > 1 ? number_arg(argc, argv, 1) : 10000000;

	require(argc > 0 && chdir(argv[0]) == 0, "chdir");
	for (; made < most; made++) {
		char name[32];

		snprintf(name, sizeof name, "f%llu", made);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	printf("%llu %s\n", made, made < most ? strerrorname_np(errno) : "ok");
	return 0;
}

/* deep DIR N: a chain of N folders, deeper than any path may be long. */
static int cmd_deep(int argc, char **argv)
{
	unsigned long long made = 0, most = number_arg(argc, argv, 1);

	require(chdir(argv[0]) == 0, "chdir");
	while (made < most && mkdir("d", 0700) == 0 && chdir("d") == 0)
		made++;
	printf("%llu\n", made);
	return 0;
}

/* files: opens until it is refused; prints how many descriptors it had in the end. */
static int cmd_files(int argc, char **argv)
{
	int highest = 2, fd;

	(void)argc;
	(void)argv;
	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		highest = fd;
	printf("%d %s\n", highest + 1, strerrorname_np(errno));
	return 0;
}

static const struct command commands[] = {
	{ "stdout", cmd_stdout }, { "stderr", cmd_stderr }, { "both", cmd_both },
	{ "file", cmd_file },     { "disk", cmd_disk },     { "inodes", cmd_inodes },
	{ "deep", cmd_deep },     { "files", cmd_files },   { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
