/* SPDX-License-Identifier: MIT */
/*
 * Init: process 1 of the cell. It is ours, never executes anything and handles no data of the
 * program's. It exists for three reasons: a program that is itself process 1 would not die of its
 * own signals; the kernel kills everything in the process namespace the moment process 1 is gone,
 * which makes ending a cell one signal; and somebody has to reap.
 *
 * It is cloned from the supervisor with a copy of its memory, so everything here is
 * async-signal-safe. There is no call in this project that signals "every process": outside a
 * process namespace such a call would end the machine.
 *
 * Nothing survives the supervisor: init asks the kernel for SIGKILL when the thread that cloned it
 * ends, and until that is arranged it only ever blocks on the control channel, whose end of file
 * makes it exit.
 */
#include "child/stage.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/sys.h"
#include "child/channel.h"

#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CELL_HOSTNAME "cell"

/* glibc's getpid() may have been cached by some other implementation; the kernel's is not. */
static int step_first_process(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	return syscall(SYS_getpid) == 1 ? 0 : -EINVAL;
}

/* Descriptors of the caller, and of other cells being set up at the same time, end here. */
static int step_close_descriptors(const struct cell_plan *plan, struct stage_state *state)
{
	(void)state;
	unsigned next = 0;
	for (size_t i = 0; i < plan->keep_fd_count; i++) {
		unsigned keep = (unsigned)plan->keep_fds[i];
		if (keep > next && close_range(next, keep - 1, 0) < 0)
			return -errno;
		next = keep + 1;
	}
	return close_range(next, ~0u, 0) < 0 ? -errno : 0;
}

static int step_await_maps(const struct cell_plan *plan, struct stage_state *state)
{
	(void)state;
	struct message message;
	int rc = channel_receive(plan->control_fd, &message, NULL, 0);
	if (rc < 0)
		return rc;
	return message.type == MESSAGE_MAPPED ? 0 : -EPROTO;
}

/* Children of init see clocks that start at zero. Init itself stays outside, so that the times
 * it reports compare with the supervisor's. Source: time_namespaces(7). */
static int step_time_offsets(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	if (unshare(CLONE_NEWTIME) < 0)
		return -errno;
	static const struct {
		clockid_t clock;
		const char *name;
	} clocks[] = { { CLOCK_MONOTONIC, "monotonic -" }, { CLOCK_BOOTTIME, "boottime -" } };
	char text[128];
	char *end = text;
	for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
		struct timespec now;
		if (clock_read_by_call(clocks[i].clock, &now) < 0)
			return -errno;
		size_t length = strlen(clocks[i].name);
		memcpy(end, clocks[i].name, length);
		end = io_format_u64(end + length, (uint64_t)now.tv_sec);
		/* Whole seconds only: a remainder keeps every clock of the cell above zero. */
		memcpy(end, " 0\n", 4);
		end += 3;
	}
	return io_write_file_at(AT_FDCWD, "/proc/self/timens_offsets", text);
}

static int step_init_identity(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	if (sys_setgroups_none() < 0 || sys_setresgid(CELL_INIT_ID) < 0 ||
	    sys_setresuid(CELL_INIT_ID) < 0)
		return -errno;
	return 0;
}

/* After the change of identity, which would clear the request. */
static int step_die_with_supervisor(const struct cell_plan *plan, struct stage_state *state)
{
	(void)state;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	/* Had the supervisor died just before, its end of the channel would be closed by now. */
	struct pollfd control = { .fd = plan->control_fd, .events = POLLIN };
	if (poll(&control, 1, 0) < 0)
		return -errno;
	return (control.revents & (POLLHUP | POLLERR)) != 0 ? -EPIPE : 0;
}

static int step_mount_private(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? -errno : 0;
}

static int step_hostname(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	if (sethostname(CELL_HOSTNAME, strlen(CELL_HOSTNAME)) < 0 ||
	    setdomainname("", 0) < 0)
		return -errno;
	return 0;
}

static int step_loopback(const struct cell_plan *plan, struct stage_state *state)
{
	(void)state;
	if (!plan->loopback)
		return 0;
	AUTO_CLOSE int sock_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	if (sock_fd < 0 || ioctl(sock_fd, SIOCSIFFLAGS, &request) < 0)
		return -errno;
	return 0;
}

/* Kernel bugs are reached through new user namespaces; here there can be none, filter or not. */
static int step_no_nesting(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	return io_write_file_at(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0");
}

/* The new root goes on top of the old one, where it needs no folder of the host's. */
static int step_root(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	AUTO_CLOSE int fs_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs_fd < 0 || fsconfig(fs_fd, FSCONFIG_SET_STRING, "size", "4m", 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_SET_STRING, "nr_inodes", "4096", 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	state->root_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (state->root_fd < 0 || move_mount(state->root_fd, "", AT_FDCWD, "/",
					     MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static int step_mounts(const struct cell_plan *plan, struct stage_state *state)
{
	return mounts_execute(plan, state);
}

static int step_pivot(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	if (fchdir(state->root_fd) < 0 || sys_pivot_root(".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

static int step_root_read_only(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	if (mount_setattr(state->root_fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return -errno;
	return 0;
}

static int step_ready(const struct cell_plan *plan, struct stage_state *state)
{
	struct message ready = { .type = MESSAGE_READY };
	int rc = channel_send(plan->control_fd, &ready, &state->collect_fd, 1);
	fd_close(&state->collect_fd);
	return rc;
}

/* For the program's process, too. What capabilities there are stays: this bounds what an exec could give
 * back. */
static int step_bounds(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	(void)state;
	int rc = drop_lock_securebits();
	return rc < 0 ? rc : drop_capability_bounds();
}

static int step_spawn(const struct cell_plan *plan, struct stage_state *state)
{
	(void)state;
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args);
	if (pid < 0)
		return -errno;
	if (pid == 0)
		program_main(plan);
	return 0;
}

/* From here on init can do nothing but wait, and holds nothing but its channel and its claim. */
static int step_init_drop(const struct cell_plan *plan, struct stage_state *state)
{
	(void)state;
	unsigned low = (unsigned)plan->control_fd, high = (unsigned)plan->slot_lock_fd;
	if (low > high) {
		unsigned swap = low;
		low = high;
		high = swap;
	}
	if ((low > 0 && close_range(0, low - 1, 0) < 0) ||
	    (high > low + 1 && close_range(low + 1, high - 1, 0) < 0) ||
	    close_range(high + 1, ~0u, 0) < 0)
		return -errno;
	int rc = drop_all_capabilities();
	if (rc == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
		rc = -errno;
	return rc;
}

const struct stage init_stages[] = {
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "init.first_process", step_first_process },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_CELL_ROOT, "init.descriptors", step_close_descriptors },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_CELL_ROOT, "init.inheritance", step_inheritance },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "init.identity_map", step_await_maps },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "time.offsets", step_time_offsets },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "init.identity", step_init_identity },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_CELL_ROOT, "init.die_with_supervisor",
	  step_die_with_supervisor },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "mount.private", step_mount_private },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "uts.hostname", step_hostname },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "network.loopback", step_loopback },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "user.no_nesting", step_no_nesting },
	{ BAILIFF_STAGE_ROOTFS, PRIVILEGE_CELL_ROOT, "rootfs.root", step_root },
	{ BAILIFF_STAGE_ROOTFS, PRIVILEGE_CELL_ROOT, "rootfs.mounts", step_mounts },
	{ BAILIFF_STAGE_ROOTFS, PRIVILEGE_CELL_ROOT, "rootfs.pivot", step_pivot },
	{ BAILIFF_STAGE_ROOTFS, PRIVILEGE_CELL_ROOT, "rootfs.read_only", step_root_read_only },
	{ BAILIFF_STAGE_SUPERVISE, PRIVILEGE_CELL_ROOT, "init.ready", step_ready },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "init.bounds", step_bounds },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_CELL_ROOT, "init.spawn", step_spawn },
	{ BAILIFF_STAGE_NAMESPACE, PRIVILEGE_NONE, "init.drop", step_init_drop },
};
const size_t init_stage_count = sizeof init_stages / sizeof init_stages[0];

/* ---- reaping ---------------------------------------------------------------------------- */

#define PROGRAM_PID 2

static void report_exit(int control_fd, int wait_status, const struct rusage *usage)
{
	struct timespec now;
	(void)clock_read_by_call(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	struct message exited = {
		.type = MESSAGE_EXITED,
		.wait_status = wait_status,
		.end_ns = clock_ns(&now),
		.involuntary_switches = (uint64_t)usage->ru_nivcsw,
	};
	(void)channel_send(control_fd, &exited, NULL, 0);
}

static void reap(int control_fd)
{
	for (;;) {
		int status;
		struct rusage usage;
		pid_t pid = wait4(-1, &status, WNOHANG | __WALL, &usage);
		if (pid <= 0)
			return;
		/* The first process forked in a new process namespace is its second. */
		if (pid == PROGRAM_PID)
			report_exit(control_fd, status, &usage);
	}
}

/* Reaps until the supervisor kills this process, or its channel says that it is gone. */
static _Noreturn void reap_forever(int control_fd)
{
	sigset_t child;
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	int signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	struct pollfd watched[] = { { .fd = signal_fd, .events = POLLIN },
				    { .fd = control_fd, .events = POLLIN } };
	for (;;) {
		reap(control_fd);
		if (signal_fd < 0 || (poll(watched, 2, -1) < 0 && errno != EINTR) ||
		    watched[1].revents != 0)
			_exit(0);
		/* Before the signal is taken away, so that the supervisor hears of it at once; and
		 * after it, for those who ended meanwhile. */
		reap(control_fd);
		struct signalfd_siginfo info;
		while (read(signal_fd, &info, sizeof info) > 0)
			;
	}
}

/* The caller's handlers point into code that must not run here, and its name is the caller's. */
static void leave_callers_ways(void)
{
	(void)prctl(PR_SET_NAME, "bailiff-init", 0, 0, 0);
	sigset_t all;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	struct sigaction fallback = { .sa_handler = SIG_DFL };
	(void)sigaction(SIGCHLD, &fallback, NULL);
}

_Noreturn void init_main(const struct cell_plan *plan)
{
	struct stage_state state = { .report_fd = plan->control_fd, .root_fd = FD_NONE,
				     .collect_fd = FD_NONE, .ruleset_fd = FD_NONE,
				     .exec_fd = FD_NONE };
	leave_callers_ways();
	stages_run(init_stages, init_stage_count, plan, &state);
	reap_forever(plan->control_fd);
}
