/* SPDX-License-Identifier: MIT */
/*
 * The fork server: a process of a pool's that does nothing but clone inits. What it is asked for, and
 * what it says; both sides of it are child/fork_server.c, the process itself, and run/fork_server.c,
 * who asks.
 */
#ifndef BAILIFF_CHILD_FORK_SERVER_H
#define BAILIFF_CHILD_FORK_SERVER_H

#include "child/plan.h"

#include <sched.h>
#include <stddef.h>
#include <stdint.h>

/* The namespaces that one cell can hand on to another (run/handover.c). */
enum space_kind { SPACE_NETWORK, SPACE_IPC };
#define SPACE_KINDS 2

/* Most descriptors that come with an order: those of the plan, a group, namespaces; and the most that
 * come with one message. Source: unix(7), SCM_MAX_FD is 253. */
#define FORK_FDS_MAX (CELL_KEEP_FD_MAX + 1 + SPACE_KINDS)
#define FORK_FDS_PER_MESSAGE ((size_t)250)

/* "None" for an index of a descriptor. */
#define FORK_FD_NONE (-1)

/*
 * One init to clone. After it on the stream comes an image of its plan (run/fork_server.c writes it,
 * fork_plan_relocate() reads it). The first FORK_FDS_PER_MESSAGE descriptors come with the order itself,
 * the others each so many with a byte of their own after the image. All that were a descriptor's
 * number in the plan are indices into their list.
 */
struct fork_order {
	uint32_t magic;
	uint32_t fd_count;
	uint64_t image_size;
	int32_t group;	   /* CLONE_INTO_CGROUP */
	int32_t spaces[SPACE_KINDS]; /* those that it is to be in, not new ones */
	cpu_set_t cpus;	   /* of init */
};

/* A page that the server shares with its supervisor, and with nobody whom it clones. */
struct fork_note {
	/* The kernel writes the number of the newest init here before that runs. So a supervisor whose
	 * server was killed before it could answer knows whom to bury. 0 = none. */
	volatile pid_t cloned;
};
#define FORK_NOTE_BYTES ((size_t)4096)

/* What the process is started with. Once it is as it should be it sends one byte. */
struct fork_server_plan {
	int sock_fd;
	int supervisor_fd; /* the supervisor's pidfd */
	struct fork_note *note;
	struct cell_range stays[CELL_RANGE_MAX + 1]; /* of its memory: code, and the note; none: all */
	size_t stay_count;
};

/* The life of a fork server. Never returns. Async-signal-safe. */
_Noreturn void fork_server_main(const struct fork_server_plan *plan);

/*
 * Turns the image of a plan into one: offsets into pointers, and indices of descriptors into what came
 * at that place of `fds`. NULL where there is something in it that no image has. Async-signal-safe.
 */
struct cell_plan *fork_plan_relocate(char *image, size_t size, const int *fds, size_t fd_count);

#endif
