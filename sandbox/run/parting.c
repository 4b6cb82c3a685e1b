/* SPDX-License-Identifier: MIT */
/*
 * When one of two programs that talk to each other exits, the other soon does the same, because of
 * that; and the verdict on both may depend on whose exit came first. Init's clock cannot tell: a
 * process is reaped some time after it has closed its descriptors, and on a busy machine that is
 * long enough for the other to read end of file, to exit and to be reaped itself.
 *
 * But the kernel queues the close event of a file before it wakes who waits at the other end, so the
 * order of these events is that of cause and effect. Who was the first to close either end for good
 * began to leave first; the other may already have left when it comes to close its second. A program
 * that closed one of its ends long before is no matter of parting; therefore this decides only
 * between ends that are close. Sources: __fput() in Linux, inotify(7).
 */
#include "run/parting.h"


#include <stdio.h>
#include <sys/inotify.h>

int parting_begin(struct parting *parting, const int reading_ends[2], struct fd_store *store)
{
	*parting = PARTING_EMPTY;
	parting->watches[0] = parting->watches[1] = -1;
	parting->store = store;
	parting->inotify_fd = fd_store_take(store);
	if (parting->inotify_fd < 0)
		parting->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (parting->inotify_fd < 0)
		return -errno;
	for (unsigned i = 0; i < 2; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", reading_ends[i]);
		parting->watches[i] =
			inotify_add_watch(parting->inotify_fd, path, IN_CLOSE);
		if (parting->watches[i] < 0)
			return -errno;
	}
	return 0;
}

/* Closing an inotify descriptor waits 5 to 15 ms for the kernel; removing a watch does not wait. */
void parting_finish(struct parting *parting)
{
	if (parting->inotify_fd < 0)
		return;
	for (unsigned i = 0; i < 2; i++)
		(void)inotify_rm_watch(parting->inotify_fd, parting->watches[i]);
	parting_update(parting);
	fd_store_give(parting->store, &parting->inotify_fd);
}

static void note(struct parting *parting, const struct inotify_event *event)
{
	unsigned reader = event->wd == parting->watches[0] ? 0 : 1;
	parting->closes++;
	if ((event->mask & IN_Q_OVERFLOW) != 0)
		parting->has_gap = true;
	else if (event->wd != parting->watches[reader])
		return; /* of an earlier pair */
	else if ((event->mask & IN_CLOSE_NOWRITE) != 0)
		parting->last_in[reader] = parting->closes;
	else if ((event->mask & IN_CLOSE_WRITE) != 0)
		parting->last_out[1 - reader] = parting->closes;
}

void parting_update(struct parting *parting)
{
	/* Events of a watched file, not of a folder, have no names and are all of one size. */
	struct inotify_event events[64];
	ssize_t size;
	while ((size = read(parting->inotify_fd, events, sizeof events)) > 0)
		for (size_t i = 0; i < (size_t)size / sizeof events[0]; i++)
			note(parting, &events[i]);
}

/* When it began to leave; UINT64_MAX = not yet. */
static uint64_t began(const struct parting *parting, unsigned index)
{
	uint64_t in = parting->last_in[index], out = parting->last_out[index];
	if (in == 0 || out == 0)
		return in + out != 0 ? in + out : UINT64_MAX;
	return in < out ? in : out;
}

bool parting_is_first(const struct parting *parting, unsigned index)
{
	return !parting->has_gap && began(parting, index) < began(parting, 1 - index);
}
