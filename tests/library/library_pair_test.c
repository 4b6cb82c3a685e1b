/* SPDX-License-Identifier: MIT */
/*
 * Two programs joined by pipes: what each sees of the other, who ends first, who is to blame, and
 * that nothing is left. Needs root, as every real run.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

static char plain[PATH_MAX], burn[PATH_MAX], flood[PATH_MAX], talk[PATH_MAX];

/* Long enough that only a test that has gone wrong comes to it. */
#define PATIENT { .cpu_ns = 20 * SECOND, .wall_ns = 60 * SECOND }

struct talk {
	struct bailiff_spec specs[2];
	struct bailiff_pair pair;
	struct bailiff_result results[2];
	struct bailiff_error err;
	unsigned first;
};

/* A pair of programs with patient limits; the test changes what it is about. */
static struct talk talk_of(const char *const *left, const char *const *right)
{
	return (struct talk){
		.specs = { { .argv = left, .limits = PATIENT },
			   { .argv = right, .limits = PATIENT } },
		.first = 7,
	};
}

static int run_talk(struct bailiff_host *host, struct talk *talk_)
{
	talk_->pair.specs[0] = &talk_->specs[0];
	talk_->pair.specs[1] = &talk_->specs[1];
	return bailiff_run_pair(host, &talk_->pair, talk_->results, &talk_->first, &talk_->err);
}

static void finish(struct talk *talk_)
{
	bailiff_result_finish(&talk_->results[0]);
	bailiff_result_finish(&talk_->results[1]);
}

static void expect(const struct talk *talk_, unsigned index, enum bailiff_verdict verdict,
		   enum bailiff_reason reason)
{
	const struct bailiff_result *result = &talk_->results[index];
	if (result->verdict != verdict || result->reason != reason)
		fail_msg("program %u: %s/%s, '%s', stderr '%.*s'", index,
			 bailiff_verdict_name(result->verdict), bailiff_reason_name(result->reason),
			 result->message, (int)result->err.size, result->err.data);
	assert_true(result->cell.uid != 0);
}

static void expect_stderr(const struct talk *talk_, unsigned index, const char *text)
{
	const struct bailiff_capture *err = &talk_->results[index].err;
	if (err->size != strlen(text) || memcmp(err->data, text, err->size) != 0)
		fail_msg("program %u said '%.*s'", index, (int)err->size, err->data);
}

static void run_well(struct bailiff_host *host, struct talk *talk_)
{
	int before = count_open_fds();
	int rc = run_talk(host, talk_);
	if (rc != 0)
		fail_msg("%d: %s", rc, talk_->err.message);
	assert_int_equal(count_open_fds(), before);
	assert_in_range(talk_->first, 0, 1);
}

/* Goal: what one writes the other reads, in both directions, at once; each has counters of its own,
 * and what they say to each other is counted, as far as it was looked at, and not captured. */
static void test_dialogue(void **state)
{
	const char *const left[] = { talk, "ask", "1000", NULL };
	const char *const right[] = { talk, "answer", NULL };
	struct talk t = talk_of(left, right);
	run_well(*state, &t);
	for (unsigned i = 0; i < 2; i++) {
		expect(&t, i, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
		assert_true(t.results[i].stdout_bytes < 100000);
		assert_int_equal(t.results[i].out.size, 0);
		assert_int_not_equal(t.results[i].cpu_ns, BAILIFF_UNKNOWN);
		assert_true(t.results[i].cpu_ns > 0);
		assert_true(t.results[i].wall_ns < 30 * SECOND);
	}
	expect_stderr(&t, 0, "1000 answers\n");
	expect_stderr(&t, 1, "end of file\n");
	assert_int_equal(t.first, 0);
	assert_true(t.results[0].cell.uid != t.results[1].cell.uid);
	finish(&t);
}

/* Goal: when one leaves, the other reads end of file at once, not when something is taken apart.
 * Method: either of the two is the one that leaves; the other's wall time. */
static void test_early_exit(void **state)
{
	const char *const leaver[] = { plain, "exit", "3", NULL };
	const char *const reader[] = { talk, "answer", NULL };
	for (unsigned i = 0; i < 2; i++) {
		struct talk t = talk_of(i == 0 ? leaver : reader, i == 0 ? reader : leaver);
		run_well(*state, &t);
		expect(&t, i, BAILIFF_VERDICT_RE, BAILIFF_REASON_EXIT_CODE);
		expect(&t, 1 - i, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
		expect_stderr(&t, 1 - i, "end of file\n");
		assert_int_equal(t.first, i);
		assert_int_equal(t.results[i].exit_code, 3);
		assert_true(t.results[1 - i].wall_ns < 10 * SECOND);
		finish(&t);
	}
}

static bool never(void *context, unsigned ended, const struct bailiff_result *result)
{
	(void)context;
	(void)ended;
	(void)result;
	return false;
}

/* Goal: who writes to somebody that has closed its input gets SIGPIPE while the other still runs: no
 * other process holds the reading end. */
static void test_broken_pipe(void **state)
{
	const char *const left[] = { talk, "tell-deaf", NULL };
	const char *const right[] = { talk, "deaf", NULL };
	struct talk t = talk_of(left, right);
	t.pair.may_go_on = never;
	run_well(*state, &t);
	expect(&t, 0, BAILIFF_VERDICT_RE, BAILIFF_REASON_SIGNAL);
	assert_int_equal(t.results[0].signal, SIGPIPE);
	expect(&t, 1, BAILIFF_VERDICT_NONE, BAILIFF_REASON_NONE);
	assert_int_equal(t.first, 0);
	finish(&t);
}

/* Goal: each has its own end of each pipe and nothing else: it can open that again, but not for the
 * other's direction, nor change who may. */
static void test_ends_are_one_way(void **state)
{
	const char *const argv[] = { talk, "reopen", NULL };
	struct talk t = talk_of(argv, argv);
	run_well(*state, &t);
	for (unsigned i = 0; i < 2; i++) {
		expect(&t, i, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
		expect_stderr(&t, i, "in-read ok\nin-write EACCES\nin-both EACCES\n"
				     "out-write ok\nout-read EACCES\nout-both EACCES\n"
				     "chmod EPERM\nchmod EPERM\n");
	}
	finish(&t);
}

/* Goal: two that wait for each other are both found idle long before their wall limits. Method: both
 * read; and one fills the pipe to another that sleeps. */
static void test_deadlock(void **state)
{
	const char *const reader[] = { talk, "answer", NULL };
	const char *const writer[] = { flood, "stdout", NULL };
	const char *const sleeper[] = { plain, "sleep", "50000", NULL };
	struct talk talks[] = { talk_of(reader, reader), talk_of(writer, sleeper) };
	for (size_t i = 0; i < 2; i++) {
		struct talk *t = &talks[i];
		t->pair.idle_ns = SECOND / 2;
		run_well(*state, t);
		for (unsigned j = 0; j < 2; j++) {
			expect(t, j, BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE);
			assert_non_null(strstr(t->results[j].message, "500.000 ms"));
			assert_true(t->results[j].wall_ns >= SECOND / 2);
			assert_true(t->results[j].wall_ns < 20 * SECOND);
		}
		finish(t);
	}
}

/* Goal: who waits for a partner that works is not idle, as long as nobody asks for that. Method: the
 * partner burns three times the limit; then the waiting one has an idle limit of its own. */
static void test_waiting_for_work(void **state)
{
	const char *const worker[] = { burn, "self", "900", NULL };
	const char *const waiter[] = { talk, "answer", NULL };
	struct talk t = talk_of(worker, waiter);
	t.pair.idle_ns = 3 * SECOND / 10;
	run_well(*state, &t);
	expect(&t, 0, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
	expect(&t, 1, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
	finish(&t);

	t = talk_of(worker, waiter);
	t.specs[1].limits.idle_ns = 3 * SECOND / 10;
	run_well(*state, &t);
	expect(&t, 0, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
	expect(&t, 1, BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE);
	assert_int_equal(t.first, 1);
	finish(&t);
}

/* Goal: each is held to its own limits, and its end is the other's end of file. Method: one spins
 * beyond its CPU limit, or dies of a signal. */
static void test_killed_partner(void **state)
{
	const char *const spinner[] = { burn, "spin", NULL };
	const char *const crasher[] = { plain, "segv", NULL };
	const char *const reader[] = { talk, "answer", NULL };
	struct talk t = talk_of(reader, spinner);
	t.specs[1].limits.cpu_ns = SECOND / 5;
	run_well(*state, &t);
	expect(&t, 0, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
	expect(&t, 1, BAILIFF_VERDICT_TLE, BAILIFF_REASON_CPU_TIME);
	assert_int_equal(t.first, 1);
	finish(&t);

	t = talk_of(crasher, reader);
	run_well(*state, &t);
	expect(&t, 0, BAILIFF_VERDICT_RE, BAILIFF_REASON_SIGNAL);
	expect(&t, 1, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
	assert_int_equal(t.first, 0);
	finish(&t);
}

/* Goal: a program that cannot be executed has ended, like any other; the other goes on, or is never
 * started. Method: it is missing (found before either runs), or no program (found by exec). */
static void test_cannot_execute(void **state)
{
	const char *const missing[] = { "/box/missing", NULL };
	const char *const nonsense[] = { "/box/nonsense", NULL };
	const char *const reader[] = { talk, "answer", NULL };
	static const struct bailiff_file file = { .to = "nonsense", .data = "\177ELF", .size = 4,
						  .mode = 0755 };
	for (unsigned i = 0; i < 4; i++) {
		struct talk t = talk_of(reader, i < 2 ? missing : nonsense);
		t.specs[1].files = &file;
		t.specs[1].file_count = 1;
		t.pair.may_go_on = i % 2 == 0 ? NULL : never;
		run_well(*state, &t);
		expect(&t, 1, BAILIFF_VERDICT_RE, BAILIFF_REASON_EXEC);
		if (i % 2 == 0)
			expect(&t, 0, BAILIFF_VERDICT_OK, BAILIFF_REASON_EXITED);
		else if (i < 2)
			expect(&t, 0, BAILIFF_VERDICT_NONE, BAILIFF_REASON_NONE);
		assert_int_equal(t.first, 1);
		finish(&t);
	}
}

struct witness {
	unsigned calls, ended;
	bool is_complete;
};

static bool refuse(void *context, unsigned ended, const struct bailiff_result *result)
{
	struct witness *witness = context;
	witness->calls++;
	witness->ended = ended;
	witness->is_complete = result->verdict == BAILIFF_VERDICT_RE && result->exit_code == 4 &&
			       result->cell.teardown_ns > 0 && result->message[0] != '\0' &&
			       result->err.size == 0 && result->cpu_ns != BAILIFF_UNKNOWN;
	return false;
}

/* Goal: when the first has ended, its whole result is shown, and the other ends if it is not wanted,
 * without a verdict, but with counters. */
static void test_unwanted(void **state)
{
	const char *const leaver[] = { plain, "exit", "4", NULL };
	const char *const sleeper[] = { plain, "sleep", "50000", NULL };
	struct witness witness = { 0 };
	struct talk t = talk_of(sleeper, leaver);
	t.pair.may_go_on = refuse;
	t.pair.context = &witness;
	run_well(*state, &t);
	assert_int_equal(witness.calls, 1);
	assert_int_equal(witness.ended, 1);
	assert_true(witness.is_complete);
	assert_int_equal(t.first, 1);
	expect(&t, 0, BAILIFF_VERDICT_NONE, BAILIFF_REASON_NONE);
	assert_int_not_equal(t.results[0].cpu_ns, BAILIFF_UNKNOWN);
	assert_int_not_equal(t.results[0].memory_peak_bytes, BAILIFF_UNKNOWN);
	assert_true(t.results[0].wall_ns > 0 && t.results[0].wall_ns < 20 * SECOND);
	finish(&t);
}

static void *cancel_soon(void *context)
{
	const struct timespec moment = { .tv_nsec = 200000000 };
	(void)nanosleep(&moment, NULL);
	(void)eventfd_write(*(int *)context, 1);
	return NULL;
}

static void expect_inert(const struct talk *talk_)
{
	static const struct bailiff_result inert;
	for (unsigned i = 0; i < 2; i++) {
		const struct bailiff_result *result = &talk_->results[i];
		assert_int_equal(result->verdict, BAILIFF_VERDICT_NONE);
		assert_null(result->err.data);
		assert_memory_equal(&result->limits, &inert.limits, sizeof inert.limits);
	}
}

/* Goal: either of the two can be given up, and takes the other along; also when its partner has
 * ended already. */
static void test_cancel(void **state)
{
	const char *const sleeper[] = { plain, "sleep", "50000", NULL };
	const char *const leaver[] = { plain, "exit", "0", NULL };
	for (unsigned i = 0; i < 3; i++) {
		int cancel_fd = eventfd(0, EFD_CLOEXEC), before = count_open_fds();
		struct talk t = talk_of(sleeper, i < 2 ? sleeper : leaver);
		t.specs[i % 2].has_cancel_fd = true;
		t.specs[i % 2].cancel_fd = cancel_fd;
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel_fd), 0);
		assert_int_equal(run_talk(*state, &t), -ECANCELED);
		assert_int_equal(t.err.fault, BAILIFF_FAULT_CANCELLED);
		expect_inert(&t);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(count_open_fds(), before);
		(void)close(cancel_fd);
	}
}

static int refuse_files(void *context, int scratch_fd, struct bailiff_error *err)
{
	(void)context;
	(void)scratch_fd;
	err->fault = BAILIFF_FAULT_INPUT;
	(void)snprintf(err->message, sizeof err->message, "not these");
	return -EBADMSG;
}

/* Goal: what is wrong with one spec is an error of the pair, and neither program runs; so is what its
 * caller finds wrong with its files afterwards. */
static void test_bad_pairs(void **state)
{
	const char *const argv[] = { plain, "sleep", "50000", NULL };
	const char *const leaver[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec bad[] = {
		{ .argv = NULL },
		{ .argv = argv, .in = { .kind = BAILIFF_STDIN_DATA, .data = "x", .size = 1 } },
		{ .argv = argv, .out = { .kind = BAILIFF_STDOUT_INHERIT, .fd = 1 } },
		{ .argv = argv, .out = { .capture_bytes = 10 } },
		{ .argv = argv, .cwd = "/box/missing" },
		{ .argv = argv, .limits = { .idle_ns = 1 } },
		{ .argv = leaver, .inspect = refuse_files },
	};
	int before = count_open_fds();
	for (size_t i = 0; i < 2 * sizeof bad / sizeof bad[0]; i++) {
		struct talk t = talk_of(argv, argv);
		t.specs[i % 2] = bad[i / 2];
		assert_true(run_talk(*state, &t) < 0);
		if (t.err.fault != BAILIFF_FAULT_SPEC && strcmp(t.err.message, "not these") != 0)
			fail_msg("spec %zu: fault %d, '%s'", i / 2, (int)t.err.fault, t.err.message);
		expect_inert(&t);
	}
	struct talk t = talk_of(argv, argv);
	t.pair.idle_ns = 1;
	assert_true(run_talk(*state, &t) < 0);
	assert_int_equal(t.err.fault, BAILIFF_FAULT_SPEC);
	t.pair = (struct bailiff_pair){ .specs = { &t.specs[0], NULL } };
	assert_true(bailiff_run_pair(*state, &t.pair, t.results, &t.first, NULL) < 0);
	assert_int_equal(count_open_fds(), before);
}

/* Goal: what goes wrong on our side is IE for the one it went wrong with, and the end of both. */
static void test_internal_error(void **state)
{
	const char *const argv[] = { talk, "silent", NULL };
	int before = count_open_fds();
	for (unsigned i = 0; i < 2; i++) {
		struct talk t = talk_of(argv, argv);
		t.specs[i].err = (struct bailiff_stdout){ .kind = BAILIFF_STDOUT_PATH,
							  .path = "/dev/full" };
		assert_int_equal(run_talk(*state, &t), 0);
		assert_int_equal(t.first, i);
		assert_int_equal(t.results[i].verdict, BAILIFF_VERDICT_IE);
		assert_int_equal(t.results[i].error.errnum, ENOSPC);
		assert_int_equal(t.results[1 - i].verdict, BAILIFF_VERDICT_NONE);
		finish(&t);
	}
	assert_int_equal(count_open_fds(), before);
}

struct worker {
	struct bailiff_host *host;
	unsigned good;
};

#define PAIRS_PER_WORKER 4

static void *work(void *context)
{
	struct worker *worker = context;
	const char *const left[] = { talk, "ask", "100", NULL };
	const char *const right[] = { talk, "answer", NULL };
	for (unsigned i = 0; i < PAIRS_PER_WORKER; i++) {
		struct talk t = talk_of(left, right);
		if (run_talk(worker->host, &t) == 0 &&
		    t.results[0].verdict == BAILIFF_VERDICT_OK &&
		    t.results[1].verdict == BAILIFF_VERDICT_OK)
			worker->good++;
		else
			print_error("%s%s, %s\n", t.err.message, t.results[0].message,
				    t.results[1].message);
		finish(&t);
	}
	return NULL;
}

/* Goal: pairs side by side do not hold each other's pipes open. Method: four threads; were an end
 * in a foreign cell, somebody would wait for the end of file until its wall limit. Whose end is told
 * first is no matter of this: on a busy CPU it can come later than another's exit explains. */
static void test_threads(void **state)
{
	pthread_t threads[4];
	struct worker workers[4];
	int before = count_open_fds();
	for (size_t i = 0; i < 4; i++) {
		workers[i] = (struct worker){ .host = *state };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(workers[i].good, PAIRS_PER_WORKER);
	}
	assert_int_equal(count_open_fds(), before);
}

/* Goal: nothing of either cell survives its supervisor. Method: a process that runs a pair is killed;
 * both programs have inherited a pipe from it, which ends when the last of them is gone. */
static void test_killed_supervisor(void **state)
{
	const char *const argv[] = { talk, "silent", NULL };
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct talk t = talk_of(argv, argv);
		for (unsigned i = 0; i < 2; i++)
			t.specs[i].err = (struct bailiff_stdout){ .kind = BAILIFF_STDOUT_INHERIT,
								  .fd = ends[1] };
		(void)run_talk(*state, &t);
		_exit(1);
	}
	(void)close(ends[1]);
	char text[64];
	struct pollfd output = { .fd = ends[0], .events = POLLIN };
	for (size_t size = 0; size < 2 * strlen("started\n");) {
		assert_int_equal(poll(&output, 1, 30000), 1);
		ssize_t n = read(ends[0], text, sizeof text);
		assert_true(n > 0);
		size += (size_t)n;
	}
	int status = 0;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(poll(&output, 1, 30000), 1);
	assert_int_equal(read(ends[0], text, sizeof text), 0);
	(void)close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogue),	 cmocka_unit_test(test_early_exit),
		cmocka_unit_test(test_broken_pipe),	 cmocka_unit_test(test_ends_are_one_way),
		cmocka_unit_test(test_deadlock),	 cmocka_unit_test(test_waiting_for_work),
		cmocka_unit_test(test_killed_partner),	 cmocka_unit_test(test_cannot_execute),
		cmocka_unit_test(test_unwanted),	 cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_bad_pairs),	 cmocka_unit_test(test_threads),
		cmocka_unit_test(test_internal_error),
		cmocka_unit_test(test_killed_supervisor),
	};
	if (!can_run())
		return SKIPPED;
	find_program("plain", plain);
	find_program("burn", burn);
	find_program("flood", flood);
	find_program("talk", talk);
	return cmocka_run_group_tests(tests, open_host, close_host);
}
