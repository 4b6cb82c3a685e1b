/* SPDX-License-Identifier: MIT */
/*
 * The default grader's flags, as a table from words to fields.
 */
#include "judge/grader_flags.h"

#include "base/error.h"
#include "base/mem.h"

#include <string.h>

struct meaning {
	const char *flag;
	enum { SETS_VERDICT, SETS_SCORE, SETS_IGNORE_SAMPLE, SETS_ACCEPT_IF_ANY } what;
	enum verdict_mode verdict_mode;
	enum score_mode score_mode;
};

static const struct meaning meanings[] = {
	{ .flag = "worst_error", .what = SETS_VERDICT, .verdict_mode = VERDICT_WORST_ERROR },
	{ .flag = "first_error", .what = SETS_VERDICT, .verdict_mode = VERDICT_FIRST_ERROR },
	{ .flag = "always_accept", .what = SETS_VERDICT, .verdict_mode = VERDICT_ALWAYS_ACCEPT },
	{ .flag = "sum", .what = SETS_SCORE, .score_mode = SCORE_SUM },
	{ .flag = "avg", .what = SETS_SCORE, .score_mode = SCORE_AVERAGE },
	{ .flag = "min", .what = SETS_SCORE, .score_mode = SCORE_MIN },
	{ .flag = "max", .what = SETS_SCORE, .score_mode = SCORE_MAX },
	{ .flag = "ignore_sample", .what = SETS_IGNORE_SAMPLE },
	{ .flag = "accept_if_any_accepted", .what = SETS_ACCEPT_IF_ANY },
};

static void apply(const struct meaning *meaning, struct test_group *group)
{
	switch (meaning->what) {
	case SETS_VERDICT: group->verdict_mode = meaning->verdict_mode; break;
	case SETS_SCORE: group->score_mode = meaning->score_mode; break;
	case SETS_IGNORE_SAMPLE: group->ignore_sample = true; break;
	case SETS_ACCEPT_IF_ANY: group->accept_if_any_accepted = true; break;
	}
}

int grader_flags_apply(const char *const *flags, struct test_group *group,
		       struct bailiff_error *err)
{
	for (; flags != NULL && *flags != NULL; flags++) {
		size_t i = 0;
		while (i < ARRAY_LENGTH(meanings) && strcmp(meanings[i].flag, *flags) != 0)
			i++;
		if (i == ARRAY_LENGTH(meanings))
			return fail_spec(err, "the default grader does not know '%s'", *flags);
		apply(&meanings[i], group);
	}
	return 0;
}
