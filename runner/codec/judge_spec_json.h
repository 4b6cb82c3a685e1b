/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_JUDGE_SPEC_JSON_H
#define BAILIFF_CODEC_JUDGE_SPEC_JSON_H

#include "codec/spec_read.h"
#include "judge/problem.h"

/* A judge spec as it was read (bailiff-judge-spec(5)). Zero is valid and empty. */
struct judge_spec {
	struct arena arena;   /* owns the strings and bytes; the problem has an arena of its own */
	const char *language; /* an id; NULL = by the sources' names */
	struct source_set sources; /* the submission's files, in memory */
	const char *problem_path; /* absolute or relative to the current folder; NULL = `problem` */
	bool has_problem_digest;  /* the problem is a tree of a store, and problem_path where that
				   * is;  NULL then: not on this machine */
	struct content_digest problem_digest;
	const char *problem_name; /* of such a tree; NULL = none given */
	struct problem
		problem; /* as it stands in the spec, where it is neither a path nor a tree */
	struct bailiff_limits limits; /* zero = the problem's */
	bool all_tests;
};

/*
 * Reads a judge spec. Relative paths are taken to be below `folder`, NULL = the current folder;
 * files named for sources and checkers are read at once, tests' inputs and answers only looked at.
 * Fails with BAILIFF_FAULT_SPEC and the key's path, or BAILIFF_FAULT_INPUT for a file that cannot
 * be read; the spec must be finished whatever is returned.
 */
int judge_spec_json_read(struct judge_spec *spec, const char *text, size_t length,
			 const char *folder, struct bailiff_error *err);

/* The same within a scope of the caller's, such as a job's (codec/spec_read.h). */
int judge_spec_json_read_scoped(struct judge_spec *spec, const char *text, size_t length,
				const struct spec_scope *scope, struct bailiff_error *err);
void judge_spec_finish(struct judge_spec *spec);

#endif
