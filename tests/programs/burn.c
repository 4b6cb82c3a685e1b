/* SPDX-License-Identifier: MIT */
/*
 * Uses CPU time, or only wall time, in the ways in which a submission tries to hide it: in
 * threads, in children nobody waits for, in grandchildren, behind ignored signals, stopped.
 */
#include "command.h"

#include <pthread.h>
#include <sys/wait.h>

static _Noreturn void spin_forever(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

static void burn_ms(clockid_t clock, double ms)
{
	double end = clock_ms(clock) + ms;

	while (clock_ms(clock) < end) {
		for (volatile unsigned i = 0; i < 20000; i++)
			;
	}
}

static void *thread_spin(void *unused)
{
	(void)unused;
	spin_forever();
}

static void *thread_burn(void *ms)
{
	burn_ms(CLOCK_THREAD_CPUTIME_ID, *(const double *)ms);
	return NULL;
}

/* self MS: burns so much CPU time and ends well. */
static int cmd_self(int argc, char **argv)
{
	burn_ms(CLOCK_PROCESS_CPUTIME_ID, (double)number_arg(argc, argv, 0));
	return 0;
}

/* spin: one thread, for ever, all catchable signals ignored (SIGXCPU and SIGTERM above all). */
static int cmd_spin(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	spin_forever();
}

/* threads N [MS]: N threads; each burns MS milliseconds, or for ever. */
static int cmd_threads(int argc, char **argv)
{
	unsigned long long count = number_arg(argc, argv, 0);
	double ms = argc > 1 ? (double)number_arg(argc, argv, 1) : 0;
	pthread_t threads[64];

	require(count <= 64, "count");
	for (unsigned i = 0; i < count; i++)
		require(pthread_create(&threads[i], NULL, argc > 1 ? thread_burn : thread_spin,
				       &ms) == 0, "pthread_create");
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* children N: N children spin for ever while the parent sleeps and waits for none of them:
 * getrusage(RUSAGE_CHILDREN) would count nothing. */
static int cmd_children(int argc, char **argv)
{
	unsigned long long count = number_arg(argc, argv, 0);

	for (unsigned i = 0; i < count; i++) {
		pid_t pid = fork();

		require(pid >= 0, "fork");
		if (pid == 0)
			spin_forever();
	}
	for (;;)
		pause();
}

/* grandchild MS: the CPU time is spent by a grandchild that init inherits; the program itself
 * uses next to none and ends only when the grandchild has. */
static int cmd_grandchild(int argc, char **argv)
{
	double ms = (double)number_arg(argc, argv, 0);
	int ends[2];
	char byte;

	require(pipe(ends) == 0, "pipe");
	pid_t pid = fork();
	require(pid >= 0, "fork");
	if (pid == 0) {
		pid_t grandchild = fork();

		require(grandchild >= 0, "fork");
		if (grandchild == 0)
			burn_ms(CLOCK_PROCESS_CPUTIME_ID, ms);
		_exit(0);
	}
	close(ends[1]);
	return read(ends[0], &byte, 1) != 0;
}

/* stop: stops itself; no CPU limit will ever be reached. */
static int cmd_stop(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	raise(SIGSTOP);
	return 0;
}

/* doze PERCENT: for ever on the CPU for PERCENT of every 10 ms, asleep for the rest. */
static int cmd_doze(int argc, char **argv)
{
	unsigned long long percent = number_arg(argc, argv, 0);

	while (true) {
		burn_ms(CLOCK_PROCESS_CPUTIME_ID, (double)percent / 10);
		sleep_ms(10 - percent / 10);
	}
	return 0;
}

/* kernel MS: CPU time inside the kernel rather than in user space. */
static int cmd_kernel(int argc, char **argv)
{
	double end = clock_ms(CLOCK_PROCESS_CPUTIME_ID) + (double)number_arg(argc, argv, 0);
	static char zeros[1 << 20];
	FILE *file = fopen("/dev/zero", "r");

	require(file != NULL, "/dev/zero");
	setvbuf(file, NULL, _IONBF, 0);
	while (clock_ms(CLOCK_PROCESS_CPUTIME_ID) < end)
		require(fread(zeros, sizeof zeros, 1, file) == 1, "read");
	fclose(file);
	return 0;
}

static const struct command commands[] = {
	{ "self", cmd_self },         { "spin", cmd_spin },
	{ "threads", cmd_threads },   { "children", cmd_children },
	{ "grandchild", cmd_grandchild }, { "stop", cmd_stop },
	{ "doze", cmd_doze },         { "kernel", cmd_kernel },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
