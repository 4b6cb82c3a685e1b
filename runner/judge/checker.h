/* SPDX-License-Identifier: MIT */
/*
 * Judging one output: by comparison, or by the problem's own validators, each in a cell of its own
 * that holds the test's input and answer and nothing of the submission but its output.
 */
#ifndef BAILIFF_JUDGE_CHECKER_H
#define BAILIFF_JUDGE_CHECKER_H

#include "judge/feedback.h"
#include "judge/ready_program.h"

struct test_series;

/* A problem's checker, ready. Zero is valid. */
struct checker {
	const struct problem *problem; /* borrowed */
	struct ready_program *validators; /* owned */
	size_t count;
	struct bailiff_limits limits; /* of one run of a validator */
	uint64_t helper_bytes;	      /* of the programs that were made */
};

/* Where cells for one judging thread are made. */
struct bench {
	struct bailiff_pool *pool;
	struct test_series *series; /* of the submission, see test_run.h */
	int cancel_fd;
	const char *cpuset; /* NULL = any core */
};

/* What every run on a bench has in common: its core, how it is given up, how much of its standard
 * error is kept. */
void bench_place(const struct bench *bench, struct run_request *request);

/* The exit codes by which an output validator judges. */
enum icpc_exit { ICPC_ACCEPTED = 42, ICPC_REJECTED = 43 };

/* What a checker said. */
struct check {
	enum judge_verdict verdict; /* AC, WA, PE or IE */
	char message[440];
	struct difference difference;
	bool has_score, has_score_multiplier;
	double score, score_multiplier;
	bool has_usage;
	struct usage usage; /* of all validators */
	struct excerpt judge_message, team_message;
	bool has_next_pass; /* the feedback holds nextpass.in */
	struct bailiff_error error; /* verdict IE where the sandbox failed */
};

/* Makes the problem's validators. A package whose validator does not compile is at fault
 * (BAILIFF_FAULT_SPEC). Must be finished whatever is returned. */
int checker_open(struct checker *checker, const struct problem *problem,
		 const struct workshop *workshop, struct bailiff_error *err);
void checker_finish(struct checker *checker);

/* Makes one more helper program of the problem, whose size counts with the validators'. As
 * ready_program_make_helper(); beyond workshop->helper_bytes_max the package is at fault. */
int checker_make_helper(struct checker *checker, struct ready_program *ready,
			const struct workshop *workshop, const struct source_set *sources,
			struct bailiff_error *err);

/* The limits of one run of a problem's validators. */
void checker_limits(const struct problem *problem, struct bailiff_limits *ret_limits);

/* One output to be judged. All borrowed. */
struct check_job {
	const struct checker *checker;
	const struct bench *bench;
	const struct test_case *test;
	const struct blob *input; /* of this pass */
	const struct blob *output;
	/* What an earlier pass left; then what this one leaves. */
	struct feedback *feedback;
};

/*
 * Judges what a submission wrote. *ret_check is the caller's (check_finish). 0 with a verdict, IE
 * included; -errno with *err filled where this machine or the caller is at fault, -ECANCELED
 * included.
 */
int checker_check(const struct check_job *job, struct check *ret_check,
		  struct bailiff_error *err);
void check_finish(struct check *check);

/* ---- the validator of an interactive problem, whose run is somebody else's ------------------ */

/* Completes a request that runs the validator on a test, all but its standard streams; the job's
 * output is not used. */
int checker_interactor_request(const struct check_job *job, struct run_request *request,
			       struct bailiff_error *err);

/* What its run says of the submission: exit code, messages, score. */
void checker_read_interactor(const struct check_job *job, const struct bailiff_result *result,
			     struct check *ret_check);

/* Adds a run's costs to a sum; memory is the greatest of both. */
void usage_add(struct usage *usage, const struct bailiff_result *result);

#endif
