/* SPDX-License-Identifier: MIT */
/*
 * One test. What the submission wrote stays in a memory file between its cell and the checker's, so
 * nothing of it is in a folder, and its size is bounded by the output limit.
 *
 * Most tests differ in their input alone, and a series has cells for that: they wait with the submission
 * in them, one step before it runs. To make one is more work for the pool's keeper, done while the test
 * before runs. So a series is opened when a test took longer than that work; a submission that is
 * done sooner would only wait for the keeper, and is judged faster where the work is shared more evenly.
 *
 * Near a time limit, noise of the machine can decide instead of the program. The kernel tells of it;
 * then the test is run again, and the run that used less time counts: noise only ever adds.
 */
#include "judge/test_run.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "judge/blob.h"
#include "judge/interaction.h"
#include "judge/remeasure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A series is worth its first cells if so many tests are to come. */
#define SERIES_TESTS_MIN 3u

/* It is given up when more than one in so many runs finds no cell, and that has been seen so often. */
#define SERIES_MISS_SHARE 4u
#define SERIES_MISSES_MIN 3u

/* One run of one test, all its passes. */
struct attempt {
	const struct test_setting *setting;
	const struct bench *bench;
	const struct test_case *test;
	struct feedback feedback;
	struct blob input; /* of the pass: the test's own, then what the validator asked for */
	struct arena inputs; /* owns the latter: the feedback is replaced while a pass needs it */
	unsigned passes;
	struct usage usage; /* the most that one pass used */
	/* Of the last pass: */
	struct bailiff_result result; /* of the submission; owned */
	enum judge_verdict verdict;
	char message[440];
	struct check check; /* owned; zero where there was nothing to check */
};

static void attempt_finish(struct attempt *attempt)
{
	feedback_finish(&attempt->feedback);
	arena_finish(&attempt->inputs);
	bailiff_result_finish(&attempt->result);
	check_finish(&attempt->check);
}

/* ---- the submission's own run ------------------------------------------------------------------ */

static enum judge_verdict verdict_of_run(const struct bailiff_result *result)
{
	switch (result->verdict) {
	case BAILIFF_VERDICT_OK: return JUDGE_AC;
	case BAILIFF_VERDICT_RE: return JUDGE_RE;
	case BAILIFF_VERDICT_TLE: return JUDGE_TLE;
	case BAILIFF_VERDICT_MLE: return JUDGE_MLE;
	case BAILIFF_VERDICT_OLE: return JUDGE_OLE;
	case BAILIFF_VERDICT_SV: return JUDGE_SV;
	case BAILIFF_VERDICT_NONE:
	case BAILIFF_VERDICT_IE: break;
	}
	return JUDGE_IE;
}

static void take_run_verdict(struct attempt *attempt)
{
	const struct bailiff_result *result = &attempt->result;
	attempt->verdict = verdict_of_run(result);
	(void)snprintf(attempt->message, sizeof attempt->message, "%s",
		       result->verdict == BAILIFF_VERDICT_IE ? result->error.message :
							       result->message);
}

static void take_check_verdict(struct attempt *attempt)
{
	attempt->verdict = attempt->check.verdict;
	memcpy(attempt->message, attempt->check.message, sizeof attempt->message);
}

static int add_test(const struct test_case *test, struct run_request *request,
		    struct bailiff_error *err)
{
	int rc = 0;
	for (const char *const *arg = test->args; rc == 0 && arg != NULL && *arg != NULL; arg++)
		rc = run_request_add_argument(request, *arg, err);
	for (size_t i = 0; rc == 0 && i < test->file_count; i++) {
		const struct blob *content = &test->files[i].content;
		const struct bailiff_file file = { .to = test->files[i].to,
						   .from = content->path,
						   .data = content->data,
						   .size = content->size };
		rc = run_request_add_file(request, &file, err);
	}
	return rc;
}

/* All but the standard streams; without a test, what all of them have in common. */
static int make_request(const struct test_setting *setting, const struct bench *bench,
			const struct test_case *test, struct run_request *request,
			struct bailiff_error *err)
{
	request->spec.limits = setting->limits;
	bench_place(bench, request);
	int rc = test != NULL ? add_test(test, request, err) : 0;
	return rc < 0 ? rc : ready_program_request(setting->submission, request, err);
}

static int check_output(struct attempt *attempt, const struct blob *output,
			struct bailiff_error *err)
{
	const struct check_job job = { .checker = attempt->setting->checker,
				       .bench = attempt->bench,
				       .test = attempt->test,
				       .input = &attempt->input,
				       .output = output,
				       .feedback = &attempt->feedback };
	int rc = checker_check(&job, &attempt->check, err);
	if (rc == 0)
		take_check_verdict(attempt);
	return rc;
}

/* Whether the test has nothing of its own but its input. */
static bool fits_series(const struct test_case *test)
{
	return (test->args == NULL || test->args[0] == NULL) && test->file_count == 0;
}

void test_series_finish(struct test_series *series)
{
	bailiff_series_close(series->series);
	run_request_finish(&series->request);
	*series = (struct test_series){ .is_refused = true };
}

static void open_series(const struct attempt *attempt, struct test_series *series)
{
	struct bailiff_error ignored = { 0 };
	struct bailiff_series *opened = NULL;
	int rc = make_request(attempt->setting, attempt->bench, NULL, &series->request, &ignored);
	if (rc == 0)
		rc = bailiff_series_open(attempt->bench->pool, &series->request.spec, &opened,
					 &ignored);
	/* What is wrong, each test's own run tells. */
	if (rc < 0) {
		test_series_finish(series);
		return;
	}
	series->series = opened;
	series->is_new = true;
}

/* The keeper makes the cells of all benches, while they run their tests. */
static bool is_worth_series(const struct bailiff_result *result, const struct test_series *series)
{
	return series->build_ns != 0 && result->wall_ns != BAILIFF_UNKNOWN &&
	       result->wall_ns / series->benches >= series->build_ns &&
	       series->tests_left >= SERIES_TESTS_MIN;
}

/* After a run without it. */
static void consider_series(const struct attempt *attempt, struct test_series *series)
{
	const struct bailiff_result *result = &attempt->result;
	if (result->verdict == BAILIFF_VERDICT_IE || series->series != NULL || series->is_refused)
		return;
	if (!result->cell.was_waiting)
		series->build_ns = result->cell.setup_ns;
	if (is_worth_series(result, series))
		open_series(attempt, series);
}

static void review_series(const struct attempt *attempt, struct test_series *series)
{
	series->runs++;
	series->missed += !attempt->result.cell.was_waiting;
	if (series->missed >= SERIES_MISSES_MIN &&
	    series->missed * SERIES_MISS_SHARE > series->runs)
		test_series_finish(series);
}

static int run_alone(struct attempt *attempt, struct run_request *request,
		     struct bailiff_error *err)
{
	const struct bench *bench = attempt->bench;
	int rc = make_request(attempt->setting, bench, attempt->test, request, err);
	return rc < 0 ? rc : bailiff_pool_run(bench->pool, &request->spec, &attempt->result, err);
}

/* Runs the submission on the pass's input, its output into `out`. */
static int run_submission(struct attempt *attempt, const struct bailiff_stdout *out,
			  struct bailiff_error *err)
{
	struct test_series *series = attempt->bench->series;
	struct run_request request = { .spec = { .in = blob_as_stdin(&attempt->input),
						 .out = *out } };
	bool is_in_series = series->series != NULL && !series->is_new &&
			    fits_series(attempt->test);
	int rc;
	series->is_new = false;
	if (is_in_series) {
		bench_place(attempt->bench, &request);
		rc = bailiff_series_run(series->series, &request.spec, &attempt->result, err);
	} else {
		rc = run_alone(attempt, &request, err);
	}
	run_request_finish(&request);
	if (rc == 0 && is_in_series)
		review_series(attempt, series);
	else if (rc == 0)
		consider_series(attempt, series);
	return rc;
}

/* Runs the submission, and has its output judged where it ended well. */
static int run_and_check(struct attempt *attempt, struct bailiff_error *err)
{
	char path[40];
	AUTO_CLOSE int output_fd = memfd_create("bailiff-output", MFD_CLOEXEC);
	if (output_fd < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "create a memfd");
	/* The checker reads it with another user id. */
	(void)fchmod(output_fd, 0644);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", output_fd);
	blob_warm(&attempt->input);
	const struct bailiff_stdout out = { .kind = BAILIFF_STDOUT_PATH, .path = path };
	int rc = run_submission(attempt, &out, err);
	if (rc < 0)
		return rc;
	take_run_verdict(attempt);
	if (attempt->result.verdict != BAILIFF_VERDICT_OK)
		return 0;
	const struct blob output = { .path = path, .size = attempt->result.stdout_bytes };
	return check_output(attempt, &output, err);
}

/* ---- interactive ------------------------------------------------------------------------------- */

static int interact(struct attempt *attempt, struct bailiff_error *err)
{
	struct run_request request = { 0 };
	struct interaction interaction = { 0 };
	const struct check_job job = { .checker = attempt->setting->checker,
				       .bench = attempt->bench,
				       .test = attempt->test,
				       .input = &attempt->input,
				       .feedback = &attempt->feedback };
	int rc = make_request(attempt->setting, attempt->bench, attempt->test, &request, err);
	if (rc == 0)
		rc = interaction_run(&job, &request, &interaction, err);
	run_request_finish(&request);
	if (rc < 0)
		return rc;
	checker_read_interactor(&job, &interaction.validator, &attempt->check);
	attempt->result = interaction.submission;
	interaction.submission = (struct bailiff_result){ 0 };
	if (interaction_blame(&(struct interaction){ .submission = attempt->result,
						     .validator = interaction.validator,
						     .is_validator_first =
							     interaction.is_validator_first }) ==
	    BLAME_SUBMISSION)
		take_run_verdict(attempt);
	else
		take_check_verdict(attempt);
	interaction_finish(&interaction);
	return 0;
}

/* ---- passes ------------------------------------------------------------------------------------ */

static void fail_pass(struct attempt *attempt, const char *what)
{
	attempt->verdict = attempt->check.verdict = JUDGE_IE;
	(void)snprintf(attempt->message, sizeof attempt->message, "%s", what);
	(void)fail_internal(&attempt->check.error, BAILIFF_STAGE_SUPERVISE, 0, "%s", what);
}

/* Whether there is one more pass to run. */
static bool has_next_pass(struct attempt *attempt)
{
	const struct problem *problem = attempt->setting->problem;
	if (attempt->verdict != JUDGE_AC || !attempt->check.has_next_pass)
		return false;
	if (!problem->is_multi_pass) {
		fail_pass(attempt, "the output validator asked for another pass of a problem that "
				   "has only one");
		return false;
	}
	if (attempt->passes >= problem->pass_limit) {
		fail_pass(attempt, "the output validator asked for more passes than the problem "
				   "allows");
		return false;
	}
	return true;
}

/* What the validator left is the next pass's input, for the submission and for the validator. */
static int take_next_input(struct attempt *attempt, struct bailiff_error *err)
{
	const struct feedback_file *file = feedback_find(&attempt->feedback, "nextpass.in");
	const char *copy = arena_copy(&attempt->inputs, file->data, file->size);
	if (copy == NULL)
		return fail_memory(err);
	attempt->input = (struct blob){ .data = copy, .size = file->size };
	feedback_remove(&attempt->feedback, "nextpass.in");
	return 0;
}

/* Limits count for each pass; what is reported is the most that one of them used. */
static void note_usage(struct attempt *attempt)
{
	struct usage pass = { 0 };
	usage_add(&pass, &attempt->result);
	uint64_t peak = attempt->usage.memory_peak_bytes;
	if (attempt->passes == 1 || pass.cpu_ns > attempt->usage.cpu_ns)
		attempt->usage = pass;
	if (peak > attempt->usage.memory_peak_bytes)
		attempt->usage.memory_peak_bytes = peak;
}

static int run_pass(struct attempt *attempt, struct bailiff_error *err)
{
	bailiff_result_finish(&attempt->result);
	check_finish(&attempt->check);
	attempt->passes++;
	int rc = attempt->setting->problem->is_interactive ? interact(attempt, err) :
							     run_and_check(attempt, err);
	if (rc == 0)
		note_usage(attempt);
	return rc;
}

static int run_passes(struct attempt *attempt, struct bailiff_error *err)
{
	attempt->input = attempt->test->input;
	int rc = run_pass(attempt, err);
	while (rc == 0 && has_next_pass(attempt)) {
		rc = take_next_input(attempt, err);
		if (rc == 0)
			rc = run_pass(attempt, err);
	}
	return rc;
}

/* ---- the report --------------------------------------------------------------------------------- */

static void fill_run(const struct attempt *attempt, struct test_report *report)
{
	const struct bailiff_result *result = &attempt->result;
	report->has_run = true;
	report->usage = attempt->usage;
	report->reason = result->reason;
	report->has_exit_code = result->has_exit_code;
	report->exit_code = result->exit_code;
	report->signal = result->signal;
	report->has_syscall = result->has_syscall;
	report->syscall = result->syscall;
	memcpy(report->hint, result->hint, sizeof report->hint);
	report->stdout_bytes = result->stdout_bytes;
	report->noise = result->noise;
	report->passes = attempt->passes;
	if (attempt->verdict != JUDGE_AC)
		excerpt_set(&report->standard_error, result->err.data, result->err.size,
			    result->err.truncated);
}

static void fill_check(struct attempt *attempt, struct test_report *report)
{
	struct check *check = &attempt->check;
	report->difference = check->difference;
	report->has_checker_usage = check->has_usage;
	report->checker_usage = check->usage;
	report->judge_message = check->judge_message;
	report->team_message = check->team_message;
	check->judge_message = check->team_message = (struct excerpt){ 0 };
	/* A score beside a rejection is ignored in the legacy format and a mistake in the other. */
	bool is_current = attempt->setting->problem->format == PROBLEM_FORMAT_2025_09;
	if (attempt->verdict == JUDGE_AC || (attempt->verdict == JUDGE_WA && is_current)) {
		report->has_score = check->has_score;
		report->score = check->score;
		report->has_score_multiplier = check->has_score_multiplier;
		report->score_multiplier = check->score_multiplier;
	}
	if (attempt->verdict == JUDGE_IE)
		report->error = attempt->result.verdict == BAILIFF_VERDICT_IE ?
					attempt->result.error : check->error;
}

int test_run(const struct test_setting *setting, const struct bench *bench,
	     struct test_report *report, struct bailiff_error *err)
{
	struct attempt best = { 0 };
	unsigned runs = 0;
	bool again = true;
	int rc = 0;
	while (rc == 0 && again && runs < TEST_RUNS_MAX) {
		struct attempt attempt = { .setting = setting,
					   .bench = bench,
					   .test = report->test };
		rc = run_passes(&attempt, err);
		again = remeasure_wanted(&attempt.result);
		if (rc == 0 && (runs == 0 || remeasure_is_better(&attempt.result, &best.result))) {
			attempt_finish(&best);
			best = attempt;
		} else {
			attempt_finish(&attempt);
		}
		runs++;
	}
	if (rc == 0) {
		report->verdict = best.verdict;
		memcpy(report->message, best.message, sizeof report->message);
		report->runs = runs;
		fill_run(&best, report);
		fill_check(&best, report);
	}
	attempt_finish(&best);
	return rc;
}
