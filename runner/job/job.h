/* SPDX-License-Identifier: MIT */
/*
 * A job: a run spec or a judge spec that comes out of a queue.
 *
 * Whoever may put text into a queue is not trusted with the machines that take jobs out of it. So a job
 * names no file of any machine: what it needs stands in it, or is named by digest and comes from a store
 * of contents (store/). The client makes such a spec of one with paths (job_prepare), a worker's slot takes
 * nothing else (job_open); both by the readers that the command line's specs have.
 *
 * What else a job may not say, because it is the worker's: limits.cpuset, more than one CPU, where output
 * goes (stdout.path, collect), a program that would be copied from the host into the cell. Paths below the
 * folders that a worker allows are the exception (`bailiff worker --allow DIR`).
 */
#ifndef BAILIFF_JOB_JOB_H
#define BAILIFF_JOB_JOB_H

#include "codec/judge_spec_json.h"
#include "queue/queue.h"
#include "run_request.h"

struct content_store;
struct content_cache;

/* What a problem's own programs take in memory, compiled; more is an error (judge/checker.h). */
#define JOB_HELPER_BYTES_MAX (UINT64_C(64) << 20)

/* A spec as it goes into a queue. Zero is valid and empty. */
struct job_draft {
	enum queue_kind kind;
	char *spec; /* owned; JSON without paths */
	size_t spec_size;
	uint8_t digest[QUEUE_DIGEST_BYTES]; /* over kind and spec: alike if the job is */
	const char **needs;		    /* languages, sorted, NULL-terminated; in the arena */
	uint64_t memory_bytes;
	struct arena arena;
};

struct job_rules {
	const struct language_set *languages;
	struct content_store *store; /* where what is large goes; NULL = everything inline */
	size_t inline_bytes_max;     /* files above that go into the store; 0 = 16 KiB */
};

/*
 * Makes a job of a spec: which kind it is (`argv` or `problem` tells), files read with the caller's rights and
 * put inline or into the store, a problem's folder into the store as a tree. Relative paths are below
 * `folder`, NULL = the current one. Fails like the spec's reader, naming the key; with BAILIFF_FAULT_SPEC
 * where the result would be longer than QUEUE_SPEC_BYTES_MAX and there is no store. The draft must be
 * finished whatever is returned.
 */
int job_prepare(struct job_draft *draft, const char *text, size_t size, const char *folder,
		const struct job_rules *rules, struct bailiff_error *err);
void job_draft_finish(struct job_draft *draft);

/* A job as a slot runs it. Zero is valid and empty. */
struct job {
	enum queue_kind kind;
	struct run_request run;	 /* QUEUE_KIND_RUN: complete but for the policy and what the slot sets */
	struct judge_spec judge; /* QUEUE_KIND_JUDGE, with sources->language resolved */
	struct problem loaded_problem;
	const struct problem *problem; /* the one of the two */
	const char *problem_digest;    /* "sha256:..." of its tree; NULL = it stands in the spec */
	const char **needs;	       /* as in the draft */
	uint64_t memory_bytes;	       /* what it takes while it runs, the slot's own memory included */
	struct content_hold *hold;     /* keeps what it uses in the cache */
	struct arena arena;
};

struct job_setting {
	const struct language_set *languages;
	struct content_cache *cache; /* NULL = no digests */
	const char *const *allowed;  /* folders below which a job may name paths; NULL-terminated or NULL */
};

/* Reads a job and brings what it names into the cache. BAILIFF_FAULT_SPEC: nobody could run this;
 * BAILIFF_FAULT_INPUT: a digest that the store does not have, or has not yet; any other fault is ours. The
 * job must be finished whatever is returned. */
int job_open(struct job *job, enum queue_kind kind, const char *text, size_t size,
	     const struct job_setting *setting, struct bailiff_error *err);
void job_finish(struct job *job);

/*
 * The longest that a slot which runs this job can have nothing to tell of it, by the job's own limits: from
 * its start, or from one test's begin, to the next test's begin or the end. What the machine itself takes
 * (a cell's set-up, comparing outputs) is in it by a rough amount for each run, and the rest is for the caller
 * to allow for.
 */
uint64_t job_silence_ns(const struct job *job, const struct language_set *languages);

#endif
