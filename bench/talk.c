/* SPDX-License-Identifier: MIT */
/*
 * Two programs that say a line in turn: as a pair of cells, and joined by two bare pipes; both on one
 * core, and each on its own. Timed is the whole, from the start of both to the end of both.
 */
#include "scale.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct talk {
	struct bench *bench;
	struct program programs[2];
	char count[24];
	int cpus[2];	    /* of this turn */
	char cpusets[2][8]; /* the same */
};

static pid_t start_bare(const struct talk *talk, int which, int in_fd, int out_fd)
{
	posix_spawn_file_actions_t actions;
	cpu_set_t own, wanted;
	char path[sizeof talk->programs[which].path], role[8], count[24];
	char *const argv[] = { path, role, count, NULL };
	pid_t pid = -1;
	memcpy(path, talk->programs[which].path, sizeof path);
	memcpy(count, talk->count, sizeof count);
	(void)snprintf(role, sizeof role, "%s", talk->programs[which].argv[1]);
	(void)sched_getaffinity(0, sizeof own, &own);
	CPU_ZERO(&wanted);
	CPU_SET((unsigned)talk->cpus[which], &wanted);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	/* A child has its parent's affinity. */
	(void)sched_setaffinity(0, sizeof wanted, &wanted);
	int error = posix_spawn(&pid, path, &actions, NULL, argv, environ);
	(void)sched_setaffinity(0, sizeof own, &own);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (error != 0)
		give_up(path, strerror(error));
	return pid;
}

static void talk_bare(const struct talk *talk)
{
	int there[2], back[2];
	if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
		give_up("pipe", strerror(errno));
	const pid_t pids[2] = { start_bare(talk, 0, back[0], there[1]),
				start_bare(talk, 1, there[0], back[1]) };
	for (int i = 0; i < 2; i++) {
		(void)close(there[i]);
		(void)close(back[i]);
	}
	for (int i = 0; i < 2; i++) {
		int status = -1;
		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			give_up("talk", "failed");
	}
}

static void talk_in_cells(struct talk *talk)
{
	struct bailiff_result results[2];
	struct bailiff_error err = { 0 };
	unsigned first;
	for (int i = 0; i < 2; i++) {
		struct bailiff_limits *limits = &talk->programs[i].spec.limits;
		*limits = (struct bailiff_limits){ .cpu_ns = UINT64_C(600000000000),
						   .output_bytes = UINT64_C(1) << 30,
						   .cpuset = talk->cpusets[i] };
	}
	const struct bailiff_pair pair = { .specs = { &talk->programs[0].spec,
						      &talk->programs[1].spec } };
	if (bailiff_run_pair(talk->bench->host, &pair, results, &first, &err) < 0)
		give_up("pair", err.message);
	for (int i = 0; i < 2; i++) {
		if (results[i].verdict != BAILIFF_VERDICT_OK)
			give_up("pair", results[i].message);
		bailiff_result_finish(&results[i]);
	}
}

/* The first two CPUs that we may use; -1 where there is no second. */
static void find_cpus(int cpus[2])
{
	cpu_set_t own;
	int found = 0;
	cpus[0] = cpus[1] = -1;
	(void)sched_getaffinity(0, sizeof own, &own);
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET((unsigned)cpu, &own))
			cpus[found++] = cpu;
}

static void place(struct talk *talk, int first, int second)
{
	talk->cpus[0] = first;
	talk->cpus[1] = second;
	for (int i = 0; i < 2; i++)
		(void)snprintf(talk->cpusets[i], sizeof talk->cpusets[i], "%d", talk->cpus[i]);
}

static void print_talk(const char *name, double *bare, double *cells, long rounds)
{
	double bare_ms = median(bare, rounds) / 1e3, cells_ms = median(cells, rounds) / 1e3;
	printf(", \"%s\": {\"bare_ms\": %.2f, \"cells_ms\": %.2f, \"ratio\": %.3f}", name, bare_ms,
	       cells_ms, cells_ms / bare_ms);
}

void measure_talk(struct bench *bench, const long *numbers)
{
	static struct talk talk;
	static double us[2][2][ROUNDS_MAX];
	long rounds = numbers[1] < ROUNDS_MAX ? numbers[1] : ROUNDS_MAX;
	int cpus[2];
	find_cpus(cpus);
	int ways = cpus[1] < 0 ? 1 : 2;
	talk.bench = bench;
	(void)snprintf(talk.count, sizeof talk.count, "%ld", numbers[0]);
	for (int i = 0; i < 2; i++) {
		set_program(&talk.programs[i], bench->folder, "talk");
		talk.programs[i].argv[1] = i == 0 ? "first" : "second";
		talk.programs[i].argv[2] = talk.count;
	}
	for (long round = 0; round < rounds; round++)
		for (int way = 0; way < ways; way++) {
			place(&talk, cpus[0], cpus[way]);
			double start = now_us();
			talk_bare(&talk);
			double middle = now_us();
			talk_in_cells(&talk);
			us[way][0][round] = middle - start;
			us[way][1][round] = now_us() - middle;
		}
	printf("{\"messages\": %ld, \"rounds\": %ld", 2 * numbers[0], rounds);
	print_talk("one_core", us[0][0], us[0][1], rounds);
	if (ways == 2)
		print_talk("two_cores", us[1][0], us[1][1], rounds);
	printf("}\n");
}
