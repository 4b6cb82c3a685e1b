/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_HOST_SLOT_H
#define BAILIFF_HOST_SLOT_H

#include <bailiff/bailiff.h>
#include <sys/types.h>

/* Every slot has two ids outside: one for init (0 inside), one for the program. */
#define SLOT_ID_BASE 0x70000000u
#define SLOT_IDS 2u
#define SLOT_COUNT 16384u

/*
 * A slot is what makes a run's user ids its own: a number that no other run on this machine
 * holds, and with it SLOT_IDS ids. SLOT_EMPTY is inert.
 */
struct slot {
	unsigned number;
	uint64_t token; /* this claim's own; written down beside the lock */
	int lock_fd; /* owned; holds the claim, also from init until the last process is gone */
};

#define SLOT_EMPTY ((struct slot){ .lock_fd = -EBADF })

static inline uid_t slot_init_id(const struct slot *slot)
{
	return SLOT_ID_BASE + slot->number * SLOT_IDS;
}

static inline uid_t slot_program_id(const struct slot *slot)
{
	return slot_init_id(slot) + 1;
}

/*
 * Opens the folder in which slots are claimed, /run/bailiff, creating it. The descriptor is owned
 * by the caller. BAILIFF_FAULT_HOST where it cannot be made or belongs to somebody else.
 */
int slot_folder_open(int *ret_dir_fd, struct bailiff_error *err);

/*
 * Joins the supervisors that are at work on this machine; waits while the last one is leaving.
 * *ret_presence_fd is owned by the caller. slot_folder_leave() gives it up and tells whether
 * nobody else is left; what all of them share may then be removed until the descriptor is closed.
 */
int slot_folder_join(int slot_dir_fd, int *ret_presence_fd, struct bailiff_error *err);
bool slot_folder_leave(int presence_fd);

/* Claims the lowest free slot. BAILIFF_FAULT_HOST when all are taken. */
int slot_acquire(int slot_dir_fd, struct slot *ret_slot, struct bailiff_error *err);

/* The name of what a claim makes in shared places: "v1-cell-NUMBER-TOKEN". */
#define SLOT_CELL_NAME_MAX 48
void slot_cell_name(const struct slot *slot, char name[SLOT_CELL_NAME_MAX]);

/* The reverse, for the sweep. Pure. False for any other name. */
bool slot_parse_cell_name(const char *name, unsigned *ret_number, uint64_t *ret_token);

/*
 * Whether what bears this claim's name was left by the dead: nobody holds the slot, or who holds
 * it has another token. In the first case *ret_slot holds the claim meanwhile, so that nobody can
 * take it; release it either way.
 */
bool slot_is_dead(int slot_dir_fd, unsigned number, uint64_t token, struct slot *ret_slot);

/* Gives the claim up, unless init still holds it. Idempotent. */
void slot_release(struct slot *slot);

#endif
