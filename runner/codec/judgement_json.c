/* SPDX-License-Identifier: MIT */
/*
 * The published form of a judgement, key by key. Names of keys are an interface: they are added
 * to, never changed.
 *
 * Every test has "name", "verdict", "message", "time" and "memory". A test that was not run ends
 * there, with null for every number. All the others are of a run, with the same names and meanings
 * as in a run result.
 */
#include "codec/judgement_json.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/compilation_json.h"
#include "codec/limits_json.h"
#include "codec/result_json.h"
#include "codec/utf8.h"

#include <errno.h>
#include <string.h>

/* Of names where there is no room for all of them: then 10 000 tests and 1000 groups have some 8 MiB at most. */
#define NAME_BYTES_CUT 64u

/* ---- a test -------------------------------------------------------------------------------- */

static void write_time(struct json_writer *writer, cJSON *object, const struct usage *usage)
{
	cJSON *time = json_write_object(writer, object, "time");
	json_write_milliseconds(writer, time, "cpu_ms", usage->cpu_ns);
	json_write_milliseconds(writer, time, "user_ms", usage->user_ns);
	json_write_milliseconds(writer, time, "system_ms", usage->system_ns);
	json_write_milliseconds(writer, time, "wall_ms", usage->wall_ns);
}

/* The keys "time" and "memory"; NULL = nothing was run. */
static void write_usage(struct json_writer *writer, cJSON *object, const struct usage *usage)
{
	static const struct usage unknown = {
		BAILIFF_UNKNOWN, BAILIFF_UNKNOWN, BAILIFF_UNKNOWN,
		BAILIFF_UNKNOWN, BAILIFF_UNKNOWN, BAILIFF_UNKNOWN,
	};
	if (usage == NULL)
		usage = &unknown;
	write_time(writer, object, usage);
	cJSON *memory = json_write_object(writer, object, "memory");
	json_write_u64(writer, memory, "peak_bytes", usage->memory_peak_bytes);
	json_write_u64(writer, memory, "oom_kills", usage->oom_kills);
}

static void write_score(struct json_writer *writer, cJSON *object, bool has_score, double score)
{
	if (has_score)
		json_write_double(writer, object, "score", score);
	else
		json_write_null(writer, object, "score");
}

static void write_excerpt(struct json_writer *writer, cJSON *object, const char *key,
			  const struct excerpt *excerpt)
{
	if (excerpt->text == NULL) {
		json_write_null(writer, object, key);
		return;
	}
	cJSON *shown = json_write_object(writer, object, key);
	json_write_string(writer, shown, "text", excerpt->text);
	json_write_bool(writer, shown, "truncated", excerpt->truncated);
}

static const char *difference_name(enum difference_kind kind)
{
	static const char *const names[] = {
		[DIFFERENCE_NONE] = "none",	      [DIFFERENCE_TOKEN] = "token",
		[DIFFERENCE_TOLERANCE] = "tolerance", [DIFFERENCE_NO_NUMBER] = "no_number",
		[DIFFERENCE_SPACE] = "space",	      [DIFFERENCE_BYTE] = "byte",
		[DIFFERENCE_MISSING] = "missing",     [DIFFERENCE_TRAILING] = "trailing",
	};
	return names[kind];
}

/* Where the output was compared byte by byte there is an offset and no token. */
static void write_difference(struct json_writer *writer, cJSON *object,
			     const struct test_report *report)
{
	const struct difference *difference = &report->difference;
	if (difference->kind == DIFFERENCE_NONE) {
		json_write_null(writer, object, "difference");
		return;
	}
	bool by_bytes = report->test->compare.mode == COMPARE_EXACT;
	cJSON *shown = json_write_object(writer, object, "difference");
	json_write_string(writer, shown, "kind", difference_name(difference->kind));
	json_write_u64(writer, shown, "line", difference->output_line);
	json_write_u64(writer, shown, "answer_line", difference->answer_line);
	json_write_u64(writer, shown, "token", by_bytes ? BAILIFF_UNKNOWN : difference->token);
	json_write_u64(writer, shown, "offset", by_bytes ? difference->token : BAILIFF_UNKNOWN);
	json_write_string(writer, shown, "expected", difference->expected);
	json_write_string(writer, shown, "found", difference->found);
}

static void write_end(struct json_writer *writer, cJSON *object, const struct test_report *report)
{
	json_write_string(writer, object, "reason", bailiff_reason_name(report->reason));
	if (report->has_exit_code)
		json_write_i64(writer, object, "exit_code", report->exit_code);
	else
		json_write_null(writer, object, "exit_code");
	result_json_write_signal(writer, object, report->signal);
	result_json_write_syscall(writer, object, report->has_syscall ? &report->syscall : NULL);
	cJSON *output = json_write_object(writer, object, "output");
	json_write_u64(writer, output, "stdout_bytes", report->stdout_bytes);
	result_json_write_noise(writer, object, &report->noise);
}

/* What only a test that was run has. */
static void write_run(struct json_writer *writer, cJSON *object, const struct judgement *judgement,
		      const struct test_report *report)
{
	write_end(writer, object, report);
	write_difference(writer, object, report);
	write_score(writer, object, report->has_score, report->score);
	if (report->has_checker_usage) {
		cJSON *checker = json_write_object(writer, object, "checker");
		write_usage(writer, checker, &report->checker_usage);
	} else {
		json_write_null(writer, object, "checker");
	}
	write_excerpt(writer, object, "stderr", &report->standard_error);
	write_excerpt(writer, object, "judge_message", &report->judge_message);
	write_excerpt(writer, object, "team_message", &report->team_message);
	if (report->runs > 1)
		json_write_bool(writer, object, "rerun", true);
	if (judgement->problem->is_multi_pass)
		json_write_u64(writer, object, "passes", report->passes);
}

/* A test's or group's, as far as there is room for it. */
static void write_name(struct json_writer *writer, cJSON *object, const struct judgement *judgement,
		       const char *name)
{
	char cut[NAME_BYTES_CUT + 1];
	if (judgement->has_cut_names && strlen(name) > NAME_BYTES_CUT) {
		size_t length = utf8_prefix(name, NAME_BYTES_CUT);
		memcpy(cut, name, length);
		cut[length] = '\0';
		name = cut;
	}
	json_write_string(writer, object, "name", name);
}

static void write_test(struct json_writer *writer, cJSON *object, const struct judgement *judgement,
		       const struct test_report *report)
{
	write_name(writer, object, judgement, report->test->name);
	json_write_string(writer, object, "verdict", judge_verdict_name(report->verdict));
	json_write_string(writer, object, "message", report->is_brief ? "" : report->message);
	write_usage(writer, object, report->has_run ? &report->usage : NULL);
	if (report->is_brief) {
		write_score(writer, object, report->has_score, report->score);
		json_write_bool(writer, object, "truncated", true);
	} else if (report->has_run) {
		write_run(writer, object, judgement, report);
	}
	if (report->verdict == JUDGE_IE)
		result_json_write_error(writer, object, &report->error);
}

/* ---- a judgement --------------------------------------------------------------------------- */

static void write_problem(struct json_writer *writer, cJSON *object, const struct problem *problem)
{
	cJSON *shown = json_write_object(writer, object, "problem");
	json_write_string(writer, shown, "name", problem->name);
	json_write_string(writer, shown, "title", problem->title);
}

/* The keys "language" and "compile". */
static void write_compilation(struct json_writer *writer, cJSON *object,
			      const struct judgement *judgement)
{
	const struct language *language = judgement->language;
	if (judgement->has_compilation && language != NULL) {
		compilation_json_write(writer, object, language, &judgement->compilation,
				       judgement->is_cached);
		return;
	}
	json_write_string(writer, object, "language", language != NULL ? language->id : NULL);
	json_write_null(writer, object, "compile");
}

static void write_groups(struct json_writer *writer, cJSON *object,
			 const struct judgement *judgement)
{
	if (!judgement_has_groups(judgement))
		return;
	cJSON *groups = json_write_array(writer, object, "groups");
	for (size_t i = 0; i < judgement->group_count; i++) {
		const struct group_report *report = &judgement->groups[i];
		if (report->group->parent == GROUP_NONE)
			continue; /* the root's verdict is the judgement's */
		cJSON *group = json_append_object(writer, groups);
		write_name(writer, group, judgement, report->group->name);
		json_write_string(writer, group, "verdict", judge_verdict_name(report->verdict));
		write_score(writer, group, report->has_score, report->score);
	}
}

static void write_judgement(struct json_writer *writer, cJSON *object,
			    const struct judgement *judgement)
{
	json_write_i64(writer, object, "version", RESULT_JSON_VERSION);
	json_write_string(writer, object, "verdict", judge_verdict_name(judgement->verdict));
	json_write_string(writer, object, "message", judgement->message);
	json_write_string(writer, object, "submission", judgement->submission);
	write_problem(writer, object, judgement->problem);
	write_compilation(writer, object, judgement);
	cJSON *tests = json_write_array(writer, object, "tests");
	for (size_t i = 0; i < judgement->test_count; i++)
		write_test(writer, json_append_object(writer, tests), judgement,
			   &judgement->tests[i]);
	write_groups(writer, object, judgement);
	json_write_u64(writer, object, "passed", judgement->passed);
	json_write_u64(writer, object, "total", judgement->test_count);
	write_score(writer, object, judgement->has_score, judgement->score);
	write_usage(writer, object, &judgement->usage);
	limits_json_write(writer, object, &judgement->limits);
	if (judgement->is_truncated)
		json_write_bool(writer, object, "truncated", true);
	if (judgement->verdict == JUDGE_IE)
		result_json_write_error(writer, object, &judgement->error);
}

/* Laid out for reading, or in one line. */
static int print(const struct judgement *judgement,
		 int (*print_as)(struct json_writer *writer, char **ret_text,
				 struct bailiff_error *err),
		 char **ret_text, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	write_judgement(&writer, writer.root, judgement);
	int rc = print_as(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}

int judgement_json_print(const struct judgement *judgement, char **ret_text,
			 struct bailiff_error *err)
{
	return print(judgement, json_write_print, ret_text, err);
}

int judgement_json_print_line(const struct judgement *judgement, char **ret_text,
			      struct bailiff_error *err)
{
	return print(judgement, json_write_print_line, ret_text, err);
}

/* ---- a judgement that has to fit ------------------------------------------------------------- */

static int measure_test(const struct judgement *judgement, const struct test_report *report,
			size_t *ret_bytes, struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	write_test(&writer, writer.root, judgement, report);
	int rc = json_write_print_line(&writer, &text, err);
	json_write_finish(&writer);
	*ret_bytes = rc == 0 ? strlen(text) : 0;
	return rc;
}

/* One that was not run is short as it is. */
static void make_brief(struct test_report *report)
{
	report->is_brief = report->has_run;
}

/* Shortens one test after the other until so many bytes are saved: those that were accepted first, because
 * others' say what the verdict comes from, and late ones before early ones. */
static int shorten(struct judgement *judgement, void (*take)(struct test_report *report),
		   size_t *excess, struct bailiff_error *err)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = judgement->test_count; i-- > 0 && *excess > 0;) {
			struct test_report *report = &judgement->tests[i];
			size_t before = 0, after = 0;
			if ((report->verdict == JUDGE_AC) != (pass == 0))
				continue;
			int rc = measure_test(judgement, report, &before, err);
			take(report);
			if (rc == 0)
				rc = measure_test(judgement, report, &after, err);
			if (rc < 0)
				return rc;
			size_t saved = after < before ? before - after : 0;
			*excess -= saved < *excess ? saved : *excess;
		}
	}
	return 0;
}

int judgement_json_print_bounded(struct judgement *judgement, size_t bytes_max, char **ret_text,
				 struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	int rc = judgement_json_print_line(judgement, &text, err);
	size_t size = rc == 0 ? strlen(text) : 0;
	if (rc == 0 && size > bytes_max) {
		size_t excess = size - bytes_max + sizeof ",\"truncated\":true";
		free(MEM_TAKE(text)); /* room for what takes its place */
		judgement->is_truncated = true;
		rc = shorten(judgement, test_report_drop_excerpts, &excess, err);
		if (rc == 0)
			rc = shorten(judgement, make_brief, &excess, err);
		judgement->has_cut_names = excess > 0;
		if (rc == 0)
			rc = judgement_json_print_line(judgement, &text, err);
		if (rc == 0 && strlen(text) > bytes_max)
			rc = fail_internal(err, BAILIFF_STAGE_SUPERVISE, EFBIG,
					   "the judgement is longer than %zu bytes", bytes_max);
	}
	if (rc == 0)
		*ret_text = MEM_TAKE(text);
	return rc;
}

/* ---- several submissions ------------------------------------------------------------------- */

static void write_verdict_set(struct json_writer *writer, cJSON *object, const char *key,
			      verdict_set set)
{
	cJSON *array = json_write_array(writer, object, key);
	for (unsigned i = 0; i < JUDGE_VERDICT_COUNT; i++) {
		enum judge_verdict verdict = (enum judge_verdict)i;
		if (verdict != JUDGE_PENDING && (set & VERDICT_BIT(verdict)) != 0)
			json_append_string(writer, array, judge_verdict_name(verdict));
	}
}

static void write_expected(struct json_writer *writer, cJSON *object,
			   const struct judge_summary *summary, size_t index)
{
	if (summary->expectations == NULL) {
		json_write_null(writer, object, "expected");
		return;
	}
	const struct expectation *expectation = &summary->expectations[index];
	cJSON *expected = json_write_object(writer, object, "expected");
	write_verdict_set(writer, expected, "permitted", expectation->permitted);
	write_verdict_set(writer, expected, "required", expectation->required);
	if (expectation->has_score) {
		cJSON *score = json_write_object(writer, expected, "score");
		json_write_double(writer, score, "min", expectation->score_min);
		json_write_double(writer, score, "max", expectation->score_max);
	} else {
		json_write_null(writer, expected, "score");
	}
	json_write_string(writer, expected, "message", expectation->message);
	if (summary->verifications == NULL)
		return;
	json_write_bool(writer, expected, "holds", summary->verifications[index].holds);
	json_write_string(writer, expected, "why", summary->verifications[index].why);
}

/* The keys "verified" and "differences"; null where it was not asked for. */
static void write_verification(struct json_writer *writer, const struct judge_summary *summary)
{
	if (summary->verifications == NULL) {
		json_write_null(writer, writer->root, "verified");
		json_write_null(writer, writer->root, "differences");
		return;
	}
	size_t differences = 0;
	for (size_t i = 0; i < summary->count; i++)
		differences += !summary->verifications[i].holds;
	json_write_bool(writer, writer->root, "verified", differences == 0);
	json_write_u64(writer, writer->root, "differences", differences);
}

/* A submission that bounds the time limit, with its time. */
static void write_bound(struct json_writer *writer, cJSON *object, const char *key,
			const char *submission, uint64_t cpu_ns)
{
	if (submission == NULL) {
		json_write_null(writer, object, key);
		return;
	}
	cJSON *bound = json_write_object(writer, object, key);
	json_write_string(writer, bound, "submission", submission);
	json_write_milliseconds(writer, bound, "cpu_ms", cpu_ns);
}

static void write_suggestion(struct json_writer *writer, const struct time_limit *limit)
{
	if (limit == NULL) {
		json_write_null(writer, writer->root, "suggested_limit");
		return;
	}
	cJSON *object = json_write_object(writer, writer->root, "suggested_limit");
	json_write_milliseconds(writer, object, "cpu_ms",
				limit->is_known ? limit->limit_ns : BAILIFF_UNKNOWN);
	json_write_string(writer, object, "message", limit->message);
	write_bound(writer, object, "slowest_accepted", limit->slowest_accepted,
		    limit->slowest_accepted_ns);
	write_bound(writer, object, "fastest_too_slow", limit->fastest_too_slow,
		    limit->fastest_too_slow_ns);
}

int judge_summary_json_print(const struct judge_summary *summary, char **ret_text,
			     struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	json_write_i64(&writer, writer.root, "version", RESULT_JSON_VERSION);
	write_problem(&writer, writer.root, summary->problem);
	cJSON *submissions = json_write_array(&writer, writer.root, "submissions");
	for (size_t i = 0; i < summary->count; i++) {
		cJSON *object = json_append_object(&writer, submissions);
		write_judgement(&writer, object, &summary->judgements[i]);
		write_expected(&writer, object, summary, i);
	}
	write_verification(&writer, summary);
	write_suggestion(&writer, summary->time_limit);
	int rc = json_write_print(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}

/* ---- events -------------------------------------------------------------------------------- */

static void write_event(struct json_writer *writer, const struct judge_event *event)
{
	static const char *const names[] = {
		[JUDGE_EVENT_SUBMISSION] = "submission", [JUDGE_EVENT_COMPILED] = "compiled",
		[JUDGE_EVENT_TEST_BEGIN] = "test_begin", [JUDGE_EVENT_TEST] = "test",
		[JUDGE_EVENT_JUDGED] = "judged",
	};
	const struct judgement *judgement = event->judgement;
	cJSON *root = writer->root;
	json_write_string(writer, root, "event", names[event->kind]);
	json_write_string(writer, root, "submission", judgement->submission);
	json_write_u64(writer, root, "index", event->submission);
	json_write_u64(writer, root, "count", event->submission_count);
	json_write_u64(writer, root, "done", event->tests_done);
	json_write_u64(writer, root, "total", judgement->test_count);
	cJSON *object = NULL;
	switch (event->kind) {
	case JUDGE_EVENT_SUBMISSION: break;
	case JUDGE_EVENT_COMPILED: write_compilation(writer, root, judgement); break;
	case JUDGE_EVENT_TEST_BEGIN:
		object = json_write_object(writer, root, "test");
		json_write_string(writer, object, "name", event->test->test->name);
		break;
	case JUDGE_EVENT_TEST:
		object = json_write_object(writer, root, "test");
		write_test(writer, object, judgement, event->test);
		break;
	case JUDGE_EVENT_JUDGED:
		object = json_write_object(writer, root, "judgement");
		write_judgement(writer, object, judgement);
		break;
	}
}

int judge_event_json_print(const struct judge_event *event, char **ret_text,
			   struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	write_event(&writer, event);
	int rc = json_write_print_line(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}
