/* SPDX-License-Identifier: MIT */
/*
 * Both ends of the message channel. Runs in the supervisor and, between clone and exec, in the
 * cell: async-signal-safe only. After exec nobody untrusted holds an end of any channel.
 */
#include "child/channel.h"

#include "base/fd.h"

#include <string.h>
#include <sys/socket.h>

union fd_control {
	struct cmsghdr header; /* aligns the buffer */
	char buffer[CMSG_SPACE(sizeof(int))];
};

int channel_send(int sock_fd, const struct message *message, int pass_fd)
{
	struct message copy = *message;
	copy.magic = CHANNEL_MAGIC;
	struct iovec part = { .iov_base = &copy, .iov_len = sizeof copy };
	union fd_control control = { .buffer = { 0 } };
	struct msghdr envelope = { .msg_iov = &part, .msg_iovlen = 1 };
	if (pass_fd >= 0) {
		envelope.msg_control = control.buffer;
		envelope.msg_controllen = sizeof control.buffer;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof pass_fd);
		memcpy(CMSG_DATA(&control.header), &pass_fd, sizeof pass_fd);
	}
	ssize_t n;
	do {
		n = sendmsg(sock_fd, &envelope, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof copy ? 0 : -EPROTO;
}

int channel_receive(int sock_fd, struct message *ret_message, int *ret_fd)
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
	AUTO_CLOSE int passed = FD_NONE;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&envelope);
	if (header != NULL && header->cmsg_level == SOL_SOCKET &&
	    header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof passed))
		memcpy(&passed, CMSG_DATA(header), sizeof passed);
	if (n == 0)
		return -EPIPE;
	if (n != (ssize_t)sizeof message || message.magic != CHANNEL_MAGIC)
		return -EPROTO;
	*ret_message = message;
	if (ret_fd != NULL)
		*ret_fd = fd_take(&passed);
	return 0;
}
