/* SPDX-License-Identifier: MIT */
/*
 * What a judgement tells while it is being made. Events come one at a time, whatever number of
 * tests is running side by side.
 */
#ifndef BAILIFF_JUDGE_EVENT_H
#define BAILIFF_JUDGE_EVENT_H

#include "judge/grading.h"
#include "judge/judgement.h"

enum judge_event_kind {
	JUDGE_EVENT_SUBMISSION, /* a submission is taken up */
	JUDGE_EVENT_COMPILED,	/* judgement->compilation is there, whatever it says */
	JUDGE_EVENT_TEST_BEGIN, /* a test is being run */
	JUDGE_EVENT_TEST,	/* a test has its verdict */
	JUDGE_EVENT_JUDGED,	/* the submission has its judgement */
};

/* Everything is borrowed and valid only while the event is told. */
struct judge_event {
	enum judge_event_kind kind;
	const struct judgement *judgement; /* as far as it has come */
	size_t submission, submission_count; /* which of them, from 0 */
	const struct test_report *test; /* of the events about a test, else NULL */
	size_t tests_done; /* tests of this submission that have their verdict */
};

struct judge_observer {
	void (*tell)(void *context, const struct judge_event *event); /* NULL = nobody listens */
	void *context;
};

/* Whether a submission did what its package expects. */
struct verification {
	bool holds;
	char why[240]; /* what differs; empty where it holds */
};

/* Several submissions to one problem. All borrowed. */
struct judge_summary {
	const struct problem *problem;
	const struct judgement *judgements;
	size_t count;
	const struct expectation *expectations;	  /* parallel to judgements; NULL = not asked for */
	const struct verification *verifications; /* parallel; NULL = not asked for */
	const struct time_limit *time_limit;	  /* NULL = not asked for */
};

#endif
