/* SPDX-License-Identifier: MIT */
/*
 * The engine. Tests are taken in order by as many threads as there are jobs; each has a core of its own
 * and makes its own cells (a cell dies with the thread that made it). With several jobs a test may
 * be run that, as it turns out, an earlier failure makes needless. When all are done, the reports
 * are gone through in order once more and those are dropped, so the judgement does not depend on the
 * number of jobs.
 */
#include "judge/judge.h"

#include "base/error.h"
#include "base/mem.h"
#include "judge/grading.h"
#include "judge/test_run.h"
#include "limit_table.h"
#include "model/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Waiting at once; each costs some 30 descriptors. */
#define POOL_CELLS_MAX 32u

/* One submission on its way. */
struct session_of_tests {
	struct judge *judge;
	struct judgement *judgement;
	struct test_setting setting;
	size_t workers;
	pthread_mutex_t lock; /* guards all below, the reports and the observer */
	size_t next;	      /* the first test that nobody has taken yet */
	size_t done;
	size_t excerpt_bytes; /* of the reports */
	int rc; /* of the first failure; nobody takes a test afterwards */
	struct bailiff_error *err;
};

struct test_worker {
	struct session_of_tests *session;
	struct bench bench;
	struct test_series series;
	pthread_t thread;
};

static void tell(struct judge *judge, enum judge_event_kind kind,
		 const struct judgement *judgement, const struct test_report *test, size_t done)
{
	const struct judge_event event = {
		.kind = kind,
		.judgement = judgement,
		.submission = judge->submission_index,
		.submission_count = judge->submission_count,
		.test = test,
		.tests_done = done,
	};
	if (judge->observer.tell != NULL)
		judge->observer.tell(judge->observer.context, &event);
}

/* ---- set-up ------------------------------------------------------------------------------------ */

static int resolve_limits(struct judge *judge, struct bailiff_error *err)
{
	judge->resolved = judge->limits;
	limits_merge(&judge->resolved, &judge->problem->limits);
	struct bailiff_limits checked = judge->resolved;
	int rc = limits_resolve(&checked, err);
	if (rc == 0)
		judge->resolved = checked;
	return rc;
}

/* A cell for each job's next test and next validator is built while it runs the one before. */
static int open_pool(struct judge *judge, struct bailiff_error *err)
{
	size_t cells = 2 * judge->jobs + 1;
	if (judge->pool != NULL)
		return 0;
	const struct bailiff_pool_options options = {
		.cells_max = cells < POOL_CELLS_MAX ? cells : POOL_CELLS_MAX,
	};
	int rc = bailiff_pool_open(judge->workshop.toolchain.host, &options, &judge->pool, err);
	judge->owns_pool = rc == 0;
	return rc;
}

int judge_open(struct judge *judge, struct bailiff_error *err)
{
	const struct problem *problem = judge->problem;
	if (problem->is_submit_answer)
		return fail_spec(err, "%s: problems of type submit-answer are not judged",
				 problem->name);
	judge->workshop.toolchain.limits = problem->compile_limits;
	int rc = resolve_limits(judge, err);
	if (rc == 0)
		rc = open_pool(judge, err);
	if (rc == 0)
		rc = checker_open(&judge->checker, problem, &judge->workshop, err);
	if (rc == 0 && problem->grader != NULL)
		rc = checker_make_helper(&judge->checker, &judge->grader, &judge->workshop,
					 problem->grader, err);
	return rc;
}

int judge_close(struct judge *judge, struct bailiff_error *err)
{
	checker_finish(&judge->checker);
	ready_program_finish(&judge->grader);
	int rc = judge->owns_pool ? bailiff_pool_close(judge->pool, err) : 0;
	judge->pool = NULL;
	return rc;
}

/* ---- tests ------------------------------------------------------------------------------------- */

/* Takes the next test that is needed, as far as is known by now; NULL = there is none. */
static struct test_report *take_test(struct session_of_tests *session)
{
	const struct judge *judge = session->judge;
	struct judgement *judgement = session->judgement;
	while (session->rc == 0 && session->next < judgement->test_count) {
		size_t index = session->next++;
		struct test_report *report = &judgement->tests[index];
		if (!grading_needs_test(judge->problem, judgement->tests, index, judge->all_tests))
			continue;
		tell(session->judge, JUDGE_EVENT_TEST_BEGIN, judgement, report, session->done);
		return report;
	}
	return NULL;
}

/*
 * Something of the test itself prevents its run: a file of it that cannot be read any more, or has
 * the name of one of the submission's. That is no reason to lose what was judged before.
 */
static bool is_of_test(const struct bailiff_error *err)
{
	return err->fault == BAILIFF_FAULT_SPEC || err->fault == BAILIFF_FAULT_INPUT;
}

static void fail_test(struct test_report *report, const struct bailiff_error *err)
{
	report->verdict = JUDGE_IE;
	report->error = *err;
	(void)snprintf(report->message, sizeof report->message, "%s", err->message);
}

/* What is beyond the caller's bound is let go while there is little of it. */
static void bound_excerpts(struct session_of_tests *session, struct test_report *report)
{
	struct excerpt *excerpts[] = { &report->standard_error, &report->judge_message,
				       &report->team_message };
	size_t max = session->judge->excerpt_bytes_max;
	for (size_t i = 0; i < ARRAY_LENGTH(excerpts); i++) {
		size_t size = excerpts[i]->text != NULL ? strlen(excerpts[i]->text) : 0;
		if (max == 0 || size <= max - session->excerpt_bytes) {
			session->excerpt_bytes += size;
			continue;
		}
		free(excerpts[i]->text);
		*excerpts[i] = (struct excerpt){ 0 };
		session->judgement->is_truncated = true;
	}
}

static void give_back(struct session_of_tests *session, struct test_report *slot,
		      const struct test_report *report)
{
	*slot = *report;
	bound_excerpts(session, slot);
	session->done++;
	tell(session->judge, JUDGE_EVENT_TEST, session->judgement, slot, session->done);
}

static void *work(void *context)
{
	struct test_worker *worker = context;
	struct session_of_tests *session = worker->session;
	(void)pthread_mutex_lock(&session->lock);
	for (;;) {
		struct test_report *slot = take_test(session);
		if (slot == NULL)
			break;
		worker->series.tests_left =
			(session->judgement->test_count - session->next) / session->workers;
		(void)pthread_mutex_unlock(&session->lock);
		/* A copy, for others look at the reports meanwhile. */
		struct test_report report = { .test = slot->test };
		struct bailiff_error err = { 0 };
		int rc = test_run(&session->setting, &worker->bench, &report, &err);
		(void)pthread_mutex_lock(&session->lock);
		if (rc < 0 && is_of_test(&err)) {
			fail_test(&report, &err);
			rc = 0;
		}
		if (rc == 0)
			give_back(session, slot, &report);
		if (rc < 0 && session->rc == 0) {
			session->rc = rc;
			*session->err = err;
		}
	}
	(void)pthread_mutex_unlock(&session->lock);
	return NULL;
}

/* The first worker is the calling thread. */
static int run_workers(struct session_of_tests *session)
{
	struct judge *judge = session->judge;
	struct test_worker workers[JUDGE_JOBS_MAX];
	size_t started = 0;
	for (size_t i = 0; i < session->workers; i++) {
		workers[i] = (struct test_worker){
			.session = session,
			.series = { .benches = session->workers,
				    .build_ns = judge->cell_build_ns },
			.bench = { .pool = judge->pool,
				   .series = &workers[i].series,
				   .cancel_fd = judge->workshop.toolchain.cancel_fd,
				   .cpuset = judge->cpusets != NULL ? judge->cpusets[i] :
								      judge->resolved.cpuset },
		};
		/* Fewer threads than asked for only take longer. */
		if (i > 0 && pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			break;
		started = i + 1;
	}
	(void)work(&workers[0]);
	for (size_t i = 1; i < started; i++)
		(void)pthread_join(workers[i].thread, NULL);
	for (size_t i = 0; i < started; i++) {
		if (workers[i].series.build_ns != 0)
			judge->cell_build_ns = workers[i].series.build_ns;
		test_series_finish(&workers[i].series);
	}
	return session->rc;
}

static void skip(struct test_report *report)
{
	const struct test_case *test = report->test;
	test_report_drop_excerpts(report);
	*report = (struct test_report){ .test = test, .verdict = JUDGE_SKIPPED };
	(void)snprintf(report->message, sizeof report->message, "not run");
}

static int run_tests(struct judge *judge, const struct ready_program *submission,
		     struct judgement *judgement, struct bailiff_error *err)
{
	struct session_of_tests session = {
		.judge = judge,
		.judgement = judgement,
		.setting = { .problem = judge->problem,
			     .checker = &judge->checker,
			     .submission = submission,
			     .limits = judge->resolved },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.err = err,
	};
	size_t jobs = judge->jobs < judgement->test_count ? judge->jobs : judgement->test_count;
	session.workers = jobs;
	int rc = run_workers(&session);
	for (size_t i = 0; rc == 0 && i < judgement->test_count; i++) {
		if (judgement->tests[i].verdict == JUDGE_PENDING ||
		    !grading_needs_test(judge->problem, judgement->tests, i, judge->all_tests))
			skip(&judgement->tests[i]);
	}
	return rc;
}

/* ---- custom graders (legacy packages) ----------------------------------------------------------- */

static const char *grader_word(enum judge_verdict verdict)
{
	switch (verdict) {
	case JUDGE_AC: return "AC";
	case JUDGE_WA:
	case JUDGE_PE: return "WA";
	case JUDGE_TLE: return "TLE";
	case JUDGE_MLE: return "MLE";
	case JUDGE_OLE: return "OLE";
	case JUDGE_RE:
	case JUDGE_SV: return "RTE";
	case JUDGE_PENDING:
	case JUDGE_IE:
	case JUDGE_CE:
	case JUDGE_SKIPPED: break;
	}
	return "JE";
}

static bool read_grade(const struct bailiff_result *result, struct grade *ret_grade)
{
	static const struct {
		const char *word;
		enum judge_verdict verdict;
	} words[] = {
		{ "AC", JUDGE_AC },   { "WA", JUDGE_WA },   { "TLE", JUDGE_TLE },
		{ "MLE", JUDGE_MLE }, { "OLE", JUDGE_OLE }, { "RTE", JUDGE_RE },
	};
	char word[8] = "", rest = '\0';
	AUTO_FREE char *line = strndup(result->out.data != NULL ? result->out.data : "",
				       result->out.size);
	struct grade grade = { .verdict = JUDGE_PENDING };
	if (line == NULL || result->verdict != BAILIFF_VERDICT_OK ||
	    sscanf(line, "%7s %lf %c", word, &grade.score, &rest) != 2)
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcmp(word, words[i].word) == 0)
			grade.verdict = words[i].verdict;
	}
	*ret_grade = grade;
	return grade.verdict != JUDGE_PENDING;
}

static int run_custom_grader(void *context, const struct test_group *group,
			     const struct grade *members, size_t count, struct grade *ret_grade,
			     struct bailiff_error *err)
{
	struct judge *judge = context;
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	FILE *lines = open_memstream(&text, &size);
	for (size_t i = 0; lines != NULL && i < count; i++)
		(void)fprintf(lines, "%s %.15g\n", grader_word(members[i].verdict),
			      members[i].score);
	if (lines == NULL || fclose(lines) != 0)
		return fail_memory(err);
	struct run_request request = { .spec = { .limits = judge->checker.limits } };
	struct bailiff_result result = { 0 };
	int rc = 0;
	request.spec.limits.cpuset = judge->workshop.toolchain.cpuset;
	for (const char *const *flag = group->grader_flags;
	     rc == 0 && flag != NULL && *flag != NULL; flag++)
		rc = run_request_add_argument(&request, *flag, err);
	if (rc == 0)
		rc = ready_program_request(&judge->grader, &request, err);
	request.spec.in = (struct bailiff_stdin){ .kind = BAILIFF_STDIN_DATA,
						  .data = text,
						  .size = size };
	request.spec.has_cancel_fd = judge->workshop.toolchain.cancel_fd >= 0;
	request.spec.cancel_fd = judge->workshop.toolchain.cancel_fd;
	if (rc == 0)
		rc = bailiff_run(judge->workshop.toolchain.host, &request.spec, &result, err);
	if (rc == 0 && !read_grade(&result, ret_grade)) {
		*ret_grade = (struct grade){ .verdict = JUDGE_IE };
		(void)snprintf(ret_grade->why, sizeof ret_grade->why,
			       "has no grade: '%.60s' %.80s", judge->grader.name,
			       result.verdict == BAILIFF_VERDICT_IE ? result.error.message :
								      result.message);
	}
	bailiff_result_finish(&result);
	run_request_finish(&request);
	return rc;
}

/* ---- a submission -------------------------------------------------------------------------------- */

static int begin(struct judge *judge, const struct source_set *sources,
		 struct judgement *judgement, struct bailiff_error *err)
{
	const struct problem *problem = judge->problem;
	*judgement = (struct judgement){
		.problem = problem,
		.submission = sources->name,
		.limits = judge->resolved,
		.tests = calloc(problem->test_count + 1, sizeof *judgement->tests),
		.groups = calloc(problem->group_count + 1, sizeof *judgement->groups),
	};
	if (judgement->tests == NULL || judgement->groups == NULL)
		return fail_memory(err);
	judgement->test_count = problem->test_count;
	judgement->group_count = problem->group_count;
	for (size_t i = 0; i < problem->test_count; i++)
		judgement->tests[i].test = &problem->tests[i];
	for (size_t i = 0; i < problem->group_count; i++)
		judgement->groups[i].group = &problem->groups[i];
	tell(judge, JUDGE_EVENT_SUBMISSION, judgement, NULL, 0);
	return source_set_language(sources, judge->workshop.languages, &judgement->language, err);
}

/* The submission's sources with the files that the problem adds for their language. */
static int add_includes(const struct problem *problem, const struct language *language,
			struct source_set *sources, struct arena *arena, struct bailiff_error *err)
{
	const struct problem_include *include = NULL;
	for (size_t i = 0; i < problem->include_count; i++) {
		const char *id = problem->includes[i].language;
		if (strcmp(id, language->id) == 0 ||
		    (include == NULL && strcmp(id, "default") == 0))
			include = &problem->includes[i];
	}
	if (include == NULL)
		return 0;
	struct source_file *files =
		arena_alloc(arena, (sources->count + include->count) * sizeof *files);
	if (files == NULL)
		return fail_memory(err);
	memcpy(files, sources->files, sources->count * sizeof *files);
	size_t count = sources->count;
	for (size_t i = 0; i < include->count; i++) {
		const struct extra_file *added = &include->files[i];
		size_t at = 0;
		while (at < count && strcmp(files[at].name, added->to) != 0)
			at++;
		files[at] = (struct source_file){ .name = added->to,
						  .text = added->content.data,
						  .size = added->content.size };
		count = at == count ? count + 1 : count;
	}
	sources->files = files;
	sources->count = count;
	return 0;
}

/* A submission that is not even compiled. */
static void refuse(struct judgement *judgement, const char *message)
{
	judgement->verdict = JUDGE_CE;
	(void)snprintf(judgement->message, sizeof judgement->message, "%s", message);
	for (size_t i = 0; i < judgement->test_count; i++)
		skip(&judgement->tests[i]);
	for (size_t i = 0; i < judgement->group_count; i++)
		judgement->groups[i].verdict = JUDGE_SKIPPED;
}

static bool is_too_long(const struct judge *judge, const struct source_set *sources,
			struct judgement *judgement)
{
	char message[120];
	uint64_t size = 0, allowed = judge->problem->code_bytes_max;
	for (size_t i = 0; i < sources->count; i++)
		size += sources->files[i].size;
	if (allowed == 0 || size <= allowed)
		return false;
	(void)snprintf(message, sizeof message,
		       "the source code has %" PRIu64 " bytes; %" PRIu64 " are allowed", size,
		       allowed);
	refuse(judgement, message);
	return true;
}

static void take_compilation(struct judgement *judgement, struct ready_program *submission)
{
	judgement->has_compilation = true;
	judgement->compilation = submission->compilation;
	judgement->is_cached = submission->is_cached;
	submission->compilation = (struct compilation){ 0 };
	if (submission->is_ready)
		return;
	refuse(judgement, judgement->compilation.message);
	if (judgement->compilation.verdict == COMPILE_IE) {
		judgement->verdict = JUDGE_IE;
		judgement->error = judgement->compilation.result.error;
	}
}

static int compile_and_test(struct judge *judge, const struct source_set *sources,
			    struct judgement *judgement, struct bailiff_error *err)
{
	struct ready_program submission = { 0 };
	int rc = ready_program_make(&submission, &judge->workshop, sources, judgement->language,
				    err);
	if (rc == 0) {
		take_compilation(judgement, &submission);
		tell(judge, JUDGE_EVENT_COMPILED, judgement, NULL, 0);
	}
	if (rc == 0 && submission.is_ready)
		rc = run_tests(judge, &submission, judgement, err);
	if (rc == 0 && submission.is_ready)
		rc = grading_conclude(judgement, run_custom_grader, judge, err);
	ready_program_finish(&submission);
	return rc;
}

int judge_submission(struct judge *judge, const struct source_set *sources,
		     struct judgement *ret_judgement, struct bailiff_error *err)
{
	struct judgement judgement = { 0 };
	struct arena arena = { 0 };
	struct source_set complete = *sources;
	int rc = begin(judge, sources, &judgement, err);
	bool is_refused = rc == 0 && is_too_long(judge, sources, &judgement);
	if (rc == 0 && !is_refused)
		rc = add_includes(judge->problem, judgement.language, &complete, &arena, err);
	if (rc == 0 && !is_refused)
		rc = compile_and_test(judge, &complete, &judgement, err);
	if (rc == 0) {
		tell(judge, JUDGE_EVENT_JUDGED, &judgement, NULL, judgement.test_count);
		judge->submission_index++;
		*ret_judgement = judgement;
	} else {
		judgement_finish(&judgement);
	}
	arena_finish(&arena);
	return rc;
}
