/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUN_HANDOVER_H
#define BAILIFF_RUN_HANDOVER_H

#include "child/fork_server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One of the namespaces that one cell can hand on to another (handover.c), from the cell's side; a cell
 * has an array, one of each kind. */
struct space {
	/* Owned. Before init is cloned: the one that it will be in; FD_NONE = a new one. After its
	 * death: the one that it was in, where is_untouched; FD_NONE = nobody needs it. */
	int fd;
	uint64_t made_ns;  /* when it was new, by the monotonic clock */
	bool is_inherited; /* another cell had it before */
	bool is_untouched; /* nothing that ran in it could touch it, or will before its death */
};

#define SPACE_EMPTY ((struct space){ .fd = -EBADF })

/*
 * Opens those of a process's namespaces that are untouched, for who will have them after its
 * death. `pid` is a child that has not been waited for, and pid_fd its descriptor. What cannot be
 * opened is not handed on.
 */
void space_keep(struct space *spaces, pid_t pid, int pid_fd);

/* None will be handed on. */
void space_drop(struct space *spaces);

/* ---- those that nobody is in ----------------------------------------------------------------- */

/* More than are needed at a time, where all cells of a pool are built and removed in turn. */
#define SPACE_STOCK_MAX 8

/* Zero is empty. For one thread at a time. */
struct space_stock {
	struct {
		int fds[SPACE_STOCK_MAX]; /* owned */
		uint64_t made_ns[SPACE_STOCK_MAX];
		size_t count;
	} kinds[SPACE_KINDS];
};

/* Takes over what space_keep() opened; what there is no place for is closed. */
void space_stock_put(struct space_stock *stock, struct space *spaces);
/* Moves one of each kind into `spaces`, none of them made before since_ns; older ones are closed. */
void space_stock_take(struct space_stock *stock, uint64_t since_ns, struct space *spaces);
/* Whether there is at least one of each kind. */
bool space_stock_is_whole(const struct space_stock *stock);
void space_stock_clear(struct space_stock *stock);

#endif
