/* SPDX-License-Identifier: MIT */
/*
 * The order of set-up as data. A cell is built by two processes, init and the program, and each
 * runs its table from the first row to the last; a row that fails is reported by name and ends
 * the process. Tests check the tables themselves (privilege never rises, the filter is the last
 * step before the exec), and ARCHITECTURE.md lists them row by row.
 *
 * Everything here runs between clone and exec: async-signal-safe only.
 */
#ifndef BAILIFF_CHILD_STAGE_H
#define BAILIFF_CHILD_STAGE_H

#include "child/job.h"
#include "child/plan.h"

/* What a step can rely on. Never more in a later row than in an earlier one. */
enum stage_privilege {
	PRIVILEGE_CELL_ROOT, /* every capability, in the cell's user namespace only */
	PRIVILEGE_NONE,
};

/* What the steps of one process hand on to each other. */
struct stage_state {
	int report_fd;  /* where a failure is told */
	int root_fd;    /* the new root's tmpfs */
	int scratch_fd; /* init: the scratch file system, until its parts are attached */
	int collect_fd; /* init: the same, for the supervisor */
	int ruleset_fd; /* program: Landlock's, still without the job's rule; or FD_NONE */
	int job_fds[JOB_FD_COUNT];
	struct job *job; /* program: once it has come */
	int exec_fd;    /* program: what will be executed */
	uint32_t detail; /* which item of a list a step failed at */
	char **argv;    /* program: as execveat(2) will get it */
	char script_line[256]; /* program: the first line of a script, cut into words */
	char script_path[4096];
};

struct stage {
	enum bailiff_stage stage; /* how a failure is reported */
	enum stage_privilege privilege;
	const char *name;
	/* 0 or -errno. In the program's process the plan is gone after "drop.memory". */
	int (*run)(const struct cell_plan *plan, struct stage_state *state);
};

extern const struct stage init_stages[];
extern const size_t init_stage_count;
extern const struct stage program_stages[];
extern const size_t program_stage_count;

/*
 * Runs a table. On the first failure sends MESSAGE_FAILED to state->report_fd and ends the
 * process; returns only when every step succeeded.
 */
void stages_run(const struct stage *stages, size_t count, const struct cell_plan *plan,
		struct stage_state *state);

/* The life of process 1. Never returns. */
_Noreturn void init_main(const struct cell_plan *plan);

/* The life of the program's process until exec. Never returns. */
_Noreturn void program_main(const struct cell_plan *plan);

/*
 * Unmaps all of the calling process's memory but those ranges, its stack up to `top`, what the C library
 * keeps for the thread, and what is sealed; nothing where there is no range, or where such a thing is not
 * known to work. 0 or -errno.
 */
int memory_keep_only(const struct cell_range *stays, size_t count, const void *top);

/* Steps shared by both tables or called across files. 0 or -errno. */
int mounts_execute(const struct cell_plan *plan, struct stage_state *state);
int drop_capability_bounds(void);
int drop_all_capabilities(void);
int drop_lock_securebits(void);

/* Steps that have a file of their own. */
int step_scratch(const struct cell_plan *plan, struct stage_state *state);
int step_inheritance(const struct cell_plan *plan, struct stage_state *state);
int step_landlock_rules(const struct cell_plan *plan, struct stage_state *state);
int step_landlock(const struct cell_plan *plan, struct stage_state *state);
int step_open_program(const struct cell_plan *plan, struct stage_state *state);
int step_memory(const struct cell_plan *plan, struct stage_state *state);
int step_drop_verify(const struct cell_plan *plan, struct stage_state *state);

#endif
