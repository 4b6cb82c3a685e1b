/* SPDX-License-Identifier: MIT */
/*
 * What a package expects of a submission, held against what became of it: the set of its tests'
 * verdicts, its score, what a validator said. Not one overall verdict: a program that is both wrong
 * and slow may be expected to be just that.
 */
#include "codec/utf8.h"
#include "judge/grading.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Notes why; false, so that a check ends with it. */
static bool deny(char *ret_why, size_t capacity, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool deny(char *ret_why, size_t capacity, const char *format, ...)
{
	if (capacity == 0)
		return false;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(ret_why, capacity, format, args);
	va_end(args);
	ret_why[utf8_prefix(ret_why, strlen(ret_why))] = '\0';
	return false;
}

/* "AC, WA" */
static void list_verdicts(verdict_set set, char *text, size_t capacity)
{
	size_t length = 0;
	text[0] = '\0';
	for (enum judge_verdict verdict = JUDGE_AC; verdict < JUDGE_VERDICT_COUNT; verdict++) {
		if ((set & VERDICT_BIT(verdict)) == 0 || length >= capacity)
			continue;
		length += (size_t)snprintf(text + length, capacity - length, "%s%s",
					   length > 0 ? ", " : "", judge_verdict_name(verdict));
	}
}

static bool check_verdict(const struct expectation *expectation, enum judge_verdict verdict,
			  const char *where, char *ret_why, size_t capacity)
{
	if (verdict == JUDGE_IE)
		return deny(ret_why, capacity, "judge error%s%s", where[0] != '\0' ? " on " : "",
			    where);
	if ((expectation->permitted & VERDICT_BIT(verdict)) != 0)
		return true;
	char permitted[80];
	list_verdicts(expectation->permitted, permitted, sizeof permitted);
	return deny(ret_why, capacity, "%s%s%s, permitted: %s", judge_verdict_phrase(verdict),
		    where[0] != '\0' ? " on " : "", where,
		    permitted[0] != '\0' ? permitted : "nothing");
}

/* Checks each test's verdict and notes which there were. */
static bool check_verdicts(const struct expectation *expectation,
			   const struct judgement *judgement, char *ret_why, size_t capacity)
{
	verdict_set seen = 0;
	if (judgement->verdict == JUDGE_CE || judgement->verdict == JUDGE_IE) {
		seen = VERDICT_BIT(judgement->verdict);
		if (judgement->verdict == JUDGE_IE && judgement->message[0] != '\0')
			return deny(ret_why, capacity, "%s", judgement->message);
		if (!check_verdict(expectation, judgement->verdict, "", ret_why, capacity))
			return false;
	}
	for (size_t i = 0; i < judgement->test_count; i++) {
		enum judge_verdict verdict = judgement->tests[i].verdict;
		if (verdict == JUDGE_SKIPPED || verdict == JUDGE_PENDING)
			continue;
		seen |= VERDICT_BIT(verdict);
		if (!check_verdict(expectation, verdict, judgement->tests[i].test->name, ret_why,
				   capacity))
			return false;
	}
	if (seen == 0)
		return deny(ret_why, capacity, "no test was run");
	if (expectation->required == 0 || (seen & expectation->required) != 0)
		return true;
	char required[80];
	list_verdicts(expectation->required, required, sizeof required);
	return deny(ret_why, capacity, "no test had the required verdict: %s", required);
}

static bool check_score(const struct expectation *expectation, const struct judgement *judgement,
			char *ret_why, size_t capacity)
{
	if (!expectation->has_score)
		return true;
	double least = expectation->score_min;
	double most = expectation->score_max;
	/* Sums of decimal fractions are a little off. */
	double slack = 1e-9 * (1 + fabs(judgement->score));
	if (judgement->has_score && judgement->score >= least - slack &&
	    judgement->score <= most + slack)
		return true;
	char expected[80];
	if (least < most)
		(void)snprintf(expected, sizeof expected, "%.10g to %.10g", least, most);
	else
		(void)snprintf(expected, sizeof expected, "%.10g", least);
	if (!judgement->has_score)
		return deny(ret_why, capacity, "no score, expected: %s", expected);
	return deny(ret_why, capacity, "score %.10g, expected: %s", judgement->score, expected);
}

static bool check_message(const struct expectation *expectation,
			  const struct judgement *judgement, char *ret_why, size_t capacity)
{
	if (expectation->message == NULL)
		return true;
	for (size_t i = 0; i < judgement->test_count; i++) {
		const char *text = judgement->tests[i].judge_message.text;
		if (text != NULL && strstr(text, expectation->message) != NULL)
			return true;
	}
	return deny(ret_why, capacity, "no judge message says \"%.120s\"", expectation->message);
}

bool expectation_holds(const struct expectation *expectation, const struct judgement *judgement,
		       char *ret_why, size_t capacity)
{
	if (!check_verdicts(expectation, judgement, ret_why, capacity) ||
	    !check_score(expectation, judgement, ret_why, capacity) ||
	    !check_message(expectation, judgement, ret_why, capacity))
		return false;
	if (capacity > 0)
		ret_why[0] = '\0';
	return true;
}
