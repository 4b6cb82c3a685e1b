/* SPDX-License-Identifier: MIT */
/*
 * What a job takes while it runs: languages, and memory. A worker adds up what its jobs take, so
 * this must not be less than what happens. Most of it is certain, because cgroups enforce it: the
 * limits of the cells that exist at the same time. The rest is the slot's own memory, as far as the
 * job decides how much that is: outputs in memory files and buffers, texts, and a constant for
 * everything else.
 */
#include "base/error.h"
#include "base/mem.h"
#include "job/job_internal.h"
#include "judge/checker.h"
#include "limit_table.h"
#include "model/limits.h"

#include <string.h>

#define MEBIBYTE (UINT64_C(1) << 20)
/* A slot that runs a program; one that judges, which has compiled programs in memory files, cells
 * that wait, and the copies of up to 8 MiB that tests' files in a cell are. */
#define RUN_BASE_BYTES (32 * MEBIBYTE)
#define JUDGE_BASE_BYTES (128 * MEBIBYTE)
/* A text as it came, its JSON tree, and the copies that were made of it. */
#define COPIES_OF_SPEC 4u
/* What is captured can grow sixfold in JSON ("\u0001"), and is there as bytes, tree and text. */
#define COPIES_OF_CAPTURE 14u
#define CAPTURE_BYTES_DEFAULT (UINT64_C(64) << 10)

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

static uint64_t times(uint64_t a, unsigned factor)
{
	uint64_t product;
	return __builtin_mul_overflow(a, (uint64_t)factor, &product) ? UINT64_MAX : product;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- languages ---------------------------------------------------------------------------------
 */

struct need_list {
	const char *names[QUEUE_NEEDS_MAX];
	size_t count;
};

/* What a queue takes for a need. */
static bool is_id(const char *id)
{
	size_t length = strlen(id);
	return length > 0 && length <= QUEUE_NEED_BYTES_MAX &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+") ==
		       length;
}

static int add_need(struct need_list *list, const char *id, struct bailiff_error *err)
{
	size_t at = 0;
	if (!is_id(id))
		return fail_spec(err, "'%.60s' is no language's id", id);
	while (at < list->count && strcmp(list->names[at], id) < 0)
		at++;
	if (at < list->count && strcmp(list->names[at], id) == 0)
		return 0;
	if (list->count == QUEUE_NEEDS_MAX)
		return fail_spec(err, "problem: has programs in more than %u languages",
				 QUEUE_NEEDS_MAX);
	memmove(&list->names[at + 1], &list->names[at], (list->count - at) * sizeof list->names[0]);
	list->names[at] = id;
	list->count++;
	return 0;
}

/* A language by the one who wrote the spec may be one that only other workers have. */
static int add_program(struct need_list *list, const struct source_set *sources,
		       const struct language_set *languages, struct bailiff_error *err)
{
	const struct language *language = NULL;
	if (sources->language != NULL)
		return add_need(list, sources->language, err);
	int rc = source_set_language(sources, languages, &language, err);
	return rc < 0 ? rc : add_need(list, language->id, err);
}

static int add_helper(struct need_list *list, const struct source_set *sources,
		      const struct language_set *languages, struct bailiff_error *err)
{
	return source_set_builds_itself(sources) ? 0 : add_program(list, sources, languages, err);
}

static int find_needs(const struct job *job, const struct language_set *languages,
		      struct need_list *list, struct bailiff_error *err)
{
	const struct problem *problem = job->problem;
	if (job->kind == QUEUE_KIND_RUN)
		return 0;
	int rc = add_program(list, &job->judge.sources, languages, err);
	for (size_t i = 0; rc == 0 && problem != NULL && i < problem->validator_count; i++)
		rc = add_helper(list, &problem->validators[i], languages, err);
	if (rc == 0 && problem != NULL && problem->grader != NULL)
		rc = add_helper(list, problem->grader, languages, err);
	return rc;
}

static int keep_needs(struct job *job, const struct need_list *list, struct bailiff_error *err)
{
	job->needs = arena_alloc(&job->arena, (list->count + 1) * sizeof *job->needs);
	for (size_t i = 0; job->needs != NULL && i < list->count; i++) {
		const char *name = list->names[i];
		job->needs[i] = arena_copy(&job->arena, name, strlen(name));
		if (job->needs[i] == NULL)
			return fail_memory(err);
	}
	return job->needs != NULL ? 0 : fail_memory(err);
}

/* ---- memory ------------------------------------------------------------------------------------
 */

static uint64_t capture_bytes(const struct bailiff_stdout *out)
{
	return out->capture_bytes != 0 ? out->capture_bytes : CAPTURE_BYTES_DEFAULT;
}

static uint64_t weigh_run(const struct bailiff_spec *spec)
{
	uint64_t cell = spec->limits.memory_bytes != 0 ? spec->limits.memory_bytes :
							 LIMITS_DEFAULT_MEMORY_BYTES;
	uint64_t captured = sum(capture_bytes(&spec->out), capture_bytes(&spec->err));
	return sum(sum(cell, times(captured, COPIES_OF_CAPTURE)), RUN_BASE_BYTES);
}

/* What making a program takes. */
struct step_weight {
	uint64_t bytes;	  /* while it is made */
	uint64_t program; /* afterwards, in a memory file */
};

/* The step's cell, and then what is left of it, its files, beside the memory files they are copied
 * to. */
static struct step_weight weigh_step(const struct job *job, const struct language *language,
				     bool keeps_files)
{
	struct toolchain toolchain = { 0 };
	struct bailiff_limits limits;
	struct step_weight weight = { 0 };
	if (job->problem != NULL)
		toolchain.limits = job->problem->compile_limits;
	toolchain_step_limits(&toolchain, language, &limits);
	uint64_t files = smaller(limits.disk_bytes, limits.memory_bytes);
	if (keeps_files)
		weight.program = smaller(files, limits.output_bytes);
	weight.bytes = larger(limits.memory_bytes, sum(files, weight.program));
	return weight;
}

/* Of a language that is not known here, or a program's own build: whatever there could be. */
static struct step_weight weigh_unknown(const struct job *job)
{
	static const struct language unknown = { 0 };
	return weigh_step(job, &unknown, true);
}

static struct step_weight weigh_language(const struct job *job, const char *id,
					 const struct language_set *languages)
{
	const struct language *language = NULL;
	struct bailiff_error ignored;
	if (language_find(languages, id, &language, &ignored) < 0)
		return weigh_unknown(job);
	if (language->compile.argv == NULL)
		return (struct step_weight){ 0 };
	return weigh_step(job, language, language->compile.artifacts != NULL);
}

/* The helper programs of a problem: a package's own, which are all in the slot's memory. */
static size_t helper_count(const struct problem *problem)
{
	return problem->validator_count + (problem->grader != NULL);
}

static const struct source_set *helper_at(const struct problem *problem, size_t index)
{
	return index < problem->validator_count ? &problem->validators[index] : problem->grader;
}

static uint64_t helper_sources(const struct problem *problem)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < helper_count(problem); i++) {
		const struct source_set *sources = helper_at(problem, i);
		for (size_t k = 0; k < sources->count; k++)
			bytes = sum(bytes, sources->files[k].size);
	}
	return bytes;
}

/* The most that making one of a job's programs takes, and what the submission is then. */
static struct step_weight weigh_making(const struct job *job, const struct problem *problem,
				       const struct need_list *needs,
				       const struct language_set *languages)
{
	struct step_weight most = { 0 };
	for (size_t i = 0; i < needs->count; i++) {
		struct step_weight step = weigh_language(job, needs->names[i], languages);
		most.bytes = larger(most.bytes, step.bytes);
		most.program = larger(most.program, step.program);
	}
	for (size_t i = 0; i < helper_count(problem); i++) {
		if (source_set_builds_itself(helper_at(problem, i)))
			most.bytes = larger(most.bytes, weigh_unknown(job).bytes);
	}
	return most;
}

static uint64_t largest_answer(const struct problem *problem)
{
	uint64_t most = 0;
	for (size_t i = 0; i < problem->test_count; i++)
		most = larger(most, problem->tests[i].answer.size);
	return most;
}

/* Where the problem is not on this machine, what is usual is assumed, and the slot that has it
 * knows better. */
static uint64_t weigh_judge(const struct job *job, const struct need_list *needs,
			    const struct language_set *languages)
{
	static const struct problem unknown = { .checker = CHECKER_BUILTIN };
	const struct problem *problem = job->problem != NULL ? job->problem : &unknown;
	struct bailiff_limits limits = job->judge.limits, checker;
	bool has_helpers = helper_count(problem) > 0;
	limits_merge(&limits, &problem->limits);
	uint64_t memory =
		limits.memory_bytes != 0 ? limits.memory_bytes : LIMITS_DEFAULT_MEMORY_BYTES;
	uint64_t output =
		limits.output_bytes != 0 ? limits.output_bytes : LIMITS_DEFAULT_OUTPUT_BYTES;
	checker_limits(problem, &checker);
	uint64_t beside = has_helpers ? checker.memory_bytes : 0;
	uint64_t cells = problem->is_interactive ? sum(memory, beside) : larger(memory, beside);
	struct step_weight making = weigh_making(job, problem, needs, languages);
	cells = larger(sum(cells, making.program), making.bytes);
	/* The output in its memory file; beside it a validator's feedback, what it leaves for the
	 * next pass, and one more copy of each; or both sides of a comparison in memory. */
	uint64_t held = has_helpers ? sum(output, times(checker.output_bytes, 4)) :
				      sum(times(output, 2), largest_answer(problem));
	return sum(sum(cells, held), sum(JUDGE_BASE_BYTES, helper_sources(problem)));
}

int job_weigh(struct job *job, size_t spec_size, const struct language_set *languages,
	      struct bailiff_error *err)
{
	struct need_list needs = { 0 };
	int rc = find_needs(job, languages, &needs, err);
	if (rc == 0)
		rc = keep_needs(job, &needs, err);
	if (rc < 0)
		return rc;
	uint64_t bytes = job->kind == QUEUE_KIND_RUN ? weigh_run(&job->run.spec) :
						       weigh_judge(job, &needs, languages);
	job->memory_bytes = sum(bytes, times(spec_size, COPIES_OF_SPEC));
	return 0;
}
