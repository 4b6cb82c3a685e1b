/* SPDX-License-Identifier: MIT */
/*
 * Reading a job. Its text is a stranger's; what it may name is decided in one place, the scope that
 * the readers of specs are given (codec/spec_read.h), and what the readers cannot see is checked
 * here: that its program is one of the cell's own, and that a package's limits are within those of
 * jobs.
 */
#include "base/error.h"
#include "base/mem.h"
#include "codec/spec_json.h"
#include "job/job_internal.h"
#include "judge/ready_program.h"
#include "limit_table.h"
#include "model/limits.h"
#include "store/content_cache.h"

#include <string.h>

/* Wall time of all tests together. */
#define JOB_TESTS_NS_MAX (UINT64_C(48) * 3600 * 1000000000)

/* ---- where digests lead ------------------------------------------------------------------------
 */

/* Another worker may have a store, so this is no reason to reject the job. */
static int fail_no_store(struct bailiff_error *err)
{
	return fail_host(err, BAILIFF_STAGE_SPEC, 0, "start the worker with --store",
			 "names a content of a store, and there is none here");
}

static int find_file(void *context, const struct content_digest *digest, uint64_t size_max,
		     struct arena *arena, const char **ret_path, uint64_t *ret_size,
		     struct bailiff_error *err)
{
	if (context == NULL)
		return fail_no_store(err);
	return content_hold_file(context, digest, size_max, arena, ret_path, ret_size, err);
}

static int find_tree(void *context, const struct content_digest *digest, struct arena *arena,
		     const char **ret_path, struct bailiff_error *err)
{
	if (context == NULL)
		return fail_no_store(err);
	return content_hold_tree(context, digest, arena, ret_path, err);
}

/* ---- runs --------------------------------------------------------------------------------------
 */

static int read_run(struct job *job, const char *text, size_t size, const struct spec_scope *scope,
		    struct bailiff_error *err)
{
	int rc = spec_json_read_scoped(&job->run, text, size, scope, err);
	if (rc == 0 && job->run.argv_count == 0)
		rc = fail_spec(err, "document: key 'argv' is missing");
	job->run.spec.program_is_inside = true;
	return rc;
}

/* ---- judgements --------------------------------------------------------------------------------
 */

static int check_package_limits(const struct problem *problem, struct bailiff_error *err)
{
	const struct {
		const char *what;
		uint64_t value, max;
	} rows[] = {
		{ "time limit", problem->limits.cpu_ns, JOB_TIME_NS_MAX },
		{ "output limit", problem->limits.output_bytes, JOB_OUTPUT_BYTES_MAX },
		{ "compilation time", problem->compile_limits.cpu_ns, JOB_TIME_NS_MAX },
		{ "validation time", problem->validation_limits.cpu_ns, JOB_TIME_NS_MAX },
		{ "validation output", problem->validation_limits.output_bytes,
		  JOB_OUTPUT_BYTES_MAX },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (rows[i].value > rows[i].max)
			return fail_spec(err,
					 "problem: its %s is above that of jobs, see "
					 "bailiff-jobs(5)",
					 rows[i].what);
	}
	return 0;
}

/* However many tests there are, a slot is to be free again some day. The wall time of a test is a
 * little above twice its CPU time where nothing else is said. */
static int check_total_time(const struct job *job, struct bailiff_error *err)
{
	const struct problem *problem = job->problem;
	struct bailiff_limits limits = job->judge.limits;
	unsigned passes =
		problem->is_multi_pass && problem->pass_limit > 1 ? problem->pass_limit : 1;
	uint64_t total = 0;
	limits_merge(&limits, &problem->limits);
	int rc = limits_resolve(&limits, err);
	if (rc < 0)
		return rc;
	if (!__builtin_mul_overflow(limits.wall_ns, (uint64_t)passes, &total) &&
	    !__builtin_mul_overflow(total, (uint64_t)problem->test_count, &total) &&
	    total <= JOB_TESTS_NS_MAX)
		return 0;
	return fail_spec(err,
			 "problem: %zu tests with such time limits can take longer than two "
			 "days",
			 problem->test_count);
}

/* A tree in a cache is called by its digest; people know it by another name. */
static int name_problem(struct job *job, struct bailiff_error *err)
{
	const char *name = job->judge.problem_name != NULL ? job->judge.problem_name : "problem";
	char digest[CONTENT_DIGEST_TEXT_SIZE];
	content_digest_text(&job->judge.problem_digest, digest);
	job->loaded_problem.name = arena_copy(&job->loaded_problem.arena, name, strlen(name));
	job->problem_digest = arena_copy(&job->arena, digest, strlen(digest));
	return job->loaded_problem.name != NULL && job->problem_digest != NULL ? 0 :
										 fail_memory(err);
}

static int load_problem(struct job *job, struct bailiff_error *err)
{
	const struct judge_spec *spec = &job->judge;
	int rc = 0;
	if (spec->problem_path == NULL && !spec->has_problem_digest) {
		job->problem = &spec->problem;
		return 0;
	}
	if (spec->problem_path != NULL) {
		rc = problem_load(&job->loaded_problem, spec->problem_path, err);
		rc = error_prefix("problem", rc, err);
		if (rc == 0)
			rc = check_package_limits(&job->loaded_problem, err);
		job->problem = &job->loaded_problem;
	}
	if (rc == 0 && spec->has_problem_digest)
		rc = name_problem(job, err);
	return rc;
}

/* What the files' names say is decided here, and not again when it is judged. */
static int resolve_language(struct job *job, const struct language_set *languages,
			    struct bailiff_error *err)
{
	struct source_set *sources = &job->judge.sources;
	const struct language *language = NULL;
	if (sources->language != NULL)
		return 0;
	int rc = source_set_language(sources, languages, &language, err);
	if (rc < 0)
		return error_prefix("sources", rc, err);
	sources->language = arena_copy(&job->arena, language->id, strlen(language->id));
	return sources->language != NULL ? 0 : fail_memory(err);
}

static int read_judge(struct job *job, const char *text, size_t size,
		      const struct spec_scope *scope, const struct language_set *languages,
		      struct bailiff_error *err)
{
	int rc = judge_spec_json_read_scoped(&job->judge, text, size, scope, err);
	if (rc == 0)
		rc = load_problem(job, err);
	if (rc == 0 && job->problem != NULL)
		rc = check_total_time(job, err);
	return rc < 0 ? rc : resolve_language(job, languages, err);
}

/* ---- both --------------------------------------------------------------------------------------
 */

int job_read(struct job *job, enum queue_kind kind, const char *text, size_t size,
	     const struct spec_scope *scope, const struct language_set *languages,
	     struct bailiff_error *err)
{
	job->kind = kind;
	int rc = kind == QUEUE_KIND_RUN ? read_run(job, text, size, scope, err) :
					  read_judge(job, text, size, scope, languages, err);
	return rc < 0 ? rc : job_weigh(job, size, languages, err);
}

int job_open(struct job *job, enum queue_kind kind, const char *text, size_t size,
	     const struct job_setting *setting, struct bailiff_error *err)
{
	if (setting->cache != NULL) {
		int rc = content_hold_open(setting->cache, &job->hold, err);
		if (rc < 0)
			return rc;
	}
	const struct spec_contents contents = { .find_file = find_file,
						.find_tree = find_tree,
						.context = job->hold };
	const struct spec_scope scope = { .is_job = true,
					  .allowed = setting->allowed,
					  .contents = &contents };
	return job_read(job, kind, text, size, &scope, setting->languages, err);
}

void job_finish(struct job *job)
{
	run_request_finish(&job->run);
	judge_spec_finish(&job->judge);
	problem_finish(&job->loaded_problem);
	content_hold_close(job->hold);
	arena_finish(&job->arena);
	*job = (struct job){ 0 };
}
