/* SPDX-License-Identifier: MIT */
/*
 * Both ends are our own executables of one version; what is checked is what a slot that was taken over by
 * its job could use against the worker: sizes, the message's own, its outcome, and that texts end.
 */
#include "worker/slot_channel.h"

#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

int slot_send(int channel_fd, const struct slot_message *message, int fd, bool may_drop)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof fd)];
	} control = { .space = { 0 } };
	struct slot_message copy = *message;
	struct iovec part = { .iov_base = &copy, .iov_len = sizeof copy };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
	if (fd >= 0) {
		packet.msg_control = control.space;
		packet.msg_controllen = sizeof control.space;
		struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	ssize_t sent;
	do {
		sent = sendmsg(channel_fd, &packet,
			       MSG_NOSIGNAL | (may_drop ? (int)MSG_DONTWAIT : 0));
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Keeps the first descriptor that came, and closes what else there is. */
static void take_descriptors(struct msghdr *packet, int *ret_fd)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(packet); header != NULL;
	     header = CMSG_NXTHDR(packet, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
			if (*ret_fd < 0)
				*ret_fd = fd;
			else
				fd_close(&fd);
		}
	}
}

static bool is_known_end(const struct slot_message *message)
{
	return message->outcome >= SLOT_OUTCOME_VERDICT &&
	       message->outcome <= SLOT_OUTCOME_CANCELLED;
}

int slot_receive(int channel_fd, struct slot_message *ret_message, int *ret_fd, bool may_wait)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec part = { .iov_base = ret_message, .iov_len = sizeof *ret_message };
	struct msghdr packet = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.space,
				 .msg_controllen = sizeof control.space };
	ssize_t got;
	*ret_fd = FD_NONE;
	do {
		got = recvmsg(channel_fd, &packet,
			      MSG_CMSG_CLOEXEC | (may_wait ? 0 : (int)MSG_DONTWAIT));
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (got == 0)
		return -EPIPE;
	take_descriptors(&packet, ret_fd);
	bool is_whole = got == (ssize_t)sizeof *ret_message &&
			(packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
	if (!is_whole || (ret_message->type == SLOT_MESSAGE_ENDED && !is_known_end(ret_message))) {
		fd_close(ret_fd);
		return -EPROTO;
	}
	ret_message->phase[sizeof ret_message->phase - 1] = '\0';
	ret_message->verdict[sizeof ret_message->verdict - 1] = '\0';
	ret_message->reason[sizeof ret_message->reason - 1] = '\0';
	return 0;
}

int slot_pack(const char *first, size_t first_size, const char *second, size_t second_size,
	      int *ret_fd)
{
	AUTO_CLOSE int fd = memfd_create("bailiff-job", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	int rc = io_write_all(fd, first, first_size);
	if (rc == 0)
		rc = io_write_all(fd, second, second_size);
	if (rc < 0)
		return rc;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	*ret_fd = fd_take(&fd);
	return 0;
}

int slot_unpack(int fd, uint64_t offset, uint64_t size, char **ret_text)
{
	if (size > QUEUE_SPEC_BYTES_MAX && size > QUEUE_RESULT_BYTES_MAX)
		return -EFBIG;
	AUTO_FREE char *text = malloc((size_t)size + 1);
	if (text == NULL)
		return -ENOMEM;
	for (size_t at = 0; at < size;) {
		ssize_t got = pread(fd, text + at, (size_t)size - at, (off_t)(offset + at));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EPROTO; /* shorter than it said */
		at += (size_t)got;
	}
	text[size] = '\0';
	*ret_text = MEM_TAKE(text);
	return 0;
}
