/* SPDX-License-Identifier: MIT */
/*
 * An epoll set of two. The store's descriptor alone would not do: libpq reads notifications from
 * its socket while it waits for the answer to something else, and then nobody would be woken by it.
 */
#include "queue/bell.h"

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int watch_fd(const struct bell *bell, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	return epoll_ctl(bell->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int bell_open(struct bell *bell)
{
	if (bell->epoll_fd >= 0)
		return 0;
	bell->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (bell->epoll_fd < 0)
		return -errno;
	bell->noticed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int rc = bell->noticed_fd < 0 ? -errno : watch_fd(bell, bell->noticed_fd);
	if (rc < 0)
		bell_close(bell);
	return rc;
}

void bell_close(struct bell *bell)
{
	fd_close(&bell->epoll_fd);
	fd_close(&bell->noticed_fd);
	*bell = BELL_NONE;
}

int bell_watch(struct bell *bell, int source_fd)
{
	if (bell->epoll_fd < 0 || bell->source_fd == source_fd)
		return 0;
	if (bell->source_fd >= 0)
		(void)epoll_ctl(bell->epoll_fd, EPOLL_CTL_DEL, bell->source_fd, NULL);
	bell->source_fd = FD_NONE;
	int rc = source_fd >= 0 ? watch_fd(bell, source_fd) : 0;
	if (rc == 0)
		bell->source_fd = source_fd;
	return rc;
}

void bell_ring(struct bell *bell, unsigned events)
{
	if (bell->epoll_fd < 0 || events == 0)
		return;
	if (bell->pending == 0)
		(void)eventfd_write(bell->noticed_fd, 1); /* a counter of 1 always has room */
	bell->pending |= events;
}

unsigned bell_take(struct bell *bell)
{
	unsigned events = bell->pending;
	eventfd_t count;
	if (events != 0)
		(void)eventfd_read(bell->noticed_fd, &count); /* never blocks: it was written */
	bell->pending = 0;
	return events;
}
