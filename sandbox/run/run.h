/* SPDX-License-Identifier: MIT */
/*
 * One run and everything it owns. Each part below is set up by its own file, in the order of
 * bailiff_run(); run_release() gives all of it back in any state.
 */
#ifndef BAILIFF_RUN_RUN_H
#define BAILIFF_RUN_RUN_H

#include "cgroup/leaf.h"
#include "child/channel.h"
#include "child/plan.h"
#include "filter/compile.h"
#include "host/host.h"
#include "host/slot.h"
#include "model/limits.h"
#include "model/verdict.h"
#include "rootfs/plan.h"
#include "run/stdio.h"

/* The program's arguments, environment and candidates, as exec takes them. */
struct exec_plan {
	char **argv;  /* owned array with CELL_ARGV_SPARE empty slots in front; strings borrowed */
	char **envp;  /* owned array, strings borrowed or in `storage` */
	char **paths; /* owned array and strings; NULL-terminated */
	char *copy_from; /* owned; host program to be copied into the cell, or NULL */
	char *copy_to;   /* owned; where to, absolute inside */
};

/* Counters read twice; the difference is the program's. */
struct baseline {
	uint64_t cpu_ns, user_ns, system_ns;
	uint64_t steal_ns;
};

struct run {
	struct bailiff_host *host;        /* borrowed */
	const struct bailiff_spec *spec;  /* borrowed */
	const struct bailiff_policy *policy;
	struct bailiff_result *result;    /* borrowed */
	struct bailiff_error *err;        /* borrowed; where the caller's or host's fault goes */
	struct bailiff_limits limits;     /* resolved */

	struct slot slot;
	struct rootfs_plan rootfs;
	struct exec_plan exec;
	struct stdio stdio;
	struct filter filter;
	struct cgroup_leaf leaf;
	struct cell_plan plan;

	/* The supervisor's ends. */
	int control_fd, report_fd; /* owned */
	int child_control_fd, child_report_fd; /* owned until the cell has them */
	pid_t init_pid;            /* 0 = no cell */
	int init_pid_fd;           /* owned */
	int collect_fd;            /* owned; the scratch file system */
	int listener_fd;           /* owned; forbidden calls arrive here */
	bool exec_allowed;         /* the launch's own exec has been let pass */

	struct outcome outcome;
	struct baseline baseline;
	uint64_t begin_ns; /* bailiff_run() was called */
	uint64_t start_ns; /* the program was let go; 0 = never */
	uint64_t end_ns;   /* it ended, or was stopped */
};

/* run/plan.c: fills exec, keep list, rlimits and the rest of the cell plan. */
int run_plan(struct run *run);
void exec_plan_finish(struct exec_plan *exec);

/* run/launch.c: clones init and brings the cell to the point where the program waits to run.
 * 0 on success; 1 where the program will never run and the outcome says why (it cannot be opened,
 * its memory limit is too small); -errno otherwise with *run->err filled. */
int run_launch(struct run *run);
/* Around all that writes files into a cell; see launch.c. */
void run_begin_writing(void);
void run_end_writing(void);
/* Waits for one message of `type`; as run_launch() where a stage failed instead. */
int run_await(struct run *run, int sock_fd, enum message_type type, int *ret_fd);
/* Interprets a failed stage: the program's (1), the caller's or ours (-errno, err filled). */
int run_stage_failed(struct run *run, const struct message *failed);
/* Kills the cell and waits until its last process is gone. Idempotent. 0 or -errno. */
int run_kill(struct run *run);

/* run/files.c: puts files in, takes files out. */
/* "/box/x" or "x" becomes "box/x", "/tmp/x" becomes "tmp/x": as the scratch file system has it. False
 * for a path that lies elsewhere or leads out. Pure. */
bool run_scratch_path(const char *path, char out[PATH_MAX]);
int run_copy_in(struct run *run);
int run_collect(struct run *run);

/* run/supervise.c: lets the program go and watches it until it ends or is stopped. */
int run_supervise(struct run *run);

/* run/account.c: counters before and after, and the memory samples between. */
void account_begin(struct run *run);
void account_sample(struct run *run);
/* 0, or -errno with *run->err filled where a counter the verdict rests on cannot be read. */
int account_end(struct run *run);
/* CPU time since account_begin(); BAILIFF_UNKNOWN where the counter cannot be read. */
uint64_t account_cpu_ns(const struct run *run);

/* run/explain.c: the sentence for a person. */
void run_explain(struct run *run);

#endif
