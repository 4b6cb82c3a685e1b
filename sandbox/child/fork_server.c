/* SPDX-License-Identifier: MIT */
/*
 * The fork server. What a clone costs grows with the memory and the descriptors of who is cloned, and a
 * supervisor may have any amount of both. So a pool has a process that has next to nothing: it is
 * cloned once, closes all descriptors, unmaps all but code and stack, and from then on clones
 * inits for whoever asks. It is as privileged as its supervisor was, sees no data of a program's, and can
 * be asked for nothing but an init in namespaces of a cell's.
 *
 *   keeper or request               fork server                     init
 *   order + image + descriptors --> receives them
 *                                   enters namespaces that go on
 *                                   clone3 -----------------------> init_main()
 *                                   comes back from them
 *   <--------- CLONED + pidfd ----- closes what it received
 *
 * CLONE_PARENT makes init a child not of the server but of the thread that cloned the server, the pool's
 * keeper. So the keeper's end kills it, the supervisor can wait for it, and of all this the rest of
 * bailiff sees no difference.
 *
 * Async-signal-safe throughout: it is a clone of a process with threads.
 */
#include "child/fork_server.h"

#include "base/fd.h"
#include "base/sys.h"
#include "child/channel.h"
#include "child/relocate.h"
#include "child/stage.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* The server's own descriptors, in this order; what it receives comes after them. */
enum { SOCK_FD = 3, SUPERVISOR_FD, HOME_FD, RECEIVED_FD = HOME_FD + SPACE_KINDS };

/* With a plan of hundreds of mounts with the longest of paths. */
#define IMAGE_BYTES_MAX ((size_t)16 << 20)

struct server {
	struct fork_note *note;
	char *image; /* a mapping */
	size_t image_capacity;
	struct fork_order order;
	int fds[FORK_FDS_MAX];
	size_t fd_count;
};

static const struct {
	const char *path;
	int flag;
} spaces[SPACE_KINDS] = {
	[SPACE_NETWORK] = { "/proc/self/ns/net", CLONE_NEWNET },
	[SPACE_IPC] = { "/proc/self/ns/ipc", CLONE_NEWIPC },
};

/* ---- an order ------------------------------------------------------------------------------- */

/* Takes the descriptors of one message. They get the lowest free numbers, so they ascend as they did
 * where they came from. */
static int take_fds(struct server *server, struct msghdr *envelope)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(envelope);
	if (header == NULL)
		return 0;
	if ((envelope->msg_flags & MSG_CTRUNC) != 0)
		return -EMFILE;
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (header->cmsg_type != SCM_RIGHTS || count > FORK_FDS_MAX - server->fd_count)
		return -EPROTO;
	memcpy(server->fds + server->fd_count, CMSG_DATA(header), count * sizeof(int));
	server->fd_count += count;
	return 0;
}

/* Receives exactly `size` bytes, and the descriptors that come with them. */
static int receive(struct server *server, void *data, size_t size)
{
	union {
		struct cmsghdr header; /* aligns the buffer */
		char buffer[CMSG_SPACE(FORK_FDS_PER_MESSAGE * sizeof(int))];
	} control;
	for (size_t done = 0; done < size;) {
		struct iovec part = { .iov_base = (char *)data + done, .iov_len = size - done };
		struct msghdr envelope = { .msg_iov = &part, .msg_iovlen = 1,
					   .msg_control = control.buffer,
					   .msg_controllen = sizeof control.buffer };
		ssize_t n = recvmsg(SOCK_FD, &envelope, MSG_CMSG_CLOEXEC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		int rc = take_fds(server, &envelope);
		if (rc < 0)
			return rc;
		done += (size_t)n;
	}
	return 0;
}

/* Room for an image. It stays: the next one is as large. */
static int make_room(struct server *server, size_t size)
{
	if (size <= server->image_capacity)
		return 0;
	if (size > IMAGE_BYTES_MAX)
		return -EPROTO;
	void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return -errno;
	if (server->image != NULL)
		(void)munmap(server->image, server->image_capacity);
	server->image = room;
	server->image_capacity = size;
	return 0;
}

static int receive_order(struct server *server)
{
	char byte;
	server->fd_count = 0;
	int rc = receive(server, &server->order, sizeof server->order);
	if (rc == 0 && server->order.magic != CHANNEL_MAGIC)
		rc = -EPROTO;
	if (rc == 0)
		rc = make_room(server, server->order.image_size);
	if (rc == 0)
		rc = receive(server, server->image, server->order.image_size);
	while (rc == 0 && server->fd_count < server->order.fd_count)
		rc = receive(server, &byte, 1);
	return rc;
}

/* ---- a plan --------------------------------------------------------------------------------- */

/* From an index to the descriptor that came there. */
static bool resolve(int *index, const int *fds, size_t fd_count)
{
	if (*index < 0 || (size_t)*index >= fd_count)
		return false;
	*index = fds[*index];
	return true;
}

static bool resolve_all(int *indices, size_t count, const int *fds, size_t fd_count)
{
	for (size_t i = 0; i < count; i++)
		if (!resolve(&indices[i], fds, fd_count))
			return false;
	return true;
}

/* init closes all between the descriptors that it keeps, which takes them in ascending order. */
static bool is_ascending(const int *fds, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (fds[i - 1] >= fds[i])
			return false;
	return true;
}

struct cell_plan *fork_plan_relocate(char *image, size_t size, const int *fds, size_t fd_count)
{
	struct cell_plan *plan = (struct cell_plan *)(void *)image;
	if (size < sizeof *plan || plan->keep_fd_count > CELL_KEEP_FD_MAX ||
	    plan->join_fd_count > CGROUP_HIERARCHY_MAX ||
	    plan->mount_count > (size - sizeof *plan) / sizeof *plan->mounts)
		return NULL;
	plan->mounts = relocate(image, plan->mounts);
	bool ok = resolve(&plan->control_fd, fds, fd_count) &&
		  resolve(&plan->report_fd, fds, fd_count) &&
		  resolve(&plan->slot_lock_fd, fds, fd_count) &&
		  resolve_all(plan->join_fds, plan->join_fd_count, fds, fd_count) &&
		  resolve_all(plan->keep_fds, plan->keep_fd_count, fds, fd_count) &&
		  is_ascending(plan->keep_fds, plan->keep_fd_count);
	for (size_t i = 0; ok && i < plan->mount_count; i++) {
		struct mount_op *op = &plan->mounts[i];
		op->path = relocate(image, op->path);
		op->text = relocate(image, op->text);
		ok = op->tree_fd < 0 || resolve(&op->tree_fd, fds, fd_count);
	}
	return ok ? plan : NULL;
}

/* ---- cloning -------------------------------------------------------------------------------- */

/* Enters those namespaces that init is to be in, and returns their flags. What cannot be entered will be
 * new. */
static uint64_t enter_spaces(const struct server *server)
{
	uint64_t entered = 0;
	for (int kind = 0; kind < SPACE_KINDS; kind++) {
		int fd = server->order.spaces[kind];
		if (resolve(&fd, server->fds, server->fd_count) && setns(fd, spaces[kind].flag) == 0)
			entered |= (uint64_t)spaces[kind].flag;
	}
	return entered;
}

static int leave_spaces(uint64_t entered)
{
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		if ((entered & (uint64_t)spaces[kind].flag) != 0 &&
		    setns(HOME_FD + kind, spaces[kind].flag) < 0)
			return -errno;
	return 0;
}

/* Returns in the server only. */
static pid_t clone_init(const struct server *server, const struct cell_plan *plan, uint64_t entered,
			int *ret_pid_fd)
{
	const struct fork_order *order = &server->order;
	struct clone_args args = {
		.flags = (CELL_NAMESPACES & ~entered) | CLONE_PARENT | CLONE_PIDFD |
			 CLONE_PARENT_SETTID,
		.pidfd = (uint64_t)(uintptr_t)ret_pid_fd,
		.parent_tid = (uint64_t)(uintptr_t)&server->note->cloned,
		/* The exit signal is the server's, which has none. */
	};
	int group_fd = order->group;
	if (resolve(&group_fd, server->fds, server->fd_count)) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)group_fd;
	}
	/* The supervisor's thread that will supervise it may have others than we. Should all of them have
	 * gone offline meanwhile it gets those of the order before. */
	(void)sched_setaffinity(0, sizeof order->cpus, &order->cpus);
	pid_t pid = sys_clone3(&args);
	if (pid == 0)
		init_main(plan);
	return pid;
}

static void serve(struct server *server)
{
	int pid_fd = FD_NONE;
	struct message cloned = { .type = MESSAGE_CLONED };
	const struct cell_plan *plan = fork_plan_relocate(server->image, server->order.image_size,
							  server->fds, server->fd_count);
	if (plan == NULL)
		_exit(1);
	uint64_t entered = enter_spaces(server);
	cloned.pid = clone_init(server, plan, entered, &pid_fd);
	cloned.errnum = cloned.pid < 0 ? errno : 0;
	int returned = leave_spaces(entered);
	for (unsigned kind = 0; kind < SPACE_KINDS; kind++)
		if ((entered & (uint64_t)spaces[kind].flag) != 0)
			cloned.detail |= 1u << kind;
	int rc = channel_send(SOCK_FD, &cloned, &pid_fd, cloned.pid > 0 ? 1 : 0);
	/* In a namespace that was a cell's nothing more may be done. */
	if (rc < 0 || returned < 0 || close_range(RECEIVED_FD, ~0u, 0) < 0)
		_exit(1);
}

/* ---- the process ---------------------------------------------------------------------------- */

/* The standard descriptors' numbers are taken, by what can do no harm, and it knows where it is. */
static int take_places(const struct fork_server_plan *plan)
{
	/* Neither may be in the other's place. */
	int supervisor_fd = fcntl(plan->supervisor_fd, F_DUPFD_CLOEXEC, RECEIVED_FD);
	if (supervisor_fd < 0 || (plan->sock_fd != SOCK_FD && dup2(plan->sock_fd, SOCK_FD) < 0) ||
	    dup2(supervisor_fd, SUPERVISOR_FD) < 0)
		return -errno;
	for (int fd = 0; fd < SOCK_FD; fd++)
		if (dup2(SOCK_FD, fd) < 0)
			return -errno;
	if (close_range(HOME_FD, ~0u, 0) < 0)
		return -errno;
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		if (open(spaces[kind].path, O_RDONLY | O_CLOEXEC) != HOME_FD + kind)
			return -EBADF;
	return chdir("/") < 0 ? -errno : 0;
}

/* No init gets the page that we share with the supervisor. */
static int take_note(struct server *server, const struct fork_server_plan *plan)
{
	server->note = plan->note;
	return madvise(server->note, FORK_NOTE_BYTES, MADV_DONTFORK) < 0 ? -errno : 0;
}

/* False once the supervisor is gone. Its death is a signal where it may send us one, which it may not if it
 * has given up its privileges; and it is the channel's end, if nobody else holds a copy of it. */
static bool await_order(void)
{
	struct pollfd watched[] = { { .fd = SOCK_FD, .events = POLLIN },
				    { .fd = SUPERVISOR_FD, .events = POLLIN } };
	int ready;
	do {
		ready = poll(watched, 2, -1);
	} while (ready < 0 && errno == EINTR);
	return ready > 0 && watched[1].revents == 0;
}

_Noreturn void fork_server_main(const struct fork_server_plan *plan)
{
	struct fork_server_plan own = *plan;
	struct server server = { .image = NULL };
	sigset_t all;
	(void)sigfillset(&all);
	/* Whose terminal sends a signal ends this process by ending its supervisor. */
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NAME, "bailiff-fork", 0, 0, 0) < 0 || take_places(&own) < 0 ||
	    memory_keep_only(own.stays, own.stay_count, &server + 1) < 0 ||
	    take_note(&server, &own) < 0 || write(SOCK_FD, "r", 1) != 1)
		_exit(1);
	while (await_order() && receive_order(&server) == 0)
		serve(&server);
	_exit(0);
}
