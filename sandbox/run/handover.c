/* SPDX-License-Identifier: MIT */
/*
 * To make a network or IPC namespace and to take it apart is work of the kernel's for nothing, if it is
 * never used. One that nothing could touch (filter/proof.h says when that is so; run.c, for which runs) is after the run
 * what it was before, so the next cell may have it. It lives on by a descriptor alone:
 *
 *   the program and all its children are gone:     nobody is left in them but init
 *   init is about to be killed:                    they are opened (space_keep)
 *   it has been sent SIGKILL:                      no code but the kernel's runs in them; into the stock
 *   the pool's keeper makes the next cell:         enters them, clones init, comes back
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

static const struct {
	const char *name; /* below /proc/PID/ns */
	int flag;
} kinds[SPACE_KINDS] = {
	[SPACE_NETWORK] = { "net", CLONE_NEWNET },
	[SPACE_IPC] = { "ipc", CLONE_NEWIPC },
};

static int open_space(const char *process, enum space_kind kind)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%s/ns/%s", process, kinds[kind].name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int space_home_open(struct space_home *ret_home)
{
	*ret_home = SPACE_HOME_EMPTY;
	for (int kind = 0; kind < SPACE_KINDS; kind++) {
		ret_home->fds[kind] = open_space("thread-self", (enum space_kind)kind);
		if (ret_home->fds[kind] < 0)
			return -errno;
	}
	return 0;
}

void space_home_close(struct space_home *home)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		fd_close(&home->fds[kind]);
}

uint64_t space_enter(struct space *spaces, const struct space_home *home)
{
	uint64_t entered = 0;
	for (int kind = 0; home != NULL && !home->is_lost && kind < SPACE_KINDS; kind++) {
		struct space *space = &spaces[kind];
		space->is_inherited = space->fd >= 0 && setns(space->fd, kinds[kind].flag) == 0;
		if (space->is_inherited)
			entered |= (uint64_t)kinds[kind].flag;
	}
	return entered;
}

int space_return(struct space_home *home, uint64_t entered)
{
	int rc = 0;
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		if ((entered & (uint64_t)kinds[kind].flag) != 0 &&
		    setns(home->fds[kind], kinds[kind].flag) < 0)
			rc = -errno;
	if (rc < 0)
		home->is_lost = true;
	return rc;
}

void space_keep(struct space *spaces, pid_t pid, int pid_fd)
{
	char process[24];
	(void)snprintf(process, sizeof process, "%d", (int)pid);
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		if (spaces[kind].is_untouched)
			spaces[kind].fd = open_space(process, (enum space_kind)kind);
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
