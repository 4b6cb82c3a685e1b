/* SPDX-License-Identifier: MIT */
/*
 * Programs made ready to run: submissions, validators, graders. Made once, then only read, so that
 * several threads may run one at the same time.
 */
#ifndef BAILIFF_JUDGE_READY_PROGRAM_H
#define BAILIFF_JUDGE_READY_PROGRAM_H

#include "judge/cache.h"
#include "judge/problem.h"
#include "toolchain.h"

struct loaded_policy;

/* What programs are made with. */
struct workshop {
	struct toolchain toolchain;
	const struct language_set *languages;
	struct compile_cache *cache; /* NULL = none */
	/* Bytes of a problem's helper programs, which are kept in memory while it is judged; 0 = no bound. */
	uint64_t helper_bytes_max;
};

/* Zero is valid and empty. */
struct ready_program {
	const char *name; /* borrowed */
	struct program program;
	const struct bailiff_policy *policy; /* of the run step */
	struct loaded_policy *loaded_policy; /* owned; NULL where the policy is built in */
	struct compilation compilation;
	bool is_cached; /* nothing was compiled: it was in the cache */
	bool is_ready;	/* false: the compile step failed, see compilation */
};

/*
 * The language of a program: the one it names, or the one that its files' names say, which must be
 * one. Fails with BAILIFF_FAULT_SPEC.
 */
int source_set_language(const struct source_set *sources, const struct language_set *languages,
			const struct language **ret_language, struct bailiff_error *err);

/* Whether a helper program brings its own `build` or `run`, and so is of no language. */
bool source_set_builds_itself(const struct source_set *sources);

/*
 * Compiles a program. Returns 0 whatever the compiler says (is_ready), and where the files cannot be a
 * program together, which is a compile error without a compile step; fails where this machine, the
 * caller or a definition is at fault, -ECANCELED included. `sources` must live as long as the
 * program, which must be finished whatever is returned.
 */
int ready_program_make(struct ready_program *ready, const struct workshop *workshop,
		       const struct source_set *sources, const struct language *language,
		       struct bailiff_error *err);

/*
 * The same for a helper program of a problem package: one that brings `build` and `run` is built and
 * run by these. A helper that cannot be compiled is the package's fault (BAILIFF_FAULT_SPEC).
 */
int ready_program_make_helper(struct ready_program *ready, const struct workshop *workshop,
			      const struct source_set *sources, struct bailiff_error *err);

/* Bytes that the compiled program takes in memory. */
uint64_t ready_program_bytes(const struct ready_program *ready);

void ready_program_finish(struct ready_program *ready);

/*
 * Completes a request so that it runs the program, see toolchain_run_request(). The policy is the
 * program's own.
 */
int ready_program_request(const struct ready_program *ready, struct run_request *request,
			  struct bailiff_error *err);

#endif
