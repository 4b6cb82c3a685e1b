/* SPDX-License-Identifier: MIT */
/*
 * How a worker and the processes of its slots talk.
 *
 * A slot is a process of its own (`bailiff slot`), started afresh from the executable, with an empty
 * environment and two descriptors: the channel and the cancel event. So it has nothing of the queue (neither
 * connection nor secrets), a job that brings it down brings down no other, and giving a job up for good is
 * one SIGKILL: no cell outlives it. One job at a time:
 *
 *	worker                               slot
 *	       <------------------ READY
 *	JOB + spec --------------->          reads the spec, runs it
 *	       <--------------- PROGRESS     (any number, may be lost), and how long it may be silent now
 *	[cancel event set]
 *	       <--------- ENDED + result     READY for the next one
 *
 * The channel is a SOCK_SEQPACKET pair; messages are one struct, texts travel in memory files. The
 * cancel event is an eventfd that the worker alone writes to and, before each job, resets.
 */
#ifndef BAILIFF_WORKER_SLOT_CHANNEL_H
#define BAILIFF_WORKER_SLOT_CHANNEL_H

#include "queue/queue.h"
#include "worker/status.h"

/* Where a slot's process finds its two descriptors. */
#define SLOT_CHANNEL_FD 3
#define SLOT_CANCEL_FD 4

/* How long a slot may say nothing of a job while it reads it, until it says otherwise: another slot may be
 * fetching the same contents, and that is waited for in silence. */
#define SLOT_OPENING_NS (UINT64_C(3600) * 1000000000)

enum slot_message_type {
	SLOT_MESSAGE_READY = 1,
	SLOT_MESSAGE_JOB,
	SLOT_MESSAGE_PROGRESS,
	SLOT_MESSAGE_ENDED,
};

enum slot_outcome {
	SLOT_OUTCOME_VERDICT = 1, /* the job is done: a result */
	SLOT_OUTCOME_FAILED,	  /* our fault, or the machine's: another attempt may do better */
	SLOT_OUTCOME_REJECTED,	  /* the job itself is wrong, everywhere */
	SLOT_OUTCOME_MISFIT,	  /* it takes more than it said, or a language that is not here */
	SLOT_OUTCOME_CANCELLED,	  /* as the worker wanted */
};

struct slot_message {
	uint32_t type;	   /* enum slot_message_type */
	uint32_t kind;	   /* JOB: enum queue_kind */
	uint64_t job;	   /* of every message but READY */
	uint64_t size;	   /* JOB: of the spec; ENDED: of the result in the memory file, 0 = none */
	uint64_t memory_bytes; /* JOB: what is reserved for it; MISFIT: what it takes ... */
	/* PROGRESS: the longest that the job's own limits let pass until the next message; 0 = as before. */
	uint64_t silence_ns;
	uint32_t done, total; /* PROGRESS: tests; total 0 = not known */
	char phase[SLOT_PHASE_BYTES]; /* PROGRESS */

	/* ENDED */
	uint32_t outcome; /* enum slot_outcome */
	uint32_t stage;	  /* FAILED: enum bailiff_stage */
	char verdict[16]; /* VERDICT: its name */
	char reason[QUEUE_REASON_BYTES_MAX + 1]; /* of any other outcome */
	uint32_t needs_size;   /* MISFIT: ... and needs: names that each end with a NUL, behind the result */
	uint64_t setup_ns; /* of a run's cell; BAILIFF_UNKNOWN */
	uint64_t oom_kills;
};

/*
 * Sends a message, with the memory file `fd` (FD_NONE = none; stays the caller's). With `may_drop` it is not
 * sent where it would have to wait. 0 or -errno; -EAGAIN: dropped. No SIGPIPE.
 */
int slot_send(int channel_fd, const struct slot_message *message, int fd, bool may_drop);

/* Receives one; *ret_fd is the caller's, FD_NONE = none came. 0, -EPIPE at the end of file, -EAGAIN
 * where nothing is there and `may_wait` is false, -EPROTO for what is no message, or another -errno. */
int slot_receive(int channel_fd, struct slot_message *ret_message, int *ret_fd, bool may_wait);

/* A sealed memory file with these bytes, one part behind the other. *ret_fd is the caller's. */
int slot_pack(const char *first, size_t first_size, const char *second, size_t second_size,
	      int *ret_fd);

/* Reads `size` bytes of a memory file from `offset`, with a NUL behind. *ret_text is the caller's to free. */
int slot_unpack(int fd, uint64_t offset, uint64_t size, char **ret_text);

#endif
