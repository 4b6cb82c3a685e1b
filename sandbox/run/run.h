/* SPDX-License-Identifier: MIT */
/*
 * One run and everything it owns, and the phases it goes through:
 *
 *   run_create()   nothing but memory
 *   run_prepare()  everything outside the cell: filter, streams, the job, the cell's own parts
 *   run_launch()   the cell stands, has its job, and waits parked in its exec; it can be watched
 *   run_let_go()   the program runs; its clocks and limits start
 *   supervise()    until it has ended or was stopped
 *   run_complete() the verdict; everything is given back, whatever phase it came to
 *
 * A phase that fails is followed by run_complete(). Each part of the struct is set up by its own
 * file.
 */
#ifndef BAILIFF_RUN_RUN_H
#define BAILIFF_RUN_RUN_H

#include "filter/compile.h"
#include "host/host.h"
#include "model/idleness.h"
#include "model/limits.h"
#include "model/verdict.h"
#include "run/cell.h"
#include "run/stdio.h"

/* The program's arguments, environment and candidates, as exec takes them. */
struct exec_plan {
	char **argv;  /* owned array with JOB_ARGV_SPARE empty slots in front; strings borrowed */
	char **envp;  /* owned array, strings borrowed or in `storage` */
	char **paths; /* owned array and strings; NULL-terminated */
	char *copy_from; /* owned; host program to be copied into the cell, or NULL */
	char *copy_to;   /* owned; where to, absolute inside */
};

/* Counters read twice; the difference is the program's. */
struct baseline {
	uint64_t cpu_ns, user_ns, system_ns;
	uint64_t steal_ns;
	bool has_steal;
};

/* What is watched of a run, and how that stands. See watch.c. */
struct watch {
	int epoll_fd; /* owned; FD_NONE = not watched */
	int cpu_timer_fd, wall_timer_fd, sample_timer_fd, idle_timer_fd; /* owned */
	uint64_t sample_interval_ns;
	struct idleness idleness; /* with limits.idle_ns */
	bool oom_seen;
	bool over; /* it ended or was stopped */
};

struct run {
	struct bailiff_host *host;        /* borrowed */
	const struct bailiff_spec *spec;  /* borrowed */
	const struct bailiff_policy *policy;
	struct bailiff_result *result;    /* borrowed */
	struct bailiff_error *err;        /* where a fault goes, whoever's it is: own_error */
	struct bailiff_error own_error;
	struct bailiff_limits limits;     /* resolved */
	bool is_parking; /* it will wait for its streams, and for somebody to let it go */
	bool is_paired; /* its input and output are pipes from and to another run */

	struct bailiff_pool *pool; /* borrowed; where the cell comes from and goes to. NULL = nowhere;
				    * may be set until run_prepare() */
	const struct bailiff_series *series; /* borrowed; what it is one of, or NULL */
	unsigned shape;		   /* what the pool knows such cells by */
	struct cell cell;
	struct exec_plan exec;
	struct stdio stdio;
	struct filter filter;
	struct job job; /* what is in it belongs to the four above and to the spec */
	struct cell_scratch scratch; /* what the job needs */

	int listener_fd;           /* owned; forbidden calls arrive here */
	bool exec_allowed;         /* the launch's own exec has been let pass */

	struct watch watch;
	struct outcome outcome;
	/* Paired: */
	uint64_t written_begin_bytes; /* by our own code, before the program */
	uint64_t written_bytes;	  /* by the program's processes, as far as is known */
	const struct run *excuse; /* whose activity is not this run's wall time; NULL = nobody's */
	uint64_t excuse_begin_ns; /* what that was when both were let go */
	uint64_t excused_ns;	  /* by one that has been completed since */
	uint64_t idled_ns; /* the limit it was stopped for with STOP_IDLE: its own, or its pair's */
	struct baseline baseline;
	uint64_t begin_ns; /* bailiff_run() was called */
	uint64_t start_ns; /* the program was let go; 0 = never */
	uint64_t end_ns;   /* it ended, or was stopped */
};

/* run/run.c: the phases that are not a file of their own. */
/* `spec` and `result` are borrowed until run_complete(). NULL when memory runs out. */
struct run *run_create(struct bailiff_host *host, const struct bailiff_spec *spec,
		       struct bailiff_result *result);
/* 0, or -errno with *run->err filled. */
int run_prepare(struct run *run);
/*
 * Ends the run after the phases before came to `rc`: draws the verdict (rc >= 0, or IE for a fault
 * of ours), removes the cell and frees the run. 0 when *result is filled, else -errno with *err
 * (may be NULL) filled and *result inert.
 */
int run_complete(struct run *run, int rc, struct bailiff_error *err);

/* Where the cell of a run comes from. */
struct run_source {
	struct bailiff_host *host;
	struct bailiff_pool *pool;	     /* or NULL */
	const struct bailiff_series *series; /* or NULL */
};
/* One run, from its spec to its result, as bailiff_run(). */
int run_from(const struct run_source *source, const struct bailiff_spec *spec,
	     struct bailiff_result *result, struct bailiff_error *err);
/*
 * Builds a cell for `spec` and parks its program there, with streams that stdio_open_upon() takes over
 * later. Of the spec's streams, collects and calls back nothing is used. *cell holds what is known
 * of it beforehand; it needs cell_dispose() afterwards, also on failure. 0 or -errno.
 */
int run_park(struct bailiff_host *host, const struct bailiff_spec *spec, struct cell *cell);

/* run/plan.c: fills exec, job and scratch, for the cell that is planned. 0, or -errno with *run->err
 * filled. */
int run_plan(struct run *run);
void exec_plan_finish(struct exec_plan *exec);

/* run/launch.c: builds the cell where it is not, gives it its job, and brings it to the point where
 * the program waits to run.
 * 0 on success; 1 where the program will never run and the outcome says why (it cannot be opened,
 * its memory limit is too small); -errno otherwise with *run->err filled. */
int run_launch(struct run *run);
/* Interprets a failed stage: the program's (1), the caller's or ours (-errno, err filled). */
int run_stage_failed(struct run *run, const struct message *failed);

/* run/files.c: puts files in, takes files out. */
/* "/box/x" or "x" becomes "box/x", "/tmp/x" becomes "tmp/x": as the scratch file system has it. False
 * for a path that lies elsewhere or leads out. Pure. */
bool run_scratch_path(const char *path, char out[PATH_MAX]);
/* Opens a path below a folder of that file system, following no link and leading nowhere else. A
 * descriptor, or -errno. */
int run_open_beneath(int dir_fd, const char *path, uint64_t flags, mode_t mode);
int run_copy_in(struct run *run);
int run_collect(struct run *run);

/* run/watch.c: one run's epoll set and what is done about its events. Those that return a number
 * return 0, or -errno with *run->err filled. */
/* All but forbidden calls, which are watched from run_let_go() on: the first is the launch's own. */
int run_watch(struct run *run);
int run_let_go(struct run *run);
/* How much of its wall time does not count. */
uint64_t run_excused_ns(const struct run *run);
/* Looks how much the processes of a paired run have written, and stops it where that is too much. */
void run_look_at_writes(struct run *run);
/* Watches standard output, too, once somebody has to read it. */
int run_watch_output(struct run *run);
/* Marks the run as over, now and for the first cause there was. */
void run_stop(struct run *run, enum stop_cause cause);
/* The same for having been idle for so long. */
void run_stop_idle(struct run *run, uint64_t limit_ns);
/* Handles what has happened, without waiting. -ECANCELED when the caller gave the run up. */
int watch_handle(struct run *run);
/* Fills *run->err for -errno `rc`, unless somebody who knew more has; returns rc. */
int watch_failed(struct run *run, int rc);
int watch_counter_failed(struct run *run);
void watch_finish(struct watch *watch);

/* run/supervise.c: the loop. All return 0, or -errno with *err of the run in question filled. */
#define SUPERVISED_MAX 2

/* The runs that one thread supervises, in one loop. */
struct supervision {
	struct run *runs[SUPERVISED_MAX]; /* borrowed; NULL = none */
	/* With a limit, those that are not over are stopped when all were idle for so long. */
	struct idleness idleness;
};

/* Starts counting joint idleness; anew when `runs` has changed. idle_ns 0 = no such limit. */
int supervision_count_idleness(struct supervision *s, uint64_t idle_ns);
/* Returns when one more run is over, when all are, or after so long; what has happened already is
 * handled in any case. -ECANCELED when a run was given up by its caller. */
#define SUPERVISE_TO_THE_END UINT64_MAX
int supervise(struct supervision *s, uint64_t patience_ns);

/* run/account.c: counters before and after, and the memory samples between. */
void account_begin(struct run *run);
/* The machine's part of it, once the program has run for a moment. Idempotent. */
void account_begin_steal(struct run *run);
void account_sample(struct run *run);
/* 0, or -errno with *run->err filled where a counter the verdict rests on cannot be read. */
int account_end(struct run *run);
/* CPU time since account_begin(); BAILIFF_UNKNOWN where the counter cannot be read. */
uint64_t account_cpu_ns(const struct run *run);
/* A counter that grows while a process of the cell uses a CPU, or (where the kernel tells) waits for
 * one. BAILIFF_UNKNOWN where it cannot be read. */
uint64_t account_active_ns(const struct run *run);

/* What the processes that are in the leaf have written, and those they waited for: anywhere, so it
 * is no less than what went into a pipe. BAILIFF_UNKNOWN where the kernel does not tell. */
uint64_t account_written_bytes(const struct run *run);

/* run/explain.c: the sentence for a person. */
void run_explain(struct run *run);

#endif
