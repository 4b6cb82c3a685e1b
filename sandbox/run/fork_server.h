/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUN_FORK_SERVER_H
#define BAILIFF_RUN_FORK_SERVER_H

#include "child/fork_server.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* A fork server, from the side of who asks it; see fork_server.c. Any thread may ask. Zero is not
 * inert: see FORK_SERVER_EMPTY. */
struct fork_server {
	pthread_mutex_t lock; /* of all; one asks at a time */
	pid_t pid;	      /* 0 = there is none */
	int pid_fd;	      /* owned, as are the channel and the page */
	int sock_fd;
	struct fork_note *note; /* NULL = none */
};

#define FORK_SERVER_EMPTY \
	((struct fork_server){ .lock = PTHREAD_MUTEX_INITIALIZER, .pid_fd = -EBADF, .sock_fd = -EBADF })

/*
 * Starts one unless there is one. What it clones dies with the calling thread, as it does itself. It
 * inherits what a clone of that thread would. 0, or -errno: then there is none, and who needs an init
 * clones it.
 */
int fork_server_start(struct fork_server *server);

/* Ends it. What it cloned goes on. Idempotent. */
void fork_server_stop(struct fork_server *server);

/* What init is to be. */
struct fork_birth {
	const struct cell_plan *plan;
	int group_fd;		     /* to be born into; FD_NONE = none */
	int space_fds[SPACE_KINDS];  /* to be in; FD_NONE = new ones */
};

/* What it became. */
struct fork_born {
	pid_t pid;  /* a child of this process's */
	int pid_fd; /* owned */
	bool is_inherited[SPACE_KINDS]; /* it is in the space that there was */
};

/*
 * Has an init cloned, with the calling thread's affinity. 0 with *ret_born filled; -errno of clone3(2);
 * -EMFILE where there was no descriptor to hold it by; -ENOTCONN where there is no server, or none any more,
 * nor anything that it cloned: the caller then clones it himself. A server that was stopped by somebody
 * is given up after ten seconds.
 */
int fork_server_clone(struct fork_server *server, const struct fork_birth *birth,
		      struct fork_born *ret_born);

/* The code that a clone of this process needs, for memory_keep_only(). Returns how many ranges; 0 where
 * that cannot be told, and all of the memory has to stay. */
size_t fork_code_ranges(struct cell_range ret_ranges[CELL_RANGE_MAX]);

/*
 * Writes a plan down for another process: all of it but what only the supervisor reads. Descriptors
 * become indices into plan->keep_fds. 0 with *ret_image, to be freed, and its size; or -ENOMEM, or
 * -EINVAL for a descriptor that is not kept.
 */
int fork_plan_image(const struct cell_plan *plan, char **ret_image, size_t *ret_size);

#endif
