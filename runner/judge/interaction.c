/* SPDX-License-Identifier: MIT */
/*
 * The validator sees the end of its input when the submission has ended, and is never killed for
 * writing to it, so it always comes to say what it thinks. From there the rules are:
 *
 *   1. A validator that ended first with "wrong" has judged, whatever became of the submission
 *      afterwards; one that did it at all has judged a submission that died of SIGPIPE, for that
 *      signal comes only from its end.
 *   2. A submission that failed by itself, or never ends, is to blame for that.
 *   3. Otherwise the validator decides, and if it does not say 42 or 43, it is to blame.
 *
 * Two that wait for each other use no CPU. That is found after IDLE_NS, and the submission is to
 * blame: a validator that works with others' submissions waits because this one owes an answer.
 */
#include "judge/interaction.h"

#include "model/limits.h"

#include <signal.h>

#define IDLE_NS UINT64_C(2000000000)

enum partner { SUBMISSION, VALIDATOR };

void interaction_finish(struct interaction *interaction)
{
	bailiff_result_finish(&interaction->submission);
	bailiff_result_finish(&interaction->validator);
	*interaction = (struct interaction){ 0 };
}

static bool has_exited(const struct bailiff_result *validator, enum icpc_exit code)
{
	return validator->verdict == BAILIFF_VERDICT_RE && validator->has_exit_code &&
	       validator->exit_code == (int)code;
}

/* For bailiff_pair: once the verdict is certain, nobody waits for the other. */
static bool may_go_on(void *context, unsigned ended, const struct bailiff_result *result)
{
	(void)context;
	if (ended == VALIDATOR)
		return has_exited(result, ICPC_ACCEPTED);
	return result->verdict == BAILIFF_VERDICT_OK || result->signal == SIGPIPE;
}

/* Of two times that are limits, as far as that can be a limit itself. */
static uint64_t time_sum(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < LIMITS_TIME_NS_MAX - b_ns ? a_ns + b_ns : LIMITS_TIME_NS_MAX;
}

uint64_t interaction_wall_ns(uint64_t submission_wall_ns, uint64_t validator_cpu_ns)
{
	return time_sum(time_sum(validator_cpu_ns, validator_cpu_ns),
			time_sum(submission_wall_ns, submission_wall_ns));
}

int interaction_run(const struct check_job *job, struct run_request *request,
		    struct interaction *ret_interaction, struct bailiff_error *err)
{
	struct run_request validator = { 0 };
	struct bailiff_result results[2] = { 0 };
	unsigned first = 0;
	int rc = checker_interactor_request(job, &validator, err);
	struct bailiff_limits *limits = &validator.spec.limits;
	limits->wall_ns = interaction_wall_ns(request->spec.limits.wall_ns, limits->cpu_ns);
	const struct bailiff_pair pair = {
		.specs = { [SUBMISSION] = &request->spec, [VALIDATOR] = &validator.spec },
		.idle_ns = IDLE_NS,
		/* The validator's work is not the submission's time. */
		.is_excused = { [SUBMISSION] = true },
		.is_shielded = { [VALIDATOR] = true },
		.may_go_on = may_go_on,
	};
	if (rc == 0)
		rc = bailiff_pool_run_pair(job->bench->pool, &pair, results, &first, err);
	run_request_finish(&validator);
	if (rc < 0)
		return rc;
	*ret_interaction = (struct interaction){
		.submission = results[SUBMISSION],
		.validator = results[VALIDATOR],
		.is_validator_first = first == VALIDATOR,
	};
	return 0;
}

enum blame interaction_blame(const struct interaction *interaction)
{
	const struct bailiff_result *submission = &interaction->submission;
	const struct bailiff_result *validator = &interaction->validator;
	if (submission->verdict == BAILIFF_VERDICT_IE)
		return BLAME_SUBMISSION;
	if (validator->verdict == BAILIFF_VERDICT_IE)
		return BLAME_VALIDATOR;
	if (has_exited(validator, ICPC_REJECTED) &&
	    (interaction->is_validator_first || submission->signal == SIGPIPE))
		return BLAME_NOBODY;
	/* A flood may end a validator that reads all of it before it ends the submission. */
	if (submission->verdict == BAILIFF_VERDICT_OLE)
		return BLAME_SUBMISSION;
	if (interaction->is_validator_first && !has_exited(validator, ICPC_ACCEPTED))
		return BLAME_VALIDATOR;
	if (submission->verdict != BAILIFF_VERDICT_OK)
		return BLAME_SUBMISSION;
	bool has_judged = has_exited(validator, ICPC_ACCEPTED) ||
			  has_exited(validator, ICPC_REJECTED);
	return has_judged ? BLAME_NOBODY : BLAME_VALIDATOR;
}
