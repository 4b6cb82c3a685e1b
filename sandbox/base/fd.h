/* SPDX-License-Identifier: MIT */
/*
 * Ownership of descriptors, visible where they are declared. An empty descriptor is FD_NONE,
 * because 0 is a valid one; test with `fd < 0`.
 */
#ifndef BAILIFF_BASE_FD_H
#define BAILIFF_BASE_FD_H

#include <errno.h>
#include <unistd.h>

#define FD_NONE (-EBADF)

/* Closes *fd if it holds one, leaves FD_NONE behind, preserves errno. Idempotent. */
static inline void fd_close(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;
		(void)close(*fd);
		errno = saved;
	}
	*fd = FD_NONE;
}

/* Moves ownership out of a scope-bound variable. */
static inline int fd_take(int *fd)
{
	int taken = *fd;
	*fd = FD_NONE;
	return taken;
}

/* A descriptor owned by the enclosing scope. */
#define AUTO_CLOSE __attribute__((cleanup(fd_close)))

#endif
