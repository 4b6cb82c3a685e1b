/* SPDX-License-Identifier: MIT */
/*
 * The run spec's keys as tables: per object one table of keys, each with the function that reads
 * its value. What is not in the table is refused, so the tables are the format. The text is
 * untrusted; everything read is copied into the request, and the JSON tree is gone on return.
 */
#include "codec/spec_json.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/limits_json.h"

#include <string.h>

/* Permission bits a file may get; set-id bits would be without effect in a cell. */
#define MODE_MAX 0777u

struct reader {
	struct run_request *request;
	const char *folder;
	struct bailiff_error *err;
};

/* ---- keys ---------------------------------------------------------------------------------- */

/* `target` is what the object's own reader passes on: the struct that the keys fill. */
typedef int (*key_read)(struct reader *reader, const struct json_node *value, void *target);

struct spec_key {
	const char *name;
	key_read read;
};

#define KEYS_MAX 20u

/* Reads an object by its table; `count` is below KEYS_MAX. */
static int read_object(struct reader *reader, const struct json_node *object,
		       const struct spec_key *keys, size_t count, void *target)
{
	const char *allowed[KEYS_MAX + 1] = { NULL };
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

/* Reads each element of an array. */
static int read_array(struct reader *reader, const struct json_node *array, size_t max,
		      key_read read_element)
{
	size_t count = 0;
	int rc = json_array_size(array, max, &count, reader->err);
	if (rc < 0)
		return rc;
	struct json_node element;
	for (bool more = json_first(array, &element); more; more = json_next(&element)) {
		rc = read_element(reader, &element, NULL);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- values -------------------------------------------------------------------------------- */

static int read_text(struct reader *reader, const struct json_node *value, const char **ret_text)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	if (rc < 0)
		return rc;
	return run_request_copy(reader->request, text, ret_text, reader->err);
}

static int read_nonempty(struct reader *reader, const struct json_node *value,
			 const char **ret_text)
{
	const char *text = NULL;
	int rc = json_nonempty_string(value, &text, reader->err);
	return rc < 0 ? rc : run_request_copy(reader->request, text, ret_text, reader->err);
}

/* A path of the host, relative to the spec's folder. */
static int read_host_path(struct reader *reader, const struct json_node *value,
			  const char **ret_path)
{
	const char *path = NULL;
	int rc = read_nonempty(reader, value, &path);
	if (rc < 0)
		return rc;
	return run_request_copy_path(reader->request, reader->folder, path, ret_path, reader->err);
}

static int read_absolute_path(struct reader *reader, const struct json_node *value,
			      const char **ret_path)
{
	const char *path = NULL;
	int rc = read_nonempty(reader, value, &path);
	if (rc < 0)
		return rc;
	if (path[0] != '/')
		return json_fail(value, reader->err, "must be an absolute path");
	*ret_path = path;
	return 0;
}

struct bytes {
	const void *data;
	size_t size;
};

static int read_text_bytes(struct reader *reader, const struct json_node *value,
			   struct bytes *ret_bytes)
{
	const char *text = NULL;
	int rc = read_text(reader, value, &text);
	if (rc < 0)
		return rc;
	*ret_bytes = (struct bytes){ text, strlen(text) };
	return 0;
}

static int read_base64_bytes(struct reader *reader, const struct json_node *value,
			     struct bytes *ret_bytes)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	if (rc < 0)
		return rc;
	size_t length = strlen(text);
	unsigned char *data = arena_alloc(&reader->request->arena, base64_decoded_max(length) + 1);
	if (data == NULL)
		return fail_memory(reader->err);
	size_t size = 0;
	if (!base64_decode(text, length, data, &size))
		return json_fail(value, reader->err, "must be base64 (RFC 4648, with padding)");
	*ret_bytes = (struct bytes){ data, size };
	return 0;
}

/* How many of these keys the object has; an error says that exactly one is wanted. */
static int require_one_of(struct reader *reader, const struct json_node *object,
			  const char *const *keys, const char *shown)
{
	size_t found = 0;
	struct json_node value;
	for (size_t i = 0; keys[i] != NULL; i++)
		found += json_find(object, keys[i], &value);
	if (found == 1)
		return 0;
	return json_fail(object, reader->err, "needs exactly one of %s", shown);
}

/* ---- limits -------------------------------------------------------------------------------- */

static int read_limits(struct reader *reader, const struct json_node *object, void *target)
{
	(void)target;
	struct bailiff_limits *limits = &reader->request->spec.limits;
	struct json_node value;
	int rc = limits_json_read(object, "cpuset", limits, reader->err);
	if (rc == 0 && json_find(object, "cpuset", &value))
		rc = read_nonempty(reader, &value, &limits->cpuset);
	return rc;
}

/* ---- rootfs -------------------------------------------------------------------------------- */

static int read_bind_from(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_bind *bind = target;
	return read_host_path(reader, value, &bind->from);
}

static int read_bind_to(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_bind *bind = target;
	return read_absolute_path(reader, value, &bind->to);
}

static int read_bind_writable(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_bind *bind = target;
	return json_bool(value, &bind->writable, reader->err);
}

static int read_bind(struct reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "from", read_bind_from },
		{ "to", read_bind_to },
		{ "writable", read_bind_writable },
	};
	(void)target;
	struct bailiff_bind bind = { 0 };
	struct json_node from;
	int rc = read_object(reader, object, keys, ARRAY_LENGTH(keys), &bind);
	if (rc == 0)
		rc = json_require(object, "from", &from, reader->err);
	if (rc < 0)
		return rc;
	if (bind.to == NULL && from.item->valuestring[0] != '/')
		return json_fail(object, reader->err, "key 'to' is missing ('from' is relative)");
	return run_request_add_bind(reader->request, &bind, reader->err);
}

static int read_binds(struct reader *reader, const struct json_node *array, void *target)
{
	(void)target;
	return read_array(reader, array, RUN_REQUEST_LIST_MAX, read_bind);
}

static int read_base(struct reader *reader, const struct json_node *value, void *target)
{
	(void)target;
	const char **rootfs = &reader->request->spec.rootfs;
	int rc = read_nonempty(reader, value, rootfs);
	if (rc < 0 || strcmp(*rootfs, "host") == 0)
		return rc;
	return read_host_path(reader, value, rootfs);
}

static int read_rootfs(struct reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "base", read_base },
		{ "binds", read_binds },
	};
	return read_object(reader, object, keys, ARRAY_LENGTH(keys), target);
}

/* ---- files --------------------------------------------------------------------------------- */

static int read_file_to(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	return read_nonempty(reader, value, &file->to);
}

static int read_file_from(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	return read_host_path(reader, value, &file->from);
}

static int read_file_text(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	struct bytes bytes = { 0 };
	int rc = read_text_bytes(reader, value, &bytes);
	file->data = bytes.data;
	file->size = bytes.size;
	return rc;
}

static int read_file_base64(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	struct bytes bytes = { 0 };
	int rc = read_base64_bytes(reader, value, &bytes);
	file->data = bytes.data;
	file->size = bytes.size;
	return rc;
}

/* A string, because JSON has no octal numbers and 755 would silently mean something else. */
static int read_file_mode(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	const char *text = "";
	unsigned mode = 0;
	if (cJSON_IsString(value->item))
		text = value->item->valuestring;
	size_t length = strlen(text);
	for (size_t i = 0; i < length && mode <= MODE_MAX && mode != UINT32_MAX; i++)
		mode = text[i] >= '0' && text[i] <= '7' ? mode << 3 | (unsigned)(text[i] - '0') :
							  UINT32_MAX;
	if (mode == 0 || mode > MODE_MAX || length > 4)
		return json_fail(value, reader->err,
				 "must be a string of octal digits such as \"0755\"");
	file->mode = mode;
	return 0;
}

static int read_file(struct reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "to", read_file_to },	    { "from", read_file_from },
		{ "text", read_file_text }, { "base64", read_file_base64 },
		{ "mode", read_file_mode },
	};
	static const char *const sources[] = { "from", "text", "base64", NULL };
	(void)target;
	struct bailiff_file file = { 0 };
	struct json_node to;
	int rc = read_object(reader, object, keys, ARRAY_LENGTH(keys), &file);
	if (rc == 0)
		rc = require_one_of(reader, object, sources, "'from', 'text', 'base64'");
	if (rc == 0)
		rc = json_require(object, "to", &to, reader->err);
	if (rc < 0)
		return rc;
	return run_request_add_file(reader->request, &file, reader->err);
}

static int read_files(struct reader *reader, const struct json_node *array, void *target)
{
	(void)target;
	return read_array(reader, array, RUN_REQUEST_LIST_MAX, read_file);
}

/* ---- collect ------------------------------------------------------------------------------- */

static int read_collect_name(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_collect *collect = target;
	return read_nonempty(reader, value, &collect->name);
}

static int read_collect_to(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_collect *collect = target;
	return read_host_path(reader, value, &collect->to);
}

static int read_collect(struct reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "name", read_collect_name },
		{ "to", read_collect_to },
	};
	(void)target;
	struct bailiff_collect collect = { 0 };
	struct json_node value;
	int rc = read_object(reader, object, keys, ARRAY_LENGTH(keys), &collect);
	if (rc == 0)
		rc = json_require(object, "name", &value, reader->err);
	if (rc == 0)
		rc = json_require(object, "to", &value, reader->err);
	if (rc < 0)
		return rc;
	return run_request_add_collect(reader->request, &collect, reader->err);
}

static int read_collects(struct reader *reader, const struct json_node *array, void *target)
{
	(void)target;
	return read_array(reader, array, RUN_REQUEST_LIST_MAX, read_collect);
}

/* ---- streams ------------------------------------------------------------------------------- */

static int read_stdin_path(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_stdin *in = target;
	in->kind = BAILIFF_STDIN_PATH;
	return read_host_path(reader, value, &in->path);
}

static int set_stdin_bytes(struct bailiff_stdin *in, int rc, struct bytes bytes)
{
	if (rc == 0)
		*in = (struct bailiff_stdin){ .kind = BAILIFF_STDIN_DATA,
					      .data = bytes.data,
					      .size = bytes.size };
	return rc;
}

static int read_stdin_text(struct reader *reader, const struct json_node *value, void *target)
{
	struct bytes bytes = { 0 };
	int rc = read_text_bytes(reader, value, &bytes);
	return set_stdin_bytes(target, rc, bytes);
}

static int read_stdin_base64(struct reader *reader, const struct json_node *value, void *target)
{
	struct bytes bytes = { 0 };
	int rc = read_base64_bytes(reader, value, &bytes);
	return set_stdin_bytes(target, rc, bytes);
}

static int read_stdin(struct reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "path", read_stdin_path },
		{ "text", read_stdin_text },
		{ "base64", read_stdin_base64 },
	};
	static const char *const sources[] = { "path", "text", "base64", NULL };
	(void)target;
	int rc = read_object(reader, object, keys, ARRAY_LENGTH(keys), &reader->request->spec.in);
	if (rc < 0)
		return rc;
	return require_one_of(reader, object, sources, "'path', 'text', 'base64'");
}

static int read_out_path(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_stdout *out = target;
	out->kind = BAILIFF_STDOUT_PATH;
	return read_host_path(reader, value, &out->path);
}

static int read_out_capture(struct reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_stdout *out = target;
	out->kind = BAILIFF_STDOUT_CAPTURE;
	return json_u64(value, 1, RUN_REQUEST_CAPTURE_MAX, &out->capture_bytes, reader->err);
}

static int read_out(struct reader *reader, const struct json_node *object,
		    struct bailiff_stdout *out)
{
	static const struct spec_key keys[] = {
		{ "path", read_out_path },
		{ "capture_bytes", read_out_capture },
	};
	static const char *const sinks[] = { "path", "capture_bytes", NULL };
	int rc = read_object(reader, object, keys, ARRAY_LENGTH(keys), out);
	if (rc < 0)
		return rc;
	return require_one_of(reader, object, sinks, "'path', 'capture_bytes'");
}

static int read_stdout(struct reader *reader, const struct json_node *object, void *target)
{
	(void)target;
	return read_out(reader, object, &reader->request->spec.out);
}

static int read_stderr(struct reader *reader, const struct json_node *object, void *target)
{
	(void)target;
	return read_out(reader, object, &reader->request->spec.err);
}

/* ---- the spec ------------------------------------------------------------------------------ */

static int read_argument(struct reader *reader, const struct json_node *value, void *target)
{
	(void)target;
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	if (rc < 0)
		return rc;
	if (value->index == 0 && text[0] == '\0')
		return json_fail(value, reader->err, "must not be empty");
	return run_request_add_argument(reader->request, text, reader->err);
}

static int read_argv(struct reader *reader, const struct json_node *array, void *target)
{
	(void)target;
	int rc = read_array(reader, array, RUN_REQUEST_ARGV_MAX, read_argument);
	if (rc < 0)
		return rc;
	if (reader->request->argv_count == 0)
		return json_fail(array, reader->err, "must name a program");
	return 0;
}

static int read_env(struct reader *reader, const struct json_node *object, void *target)
{
	(void)target;
	int rc = json_only_keys(object, NULL, reader->err);
	if (rc < 0)
		return rc;
	struct json_node value;
	for (bool more = json_first(object, &value); more; more = json_next(&value)) {
		const char *key = value.item->string;
		const char *text = NULL;
		rc = json_string(&value, &text, reader->err);
		if (rc < 0)
			return rc;
		if (key[0] == '\0' || strchr(key, '=') != NULL)
			return json_fail(&value, reader->err,
					 "the name must not be empty or contain '='");
		const char *pair = arena_format(&reader->request->arena, "%s=%s", key, text);
		rc = pair != NULL ? run_request_set_env(reader->request, pair, reader->err) :
				    fail_memory(reader->err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_cwd(struct reader *reader, const struct json_node *value, void *target)
{
	(void)target;
	return read_absolute_path(reader, value, &reader->request->spec.cwd);
}

static int read_policy(struct reader *reader, const struct json_node *value, void *target)
{
	(void)target;
	const char **policy = &reader->request->policy;
	int rc = read_nonempty(reader, value, policy);
	if (rc < 0 || bailiff_policy_builtin(*policy) != NULL)
		return rc;
	return read_host_path(reader, value, policy);
}

static int read_network(struct reader *reader, const struct json_node *value, void *target)
{
	(void)target;
	const char *name = NULL;
	int rc = json_string(value, &name, reader->err);
	if (rc < 0)
		return rc;
	if (strcmp(name, "none") == 0)
		reader->request->spec.network = BAILIFF_NETWORK_NONE;
	else if (strcmp(name, "loopback") == 0)
		reader->request->spec.network = BAILIFF_NETWORK_LOOPBACK;
	else
		return json_fail(value, reader->err, "must be \"none\" or \"loopback\"");
	return 0;
}

int spec_json_read(struct run_request *request, const char *text, size_t length, const char *folder,
		   struct bailiff_error *err)
{
	static const struct spec_key keys[] = {
		{ "argv", read_argv },	   { "limits", read_limits }, { "policy", read_policy },
		{ "rootfs", read_rootfs }, { "files", read_files },   { "collect", read_collects },
		{ "env", read_env },	   { "cwd", read_cwd },	      { "stdin", read_stdin },
		{ "stdout", read_stdout }, { "stderr", read_stderr }, { "network", read_network },
	};
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = json_parse(text, length, &document, err);
	if (rc < 0)
		return rc;
	struct json_node root = json_root(document);
	struct reader reader = { .request = request, .folder = folder, .err = err };
	return read_object(&reader, &root, keys, ARRAY_LENGTH(keys), NULL);
}
