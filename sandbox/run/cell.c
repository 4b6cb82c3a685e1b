/* SPDX-License-Identifier: MIT */
/*
 * Building a cell. The supervisor clones init straight into new namespaces, writes its id maps, and
 * then answers its messages until the cell's root stands:
 *
 *   supervisor                     init                         program
 *   clone3 ----------------------> closes descriptors
 *   id maps, MAPPED -------------> clocks, mounts, pivot
 *   <------- READY + scratch ----- forks ---------------------> joins the leaf, drops all
 *                                                               waits for a job (launch.c)
 *
 * In a pool it is a fork server that clones init (fork_server.c), and init is the supervisor's child
 * all the same. The namespaces are one constant (child/plan.h). There is no parameter, flag or path by
 * which init could be cloned with fewer of them, but for one: a fork server leaves out the flag of a
 * namespace that it has entered just before (handover.c). Init's first step is to check that it is
 * process 1.
 */
#include "run/cell.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/process.h"
#include "base/sys.h"
#include "child/stage.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Set-up takes milliseconds; a machine that needs longer than this is not going to finish. */
#define SETUP_DEADLINE_NS (60 * NS_PER_S)

/* SIGKILL to process 1 cannot be refused, but the kernel may need time for what it dismantles. */
#define KILL_DEADLINE_NS (30 * NS_PER_S)

/* ---- planning --------------------------------------------------------------------------- */

static int open_channel(int *ret_own, int *ret_child, struct bailiff_error *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "open a channel");
	*ret_own = ends[0];
	*ret_child = ends[1];
	return 0;
}

static int create_leaf(struct cell *cell, const struct bailiff_limits *limits,
		       struct bailiff_error *err)
{
	char name[SLOT_CELL_NAME_MAX];
	slot_cell_name(&cell->slot, name);
	cell->limits = *limits;
	return cgroup_leaf_create(&cell->host->layout, name, limits, &cell->leaf, err);
}

int cell_prepare(struct bailiff_host *host, const struct bailiff_spec *spec,
		 const struct bailiff_limits *limits, struct cell *cell, struct bailiff_error *err)
{
	cell->host = host;
	cell->plan.loopback = spec->network == BAILIFF_NETWORK_LOOPBACK;
	cell->is_sharing = spec->network == BAILIFF_NETWORK_NONE && !spec->fresh;
	cell->plan.landlock_abi = host->landlock_abi;
	int rc = rootfs_plan_build(spec, &cell->rootfs, err);
	if (rc == 0)
		rc = slot_acquire(host->slot_dir_fd, &cell->slot, err);
	if (rc == 0)
		rc = create_leaf(cell, limits, err);
	if (rc == 0)
		rc = open_channel(&cell->control_fd, &cell->child_control_fd, err);
	if (rc == 0)
		rc = open_channel(&cell->report_fd, &cell->child_report_fd, err);
	return rc;
}

static int compare_fds(const void *a, const void *b)
{
	const int *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

static int keep_fd(struct cell_plan *plan, int fd, struct bailiff_error *err)
{
	if (plan->keep_fd_count == CELL_KEEP_FD_MAX)
		return fail_spec(err, "rootfs: more than %d mounts", CELL_KEEP_FD_MAX);
	plan->keep_fds[plan->keep_fd_count++] = fd;
	return 0;
}

static int plan_keep_fds(struct cell_plan *plan, struct bailiff_error *err)
{
	const int always[] = { plan->control_fd, plan->report_fd, plan->slot_lock_fd };
	int rc = 0;
	plan->keep_fd_count = 0;
	for (size_t i = 0; rc == 0 && i < 3; i++)
		rc = keep_fd(plan, always[i], err);
	for (size_t i = 0; rc == 0 && i < plan->join_fd_count; i++)
		rc = keep_fd(plan, plan->join_fds[i], err);
	for (size_t i = 0; rc == 0 && i < plan->mount_count; i++)
		if (plan->mounts[i].tree_fd >= 0)
			rc = keep_fd(plan, plan->mounts[i].tree_fd, err);
	qsort(plan->keep_fds, plan->keep_fd_count, sizeof plan->keep_fds[0], compare_fds);
	return rc;
}

static int fill_plan(struct cell *cell, struct bailiff_error *err)
{
	struct cell_plan *plan = &cell->plan;
	plan->control_fd = cell->child_control_fd;
	plan->report_fd = cell->child_report_fd;
	plan->slot_lock_fd = cell->slot.lock_fd;
	plan->mounts = cell->rootfs.ops;
	plan->mount_count = cell->rootfs.count;
	(void)snprintf(plan->scratch_size, sizeof plan->scratch_size, "%" PRIu64,
		       cell->scratch.bytes);
	(void)snprintf(plan->scratch_inodes, sizeof plan->scratch_inodes, "%" PRIu64,
		       cell->scratch.inodes);
	plan->join_fd_count = 0;
	for (size_t i = 0; i < CGROUP_HIERARCHY_MAX; i++)
		if (cell->leaf.join_fds[i] >= 0)
			plan->join_fds[plan->join_fd_count++] = cell->leaf.join_fds[i];
	plan->code_count = fork_code_ranges(plan->code);
	return plan_keep_fds(plan, err);
}

/* ---- clone ------------------------------------------------------------------------------ */

static void note_clone(struct cell *cell, const struct fork_born *born)
{
	uint64_t now_ns = clock_now_ns();
	cell->init_pid = born->pid;
	cell->init_pid_fd = born->pid_fd;
	for (int i = 0; i < SPACE_KINDS; i++) {
		struct space *space = &cell->spaces[i];
		fd_close(&space->fd);
		space->is_inherited = born->is_inherited[i];
		if (!space->is_inherited)
			space->made_ns = now_ns;
	}
	fd_close(&cell->child_control_fd);
	fd_close(&cell->child_report_fd);
}

/* Clones init from the calling thread; all of its namespaces are new. 0 or -errno. */
static int clone_here(const struct cell *cell, struct fork_born *ret_born)
{
	struct clone_args args = {
		.flags = CELL_NAMESPACES | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&ret_born->pid_fd,
		/* No exit signal: the caller's SIGCHLD handling is none of our business. */
	};
	if (cell->leaf.birth_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cell->leaf.birth_fd;
	}
	*ret_born = (struct fork_born){ .pid_fd = FD_NONE };
	ret_born->pid = sys_clone3(&args);
	if (ret_born->pid == 0)
		init_main(&cell->plan);
	int rc = ret_born->pid < 0 ? -errno : 0;
	return rc;
}

/* The same, from a process that is cheaper to clone, and which enters the namespaces that go on. */
static int clone_by_server(const struct cell *cell, struct fork_born *ret_born)
{
	struct fork_birth birth = { .plan = &cell->plan, .group_fd = cell->leaf.birth_fd };
	for (int i = 0; i < SPACE_KINDS; i++)
		birth.space_fds[i] = cell->is_sharing ? cell->spaces[i].fd : FD_NONE;
	return cell->fork_server == NULL ? -ENOTCONN :
					   fork_server_clone(cell->fork_server, &birth, ret_born);
}

static int clone_init(struct cell *cell, struct bailiff_error *err)
{
	struct fork_born born;
	int rc = clone_by_server(cell, &born);
	if (rc == -ENOTCONN)
		rc = clone_here(cell, &born);
	if (rc == 0) {
		note_clone(cell, &born);
		return 0;
	}
	if (rc == -EPERM || rc == -ENOSPC || rc == -ENOSYS || rc == -EINVAL)
		return fail_host(err, BAILIFF_STAGE_NAMESPACE, -rc,
				 "sysctl user.max_user_namespaces=65536; in a container, allow clone3 "
				 "and user namespaces",
				 "create the cell's namespaces");
	return fail_internal(err, BAILIFF_STAGE_NAMESPACE, -rc, "create the cell's namespaces");
}

static int write_map(struct cell *cell, const char *file, struct bailiff_error *err)
{
	char path[64], text[128];
	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)cell->init_pid, file);
	(void)snprintf(text, sizeof text, "%u %u 1\n%u %u 1\n", CELL_INIT_ID,
		       slot_init_id(&cell->slot), CELL_PROGRAM_ID, slot_program_id(&cell->slot));
	int rc = io_write_file_at(AT_FDCWD, path, text);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_NAMESPACE, -rc, "write '%s'", path);
	return 0;
}

static const char *rlimit_name(int resource)
{
	switch (resource) {
	case RLIMIT_CORE: return "RLIMIT_CORE";
	case RLIMIT_NOFILE: return "RLIMIT_NOFILE";
	case RLIMIT_FSIZE: return "RLIMIT_FSIZE";
	case RLIMIT_STACK: return "RLIMIT_STACK";
	case RLIMIT_SIGPENDING: return "RLIMIT_SIGPENDING";
	case RLIMIT_CPU: return "RLIMIT_CPU";
	default: return "a resource limit";
	}
}

/* Init must not be bound by soft limits of the caller's; and where a hard one is lower than what was
 * asked for, only the supervisor can raise it: inside, CAP_SYS_RESOURCE does not count. */
static int raise_rlimit(struct cell *cell, int resource, rlim_t wanted, struct bailiff_error *err)
{
	struct rlimit own;
	if (prlimit(cell->init_pid, (__rlimit_resource_t)resource, NULL, &own) < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "read a cell's limits");
	bool is_enough = own.rlim_max >= wanted && own.rlim_cur >= wanted;
	own.rlim_cur = own.rlim_cur > wanted ? own.rlim_cur : wanted;
	own.rlim_max = own.rlim_max > wanted ? own.rlim_max : wanted;
	cell->rlimits[cell->rlimit_count++] = (struct job_rlimit){ resource, own };
	if (is_enough || prlimit(cell->init_pid, (__rlimit_resource_t)resource, &own, NULL) == 0)
		return 0;
	return fail_host(err, BAILIFF_STAGE_SUPERVISE, errno,
			 "raise the hard limits of the calling process: ulimit -H",
			 "raise %s to %" PRIu64, rlimit_name(resource), (uint64_t)wanted);
}

static int raise_rlimits(struct cell *cell, const struct job *job, struct bailiff_error *err)
{
	int rc = 0;
	cell->rlimit_count = 0;
	for (size_t i = 0; rc == 0 && i < job->rlimit_count; i++) {
		int resource = job->rlimits[i].resource;
		rlim_t wanted = job->rlimits[i].limit.rlim_max;
		if (resource == RLIMIT_NOFILE)
			wanted = CELL_REPORT_FD + 1; /* more than any job may have */
		rc = raise_rlimit(cell, resource, wanted, err);
	}
	return rc;
}

/* ---- messages --------------------------------------------------------------------------- */

int cell_stage_failed(const struct cell *cell, const struct message *failed,
		      struct bailiff_error *err)
{
	char step[sizeof failed->step + 1];
	memcpy(step, failed->step, sizeof failed->step);
	step[sizeof failed->step] = '\0';
	if (strcmp(step, "rootfs.mounts") != 0 || failed->detail >= cell->rootfs.count)
		return fail_internal(err, (enum bailiff_stage)failed->stage, failed->errnum,
				     "step '%s' (item %u)", step, failed->detail);
	const struct mount_op *op = &cell->rootfs.ops[failed->detail];
	if (op->blame != NULL)
		return fail_spec(err, "%s: cannot mount at '/%s' (%s)", op->blame, op->path,
				 errno_name(failed->errnum));
	return fail_internal(err, BAILIFF_STAGE_ROOTFS, failed->errnum,
			     "step 'rootfs.mounts' at '/%s'", op->path);
}

int cell_await(const struct cell *cell, const struct cell_wait *wait, struct message *ret_message,
	       struct bailiff_error *err)
{
	bool is_control = wait->sock_fd == cell->control_fd;
	struct pollfd watched[] = {
		{ .fd = wait->sock_fd, .events = POLLIN },
		/* Init reports its own failures here while the program's channel is awaited. */
		{ .fd = is_control ? -1 : cell->control_fd, .events = POLLIN },
		{ .fd = wait->cancel_fd, .events = POLLIN },
	};
	int ready;
	do {
		ready = poll(watched, 3, (int)(SETUP_DEADLINE_NS / NS_PER_MS));
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ready < 0 ? errno : ETIMEDOUT,
				     "wait for the cell");
	if (watched[2].revents != 0)
		return fail_cancelled(err);
	bool is_awaited = watched[0].revents != 0;
	int rc = channel_receive(is_awaited ? wait->sock_fd : cell->control_fd, ret_message,
				 wait->fds, wait->fd_count);
	if ((rc == -EPIPE || rc == -ECONNRESET) && is_awaited && !is_control) {
		/* The program's process died without a word; init will say how. */
		struct cell_wait last = *wait;
		last.sock_fd = cell->control_fd;
		return cell_await(cell, &last, ret_message, err);
	}
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "talk to the cell");
	return 0;
}

/* ---- building --------------------------------------------------------------------------- */

static int let_mount(struct cell *cell, const struct cell_build *build, struct bailiff_error *err)
{
	const struct message mapped = { .type = MESSAGE_MAPPED };
	int rc = channel_send(cell->control_fd, &mapped, NULL, 0);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "talk to the cell");
	struct message ready;
	const struct cell_wait wait = { .sock_fd = cell->control_fd,
					.cancel_fd = build->cancel_fd,
					.fds = &cell->collect_fd,
					.fd_count = 1 };
	rc = cell_await(cell, &wait, &ready, err);
	if (rc == 0 && ready.type == MESSAGE_FAILED)
		return cell_stage_failed(cell, &ready, err);
	if (rc == 0 && ready.type != MESSAGE_READY)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, EPROTO, "talk to the cell");
	return rc;
}

int cell_build(struct cell *cell, const struct cell_build *build, struct bailiff_error *err)
{
	cell->scratch = build->scratch;
	int rc = fill_plan(cell, err);
	if (rc == 0)
		rc = clone_init(cell, err);
	if (rc == 0)
		rc = write_map(cell, "uid_map", err);
	if (rc == 0)
		rc = write_map(cell, "gid_map", err);
	if (rc == 0)
		rc = raise_rlimits(cell, build->job, err);
	if (rc == 0)
		rc = let_mount(cell, build, err);
	cell->is_built = rc == 0;
	return rc;
}

/* ---- waiting ---------------------------------------------------------------------------- */

bool cell_still_waits(const struct cell *cell)
{
	struct pollfd channels[] = { { .fd = cell->control_fd, .events = POLLIN },
				     { .fd = cell->report_fd, .events = POLLIN } };
	return poll(channels, 2, 0) == 0;
}

/* ---- fitting ---------------------------------------------------------------------------- */

static bool fits_rlimits(const struct cell *cell, const struct job *job)
{
	for (size_t i = 0; i < job->rlimit_count; i++) {
		bool fits = false;
		for (size_t j = 0; j < cell->rlimit_count; j++)
			fits |= cell->rlimits[j].resource == job->rlimits[i].resource &&
				cell->rlimits[j].limit.rlim_max >= job->rlimits[i].limit.rlim_max;
		if (!fits)
			return false;
	}
	return true;
}

static int resize_scratch(struct cell *cell, const struct cell_scratch *scratch)
{
	char bytes[24], inodes[24];
	(void)snprintf(bytes, sizeof bytes, "%" PRIu64, scratch->bytes);
	(void)snprintf(inodes, sizeof inodes, "%" PRIu64, scratch->inodes);
	AUTO_CLOSE int fs_fd = fspick(cell->collect_fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
	if (fs_fd < 0 || fsconfig(fs_fd, FSCONFIG_SET_STRING, "size", bytes, 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_SET_STRING, "nr_inodes", inodes, 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return -errno;
	cell->scratch = *scratch;
	return 0;
}

bool cell_fit(struct cell *cell, const struct bailiff_limits *limits, const struct job *job,
	      const struct cell_scratch *scratch)
{
	if (!fits_rlimits(cell, job) ||
	    cgroup_leaf_change(&cell->leaf, &cell->limits, limits) < 0)
		return false;
	cell->limits = *limits;
	return (scratch->bytes == cell->scratch.bytes && scratch->inodes == cell->scratch.inodes) ||
	       resize_scratch(cell, scratch) == 0;
}

/* ---- the end ---------------------------------------------------------------------------- */

void cell_begin_kill(struct cell *cell)
{
	if (cell->init_pid == 0 || cell->is_dying)
		return;
	space_keep(cell->spaces, cell->init_pid, cell->init_pid_fd);
	(void)pidfd_send_signal(cell->init_pid_fd, SIGKILL, NULL, 0); /* ESRCH: gone already */
	cell->is_dying = true;
}

int cell_kill(struct cell *cell)
{
	if (cell->init_pid == 0)
		return 0;
	cell_begin_kill(cell);
	int rc = process_reap(cell->init_pid_fd, KILL_DEADLINE_NS);
	if (rc < 0)
		return rc;
	cell->init_pid = 0;
	fd_close(&cell->init_pid_fd);
	return 0;
}

int cell_dispose(struct cell *cell)
{
	int rc = cell_kill(cell);
	space_drop(cell->spaces);
	fd_close(&cell->parking.listener_fd);
	stdio_close_ends(&cell->parking.ends);
	fd_close(&cell->collect_fd);
	fd_close(&cell->control_fd);
	fd_close(&cell->report_fd);
	fd_close(&cell->child_control_fd);
	fd_close(&cell->child_report_fd);
	rootfs_plan_finish(&cell->rootfs);
	int removed = cgroup_leaf_remove(&cell->leaf);
	/* Last: the slot's number marks everything above as somebody's who is alive. */
	slot_release(&cell->slot);
	return rc < 0 ? rc : removed;
}
