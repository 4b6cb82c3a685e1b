/* SPDX-License-Identifier: MIT */
/*
 * Goal: the lint finds each kind of mistake, at its place, and is silent about good policies.
 * Method: one small policy for each finding, and the shipped ones.
 */
#include "codec/policy_json.h"
#include "policy_lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

/* A policy with a good reason on every rule and all that a program needs, so that only the rules
 * under test are remarked on. */
#define BASE(rules) "{\"extends\":\"native\",\"syscalls\":[" rules "]}"
#define RULE(names, action, rest) \
	"{\"comment\":\"reason\",\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\"" rest "}"
#define ARG(index, op, value, two)                                                     \
	",\"args\":[{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value \
	",\"valueTwo\":" #two "}]"

static const struct {
	const char *text;
	const char *findings; /* "severity id where call;" for each, sorted as they are found */
} table[] = {
	{ BASE(""), "" },
	/* names */
	{ BASE(RULE("\"reed\"", "ALLOW", "")), "warning unknown-call syscalls[0] reed;" },
	{ BASE(RULE("\"socketcall\"", "ALLOW", "")), "" }, /* of another architecture */
	/* rules against each other */
	{ BASE(RULE("\"umask\"", "ALLOW", "") "," RULE("\"umask\"", "KILL", "")),
	  "error contradiction syscalls[1] umask;" },
	{ BASE(RULE("\"umask\"", "ERRNO", "") "," RULE("\"umask\"", "ERRNO", ",\"errnoRet\":38")),
	  "error contradiction syscalls[1] umask;" },
	{ BASE(RULE("\"umask\"", "ERRNO", "") "," RULE("\"umask\"", "ALLOW",
						       ARG(0, "MASKED_EQ", 4294967295, 18))),
	  "warning shadowed syscalls[1] umask;" },
	{ BASE(RULE("\"umask\"", "ALLOW", "") "," RULE("\"umask\"", "ERRNO",
						       ARG(0, "MASKED_EQ", 4294967295, 18))),
	  "" },
	{ BASE(RULE("\"umask\"", "ALLOW", "") "," RULE("\"umask\"", "ALLOW",
						       ARG(0, "MASKED_EQ", 4294967295, 18))),
	  "warning repeated syscalls[1] umask;" },
	{ BASE(RULE("\"umask\", \"chmod\"", "ALLOW", "") "," RULE("\"chmod\"", "ALLOW", "")),
	  "warning repeated syscalls[1] chmod;" },
	{ BASE(RULE("\"lseek\"", "ERRNO", ARG(2, "MASKED_EQ", 3, 1)) "," RULE(
		  "\"lseek\"", "ALLOW", ARG(2, "EQ", 1, 0))),
	  "warning shadowed syscalls[1] lseek;" },
	/* the kernel reads 32 bits */
	{ BASE(RULE("\"umask\"", "ALLOW", "") "," RULE("\"umask\"", "ERRNO", ARG(0, "EQ", 18, 0))),
	  "warning upper-half syscalls[1] umask;" },
	{ BASE(RULE("\"umask\"", "ALLOW", ARG(0, "EQ", 18, 0))), "" },
	{ BASE(RULE("\"umask\"", "ALLOW", ARG(0, "NE", 18, 0))),
	  "warning upper-half syscalls[0] umask;" },
	{ BASE(RULE("\"umask\"", "ALLOW", ARG(0, "GT", 18, 0))),
	  "warning upper-half syscalls[0] umask;" },
	{ BASE(RULE("\"umask\"", "ALLOW", ARG(0, "LT", 18, 0))), "" },
	{ BASE(RULE("\"truncate\"", "ALLOW", ARG(1, "GT", 18, 0))), "" }, /* 64 bits */
	/* pointers, and arguments that are none */
	{ BASE(RULE("\"uname\"", "ALLOW", ARG(0, "EQ", 4096, 0))),
	  "warning pointer syscalls[0] uname;" },
	{ BASE(RULE("\"uname\"", "ALLOW", ARG(0, "NE", 0, 0))), "" },
	{ BASE(RULE("\"umask\"", "ALLOW", ARG(1, "EQ", 0, 0))),
	  "warning no-such-argument syscalls[0] umask;" },
	/* dangers */
	{ BASE(RULE("\"ptrace\"", "ALLOW", "")), "warning dangerous syscalls[0] ptrace;" },
	{ BASE(RULE("\"ptrace\"", "LOG", "")), "warning dangerous syscalls[0] ptrace;" },
	{ BASE(RULE("\"clone3\"", "ALLOW", "")), "warning dangerous syscalls[0] clone3;" },
	{ BASE(RULE("\"socket\"", "ALLOW", ARG(0, "MASKED_EQ", 4294967295, 1))), "" },
	{ BASE(RULE("\"ioctl\"", "ALLOW", "")), "warning dangerous syscalls[0] ioctl;" },
	/* what every program needs */
	{ BASE(RULE("\"brk\"", "ERRNO", "")), "warning needed  brk;" },
	{ BASE(RULE("\"rseq\"", "ERRNO", "")), "" },
	{ BASE(RULE("\"rseq\"", "KILL", "")), "warning needed  rseq;" },
	/* reasons */
	{ BASE("{\"names\":[\"umask\"],\"action\":\"SCMP_ACT_ALLOW\"}"),
	  "warning no-reason syscalls[0] ;" },
	/* the default */
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", "warning open-default  ;warning dangerous  ;" },
};

static void describe(const struct lint_report *report, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < report->count; i++) {
		const struct lint_finding *finding = &report->findings[i];
		size_t used = strlen(text);
		(void)snprintf(text + used, size - used, "%s %s %s %s;",
			       lint_severity_name(finding->severity), finding->id, finding->where,
			       finding->call);
		assert_true(strlen(finding->text) > 10);
	}
}

static void each_mistake_is_found(void **state)
{
	(void)state;
	size_t wrong = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct bailiff_error err = { 0 };
		struct loaded_policy *loaded = NULL;
		struct lint_report report = { 0 };
		char found[1024];
		const char *text = table[i].text;
		if (policy_json_parse(text, strlen(text), "p", &loaded, &err) != 0)
			fail_msg("%s: %s", text, err.message);
		assert_int_equal(policy_lint(loaded, &report, &err), 0);
		describe(&report, found, sizeof found);
		if (strcmp(found, table[i].findings) != 0) {
			print_error("%s\ngives '%s'\nnot   '%s'\n", table[i].text, found,
				    table[i].findings);
			wrong++;
		}
		lint_report_finish(&report);
		loaded_policy_free(loaded);
	}
	assert_int_equal(wrong, 0);
}

/* The build's own policies: no errors, and no warning but that the small ones run nothing that is
 * dynamically linked. */
static void shipped_policies_are_good(void **state)
{
	(void)state;
	for (size_t i = 0; bailiff_policy_builtin_name(i) != NULL; i++) {
		struct bailiff_error err = { 0 };
		struct loaded_policy *loaded = NULL;
		struct lint_report report = { 0 };
		char path[256];
		(void)snprintf(path, sizeof path, BAILIFF_SOURCE_DIR "/policies/%s.json",
			       bailiff_policy_builtin_name(i));
		if (policy_json_read(path, &loaded, &err) != 0)
			fail_msg("%s", err.message);
		assert_int_equal(policy_lint(loaded, &report, &err), 0);
		for (size_t f = 0; f < report.count; f++)
			if (strcmp(report.findings[f].id, "needed") != 0)
				fail_msg("%s: %s %s: %s", path, report.findings[f].where,
					 report.findings[f].call, report.findings[f].text);
		lint_report_finish(&report);
		loaded_policy_free(loaded);
	}
}

/* A policy that no kernel takes is an error. */
static void too_large_is_an_error(void **state)
{
	(void)state;
	size_t size = 1 << 20;
	AUTO_FREE char *text = malloc(size);
	assert_non_null(text);
	size_t used = (size_t)snprintf(text, size, "{\"defaultAction\":\"SCMP_ACT_KILL\","
						   "\"syscalls\":[");
	for (unsigned long long i = 0; i < 3000; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "%s{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\","
					 "\"comment\":\"r\",\"args\":[{\"index\":2,\"value\":%llu,"
					 "\"op\":\"SCMP_CMP_EQ\"}]}",
					 i > 0 ? "," : "", i << 32 | i);
	used += (size_t)snprintf(text + used, size - used, "]}");
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	struct lint_report report = { 0 };
	assert_int_equal(policy_json_parse(text, used, "large", &loaded, &err), 0);
	assert_int_equal(policy_lint(loaded, &report, &err), 0);
	assert_int_equal(report.errors, 1);
	assert_string_equal(report.findings[0].id, "cannot-compile");
	lint_report_finish(&report);
	loaded_policy_free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_found),
		cmocka_unit_test(shipped_policies_are_good),
		cmocka_unit_test(too_large_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
