/* SPDX-License-Identifier: MIT */
/*
 * Nothing here waits without a deadline: libpq is used in its non-blocking form, and this file does
 * the waiting. A server that says nothing for the queue's timeout is given up with its connection,
 * because what it will answer, and when, is not known any more; a worker then looks after its
 * leases instead. The server has the same limit for a statement, so it does not go on with what
 * nobody waits for.
 *
 * One exception is libpq's: it looks up a host's name in a way that cannot be interrupted.
 */
#include "queue/postgres_connection.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "queue/queue_error.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_NS_MIN (200 * NS_PER_MS)
#define PAUSE_NS_MAX (2 * NS_PER_S)
/* A server that goes on sending is waited for, but not for ever. */
#define PATIENCE 4u
#define ATTEMPTS 3u
#define SERVER_VERSION_MIN 130000

/* ---- arguments and rows ---------------------------------------------------------------------- */

void postgres_arg_text(struct postgres_args *args, const char *text)
{
	args->values[args->count++] = text;
}

void postgres_arg_bytes(struct postgres_args *args, const uint8_t *bytes, size_t size)
{
	args->values[args->count] = (const char *)bytes;
	args->lengths[args->count] = (int)size;
	args->formats[args->count++] = 1;
}

void postgres_arg_number(struct postgres_args *args, int64_t number)
{
	char *text = args->numbers[args->count];
	(void)snprintf(text, sizeof args->numbers[0], "%lld", (long long)number);
	args->values[args->count++] = text;
}

void postgres_clear(PGresult **rows)
{
	PQclear(*rows); /* of NULL: nothing */
	*rows = NULL;
}

int64_t postgres_number(const PGresult *rows, int row, int column)
{
	return strtoll(PQgetvalue(rows, row, column), NULL, 10); /* "" where it is NULL */
}

bool postgres_is_true(const PGresult *rows, int row, int column)
{
	return PQgetvalue(rows, row, column)[0] == 't';
}

const char *postgres_text(const PGresult *rows, int row, int column)
{
	return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

char *postgres_array(const char *const *names)
{
	size_t size = sizeof "{}";
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		size += strlen(names[i]) + sizeof "\"\",";
	char *array = malloc(size);
	if (array == NULL)
		return NULL;
	char *at = stpcpy(array, "{");
	/* Names are checked: nothing in them needs an escape. */
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		at = stpcpy(at, i == 0 ? "\"" : ",\"");
		at = stpcpy(at, names[i]);
		at = stpcpy(at, "\"");
	}
	(void)stpcpy(at, "}");
	return array;
}

/* ---- waiting --------------------------------------------------------------------------------- */

struct patience {
	uint64_t silence_ns; /* the longest */
	uint64_t silent_until_ns, until_ns;
};

static struct patience start_patience(const struct postgres_queue *pg)
{
	uint64_t now = clock_now_ns();
	return (struct patience){ .silence_ns = pg->queue.timeout_ns,
				  .silent_until_ns = now + pg->queue.timeout_ns,
				  .until_ns = now + PATIENCE * pg->queue.timeout_ns };
}

/* Waits for the socket. 1 = it is ready, 0 = the time is up. */
static int wait_socket(PGconn *connection, short events, struct patience *patience)
{
	for (;;) {
		uint64_t now = clock_now_ns();
		uint64_t until = patience->silent_until_ns < patience->until_ns ?
					 patience->silent_until_ns :
					 patience->until_ns;
		struct pollfd pollfd = { .fd = PQsocket(connection), .events = events };
		struct timespec left = clock_timespec(until > now ? until - now : 0);
		int count = ppoll(&pollfd, 1, &left, NULL);
		if (count > 0)
			patience->silent_until_ns = clock_now_ns() + patience->silence_ns;
		if (count >= 0)
			return count;
		if (errno != EINTR)
			return 1; /* libpq meets the same error and tells of it */
	}
}

/* ---- statements ------------------------------------------------------------------------------ */

static int lose(struct postgres_queue *pg, struct bailiff_error *err)
{
	int rc = postgres_fail_lost(pg, err);
	postgres_disconnect(pg);
	return rc;
}

static int give_up(struct postgres_queue *pg, struct bailiff_error *err)
{
	int rc = postgres_fail_silent(pg, err);
	postgres_disconnect(pg);
	return rc;
}

static int send_all(struct postgres_queue *pg, struct patience *patience, struct bailiff_error *err)
{
	for (;;) {
		int left = PQflush(pg->connection);
		if (left == 0)
			return 0;
		if (left < 0)
			return lose(pg, err);
		if (wait_socket(pg->connection, POLLIN | POLLOUT, patience) == 0)
			return give_up(pg, err);
		/* A server may want to be read from before it reads on. */
		if (PQconsumeInput(pg->connection) == 0)
			return lose(pg, err);
	}
}

/* The next result of what was sent, NULL after the last. */
static int receive(struct postgres_queue *pg, struct patience *patience, PGresult **ret_rows,
		   struct bailiff_error *err)
{
	while (PQisBusy(pg->connection) != 0) {
		if (wait_socket(pg->connection, POLLIN, patience) == 0)
			return give_up(pg, err);
		if (PQconsumeInput(pg->connection) == 0)
			return lose(pg, err);
	}
	*ret_rows = PQgetResult(pg->connection);
	return 0;
}

/* Everything that was sent is answered, and the last answer or the first error is kept. */
static int receive_all(struct postgres_queue *pg, PGresult **ret_rows, struct bailiff_error *err)
{
	struct patience patience = start_patience(pg);
	POSTGRES_AUTO_CLEAR PGresult *kept = NULL;
	int rc = send_all(pg, &patience, err);
	while (rc == 0) {
		PGresult *rows = NULL;
		rc = receive(pg, &patience, &rows, err);
		if (rc < 0 || rows == NULL)
			break;
		if (kept != NULL && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
			PQclear(rows);
			continue;
		}
		postgres_clear(&kept);
		kept = rows;
	}
	if (rc == 0 && kept == NULL)
		rc = lose(pg, err);
	if (rc == 0)
		*ret_rows = MEM_TAKE(kept);
	return rc;
}

/* 1 = it would go well if it were done again. */
static int judge_rows(struct postgres_queue *pg, const PGresult *rows, struct bailiff_error *err)
{
	ExecStatusType status = PQresultStatus(rows);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return 0;
	const char *state = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
	int rc = postgres_fail_rows(pg, rows, err);
	if (PQstatus(pg->connection) == CONNECTION_BAD)
		postgres_disconnect(pg);
	/* Serialization failure and deadlock. */
	else if (state != NULL && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0))
		return 1;
	return rc;
}

int postgres_execute(struct postgres_queue *pg, const char *sql, const struct postgres_args *args,
		     PGresult **ret_rows, struct bailiff_error *err)
{
	int rc = 1;
	for (unsigned i = 0; rc == 1 && i < ATTEMPTS; i++) {
		POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
		int ok = args == NULL ?
				 PQsendQuery(pg->connection, sql) :
				 PQsendQueryParams(pg->connection, sql, args->count, NULL,
						   args->values, args->lengths, args->formats, 0);
		if (ok == 0)
			return lose(pg, err);
		rc = receive_all(pg, &rows, err);
		if (rc < 0)
			return rc;
		postgres_take_notifications(pg);
		rc = judge_rows(pg, rows, err);
		if (rc == 0 && ret_rows != NULL)
			*ret_rows = MEM_TAKE(rows);
	}
	return rc == 1 ? -EAGAIN : rc; /* *err is that of the last attempt */
}

int postgres_call(struct postgres_queue *pg, const char *sql, const struct postgres_args *args,
		  PGresult **ret_rows, struct bailiff_error *err)
{
	int rc = postgres_connect(pg, err);
	return rc < 0 ? rc : postgres_execute(pg, sql, args, ret_rows, err);
}

/* ---- events ---------------------------------------------------------------------------------- */

void postgres_take_notifications(struct postgres_queue *pg)
{
	static const struct {
		const char *channel;
		unsigned event;
	} channels[] = {
		{ "bailiff_ready", QUEUE_EVENT_READY },
		{ "bailiff_ended", QUEUE_EVENT_ENDED },
		{ "bailiff_cancelled", QUEUE_EVENT_CANCELLED },
	};
	PGnotify *notification;
	while (pg->connection != NULL && (notification = PQnotifies(pg->connection)) != NULL) {
		for (size_t i = 0; i < ARRAY_LENGTH(channels); i++) {
			if (strcmp(notification->relname, channels[i].channel) == 0)
				bell_ring(&pg->queue.bell, channels[i].event);
		}
		PQfreemem(notification);
	}
}

int postgres_start_listening(struct postgres_queue *pg, struct bailiff_error *err)
{
	static const char as_worker[] =
		"UNLISTEN *; LISTEN bailiff_ready; LISTEN bailiff_cancelled";
	static const char as_client[] =
		"UNLISTEN *; LISTEN bailiff_ended; SELECT bailiff.await_ends()";
	bool is_worker = pg->queue.is_worker;
	if (!pg->wants_events || (pg->listens && pg->listens_as_worker == is_worker))
		return 0;
	int rc = postgres_execute(pg, is_worker ? as_worker : as_client, NULL, NULL, err);
	if (rc == 0 && bell_watch(&pg->queue.bell, PQsocket(pg->connection)) < 0)
		rc = fail_internal(err, BAILIFF_STAGE_SPEC, errno, "watch the queue's socket");
	if (rc < 0)
		return rc;
	pg->listens = true;
	pg->listens_as_worker = is_worker;
	/* What came before was not heard. */
	bell_ring(&pg->queue.bell, QUEUE_EVENT_READY | QUEUE_EVENT_ENDED | QUEUE_EVENT_CANCELLED);
	return 0;
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void ignore_notice(void *context, const PGresult *rows)
{
	(void)context;
	(void)rows;
}

static int start_connection(struct postgres_queue *pg, struct bailiff_error *err)
{
	char timeout_ms[24];
	(void)snprintf(timeout_ms, sizeof timeout_ms, "%llu",
		       (unsigned long long)(pg->queue.timeout_ns / NS_PER_MS));
	/* What stands before the URL is a default that it may change. */
	const char *const keywords[] = { "fallback_application_name", "keepalives_idle",
					 "keepalives_interval",	      "keepalives_count",
					 "tcp_user_timeout",	      "dbname",
					 "client_encoding",	      NULL };
	const char *const values[] = {
		"bailiff", "10", "5", "3", timeout_ms, pg->url, "UTF8", NULL
	};
	pg->connection = PQconnectStartParams(keywords, values, 1);
	if (pg->connection == NULL)
		return fail_memory(err);
	if (PQstatus(pg->connection) == CONNECTION_BAD)
		return postgres_fail_connect(pg, err);
	(void)PQsetErrorVerbosity(pg->connection, PQERRORS_VERBOSE);
	(void)PQsetNoticeReceiver(pg->connection, ignore_notice, NULL);
	return 0;
}

static int finish_connection(struct postgres_queue *pg, struct bailiff_error *err)
{
	struct patience patience = start_patience(pg);
	patience.until_ns = patience.silent_until_ns;
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	while (status != PGRES_POLLING_OK) {
		if (status == PGRES_POLLING_FAILED)
			return postgres_fail_connect(pg, err);
		short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		if (wait_socket(pg->connection, events, &patience) == 0)
			return postgres_fail_silent(pg, err);
		status = PQconnectPoll(pg->connection);
	}
	(void)PQsetErrorVerbosity(pg->connection, PQERRORS_DEFAULT);
	return PQsetnonblocking(pg->connection, 1) == 0 ? 0 : postgres_fail_connect(pg, err);
}

static int check_server(struct postgres_queue *pg, struct bailiff_error *err)
{
	int version = PQserverVersion(pg->connection);
	if (version < SERVER_VERSION_MIN)
		return queue_error(err, BAILIFF_FAULT_HOST, ENOTSUP, "upgrade the server",
				   "the queue %s is on PostgreSQL %d, and needs %d",
				   pg->queue.shown_url, version / 10000,
				   SERVER_VERSION_MIN / 10000);
	const char *encoding = PQparameterStatus(pg->connection, "server_encoding");
	if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
		return queue_error(err, BAILIFF_FAULT_HOST, ENOTSUP,
				   "CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0",
				   "the queue %s has the encoding %s, and needs UTF8",
				   pg->queue.shown_url, encoding != NULL ? encoding : "?");
	return 0;
}

/* The functions are written for "read committed". A verdict that was told must be there after a
 * power failure, whatever the server's default. The server gives up a little before us: its answer
 * says more. */
static int set_up_session(struct postgres_queue *pg, struct bailiff_error *err)
{
	char sql[320];
	uint64_t timeout_ms = pg->queue.timeout_ns / NS_PER_MS * 9 / 10 + 1;
	(void)snprintf(sql, sizeof sql,
		       "SET statement_timeout = %llu;"
		       "SET default_transaction_isolation = 'read committed';"
		       "SELECT set_config('synchronous_commit', 'on', false)"
		       " WHERE current_setting('synchronous_commit') = 'off'",
		       (unsigned long long)timeout_ms);
	return postgres_execute(pg, sql, NULL, NULL, err);
}

static int read_version(struct postgres_queue *pg, int *ret_version, struct bailiff_error *err)
{
	POSTGRES_AUTO_CLEAR PGresult *rows = NULL;
	int rc = postgres_execute(pg, "SELECT bailiff.version()", NULL, &rows, err);
	if (rc == 0)
		*ret_version = (int)postgres_number(rows, 0, 0);
	return rc;
}

static int check_tables(struct postgres_queue *pg, struct bailiff_error *err)
{
	struct bailiff_error inner = { 0 };
	int version = 0;
	int rc = read_version(pg, &version, &inner);
	bool is_missing = inner.fault == BAILIFF_FAULT_HOST && inner.errnum == ENOENT;
	if (rc < 0 && is_missing && pg->create) {
		rc = postgres_execute(pg, queue_schema_postgres, NULL, NULL, &inner);
		if (rc == 0)
			rc = read_version(pg, &version, &inner);
	}
	if (rc < 0) {
		if (err != NULL)
			*err = inner;
		return rc;
	}
	if (version == QUEUE_VERSION)
		return 0;
	return queue_error(err, BAILIFF_FAULT_HOST, EPROTO,
			   "use the bailiff that made it, or another database",
			   "the queue %s has version %d, this program has version %d",
			   pg->queue.shown_url, version, QUEUE_VERSION);
}

static int connect_once(struct postgres_queue *pg, struct bailiff_error *err)
{
	int rc = start_connection(pg, err);
	if (rc == 0)
		rc = finish_connection(pg, err);
	if (rc == 0)
		rc = check_server(pg, err);
	if (rc == 0)
		rc = set_up_session(pg, err);
	if (rc == 0)
		rc = check_tables(pg, err);
	if (rc == 0)
		rc = postgres_start_listening(pg, err);
	return rc;
}

int postgres_connect(struct postgres_queue *pg, struct bailiff_error *err)
{
	if (pg->connection != NULL)
		return 0;
	/* A server that is down is not knocked on by every call of every worker. */
	if (clock_now_ns() < pg->next_attempt_ns) {
		if (err != NULL)
			*err = pg->last_error;
		return -pg->last_error.errnum;
	}
	int rc = connect_once(pg, &pg->last_error);
	if (rc == 0) {
		pg->pause_ns = 0;
		pg->next_attempt_ns = 0;
		return 0;
	}
	postgres_disconnect(pg);
	if (err != NULL)
		*err = pg->last_error;
	pg->pause_ns = pg->pause_ns == 0 ? PAUSE_NS_MIN : 2 * pg->pause_ns;
	if (pg->pause_ns > PAUSE_NS_MAX)
		pg->pause_ns = PAUSE_NS_MAX;
	pg->next_attempt_ns = clock_now_ns() + pg->pause_ns;
	return rc;
}

void postgres_disconnect(struct postgres_queue *pg)
{
	(void)bell_watch(&pg->queue.bell, FD_NONE);
	PQfinish(pg->connection); /* of NULL: nothing */
	pg->connection = NULL;
	pg->listens = false;
	pg->is_waiting = false;
}
