/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML as CI systems read it: a suite for each submission, a case for each test. A judge error
 * is an "error", every other rejection a "failure". Where the judgements were compared with what
 * the package expects, that comparison is what passes or fails: each suite has one more case
 * for it, and a rejection that is as expected fails nothing.
 *
 * XML 1.0 can hold neither most control characters nor bytes that are no UTF-8, not even
 * escaped: they become U+FFFD.
 */
#include "base/clock.h"
#include "codec/utf8.h"
#include "judge/report.h"

#include <inttypes.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* ---- text ---------------------------------------------------------------------------------- */

/* The characters of XML 1.0 without C1 controls, which are allowed there but commands to terminals.
 */
static bool is_xml(unsigned code)
{
	return code == '\t' || code == '\n' || (code >= 0x20 && code < 0x7f) ||
	       (code >= 0xa0 && code != 0xfffe && code != 0xffff);
}

static const char *entity(char c, bool in_attribute)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	/* There readers make blanks of the characters themselves. */
	case '\n': return in_attribute ? "&#10;" : NULL;
	case '\t': return in_attribute ? "&#9;" : NULL;
	default: return NULL;
	}
}

static void put_escaped(FILE *out, const char *text, bool in_attribute)
{
	size_t length = strlen(text);
	size_t step;
	for (size_t at = 0; at < length; at += step) {
		const char *replaced = entity(text[at], in_attribute);
		step = utf8_sequence(text + at, length - at);
		if (replaced != NULL)
			(void)fputs(replaced, out);
		else if (step > 0 && is_xml(utf8_decode(text + at, step)))
			(void)fwrite(text + at, 1, step, out);
		else
			(void)fputs(REPLACEMENT, out);
		step = step > 0 ? step : 1;
	}
}

static void put_text(FILE *out, const char *text)
{
	put_escaped(out, text, /* in_attribute= */ false);
}

static void put_attribute(FILE *out, const char *name, const char *text)
{
	(void)fprintf(out, " %s=\"", name);
	put_escaped(out, text, /* in_attribute= */ true);
	(void)fputc('"', out);
}

static void put_time(FILE *out, uint64_t ns)
{
	uint64_t ms = ns == BAILIFF_UNKNOWN ? 0 : ns / NS_PER_MS;
	(void)fprintf(out, " time=\"%" PRIu64 ".%03u\"", ms / 1000, (unsigned)(ms % 1000));
}

/* ---- a test -------------------------------------------------------------------------------- */

/* How a test or a compilation counts. */
enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_ERROR, OUTCOME_SKIPPED };

static enum outcome outcome_of(enum judge_verdict verdict, bool is_verified)
{
	if (verdict == JUDGE_SKIPPED || verdict == JUDGE_PENDING)
		return OUTCOME_SKIPPED;
	if (verdict == JUDGE_IE)
		return OUTCOME_ERROR;
	return verdict == JUDGE_AC || is_verified ? OUTCOME_PASSED : OUTCOME_FAILED;
}

static void put_case_start(FILE *out, const struct judgement *judgement, const char *name,
			   uint64_t ns)
{
	(void)fputs("    <testcase classname=\"", out);
	put_escaped(out, judgement->problem->name, /* in_attribute= */ true);
	(void)fputc('.', out);
	put_escaped(out, judgement->submission, /* in_attribute= */ true);
	(void)fputc('"', out);
	put_attribute(out, "name", name);
	put_time(out, ns);
}

static void put_labelled(FILE *out, const char *label, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)fprintf(out, "%s: ", label);
	put_text(out, text);
	(void)fputc('\n', out);
}

static void put_details(FILE *out, const struct test_report *report)
{
	const struct difference *difference = &report->difference;
	if (difference->kind != DIFFERENCE_NONE) {
		(void)fprintf(out, "line %" PRIu64 "\n", difference->output_line);
		put_labelled(out, "expected", difference->expected);
		put_labelled(out, "found", difference->found);
	}
	put_labelled(out, "stderr", report->standard_error.text);
	put_labelled(out, "judge", report->judge_message.text);
	put_labelled(out, "team", report->team_message.text);
}

static void put_test(FILE *out, const struct judgement *judgement, const struct test_report *report,
		     bool is_verified)
{
	static const char *const elements[] = {
		[OUTCOME_PASSED] = "system-out",
		[OUTCOME_FAILED] = "failure",
		[OUTCOME_ERROR] = "error",
		[OUTCOME_SKIPPED] = "skipped",
	};
	enum outcome outcome = outcome_of(report->verdict, is_verified);
	put_case_start(out, judgement, report->test->name,
		       report->has_run ? report->usage.wall_ns : BAILIFF_UNKNOWN);
	if (report->verdict == JUDGE_AC) {
		(void)fputs("/>\n", out);
		return;
	}
	(void)fprintf(out, ">\n      <%s", elements[outcome]);
	if (outcome == OUTCOME_FAILED || outcome == OUTCOME_ERROR)
		put_attribute(out, "type", judge_verdict_name(report->verdict));
	if (outcome != OUTCOME_PASSED)
		put_attribute(out, "message", report->message);
	(void)fputc('>', out);
	if (outcome == OUTCOME_PASSED)
		put_labelled(out, judge_verdict_name(report->verdict), report->message);
	if (outcome != OUTCOME_SKIPPED)
		put_details(out, report);
	(void)fprintf(out, "</%s>\n    </testcase>\n", elements[outcome]);
}

/* ---- a submission -------------------------------------------------------------------------- */

struct counts {
	size_t tests, failures, errors, skipped;
	uint64_t wall_ns;
};

/* A judgement that has a case of its own: no test says why it is what it is. */
static bool needs_own_case(const struct judgement *judgement)
{
	if (judgement->verdict != JUDGE_CE && judgement->verdict != JUDGE_IE)
		return false;
	for (size_t i = 0; i < judgement->test_count; i++) {
		if (judgement->tests[i].verdict == JUDGE_IE)
			return false;
	}
	return true;
}

static void count_outcome(struct counts *counts, enum outcome outcome)
{
	counts->tests++;
	counts->failures += outcome == OUTCOME_FAILED;
	counts->errors += outcome == OUTCOME_ERROR;
	counts->skipped += outcome == OUTCOME_SKIPPED;
}

static void count_submission(struct counts *counts, const struct judge_summary *summary,
			     size_t index)
{
	const struct judgement *judgement = &summary->judgements[index];
	bool is_verified = summary->verifications != NULL;
	for (size_t i = 0; i < judgement->test_count; i++) {
		const struct test_report *report = &judgement->tests[i];
		count_outcome(counts, outcome_of(report->verdict, is_verified));
		if (report->has_run && report->usage.wall_ns != BAILIFF_UNKNOWN)
			counts->wall_ns += report->usage.wall_ns;
	}
	if (needs_own_case(judgement)) {
		bool is_expected = is_verified && judgement->verdict == JUDGE_CE;
		count_outcome(counts, is_expected ? OUTCOME_PASSED : OUTCOME_ERROR);
	}
	if (is_verified)
		count_outcome(counts, summary->verifications[index].holds ? OUTCOME_PASSED :
									    OUTCOME_FAILED);
}

static void put_counts(FILE *out, const struct counts *counts)
{
	(void)fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
		      counts->tests, counts->failures, counts->errors, counts->skipped);
	put_time(out, counts->wall_ns);
	(void)fputs(">\n", out);
}

/* The case "compile", or "judge" where something else of ours failed. */
static void put_own_case(FILE *out, const struct judgement *judgement, bool is_verified)
{
	bool is_ce = judgement->verdict == JUDGE_CE;
	const char *element = is_ce && is_verified ? "system-out" : "error";
	put_case_start(out, judgement, is_ce ? "compile" : "judge", BAILIFF_UNKNOWN);
	(void)fprintf(out, ">\n      <%s", element);
	if (!is_ce || !is_verified) {
		put_attribute(out, "type", judge_verdict_name(judgement->verdict));
		put_attribute(out, "message", judgement->message);
	}
	(void)fputc('>', out);
	if (judgement->has_compilation && judgement->compilation.diagnostics != NULL)
		put_text(out, judgement->compilation.diagnostics);
	if (!is_ce)
		put_text(out, judgement->error.message);
	(void)fprintf(out, "</%s>\n    </testcase>\n", element);
}

static void put_verification(FILE *out, const struct judgement *judgement,
			     const struct verification *verification)
{
	put_case_start(out, judgement, "as expected", BAILIFF_UNKNOWN);
	if (verification->holds) {
		(void)fputs("/>\n", out);
		return;
	}
	(void)fputs(">\n      <failure", out);
	put_attribute(out, "message", verification->why);
	(void)fputs("/>\n    </testcase>\n", out);
}

static void put_suite(FILE *out, const struct judge_summary *summary, size_t index)
{
	const struct judgement *judgement = &summary->judgements[index];
	bool is_verified = summary->verifications != NULL;
	struct counts counts = { 0 };
	count_submission(&counts, summary, index);
	(void)fputs("  <testsuite", out);
	put_attribute(out, "name", judgement->submission);
	put_counts(out, &counts);
	if (needs_own_case(judgement))
		put_own_case(out, judgement, is_verified);
	for (size_t i = 0; i < judgement->test_count; i++)
		put_test(out, judgement, &judgement->tests[i], is_verified);
	if (is_verified)
		put_verification(out, judgement, &summary->verifications[index]);
	(void)fputs("  </testsuite>\n", out);
}

void report_junit(FILE *out, const struct judge_summary *summary)
{
	struct counts counts = { 0 };
	for (size_t i = 0; i < summary->count; i++)
		count_submission(&counts, summary, i);
	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
	put_attribute(out, "name", summary->problem->name);
	put_counts(out, &counts);
	for (size_t i = 0; i < summary->count; i++)
		put_suite(out, summary, i);
	(void)fputs("</testsuites>\n", out);
}
