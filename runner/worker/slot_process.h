/* SPDX-License-Identifier: MIT */
/*
 * A slot, as its worker sees it: a process, the two descriptors it is spoken to by, and the job it has.
 */
#ifndef BAILIFF_WORKER_SLOT_PROCESS_H
#define BAILIFF_WORKER_SLOT_PROCESS_H

#include "base/fd.h"
#include "worker/slot_channel.h"

#include <sys/types.h>

/* Of what it says, in one piece; longer lines are more than one. */
#define SLOT_LINE_BYTES 512u

struct slot_process {
	struct slot_status *status; /* what others see of it; borrowed */
	const char *cpuset;	    /* its core; NULL = any; borrowed */
	pid_t pid;		    /* 0 = it has no process */
	int pid_fd, channel_fd, cancel_fd; /* owned */
	int says_fd; /* owned: what it writes to its standard output and error; open until it is hushed */
	char said[SLOT_LINE_BYTES]; /* of a line that has no end yet */
	size_t said_size;
	uint64_t due_ns; /* STOPPING: when it is killed; DOWN: when it is started again; CLOCK_BOOTTIME */
	/* BUSY: how long it may be silent, and until when: in time that its worker was awake (worker.c). */
	uint64_t silence_ns, silent_until_ns;
	bool was_silent; /* for longer, and so it is being ended */
	unsigned failures; /* starts and deaths since it last ended a job */
};
#define SLOT_PROCESS_EMPTY \
	((struct slot_process){ .pid_fd = FD_NONE,	\
				.channel_fd = FD_NONE,	\
				.cancel_fd = FD_NONE,	\
				.says_fd = FD_NONE })

/*
 * Starts the process: argv[0] is the executable's path. Its environment is PATH and LANG. The state becomes
 * STARTING, or where it fails (-errno with *err filled) DOWN.
 */
int slot_process_start(struct slot_process *slot, const char *const *argv, uint64_t now_ns,
		       struct bailiff_error *err);

/* Gives an idle slot a job. The state becomes BUSY; on failure (-errno) nothing has changed. */
int slot_process_give(struct slot_process *slot, const struct queue_claimed *job, uint64_t now_ns);

/* Has it give its job up; it is killed where it has not said so within a few seconds. */
void slot_process_cancel(struct slot_process *slot, uint64_t now_ns);

/* Kills it; its cells die with it. Its end is told by pid_fd, as any other. */
void slot_process_kill(struct slot_process *slot);

/* Waits for a process whose pid_fd is readable, and says how it ended ("ended by signal 9"). The state
 * becomes DOWN, due after a time that grows with its failures. */
void slot_process_reap(struct slot_process *slot, uint64_t now_ns, char *ret_how, size_t capacity);

/*
 * Takes the next line that it wrote, without its end; the last one is one even without an end, when the process
 * has gone. False where there is none (yet). Never waits.
 */
bool slot_process_hear(struct slot_process *slot, char ret_line[SLOT_LINE_BYTES + 1]);
/* What it says is of no interest any more. */
void slot_process_hush(struct slot_process *slot);

/* Tells it to end, by the end of its channel. For several at once, which are then finished. */
void slot_process_dismiss(struct slot_process *slot);

/* Ends it for good, and waits for that; after some seconds by SIGKILL. */
void slot_process_finish(struct slot_process *slot);

#endif
