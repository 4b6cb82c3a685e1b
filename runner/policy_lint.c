/* SPDX-License-Identifier: MIT */
/*
 * The rules of good policies, one function each. A finding is an error where the file contradicts
 * itself or cannot be compiled, and a warning where it may be meant but is risky or without effect.
 */
#include "policy_lint.h"

#include "base/mem.h"
#include "codec/policy_json.h"
#include "filter/compile.h"
#include "filter/evaluate.h"
#include "filter/syscall_info.h"
#include "nearest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOW_32 UINT64_C(0xffffffff)
#define NAMES_MAX 512u

/* Descriptors for a trial compilation; any that no policy names. */
static const struct filter_launch trial_launch = { .exec_fd = 4090, .report_fd = 4091 };

struct lint {
	const struct loaded_policy *loaded;
	const struct bailiff_policy *policy;
	size_t inherited;
	struct lint_report *report;
	bool failed; /* memory ran out */
};

/* What a finding is about. */
struct subject {
	enum lint_severity severity;
	const char *id;
	size_t rule; /* index; RULE_NONE for the policy as a whole */
	const char *call;
};
#define RULE_NONE SIZE_MAX

#define FINDINGS_MAX 1000

static void find(struct lint *lint, struct subject subject, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void find(struct lint *lint, struct subject subject, const char *format, ...)
{
	struct lint_report *report = lint->report;
	char text[400];
	/* A policy with this many has one fault many times; a report must not grow with its square. */
	if (report->count >= FINDINGS_MAX)
		return;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	struct lint_finding *findings =
		arena_grow(&report->arena, report->findings, report->count, sizeof *findings);
	const char *copy = arena_copy(&report->arena, text, strlen(text));
	const char *where = "";
	if (subject.rule != RULE_NONE && subject.rule >= lint->inherited)
		where = arena_format(&report->arena, "syscalls[%zu]",
				     loaded_policy_place(lint->loaded, subject.rule));
	if (findings == NULL || copy == NULL || where == NULL) {
		lint->failed = true;
		return;
	}
	report->findings = findings;
	findings[report->count++] = (struct lint_finding){ subject.severity, subject.id, where,
							   subject.call, copy };
	report->errors += subject.severity == LINT_ERROR;
}

static bool lets_through(enum policy_action action)
{
	return action == POLICY_ALLOW || action == POLICY_LOG;
}

/* ---- names ------------------------------------------------------------------------------- */

static void check_name(struct lint *lint, size_t rule, const char *name)
{
	struct subject subject = { LINT_WARNING, "unknown-call", rule, name };
	if (syscall_info_find(name) != NULL || syscall_is_known(name) == SYSCALL_NATIVE)
		return;
	if (syscall_is_known(name) == SYSCALL_FOREIGN)
		return; /* profiles for several architectures name such calls on purpose */
	const char *names[NAMES_MAX + 1] = { NULL };
	for (size_t i = 0; i < syscall_table_size && i < NAMES_MAX; i++)
		names[i] = syscall_table[i].name;
	const char *nearest = nearest_name(name, names);
	find(lint, subject, "no such call is known; the rule is skipped for it%s%s%s",
	     nearest != NULL ? ". Did you mean '" : "", nearest != NULL ? nearest : "",
	     nearest != NULL ? "'?" : "");
}

static void check_names(struct lint *lint)
{
	for (size_t i = lint->inherited; i < lint->policy->rule_count; i++)
		for (const char *const *name = lint->policy->rules[i].names; *name != NULL; name++)
			check_name(lint, i, *name);
}

/* ---- reasons ----------------------------------------------------------------------------- */

static void check_reasons(struct lint *lint)
{
	size_t missing = 0, first = RULE_NONE;
	for (size_t i = lint->inherited; i < lint->policy->rule_count; i++) {
		if (lint->policy->rules[i].why[0] != '\0')
			continue;
		missing++;
		if (first == RULE_NONE)
			first = i;
	}
	if (missing == 0)
		return;
	find(lint, (struct subject){ LINT_WARNING, "no-reason", first, "" },
	     "%zu of %zu rules have no 'comment': the next reader cannot tell whether they are "
	     "still needed", missing, lint->policy->rule_count - lint->inherited);
}

/* ---- rules against each other ------------------------------------------------------------ */

/* True if whatever fulfils `a` fulfils `b`. May miss some, never claims too many. */
static bool condition_implies(const struct policy_condition *a, const struct policy_condition *b)
{
	if (a->index != b->index)
		return false;
	if (a->op == POLICY_EQ)
		return policy_condition_holds(b, a->value);
	if (a->op == POLICY_MASKED_EQ && b->op == POLICY_MASKED_EQ)
		return (b->value & ~a->value) == 0 && (a->value_two & b->value) == b->value_two;
	return a->op == b->op && a->value == b->value && a->value_two == b->value_two;
}

/* True if every call that `a` matches is matched by `b`, too. */
static bool rule_implies(const struct policy_rule *a, const struct policy_rule *b)
{
	for (size_t i = 0; i < b->condition_count; i++) {
		bool implied = false;
		for (size_t j = 0; j < a->condition_count; j++)
			implied |= condition_implies(&a->conditions[j], &b->conditions[i]);
		if (!implied)
			return false;
	}
	return true;
}

static bool same_outcome(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->action == b->action && (a->action != POLICY_ERRNO || a->errnum == b->errnum);
}

/* Says what rule `first` and the later one `second` do to each other for one call. */
static void compare_rules(struct lint *lint, size_t first, size_t second, const char *name)
{
	const struct policy_rule *a = &lint->policy->rules[first];
	const struct policy_rule *b = &lint->policy->rules[second];
	bool ab = rule_implies(a, b), ba = rule_implies(b, a);
	if (!ab && !ba)
		return;
	size_t a_place = loaded_policy_place(lint->loaded, first);
	size_t b_place = loaded_policy_place(lint->loaded, second);
	if (same_outcome(a, b)) {
		find(lint, (struct subject){ LINT_WARNING, "repeated", ba ? second : first, name },
		     "repeats syscalls[%zu], which matches the same calls and does the same",
		     ba ? a_place : b_place);
		return;
	}
	bool a_wins = policy_more_severe(a->action, a->errnum, b->action, b->errnum);
	if (ab && ba) {
		find(lint, (struct subject){ LINT_ERROR, "contradiction", second, name },
		     "says another thing about the same calls than syscalls[%zu]; "
		     "syscalls[%zu] wins, being more severe", a_place, a_wins ? a_place : b_place);
	} else if (a_wins ? ba : ab) {
		find(lint, (struct subject){ LINT_WARNING, "shadowed", a_wins ? second : first,
					     name },
		     "has no effect: syscalls[%zu] matches the same calls and is more severe",
		     a_wins ? a_place : b_place);
	}
}

static void check_pairs(struct lint *lint)
{
	const struct bailiff_policy *policy = lint->policy;
	for (size_t a = lint->inherited; a < policy->rule_count; a++)
		for (const char *const *name = policy->rules[a].names; *name != NULL; name++)
			for (size_t b = a + 1; b < policy->rule_count; b++)
				if (policy_rule_names(&policy->rules[b], *name))
					compare_rules(lint, a, b, *name);
}

/* ---- 32 bits and pointers ---------------------------------------------------------------- */

/* A value that the condition holds for. */
static uint64_t witness(const struct policy_condition *condition)
{
	switch (condition->op) {
	case POLICY_NE:
	case POLICY_GT: return condition->value + 1;
	case POLICY_LT: return condition->value - 1;
	case POLICY_LE:
	case POLICY_EQ:
	case POLICY_GE: return condition->value;
	case POLICY_MASKED_EQ: return condition->value_two;
	}
	return 0;
}

/* Whether the policy treats `args` more mildly once bits are set that the kernel does not read. */
static bool upper_half_helps(const struct bailiff_policy *policy, const char *name,
			     const uint64_t args[6], unsigned index)
{
	struct policy_ruling plain = policy_evaluate(policy, name, args);
	uint64_t changed[6];
	memcpy(changed, args, sizeof changed);
	changed[index] |= UINT64_C(1) << 32;
	struct policy_ruling ruling = policy_evaluate(policy, name, changed);
	return policy_more_severe(plain.action, plain.errnum, ruling.action, ruling.errnum);
}

/* Tries the values around the one that the condition compares with, the rule's other conditions
 * being fulfilled. */
static bool is_evaded(const struct bailiff_policy *policy, const struct policy_rule *rule,
		      const char *name, const struct policy_condition *condition)
{
	uint64_t args[6] = { 0 };
	for (size_t i = 0; i < rule->condition_count; i++)
		args[rule->conditions[i].index] = witness(&rule->conditions[i]);
	uint64_t middle = condition->op == POLICY_MASKED_EQ ? condition->value_two :
							      condition->value;
	for (uint64_t offset = 0; offset < 3; offset++) {
		args[condition->index] = (middle + offset - 1) & LOW_32;
		if (upper_half_helps(policy, name, args, condition->index))
			return true;
	}
	return false;
}

static void check_condition(struct lint *lint, size_t rule, const char *name,
			    const struct policy_condition *condition)
{
	const struct syscall_info *info = syscall_info_find(name);
	if (info == NULL)
		return;
	if (condition->index >= strlen(info->arguments)) {
		find(lint, (struct subject){ LINT_WARNING, "no-such-argument", rule, name },
		     "has no argument %u; what is compared is left over in a register",
		     condition->index);
		return;
	}
	char kind = info->arguments[condition->index];
	if (kind == 'i' &&
	    is_evaded(lint->policy, &lint->policy->rules[rule], name, condition))
		find(lint, (struct subject){ LINT_WARNING, "upper-half", rule, name },
		     "the kernel reads argument %u as 32 bits, but all 64 are compared: a bit set "
		     "above them gets a call past the rule. Use SCMP_CMP_MASKED_EQ with the value "
		     "4294967295", condition->index);
	bool compares_with_zero =
		condition->value == 0 && (condition->op == POLICY_EQ || condition->op == POLICY_NE);
	if (kind == 'p' && !compares_with_zero)
		find(lint, (struct subject){ LINT_WARNING, "pointer", rule, name },
		     "argument %u is a pointer: what it points to may change after the check, so "
		     "comparing it with anything but zero says nothing", condition->index);
}

static void check_conditions(struct lint *lint)
{
	for (size_t i = lint->inherited; i < lint->policy->rule_count; i++) {
		const struct policy_rule *rule = &lint->policy->rules[i];
		for (const char *const *name = rule->names; *name != NULL; name++)
			for (size_t c = 0; c < rule->condition_count; c++)
				check_condition(lint, i, *name, &rule->conditions[c]);
	}
}

/* ---- dangers ----------------------------------------------------------------------------- */

/* Adds a name to a list that ends in "..." where it is full. */
static void list_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);
	size_t needed = strlen(name) + strlen(", ...") + 1;
	if (used + needed <= size)
		(void)snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", name);
	else if (used >= 3 && strcmp(list + used - 3, "...") != 0)
		(void)snprintf(list + used, size - used, ", ...");
}

/* Remarks on the first dangerous use of each call that a rule lets through, and on those that the
 * default action does all together. */
static void check_dangers(struct lint *lint)
{
	const char *remarked = "";
	char unnamed[280] = "";
	for (const struct syscall_danger *row = syscall_dangers; row->name != NULL; row++) {
		struct policy_ruling ruling = policy_evaluate(lint->policy, row->name, row->args);
		if (!lets_through(ruling.action) || strcmp(row->name, remarked) == 0)
			continue;
		remarked = row->name;
		if (ruling.rule == NULL) {
			list_name(unnamed, sizeof unnamed, row->name);
			continue;
		}
		size_t rule = (size_t)(ruling.rule - lint->policy->rules);
		find(lint, (struct subject){ LINT_WARNING, "dangerous", rule, row->name },
		     "is let through%s%s%s: %s", row->use[0] != '\0' ? " (" : "", row->use,
		     row->use[0] != '\0' ? ")" : "", row->why);
	}
	if (unnamed[0] != '\0')
		find(lint, (struct subject){ LINT_WARNING, "dangerous", RULE_NONE, "" },
		     "dangerous calls that no rule names are let through: %s", unnamed);
}

static void check_default(struct lint *lint)
{
	if (!lets_through(lint->policy->default_action))
		return;
	find(lint, (struct subject){ LINT_WARNING, "open-default", RULE_NONE, "" },
	     "the default action lets everything through that no rule names, calls of newer "
	     "kernels included");
}

/* ---- what every program needs ------------------------------------------------------------ */

/* Calls without which a program does not get to main() or cannot end; those that may fail with an
 * errno must at least not end the run. */
static const struct {
	const char *name;
	uint64_t args[6];
	const char *who;
	bool may_fail;
} needed[] = {
	{ "write", { 1 }, "every program", false },
	{ "arch_prctl", { 0x1002 }, "every program with a C library", false },
	{ "brk", { 0 }, "every program with a C library", false },
	{ "mprotect", { 0x1000, 0x1000, 1 }, "every program with a C library", false },
	{ "set_tid_address", { 0x1000 }, "every program with a C library", true },
	{ "set_robust_list", { 0x1000, 24 }, "every program with a C library", true },
	{ "rseq", { 0x1000, 32 }, "every program with a C library", true },
	{ "prlimit64", { 0, 3, 0, 0x1000 }, "every program with a C library", true },
	{ "openat", { 0xffffff9c, 0x1000, 0x80000 }, "every dynamically linked program", false },
	{ "mmap", { 0, 0x1000, 5, 2, 3, 0 }, "every dynamically linked program", false },
	{ "close", { 3 }, "every dynamically linked program", false },
};

static void check_needed(struct lint *lint)
{
	for (size_t i = 0; i < ARRAY_LENGTH(needed); i++) {
		struct policy_ruling ruling =
			policy_evaluate(lint->policy, needed[i].name, needed[i].args);
		bool fails = ruling.action == POLICY_ERRNO;
		if (lets_through(ruling.action) || (fails && needed[i].may_fail))
			continue;
		find(lint, (struct subject){ LINT_WARNING, "needed", RULE_NONE, needed[i].name },
		     "%s needs it, but it %s", needed[i].who, fails ? "is refused" : "is denied");
	}
}

/* ---- all of it --------------------------------------------------------------------------- */

static void check_compilation(struct lint *lint)
{
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	if (filter_compile(lint->policy, &trial_launch, &filter, NULL, &err) < 0)
		find(lint, (struct subject){ LINT_ERROR, "cannot-compile", RULE_NONE, "" }, "%s",
		     err.message);
	filter_finish(&filter);
}

int policy_lint(const struct loaded_policy *loaded, struct lint_report *report,
		struct bailiff_error *err)
{
	static void (*const checks[])(struct lint *lint) = {
		check_compilation, check_default, check_names,	check_pairs,
		check_conditions,  check_dangers, check_needed, check_reasons,
	};
	struct lint lint = {
		.loaded = loaded,
		.policy = loaded_policy_get(loaded),
		.inherited = loaded_policy_inherited(loaded),
		.report = report,
	};
	for (size_t i = 0; i < ARRAY_LENGTH(checks); i++)
		checks[i](&lint);
	return lint.failed ? fail_memory(err) : 0;
}

void lint_report_finish(struct lint_report *report)
{
	arena_finish(&report->arena);
	*report = (struct lint_report){ 0 };
}

const char *lint_severity_name(enum lint_severity severity)
{
	return severity == LINT_ERROR ? "error" : "warning";
}
