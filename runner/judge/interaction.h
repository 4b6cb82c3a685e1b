/* SPDX-License-Identifier: MIT */
/*
 * Interactive problems: the submission and the validator run at the same time, each one's output
 * the other's input. Who broke first is to blame, whichever way they end.
 */
#ifndef BAILIFF_JUDGE_INTERACTION_H
#define BAILIFF_JUDGE_INTERACTION_H

#include "judge/checker.h"

/* How the two ended. */
struct interaction {
	struct bailiff_result submission, validator; /* owned (interaction_finish) */
	bool is_validator_first; /* its program ended before the submission's */
};

/* Whose end decides. */
enum blame {
	BLAME_NOBODY,	  /* the validator's word stands */
	BLAME_SUBMISSION, /* its own run's verdict stands */
	BLAME_VALIDATOR,  /* judge error */
};

/*
 * Runs both. `request` is the submission's, complete but for its streams; the job's output is not
 * used. *ret_interaction needs interaction_finish(). Returns as bailiff_run_pair().
 */
int interaction_run(const struct check_job *job, struct run_request *request,
		    struct interaction *ret_interaction, struct bailiff_error *err);
void interaction_finish(struct interaction *interaction);

/* Pure. The wall time that the validator gets: whatever the submission does, it is over in its own time and
 * the validator's. */
uint64_t interaction_wall_ns(uint64_t submission_wall_ns, uint64_t validator_cpu_ns);
enum blame interaction_blame(const struct interaction *interaction);

#endif
