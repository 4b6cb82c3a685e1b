/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <time.h>

struct store store;

static struct arena looked_up; /* look() */

void store_choose(const char *name)
{
	store.kind = strcmp(name, "postgres") == 0 ? STORE_POSTGRES : STORE_SQLITE;
	if (store.kind == STORE_SQLITE)
		return;
	const char *url = getenv("BAILIFF_TEST_POSTGRES_URL");
	if (url == NULL) {
		(void)fprintf(stderr, "run it by tests/queue/with_postgres\n");
		exit(77);
	}
	(void)snprintf(store.url, sizeof store.url, "%s", url);
}

/* ---- SQLite ---------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *place)
{
	(void)status;
	(void)flag;
	(void)place;
	return remove(path);
}

static sqlite3 *open_file(void)
{
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(store.url + strlen("sqlite:"), &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 10000);
	return db;
}

static int read_first(void *context, int count, char **values, char **names)
{
	(void)names;
	long long *number = context;
	if (*number == -1 && count > 0 && values[0] != NULL)
		*number = atoll(values[0]);
	return 0;
}

static long long run_sqlite(const char *sql)
{
	sqlite3 *db = open_file();
	/* The tables have no schema's name there. */
	char *plain = strdup(sql), *at;
	while ((at = strstr(plain, "bailiff.")) != NULL)
		memmove(at, at + strlen("bailiff."), strlen(at + strlen("bailiff.")) + 1);
	char *message = NULL;
	long long number = -1;
	if (sqlite3_exec(db, plain, read_first, &number, &message) != SQLITE_OK)
		fail_msg("%s: %s", plain, message);
	free(plain);
	(void)sqlite3_close(db);
	return number;
}

/* ---- PostgreSQL ------------------------------------------------------------------------------ */

static void ignore_notice(void *context, const PGresult *rows)
{
	(void)context;
	(void)rows;
}

static long long run_postgres(const char *sql)
{
	PGconn *connection = PQconnectdb(store.url);
	(void)PQsetNoticeReceiver(connection, ignore_notice, NULL);
	PGresult *rows = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(rows);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	long long number = -1;
	if (PQntuples(rows) > 0 && !PQgetisnull(rows, 0, 0))
		number = atoll(PQgetvalue(rows, 0, 0));
	PQclear(rows);
	PQfinish(connection);
	return number;
}

static void empty_postgres(void)
{
	(void)run_postgres(
		"TRUNCATE bailiff.job, bailiff.spec, bailiff.verdict, bailiff.worker,"
		" bailiff.client, bailiff.class RESTART IDENTITY;"
		"UPDATE bailiff.tally SET ready = 0, running = 0, done = 0, dead = 0, cancelled = 0;"
		"UPDATE bailiff.setting SET depth_max = 100000, client_depth_max = 20000");
}

/* ---- both ------------------------------------------------------------------------------------ */

int store_make_empty(void **state)
{
	(void)state;
	if (store.kind == STORE_SQLITE) {
		/* In memory: what a disk does is measured elsewhere. */
		(void)snprintf(store.folder, sizeof store.folder, "/dev/shm/bailiff-test.XXXXXX");
		if (mkdtemp(store.folder) == NULL)
			return -1;
		(void)snprintf(store.url, sizeof store.url, "sqlite:%s/queue.db", store.folder);
	}
	const struct queue_options options = { .create = true };
	struct bailiff_error err = { 0 };
	struct queue *queue = NULL;
	if (queue_open(store.url, &options, &queue, &err) < 0) {
		print_error("%s\n", err.message);
		return -1;
	}
	queue_close(queue);
	if (store.kind == STORE_POSTGRES)
		empty_postgres();
	return 0;
}

int store_remove(void **state)
{
	(void)state;
	arena_finish(&looked_up);
	if (store.kind == STORE_POSTGRES)
		return 0;
	return nftw(store.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct queue *store_open_with(const struct queue_options *options)
{
	struct queue *queue = NULL;
	OK(queue_open(store.url, options, &queue, &err));
	return queue;
}

struct queue *store_open(void)
{
	return store_open_with(NULL);
}

static long long run(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static long long run(const char *format, va_list args)
{
	char *sql = NULL;
	assert_true(vasprintf(&sql, format, args) >= 0);
	long long number = store.kind == STORE_SQLITE ? run_sqlite(sql) : run_postgres(sql);
	free(sql);
	return number;
}

void store_run(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)run(format, args);
	va_end(args);
}

long long store_ask(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	long long number = run(format, args);
	va_end(args);
	return number;
}

void store_make_due(void)
{
	if (store.kind == STORE_SQLITE)
		store_run("UPDATE bailiff.job SET due = 0"
			  " WHERE state = 'ready' AND due > 0");
	else
		store_run("UPDATE bailiff.job SET due = clock_timestamp() WHERE due IS NOT NULL");
}

void store_age_job(uint64_t job)
{
	if (store.kind == STORE_SQLITE)
		store_run("UPDATE bailiff.job SET created_at = created_at - 3600000000000 WHERE id = %llu",
			  (unsigned long long)job);
	else
		store_run("UPDATE bailiff.job SET created_at = created_at - interval '1 hour'"
			  " WHERE id = %llu",
			  (unsigned long long)job);
}

void store_age_worker(const char *name)
{
	if (store.kind == STORE_SQLITE)
		store_run("UPDATE bailiff.worker SET seen = seen - 3600000000000 WHERE name = '%s'",
			  name);
	else
		store_run("UPDATE bailiff.worker SET seen_at = seen_at - interval '1 hour'"
			  " WHERE name = '%s'",
			  name);
}

/* ---- what most tests do ---------------------------------------------------------------------- */

static const char *const plain_offers[] = { "c", "cpp", NULL };
const struct queue_worker plain_worker = {
	.name = "worker-1",
	.instance = UINT64_C(0xf123456789abcdef),
	.slots = 4,
	.offers = plain_offers,
	.host = "host-1",
	.version = "0.1.0",
};

struct queue_request plain_request(const char *client)
{
	return (struct queue_request){
		.client = client,
		.kind = QUEUE_KIND_JUDGE,
		.spec = "{\"a\": 1}",
		.spec_size = strlen("{\"a\": 1}"),
		.digest = { 1, 0, 2 },
		.memory_bytes = 256 << 20,
	};
}

uint64_t submit_request(struct queue *queue, const struct queue_request *request)
{
	struct queue_ticket ticket = { 0 };
	OK(queue_submit(queue, request, &ticket, &err));
	assert_false(ticket.is_duplicate);
	assert_true(ticket.job > 0);
	return ticket.job;
}

uint64_t submit(struct queue *queue, const char *client, int priority)
{
	struct queue_request request = plain_request(client);
	request.priority = priority;
	return submit_request(queue, &request);
}

struct queue_hold claim_as(struct queue *queue, const struct queue_worker *worker,
			   uint64_t lease_ns)
{
	const struct queue_claim want = { .worker = worker,
					  .memory_bytes = UINT64_C(1) << 30,
					  .count = 1,
					  .lease_ns = lease_ns };
	struct queue_claimed claimed;
	size_t count = 0;
	OK(queue_claim(queue, &want, &claimed, &count, &err));
	if (count == 0)
		return (struct queue_hold){ 0 };
	struct queue_hold hold = claimed.hold;
	queue_claimed_finish(&claimed);
	return hold;
}

struct queue_hold claim(struct queue *queue)
{
	return claim_as(queue, &plain_worker, LEASE_NS);
}

void finish(struct queue *queue, struct queue_hold hold, const char *result)
{
	bool is_superseded = true;
	OK(queue_finish(queue, &plain_worker, &hold, result, strlen(result), &is_superseded, &err));
	assert_false(is_superseded);
}

bool fail_as(struct queue *queue, struct queue_hold hold, enum queue_failure failure,
	     const char *reason)
{
	const struct queue_fault fault = { .failure = failure, .reason = reason };
	bool is_superseded = true;
	OK(queue_fail(queue, &plain_worker, &hold, &fault, &is_superseded, &err));
	return is_superseded;
}

struct queue_job_view look(struct queue *queue, uint64_t job)
{
	struct queue_job_view view = { 0 };
	arena_finish(&looked_up);
	OK(queue_result(queue, job, &looked_up, &view, &err));
	assert_int_equal(view.job, job);
	return view;
}

enum queue_state state_of(struct queue *queue, uint64_t job)
{
	return look(queue, job).state;
}

void sleep_ms(unsigned ms)
{
	struct timespec pause = clock_timespec(ms * NS_PER_MS);
	(void)nanosleep(&pause, NULL);
}
