/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue list` and `bailiff queue dead`: jobs as a table for people, as lines of JSON for
 * programs.
 */
#include "queue_commands/queue_commands.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/utf8.h"
#include "message.h"
#include "nearest.h"
#include "queue/queue_check.h"
#include "queue_commands/common.h"
#include "queue_commands/job_line.h"

#include <string.h>
#include <sysexits.h>

#define SHOWN_ROWS                                                                           \
	{ "client", 0, "NAME", "Which", "only this client's", NULL, option_ignore },         \
		{ "limit", 0, "N", "Which", "at most so many", "100", option_ignore },       \
	{                                                                                    \
		"before", 0, "ID", "Which", "only numbers below this one, to read on", NULL, \
			option_ignore                                                        \
	}

static const struct option_row list_rows[] = {
	{ "state", 0, "STATE", "Which", "ready, running, done, dead or cancelled", "all",
	  option_ignore },
	SHOWN_ROWS,
	QUEUE_ROW,
	JSON_ROW,
	HELP_ROW,
};

static const struct option_table list_table = {
	.usage = "bailiff queue list [OPTIONS]",
	.summary = "Shows jobs, the newest first.",
	.more = "bailiff-queue(1)",
	.rows = list_rows,
	.row_count = ARRAY_LENGTH(list_rows),
};

static const struct option_row dead_rows[] = {
	SHOWN_ROWS,
	QUEUE_ROW,
	JSON_ROW,
	HELP_ROW,
};

static const struct option_table dead_table = {
	.usage = "bailiff queue dead [OPTIONS]",
	.summary = "Shows jobs that were given up, the newest first, and why.",
	.more = "bailiff-queue(1)",
	.rows = dead_rows,
	.row_count = ARRAY_LENGTH(dead_rows),
};

/* ---- which
 * ------------------------------------------------------------------------------------------- */

static int parse_state(const char *text, enum queue_state *ret_state, struct bailiff_error *err)
{
	const char *names[QUEUE_STATE_COUNT + 1] = { NULL };
	for (size_t i = 0; i < QUEUE_STATE_COUNT; i++) {
		names[i] = queue_state_name((enum queue_state)i);
		if (strcmp(names[i], text) == 0) {
			*ret_state = (enum queue_state)i;
			return 0;
		}
	}
	int rc = fail_spec(
		err, "--state: expected ready, running, done, dead or cancelled, not '%s'", text);
	const char *nearest = nearest_name(text, names);
	if (nearest != NULL)
		(void)snprintf(err->hint, sizeof err->hint, "did you mean '%s'?", nearest);
	return rc;
}

static int parse_filter(const struct queue_call *call, struct queue_filter *filter,
			struct bailiff_error *err)
{
	const char *state = queue_call_value(call, "state");
	uint64_t limit = 0;
	filter->client = queue_call_value(call, "client");
	int rc = queue_call_number(call, "limit", 1, QUEUE_LIST_MAX, &limit, err);
	filter->limit = (size_t)limit;
	if (rc == 0)
		rc = queue_call_number(call, "before", 1, INT64_MAX, &filter->before, err);
	if (rc == 0 && state != NULL) {
		filter->has_state = true;
		rc = parse_state(state, &filter->state, err);
	}
	return rc;
}

/* ---- tables
 * ------------------------------------------------------------------------------------------ */

#define CLIENT_WIDTH 14
#define WORKER_WIDTH 16

/* A name in a column, cut between characters where it is longer. */
static void print_name(const char *name, size_t width)
{
	const char *text = name != NULL ? name : "-";
	size_t length = strlen(text), at = 0, shown = 0, end = 0;
	for (; at < length; shown++) {
		size_t step = utf8_sequence(text + at, length - at);
		at += step > 0 ? step : 1;
		if (shown + 2 == width)
			end = at; /* all but the last character that has room */
	}
	if (shown <= width) {
		print_escaped(stdout, text);
		(void)printf("%*s ", (int)(width - shown), "");
		return;
	}
	char cut[4 * CLIENT_WIDTH + 4 * WORKER_WIDTH];
	(void)snprintf(cut, sizeof cut, "%.*s", (int)end, text);
	print_escaped(stdout, cut);
	(void)printf("… ");
}

/* To the second, with a blank between date and time. */
static void print_time(uint64_t ns)
{
	char text[TIME_TEXT_SIZE] = "-";
	if (ns != 0) {
		format_instant(ns, text);
		text[10] = ' ';
		text[19] = '\0';
	}
	(void)printf("%-19s", text);
}

static void print_list(const struct queue_job_view *views, size_t count)
{
	(void)printf("%8s  %-9s  %-5s  %-*s %4s  %8s  %-*s %s\n", "JOB", "STATE", "KIND",
		     CLIENT_WIDTH, "CLIENT", "PRIO", "ATTEMPTS", WORKER_WIDTH, "WORKER",
		     "SUBMITTED (UTC)");
	for (size_t i = 0; i < count; i++) {
		const struct queue_job_view *view = &views[i];
		(void)printf("%8llu  %-9s  %-5s  ", (unsigned long long)view->job,
			     queue_state_name(view->state), queue_kind_name(view->kind));
		print_name(view->client, CLIENT_WIDTH);
		(void)printf("%4d  %6u/%u  ", view->priority, view->attempts, view->attempts_max);
		print_name(view->worker, WORKER_WIDTH);
		print_time(view->created_ns);
		(void)printf("\n");
	}
}

static void print_dead(const struct queue_job_view *views, size_t count)
{
	(void)printf("%8s  %-5s  %-*s %8s  %-19s  %s\n", "JOB", "KIND", CLIENT_WIDTH, "CLIENT",
		     "ATTEMPTS", "GIVEN UP (UTC)", "WHY");
	for (size_t i = 0; i < count; i++) {
		const struct queue_job_view *view = &views[i];
		(void)printf("%8llu  %-5s  ", (unsigned long long)view->job,
			     queue_kind_name(view->kind));
		print_name(view->client, CLIENT_WIDTH);
		(void)printf("%6u/%u  ", view->attempts, view->attempts_max);
		print_time(view->finished_ns);
		(void)printf("  ");
		print_escaped(stdout, view->last_error != NULL ? view->last_error : "-");
		(void)printf("\n");
	}
}

/* ---- the commands
 * ------------------------------------------------------------------------------------ */

static int print_views(const struct queue_call *call, const struct queue_job_view *views,
		       size_t count, bool is_dead, struct bailiff_error *err)
{
	int rc = 0;
	if (!wants_json(call)) {
		(is_dead ? print_dead : print_list)(views, count);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = job_line_print(&views[i], false, err);
	return rc;
}

static int show(struct queue_call *call, bool is_dead)
{
	struct bailiff_error err = { 0 };
	struct queue_filter filter = { .has_state = is_dead, .state = QUEUE_STATE_DEAD };
	struct arena arena = { 0 };
	struct queue_job_view *views = NULL;
	size_t count = 0;
	int rc = parse_filter(call, &filter, &err);
	if (rc == 0)
		rc = queue_call_open(call, false, &err);
	if (rc < 0)
		return queue_call_tell(call, &err);
	rc = queue_list(call->queue, &filter, &arena, &views, &count, &err);
	if (rc == 0)
		rc = print_views(call, views, count, is_dead, &err);
	arena_finish(&arena);
	return rc < 0 ? tell_error(&err) : EX_OK;
}

int queue_command_list(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &list_table, "queue list", "", 0, 0 };
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &call, &status))
		status = show(&call, false);
	queue_call_finish(&call);
	return status;
}

int queue_command_dead(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &dead_table, "queue dead", "", 0, 0 };
	struct queue_call call;
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &call, &status))
		status = show(&call, true);
	queue_call_finish(&call);
	return status;
}
