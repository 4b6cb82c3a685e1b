/* SPDX-License-Identifier: MIT */
/*
 * Grading is one walk over the tests in their order. Tests of a group and of the groups in it stand
 * together, so that the walk enters a group at its first test and leaves it behind its last; what
 * a group's members say is added up on the way and becomes one member of its parent.
 *
 * A group that breaks off is decided by its first rejection: what comes after it is not counted,
 * whether it was run or not. The walk that decides whether a test is needed is the same one, up
 * to that test: it is needed when it would be counted. So running all tests changes neither verdict
 * nor score, in any mode of grading, with one exception that is meant: a judge error is one of the
 * judgement wherever it happens. (What a custom grader will say of a group is not known while tests
 * are being run; until then it breaks nothing off, and some tests may be run that do not count.)
 */
#include "judge/grading.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/utf8.h"
#include "judge/score.h"

#include <stdio.h>
#include <string.h>

#define TEST_NONE SIZE_MAX

/* What a test or a group is worth to the group it is a member of. */
struct standing {
	enum judge_verdict verdict;
	double score;
	size_t decider; /* the test that made the verdict; TEST_NONE = no single one */
};

/* The members of one group so far. */
struct tally {
	bool has_ended; /* broken off: nothing more counts */
	struct standing error, first, worst; /* a judge error, rejections; verdict PENDING = none */
	bool has_accepted, has_skipped;
	struct score_sum scores;
	struct grade *members; /* owned; for a custom grader only */
	size_t member_count;
};

struct walk {
	const struct problem *problem;
	const struct test_report *reports;
	size_t target; /* the test that is asked about; TEST_NONE = none is */
	bool is_over;  /* it has come to the target, which: */
	bool is_counted, is_barred;
	struct judgement *judgement; /* whose groups are to be filled; NULL = verdicts are enough */
	run_grader grader;
	void *context;
	struct bailiff_error *err;
	int status; /* 0, or what a grader failed with */
	bool has_violation;
	char violation[200];
	/* Of the groups that the walk has left; PENDING = not yet, or one without tests. */
	struct {
		enum judge_verdict verdict;
		bool is_counted;
	} left[PROBLEM_GROUPS_MAX];
};

/* Where the walk is, as seen from the groups around it. */
struct reach {
	bool is_counted; /* no group around has been broken off */
	bool is_barred;	 /* one of them lacks what it requires */
};

/* ---- rules ---------------------------------------------------------------------------------- */

static bool is_rejection(enum judge_verdict verdict)
{
	return verdict != JUDGE_AC && verdict != JUDGE_SKIPPED && verdict != JUDGE_PENDING;
}

/* 2025-09 scoring, where scores decide how far a group is judged. */
static bool is_new_scoring(const struct problem *problem)
{
	return problem->is_scoring && problem->format == PROBLEM_FORMAT_2025_09;
}

/*
 * Whether a rejected member ends its group. In 2025-09 scoring only where it settles the score: a
 * failed test is the least that a minimum can be, a failed group may still have points.
 */
static bool breaks_off(const struct problem *problem, size_t group, bool member_is_test)
{
	const struct test_group *rules = &problem->groups[group];
	if (rules->on_reject_continue)
		return false;
	if (!is_new_scoring(problem))
		return true;
	if (rules->parent == GROUP_NONE)
		return false;
	return rules->is_pass_fail || (rules->score_mode == SCORE_MIN && member_is_test);
}

/* Of the default grader's order JE, RTE, MLE, TLE, OLE, WA; less is worse. */
static unsigned rank_of(enum judge_verdict verdict)
{
	static const unsigned char ranks[JUDGE_VERDICT_COUNT] = {
		[JUDGE_IE] = 1, [JUDGE_RE] = 2, [JUDGE_SV] = 2, [JUDGE_MLE] = 3, [JUDGE_TLE] = 4,
		[JUDGE_OLE] = 5, [JUDGE_WA] = 6, [JUDGE_PE] = 7, [JUDGE_CE] = 8,
	};
	return ranks[verdict] != 0 ? ranks[verdict] : JUDGE_VERDICT_COUNT;
}

/* The sample group below a root that ignores it. */
static bool is_ignored(const struct problem *problem, size_t group, size_t member)
{
	const struct test_group *rules = &problem->groups[group];
	return problem->format == PROBLEM_FORMAT_LEGACY && rules->parent == GROUP_NONE &&
	       rules->ignore_sample && member != group && problem->groups[member].is_sample;
}

/* The group itself where the test stands directly in it, the child of it that holds the test, or
 * GROUP_NONE where the test is elsewhere. */
static size_t member_of(const struct problem *problem, size_t test, size_t group)
{
	size_t member = problem->tests[test].group;
	if (member == group)
		return group;
	while (member != GROUP_NONE && problem->groups[member].parent != group)
		member = problem->groups[member].parent;
	return member;
}

/*
 * Whether all groups it requires are accepted. One without any test cannot be failed. What does not
 * count opens nothing that does: it would not have been run.
 */
static bool has_requirements(const struct walk *walk, size_t group, bool is_counted)
{
	const size_t *required = walk->problem->groups[group].required_groups;
	for (; required != NULL && *required != GROUP_NONE; required++) {
		enum judge_verdict verdict = walk->left[*required].verdict;
		if (verdict == JUDGE_PENDING)
			continue;
		if (verdict != JUDGE_AC || (is_counted && !walk->left[*required].is_counted))
			return false;
	}
	return true;
}

/* ---- one member ----------------------------------------------------------------------------- */

#define NAME_BYTES_MAX 140

/* How much of a name is shown: not half a character. For "%.*s". */
static int shown_length(const char *name)
{
	return (int)utf8_prefix(name, strnlen(name, NAME_BYTES_MAX));
}

/* A mistake of the package's, never of the submission's. The first one is told. */
static struct standing violate(struct walk *walk, const char *where, const char *what)
{
	if (!walk->has_violation)
		(void)snprintf(walk->violation, sizeof walk->violation, "%.*s %s",
			       shown_length(where), where, what);
	walk->has_violation = true;
	return (struct standing){ .verdict = JUDGE_IE, .decider = TEST_NONE };
}

static const char *group_name(const struct test_group *group)
{
	return group->name[0] != '\0' ? group->name : "data";
}

static struct standing stand_test(struct walk *walk, size_t index)
{
	const struct test_report *report = &walk->reports[index];
	struct standing standing = { .verdict = report->verdict, .decider = index };
	/* Beside the test that is asked about, earlier ones may still be running: what they may open
	 * is not to be left out for that. */
	if (standing.verdict == JUDGE_PENDING)
		standing.verdict = walk->target != TEST_NONE ? JUDGE_AC : JUDGE_SKIPPED;
	if (walk->judgement == NULL || !walk->problem->is_scoring)
		return standing;
	const char *wrong = score_of_test(walk->problem, index, report, &standing.score);
	return wrong != NULL ? violate(walk, walk->problem->tests[index].name, wrong) : standing;
}

static void keep_member(struct walk *walk, struct tally *tally, const struct standing *standing)
{
	/* Doubling: full whenever the count is a power of two. */
	if ((tally->member_count & (tally->member_count - 1)) == 0) {
		size_t capacity = tally->member_count == 0 ? 1 : 2 * tally->member_count;
		struct grade *grown = realloc(tally->members, capacity * sizeof *grown);
		if (grown == NULL) {
			walk->status = fail_memory(walk->err);
			return;
		}
		tally->members = grown;
	}
	tally->members[tally->member_count++] =
		(struct grade){ .verdict = standing->verdict, .score = standing->score };
}

static void count_member(struct walk *walk, size_t group, size_t member, struct tally *tally,
			 const struct standing *standing)
{
	const struct problem *problem = walk->problem;
	if (is_ignored(problem, group, member))
		return;
	tally->has_accepted |= standing->verdict == JUDGE_AC;
	tally->has_skipped |= standing->verdict == JUDGE_SKIPPED;
	if (standing->verdict == JUDGE_IE && tally->error.verdict == JUDGE_PENDING)
		tally->error = *standing;
	if (is_rejection(standing->verdict)) {
		if (tally->first.verdict == JUDGE_PENDING)
			tally->first = *standing;
		if (rank_of(standing->verdict) < rank_of(tally->worst.verdict))
			tally->worst = *standing;
		tally->has_ended = breaks_off(problem, group, member == group);
	}
	/* A submission's score is that of the secret tests (2025-09). */
	bool is_sample = member != group && problem->groups[member].is_sample;
	if (!(is_sample && is_new_scoring(problem)))
		score_add(&tally->scores, standing->score);
	if (problem->groups[group].custom_grader && walk->judgement != NULL)
		keep_member(walk, tally, standing);
}

/* ---- one group ------------------------------------------------------------------------------ */

static struct standing decide(const struct problem *problem, const struct test_group *group,
			      const struct tally *tally)
{
	bool is_legacy = problem->format == PROBLEM_FORMAT_LEGACY;
	bool accepts = is_legacy && (group->verdict_mode == VERDICT_ALWAYS_ACCEPT ||
				     (group->accept_if_any_accepted && tally->has_accepted));
	bool by_rank = is_legacy && problem->is_scoring &&
		       group->verdict_mode == VERDICT_WORST_ERROR;
	struct standing standing = by_rank ? tally->worst : tally->first;
	if (accepts || standing.verdict == JUDGE_PENDING)
		standing = (struct standing){
			.verdict = tally->has_skipped ? JUDGE_SKIPPED : JUDGE_AC,
			.decider = TEST_NONE,
		};
	return standing;
}

/* Asks the group's own grader. One that does not count is not worth it. */
static struct standing ask_grader(struct walk *walk, const struct test_group *group,
				  const struct tally *tally, bool is_counted)
{
	struct standing standing = { .verdict = JUDGE_AC, .decider = TEST_NONE };
	if (walk->judgement == NULL || walk->status < 0)
		return standing;
	standing.verdict = JUDGE_SKIPPED;
	if (!is_counted || tally->has_skipped)
		return standing;
	struct grade grade = { 0 };
	if (walk->grader == NULL)
		walk->status = fail_internal(walk->err, BAILIFF_STAGE_SUPERVISE, 0,
					     "group \"%s\" has a grader that cannot be run",
					     group->name);
	else
		walk->status = walk->grader(walk->context, group, tally->members,
					    tally->member_count, &grade, walk->err);
	if (walk->status < 0)
		return standing;
	if (grade.verdict == JUDGE_IE)
		return violate(walk, group_name(group), grade.why);
	standing.verdict = grade.verdict;
	standing.score = grade.verdict == JUDGE_AC ? grade.score : 0;
	if (grade.verdict == tally->first.verdict)
		standing.decider = tally->first.decider;
	return standing;
}

static struct standing finish_group(struct walk *walk, size_t index, const struct tally *tally,
				    struct reach reach)
{
	const struct problem *problem = walk->problem;
	const struct test_group *group = &problem->groups[index];
	if (reach.is_barred)
		return (struct standing){ .verdict = JUDGE_SKIPPED, .decider = TEST_NONE };
	if (tally->error.verdict == JUDGE_IE)
		return tally->error;
	struct standing standing;
	if (group->custom_grader) {
		standing = ask_grader(walk, group, tally, reach.is_counted);
	} else {
		standing = decide(problem, group, tally);
		standing.score = score_of_group(problem, group, &tally->scores, standing.verdict);
	}
	if (walk->judgement == NULL || !problem->is_scoring)
		return standing;
	const char *wrong = score_check(problem, group, standing.score, standing.verdict);
	return wrong != NULL ? violate(walk, group_name(group), wrong) : standing;
}

static void report_group(struct walk *walk, size_t index, const struct standing *standing,
			 struct reach reach)
{
	walk->left[index].verdict = standing->verdict;
	walk->left[index].is_counted = reach.is_counted;
	if (walk->judgement == NULL)
		return;
	const struct problem *problem = walk->problem;
	const struct test_group *group = &problem->groups[index];
	bool is_unscored = is_new_scoring(problem) && group->is_pass_fail && !group->is_bounded &&
			   group->parent != GROUP_NONE;
	struct group_report *report = &walk->judgement->groups[index];
	report->verdict = standing->verdict;
	report->has_score = problem->is_scoring && !is_unscored && standing->verdict != JUDGE_IE &&
			    (standing->verdict != JUDGE_SKIPPED || reach.is_barred);
	report->score = report->has_score ? standing->score : 0;
}

/* The test that is asked about: the walk ends before it. */
static struct standing meet_target(struct walk *walk, struct reach reach)
{
	walk->is_over = true;
	walk->is_counted = reach.is_counted;
	walk->is_barred = reach.is_barred;
	return (struct standing){ .verdict = JUDGE_SKIPPED, .decider = TEST_NONE };
}

/* Walks over the tests of a group from *at on, and leaves *at behind them. Its standing means
 * nothing where the walk ended at its target. */
static struct standing walk_group(struct walk *walk, size_t group, size_t *at, struct reach reach)
{
	struct tally tally = { 0 };
	reach.is_barred = reach.is_barred || !has_requirements(walk, group, reach.is_counted);
	while (*at < walk->problem->test_count && !walk->is_over) {
		size_t member = member_of(walk->problem, *at, group);
		if (member == GROUP_NONE)
			break;
		struct reach inner = {
			.is_counted = reach.is_counted && !tally.has_ended,
			.is_barred = reach.is_barred,
		};
		struct standing standing;
		if (member != group)
			standing = walk_group(walk, member, at, inner);
		else if (*at == walk->target)
			standing = meet_target(walk, inner);
		else
			standing = stand_test(walk, (*at)++);
		if (!tally.has_ended && !walk->is_over)
			count_member(walk, group, member, &tally, &standing);
	}
	struct standing standing = finish_group(walk, group, &tally, reach);
	report_group(walk, group, &standing, reach);
	free(tally.members);
	return standing;
}

static struct standing walk_all(struct walk *walk)
{
	size_t at = 0;
	return walk_group(walk, 0, &at, (struct reach){ .is_counted = true });
}

/* The first test before `end` with a judge error, TEST_NONE where there is none. */
static size_t find_judge_error(const struct test_report *reports, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		if (reports[i].verdict == JUDGE_IE)
			return i;
	}
	return TEST_NONE;
}

bool grading_needs_test(const struct problem *problem, const struct test_report *reports,
			size_t index, bool all_tests)
{
	struct walk walk = { .problem = problem, .reports = reports, .target = index };
	if (!all_tests && find_judge_error(reports, index) != TEST_NONE)
		return false;
	(void)walk_all(&walk);
	return !walk.is_barred && (all_tests || walk.is_counted);
}

/* ---- the judgement -------------------------------------------------------------------------- */

/* Where one part is not known, neither is the sum. */
static void add_usage(uint64_t *sum, uint64_t part)
{
	if (part == BAILIFF_UNKNOWN || *sum == BAILIFF_UNKNOWN)
		*sum = BAILIFF_UNKNOWN;
	else
		*sum += part;
}

static void sum_usage(struct judgement *judgement)
{
	struct usage sum = { 0 };
	for (size_t i = 0; i < judgement->test_count; i++) {
		const struct test_report *report = &judgement->tests[i];
		if (!report->has_run)
			continue;
		add_usage(&sum.cpu_ns, report->usage.cpu_ns);
		add_usage(&sum.user_ns, report->usage.user_ns);
		add_usage(&sum.system_ns, report->usage.system_ns);
		add_usage(&sum.wall_ns, report->usage.wall_ns);
		add_usage(&sum.oom_kills, report->usage.oom_kills);
		/* Unknown is the greatest number there is. */
		if (report->usage.memory_peak_bytes > sum.memory_peak_bytes)
			sum.memory_peak_bytes = report->usage.memory_peak_bytes;
	}
	judgement->usage = sum;
}

/* "wrong answer on secret/02-big, score 40" */
static void explain(struct judgement *judgement, size_t decider, const char *why)
{
	char place[NAME_BYTES_MAX + 8] = "";
	char score[64] = "";
	if (decider != TEST_NONE) {
		const char *name = judgement->tests[decider].test->name;
		(void)snprintf(place, sizeof place, " on %.*s", shown_length(name), name);
	}
	if (judgement->has_score)
		(void)snprintf(score, sizeof score, ", score %.10g", judgement->score);
	int length = snprintf(judgement->message, sizeof judgement->message, "%s%s%s%s%s",
			      judge_verdict_phrase(judgement->verdict), place, score,
			      why[0] != '\0' ? ": " : "", why);
	/* A cut must not leave half a character. */
	if (length >= (int)sizeof judgement->message)
		judgement->message[utf8_prefix(judgement->message,
					       strlen(judgement->message))] = '\0';
}

static void conclude_judge_error(struct judgement *judgement, const struct walk *walk, size_t test)
{
	judgement->verdict = JUDGE_IE;
	judgement->has_score = false;
	judgement->score = 0;
	if (test != TEST_NONE) {
		judgement->error = judgement->tests[test].error;
		explain(judgement, test, judgement->tests[test].message);
		return;
	}
	const char *why = walk->has_violation	    ? walk->violation :
			  judgement->test_count == 0 ? "the problem has no tests" :
						       "not every test was run";
	(void)fail_spec(&judgement->error, "%s", why);
	explain(judgement, TEST_NONE, why);
}

int grading_conclude(struct judgement *judgement, run_grader grader, void *context,
		     struct bailiff_error *err)
{
	struct walk walk = {
		.problem = judgement->problem,
		.reports = judgement->tests,
		.target = TEST_NONE,
		.judgement = judgement,
		.grader = grader,
		.context = context,
		.err = err,
	};
	for (size_t i = 0; i < judgement->group_count; i++)
		judgement->groups[i] = (struct group_report){
			.group = &judgement->problem->groups[i], .verdict = JUDGE_SKIPPED,
		};
	struct standing standing = walk_all(&walk);
	if (walk.status < 0)
		return walk.status;
	judgement->passed = 0;
	for (size_t i = 0; i < judgement->test_count; i++)
		judgement->passed += judgement->tests[i].verdict == JUDGE_AC;
	sum_usage(judgement);
	size_t judge_error = find_judge_error(judgement->tests, judgement->test_count);
	if (judge_error != TEST_NONE || walk.has_violation || judgement->test_count == 0 ||
	    standing.verdict == JUDGE_SKIPPED) {
		conclude_judge_error(judgement, &walk, judge_error);
		return 0;
	}
	judgement->verdict = standing.verdict;
	judgement->has_score = judgement->problem->is_scoring && standing.verdict != JUDGE_IE;
	judgement->score = judgement->has_score ? standing.score : 0;
	explain(judgement, is_rejection(standing.verdict) ? standing.decider : TEST_NONE, "");
	return 0;
}
