/* SPDX-License-Identifier: MIT */
/*
 * From a JSON profile to the rules of struct bailiff_policy. Every key is checked, also in rules
 * that turn out not to apply here, so that a file is right or wrong on every machine alike; only
 * then are Docker's conditions (includes, excludes) and the two readings of `args` resolved, and
 * the rules of the policy that this one extends put before its own.
 */
#include "codec/policy_json.h"

#include "arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/json.h"
#include "codec/policy_inherit.h"
#include "input.h"
#include "nearest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* Docker's profile is about 14 KiB. */
#define POLICY_BYTES_MAX ((size_t)1 << 20)
#define POLICY_NAME_MAX 63u
/* In the file; a rule may become several. */
#define RULES_MAX 4096u
#define NAMES_MAX 1024u
/* Several values for each of the six arguments may be listed ("either of these"). */
#define ARGS_MAX 64u
#define ARGUMENTS 6u
/* The kernel's MAX_ERRNO. */
#define ERRNO_MAX 4095u
/* Policies in a row that extend one another. A reader who follows more is lost. */
#define EXTENDS_MAX 8u

/* This architecture's name in Go, the one Docker's conditions use. */
#if defined(__x86_64__)
#define GO_ARCH "amd64"
#elif defined(__aarch64__)
#define GO_ARCH "arm64"
#elif defined(__riscv)
#define GO_ARCH "riscv64"
#elif defined(__powerpc64__)
#define GO_ARCH "ppc64le"
#elif defined(__s390x__)
#define GO_ARCH "s390x"
#else
#define GO_ARCH ""
#endif

struct loaded_policy {
	struct bailiff_policy policy;
	struct arena arena; /* everything `policy` points to, but for the parent's strings */
	struct loaded_policy *parent; /* owned; NULL where it extends none or a built-in one */
	size_t inherited_count;	      /* rules of `policy` that come from the parent */
	size_t *places;		      /* of the other rules: index in the file's "syscalls" */
};

/* A file that is being read, and the one that extends it. Lives on the stack. */
struct origin {
	const char *path; /* NULL: a text, its relative paths start at the current folder */
	dev_t device;
	ino_t inode;
	const struct origin *child; /* NULL for the policy that was asked for */
};

struct reader {
	struct loaded_policy *loaded;
	const struct origin *origin;
	struct policy_rule *rules;
	size_t *places;
	size_t rule_count;
	size_t place; /* of the rule being read */
	struct bailiff_error *err;
};

/* ---- small values ------------------------------------------------------------------------ */

/* Go writes an empty list as null, so an optional key that is null counts as absent. */
static bool find_optional(const struct json_node *object, const char *key,
			  struct json_node *ret_value)
{
	return json_find(object, key, ret_value) && !cJSON_IsNull(ret_value->item);
}

static int copy_string(struct reader *reader, const struct json_node *node, const char **ret_text)
{
	const char *text = NULL;
	int rc = json_string(node, &text, reader->err);
	if (rc < 0)
		return rc;
	const char *copy = arena_copy(&reader->loaded->arena, text, strlen(text));
	if (copy == NULL)
		return fail_memory(reader->err);
	*ret_text = copy;
	return 0;
}

static int copy_optional(struct reader *reader, const struct json_node *object, const char *key,
			 const char **text)
{
	struct json_node node;
	return find_optional(object, key, &node) ? copy_string(reader, &node, text) : 0;
}

/* What there is to know about a list of strings: how many, and whether one names this
 * architecture. */
struct strings {
	size_t count;
	bool has_native;
};

static int read_strings(struct reader *reader, const struct json_node *object, const char *key,
			struct strings *ret_strings)
{
	struct strings strings = { 0 };
	struct json_node list;
	struct json_node item;
	if (find_optional(object, key, &list)) {
		int rc = json_array_size(&list, NAMES_MAX, &strings.count, reader->err);
		if (rc < 0)
			return rc;
		for (bool more = json_first(&list, &item); more; more = json_next(&item)) {
			const char *text = NULL;
			rc = json_string(&item, &text, reader->err);
			if (rc < 0)
				return rc;
			strings.has_native |= strcmp(text, GO_ARCH) == 0;
		}
	}
	*ret_strings = strings;
	return 0;
}

/* ---- actions ----------------------------------------------------------------------------- */

static int read_action(struct reader *reader, const struct json_node *node,
		       enum policy_action *ret_action)
{
	static const struct {
		const char *name;
		enum policy_action action;
	} actions[] = {
		{ "SCMP_ACT_ALLOW", POLICY_ALLOW },        { "SCMP_ACT_LOG", POLICY_LOG },
		{ "SCMP_ACT_ERRNO", POLICY_ERRNO },        { "SCMP_ACT_TRAP", POLICY_TRAP },
		{ "SCMP_ACT_KILL", POLICY_DENY },          { "SCMP_ACT_KILL_THREAD", POLICY_DENY },
		{ "SCMP_ACT_KILL_PROCESS", POLICY_DENY },  { "SCMP_ACT_NOTIFY", POLICY_DENY },
	};
	const char *name = NULL;
	int rc = json_string(node, &name, reader->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ARRAY_LENGTH(actions); i++) {
		if (strcmp(name, actions[i].name) != 0)
			continue;
		*ret_action = actions[i].action;
		return 0;
	}
	if (strcmp(name, "SCMP_ACT_TRACE") == 0)
		return json_fail(node, reader->err,
				 "SCMP_ACT_TRACE needs a tracer, and there is none");
	return json_fail(node, reader->err, "unknown action '%s'", name);
}

/* Reads an action and the errno that may stand beside it. */
static int read_outcome(struct reader *reader, const struct json_node *object,
			const char *const keys[2], enum policy_action *ret_action, int *ret_errnum)
{
	struct json_node node;
	enum policy_action action = POLICY_DENY;
	int rc = json_require(object, keys[0], &node, reader->err);
	if (rc == 0)
		rc = read_action(reader, &node, &action);
	if (rc < 0)
		return rc;
	uint64_t errnum = action == POLICY_ERRNO ? EPERM : 0;
	if (find_optional(object, keys[1], &node)) {
		if (action != POLICY_ERRNO)
			return json_fail(&node, reader->err, "only SCMP_ACT_ERRNO has an errno");
		rc = json_u64(&node, 1, ERRNO_MAX, &errnum, reader->err);
		if (rc < 0)
			return rc;
	}
	*ret_action = action;
	*ret_errnum = (int)errnum;
	return 0;
}

/* ---- Docker's conditions ----------------------------------------------------------------- */

/* Parses "4.8" and "6.1.0-42-amd64" alike. */
static bool parse_version(const char *text, unsigned long version[2])
{
	char *end;
	for (size_t i = 0; i < 2; i++) {
		if (*text < '0' || *text > '9')
			return false;
		errno = 0;
		version[i] = strtoul(text, &end, 10);
		if (errno != 0 || (i == 0 && *end != '.'))
			return false;
		text = end + 1;
	}
	return true;
}

/* Whether the running kernel is at least `min_kernel`. */
static int read_kernel(struct reader *reader, const struct json_node *min_kernel,
		       bool *ret_reached)
{
	const char *text = NULL;
	unsigned long wanted[2];
	unsigned long running[2];
	struct utsname host;
	int rc = json_string(min_kernel, &text, reader->err);
	if (rc < 0)
		return rc;
	if (!parse_version(text, wanted))
		return json_fail(min_kernel, reader->err, "must be a kernel version such as 4.8");
	if (uname(&host) != 0 || !parse_version(host.release, running))
		return fail_internal(reader->err, BAILIFF_STAGE_POLICY, 0,
				     "cannot tell the kernel's version");
	*ret_reached = running[0] != wanted[0] ? running[0] > wanted[0] : running[1] >= wanted[1];
	return 0;
}

/* An `includes` or `excludes` object, seen from here. */
struct condition {
	struct strings caps;
	struct strings arches;
	bool has_kernel;
	bool kernel_reached;
};

static int read_condition(struct reader *reader, const struct json_node *rule, const char *key,
			  struct condition *ret_condition)
{
	static const char *const allowed[] = { "caps", "arches", "minKernel", NULL };
	struct condition condition = { 0 };
	struct json_node object;
	struct json_node kernel;
	if (find_optional(rule, key, &object)) {
		int rc = json_only_keys(&object, allowed, reader->err);
		if (rc == 0)
			rc = read_strings(reader, &object, "caps", &condition.caps);
		if (rc == 0)
			rc = read_strings(reader, &object, "arches", &condition.arches);
		condition.has_kernel = rc == 0 && find_optional(&object, "minKernel", &kernel);
		if (condition.has_kernel)
			rc = read_kernel(reader, &kernel, &condition.kernel_reached);
		if (rc < 0)
			return rc;
	}
	*ret_condition = condition;
	return 0;
}

/* A rule counts when all of `includes` holds and nothing of `excludes` does. The program has no
 * capability, so one that is required never holds and one that is excluded never hits. */
static int rule_applies(struct reader *reader, const struct json_node *rule, bool *ret_applies)
{
	struct condition in;
	struct condition ex;
	int rc = read_condition(reader, rule, "includes", &in);
	if (rc == 0)
		rc = read_condition(reader, rule, "excludes", &ex);
	if (rc < 0)
		return rc;
	bool included = in.caps.count == 0 && (in.arches.count == 0 || in.arches.has_native) &&
			(!in.has_kernel || in.kernel_reached);
	bool excluded = ex.arches.has_native || (ex.has_kernel && ex.kernel_reached);
	*ret_applies = included && !excluded;
	return 0;
}

/* ---- args -------------------------------------------------------------------------------- */

static int read_operator(struct reader *reader, const struct json_node *node,
			 enum policy_operator *ret_op)
{
	static const char *const names[] = {
		[POLICY_NE] = "SCMP_CMP_NE", [POLICY_LT] = "SCMP_CMP_LT",
		[POLICY_LE] = "SCMP_CMP_LE", [POLICY_EQ] = "SCMP_CMP_EQ",
		[POLICY_GE] = "SCMP_CMP_GE", [POLICY_GT] = "SCMP_CMP_GT",
		[POLICY_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
	};
	const char *name = NULL;
	int rc = json_string(node, &name, reader->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		*ret_op = (enum policy_operator)i;
		return 0;
	}
	return json_fail(node, reader->err, "unknown operator '%s'", name);
}

/* Reads one of `args`. */
static int read_argument(struct reader *reader, const struct json_node *node,
			 struct policy_condition *ret_condition)
{
	static const char *const allowed[] = { "index", "value", "valueTwo", "op", NULL };
	struct policy_condition condition = { 0 };
	struct json_node index;
	struct json_node value;
	struct json_node op;
	uint64_t number = 0;
	int rc = json_only_keys(node, allowed, reader->err);
	if (rc == 0)
		rc = json_require(node, "index", &index, reader->err);
	if (rc == 0)
		rc = json_u64(&index, 0, ARGUMENTS - 1, &number, reader->err);
	condition.index = (unsigned)number;
	if (rc == 0)
		rc = json_require(node, "value", &value, reader->err);
	if (rc == 0)
		rc = json_u64(&value, 0, JSON_INTEGER_MAX, &condition.value, reader->err);
	if (rc == 0)
		rc = json_require(node, "op", &op, reader->err);
	if (rc == 0)
		rc = read_operator(reader, &op, &condition.op);
	if (rc == 0 && find_optional(node, "valueTwo", &value))
		rc = json_u64(&value, 0, JSON_INTEGER_MAX, &condition.value_two, reader->err);
	if (rc < 0)
		return rc;
	if (condition.op == POLICY_MASKED_EQ && (condition.value_two & ~condition.value) != 0)
		return json_fail(&value, reader->err, "has bits outside the mask in 'value'");
	*ret_condition = condition;
	return 0;
}

/* *ret_either: some argument is named twice, so the conditions are alternatives. */
static int read_args(struct reader *reader, const struct json_node *rule,
		     struct policy_condition conditions[ARGS_MAX], size_t *ret_count,
		     bool *ret_either)
{
	struct json_node args;
	struct json_node item;
	size_t count = 0;
	unsigned seen = 0;
	*ret_either = false;
	*ret_count = 0;
	if (!find_optional(rule, "args", &args))
		return 0;
	int rc = json_array_size(&args, ARGS_MAX, &count, reader->err);
	if (rc < 0)
		return rc;
	struct policy_condition *condition = conditions;
	for (bool more = json_first(&args, &item); more; more = json_next(&item), condition++) {
		rc = read_argument(reader, &item, condition);
		if (rc < 0)
			return rc;
		*ret_either |= (seen & 1u << condition->index) != 0;
		seen |= 1u << condition->index;
	}
	*ret_count = count;
	return 0;
}

/* ---- rules ------------------------------------------------------------------------------- */

static int read_name(struct reader *reader, const struct json_node *node, const char **ret_name)
{
	int rc = copy_string(reader, node, ret_name);
	if (rc < 0)
		return rc;
	return **ret_name != '\0' ? 0 : json_fail(node, reader->err, "must not be empty");
}

/* `names`, or `name` as older Docker profiles have it. */
static int read_names(struct reader *reader, const struct json_node *rule,
		      const char *const **ret_names)
{
	struct json_node single;
	struct json_node list;
	struct json_node item;
	size_t count = 1;
	bool has_single = find_optional(rule, "name", &single);
	if (has_single && find_optional(rule, "names", &list))
		return json_fail(&single, reader->err, "cannot stand beside 'names'");
	int rc = has_single ? 0 : json_require(rule, "names", &list, reader->err);
	if (rc == 0 && !has_single)
		rc = json_array_size(&list, NAMES_MAX, &count, reader->err);
	if (rc < 0)
		return rc;
	if (count == 0)
		return json_fail(&list, reader->err, "must name at least one call");
	const char **names = arena_alloc(&reader->loaded->arena, (count + 1) * sizeof *names);
	if (names == NULL)
		return fail_memory(reader->err);
	*ret_names = names;
	if (has_single)
		return read_name(reader, &single, names);
	for (bool more = json_first(&list, &item); more && rc == 0; more = json_next(&item))
		rc = read_name(reader, &item, names++);
	return rc;
}

static int add_rule(struct reader *reader, const struct policy_rule *rule)
{
	struct arena *arena = &reader->loaded->arena;
	struct policy_rule *rules =
		arena_grow(arena, reader->rules, reader->rule_count, sizeof *rules);
	size_t *places = arena_grow(arena, reader->places, reader->rule_count, sizeof *places);
	if (rules == NULL || places == NULL)
		return fail_memory(reader->err);
	reader->rules = rules;
	reader->places = places;
	places[reader->rule_count] = reader->place;
	rules[reader->rule_count++] = *rule;
	return 0;
}

/* Adds the rule under all its conditions together, or once for each of them. */
static int add_with_args(struct reader *reader, const struct json_node *node,
			 struct policy_rule *rule)
{
	struct policy_condition conditions[ARGS_MAX];
	size_t count = 0;
	bool either = false;
	int rc = read_args(reader, node, conditions, &count, &either);
	if (rc < 0 || count == 0)
		return rc < 0 ? rc : add_rule(reader, rule);
	struct policy_condition *kept = arena_alloc(&reader->loaded->arena, count * sizeof *kept);
	if (kept == NULL)
		return fail_memory(reader->err);
	memcpy(kept, conditions, count * sizeof *kept);
	rule->conditions = kept;
	rule->condition_count = either ? 1 : count;
	for (size_t i = 0; i < (either ? count : 1) && rc == 0; i++) {
		rule->conditions = kept + i;
		rc = add_rule(reader, rule);
	}
	return rc;
}

static int read_rule(struct reader *reader, const struct json_node *node)
{
	static const char *const allowed[] = { "names",    "name",     "action", "errnoRet", "args",
					       "comment",  "includes", "excludes", NULL };
	static const char *const outcome_keys[] = { "action", "errnoRet" };
	struct policy_rule rule = { .why = "" };
	bool applies = false;
	int rc = json_only_keys(node, allowed, reader->err);
	if (rc == 0)
		rc = read_names(reader, node, &rule.names);
	if (rc == 0)
		rc = read_outcome(reader, node, outcome_keys, &rule.action, &rule.errnum);
	if (rc == 0)
		rc = copy_optional(reader, node, "comment", &rule.why);
	if (rc == 0)
		rc = rule_applies(reader, node, &applies);
	size_t before = reader->rule_count;
	if (rc == 0)
		rc = add_with_args(reader, node, &rule);
	if (!applies) /* its args were checked all the same */
		reader->rule_count = before;
	return rc;
}

static int read_rules(struct reader *reader, const struct json_node *root)
{
	struct json_node list;
	struct json_node item;
	size_t count;
	if (!find_optional(root, "syscalls", &list))
		return 0;
	int rc = json_array_size(&list, RULES_MAX, &count, reader->err);
	if (rc < 0)
		return rc;
	for (bool more = json_first(&list, &item); more && rc == 0; more = json_next(&item)) {
		reader->place = item.index;
		rc = read_rule(reader, &item);
	}
	return rc;
}

/* ---- extends ----------------------------------------------------------------------------- */

static int read_file(const char *path, const struct origin *child,
		     struct loaded_policy **ret_policy, struct bailiff_error *err);

/* "native" and "base" are names; "base.json" and "../base" are paths. */
static bool is_path(const char *name)
{
	size_t length = strlen(name);
	size_t suffix = strlen(".json");
	return strchr(name, '/') != NULL ||
	       (length > suffix && strcmp(name + length - suffix, ".json") == 0);
}

/* The file that `extends` means, in the arena; NULL where memory ran out. */
static const char *parent_path(struct reader *reader, const char *name)
{
	const char *own = reader->origin->path;
	const char *slash = own != NULL && name[0] != '/' ? strrchr(own, '/') : NULL;
	int folder_length = slash != NULL ? (int)(slash - own) + 1 : 0;
	return arena_format(&reader->loaded->arena, "%.*s%s%s", folder_length,
			    own != NULL ? own : "", name, is_path(name) ? "" : ".json");
}

static int fail_parent_name(struct reader *reader, const struct json_node *node, const char *name)
{
	const char *names[POLICY_BUILTIN_MAX + 1] = { NULL };
	for (size_t i = 0; i < POLICY_BUILTIN_MAX && bailiff_policy_builtin_name(i) != NULL; i++)
		names[i] = bailiff_policy_builtin_name(i);
	int rc = json_fail(node, reader->err,
			   "policy '%s' is neither built in nor a file beside this one", name);
	const char *nearest = nearest_name(name, names);
	if (nearest != NULL && reader->err != NULL)
		(void)snprintf(reader->err->hint, sizeof reader->err->hint, "did you mean '%s'?",
			       nearest);
	return rc;
}

/* Fails where `file` is being read already, or the row of files is too long. */
static int check_chain(struct reader *reader, const struct json_node *node, const char *name,
		       const struct stat *file)
{
	size_t length = 1;
	for (const struct origin *at = reader->origin; at != NULL; at = at->child, length++)
		if (at->path != NULL && at->device == file->st_dev && at->inode == file->st_ino)
			return json_fail(node, reader->err, "'%s' extends itself", name);
	if (length > EXTENDS_MAX)
		return json_fail(node, reader->err, "more than %u policies extend one another",
				 EXTENDS_MAX);
	return 0;
}

static int read_parent_file(struct reader *reader, const struct json_node *node, const char *name,
			    const struct bailiff_policy **ret_parent)
{
	struct stat file;
	const char *path = parent_path(reader, name);
	if (path == NULL)
		return fail_memory(reader->err);
	bool exists = stat(path, &file) == 0;
	if (!exists && !is_path(name))
		return fail_parent_name(reader, node, name);
	int rc = exists ? check_chain(reader, node, name, &file) : 0;
	if (rc < 0)
		return rc;
	struct bailiff_error inner = { 0 };
	rc = read_file(path, reader->origin, &reader->loaded->parent, &inner);
	if (rc < 0) {
		(void)json_fail(node, reader->err, "%s", inner.message);
		if (reader->err != NULL)
			reader->err->fault = inner.fault;
		return rc;
	}
	*ret_parent = &reader->loaded->parent->policy;
	return 0;
}

/* *ret_parent stays NULL where the policy extends none. */
static int read_parent(struct reader *reader, const struct json_node *root,
		       const struct bailiff_policy **ret_parent)
{
	struct json_node node;
	const char *name = NULL;
	*ret_parent = NULL;
	if (!find_optional(root, "extends", &node))
		return 0;
	int rc = json_string(&node, &name, reader->err);
	if (rc < 0)
		return rc;
	if (name[0] == '\0')
		return json_fail(&node, reader->err, "must name a policy");
	*ret_parent = bailiff_policy_builtin(name);
	return *ret_parent != NULL ? 0 : read_parent_file(reader, &node, name, ret_parent);
}

/* Without a default action of its own, a policy has its parent's. */
static int read_default(struct reader *reader, const struct json_node *root,
			const struct bailiff_policy *parent)
{
	static const char *const keys[] = { "defaultAction", "defaultErrnoRet" };
	struct bailiff_policy *policy = &reader->loaded->policy;
	struct json_node node;
	if (parent == NULL || find_optional(root, keys[0], &node))
		return read_outcome(reader, root, keys, &policy->default_action,
				    &policy->default_errnum);
	if (find_optional(root, keys[1], &node))
		return json_fail(&node, reader->err, "needs a defaultAction beside it");
	policy->default_action = parent->default_action;
	policy->default_errnum = parent->default_errnum;
	return 0;
}

/* ---- the document ------------------------------------------------------------------------ */

/* Results show the name, so it is kept short and free of odd characters. */
static int read_policy_name(struct reader *reader, const struct json_node *root,
			    const char **name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	struct json_node node;
	if (!find_optional(root, "name", &node))
		return 0;
	int rc = copy_string(reader, &node, name);
	if (rc < 0)
		return rc;
	size_t length = strlen(*name);
	if (length == 0 || length > POLICY_NAME_MAX || strspn(*name, allowed) != length)
		return json_fail(&node, reader->err, "must be 1 to %u letters, digits, '.', '_' or "
				 "'-'", POLICY_NAME_MAX);
	return 0;
}

/* Keys of other runtimes that change nothing here are read for their form only. */
static int check_foreign_keys(struct reader *reader, const struct json_node *root)
{
	struct strings strings;
	struct json_node node;
	const char *text;
	size_t count;
	int rc = read_strings(reader, root, "architectures", &strings);
	if (rc == 0)
		rc = read_strings(reader, root, "flags", &strings);
	if (rc == 0 && find_optional(root, "listenerPath", &node))
		rc = json_string(&node, &text, reader->err);
	if (rc == 0 && find_optional(root, "listenerMetadata", &node))
		rc = json_string(&node, &text, reader->err);
	if (rc == 0 && find_optional(root, "archMap", &node))
		rc = json_array_size(&node, NAMES_MAX, &count, reader->err);
	return rc;
}

/* The parent's rules, where there is one, and behind them the policy's own. */
static int join_rules(struct reader *reader, const struct bailiff_policy *parent)
{
	struct loaded_policy *loaded = reader->loaded;
	const struct policy_rules own = { reader->rules, reader->rule_count };
	struct policy_rules all = own;
	if (parent != NULL && policy_inherit(&loaded->arena, parent, &own, &all) < 0)
		return fail_memory(reader->err);
	loaded->policy.rules = all.items;
	loaded->policy.rule_count = all.count;
	loaded->inherited_count = all.count - own.count;
	loaded->places = reader->places;
	return 0;
}

static int read_document(struct reader *reader, const struct json_node *root)
{
	static const char *const allowed[] = {
		"name", "description", "extends", "defaultAction", "defaultErrnoRet",
		"architectures", "archMap", "flags", "listenerPath", "listenerMetadata", "syscalls",
		NULL,
	};
	struct bailiff_policy *policy = &reader->loaded->policy;
	const struct bailiff_policy *parent = NULL;
	int rc = json_only_keys(root, allowed, reader->err);
	if (rc == 0)
		rc = read_policy_name(reader, root, &policy->name);
	if (rc == 0)
		rc = copy_optional(reader, root, "description", &policy->description);
	if (rc == 0)
		rc = read_parent(reader, root, &parent);
	if (rc == 0)
		rc = read_default(reader, root, parent);
	if (rc == 0)
		rc = check_foreign_keys(reader, root);
	if (rc == 0)
		rc = read_rules(reader, root);
	return rc == 0 ? join_rules(reader, parent) : rc;
}

static int parse(const struct input *input, const char *name, const struct origin *origin,
		 struct loaded_policy **ret_policy, struct bailiff_error *err)
{
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = json_parse(input->text, input->size, &document, err);
	if (rc < 0)
		return rc;
	struct loaded_policy *loaded = calloc(1, sizeof *loaded);
	if (loaded == NULL)
		return fail_memory(err);
	struct reader reader = { .loaded = loaded, .origin = origin, .err = err };
	struct json_node root = json_root(document);
	loaded->policy.description = "";
	loaded->policy.name = arena_copy(&loaded->arena, name, strlen(name));
	rc = loaded->policy.name != NULL ? read_document(&reader, &root) : fail_memory(err);
	if (rc < 0) {
		loaded_policy_free(loaded);
		return rc;
	}
	*ret_policy = loaded;
	return 0;
}

int policy_json_parse(const char *text, size_t length, const char *name,
		      struct loaded_policy **ret_policy, struct bailiff_error *err)
{
	AUTO_FREE char *copy = strndup(text, length);
	if (copy == NULL)
		return fail_memory(err);
	const struct input input = { .text = copy, .size = length };
	const struct origin origin = { .path = NULL };
	return parse(&input, name, &origin, ret_policy, err);
}

/* "policies/strict.json" gives "strict". The caller frees it; NULL where memory ran out. */
static char *name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	size_t length = strlen(base);
	if (length > strlen(".json") && strcmp(base + length - strlen(".json"), ".json") == 0)
		length -= strlen(".json");
	return strndup(base, length);
}

static int read_file(const char *path, const struct origin *child,
		     struct loaded_policy **ret_policy, struct bailiff_error *err)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	struct origin origin = { .path = path, .child = child };
	struct stat file;
	int rc = input_read_file(path, POLICY_BYTES_MAX, &input, err);
	if (rc < 0)
		return rc;
	if (stat(path, &file) < 0)
		return fail_input(err, errno, "look at '%s'", path);
	origin.device = file.st_dev;
	origin.inode = file.st_ino;
	AUTO_FREE char *name = name_of_file(path);
	if (name == NULL)
		return fail_memory(err);
	struct bailiff_error detail = { 0 };
	rc = parse(&input, name, &origin, ret_policy, &detail);
	if (rc < 0 && err != NULL) { /* the key's path says nothing about the file */
		*err = detail;
		(void)snprintf(err->message, sizeof err->message, "policy '%.100s': %.200s", path,
			       detail.message);
	}
	return rc;
}

int policy_json_read(const char *path, struct loaded_policy **ret_policy,
		     struct bailiff_error *err)
{
	return read_file(path, NULL, ret_policy, err);
}

const struct bailiff_policy *loaded_policy_get(const struct loaded_policy *loaded)
{
	return &loaded->policy;
}

size_t loaded_policy_inherited(const struct loaded_policy *loaded)
{
	return loaded->inherited_count;
}

size_t loaded_policy_place(const struct loaded_policy *loaded, size_t rule)
{
	return loaded->places[rule - loaded->inherited_count];
}

void loaded_policy_free(struct loaded_policy *loaded)
{
	while (loaded != NULL) {
		struct loaded_policy *parent = loaded->parent;
		arena_finish(&loaded->arena);
		free(loaded);
		loaded = parent;
	}
}
