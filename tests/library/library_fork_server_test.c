/* SPDX-License-Identifier: MIT */
/*
 * What a pool's fork server meets in processes that are not as one would wish: it is killed at any
 * moment, there are no descriptors, memory cannot be unmapped, other threads fork. Needs root, as every
 * real run.
 */
#include "host.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static char plain[PATH_MAX];

static void pause_us(long us)
{
	const struct timespec moment = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	(void)nanosleep(&moment, NULL);
}

static struct bailiff_pool *open_pool(struct bailiff_host *host, size_t cells)
{
	const struct bailiff_pool_options options = { .cells_max = cells };
	struct bailiff_pool *pool = NULL;
	struct bailiff_error err = { 0 };
	if (bailiff_pool_open(host, &options, &pool, &err) < 0)
		fail_msg("%s", err.message);
	return pool;
}

static void close_pool(struct bailiff_pool *pool)
{
	struct bailiff_error err = { 0 };
	if (bailiff_pool_close(pool, &err) < 0)
		fail_msg("%s", err.message);
}

/* Whether the file of a process contains a text. */
static bool tells(int pid, const char *file, const char *text)
{
	char path[64], content[4096] = "";
	(void)snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	FILE *from = fopen(path, "re");
	if (from == NULL)
		return false;
	size_t size = fread(content, 1, sizeof content - 1, from);
	(void)fclose(from);
	content[size] = '\0';
	return strstr(content, text) != NULL;
}

/* Calls visit() for each child of any thread of ours. Source: proc(5), "/proc/tid/children". */
static void for_each_child(void (*visit)(int pid, void *context), void *context)
{
	DIR *dir = opendir("/proc/self/task");
	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char path[64];
		int pid;
		(void)snprintf(path, sizeof path, "/proc/self/task/%.16s/children", entry->d_name);
		FILE *file = fopen(path, "re");
		while (file != NULL && fscanf(file, "%d", &pid) == 1)
			visit(pid, context);
		if (file != NULL)
			(void)fclose(file);
	}
	(void)closedir(dir);
}

static void count_child(int pid, void *context)
{
	int *count = context;
	(void)pid;
	++*count;
}

static int count_children(void)
{
	int count = 0;
	for_each_child(count_child, &count);
	return count;
}

/* An init has the server's name until it gives itself its own, but it is in a namespace of its own. */
static void note_fork_server(int pid, void *context)
{
	char own[32];
	int *server = context;
	(void)snprintf(own, sizeof own, "NSpid:\t%d\n", pid);
	if (tells(pid, "comm", "bailiff-fork\n") && tells(pid, "status", own) &&
	    !tells(pid, "status", "State:\tZ"))
		*server = pid;
}

static bool kill_fork_server(void)
{
	int server = 0;
	for_each_child(note_fork_server, &server);
	int pid_fd = server == 0 ? -1 : pidfd_open(server, 0);
	if (pid_fd < 0)
		return false;
	/* Still the same one, now that it is held. */
	int again = 0;
	note_fork_server(server, &again);
	bool is_killed = again == server && pidfd_send_signal(pid_fd, SIGKILL, NULL, 0) == 0;
	(void)close(pid_fd);
	return is_killed;
}

struct load {
	struct bailiff_pool *pool;
	atomic_bool is_over;
	atomic_int good, bad;
};

static void *run_until_over(void *context)
{
	struct load *load = context;
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv, .limits = { .wall_ns = 60 * SECOND } };
	while (!load->is_over) {
		struct bailiff_result result = { 0 };
		struct bailiff_error err = { 0 };
		int rc = bailiff_pool_run(load->pool, &spec, &result, &err);
		bool ok = rc == 0 && result.verdict == BAILIFF_VERDICT_OK;
		if (!ok)
			print_error("%s\n", rc < 0 ? err.message : result.message);
		load->good += ok;
		load->bad += !ok;
		bailiff_result_finish(&result);
	}
	return NULL;
}

/* Goal: wherever a fork server is in its work when it is killed, no run notices, and nothing is left of
 * what it had begun. Method: it is killed 60 times while three threads run programs without a pause. */
static void test_killed_at_any_moment(void **state)
{
	pthread_t threads[3];
	struct load load = { .pool = open_pool(*state, 4) };
	int killed = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_until_over, &load), 0);
	for (int tries = 0; killed < 60 && tries < 20000; tries++) {
		killed += kill_fork_server();
		pause_us(1000 + tries * 37 % 5000);
	}
	load.is_over = true;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	close_pool(load.pool);
	assert_int_equal(killed, 60);
	assert_int_equal(load.bad, 0);
	assert_true(load.good > 60);
	assert_int_equal(count_children(), 0);
}

/* Goal: whoever has no descriptor left gets an error or a verdict at once, never a cell that cannot be
 * ended. Method: a pool is used with ever more descriptors to be had, up to as many as it needs. */
static void test_few_descriptors(void **state)
{
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv, .limits = { .wall_ns = 60 * SECOND } };
	struct rlimit before, low;
	int good = 0, refused = 0;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (int more = 4; more < 90; more += 2) {
		struct bailiff_pool *pool = open_pool(*state, 1);
		pause_us(2000); /* its server is there */
		int next = dup(0);
		(void)close(next);
		low = before;
		low.rlim_cur = (rlim_t)(next + more);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		for (int i = 0; i < 3; i++) {
			struct bailiff_result result = { 0 };
			bool ok = bailiff_pool_run(pool, &spec, &result, NULL) == 0 &&
				  result.verdict == BAILIFF_VERDICT_OK;
			good += ok;
			refused += !ok;
			bailiff_result_finish(&result);
		}
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		close_pool(pool);
		assert_int_equal(count_children(), 0);
	}
	assert_true(refused > 0);
	assert_true(good > 0);
}

/* Goal: memory that nobody can unmap is no obstacle. Method: a sealed page, as some kernels have their
 * own. */
static void test_sealed_memory(void **state)
{
	enum { MSEAL = 462 };
	char *page = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(page != MAP_FAILED);
	if (syscall(MSEAL, page + 4096, 4096, 0) < 0 && errno == ENOSYS) {
		print_message("skipped: the kernel has no mseal(2)\n");
		assert_int_equal(munmap(page, 3 * 4096), 0);
		skip();
	}
	const char *const argv[] = { plain, "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct bailiff_pool *pool = open_pool(*state, 1);
	for (int i = 0; i < 4; i++) {
		struct bailiff_result result = { 0 };
		int rc = i < 2 ? bailiff_run(*state, &spec, &result, NULL) :
				 bailiff_pool_run(pool, &spec, &result, NULL);
		assert_int_equal(rc, 0);
		assert_int_equal(result.verdict, BAILIFF_VERDICT_OK);
		bailiff_result_finish(&result);
	}
	close_pool(pool);
}

/* Forks children that hold all descriptors for a while, as a thread that executes something does. */
static void *fork_until_over(void *context)
{
	struct load *load = context;
	while (!load->is_over) {
		pid_t pid = fork();
		if (pid == 0) {
			pause_us(20000);
			_exit(0);
		}
		(void)waitpid(pid, NULL, 0);
	}
	return NULL;
}

/* A program that takes its time to be copied: what follows in its file is none of it. */
static char *read_long_program(size_t size)
{
	char *data = calloc(1, size);
	FILE *file = fopen(plain, "re");
	assert_non_null(data);
	assert_non_null(file);
	assert_true(fread(data, 1, size, file) > 0);
	assert_int_equal(fclose(file), 0);
	return data;
}

/* Goal: a program that is being copied into a cell can be executed, whoever forks meanwhile and so
 * holds it open for writing. */
static void test_forks_of_the_caller(void **state)
{
	enum { SIZE = 16 << 20 };
	char *data = read_long_program(SIZE);
	const struct bailiff_file program = { .to = "long", .data = data, .size = SIZE, .mode = 0755 };
	const char *const argv[] = { "./long", "exit", "0", NULL };
	const struct bailiff_spec spec = { .argv = argv,
					   .files = &program,
					   .file_count = 1,
					   .limits = { .wall_ns = 60 * SECOND } };
	struct load load = { .pool = NULL };
	pthread_t threads[3];
	int good = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fork_until_over, &load), 0);
	for (int i = 0; i < 60; i++) {
		struct bailiff_result result = { 0 };
		int rc = bailiff_run(*state, &spec, &result, NULL);
		good += rc == 0 && result.verdict == BAILIFF_VERDICT_OK;
		bailiff_result_finish(&result);
	}
	load.is_over = true;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	free(data);
	assert_int_equal(good, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_any_moment),
		cmocka_unit_test(test_few_descriptors),
		cmocka_unit_test(test_sealed_memory),
		cmocka_unit_test(test_forks_of_the_caller),
	};
	if (!can_run())
		return SKIPPED;
	find_program("plain", plain);
	return cmocka_run_group_tests(tests, open_host, close_host);
}
