/* SPDX-License-Identifier: MIT */
/*
 * Reads a language definition. Everything is copied into the set's arena; the JSON tree is gone on
 * return. "comment" is allowed in every object, because JSON has no comments and a flag without
 * its reason cannot be reviewed.
 */
#include "codec/language_json.h"

#include "base/error.h"
#include "codec/json.h"
#include "codec/limits_json.h"

#include <string.h>

/* Bytes of memory and threads that a run-time system could want for itself. */
#define RUNTIME_MEMORY_MAX (UINT64_C(1) << 40)
#define RUNTIME_PROCESSES_MAX 10000u

struct reader {
	struct arena *arena;
	const char *folder;
	struct bailiff_error *err;
};

typedef int (*value_read)(const struct reader *reader, const struct json_node *value,
			  const char **ret_text);

/* ---- values -------------------------------------------------------------------------------- */

static int copy_text(const struct reader *reader, const char *text, const char **ret_copy)
{
	const char *copy = arena_copy(reader->arena, text, strlen(text));
	if (copy == NULL)
		return fail_memory(reader->err);
	*ret_copy = copy;
	return 0;
}

static int read_nonempty(const struct reader *reader, const struct json_node *value,
			 const char **ret_text)
{
	const char *text = NULL;
	int rc = json_nonempty_string(value, &text, reader->err);
	return rc < 0 ? rc : copy_text(reader, text, ret_text);
}

/* An id: lower-case letters, digits and '-', because it stands on command lines and in names. */
static int read_id(const struct reader *reader, const struct json_node *value, const char **ret_id)
{
	int rc = read_nonempty(reader, value, ret_id);
	if (rc < 0)
		return rc;
	size_t length = strlen(*ret_id);
	if (length > 32 || strspn(*ret_id, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return json_fail(value, reader->err,
				 "must be at most 32 lower-case letters, digits and '-'");
	return 0;
}

static int read_extension(const struct reader *reader, const struct json_node *value,
			  const char **ret_text)
{
	int rc = read_nonempty(reader, value, ret_text);
	if (rc == 0 && strpbrk(*ret_text, "./") != NULL)
		return json_fail(value, reader->err, "must not contain '.' or '/'");
	return rc;
}

/* A file of the working folder. */
static int read_file_name(const struct reader *reader, const struct json_node *value,
			  const char **ret_text)
{
	int rc = read_nonempty(reader, value, ret_text);
	if (rc == 0 && strchr(*ret_text, '/') != NULL)
		return json_fail(value, reader->err, "must be a name without '/'");
	return rc;
}

static int read_key(const struct reader *reader, const struct json_node *object, const char *key,
		    value_read read, const char **ret_text)
{
	struct json_node value;
	int rc = json_require(object, key, &value, reader->err);
	return rc < 0 ? rc : read(reader, &value, ret_text);
}

/* A policy: a built-in one's name, or a file's path. */
static int read_policy(const struct reader *reader, const struct json_node *object,
		       const char **ret_policy)
{
	int rc = read_key(reader, object, "policy", read_nonempty, ret_policy);
	if (rc < 0 || bailiff_policy_builtin(*ret_policy) != NULL || (*ret_policy)[0] == '/' ||
	    reader->folder == NULL)
		return rc;
	*ret_policy = arena_format(reader->arena, "%s/%s", reader->folder, *ret_policy);
	return *ret_policy != NULL ? 0 : fail_memory(reader->err);
}

/* An array of strings that must not be empty. */
static int read_list(const struct reader *reader, const struct json_node *array, value_read read,
		     const char *const **ret_list)
{
	size_t count = 0;
	int rc = json_array_size(array, LANGUAGE_LIST_MAX, &count, reader->err);
	if (rc < 0)
		return rc;
	if (count == 0)
		return json_fail(array, reader->err, "must not be empty");
	const char **list = arena_alloc(reader->arena, (count + 1) * sizeof *list);
	if (list == NULL)
		return fail_memory(reader->err);
	struct json_node item;
	for (bool more = json_first(array, &item); more; more = json_next(&item)) {
		rc = read(reader, &item, &list[item.index]);
		if (rc < 0)
			return rc;
	}
	*ret_list = list;
	return 0;
}

static int read_list_key(const struct reader *reader, const struct json_node *object,
			 const char *key, value_read read, const char *const **ret_list)
{
	struct json_node array;
	int rc = json_require(object, key, &array, reader->err);
	return rc < 0 ? rc : read_list(reader, &array, read, ret_list);
}

/* Any string: an argument may be empty. */
static int read_argument(const struct reader *reader, const struct json_node *value,
			 const char **ret_text)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	return rc < 0 ? rc : copy_text(reader, text, ret_text);
}

/* A command. The program is named by a path, so that PATH cannot decide which one it is. */
static int read_command(const struct reader *reader, const struct json_node *object,
			const char *key, const char *const **ret_argv)
{
	int rc = read_list_key(reader, object, key, read_argument, ret_argv);
	if (rc < 0 || strchr((*ret_argv)[0], '/') != NULL)
		return rc;
	struct json_node array;
	(void)json_find(object, key, &array); /* it was just read */
	return json_fail(&array, reader->err, "must begin with the path of a program");
}

/* ---- parts of a definition ----------------------------------------------------------------- */

static int read_env(const struct reader *reader, const struct json_node *root,
		    struct language *language)
{
	struct json_node object;
	if (!json_find(root, "env", &object))
		return 0;
	int rc = json_only_keys(&object, NULL, reader->err);
	if (rc < 0)
		return rc;
	const char **env = arena_alloc(reader->arena, (JSON_KEYS_MAX + 1) * sizeof *env);
	if (env == NULL)
		return fail_memory(reader->err);
	size_t count = 0;
	struct json_node value;
	for (bool more = json_first(&object, &value); more; more = json_next(&value)) {
		const char *key = value.item->string;
		const char *text = NULL;
		rc = json_string(&value, &text, reader->err);
		if (rc < 0)
			return rc;
		if (key[0] == '\0' || strchr(key, '=') != NULL)
			return json_fail(&value, reader->err,
					 "the name must not be empty or contain '='");
		env[count] = arena_format(reader->arena, "%s=%s", key, text);
		if (env[count++] == NULL)
			return fail_memory(reader->err);
	}
	language->env = env;
	return 0;
}

static int read_bind(const struct reader *reader, const struct json_node *object,
		     struct language_bind *bind)
{
	static const char *const keys[] = { "from", "to", "optional", "comment", NULL };
	struct json_node value;
	int rc = json_only_keys(object, keys, reader->err);
	if (rc == 0)
		rc = read_key(reader, object, "from", read_nonempty, &bind->bind.from);
	if (rc == 0 && bind->bind.from[0] != '/')
		rc = json_fail(object, reader->err, "'from' must be an absolute path");
	if (rc == 0 && json_find(object, "to", &value))
		rc = read_nonempty(reader, &value, &bind->bind.to);
	if (rc == 0 && json_find(object, "optional", &value))
		rc = json_bool(&value, &bind->optional, reader->err);
	return rc;
}

static int read_binds(const struct reader *reader, const struct json_node *root,
		      struct language *language)
{
	struct json_node array;
	size_t count = 0;
	if (!json_find(root, "binds", &array))
		return 0;
	int rc = json_array_size(&array, LANGUAGE_LIST_MAX, &count, reader->err);
	if (rc < 0 || count == 0)
		return rc;
	struct language_bind *binds = arena_alloc(reader->arena, count * sizeof *binds);
	if (binds == NULL)
		return fail_memory(reader->err);
	struct json_node item;
	for (bool more = json_first(&array, &item); more; more = json_next(&item)) {
		rc = read_bind(reader, &item, &binds[item.index]);
		if (rc < 0)
			return rc;
	}
	language->binds = binds;
	language->bind_count = count;
	return 0;
}

static int read_compile(const struct reader *reader, const struct json_node *root,
			struct language_compile *compile)
{
	static const char *const keys[] = {
		"argv", "policy", "limits", "artifacts", "comment", NULL
	};
	struct json_node object;
	struct json_node value;
	if (!json_find(root, "compile", &object))
		return 0;
	int rc = json_only_keys(&object, keys, reader->err);
	if (rc == 0)
		rc = read_command(reader, &object, "argv", &compile->argv);
	if (rc == 0)
		rc = read_policy(reader, &object, &compile->policy);
	if (rc == 0 && json_find(&object, "limits", &value))
		rc = limits_json_read(&value, NULL, &compile->limits, reader->err);
	if (rc == 0 && json_find(&object, "artifacts", &value))
		rc = read_list(reader, &value, read_file_name, &compile->artifacts);
	return rc;
}

static int read_run(const struct reader *reader, const struct json_node *root,
		    struct language_run *run)
{
	static const char *const keys[] = { "argv",	    "policy",  "processes",
					    "memory_bytes", "comment", NULL };
	struct json_node object;
	struct json_node value;
	int rc = json_require(root, "run", &object, reader->err);
	if (rc == 0)
		rc = json_only_keys(&object, keys, reader->err);
	if (rc == 0)
		rc = read_command(reader, &object, "argv", &run->argv);
	if (rc == 0)
		rc = read_policy(reader, &object, &run->policy);
	if (rc == 0 && json_find(&object, "processes", &value))
		rc = json_u64(&value, 0, RUNTIME_PROCESSES_MAX, &run->processes, reader->err);
	if (rc == 0 && json_find(&object, "memory_bytes", &value))
		rc = json_u64(&value, 0, RUNTIME_MEMORY_MAX, &run->memory_bytes, reader->err);
	return rc;
}

static int read_head(const struct reader *reader, const struct json_node *root,
		     struct language *language)
{
	struct json_node value;
	int rc = read_key(reader, root, "id", read_id, &language->id);
	if (rc == 0)
		rc = read_key(reader, root, "name", read_nonempty, &language->name);
	if (rc == 0)
		rc = read_list_key(reader, root, "extensions", read_extension,
				   &language->extensions);
	if (rc == 0 && json_find(root, "by_extension", &value))
		rc = json_bool(&value, &language->by_extension, reader->err);
	if (rc == 0)
		rc = read_key(reader, root, "package", read_nonempty, &language->package);
	if (rc == 0)
		rc = read_command(reader, root, "version", &language->version_argv);
	if (rc == 0)
		rc = read_key(reader, root, "source", read_file_name, &language->source);
	return rc;
}

int language_json_read(struct arena *arena, const char *text, size_t length, const char *folder,
		       struct language *ret_language, struct bailiff_error *err)
{
	static const char *const keys[] = {
		"id",	  "name", "comment", "extensions", "by_extension", "package", "version",
		"source", "env",  "binds",   "compile",	   "run",	   NULL
	};
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = json_parse(text, length, &document, err);
	if (rc < 0)
		return rc;
	struct json_node root = json_root(document);
	const struct reader reader = { .arena = arena, .folder = folder, .err = err };
	struct language language = { .by_extension = true };
	rc = json_only_keys(&root, keys, err);
	if (rc == 0)
		rc = read_head(&reader, &root, &language);
	if (rc == 0)
		rc = read_env(&reader, &root, &language);
	if (rc == 0)
		rc = read_binds(&reader, &root, &language);
	if (rc == 0)
		rc = read_compile(&reader, &root, &language.compile);
	if (rc == 0)
		rc = read_run(&reader, &root, &language.run);
	if (rc == 0)
		*ret_language = language;
	return rc;
}
