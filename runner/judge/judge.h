/* SPDX-License-Identifier: MIT */
/*
 * Judging: compile a submission once, run it on every test, conclude.
 *
 *	struct judge judge = { .host = ..., .problem = ..., ... };
 *	judge_open(&judge, &err)                          makes the problem's checker
 *	judge_submission(&judge, &sources, &judgement, &err)   any number of times
 *	judge_close(&judge, &err)
 */
#ifndef BAILIFF_JUDGE_JUDGE_H
#define BAILIFF_JUDGE_JUDGE_H

#include "judge/checker.h"
#include "judge/event.h"

#define JUDGE_JOBS_MAX 64u

struct judge {
	/* Set by the caller; borrowed. */
	struct workshop workshop; /* host, signals, languages, cache */
	const struct problem *problem;
	struct bailiff_limits limits; /* of submissions, where they win over the problem's; else zero */
	bool all_tests;		      /* run on after what decides */
	size_t jobs;		      /* tests side by side, from 1 to JUDGE_JOBS_MAX */
	const char *const *cpusets;   /* one for each job; NULL = any core */
	/* Bytes of what tests' reports quote (excerpts), all together; 0 = no bound. Tests keep theirs in the
	 * order in which they end. */
	size_t excerpt_bytes_max;
	struct judge_observer observer;
	size_t submission_count; /* for events: how many there will be */
	/* Where tests and validators get their cells. Borrowed where the caller set it, so that cells that
	 * wait serve one judge after another; else judge_open() makes one. */
	struct bailiff_pool *pool;

	/* Set by judge_open(). */
	bool owns_pool;
	struct checker checker;
	struct ready_program grader;
	struct bailiff_limits resolved;
	size_t submission_index; /* of the next one */
	uint64_t cell_build_ns;	 /* what it last took to make one for a test; 0 = not known */
};

/* Makes the checker and a custom grader. Fails where the problem, this machine or the limits are at
 * fault; the judge must be closed whatever is returned. */
int judge_open(struct judge *judge, struct bailiff_error *err);
/* 0, or -errno with *err filled where something of a cell could not be removed. */
int judge_close(struct judge *judge, struct bailiff_error *err);

/*
 * Judges one submission. `sources` must live as long as the judgement. Returns 0 with *ret_judgement (the
 * caller's, judgement_finish), whatever became of the submission, IE included; -errno with *err
 * filled where the caller or this machine is at fault; -ECANCELED where the caller gave up.
 */
int judge_submission(struct judge *judge, const struct source_set *sources,
		     struct judgement *ret_judgement, struct bailiff_error *err);

#endif
