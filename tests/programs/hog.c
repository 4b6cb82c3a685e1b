/* SPDX-License-Identifier: MIT */
/*
 * Uses memory of every kind a submission can find: heap, files on tmpfs, memfd, System V segments,
 * pipes, stack, and memory of a child that dies in the place of the program.
 */
#include "command.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>

#define BLOCK (1u << 20)

/* Touched page by page with differing content, so that no kernel trick shares the pages. */
static void touch(volatile unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 4096)
		bytes[i] = (unsigned char)(i >> 12 | 1);
}

static void take_anonymous(size_t size)
{
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	require(bytes != MAP_FAILED, "mmap");
	touch(bytes, size);
}

/* anon BYTES [MS]: keeps the memory for MS milliseconds, then ends well. */
static int cmd_anon(int argc, char **argv)
{
	take_anonymous((size_t)number_arg(argc, argv, 0));
	if (argc > 1)
		sleep_ms(number_arg(argc, argv, 1));
	puts("alive");
	return 0;
}

/* churn BYTES N: takes and gives back the same amount N times; only the peak counts. */
static int cmd_churn(int argc, char **argv)
{
	size_t size = (size_t)number_arg(argc, argv, 0);

	for (unsigned long long n = number_arg(argc, argv, 1); n > 0; n--) {
		void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		require(bytes != MAP_FAILED, "mmap");
		touch(bytes, size);
		munmap(bytes, size);
	}
	return 0;
}

static int fill_file(int fd, unsigned long long size)
{
	static char block[BLOCK];

	memset(block, 'x', sizeof block);
	while (size > 0) {
		size_t part = size < sizeof block ? (size_t)size : sizeof block;
		ssize_t put = write(fd, block, part);

		if (put <= 0)
			return -1;
		size -= (unsigned long long)put;
	}
	return 0;
}

/* file PATH BYTES [MS]: a file on a tmpfs of the cell is memory. */
static int cmd_file(int argc, char **argv)
{
	unsigned long long size = number_arg(argc, argv, 1);
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0, argv[0]);
	bool ok = report("write", fill_file(fd, size));
	if (argc > 2)
		sleep_ms(number_arg(argc, argv, 2));
	return !ok;
}

/* memfd BYTES: memory behind a descriptor, not in any file system the cell can see. */
static int cmd_memfd(int argc, char **argv)
{
	int fd = memfd_create("hog", MFD_CLOEXEC);

	require(fd >= 0, "memfd_create");
	return !report("write", fill_file(fd, number_arg(argc, argv, 0)));
}

/* sysv BYTES: a System V segment outlives the process that made it. */
static int cmd_sysv(int argc, char **argv)
{
	size_t size = (size_t)number_arg(argc, argv, 0);
	int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);

	require(id >= 0, "shmget");
	void *bytes = shmat(id, NULL, 0);
	require(bytes != (void *)-1, "shmat");
	touch(bytes, size);
	puts("alive");
	return 0;
}

/* pipes: fills pipe buffers, as many and as large as the system lets it; kernel memory. */
static int cmd_pipes(int argc, char **argv)
{
	static char block[BLOCK];
	unsigned long long total = 0, count = 0;

	(void)argc;
	(void)argv;
	for (int ends[2]; pipe2(ends, O_NONBLOCK) == 0; count++) {
		ssize_t put;

		(void)fcntl(ends[1], F_SETPIPE_SZ, BLOCK);
		while ((put = write(ends[1], block, sizeof block)) > 0)
			total += (unsigned long long)put;
	}
	printf("pipes %llu bytes %llu\n", count, total);
	return 0;
}

/* child BYTES: a child takes too much and dies; the program itself ends well. Looking at the
 * program's own wait status alone would call this OK. */
static int cmd_child(int argc, char **argv)
{
	size_t size = (size_t)number_arg(argc, argv, 0);
	pid_t pid = fork();
	int status;

	require(pid >= 0, "fork");
	if (pid == 0) {
		take_anonymous(size);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	puts(WIFSIGNALED(status) ? "child killed" : "child lived");
	return 0;
}

/* Not inlined and not a tail call: every level really needs its kilobytes. */
static __attribute__((noinline)) unsigned recurse(unsigned long long bytes)
{
	volatile unsigned char frame[8192];

	touch(frame, sizeof frame);
	if (bytes <= sizeof frame)
		return frame[0];
	return recurse(bytes - sizeof frame) + frame[4096];
}

/* stack BYTES: uses so much stack. */
static int cmd_stack(int argc, char **argv)
{
	printf("stack %u\n", recurse(number_arg(argc, argv, 0)) > 0);
	return 0;
}

static const struct command commands[] = {
	{ "anon", cmd_anon },   { "churn", cmd_churn }, { "file", cmd_file },
	{ "memfd", cmd_memfd }, { "sysv", cmd_sysv },   { "pipes", cmd_pipes },
	{ "child", cmd_child }, { "stack", cmd_stack }, { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
