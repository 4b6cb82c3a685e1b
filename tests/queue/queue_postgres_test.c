/* SPDX-License-Identifier: MIT */
/*
 * Goal: a queue on a server outlives the server's troubles within its deadline, gives each role its
 * rights and no others, and shows no password. Method: a real server of the test's own
 * (with_postgres) is stopped, started, frozen; its backends are ended, its tables locked; users of
 * each role try everything.
 */
#include "fixture.h"

#include <libpq-fe.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static struct queue *queue;

static int set_up(void **state)
{
	if (store_make_empty(state) < 0)
		return -1;
	queue = store_open_with(&(struct queue_options){ .timeout_ns = NS_PER_S });
	return 0;
}

static int tear_down(void **state)
{
	queue_close(queue);
	return store_remove(state);
}

static void control_server(const char *order)
{
	static const char script[] = BAILIFF_SOURCE_DIR "/tests/queue/with_postgres";
	char *const argv[] = { (char[]){ BAILIFF_SOURCE_DIR "/tests/queue/with_postgres" },
			       (char[]){ "--control" }, strdup(order), NULL };
	pid_t child;
	int status;
	assert_int_equal(posix_spawn(&child, script, NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(argv[2]);
}

/* The process that serves the queue's connection; there is one. */
static pid_t backend(void)
{
	return (pid_t)store_ask("SELECT pid FROM pg_stat_activity"
				" WHERE application_name = 'bailiff'");
}

static int submit_rc(struct bailiff_error *err)
{
	const struct queue_request request = plain_request("a");
	struct queue_ticket ticket;
	return queue_submit(queue, &request, &ticket, err);
}

/* Until a submit succeeds: a queue does not knock on a server that is down more often than so. */
static void submit_within_seconds(unsigned seconds)
{
	struct bailiff_error err = { 0 };
	uint64_t until = clock_now_ns() + seconds * NS_PER_S;
	while (submit_rc(&err) < 0) {
		assert_int_equal(err.errnum, EAGAIN);
		if (clock_now_ns() > until)
			fail_msg("not after %u s: %s", seconds, err.message);
		sleep_ms(20);
	}
}

/* ---- a server's troubles --------------------------------------------------------------------- */

static void test_restart(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	uint64_t job = submit(queue, "a", 0);
	struct queue_hold hold = claim(queue);
	assert_true(queue_event_fd(queue) >= 0);
	control_server("stop");
	bool is_superseded;
	assert_int_equal(queue_finish(queue, &plain_worker, &hold, "{}", 2, &is_superseded, &err),
			 -EAGAIN);
	assert_int_equal(err.fault, BAILIFF_FAULT_HOST);
	assert_int_equal(queue_event_fd(queue), -1);
	assert_true(queue_poll_interval_ns(queue) < NS_PER_S);
	/* Refused at once, time after time. */
	uint64_t start = clock_now_ns();
	for (int i = 0; i < 100; i++)
		assert_int_equal(submit_rc(&err), -EAGAIN);
	assert_in_range(clock_now_ns() - start, 0, NS_PER_S);
	control_server("start");
	submit_within_seconds(5);
	finish(queue, hold, "{}");
	assert_int_equal(state_of(queue, job), QUEUE_STATE_DONE);
	/* It listens again, and says that something may have been missed. */
	assert_true(queue_event_fd(queue) >= 0);
	assert_true((queue_take_events(queue) & QUEUE_EVENT_ENDED) != 0);
}

static void test_ended_backend(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	store_run("SELECT pg_terminate_backend(%d)", backend());
	assert_int_equal(submit_rc(&err), -EAGAIN);
	submit_within_seconds(5);
}

/* A server that hangs is given up after the timeout, however it hangs. */
static void test_frozen_backend(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	uint64_t job = submit(queue, "a", 0);
	struct queue_hold hold = claim(queue);
	pid_t frozen = backend();
	assert_int_equal(kill(frozen, SIGSTOP), 0);
	uint64_t start = clock_now_ns();
	bool is_superseded;
	assert_int_equal(queue_finish(queue, &plain_worker, &hold, "{}", 2, &is_superseded, &err),
			 -EAGAIN);
	assert_in_range(clock_now_ns() - start, NS_PER_S, 2 * NS_PER_S);
	assert_non_null(strstr(err.message, "did not answer within 1.0 s"));
	/* Too much for the socket, so that it cannot even be sent. */
	finish(queue, hold, "{\"by the next connection\": 1}");
	pid_t second = (pid_t)store_ask("SELECT pid FROM pg_stat_activity WHERE application_name ="
					" 'bailiff' AND pid <> %d",
					frozen);
	assert_int_equal(kill(second, SIGSTOP), 0);
	struct queue_request request = plain_request("a");
	char *large = calloc(1, QUEUE_SPEC_BYTES_MAX);
	memset(large, 'x', QUEUE_SPEC_BYTES_MAX);
	request.spec = large;
	request.spec_size = QUEUE_SPEC_BYTES_MAX;
	struct queue_ticket ticket;
	start = clock_now_ns();
	assert_int_equal(queue_submit(queue, &request, &ticket, &err), -EAGAIN);
	assert_in_range(clock_now_ns() - start, NS_PER_S, 4 * NS_PER_S);
	free(large);
	/* What the frozen ones were told comes too late: the fence holds. */
	assert_int_equal(kill(frozen, SIGCONT), 0);
	assert_int_equal(kill(second, SIGCONT), 0);
	sleep_ms(200);
	assert_string_equal(look(queue, job).result, "{\"by the next connection\": 1}");
}

static void test_locked_table(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	PGconn *other = PQconnectdb(store.url);
	PQclear(PQexec(other, "BEGIN; LOCK TABLE bailiff.job"));
	uint64_t start = clock_now_ns();
	assert_int_equal(submit_rc(&err), -EAGAIN);
	assert_in_range(clock_now_ns() - start, NS_PER_S * 9 / 10, 3 * NS_PER_S);
	assert_int_equal(err.fault, BAILIFF_FAULT_HOST);
	PQfinish(other);
	submit_within_seconds(5);
}

/* ---- what cannot be opened ------------------------------------------------------------------- */

static void expect_refused(const char *url, int errnum, const char *words, const char *hint)
{
	struct queue *other;
	struct bailiff_error err = { 0 };
	const struct queue_options options = { .timeout_ns = NS_PER_S };
	assert_int_equal(queue_open(url, &options, &other, &err), -errnum);
	assert_int_equal(err.fault, BAILIFF_FAULT_HOST);
	if (strstr(err.message, words) == NULL || strstr(err.hint, hint) == NULL)
		fail_msg("'%s' (%s)", err.message, err.hint);
	assert_null(strstr(err.message, "hunter2"));
	assert_null(strstr(err.hint, "hunter2"));
	assert_null(strchr(err.message, '\n'));
}

/* The test's URL with another user, password and database. */
static const char *url_of(const char *user, const char *database)
{
	static char url[300];
	(void)snprintf(url, sizeof url, "postgresql://%s@/%s?host=%s", user, database,
		       getenv("BAILIFF_TEST_POSTGRES_DIR"));
	return url;
}

static void test_what_cannot_be_opened(void **state)
{
	(void)state;
	expect_refused("postgresql://user:hunter2@/db?host=/nowhere", EAGAIN, "/nowhere", "");
	expect_refused(url_of("postgres", "none"), ENOENT, "none", "createdb");
	expect_refused(url_of("postgres", "postgres"), ENOENT, "bailiff", "queue init");
	store_run("DROP ROLE IF EXISTS secret");
	store_run("CREATE ROLE secret LOGIN PASSWORD 'swordfish'");
	expect_refused(url_of("secret", "queue"), EACCES, "password", "PGPASSWORD");
	expect_refused(url_of("secret:hunter2", "queue"), EACCES, "password", "PGPASSWORD");
	expect_refused(url_of("secret:swordfish", "queue"), EACCES, "permission", "GRANT");
	store_run("GRANT bailiff_client TO secret");
	struct queue *own = NULL;
	OK(queue_open(url_of("secret:swordfish", "queue"), NULL, &own, &err));
	assert_null(strstr(queue_shown_url(own), "swordfish"));
	assert_non_null(strstr(queue_shown_url(own), "secret@"));
	(void)submit(own, "a", 0);
	queue_close(own);
	assert_int_equal(setenv("PGPASSWORD", "swordfish", 1), 0);
	OK(queue_open(url_of("secret", "queue"), NULL, &own, &err));
	queue_close(own);
	assert_int_equal(unsetenv("PGPASSWORD"), 0);
	store_run("DROP ROLE secret");
	/* Not UTF-8. */
	store_run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
	expect_refused(url_of("postgres", "latin"), ENOTSUP, "LATIN1", "UTF8");
	store_run("DROP DATABASE latin");
}

static void test_other_version(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	struct queue *own;
	store_run("UPDATE bailiff.setting SET version = 2");
	expect_refused(store.url, EPROTO, "version 2", "bailiff");
	assert_int_equal(
		queue_open(store.url, &(struct queue_options){ .create = true }, &own, &err),
		-EPROTO);
	/* Nor are the tables made over by who is connected already. */
	const struct queue_settings settings = { 0 };
	assert_int_equal(queue_init(queue, &settings, &err), -EPROTO);
	assert_int_equal(store_ask("SELECT version FROM bailiff.setting"), 2);
	store_run("UPDATE bailiff.setting SET version = 1");
}

/* Functions of earlier tables that had other arguments make way for those of today. */
static void test_functions_of_before(void **state)
{
	(void)state;
	const struct queue_settings settings = { 0 };
	store_run("CREATE FUNCTION bailiff.claim(text, bigint, text[], bigint, integer, bigint, boolean)"
		  " RETURNS integer LANGUAGE sql AS 'SELECT 1'");
	OK(queue_init(queue, &settings, &err));
	assert_int_equal(store_ask("SELECT count(*) FROM pg_proc WHERE proname = 'claim'"
				   " AND pronamespace = 'bailiff'::regnamespace"),
			 1);
	(void)submit(queue, "a", 0);
	assert_true(claim(queue).job > 0);
}

/* Two administrators at once, and one who is not. */
static void test_init(void **state)
{
	(void)state;
	store_run("DROP SCHEMA bailiff CASCADE");
	pid_t children[4];
	for (size_t i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct queue *own;
			struct bailiff_error err = { 0 };
			const struct queue_options options = { .create = true };
			int rc = queue_open(store.url, &options, &own, &err);
			if (rc < 0)
				print_error("%s\n", err.message);
			_exit(rc == 0 ? 0 : 1);
		}
	}
	for (size_t i = 0; i < 4; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	submit_within_seconds(5);
	store_run("DROP ROLE IF EXISTS nobody_special");
	store_run("CREATE ROLE nobody_special LOGIN");
	struct queue *own;
	struct bailiff_error err = { 0 };
	assert_int_equal(queue_open(url_of("nobody_special", "queue"),
				    &(struct queue_options){ .create = true }, &own, &err),
			 -EACCES);
	store_run("DROP ROLE nobody_special");
}

/* ---- rights ---------------------------------------------------------------------------------- */

/* The SQLSTATE of a statement as that user, "" where it went well. */
static void expect_state(const char *user, const char *sql, const char *state)
{
	PGconn *connection = PQconnectdb(url_of(user, "queue"));
	PGresult *rows = PQexec(connection, sql);
	const char *found = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
	if (strcmp(found != NULL ? found : "", state) != 0)
		fail_msg("%s as %s: '%s', not '%s': %s", sql, user, found != NULL ? found : "",
			 state, PQerrorMessage(connection));
	PQclear(rows);
	PQfinish(connection);
}

static const char denied[] = "42501"; /* insufficient_privilege */
static const char *const tables[] = { "job",	 "spec",  "verdict", "worker",
				      "setting", "tally", "client",  "class" };
static const char *const of_clients[] = {
	"SELECT bailiff.submit('a', NULL, 0, 'run', '{}', sha256(''), '{}', 0, 3)",
	"SELECT bailiff.result(1)",
	"SELECT bailiff.list(NULL, NULL, 1, 1)",
	"SELECT bailiff.cancel(100)",
	"SELECT bailiff.retry(100)",
	"SELECT bailiff.workers()",
	"SELECT bailiff.await_ends()",
};
static const char *const of_workers[] = {
	"SELECT bailiff.register('w', 1, 1, '{}', '', '', true)",
	"SELECT bailiff.report('w', 1, 1, '{}', '', '', '')",
	"SELECT bailiff.claim('w', 1, '{}', 100, 1, 1000000, false, 200, 1000)",
	"SELECT bailiff.renew('{100}', '{1}', 1000000)",
	"SELECT bailiff.finish(100, 1, '{}')",
	"SELECT bailiff.exchange('{100}', '{1}', '{x}', 'w', 1, '{}', 100, 1, 1000000, false, 200, 1000)",
	"SELECT bailiff.fail(100, 1, 'failed', '', NULL, 0, NULL)",
	"SELECT bailiff.reap(1)",
	"SELECT bailiff.leave('w', 1)",
};
static const char *const of_nobody[] = {
	"SELECT bailiff.set(1, 1)",
	"SELECT bailiff.purge(0, 1)",
	"SELECT bailiff._class('{}', 1)",
	"SELECT bailiff._move('', 'done', 5)",
	"SELECT bailiff._unclaim(1)",
	"SELECT bailiff._take('w', 1, '{}', 1, 1, '1 s', 1, '1 s')",
	"CREATE TABLE bailiff.mine (x int)",
	"CREATE FUNCTION bailiff.version() RETURNS int LANGUAGE sql AS 'SELECT 1'",
	"DROP SCHEMA bailiff CASCADE",
};

static void expect_no_tables(const char *user)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		static const char *const forms[] = { "SELECT * FROM bailiff.%s",
						     "DELETE FROM bailiff.%s",
						     "INSERT INTO bailiff.%s DEFAULT VALUES",
						     "TRUNCATE bailiff.%s" };
		for (size_t k = 0; k < 4; k++) {
			char sql[100];
			const char *at = strstr(forms[k], "%s");
			(void)snprintf(sql, sizeof sql, "%.*s%s%s", (int)(at - forms[k]), forms[k],
				       tables[i], at + 2);
			expect_state(user, sql, denied);
		}
	}
}

static void test_rights(void **state)
{
	(void)state;
	store_run("DROP ROLE IF EXISTS c_user; DROP ROLE IF EXISTS w_user;"
		  "DROP ROLE IF EXISTS o_user; CREATE ROLE c_user LOGIN IN ROLE bailiff_client;"
		  "CREATE ROLE w_user LOGIN IN ROLE bailiff_worker; CREATE ROLE o_user LOGIN");
	for (size_t i = 0; i < sizeof of_clients / sizeof of_clients[0]; i++) {
		expect_state("c_user", of_clients[i], "");
		expect_state("w_user", of_clients[i], denied);
		expect_state("o_user", of_clients[i], denied);
	}
	for (size_t i = 0; i < sizeof of_workers / sizeof of_workers[0]; i++) {
		expect_state("w_user", of_workers[i], "");
		expect_state("c_user", of_workers[i], denied);
		expect_state("o_user", of_workers[i], denied);
	}
	for (size_t i = 0; i < sizeof of_nobody / sizeof of_nobody[0]; i++) {
		expect_state("w_user", of_nobody[i], denied);
		expect_state("c_user", of_nobody[i], denied);
	}
	expect_no_tables("w_user");
	expect_no_tables("c_user");
	expect_state("w_user", "SELECT bailiff.version(), bailiff.stats()", "");
	expect_state("o_user", "SELECT bailiff.version()", denied);
	/* What a function's owner runs cannot be led astray by names of the caller's. The tables go with the
	 * transaction: a server drops those of a session some time after it ended, and until then the role stays. */
	expect_state("c_user",
		     "CREATE TEMP TABLE job (id int) ON COMMIT DROP;"
		     "CREATE TEMP TABLE tally (x int) ON COMMIT DROP;"
		     "SET search_path = pg_temp, public; SELECT bailiff.stats()",
		     "");
	store_run("DROP ROLE c_user; DROP ROLE w_user; DROP ROLE o_user");
}

/* Who has a role's password is not held to what the program would send. */
static void test_bounds_of_the_server(void **state)
{
	(void)state;
	static const char check[] = "23514";
	expect_state("postgres",
		     "SELECT bailiff.submit('a', NULL, 0, 'run', repeat('x', 16777217),"
		     " sha256(''), '{}', 0, 3)",
		     check);
	expect_state("postgres",
		     "SELECT bailiff.submit(repeat('x', 256), NULL, 0, 'run', '',"
		     " sha256(''), '{}', 0, 3)",
		     check);
	expect_state("postgres",
		     "SELECT bailiff.submit('a', NULL, 101, 'run', '', sha256(''), '{}',"
		     " 0, 3)",
		     check);
	expect_state("postgres",
		     "SELECT bailiff.submit('a', NULL, 0, 'run', '', sha256(''),"
		     " ARRAY[repeat('x', 3000)], 0, 3)",
		     check);
	expect_state("postgres",
		     "SELECT bailiff.register(repeat('x', 256), 1, 1, '{}', '', '',"
		     " true)",
		     check);
	(void)submit(queue, "a", 0);
	expect_state("postgres",
		     "SELECT bailiff.finish(job, fence, repeat('x', 16777217)) FROM"
		     " bailiff.claim('w', 1, '{}', 1::bigint << 40, 1000000,"
		     "  9000000000000000000, NULL, 0, 0)",
		     check);
	/* A lease of a century is one of a day. */
	expect_state("postgres",
		     "SELECT bailiff.claim('w', 1, '{}', 1::bigint << 40, 1000000,"
		     " 9000000000000000000, NULL, 0, 0)",
		     "");
	/* Nor is a time to wait for a job an overflow, whatever it is. */
	expect_state("postgres",
		     "SELECT bailiff.claim('w', 1, '{}', 1, 1, 1000000, NULL, 9223372036854775807,"
		     " t) FROM unnest(ARRAY[9223372036854775807, -9223372036854775808, NULL]) t",
		     "");
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.job WHERE state = 'running'"
				   " AND lease_until < now() + interval '2 days'"),
			 1);
}

/* A whole life with the rights of the roles only. */
static void test_roles_suffice(void **state)
{
	(void)state;
	store_run("DROP ROLE IF EXISTS c_user; DROP ROLE IF EXISTS w_user;"
		  "CREATE ROLE c_user LOGIN IN ROLE bailiff_client;"
		  "CREATE ROLE w_user LOGIN IN ROLE bailiff_worker");
	struct queue *client = NULL, *worker = NULL;
	OK(queue_open(url_of("c_user", "queue"), NULL, &client, &err));
	OK(queue_open(url_of("w_user", "queue"), NULL, &worker, &err));
	OK(queue_register(worker, &plain_worker, false, &err));
	assert_true(queue_event_fd(client) >= 0);
	assert_true(queue_event_fd(worker) >= 0);
	uint64_t job = submit(client, "a", 0);
	struct queue_hold hold = claim(worker);
	assert_int_equal(hold.job, job);
	finish(worker, hold, "{}");
	assert_string_equal(look(client, job).result, "{}");
	struct queue_job_view view;
	struct arena arena = { 0 };
	FAILS(queue_result(worker, job, &arena, &view, &err), EACCES, BAILIFF_FAULT_HOST);
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed;
	size_t count;
	FAILS(queue_claim(client, &want, &claimed, &count, &err), EACCES, BAILIFF_FAULT_HOST);
	uint64_t purged;
	FAILS(queue_purge(client, 0, &purged, &err), EACCES, BAILIFF_FAULT_HOST);
	queue_close(client);
	queue_close(worker);
	store_run("DROP ROLE c_user; DROP ROLE w_user");
}

/* A server that answers a commit before it is on the disk is not believed. */
static void test_commits_are_durable(void **state)
{
	(void)state;
	store_run("ALTER ROLE postgres SET synchronous_commit = off");
	struct queue *own = store_open();
	store_run("ALTER ROLE postgres RESET synchronous_commit");
	/* Nothing tells a session's setting from outside; the next best thing is what it does. */
	long long before = store_ask("SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn");
	(void)submit(own, "a", 0);
	long long inserted = store_ask("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
	long long flushed = store_ask("SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn");
	assert_true(flushed > before);
	assert_true(inserted - flushed < 200); /* less than a job */
	queue_close(own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_restart),
		TEST(test_ended_backend),
		TEST(test_frozen_backend),
		TEST(test_locked_table),
		TEST(test_what_cannot_be_opened),
		TEST(test_other_version),
		TEST(test_functions_of_before),
		TEST(test_init),
		TEST(test_rights),
		TEST(test_bounds_of_the_server),
		TEST(test_roles_suffice),
		TEST(test_commits_are_durable),
	};
	store_choose("postgres");
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
