/* SPDX-License-Identifier: MIT */
/*
 * What a slot does with a job. Everything that can happen ends in one of five outcomes, and which one decides
 * who tries again: a verdict is about the program and final; what the sandbox or the machine did wrong is a
 * failure, and another attempt, elsewhere, may do better; a spec that no machine could run is rejected; a job
 * that takes more than it said goes back with the truth.
 *
 * Kept between jobs are the pool of cells (each is used once all the same) and, while jobs come for one
 * problem, that problem's judge: its tests' index and its compiled validators.
 */
#include "worker/slot.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/judgement_json.h"
#include "codec/policy_json.h"
#include "codec/result_json.h"
#include "limit_table.h"
#include "policy_find.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Progress is for people: no more often than this. */
#define PROGRESS_INTERVAL_NS (100 * NS_PER_MS)
/* What a judgement quotes of others' texts grows sixfold in JSON, and must fit into a result. */
#define EXCERPTS_BYTES_MAX (QUEUE_RESULT_BYTES_MAX / 8)

void slot_end_finish(struct slot_end *end)
{
	free(end->result);
	free(end->needs);
	*end = (struct slot_end){ 0 };
}

/* ---- outcomes ------------------------------------------------------------------------------------ */

static void end_with(struct slot_end *end, enum slot_outcome outcome, const char *reason)
{
	end->message.outcome = outcome;
	(void)snprintf(end->message.reason, sizeof end->message.reason, "%s", reason);
}

static void end_failed(struct slot_end *end, const struct bailiff_error *error)
{
	char reason[sizeof error->message + sizeof error->hint + 32];
	(void)snprintf(reason, sizeof reason, "%s: %s%s%s", bailiff_stage_name(error->stage),
		       error->message, error->hint[0] != '\0' ? "; " : "", error->hint);
	end_with(end, SLOT_OUTCOME_FAILED, reason);
	end->message.stage = error->stage;
}

/* A call that gave no result: whose fault that is decides. */
static void end_with_error(struct slot_end *end, int rc, const struct bailiff_error *err)
{
	if (rc == -ECANCELED || err->fault == BAILIFF_FAULT_CANCELLED)
		end_with(end, SLOT_OUTCOME_CANCELLED, "cancelled");
	else if (err->fault == BAILIFF_FAULT_SPEC)
		end_with(end, SLOT_OUTCOME_REJECTED, err->message);
	else
		end_failed(end, err);
}

/* NUL-terminated names, one behind the other. */
static int pack_needs(const char *const *needs, struct slot_end *end)
{
	size_t size = 0, at = 0;
	for (size_t i = 0; needs != NULL && needs[i] != NULL; i++)
		size += strlen(needs[i]) + 1;
	end->needs = malloc(size + 1);
	if (end->needs == NULL)
		return -ENOMEM;
	for (size_t i = 0; needs != NULL && needs[i] != NULL; i++) {
		size_t length = strlen(needs[i]) + 1;
		memcpy(end->needs + at, needs[i], length);
		at += length;
	}
	end->needs_size = size;
	return 0;
}

static void end_misfit(struct slot_end *end, const struct job *job, const char *reason)
{
	end_with(end, SLOT_OUTCOME_MISFIT, reason);
	end->message.memory_bytes = job->memory_bytes;
	if (pack_needs(job->needs, end) < 0)
		end_with(end, SLOT_OUTCOME_FAILED, "out of memory");
}

/* Whether the slot can do the job; where not, the end says why. */
static bool fits(const struct slot *slot, const struct job *job, struct slot_end *end)
{
	char reason[200];
	if (job->memory_bytes > slot->memory_bytes) {
		(void)snprintf(reason, sizeof reason,
			       "takes %" PRIu64 " bytes of memory, and %" PRIu64 " were reserved",
			       job->memory_bytes, slot->memory_bytes);
		end_misfit(end, job, reason);
		return false;
	}
	for (size_t i = 0; job->needs != NULL && job->needs[i] != NULL; i++) {
		const struct language *language = NULL;
		struct bailiff_error err = { 0 };
		if (language_find(slot->languages, job->needs[i], &language, &err) == 0 &&
		    toolchain_check(language, &err) == 0)
			continue;
		(void)snprintf(reason, sizeof reason, "needs '%s', which is not here",
			       job->needs[i]);
		end_misfit(end, job, reason);
		return false;
	}
	return true;
}

/* ---- progress ------------------------------------------------------------------------------------ */

static void send_phase(struct slot *slot, const char *phase, size_t done, size_t total,
		       bool may_drop)
{
	struct slot_message message = { .type = SLOT_MESSAGE_PROGRESS,
					.job = slot->job,
					.silence_ns = slot->silence_ns,
					.done = (uint32_t)done,
					.total = (uint32_t)total };
	(void)snprintf(message.phase, sizeof message.phase, "%s", phase);
	slot->told_ns = clock_now_ns();
	(void)slot_send(slot->channel_fd, &message, -1, may_drop);
}

static void tell_phase(struct slot *slot, const char *phase, size_t done, size_t total)
{
	send_phase(slot, phase, done, total, true);
}

void slot_tell_fetching(void *context)
{
	struct slot *slot = context;
	if (clock_now_ns() - slot->told_ns >= PROGRESS_INTERVAL_NS)
		tell_phase(slot, "fetch", 0, 0);
}

/*
 * From here on the job's own limits say when the slot has to be heard of. The worker must know, so this one
 * message is not lost. Where later ones are, what the worker last heard of serves as well: from one test to
 * the next the number is the same, and counts from when it was heard.
 */
static void promise(struct slot *slot, const struct job *job)
{
	slot->silence_ns = job_silence_ns(job, slot->setting.languages);
	send_phase(slot, job->kind == QUEUE_KIND_RUN ? "run" : "prepare", 0, 0, false);
}

static void tell(void *context, const struct judge_event *event)
{
	struct slot *slot = context;
	size_t total = event->judgement->test_count;
	switch (event->kind) {
	case JUDGE_EVENT_SUBMISSION: tell_phase(slot, "compile", 0, total); return;
	case JUDGE_EVENT_COMPILED: tell_phase(slot, "tests", 0, total); return;
	case JUDGE_EVENT_TEST_BEGIN:
		if (clock_now_ns() - slot->told_ns >= PROGRESS_INTERVAL_NS)
			tell_phase(slot, event->test->test->name, event->tests_done, total);
		return;
	case JUDGE_EVENT_TEST:
	case JUDGE_EVENT_JUDGED: return;
	}
}

/* ---- a run ----------------------------------------------------------------------------------------- */

static void end_run(struct slot_end *end, const struct bailiff_result *result,
		    const struct bailiff_spec *spec)
{
	struct bailiff_error err = { 0 };
	int rc = result_json_print_line(result, spec, &end->result, &err);
	end->message.setup_ns = result->cell.setup_ns;
	end->message.oom_kills = result->oom_kills != BAILIFF_UNKNOWN ? result->oom_kills : 0;
	if (rc < 0) {
		end_failed(end, &err);
		return;
	}
	if (result->verdict == BAILIFF_VERDICT_IE) {
		end_failed(end, &result->error);
		return;
	}
	end->message.outcome = SLOT_OUTCOME_VERDICT;
	(void)snprintf(end->message.verdict, sizeof end->message.verdict, "%s",
		       bailiff_verdict_name(result->verdict));
}

static void run_program(struct slot *slot, struct job *job, struct slot_end *end)
{
	struct bailiff_error err = { 0 };
	struct bailiff_result result = { 0 };
	struct loaded_policy *policy = NULL;
	struct bailiff_spec *spec = &job->run.spec;
	spec->has_cancel_fd = true;
	spec->cancel_fd = slot->cancel_fd;
	spec->limits.cpuset = slot->cpuset;
	int rc = policy_find(job->run.policy, &spec->policy, &policy, &err);
	if (rc == 0)
		rc = bailiff_pool_run(slot->pool, spec, &result, &err);
	if (rc == 0)
		end_run(end, &result, spec);
	else
		end_with_error(end, rc, &err);
	bailiff_result_finish(&result);
	loaded_policy_free(policy);
}

/* ---- a judgement ------------------------------------------------------------------------------------ */

static void close_judge(struct slot *slot)
{
	struct bailiff_error err = { 0 };
	if (slot->judge_job == NULL)
		return;
	int rc = judge_close(&slot->judge, &err);
	if (rc < 0)
		slot->broken = rc;
	job_finish(slot->judge_job);
	free(slot->judge_job);
	slot->judge_job = NULL;
}

static bool same_limits(const struct bailiff_limits *a, const struct bailiff_limits *b)
{
	for (size_t i = 0; i < LIMIT_ROW_COUNT; i++)
		if (limit_value(&limit_rows[i], a) != limit_value(&limit_rows[i], b))
			return false;
	return true;
}

/* Whether the judge that is open is the one that this job needs. */
static bool judge_serves(const struct slot *slot, const struct job *job)
{
	const struct job *open = slot->judge_job;
	return open != NULL && open->problem_digest != NULL && job->problem_digest != NULL &&
	       strcmp(open->problem_digest, job->problem_digest) == 0 &&
	       /* What it is called stands in the judgement, and is the job's to say. */
	       strcmp(open->problem->name, job->problem->name) == 0 &&
	       open->judge.all_tests == job->judge.all_tests &&
	       same_limits(&open->judge.limits, &job->judge.limits);
}

/* Opens a judge for *job, which becomes the slot's, whatever is returned. */
static int open_judge(struct slot *slot, struct job *job, struct bailiff_error *err)
{
	const char **cores = arena_alloc(&job->arena, sizeof *cores);
	if (cores == NULL) {
		job_finish(job);
		free(job);
		return fail_memory(err);
	}
	cores[0] = slot->cpuset;
	slot->judge_job = job;
	slot->judge = (struct judge){
		.workshop = { .toolchain = { .host = slot->host,
					     .cancel_fd = slot->cancel_fd,
					     .cpuset = slot->cpuset },
			      .languages = slot->languages,
			      .cache = slot->compiled,
			      .helper_bytes_max = JOB_HELPER_BYTES_MAX },
		.problem = job->problem,
		.limits = job->judge.limits,
		.all_tests = job->judge.all_tests,
		.jobs = 1,
		.cpusets = slot->cpuset != NULL ? (const char *const *)cores : NULL,
		.pool = slot->pool,
		.excerpt_bytes_max = EXCERPTS_BYTES_MAX,
		.observer = { .tell = tell, .context = slot },
		.submission_count = 1,
	};
	return judge_open(&slot->judge, err);
}

/* A test that the sandbox failed on is why the judgement is IE. */
static const struct bailiff_error *error_of(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->test_count; i++)
		if (judgement->tests[i].verdict == JUDGE_IE &&
		    judgement->tests[i].error.fault != BAILIFF_FAULT_NONE)
			return &judgement->tests[i].error;
	return &judgement->error;
}

static void end_judgement(struct slot_end *end, struct judgement *judgement)
{
	struct bailiff_error err = { 0 };
	for (size_t i = 0; i < judgement->test_count; i++)
		if (judgement->tests[i].has_run &&
		    judgement->tests[i].usage.oom_kills != BAILIFF_UNKNOWN)
			end->message.oom_kills += judgement->tests[i].usage.oom_kills;
	if (judgement_json_print_bounded(judgement, QUEUE_RESULT_BYTES_MAX, &end->result, &err) <
	    0) {
		end_failed(end, &err);
		return;
	}
	if (judgement->verdict == JUDGE_IE) {
		end_failed(end, error_of(judgement));
		return;
	}
	end->message.outcome = SLOT_OUTCOME_VERDICT;
	(void)snprintf(end->message.verdict, sizeof end->message.verdict, "%s",
		       judge_verdict_name(judgement->verdict));
}

/* `job` becomes the slot's where a judge is opened for it; *ret_is_kept says so. */
static void judge_job(struct slot *slot, struct job *job, bool *ret_is_kept, struct slot_end *end)
{
	struct bailiff_error err = { 0 };
	struct judgement judgement = { 0 };
	int rc = 0;
	*ret_is_kept = !judge_serves(slot, job);
	if (*ret_is_kept) {
		close_judge(slot);
		rc = open_judge(slot, job, &err);
	}
	if (rc == 0)
		rc = judge_submission(&slot->judge, &job->judge.sources, &judgement, &err);
	if (rc == 0)
		end_judgement(end, &judgement);
	else
		end_with_error(end, rc, &err);
	judgement_finish(&judgement);
	/* Only a problem that can come again is worth keeping; one that could not be opened is not. */
	if (rc < 0 || slot->judge_job->problem_digest == NULL)
		close_judge(slot);
}

/* ---- jobs ---------------------------------------------------------------------------------------------- */

void slot_run_job(struct slot *slot, enum queue_kind kind, const char *spec, size_t size,
		  struct slot_end *ret_end)
{
	struct bailiff_error err = { 0 };
	*ret_end = (struct slot_end){ .message = { .setup_ns = BAILIFF_UNKNOWN } };
	struct job *job = calloc(1, sizeof *job);
	bool is_kept = false;
	if (job == NULL) {
		end_with(ret_end, SLOT_OUTCOME_FAILED, "out of memory");
		return;
	}
	slot->silence_ns = SLOT_OPENING_NS;
	tell_phase(slot, kind == QUEUE_KIND_RUN ? "run" : "prepare", 0, 0);
	int rc = job_open(job, kind, spec, size, &slot->setting, &err);
	if (rc == -ENOSPC && slot->judge_job != NULL) {
		/* What the last job's problem keeps in the cache may be the room that this one needs. */
		slot_rest(slot);
		job_finish(job);
		*job = (struct job){ 0 };
		rc = job_open(job, kind, spec, size, &slot->setting, &err);
	}
	if (rc == 0)
		promise(slot, job);
	if (rc < 0)
		end_with_error(ret_end, rc, &err);
	else if (fits(slot, job, ret_end) && kind == QUEUE_KIND_RUN)
		run_program(slot, job, ret_end);
	else if (ret_end->message.outcome == 0)
		judge_job(slot, job, &is_kept, ret_end);
	if (is_kept)
		return;
	job_finish(job);
	free(job);
}

void slot_rest(struct slot *slot)
{
	close_judge(slot);
}
