/* SPDX-License-Identifier: MIT */
/*
 * From counters to a verdict. The whole judgement of a run is the table below: the first row
 * whose question is answered yes decides. Order matters where several are true at once:
 *
 *   - A forbidden call is an act of the program; whatever else happened while it was being
 *     stopped does not excuse it.
 *   - An OOM kill in the leaf is proof of too much memory however the main program then ended,
 *     for it may have been a child that died, or exec itself.
 *   - A limit the supervisor acted on comes before limits found exceeded afterwards, because
 *     killing takes time and the other counters run on meanwhile.
 */
#include "model/verdict.h"

#include "base/mem.h"

#include <signal.h>
#include <sys/wait.h>

/* A program that spent less than 1/IDLE_SHARE of its wall time on a CPU was waiting. */
#define IDLE_SHARE 10

typedef bool (*question)(const struct bailiff_limits *limits, const struct outcome *outcome);

static bool was_unwanted(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->stop == STOP_UNWANTED;
}

static bool made_forbidden_call(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->stop == STOP_SYSCALL;
}

static bool was_oom_killed(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->oom_kills > 0;
}

static bool wrote_too_much(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	return outcome->stop == STOP_OUTPUT || outcome->output_bytes > limits->output_bytes;
}

static bool made_file_too_large(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->stop == STOP_NONE && outcome->has_wait_status &&
	       WIFSIGNALED(outcome->wait_status) && WTERMSIG(outcome->wait_status) == SIGXFSZ;
}

static bool used_up_cpu(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	return outcome->stop == STOP_CPU || outcome->cpu_ns > limits->cpu_ns;
}

static bool was_past_wall(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	return outcome->stop == STOP_WALL || outcome->wall_ns > limits->wall_ns;
}

static bool idled_past_wall(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	return was_past_wall(limits, outcome) && outcome->cpu_ns < outcome->wall_ns / IDLE_SHARE;
}

static bool idled_too_long(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->stop == STOP_IDLE;
}

static bool could_not_execute(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->exec_failed;
}

static bool died_by_signal(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->has_wait_status && WIFSIGNALED(outcome->wait_status);
}

static bool exited_nonzero(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->has_wait_status && WIFEXITED(outcome->wait_status) &&
	       WEXITSTATUS(outcome->wait_status) != 0;
}

static bool exited_zero(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	(void)limits;
	return outcome->has_wait_status && WIFEXITED(outcome->wait_status) &&
	       WEXITSTATUS(outcome->wait_status) == 0;
}

static const struct {
	question asks;
	struct ruling ruling;
} rows[] = {
	{ was_unwanted, { BAILIFF_VERDICT_NONE, BAILIFF_REASON_NONE } },
	{ made_forbidden_call, { BAILIFF_VERDICT_SV, BAILIFF_REASON_SYSCALL } },
	{ was_oom_killed, { BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL } },
	{ wrote_too_much, { BAILIFF_VERDICT_OLE, BAILIFF_REASON_OUTPUT } },
	{ made_file_too_large, { BAILIFF_VERDICT_OLE, BAILIFF_REASON_FILE_SIZE } },
	{ idled_too_long, { BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE } },
	{ used_up_cpu, { BAILIFF_VERDICT_TLE, BAILIFF_REASON_CPU_TIME } },
	{ idled_past_wall, { BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE } },
	{ was_past_wall, { BAILIFF_VERDICT_TLE, BAILIFF_REASON_WALL_TIME } },
	{ could_not_execute, { BAILIFF_VERDICT_RE, BAILIFF_REASON_EXEC } },
	{ died_by_signal, { BAILIFF_VERDICT_RE, BAILIFF_REASON_SIGNAL } },
	{ exited_nonzero, { BAILIFF_VERDICT_RE, BAILIFF_REASON_EXIT_CODE } },
	{ exited_zero, { BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED } },
};

struct ruling classify(const struct bailiff_limits *limits, const struct outcome *outcome)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (rows[i].asks(limits, outcome))
			return rows[i].ruling;
	}
	/* No status, no counter, no act of ours: the cell vanished, which is our failure. */
	return (struct ruling){ BAILIFF_VERDICT_IE, BAILIFF_REASON_STAGE };
}

const char *bailiff_verdict_name(enum bailiff_verdict verdict)
{
	switch (verdict) {
	case BAILIFF_VERDICT_NONE: return "none";
	case BAILIFF_VERDICT_OK: return "OK";
	case BAILIFF_VERDICT_RE: return "RE";
	case BAILIFF_VERDICT_TLE: return "TLE";
	case BAILIFF_VERDICT_MLE: return "MLE";
	case BAILIFF_VERDICT_OLE: return "OLE";
	case BAILIFF_VERDICT_SV: return "SV";
	case BAILIFF_VERDICT_IE: return "IE";
	}
	return "unknown";
}

const char *bailiff_reason_name(enum bailiff_reason reason)
{
	switch (reason) {
	case BAILIFF_REASON_NONE: return "none";
	case BAILIFF_REASON_EXITED: return "exited";
	case BAILIFF_REASON_EXIT_CODE: return "exit_code";
	case BAILIFF_REASON_SIGNAL: return "signal";
	case BAILIFF_REASON_EXEC: return "exec";
	case BAILIFF_REASON_CPU_TIME: return "cpu_time";
	case BAILIFF_REASON_WALL_TIME: return "wall_time";
	case BAILIFF_REASON_IDLE: return "idle";
	case BAILIFF_REASON_OOM_KILL: return "oom_kill";
	case BAILIFF_REASON_OUTPUT: return "output";
	case BAILIFF_REASON_FILE_SIZE: return "file_size";
	case BAILIFF_REASON_SYSCALL: return "syscall";
	case BAILIFF_REASON_STAGE: return "stage";
	}
	return "unknown";
}
