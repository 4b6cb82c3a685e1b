/* SPDX-License-Identifier: MIT */
/*
 * Goal: a policy that is exported can be read again and gives the same filter, byte by byte.
 * Method: every built-in policy, and one with every action, operator and odd strings, printed in
 * both forms, parsed and compiled.
 */
#include "codec/policy_json.h"
#include "codec/policy_write.h"
#include "filter/compile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static const struct filter_launch launch = { .exec_fd = 4090, .report_fd = 4091 };

static void check_round_trip(const struct bailiff_policy *policy, enum policy_form form)
{
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	struct filter before = { 0 };
	struct filter after = { 0 };
	AUTO_FREE char *text = NULL;
	assert_int_equal(policy_json_print(policy, form, &text, &err), 0);
	if (policy_json_parse(text, strlen(text), "again", &loaded, &err) != 0)
		fail_msg("%s\n%s", err.message, text);
	const struct bailiff_policy *again = loaded_policy_get(loaded);
	assert_int_equal(filter_compile(policy, &launch, &before, NULL, &err), 0);
	assert_int_equal(filter_compile(again, &launch, &after, NULL, &err), 0);
	assert_int_equal(before.length, after.length);
	assert_memory_equal(before.code, after.code, before.length * sizeof *before.code);
	assert_string_equal(again->name, form == POLICY_FORM_OWN ? policy->name : "again");
	assert_string_equal(again->description, form == POLICY_FORM_OWN ? policy->description : "");
	assert_int_equal(again->rule_count, policy->rule_count);
	for (size_t i = 0; i < policy->rule_count; i++)
		assert_string_equal(again->rules[i].why, policy->rules[i].why);
	filter_finish(&before);
	filter_finish(&after);
	loaded_policy_free(loaded);
}

static void builtin_policies_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; builtin_policies[i] != NULL; i++) {
		check_round_trip(builtin_policies[i], POLICY_FORM_OCI);
		check_round_trip(builtin_policies[i], POLICY_FORM_OWN);
	}
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void everything_comes_back(void **state)
{
	(void)state;
	static const struct policy_condition conditions[] = {
		{ 0, POLICY_NE, 1, 0 },
		{ 1, POLICY_LT, (UINT64_C(1) << 53) - 1, 0 },
		{ 2, POLICY_LE, 3, 0 },
		{ 3, POLICY_EQ, 0, 0 },
		{ 4, POLICY_GE, 5, 0 },
		{ 5, POLICY_MASKED_EQ, 0xff00ff, 0x10001 },
	};
	static const struct policy_condition above = { 1, POLICY_GT, 6, 0 };
	const struct policy_rule rules[] = {
		{ NAMES("read", "no_such_call"), POLICY_ALLOW, 0, conditions, 6, "a \"reason\"\n" },
		{ NAMES("write"), POLICY_LOG, 0, &above, 1, "" },
		{ NAMES("open"), POLICY_ERRNO, ENOSYS, NULL, 0, "\xc3\xa4 \\ /" },
		{ NAMES("close"), POLICY_TRAP, 0, NULL, 0, "" },
		{ NAMES("stat"), POLICY_DENY, 0, NULL, 0, "" },
	};
	static const enum policy_action defaults[] = { POLICY_ALLOW, POLICY_LOG, POLICY_ERRNO,
						       POLICY_DENY, POLICY_TRAP };
	for (size_t i = 0; i < ARRAY_LENGTH(defaults); i++) {
		const struct bailiff_policy policy = {
			.name = "all",
			.description = "d",
			.default_action = defaults[i],
			.default_errnum = defaults[i] == POLICY_ERRNO ? EACCES : 0,
			.rules = rules,
			.rule_count = ARRAY_LENGTH(rules),
		};
		check_round_trip(&policy, POLICY_FORM_OCI);
		check_round_trip(&policy, POLICY_FORM_OWN);
	}
}

/* Only keys of the OCI runtime's format and Docker's, for readers that refuse others. */
static void oci_form_has_no_foreign_keys(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	assert_int_equal(policy_json_print(bailiff_policy_builtin("compiler"), POLICY_FORM_OCI,
					   &text, &err), 0);
	assert_null(strstr(text, "\"name\":"));
	assert_null(strstr(text, "\"description\":"));
	assert_null(strstr(text, "\"extends\":"));
	assert_non_null(strstr(text, "SCMP_ARCH_X86_64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_policies_come_back),
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(oci_form_has_no_foreign_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
