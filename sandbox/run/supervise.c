/* SPDX-License-Identifier: MIT */
/*
 * Watching a program, in one epoll loop. Every wake-up has a cause: a message from init, a
 * forbidden call, output, input, a deadline, the caller giving up. Nothing ticks:
 *
 *   - The CPU check is due when the budget could at the earliest be gone, were every CPU busy
 *     with this cell. A program that sleeps costs one wake-up per such interval; one that burns
 *     is caught by a series that closes in on its limit.
 *   - The wall limit is one timer.
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

/* Counters lag by up to a scheduler tick; asking again sooner than this would only spin. */
#define CPU_CHECK_MIN_NS (NS_PER_MS / 2)

#define SAMPLE_FIRST_NS NS_PER_MS
#define SAMPLE_INTERVAL_MAX_NS (256 * NS_PER_MS)

/* What may go on after an OOM kill that did not end the program. */
#define OOM_GRACE_NS (20 * NS_PER_MS)

enum watch {
	WATCH_LISTENER,
	WATCH_REPORT,
	WATCH_CONTROL,
	WATCH_CPU,
	WATCH_WALL,
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

struct supervision {
	struct run *run;
	int epoll_fd;               /* owned */
	int cpu_timer_fd;           /* owned */
	int wall_timer_fd;          /* owned */
	int sample_timer_fd;        /* owned */
	uint64_t sample_interval_ns;
	bool oom_seen;
	bool over;
};

static void stop(struct supervision *s, enum stop_cause cause)
{
	if (s->run->outcome.stop == STOP_NONE)
		s->run->outcome.stop = cause;
	s->run->end_ns = clock_now_ns();
	s->over = true;
}

static int watch_fd(struct supervision *s, int fd, enum watch watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = (uint32_t)watch };
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	return 0;
}

static void unwatch(struct supervision *s, int fd)
{
	(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
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

static int on_control(struct supervision *s)
{
	struct message message;
	int rc = channel_receive(s->run->control_fd, &message, NULL);
	if (rc == -EPIPE) {
		/* Init is gone without a word; only we or the kernel can have ended it. */
		stop(s, STOP_NONE);
		return 0;
	}
	if (rc < 0)
		return rc;
	if (message.type == MESSAGE_EXITED) {
		s->run->outcome.has_wait_status = true;
		s->run->outcome.wait_status = message.wait_status;
		s->run->result->noise.involuntary_switches = message.involuntary_switches;
		stop(s, STOP_NONE);
		s->run->end_ns = message.end_ns;
		return 0;
	}
	return -EPROTO; /* init has nothing else to say by now */
}

/* End of file says that exec happened; a message, that it was refused. */
static int on_report(struct supervision *s)
{
	struct message message;
	int rc = channel_receive(s->run->report_fd, &message, NULL);
	unwatch(s, s->run->report_fd);
	if (rc == -EPIPE || rc == -ECONNRESET)
		return 0;
	if (rc < 0 || message.type != MESSAGE_FAILED)
		return rc < 0 ? rc : -EPROTO;
	rc = run_stage_failed(s->run, &message);
	return rc < 0 ? rc : 0;
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
 * The first notification is the launch's own exec: until it has happened the process runs nothing
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
static bool call_waits(struct supervision *s)
{
	struct pollfd listener = { .fd = s->run->listener_fd, .events = POLLIN };
	if (poll(&listener, 1, 0) == 1 && (listener.revents & POLLIN) != 0)
		return true;
	unwatch(s, s->run->listener_fd);
	return false;
}

/* Receives what may be larger than this header says. 1 with the call's id; 0 where it was the
 * launch's own, or the caller died meanwhile; or -errno. */
static int receive_call(struct supervision *s, struct bailiff_syscall *ret_call, uint64_t *ret_id)
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
	if (ioctl(s->run->listener_fd, SECCOMP_IOCTL_NOTIF_RECV, call) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno;
	if (is_launch(s->run, &call->data)) {
		s->run->exec_allowed = true;
		return answer_call(s->run, call->id, 0);
	}
	filter_name_syscall(call->data.arch, call->data.nr, ret_call);
	for (size_t i = 0; i < 6; i++)
		ret_call->args[i] = call->data.args[i];
	*ret_id = call->id;
	return 1;
}

static int on_notification(struct supervision *s)
{
	const struct bailiff_spec *spec = s->run->spec;
	struct bailiff_syscall call = { .number = 0 };
	uint64_t id = 0;
	if (!call_waits(s))
		return 0;
	int rc = receive_call(s, &call, &id);
	if (rc <= 0)
		return rc;
	if (spec->observe != NULL && strcmp(call.arch, filter_native_arch()) == 0)
		return answer_call(s->run, id, spec->observe(spec->observe_context, &call));
	s->run->result->syscall = call;
	s->run->result->has_syscall = true;
	stop(s, STOP_SYSCALL);
	return 0;
}

static int on_cpu_timer(struct supervision *s)
{
	quiet(s->cpu_timer_fd);
	uint64_t used = account_cpu_ns(s->run), limit = s->run->limits.cpu_ns;
	if (used == BAILIFF_UNKNOWN)
		return fail_internal(s->run->err, BAILIFF_STAGE_CGROUP, EIO, "read the CPU counter");
	if (used > limit) {
		stop(s, STOP_CPU);
		return 0;
	}
	uint64_t due = (limit - used) / s->run->host->cpus_online;
	arm(s->cpu_timer_fd, due > CPU_CHECK_MIN_NS ? due : CPU_CHECK_MIN_NS);
	return 0;
}

static int on_wall_timer(struct supervision *s)
{
	quiet(s->wall_timer_fd);
	stop(s, STOP_WALL);
	return 0;
}

static int on_sample_timer(struct supervision *s)
{
	quiet(s->sample_timer_fd);
	account_sample(s->run);
	uint64_t kills = cgroup_leaf_read(&s->run->leaf, CGROUP_OOM_KILLS);
	if (kills != BAILIFF_UNKNOWN && kills > 0) {
		/* If it was the program itself, its status is on the way and worth waiting for. */
		if (s->oom_seen)
			stop(s, STOP_OOM);
		s->oom_seen = true;
		arm(s->sample_timer_fd, OOM_GRACE_NS);
		return 0;
	}
	if (s->sample_interval_ns < SAMPLE_INTERVAL_MAX_NS)
		s->sample_interval_ns *= 2;
	arm(s->sample_timer_fd, s->sample_interval_ns);
	return 0;
}

static uint64_t output_allowance(const struct run *run)
{
	uint64_t used = run->stdio.sinks[0].bytes + run->stdio.sinks[1].bytes;
	return used < run->limits.output_bytes ? run->limits.output_bytes - used : 0;
}

/* The pipe and a file that does not keep up take turns in the epoll set. */
static int watch_output(struct supervision *s, size_t index)
{
	struct sink *sink = &s->run->stdio.sinks[index];
	if (sink_waits_for_file(sink))
		return watch_fd(s, sink->file_fd, (enum watch)(WATCH_STDOUT_FILE + (int)index),
				EPOLLOUT);
	if (sink->pipe_fd < 0)
		return 0;
	return watch_fd(s, sink->pipe_fd, (enum watch)(WATCH_STDOUT + (int)index), EPOLLIN);
}

static int output_failed(struct supervision *s, size_t index, int rc)
{
	return fail_internal(s->run->err, BAILIFF_STAGE_SUPERVISE, -rc, "write %s to its file",
			     index == 0 ? "stdout" : "stderr");
}

static int on_output(struct supervision *s, size_t index)
{
	struct sink *sink = &s->run->stdio.sinks[index];
	uint64_t allowance = output_allowance(s->run), before = sink->bytes;
	int rc = sink_read(sink, allowance);
	if (rc < 0)
		return output_failed(s, index, rc);
	if (sink->bytes - before > allowance)
		stop(s, STOP_OUTPUT);
	if (rc == 1) {
		/* Explicitly: a copy of the descriptor in a child of the caller would keep it in. */
		unwatch(s, sink->pipe_fd);
		fd_close(&sink->pipe_fd);
	}
	if (!sink_waits_for_file(sink))
		return 0;
	unwatch(s, sink->pipe_fd);
	return watch_output(s, index);
}

static int on_output_file(struct supervision *s, size_t index)
{
	struct sink *sink = &s->run->stdio.sinks[index];
	int rc = sink_flush(sink);
	if (rc < 0)
		return output_failed(s, index, rc);
	if (sink_waits_for_file(sink))
		return 0;
	unwatch(s, sink->file_fd);
	return watch_output(s, index);
}

static int on_stdout(struct supervision *s)
{
	return on_output(s, 0);
}

static int on_stderr(struct supervision *s)
{
	return on_output(s, 1);
}

static int on_stdout_file(struct supervision *s)
{
	return on_output_file(s, 0);
}

static int on_stderr_file(struct supervision *s)
{
	return on_output_file(s, 1);
}

/* The source and the pipe take turns, too. A source that cannot be polled is a file, and always
 * ready. */
static int watch_input(struct supervision *s)
{
	struct pump *pump = &s->run->stdio.pump;
	int rc = -EPERM;
	if (!pump_waits_for_pipe(pump))
		rc = watch_fd(s, pump->source_fd, WATCH_STDIN_SOURCE, EPOLLIN);
	return rc == -EPERM ? watch_fd(s, pump->pipe_fd, WATCH_STDIN_PIPE, EPOLLOUT) : rc;
}

static int on_input(struct supervision *s)
{
	struct pump *pump = &s->run->stdio.pump;
	unwatch(s, pump->source_fd);
	unwatch(s, pump->pipe_fd);
	int rc = pump_move(pump);
	if (rc < 0)
		return fail_internal(s->run->err, BAILIFF_STAGE_SUPERVISE, -rc,
				     "read the source of standard input");
	return rc == 1 ? watch_input(s) : 0;
}

static int on_cancel(struct supervision *s)
{
	stop(s, STOP_CANCELLED);
	return 0;
}

static int (*const handlers[WATCH_COUNT])(struct supervision *s) = {
	[WATCH_CONTROL] = on_control,	 [WATCH_REPORT] = on_report,
	[WATCH_LISTENER] = on_notification, [WATCH_CPU] = on_cpu_timer,
	[WATCH_WALL] = on_wall_timer,	 [WATCH_SAMPLE] = on_sample_timer,
	[WATCH_STDOUT] = on_stdout,	 [WATCH_STDERR] = on_stderr,
	[WATCH_STDOUT_FILE] = on_stdout_file, [WATCH_STDERR_FILE] = on_stderr_file,
	[WATCH_STDIN_SOURCE] = on_input, [WATCH_STDIN_PIPE] = on_input,
	[WATCH_CANCEL] = on_cancel,
};

/* ---- set-up and loop ---------------------------------------------------------------------- */

static int make_timer(struct supervision *s, enum watch watch, int *ret_fd)
{
	*ret_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return *ret_fd < 0 ? -errno : watch_fd(s, *ret_fd, watch, EPOLLIN);
}

static int watch_streams(struct supervision *s)
{
	struct stdio *stdio = &s->run->stdio;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < 2; i++)
		rc = watch_output(s, i);
	if (rc == 0 && stdio->pump.pipe_fd >= 0)
		rc = watch_input(s);
	return rc;
}

static int watch_all(struct supervision *s)
{
	struct run *run = s->run;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return -errno;
	int rc = watch_fd(s, run->control_fd, WATCH_CONTROL, EPOLLIN);
	if (rc == 0)
		rc = watch_fd(s, run->report_fd, WATCH_REPORT, EPOLLIN);
	if (rc == 0)
		rc = watch_fd(s, run->listener_fd, WATCH_LISTENER, EPOLLIN);
	if (rc == 0 && run->spec->has_cancel_fd)
		rc = watch_fd(s, run->spec->cancel_fd, WATCH_CANCEL, EPOLLIN);
	if (rc == 0)
		rc = make_timer(s, WATCH_CPU, &s->cpu_timer_fd);
	if (rc == 0)
		rc = make_timer(s, WATCH_WALL, &s->wall_timer_fd);
	if (rc == 0)
		rc = make_timer(s, WATCH_SAMPLE, &s->sample_timer_fd);
	return rc == 0 ? watch_streams(s) : rc;
}

static int let_go(struct supervision *s)
{
	struct run *run = s->run;
	account_begin(run);
	const struct message go = { .type = MESSAGE_GO };
	/* The time is taken first, so that no timer can be due before its limit by this clock. */
	run->start_ns = clock_now_ns();
	arm(s->cpu_timer_fd, run->limits.cpu_ns / run->host->cpus_online);
	arm(s->wall_timer_fd, run->limits.wall_ns);
	arm(s->sample_timer_fd, s->sample_interval_ns);
	return channel_send(run->report_fd, &go, -1);
}

/*
 * A batch of events is handled in the order of enum watch: a forbidden call comes before the end
 * of a main program whose child made it, a failed exec before the exit it leads to, and all of them
 * before a deadline that passed at the same time.
 */
static int handle_batch(struct supervision *s, const struct epoll_event *events, int count)
{
	uint32_t ready = 0;
	for (int i = 0; i < count; i++)
		ready |= 1u << events[i].data.u32;
	for (int watch = 0; watch < WATCH_COUNT && !s->over; watch++) {
		if ((ready & (1u << watch)) == 0)
			continue;
		int rc = handlers[watch](s);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int loop(struct supervision *s)
{
	while (!s->over) {
		struct epoll_event events[WATCH_COUNT];
		int count = epoll_wait(s->epoll_fd, events, WATCH_COUNT, -1);
		if (count < 0 && errno != EINTR)
			return -errno;
		int rc = count > 0 ? handle_batch(s, events, count) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int run_supervise(struct run *run)
{
	struct supervision s = { .run = run, .epoll_fd = FD_NONE, .cpu_timer_fd = FD_NONE,
				 .wall_timer_fd = FD_NONE, .sample_timer_fd = FD_NONE,
				 .sample_interval_ns = SAMPLE_FIRST_NS };
	int rc = watch_all(&s);
	if (rc == 0)
		rc = let_go(&s);
	if (rc == 0)
		rc = loop(&s);
	fd_close(&s.sample_timer_fd);
	fd_close(&s.wall_timer_fd);
	fd_close(&s.cpu_timer_fd);
	fd_close(&s.epoll_fd);
	if (rc < 0 && run->err->fault == BAILIFF_FAULT_NONE)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "watch the program");
	return rc;
}
