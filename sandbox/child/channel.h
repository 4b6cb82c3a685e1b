/* SPDX-License-Identifier: MIT */
/*
 * The messages between supervisor, init and program: one fixed-size struct per message, over
 * SOCK_SEQPACKET, so that there is nothing to parse and no partial read. Async-signal-safe.
 */
#ifndef BAILIFF_CHILD_CHANNEL_H
#define BAILIFF_CHILD_CHANNEL_H

#include <bailiff/bailiff.h>
#include <sys/socket.h>

#define CHANNEL_MAGIC 0x62616c66u

enum message_type {
	MESSAGE_MAPPED = 1, /* supervisor -> init: the id maps are written */
	MESSAGE_READY,      /* init -> supervisor: the root stands; carries the scratch mount */
	MESSAGE_JOB,        /* supervisor -> program: what to run; carries descriptors (job.h) */
	MESSAGE_PARKED,     /* program -> supervisor: all but exec done; carries the listener */
	MESSAGE_FAILED,     /* init or program -> supervisor: a stage failed */
	MESSAGE_EXITED,     /* init -> supervisor: the program's wait status */
	MESSAGE_CLONED,     /* fork server -> supervisor: init lives; carries its pidfd */
};

struct message {
	uint32_t magic;
	uint32_t type;        /* enum message_type */
	uint32_t stage;       /* FAILED: enum bailiff_stage */
	int32_t errnum;       /* FAILED; CLONED: 0, or why there is none */
	uint32_t detail;      /* FAILED: which mount operation, rlimit, ...
			       * CLONED: 1 << space_kind for each space that it is in */
	int32_t wait_status;  /* EXITED */
	int32_t pid;          /* CLONED: init's, for the supervisor */
	uint64_t end_ns;      /* EXITED: CLOCK_MONOTONIC outside the cell */
	uint64_t involuntary_switches; /* EXITED */
	char step[32];        /* FAILED: the stage table's name of the step */
};

/* Most descriptors one message carries. */
#define CHANNEL_FDS_MAX 4

/* Attaches descriptors to what will be sent. `control` has room for CMSG_SPACE() of them, is zero and aligned
 * as a struct cmsghdr, and borrowed until then. Source: cmsg(3). */
void channel_attach(struct msghdr *envelope, void *control, const int *fds, size_t count);

/* Sends one message with `count` descriptors attached. 0 or -errno. */
int channel_send(int sock_fd, const struct message *message, const int *fds, size_t count);

/*
 * Receives one message. fds[0..count) get the attached descriptors, owned by the caller; those that
 * did not come are FD_NONE, and more than `count` are closed. 0, or -errno: -EPIPE at end of file,
 * -EPROTO for anything that is not one whole message of ours, -EAGAIN on a non-blocking socket.
 */
int channel_receive(int sock_fd, struct message *ret_message, int *fds, size_t count);

#endif
