/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_MODEL_VERDICT_H
#define BAILIFF_MODEL_VERDICT_H

#include <bailiff/bailiff.h>

/* Why the supervisor ended the run; the first cause stays. */
enum stop_cause {
	STOP_NONE, /* the program ended by itself */
	STOP_CPU,
	STOP_WALL,
	STOP_IDLE,
	STOP_OUTPUT,
	STOP_OOM,
	STOP_SYSCALL,
	STOP_CANCELLED,
	STOP_UNWANTED, /* the other program of its pair has ended, and the caller wants no more */
};

/* Everything a verdict is drawn from: counters, the wait status, the supervisor's own act.
 * Nothing in it comes from memory the program can write. */
struct outcome {
	enum stop_cause stop;
	bool exec_failed; /* execve(2) refused the program with exec_errnum */
	int exec_errnum;
	bool has_wait_status; /* false where the cell was killed before its init could tell */
	int wait_status;      /* as wait(2) gives it */
	uint64_t cpu_ns;
	uint64_t wall_ns;
	uint64_t oom_kills;
	uint64_t output_bytes; /* standard output and error together */
};

struct ruling {
	enum bailiff_verdict verdict;
	enum bailiff_reason reason;
};

/*
 * The decision table. Pure: same limits and outcome, same ruling. Rows in order of precedence:
 * no verdict on a program whose end nobody waited for, a forbidden call, an OOM kill, output, a stop
 * by the supervisor, limits found exceeded afterwards, a program that could not be executed, then
 * the wait status.
 */
struct ruling classify(const struct bailiff_limits *limits, const struct outcome *outcome);

#endif
