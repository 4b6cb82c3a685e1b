/* SPDX-License-Identifier: MIT */
/*
 * The verdict as a sentence, made of the same counters. Text that comes from the program (there
 * is none here but the name of its signal or errno, which are ours) never gets into it.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "filter/hint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void say(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct run *run, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(run->result->message, sizeof run->result->message, format, args);
	va_end(args);
}

static double ms(uint64_t ns)
{
	return (double)ns / (double)NS_PER_MS;
}

static void say_signal(struct run *run)
{
	int number = WTERMSIG(run->outcome.wait_status);
	const char *name = sigabbrev_np(number);
	say(run, "killed by signal %d (%s%s)", number, name != NULL ? "SIG" : "",
	    name != NULL ? name : "real-time");
}

static void say_syscall(struct run *run)
{
	const struct bailiff_syscall *call = &run->result->syscall;
	say(run, "system call %s (%s, number %d) is not allowed by policy '%s'", call->name,
	    call->arch, call->number, bailiff_policy_name(run->policy));
	filter_hint(call, run->result->hint, sizeof run->result->hint);
}

/* A peak this far below the limit (1/16) was not what the killer came for; the kernel charges in
 * batches, so it need not be equal. */
#define OUTSIDE_SHARE 16

static void say_oom(struct run *run)
{
	uint64_t limit = run->limits.memory_bytes;
	if (run->start_ns == 0)
		say(run, "out of memory before the program started: the limit of %" PRIu64
			 " bytes is too small for it", limit);
	else if (run->result->memory_peak_bytes < limit - limit / OUTSIDE_SHARE)
		say(run, "out of memory outside of its own limit: the kernel's OOM killer struck at %"
			 PRIu64 " of %" PRIu64 " bytes, because a group around the cell or the "
			 "machine had no more", run->result->memory_peak_bytes, limit);
	else
		say(run, "out of memory: the kernel's OOM killer struck at the limit of %" PRIu64
			 " bytes", limit);
}

static void say_idle(struct run *run)
{
	if (run->outcome.stop == STOP_IDLE)
		say(run, "idle: used no CPU time for as long as the limit of %.3f ms, after %.3f ms in "
			 "all", ms(run->idled_ns), ms(run->outcome.wall_ns));
	else
		say(run, "idle: ran for %.3f ms, the limit is %.3f ms, but used only %.3f ms of CPU "
			 "time", ms(run->outcome.wall_ns), ms(run->limits.wall_ns),
		    ms(run->outcome.cpu_ns));
}

void run_explain(struct run *run)
{
	const struct bailiff_limits *limits = &run->limits;
	const struct outcome *outcome = &run->outcome;
	switch (run->result->reason) {
	case BAILIFF_REASON_NONE: return;
	case BAILIFF_REASON_EXITED:
	case BAILIFF_REASON_EXIT_CODE:
		say(run, "exited with code %d", WEXITSTATUS(outcome->wait_status));
		return;
	case BAILIFF_REASON_SIGNAL: say_signal(run); return;
	case BAILIFF_REASON_EXEC:
		say(run, "cannot execute '%s': %s (%s)", run->spec->argv[0],
		    errno_name(outcome->exec_errnum), strerrordesc_np(outcome->exec_errnum));
		return;
	case BAILIFF_REASON_CPU_TIME:
		say(run, "used %.3f ms of CPU time, more than the limit of %.3f ms",
		    ms(outcome->cpu_ns), ms(limits->cpu_ns));
		return;
	case BAILIFF_REASON_WALL_TIME:
		say(run, "ran for %.3f ms, more than the limit of %.3f ms", ms(outcome->wall_ns),
		    ms(limits->wall_ns));
		return;
	case BAILIFF_REASON_IDLE: say_idle(run); return;
	case BAILIFF_REASON_OOM_KILL: say_oom(run); return;
	case BAILIFF_REASON_OUTPUT:
		say(run, "wrote more output than the limit of %" PRIu64 " bytes",
		    limits->output_bytes);
		return;
	case BAILIFF_REASON_FILE_SIZE:
		say(run, "killed by SIGXFSZ: no file may be larger than the limit of %" PRIu64 " bytes",
		    limits->output_bytes);
		return;
	case BAILIFF_REASON_SYSCALL: say_syscall(run); return;
	case BAILIFF_REASON_STAGE:
		say(run, "internal error at stage '%s': %s",
		    bailiff_stage_name(run->result->error.stage), run->result->error.message);
		return;
	}
}
