/* SPDX-License-Identifier: MIT */
/*
 * Goal: a leaf's CPU counter can be made to say what has been used up to now. Method: a process that
 * burns in a leaf, and a look at the counter before and after, at moments that have nothing to do
 * with the scheduler's ticks.
 */
#include "base/clock.h"
#include "cgroup/leaf.h"
#include "host/host.h"
#include "model/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77
#define LOOKS 101
#define BURNER_NICE 3

static void pause_us(long us)
{
	const struct timespec pause = { .tv_nsec = us * 1000 };
	(void)nanosleep(&pause, NULL);
}

static _Noreturn void burn_in(const struct cgroup_leaf *leaf)
{
	for (size_t i = 0; i < CGROUP_HIERARCHY_MAX; i++)
		if (leaf->join_fds[i] >= 0 && write(leaf->join_fds[i], "0", 1) != 1)
			_exit(1);
	if (nice(BURNER_NICE) < 0)
		_exit(1);
	for (;;)
		;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

static void test_counter_is_brought_up_to_date(void **state)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		print_message("skipped: who looks takes the only CPU, so nobody is running\n");
		skip();
	}
	struct bailiff_host *host = *state;
	struct bailiff_limits limits = { 0 };
	struct bailiff_error err = { 0 };
	struct cgroup_leaf leaf;
	char name[CGROUP_LEAF_NAME_MAX];
	uint64_t gained_ns[LOOKS];
	(void)snprintf(name, sizeof name, "test-leaf-%d", (int)getpid());
	assert_int_equal(0, limits_resolve(&limits, &err));
	assert_int_equal(0, cgroup_leaf_create(&host->layout, name, &limits, &leaf, &err));
	pid_t pid = fork();
	if (pid == 0)
		burn_in(&leaf);
	pause_us(100000);
	for (int i = 0; i < LOOKS; i++) {
		pause_us(1100 + 37 * i);
		uint64_t before_ns = cgroup_leaf_read(&leaf, CGROUP_CPU_NS);
		cgroup_leaf_settle_cpu(&leaf);
		gained_ns[i] = cgroup_leaf_read(&leaf, CGROUP_CPU_NS) - before_ns;
	}
	int left = getpriority(PRIO_PROCESS, (id_t)pid);
	assert_return_code(kill(pid, SIGKILL), 0);
	assert_int_equal(pid, waitpid(pid, NULL, 0));
	assert_int_equal(0, cgroup_leaf_remove(&leaf));
	/* Half a tick on average where the process was running, which is 0.5 to 5 ms. Otherwise the two
	 * looks would say the same, or differ in the time between them. */
	qsort(gained_ns, LOOKS, sizeof gained_ns[0], by_value);
	assert_in_range(gained_ns[LOOKS * 3 / 4], 300 * NS_PER_MS / 1000, 50 * NS_PER_MS);
	assert_int_equal(BURNER_NICE, left);
}

static int open_host(void **state)
{
	struct bailiff_error err = { 0 };
	struct bailiff_host *host = NULL;
	if (bailiff_host_open(&host, &err) < 0)
		print_error("%s\n", err.message);
	*state = host;
	return host == NULL ? -1 : 0;
}

static int close_host(void **state)
{
	bailiff_host_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter_is_brought_up_to_date),
	};
	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, open_host, close_host);
}
