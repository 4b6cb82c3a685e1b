/* SPDX-License-Identifier: MIT */
/*
 * The line is made whole in memory, cut to the terminal's width and written at once, so that it
 * never flickers or wraps. It is drawn when something happens, but not in the first moment, so that
 * a quick judgement shows nothing, and not more often than an eye can follow.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "judge/report.h"
#include "judge/style.h"

#include <inttypes.h>
#include <string.h>

#define QUIET_NS (200 * NS_PER_MS)
#define REDRAW_NS (100 * NS_PER_MS)
#define WIDTH_DEFAULT 80u
#define NAME_WIDTH_MAX 28u
#define BAR_WIDTH_MAX 30u
#define BAR_WIDTH_MIN 4u
/* Fewer tests than this tell nothing about the others. */
#define ESTIMATE_TESTS_MIN 3u

struct progress {
	FILE *out; /* borrowed */
	bool colours;
	bool is_shown;
	uint64_t opened_ns; /* when it was opened, drawn, and when the first test began; */
	uint64_t drawn_ns;  /* CLOCK_MONOTONIC */
	uint64_t tests_ns;
	uint64_t slowest_ns; /* CPU time, of this submission's tests */
	size_t counts[JUDGE_VERDICT_COUNT];
};

struct progress *progress_open(FILE *out, bool colours)
{
	struct progress *progress = calloc(1, sizeof *progress);
	if (progress == NULL)
		return NULL;
	progress->out = out;
	progress->colours = colours;
	progress->opened_ns = clock_now_ns();
	return progress;
}

static void note(struct progress *progress, const struct judge_event *event)
{
	const struct test_report *report = event->test;
	switch (event->kind) {
	case JUDGE_EVENT_SUBMISSION:
		memset(progress->counts, 0, sizeof progress->counts);
		progress->slowest_ns = progress->tests_ns = 0;
		break;
	case JUDGE_EVENT_TEST_BEGIN:
		if (progress->tests_ns == 0)
			progress->tests_ns = clock_now_ns();
		break;
	case JUDGE_EVENT_TEST:
		progress->counts[report->verdict]++;
		if (report->has_run && report->usage.cpu_ns != BAILIFF_UNKNOWN &&
		    report->usage.cpu_ns > progress->slowest_ns)
			progress->slowest_ns = report->usage.cpu_ns;
		break;
	case JUDGE_EVENT_COMPILED:
	case JUDGE_EVENT_JUDGED: break;
	}
}

/* ---- parts of the line --------------------------------------------------------------------- */

/* "[2/5] sum.cpp": folders are left out, they are the same for many. */
static void put_name(const struct style *style, const struct judge_event *event)
{
	const char *name = event->judgement->submission;
	const char *slash = strrchr(name, '/');
	if (event->submission_count > 1)
		(void)fprintf(style->out, "[%zu/%zu] ", event->submission + 1,
			      event->submission_count);
	style_text(style, slash != NULL && slash[1] != '\0' ? slash + 1 : name, NAME_WIDTH_MAX);
}

static void put_bar(const struct style *style, size_t done, size_t total, unsigned width)
{
	size_t full = total > 0 ? done * width / total : 0;
	(void)fputc(' ', style->out);
	for (size_t i = 0; i < width; i++)
		(void)fputs(i < full ? "█" : "░", style->out);
}

/* "  11 AC  1 WA". */
static void put_counts(const struct style *style, const struct progress *progress)
{
	for (size_t i = 0; i < JUDGE_VERDICT_COUNT; i++) {
		enum judge_verdict verdict = (enum judge_verdict)i;
		if (progress->counts[i] == 0 || verdict == JUDGE_SKIPPED)
			continue;
		(void)fprintf(style->out, "  %zu ", progress->counts[i]);
		style_verdict(style, verdict, 0);
	}
}

/* "  slowest 0.31 s  ~8 s left". */
static void put_times(const struct style *style, const struct progress *progress,
		      const struct judge_event *event)
{
	char text[NUMBER_LENGTH_MAX];
	size_t done = event->tests_done;
	size_t total = event->judgement->test_count;
	if (progress->slowest_ns > 0)
		(void)fprintf(style->out, "  slowest %s", format_time(progress->slowest_ns, text));
	if (done < ESTIMATE_TESTS_MIN || done >= total || progress->tests_ns == 0)
		return;
	uint64_t each_ns = (clock_now_ns() - progress->tests_ns) / done;
	uint64_t left_s = (each_ns * (total - done) + NS_PER_S - 1) / NS_PER_S;
	(void)fprintf(style->out, "  ~%" PRIu64 " s left", left_s);
}

/* " 12/40", as wide for the first test as for the last. */
static void put_state(const struct style *style, const struct judge_event *event)
{
	size_t total = event->judgement->test_count;
	if (event->kind == JUDGE_EVENT_SUBMISSION)
		(void)fputs(" compiling", style->out);
	else
		(void)fprintf(style->out, " %*zu/%zu", snprintf(NULL, 0, "%zu", total),
			      event->tests_done, total);
}

/* ---- drawing ------------------------------------------------------------------------------- */

/* The line with a bar of this width, 0 = none; the caller's to free, NULL where memory ran out. */
static char *make_line(const struct progress *progress, const struct judge_event *event,
		       bool colours, unsigned bar)
{
	char *line = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&line, &size);
	if (stream == NULL)
		return NULL;
	const struct style style = { stream, colours, 0 };
	put_name(&style, event);
	put_state(&style, event);
	if (bar > 0)
		put_bar(&style, event->tests_done, event->judgement->test_count, bar);
	put_counts(&style, progress);
	put_times(&style, progress, event);
	if (fclose(stream) == 0)
		return line;
	free(line);
	return NULL;
}

static void draw(struct progress *progress, const struct judge_event *event)
{
	/* The last column stays empty: some terminals wrap as soon as it is written to. */
	unsigned width = terminal_width(progress->out, WIDTH_DEFAULT) - 1;
	AUTO_FREE char *plain = make_line(progress, event, /* colours= */ false, 0);
	if (plain == NULL)
		return;
	unsigned used = text_width(plain);
	unsigned bar = used + 1 < width ? width - used - 1 : 0;
	bar = bar < BAR_WIDTH_MAX ? bar : BAR_WIDTH_MAX;
	if (bar < BAR_WIDTH_MIN || event->kind == JUDGE_EVENT_SUBMISSION)
		bar = 0;
	(void)fputc('\r', progress->out);
	if (used <= width) {
		AUTO_FREE char *line = make_line(progress, event, progress->colours, bar);
		(void)fputs(line != NULL ? line : "", progress->out);
	} else {
		const struct style style = { progress->out, false, width };
		style_text(&style, plain, width);
	}
	(void)fputs("\033[K", progress->out); /* erases to the line's end */
	(void)fflush(progress->out);
	progress->is_shown = true;
}

void progress_tell(void *context, const struct judge_event *event)
{
	struct progress *progress = context;
	note(progress, event);
	uint64_t now = clock_now_ns();
	if (now - progress->opened_ns < QUIET_NS || now - progress->drawn_ns < REDRAW_NS)
		return;
	progress->drawn_ns = now;
	draw(progress, event);
}

void progress_close(struct progress *progress)
{
	if (progress == NULL)
		return;
	if (progress->is_shown) {
		(void)fputs("\r\033[K", progress->out);
		(void)fflush(progress->out);
	}
	free(progress);
}
