/* SPDX-License-Identifier: MIT */
/*
 * A seccomp policy as plain data, in the vocabulary of the OCI runtime specification. Built-in
 * policies are constant tables of this type, generated from policies/ at build time; policies
 * read at run time are filled in by the program at the edge. Numbers and names only: nothing here
 * depends on libseccomp or JSON.
 */
#ifndef BAILIFF_FILTER_POLICY_H
#define BAILIFF_FILTER_POLICY_H

#include "filter/proof.h"

#include <bailiff/bailiff.h>
#include <linux/filter.h>

enum policy_action {
	POLICY_ALLOW,
	POLICY_LOG,   /* allowed, and logged by the kernel */
	POLICY_ERRNO, /* the call fails with rule->errnum */
	POLICY_DENY,  /* the call is reported by name and ends the run (every KILL and NOTIFY) */
	POLICY_TRAP,  /* SIGSYS to the thread */
};

enum policy_operator {
	POLICY_NE,
	POLICY_LT,
	POLICY_LE,
	POLICY_EQ,
	POLICY_GE,
	POLICY_GT,
	POLICY_MASKED_EQ, /* (argument & value) == value_two */
};

/* Compares argument `index` (0-5) as an unsigned 64-bit number. */
struct policy_condition {
	unsigned index;
	enum policy_operator op;
	uint64_t value;
	uint64_t value_two;
};

/* All conditions must hold (the OCI "same index twice means either" form is split into several
 * rules by whoever fills this in). Where several rules match a call, the most severe action wins,
 * whatever their order: deny, trap, errno (the smallest), log, allow; where none does, the
 * default. */
struct policy_rule {
	const char *const *names; /* NULL-terminated, at least one */
	enum policy_action action;
	int errnum; /* POLICY_ERRNO only; positive */
	const struct policy_condition *conditions;
	size_t condition_count;
	const char *why; /* the reviewed reason; "" where a foreign profile gives none */
};

/* A policy's filter as the build compiled it, for the launch descriptors named. */
struct policy_code {
	int exec_fd;
	int report_fd;
	const struct sock_filter *instructions;
	size_t length;
	struct filter_proof proof;
};

struct bailiff_policy {
	const char *name;
	const char *description;
	enum policy_action default_action;
	int default_errnum;
	const struct policy_rule *rules;
	size_t rule_count;
	const struct policy_code *code; /* NULL where it is compiled when needed */
};

/* The built-in table, NULL-terminated, sorted by name (generated at build time). */
extern const struct bailiff_policy *const builtin_policies[];

#endif
