/* SPDX-License-Identifier: MIT */
/*
 * Build-time program: turns the policies in this folder into C tables and compiles their filters,
 * so that the library needs neither a parser nor a file nor a compilation for them at run time.
 * Usage: generate OUTPUT.c POLICY.json...
 *
 * A policy that ships must be reviewable: one without a name or description, or with a rule that
 * does not give its reason, stops the build.
 */
#include "child/plan.h"
#include "codec/policy_json.h"
#include "filter/compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICIES_MAX 64

/* While the table is being made there is none: a policy that is extended is the file beside. */
const struct bailiff_policy *const builtin_policies[] = { NULL };

/* ---- writing C --------------------------------------------------------------------------- */

/* A string literal. Octal escapes are used because, unlike hexadecimal ones, they end after three
 * digits; '?' is escaped against trigraphs. */
static void write_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '?')
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static const char *action_name(enum policy_action action)
{
	switch (action) {
	case POLICY_ALLOW: return "POLICY_ALLOW";
	case POLICY_LOG: return "POLICY_LOG";
	case POLICY_ERRNO: return "POLICY_ERRNO";
	case POLICY_DENY: return "POLICY_DENY";
	case POLICY_TRAP: return "POLICY_TRAP";
	}
	abort();
}

static const char *operator_name(enum policy_operator op)
{
	switch (op) {
	case POLICY_NE: return "POLICY_NE";
	case POLICY_LT: return "POLICY_LT";
	case POLICY_LE: return "POLICY_LE";
	case POLICY_EQ: return "POLICY_EQ";
	case POLICY_GE: return "POLICY_GE";
	case POLICY_GT: return "POLICY_GT";
	case POLICY_MASKED_EQ: return "POLICY_MASKED_EQ";
	}
	abort();
}

/* What a rule points to. `id` makes the objects' names unique in the file. */
static void write_rule_parts(FILE *out, const struct policy_rule *rule, size_t policy, size_t id)
{
	fprintf(out, "static const char *const names_%zu_%zu[] = {", policy, id);
	for (const char *const *name = rule->names; *name != NULL; name++) {
		fputs("\n\t", out);
		write_string(out, *name);
		fputc(',', out);
	}
	fputs("\n\tNULL,\n};\n", out);
	if (rule->condition_count == 0)
		return;
	fprintf(out, "static const struct policy_condition conditions_%zu_%zu[] = {\n", policy, id);
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct policy_condition *condition = &rule->conditions[i];
		fprintf(out, "\t{ %u, %s, UINT64_C(%#llx), UINT64_C(%#llx) },\n", condition->index,
			operator_name(condition->op), (unsigned long long)condition->value,
			(unsigned long long)condition->value_two);
	}
	fputs("};\n", out);
}

static void write_rule(FILE *out, const struct policy_rule *rule, size_t policy, size_t id)
{
	fprintf(out, "\t{ names_%zu_%zu, %s, %d, ", policy, id, action_name(rule->action),
		rule->errnum);
	if (rule->condition_count == 0)
		fputs("NULL, 0,\n\t  ", out);
	else
		fprintf(out, "conditions_%zu_%zu, %zu,\n\t  ", policy, id, rule->condition_count);
	write_string(out, rule->why);
	fputs(" },\n", out);
}

static const struct filter_launch launch = { .exec_fd = CELL_EXEC_FD, .report_fd = CELL_REPORT_FD };

static void write_code(FILE *out, const struct filter *filter, size_t index)
{
	fprintf(out, "static const struct sock_filter instructions_%zu[] = {\n", index);
	for (size_t i = 0; i < filter->length; i++)
		fprintf(out, "\t{ %#x, %u, %u, %#x },\n", (unsigned)filter->code[i].code,
			(unsigned)filter->code[i].jt, (unsigned)filter->code[i].jf,
			(unsigned)filter->code[i].k);
	fprintf(out, "};\nstatic const struct policy_code code_%zu = {\n"
		     "\t%d, %d, instructions_%zu, %zu, { .network = %d, .ipc = %d },\n};\n",
		index, launch.exec_fd, launch.report_fd, index, filter->length,
		filter->proof.network, filter->proof.ipc);
}

/* False where the policy cannot be compiled. */
static bool write_policy(FILE *out, const struct bailiff_policy *policy, size_t index)
{
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	if (filter_compile(policy, &launch, &filter, NULL, &err) != 0) {
		fprintf(stderr, "%s\n", err.message);
		return false;
	}
	write_code(out, &filter, index);
	filter_finish(&filter);
	for (size_t i = 0; i < policy->rule_count; i++)
		write_rule_parts(out, &policy->rules[i], index, i);
	fprintf(out, "static const struct policy_rule rules_%zu[] = {\n", index);
	for (size_t i = 0; i < policy->rule_count; i++)
		write_rule(out, &policy->rules[i], index, i);
	fprintf(out, "};\nstatic const struct bailiff_policy policy_%zu = {\n\t", index);
	write_string(out, policy->name);
	fputs(",\n\t", out);
	write_string(out, policy->description);
	fprintf(out, ",\n\t%s, %d, rules_%zu, %zu, &code_%zu,\n};\n\n",
		action_name(policy->default_action), policy->default_errnum, index,
		policy->rule_count, index);
	return true;
}

static bool write_file(FILE *out, struct loaded_policy *const *policies, size_t count)
{
	fputs("/* Generated from policies/ at build time; changes here are lost. */\n"
	      "#include \"filter/policy.h\"\n\n", out);
	for (size_t i = 0; i < count; i++)
		if (!write_policy(out, loaded_policy_get(policies[i]), i))
			return false;
	fputs("const struct bailiff_policy *const builtin_policies[] = {\n", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "\t&policy_%zu,\n", i);
	fputs("\tNULL,\n};\n", out);
	return true;
}

/* ---- checking ---------------------------------------------------------------------------- */

static bool reviewable(const struct bailiff_policy *policy, const char *path)
{
	if (*policy->description == '\0') {
		fprintf(stderr, "%s: has no description\n", path);
		return false;
	}
	if (policy->rule_count == 0) {
		fprintf(stderr, "%s: has no rule\n", path);
		return false;
	}
	for (size_t i = 0; i < policy->rule_count; i++) {
		if (*policy->rules[i].why != '\0')
			continue;
		fprintf(stderr, "%s: the rule for '%s' has no comment\n", path,
			policy->rules[i].names[0]);
		return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(loaded_policy_get(*(struct loaded_policy *const *)a)->name,
		      loaded_policy_get(*(struct loaded_policy *const *)b)->name);
}

/* Sorts the policies and checks that no two have one name. */
static bool sort_policies(struct loaded_policy **policies, size_t count)
{
	qsort(policies, count, sizeof *policies, by_name);
	for (size_t i = 1; i < count; i++) {
		if (by_name(&policies[i - 1], &policies[i]) != 0)
			continue;
		fprintf(stderr, "two policies are named '%s'\n",
			loaded_policy_get(policies[i])->name);
		return false;
	}
	return true;
}

static bool save(const char *path, struct loaded_policy *const *policies, size_t count)
{
	FILE *out = fopen(path, "we");
	if (out == NULL) {
		fprintf(stderr, "cannot create '%s': %s\n", path, strerror(errno));
		return false;
	}
	bool ok = write_file(out, policies, count);
	bool failed = ferror(out) != 0;
	failed |= fclose(out) != 0;
	if (failed)
		fprintf(stderr, "cannot write '%s'\n", path);
	if (failed || !ok)
		(void)remove(path);
	return ok && !failed;
}

int main(int argc, char **argv)
{
	struct loaded_policy *policies[POLICIES_MAX] = { NULL };
	size_t count = 0;
	bool ok = argc >= 3 && argc - 2 <= POLICIES_MAX;
	if (!ok)
		fprintf(stderr, "usage: generate OUTPUT.c POLICY.json... (at most %d)\n",
			POLICIES_MAX);
	for (int i = 2; ok && i < argc; i++) {
		struct bailiff_error err = { 0 };
		ok = policy_json_read(argv[i], &policies[count], &err) == 0;
		if (!ok)
			fprintf(stderr, "%s\n", err.message);
		else
			ok = reviewable(loaded_policy_get(policies[count++]), argv[i]);
	}
	ok = ok && sort_policies(policies, count) && save(argv[1], policies, count);
	for (size_t i = 0; i < count; i++)
		loaded_policy_free(policies[i]);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
