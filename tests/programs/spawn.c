/* SPDX-License-Identifier: MIT */
/*
 * Makes processes and threads: fork bombs, daemons that leave their session, children that keep
 * the output pipe open after the program is gone.
 */
#include "command.h"

#include <pthread.h>
#include <sys/wait.h>

static _Noreturn void sleep_forever(void)
{
	for (;;)
		pause();
}

static void *thread_sleep(void *unused)
{
	(void)unused;
	sleep_forever();
}

/* alive N [MS]: N more processes at once, held for MS milliseconds; prints how many there were
 * and what the fork that failed said. */
static int cmd_alive(int argc, char **argv)
{
	unsigned long long wanted = number_arg(argc, argv, 0), made = 0;

	for (; made < wanted; made++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0)
			sleep_forever();
	}
	printf("%llu %s\n", made, made < wanted ? strerrorname_np(errno) : "ok");
	fflush(stdout);
	if (argc > 1)
		sleep_ms(number_arg(argc, argv, 1));
	return 0;
}

/* threads N: the same with threads, which count like processes. */
static int cmd_threads(int argc, char **argv)
{
	unsigned long long wanted = number_arg(argc, argv, 0), made = 0;
	pthread_attr_t attr;
	pthread_t thread;
	int error = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	while (made < wanted && (error = pthread_create(&thread, &attr, thread_sleep, NULL)) == 0)
		made++;
	printf("%llu %s\n", made, error != 0 ? strerrorname_np(error) : "ok");
	return 0;
}

/* bomb: every process forks for ever, parents die so that the tree cannot be followed, and all
 * ignore what they can. Beats any supervisor that kills one process after the other. */
static int cmd_bomb(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	while (true) {
		pid_t pid = fork();

		if (pid > 0 && fork() == 0)
			setsid();
	}
	return 0;
}

/* bomb-orphans: the same, but the main program ends at once and leaves the bomb behind. */
static int cmd_bomb_orphans(int argc, char **argv)
{
	if (fork() == 0)
		return cmd_bomb(argc, argv);
	return 0;
}

/* daemon MARK: the classic double fork into a session of its own, keeping every descriptor. The
 * program ends at once; the daemon would write MARK seconds later. */
static int cmd_daemon(int argc, char **argv)
{
	pid_t pid = fork();

	require(pid >= 0, "fork");
	if (pid == 0) {
		setsid();
		pid = fork();
		if (pid == 0) {
			sleep_ms(20000);
			for (int i = 0; i < argc; i++)
				printf("%s", argv[i]);
			fflush(stdout);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	puts("main ended");
	return 0;
}

static const struct command commands[] = {
	{ "alive", cmd_alive },   { "threads", cmd_threads },           { "bomb", cmd_bomb },
	{ "daemon", cmd_daemon }, { "bomb-orphans", cmd_bomb_orphans }, { NULL, NULL },
};

int main(int argc, char **argv)
{
	return run_command(commands, argc, argv);
}
