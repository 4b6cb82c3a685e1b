/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_PLACEHOLDER_H
#define BAILIFF_RUNNER_PLACEHOLDER_H

#include "arena.h"

/* What the words in braces of a language definition stand for. */
struct placeholders {
	const char *class;   /* {class} */
	const char *source;  /* {source} */
	uint64_t memory_mib; /* {memory_mib}: the memory limit */
	uint64_t heap_mib;   /* {heap_mib}: what of it the program's heap may take */
	uint64_t cpus;	     /* {cpus}: CPUs it may use, rounded up */
};

/* A copy of text with every known placeholder replaced; NULL where memory ran out. Braces with
 * anything else between them stay as they are. */
const char *placeholder_expand(struct arena *arena, const char *text,
			       const struct placeholders *values);

#endif
