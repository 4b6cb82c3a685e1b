/* SPDX-License-Identifier: MIT */
/*
 * The loop in which one thread supervises one or two runs. Each has an epoll set of its own
 * (watch.c), and the loop waits for any of the sets; so a run that is over leaves it by closing its
 * set, whatever copies of its descriptors exist elsewhere in the process.
 */
#include "run/run.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>

static bool is_watched(const struct run *run)
{
	return run != NULL && !run->watch.over && run->watch.epoll_fd >= 0;
}

static size_t count_watched(const struct supervision *s)
{
	size_t count = 0;
	for (size_t i = 0; i < SUPERVISED_MAX; i++)
		count += is_watched(s->runs[i]);
	return count;
}

static int sum_activity(const struct supervision *s, uint64_t *ret_active_ns)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < SUPERVISED_MAX; i++) {
		if (s->runs[i] == NULL)
			continue;
		uint64_t active_ns = account_active_ns(s->runs[i]);
		if (active_ns == BAILIFF_UNKNOWN)
			return watch_counter_failed(s->runs[i]);
		sum += active_ns;
	}
	*ret_active_ns = sum;
	return 0;
}

int supervision_count_idleness(struct supervision *s, uint64_t idle_ns)
{
	uint64_t active_ns = 0;
	int rc = idle_ns != 0 ? sum_activity(s, &active_ns) : 0;
	if (rc == 0)
		idleness_begin(&s->idleness, idle_ns, clock_now_ns(), active_ns);
	return rc;
}

/* The look at joint idleness, if it is due. */
static int look_for_idleness(struct supervision *s)
{
	uint64_t now_ns = clock_now_ns(), active_ns = 0;
	if (s->idleness.limit_ns == 0 || now_ns < s->idleness.due_ns)
		return 0;
	int rc = sum_activity(s, &active_ns);
	if (rc < 0 || !idleness_look(&s->idleness, now_ns, active_ns))
		return rc;
	for (size_t i = 0; i < SUPERVISED_MAX; i++)
		if (is_watched(s->runs[i]))
			run_stop_idle(s->runs[i], s->idleness.limit_ns);
	return 0;
}

/* Waits for one event of any run, until `until_ns` or until the look at joint idleness is due. */
static int wait_for_events(const struct supervision *s, uint64_t until_ns,
			   struct pollfd sets[SUPERVISED_MAX])
{
	uint64_t now_ns = clock_now_ns();
	if (s->idleness.limit_ns != 0 && s->idleness.due_ns < until_ns)
		until_ns = s->idleness.due_ns;
	const struct timespec timeout = clock_timespec(until_ns > now_ns ? until_ns - now_ns : 0);
	for (size_t i = 0; i < SUPERVISED_MAX; i++)
		sets[i] = (struct pollfd){
			.fd = is_watched(s->runs[i]) ? s->runs[i]->watch.epoll_fd : -1,
			.events = POLLIN,
		};
	if (ppoll(sets, SUPERVISED_MAX, until_ns != UINT64_MAX ? &timeout : NULL, NULL) >= 0)
		return 0;
	int rc = -errno;
	for (size_t i = 0; i < SUPERVISED_MAX; i++) {
		sets[i].revents = 0;
		if (rc != -EINTR && is_watched(s->runs[i]))
			return watch_failed(s->runs[i], rc);
	}
	return 0;
}

/* One round: everything that has happened, then the look at what has not. */
static int turn(struct supervision *s, uint64_t until_ns)
{
	struct pollfd sets[SUPERVISED_MAX];
	int rc = wait_for_events(s, until_ns, sets);
	for (size_t i = 0; rc == 0 && i < SUPERVISED_MAX; i++)
		if (sets[i].revents != 0)
			rc = watch_handle(s->runs[i]);
	return rc == 0 ? look_for_idleness(s) : rc;
}

int supervise(struct supervision *s, uint64_t patience_ns)
{
	size_t before = count_watched(s);
	uint64_t until_ns = UINT64_MAX;
	if (patience_ns != SUPERVISE_TO_THE_END)
		until_ns = clock_now_ns() + patience_ns;
	if (before == 0)
		return 0;
	int rc;
	do {
		rc = turn(s, until_ns);
	} while (rc == 0 && count_watched(s) == before && clock_now_ns() < until_ns);
	return rc;
}
