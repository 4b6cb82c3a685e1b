/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_WORKER_SLOT_H
#define BAILIFF_WORKER_SLOT_H

#include "job/job.h"
#include "judge/judge.h"
#include "worker/slot_channel.h"

struct compile_cache;

/* A slot, as its own process sees it: what it runs jobs with, kept from one job to the next. */
struct slot {
	/* Set by the caller; borrowed. */
	struct bailiff_host *host;
	struct bailiff_pool *pool;
	const struct language_set *languages;
	struct compile_cache *compiled; /* NULL = none */
	struct job_setting setting;
	const char *cpuset;    /* its core; NULL = any */
	int cancel_fd;

	/* The judge of the last job's problem, open for as long as jobs come for the same one. */
	struct judge judge;
	struct job *judge_job; /* owned; the job that it was opened for; NULL = none is open */
	int broken;	       /* -errno of something of a cell that could not be removed: the slot must end */

	/* For progress: who is told, and when last. */
	int channel_fd;
	uint64_t job;
	uint64_t memory_bytes; /* what is reserved for the job */
	uint64_t told_ns;
	uint64_t silence_ns; /* how long it may say nothing */
};

/* How a job ended, and the text that goes with it. Zero is valid. */
struct slot_end {
	struct slot_message message; /* complete but for `type`, `job`, `size` and `needs_size` */
	char *result;		     /* owned; JSON in one line, or NULL */
	char *needs;		     /* owned; of a misfit */
	size_t needs_size;
};
void slot_end_finish(struct slot_end *end);

/* Runs one job to its end, whatever that is. *ret_end is the caller's (slot_end_finish). */
void slot_run_job(struct slot *slot, enum queue_kind kind, const char *spec, size_t size,
		  struct slot_end *ret_end);

/* To be called while contents are fetched: the worker hears that it goes on. `slot` is a struct slot. */
void slot_tell_fetching(void *slot);

/* Closes what is kept between jobs: at the end, and when no job has come for a while, because it holds its
 * place in the cache. */
void slot_rest(struct slot *slot);

#endif
