/* SPDX-License-Identifier: MIT */
/*
 * Objects by tables of keys, and the values of specs. The text is untrusted; nothing of the JSON
 * tree is pointed to by what was read.
 */
#include "codec/spec_read.h"

#include "base/mem.h"
#include "codec/base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int spec_read_object(struct spec_reader *reader, const struct json_node *object,
		     const struct spec_key *keys, size_t count, void *target)
{
	const char *allowed[SPEC_KEYS_MAX + 1] = { NULL };
	for (size_t i = 0; i < count; i++)
		allowed[i] = keys[i].name;
	int rc = json_only_keys(object, allowed, reader->err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct json_node value;
		if (json_find(object, keys[i].name, &value))
			rc = keys[i].read(reader, &value, target);
	}
	return rc;
}

int spec_read_array(struct spec_reader *reader, const struct json_node *array, size_t max,
		    spec_value_read read_element, void *target)
{
	size_t count = 0;
	int rc = json_array_size(array, max, &count, reader->err);
	if (rc < 0)
		return rc;
	struct json_node element;
	for (bool more = json_first(array, &element); more; more = json_next(&element)) {
		rc = read_element(reader, &element, target);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int copy_text(struct spec_reader *reader, const char *text, const char **ret_copy)
{
	const char *copy = arena_copy(reader->arena, text, strlen(text));
	if (copy == NULL)
		return fail_memory(reader->err);
	*ret_copy = copy;
	return 0;
}

int spec_read_text(struct spec_reader *reader, const struct json_node *value, const char **ret_text)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	return rc < 0 ? rc : copy_text(reader, text, ret_text);
}

int spec_read_nonempty(struct spec_reader *reader, const struct json_node *value,
		       const char **ret_text)
{
	const char *text = NULL;
	int rc = json_nonempty_string(value, &text, reader->err);
	return rc < 0 ? rc : copy_text(reader, text, ret_text);
}

int spec_read_text_bytes(struct spec_reader *reader, const struct json_node *value,
			 struct spec_bytes *ret_bytes)
{
	const char *text = NULL;
	int rc = spec_read_text(reader, value, &text);
	if (rc < 0)
		return rc;
	*ret_bytes = (struct spec_bytes){ text, strlen(text) };
	return 0;
}

int spec_read_base64_bytes(struct spec_reader *reader, const struct json_node *value,
			   struct spec_bytes *ret_bytes)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	if (rc < 0)
		return rc;
	size_t length = strlen(text);
	unsigned char *data = arena_alloc(reader->arena, base64_decoded_max(length) + 1);
	if (data == NULL)
		return fail_memory(reader->err);
	size_t size = 0;
	if (!base64_decode(text, length, data, &size))
		return json_fail(value, reader->err, "must be base64 (RFC 4648, with padding)");
	*ret_bytes = (struct spec_bytes){ data, size };
	return 0;
}

/* ---- what a spec may name -------------------------------------------------------------------- */

static int copy_path(struct spec_reader *reader, const char *path, const char **ret_path)
{
	const char *folder = reader->scope->folder;
	if (folder == NULL || path[0] == '/')
		return copy_text(reader, path, ret_path);
	const char *joined = arena_format(reader->arena, "%s/%s", folder, path);
	if (joined == NULL)
		return fail_memory(reader->err);
	*ret_path = joined;
	return 0;
}

/* Whether a path in its shortest form is a folder's, or below it. */
static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	while (length > 0 && folder[length - 1] == '/')
		length--;
	return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* With links and ".." resolved on both sides: what counts is where a path leads. */
static bool is_allowed(const struct spec_scope *scope, const char *resolved)
{
	const char *const *folder = scope->allowed;
	for (; folder != NULL && *folder != NULL; folder++) {
		AUTO_FREE char *allowed = realpath(*folder, NULL);
		if (allowed != NULL && is_below(resolved, allowed))
			return true;
	}
	return false;
}

/* Nothing but the spec's mistake is told of a path outside, not even whether it is there. */
static int fail_path(struct spec_reader *reader, const struct json_node *value)
{
	int rc = json_fail(value, reader->err,
			   "a job must not name a file of the machine that "
			   "runs it");
	(void)snprintf(reader->err->hint, sizeof reader->err->hint,
		       "submit files with 'bailiff queue submit', or have the worker allow their "
		       "folder with --allow");
	return rc;
}

static int read_job_path(struct spec_reader *reader, const struct json_node *value,
			 const char *path, const char **ret_path)
{
	if (path[0] != '/')
		return json_fail(value, reader->err,
				 "must be an absolute path: it names a file of the worker's");
	if (reader->scope->is_elsewhere)
		return copy_text(reader, path, ret_path);
	AUTO_FREE char *resolved = realpath(path, NULL);
	if (resolved == NULL || !is_allowed(reader->scope, resolved))
		return fail_path(reader, value);
	return copy_text(reader, resolved, ret_path);
}

int spec_read_host_path(struct spec_reader *reader, const struct json_node *value,
			const char **ret_path)
{
	const char *path = NULL;
	int rc = json_nonempty_string(value, &path, reader->err);
	if (rc < 0)
		return rc;
	return reader->scope->is_job ? read_job_path(reader, value, path, ret_path) :
				       copy_path(reader, path, ret_path);
}

static int read_digest(struct spec_reader *reader, const struct json_node *value,
		       struct content_digest *ret_digest)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	if (rc < 0)
		return rc;
	if (!content_digest_parse(text, ret_digest))
		return json_fail(value, reader->err,
				 "must be \"sha256:\" and 64 lower-case hexadecimal digits");
	if (reader->scope->contents != NULL)
		return 0;
	rc = json_fail(value, reader->err, "names a content of a store, and there is none here");
	(void)snprintf(reader->err->hint, sizeof reader->err->hint, "%s",
		       reader->scope->is_job ? "name the store with --store" :
					       "digests are for jobs, see bailiff-jobs(5); name "
					       "the file itself");
	return rc;
}

/* Puts the key in front of what a store or a cache said. */
static int name_key(struct spec_reader *reader, const struct json_node *value, int rc)
{
	struct bailiff_error inner = *reader->err;
	if (rc == 0 || inner.fault == BAILIFF_FAULT_INTERNAL)
		return rc;
	(void)json_fail(value, reader->err, "%s", inner.message);
	reader->err->fault = inner.fault;
	reader->err->stage = inner.stage;
	reader->err->errnum = inner.errnum;
	memcpy(reader->err->hint, inner.hint, sizeof inner.hint);
	return rc;
}

int spec_read_digest_file(struct spec_reader *reader, const struct json_node *value,
			  uint64_t size_max, const char **ret_path, uint64_t *ret_size)
{
	const struct spec_contents *contents = reader->scope->contents;
	struct content_digest digest;
	int rc = read_digest(reader, value, &digest);
	if (rc < 0)
		return rc;
	rc = contents->find_file(contents->context, &digest, size_max, reader->arena, ret_path,
				 ret_size, reader->err);
	return name_key(reader, value, rc);
}

int spec_read_digest_tree(struct spec_reader *reader, const struct json_node *value,
			  struct content_digest *ret_digest, const char **ret_path)
{
	const struct spec_contents *contents = reader->scope->contents;
	int rc = read_digest(reader, value, ret_digest);
	if (rc < 0)
		return rc;
	rc = contents->find_tree(contents->context, ret_digest, reader->arena, ret_path,
				 reader->err);
	return name_key(reader, value, rc);
}

/* ---- what a job may ask for --------------------------------------------------------------------
 */

int spec_refuse_in_job(struct spec_reader *reader, const struct json_node *value)
{
	if (!reader->scope->is_job)
		return 0;
	return json_fail(value, reader->err, "is not for a job to say, see bailiff-jobs(5)");
}

int spec_check_job_limits(struct spec_reader *reader, const struct json_node *object,
			  const struct bailiff_limits *limits)
{
	const struct {
		const char *key, *bound;
		uint64_t value, max;
	} rows[] = {
		{ "cpus", "1", limits->cpus_milli, JOB_CPUS_MILLI_MAX },
		{ "processes", "4096", limits->processes, JOB_PROCESSES_MAX },
		{ "output_bytes", "1073741824", limits->output_bytes, JOB_OUTPUT_BYTES_MAX },
		{ "cpu_ms", "3600000", limits->cpu_ns, JOB_TIME_NS_MAX },
		{ "wall_ms", "3600000", limits->wall_ns, JOB_TIME_NS_MAX },
	};
	struct json_node value;
	if (!reader->scope->is_job)
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (rows[i].value > rows[i].max && json_find(object, rows[i].key, &value))
			return json_fail(&value, reader->err, "must be at most %s in a job",
					 rows[i].bound);
	}
	if (json_find(object, "cpuset", &value))
		return spec_refuse_in_job(reader, &value);
	return 0;
}

/* ---- objects that are one of several things
 * ------------------------------------------------------ */

/* Digests are shown to jobs only: elsewhere they would be refused. */
static bool is_shown(const struct spec_reader *reader, const char *key)
{
	return reader->scope->is_job || strcmp(key, "digest") != 0;
}

int spec_require_one_of(struct spec_reader *reader, const struct json_node *object,
			const char *const *keys)
{
	char shown[160] = "";
	size_t found = 0, used = 0;
	struct json_node value;
	for (size_t i = 0; keys[i] != NULL; i++) {
		found += json_find(object, keys[i], &value);
		if (is_shown(reader, keys[i]) && used < sizeof shown)
			used += (size_t)snprintf(shown + used, sizeof shown - used, "%s'%s'",
						 used > 0 ? ", " : "", keys[i]);
	}
	if (found == 1)
		return 0;
	return json_fail(object, reader->err, "needs exactly one of %s", shown);
}
