/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue wait`: prints jobs as they end. The queue tells of events, and since these may be
 * missed it is looked at from time to time all the same. A queue that is out of reach for a while
 * is waited for, too.
 */
#include "queue_commands/queue_commands.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "message.h"
#include "queue_commands/common.h"
#include "queue_commands/job_line.h"
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* Until a queue that could not be reached is tried again. */
#define RETRY_NS NS_PER_S
/* Jobs that a message names. */
#define SHOWN_MAX 10u

static const struct option_row wait_rows[] = {
	{ "timeout", 0, "TIME", "Waiting", "how long at most, such as 30s; then it exits with 75",
	  "for ever", option_ignore },
	QUEUE_ROW,
	HELP_ROW,
};

static const struct option_table wait_table = {
	.usage = "bailiff queue wait [--timeout TIME] [OPTIONS] ID...",
	.summary =
		"Waits until jobs have ended (done, dead or cancelled), and prints a line of JSON "
		"for each\nas it ends.",
	.more = "bailiff-queue(1)",
	.rows = wait_rows,
	.row_count = ARRAY_LENGTH(wait_rows),
	.mixed = true,
};

struct waiting {
	struct queue_call call;
	struct session session;
	uint64_t *pending; /* owned; those that have not ended */
	size_t count;
	uint64_t deadline_ns; /* UINT64_MAX = none */
	bool is_unreachable;  /* which was told */
};

/* ---- jobs that have ended
 * ------------------------------------------------------------------------------ */

static int compare_ends(const void *a, const void *b)
{
	const struct queue_job_view *left = a, *right = b;
	if (left->finished_ns != right->finished_ns)
		return left->finished_ns < right->finished_ns ? -1 : 1;
	return left->job < right->job ? -1 : left->job > right->job;
}

/* Takes the jobs that have ended off the list. What is printed stays printed, whatever comes after.
 */
static int look(struct waiting *waiting, struct bailiff_error *err)
{
	struct arena arena = { 0 };
	AUTO_FREE struct queue_job_view *ended = calloc(waiting->count, sizeof *ended);
	size_t left = 0, ended_count = 0, i = 0;
	int rc = ended == NULL ? fail_memory(err) : 0;
	for (; rc == 0 && i < waiting->count; i++) {
		struct queue_job_view view = { 0 };
		rc = queue_result(waiting->call.queue, waiting->pending[i], &arena, &view, err);
		if (rc == 0 && queue_state_is_final(view.state))
			ended[ended_count++] = view;
		else
			waiting->pending[left++] = waiting->pending[i];
	}
	for (; i < waiting->count; i++)
		waiting->pending[left++] = waiting->pending[i];
	waiting->count = left;
	if (ended_count > 1)
		qsort(ended, ended_count, sizeof *ended, compare_ends);
	struct bailiff_error print_error = { 0 };
	int printed = 0;
	for (size_t j = 0; printed == 0 && j < ended_count; j++)
		printed = job_line_print(&ended[j], true, &print_error);
	arena_finish(&arena);
	if (printed < 0)
		*err = print_error;
	return printed < 0 ? printed : rc;
}

/* ---- waiting
 * --------------------------------------------------------------------------------------------- */

static int tell_timeout(const struct waiting *waiting)
{
	(void)fprintf(stderr, "bailiff: %zu job%s not ended in time:", waiting->count,
		      waiting->count == 1 ? " has" : "s have");
	for (size_t i = 0; i < waiting->count && i < SHOWN_MAX; i++)
		(void)fprintf(stderr, "%s %" PRIu64, i > 0 ? "," : "", waiting->pending[i]);
	(void)fprintf(stderr, "%s\n", waiting->count > SHOWN_MAX ? ", ..." : "");
	return EX_TEMPFAIL;
}

/* Says once that the queue is out of reach, and once that it is there again. */
static void tell_reach(struct waiting *waiting, const struct bailiff_error *unreachable)
{
	if (unreachable != NULL && !waiting->is_unreachable) {
		(void)fputs("bailiff: ", stderr);
		print_escaped(stderr, unreachable->message);
		(void)fputs("; trying again\n", stderr);
	} else if (unreachable == NULL && waiting->is_unreachable) {
		(void)fputs("bailiff: the queue is there again\n", stderr);
	}
	waiting->is_unreachable = unreachable != NULL;
}

static int milliseconds(uint64_t ns)
{
	uint64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
	return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

/* Until something may have happened. -ECANCELED where a signal came. */
static int pause_for(struct waiting *waiting, uint64_t interval_ns)
{
	uint64_t now = clock_now_ns();
	uint64_t left = waiting->deadline_ns > now ? waiting->deadline_ns - now : 0;
	struct pollfd watched[] = {
		{ .fd = waiting->session.signal_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};
	if (waiting->call.queue != NULL && !waiting->is_unreachable)
		watched[1].fd = queue_event_fd(waiting->call.queue);
	(void)poll(watched, ARRAY_LENGTH(watched),
		   milliseconds(left < interval_ns ? left : interval_ns));
	if (waiting->call.queue != NULL)
		(void)queue_take_events(waiting->call.queue); /* all of them mean: look */
	return watched[0].revents != 0 ? -ECANCELED : 0;
}

/* Opens the queue, if that is still to be done, and looks at the jobs. */
static int try_once(struct waiting *waiting, struct bailiff_error *err)
{
	int rc = 0;
	if (waiting->call.queue == NULL)
		rc = queue_call_open(&waiting->call, false, err);
	/* Listening comes before looking: what ends in between is told. */
	if (rc == 0)
		(void)queue_event_fd(waiting->call.queue);
	if (rc == 0)
		rc = look(waiting, err);
	return rc;
}

static int wait_for_all(struct waiting *waiting)
{
	struct bailiff_error err = { 0 };
	for (;;) {
		int rc = try_once(waiting, &err);
		if (rc < 0 && rc != -EAGAIN)
			return waiting->call.queue == NULL ? queue_call_tell(&waiting->call, &err) :
							     tell_error(&err);
		tell_reach(waiting, rc < 0 ? &err : NULL);
		if (waiting->count == 0)
			return EX_OK;
		if (clock_now_ns() >= waiting->deadline_ns)
			return tell_timeout(waiting);
		uint64_t interval = rc < 0 ? RETRY_NS : queue_poll_interval_ns(waiting->call.queue);
		if (pause_for(waiting, interval) < 0)
			return session_cancelled_status(&waiting->session);
	}
}

static int start(struct waiting *waiting, struct bailiff_error *err)
{
	uint64_t timeout = UINT64_MAX, now = clock_now_ns();
	int rc = queue_call_duration(&waiting->call, "timeout", &timeout, err);
	if (rc == 0)
		rc = queue_call_ids(&waiting->call, &waiting->pending, err);
	waiting->count = waiting->call.argument_count;
	waiting->deadline_ns = timeout < UINT64_MAX - now ? now + timeout : UINT64_MAX;
	return rc < 0 ? rc : session_catch_signals(&waiting->session, err);
}

int queue_command_wait(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &wait_table, "queue wait", "ID", 1,
						     QUEUE_IDS_MAX };
	struct waiting waiting = { .session = SESSION_EMPTY };
	struct bailiff_error err = { 0 };
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &waiting.call, &status))
		status = start(&waiting, &err) < 0 ? queue_call_tell(&waiting.call, &err) :
						     wait_for_all(&waiting);
	session_finish(&waiting.session);
	free(waiting.pending);
	queue_call_finish(&waiting.call);
	return status;
}
