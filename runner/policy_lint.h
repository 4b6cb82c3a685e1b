/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_POLICY_LINT_H
#define BAILIFF_RUNNER_POLICY_LINT_H

#include "arena.h"
#include "filter/policy.h"

struct loaded_policy;

enum lint_severity {
	LINT_ERROR,   /* the policy cannot mean what it says */
	LINT_WARNING, /* it may be meant, but is dangerous or has no effect */
};

/* One remark. `call` belongs to the policy, the other strings to the report. */
struct lint_finding {
	enum lint_severity severity;
	const char *id;   /* stable: "unknown-call", "shadowed", ... */
	const char *where; /* "syscalls[3]"; "" for the policy as a whole */
	const char *call; /* "" where no single call is meant */
	const char *text;
};

/* Zero is valid and empty. */
struct lint_report {
	struct arena arena;
	struct lint_finding *findings;
	size_t count;
	size_t errors;
};

/*
 * Looks for what is wrong or questionable in a policy that was read from a file. Inherited rules
 * are taken as reviewed: only what the policy lets through as a whole, and its own rules, are
 * remarked on. Fails only where memory ran out; the report must be finished in any case.
 */
int policy_lint(const struct loaded_policy *loaded, struct lint_report *report,
		struct bailiff_error *err);
void lint_report_finish(struct lint_report *report);

const char *lint_severity_name(enum lint_severity severity);

#endif
