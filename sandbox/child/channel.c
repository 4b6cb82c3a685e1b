/* SPDX-License-Identifier: MIT */
/*
 * Both ends of the message channel. Runs in the supervisor and, between clone and exec, in the
 * cell: async-signal-safe only. After exec nobody untrusted holds an end of any channel.
 */
#include "child/channel.h"

#include "base/fd.h"

#include <string.h>

union fd_control {
	struct cmsghdr header; /* aligns the buffer */
	char buffer[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

void channel_attach(struct msghdr *envelope, void *control, const int *fds, size_t count)
{
	struct cmsghdr *header = control;
	size_t size = count * sizeof *fds;
	envelope->msg_control = control;
	envelope->msg_controllen = CMSG_SPACE(size);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), fds, size);
}

int channel_send(int sock_fd, const struct message *message, const int *fds, size_t count)
{
	struct message copy = *message;
	copy.magic = CHANNEL_MAGIC;
	struct iovec part = { .iov_base = &copy, .iov_len = sizeof copy };
	union fd_control control = { .buffer = { 0 } };
	struct msghdr envelope = { .msg_iov = &part, .msg_iovlen = 1 };
	if (count > CHANNEL_FDS_MAX)
		return -EINVAL;
	if (count > 0)
		channel_attach(&envelope, control.buffer, fds, count);
	ssize_t n;
	do {
		n = sendmsg(sock_fd, &envelope, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof copy ? 0 : -EPROTO;
}

/* Takes the descriptors that came with a message. */
static void take_fds(struct msghdr *envelope, int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fds[i] = FD_NONE;
	const struct cmsghdr *header = CMSG_FIRSTHDR(envelope);
	if (header == NULL || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS || header->cmsg_len < CMSG_LEN(0))
		return;
	size_t came = (header->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
	for (size_t i = 0; i < came; i++) {
		int fd;
		memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
		if (i < count)
			fds[i] = fd;
		else
			fd_close(&fd);
	}
}

int channel_receive(int sock_fd, struct message *ret_message, int *fds, size_t count)
{
	struct message message;
	struct iovec part = { .iov_base = &message, .iov_len = sizeof message };
	union fd_control control = { .buffer = { 0 } };
	struct msghdr envelope = { .msg_iov = &part, .msg_iovlen = 1,
				   .msg_control = control.buffer,
				   .msg_controllen = sizeof control.buffer };
	ssize_t n;
	do {
		n = recvmsg(sock_fd, &envelope, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&envelope, fds, count);
	if (n == (ssize_t)sizeof message && message.magic == CHANNEL_MAGIC) {
		*ret_message = message;
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		fd_close(&fds[i]);
	return n == 0 ? -EPIPE : -EPROTO;
}
