/* SPDX-License-Identifier: MIT */
/*
 * Goal: who closed an end first is told by the order of closing, whatever the order in which an exit
 * closes both. Method: the four ends of two pipes, closed in given orders; some of them by a real
 * exit.
 */
#include "run/parting.h"

#include "base/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Two programs, a and b, and their ends: r reads, w writes. */
/* As of a host: the same descriptor serves one pair after the other. */
static struct fd_store store = { .fds = { [0 ... FD_STORE_SIZE - 1] = FD_NONE } };

struct ends {
	int fds[2][2]; /* [program][0 = reads, 1 = writes] */
	struct parting parting;
};

static void open_ends(struct ends *ends)
{
	for (unsigned i = 0; i < 2; i++) {
		int pipe_fds[2];
		assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
		ends->fds[i][0] = pipe_fds[0];
		ends->fds[1 - i][1] = pipe_fds[1];
	}
	const int reading_ends[] = { ends->fds[0][0], ends->fds[1][0] };
	assert_int_equal(parting_begin(&ends->parting, reading_ends, &store), 0);
}

static void close_ends(struct ends *ends)
{
	for (unsigned i = 0; i < 2; i++)
		for (unsigned j = 0; j < 2; j++)
			fd_close(&ends->fds[i][j]);
	parting_finish(&ends->parting);
}

/* "ar" closes the end from which a reads; capitals open it a second time and close that. */
static void act(struct ends *ends, const char *step)
{
	int *end = &ends->fds[step[0] == 'b' || step[0] == 'B'][step[1] == 'w'];
	char path[32];
	if (step[0] == 'a' || step[0] == 'b') {
		fd_close(end);
		return;
	}
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", *end);
	int again = open(path, (step[1] == 'w' ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
	assert_true(again >= 0);
	(void)close(again);
}

static void test_orders(void **state)
{
	static const struct {
		const char *steps[8];
		char first; /* '-' = nobody yet */
	} rows[] = {
		{ { NULL }, '-' },
		{ { "aw", NULL }, 'a' },
		{ { "br", NULL }, 'b' },
		{ { "aw", "ar", "br", "bw", NULL }, 'a' },
		/* The other is quicker than the rest of an exit, whichever end that closes first. */
		{ { "aw", "br", "bw", "ar", NULL }, 'a' },
		{ { "ar", "bw", "br", "aw", NULL }, 'a' },
		{ { "bw", "ar", "aw", "br", NULL }, 'b' },
		/* What was opened again and closed is no end of the conversation. */
		{ { "Bw", "Br", "aw", "ar", "br", "bw", NULL }, 'a' },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ends ends;
		open_ends(&ends);
		for (const char *const *step = rows[i].steps; *step != NULL; step++)
			act(&ends, *step);
		parting_update(&ends.parting);
		if (parting_is_first(&ends.parting, 0) != (rows[i].first == 'a') ||
		    parting_is_first(&ends.parting, 1) != (rows[i].first == 'b'))
			fail_msg("row %zu", i);
		close_ends(&ends);
	}
}

/* Goal: an exit is seen as such, whatever the order in which the kernel closes what is left. */
static void test_exit(void **state)
{
	(void)state;
	for (unsigned leaver = 0; leaver < 2; leaver++) {
		struct ends ends;
		open_ends(&ends);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			fd_close(&ends.fds[1 - leaver][0]);
			fd_close(&ends.fds[1 - leaver][1]);
			_exit(0);
		}
		fd_close(&ends.fds[leaver][0]);
		fd_close(&ends.fds[leaver][1]);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		parting_update(&ends.parting);
		assert_true(parting_is_first(&ends.parting, leaver));
		assert_false(parting_is_first(&ends.parting, 1 - leaver));
		close_ends(&ends);
	}
}

/* Goal: a program that closes so often that the queue overflows has nothing to say any more. */
static void test_flood(void **state)
{
	struct ends ends;
	(void)state;
	open_ends(&ends);
	for (unsigned i = 0; i < 40000; i++) {
		act(&ends, "Ar");
		act(&ends, "Aw");
	}
	act(&ends, "aw");
	parting_update(&ends.parting);
	assert_false(parting_is_first(&ends.parting, 0));
	assert_false(parting_is_first(&ends.parting, 1));
	close_ends(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_flood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
