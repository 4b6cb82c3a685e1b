/* SPDX-License-Identifier: MIT */
/*
 * A judgement: what became of one submission, test by test, and why.
 */
#ifndef BAILIFF_JUDGE_JUDGEMENT_H
#define BAILIFF_JUDGE_JUDGEMENT_H

#include "judge/problem.h"

/* In the contract's spelling; JUDGE_PENDING is never printed. */
enum judge_verdict {
	JUDGE_PENDING,
	JUDGE_AC,
	JUDGE_WA,
	JUDGE_PE,
	JUDGE_TLE,
	JUDGE_MLE,
	JUDGE_OLE,
	JUDGE_RE,
	JUDGE_SV,
	JUDGE_IE,
	JUDGE_CE,
	JUDGE_SKIPPED,
};
#define JUDGE_VERDICT_COUNT 12u

#define VERDICT_BIT(verdict) ((verdict_set)1 << (verdict))

/* "AC", "WA", ... Never NULL. */
const char *judge_verdict_name(enum judge_verdict verdict);
/* "accepted", "wrong answer", ... for sentences. Never NULL. */
const char *judge_verdict_phrase(enum judge_verdict verdict);

/* Text that somebody else wrote, bounded, valid UTF-8 without NUL. */
struct excerpt {
	char *text; /* owned; NULL = none */
	bool truncated;
};
#define EXCERPT_BYTES_MAX 4096u

/* What one program used; BAILIFF_UNKNOWN where it was not measured. */
struct usage {
	uint64_t cpu_ns, user_ns, system_ns, wall_ns;
	uint64_t memory_peak_bytes;
	uint64_t oom_kills;
};

struct test_report {
	const struct test_case *test; /* borrowed from the problem */
	enum judge_verdict verdict;
	char message[440];
	bool has_run; /* whether the fields to `noise` are of a run */
	struct usage usage;
	enum bailiff_reason reason;
	bool has_exit_code;
	int exit_code;
	int signal; /* 0 = none */
	bool has_syscall;
	struct bailiff_syscall syscall;
	char hint[400]; /* verdict SV: what the call is for and which policy allows it; else empty */
	uint64_t stdout_bytes;
	struct bailiff_noise noise;
	unsigned runs;	/* how often it was run; more than 1: a result near a limit, measured again */
	unsigned passes; /* multi-pass: passes of the last run */
	struct difference difference; /* of a built-in checker */
	bool has_score; /* the checker gave one (score.txt) ... */
	double score;
	bool has_score_multiplier; /* ... or a part of the maximum, 0 to 1 (score_multiplier.txt) */
	double score_multiplier;
	bool has_checker_usage;
	struct usage checker_usage;    /* of all its validators and passes */
	struct excerpt standard_error; /* of a submission that was not accepted */
	struct excerpt judge_message;  /* for staff: judgemessage.txt, or the checker's standard error */
	struct excerpt team_message;   /* for the contestant: teammessage.txt */
	struct bailiff_error error;    /* verdict IE: what failed */
	bool is_brief; /* the judgement has no room for more of it than its verdict, costs and score */
};

struct group_report {
	const struct test_group *group; /* borrowed from the problem */
	enum judge_verdict verdict;
	bool has_score;
	double score;
};

struct judgement {
	const struct problem *problem; /* borrowed */
	const char *submission;	       /* as the caller named it; borrowed */
	const struct language *language; /* NULL where none could be found */
	enum judge_verdict verdict;
	char message[440];
	bool has_compilation; /* false where it never came to that */
	struct compilation compilation;
	bool is_cached; /* compilation is from the cache */
	struct bailiff_limits limits; /* in force for every test */
	struct test_report *tests; /* owned; one for each of the problem's, in its order */
	size_t test_count;
	struct group_report *groups; /* owned; one for each of the problem's */
	size_t group_count;
	size_t passed;
	bool has_score;
	double score;
	struct usage usage; /* cpu, user, system, wall: sums over the tests; memory: the greatest */
	struct bailiff_error error; /* verdict IE: what failed */
	bool is_truncated;  /* something of the tests was left out, because there was too much of it */
	bool has_cut_names; /* long names of tests and groups, too */
};

/* Whether the problem has groups of tests that are worth showing: other than sample and secret. */
bool judgement_has_groups(const struct judgement *judgement);

/* Frees what it quotes of others' texts. */
void test_report_drop_excerpts(struct test_report *report);

/* Frees what it owns and makes it zero. */
void judgement_finish(struct judgement *judgement);

#endif
