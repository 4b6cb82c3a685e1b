/* SPDX-License-Identifier: MIT */
/*
 * How long a slot can have nothing to tell of a job. Everything that a job has run is in a cell with a limit of
 * wall time, which its supervisor enforces; so the answer is a sum of such limits, over all that can happen
 * between two messages of a slot (worker/slot.c): the making of all programs, or one test, or one test and the
 * grading that follows the last. It is one number for the whole job, the sum of the three, because it has to
 * be right and need not be small: it is for slots that are stuck.
 */
#include "base/mem.h"
#include "job/job.h"
#include "judge/checker.h"
#include "judge/interaction.h"
#include "judge/ready_program.h"
#include "judge/test_run.h"
#include "limit_table.h"
#include "model/limits.h"

/* What a run takes beyond its limit of wall time on a machine that is very busy: a cell's set-up and removal,
 * files that are copied into it. */
#define RUN_OVERHEAD_NS (UINT64_C(5) * 1000000000)

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

static uint64_t times(uint64_t a, uint64_t factor)
{
	uint64_t product;
	return __builtin_mul_overflow(a, factor, &product) ? UINT64_MAX : product;
}

static uint64_t run_ns(uint64_t wall_ns)
{
	return sum(wall_ns, RUN_OVERHEAD_NS);
}

/* Limits that a cell would refuse end the job before anything runs. */
static uint64_t wall_ns(const struct bailiff_limits *limits)
{
	struct bailiff_limits resolved = *limits;
	return limits_resolve(&resolved, NULL) == 0 ? resolved.wall_ns : 0;
}

/* ---- making programs -------------------------------------------------------------------------- */

static uint64_t step_ns(const struct problem *problem, const struct language *language)
{
	const struct toolchain toolchain = { .limits = problem->compile_limits };
	struct bailiff_limits limits;
	toolchain_step_limits(&toolchain, language, &limits);
	return run_ns(wall_ns(&limits));
}

/* One that builds itself, or is of a language that is not here, has the usual limits. */
static uint64_t making_ns(const struct problem *problem, const struct source_set *sources,
			  const struct language_set *languages)
{
	static const struct language unknown = { 0 };
	const struct language *language = &unknown;
	struct bailiff_error ignored = { 0 };
	if (!source_set_builds_itself(sources) &&
	    source_set_language(sources, languages, &language, &ignored) < 0)
		language = &unknown;
	return step_ns(problem, language);
}

static uint64_t all_making_ns(const struct job *job, const struct language_set *languages)
{
	const struct problem *problem = job->problem;
	uint64_t total = making_ns(problem, &job->judge.sources, languages);
	for (size_t i = 0; i < problem->validator_count; i++)
		total = sum(total, making_ns(problem, &problem->validators[i], languages));
	if (problem->grader != NULL)
		total = sum(total, making_ns(problem, problem->grader, languages));
	return total;
}

/* ---- tests and grading ------------------------------------------------------------------------ */

static uint64_t test_ns(const struct job *job, const struct bailiff_limits *checker)
{
	const struct problem *problem = job->problem;
	struct bailiff_limits limits = job->judge.limits;
	limits_merge(&limits, &problem->limits);
	uint64_t submission_ns = wall_ns(&limits);
	uint64_t passes = problem->is_multi_pass && problem->pass_limit > 1 ? problem->pass_limit :
									       1;
	uint64_t checking_ns =
		problem->is_interactive ?
			run_ns(interaction_wall_ns(submission_ns, checker->cpu_ns)) :
			times(run_ns(wall_ns(checker)), problem->validator_count);
	return times(times(sum(run_ns(submission_ns), checking_ns), passes), TEST_RUNS_MAX);
}

static uint64_t grading_ns(const struct problem *problem, const struct bailiff_limits *checker)
{
	return problem->grader != NULL ? times(run_ns(wall_ns(checker)), problem->group_count) : 0;
}

uint64_t job_silence_ns(const struct job *job, const struct language_set *languages)
{
	struct bailiff_limits checker;
	if (job->kind == QUEUE_KIND_RUN)
		return run_ns(wall_ns(&job->run.spec.limits));
	checker_limits(job->problem, &checker);
	return sum(all_making_ns(job, languages),
		   sum(test_ns(job, &checker), grading_ns(job->problem, &checker)));
}
