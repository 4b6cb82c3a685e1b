/* SPDX-License-Identifier: MIT */
/*
 * Watching one program: its epoll set, and what is done about each thing that happens. Every wake-up
 * has a cause: a message from init, a forbidden call, output, input, a deadline, the caller giving
 * up. Nothing ticks:
 *
 *   - The CPU check is due when the budget could at the earliest be gone, were as many CPUs busy
 *     with this cell as can be. A program that sleeps costs one wake-up per such interval; one that
 *     burns is caught by a series that closes in on its limit. The kernel's counter lags behind
 *     until it is told not to, so that is done before each look.
 *   - The wall limit is one timer.
 *   - Idleness, where it is limited, is looked for a few times per limit.
 *   - Memory samples come at doubling intervals, so a long run has few of them and a short one
 *     has some.
 *
 * The first cause to stop a run stays the cause; the verdict is drawn later, from counters.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>

/* Looking at the counter again sooner than this would only take CPU time from the program. */
#define CPU_CHECK_MIN_NS (NS_PER_MS / 4)

/* Of a run that is shorter, its end is the one sample. */
#define SAMPLE_FIRST_NS (4 * NS_PER_MS)
#define SAMPLE_INTERVAL_MAX_NS (256 * NS_PER_MS)

/* How often a paired run's writes are looked at: a pipe takes some megabytes in that time. */
#define WRITES_INTERVAL_NS (16 * NS_PER_MS)

/* What may go on after an OOM kill that did not end the program. */
#define OOM_GRACE_NS (20 * NS_PER_MS)

enum watch_id {
	WATCH_LISTENER,
	WATCH_CONTROL,
	WATCH_CPU,
	WATCH_WALL,
	WATCH_IDLE,
	WATCH_SAMPLE,
	WATCH_STDOUT,
	WATCH_STDERR,
	WATCH_STDOUT_FILE,
	WATCH_STDERR_FILE,
	WATCH_STDIN_SOURCE,
	WATCH_STDIN_PIPE,
	WATCH_CANCEL,
};
#define WATCH_COUNT 13

void run_stop(struct run *run, enum stop_cause cause)
{
	if (run->outcome.stop == STOP_NONE)
		run->outcome.stop = cause;
	run->end_ns = clock_now_ns();
	run->watch.over = true;
}

static int watch_fd(struct run *run, int fd, enum watch_id id, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = (uint32_t)id };
	if (epoll_ctl(run->watch.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	return 0;
}

static void unwatch(struct run *run, int fd)
{
	(void)epoll_ctl(run->watch.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void arm(int timer_fd, uint64_t delay_ns)
{
	/* Zero would disarm. */
	const struct itimerspec when = { .it_value = clock_timespec(delay_ns > 0 ? delay_ns : 1) };
	(void)timerfd_settime(timer_fd, 0, &when, NULL);
}

static void quiet(int timer_fd)
{
	uint64_t expirations;
	(void)!read(timer_fd, &expirations, sizeof expirations);
}

/* ---- handlers: 0, or -errno where the sandbox itself failed; run->err filled where one knows more
 * than its errno -------------------------------------------------------------------------------- */

/*
 * What the program's process has said last, which is that its exec was refused, or nothing. Looked at when
 * it has ended: the channel closes on exec, and to be woken up for that would only take a CPU from
 * the program.
 */
static int look_at_report(struct run *run)
{
	struct pollfd report = { .fd = run->cell.report_fd, .events = POLLIN };
	struct message message;
	if (poll(&report, 1, 0) != 1)
		return 0;
	int rc = channel_receive(run->cell.report_fd, &message, NULL, 0);
	if (rc == -EPIPE || rc == -ECONNRESET)
		return 0;
	if (rc < 0 || message.type != MESSAGE_FAILED)
		return rc < 0 ? rc : -EPROTO;
	rc = run_stage_failed(run, &message);
	return rc < 0 ? rc : 0;
}

static int on_control(struct run *run)
{
	struct message message;
	int rc = channel_receive(run->cell.control_fd, &message, NULL, 0);
	if (rc == -EPIPE) {
		/* Init is gone without a word; only we or the kernel can have ended it. */
		run_stop(run, STOP_NONE);
		return 0;
	}
	if (rc < 0)
		return rc;
	if (message.type != MESSAGE_EXITED)
		return -EPROTO; /* init has nothing else to say by now */
	run->outcome.has_wait_status = true;
	run->outcome.wait_status = message.wait_status;
	run->result->noise.involuntary_switches = message.involuntary_switches;
	run_stop(run, STOP_NONE);
	run->end_ns = message.end_ns;
	return look_at_report(run);
}

/* Lets a call go on (errnum 0), or fail. A caller that died meanwhile needs no answer. */
static int answer_call(struct run *run, uint64_t id, int errnum)
{
	struct seccomp_notif_resp response = {
		.id = id,
		.error = -errnum,
		.flags = errnum == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
	};
	if (ioctl(run->listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0)
		return errno == ENOENT ? 0 : -errno;
	return 0;
}

/*
 * The first notification is the launch's own exec, and its answer is what lets the program go: until it has happened the process runs nothing
 * but our code, single-threaded, so there is nobody who could change the call's arguments between
 * this look and the kernel's. Letting a call pass is unsafe at any later time (seccomp(2)).
 */
static bool is_launch(const struct run *run, const struct seccomp_data *call)
{
	return !run->exec_allowed && call->nr == SYS_execveat &&
	       (int)call->args[0] == CELL_EXEC_FD && (int)call->args[4] == AT_EMPTY_PATH;
}


/* Whether a call waits. The listener also wakes us when nobody is left under the filter;
 * older kernels would then let a receive wait for ever. */
static bool call_waits(struct run *run)
{
	struct pollfd listener = { .fd = run->listener_fd, .events = POLLIN };
	if (poll(&listener, 1, 0) == 1 && (listener.revents & POLLIN) != 0)
		return true;
	unwatch(run, run->listener_fd);
	return false;
}

/* Receives what may be larger than this header says. 1 with the call's id; 0 where it was the
 * launch's own, or the caller died meanwhile; or -errno. */
static int receive_call(struct run *run, struct bailiff_syscall *ret_call, uint64_t *ret_id)
{
	struct seccomp_notif_sizes sizes;
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return -errno;
	size_t size = sizes.seccomp_notif;
	if (size < sizeof(struct seccomp_notif))
		size = sizeof(struct seccomp_notif);
	AUTO_FREE struct seccomp_notif *call = calloc(1, size);
	if (call == NULL)
		return -ENOMEM;
	if (ioctl(run->listener_fd, SECCOMP_IOCTL_NOTIF_RECV, call) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno;
	if (is_launch(run, &call->data)) {
		run->exec_allowed = true;
		return answer_call(run, call->id, 0);
	}
	filter_name_syscall(call->data.arch, call->data.nr, ret_call);
	for (size_t i = 0; i < 6; i++)
		ret_call->args[i] = call->data.args[i];
	*ret_id = call->id;
	return 1;
}

static int on_notification(struct run *run)
{
	const struct bailiff_spec *spec = run->spec;
	struct bailiff_syscall call = { .number = 0 };
	uint64_t id = 0;
	if (!call_waits(run))
		return 0;
	int rc = receive_call(run, &call, &id);
	if (rc <= 0)
		return rc;
	if (spec->observe != NULL && strcmp(call.arch, filter_native_arch()) == 0)
		return answer_call(run, id, spec->observe(spec->observe_context, &call));
	run->result->syscall = call;
	run->result->has_syscall = true;
	run_stop(run, STOP_SYSCALL);
	return 0;
}

int watch_counter_failed(struct run *run)
{
	return fail_internal(run->err, BAILIFF_STAGE_CGROUP, EIO, "read the CPU counter");
}

static void arm_cpu_timer(struct run *run, uint64_t left_ns)
{
	/* Each thread uses one CPU at a time, and the leaf takes no more threads than that. */
	uint64_t busy_max = run->host->cpus_online;
	if (run->limits.processes < busy_max)
		busy_max = run->limits.processes;
	uint64_t due_ns = left_ns / busy_max;
	arm(run->watch.cpu_timer_fd, due_ns > CPU_CHECK_MIN_NS ? due_ns : CPU_CHECK_MIN_NS);
}

static int on_cpu_timer(struct run *run)
{
	quiet(run->watch.cpu_timer_fd);
	cgroup_leaf_settle_cpu(&run->cell.leaf);
	uint64_t used = account_cpu_ns(run), limit = run->limits.cpu_ns;
	if (used == BAILIFF_UNKNOWN)
		return watch_counter_failed(run);
	if (used > limit) {
		run_stop(run, STOP_CPU);
		return 0;
	}
	arm_cpu_timer(run, limit - used);
	return 0;
}

uint64_t run_excused_ns(const struct run *run)
{
	uint64_t active_ns = run->excuse != NULL ? account_active_ns(run->excuse) : 0;
	if (active_ns == BAILIFF_UNKNOWN || active_ns < run->excuse_begin_ns)
		return run->excused_ns;
	return run->excused_ns + (run->excuse != NULL ? active_ns - run->excuse_begin_ns : 0);
}

static int on_wall_timer(struct run *run)
{
	quiet(run->watch.wall_timer_fd);
	uint64_t allowed_ns = run->limits.wall_ns + run_excused_ns(run);
	uint64_t used_ns = clock_now_ns() - run->start_ns;
	if (used_ns >= allowed_ns)
		run_stop(run, STOP_WALL);
	else
		arm(run->watch.wall_timer_fd, allowed_ns - used_ns);
	return 0;
}

void run_look_at_writes(struct run *run)
{
	uint64_t bytes = run->start_ns != 0 ? account_written_bytes(run) : 0;
	if (bytes == BAILIFF_UNKNOWN || bytes <= run->written_begin_bytes + run->written_bytes)
		return;
	run->written_bytes = bytes - run->written_begin_bytes;
	if (run->written_bytes > run->limits.output_bytes)
		run_stop(run, STOP_OUTPUT);
}

void run_stop_idle(struct run *run, uint64_t limit_ns)
{
	run->idled_ns = limit_ns;
	run_stop(run, STOP_IDLE);
}

static void arm_idle_timer(struct run *run, uint64_t now_ns)
{
	uint64_t due_ns = run->watch.idleness.due_ns;
	arm(run->watch.idle_timer_fd, due_ns > now_ns ? due_ns - now_ns : 0);
}

static int count_idleness(struct run *run)
{
	uint64_t now_ns = clock_now_ns(), active_ns = account_active_ns(run);
	if (active_ns == BAILIFF_UNKNOWN)
		return watch_counter_failed(run);
	idleness_begin(&run->watch.idleness, run->limits.idle_ns, now_ns, active_ns);
	arm_idle_timer(run, now_ns);
	return 0;
}

static int on_idle_timer(struct run *run)
{
	quiet(run->watch.idle_timer_fd);
	uint64_t now_ns = clock_now_ns(), active_ns = account_active_ns(run);
	if (active_ns == BAILIFF_UNKNOWN)
		return watch_counter_failed(run);
	if (idleness_look(&run->watch.idleness, now_ns, active_ns))
		run_stop_idle(run, run->limits.idle_ns);
	else
		arm_idle_timer(run, now_ns);
	return 0;
}

static int on_sample_timer(struct run *run)
{
	quiet(run->watch.sample_timer_fd);
	account_begin_steal(run);
	account_sample(run);
	uint64_t kills = cgroup_leaf_read(&run->cell.leaf, CGROUP_OOM_KILLS);
	if (kills != BAILIFF_UNKNOWN && kills > 0) {
		/* If it was the program itself, its status is on the way and worth waiting for. */
		if (run->watch.oom_seen)
			run_stop(run, STOP_OOM);
		run->watch.oom_seen = true;
		arm(run->watch.sample_timer_fd, OOM_GRACE_NS);
		return 0;
	}
	uint64_t interval_max_ns = SAMPLE_INTERVAL_MAX_NS;
	if (run->is_paired) {
		run_look_at_writes(run);
		interval_max_ns = WRITES_INTERVAL_NS;
	}
	if (run->watch.sample_interval_ns < interval_max_ns)
		run->watch.sample_interval_ns *= 2;
	arm(run->watch.sample_timer_fd, run->watch.sample_interval_ns);
	return 0;
}

static uint64_t output_allowance(const struct run *run)
{
	uint64_t used = run->stdio.sinks[0].bytes + run->stdio.sinks[1].bytes;
	return used < run->limits.output_bytes ? run->limits.output_bytes - used : 0;
}

/* The pipe and a file that does not keep up take turns in the epoll set. */
static int watch_output(struct run *run, size_t index)
{
	struct sink *sink = &run->stdio.sinks[index];
	if (sink_waits_for_file(sink))
		return watch_fd(run, sink->file_fd, (enum watch_id)(WATCH_STDOUT_FILE + (int)index),
				EPOLLOUT);
	if (sink->pipe_fd < 0)
		return 0;
	return watch_fd(run, sink->pipe_fd, (enum watch_id)(WATCH_STDOUT + (int)index), EPOLLIN);
}

int run_watch_output(struct run *run)
{
	int rc = watch_output(run, 0);
	return rc < 0 ? watch_failed(run, rc) : 0;
}

static int output_failed(struct run *run, size_t index, int rc)
{
	return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "write %s to its file",
			     index == 0 ? "stdout" : "stderr");
}

static int on_output(struct run *run, size_t index)
{
	struct sink *sink = &run->stdio.sinks[index];
	uint64_t allowance = output_allowance(run), before = sink->bytes;
	int rc = sink_read(sink, allowance);
	if (rc < 0)
		return output_failed(run, index, rc);
	if (sink->bytes - before > allowance)
		run_stop(run, STOP_OUTPUT);
	if (rc == 1) {
		/* Explicitly: a copy of the descriptor in a child of the caller would keep it in. */
		unwatch(run, sink->pipe_fd);
		fd_close(&sink->pipe_fd);
	}
	if (!sink_waits_for_file(sink))
		return 0;
	unwatch(run, sink->pipe_fd);
	return watch_output(run, index);
}

static int on_output_file(struct run *run, size_t index)
{
	struct sink *sink = &run->stdio.sinks[index];
	int rc = sink_flush(sink);
	if (rc < 0)
		return output_failed(run, index, rc);
	if (sink_waits_for_file(sink))
		return 0;
	unwatch(run, sink->file_fd);
	return watch_output(run, index);
}

static int on_stdout(struct run *run)
{
	return on_output(run, 0);
}

static int on_stderr(struct run *run)
{
	return on_output(run, 1);
}

static int on_stdout_file(struct run *run)
{
	return on_output_file(run, 0);
}

static int on_stderr_file(struct run *run)
{
	return on_output_file(run, 1);
}

/* The source and the pipe take turns, too. A source that cannot be polled is a file, and always
 * ready. */
static int watch_input(struct run *run)
{
	struct pump *pump = &run->stdio.pump;
	int rc = -EPERM;
	if (!pump_waits_for_pipe(pump))
		rc = watch_fd(run, pump->source_fd, WATCH_STDIN_SOURCE, EPOLLIN);
	return rc == -EPERM ? watch_fd(run, pump->pipe_fd, WATCH_STDIN_PIPE, EPOLLOUT) : rc;
}

static int on_input(struct run *run)
{
	struct pump *pump = &run->stdio.pump;
	unwatch(run, pump->source_fd);
	unwatch(run, pump->pipe_fd);
	int rc = pump_move(pump);
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc,
				     "read the source of standard input");
	return rc == 1 ? watch_input(run) : 0;
}

static int on_cancel(struct run *run)
{
	run_stop(run, STOP_CANCELLED);
	return 0;
}

static int (*const handlers[WATCH_COUNT])(struct run *run) = {
	[WATCH_CONTROL] = on_control,
	[WATCH_LISTENER] = on_notification, [WATCH_CPU] = on_cpu_timer,
	[WATCH_WALL] = on_wall_timer,	 [WATCH_IDLE] = on_idle_timer,
	[WATCH_SAMPLE] = on_sample_timer,
	[WATCH_STDOUT] = on_stdout,	 [WATCH_STDERR] = on_stderr,
	[WATCH_STDOUT_FILE] = on_stdout_file, [WATCH_STDERR_FILE] = on_stderr_file,
	[WATCH_STDIN_SOURCE] = on_input, [WATCH_STDIN_PIPE] = on_input,
	[WATCH_CANCEL] = on_cancel,
};

/* ---- set-up and batches ------------------------------------------------------------------- */

int watch_failed(struct run *run, int rc)
{
	if (run->err->fault == BAILIFF_FAULT_NONE)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "watch the program");
	return rc;
}

static int make_timer(struct run *run, enum watch_id id, int *ret_fd)
{
	*ret_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return *ret_fd < 0 ? -errno : watch_fd(run, *ret_fd, id, EPOLLIN);
}

static int make_timers(struct run *run)
{
	struct watch *watch = &run->watch;
	int rc = make_timer(run, WATCH_CPU, &watch->cpu_timer_fd);
	if (rc == 0)
		rc = make_timer(run, WATCH_WALL, &watch->wall_timer_fd);
	if (rc == 0)
		rc = make_timer(run, WATCH_SAMPLE, &watch->sample_timer_fd);
	if (rc == 0 && run->limits.idle_ns != 0)
		rc = make_timer(run, WATCH_IDLE, &watch->idle_timer_fd);
	return rc;
}

static int watch_streams(struct run *run)
{
	struct stdio *stdio = &run->stdio;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < 2; i++)
		rc = watch_output(run, i);
	if (rc == 0 && stdio->pump.pipe_fd >= 0)
		rc = watch_input(run);
	return rc;
}

static int watch_all(struct run *run)
{
	run->watch.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (run->watch.epoll_fd < 0)
		return -errno;
	int rc = watch_fd(run, run->cell.control_fd, WATCH_CONTROL, EPOLLIN);
	if (rc == 0 && run->spec->has_cancel_fd)
		rc = watch_fd(run, run->spec->cancel_fd, WATCH_CANCEL, EPOLLIN);
	if (rc == 0)
		rc = make_timers(run);
	return rc == 0 ? watch_streams(run) : rc;
}

int run_watch(struct run *run)
{
	int rc = watch_all(run);
	return rc < 0 ? watch_failed(run, rc) : 0;
}

void watch_finish(struct watch *watch)
{
	fd_close(&watch->idle_timer_fd);
	fd_close(&watch->sample_timer_fd);
	fd_close(&watch->wall_timer_fd);
	fd_close(&watch->cpu_timer_fd);
	fd_close(&watch->epoll_fd);
}

int run_let_go(struct run *run)
{
	struct watch *watch = &run->watch;
	account_begin(run);
	if (run->is_paired) {
		uint64_t written_bytes = account_written_bytes(run);
		run->written_begin_bytes = written_bytes != BAILIFF_UNKNOWN ? written_bytes : 0;
	}
	/* The time is taken first, so that no timer can be due before its limit by this clock. */
	run->start_ns = clock_now_ns();
	watch->sample_interval_ns = SAMPLE_FIRST_NS;
	arm_cpu_timer(run, run->limits.cpu_ns);
	arm(watch->wall_timer_fd, run->limits.wall_ns);
	arm(watch->sample_timer_fd, watch->sample_interval_ns);
	int rc = run->limits.idle_ns != 0 ? count_idleness(run) : 0;
	if (rc == 0)
		rc = watch_fd(run, run->listener_fd, WATCH_LISTENER, EPOLLIN);
	return rc < 0 ? watch_failed(run, rc) : 0;
}

/*
 * A batch of events is handled in the order of enum watch_id: a forbidden call comes before the end
 * of a main program whose child made it, and both before a deadline that passed at the same time.
 */
static int handle_batch(struct run *run, const struct epoll_event *events, int count)
{
	uint32_t ready = 0;
	for (int i = 0; i < count; i++)
		ready |= 1u << events[i].data.u32;
	for (int id = 0; id < WATCH_COUNT && !run->watch.over; id++) {
		if ((ready & (1u << id)) == 0)
			continue;
		int rc = handlers[id](run);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int watch_handle(struct run *run)
{
	struct epoll_event events[WATCH_COUNT];
	int count = epoll_wait(run->watch.epoll_fd, events, WATCH_COUNT, 0);
	int rc = count < 0 ? -errno : handle_batch(run, events, count);
	if (rc < 0 && rc != -EINTR)
		return watch_failed(run, rc);
	return run->outcome.stop == STOP_CANCELLED ? fail_cancelled(run->err) : 0;
}
