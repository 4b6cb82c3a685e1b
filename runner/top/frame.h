/* SPDX-License-Identifier: MIT */
/*
 * What `bailiff top` shows, as text: a pure function of a look, a size and a place in it.
 */
#ifndef BAILIFF_TOP_FRAME_H
#define BAILIFF_TOP_FRAME_H

#include "top/fleet.h"
#include "top/meter.h"

#include <stdio.h>

/* Workers that were not heard of for this long are shown as such; after the second time, their
 * slots are not shown any more. */
#define FRAME_QUIET_NS UINT64_C(30000000000)
#define FRAME_LOST_NS UINT64_C(60000000000)

struct frame {
	const struct fleet *fleet; /* the last look; NULL = none yet */
	const struct meter *meter;
	const char *queue_url;
	const char *clock;		     /* such as "12:34:56"; NULL = not shown */
	const struct bailiff_error *trouble; /* why there is no newer look; NULL = nothing */
	uint64_t age_ns;		     /* of the last look */
	bool colours;
	unsigned width;	 /* no line has more columns */
	unsigned height; /* no more lines than this; 0 = as many as it takes, and no footer */
	size_t scroll;	 /* lines of workers and slots to pass over */
};

/* Writes the lines, each with a newline behind it. Returns how far it could be scrolled, or
 * -ENOMEM. */
ssize_t frame_draw(FILE *out, const struct frame *frame);

#endif
