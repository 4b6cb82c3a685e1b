/* SPDX-License-Identifier: MIT */
/*
 * A store for a test of queues, empty at its start, and another way into it: what a test cannot wait for (a
 * lease's end, a worker's silence) it writes into the tables. Which kind of store it is comes from the
 * test's command line. Every function fails the test where something goes wrong.
 */
#ifndef TESTS_QUEUE_FIXTURE_H
#define TESTS_QUEUE_FIXTURE_H

#include "queue/queue.h"

#include "base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum store_kind { STORE_SQLITE, STORE_POSTGRES };

struct store {
	enum store_kind kind;
	char folder[64]; /* SQLite's */
	char url[256];
};
extern struct store store;

/* "sqlite" or "postgres", as main() gets it; ends the program with 77 where that cannot be tested here. */
void store_choose(const char *name);
/* cmocka's setup and teardown of a test. */
int store_make_empty(void **state);
int store_remove(void **state);

struct queue *store_open(void);
struct queue *store_open_with(const struct queue_options *options);

/* Statements, and the number that is the first column of the last one's first row, by another connection.
 * Table names are as in postgres.sql, with its "bailiff.". */
void store_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
long long store_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

void store_make_due(void);	   /* all jobs that wait */
void store_age_job(uint64_t job);  /* submitted an hour ago */
void store_age_worker(const char *name); /* last seen an hour ago */

/* ---- what most tests do ----------------------------------------------------------------------- */

/* Fails the test with the error's message unless rc is 0. */
#define OK(call)                                                                          \
	do {                                                                              \
		struct bailiff_error err = { 0 };                                         \
		if ((call) < 0)                                                           \
			fail_msg("%s: %s (%d)", #call, err.message, err.errnum);          \
	} while (0)

/* Fails the test unless the call fails so, with a message. */
#define FAILS(call, errnum_, fault_)                                                      \
	do {                                                                              \
		struct bailiff_error err = { 0 };                                         \
		assert_int_equal((call), -(errnum_));                                     \
		if (err.fault != (fault_) || err.message[0] == '\0')                      \
			fail_msg("%s: fault %d, '%s'", #call, (int)err.fault, err.message); \
	} while (0)

/* A job of a client with the given needs, which may be NULL; its number. */
uint64_t submit(struct queue *queue, const char *client, int priority);
uint64_t submit_request(struct queue *queue, const struct queue_request *request);
struct queue_request plain_request(const char *client);

/* One worker, which offers "c" and "cpp". */
extern const struct queue_worker plain_worker;
#define LEASE_NS (60 * NS_PER_S)

/* The next job for a worker that has a gigabyte; job 0 = none. */
struct queue_hold claim_as(struct queue *queue, const struct queue_worker *worker,
			   uint64_t lease_ns);
struct queue_hold claim(struct queue *queue);
void finish(struct queue *queue, struct queue_hold hold, const char *result);
bool fail_as(struct queue *queue, struct queue_hold hold, enum queue_failure failure,
	     const char *reason); /* whether it was superseded */

/* The job with its texts, until the next look. */
struct queue_job_view look(struct queue *queue, uint64_t job);
enum queue_state state_of(struct queue *queue, uint64_t job);

void sleep_ms(unsigned ms);

#endif
