/* SPDX-License-Identifier: MIT */
/*
 * What a server's errors mean to a queue's user, by their SQLSTATE
 * (postgresql.org/docs/15/errcodes-appendix). Nothing here ever shows the URL that the user gave,
 * which may hold a password.
 */
#include "queue/postgres_connection.h"

#include "base/error.h"
#include "base/mem.h"
#include "queue/queue_error.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct meaning {
	const char *state; /* or the start of several */
	enum bailiff_fault fault;
	int errnum;
	const char *hint;
	bool is_ours; /* the message is the schema's own and says everything */
};

#define HINT_TABLES "`bailiff queue init --queue URL` makes the tables, as the database's owner"
#define HINT_PASSWORD "give the password in PGPASSWORD, ~/.pgpass or the URL"
/* Of clients and workers; what only the owner may do says so itself. */
#define HINT_RIGHTS                                                                              \
	"submitting takes the role bailiff_client, working bailiff_worker (GRANT ... TO user), " \
	"init and purge the queue's owner"
#define HINT_SERVER "see the server's log"

static const struct meaning meanings[] = {
	{ "QB001", BAILIFF_FAULT_HOST, ENOSPC, NULL, true },
	{ "QB002", BAILIFF_FAULT_SPEC, EEXIST, NULL, true },
	{ "QB004", BAILIFF_FAULT_HOST, EEXIST, NULL, true },
	{ "QB005", BAILIFF_FAULT_HOST, EOWNERDEAD, NULL, true },
	{ "QB006", BAILIFF_FAULT_HOST, EPROTO, NULL, false },
	{ "3F000", BAILIFF_FAULT_HOST, ENOENT, HINT_TABLES, false },
	{ "42883", BAILIFF_FAULT_HOST, ENOENT, HINT_TABLES, false },
	{ "42P01", BAILIFF_FAULT_HOST, ENOENT, HINT_TABLES, false },
	{ "3D000", BAILIFF_FAULT_HOST, ENOENT, "createdb(1) makes a database", false },
	{ "28", BAILIFF_FAULT_HOST, EACCES, HINT_PASSWORD, false },
	{ "42501", BAILIFF_FAULT_HOST, EACCES, HINT_RIGHTS, false },
	{ "0A000", BAILIFF_FAULT_HOST, ENOTSUP, NULL, false },
	{ "53100", BAILIFF_FAULT_HOST, EAGAIN, "make room on the server's disk", false },
	{ "53300", BAILIFF_FAULT_HOST, EAGAIN, "raise the server's max_connections", false },
	{ "53", BAILIFF_FAULT_HOST, EAGAIN, HINT_SERVER, false },
	{ "57014", BAILIFF_FAULT_HOST, EAGAIN, "another may hold a lock: see pg_stat_activity",
	  false },
	{ "57", BAILIFF_FAULT_HOST, EAGAIN, NULL, false },
	{ "55P03", BAILIFF_FAULT_HOST, EAGAIN, "another may hold a lock: see pg_stat_activity",
	  false },
	{ "58", BAILIFF_FAULT_HOST, EAGAIN, HINT_SERVER, false },
	{ "08", BAILIFF_FAULT_HOST, EAGAIN, NULL, false },
	{ "40", BAILIFF_FAULT_HOST, EAGAIN, NULL, false },
	{ "25006", BAILIFF_FAULT_HOST, EAGAIN, "it is a standby: connect to the primary", false },
};

static const struct meaning *find_meaning(const char *state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++) {
		if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0)
			return &meanings[i];
	}
	return NULL;
}

/* In one line, without what only the server's developers want to know. */
static void tidy_message(const char *text, char *tidy, size_t capacity)
{
	(void)snprintf(tidy, capacity, "%s", text);
	char *location = strstr(tidy, "\nLOCATION:");
	if (location != NULL)
		*location = '\0';
	size_t length = strlen(tidy);
	while (length > 0 && isspace((unsigned char)tidy[length - 1]))
		tidy[--length] = '\0';
	for (char *at = tidy; (at = strpbrk(at, "\n\t")) != NULL;)
		*at = ' ';
}

int postgres_fail_rows(struct postgres_queue *pg, const PGresult *rows, struct bailiff_error *err)
{
	const char *state = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(rows, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(rows, PG_DIAG_MESSAGE_HINT);
	const struct meaning *meaning = state != NULL ? find_meaning(state) : NULL;
	if (message == NULL)
		message = "no message";
	if (meaning == NULL)
		return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "the queue %s: %s (%s)",
				     pg->queue.shown_url, message, state != NULL ? state : "-");
	/* The server's own hints about missing functions help with other mistakes than ours; those
	 * about rights are the schema's (postgres.sql). */
	bool is_schemas = hint != NULL && strcmp(state, "42501") == 0;
	if (meaning->hint != NULL && !is_schemas)
		hint = meaning->hint;
	if (meaning->is_ours)
		return queue_error(err, meaning->fault, meaning->errnum, hint, "%s", message);
	return queue_error(err, meaning->fault, meaning->errnum, hint, "the queue %s: %s",
			   pg->queue.shown_url, message);
}

/* libpq has no field for the state of a refused connection, but writes it into the message where it
 * is asked to be verbose: "FATAL:  28P01: password ...". */
static const char *find_state(const char *message)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	for (const char *at = message; (at = strstr(at, ":  ")) != NULL;) {
		at += 3;
		if (strspn(at, letters) == 5 && at[5] == ':')
			return at;
	}
	return NULL;
}

int postgres_fail_connect(struct postgres_queue *pg, struct bailiff_error *err)
{
	char message[256];
	const char *text = PQerrorMessage(pg->connection);
	const char *state = find_state(text);
	const struct meaning *meaning = state != NULL ? find_meaning(state) : NULL;
	tidy_message(text, message, sizeof message);
	if (PQconnectionNeedsPassword(pg->connection) != 0)
		return queue_error(err, BAILIFF_FAULT_HOST, EACCES, HINT_PASSWORD,
				   "the queue %s wants a password", pg->queue.shown_url);
	return queue_error(err, BAILIFF_FAULT_HOST, meaning != NULL ? meaning->errnum : EAGAIN,
			   meaning != NULL ? meaning->hint : NULL, "reach the queue %s: %s",
			   pg->queue.shown_url, message);
}

int postgres_fail_lost(struct postgres_queue *pg, struct bailiff_error *err)
{
	char message[256];
	tidy_message(PQerrorMessage(pg->connection), message, sizeof message);
	return queue_error(err, BAILIFF_FAULT_HOST, EAGAIN, NULL, "lost the queue %s: %s",
			   pg->queue.shown_url, message);
}

int postgres_fail_silent(struct postgres_queue *pg, struct bailiff_error *err)
{
	return queue_error(err, BAILIFF_FAULT_HOST, EAGAIN, "is the server up, and the way to it?",
			   "the queue %s did not answer within %.1f s", pg->queue.shown_url,
			   (double)pg->queue.timeout_ns / 1e9);
}
