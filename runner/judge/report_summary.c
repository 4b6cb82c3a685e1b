/* SPDX-License-Identifier: MIT */
/*
 * Several submissions on a terminal: a matrix with a row for each and a column for each test. With
 * few tests a cell is a verdict's name; with more it is one character; with more still it stands
 * for several tests and shows the first of them that was not accepted. The matrix is never wider
 * than the terminal.
 */
#include "judge/report.h"
#include "judge/style.h"
#include "message.h"

#include <string.h>

#define WIDTH_DEFAULT 100u
#define WIDTH_MIN 80u
#define NAME_WIDTH_MAX 36u
#define NAME_WIDTH_MIN 10u
#define VERDICT_WIDTH 7u
#define TIME_WIDTH 7u
#define SCORE_WIDTH 7u
/* A cell with a verdict's name, with the blank before the next. */
#define CELL_WIDTH 4u

/* One character for each verdict; what is accepted is the least conspicuous. */
static const char verdict_marks[JUDGE_VERDICT_COUNT + 1] = {
	[JUDGE_PENDING] = '?', [JUDGE_AC] = '.',  [JUDGE_WA] = 'W',  [JUDGE_PE] = 'P',
	[JUDGE_TLE] = 'T',     [JUDGE_MLE] = 'M', [JUDGE_OLE] = 'O', [JUDGE_RE] = 'R',
	[JUDGE_SV] = 'S',      [JUDGE_IE] = '!',  [JUDGE_CE] = 'C',  [JUDGE_SKIPPED] = '-',
};

struct matrix {
	struct style style;
	const struct judge_summary *summary;
	size_t tests;
	size_t common_folder; /* characters that no name is shown with */
	unsigned name_width;
	bool has_scores;
	bool has_names;	   /* cells are verdicts' names */
	size_t per_column; /* tests that one column stands for */
	size_t columns;
};

/* ---- layout -------------------------------------------------------------------------------- */

static bool is_scored(const struct judge_summary *summary)
{
	for (size_t i = 0; i < summary->count; i++) {
		if (summary->judgements[i].has_score)
			return true;
	}
	return false;
}

/* How much of all names is the same folder; only what comes behind it tells them apart. */
static size_t common_folder(const struct judge_summary *summary)
{
	if (summary->count < 2)
		return 0;
	const char *first = summary->judgements[0].submission;
	size_t length = strlen(first);
	for (size_t i = 1; i < summary->count; i++) {
		const char *other = summary->judgements[i].submission;
		size_t same = 0;
		while (same < length && first[same] == other[same])
			same++;
		length = same;
	}
	while (length > 0 && first[length - 1] != '/')
		length--;
	return length;
}

static const char *short_name(const struct matrix *matrix, size_t index)
{
	return matrix->summary->judgements[index].submission + matrix->common_folder;
}

static struct matrix lay_out(FILE *out, const struct judge_summary *summary,
			     struct report_look look)
{
	unsigned width = look.columns != 0 ? look.columns : WIDTH_DEFAULT;
	struct matrix matrix = {
		.style = { out, look.colours, width > WIDTH_MIN ? width : WIDTH_MIN },
		.summary = summary,
		.common_folder = common_folder(summary),
		.name_width = NAME_WIDTH_MIN,
		.has_scores = is_scored(summary),
		.per_column = 1,
	};
	for (size_t i = 0; i < summary->count; i++) {
		unsigned own = text_width(short_name(&matrix, i));
		if (own > matrix.name_width)
			matrix.name_width = own < NAME_WIDTH_MAX ? own : NAME_WIDTH_MAX;
		if (summary->judgements[i].test_count > matrix.tests)
			matrix.tests = summary->judgements[i].test_count;
	}
	unsigned left = matrix.style.width - 2 - matrix.name_width - 2 - VERDICT_WIDTH - 1 -
			TIME_WIDTH - 2 - (matrix.has_scores ? SCORE_WIDTH + 1 : 0);
	matrix.has_names = matrix.tests * CELL_WIDTH <= left;
	if (!matrix.has_names && matrix.tests > left)
		matrix.per_column = (matrix.tests + left - 1) / left;
	matrix.columns = (matrix.tests + matrix.per_column - 1) / matrix.per_column;
	return matrix;
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* The verdict that a column shows: the first that is neither accepted nor left out. */
static enum judge_verdict column_verdict(const struct matrix *matrix,
					 const struct judgement *judgement, size_t column)
{
	size_t first = column * matrix->per_column;
	size_t end = first + matrix->per_column;
	enum judge_verdict shown = JUDGE_SKIPPED;
	for (size_t i = first; i < end && i < judgement->test_count; i++) {
		enum judge_verdict verdict = judgement->tests[i].verdict;
		if (verdict != JUDGE_AC && verdict != JUDGE_SKIPPED)
			return verdict;
		if (verdict == JUDGE_AC)
			shown = verdict;
	}
	return shown;
}

/* Whether a cell shows the verdict's name where there is room for names. */
static bool has_name(enum judge_verdict verdict)
{
	return verdict != JUDGE_SKIPPED && verdict != JUDGE_PENDING;
}

static void put_cell(const struct matrix *matrix, enum judge_verdict verdict)
{
	const struct style *style = &matrix->style;
	if (matrix->has_names && has_name(verdict)) {
		style_verdict(style, verdict, CELL_WIDTH);
		return;
	}
	style_start_verdict(style, verdict);
	(void)fputc(verdict_marks[verdict], style->out);
	style_end(style);
	if (matrix->has_names)
		(void)fprintf(style->out, "%*s", (int)CELL_WIDTH - 1, "");
}

/* Whether it did what its package expects of it. */
static void put_mark(const struct matrix *matrix, size_t index)
{
	const struct style *style = &matrix->style;
	if (matrix->summary->verifications == NULL) {
		(void)fputs("  ", style->out);
		return;
	}
	bool holds = matrix->summary->verifications[index].holds;
	style_start(style, holds ? COLOUR_GOOD : COLOUR_BAD);
	(void)fputs(holds ? "✓ " : "✗ ", style->out);
	style_end(style);
}

static uint64_t slowest(const struct judgement *judgement)
{
	uint64_t found = BAILIFF_UNKNOWN;
	for (size_t i = 0; i < judgement->test_count; i++) {
		const struct test_report *report = &judgement->tests[i];
		uint64_t cpu_ns = report->has_run ? report->usage.cpu_ns : BAILIFF_UNKNOWN;
		if (cpu_ns != BAILIFF_UNKNOWN && (found == BAILIFF_UNKNOWN || cpu_ns > found))
			found = cpu_ns;
	}
	return found;
}

static void put_row(const struct matrix *matrix, size_t index)
{
	const struct judgement *judgement = &matrix->summary->judgements[index];
	const struct style *style = &matrix->style;
	char time[NUMBER_LENGTH_MAX];
	put_mark(matrix, index);
	style_cell(style, short_name(matrix, index), matrix->name_width);
	(void)fputs("  ", style->out);
	style_verdict(style, judgement->verdict, VERDICT_WIDTH);
	(void)fprintf(style->out, " %*s", (int)TIME_WIDTH, format_time(slowest(judgement), time));
	if (matrix->has_scores && judgement->has_score)
		(void)fprintf(style->out, " %*.6g", (int)SCORE_WIDTH, judgement->score);
	else if (matrix->has_scores)
		(void)fprintf(style->out, " %*s", (int)SCORE_WIDTH, "-");
	(void)fputs("  ", style->out);
	for (size_t i = 0; i < matrix->columns; i++)
		put_cell(matrix, column_verdict(matrix, judgement, i));
	(void)fputc('\n', style->out);
}

/* Numbers of tests above the columns: all, or every tenth where a cell is one character. */
static void put_ruler(const struct matrix *matrix)
{
	FILE *out = matrix->style.out;
	if (matrix->has_names) {
		for (size_t i = 0; i < matrix->columns; i++)
			(void)fprintf(out, "%-*zu", (int)CELL_WIDTH, i + 1);
		return;
	}
	size_t first = matrix->per_column == 1 ? 1 : 0; /* 1, 10, 20; or 1, 51, 101 */
	for (size_t i = 0; i < matrix->columns;) {
		size_t left = matrix->columns - i;
		int used = 0;
		if (i == 0 || (i + first) % 10 == 0)
			used = snprintf(NULL, 0, "%zu", i * matrix->per_column + 1);
		if (used > 0 && (size_t)used < left) {
			(void)fprintf(out, "%zu", i * matrix->per_column + 1);
			i += (size_t)used;
			continue;
		}
		(void)fputc(' ', out);
		i++;
	}
}

static void put_head(const struct matrix *matrix)
{
	const struct style *style = &matrix->style;
	style_start(style, COLOUR_BOLD);
	style_text(style, problem_shown_name(matrix->summary->problem), style->width / 2);
	style_end(style);
	(void)fprintf(style->out, ": %zu submission%s, %zu test%s\n\n", matrix->summary->count,
		      matrix->summary->count == 1 ? "" : "s", matrix->tests,
		      matrix->tests == 1 ? "" : "s");
	style_start(style, COLOUR_FAINT);
	(void)fprintf(style->out, "  %-*s  %-*s %*s", (int)matrix->name_width, "submission",
		      (int)VERDICT_WIDTH, "verdict", (int)TIME_WIDTH, "slowest");
	if (matrix->has_scores)
		(void)fprintf(style->out, " %*s", (int)SCORE_WIDTH, "score");
	(void)fputs("  ", style->out);
	put_ruler(matrix);
	style_end(style);
	(void)fputc('\n', style->out);
}

/* ---- below the matrix ---------------------------------------------------------------------- */

/* Appends an item to a list that is broken into lines; *column is where the line ends, 0 before the
 * first. */
static void put_item(const struct style *style, unsigned *column, const char *item)
{
	unsigned width = text_width(item);
	if (*column == 0 || *column + 2 + width > style->width) {
		(void)fputc('\n', style->out);
		*column = 0;
	}
	(void)fputs("  ", style->out);
	style_text(style, item, style->width - 2);
	*column += 2 + width;
}

/* What the marks mean that occur. */
static void put_legend(const struct matrix *matrix)
{
	const struct judge_summary *summary = matrix->summary;
	bool occurs[JUDGE_VERDICT_COUNT] = { false };
	char item[64];
	unsigned column = 0;
	for (size_t i = 0; i < summary->count; i++) {
		for (size_t k = 0; k < matrix->columns; k++)
			occurs[column_verdict(matrix, &summary->judgements[i], k)] = true;
	}
	for (size_t i = 0; i < JUDGE_VERDICT_COUNT; i++) {
		enum judge_verdict verdict = (enum judge_verdict)i;
		if (!occurs[i] || (matrix->has_names && has_name(verdict)))
			continue;
		(void)snprintf(item, sizeof item, "%c %s", verdict_marks[i],
			       judge_verdict_phrase(verdict));
		put_item(&matrix->style, &column, item);
	}
	if (matrix->per_column > 1) {
		(void)snprintf(item, sizeof item, "(each column: %zu tests)", matrix->per_column);
		put_item(&matrix->style, &column, item);
	}
	if (column > 0)
		(void)fputc('\n', matrix->style.out);
}

/* Which test a column's number stands for, as long as they are few. */
static void put_test_names(const struct matrix *matrix)
{
	const struct problem *problem = matrix->summary->problem;
	unsigned column = 0;
	if (!matrix->has_names)
		return;
	for (size_t i = 0; i < problem->test_count && i < matrix->tests; i++) {
		char item[320];
		(void)snprintf(item, sizeof item, "%zu %s", i + 1, problem->tests[i].name);
		put_item(&matrix->style, &column, item);
	}
	if (column > 0)
		(void)fputc('\n', matrix->style.out);
}

static void put_verification(const struct matrix *matrix)
{
	const struct judge_summary *summary = matrix->summary;
	const struct style *style = &matrix->style;
	size_t differences = 0;
	if (summary->verifications == NULL)
		return;
	(void)fputc('\n', style->out);
	for (size_t i = 0; i < summary->count; i++) {
		if (summary->verifications[i].holds)
			continue;
		differences++;
		put_mark(matrix, i);
		style_start(style, COLOUR_BOLD);
		print_escaped(style->out, summary->judgements[i].submission);
		style_end(style);
		(void)fputs(": ", style->out);
		print_escaped(style->out, summary->verifications[i].why);
		(void)fputc('\n', style->out);
	}
	style_start(style, differences == 0 ? COLOUR_GOOD : COLOUR_BAD);
	(void)fprintf(style->out, "%s %zu of %zu judgements are as the package expects",
		      differences == 0 ? "✓" : "✗", summary->count - differences, summary->count);
	style_end(style);
	(void)fputc('\n', style->out);
}

/* "  LABEL  SUBMISSION (TIME)". */
static void put_bound(const struct style *style, const char *label, const char *submission,
		      uint64_t cpu_ns)
{
	char time[NUMBER_LENGTH_MAX];
	if (submission == NULL)
		return;
	(void)fprintf(style->out, "  %-16s  %7s  ", label, format_time(cpu_ns, time));
	print_escaped(style->out, submission);
	(void)fputc('\n', style->out);
}

static void put_suggestion(const struct style *style, const struct time_limit *limit)
{
	char time[NUMBER_LENGTH_MAX];
	if (limit == NULL)
		return;
	(void)fputc('\n', style->out);
	style_start(style, COLOUR_BOLD);
	(void)fprintf(style->out, "suggested time limit: %s",
		      limit->is_known ? format_time(limit->limit_ns, time) : "none");
	style_end(style);
	(void)fputc('\n', style->out);
	put_bound(style, "slowest accepted", limit->slowest_accepted, limit->slowest_accepted_ns);
	put_bound(style, "fastest too slow", limit->fastest_too_slow, limit->fastest_too_slow_ns);
	if (limit->message[0] == '\0')
		return;
	(void)fputs("  ", style->out);
	print_escaped(style->out, limit->message);
	(void)fputc('\n', style->out);
}

void report_summary(FILE *out, const struct judge_summary *summary, struct report_look look)
{
	const struct matrix matrix = lay_out(out, summary, look);
	put_head(&matrix);
	for (size_t i = 0; i < summary->count; i++)
		put_row(&matrix, i);
	put_test_names(&matrix);
	put_legend(&matrix);
	put_verification(&matrix);
	put_suggestion(&matrix.style, summary->time_limit);
}
