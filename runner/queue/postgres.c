/* SPDX-License-Identifier: MIT */
/*
 * The driver for queues on a PostgreSQL server, for any number of machines. The protocol is the
 * functions of postgres.sql, one for each operation, each one transaction and one round trip; so
 * what a stolen password can do is what its role's functions do.
 */
#include "base/clock.h"
#include "base/error.h"
#include "queue/postgres_connection.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the poll finds beside events are jobs that become due, seconds after they failed. */
#define POLL_NS_WITH_EVENTS NS_PER_S
#define POLL_NS_WITHOUT (200 * NS_PER_MS)

static void postgres_close(struct queue *queue)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	postgres_disconnect(pg);
	free(pg->url);
	free(pg->queue.shown_url);
	free(pg);
}

/* ---- the URL --------------------------------------------------------------------------------- */

static const char *find_option(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword != NULL; options++) {
		if (strcmp(options->keyword, keyword) == 0)
			return options->val != NULL ? options->val : "";
	}
	return "";
}

/* As a part of a URL is written (RFC 3986, 2.1). */
static void put_part(FILE *out, const char *text, const char *also)
{
	for (; *text != '\0'; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text) != NULL ||
		    strchr(also, *text) != NULL)
			(void)fputc(*text, out);
		else
			(void)fprintf(out, "%%%02X", (unsigned char)*text);
	}
}

/* Only what is known to hold no secret. */
static char *make_shown_url(const PQconninfoOption *options)
{
	const char *host = find_option(options, "host"), *user = find_option(options, "user");
	const char *port = find_option(options, "port");
	char *shown = NULL;
	size_t size;
	if (host[0] == '\0')
		host = find_option(options, "hostaddr");
	FILE *out = open_memstream(&shown, &size);
	if (out == NULL)
		return NULL;
	(void)fputs("postgresql://", out);
	put_part(out, user, "");
	if (user[0] != '\0')
		(void)fputc('@', out);
	put_part(out, host, ",:[]"); /* several hosts; an IPv6 address */
	if (port[0] != '\0')
		(void)fputc(':', out);
	put_part(out, port, ",");
	(void)fputc('/', out);
	put_part(out, find_option(options, "dbname"), "");
	if (fclose(out) == 0)
		return shown;
	free(shown);
	return NULL;
}

static int set_names(struct postgres_queue *pg, const char *url, struct bailiff_error *err)
{
	PQconninfoOption *options =
		PQconninfoParse(url, NULL); /* its message may show a password */
	if (options == NULL)
		return fail_spec(err, "queue: is not a URL as libpq reads them: "
				      "postgresql://[USER@]HOST[:PORT]/DATABASE[?KEY=VALUE], with "
				      "special characters as %%XX");
	pg->queue.shown_url = make_shown_url(options);
	PQconninfoFree(options);
	pg->url = strdup(url);
	return pg->url == NULL || pg->queue.shown_url == NULL ? fail_memory(err) : 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int postgres_open(const char *url, const struct queue_options *options,
			 struct queue **ret_queue, struct bailiff_error *err)
{
	struct postgres_queue *pg = calloc(1, sizeof *pg);
	if (pg == NULL)
		return fail_memory(err);
	pg->queue = (struct queue){ .driver = &queue_driver_postgres,
				    .timeout_ns = options->timeout_ns,
				    .bell = BELL_NONE };
	pg->create = options->create;
	int rc = set_names(pg, url, err);
	if (rc == 0)
		rc = postgres_connect(pg, err);
	if (rc < 0) {
		postgres_close(&pg->queue);
		return rc;
	}
	*ret_queue = &pg->queue;
	return 0;
}

static int postgres_init(struct queue *queue, const struct queue_settings *settings,
			 struct bailiff_error *err)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	struct postgres_args args = POSTGRES_ARGS_NONE;
	int rc = postgres_call(pg, queue_schema_postgres, NULL, NULL, err);
	if (rc < 0) {
		postgres_disconnect(pg); /* and with it the transaction that was begun */
		return rc;
	}
	postgres_arg_number(&args, (int64_t)settings->depth_max);
	postgres_arg_number(&args, (int64_t)settings->client_depth_max);
	return postgres_call(pg, "SELECT bailiff.set($1, $2)", &args, NULL, err);
}

/* ---- events ---------------------------------------------------------------------------------- */

static int postgres_listen(struct queue *queue)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	pg->wants_events = true;
	/* Whoever calls next connects; this is asked between waiting and working. */
	if (pg->connection == NULL)
		return -EAGAIN;
	return postgres_start_listening(pg, NULL);
}

static void postgres_hear(struct queue *queue)
{
	struct postgres_queue *pg = (struct postgres_queue *)queue;
	if (pg->connection == NULL)
		return;
	if (PQconsumeInput(pg->connection) == 0)
		postgres_disconnect(pg);
	else
		postgres_take_notifications(pg);
}

static uint64_t postgres_poll_interval_ns(const struct queue *queue)
{
	const struct postgres_queue *pg = (const struct postgres_queue *)queue;
	return pg->listens ? POLL_NS_WITH_EVENTS : POLL_NS_WITHOUT;
}

static const char *const prefixes[] = { "postgresql://", "postgres://", NULL };

const struct queue_driver queue_driver_postgres = {
	.prefixes = prefixes,
	.schema = queue_schema_postgres,
	.open = postgres_open,
	.close = postgres_close,
	.init = postgres_init,
	.purge = postgres_purge,
	.submit = postgres_submit,
	.result = postgres_result,
	.list = postgres_list,
	.cancel = postgres_cancel,
	.retry = postgres_retry,
	.stats = postgres_stats,
	.enlist = postgres_enlist,
	.report = postgres_report,
	.leave = postgres_leave,
	.workers = postgres_workers,
	.claim = postgres_claim,
	.has_more = postgres_has_more,
	.renew = postgres_renew,
	.finish = postgres_finish,
	.exchange = postgres_exchange,
	.fail = postgres_give_back,
	.return_unheard = postgres_return_unheard,
	.reap = postgres_reap,
	.listen = postgres_listen,
	.hear = postgres_hear,
	.poll_interval_ns = postgres_poll_interval_ns,
};
