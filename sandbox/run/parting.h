/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUN_PARTING_H
#define BAILIFF_RUN_PARTING_H

#include "base/fd_store.h"

#include <stdbool.h>
#include <stdint.h>

/* Which of two programs joined by pipes left first; see parting.c. PARTING_EMPTY is inert. */
struct parting {
	int inotify_fd;		/* owned; to the store in the end */
	struct fd_store *store; /* borrowed */
	int watches[2];		/* of the pipe that program i reads from */
	uint64_t closes;	/* seen so far */
	/* Which of them was the last of program i's input and output; 0 = none yet. */
	uint64_t last_in[2], last_out[2];
	bool has_gap; /* some were lost */
};

#define PARTING_EMPTY ((struct parting){ .inotify_fd = -EBADF })

/* Starts watching two pipes by their reading ends, which are borrowed and may be closed afterwards.
 * 0 or -errno; parting_finish() either way. `store` is borrowed until then. */
int parting_begin(struct parting *parting, const int reading_ends[2], struct fd_store *store);
void parting_finish(struct parting *parting);

/* Takes note of what has happened. */
void parting_update(struct parting *parting);

/* Whether program `index` began to leave before the other did, as far as is known by now. */
bool parting_is_first(const struct parting *parting, unsigned index);

#endif
