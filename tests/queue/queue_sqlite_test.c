/* SPDX-License-Identifier: MIT */
/*
 * Goal: an embedded queue survives what happens to files and clocks, and says what is wrong in
 * words that help. Method: the file is locked, replaced, damaged, put on a disk without room; the
 * clocks are this test's own (clock_gettime is wrapped), the start of the machine is another by the
 * kernel's boot id in the table.
 */
#include "fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- clocks ---------------------------------------------------------------------------------- */

static int64_t wall_step_s; /* of the wall clock; others go on */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = __real_clock_gettime(clock, now);
	if (clock == CLOCK_REALTIME)
		now->tv_sec += wall_step_s;
	return rc;
}

static struct queue *queue;

static int set_up(void **state)
{
	if (store_make_empty(state) < 0)
		return -1;
	queue = store_open();
	return 0;
}

static int tear_down(void **state)
{
	wall_step_s = 0;
	queue_close(queue);
	queue = NULL;
	return store_remove(state);
}

static const char *file(void)
{
	return store.url + strlen("sqlite:");
}

static uint64_t reap(void)
{
	uint64_t ready, dead;
	OK(queue_reap(queue, &ready, &dead, &err));
	return ready + dead;
}

/* Steps of the wall clock neither end leases nor make them last, nor change when a job is due. */
static void test_stepped_clock(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	struct queue_hold hold = claim_as(queue, &plain_worker, 10 * NS_PER_S);
	wall_step_s = 86400 * 365;
	assert_int_equal(reap(), 0);
	assert_int_equal(state_of(queue, job), QUEUE_STATE_RUNNING);
	assert_false(fail_as(queue, hold, QUEUE_FAILED, "x"));
	wall_step_s = 0;
	assert_int_equal(claim(queue).job, 0);
	wall_step_s = 86400;
	assert_int_equal(claim(queue).job, 0);
	store_make_due();
	wall_step_s = -86400;
	hold = claim_as(queue, &plain_worker, NS_PER_MS);
	assert_int_equal(hold.job, job);
	sleep_ms(5);
	assert_int_equal(reap(), 1);
	/* Waiting times are never negative. */
	store_make_due();
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed;
	size_t count;
	OK(queue_claim(queue, &want, &claimed, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(claimed.waited_ns, 0);
	queue_claimed_finish(&claimed);
}

/* After a start of the machine nobody holds anything, and nothing waits for a time of the last. */
static void test_other_boot(void **state)
{
	(void)state;
	uint64_t held = submit(queue, "a", 0);
	OK(queue_register(queue, &plain_worker, false, &err));
	assert_int_equal(claim(queue).job, held);
	uint64_t waits = submit(queue, "a", 0);
	assert_false(fail_as(queue, claim(queue), QUEUE_FAILED, "x"));
	struct queue *same = store_open();
	queue_close(same);
	assert_int_equal(reap(), 0);
	store_run("UPDATE setting SET value = 'another' WHERE name = 'boot'");
	queue_close(queue);
	queue = store_open();
	assert_int_equal(reap(), 1);
	assert_int_equal(look(queue, held).attempts, 1);
	assert_int_equal(claim(queue).job, waits);
	struct queue_stats stats;
	OK(queue_stats(queue, &stats, &err));
	assert_int_equal(stats.workers, 0);
	/* A worker that says so is there again. */
	OK(queue_report(queue, &plain_worker, NULL, &err));
	OK(queue_stats(queue, &stats, &err));
	assert_int_equal(stats.workers, 1);
}

/* ---- files that are not queues --------------------------------------------------------------- */

static void expect_refused(const char *path, bool create, int errnum, const char *words)
{
	char url[300];
	const struct queue_options options = { .create = create };
	struct queue *other;
	struct bailiff_error err = { 0 };
	(void)snprintf(url, sizeof url, "sqlite:%s", path);
	assert_int_equal(queue_open(url, &options, &other, &err), -errnum);
	assert_int_equal(err.fault, BAILIFF_FAULT_HOST);
	if (strstr(err.message, words) == NULL)
		fail_msg("'%s' is not in '%s'", words, err.message);
}

static void put_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	(void)fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void test_wrong_files(void **state)
{
	(void)state;
	char path[128];
	(void)snprintf(path, sizeof path, "%s/none/x.db", store.folder);
	expect_refused(path, true, ENOENT, path);
	(void)snprintf(path, sizeof path, "%s/x.db", store.folder);
	expect_refused(path, false, ENOENT, path);
	assert_int_equal(access(path, F_OK), -1);
	expect_refused(store.folder, true, EINVAL, "not a file");
	put_file(path, "");
	expect_refused(path, false, ENOENT, "no tables");
	put_file(path, "this is text, and rather more of it than a database's header has: ......"
		       "........................................................");
	expect_refused(path, true, EINVAL, "not a SQLite database");
	assert_int_equal(unlink(path), 0);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE job (id)", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	expect_refused(path, true, EINVAL, "not a queue");
	/* The next version's. */
	store_run("PRAGMA user_version = 2");
	expect_refused(file(), true, EPROTO, "version 2");
	expect_refused(file(), false, EPROTO, "version 2");
}

static void test_names_that_mean_something_to_sqlite(void **state)
{
	(void)state;
	static const char *const names[] = { ":memory:", "file:x.db?mode=memory", "a b'%" };
	const struct queue_options options = { .create = true };
	assert_int_equal(chdir(store.folder), 0);
	for (size_t i = 0; i < 3; i++) {
		char url[64];
		struct stat status;
		struct queue *other = NULL;
		(void)snprintf(url, sizeof url, "sqlite:%s", names[i]);
		OK(queue_open(url, &options, &other, &err));
		assert_string_equal(queue_shown_url(other), url);
		queue_close(other);
		assert_int_equal(stat(names[i], &status), 0);
		assert_true(status.st_size > 0);
	}
	assert_int_equal(chdir("/"), 0);
}

static void test_file_is_the_owners_alone(void **state)
{
	(void)state;
	struct stat status;
	char log[300];
	mode_t mask = umask(0);
	assert_int_equal(stat(file(), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	(void)submit(queue, "a", 0);
	(void)snprintf(log, sizeof log, "%s-wal", file());
	assert_int_equal(stat(log, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	(void)umask(mask);
}

static void test_file_replaced(void **state)
{
	(void)state;
	char other[300];
	struct queue_ticket ticket;
	(void)submit(queue, "a", 0);
	(void)snprintf(other, sizeof other, "%s.old", file());
	assert_int_equal(rename(file(), other), 0);
	const struct queue_request request = plain_request("a");
	FAILS(queue_submit(queue, &request, &ticket, &err), EAGAIN, BAILIFF_FAULT_HOST);
	FAILS(queue_submit(queue, &request, &ticket, &err), ENOENT, BAILIFF_FAULT_HOST);
	assert_int_equal(rename(other, file()), 0);
	assert_int_equal(submit(queue, "a", 0), 2);
}

/* ---- locks ----------------------------------------------------------------------------------- */

static void test_locked_by_another(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	struct queue *hasty =
		store_open_with(&(struct queue_options){ .timeout_ns = 200 * NS_PER_MS });
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(file(), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	uint64_t start = clock_now_ns();
	struct queue_ticket ticket;
	const struct queue_request request = plain_request("a");
	FAILS(queue_submit(hasty, &request, &ticket, &err), EAGAIN, BAILIFF_FAULT_HOST);
	assert_in_range(clock_now_ns() - start, 200 * NS_PER_MS, 2000 * NS_PER_MS);
	/* Readers do not wait. */
	assert_int_equal(state_of(hasty, job), QUEUE_STATE_READY);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	assert_int_equal(submit(hasty, "a", 0), job + 1);
	queue_close(hasty);
}

/* Ends a process that has just begun to write: what it held is free, and the queue whole. */
static void test_killed_writer(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		sqlite3 *db = NULL;
		bool ok = sqlite3_open(file(), &db) == SQLITE_OK &&
			  sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM spec; DELETE FROM job",
				       NULL, NULL, NULL) == SQLITE_OK;
		_exit(ok ? 7 : 8);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	assert_int_equal(claim(queue).job, job);
}

/* Many that make the same queue at once make one. */
static void test_made_by_many(void **state)
{
	(void)state;
	char url[128];
	pid_t children[8];
	(void)snprintf(url, sizeof url, "sqlite:%s/new.db", store.folder);
	const struct queue_options options = { .create = true };
	for (size_t i = 0; i < 8; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct queue *own;
			struct queue_ticket ticket;
			const struct queue_request request = plain_request("a");
			bool ok = queue_open(url, &options, &own, NULL) == 0 &&
				  queue_submit(own, &request, &ticket, NULL) == 0;
			_exit(ok ? 0 : 1);
		}
	}
	for (size_t i = 0; i < 8; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	struct queue *own = NULL;
	OK(queue_open(url, NULL, &own, &err));
	struct queue_stats stats;
	OK(queue_stats(own, &stats, &err));
	assert_int_equal(stats.jobs[QUEUE_STATE_READY], 8);
	queue_close(own);
}

/* ---- a full disk ----------------------------------------------------------------------------- */

static void fill_disk(const char *path)
{
	static char block[65536];
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (size_t size = sizeof block; size >= 512; size /= 2) {
		while (write(fd, block, size) == (ssize_t)size)
			;
	}
	assert_int_equal(errno, ENOSPC);
	(void)close(fd);
}

/* In a mount namespace of its own: until there is no room every job that was told is there, then it
 * is said that there is none, and with room it goes on. */
static void use_full_disk(void **state)
{
	(void)state;
	char filler[128], path[128], url[140];
	assert_int_equal(mount("bailiff", store.folder, "tmpfs", 0, "size=1m"), 0);
	(void)snprintf(filler, sizeof filler, "%s/filler", store.folder);
	(void)snprintf(path, sizeof path, "%s/small.db", store.folder);
	(void)snprintf(url, sizeof url, "sqlite:%s", path);
	struct queue *small = NULL;
	OK(queue_open(url, &(struct queue_options){ .create = true }, &small, &err));
	uint64_t told = submit(small, "a", 0);
	struct queue_hold hold = claim(small);
	fill_disk(filler);
	const struct queue_request request = plain_request("a");
	struct queue_ticket ticket;
	struct bailiff_error why = { 0 };
	int rc;
	while ((rc = queue_submit(small, &request, &ticket, &why)) == 0)
		told++;
	assert_int_equal(rc, -EAGAIN);
	assert_int_equal(why.fault, BAILIFF_FAULT_HOST);
	assert_non_null(strstr(why.message, "small.db"));
	assert_true(why.hint[0] != '\0');
	bool is_superseded;
	assert_int_equal(
		queue_finish(small, &plain_worker, &hold, "{\"x\": 1}", 8, &is_superseded, &why),
		-EAGAIN);
	assert_int_equal(unlink(filler), 0);
	finish(small, hold, "{\"x\": 1}");
	assert_int_equal(submit(small, "a", 0), told + 1);
	assert_string_equal(look(small, hold.job).result, "{\"x\": 1}");
	queue_close(small);
	OK(queue_open(url, NULL, &small, &err));
	struct queue_stats stats;
	OK(queue_stats(small, &stats, &err));
	assert_int_equal(stats.jobs[QUEUE_STATE_READY], told);
	assert_int_equal(stats.jobs[QUEUE_STATE_DONE], 1);
	queue_close(small);
}

static void test_full_disk(void **state)
{
	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		const struct CMUnitTest inner[] = { cmocka_unit_test(use_full_disk) };
		_exit(cmocka_run_group_tests(inner, NULL, NULL));
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(); /* only root may mount */
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_stepped_clock),
		TEST(test_other_boot),
		TEST(test_wrong_files),
		TEST(test_names_that_mean_something_to_sqlite),
		TEST(test_file_is_the_owners_alone),
		TEST(test_file_replaced),
		TEST(test_locked_by_another),
		TEST(test_killed_writer),
		TEST(test_made_by_many),
		TEST(test_full_disk),
	};
	store_choose("sqlite");
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
