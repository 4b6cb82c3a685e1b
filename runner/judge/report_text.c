/* SPDX-License-Identifier: MIT */
/*
 * One judgement on a terminal: the verdict first, then the tests as a table, then what somebody who
 * has to mend the submission wants to know of its first failure. A long table folds tests in a row
 * that tell nothing; no verdict is told by its colour alone.
 */
#include "base/mem.h"
#include "filter/hint.h"
#include "judge/report.h"
#include "judge/style.h"
#include "message.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define WIDTH_DEFAULT 100u
#define WIDTH_MIN 60u
#define NAME_WIDTH_MAX 32u
#define NAME_WIDTH_MIN 15u /* "... 10000 tests" */
#define VERDICT_WIDTH 7u
#define NUMBER_WIDTH 8
/* Blanks between columns, and in front of the first. */
#define GAP "  "
#define GAP_WIDTH 2u

/* More tests than this, and rows that tell nothing are folded ... */
#define TESTS_SHOWN_MAX 40u
/* ... where at least so many of them stand in a row. */
#define FOLDED_MIN 3u

#define STDERR_LINES_MAX 10u
#define DIAGNOSTIC_LINES_MAX 40u
#define MESSAGE_LINES_MAX 20u

/* ---- the table of tests -------------------------------------------------------------------- */

static unsigned name_width(const struct judgement *judgement)
{
	unsigned width = NAME_WIDTH_MIN;
	for (size_t i = 0; i < judgement->test_count && width < NAME_WIDTH_MAX; i++) {
		unsigned own = text_width(judgement->tests[i].test->name);
		width = own > width ? own : width;
	}
	return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

/* A row of the table; the note is printed by the caller. */
struct row {
	const char *name;
	enum judge_verdict verdict;
	uint64_t cpu_ns, memory_bytes;
};

static void put_row(const struct style *style, const struct row *row, unsigned names)
{
	char time[NUMBER_LENGTH_MAX];
	char size[NUMBER_LENGTH_MAX];
	(void)fputs(GAP, style->out);
	style_cell(style, row->name, names);
	(void)fputs(GAP, style->out);
	style_verdict(style, row->verdict, VERDICT_WIDTH);
	(void)fprintf(style->out, GAP "%*s" GAP "%*s", NUMBER_WIDTH, format_time(row->cpu_ns, time),
		      NUMBER_WIDTH, format_size(row->memory_bytes, size));
}

/* Columns that are left for a row's note. */
static unsigned note_width(const struct style *style, unsigned names)
{
	unsigned used = 5 * GAP_WIDTH + names + VERDICT_WIDTH + 2u * (unsigned)NUMBER_WIDTH;
	return style->width > used ? style->width - used : 0;
}

static bool is_quiet(const struct test_report *report)
{
	return report->verdict == JUDGE_SKIPPED ||
	       (report->verdict == JUDGE_AC && report->runs <= 1 && !report->has_score);
}

static void put_test(const struct style *style, const struct test_report *report, unsigned names)
{
	const struct row row = { report->test->name, report->verdict,
				 report->has_run ? report->usage.cpu_ns : BAILIFF_UNKNOWN,
				 report->has_run ? report->usage.memory_peak_bytes :
						   BAILIFF_UNKNOWN };
	char note[sizeof report->message + 64];
	const char *message = report->verdict == JUDGE_AC ? "" : report->message;
	int used = 0;
	if (report->has_score)
		used += snprintf(note, sizeof note, "score %.6g%s", report->score,
				 message[0] != '\0' || report->runs > 1 ? ", " : "");
	if (report->runs > 1)
		used += snprintf(note + used, sizeof note - (size_t)used, "measured %u times%s",
				 report->runs, message[0] != '\0' ? ", " : "");
	(void)snprintf(note + used, sizeof note - (size_t)used, "%s", message);
	put_row(style, &row, names);
	if (note[0] != '\0') {
		(void)fputs(GAP, style->out);
		style_text(style, note, note_width(style, names));
	}
	(void)fputc('\n', style->out);
}

/* Tests in a row with the same verdict that tell nothing, from `first` on. */
static size_t quiet_run(const struct judgement *judgement, size_t first)
{
	const struct test_report *reports = judgement->tests;
	size_t count = 0;
	while (first + count < judgement->test_count && is_quiet(&reports[first + count]) &&
	       reports[first + count].verdict == reports[first].verdict)
		count++;
	return count;
}

static uint64_t greater(uint64_t known, uint64_t value)
{
	if (value == BAILIFF_UNKNOWN)
		return known;
	return known == BAILIFF_UNKNOWN || value > known ? value : known;
}

/* One row for all of them, with the greatest of their numbers. */
static void put_folded(const struct style *style, const struct test_report *reports, size_t count,
		       unsigned names)
{
	char name[48];
	struct row row = { name, reports[0].verdict, BAILIFF_UNKNOWN, BAILIFF_UNKNOWN };
	for (size_t i = 0; i < count && reports[0].verdict == JUDGE_AC; i++) {
		row.cpu_ns = greater(row.cpu_ns, reports[i].usage.cpu_ns);
		row.memory_bytes = greater(row.memory_bytes, reports[i].usage.memory_peak_bytes);
	}
	(void)snprintf(name, sizeof name, "... %zu tests", count);
	put_row(style, &row, names);
	(void)fputs(GAP, style->out);
	style_start(style, COLOUR_FAINT);
	unsigned half = note_width(style, names) / 2 - 2;
	style_text(style, reports[0].test->name, half);
	(void)fputs(" to ", style->out);
	style_text(style, reports[count - 1].test->name, half);
	style_end(style);
	(void)fputc('\n', style->out);
}

static void put_tests(const struct style *style, const struct judgement *judgement)
{
	unsigned names = name_width(judgement);
	bool folds = judgement->test_count > TESTS_SHOWN_MAX;
	style_start(style, COLOUR_FAINT);
	(void)fprintf(style->out, "\n" GAP "%-*s" GAP "%-*s" GAP "%*s" GAP "%*s\n", (int)names,
		      "test", (int)VERDICT_WIDTH, "verdict", NUMBER_WIDTH, "cpu", NUMBER_WIDTH,
		      "memory");
	style_end(style);
	for (size_t i = 0; i < judgement->test_count;) {
		bool may_fold = folds || judgement->tests[i].verdict == JUDGE_SKIPPED;
		size_t quiet = may_fold ? quiet_run(judgement, i) : 0;
		if (quiet >= FOLDED_MIN) {
			put_folded(style, &judgement->tests[i], quiet, names);
			i += quiet;
			continue;
		}
		put_test(style, &judgement->tests[i], names);
		i++;
	}
}

static void put_groups(const struct style *style, const struct judgement *judgement)
{
	if (!judgement_has_groups(judgement))
		return;
	unsigned names = name_width(judgement);
	style_start(style, COLOUR_FAINT);
	(void)fprintf(style->out, "\n" GAP "%-*s" GAP "%-*s" GAP "%*s\n", (int)names, "group",
		      (int)VERDICT_WIDTH, "verdict", NUMBER_WIDTH, "score");
	style_end(style);
	for (size_t i = 0; i < judgement->group_count; i++) {
		const struct group_report *report = &judgement->groups[i];
		if (report->group->parent == GROUP_NONE)
			continue;
		(void)fputs(GAP, style->out);
		style_cell(style, report->group->name, names);
		(void)fputs(GAP, style->out);
		style_verdict(style, report->verdict, report->has_score ? VERDICT_WIDTH : 0);
		if (report->has_score)
			(void)fprintf(style->out, GAP "%*.6g", NUMBER_WIDTH, report->score);
		(void)fputc('\n', style->out);
	}
}

/* ---- the first failure --------------------------------------------------------------------- */

static void put_labelled(const struct style *style, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	style_label(style, label);
	print_escaped(style->out, text);
	(void)fputc('\n', style->out);
}

static void put_difference(const struct style *style, const struct test_report *report)
{
	static const char *const phrases[] = {
		[DIFFERENCE_NONE] = "",
		[DIFFERENCE_TOKEN] = "the tokens differ",
		[DIFFERENCE_TOLERANCE] = "the numbers are too far apart",
		[DIFFERENCE_NO_NUMBER] = "a number is expected",
		[DIFFERENCE_SPACE] = "the white space differs",
		[DIFFERENCE_BYTE] = "the bytes differ",
		[DIFFERENCE_MISSING] = "the output ends too early",
		[DIFFERENCE_TRAILING] = "the output goes on after the answer's end",
	};
	const struct difference *difference = &report->difference;
	bool by_bytes = report->test->compare.mode == COMPARE_EXACT;
	if (difference->kind == DIFFERENCE_NONE)
		return;
	style_label(style, "where");
	(void)fprintf(style->out, "line %" PRIu64 ", %s %" PRIu64, difference->output_line,
		      by_bytes ? "byte offset" : "token", difference->token);
	if (difference->answer_line != difference->output_line)
		(void)fprintf(style->out, " (answer: line %" PRIu64 ")", difference->answer_line);
	(void)fprintf(style->out, ": %s\n", phrases[difference->kind]);
	bool has_nothing = difference->expected[0] == '\0';
	put_labelled(style, "expected", has_nothing ? "(nothing)" : difference->expected);
	has_nothing = difference->found[0] == '\0';
	put_labelled(style, "found", has_nothing ? "(nothing)" : difference->found);
}

/* "label   USED of LIMIT". */
static void put_use(const struct style *style, const char *label, const char *used,
		    const char *limit)
{
	style_label(style, label);
	(void)fprintf(style->out, "%s of %s\n", used, limit);
}

/* What was used up, by the verdict. */
static void put_limits(const struct style *style, const struct judgement *judgement,
		       const struct test_report *report)
{
	char used[NUMBER_LENGTH_MAX];
	char limit[NUMBER_LENGTH_MAX];
	if (report->verdict == JUDGE_TLE) {
		put_use(style, "cpu time", format_time(report->usage.cpu_ns, used),
			format_time(judgement->limits.cpu_ns, limit));
		put_use(style, "wall time", format_time(report->usage.wall_ns, used),
			format_time(judgement->limits.wall_ns, limit));
	}
	if (report->verdict == JUDGE_MLE)
		put_use(style, "memory", format_size(report->usage.memory_peak_bytes, used),
			format_size(judgement->limits.memory_bytes, limit));
	if (report->verdict == JUDGE_OLE)
		put_use(style, "output", format_size(report->stdout_bytes, used),
			format_size(judgement->limits.output_bytes, limit));
}

static void put_call(const struct style *style, const struct bailiff_syscall *call)
{
	char hint[400];
	style_label(style, "call");
	print_escaped(style->out, call->name);
	for (size_t i = 0; i < ARRAY_LENGTH(call->args); i++)
		(void)fprintf(style->out, "%s0x%" PRIx64, i == 0 ? "(" : ", ", call->args[i]);
	(void)fputs(")\n", style->out);
	filter_hint(call, hint, sizeof hint);
	put_labelled(style, "hint", hint);
}

/* How the program ended. */
static void put_end(const struct style *style, const struct test_report *report)
{
	if (report->has_exit_code && report->exit_code != 0) {
		style_label(style, "exit code");
		(void)fprintf(style->out, "%d\n", report->exit_code);
	}
	if (report->signal != 0 && report->verdict == JUDGE_RE) {
		const char *name = sigabbrev_np(report->signal);
		style_label(style, "signal");
		(void)fprintf(style->out, "%d%s%s%s\n", report->signal, name != NULL ? " (SIG" : "",
			      name != NULL ? name : "", name != NULL ? ")" : "");
	}
	if (report->has_syscall)
		put_call(style, &report->syscall);
}

static void put_excerpt(const struct style *style, const char *label, const struct excerpt *excerpt,
			unsigned lines_max, bool last)
{
	if (excerpt->text == NULL || excerpt->text[0] == '\0')
		return;
	const struct style_block block = { .label = label,
					   .text = excerpt->text,
					   .lines_max = lines_max,
					   .last = last,
					   .truncated = excerpt->truncated };
	style_block(style, &block);
}

static void put_error(const struct style *style, const struct bailiff_error *error)
{
	if (error->message[0] == '\0')
		return;
	put_labelled(style, "stage", bailiff_stage_name(error->stage));
	put_labelled(style, "error", error->message);
	put_labelled(style, "hint", error->hint);
}

static const struct test_report *first_failure(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->test_count; i++) {
		const struct test_report *report = &judgement->tests[i];
		if (report->verdict != JUDGE_AC && report->verdict != JUDGE_SKIPPED &&
		    report->verdict != JUDGE_PENDING)
			return report;
	}
	return NULL;
}

static void put_failure(const struct style *style, const struct judgement *judgement)
{
	const struct test_report *report = first_failure(judgement);
	if (report == NULL)
		return;
	style_start(style, COLOUR_BOLD);
	(void)fputc('\n', style->out);
	style_text(style, report->test->name, style->width / 2);
	style_end(style);
	(void)fprintf(style->out, ": %s\n", judge_verdict_phrase(report->verdict));
	put_labelled(style, "message",
		     report->difference.kind == DIFFERENCE_NONE ? report->message : "");
	put_difference(style, report);
	if (report->has_run) {
		put_limits(style, judgement, report);
		put_end(style, report);
	}
	put_excerpt(style, "stderr", &report->standard_error, STDERR_LINES_MAX, true);
	put_excerpt(style, "judge", &report->judge_message, MESSAGE_LINES_MAX, false);
	put_excerpt(style, "team", &report->team_message, MESSAGE_LINES_MAX, false);
	if (report->verdict == JUDGE_IE)
		put_error(style, &report->error);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void put_head(const struct style *style, const struct judgement *judgement)
{
	style_verdict(style, judgement->verdict, 0);
	(void)fputs(GAP, style->out);
	style_start(style, COLOUR_BOLD);
	print_escaped(style->out, judgement->message);
	style_end(style);
	(void)fputc('\n', style->out);
	style_start(style, COLOUR_FAINT);
	print_escaped(style->out, judgement->submission);
	if (judgement->language != NULL) {
		(void)fputs(" (", style->out);
		print_escaped(style->out, judgement->language->name);
		(void)fputs(judgement->is_cached ? ", compiled before)" : ")", style->out);
	}
	(void)fputs(" for ", style->out);
	print_escaped(style->out, problem_shown_name(judgement->problem));
	style_end(style);
	(void)fputc('\n', style->out);
}

static void put_compilation(const struct style *style, const struct judgement *judgement)
{
	const struct compilation *compilation = &judgement->compilation;
	if (!judgement->has_compilation || compilation->verdict == COMPILE_OK)
		return;
	(void)fputc('\n', style->out);
	put_labelled(style, "compiler", compilation->message);
	if (compilation->diagnostics == NULL || compilation->diagnostics[0] == '\0')
		return;
	const struct style_block block = { .label = "",
					   .text = compilation->diagnostics,
					   .lines_max = DIAGNOSTIC_LINES_MAX,
					   .truncated = compilation->truncated };
	style_block(style, &block);
}

/* "12 of 14 tests accepted, slowest 0.31 s of 1 s, memory 3.1 MiB of 256 MiB, score 60". */
static void put_sums(const struct style *style, const struct judgement *judgement)
{
	char used[NUMBER_LENGTH_MAX];
	char limit[NUMBER_LENGTH_MAX];
	uint64_t slowest = BAILIFF_UNKNOWN;
	for (size_t i = 0; i < judgement->test_count; i++) {
		if (judgement->tests[i].has_run)
			slowest = greater(slowest, judgement->tests[i].usage.cpu_ns);
	}
	(void)fprintf(style->out, "\n%zu of %zu tests accepted", judgement->passed,
		      judgement->test_count);
	if (slowest != BAILIFF_UNKNOWN)
		(void)fprintf(style->out, ", slowest %s of %s", format_time(slowest, used),
			      format_time(judgement->limits.cpu_ns, limit));
	if (slowest != BAILIFF_UNKNOWN && judgement->usage.memory_peak_bytes != BAILIFF_UNKNOWN)
		(void)fprintf(style->out, ", memory %s of %s",
			      format_size(judgement->usage.memory_peak_bytes, used),
			      format_size(judgement->limits.memory_bytes, limit));
	if (judgement->has_score)
		(void)fprintf(style->out, ", score %.6g", judgement->score);
	(void)fputc('\n', style->out);
}

static bool has_run_any(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->test_count; i++) {
		if (judgement->tests[i].verdict != JUDGE_SKIPPED &&
		    judgement->tests[i].verdict != JUDGE_PENDING)
			return true;
	}
	return false;
}

void report_judgement(FILE *out, const struct judgement *judgement, struct report_look look)
{
	unsigned width = look.columns != 0 ? look.columns : WIDTH_DEFAULT;
	const struct style style = { out, look.colours, width > WIDTH_MIN ? width : WIDTH_MIN };
	put_head(&style, judgement);
	put_compilation(&style, judgement);
	if (has_run_any(judgement)) {
		put_tests(&style, judgement);
		put_groups(&style, judgement);
		put_failure(&style, judgement);
		put_sums(&style, judgement);
	}
	if (judgement->verdict == JUDGE_IE && first_failure(judgement) == NULL) {
		(void)fputc('\n', out);
		put_error(&style, &judgement->error);
	}
}
