/* SPDX-License-Identifier: MIT */
/*
 * Policies back to the OCI format, for other runtimes and for what `policy learn` found.
 */
#include "codec/policy_write.h"

#include "base/mem.h"

#include <stdlib.h>

/* The native architecture's name in profiles. */
#if defined(__x86_64__)
#define OCI_ARCH "SCMP_ARCH_X86_64"
#elif defined(__aarch64__)
#define OCI_ARCH "SCMP_ARCH_AARCH64"
#elif defined(__riscv)
#define OCI_ARCH "SCMP_ARCH_RISCV64"
#elif defined(__powerpc64__)
#define OCI_ARCH "SCMP_ARCH_PPC64LE"
#else
#define OCI_ARCH "SCMP_ARCH_S390X"
#endif

const char *policy_action_oci_name(enum policy_action action)
{
	switch (action) {
	case POLICY_ALLOW: return "SCMP_ACT_ALLOW";
	case POLICY_LOG: return "SCMP_ACT_LOG";
	case POLICY_ERRNO: return "SCMP_ACT_ERRNO";
	case POLICY_DENY: return "SCMP_ACT_KILL_PROCESS";
	case POLICY_TRAP: return "SCMP_ACT_TRAP";
	}
	return "SCMP_ACT_KILL_PROCESS";
}

static const char *operator_name(enum policy_operator op)
{
	switch (op) {
	case POLICY_NE: return "SCMP_CMP_NE";
	case POLICY_LT: return "SCMP_CMP_LT";
	case POLICY_LE: return "SCMP_CMP_LE";
	case POLICY_EQ: return "SCMP_CMP_EQ";
	case POLICY_GE: return "SCMP_CMP_GE";
	case POLICY_GT: return "SCMP_CMP_GT";
	case POLICY_MASKED_EQ: return "SCMP_CMP_MASKED_EQ";
	}
	return "SCMP_CMP_EQ";
}

static void write_condition(struct json_writer *writer, cJSON *args,
			    const struct policy_condition *condition)
{
	cJSON *object = json_append_object(writer, args);
	json_write_u64(writer, object, "index", condition->index);
	json_write_u64(writer, object, "value", condition->value);
	if (condition->op == POLICY_MASKED_EQ)
		json_write_u64(writer, object, "valueTwo", condition->value_two);
	json_write_string(writer, object, "op", operator_name(condition->op));
}

static void write_rule(struct json_writer *writer, cJSON *rules, const struct policy_rule *rule)
{
	cJSON *object = json_append_object(writer, rules);
	if (rule->why[0] != '\0')
		json_write_string(writer, object, "comment", rule->why);
	cJSON *names = json_write_array(writer, object, "names");
	for (const char *const *name = rule->names; *name != NULL; name++)
		json_append_string(writer, names, *name);
	json_write_string(writer, object, "action", policy_action_oci_name(rule->action));
	if (rule->action == POLICY_ERRNO)
		json_write_i64(writer, object, "errnoRet", rule->errnum);
	if (rule->condition_count == 0)
		return;
	cJSON *args = json_write_array(writer, object, "args");
	for (size_t i = 0; i < rule->condition_count; i++)
		write_condition(writer, args, &rule->conditions[i]);
}

int policy_json_print(const struct bailiff_policy *policy, enum policy_form form, char **ret_text,
		      struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	if (form == POLICY_FORM_OWN) {
		json_write_string(&writer, writer.root, "name", policy->name);
		json_write_string(&writer, writer.root, "description", policy->description);
	}
	json_write_string(&writer, writer.root, "defaultAction",
			  policy_action_oci_name(policy->default_action));
	if (policy->default_action == POLICY_ERRNO)
		json_write_i64(&writer, writer.root, "defaultErrnoRet", policy->default_errnum);
	cJSON *architectures = json_write_array(&writer, writer.root, "architectures");
	json_append_string(&writer, architectures, OCI_ARCH);
	cJSON *rules = json_write_array(&writer, writer.root, "syscalls");
	for (size_t i = 0; i < policy->rule_count; i++)
		write_rule(&writer, rules, &policy->rules[i]);
	int rc = json_write_print(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}
