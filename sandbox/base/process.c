/* SPDX-License-Identifier: MIT */
/*
 * A pidfd becomes readable when its process is a zombie. For process 1 of a namespace that is after every
 * other process in it has been reaped.
 */
#include "base/process.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/wait.h>

int process_reap(int pid_fd, uint64_t timeout_ns)
{
	struct pollfd gone = { .fd = pid_fd, .events = POLLIN };
	uint64_t deadline_ns = clock_now_ns() + timeout_ns;
	int ready;
	do {
		ready = poll(&gone, 1, (int)(timeout_ns / NS_PER_MS));
	} while (ready < 0 && errno == EINTR && clock_now_ns() < deadline_ns);
	if (ready <= 0)
		return -ETIMEDOUT;
	siginfo_t info;
	while (waitid(P_PIDFD, (id_t)pid_fd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
		;
	return 0;
}
