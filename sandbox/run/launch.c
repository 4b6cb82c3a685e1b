/* SPDX-License-Identifier: MIT */
/*
 * Bringing a cell up, seen from outside. The supervisor clones init straight into new namespaces,
 * writes its id maps, and then answers its messages until the program's process waits for nothing
 * but the word to go:
 *
 *   supervisor                     init                         program
 *   clone3 ----------------------> closes descriptors
 *   id maps, MAPPED -------------> clocks, mounts, pivot
 *   <------- READY + scratch ----- waits
 *   files in, GO ----------------> forks ---------------------> joins the leaf, drops, filter
 *   <------- PARKED + listener -------------------------------- waits
 *
 * The namespaces are one constant below. There is no parameter, flag or path by which init could
 * be cloned with fewer of them, and its first step is to check that it is process 1.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/sys.h"
#include "child/stage.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Time and cgroup namespaces are entered later, by init and by the program: the first needs its
 * offsets written before anybody is in it, the second must be made inside the leaf. */
#define CELL_NAMESPACES \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

/* Set-up takes milliseconds; a machine that needs longer than this is not going to finish. */
#define SETUP_DEADLINE_NS (60 * NS_PER_S)

/* SIGKILL to process 1 cannot be refused, but the kernel may need time for what it dismantles. */
#define KILL_DEADLINE_NS (30 * NS_PER_S)

/* ---- clone ------------------------------------------------------------------------------ */

/*
 * A cloned init holds copies of all descriptors of the process until its second step. Were one of
 * them a program that another thread is just writing into its own cell, that cell's exec would
 * fail with ETXTBSY. So no init is cloned while a file of a cell is open for writing; the state is
 * the process's, as its descriptors are.
 */
static pthread_rwlock_t descriptors_lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void run_begin_writing(void)
{
	(void)pthread_rwlock_rdlock(&descriptors_lock);
}

void run_end_writing(void)
{
	(void)pthread_rwlock_unlock(&descriptors_lock);
}

static int clone_init(struct run *run)
{
	int pid_fd = FD_NONE;
	struct clone_args args = {
		.flags = CELL_NAMESPACES | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pid_fd,
		/* No exit signal: the caller's SIGCHLD handling is none of our business. */
	};
	if (run->leaf.birth_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)run->leaf.birth_fd;
	}
	(void)pthread_rwlock_wrlock(&descriptors_lock);
	pid_t pid = sys_clone3(&args);
	if (pid == 0)
		init_main(&run->plan);
	int cause = errno;
	(void)pthread_rwlock_unlock(&descriptors_lock);
	errno = cause;
	if (pid < 0 && (errno == EPERM || errno == ENOSPC || errno == ENOSYS || errno == EINVAL))
		return fail_host(run->err, BAILIFF_STAGE_NAMESPACE, errno,
				 "sysctl user.max_user_namespaces=65536; in a container, allow clone3 "
				 "and user namespaces",
				 "create the cell's namespaces");
	if (pid < 0)
		return fail_internal(run->err, BAILIFF_STAGE_NAMESPACE, errno,
				     "create the cell's namespaces");
	run->init_pid = pid;
	run->init_pid_fd = pid_fd;
	fd_close(&run->child_control_fd);
	fd_close(&run->child_report_fd);
	return 0;
}

static int write_map(struct run *run, const char *file)
{
	char path[64], text[128];
	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)run->init_pid, file);
	(void)snprintf(text, sizeof text, "%u %u 1\n%u %u 1\n", CELL_INIT_ID,
		       slot_init_id(&run->slot), CELL_PROGRAM_ID, slot_program_id(&run->slot));
	int rc = io_write_file_at(AT_FDCWD, path, text);
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_NAMESPACE, -rc, "write '%s'", path);
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
static int raise_rlimit(struct run *run, int resource, rlim_t wanted)
{
	struct rlimit own;
	if (getrlimit((__rlimit_resource_t)resource, &own) < 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, errno, "read own limits");
	if (own.rlim_max >= wanted && own.rlim_cur >= wanted)
		return 0;
	own.rlim_cur = wanted;
	own.rlim_max = own.rlim_max > wanted ? own.rlim_max : wanted;
	if (prlimit(run->init_pid, (__rlimit_resource_t)resource, &own, NULL) < 0)
		return fail_host(run->err, BAILIFF_STAGE_SUPERVISE, errno,
				 "raise the hard limits of the calling process: ulimit -H",
				 "raise %s to %" PRIu64, rlimit_name(resource), (uint64_t)wanted);
	return 0;
}

static int raise_rlimits(struct run *run)
{
	int rc = raise_rlimit(run, RLIMIT_NOFILE, CELL_REPORT_FD + 1);
	for (size_t i = 0; rc == 0 && i < run->plan.rlimit_count; i++)
		if (run->plan.rlimits[i].resource != RLIMIT_NOFILE)
			rc = raise_rlimit(run, run->plan.rlimits[i].resource,
					  run->plan.rlimits[i].limit.rlim_max);
	return rc;
}

/* ---- messages --------------------------------------------------------------------------- */

static int fail_blamed(struct run *run, const struct message *failed)
{
	const struct mount_op *op = &run->plan.mounts[failed->detail];
	return fail_spec(run->err, "%s: cannot mount at '/%s' (%s)", op->blame, op->path,
			 errno_name(failed->errnum));
}

int run_stage_failed(struct run *run, const struct message *failed)
{
	char step[sizeof failed->step + 1];
	memcpy(step, failed->step, sizeof failed->step);
	step[sizeof failed->step] = '\0';
	if (failed->stage == BAILIFF_STAGE_EXEC) {
		run->outcome.exec_failed = true;
		run->outcome.exec_errnum = failed->errnum;
		return 1;
	}
	if (failed->stage == BAILIFF_STAGE_SPEC)
		return fail_spec(run->err, "cwd: cannot enter '%s' (%s)", run->plan.cwd,
				 errno_name(failed->errnum));
	if (strcmp(step, "rootfs.mounts") == 0 && failed->detail < run->plan.mount_count &&
	    run->plan.mounts[failed->detail].blame != NULL)
		return fail_blamed(run, failed);
	if (strcmp(step, "rootfs.mounts") == 0 && failed->detail < run->plan.mount_count)
		return fail_internal(run->err, BAILIFF_STAGE_ROOTFS, failed->errnum,
				     "step 'rootfs.mounts' at '/%s'",
				     run->plan.mounts[failed->detail].path);
	return fail_internal(run->err, (enum bailiff_stage)failed->stage, failed->errnum,
			     "step '%s' (item %u)", step, failed->detail);
}

int run_await(struct run *run, int sock_fd, enum message_type type, int *ret_fd)
{
	struct pollfd watched[] = {
		{ .fd = sock_fd, .events = POLLIN },
		/* Init reports its own failures here while the program's channel is awaited. */
		{ .fd = sock_fd == run->control_fd ? -1 : run->control_fd, .events = POLLIN },
		{ .fd = run->spec->has_cancel_fd ? run->spec->cancel_fd : -1, .events = POLLIN },
	};
	int timeout_ms = (int)(SETUP_DEADLINE_NS / NS_PER_MS);
	int ready;
	do {
		ready = poll(watched, 3, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, ready < 0 ? errno : ETIMEDOUT,
				     "wait for the cell");
	if (watched[2].revents != 0)
		return fail_cancelled(run->err);
	struct message message;
	int rc = channel_receive(watched[0].revents != 0 ? sock_fd : run->control_fd, &message,
				 ret_fd);
	if ((rc == -EPIPE || rc == -ECONNRESET) && sock_fd != run->control_fd && watched[0].revents != 0)
		/* The program's process died without a word; init will say how. */
		return run_await(run, run->control_fd, type, ret_fd);
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "talk to the cell");
	if (message.type == MESSAGE_FAILED)
		return run_stage_failed(run, &message);
	if (message.type == (uint32_t)type)
		return 0;
	if (message.type == MESSAGE_EXITED) {
		/* It died while it was being set up: its memory limit may be too small for that. */
		run->outcome.has_wait_status = true;
		run->outcome.wait_status = message.wait_status;
		return 1;
	}
	return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, EPROTO, "talk to the cell");
}

static int tell(struct run *run, int sock_fd, enum message_type type)
{
	const struct message message = { .type = (uint32_t)type };
	int rc = channel_send(sock_fd, &message, -1);
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "talk to the cell");
	return 0;
}

int run_launch(struct run *run)
{
	int rc = run_plan(run);
	if (rc == 0)
		rc = clone_init(run);
	if (rc == 0)
		rc = write_map(run, "uid_map");
	if (rc == 0)
		rc = write_map(run, "gid_map");
	if (rc == 0)
		rc = raise_rlimits(run);
	if (rc == 0)
		rc = tell(run, run->control_fd, MESSAGE_MAPPED);
	if (rc == 0)
		rc = run_await(run, run->control_fd, MESSAGE_READY, &run->collect_fd);
	if (rc == 0)
		rc = run_copy_in(run);
	if (rc == 0)
		rc = tell(run, run->control_fd, MESSAGE_GO);
	if (rc == 0)
		rc = run_await(run, run->report_fd, MESSAGE_PARKED, &run->listener_fd);
	stdio_close_child_ends(&run->stdio);
	return rc;
}

/* ---- the end ---------------------------------------------------------------------------- */

int run_kill(struct run *run)
{
	if (run->init_pid == 0)
		return 0;
	(void)pidfd_send_signal(run->init_pid_fd, SIGKILL, NULL, 0); /* ESRCH: gone already */
	struct pollfd gone = { .fd = run->init_pid_fd, .events = POLLIN };
	uint64_t deadline = clock_now_ns() + KILL_DEADLINE_NS;
	int ready;
	do {
		ready = poll(&gone, 1, (int)(KILL_DEADLINE_NS / NS_PER_MS));
	} while (ready < 0 && errno == EINTR && clock_now_ns() < deadline);
	if (ready <= 0)
		return -ETIMEDOUT;
	/* Init is a zombie only after every process of its namespace has been reaped. */
	siginfo_t info;
	while (waitid(P_PIDFD, (id_t)run->init_pid_fd, &info, WEXITED | __WALL) < 0 &&
	       errno == EINTR)
		;
	run->init_pid = 0;
	fd_close(&run->init_pid_fd);
	return 0;
}
