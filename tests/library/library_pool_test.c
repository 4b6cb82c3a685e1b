/* SPDX-License-Identifier: MIT */
/*
 * Cells that wait: each is used once and by whom it fits, is not handed out when it has become
 * untrue, and none is left. Needs root, as every real run.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static char plain[PATH_MAX], burn[PATH_MAX], probe[PATH_MAX];

#define MS MILLISECOND

static void pause_ms(long ms)
{
	const struct timespec moment = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	(void)nanosleep(&moment, NULL);
}

static int allow_all(void *context, const struct bailiff_syscall *call)
{
	(void)context;
	(void)call;
	return 0;
}

/* What the test has open, so that one that fails leaves neither processes nor descriptors, which the
 * next ones count. No test has two of a kind at once. */
static struct bailiff_pool *current_pool;
static struct bailiff_series *current_series;

static struct bailiff_pool *open_pool(struct bailiff_host *host, size_t cells, uint64_t age_ns)
{
	const struct bailiff_pool_options options = { .cells_max = cells, .age_max_ns = age_ns };
	struct bailiff_error err = { 0 };
	assert_null(current_pool);
	if (bailiff_pool_open(host, &options, &current_pool, &err) < 0)
		fail_msg("%s", err.message);
	return current_pool;
}

static void close_pool(void)
{
	struct bailiff_pool *pool = current_pool;
	struct bailiff_error err = { 0 };
	current_pool = NULL;
	if (bailiff_pool_close(pool, &err) < 0)
		fail_msg("%s", err.message);
}

static struct bailiff_series *open_series(struct bailiff_pool *pool, const struct bailiff_spec *spec)
{
	struct bailiff_error err = { 0 };
	assert_null(current_series);
	if (bailiff_series_open(pool, spec, &current_series, &err) < 0)
		fail_msg("%s", err.message);
	return current_series;
}

static void close_series(void)
{
	struct bailiff_series *series = current_series;
	current_series = NULL;
	bailiff_series_close(series);
}

static int close_what_is_left(void **state)
{
	(void)state;
	if (current_series != NULL)
		close_series();
	if (current_pool != NULL)
		close_pool();
	return 0;
}

/* Until the keeper has nothing to do; `waiting` cells must wait then. */
static void await(struct bailiff_pool *pool, size_t waiting)
{
	struct bailiff_pool_counts before, counts = { 0 };
	int quiet = 0;
	for (int i = 0; i < 2000 && quiet < 6; i++) {
		before = counts;
		bailiff_pool_read(pool, &counts);
		bool is_quiet = counts.waiting == waiting && counts.used == 0 &&
				counts.built == before.built;
		quiet = is_quiet ? quiet + 1 : 0;
		pause_ms(5);
	}
	if (quiet < 6)
		fail_msg("%zu cells wait instead of %zu, %zu to be removed", counts.waiting, waiting,
			 counts.used);
}

/* Runs it, and returns whether its cell had waited. */
static bool run(struct bailiff_pool *pool, const struct bailiff_spec *spec,
		enum bailiff_verdict verdict, struct bailiff_result *ret_result)
{
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	if (bailiff_pool_run(pool, spec, &result, &err) < 0)
		fail_msg("%s", err.message);
	if (result.verdict != verdict)
		fail_msg("%s instead of %s: %s; %.*s", bailiff_verdict_name(result.verdict),
			 bailiff_verdict_name(verdict), result.message, (int)result.err.size,
			 result.err.data);
	assert_true(result.cell.teardown_ns == BAILIFF_UNKNOWN);
	bool was_waiting = result.cell.was_waiting;
	if (ret_result != NULL)
		*ret_result = result;
	else
		bailiff_result_finish(&result);
	return was_waiting;
}

/* Goal: the first run of a kind builds its cell, later ones find one, and no two have the same user
 * ids at a time. A descriptor is given back for each. */
static void test_each_is_used_once(void **state)
{
	int before = count_open_fds();
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct bailiff_pool_counts counts;
	assert_false(run(pool, &spec, BAILIFF_VERDICT_OK, NULL));
	await(pool, 2);
	for (int i = 0; i < 10; i++) {
		struct bailiff_result result;
		assert_true(run(pool, &spec, BAILIFF_VERDICT_OK, &result));
		assert_true(result.cell.setup_ns > 0 && result.cell.uid != 0);
		assert_true(result.processes_peak == 1 && result.cpu_ns > 0);
		bailiff_result_finish(&result);
		await(pool, 2);
	}
	bailiff_pool_read(pool, &counts);
	assert_int_equal(counts.handed_out, 10);
	assert_int_equal(counts.missed, 1);
	assert_int_equal(counts.built, 12);
	assert_int_equal(counts.discarded, 0);
	close_pool();
	assert_int_equal(count_open_fds(), before);
}

/* Goal: nothing of a program is there for the next one. Method: a file in each writable place. */
static void test_nothing_is_left_for_the_next(void **state)
{
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const argv[] = {
		"/bin/sh", "-c",
		"for d in /box /tmp /dev/shm; do [ -z \"$(ls -A $d)\" ] || exit 7; :>$d/x || exit 8; done;"
		"exec 3>/box/y; sleep 60 & exit 0", NULL
	};
	const struct bailiff_spec spec = { .argv = argv,
					   .policy = bailiff_policy_builtin("shell"),
					   .limits = { .cpu_ns = 5 * SECOND } };
	for (int i = 0; i < 6; i++) {
		(void)run(pool, &spec, BAILIFF_VERDICT_OK, NULL);
		await(pool, 2);
	}
	close_pool();
}

/* Goal: what comes with the request holds, whatever the cell was built with: each limit, both ways. */
static void test_limits_are_the_requests(void **state)
{
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const quick[] = { plain, "exit", "0", NULL };
	const char *const spin[] = { burn, "self", "10000", NULL };
	static const uint64_t memory[] = { 512u << 20, 16u << 20, 1u << 30, 8u << 20, 64u << 20 };
	for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
		const struct bailiff_spec spec = {
			.argv = quick,
			.limits = { .memory_bytes = memory[i], .processes = 1 + i, .open_files = 4 + i,
				    .disk_bytes = (1 + i) << 20, .cpus_milli = 500 + 100 * i,
				    .output_bytes = (9 - i) << 20, .stack_bytes = (8 - i) << 20 },
		};
		struct bailiff_result result;
		assert_int_equal(run(pool, &spec, BAILIFF_VERDICT_OK, &result), i > 0);
		assert_int_equal(result.limits.memory_bytes, memory[i]);
		bailiff_result_finish(&result);
		await(pool, 2);
	}
	const struct bailiff_spec late = { .argv = spin, .limits = { .cpu_ns = 100 * MS } };
	assert_true(run(pool, &late, BAILIFF_VERDICT_TLE, NULL));
	await(pool, 2);

	/* 20 MB into a cell that was built for 64 MB of disk, and the reverse. */
	const char *const fill[] = { "/bin/sh", "-c", "head -c 20000000 /dev/zero >/box/x", NULL };
	struct bailiff_spec disk = { .argv = fill, .policy = bailiff_policy_builtin("shell"),
				     .limits = { .cpu_ns = 5 * SECOND, .disk_bytes = 1 << 20 } };
	struct bailiff_result result;
	assert_true(run(pool, &disk, BAILIFF_VERDICT_RE, NULL));
	await(pool, 2);
	disk.limits.disk_bytes = 64 << 20;
	assert_true(run(pool, &disk, BAILIFF_VERDICT_OK, NULL));
	await(pool, 2);

	/* Memory: less than the cell was built with, and what it then is killed by. */
	disk.limits.memory_bytes = 8 << 20;
	assert_true(run(pool, &disk, BAILIFF_VERDICT_MLE, &result));
	assert_true(result.memory_peak_bytes <= 8 << 20);
	bailiff_result_finish(&result);
	close_pool();
}

/* Goal: other programs, files, folders, streams and policies fit into the same cell. */
static void test_jobs_differ(void **state)
{
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	char text[32], arg[32];
	for (int i = 0; i < 6; i++) {
		(void)snprintf(text, sizeof text, "input %d", i);
		(void)snprintf(arg, sizeof arg, "argument %d", i);
		const char *const argv[] = { "/bin/sh", "-c", "cat; cat /box/f/g; echo $1 $X; pwd", "sh",
					     arg, NULL };
		const char *const env[] = { i % 2 != 0 ? "X=odd" : "X=even", NULL };
		const struct bailiff_file file = { .to = "f/g", .data = arg,
						   .size = strlen(arg) - (size_t)i % 2 };
		const struct bailiff_spec spec = {
			.argv = argv, .env = env, .cwd = i % 2 != 0 ? "/tmp" : NULL,
			.files = &file, .file_count = 1,
			.policy = bailiff_policy_builtin(i % 2 != 0 ? "shell" : "compiler"),
			.in = { .kind = BAILIFF_STDIN_DATA, .data = text, .size = strlen(text) },
			.limits = { .cpu_ns = 5 * SECOND },
		};
		char expected[256];
		(void)snprintf(expected, sizeof expected, "%s%.*s%s %s\n%s\n", text,
			       (int)file.size, arg, arg, i % 2 != 0 ? "odd" : "even",
			       i % 2 != 0 ? "/tmp" : "/box");
		struct bailiff_result result;
		assert_int_equal(run(pool, &spec, BAILIFF_VERDICT_OK, &result), i > 0);
		assert_int_equal(result.out.size, strlen(expected));
		assert_memory_equal(result.out.data, expected, strlen(expected));
		bailiff_result_finish(&result);
		await(pool, 2);
	}
	close_pool();
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static void expect_text(struct bailiff_pool *pool, const struct bailiff_spec *spec,
			const char *text, bool was_waiting)
{
	struct bailiff_result result;
	assert_int_equal(run(pool, spec, BAILIFF_VERDICT_OK, &result), was_waiting);
	assert_int_equal(result.out.size, strlen(text));
	assert_memory_equal(result.out.data, text, strlen(text));
	bailiff_result_finish(&result);
	await(pool, 2);
}

/* Goal: a cell shows the host as it is now. Method: a bound folder's file changes in place (the
 * cell is still true), the folder is replaced, something is mounted on it. */
static void test_untrue_cells_are_not_used(void **state)
{
	char folder[] = "/tmp/bailiff-pool-XXXXXX", from[64], other[64], file[80];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(from, sizeof from, "%s/from", folder);
	(void)snprintf(other, sizeof other, "%s/other", folder);
	(void)snprintf(file, sizeof file, "%s/file", from);
	assert_int_equal(chmod(folder, 0755) | mkdir(from, 0755), 0);
	write_text(file, "first");
	const struct bailiff_bind bind = { .from = from, .to = "/shown" };
	const char *const argv[] = { "/bin/cat", "/shown/file", NULL };
	const struct bailiff_spec spec = { .argv = argv, .binds = &bind, .bind_count = 1 };
	struct bailiff_pool *pool = open_pool(*state, 2, 0);

	expect_text(pool, &spec, "first", false);
	write_text(file, "second");
	expect_text(pool, &spec, "second", true);
	assert_int_equal(rename(from, other) | mkdir(from, 0755), 0);
	write_text(file, "third");
	expect_text(pool, &spec, "third", false);
	assert_int_equal(mount(other, from, NULL, MS_BIND, NULL), 0);
	expect_text(pool, &spec, "second", false);
	assert_int_equal(umount(from), 0);
	expect_text(pool, &spec, "third", false);
	expect_text(pool, &spec, "third", true);
	close_pool();

	(void)snprintf(other, sizeof other, "%s/other/file", folder);
	assert_int_equal(unlink(file) | rmdir(from) | unlink(other), 0);
	(void)snprintf(other, sizeof other, "%s/other", folder);
	assert_int_equal(rmdir(other) | rmdir(folder), 0);
}

/* Goal: cells of different kinds are told apart, and share the place there is. */
static void test_shapes(void **state)
{
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_bind bind = { .from = "/usr/share", .to = "/shown" };
	const struct bailiff_spec specs[] = {
		{ .argv = argv },
		{ .argv = argv, .network = BAILIFF_NETWORK_LOOPBACK },
		{ .argv = argv, .binds = &bind, .bind_count = 1 },
		{ .argv = argv, .limits = { .cpuset = "0" } },
	};
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
			assert_false(run(pool, &specs[i], BAILIFF_VERDICT_OK, NULL));
			await(pool, 2);
			assert_true(run(pool, &specs[i], BAILIFF_VERDICT_OK, NULL));
			await(pool, 2);
		}
	close_pool();
}

/* Goal: a cell runs with its user's affinity and class, not the keeper's. */
static void test_scheduling(void **state)
{
	const char *const argv[] = { "/bin/sh", "-c",
				     "grep Cpus_allowed_list /proc/self/status; "
				     "cut -d' ' -f41 /proc/self/stat", NULL };
	const struct bailiff_spec spec = { .argv = argv,
					   .policy = bailiff_policy_builtin("shell"),
					   .limits = { .cpu_ns = 5 * SECOND } };
	cpu_set_t before, first;
	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	if (CPU_COUNT(&before) < 2 || !CPU_ISSET(0, &before))
		skip();
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	(void)run(pool, &spec, BAILIFF_VERDICT_OK, NULL);
	await(pool, 2);
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	assert_int_equal(sched_setaffinity(0, sizeof first, &first), 0);
	expect_text(pool, &spec, "Cpus_allowed_list:\t0\n0\n", false);
	expect_text(pool, &spec, "Cpus_allowed_list:\t0\n0\n", true);
	assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
	close_pool();
}

/* Goal: an idle pool becomes an empty one, and then uses no CPU time at all. */
static void test_idle_pool(void **state)
{
	struct bailiff_pool *pool = open_pool(*state, 3, 300 * MS);
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct rusage before, after;
	assert_false(run(pool, &spec, BAILIFF_VERDICT_OK, NULL));
	await(pool, 2);
	await(pool, 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	pause_ms(1000);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	/* One switch for the pause itself. */
	assert_true(after.ru_nvcsw - before.ru_nvcsw <= 2);
	assert_false(run(pool, &spec, BAILIFF_VERDICT_OK, NULL));
	close_pool();
}

struct worker {
	struct bailiff_pool *pool;
	int good;
};

static void *work(void *context)
{
	struct worker *worker = context;
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv, .limits = { .wall_ns = 60 * SECOND } };
	for (int i = 0; i < 25; i++) {
		struct bailiff_result result;
		struct bailiff_error err = { 0 };
		int rc = bailiff_pool_run(worker->pool, &spec, &result, &err);
		if (rc == 0 && result.verdict == BAILIFF_VERDICT_OK)
			worker->good++;
		else
			print_error("%s\n", rc < 0 ? err.message : result.message);
		bailiff_result_finish(&result);
	}
	return NULL;
}

/* Goal: faster requests than the keeper can serve are served all the same, and bounded. */
static void test_threads(void **state)
{
	pthread_t threads[4];
	struct worker workers[4];
	int before = count_open_fds();
	struct bailiff_pool *pool = open_pool(*state, 3, 0);
	for (size_t i = 0; i < 4; i++) {
		workers[i] = (struct worker){ .pool = pool };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(workers[i].good, 25);
	}
	struct bailiff_pool_counts counts;
	bailiff_pool_read(pool, &counts);
	assert_int_equal(counts.handed_out + counts.missed, 100);
	assert_true(counts.waiting <= 3);
	assert_true(counts.used <= 3 + counts.discarded);
	close_pool();
	assert_int_equal(count_open_fds(), before);
}

/* Goal: what goes wrong is told as by bailiff_run(), and the cell does not come back. */
static void test_errors(void **state)
{
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const argv[] = { plain, "exit", "0", NULL };
	const char *const missing[] = { "/nowhere", NULL };
	const struct bailiff_spec good = { .argv = argv }, no_program = { .argv = missing },
				  no_folder = { .argv = argv, .cwd = "/nowhere" },
				  tiny = { .argv = argv, .limits = { .memory_bytes = 64 << 10 } };
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	(void)run(pool, &good, BAILIFF_VERDICT_OK, NULL);
	await(pool, 2);
	assert_true(run(pool, &no_program, BAILIFF_VERDICT_RE, &result));
	assert_int_equal(result.reason, BAILIFF_REASON_EXEC);
	bailiff_result_finish(&result);
	await(pool, 2);
	assert_true(bailiff_pool_run(pool, &no_folder, &result, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	await(pool, 2);
	/* A limit that a waiting cell is above already: one of its own, or killed at once. */
	(void)run(pool, &tiny, BAILIFF_VERDICT_MLE, NULL);
	await(pool, 2);
	(void)run(pool, &good, BAILIFF_VERDICT_OK, NULL);
	close_pool();
}

#define DESCENDANTS_MAX 8

struct descendants {
	pid_t pids[DESCENDANTS_MAX]; /* of cells */
	size_t count;
	pid_t fork_server; /* 0 = none */
};

static bool is_fork_server(pid_t pid)
{
	char path[64], name[32] = "";
	(void)snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	FILE *file = fopen(path, "re");
	if (file != NULL) {
		(void)!fgets(name, sizeof name, file);
		(void)fclose(file);
	}
	return strcmp(name, "bailiff-fork\n") == 0;
}

/* Adds all descendants of a process. Source: proc(5), "/proc/tid/children". */
static void find_descendants(pid_t pid, struct descendants *found)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		pid_t child;
		(void)snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", (int)pid,
			       entry->d_name);
		FILE *file = fopen(path, "re");
		while (file != NULL && found->count < DESCENDANTS_MAX &&
		       fscanf(file, "%d", &child) == 1) {
			if (is_fork_server(child))
				found->fork_server = child;
			else
				found->pids[found->count++] = child;
			find_descendants(child, found);
		}
		if (file != NULL)
			(void)fclose(file);
	}
	(void)closedir(dir);
}

/* The processes of two waiting cells, init and the program's of each, and the fork server. */
static void open_two_cells(pid_t pid, int fds[5])
{
	struct descendants found = { .count = 0 };
	find_descendants(pid, &found);
	assert_int_equal(found.count, 4);
	assert_int_not_equal(found.fork_server, 0);
	found.pids[4] = found.fork_server;
	for (size_t i = 0; i < 5; i++) {
		fds[i] = pidfd_open(found.pids[i], 0);
		assert_true(fds[i] >= 0);
	}
}

static _Noreturn void supervise_and_wait(int ready_fd)
{
	struct bailiff_host *host = NULL;
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct bailiff_result result;
	if (bailiff_host_open(&host, NULL) < 0)
		_exit(1);
	struct bailiff_pool *pool = open_pool(host, 2, 0);
	if (bailiff_pool_run(pool, &spec, &result, NULL) < 0)
		_exit(1);
	await(pool, 2);
	(void)!write(ready_fd, "r", 1);
	pause_ms(60000);
	_exit(1);
}

/* Goal: waiting cells die with their supervisor, however it dies. Method: a process with a pool is
 * killed; the two processes of each of its two cells end, and the one that cloned them. */
static void test_death_of_the_supervisor(void **state)
{
	(void)state;
	int ready[2], fds[5];
	char byte;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		supervise_and_wait(ready[1]);
	assert_int_equal(close(ready[1]), 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	open_two_cells(pid, fds);
	int pid_fd = pidfd_open(pid, 0);
	assert_int_equal(pidfd_send_signal(pid_fd, SIGKILL, NULL, 0), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (size_t i = 0; i < 5; i++) {
		struct pollfd process = { .fd = fds[i], .events = POLLIN };
		assert_int_equal(poll(&process, 1, 10000), 1);
		assert_int_equal(close(fds[i]), 0);
	}
	assert_int_equal(close(pid_fd) | close(ready[0]), 0);
}

/* Goal: two programs that talk can have waiting cells, too. */
static void test_pair(void **state)
{
	const char *const left[] = { "/bin/sh", "-c", "echo ping; read x; [ $x = pong ]", NULL };
	const char *const right[] = { "/bin/sh", "-c", "read x; [ $x = ping ] && echo pong", NULL };
	const struct bailiff_policy *policy = bailiff_policy_builtin("shell");
	const struct bailiff_spec specs[2] = {
		{ .argv = left, .policy = policy, .limits = { .cpu_ns = 5 * SECOND } },
		{ .argv = right, .policy = policy, .limits = { .cpu_ns = 5 * SECOND } },
	};
	const struct bailiff_pair pair = { .specs = { &specs[0], &specs[1] } };
	struct bailiff_pool *pool = open_pool(*state, 4, 0);
	for (int round = 0; round < 3; round++) {
		struct bailiff_result results[2];
		struct bailiff_error err = { 0 };
		unsigned first = 7;
		if (bailiff_pool_run_pair(pool, &pair, results, &first, &err) < 0)
			fail_msg("%s", err.message);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(results[i].verdict, BAILIFF_VERDICT_OK);
			assert_int_equal(results[i].cell.was_waiting, round > 0);
			bailiff_result_finish(&results[i]);
		}
		await(pool, 3);
	}
	close_pool();
}

/* AddressSanitizer has memory of its own in place of the heap. */
#if defined(__SANITIZE_ADDRESS__)
static const bool is_sanitized = true;
#else
static const bool is_sanitized = false;
#endif

/* Whether a process has a mapping whose line in its maps ends with `name`. */
static bool has_mapping(pid_t pid, const char *name)
{
	char path[64], line[PATH_MAX + 128];
	bool found = false;
	(void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL)
		found |= strstr(line, name) != NULL;
	(void)fclose(file);
	return found;
}

/* Goal: what a pool clones has no copy of its supervisor's memory. Method: we have a heap; neither the
 * fork server nor any of the four processes of two cells has one. */
static void test_memory_of_who_waits(void **state)
{
	if (is_sanitized)
		skip();
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct descendants found = { .count = 0 };
	(void)run(pool, &spec, BAILIFF_VERDICT_OK, NULL);
	await(pool, 2);
	find_descendants(getpid(), &found);
	assert_int_equal(found.count, 4);
	assert_true(has_mapping(getpid(), "[heap]"));
	found.pids[found.count++] = found.fork_server;
	for (size_t i = 0; i < found.count; i++) {
		assert_false(has_mapping(found.pids[i], "[heap]"));
		assert_true(has_mapping(found.pids[i], "libbailiff.so"));
	}
	close_pool();
}

/* Goal: a fork server is small whatever its supervisor is. Method: this process has 300 more
 * descriptors open when a pool is opened; its server has seven. */
static void test_descriptors_of_the_fork_server(void **state)
{
	char path[64];
	struct descendants found = { .count = 0 };
	int fds[300];
	size_t count = 0;
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		assert_true((fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	(void)run(pool, &spec, BAILIFF_VERDICT_OK, NULL);
	await(pool, 2);
	find_descendants(getpid(), &found);
	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)found.fork_server);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
		count += entry->d_name[0] != '.';
	(void)closedir(dir);
	/* The channel four times, for 0, 1 and 2 are taken; its supervisor; and two namespaces. */
	assert_int_equal(count, 7);
	close_pool();
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		(void)close(fds[i]);
}

/* Goal: a cell of any number of mounts can wait. Method: 300 binds, more than fit into one message; the
 * last of them shows in a cell that waited. */
static void test_many_mounts(void **state)
{
	enum { COUNT = 300 };
	static char to[COUNT][32];
	static struct bailiff_bind binds[COUNT];
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(to[i], sizeof to[i], "/bound/%d", i);
		binds[i] = (struct bailiff_bind){ .from = "/etc/passwd", .to = to[i] };
	}
	const char *const argv[] = { "/bin/sh", "-c", "read line < /bound/299 && exit 3", NULL };
	const struct bailiff_spec spec = { .argv = argv,
					   .policy = bailiff_policy_builtin("shell"),
					   .binds = binds,
					   .bind_count = COUNT };
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(run(pool, &spec, BAILIFF_VERDICT_RE, NULL), round > 0);
		await(pool, 2);
	}
	close_pool();
}

/* Goal: who kills a fork server loses nobody a cell or a verdict. Method: it is killed; the cells that wait
 * still serve requests, later ones are cloned by another server, and all are gone in the end. */
static void test_killed_fork_server(void **state)
{
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	pid_t before = 0;
	(void)run(pool, &spec, BAILIFF_VERDICT_OK, NULL);
	for (int round = 0; round < 3; round++) {
		struct descendants found = { .count = 0 };
		await(pool, 2);
		find_descendants(getpid(), &found);
		assert_int_not_equal(found.fork_server, 0);
		assert_int_not_equal(found.fork_server, before);
		before = found.fork_server;
		int pid_fd = pidfd_open(found.fork_server, 0);
		assert_int_equal(pidfd_send_signal(pid_fd, SIGKILL, NULL, 0), 0);
		assert_int_equal(close(pid_fd), 0);
		/* The first of these was cloned by the server that is gone, the second is not by this one. */
		for (int i = 0; i < 3; i++) {
			assert_true(run(pool, &spec, BAILIFF_VERDICT_OK, NULL));
			await(pool, 2);
		}
	}
	close_pool();
}

/* ---- series ---------------------------------------------------------------------------------- */

static bool run_of(struct bailiff_series *series, const struct bailiff_spec *spec,
		   enum bailiff_verdict verdict, struct bailiff_result *ret_result)
{
	struct bailiff_error err = { 0 };
	if (bailiff_series_run(series, spec, ret_result, &err) < 0)
		fail_msg("%s", err.message);
	if (ret_result->verdict != verdict)
		fail_msg("%s instead of %s: %s; %.*s", bailiff_verdict_name(ret_result->verdict),
			 bailiff_verdict_name(verdict), ret_result->message,
			 (int)ret_result->err.size, ret_result->err.data);
	return ret_result->cell.was_waiting;
}

/* One run that must print `expected`. */
static void expect_of(struct bailiff_series *series, const struct bailiff_spec *spec,
		      const char *expected, bool was_waiting)
{
	struct bailiff_result result;
	assert_int_equal(run_of(series, spec, BAILIFF_VERDICT_OK, &result), was_waiting);
	assert_int_equal(result.out.size, strlen(expected));
	assert_memory_equal(result.out.data, expected, strlen(expected));
	assert_true(result.cpu_ns > 0 && result.cell.uid != 0 && result.memory_peak_bytes > 0);
	bailiff_result_finish(&result);
}

static const struct bailiff_spec empty_input;

/* Goal: every run has its own input, whatever kind it is of, the program's files, and nothing of the
 * run before. The program can neither change its input nor leave it for another. */
static void test_series_inputs(void **state)
{
	static char big[5 << 20];
	char path[] = "/tmp/bailiff-pool-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && fchmod(fd, 0644) == 0);
	assert_int_equal(write(fd, "of a file", 9) + close(fd), 9);
	const char *const argv[] = {
		"/bin/sh", "-c",
		"echo x 2>&- >&0 && exit 7; (echo x >/dev/stdin) 2>&- && exit 8; [ ! -e /box/x ] || exit 9;"
		"echo $1 >/box/x; cat /box/g; if [ -s /dev/stdin ]; then head -c 20 </dev/stdin; fi; wc -c",
		"sh", "word", NULL
	};
	const struct bailiff_file file = { .to = "g", .data = "file ", .size = 5 };
	const struct bailiff_spec spec = { .argv = argv, .files = &file, .file_count = 1,
					   .policy = bailiff_policy_builtin("shell"),
					   .limits = { .cpu_ns = 5 * SECOND } };
	memset(big, 'b', sizeof big);
	const struct bailiff_spec inputs[] = {
		{ .in = { .kind = BAILIFF_STDIN_EMPTY } },
		{ .in = { .kind = BAILIFF_STDIN_DATA, .data = "in memory", .size = 9 } },
		{ .in = { .kind = BAILIFF_STDIN_PATH, .path = path } },
		{ .in = { .kind = BAILIFF_STDIN_DATA, .data = big, .size = sizeof big } },
		{ .in = { .kind = BAILIFF_STDIN_DATA, .data = "", .size = 0 } },
	};
	static const char *const expected[] = { "file 0\n", "file in memory9\n", "file of a file9\n",
						"file bbbbbbbbbbbbbbbbbbbb5242880\n", "file 0\n" };
	struct bailiff_pool *pool = open_pool(*state, 3, 0);
	struct bailiff_series *series = open_series(pool, &spec);
	await(pool, 2);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 5; i++) {
			/* The large one has an ordinary cell, which is there the second time. */
			expect_of(series, &inputs[i], expected[i], i != 3 || round == 1);
			await(pool, round == 0 && i < 3 ? 2 : 3);
		}
	close_series();
	close_pool();
	assert_int_equal(unlink(path), 0);
}

/* Goal: waiting is nobody's time, and limits are the program's. Method: a cell that waits long, then
 * runs out of each. */
static void test_series_limits(void **state)
{
	const char *const argv[] = { "/bin/sh", "-c",
				     "read x; case $x in spin) while :; do :; done;; sleep) sleep 9;; "
				     "fill) head -c 60000000 /dev/zero >/box/x;; "
				     "write) yes;; esac; exit 3", NULL };
	const struct bailiff_spec spec = {
		.argv = argv, .policy = bailiff_policy_builtin("shell"),
		.limits = { .cpu_ns = 1 * SECOND, .wall_ns = 3 * SECOND, .memory_bytes = 8 << 20,
			    /* More than fits into the memory, and no more than an emulated CPU
			     * writes in a small part of its time. */
			    .output_bytes = 10 << 20 },
	};
	static const struct {
		const char *input;
		enum bailiff_verdict verdict;
		enum bailiff_reason reason;
	} cases[] = {
		{ "none\n", BAILIFF_VERDICT_RE, BAILIFF_REASON_EXIT_CODE },
		{ "spin\n", BAILIFF_VERDICT_TLE, BAILIFF_REASON_CPU_TIME },
		{ "sleep\n", BAILIFF_VERDICT_TLE, BAILIFF_REASON_IDLE },
		{ "fill\n", BAILIFF_VERDICT_MLE, BAILIFF_REASON_OOM_KILL },
		{ "write\n", BAILIFF_VERDICT_OLE, BAILIFF_REASON_OUTPUT },
	};
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	struct bailiff_series *series = open_series(pool, &spec);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		await(pool, 2);
		pause_ms(i == 0 ? 3500 : 0);
		const struct bailiff_spec input = { .in = { .kind = BAILIFF_STDIN_DATA,
							    .data = cases[i].input,
							    .size = strlen(cases[i].input) } };
		struct bailiff_result result;
		assert_true(run_of(series, &input, cases[i].verdict, &result));
		assert_int_equal(result.reason, cases[i].reason);
		if (i == 0)
			assert_true(result.wall_ns < SECOND && result.cpu_ns < SECOND);
		bailiff_result_finish(&result);
	}
	close_series();
	close_pool();
}

/* Goal: what cannot be made ready is told by the runs; a cell that died while it waited is not used. */
static void test_series_errors(void **state)
{
	const char *const missing[] = { "/nowhere", NULL };
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec no_program = { .argv = missing }, good = { .argv = argv };
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	struct bailiff_series *series = open_series(pool, &no_program);
	struct bailiff_result result;
	for (int i = 0; i < 2; i++) {
		assert_false(run_of(series, &empty_input, BAILIFF_VERDICT_RE, &result));
		assert_int_equal(result.reason, BAILIFF_REASON_EXEC);
		bailiff_result_finish(&result);
	}
	close_series();
	await(pool, 0);

	int fds[5];
	series = open_series(pool, &good);
	await(pool, 2);
	open_two_cells(getpid(), fds);
	for (size_t i = 0; i < 5; i++) {
		(void)pidfd_send_signal(fds[i], SIGKILL, NULL, 0);
		assert_int_equal(close(fds[i]), 0);
	}
	pause_ms(50);
	assert_false(run_of(series, &empty_input, BAILIFF_VERDICT_OK, &result));
	bailiff_result_finish(&result);
	await(pool, 2);
	assert_true(run_of(series, &empty_input, BAILIFF_VERDICT_OK, &result));
	bailiff_result_finish(&result);
	close_series();
	close_pool();
}

/* Goal: a series may be closed at any moment, and takes its cells along. */
static void test_series_close(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	int before = count_open_fds();
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	for (long i = 0; i < 12; i++) {
		(void)open_series(pool, &spec);
		pause_ms(i);
		close_series();
	}
	await(pool, 0);
	(void)open_series(pool, &spec);
	close_series();
	close_pool();
	assert_int_equal(count_open_fds(), before);
}

/* ---- namespaces that are handed on ----------------------------------------------------------- */

#define PROVED BAILIFF_FRESHNESS_PROVED
#define FRESH BAILIFF_FRESHNESS_FRESH

/* Runs it some times and says what its cells were like; which is settled after four. */
static struct bailiff_cell settle(struct bailiff_pool *pool, const struct bailiff_spec *spec)
{
	struct bailiff_cell last = { .was_waiting = false };
	for (int i = 0; i < 8; i++) {
		struct bailiff_result result;
		(void)run(pool, spec, BAILIFF_VERDICT_OK, &result);
		if (i > 4) {
			assert_int_equal(result.cell.network_freshness, last.network_freshness);
			assert_int_equal(result.cell.ipc_freshness, last.ipc_freshness);
		}
		last = result.cell;
		bailiff_result_finish(&result);
		await(pool, 2);
	}
	return last;
}

/* Goal: handed on is what the policy's filter proves untouched, and nothing else; the first cells are
 * fresh. */
static void test_freshness_of_policies(void **state)
{
	static const struct {
		const char *policy;
		enum bailiff_freshness network;
	} rows[] = {
		{ "native", PROVED }, { "script", PROVED }, { "shell", PROVED },
		{ "compiler", FRESH }, { "jvm", FRESH }, { "python", FRESH },
	};
	const char *const argv[] = { plain, "exit", "0", NULL };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct bailiff_spec spec = { .argv = argv,
						   .policy = bailiff_policy_builtin(rows[i].policy) };
		int before = count_open_fds();
		struct bailiff_pool *pool = open_pool(*state, 2, 0);
		struct bailiff_result result;
		assert_false(run(pool, &spec, BAILIFF_VERDICT_OK, &result));
		assert_int_equal(result.cell.network_freshness, FRESH);
		assert_int_equal(result.cell.ipc_freshness, FRESH);
		bailiff_result_finish(&result);
		await(pool, 2);
		struct bailiff_cell last = settle(pool, &spec);
		assert_int_equal(last.network_freshness, rows[i].network);
		assert_int_equal(last.ipc_freshness, PROVED);
		close_pool();
		assert_int_equal(count_open_fds(), before);
	}
}

/* Goal: who asks for fresh namespaces has them, also where others are handed on; so has loopback,
 * which also works; and nobody gets theirs. */
static void test_freshness_is_asked_for(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	const char *const connects[] = { probe, "loopback", NULL };
	const struct bailiff_spec usual = { .argv = argv };
	struct bailiff_spec specs[] = {
		{ .argv = argv, .fresh = true },
		{ .argv = argv, .network = BAILIFF_NETWORK_LOOPBACK },
	};
	for (int i = 0; i < 2; i++) {
		struct bailiff_pool *pool = open_pool(*state, 2, 0);
		assert_int_equal(settle(pool, &usual).network_freshness, PROVED);
		struct bailiff_cell last = settle(pool, &specs[i]);
		assert_true(last.was_waiting);
		assert_int_equal(last.network_freshness, FRESH);
		assert_int_equal(last.ipc_freshness, FRESH);
		close_pool();
	}
	struct bailiff_result result;
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	(void)settle(pool, &usual);
	specs[1].argv = connects;
	specs[1].observe = allow_all;
	for (int i = 0; i < 2; i++) {
		(void)run(pool, &specs[1], BAILIFF_VERDICT_OK, &result);
		bailiff_result_finish(&result);
		await(pool, 2);
	}
	close_pool();

	struct bailiff_error err = { 0 };
	assert_int_equal(bailiff_run(*state, &usual, &result, &err), 0);
	assert_int_equal(result.cell.network_freshness, FRESH);
	assert_int_equal(result.cell.ipc_freshness, FRESH);
	bailiff_result_finish(&result);
}

/* Goal: the filter's proof is not enough where something else decides, too. */
static void test_doubtful_runs_hand_nothing_on(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(null_fd >= 0);
	const struct bailiff_stdout inherited = { .kind = BAILIFF_STDOUT_INHERIT, .fd = null_fd };
	const struct bailiff_spec specs[] = {
		{ .argv = argv, .observe = allow_all },
		{ .argv = argv, .in = { .kind = BAILIFF_STDIN_INHERIT, .fd = null_fd } },
		{ .argv = argv, .out = inherited },
		{ .argv = argv, .err = inherited },
	};
	for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
		struct bailiff_pool *pool = open_pool(*state, 2, 0);
		struct bailiff_cell last = settle(pool, &specs[i]);
		assert_int_equal(last.network_freshness, FRESH);
		assert_int_equal(last.ipc_freshness, FRESH);
		close_pool();
	}
	assert_int_equal(close(null_fd), 0);
}

/* Writes what the files below a folder hold, but those that are not the namespace's, or tell a
 * kernel address or a moment. */
static void show_files(const char *folder, const char *prefix, FILE *to)
{
	static const char *const common[] = { "softnet_stat", "protocols", "sockstat", "netlink",
					      "stat" };
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX], text[4096];
		struct stat status;
		const char *name = entries[i]->d_name;
		bool is_shown = name[0] != '.' && strncmp(name, prefix, strlen(prefix)) == 0;
		for (size_t j = 0; j < sizeof common / sizeof common[0]; j++)
			is_shown &= strcmp(name, common[j]) != 0;
		(void)snprintf(path, sizeof path, "%s/%.200s", folder, name);
		if (is_shown && lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
			show_files(path, "", to);
		int fd = is_shown && S_ISREG(status.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (is_shown)
			fprintf(to, "== %s\n", path);
		for (ssize_t n; fd >= 0 && (n = read(fd, text, sizeof text)) > 0;)
			(void)fwrite(text, 1, (size_t)n, to);
		if (fd >= 0)
			(void)close(fd);
		free(entries[i]);
	}
	free(entries);
}

static _Noreturn void show_spaces(int pid_fd, int to_fd)
{
	FILE *to = fdopen(to_fd, "w");
	if (to == NULL || setns(pid_fd, CLONE_NEWNET | CLONE_NEWIPC) < 0)
		_exit(1);
	show_files("/proc/net", "", to);
	show_files("/proc/sys/net", "", to);
	show_files("/proc/sysvipc", "", to);
	show_files("/proc/sys/kernel", "msg", to);
	show_files("/proc/sys/kernel", "sem", to);
	show_files("/proc/sys/kernel", "shm", to);
	show_files("/proc/sys/fs/mqueue", "", to);
	_exit(fclose(to) == 0 ? 0 : 1);
}

/* What can be seen of a process's network and IPC namespace; the caller's to free. */
static char *read_spaces(int pid_fd)
{
	const size_t capacity = 4 << 20;
	char *text = calloc(1, capacity);
	size_t size = 0;
	int ends[2], status;
	assert_non_null(text);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		show_spaces(pid_fd, ends[1]);
	assert_int_equal(close(ends[1]), 0);
	/* Some are binary. */
	for (ssize_t n; (n = read(ends[0], text + size, capacity - 1 - size)) > 0;)
		size += (size_t)n;
	for (size_t i = 0; i < size; i++)
		text[i] = text[i] == '\0' ? '.' : text[i];
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(close(ends[0]), 0);
	assert_non_null(strstr(text, "== /proc/net/dev\n"));
	assert_non_null(strstr(text, "== /proc/net/unix\n"));
	assert_non_null(strstr(text, "== /proc/sysvipc/shm\n"));
	assert_non_null(strstr(text, "== /proc/sys/kernel/msgmax\n"));
	assert_non_null(strstr(text, "== /proc/sys/net/ipv4/ip_default_ttl\n"));
	return text;
}

/* The same for cells that wait after some runs of `spec`, which must be alike. */
static char *read_waiting(struct bailiff_host *host, const struct bailiff_spec *spec,
			  enum bailiff_freshness freshness)
{
	struct descendants found = { .count = 0 };
	char *seen = NULL;
	struct bailiff_pool *pool = open_pool(host, 2, 0);
	(void)settle(pool, spec);
	find_descendants(getpid(), &found);
	assert_int_equal(found.count, 4);
	for (size_t i = 0; i < found.count; i++) {
		int pid_fd = pidfd_open(found.pids[i], 0);
		char *text = read_spaces(pid_fd);
		if (seen != NULL)
			assert_string_equal(text, seen);
		free(seen);
		seen = text;
		assert_int_equal(close(pid_fd), 0);
	}
	for (int i = 0; i < 2; i++) {
		struct bailiff_result result;
		assert_true(run(pool, spec, BAILIFF_VERDICT_OK, &result));
		assert_int_equal(result.cell.network_freshness, freshness);
		assert_int_equal(result.cell.ipc_freshness, freshness);
		bailiff_result_finish(&result);
	}
	close_pool();
	return seen;
}

/* Goal: all that can be seen of a namespace that was handed on, several times, is what a new one
 * shows. */
static void test_handed_on_looks_fresh(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec usual = { .argv = argv }, fresh = { .argv = argv, .fresh = true };
	char *proved = read_waiting(*state, &usual, PROVED);
	char *new = read_waiting(*state, &fresh, FRESH);
	assert_string_equal(proved, new);
	free(proved);
	free(new);
}

/* Goal: what an earlier cell's root could have done is done by nobody. Method: a program that may
 * make every call; whose cell is then the last to have that namespace. */
static void test_handed_on_gives_no_rights(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	const char *const up[] = { probe, "up", NULL };
	const struct bailiff_spec usual = { .argv = argv };
	const struct bailiff_spec bold = { .argv = up, .observe = allow_all };
	struct bailiff_pool *pool = open_pool(*state, 2, 0);
	assert_int_equal(settle(pool, &usual).network_freshness, PROVED);
	unsigned proved = 0;
	for (int i = 0; i < 8; i++) {
		struct bailiff_result result;
		assert_true(run(pool, &bold, BAILIFF_VERDICT_RE, &result));
		assert_int_equal(result.out.size, strlen("up EPERM\n"));
		assert_memory_equal(result.out.data, "up EPERM\n", result.out.size);
		proved += result.cell.network_freshness == PROVED;
		if (i > 5)
			assert_int_equal(result.cell.network_freshness, FRESH);
		bailiff_result_finish(&result);
		await(pool, 2);
	}
	assert_true(proved >= 2);
	close_pool();
}

/* How many of 40 runs without a pause had a namespace that was handed on. */
static unsigned count_proved(struct bailiff_pool *pool, const struct bailiff_spec *spec)
{
	unsigned proved = 0;
	for (int i = 0; i < 40; i++) {
		struct bailiff_result result;
		(void)run(pool, spec, BAILIFF_VERDICT_OK, &result);
		proved += result.cell.network_freshness == PROVED;
		bailiff_result_finish(&result);
	}
	return proved;
}

/* Goal: namespaces go on when there is no time to rest, too: before the cells that had them are
 * removed, and to requests that wait for the keeper's next cell. Method: runs in a row; of some rows the
 * best, because others may keep the CPUs busy. */
static void test_handed_on_under_load(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct bailiff_pool *pool = open_pool(*state, 3, 0);
	unsigned best = 0;
	(void)settle(pool, &spec);
	for (int row = 0; row < 8 && best < 32; row++) {
		unsigned proved = count_proved(pool, &spec);
		best = proved > best ? proved : best;
	}
	assert_true(best >= 32);
	close_pool();
}

static void *work_freshly(void *context)
{
	struct worker *worker = context;
	const char *const argv[] = { plain, "exit", "0", NULL };
	for (int i = 0; i < 25; i++) {
		const struct bailiff_spec spec = { .argv = argv, .fresh = i % 3 == 0,
						   .limits = { .wall_ns = 60 * SECOND } };
		struct bailiff_result result;
		if (bailiff_pool_run(worker->pool, &spec, &result, NULL) == 0 &&
		    result.verdict == BAILIFF_VERDICT_OK &&
		    (!spec.fresh || result.cell.network_freshness == FRESH))
			worker->good++;
		bailiff_result_finish(&result);
	}
	return NULL;
}

/* Goal: the same from several threads at once, and no descriptor is left. */
static void test_freshness_with_threads(void **state)
{
	pthread_t threads[3];
	struct worker workers[3];
	int before = count_open_fds();
	struct bailiff_pool *pool = open_pool(*state, 4, 0);
	for (size_t i = 0; i < 3; i++) {
		workers[i] = (struct worker){ .pool = pool };
		assert_int_equal(pthread_create(&threads[i], NULL, work_freshly, &workers[i]), 0);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(workers[i].good, 25);
	}
	close_pool();
	assert_int_equal(count_open_fds(), before);
}

/* Where a fork server has what it needs to come back to its network namespace (child/fork_server.c). */
#define FORK_SERVER_HOME_FD 5

/* Forbids this process, and what it clones, to go back to where that descriptor is. */
static bool forbid_return(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FORK_SERVER_HOME_FD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = sizeof code / sizeof code[0], .filter = code };
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static _Noreturn void lose_fork_servers(void)
{
	struct bailiff_host *host = NULL;
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct bailiff_error err = { 0 };
	pid_t first = 0, last = 0;
	if (!forbid_return() || bailiff_host_open(&host, NULL) < 0)
		_exit(1);
	struct bailiff_pool *pool = open_pool(host, 2, 0);
	for (int i = 0; i < 6; i++) {
		struct descendants found = { .count = 0 };
		if (run(pool, &spec, BAILIFF_VERDICT_OK, NULL) != (i > 0))
			_exit(2);
		await(pool, 2);
		find_descendants(getpid(), &found);
		last = found.fork_server;
		first = first == 0 ? last : first;
	}
	if (first == last)
		_exit(3);
	if (bailiff_pool_close(pool, &err) < 0)
		_exit(4);
	bailiff_host_close(host);
	_exit(0);
}

/* Goal: a fork server that cannot leave an earlier cell's namespace does nothing there but end; another
 * takes its place, and nobody sees a difference. */
static void test_lost_fork_server(void **state)
{
	int status;
	(void)state;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		lose_fork_servers();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define POOL_TEST(name) cmocka_unit_test_teardown(name, close_what_is_left)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(test_each_is_used_once),
		POOL_TEST(test_nothing_is_left_for_the_next),
		POOL_TEST(test_limits_are_the_requests),
		POOL_TEST(test_jobs_differ),
		POOL_TEST(test_untrue_cells_are_not_used),
		POOL_TEST(test_shapes),
		POOL_TEST(test_scheduling),
		POOL_TEST(test_idle_pool),
		POOL_TEST(test_threads),
		POOL_TEST(test_errors),
		POOL_TEST(test_death_of_the_supervisor),
		POOL_TEST(test_pair),
		POOL_TEST(test_memory_of_who_waits),
		POOL_TEST(test_descriptors_of_the_fork_server),
		POOL_TEST(test_many_mounts),
		POOL_TEST(test_killed_fork_server),
		POOL_TEST(test_series_inputs),
		POOL_TEST(test_series_limits),
		POOL_TEST(test_series_errors),
		POOL_TEST(test_series_close),
		POOL_TEST(test_freshness_of_policies),
		POOL_TEST(test_freshness_is_asked_for),
		POOL_TEST(test_doubtful_runs_hand_nothing_on),
		POOL_TEST(test_handed_on_looks_fresh),
		POOL_TEST(test_handed_on_gives_no_rights),
		POOL_TEST(test_handed_on_under_load),
		POOL_TEST(test_freshness_with_threads),
		POOL_TEST(test_lost_fork_server),
	};
	if (!can_run())
		return SKIPPED;
	/* Mounts that others make meanwhile would make waiting cells untrue. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 1;
	find_program("plain", plain);
	find_program("burn", burn);
	find_program("probe", probe);
	return cmocka_run_group_tests(tests, open_host, close_host);
}
