/* SPDX-License-Identifier: MIT */
/*
 * A call is noted by its name and by those arguments on which its danger depends; all others may
 * have any value, because they differ from run to run and from input to input. So a learnt policy
 * has exactly the flags of clone, the requests of ioctl and the protections of mmap that were seen,
 * but says nothing about lengths and addresses.
 */
#include "learner.h"

#include "base/error.h"
#include "base/mem.h"
#include "filter/evaluate.h"
#include "filter/syscall_info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOW_32 UINT64_C(0xffffffff)
/* Bits of mmap's and mprotect's protection, and the one flag of mmap that reaches beyond the memory
 * limit. */
#define PROTECTION_BITS UINT64_C(7)
#define MAP_HUGETLB_BIT UINT64_C(0x40000)
#define MFD_HUGETLB_BIT UINT64_C(4)
/* A pointer can only be compared with zero. */
#define IS_NULL UINT64_C(0)

/* Of the comparison's lists. */
#define LINE_WIDTH 76u

/* An argument that decides what a call may do. */
struct watched {
	const char *call;
	unsigned index;
	uint64_t mask; /* IS_NULL: whether it is a null pointer */
};

static const struct watched watched_arguments[] = {
	{ "arch_prctl", 0, LOW_32 },	    { "bpf", 0, LOW_32 },
	{ "clone", 0, LOW_32 },		    { "fcntl", 1, LOW_32 },
	{ "ioctl", 1, LOW_32 },		    { "keyctl", 0, LOW_32 },
	{ "memfd_create", 1, MFD_HUGETLB_BIT },
	{ "mmap", 2, PROTECTION_BITS },	    { "mmap", 3, MAP_HUGETLB_BIT },
	{ "mprotect", 2, PROTECTION_BITS }, { "personality", 0, LOW_32 },
	{ "pkey_mprotect", 2, PROTECTION_BITS },
	{ "prctl", 0, LOW_32 },		    { "prlimit64", 0, LOW_32 },
	{ "prlimit64", 1, LOW_32 },	    { "prlimit64", 2, IS_NULL },
	{ "ptrace", 0, LOW_32 },	    { "sched_setscheduler", 1, LOW_32 },
	{ "seccomp", 0, LOW_32 },	    { "setrlimit", 0, LOW_32 },
	{ "socket", 0, LOW_32 },	    { "socketpair", 0, LOW_32 },
	{ "unshare", 0, LOW_32 },
};

/* The watched arguments of a call stand together; *ret_count may be 0. */
static const struct watched *watched_of(const char *name, size_t *ret_count)
{
	const struct watched *first = NULL;
	*ret_count = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(watched_arguments); i++) {
		if (strcmp(watched_arguments[i].call, name) != 0)
			continue;
		if (first == NULL)
			first = &watched_arguments[i];
		(*ret_count)++;
	}
	return first;
}

static uint64_t value_of(const struct watched *watched, const uint64_t args[6])
{
	uint64_t argument = args[watched->index];
	return watched->mask == IS_NULL ? argument != 0 : argument & watched->mask;
}

/* ---- observing --------------------------------------------------------------------------- */

static int answer(const struct learner *learner, const struct bailiff_syscall *call)
{
	if (strcmp(call->name, "clone3") == 0)
		return ENOSYS;
	if (learner->base == NULL)
		return 0;
	struct policy_ruling ruling = policy_evaluate(learner->base, call->name, call->args);
	return ruling.action == POLICY_ERRNO ? ruling.errnum : 0;
}

static bool same_observation(const struct observation *a, const struct observation *b)
{
	return a->errnum == b->errnum && memcmp(a->values, b->values, sizeof a->values) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

static void note(struct learner *learner, struct observation *observation)
{
	for (size_t i = 0; i < learner->count; i++)
		if (same_observation(&learner->observations[i], observation))
			return;
	struct observation *observations = arena_grow(
		&learner->arena, learner->observations, learner->count, sizeof *observations);
	observation->name =
		arena_copy(&learner->arena, observation->name, strlen(observation->name));
	if (observations == NULL || observation->name == NULL) {
		learner->failed = true;
		return;
	}
	learner->observations = observations;
	observations[learner->count++] = *observation;
}

int learner_observe(void *context, const struct bailiff_syscall *call)
{
	struct learner *learner = context;
	if (strcmp(call->name, "unknown") == 0) {
		learner->nameless++;
		return 0;
	}
	struct observation observation = { .name = call->name, .errnum = answer(learner, call) };
	memcpy(observation.args, call->args, sizeof observation.args);
	size_t count;
	const struct watched *watched = watched_of(call->name, &count);
	for (size_t i = 0; i < count && i < LEARNER_VALUES_MAX; i++)
		observation.values[i] = value_of(&watched[i], call->args);
	note(learner, &observation);
	return observation.errnum;
}

/* ---- the policy -------------------------------------------------------------------------- */

static int compare_observations(const void *a, const void *b)
{
	const struct observation *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);
	if (by_name != 0)
		return by_name;
	for (size_t i = 0; i < LEARNER_VALUES_MAX; i++)
		if (x->values[i] != y->values[i])
			return x->values[i] < y->values[i] ? -1 : 1;
	return (x->errnum > y->errnum) - (x->errnum < y->errnum);
}

static struct policy_condition condition_of(const struct watched *watched, uint64_t value)
{
	if (watched->mask == IS_NULL)
		return (struct policy_condition){ watched->index,
						  value != 0 ? POLICY_NE : POLICY_EQ, 0, 0 };
	return (struct policy_condition){ watched->index, POLICY_MASKED_EQ, watched->mask, value };
}

/* The rule's reason: what the call is for, and what it was seen with. */
static const char *reason_of(struct learner *learner, const struct observation *observation)
{
	const struct syscall_info *info = syscall_info_find(observation->name);
	const char *purpose = info != NULL ? info->purpose : "";
	char arguments[128];
	syscall_arguments_text(observation->name, observation->args, arguments, sizeof arguments);
	const char *colon = arguments[0] != '\0' ? ": " : "";
	if (observation->errnum == 0)
		return arena_format(&learner->arena, "%s%s%s", arguments, colon, purpose);
	return arena_format(&learner->arena, "%s%s%s; refused with %s, and the program went on",
			    arguments, colon, purpose, errno_name(observation->errnum));
}

static bool make_rule(struct learner *learner, const struct observation *observation,
		      struct policy_rule *ret_rule)
{
	size_t count;
	const struct watched *watched = watched_of(observation->name, &count);
	const char **names = arena_alloc(&learner->arena, 2 * sizeof *names);
	struct policy_condition *conditions =
		arena_alloc(&learner->arena, (count + 1) * sizeof *conditions);
	const char *reason = reason_of(learner, observation);
	if (names == NULL || conditions == NULL || reason == NULL)
		return false;
	names[0] = observation->name;
	for (size_t i = 0; i < count; i++)
		conditions[i] = condition_of(&watched[i], observation->values[i]);
	*ret_rule = (struct policy_rule){
		.names = names,
		.action = observation->errnum == 0 ? POLICY_ALLOW : POLICY_ERRNO,
		.errnum = observation->errnum,
		.conditions = conditions,
		.condition_count = count,
		.why = reason,
	};
	return true;
}

int learner_policy(struct learner *learner, const char *name, const char *description,
		   struct bailiff_policy *ret_policy, struct bailiff_error *err)
{
	struct observation end = { .name = "exit_group" };
	note(learner, &end);
	struct policy_rule *rules =
		arena_alloc(&learner->arena, learner->count * sizeof *rules);
	if (learner->failed || rules == NULL)
		return fail_memory(err);
	qsort(learner->observations, learner->count, sizeof *learner->observations,
	      compare_observations);
	for (size_t i = 0; i < learner->count; i++)
		if (!make_rule(learner, &learner->observations[i], &rules[i]))
			return fail_memory(err);
	*ret_policy = (struct bailiff_policy){
		.name = name,
		.description = description,
		.default_action = POLICY_DENY,
		.rules = rules,
		.rule_count = learner->count,
	};
	return 0;
}

/* ---- the comparison ---------------------------------------------------------------------- */

static void print_missing(const struct learner *learner, FILE *out)
{
	size_t count = 0;
	for (size_t i = 0; i < learner->count; i++) {
		const struct observation *seen = &learner->observations[i];
		struct policy_ruling ruling =
			policy_evaluate(learner->base, seen->name, seen->args);
		const struct syscall_info *info = syscall_info_find(seen->name);
		if (seen->errnum != 0 || ruling.action == POLICY_ALLOW ||
		    ruling.action == POLICY_LOG)
			continue;
		char arguments[128];
		syscall_arguments_text(seen->name, seen->args, arguments, sizeof arguments);
		(void)fprintf(out, "+ %s: %s%s%s\n", seen->name, arguments,
			      arguments[0] != '\0' ? ": " : "", info != NULL ? info->purpose : "");
		count++;
	}
	if (count == 0)
		(void)fprintf(out, "  nothing that '%s' denies was seen\n", learner->base->name);
}

static bool was_used(const struct learner *learner, const struct policy_rule *rule,
		     const char *name)
{
	for (size_t i = 0; i < learner->count; i++) {
		const struct observation *seen = &learner->observations[i];
		if (strcmp(seen->name, name) == 0 &&
		    policy_evaluate(learner->base, name, seen->args).rule == rule)
			return true;
	}
	return false;
}

/* The calls of a rule that were not seen, in lines of names; one line each where the rule has
 * conditions. */
static void print_unused_rule(const struct learner *learner, const struct policy_rule *rule,
			      FILE *out)
{
	size_t column = 0;
	for (const char *const *name = rule->names; *name != NULL; name++) {
		if (was_used(learner, rule, *name))
			continue;
		if (column == 0 || column + strlen(*name) > LINE_WIDTH) {
			(void)fprintf(out, "%s- %s", column > 0 ? "\n" : "", *name);
			column = 0;
		} else {
			(void)fprintf(out, " %s", *name);
		}
		column += strlen(*name) + 2;
		for (size_t c = 0; c < rule->condition_count; c++) {
			char text[160];
			syscall_condition_text(*name, &rule->conditions[c], text, sizeof text);
			(void)fprintf(out, "%s%s", c == 0 ? " where " : " and ", text);
			column = LINE_WIDTH;
		}
	}
	if (column > 0)
		(void)fprintf(out, "\n");
}

static void print_unused(const struct learner *learner, FILE *out)
{
	for (size_t i = 0; i < learner->base->rule_count; i++) {
		const struct policy_rule *rule = &learner->base->rules[i];
		if (rule->action == POLICY_ALLOW || rule->action == POLICY_LOG)
			print_unused_rule(learner, rule, out);
	}
}

void learner_compare(const struct learner *learner, FILE *out)
{
	if (learner->base == NULL)
		return;
	(void)fprintf(out, "compared with '%s': + was seen and is denied there, - is allowed there "
			   "and was not seen\n", learner->base->name);
	print_missing(learner, out);
	print_unused(learner, out);
}

void learner_finish(struct learner *learner)
{
	arena_finish(&learner->arena);
	*learner = (struct learner){ 0 };
}
