/* SPDX-License-Identifier: MIT */
/*
 * Goal: the decision table gives each combination of counters its one verdict.
 * Method: a truth table of outcomes; one base outcome, changed in one or two fields per row.
 */
#include "model/verdict.h"

#include "base/mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Wait statuses as wait(2) encodes them. */
#define EXITED(code) ((code) << 8)
#define KILLED(number) (number)

static const struct bailiff_limits limits = {
	.cpu_ns = 1000, .wall_ns = 3000, .output_bytes = 100, .memory_bytes = 1 << 20,
};

struct row {
	const char *name;
	struct outcome outcome;
	enum bailiff_verdict verdict;
	enum bailiff_reason reason;
};

#define ENDED(status) .has_wait_status = true, .wait_status = (status)

static const struct row rows[] = {
	{ "exit 0", { ENDED(EXITED(0)) }, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED },
	{ "exit 1", { ENDED(EXITED(1)) }, BAILIFF_VERDICT_RE, BAILIFF_REASON_EXIT_CODE },
	{ "exit 137 is an exit code, not a kill", { ENDED(EXITED(137)) }, BAILIFF_VERDICT_RE,
	  BAILIFF_REASON_EXIT_CODE },
	{ "segmentation fault", { ENDED(KILLED(SIGSEGV)) }, BAILIFF_VERDICT_RE,
	  BAILIFF_REASON_SIGNAL },
	{ "segmentation fault with core flag", { ENDED(KILLED(SIGSEGV) | 0x80) },
	  BAILIFF_VERDICT_RE, BAILIFF_REASON_SIGNAL },
	{ "its own SIGKILL is no limit", { ENDED(KILLED(SIGKILL)) }, BAILIFF_VERDICT_RE,
	  BAILIFF_REASON_SIGNAL },
	{ "its own SIGSYS is no violation", { ENDED(KILLED(SIGSYS)) }, BAILIFF_VERDICT_RE,
	  BAILIFF_REASON_SIGNAL },
	{ "CPU at the limit", { ENDED(EXITED(0)), .cpu_ns = 1000 }, BAILIFF_VERDICT_OK,
	  BAILIFF_REASON_EXITED },
	{ "CPU just above, found afterwards", { ENDED(EXITED(0)), .cpu_ns = 1001 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_CPU_TIME },
	{ "stopped for CPU", { .stop = STOP_CPU, .cpu_ns = 1001, .wall_ns = 1100 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_CPU_TIME },
	{ "wall, busy", { .stop = STOP_WALL, .cpu_ns = 900, .wall_ns = 3001 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_WALL_TIME },
	{ "wall, a tenth busy", { .stop = STOP_WALL, .cpu_ns = 300, .wall_ns = 3000 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_WALL_TIME },
	{ "wall, under a tenth busy", { .stop = STOP_WALL, .cpu_ns = 299, .wall_ns = 3000 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE },
	{ "stopped for idling", { .stop = STOP_IDLE, .cpu_ns = 500, .wall_ns = 1000 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE },
	{ "idling, then an exit in the same moment", { .stop = STOP_IDLE, ENDED(EXITED(0)) },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE },
	{ "stopped for idling, CPU found exceeded", { .stop = STOP_IDLE, .cpu_ns = 1001 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE },
	{ "a child's OOM kill, then idling", { .stop = STOP_IDLE, .oom_kills = 1 },
	  BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL },
	{ "nobody wanted its end", { .stop = STOP_UNWANTED, .cpu_ns = 500 },
	  BAILIFF_VERDICT_NONE, BAILIFF_REASON_NONE },
	{ "unwanted, whatever its counters say", { .stop = STOP_UNWANTED, ENDED(EXITED(0)),
	  .cpu_ns = 2000, .wall_ns = 9000, .oom_kills = 1, .output_bytes = 101 },
	  BAILIFF_VERDICT_NONE, BAILIFF_REASON_NONE },
	{ "wall exceeded, found afterwards", { ENDED(EXITED(0)), .cpu_ns = 900, .wall_ns = 3001 },
	  BAILIFF_VERDICT_TLE, BAILIFF_REASON_WALL_TIME },
	{ "OOM kill of the program", { ENDED(KILLED(SIGKILL)), .oom_kills = 1 },
	  BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL },
	{ "OOM kill of a child, program ends well", { ENDED(EXITED(0)), .oom_kills = 1 },
	  BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL },
	{ "OOM kill counted twice is one fact", { ENDED(KILLED(SIGKILL)), .oom_kills = 2 },
	  BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL },
	{ "OOM kill inside exec", { .exec_failed = true, .exec_errnum = 12, .oom_kills = 1 },
	  BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL },
	{ "OOM kill, then the CPU limit", { .stop = STOP_CPU, .cpu_ns = 1001, .oom_kills = 1 },
	  BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL },
	{ "stopped for output", { .stop = STOP_OUTPUT, .output_bytes = 101 }, BAILIFF_VERDICT_OLE,
	  BAILIFF_REASON_OUTPUT },
	{ "output at the limit", { ENDED(EXITED(0)), .output_bytes = 100 }, BAILIFF_VERDICT_OK,
	  BAILIFF_REASON_EXITED },
	{ "too much output found while draining", { ENDED(EXITED(0)), .output_bytes = 101 },
	  BAILIFF_VERDICT_OLE, BAILIFF_REASON_OUTPUT },
	{ "file too large", { ENDED(KILLED(SIGXFSZ)) }, BAILIFF_VERDICT_OLE,
	  BAILIFF_REASON_FILE_SIZE },
	{ "SIGXFSZ after a stop is the stop", { .stop = STOP_WALL, ENDED(KILLED(SIGXFSZ)),
	  .cpu_ns = 900, .wall_ns = 3001 }, BAILIFF_VERDICT_TLE, BAILIFF_REASON_WALL_TIME },
	{ "forbidden call", { .stop = STOP_SYSCALL }, BAILIFF_VERDICT_SV, BAILIFF_REASON_SYSCALL },
	{ "forbidden call wins over an OOM kill", { .stop = STOP_SYSCALL, .oom_kills = 1 },
	  BAILIFF_VERDICT_SV, BAILIFF_REASON_SYSCALL },
	{ "cannot be executed", { .exec_failed = true, .exec_errnum = 2, ENDED(EXITED(125)) },
	  BAILIFF_VERDICT_RE, BAILIFF_REASON_EXEC },
	{ "no status at all is our failure", { .stop = STOP_NONE }, BAILIFF_VERDICT_IE,
	  BAILIFF_REASON_STAGE },
};

static void test_every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct ruling ruling = classify(&limits, &rows[i].outcome);
		if (ruling.verdict != rows[i].verdict || ruling.reason != rows[i].reason)
			fail_msg("%s: got %s/%s", rows[i].name,
				 bailiff_verdict_name(ruling.verdict),
				 bailiff_reason_name(ruling.reason));
	}
}

/* Goal: nothing but the counters decides. Method: every stop cause with every exit code; a stop
 * by the supervisor never becomes OK. */
static void test_a_stop_is_never_ok(void **state)
{
	(void)state;
	for (int stop = STOP_CPU; stop <= STOP_SYSCALL; stop++) {
		for (int code = 0; code < 256; code++) {
			const struct outcome outcome = { .stop = (enum stop_cause)stop,
							 ENDED(EXITED(code)),
							 .oom_kills = stop == STOP_OOM };
			struct ruling ruling = classify(&limits, &outcome);
			assert_int_not_equal(ruling.verdict, BAILIFF_VERDICT_OK);
			assert_int_not_equal(ruling.verdict, BAILIFF_VERDICT_RE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_a_stop_is_never_ok),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
