/* SPDX-License-Identifier: MIT */
/*
 * Goal: OCI profiles and Docker's dialect are read as documented in bailiff-policy(5), and every
 * wrong file is refused with the path of the faulty key.
 * Method: profiles as texts; the rules they give are looked at one by one, and each profile of a
 * table of faulty ones must give its message.
 */
#include "codec/policy_json.h"
#include "filter/compile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

static struct loaded_policy *parse(const char *text)
{
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	/* an exact copy, so that AddressSanitizer sees a read past the end */
	size_t length = strlen(text);
	AUTO_FREE char *copy = malloc(length);
	assert_non_null(copy);
	memcpy(copy, text, length);
	if (policy_json_parse(copy, length, "given", &loaded, &err) != 0)
		fail_msg("%s", err.message);
	return loaded;
}

static void check_condition(const struct policy_rule *rule, size_t at,
			    struct policy_condition want)
{
	assert_true(at < rule->condition_count);
	assert_int_equal(rule->conditions[at].index, want.index);
	assert_int_equal(rule->conditions[at].op, want.op);
	assert_int_equal(rule->conditions[at].value, want.value);
	assert_int_equal(rule->conditions[at].value_two, want.value_two);
}

/* ---- what is accepted -------------------------------------------------------------------- */

static void smallest_profile(void **state)
{
	(void)state;
	struct loaded_policy *loaded = parse("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	const struct bailiff_policy *policy = loaded_policy_get(loaded);
	assert_string_equal(policy->name, "given");
	assert_string_equal(policy->description, "");
	assert_int_equal(policy->default_action, POLICY_ALLOW);
	assert_int_equal(policy->rule_count, 0);
	loaded_policy_free(loaded);
	loaded_policy_free(NULL);
}

static void every_key_of_ours(void **state)
{
	(void)state;
	struct loaded_policy *loaded = parse(
		"{ \"name\": \"my-policy_1.0\", \"description\": \"what it is for\","
		"  \"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38,"
		"  \"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\"],"
		"  \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"], \"listenerPath\": \"/run/x\","
		"  \"listenerMetadata\": \"m\","
		"  \"syscalls\": ["
		"    { \"names\": [\"read\", \"write\"], \"action\": \"SCMP_ACT_ALLOW\","
		"      \"comment\": \"the reason\" },"
		"    { \"names\": [\"open\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13,"
		"      \"args\": [ { \"index\": 1, \"value\": 3, \"valueTwo\": 2,"
		"                    \"op\": \"SCMP_CMP_MASKED_EQ\" },"
		"                  { \"index\": 5, \"value\": 9007199254740991,"
		"                    \"op\": \"SCMP_CMP_LT\" } ] } ] }");
	const struct bailiff_policy *policy = loaded_policy_get(loaded);
	assert_string_equal(policy->name, "my-policy_1.0");
	assert_string_equal(policy->description, "what it is for");
	assert_int_equal(policy->default_action, POLICY_ERRNO);
	assert_int_equal(policy->default_errnum, 38);
	assert_int_equal(policy->rule_count, 2);
	assert_string_equal(policy->rules[0].names[0], "read");
	assert_string_equal(policy->rules[0].names[1], "write");
	assert_null(policy->rules[0].names[2]);
	assert_string_equal(policy->rules[0].why, "the reason");
	assert_int_equal(policy->rules[0].condition_count, 0);
	assert_int_equal(policy->rules[1].action, POLICY_ERRNO);
	assert_int_equal(policy->rules[1].errnum, 13);
	assert_string_equal(policy->rules[1].why, "");
	assert_int_equal(policy->rules[1].condition_count, 2);
	check_condition(&policy->rules[1], 0,
			(struct policy_condition){ 1, POLICY_MASKED_EQ, 3, 2 });
	check_condition(&policy->rules[1], 1,
			(struct policy_condition){ 5, POLICY_LT, 9007199254740991, 0 });
	loaded_policy_free(loaded);
}

static void every_action(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum policy_action action;
	} table[] = {
		{ "KILL", POLICY_DENY },   { "KILL_THREAD", POLICY_DENY },
		{ "KILL_PROCESS", POLICY_DENY }, { "NOTIFY", POLICY_DENY },
		{ "TRAP", POLICY_TRAP },   { "ERRNO", POLICY_ERRNO },
		{ "LOG", POLICY_LOG },     { "ALLOW", POLICY_ALLOW },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char text[256];
		(void)snprintf(text, sizeof text, "{\"defaultAction\":\"SCMP_ACT_%s\",\"syscalls\":"
			       "[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_%s\"}]}",
			       table[i].name, table[i].name);
		struct loaded_policy *loaded = parse(text);
		const struct bailiff_policy *policy = loaded_policy_get(loaded);
		int errnum = table[i].action == POLICY_ERRNO ? EPERM : 0; /* without errnoRet */
		assert_int_equal(policy->default_action, table[i].action);
		assert_int_equal(policy->default_errnum, errnum);
		assert_int_equal(policy->rules[0].action, table[i].action);
		assert_int_equal(policy->rules[0].errnum, errnum);
		loaded_policy_free(loaded);
	}
}

/* Different arguments must all match; the same one twice makes every condition an alternative. */
static void repeated_argument_means_either(void **state)
{
	(void)state;
	struct loaded_policy *loaded = parse(
		"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":["
		"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_EQ\"},"
		"{\"index\":1,\"value\":5,\"op\":\"SCMP_CMP_NE\"},"
		"{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]}]}");
	const struct bailiff_policy *policy = loaded_policy_get(loaded);
	assert_int_equal(policy->rule_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(policy->rules[i].names[0], "personality");
		assert_int_equal(policy->rules[i].condition_count, 1);
	}
	check_condition(&policy->rules[0], 0, (struct policy_condition){ 0, POLICY_EQ, 0, 0 });
	check_condition(&policy->rules[1], 0, (struct policy_condition){ 1, POLICY_NE, 5, 0 });
	check_condition(&policy->rules[2], 0, (struct policy_condition){ 0, POLICY_EQ, 8, 0 });
	loaded_policy_free(loaded);
}

/* The keys that Docker adds, also empty ones as Go writes them. */
static void dockers_dialect(void **state)
{
	(void)state;
	struct loaded_policy *loaded = parse(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,"
		"\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\","
		"\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]}],"
		"\"syscalls\":["
		"{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[],\"comment\":\"\","
		"\"includes\":{},\"excludes\":{}},"
		"{\"names\":[\"b\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":null,\"comment\":null,"
		"\"includes\":null,\"excludes\":{\"caps\":null,\"arches\":null}},"
		"{\"name\":\"c\",\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"no\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"
		"{\"names\":[\"d\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"
		"{\"names\":[\"e\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"includes\":{\"minKernel\":\"4.8\"}},"
		"{\"names\":[\"no\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"includes\":{\"minKernel\":\"999.0\"}},"
		"{\"names\":[\"no\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"excludes\":{\"minKernel\":\"4.8\"}},"
		"{\"names\":[\"f\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"includes\":{\"arches\":[\"mips\",\"amd64\"]}},"
		"{\"names\":[\"no\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"includes\":{\"arches\":[\"mips\"]}},"
		"{\"names\":[\"no\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"excludes\":{\"arches\":[\"amd64\"]}},"
		"{\"names\":[\"g\"],\"action\":\"SCMP_ACT_ALLOW\","
		"\"excludes\":{\"arches\":[\"s390x\"]}},"
		"{\"names\":[\"no\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":"
		"{\"arches\":[\"amd64\"],\"caps\":[\"CAP_BPF\"]}}]}");
	const struct bailiff_policy *policy = loaded_policy_get(loaded);
	char names[64] = "";
	for (size_t i = 0; i < policy->rule_count; i++)
		(void)strncat(names, policy->rules[i].names[0], 2);
	assert_string_equal(names, "abcdefg");
	loaded_policy_free(loaded);
}

/* ---- what is refused --------------------------------------------------------------------- */

#define RULE(content) "{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[" content "]}"
#define LOG(content) RULE("{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\"," content "}")
#define ARG(content) LOG("\"args\":[" content "]")

static const struct {
	const char *text;
	const char *message; /* a part of it */
} faulty[] = {
	{ "", "line 1, column 1" },
	{ "[]", "document" },
	{ "{}", "defaultAction" },
	{ "{\"defaultAction\":1}", "defaultAction" },
	{ "{\"defaultAction\":null}", "defaultAction" },
	{ "{\"defaultAction\":\"SCMP_ACT_PERMIT\"}", "defaultAction: unknown action" },
	{ "{\"defaultAction\":\"scmp_act_allow\"}", "defaultAction: unknown action" },
	{ "{\"defaultAction\":\"SCMP_ACT_TRACE\"}", "defaultAction: SCMP_ACT_TRACE" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultErrnoRet\":1}", "defaultErrnoRet: only" },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":0}", "defaultErrnoRet" },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}", "defaultErrnoRet" },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":-1}", "defaultErrnoRet" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
	  "defaultAction" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"sycalls\":[]}", "sycalls" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":{}}", "syscalls" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"name\":\"a b\"}", "name: must be" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"name\":\"\"}", "name: must be" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"name\":\"a\\u0000b\"}", "\\u0000" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"architectures\":\"x\"}", "architectures" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"architectures\":[1]}", "architectures[0]" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"flags\":[{}]}", "flags[0]" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"listenerPath\":1}", "listenerPath" },
	{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"archMap\":{}}", "archMap" },
	{ "{\"extends\":1}", "extends: must be a string" },
	{ "{\"extends\":\"\"}", "extends: must name a policy" },
	{ "{\"extends\":null}", "defaultAction" },
	{ "{\"extends\":\"nativ\"}", "extends: policy 'nativ' is neither" },
	{ "{\"extends\":\"native\",\"defaultErrnoRet\":1}", "defaultErrnoRet: needs" },
	{ "{\"extends\":\"native\",\"syscalls\":[{\"names\":[\"a\"]}]}",
	  "syscalls[0]: key 'action'" },
	{ RULE("1"), "syscalls[0]" },
	{ RULE("{\"action\":\"SCMP_ACT_ALLOW\"}"), "syscalls[0]: key 'names'" },
	{ RULE("{\"names\":null,\"action\":\"SCMP_ACT_ALLOW\"}"), "syscalls[0].names" },
	{ RULE("{\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"}"), "syscalls[0].names: must name" },
	{ RULE("{\"names\":[\"\"],\"action\":\"SCMP_ACT_ALLOW\"}"), "syscalls[0].names[0]" },
	{ RULE("{\"names\":[\"a\",7],\"action\":\"SCMP_ACT_ALLOW\"}"), "syscalls[0].names[1]" },
	{ RULE("{\"name\":\"a\",\"names\":[\"b\"],\"action\":\"SCMP_ACT_ALLOW\"}"),
	  "syscalls[0].name: cannot stand beside" },
	{ RULE("{\"names\":[\"read\"]}"), "syscalls[0]: key 'action'" },
	{ RULE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"why\":\"x\"}"),
	  "syscalls[0].why" },
	{ RULE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"comment\":1}"),
	  "syscalls[0].comment" },
	{ RULE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"errnoRet\":1}"),
	  "syscalls[0].errnoRet: only" },
	{ RULE("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":\"EPERM\"}"),
	  "syscalls[0].errnoRet" },
	{ RULE("{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\"},"
	       "{\"names\":[\"a\"],\"action\":\"\"}"),
	  "syscalls[1].action: unknown" },
	{ LOG("\"includes\":{\"cap\":[]}"),
	  "syscalls[0].includes.cap" },
	{ LOG("\"excludes\":{\"caps\":[1]}"),
	  "syscalls[0].excludes.caps[0]" },
	{ LOG("\"includes\":{\"minKernel\":\"x\"}"),
	  "syscalls[0].includes.minKernel" },
	{ LOG("\"includes\":{\"minKernel\":\"4\"}"),
	  "syscalls[0].includes.minKernel" },
	/* a rule that does not apply here is checked all the same */
	{ LOG("\"includes\":{\"caps\":[\"X\"]},"
	       "\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]"),
	  "syscalls[0].args[0].index" },
	{ ARG("1"), "syscalls[0].args[0]" },
	{ ARG("{\"value\":0,\"op\":\"SCMP_CMP_EQ\"}"), "syscalls[0].args[0]: key 'index'" },
	{ ARG("{\"index\":0,\"op\":\"SCMP_CMP_EQ\"}"), "syscalls[0].args[0]: key 'value'" },
	{ ARG("{\"index\":0,\"value\":0}"), "syscalls[0].args[0]: key 'op'" },
	{ ARG("{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}"), "syscalls[0].args[0].index" },
	{ ARG("{\"index\":-1,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}"), "syscalls[0].args[0].index" },
	{ ARG("{\"index\":0.5,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}"), "syscalls[0].args[0].index" },
	{ ARG("{\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\"}"), "syscalls[0].args[0].value" },
	{ ARG("{\"index\":0,\"value\":9007199254740992,\"op\":\"SCMP_CMP_EQ\"}"),
	  "syscalls[0].args[0].value" },
	{ ARG("{\"index\":0,\"value\":\"0\",\"op\":\"SCMP_CMP_EQ\"}"),
	  "syscalls[0].args[0].value" },
	{ ARG("{\"index\":0,\"value\":0,\"op\":\"==\"}"), "syscalls[0].args[0].op: unknown" },
	{ ARG("{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_EQ\",\"extra\":0}"),
	  "syscalls[0].args[0].extra" },
	{ ARG("{\"index\":0,\"value\":1,\"valueTwo\":2,\"op\":\"SCMP_CMP_MASKED_EQ\"}"),
	  "syscalls[0].args[0].valueTwo: has bits outside" },
};

static void faults_are_named_by_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(faulty); i++) {
		struct bailiff_error err = { 0 };
		struct loaded_policy *loaded = NULL;
		const char *text = faulty[i].text;
		if (policy_json_parse(text, strlen(text), "x", &loaded, &err) != -EINVAL)
			fail_msg("accepted: %s", text);
		assert_null(loaded);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		if (strstr(err.message, faulty[i].message) == NULL)
			fail_msg("%s\ngives: %s\nnot: %s", text, err.message, faulty[i].message);
	}
}

/* Every proper prefix of a valid profile is refused, and nothing is read past its end. */
static void cut_texts_are_refused(void **state)
{
	(void)state;
	static const char text[] =
		ARG("{\"index\":0,\"value\":1,\"valueTwo\":1,\"op\":\"SCMP_CMP_MASKED_EQ\"}");
	loaded_policy_free(parse(text));
	for (size_t length = 0; length < strlen(text); length++) {
		struct bailiff_error err = { 0 };
		struct loaded_policy *loaded = NULL;
		AUTO_FREE char *copy = malloc(length + 1);
		assert_non_null(copy);
		memcpy(copy, text, length);
		copy[length] = '#';
		assert_int_equal(policy_json_parse(copy, length, "x", &loaded, &err), -EINVAL);
		assert_null(loaded);
	}
}

/* ---- files ------------------------------------------------------------------------------- */

/* Writes `text` to a new file below /tmp whose name ends in .json; fills `path`. */
static void make_file(char path[static 64], const char *text)
{
	(void)snprintf(path, 64, "/tmp/bailiff-policy-XXXXXX.json");
	int fd = mkstemps(path, 5);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static void files_are_read(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	char path[64];
	make_file(path, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	assert_int_equal(policy_json_read(path, &loaded, &err), 0);
	char name[64];
	(void)snprintf(name, sizeof name, "%.*s", (int)(strlen(path) - strlen("/tmp/.json")),
		       path + strlen("/tmp/"));
	assert_string_equal(loaded_policy_get(loaded)->name, name);
	loaded_policy_free(loaded);
	assert_int_equal(unlink(path), 0);
}

static void faulty_files_are_named(void **state)
{
	(void)state;
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	char path[64];
	make_file(path, "{\"defaultAction\":7}");
	assert_int_equal(policy_json_read(path, &loaded, &err), -EINVAL);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_non_null(strstr(err.message, path));
	assert_non_null(strstr(err.message, "defaultAction"));
	assert_int_equal(unlink(path), 0);

	assert_int_equal(policy_json_read(path, &loaded, &err), -ENOENT);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	assert_int_equal(policy_json_read("/tmp", &loaded, &err), -EISDIR);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	assert_null(loaded);
}

/* ---- extends ----------------------------------------------------------------------------- */

/* What a policy does with a call, when no condition matters; POLICY_DENY where it says nothing. */
static enum policy_action action_of(const struct bailiff_policy *policy, const char *name,
				    size_t *ret_rules)
{
	enum policy_action action = policy->default_action;
	*ret_rules = 0;
	for (size_t i = 0; i < policy->rule_count; i++) {
		for (const char *const *at = policy->rules[i].names; *at != NULL; at++) {
			if (strcmp(*at, name) != 0)
				continue;
			action = policy->rules[i].action;
			(*ret_rules)++;
		}
	}
	return action;
}

/* A child's rules for a name take the place of all of its parent's for that name, however many and
 * however severe; everything else is inherited. */
static void child_replaces_by_name(void **state)
{
	(void)state;
	const struct bailiff_policy *parent = bailiff_policy_builtin("native");
	struct loaded_policy *loaded = parse(
		"{ \"name\": \"child\", \"extends\": \"native\", \"syscalls\": ["
		"  { \"names\": [\"socket\", \"fcntl\"], \"action\": \"SCMP_ACT_ALLOW\" },"
		"  { \"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\" },"
		"  { \"names\": [\"write\"], \"action\": \"SCMP_ACT_ERRNO\","
		"    \"includes\": { \"caps\": [\"CAP_SYS_ADMIN\"] } } ] }");
	const struct bailiff_policy *child = loaded_policy_get(loaded);
	size_t rules;
	assert_string_equal(child->name, "child");
	assert_int_equal(child->default_action, parent->default_action);
	assert_int_equal(action_of(child, "socket", &rules), POLICY_ALLOW);
	assert_int_equal(rules, 1);
	assert_int_equal(action_of(child, "fcntl", &rules), POLICY_ALLOW);
	assert_int_equal(rules, 1);
	assert_int_equal(action_of(child, "read", &rules), POLICY_ERRNO);
	assert_int_equal(rules, 1);
	/* a rule that does not apply here replaces nothing */
	assert_int_equal(action_of(child, "write", &rules), POLICY_ALLOW);
	assert_int_equal(action_of(child, "connect", &rules), POLICY_DENY);
	assert_int_equal(rules, 1);
	(void)action_of(parent, "ioctl", &rules);
	assert_true(rules > 1);
	size_t inherited;
	(void)action_of(child, "ioctl", &inherited);
	assert_int_equal(inherited, rules);
	/* own rules stand last and know their place */
	assert_int_equal(loaded_policy_inherited(loaded), child->rule_count - 2);
	assert_int_equal(loaded_policy_place(loaded, child->rule_count - 2), 0);
	assert_int_equal(loaded_policy_place(loaded, child->rule_count - 1), 1);
	loaded_policy_free(loaded);
}

static void child_may_change_the_default(void **state)
{
	(void)state;
	struct loaded_policy *loaded = parse("{\"extends\":\"native\",\"defaultAction\":"
					     "\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38}");
	const struct bailiff_policy *child = loaded_policy_get(loaded);
	assert_int_equal(child->default_action, POLICY_ERRNO);
	assert_int_equal(child->default_errnum, 38);
	assert_int_equal(child->rule_count, bailiff_policy_builtin("native")->rule_count);
	loaded_policy_free(loaded);
}

/* A folder of files that extend each other, made anew for each test. */
static void write_named(const char *folder, const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int read_named(const char *folder, const char *name, struct loaded_policy **ret_loaded,
		      struct bailiff_error *err)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return policy_json_read(path, ret_loaded, err);
}

static void remove_folder(const char *folder, const char *const *names)
{
	char path[128];
	for (; *names != NULL; names++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, *names);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

/* Chains of files: by name beside, by path, and on to a built-in policy. */
static void files_extend_files(void **state)
{
	(void)state;
	static const char *const names[] = { "a.json", "b.json", "c.json", NULL };
	char folder[] = "/tmp/bailiff-extends-XXXXXX";
	assert_non_null(mkdtemp(folder));
	write_named(folder, "a.json", "{\"extends\":\"b\",\"syscalls\":"
		    "[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_LOG\"}]}");
	write_named(folder, "b.json", "{\"extends\":\"./c.json\",\"syscalls\":"
		    "[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_TRAP\"}]}");
	write_named(folder, "c.json", "{\"extends\":\"native\",\"syscalls\":"
		    "[{\"names\":[\"lseek\",\"write\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	if (read_named(folder, "a.json", &loaded, &err) != 0)
		fail_msg("%s", err.message);
	const struct bailiff_policy *policy = loaded_policy_get(loaded);
	size_t rules;
	assert_int_equal(action_of(policy, "read", &rules), POLICY_LOG);
	assert_int_equal(action_of(policy, "write", &rules), POLICY_TRAP);
	assert_int_equal(action_of(policy, "lseek", &rules), POLICY_ERRNO);
	assert_int_equal(action_of(policy, "openat", &rules), POLICY_ALLOW);
	assert_int_equal(action_of(policy, "socket", &rules), POLICY_DENY);
	assert_string_equal(policy->name, "a");
	loaded_policy_free(loaded);
	remove_folder(folder, names);
}

/* A circle, an endless row, a missing and a faulty parent: named by the key, never followed. */
static void faulty_chains_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *files[3]; /* texts of a.json, b.json, c.json */
		int rc;
		enum bailiff_fault fault;
		const char *message;
	} table[] = {
		{ { "{\"extends\":\"a\"}", "", "" }, -EINVAL, BAILIFF_FAULT_SPEC,
		  "/a.json': extends: 'a' extends itself" },
		{ { "{\"extends\":\"b\"}", "{\"extends\":\"c\"}", "{\"extends\":\"./a.json\"}" },
		  -EINVAL, BAILIFF_FAULT_SPEC, "extends: './a.json' extends itself" },
		{ { "{\"extends\":\"gone.json\"}", "", "" }, -ENOENT, BAILIFF_FAULT_INPUT,
		  "extends: open" },
		{ { "{\"extends\":\"b\"}", "{\"defaultAction\":3}", "" }, -EINVAL,
		  BAILIFF_FAULT_SPEC, "b.json': defaultAction: must be a string" },
	};
	static const char *const names[] = { "a.json", "b.json", "c.json", NULL };
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char folder[] = "/tmp/bailiff-extends-XXXXXX";
		assert_non_null(mkdtemp(folder));
		for (size_t f = 0; f < 3; f++)
			write_named(folder, names[f], table[i].files[f]);
		struct bailiff_error err = { 0 };
		struct loaded_policy *loaded = NULL;
		assert_int_equal(read_named(folder, "a.json", &loaded, &err), table[i].rc);
		assert_null(loaded);
		assert_int_equal(err.fault, table[i].fault);
		if (strstr(err.message, table[i].message) == NULL)
			fail_msg("%s\nnot: %s", err.message, table[i].message);
		remove_folder(folder, names);
	}
}

static void long_chains_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = { "p0.json", "p1.json", "p2.json", "p3.json", "p4.json",
					     "p5.json", "p6.json", "p7.json", "p8.json", "p9.json",
					     NULL };
	char folder[] = "/tmp/bailiff-extends-XXXXXX";
	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 10; i++) {
		char text[64];
		(void)snprintf(text, sizeof text, "{\"extends\":\"%s%d\"}", i < 9 ? "p" : "native",
			       i + 1);
		write_named(folder, names[i], i < 9 ? text : "{\"extends\":\"native\"}");
	}
	struct bailiff_error err = { 0 };
	struct loaded_policy *loaded = NULL;
	assert_int_equal(read_named(folder, "p0.json", &loaded, &err), -EINVAL);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_int_equal(read_named(folder, "p2.json", &loaded, &err), 0);
	loaded_policy_free(loaded);
	remove_folder(folder, names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest_profile),
		cmocka_unit_test(every_key_of_ours),
		cmocka_unit_test(every_action),
		cmocka_unit_test(repeated_argument_means_either),
		cmocka_unit_test(dockers_dialect),
		cmocka_unit_test(faults_are_named_by_path),
		cmocka_unit_test(cut_texts_are_refused),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(faulty_files_are_named),
		cmocka_unit_test(child_replaces_by_name),
		cmocka_unit_test(child_may_change_the_default),
		cmocka_unit_test(files_extend_files),
		cmocka_unit_test(faulty_chains_are_refused),
		cmocka_unit_test(long_chains_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
