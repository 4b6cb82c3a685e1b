/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that are used again because closing them is slow. Any thread may take and give.
 */
#ifndef BAILIFF_BASE_FD_STORE_H
#define BAILIFF_BASE_FD_STORE_H

#include "base/fd.h"

#include <stdatomic.h>
#include <stddef.h>

#define FD_STORE_SIZE 8

struct fd_store {
	_Atomic int fds[FD_STORE_SIZE]; /* owned; FD_NONE = a free place */
};

static inline void fd_store_init(struct fd_store *store)
{
	for (size_t i = 0; i < FD_STORE_SIZE; i++)
		atomic_init(&store->fds[i], FD_NONE);
}

/* One of the descriptors, which is the caller's then; FD_NONE = there is none. */
static inline int fd_store_take(struct fd_store *store)
{
	for (size_t i = 0; i < FD_STORE_SIZE; i++) {
		int fd = atomic_exchange(&store->fds[i], FD_NONE);
		if (fd >= 0)
			return fd;
	}
	return FD_NONE;
}

/* Takes a descriptor over; closes it where there is no place. */
static inline void fd_store_give(struct fd_store *store, int *fd)
{
	for (size_t i = 0; i < FD_STORE_SIZE; i++) {
		int none = FD_NONE;
		if (*fd >= 0 && atomic_compare_exchange_strong(&store->fds[i], &none, *fd))
			*fd = FD_NONE;
	}
	fd_close(fd);
}

static inline void fd_store_finish(struct fd_store *store)
{
	for (int fd = fd_store_take(store); fd >= 0; fd = fd_store_take(store))
		fd_close(&fd);
}

#endif
