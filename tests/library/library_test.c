/* SPDX-License-Identifier: MIT */
/*
 * libbailiff as a program that embeds it sees it: what it does with specs no JSON reader has
 * checked, from several threads, and to the process it lives in. Needs root, as every real run.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* A program that does what its first argument says. */
static char plain[PATH_MAX];

/* Goal: a spec that cannot be meant is refused, whatever is wrong with it; nothing crashes and
 * the result stays inert. */
static void test_bad_specs(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	const char *const nobody[] = { NULL };
	static const struct bailiff_bind no_source = { .from = NULL, .to = "/x" };
	static const struct bailiff_file no_target = { .to = NULL }, no_data = { .to = "x", .size = 5 };
	static const struct bailiff_file huge = { .to = "x", .data = "", .size = SIZE_MAX };
	static const struct bailiff_collect no_name = { .name = NULL, .to = "/tmp/x" };
	const struct bailiff_spec specs[] = {
		{ .argv = NULL },
		{ .argv = nobody },
		{ .argv = argv, .binds = &no_source, .bind_count = 1 },
		{ .argv = argv, .files = &no_target, .file_count = 1 },
		{ .argv = argv, .files = &no_data, .file_count = 1 },
		{ .argv = argv, .files = &huge, .file_count = 1 },
		{ .argv = argv, .collects = &no_name, .collect_count = 1 },
		{ .argv = argv, .in = { .kind = BAILIFF_STDIN_PATH } },
		{ .argv = argv, .in = { .kind = (enum bailiff_stdin_kind)99 } },
		{ .argv = argv, .in = { .kind = BAILIFF_STDIN_INHERIT, .fd = -1 } },
		{ .argv = argv, .in = { .kind = BAILIFF_STDIN_INHERIT, .fd = 777 } },
		{ .argv = argv, .out = { .kind = BAILIFF_STDOUT_PATH } },
		{ .argv = argv, .out = { .kind = (enum bailiff_stdout_kind)99 } },
		{ .argv = argv, .network = (enum bailiff_network)99 },
		{ .argv = argv, .has_cancel_fd = true, .cancel_fd = -1 },
		{ .argv = argv, .cwd = "relative" },
		{ .argv = argv, .limits = { .cpu_ns = 1 } },
	};
	int before = count_open_fds();
	for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
		struct bailiff_result result;
		struct bailiff_error err = { 0 };
		int rc = bailiff_run(*state, &specs[i], &result, &err);
		if (rc >= 0 || (err.fault != BAILIFF_FAULT_SPEC && err.fault != BAILIFF_FAULT_INPUT))
			fail_msg("spec %zu: returned %d, fault %d, '%s'", i, rc, (int)err.fault,
				 err.message);
		assert_int_equal(result.verdict, BAILIFF_VERDICT_NONE);
		assert_true(err.message[0] != '\0');
	}
	assert_int_equal(count_open_fds(), before);
}

/* Runs one spec with a generous wall limit; the result is the caller's. */
static struct bailiff_result run_named(struct bailiff_host *host, const struct bailiff_spec *spec)
{
	struct bailiff_result result = { 0 };
	struct bailiff_error err = { 0 };
	if (bailiff_run(host, spec, &result, &err) < 0)
		fail_msg("%s", err.message);
	return result;
}

/* Goal: with program_is_inside no name reaches a file of the host; without, a program outside of the
 * cell is copied. Method: names that lead to a test program, absolute and relative, and the same
 * name where the cell does have it. */
static void test_program_is_inside(void **state)
{
	char folder[PATH_MAX];
	(void)snprintf(folder, sizeof folder, "%s", getenv("BAILIFF_PROGRAMS"));
	const char *const absolute[] = { plain, "exit", "0", NULL };
	const char *const relative[] = { "./plain", "exit", "0", NULL };
	const char *const bare[] = { "true", NULL };
	const struct bailiff_file file = { .to = "plain", .from = plain, .mode = 0755 };
	const struct {
		struct bailiff_spec spec;
		enum bailiff_reason outside, inside;
	} rows[] = {
		{ { .argv = absolute }, BAILIFF_REASON_EXITED, BAILIFF_REASON_EXEC },
		{ { .argv = relative, .host_folder = folder },
		  BAILIFF_REASON_EXITED,
		  BAILIFF_REASON_EXEC },
		{ { .argv = relative, .files = &file, .file_count = 1 },
		  BAILIFF_REASON_EXITED,
		  BAILIFF_REASON_EXITED },
		{ { .argv = bare }, BAILIFF_REASON_EXITED, BAILIFF_REASON_EXITED },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (int inside = 0; inside < 2; inside++) {
			struct bailiff_spec spec = rows[i].spec;
			spec.limits.wall_ns = 60 * SECOND;
			spec.program_is_inside = inside != 0;
			struct bailiff_result result = run_named(*state, &spec);
			if (result.reason != (inside ? rows[i].inside : rows[i].outside))
				fail_msg("row %zu, %d: %s", i, inside, result.message);
			bailiff_result_finish(&result);
		}
	}
}

struct worker {
	struct bailiff_host *host;
	int good;
};

#define RUNS_PER_WORKER 5

static void *work(void *context)
{
	struct worker *worker = context;
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv, .limits = { .wall_ns = 60000000000 } };
	for (int i = 0; i < RUNS_PER_WORKER; i++) {
		struct bailiff_result result;
		struct bailiff_error err = { 0 };
		int rc = bailiff_run(worker->host, &spec, &result, &err);
		if (rc == 0 && result.verdict == BAILIFF_VERDICT_OK)
			worker->good++;
		else
			print_error("run %d: %s\n", i, rc < 0 ? err.message : result.message);
		bailiff_result_finish(&result);
	}
	return NULL;
}

/* Goal: one host serves several threads, and every descriptor is given back. */
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
		assert_int_equal(workers[i].good, RUNS_PER_WORKER);
	}
	assert_int_equal(count_open_fds(), before);
}

static void *leave_early(void *context)
{
	struct pollfd fifo = { .fd = *(int *)context, .events = POLLIN };
	char byte;
	(void)poll(&fifo, 1, 60000);
	(void)!read(fifo.fd, &byte, 1);
	(void)close(fifo.fd);
	return NULL;
}

/* Goal: a reader that leaves does not end this process. Method: SIGPIPE has its default action,
 * and standard output goes into a FIFO whose reader takes one byte. */
static void test_reader_that_leaves(void **state)
{
	char folder[] = "/tmp/bailiff-library-XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	int fifo_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	pthread_t reader;
	assert_true(fifo_fd >= 0);
	assert_int_equal(pthread_create(&reader, NULL, leave_early, &fifo_fd), 0);

	const char *const argv[] = { "/bin/cat", "/dev/zero", NULL };
	const struct bailiff_spec spec = {
		.argv = argv,
		.out = { .kind = BAILIFF_STDOUT_PATH, .path = path },
		.limits = { .output_bytes = 8 << 20, .cpu_ns = 20000000000, .wall_ns = 60000000000 },
	};
	struct bailiff_result result;
	assert_int_equal(bailiff_run(*state, &spec, &result, NULL), 0);
	assert_int_equal(result.verdict, BAILIFF_VERDICT_OLE);
	assert_true(result.out.truncated);
	bailiff_result_finish(&result);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void *cancel_soon(void *context)
{
	const struct timespec moment = { .tv_nsec = 100000000 };
	(void)nanosleep(&moment, NULL);
	(void)eventfd_write(*(int *)context, 1);
	return NULL;
}

/* Goal: a run can be given up from another thread, and is then nobody's fault. */
static void test_cancel(void **state)
{
	int cancel_fd = eventfd(0, EFD_CLOEXEC);
	const char *const argv[] = { plain, "sleep", "60000", NULL };
	const struct bailiff_spec spec = { .argv = argv, .has_cancel_fd = true,
					   .cancel_fd = cancel_fd,
					   .limits = { .wall_ns = 120000000000 } };
	pthread_t thread;
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel_fd), 0);
	assert_int_equal(bailiff_run(*state, &spec, &result, &err), -ECANCELED);
	assert_int_equal(err.fault, BAILIFF_FAULT_CANCELLED);
	assert_int_equal(result.verdict, BAILIFF_VERDICT_NONE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(cancel_fd);
}

static void *use_up_descriptors(void *context)
{
	char byte;
	int last = 0;
	(void)!read(*(int *)context, &byte, 1);
	while (last >= 0)
		last = dup(0);
	return NULL;
}

/* Goal: limits hold when the process around the library has no descriptor left. Method: they are
 * used up once a program says that it runs; it then spins. */
static void test_no_descriptors_left(void **state)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	const char *const argv[] = { "/bin/sh", "-c", "echo; while :; do :; done", NULL };
	const struct bailiff_spec spec = {
		.argv = argv, .policy = bailiff_policy_builtin("shell"),
		.out = { .kind = BAILIFF_STDOUT_INHERIT, .fd = ends[1] },
		.limits = { .cpu_ns = SECOND, .wall_ns = 60 * SECOND },
	};
	struct rlimit before, low;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 256;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, use_up_descriptors, &ends[0]), 0);
	struct bailiff_result result;
	int rc = bailiff_run(*state, &spec, &result, NULL);
	/* Where it never ran, the thread waits no longer either. */
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(close_range(100, 255, 0), 0);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, 0);
	assert_int_equal(result.verdict, BAILIFF_VERDICT_TLE);
	assert_int_equal(result.reason, BAILIFF_REASON_CPU_TIME);
	bailiff_result_finish(&result);
}

/* Goal: it makes no difference how many descriptors the process has open, nor which numbers a run's own
 * ones get, those that the launch has in the cell (BAILIFF_OPEN_FILES_MAX and the next) included.
 * Method: runs with one more open each time, until all of theirs have been both. */
static void test_many_descriptors(void **state)
{
	enum { OWN_MAX = 64, LAST = BAILIFF_OPEN_FILES_MAX + 2 };
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct rlimit before, high;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	high = before;
	high.rlim_cur = high.rlim_max;
	assert_true(high.rlim_max > LAST + OWN_MAX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &high), 0);
	int first = dup(0), last = first;
	while (last < LAST - OWN_MAX)
		last = dup(0);
	for (; last < LAST; last = dup(0)) {
		struct bailiff_result result;
		assert_int_equal(bailiff_run(*state, &spec, &result, NULL), 0);
		if (result.verdict != BAILIFF_VERDICT_OK)
			fail_msg("with %d open: %s", last, result.error.message);
		bailiff_result_finish(&result);
	}
	assert_int_equal(close_range((unsigned)first, (unsigned)last, 0), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_specs),	cmocka_unit_test(test_program_is_inside),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_reader_that_leaves), cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_no_descriptors_left), cmocka_unit_test(test_many_descriptors),
	};
	if (!can_run())
		return SKIPPED;
	find_program("plain", plain);
	return cmocka_run_group_tests(tests, open_host, close_host);
}
