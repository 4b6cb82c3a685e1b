/* SPDX-License-Identifier: MIT */
/*
 * To make a network or IPC namespace and to take it apart is work of the kernel's for nothing, if it is
 * never used. One that nothing could touch (filter/proof.h says when that is so; run.c, for which runs) is after the run
 * what it was before, so the next cell may have it. It lives on by a descriptor alone:
 *
 *   the program and all its children are gone:     nobody is left in them but init
 *   init is about to be killed:                    they are opened (space_keep)
 *   it has been sent SIGKILL:                      no code but the kernel's runs in them; into the stock
 *   the pool's next cell is made:                  the fork server enters them, clones init, comes back
 *
 * It still belongs to the first cell's user namespace, in which nobody is any more. So the second
 * cell's init, root in its own, has no rights over it: it could not configure it if it wanted to.
 */
#include "run/handover.h"

#include "base/fd.h"
#include "base/sys.h"

#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>

static int open_space(pid_t pid, enum space_kind kind)
{
	static const char *const names[SPACE_KINDS] = { [SPACE_NETWORK] = "net",
							[SPACE_IPC] = "ipc" };
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, names[kind]);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void space_keep(struct space *spaces, pid_t pid, int pid_fd)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		if (spaces[kind].is_untouched)
			spaces[kind].fd = open_space(pid, (enum space_kind)kind);
	/* As long as it can be signalled its number has not become another process's, in case
	 * somebody else in this process has waited for it. */
	if (pidfd_send_signal(pid_fd, 0, NULL, 0) < 0)
		space_drop(spaces);
}

void space_drop(struct space *spaces)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++) {
		fd_close(&spaces[kind].fd);
		spaces[kind].is_untouched = false;
	}
}

void space_stock_put(struct space_stock *stock, struct space *spaces)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++) {
		size_t count = stock->kinds[kind].count;
		if (spaces[kind].fd < 0 || count == SPACE_STOCK_MAX)
			continue;
		stock->kinds[kind].fds[count] = fd_take(&spaces[kind].fd);
		stock->kinds[kind].made_ns[count] = spaces[kind].made_ns;
		stock->kinds[kind].count++;
	}
	space_drop(spaces);
}

void space_stock_take(struct space_stock *stock, uint64_t since_ns, struct space *spaces)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++) {
		struct space *space = &spaces[kind];
		while (space->fd < 0 && stock->kinds[kind].count > 0) {
			size_t last = --stock->kinds[kind].count;
			space->fd = stock->kinds[kind].fds[last];
			space->made_ns = stock->kinds[kind].made_ns[last];
			if (space->made_ns < since_ns)
				fd_close(&space->fd);
		}
	}
}

bool space_stock_is_whole(const struct space_stock *stock)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		if (stock->kinds[kind].count == 0)
			return false;
	return true;
}

void space_stock_clear(struct space_stock *stock)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		while (stock->kinds[kind].count > 0)
			fd_close(&stock->kinds[kind].fds[--stock->kinds[kind].count]);
}
