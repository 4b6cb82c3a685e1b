/* SPDX-License-Identifier: MIT */
/*
 * The hint that goes with a violation. Which policy would allow a call is not looked up in a list
 * that could grow old: every built-in policy is asked.
 */
#include "filter/hint.h"

#include "base/error.h"
#include "filter/compile.h"
#include "filter/evaluate.h"
#include "filter/syscall_info.h"

#include <stdio.h>
#include <string.h>

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);
	(void)snprintf(text + used, size - used, "%s", more);
}

static void say_purpose(const struct bailiff_syscall *call, char *text, size_t size)
{
	char arguments[96];
	const struct syscall_info *info = syscall_info_find(call->name);
	const struct syscall_danger *danger = syscall_danger_of(call->name, call->args);
	syscall_arguments_text(call->name, call->args, arguments, sizeof arguments);
	(void)snprintf(text, size, "%s%s%s%s: %s%s%s; ", call->name,
		       arguments[0] != '\0' ? " (" : "", arguments, arguments[0] != '\0' ? ")" : "",
		       info != NULL ? info->purpose : "not known here",
		       danger != NULL ? "; dangerous: " : "", danger != NULL ? danger->why : "");
}

/* Lists the built-in policies that answer the call with `action`; returns how many. */
static size_t list_policies(const struct bailiff_syscall *call, enum policy_action action,
			    char *text, size_t size)
{
	size_t count = 0;
	for (size_t i = 0; builtin_policies[i] != NULL; i++) {
		struct policy_ruling ruling =
			policy_evaluate(builtin_policies[i], call->name, call->args);
		enum policy_action given =
			ruling.action == POLICY_LOG ? POLICY_ALLOW : ruling.action;
		if (given != action)
			continue;
		append(text, size, count++ > 0 ? ", '" : "'");
		append(text, size, builtin_policies[i]->name);
		append(text, size, "'");
		if (action == POLICY_ERRNO) {
			append(text, size, " with ");
			append(text, size, errno_name(ruling.errnum));
		}
	}
	return count;
}

void filter_hint(const struct bailiff_syscall *call, char *text, size_t size)
{
	char names[256] = "";
	if (strcmp(call->arch, filter_native_arch()) != 0) {
		(void)snprintf(text, size, "the call came through the %s entry point; policies can "
			       "allow calls of %s only", call->arch, filter_native_arch());
		return;
	}
	say_purpose(call, text, size);
	if (list_policies(call, POLICY_ALLOW, names, sizeof names) > 0) {
		append(text, size, "allowed by policy ");
		append(text, size, names);
		return;
	}
	append(text, size, "no built-in policy allows it");
	if (list_policies(call, POLICY_ERRNO, names, sizeof names) > 0) {
		append(text, size, "; refused without ending the run by ");
		append(text, size, names);
	}
}
