/* SPDX-License-Identifier: MIT */
/*
 * What of this machine is a worker's: cores, each held by one worker alone, and a share of the memory.
 */
#ifndef BAILIFF_WORKER_MACHINE_H
#define BAILIFF_WORKER_MACHINE_H

#include "arena.h"
#include "judge/cores.h"

struct machine_share {
	const char *const *cores; /* lists for bailiff_limits.cpuset, one for each slot; in the arena */
	size_t count;
	uint64_t memory_bytes; /* what jobs may take together */
	int lock_fd;	       /* owned; holds the cores */
};
#define MACHINE_SHARE_EMPTY ((struct machine_share){ .lock_fd = -1 })

struct machine_wish {
	size_t slots;		  /* 0 = as many as there are free cores */
	enum cores_choice choice; /* whether siblings of one core may be two slots */
	uint64_t memory_bytes;	  /* 0 = this machine's memory by the part of its cores that is ours */
};

/*
 * Takes free cores, by locks that end with this process, and a share of the memory that this process may use
 * (the machine's, or its control group's limit) less what the system needs. BAILIFF_FAULT_SPEC where more slots
 * are wanted than there are cores, BAILIFF_FAULT_HOST where other workers have them. What belongs to the share
 * lives in `arena`; it must be given back whatever is returned.
 */
int machine_take(struct arena *arena, const struct machine_wish *wish, struct machine_share *ret_share,
		 struct bailiff_error *err);
void machine_give_back(struct machine_share *share);

/* ---- pure, for the tests ---- */

/* The memory that `slots` of `cores` get of `total`: their part of what the system does not need, which is a
 * tenth, and no less than 256 MiB. */
uint64_t machine_memory_share(uint64_t total_bytes, size_t slots, size_t cores);

#endif
