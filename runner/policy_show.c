/* SPDX-License-Identifier: MIT */
/*
 * A policy in plain words. Rules are grouped by what they do to a program, in the order a reader
 * asks: what may it do, what fails, what ends it. Under each rule's reason stand its calls with
 * what they are for, so that the text can be reviewed without the manual of every call.
 */
#include "policy_show.h"

#include "base/error.h"
#include "base/mem.h"
#include "filter/evaluate.h"
#include "filter/syscall_info.h"
#include "message.h"

#include <string.h>

#define TEXT_WIDTH 96u
#define NAME_WIDTH 24

/* ---- counting ---------------------------------------------------------------------------- */

static bool lets_through(enum policy_action action)
{
	return action == POLICY_ALLOW || action == POLICY_LOG;
}

/* The most severe action that holds for a call whatever its arguments, and whether some of its
 * uses are let through or refused. */
static void count_call(const struct bailiff_policy *policy, const char *name,
		       struct policy_counts *counts)
{
	enum policy_action always = policy->default_action;
	bool has_rule = false, some_allowed = false, some_other = false, some_refused = false;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		if (!policy_rule_names(rule, name))
			continue;
		if (rule->condition_count == 0 &&
		    (!has_rule || policy_more_severe(rule->action, 0, always, 0))) {
			always = rule->action;
			has_rule = true;
		}
		some_allowed |= rule->condition_count > 0 && lets_through(rule->action);
		some_refused |= rule->action == POLICY_ERRNO || rule->action == POLICY_TRAP;
		some_other |= rule->condition_count > 0 && !lets_through(rule->action);
	}
	if (lets_through(always) && !some_other)
		counts->allowed++;
	else if (lets_through(always) || (some_allowed && !has_rule))
		counts->conditional++;
	else if (always == POLICY_ERRNO || always == POLICY_TRAP || some_refused)
		counts->refused++;
	else
		counts->denied++;
}

struct policy_counts policy_count(const struct bailiff_policy *policy)
{
	struct policy_counts counts = { 0 };
	for (size_t i = 0; i < syscall_table_size; i++)
		count_call(policy, syscall_table[i].name, &counts);
	return counts;
}

/* ---- words ------------------------------------------------------------------------------- */

void policy_action_text(enum policy_action action, int errnum, char *text, size_t size)
{
	switch (action) {
	case POLICY_ALLOW: (void)snprintf(text, size, "is allowed"); return;
	case POLICY_LOG: (void)snprintf(text, size, "is allowed and logged by the kernel"); return;
	case POLICY_ERRNO:
		(void)snprintf(text, size, "fails with %s (%s)", errno_name(errnum),
			       strerrordesc_np(errnum) != NULL ? strerrordesc_np(errnum) :
								 "unknown error");
		return;
	case POLICY_DENY: (void)snprintf(text, size, "ends the run, verdict SV"); return;
	case POLICY_TRAP: (void)snprintf(text, size, "sends SIGSYS to the thread"); return;
	}
}

/* Prints text in lines of TEXT_WIDTH, each with `indent` blanks before it. */
static void print_wrapped(FILE *out, const char *text, unsigned indent)
{
	while (*text != '\0') {
		size_t room = TEXT_WIDTH - indent;
		size_t length = strlen(text);
		if (length > room) {
			length = room;
			while (length > 0 && text[length] != ' ')
				length--;
			if (length == 0)
				length = strcspn(text, " ");
		}
		AUTO_FREE char *line = strndup(text, length);
		(void)fprintf(out, "%*s", (int)indent, "");
		if (line != NULL)
			print_escaped(out, line);
		(void)fprintf(out, "\n");
		text += length;
		text += strspn(text, " ");
	}
}

static void print_call(FILE *out, const struct policy_rule *rule, const char *name)
{
	const struct syscall_info *info = syscall_info_find(name);
	(void)fprintf(out, "      ");
	print_escaped(out, name);
	int pad = NAME_WIDTH - (int)strlen(name);
	const char *purpose = info != NULL ? info->purpose : "(not known on this machine)";
	(void)fprintf(out, "%*s%s\n", pad > 1 ? pad : 1, "", purpose);
	for (size_t i = 0; i < rule->condition_count; i++) {
		char text[200];
		syscall_condition_text(name, &rule->conditions[i], text, sizeof text);
		(void)fprintf(out, "      %*s%s ", NAME_WIDTH, "", i == 0 ? "only where" : "and");
		print_escaped(out, text);
		(void)fprintf(out, "\n");
	}
}

static void print_rule(FILE *out, const struct policy_rule *rule)
{
	print_wrapped(out, rule->why[0] != '\0' ? rule->why : "(no reason given)", 4);
	for (const char *const *name = rule->names; *name != NULL; name++)
		print_call(out, rule, *name);
}

/* ---- the explanation --------------------------------------------------------------------- */

/* All rules with one outcome; the errno counts. */
static void print_group(FILE *out, const struct bailiff_policy *policy, enum policy_action action,
			int errnum)
{
	char text[128];
	bool any = false;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		if (rule->action != action || (action == POLICY_ERRNO && rule->errnum != errnum))
			continue;
		if (!any) {
			policy_action_text(action, errnum, text, sizeof text);
			(void)fprintf(out, "\nA call %s\n", text);
		}
		any = true;
		(void)fprintf(out, "\n");
		print_rule(out, rule);
	}
}

/* The errnos that rules have, in ascending order, each once. */
static void print_errno_groups(FILE *out, const struct bailiff_policy *policy)
{
	int last = 0;
	for (;;) {
		int next = 0;
		for (size_t i = 0; i < policy->rule_count; i++) {
			const struct policy_rule *rule = &policy->rules[i];
			if (rule->action == POLICY_ERRNO && rule->errnum > last &&
			    (next == 0 || rule->errnum < next))
				next = rule->errnum;
		}
		if (next == 0)
			return;
		print_group(out, policy, POLICY_ERRNO, next);
		last = next;
	}
}

void policy_explain(const struct bailiff_policy *policy, FILE *out)
{
	char text[128];
	struct policy_counts counts = policy_count(policy);
	print_escaped(out, policy->name);
	(void)fprintf(out, "\n");
	if (policy->description[0] != '\0')
		print_wrapped(out, policy->description, 2);
	policy_action_text(policy->default_action, policy->default_errnum, text, sizeof text);
	(void)fprintf(out,
		      "\n  Of %zu system calls %zu are allowed, %zu with conditions, %zu fail with "
		      "an errno,\n  %zu end the run. A call that no rule names or whose conditions "
		      "do not hold\n  %s. Where several rules match, the most severe wins.\n",
		      syscall_table_size, counts.allowed, counts.conditional, counts.refused,
		      counts.denied, text);
	print_group(out, policy, POLICY_ALLOW, 0);
	print_group(out, policy, POLICY_LOG, 0);
	print_errno_groups(out, policy);
	print_group(out, policy, POLICY_TRAP, 0);
	print_group(out, policy, POLICY_DENY, 0);
}
