/* SPDX-License-Identifier: MIT */
/*
 * Checkers. A validator is trusted to know the right answer and with nothing else: it runs in a cell
 * like any program, and only its exit code accepts. Whatever else it does (another exit code, a signal, a
 * limit reached, feedback that cannot be read) is a judge error, never the submission's.
 *
 * Interfaces: an ICPC output validator is called as "validator input answer feedback/ [flags]"; a
 * testlib checker as "checker input output answer". Both have the output on their standard input.
 */
#include "judge/checker.h"

#include "base/error.h"
#include "base/mem.h"
#include "judge/blob.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MEBIBYTE (UINT64_C(1) << 20)
#define NS_PER_SECOND UINT64_C(1000000000)

/* What a package's validators may use unless it says otherwise: the format's own defaults. */
static const struct bailiff_limits default_limits = {
	.cpu_ns = 60 * NS_PER_SECOND,
	.memory_bytes = 2048 * MEBIBYTE,
	.output_bytes = 8 * MEBIBYTE,
};

enum testlib_exit {
	TESTLIB_OK = 0,
	TESTLIB_WRONG = 1,
	TESTLIB_PRESENTATION = 2,
	TESTLIB_FAIL = 3,
	TESTLIB_DIRT = 4, /* more output than there should be */
	TESTLIB_POINTS = 7, /* the message begins with them */
	TESTLIB_UNEXPECTED_END = 8,
};

/* ---- set-up ---------------------------------------------------------------------------------- */

void checker_limits(const struct problem *problem, struct bailiff_limits *ret_limits)
{
	struct bailiff_limits *limits = ret_limits;
	*limits = problem->validation_limits;
	if (limits->cpu_ns == 0)
		limits->cpu_ns = default_limits.cpu_ns;
	if (limits->memory_bytes == 0)
		limits->memory_bytes = default_limits.memory_bytes;
	if (limits->output_bytes == 0)
		limits->output_bytes = default_limits.output_bytes;
}

int checker_make_helper(struct checker *checker, struct ready_program *ready,
			const struct workshop *workshop, const struct source_set *sources,
			struct bailiff_error *err)
{
	int rc = ready_program_make_helper(ready, workshop, sources, err);
	if (rc < 0)
		return rc;
	checker->helper_bytes += ready_program_bytes(ready);
	if (workshop->helper_bytes_max == 0 || checker->helper_bytes <= workshop->helper_bytes_max)
		return 0;
	return fail_spec(err,
			 "%s: the problem's own programs, compiled, take more than %" PRIu64 " MiB",
			 sources->name, workshop->helper_bytes_max / MEBIBYTE);
}

int checker_open(struct checker *checker, const struct problem *problem,
		 const struct workshop *workshop, struct bailiff_error *err)
{
	checker->problem = problem;
	checker_limits(problem, &checker->limits);
	if (problem->checker == CHECKER_BUILTIN)
		return 0;
	checker->validators = calloc(problem->validator_count, sizeof *checker->validators);
	if (checker->validators == NULL)
		return fail_memory(err);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < problem->validator_count; i++) {
		checker->count = i + 1;
		rc = checker_make_helper(checker, &checker->validators[i], workshop,
					 &problem->validators[i], err);
	}
	return rc;
}

void checker_finish(struct checker *checker)
{
	for (size_t i = 0; i < checker->count; i++)
		ready_program_finish(&checker->validators[i]);
	free(checker->validators);
	*checker = (struct checker){ 0 };
}

void check_finish(struct check *check)
{
	free(check->judge_message.text);
	free(check->team_message.text);
	*check = (struct check){ 0 };
}

void usage_add(struct usage *usage, const struct bailiff_result *result)
{
	const struct {
		uint64_t *sum, part;
	} sums[] = {
		{ &usage->cpu_ns, result->cpu_ns },	  { &usage->user_ns, result->user_ns },
		{ &usage->system_ns, result->system_ns }, { &usage->wall_ns, result->wall_ns },
		{ &usage->oom_kills, result->oom_kills },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(sums); i++) {
		bool is_known = sums[i].part != BAILIFF_UNKNOWN && *sums[i].sum != BAILIFF_UNKNOWN;
		*sums[i].sum = is_known ? *sums[i].sum + sums[i].part : BAILIFF_UNKNOWN;
	}
	/* Unknown is the greatest number, so it stays. */
	if (result->memory_peak_bytes > usage->memory_peak_bytes)
		usage->memory_peak_bytes = result->memory_peak_bytes;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static int compare_to_answer(const struct check_job *job, struct check *check,
			     struct bailiff_error *err)
{
	const struct test_case *test = job->test;
	INPUT_AUTO_FINISH struct input written = { 0 }, answer = { 0 };
	int rc = blob_read(job->output, &written, err);
	if (rc == 0)
		rc = blob_read(&test->answer, &answer, err);
	if (rc < 0)
		return rc;
	bool is_equal = compare_output(&test->compare, written.text, written.size, answer.text,
				       answer.size, &check->difference);
	check->verdict = is_equal ? JUDGE_AC : JUDGE_WA;
	if (!is_equal)
		difference_explain(&check->difference, check->message, sizeof check->message);
	return 0;
}

/* ---- requests -------------------------------------------------------------------------------- */

void bench_place(const struct bench *bench, struct run_request *request)
{
	struct bailiff_spec *spec = &request->spec;
	spec->has_cancel_fd = bench->cancel_fd >= 0;
	spec->cancel_fd = bench->cancel_fd;
	spec->limits.cpuset = bench->cpuset;
	spec->err.capture_bytes = EXCERPT_BYTES_MAX;
}

static int add_flags(const struct test_case *test, struct run_request *request,
		     struct bailiff_error *err)
{
	int rc = 0;
	for (const char *const *flag = test->validator_args; rc == 0 && flag != NULL && *flag != NULL;
	     flag++)
		rc = run_request_add_argument(request, *flag, err);
	return rc;
}

/* All but the standard streams. */
static int icpc_request(const struct check_job *job, const struct ready_program *validator,
			struct run_request *request, struct bailiff_error *err)
{
	const char *input = NULL, *answer = NULL;
	int rc = blob_into_cell(job->input, "test.in", request, &input, err);
	if (rc == 0)
		rc = blob_into_cell(&job->test->answer, "test.ans", request, &answer, err);
	if (rc == 0)
		rc = run_request_add_argument(request, input, err);
	if (rc == 0)
		rc = run_request_add_argument(request, answer, err);
	if (rc == 0)
		rc = run_request_add_argument(request, FEEDBACK_FOLDER, err);
	if (rc == 0)
		rc = add_flags(job->test, request, err);
	if (rc == 0)
		rc = feedback_put(job->feedback, request, err);
	job->feedback->bytes_max = job->checker->limits.output_bytes;
	request->spec.inspect = feedback_take;
	request->spec.inspect_context = job->feedback;
	return rc < 0 ? rc : ready_program_request(validator, request, err);
}

/* The output lies in a memory file, which has no place in any folder and so cannot be bound; the
 * checker opens it by way of its standard input, however large it is. */
#define OUTPUT_PATH "/dev/stdin"

static int testlib_request(const struct check_job *job, const struct ready_program *checker,
			   struct run_request *request, struct bailiff_error *err)
{
	const char *input = NULL, *answer = NULL;
	int rc = blob_into_cell(job->input, "input.txt", request, &input, err);
	if (rc == 0)
		rc = blob_into_cell(&job->test->answer, "answer.txt", request, &answer, err);
	if (rc == 0)
		rc = run_request_add_argument(request, input, err);
	if (rc == 0)
		rc = run_request_add_argument(request, OUTPUT_PATH, err);
	if (rc == 0)
		rc = run_request_add_argument(request, answer, err);
	if (rc == 0)
		rc = add_flags(job->test, request, err);
	return rc < 0 ? rc : ready_program_request(checker, request, err);
}

/* ---- reading what a validator said ------------------------------------------------------------ */

static void judge_error(struct check *check, const char *name, const char *what)
{
	check->verdict = JUDGE_IE;
	(void)snprintf(check->message, sizeof check->message, "the checker '%.120s' failed: %.280s",
		       name, what);
	(void)fail_internal(&check->error, BAILIFF_STAGE_SUPERVISE, 0, "%.250s", check->message);
}

/* Everything but an exit code of its interface is the checker's failure. */
static bool has_exit_code(const struct ready_program *validator,
			  const struct bailiff_result *result, struct check *check)
{
	bool is_exit = result->verdict == BAILIFF_VERDICT_OK ||
		       (result->verdict == BAILIFF_VERDICT_RE &&
			result->reason == BAILIFF_REASON_EXIT_CODE);
	if (is_exit)
		return true;
	if (result->verdict == BAILIFF_VERDICT_IE) {
		check->verdict = JUDGE_IE;
		check->error = result->error;
		(void)snprintf(check->message, sizeof check->message, "%s", result->error.message);
	} else {
		judge_error(check, validator->name, result->message);
	}
	return false;
}

/* Either may be there, and only with an accepted output. */
static void read_score(const struct feedback *feedback, const char *name, struct check *check)
{
	double score = 0, multiplier = 0;
	int has_score = feedback_number(feedback, "score.txt", &score);
	int has_multiplier = feedback_number(feedback, "score_multiplier.txt", &multiplier);
	if (has_score < 0 || has_multiplier < 0) {
		judge_error(check, name, "a score in its feedback folder is not one number");
	} else if (has_score > 0 && has_multiplier > 0) {
		judge_error(check, name, "it left both score.txt and score_multiplier.txt");
	} else {
		check->has_score = has_score > 0;
		check->has_score_multiplier = has_multiplier > 0;
		check->score = score;
		check->score_multiplier = multiplier;
	}
}

static void read_messages(const struct bailiff_result *result, const struct feedback *feedback,
			  struct check *check)
{
	const struct feedback_file *judge = feedback_find(feedback, "judgemessage.txt");
	const struct feedback_file *team = feedback_find(feedback, "teammessage.txt");
	if (judge != NULL)
		excerpt_set(&check->judge_message, judge->data, judge->size, false);
	else
		excerpt_set(&check->judge_message, result->err.data, result->err.size,
			    result->err.truncated);
	if (team != NULL)
		excerpt_set(&check->team_message, team->data, team->size, false);
	if (check->message[0] != '\0' || check->judge_message.text == NULL)
		return;
	size_t line = strcspn(check->judge_message.text, "\n");
	(void)snprintf(check->message, sizeof check->message, "%.*s",
		       (int)(line < 300 ? line : 300), check->judge_message.text);
}

static void read_icpc(const struct ready_program *validator, const struct bailiff_result *result,
		      const struct feedback *feedback, struct check *check)
{
	char what[80];
	usage_add(&check->usage, result);
	check->has_usage = true;
	if (!has_exit_code(validator, result, check))
		return;
	if (feedback->is_overfull) {
		judge_error(check, validator->name, "it left too much in its feedback folder");
		return;
	}
	check->has_next_pass = feedback_find(feedback, "nextpass.in") != NULL;
	switch (result->exit_code) {
	case ICPC_ACCEPTED: check->verdict = JUDGE_AC; break;
	case ICPC_REJECTED: check->verdict = JUDGE_WA; break;
	default:
		(void)snprintf(what, sizeof what, "it exited with %d, not with 42 or 43",
			       result->exit_code);
		judge_error(check, validator->name, what);
		read_messages(result, feedback, check);
		return;
	}
	if (check->has_next_pass && check->verdict != JUDGE_AC)
		judge_error(check, validator->name, "it asked for another pass and rejected");
	read_messages(result, feedback, check);
	read_score(feedback, validator->name, check);
}

static void read_points(const struct ready_program *checker, struct check *check)
{
	const char *text = check->judge_message.text != NULL ? check->judge_message.text : "";
	if (strncmp(text, "points ", 7) == 0)
		text += 7;
	char *end = NULL;
	double points = strtod(text, &end);
	if (end == text || !isfinite(points)) {
		judge_error(check, checker->name, "it gave points without saying how many");
		return;
	}
	check->verdict = JUDGE_AC;
	check->has_score = true;
	check->score = points;
}

static void read_testlib(const struct ready_program *checker, const struct bailiff_result *result,
			 struct check *check)
{
	static const struct feedback no_feedback = { 0 };
	char what[300];
	usage_add(&check->usage, result);
	check->has_usage = true;
	if (!has_exit_code(checker, result, check))
		return;
	read_messages(result, &no_feedback, check);
	switch (result->exit_code) {
	case TESTLIB_OK: check->verdict = JUDGE_AC; break;
	case TESTLIB_WRONG: check->verdict = JUDGE_WA; break;
	case TESTLIB_PRESENTATION:
	case TESTLIB_DIRT:
	case TESTLIB_UNEXPECTED_END: check->verdict = JUDGE_PE; break;
	case TESTLIB_POINTS: read_points(checker, check); break;
	case TESTLIB_FAIL:
		(void)snprintf(what, sizeof what, "%.280s", check->message);
		judge_error(check, checker->name, what);
		break;
	default:
		(void)snprintf(what, sizeof what, "it exited with %d, which is no testlib code",
			       result->exit_code);
		judge_error(check, checker->name, what);
	}
}

/* ---- running ---------------------------------------------------------------------------------- */

static int run_validator(const struct check_job *job, const struct ready_program *validator,
			 struct check *check, struct bailiff_error *err)
{
	bool is_testlib = job->checker->problem->checker == CHECKER_TESTLIB;
	struct run_request request = { .spec = { .limits = job->checker->limits } };
	struct bailiff_result result = { 0 };
	check->message[0] = '\0'; /* what one says is not about what the next one finds */
	bench_place(job->bench, &request);
	int rc = is_testlib ? testlib_request(job, validator, &request, err) :
			      icpc_request(job, validator, &request, err);
	request.spec.in = blob_as_stdin(job->output);
	if (rc == 0)
		rc = bailiff_pool_run(job->bench->pool, &request.spec, &result, err);
	if (rc == 0 && is_testlib)
		read_testlib(validator, &result, check);
	else if (rc == 0)
		read_icpc(validator, &result, job->feedback, check);
	bailiff_result_finish(&result);
	run_request_finish(&request);
	return rc;
}

/* All validators must accept; the first that does not has the last word. */
static int run_validators(const struct check_job *job, struct check *check,
			  struct bailiff_error *err)
{
	int rc = 0;
	check->verdict = JUDGE_AC;
	for (size_t i = 0; rc == 0 && i < job->checker->count && check->verdict == JUDGE_AC; i++)
		rc = run_validator(job, &job->checker->validators[i], check, err);
	return rc;
}

int checker_check(const struct check_job *job, struct check *ret_check, struct bailiff_error *err)
{
	struct check check = { 0 };
	int rc = job->checker->problem->checker == CHECKER_BUILTIN ?
			 compare_to_answer(job, &check, err) :
			 run_validators(job, &check, err);
	if (rc < 0) {
		check_finish(&check);
		return rc;
	}
	*ret_check = check;
	return 0;
}

int checker_interactor_request(const struct check_job *job, struct run_request *request,
			       struct bailiff_error *err)
{
	request->spec.limits = job->checker->limits;
	bench_place(job->bench, request);
	return icpc_request(job, &job->checker->validators[0], request, err);
}

void checker_read_interactor(const struct check_job *job, const struct bailiff_result *result,
			     struct check *ret_check)
{
	struct check check = { 0 };
	read_icpc(&job->checker->validators[0], result, job->feedback, &check);
	*ret_check = check;
}
