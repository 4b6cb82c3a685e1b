/* SPDX-License-Identifier: MIT */
/*
 * The names of a judgement's verdicts, what is worth showing of it, and the end of its memory.
 */
#include "judge/judgement.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *phrase;
} verdicts[JUDGE_VERDICT_COUNT] = {
	[JUDGE_PENDING] = { "PENDING", "not judged yet" },
	[JUDGE_AC] = { "AC", "accepted" },
	[JUDGE_WA] = { "WA", "wrong answer" },
	[JUDGE_PE] = { "PE", "presentation error" },
	[JUDGE_TLE] = { "TLE", "time limit exceeded" },
	[JUDGE_MLE] = { "MLE", "memory limit exceeded" },
	[JUDGE_OLE] = { "OLE", "output limit exceeded" },
	[JUDGE_RE] = { "RE", "run-time error" },
	[JUDGE_SV] = { "SV", "forbidden system call" },
	[JUDGE_IE] = { "IE", "judge error" },
	[JUDGE_CE] = { "CE", "compile error" },
	[JUDGE_SKIPPED] = { "SKIPPED", "not run" },
};

const char *judge_verdict_name(enum judge_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *judge_verdict_phrase(enum judge_verdict verdict)
{
	return verdicts[verdict].phrase;
}

const char *problem_shown_name(const struct problem *problem)
{
	bool has_title = problem->title != NULL && problem->title[0] != '\0';
	return has_title ? problem->title : problem->name;
}

bool judgement_has_groups(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->group_count; i++) {
		const struct test_group *group = judgement->groups[i].group;
		if (group->parent != GROUP_NONE && strcmp(group->name, "sample") != 0 &&
		    strcmp(group->name, "secret") != 0)
			return true;
	}
	return false;
}

void test_report_drop_excerpts(struct test_report *report)
{
	struct excerpt *excerpts[] = { &report->standard_error, &report->judge_message,
				       &report->team_message };
	for (size_t i = 0; i < ARRAY_LENGTH(excerpts); i++) {
		free(excerpts[i]->text);
		*excerpts[i] = (struct excerpt){ 0 };
	}
}

void judgement_finish(struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->test_count; i++)
		test_report_drop_excerpts(&judgement->tests[i]);
	free(judgement->tests);
	free(judgement->groups);
	compilation_finish(&judgement->compilation);
	*judgement = (struct judgement){ 0 };
}
