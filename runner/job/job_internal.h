/* SPDX-License-Identifier: MIT */
/*
 * What making a job and opening one have in common: the one reader, so that what a client submits
 * is what a slot takes.
 */
#ifndef BAILIFF_JOB_JOB_INTERNAL_H
#define BAILIFF_JOB_JOB_INTERNAL_H

#include "codec/spec_read.h"
#include "job/job.h"

/*
 * Reads a job's text within a scope, loads its problem where that is on this machine (job->problem
 * stays NULL where it is not), and finds out what it needs and how much memory it takes. A language
 * that the spec names need not be known here: then another worker has it, or nobody.
 */
int job_read(struct job *job, enum queue_kind kind, const char *text, size_t size,
	     const struct spec_scope *scope, const struct language_set *languages,
	     struct bailiff_error *err);

/* The needs and the memory of a job that was read; `spec_size` is its text's. */
int job_weigh(struct job *job, size_t spec_size, const struct language_set *languages,
	      struct bailiff_error *err);

#endif
