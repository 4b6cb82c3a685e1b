/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BENCH_FOOTPRINT_H
#define BAILIFF_BENCH_FOOTPRINT_H

#include <stddef.h>

#include "scale.h"

/* The first five are the machine's. */
enum footprint { SLAB, STACKS, TABLES, PERCPU, SHMEM, CELLS, OWN, FDS };
#define FOOTPRINTS 8

extern const char *const footprint_names[FOOTPRINTS];

void read_footprint(double found[FOOTPRINTS]);

/* The processes of this process's cells: its children are inits, their children programs. */
struct kin {
	size_t programs; /* called bench_hold */
	double cpu_us, anonymous_kib;
};

struct kin look_at_kin(void);

#endif
