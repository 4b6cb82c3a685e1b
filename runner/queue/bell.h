/* SPDX-License-Identifier: MIT */
/*
 * One descriptor that tells a queue's user to look: readable when the store's own descriptor is (a socket,
 * an inotify), or when a driver noticed something on its way through another call. Zero is not a valid
 * bell, BELL_NONE is.
 */
#ifndef BAILIFF_QUEUE_BELL_H
#define BAILIFF_QUEUE_BELL_H

#include "base/fd.h"

struct bell {
	int epoll_fd;	/* what the user waits for; owned */
	int noticed_fd; /* eventfd, set while `pending` is not 0; owned */
	int source_fd;	/* the store's; borrowed */
	unsigned pending; /* enum queue_event */
};
#define BELL_NONE \
	((struct bell){ .epoll_fd = FD_NONE, .noticed_fd = FD_NONE, .source_fd = FD_NONE })

/* 0 or -errno. An open bell stays as it is. */
int bell_open(struct bell *bell);
void bell_close(struct bell *bell);

/* Watches the store's descriptor, FD_NONE = none, instead of the one before, which must still be open. 0 or
 * -errno. Nothing where the bell is not open. */
int bell_watch(struct bell *bell, int source_fd);

/* Notes events for the next bell_take(). */
void bell_ring(struct bell *bell, unsigned events);
unsigned bell_take(struct bell *bell);

#endif
