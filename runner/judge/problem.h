/* SPDX-License-Identifier: MIT */
/*
 * A problem as the judge sees it, whatever it was read from: a problem package (ICPC/Kattis,
 * legacy or 2025-09), a plain folder of N.in and N.ans, or a judge spec that holds its tests
 * itself. Built once by a loader, then never changed: several threads may read it.
 */
#ifndef BAILIFF_JUDGE_PROBLEM_H
#define BAILIFF_JUDGE_PROBLEM_H

#include <bailiff/bailiff.h>

#include "arena.h"
#include "judge/compare.h"
#include "toolchain.h"

/* Bounds of a problem; far above any. */
#define PROBLEM_TESTS_MAX 10000u
#define PROBLEM_GROUPS_MAX 1000u
#define PROBLEM_PROGRAM_BYTES_MAX ((size_t)16 << 20)

/* Bytes that stand in a file or in memory. */
struct blob {
	const char *path; /* absolute; NULL = data */
	const void *data;
	size_t size; /* of data; for a path, what it was when the problem was loaded */
};

/* The files of one program, all in memory. `name` is as people know it ("accepted/sum.cpp"). */
struct source_set {
	const char *name;
	const char *language; /* an id; NULL = what the files' names say */
	struct source_file *files;
	size_t count;
};

/* A file that goes into the cell beside the program: `.files` of a case, included sources. */
struct extra_file {
	const char *to; /* relative to the working folder */
	struct blob content;
};

/* How an output is judged. */
enum checker_kind {
	CHECKER_BUILTIN, /* compare(), with the case's own options */
	CHECKER_ICPC,	 /* output validators: 42 accepts, 43 rejects, anything else is a judge error */
	CHECKER_TESTLIB, /* 0 accepts, 1 and 2 reject, 3 is a judge error */
};

struct test_case {
	const char *name; /* "secret/02-big" */
	struct blob input, answer;
	const char *const *args; /* the program's arguments, NULL-terminated; NULL = none */
	/* What the checker is given: flags of a validator, or the built-in comparison. */
	const char *const *validator_args; /* NULL-terminated; NULL = none */
	struct compare_options compare;
	const struct extra_file *files;
	size_t file_count;
	size_t group; /* index in problem.groups */
	bool is_sample;
};

/* How scores of a group's members become the group's. */
enum score_mode { SCORE_SUM, SCORE_AVERAGE, SCORE_MIN, SCORE_MAX };

/* How verdicts of a group's members become the group's (the default grader of the legacy format). */
enum verdict_mode { VERDICT_WORST_ERROR, VERDICT_FIRST_ERROR, VERDICT_ALWAYS_ACCEPT };

#define GROUP_NONE SIZE_MAX

/* Groups form a tree; groups[0] is the root and a parent stands before its children. */
struct test_group {
	const char *name; /* "secret/group1"; "" = the root */
	size_t parent;	  /* GROUP_NONE for the root */
	bool on_reject_continue;
	bool is_sample; /* the sample group itself */

	/* legacy */
	bool custom_grader;
	const char *const *grader_flags; /* for a custom grader; NULL-terminated or NULL */
	enum verdict_mode verdict_mode;
	enum score_mode score_mode;
	bool ignore_sample, accept_if_any_accepted;
	double accept_score, reject_score;
	double range_min, range_max; /* infinite where unbounded */

	/* 2025-09 */
	bool is_pass_fail; /* score_aggregation pass-fail: all or nothing */
	bool is_bounded;   /* whether max_score is a number */
	double max_score;
	const size_t *required_groups; /* must be accepted before; ends with GROUP_NONE; or NULL */
};

enum problem_format {
	PROBLEM_FORMAT_FOLDER,	/* N.in and N.ans, or tests inside a judge spec */
	PROBLEM_FORMAT_LEGACY,
	PROBLEM_FORMAT_2025_09,
};

/* How a time limit follows from the accepted submissions' times. */
struct time_rule {
	double accepted_factor; /* limit >= slowest accepted x this */
	double rejected_factor; /* what must be too slow needs at least limit x this */
	uint64_t resolution_ns; /* the limit is a multiple of it */
};

struct problem {
	struct arena arena; /* owns everything below */
	enum problem_format format;
	const char *folder; /* absolute; NULL = the problem stands in a judge spec */
	const char *name;   /* the folder's name, or "problem" */
	const char *title;  /* NULL = it has none, see problem_shown_name() */
	bool is_interactive, is_multi_pass, is_scoring, is_submit_answer;
	bool maximize; /* scoring: a greater score is better */

	/* Zero = the problem says nothing about it. */
	struct bailiff_limits limits;		 /* of the submission; cpu_ns is per case */
	struct bailiff_limits compile_limits;	 /* cpu and memory only */
	struct bailiff_limits validation_limits; /* cpu, memory and output only */
	uint64_t code_bytes_max;
	unsigned pass_limit; /* multi-pass: passes at most */
	struct time_rule time_rule;

	enum checker_kind checker;
	const struct source_set *validators; /* CHECKER_ICPC: all must accept; CHECKER_TESTLIB: one */
	size_t validator_count;
	const struct source_set *grader; /* legacy custom grading; NULL = none */

	/* Files added to submissions, by language id ("default" = every language without its own). */
	struct problem_include {
		const char *language;
		const struct extra_file *files;
		size_t count;
	} *includes;
	size_t include_count;

	struct test_case *tests; /* in the order in which they are run */
	size_t test_count;
	struct test_group *groups;
	size_t group_count; /* at least 1 */

	const char **warnings; /* what was found odd while loading, such as unknown keys */
	size_t warning_count;
};

/*
 * Reads what `path` names: a problem package (a folder with problem.yaml) or a plain folder of
 * tests. Everything but the tests' inputs and answers is read into memory; those are opened again by
 * path when needed. Fails with BAILIFF_FAULT_INPUT where something cannot be read and
 * BAILIFF_FAULT_SPEC, naming file and key, where it is wrong. *problem must be zero before and be
 * finished (problem_finish) whatever is returned.
 */
int problem_load(struct problem *problem, const char *path, struct bailiff_error *err);
void problem_finish(struct problem *problem);

/* What a problem is called where it is shown: its title, or its name. */
const char *problem_shown_name(const struct problem *problem);

/*
 * Reads the files of one program: a single file, or every regular file of a folder, down to some
 * depth, without following links that lead out of it. What belongs to the set lives in `arena`.
 */
int source_set_load(struct arena *arena, const char *path, const char *name,
		    struct source_set *ret_set, struct bailiff_error *err);

/* ---- a package's own submissions and what is expected of them (judge/expectation.c) --------- */

/* One bit per judge verdict, see judgement.h. */
typedef uint32_t verdict_set;

/* What a package says of one of its submissions. */
struct expectation {
	const char *submission; /* "accepted/sum.cpp" */
	const char *path;	/* absolute */
	const char *language;	/* an id; NULL = by the files' names */
	/* Judged over the verdicts of all test cases; for CE over the judgement's. An empty set of
	 * required ones requires nothing. */
	verdict_set permitted, required;
	bool has_score;
	double score_min, score_max;
	const char *message; /* must be part of some judge message; NULL = none */
	bool is_for_lower_bound; /* its time counts for the time limit's lower bound */
	bool is_for_upper_bound; /* it has to be too slow */
};

struct expectation_list {
	struct arena arena;
	struct expectation *items; /* sorted by submission */
	size_t count;
	const char **warnings; /* as in struct problem */
	size_t warning_count;
};

/* Finds the submissions of a package, and what is expected of each by its folder, by
 * submissions.yaml (2025-09) or by "@EXPECTED_RESULTS@:" in a source (which wins). Errors as
 * problem_load(). A problem without submissions gives an empty list. */
int expectations_load(struct expectation_list *list, const struct problem *problem,
		      struct bailiff_error *err);
void expectations_finish(struct expectation_list *list);

#endif
