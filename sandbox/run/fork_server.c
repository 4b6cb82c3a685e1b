/* SPDX-License-Identifier: MIT */
/*
 * Asking for an init. child/fork_server.c is the process that clones it, and says why there is one; here
 * it is started, given orders and buried.
 *
 * It can be lost: somebody may kill it, or it ends itself where it could not leave a cell's
 * namespace. Then what it may just have cloned is ended, too (struct fork_note), nobody is told anything
 * but -ENOTCONN, and clones as if there had never been one; the pool's keeper starts another.
 */
#include "run/fork_server.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/sys.h"
#include "child/channel.h"
#include "child/stage.h"
#include "run/image.h"

#include <link.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* A clone takes a millisecond; a server that does not answer for so long was stopped by somebody. */
#define ANSWER_DEADLINE_S 10

/* SIGKILL cannot be refused, but the kernel may need time. */
#define END_DEADLINE_NS (10 * NS_PER_S)

/* ---- code ----------------------------------------------------------------------------------- */

/* Notes the module that a function is in. */
struct module_search {
	uint64_t address;
	struct cell_range found;
};

static int look_at_module(struct dl_phdr_info *module, size_t size, void *context)
{
	struct module_search *search = context;
	struct cell_range range = { UINT64_MAX, 0 };
	(void)size;
	for (size_t i = 0; i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &module->dlpi_phdr[i];
		uint64_t begin = module->dlpi_addr + part->p_vaddr;
		if (part->p_type != PT_LOAD)
			continue;
		range.begin = begin < range.begin ? begin : range.begin;
		range.end = begin + part->p_memsz > range.end ? begin + part->p_memsz : range.end;
	}
	if (search->address < range.begin || search->address >= range.end)
		return 0;
	search->found = range;
	return 1;
}

/* All that is called between clone and exec (a test sees to that), by the address that the linker found. */
#define FUNCTION(name) ((uint64_t)(uintptr_t)(name))

static bool all_within(const struct cell_range *ranges, size_t count)
{
	const uint64_t functions[] = {
		FUNCTION(_exit), FUNCTION(__errno_location), FUNCTION(chdir), FUNCTION(close),
		FUNCTION(close_range), FUNCTION(dup2), FUNCTION(dup3), FUNCTION(fchdir),
		FUNCTION(fchownat), FUNCTION(fcntl), FUNCTION(fsconfig), FUNCTION(fsmount),
		FUNCTION(fsopen), FUNCTION(fstat), FUNCTION(ioctl), FUNCTION(madvise),
		FUNCTION(memcpy), FUNCTION(memmove), FUNCTION(memset), FUNCTION(mkdirat),
		FUNCTION(mmap), FUNCTION(mount), FUNCTION(mount_setattr), FUNCTION(move_mount),
		FUNCTION(munmap), FUNCTION(open), FUNCTION(open_tree), FUNCTION(openat),
		FUNCTION(poll), FUNCTION(prctl), FUNCTION(pread), FUNCTION(read), FUNCTION(recvmsg),
		FUNCTION(sched_setaffinity), FUNCTION(sendmsg), FUNCTION(setdomainname),
		FUNCTION(sethostname), FUNCTION(setns), FUNCTION(setsid), FUNCTION(sigaction),
		FUNCTION(sigaddset), FUNCTION(sigemptyset), FUNCTION(sigfillset), FUNCTION(signalfd),
		FUNCTION(sigprocmask), FUNCTION(socket), FUNCTION(strchr), FUNCTION(strcmp),
		FUNCTION(strcspn), FUNCTION(strlen), FUNCTION(strncmp), FUNCTION(strrchr),
		FUNCTION(symlinkat), FUNCTION(syscall), FUNCTION(umask), FUNCTION(umount2),
		FUNCTION(unlinkat), FUNCTION(unshare), FUNCTION(wait4), FUNCTION(write),
	};
	for (size_t i = 0; i < ARRAY_LENGTH(functions); i++) {
		bool is_within = false;
		for (size_t j = 0; j < count; j++)
			is_within |= functions[i] >= ranges[j].begin && functions[i] < ranges[j].end;
		if (!is_within)
			return false;
	}
	return true;
}

size_t fork_code_ranges(struct cell_range ret_ranges[CELL_RANGE_MAX])
{
	const uint64_t addresses[CELL_RANGE_MAX] = { FUNCTION(program_main), FUNCTION(syscall) };
	for (size_t i = 0; i < CELL_RANGE_MAX; i++) {
		struct module_search search = { .address = addresses[i] };
		if (dl_iterate_phdr(look_at_module, &search) == 0)
			return 0;
		ret_ranges[i] = search.found;
	}
	/* A preloaded library, or one of a sanitizer's, may have taken some of them over. */
	return all_within(ret_ranges, CELL_RANGE_MAX) ? CELL_RANGE_MAX : 0;
}

/* ---- a plan's image ------------------------------------------------------------------------- */

static int compare_fds(const void *a, const void *b)
{
	const int *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

/* From a descriptor to its place among those that are kept. */
static bool find_kept(const struct cell_plan *plan, int *fd)
{
	const int *found = bsearch(fd, plan->keep_fds, plan->keep_fd_count, sizeof *fd, compare_fds);
	if (found == NULL)
		return false;
	*fd = (int)(found - plan->keep_fds);
	return true;
}

static bool find_all_kept(const struct cell_plan *plan, int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!find_kept(plan, &fds[i]))
			return false;
	return true;
}

static size_t plan_size(const struct cell_plan *plan)
{
	size_t size = image_padded(sizeof *plan) +
		      image_padded(plan->mount_count * sizeof *plan->mounts);
	for (size_t i = 0; i < plan->mount_count; i++)
		size += image_text_size(plan->mounts[i].path) +
			image_text_size(plan->mounts[i].text);
	return size;
}

/* False for a descriptor that is not kept. */
static bool put_mounts(struct image *image, const struct cell_plan *plan, struct cell_plan *copy)
{
	bool ok = true;
	copy->mounts = image_put(image, plan->mounts, plan->mount_count * sizeof *plan->mounts);
	struct mount_op *ops =
		(struct mount_op *)(void *)(image->bytes + (uintptr_t)copy->mounts);
	for (size_t i = 0; ok && i < plan->mount_count; i++) {
		ops[i].path = image_put_text(image, plan->mounts[i].path);
		ops[i].text = image_put_text(image, plan->mounts[i].text);
		ops[i].blame = NULL; /* who hears of a failure has the original */
		ok = ops[i].tree_fd < 0 || find_kept(plan, &ops[i].tree_fd);
	}
	return ok;
}

int fork_plan_image(const struct cell_plan *plan, char **ret_image, size_t *ret_size)
{
	AUTO_FREE char *bytes = calloc(1, plan_size(plan));
	if (bytes == NULL)
		return -ENOMEM;
	struct image image = { .bytes = bytes };
	struct cell_plan copy = *plan;
	(void)image_put(&image, &copy, sizeof copy); /* its place; filled in below */
	if (!find_kept(plan, &copy.control_fd) || !find_kept(plan, &copy.report_fd) ||
	    !find_kept(plan, &copy.slot_lock_fd) ||
	    !find_all_kept(plan, copy.join_fds, copy.join_fd_count) ||
	    !find_all_kept(plan, copy.keep_fds, copy.keep_fd_count) ||
	    !put_mounts(&image, plan, &copy))
		return -EINVAL;
	memcpy(bytes, &copy, sizeof copy);
	*ret_image = MEM_TAKE(bytes);
	*ret_size = image.size;
	return 0;
}

/* ---- asking --------------------------------------------------------------------------------- */

/* Sends all bytes; the descriptors come with the first of them. */
static int send_with_fds(int sock_fd, struct iovec *parts, size_t part_count, const int *fds,
			 size_t fd_count)
{
	union {
		struct cmsghdr header; /* aligns the buffer */
		char buffer[CMSG_SPACE(FORK_FDS_PER_MESSAGE * sizeof(int))];
	} control = { .buffer = { 0 } };
	struct msghdr envelope = { .msg_iov = parts, .msg_iovlen = part_count };
	if (fd_count > 0)
		channel_attach(&envelope, control.buffer, fds, fd_count);
	while (envelope.msg_iovlen > 0) {
		ssize_t n = sendmsg(sock_fd, &envelope, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		envelope.msg_control = NULL;
		envelope.msg_controllen = 0;
		for (; envelope.msg_iovlen > 0 && (size_t)n >= envelope.msg_iov->iov_len;
		     envelope.msg_iov++, envelope.msg_iovlen--)
			n -= (ssize_t)envelope.msg_iov->iov_len;
		if (envelope.msg_iovlen > 0) {
			envelope.msg_iov->iov_base = (char *)envelope.msg_iov->iov_base + n;
			envelope.msg_iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

static size_t at_once(size_t count)
{
	return count < FORK_FDS_PER_MESSAGE ? count : FORK_FDS_PER_MESSAGE;
}

struct order {
	struct fork_order head;
	int fds[FORK_FDS_MAX]; /* borrowed */
};

static int32_t add_fd(struct order *order, int fd)
{
	if (fd < 0)
		return FORK_FD_NONE;
	order->fds[order->head.fd_count] = fd;
	return (int32_t)order->head.fd_count++;
}

static void fill_order(const struct fork_birth *birth, size_t image_size, struct order *ret_order)
{
	struct fork_order *head = &ret_order->head;
	*head = (struct fork_order){ .magic = CHANNEL_MAGIC, .image_size = image_size };
	(void)sched_getaffinity(0, sizeof head->cpus, &head->cpus);
	for (size_t i = 0; i < birth->plan->keep_fd_count; i++)
		(void)add_fd(ret_order, birth->plan->keep_fds[i]);
	head->group = add_fd(ret_order, birth->group_fd);
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		head->spaces[kind] = add_fd(ret_order, birth->space_fds[kind]);
}

static int send_order(int sock_fd, struct order *order, char *image)
{
	struct iovec parts[] = {
		{ .iov_base = &order->head, .iov_len = sizeof order->head },
		{ .iov_base = image, .iov_len = order->head.image_size },
	};
	size_t sent = at_once(order->head.fd_count);
	int rc = send_with_fds(sock_fd, parts, 2, order->fds, sent);
	while (rc == 0 && sent < order->head.fd_count) {
		char byte = 0;
		struct iovec more = { .iov_base = &byte, .iov_len = 1 };
		size_t count = at_once(order->head.fd_count - sent);
		rc = send_with_fds(sock_fd, &more, 1, order->fds + sent, count);
		sent += count;
	}
	return rc;
}

/* 0, or -errno where the server cannot be talked to. */
static int ask(int sock_fd, const struct fork_birth *birth, struct message *ret_cloned,
	       int *ret_pid_fd)
{
	AUTO_FREE char *image = NULL;
	size_t image_size = 0;
	struct order order;
	int rc = fork_plan_image(birth->plan, &image, &image_size);
	if (rc == 0) {
		fill_order(birth, image_size, &order);
		rc = send_order(sock_fd, &order, image);
	}
	if (rc == 0)
		rc = channel_receive(sock_fd, ret_cloned, ret_pid_fd, 1);
	if (rc == 0 && ret_cloned->type != MESSAGE_CLONED)
		rc = -EPROTO;
	return rc;
}

/* Ends a child of ours that has no exit signal. One that cannot be signalled has heard of its end by its
 * channel. */
static void end_child(int pid_fd)
{
	(void)pidfd_send_signal(pid_fd, SIGKILL, NULL, 0); /* ESRCH: gone already */
	(void)process_reap(pid_fd, END_DEADLINE_NS); /* where it is not gone by then nobody waits for it */
}

/* Ends what a server cloned before it was lost, or what nobody got a descriptor of. Its number is still its
 * own, because nobody has waited for it. The server's descriptors, which were closed, make room for
 * this one; should others have taken it, not for long. */
static void end_unborn(pid_t pid)
{
	const struct timespec moment = { .tv_nsec = NS_PER_MS };
	AUTO_CLOSE int pid_fd = FD_NONE;
	uint64_t tries_max = END_DEADLINE_NS / NS_PER_MS;
	for (uint64_t tries = 0; pid != 0 && pid_fd < 0 && tries < tries_max; tries++) {
		pid_fd = pidfd_open(pid, 0);
		if (pid_fd < 0 && errno != EMFILE && errno != ENFILE)
			return;
		if (pid_fd < 0)
			(void)nanosleep(&moment, NULL);
	}
	if (pid_fd >= 0)
		end_child(pid_fd);
}

static void bury(struct fork_server *server)
{
	fd_close(&server->sock_fd);
	if (server->pid != 0)
		end_child(server->pid_fd);
	fd_close(&server->pid_fd);
	pid_t unborn = server->note != NULL ? server->note->cloned : 0;
	if (server->note != NULL)
		(void)munmap(server->note, FORK_NOTE_BYTES);
	server->note = NULL;
	server->pid = 0;
	end_unborn(unborn);
}

/* With the lock. As fork_server_clone(). */
static int clone_one(struct fork_server *server, const struct fork_birth *birth,
		     struct message *ret_cloned, int *ret_pid_fd)
{
	if (server->pid == 0)
		return -ENOTCONN;
	int rc = ask(server->sock_fd, birth, ret_cloned, ret_pid_fd);
	if (rc == 0 && ret_cloned->errnum != 0)
		return -ret_cloned->errnum;
	if (rc == 0 && *ret_pid_fd >= 0) {
		server->note->cloned = 0;
		return 0;
	}
	bury(server);
	return rc < 0 ? -ENOTCONN : -EMFILE;
}

int fork_server_clone(struct fork_server *server, const struct fork_birth *birth,
		      struct fork_born *ret_born)
{
	struct message cloned = { 0 };
	int pid_fd = FD_NONE;
	(void)pthread_mutex_lock(&server->lock);
	int rc = clone_one(server, birth, &cloned, &pid_fd);
	(void)pthread_mutex_unlock(&server->lock);
	if (rc < 0)
		return rc;
	ret_born->pid = cloned.pid;
	ret_born->pid_fd = pid_fd;
	for (int kind = 0; kind < SPACE_KINDS; kind++)
		ret_born->is_inherited[kind] = (cloned.detail & (1u << kind)) != 0;
	return 0;
}

/* ---- the server's life ---------------------------------------------------------------------- */

static int clone_server(struct fork_server *server, const struct fork_server_plan *plan)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&server->pid_fd,
		/* No exit signal: the caller's SIGCHLD handling is none of our business. */
	};
	pid_t pid = sys_clone3(&args);
	if (pid == 0)
		fork_server_main(plan);
	if (pid < 0)
		return -errno;
	server->pid = pid;
	return 0;
}

static int set_deadline(int sock_fd)
{
	const struct timeval deadline = { .tv_sec = ANSWER_DEADLINE_S };
	if (setsockopt(sock_fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline) < 0 ||
	    setsockopt(sock_fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline) < 0)
		return -errno;
	return 0;
}

static void plan_memory(struct fork_server_plan *plan)
{
	uint64_t note = (uint64_t)(uintptr_t)plan->note;
	size_t count = fork_code_ranges(plan->stays);
	if (count > 0)
		plan->stays[count++] = (struct cell_range){ note, note + FORK_NOTE_BYTES };
	plan->stay_count = count;
}

/* Until it has said that it is ready, which also says that it holds none of our descriptors. */
static int await_server(int sock_fd)
{
	char byte;
	ssize_t n;
	do {
		n = recv(sock_fd, &byte, 1, 0);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : n < 0 ? -errno : -ECHILD;
}

/* With the lock; what it leaves behind on failure is for bury(). */
static int start(struct fork_server *server)
{
	int ends[2];
	void *note = mmap(NULL, FORK_NOTE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	if (note == MAP_FAILED)
		return -errno;
	server->note = note;
	AUTO_CLOSE int supervisor_fd = pidfd_open(getpid(), 0);
	if (supervisor_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	server->sock_fd = ends[0];
	AUTO_CLOSE int child_fd = ends[1];
	struct fork_server_plan plan = { .sock_fd = child_fd, .supervisor_fd = supervisor_fd,
					 .note = note };
	plan_memory(&plan);
	int rc = set_deadline(server->sock_fd);
	if (rc == 0)
		rc = clone_server(server, &plan);
	fd_close(&child_fd);
	return rc == 0 ? await_server(server->sock_fd) : rc;
}

int fork_server_start(struct fork_server *server)
{
	(void)pthread_mutex_lock(&server->lock);
	int rc = server->pid == 0 ? start(server) : 0;
	if (rc < 0)
		bury(server);
	(void)pthread_mutex_unlock(&server->lock);
	return rc;
}

void fork_server_stop(struct fork_server *server)
{
	(void)pthread_mutex_lock(&server->lock);
	bury(server);
	(void)pthread_mutex_unlock(&server->lock);
}
