/* SPDX-License-Identifier: MIT */
/*
 * The worker's loop. It is one thread: what it waits for (slots, the store's events, signals, time) is in one
 * poll(2), and what is to be done at a time is in one table, `duties`. Slots are processes of their own
 * (slot_channel.h), so nothing a job does keeps the loop from renewing leases.
 *
 * What is known of the store is what its last call said. While it is out of reach jobs go on, and what they
 * came to is kept until it can be told or the lease has run out; then another worker may have the job, and the
 * fence makes ours harmless.
 */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "worker/held_jobs.h"
#include "worker/slot_process.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>

/* How long the store is left alone after it could not be reached; doubled from first to last. */
#define STORE_RETRY_FIRST_NS (250 * NS_PER_MS)
#define STORE_RETRY_LAST_NS (5 * NS_PER_S)
#define REPORT_BUSY_NS (2 * NS_PER_S)
#define REPORT_IDLE_NS (10 * NS_PER_S)
#define STATS_INTERVAL_NS (5 * NS_PER_S)
#define METRICS_FILE_INTERVAL_NS (15 * NS_PER_S)
/* Where jobs take less than this on the average, each slot has one more at hand, so that it need not wait for
 * the store between two. The one at hand waits no longer than its predecessor runs. */
#define PREFETCH_BELOW_NS (200 * NS_PER_MS)
/* One that had to wait for longer, behind a job that is not like the others, is given back. */
#define PREFETCH_PATIENCE_NS (2 * NS_PER_S)
/* With so much memory for each, jobs are claimed several at a time; else one by one, because each may take
 * all that is left. */
#define AMPLE_MEMORY_BYTES (UINT64_C(4) << 30)
/* Of a slot, while none has ever been ready. */
#define STARTS_MAX 3u
/* After so many jobs in a row that failed here, and none that did not, it is this machine that fails: it takes one
 * job at a time, after a pause that is doubled each time. Else it would use up all attempts of all jobs. */
#define FAILURES_MAX 3u
#define PAUSE_FIRST_NS NS_PER_S
#define PAUSE_LAST_NS (30 * NS_PER_S)
/* Of what a slot says, at a time. */
#define LINES_MAX 256u
/* While a slot has a job the loop wakes up this often. What is longer was not its time: it was stopped, or the
 * machine slept, and so may its slots have been. */
#define AWAKE_STEP_NS NS_PER_S
/* How long a worker that ends tries to tell a store that is out of reach. */
#define FAREWELL_NS (10 * NS_PER_S)

struct worker;

struct duty {
	const char *name;
	void (*perform)(struct worker *worker, uint64_t now_ns); /* says when it is due again */
	bool needs_store;
};

enum duty_id {
	DUTY_EXPIRE,
	DUTY_SILENCE,
	DUTY_SLOTS,
	DUTY_WRITE,
	DUTY_RENEW,
	DUTY_UNHEARD,
	DUTY_CLAIM,
	DUTY_REAP,
	DUTY_REPORT,
	DUTY_STATS,
	DUTY_METRICS_FILE,
	DUTY_WATCHDOG,
	DUTY_COUNT,
};

#define NEVER UINT64_MAX

struct worker {
	const struct worker_setup *setup;
	struct worker_status status;
	struct slot_process *slots;
	struct held_jobs jobs;
	struct metrics_server *metrics;
	struct pollfd *watched;
	uint64_t due_ns[DUTY_COUNT]; /* CLOCK_BOOTTIME */
	uint64_t looked_ns;	     /* likewise: when it was last awake ... */
	uint64_t awake_ns;	     /* ... and for how long it has been, in all */

	uint64_t store_due_ns; /* duties that need the store wait until then */
	uint64_t store_wait_ns;
	uint64_t mean_duration_ns; /* of late jobs; 0 = none yet */
	unsigned failures;	   /* different jobs that failed since the last verdict */
	uint64_t failed_job;	   /* the last one */
	uint64_t pause_ns, pause_until_ns;
	uint64_t doubt_until_ns;   /* until then a claim may take effect whose answer was lost */
	uint64_t reserve_ns;	   /* this worker's, see spread_reserve() */
	uint64_t reported_ns;	   /* when the status was last put into the queue */
	int signal;		   /* the first that came */
	uint64_t drain_until_ns, farewell_ns;
	bool is_empty; /* until_empty, and there is nothing left */
	bool is_one_by_one; /* the last claim of several got fewer: what is left may take more than each's part */
	bool was_ready; /* some slot was, once */
	int rc;	       /* < 0: why it can not go on */
	struct bailiff_error *err;
};

static void make_due(struct worker *worker, enum duty_id duty, uint64_t when_ns)
{
	if (worker->due_ns[duty] > when_ns)
		worker->due_ns[duty] = when_ns;
}

/* ---- the store -------------------------------------------------------------------------------------- */

/* Whether a call failed for a reason that lies in the store (it is not there, full, read-only; its password or its
 * rights were changed), and not in what it was told. */
static bool is_out_of_reach(int rc, const struct bailiff_error *err)
{
	return rc == -EAGAIN ||
	       (rc < 0 && rc != -EOWNERDEAD && err->fault == BAILIFF_FAULT_HOST);
}

/*
 * To be called after each call to the store, with what it returned; returns the same, but -EAGAIN for all that
 * somebody has to mend: it is tried again, and what is to be told is kept. What the store itself refuses is told by
 * the caller; that it can not be reached, here. Where another has this worker's name by now, it ends.
 */
static int store_called(struct worker *worker, uint64_t begin_ns, int rc,
			const struct bailiff_error *err)
{
	uint64_t now_ns = clock_boot_ns();
	bool is_reached = !is_out_of_reach(rc, err);
	histogram_add(&worker->status.tally.store, now_ns - begin_ns);
	if (!is_reached) {
		worker->status.tally.queue_failures++;
		worker->store_wait_ns = worker->store_wait_ns == 0 ? STORE_RETRY_FIRST_NS :
								     worker->store_wait_ns * 2;
		if (worker->store_wait_ns > STORE_RETRY_LAST_NS)
			worker->store_wait_ns = STORE_RETRY_LAST_NS;
		worker->store_due_ns = now_ns + worker->store_wait_ns;
	}
	if (is_reached && !worker->status.is_reachable)
		LOG(worker->setup->log, LOG_LEVEL_INFO, "store-back",
		    LOG_T("queue", worker->status.queue));
	if (!is_reached && worker->status.is_reachable)
		log_error(worker->setup->log, LOG_LEVEL_WARNING, "store-lost", err);
	if (is_reached)
		worker->store_due_ns = worker->store_wait_ns = 0;
	worker->status.is_reachable = is_reached;
	if (rc == -EOWNERDEAD && worker->rc == 0) {
		worker->rc = rc;
		*worker->err = *err;
	}
	return is_reached ? rc : -EAGAIN;
}

/* ---- jobs: losing and ending -------------------------------------------------------------------------- */

static void log_job(struct worker *worker, enum log_level level, const char *event,
		    const struct held_job *job, const char *reason)
{
	LOG(worker->setup->log, level, event, LOG_N("job", job->claimed.hold.job),
	    LOG_N("fence", job->claimed.hold.fence), LOG_N("attempt", job->claimed.attempt),
	    LOG_T("client", job->claimed.client), LOG_T("reason", reason));
}

/* Another has it, or it was cancelled: it is stopped at once, and nothing is said of it. */
static void lose(struct worker *worker, struct held_job *job, const char *why, uint64_t now_ns)
{
	worker->status.tally.leases_lost++;
	log_job(worker, LOG_LEVEL_WARNING, "lease-lost", job, why);
	if (job->state != HELD_RUNNING) {
		held_remove(job);
		return;
	}
	job->is_lost = true;
	slot_process_cancel(&worker->slots[job->slot], now_ns);
	make_due(worker, DUTY_SLOTS, 0);
}

/* What a slot says of a job's end; `fd` has the texts. */
static void take_end(struct worker *worker, struct held_job *job,
		     const struct slot_message *message, int fd)
{
	AUTO_FREE char *packed = NULL;
	int rc = 0;
	held_end(job, (enum slot_outcome)message->outcome, message->reason);
	job->end = *message;
	if (message->size > 0)
		rc = slot_unpack(fd, 0, message->size, &job->result);
	if (rc == 0 && message->outcome == SLOT_OUTCOME_MISFIT)
		rc = slot_unpack(fd, message->size, message->needs_size, &packed);
	if (rc == 0 && packed != NULL)
		rc = held_unpack_needs(packed, message->needs_size, &job->needs);
	bool is_complete = message->outcome != SLOT_OUTCOME_VERDICT || job->result != NULL;
	if (rc < 0 || !is_complete) {
		char reason[80];
		(void)snprintf(reason, sizeof reason, "its slot's answer can not be read (%s)",
			       rc < 0 ? errno_name(-rc) : "no result");
		held_end(job, SLOT_OUTCOME_FAILED, reason);
		job->end.stage = BAILIFF_STAGE_SUPERVISE;
	}
	make_due(worker, DUTY_WRITE, 0);
}

/* An average that forgets: the last ten or so count. */
static void note_duration(struct worker *worker, uint64_t duration_ns)
{
	uint64_t mean = worker->mean_duration_ns;
	histogram_add(&worker->status.tally.duration, duration_ns);
	worker->mean_duration_ns = mean == 0 ? duration_ns : mean - mean / 10 + duration_ns / 10;
}

static void on_ended(struct worker *worker, size_t index, const struct slot_message *message,
		     int fd, uint64_t now_ns)
{
	struct slot_process *slot = &worker->slots[index];
	struct held_job *job = held_of_slot(&worker->jobs, index);
	bool was_cancelled = slot->status->state == SLOT_STATE_STOPPING;
	slot->failures = 0;
	slot->status->state = SLOT_STATE_IDLE;
	slot->status->since_ns = now_ns;
	slot->status->jobs_done++;
	make_due(worker, DUTY_SLOTS, 0);
	make_due(worker, DUTY_CLAIM, 0);
	if (job == NULL)
		return;
	note_duration(worker, now_ns - job->begun_ns);
	if (message->setup_ns != BAILIFF_UNKNOWN)
		histogram_add(&worker->status.tally.setup, message->setup_ns);
	worker->status.tally.oom_kills += message->oom_kills;
	if (job->is_lost) {
		held_remove(job);
		return;
	}
	take_end(worker, job, message, fd);
	/* Given back uncounted it would come again for ever. */
	if (message->outcome == SLOT_OUTCOME_CANCELLED && !was_cancelled) {
		held_end(job, SLOT_OUTCOME_FAILED, "its slot gave it up, and nobody wanted that");
		job->end.stage = BAILIFF_STAGE_SUPERVISE;
	}
}

static uint64_t later(uint64_t now_ns, uint64_t by_ns)
{
	return by_ns < NEVER - now_ns ? now_ns + by_ns : NEVER;
}

/* A slot that has a job is to be heard of within this time, and what the worker allows for on top. */
static void expect_word(struct worker *worker, struct slot_process *slot, uint64_t silence_ns)
{
	slot->silence_ns = later(silence_ns, worker->setup->patience_ns);
	slot->silent_until_ns = later(worker->awake_ns, slot->silence_ns);
	make_due(worker, DUTY_SILENCE, worker->looked_ns + AWAKE_STEP_NS);
}

static void on_progress(struct worker *worker, size_t index, const struct slot_message *message)
{
	struct slot_process *slot = &worker->slots[index];
	struct slot_status *status = slot->status;
	if (message->job != status->job)
		return;
	if (message->silence_ns != 0)
		expect_word(worker, slot, message->silence_ns);
	(void)snprintf(status->phase, sizeof status->phase, "%s", message->phase);
	status->done = message->done;
	status->total = message->total;
}

/* ---- slots ------------------------------------------------------------------------------------------- */

/* What a slot is, beyond what the protocol allows it to be: then it is ended, and its job is not done. */
static void distrust(struct worker *worker, size_t index, int rc)
{
	LOG(worker->setup->log, LOG_LEVEL_ERROR, "slot-confused", LOG_N("slot", index),
	    LOG_T("reason", errno_name(-rc)));
	slot_process_kill(&worker->slots[index]);
}

static void on_slot_message(struct worker *worker, size_t index, uint64_t now_ns)
{
	struct slot_process *slot = &worker->slots[index];
	AUTO_CLOSE int fd = FD_NONE;
	struct slot_message message;
	enum slot_state state = slot->status->state;
	int rc = slot_receive(slot->channel_fd, &message, &fd, false);
	if (rc == -EAGAIN)
		return;
	if (rc == -EPIPE) {
		fd_close(&slot->channel_fd); /* the pidfd tells how it ended ... */
		slot_process_kill(slot);     /* ... where it has, else how it ends */
		return;
	}
	bool has_job = state == SLOT_STATE_BUSY || state == SLOT_STATE_STOPPING;
	if (rc < 0)
		distrust(worker, index, rc);
	else if (message.type == SLOT_MESSAGE_READY && state == SLOT_STATE_STARTING) {
		worker->was_ready = true;
		slot->status->state = SLOT_STATE_IDLE;
		slot->status->since_ns = now_ns;
		make_due(worker, DUTY_SLOTS, 0);
		make_due(worker, DUTY_CLAIM, 0);
	} else if (message.type == SLOT_MESSAGE_PROGRESS && has_job)
		on_progress(worker, index, &message);
	else if (message.type == SLOT_MESSAGE_ENDED && has_job && message.job == slot->status->job)
		on_ended(worker, index, &message, fd, now_ns);
	else
		distrust(worker, index, -EPROTO);
}

/* What a slot has to say to people, up to some lines at a time. */
static void hear_slot(struct worker *worker, size_t index)
{
	char line[SLOT_LINE_BYTES + 1];
	for (unsigned i = 0; i < LINES_MAX && slot_process_hear(&worker->slots[index], line); i++)
		LOG(worker->setup->log, LOG_LEVEL_WARNING, "slot-says", LOG_N("slot", index),
		    LOG_T("text", line));
}

/* What keeps every slot from starting will not go away by itself. */
static bool is_hopeless(const struct worker *worker, const struct slot_process *slot)
{
	return !worker->was_ready && slot->failures >= STARTS_MAX && worker->rc == 0;
}

/* Why a slot's job failed with it. */
static void explain_end(const struct slot_process *slot, const char *how, char *reason, size_t capacity)
{
	if (slot->was_silent)
		(void)snprintf(reason, capacity,
			       "supervise: the slot was silent for %" PRIu64
			       " s, longer than the job's limits explain, and was ended",
			       slot->silence_ns / NS_PER_S);
	else
		(void)snprintf(reason, capacity, "supervise: the slot's process %s", how);
}

static void on_slot_end(struct worker *worker, size_t index, uint64_t now_ns)
{
	struct slot_process *slot = &worker->slots[index];
	struct held_job *job = held_of_slot(&worker->jobs, index);
	char how[80], reason[160];
	slot_process_reap(slot, now_ns, how, sizeof how);
	hear_slot(worker, index);
	slot_process_hush(slot);
	make_due(worker, DUTY_SLOTS, slot->due_ns);
	LOG(worker->setup->log, LOG_LEVEL_ERROR, "slot-died", LOG_N("slot", index),
	    LOG_T("reason", how), LOG_N("job", job != NULL ? job->claimed.hold.job : 0));
	if (is_hopeless(worker, slot))
		worker->rc = fail_host(worker->err, BAILIFF_STAGE_SUPERVISE, 0,
				       "the slot's own message says what to do",
				       "no slot can be started: its process %s", how);
	if (job == NULL)
		return;
	worker->status.tally.slot_deaths++;
	if (job->is_lost) {
		held_remove(job);
		return;
	}
	explain_end(slot, how, reason, sizeof reason);
	held_end(job, SLOT_OUTCOME_FAILED, reason);
	job->end.stage = BAILIFF_STAGE_SUPERVISE;
	make_due(worker, DUTY_WRITE, 0);
}

static void start_slot(struct worker *worker, size_t index, uint64_t now_ns)
{
	struct slot_process *slot = &worker->slots[index];
	const char *const *base = worker->setup->slot_command;
	struct bailiff_error err = { 0 };
	size_t count = 0;
	while (base[count] != NULL)
		count++;
	AUTO_FREE const char **command = calloc(count + 3, sizeof *command);
	if (command == NULL) {
		slot->due_ns = now_ns + NS_PER_S;
		return;
	}
	memcpy(command, base, count * sizeof *command);
	if (slot->cpuset != NULL) {
		command[count] = "--cpuset";
		command[count + 1] = slot->cpuset;
	}
	int rc = slot_process_start(slot, command, now_ns, &err);
	if (rc < 0)
		log_error(worker->setup->log, LOG_LEVEL_ERROR, "slot-not-started", &err);
	else
		LOG(worker->setup->log, LOG_LEVEL_DEBUG, "slot-started", LOG_N("slot", index),
		    LOG_I("pid", slot->pid), LOG_T("core", slot->cpuset));
	if (rc < 0 && is_hopeless(worker, slot)) {
		worker->rc = rc;
		*worker->err = err;
	}
}

/* What waits goes back uncounted before a job is run that may bring this worker down. */
static void return_others(struct worker *worker, const struct held_job *suspect)
{
	for (size_t i = 0; i < worker->jobs.capacity; i++) {
		struct held_job *job = &worker->jobs.items[i];
		if (job->state == HELD_WAITING && job != suspect)
			held_end(job, SLOT_OUTCOME_CANCELLED, "another job has to run alone");
	}
	make_due(worker, DUTY_WRITE, 0);
}

static void give_waiting(struct worker *worker, size_t index, uint64_t now_ns)
{
	struct held_job *job = held_next(&worker->jobs);
	if (job == NULL)
		return;
	if (job->claimed.losses > 0)
		return_others(worker, job);
	int rc = slot_process_give(&worker->slots[index], &job->claimed, now_ns);
	if (rc < 0) {
		distrust(worker, index, rc);
		return;
	}
	expect_word(worker, &worker->slots[index], SLOT_OPENING_NS);
	job->state = HELD_RUNNING;
	job->slot = index;
	job->begun_ns = now_ns;
	/* Only its end is of interest from here on. */
	free(job->claimed.spec);
	job->claimed.spec = NULL;
	make_due(worker, DUTY_REPORT, worker->reported_ns + REPORT_BUSY_NS);
	log_job(worker, LOG_LEVEL_DEBUG, "job-started", job, NULL);
}

/* Starts what is down, kills what does not stop, gives work to what is idle. */
static void look_after_slots(struct worker *worker, uint64_t now_ns)
{
	worker->due_ns[DUTY_SLOTS] = NEVER;
	for (size_t i = 0; i < worker->status.slot_count; i++) {
		struct slot_process *slot = &worker->slots[i];
		enum slot_state state = slot->status->state;
		bool is_due = slot->due_ns <= now_ns;
		if (state == SLOT_STATE_DOWN && is_due && worker->signal == 0)
			start_slot(worker, i, now_ns);
		if (state == SLOT_STATE_STOPPING && is_due) {
			slot_process_kill(slot);
			slot->due_ns = NEVER;
		}
		if (state == SLOT_STATE_IDLE)
			give_waiting(worker, i, now_ns);
		/* One that is down while the worker ends stays down. */
		if (slot->status->state == SLOT_STATE_STOPPING ||
		    (slot->status->state == SLOT_STATE_DOWN && worker->signal == 0))
			make_due(worker, DUTY_SLOTS, slot->due_ns);
	}
}

/* Whether it has said something that nobody has read yet: it is the worker then that was slow. */
static bool is_heard(const struct slot_process *slot)
{
	struct pollfd channel = { .fd = slot->channel_fd, .events = POLLIN };
	return poll(&channel, 1, 0) != 0;
}

/*
 * A slot that lives and does nothing would keep its job for ever, for its worker renews the lease. What a job
 * has run is bounded by its own limits, so silence is, too; one that is silent for longer is ended, and its
 * job is tried again as with any slot that died.
 */
static void end_silent_slots(struct worker *worker, uint64_t now_ns)
{
	worker->due_ns[DUTY_SILENCE] = NEVER;
	for (size_t i = 0; i < worker->status.slot_count; i++) {
		struct slot_process *slot = &worker->slots[i];
		if (slot->status->state != SLOT_STATE_BUSY || slot->was_silent)
			continue;
		make_due(worker, DUTY_SILENCE, now_ns + AWAKE_STEP_NS);
		if (worker->awake_ns >= slot->silent_until_ns && !is_heard(slot)) {
			LOG(worker->setup->log, LOG_LEVEL_ERROR, "slot-silent", LOG_N("slot", i),
			    LOG_N("job", slot->status->job), LOG_D("ms", slot->silence_ns));
			slot->was_silent = true;
			slot_process_kill(slot);
		}
	}
}

/* ---- telling the store how jobs ended ------------------------------------------------------------------ */

static void note_verdict(struct worker *worker, const struct held_job *job)
{
	size_t verdict = status_verdict_index(job->end.verdict);
	if (verdict < STATUS_VERDICT_COUNT)
		worker->status.tally.jobs[verdict]++;
	LOG(worker->setup->log, LOG_LEVEL_INFO, "job-done", LOG_N("job", job->claimed.hold.job),
	    LOG_T("kind", queue_kind_name(job->claimed.kind)),
	    LOG_T("client", job->claimed.client), LOG_N("attempt", job->claimed.attempt),
	    LOG_T("verdict", job->end.verdict), LOG_D("ms", clock_boot_ns() - job->begun_ns));
}

/* The log and the tally of an end without a verdict. */
static void note_failure(struct worker *worker, const struct held_job *job)
{
	struct tally *tally = &worker->status.tally;
	switch ((enum slot_outcome)job->end.outcome) {
	case SLOT_OUTCOME_FAILED:
		tally->internal_errors[job->end.stage < STATUS_STAGE_COUNT ?
					       job->end.stage : BAILIFF_STAGE_SUPERVISE]++;
		log_job(worker, LOG_LEVEL_ERROR, "job-failed", job, job->end.reason);
		return;
	case SLOT_OUTCOME_REJECTED:
		tally->rejected++;
		log_job(worker, LOG_LEVEL_WARNING, "job-rejected", job, job->end.reason);
		return;
	case SLOT_OUTCOME_MISFIT:
	case SLOT_OUTCOME_CANCELLED:
	case SLOT_OUTCOME_VERDICT:
		tally->returned++;
		log_job(worker, LOG_LEVEL_INFO, "job-returned", job, job->end.reason);
		return;
	}
}

static int write_failure(struct worker *worker, const struct held_job *job, bool *ret_superseded,
			 struct bailiff_error *err)
{
	static const enum queue_failure failures[] = {
		[SLOT_OUTCOME_FAILED] = QUEUE_FAILED,
		[SLOT_OUTCOME_REJECTED] = QUEUE_REJECTED,
		[SLOT_OUTCOME_MISFIT] = QUEUE_MISFIT,
		[SLOT_OUTCOME_CANCELLED] = QUEUE_RETURNED,
	};
	const struct queue_fault fault = {
		.failure = failures[job->end.outcome],
		.reason = job->end.reason,
		.result = job->result,
		.result_size = job->result != NULL ? (size_t)job->end.size : 0,
		.memory_bytes = job->end.memory_bytes,
		.needs = job->needs,
	};
	return queue_fail(worker->setup->queue, &worker->setup->identity, &job->claimed.hold, &fault,
			  ret_superseded, err);
}

/* One job that fails again and again says nothing of the machine. */
static void count_failure(struct worker *worker, const struct held_job *job)
{
	if (job->end.outcome != SLOT_OUTCOME_FAILED || job->claimed.hold.job == worker->failed_job)
		return;
	worker->failed_job = job->claimed.hold.job;
	if (++worker->failures < FAILURES_MAX)
		return;
	worker->pause_ns = worker->pause_ns == 0 ? PAUSE_FIRST_NS : worker->pause_ns * 2;
	if (worker->pause_ns > PAUSE_LAST_NS)
		worker->pause_ns = PAUSE_LAST_NS;
	worker->pause_until_ns = clock_boot_ns() + worker->pause_ns;
	LOG(worker->setup->log, LOG_LEVEL_WARNING, "pausing", LOG_N("failures", worker->failures),
	    LOG_D("ms", worker->pause_ns),
	    LOG_T("hint", "see the reasons of the jobs that failed, and `bailiff doctor`"));
}

/* What the store said of an end that it was told; the job is gone then. */
static void note_written(struct worker *worker, struct held_job *job, bool is_superseded)
{
	if (is_superseded) {
		worker->status.tally.superseded++;
		log_job(worker, LOG_LEVEL_WARNING, "job-superseded", job, NULL);
	} else if (job->end.outcome == SLOT_OUTCOME_VERDICT) {
		note_verdict(worker, job);
		worker->failures = 0;
		worker->pause_ns = worker->pause_until_ns = 0;
	} else {
		note_failure(worker, job);
		count_failure(worker, job);
	}
	held_remove(job);
}

/* 0: it is written, or nobody wants it any more. */
static int write_end(struct worker *worker, struct held_job *job)
{
	struct bailiff_error err = { 0 };
	bool is_superseded = false, is_verdict = job->end.outcome == SLOT_OUTCOME_VERDICT;
	uint64_t begin_ns = clock_boot_ns();
	int rc = is_verdict ? queue_finish(worker->setup->queue, &worker->setup->identity,
					   &job->claimed.hold, job->result, (size_t)job->end.size,
					   &is_superseded, &err) :
			      write_failure(worker, job, &is_superseded, &err);
	rc = store_called(worker, begin_ns, rc, &err);
	if (rc == -EAGAIN)
		return rc;
	if (rc < 0) {
		/* The store will not have it like this. Where it does not even want to know of the failure, the
		 * lease runs out. */
		log_error(worker->setup->log, LOG_LEVEL_ERROR, "store-refused", &err);
		if (is_verdict)
			held_end(job, SLOT_OUTCOME_FAILED, err.message);
		else
			held_remove(job);
		return is_verdict ? write_end(worker, job) : 0;
	}
	note_written(worker, job, is_superseded);
	return 0;
}


/* ---- leases -------------------------------------------------------------------------------------------- */

/* No renewal came through: the store gives the job to another at this moment. */
static void expire_leases(struct worker *worker, uint64_t now_ns)
{
	struct held_job *job;
	while ((job = held_expired(&worker->jobs, now_ns)) != NULL)
		lose(worker, job, "no renewal came through in time", now_ns);
	worker->due_ns[DUTY_EXPIRE] = held_expiry_ns(&worker->jobs);
}

static void take_renewal(struct worker *worker, const struct queue_hold *holds,
			 const bool *is_lost, size_t count, uint64_t begin_ns)
{
	for (size_t i = 0; i < worker->jobs.capacity; i++) {
		struct held_job *job = &worker->jobs.items[i];
		for (size_t k = 0; job->state != HELD_NONE && !job->is_lost && k < count; k++) {
			if (holds[k].job != job->claimed.hold.job ||
			    holds[k].fence != job->claimed.hold.fence)
				continue;
			/* Counted from before the call: the store's own count began after that. */
			job->lease_until_ns = begin_ns + worker->setup->lease_ns;
			if (is_lost[k])
				lose(worker, job, "the store says so", begin_ns);
			break;
		}
	}
}

static void renew_leases(struct worker *worker, uint64_t now_ns)
{
	struct bailiff_error err = { 0 };
	size_t count = 0, capacity = worker->jobs.capacity;
	AUTO_FREE struct queue_hold *holds = calloc(capacity, sizeof *holds);
	AUTO_FREE bool *is_lost = calloc(capacity, sizeof *is_lost);
	worker->due_ns[DUTY_RENEW] = now_ns + worker->setup->lease_ns / 3;
	if (holds == NULL || is_lost == NULL)
		return; /* the leases last for two more tries */
	for (size_t i = 0; i < capacity; i++)
		if (worker->jobs.items[i].state != HELD_NONE && !worker->jobs.items[i].is_lost)
			holds[count++] = worker->jobs.items[i].claimed.hold;
	if (count == 0)
		return;
	int rc = queue_renew(worker->setup->queue, &worker->setup->identity, holds, count,
			     worker->setup->lease_ns, is_lost, &err);
	rc = store_called(worker, now_ns, rc, &err);
	if (rc == -EAGAIN) {
		worker->due_ns[DUTY_RENEW] = 0; /* as soon as it may be tried again */
		return;
	}
	if (rc < 0)
		log_error(worker->setup->log, LOG_LEVEL_ERROR, "store-refused", &err);
	else
		take_renewal(worker, holds, is_lost, count, now_ns);
	worker->due_ns[DUTY_EXPIRE] = held_expiry_ns(&worker->jobs);
}

/* ---- claims whose answer was lost ---------------------------------------------------------------------- */

/* After a call that claims, with what store_called() returned: it may have taken effect all the same, or do so
 * when the store comes to it. */
static int claim_called(struct worker *worker, int rc)
{
	if (rc == -EAGAIN) {
		worker->doubt_until_ns = clock_boot_ns() + worker->setup->lease_ns;
		worker->due_ns[DUTY_UNHEARD] = 0;
	}
	return rc;
}

/* Such jobs ran nowhere, and would count as lost with this worker when their leases ran out. */
static void return_unheard(struct worker *worker, uint64_t now_ns)
{
	struct bailiff_error err = { 0 };
	uint64_t returned = 0;
	size_t count = 0, capacity = worker->jobs.capacity;
	AUTO_FREE struct queue_hold *holds = calloc(capacity, sizeof *holds);
	worker->due_ns[DUTY_UNHEARD] =
		now_ns < worker->doubt_until_ns ? now_ns + worker->setup->lease_ns / 3 : NEVER;
	if (worker->doubt_until_ns == 0 || holds == NULL)
		return;
	/* What was lost is another's to count. */
	for (size_t i = 0; i < capacity; i++)
		if (worker->jobs.items[i].state != HELD_NONE)
			holds[count++] = worker->jobs.items[i].claimed.hold;
	int rc = queue_return_unheard(worker->setup->queue, &worker->setup->identity, holds, count,
				      &returned, &err);
	rc = store_called(worker, now_ns, rc, &err);
	if (rc == -EAGAIN)
		worker->due_ns[DUTY_UNHEARD] = 0; /* as soon as it may be tried again */
	else if (rc < 0)
		log_error(worker->setup->log, LOG_LEVEL_ERROR, "store-refused", &err);
	if (rc < 0 || returned == 0)
		return;
	worker->status.tally.returned += returned;
	LOG(worker->setup->log, LOG_LEVEL_WARNING, "claims-unheard", LOG_N("jobs", returned));
	make_due(worker, DUTY_CLAIM, 0);
}

/* ---- claiming -------------------------------------------------------------------------------------------- */

static size_t slots_in(const struct worker *worker, enum slot_state state)
{
	size_t count = 0;
	for (size_t i = 0; i < worker->status.slot_count; i++)
		count += worker->status.slots[i].state == state;
	return count;
}

/* Slots that will be free soon, as far as one can tell: a job that has not ended in the time that others took
 * may go on for long, and nothing is to wait behind it. */
static size_t slots_soon_free(const struct worker *worker, uint64_t now_ns)
{
	size_t count = 0;
	for (size_t i = 0; i < worker->status.slot_count; i++) {
		const struct slot_status *slot = &worker->status.slots[i];
		count += slot->state == SLOT_STATE_BUSY &&
			 now_ns < slot->since_ns + PREFETCH_BELOW_NS;
	}
	return count;
}

/* How many jobs more there is room for: one for each idle slot, and where jobs are short one at hand. */
static size_t room(const struct worker *worker, uint64_t now_ns)
{
	size_t waiting = held_count(&worker->jobs, HELD_WAITING);
	size_t wanted = slots_in(worker, SLOT_STATE_IDLE);
	bool are_short = worker->mean_duration_ns != 0 &&
			 worker->mean_duration_ns < PREFETCH_BELOW_NS;
	if (are_short)
		wanted += slots_in(worker, SLOT_STATE_IDLE) + slots_soon_free(worker, now_ns);
	size_t places = held_count(&worker->jobs, HELD_NONE);
	if (held_has_suspect(&worker->jobs))
		return 0; /* it runs alone */
	if (worker->failures >= FAILURES_MAX) {
		bool may_try = wanted > 0 && places == worker->jobs.capacity &&
			       now_ns >= worker->pause_until_ns;
		return may_try ? 1 : 0;
	}
	wanted = wanted > waiting ? wanted - waiting : 0;
	return wanted < places ? wanted : places;
}

/* What is left of the memory for jobs that are not claimed yet. */
static uint64_t memory_left(const struct worker *worker)
{
	uint64_t reserved = held_memory_bytes(&worker->jobs), all = worker->setup->share->memory_bytes;
	return reserved < all ? all - reserved : 0;
}

/* What can be claimed at the moment: several only where there is ample memory for each, because each may take
 * all that is left. False where nothing can. */
static bool wish(const struct worker *worker, uint64_t now_ns, struct queue_claim *ret_want)
{
	size_t count = worker->signal == 0 ? room(worker, now_ns) : 0;
	uint64_t memory = memory_left(worker);
	if (count == 0)
		return false;
	if (count > QUEUE_CLAIM_MAX)
		count = QUEUE_CLAIM_MAX;
	if (memory / count < AMPLE_MEMORY_BYTES || worker->is_one_by_one)
		count = 1;
	*ret_want = (struct queue_claim){ .worker = &worker->setup->identity,
					  .memory_bytes = memory / count,
					  .count = count,
					  .lease_ns = worker->setup->lease_ns,
					  .reserve_ns = worker->reserve_ns,
					  .memory_all_bytes = worker->setup->share->memory_bytes };
	return true;
}

/*
 * Jobs that a call that began at `begin_ns` has claimed, of those that it wanted. Where there were enough, there
 * may be more, and room for it; where there were not, one that takes more than its part of the memory may be
 * left, which all of it together is enough for.
 */
static void take_claimed(struct worker *worker, const struct queue_claim *want,
			 struct queue_claimed *claimed, size_t count, uint64_t begin_ns)
{
	bool has_more = count == want->count || want->count > 1;
	for (size_t i = 0; i < count; i++) {
		histogram_add(&worker->status.tally.wait, claimed[i].waited_ns);
		struct held_job *job = held_add(&worker->jobs, &claimed[i],
						begin_ns + worker->setup->lease_ns, begin_ns);
		log_job(worker, LOG_LEVEL_DEBUG, "job-claimed", job, NULL);
	}
	worker->status.tally.claimed += count;
	worker->is_one_by_one = count < want->count && want->count > 1;
	worker->due_ns[DUTY_CLAIM] =
		has_more ? 0 : begin_ns + queue_poll_interval_ns(worker->setup->queue);
	make_due(worker, DUTY_EXPIRE, begin_ns + worker->setup->lease_ns);
	make_due(worker, DUTY_SLOTS, 0);
}

/* Whether anything is left that this worker could do, if only in a while. */
static bool has_more(struct worker *worker)
{
	struct bailiff_error err = { 0 };
	uint64_t begin_ns = clock_boot_ns();
	bool more = true;
	const struct queue_claim want = { .worker = &worker->setup->identity,
					  .memory_bytes = worker->setup->share->memory_bytes,
					  .count = 1,
					  .lease_ns = worker->setup->lease_ns };
	int rc = queue_has_more(worker->setup->queue, &want, &more, &err);
	return store_called(worker, begin_ns, rc, &err) < 0 || more;
}

static void claim_jobs(struct worker *worker, uint64_t now_ns)
{
	struct queue_claimed claimed[QUEUE_CLAIM_MAX];
	struct bailiff_error err = { 0 };
	struct queue_claim want = { 0 };
	size_t got = 0;
	worker->due_ns[DUTY_CLAIM] = now_ns + queue_poll_interval_ns(worker->setup->queue);
	if (!wish(worker, now_ns, &want))
		return; /* an end will make room; what is given back or lost may, too */
	int rc = queue_claim(worker->setup->queue, &want, claimed, &got, &err);
	rc = claim_called(worker, store_called(worker, now_ns, rc, &err));
	if (rc < 0) {
		if (rc != -EAGAIN)
			log_error(worker->setup->log, LOG_LEVEL_ERROR, "store-refused", &err);
		return;
	}
	take_claimed(worker, &want, claimed, got, now_ns);
	if (worker->setup->until_empty && got == 0 && want.count == 1 &&
	    held_count(&worker->jobs, HELD_NONE) == worker->jobs.capacity)
		worker->is_empty = !has_more(worker);
}

/* ---- telling and claiming in one --------------------------------------------------------------------------- */

#define VERDICTS_MAX 64u

static size_t collect_verdicts(struct worker *worker, struct held_job **jobs,
			       struct queue_verdict *verdicts)
{
	size_t count = 0;
	for (size_t i = 0; i < worker->jobs.capacity && count < VERDICTS_MAX; i++) {
		struct held_job *job = &worker->jobs.items[i];
		if (job->state != HELD_ENDED || job->end.outcome != SLOT_OUTCOME_VERDICT)
			continue;
		jobs[count] = job;
		verdicts[count++] = (struct queue_verdict){ .hold = job->claimed.hold,
							    .result = job->result,
							    .size = (size_t)job->end.size };
	}
	return count;
}

/*
 * Tells the verdicts there are and claims what there is room for, by one call, because the store waits for its
 * disk once then. 0 where nothing is left to tell together.
 */
static int exchange(struct worker *worker)
{
	struct held_job *jobs[VERDICTS_MAX];
	struct queue_verdict verdicts[VERDICTS_MAX];
	struct queue_claimed claimed[QUEUE_CLAIM_MAX];
	struct queue_claim want = { 0 };
	struct bailiff_error err = { 0 };
	size_t got = 0, count = collect_verdicts(worker, jobs, verdicts);
	uint64_t begin_ns = clock_boot_ns();
	bool has_room = wish(worker, begin_ns, &want);
	if (count == 0)
		return 0;
	int rc = queue_exchange(worker->setup->queue, &worker->setup->identity, verdicts, count,
				has_room ? &want : NULL, claimed, &got, &err);
	rc = claim_called(worker, store_called(worker, begin_ns, rc, &err));
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		note_written(worker, jobs[i], verdicts[i].is_superseded);
	if (has_room)
		take_claimed(worker, &want, claimed, got, begin_ns);
	return count == VERDICTS_MAX ? exchange(worker) : 0;
}

static void write_ends(struct worker *worker, uint64_t now_ns)
{
	struct held_job *job;
	(void)now_ns;
	worker->due_ns[DUTY_WRITE] = 0;
	if (exchange(worker) == -EAGAIN)
		return; /* again when the store may be tried again */
	/* What else there is, and what it would not have together. */
	while ((job = held_first(&worker->jobs, HELD_ENDED)) != NULL)
		if (write_end(worker, job) < 0)
			return;
	worker->due_ns[DUTY_WRITE] = NEVER;
}

/* Gives back what waits for longer than others may have to. */
static void return_stale(struct worker *worker, uint64_t now_ns)
{
	bool is_ending = worker->signal != 0;
	struct held_job *job;
	while ((job = held_stale(&worker->jobs, now_ns, is_ending ? 0 : PREFETCH_PATIENCE_NS)) != NULL) {
		held_end(job, SLOT_OUTCOME_CANCELLED,
			 is_ending ? "the worker is ending" : "its slot is busy for longer");
		make_due(worker, DUTY_WRITE, 0);
	}
}

/* ---- other duties ------------------------------------------------------------------------------------------ */

static uint64_t with_jitter(uint64_t interval_ns)
{
	uint16_t random = 0;
	(void)!getrandom(&random, sizeof random, 0); /* workers that started together need not reap so */
	return interval_ns / 2 + interval_ns * random / UINT16_MAX;
}

static void reap_jobs(struct worker *worker, uint64_t now_ns)
{
	struct bailiff_error err = { 0 };
	uint64_t ready = 0, dead = 0;
	worker->due_ns[DUTY_REAP] = now_ns + with_jitter(worker->setup->lease_ns / 2);
	int rc = queue_reap(worker->setup->queue, &ready, &dead, &err);
	rc = store_called(worker, now_ns, rc, &err);
	if (rc < 0) {
		if (rc != -EAGAIN)
			log_error(worker->setup->log, LOG_LEVEL_ERROR, "store-refused", &err);
		return;
	}
	worker->status.tally.reaped_ready += ready;
	worker->status.tally.reaped_dead += dead;
	if (ready + dead > 0)
		LOG(worker->setup->log, LOG_LEVEL_WARNING, "leases-ran-out", LOG_N("ready", ready),
		    LOG_N("dead", dead));
	if (ready > 0)
		make_due(worker, DUTY_CLAIM, 0);
}

static void report(struct worker *worker, uint64_t now_ns)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	bool is_idle = held_count(&worker->jobs, HELD_NONE) == worker->jobs.capacity;
	worker->due_ns[DUTY_REPORT] = now_ns + (is_idle ? REPORT_IDLE_NS : REPORT_BUSY_NS);
	worker->reported_ns = now_ns;
	worker->status.prefetched = held_count(&worker->jobs, HELD_WAITING);
	int rc = status_json_print(&worker->status, now_ns, &text, &err);
	if (rc == 0)
		rc = queue_report(worker->setup->queue, &worker->setup->identity, text, &err);
	rc = store_called(worker, now_ns, rc, &err);
	if (rc == 0 || rc == -EAGAIN)
		return;
	log_error(worker->setup->log, LOG_LEVEL_ERROR, "store-refused", &err);
}

static void read_stats(struct worker *worker, uint64_t now_ns)
{
	struct bailiff_error err = { 0 };
	bool is_shown = worker->metrics != NULL || worker->setup->metrics_file != NULL;
	worker->due_ns[DUTY_STATS] = is_shown ? now_ns + STATS_INTERVAL_NS : NEVER;
	if (!is_shown)
		return;
	int rc = queue_stats(worker->setup->queue, &worker->status.stats, &err);
	worker->status.has_stats = store_called(worker, now_ns, rc, &err) == 0;
}

static void write_metrics(struct worker *worker, uint64_t now_ns)
{
	struct bailiff_error err = { 0 };
	worker->due_ns[DUTY_METRICS_FILE] = NEVER;
	if (worker->setup->metrics_file == NULL)
		return;
	worker->due_ns[DUTY_METRICS_FILE] = now_ns + METRICS_FILE_INTERVAL_NS;
	if (metrics_write_file(worker->setup->metrics_file, &worker->status, &err) < 0)
		log_error(worker->setup->log, LOG_LEVEL_WARNING, "metrics-not-written", &err);
}

static void pet_watchdog(struct worker *worker, uint64_t now_ns)
{
	const struct notifier *notifier = worker->setup->notifier;
	worker->due_ns[DUTY_WATCHDOG] =
		notifier->watchdog_ns != 0 ? now_ns + notifier->watchdog_ns : NEVER;
	notifier_pet(notifier);
	notifier_status(notifier, "%zu of %zu slots busy, %" PRIu64 " jobs claimed",
			slots_in(worker, SLOT_STATE_BUSY), worker->status.slot_count,
			worker->status.tally.claimed);
}

/* In this order where several are due: nothing is said of a job whose lease has run out, and what is to be
 * written makes room for what is claimed. */
static const struct duty duties[DUTY_COUNT] = {
	[DUTY_EXPIRE] = { "expire", expire_leases, false },
	[DUTY_SILENCE] = { "silence", end_silent_slots, false },
	[DUTY_SLOTS] = { "slots", look_after_slots, false },
	[DUTY_WRITE] = { "write", write_ends, true },
	[DUTY_RENEW] = { "renew", renew_leases, true },
	[DUTY_UNHEARD] = { "unheard", return_unheard, true },
	[DUTY_CLAIM] = { "claim", claim_jobs, true },
	[DUTY_REAP] = { "reap", reap_jobs, true },
	[DUTY_REPORT] = { "report", report, true },
	[DUTY_STATS] = { "stats", read_stats, true },
	[DUTY_METRICS_FILE] = { "metrics-file", write_metrics, false },
	[DUTY_WATCHDOG] = { "watchdog", pet_watchdog, false },
};

/* When a duty can be done. */
static uint64_t due_of(const struct worker *worker, enum duty_id duty)
{
	uint64_t due_ns = worker->due_ns[duty];
	return duties[duty].needs_store && due_ns < worker->store_due_ns ? worker->store_due_ns : due_ns;
}

static void count_awake(struct worker *worker, uint64_t now_ns)
{
	uint64_t step_ns = now_ns - worker->looked_ns;
	worker->awake_ns += step_ns < AWAKE_STEP_NS ? step_ns : AWAKE_STEP_NS;
	worker->looked_ns = now_ns;
}

static void do_duties(struct worker *worker)
{
	count_awake(worker, clock_boot_ns());
	for (int i = 0; i < DUTY_COUNT && worker->rc == 0; i++) {
		uint64_t now_ns = clock_boot_ns();
		if (due_of(worker, (enum duty_id)i) <= now_ns)
			duties[i].perform(worker, now_ns);
	}
	return_stale(worker, clock_boot_ns());
}

/* ---- waiting ----------------------------------------------------------------------------------------------- */

enum { WATCH_SIGNAL, WATCH_STORE, WATCH_METRICS, WATCH_SLOTS };
enum { WATCH_CHANNEL, WATCH_PID, WATCH_SAYS, WATCHED_OF_SLOT }; /* of each slot */

static void fill_watched(struct worker *worker)
{
	struct pollfd *watched = worker->watched;
	watched[WATCH_SIGNAL] = (struct pollfd){ worker->setup->signal_fd, POLLIN, 0 };
	watched[WATCH_STORE] = (struct pollfd){ queue_event_fd(worker->setup->queue), POLLIN, 0 };
	watched[WATCH_METRICS] = (struct pollfd){
		worker->metrics != NULL ? metrics_server_fd(worker->metrics) : -1, POLLIN, 0
	};
	for (size_t i = 0; i < worker->status.slot_count; i++) {
		const struct slot_process *slot = &worker->slots[i];
		struct pollfd *own = &watched[WATCH_SLOTS + WATCHED_OF_SLOT * i];
		own[WATCH_CHANNEL] = (struct pollfd){ slot->channel_fd, POLLIN, 0 };
		own[WATCH_PID] = (struct pollfd){ slot->pid_fd, POLLIN, 0 };
		own[WATCH_SAYS] = (struct pollfd){ slot->says_fd, POLLIN, 0 };
	}
}

static struct timespec time_left(const struct worker *worker)
{
	uint64_t now_ns = clock_boot_ns(), first_ns = NEVER;
	for (int i = 0; i < DUTY_COUNT; i++) {
		uint64_t due_ns = due_of(worker, (enum duty_id)i);
		first_ns = due_ns < first_ns ? due_ns : first_ns;
	}
	if (held_count(&worker->jobs, HELD_WAITING) > 0 && first_ns > now_ns + NS_PER_S)
		first_ns = now_ns + NS_PER_S; /* one that waits may have to be given back */
	if (worker->signal != 0 && first_ns > now_ns + NS_PER_S)
		first_ns = now_ns + NS_PER_S;
	uint64_t left_ns = first_ns > now_ns ? first_ns - now_ns : 0;
	uint64_t metrics_ns = worker->metrics != NULL ? metrics_server_due_ns(worker->metrics) : NEVER;
	left_ns = left_ns < metrics_ns ? left_ns : metrics_ns;
	return clock_timespec(left_ns < 3600 * NS_PER_S ? left_ns : 3600 * NS_PER_S);
}

/* May be called again and again: a slot is told once. */
static void cancel_all(struct worker *worker, uint64_t now_ns)
{
	for (size_t i = 0; i < worker->status.slot_count; i++) {
		if (worker->status.slots[i].state != SLOT_STATE_BUSY)
			continue;
		slot_process_cancel(&worker->slots[i], now_ns);
		make_due(worker, DUTY_SLOTS, worker->slots[i].due_ns);
	}
}

/* The first signal lets what runs come to its end; the second does not. */
static void on_signal(struct worker *worker, uint64_t now_ns)
{
	struct signalfd_siginfo info;
	while (read(worker->setup->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		bool is_first = worker->signal == 0;
		LOG(worker->setup->log, LOG_LEVEL_INFO, is_first ? "drain" : "drain-at-once",
		    LOG_N("signal", info.ssi_signo),
		    LOG_N("running", held_count(&worker->jobs, HELD_RUNNING)));
		if (is_first) {
			worker->signal = (int)info.ssi_signo;
			worker->status.is_draining = true;
			worker->drain_until_ns = later(now_ns, worker->setup->drain_ns);
			notifier_stopping(worker->setup->notifier);
			make_due(worker, DUTY_REPORT, 0);
		} else {
			worker->drain_until_ns = now_ns;
		}
		worker->farewell_ns = later(worker->drain_until_ns, FAREWELL_NS);
	}
}

static void on_store_event(struct worker *worker)
{
	unsigned events = queue_take_events(worker->setup->queue);
	if ((events & QUEUE_EVENT_READY) != 0 && room(worker, clock_boot_ns()) > 0)
		make_due(worker, DUTY_CLAIM, 0);
	if ((events & QUEUE_EVENT_CANCELLED) != 0)
		make_due(worker, DUTY_RENEW, 0);
}

static void wait_and_handle(struct worker *worker)
{
	size_t count = WATCH_SLOTS + WATCHED_OF_SLOT * worker->status.slot_count;
	struct pollfd *watched = worker->watched;
	fill_watched(worker);
	struct timespec left = time_left(worker);
	if (ppoll(watched, (nfds_t)count, &left, NULL) < 0)
		return; /* a signal that is not ours to read, or no memory: look again */
	uint64_t now_ns = clock_boot_ns();
	count_awake(worker, now_ns);
	if (watched[WATCH_SIGNAL].revents != 0)
		on_signal(worker, now_ns);
	if (watched[WATCH_STORE].revents != 0)
		on_store_event(worker);
	for (size_t i = 0; i < worker->status.slot_count; i++) {
		const struct pollfd *own = &watched[WATCH_SLOTS + WATCHED_OF_SLOT * i];
		if (own[WATCH_SAYS].revents != 0)
			hear_slot(worker, i);
		/* What it told before it ended counts. */
		if (own[WATCH_CHANNEL].revents != 0)
			on_slot_message(worker, i, now_ns);
		else if (own[WATCH_PID].revents != 0)
			on_slot_end(worker, i, now_ns);
	}
	if (worker->metrics != NULL)
		metrics_server_run(worker->metrics);
}

/* ---- the whole ------------------------------------------------------------------------------------------- */

static bool is_over(struct worker *worker)
{
	uint64_t now_ns = clock_boot_ns();
	bool is_empty = held_count(&worker->jobs, HELD_NONE) == worker->jobs.capacity;
	if (worker->rc < 0 || worker->is_empty)
		return true;
	if (worker->signal == 0)
		return false;
	if (now_ns >= worker->drain_until_ns)
		cancel_all(worker, now_ns);
	return is_empty || now_ns >= worker->farewell_ns;
}

/* Up to twice as long as was said, by the worker's own random number: so of many workers one lets go of its
 * other jobs first, and the others need not. */
static uint64_t spread_reserve(const struct worker_setup *setup)
{
	return setup->reserve_ns + setup->reserve_ns / 256 * (setup->identity.instance % 256);
}

static int open_worker(struct worker *worker)
{
	const struct worker_setup *setup = worker->setup;
	struct worker_status *status = &worker->status;
	size_t count = setup->share->count;
	*status = (struct worker_status){
		.name = setup->identity.name,
		.host = setup->identity.host,
		.queue = queue_shown_url(setup->queue),
		.started_ns = clock_boot_ns(),
		.is_reachable = true,
		.slot_memory_bytes = setup->share->memory_bytes,
		.slots = calloc(count, sizeof *status->slots),
		.slot_count = count,
	};
	worker->slots = calloc(count, sizeof *worker->slots);
	worker->watched = calloc(WATCH_SLOTS + WATCHED_OF_SLOT * count, sizeof *worker->watched);
	if (status->slots == NULL || worker->slots == NULL || worker->watched == NULL ||
	    held_jobs_open(&worker->jobs, 4 * count) < 0)
		return fail_internal(worker->err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "start a worker");
	for (size_t i = 0; i < count; i++) {
		worker->slots[i] = SLOT_PROCESS_EMPTY;
		worker->slots[i].status = &status->slots[i];
		worker->slots[i].cpuset = setup->is_pinned ? setup->share->cores[i] : NULL;
		status->slots[i].state = SLOT_STATE_DOWN;
		status->slots[i].core =
			setup->is_pinned ? (int)strtol(setup->share->cores[i], NULL, 10) : -1;
	}
	worker->looked_ns = status->started_ns;
	worker->reserve_ns = spread_reserve(setup);
	worker->due_ns[DUTY_CLAIM] = NEVER; /* until a slot is ready */
	if (setup->metrics_address == NULL)
		return 0;
	return metrics_server_open(setup->metrics_address, status, &worker->metrics, worker->err);
}

static void close_worker(struct worker *worker)
{
	struct bailiff_error err = { 0 };
	size_t count = worker->slots != NULL ? worker->status.slot_count : 0;
	for (size_t i = 0; i < count; i++)
		slot_process_dismiss(&worker->slots[i]);
	for (size_t i = 0; i < count; i++) {
		slot_process_finish(&worker->slots[i]);
		hear_slot(worker, i);
		slot_process_hush(&worker->slots[i]);
	}
	if (worker->rc != -EOWNERDEAD && worker->status.is_reachable)
		(void)queue_leave(worker->setup->queue, &worker->setup->identity, &err);
	metrics_server_close(worker->metrics);
	held_jobs_close(&worker->jobs);
	free(worker->watched);
	free(worker->slots);
	free(worker->status.slots);
}

int worker_run(const struct worker_setup *setup, int *ret_signal, struct bailiff_error *err)
{
	struct worker worker = { .setup = setup, .err = err };
	worker.rc = open_worker(&worker);
	if (worker.rc == 0)
		notifier_ready(setup->notifier);
	while (!is_over(&worker)) {
		do_duties(&worker);
		if (!is_over(&worker))
			wait_and_handle(&worker);
	}
	close_worker(&worker);
	*ret_signal = worker.signal;
	return worker.rc;
}
