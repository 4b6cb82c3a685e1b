/* SPDX-License-Identifier: MIT */
/*
 * The run spec's keys as tables: per object one table of keys, each with the function that reads
 * its value (codec/spec_read.h). The text is untrusted; everything read is copied into the request,
 * and the JSON tree is gone on return. The target of the root's keys is the request.
 */
#include "codec/spec_json.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/limits_json.h"
#include "codec/spec_read.h"

#include <string.h>

/* Permission bits a file may get; set-id bits would be without effect in a cell. */
#define MODE_MAX 0777u
#define MODE_DEFAULT 0644u

/* ---- values -------------------------------------------------------------------------------- */

static int read_absolute_path(struct spec_reader *reader, const struct json_node *value,
			      const char **ret_path)
{
	const char *path = NULL;
	int rc = spec_read_nonempty(reader, value, &path);
	if (rc < 0)
		return rc;
	if (path[0] != '/')
		return json_fail(value, reader->err, "must be an absolute path");
	*ret_path = path;
	return 0;
}

/* ---- limits -------------------------------------------------------------------------------- */

static int read_limits(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct run_request *request = target;
	struct bailiff_limits *limits = &request->spec.limits;
	struct json_node value;
	int rc = limits_json_read(object, "cpuset", limits, reader->err);
	if (rc == 0 && json_find(object, "cpuset", &value))
		rc = spec_read_nonempty(reader, &value, &limits->cpuset);
	return rc < 0 ? rc : spec_check_job_limits(reader, object, limits);
}

/* ---- rootfs -------------------------------------------------------------------------------- */

static int read_bind_from(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_bind *bind = target;
	return spec_read_host_path(reader, value, &bind->from);
}

static int read_bind_to(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_bind *bind = target;
	return read_absolute_path(reader, value, &bind->to);
}

static int read_bind_writable(struct spec_reader *reader, const struct json_node *value,
			      void *target)
{
	struct bailiff_bind *bind = target;
	int rc = json_bool(value, &bind->writable, reader->err);
	return rc < 0 || !bind->writable ? rc : spec_refuse_in_job(reader, value);
}

static int read_bind(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "from", read_bind_from },
		{ "to", read_bind_to },
		{ "writable", read_bind_writable },
	};
	struct run_request *request = target;
	struct bailiff_bind bind = { 0 };
	struct json_node from;
	int rc = spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), &bind);
	if (rc == 0)
		rc = json_require(object, "from", &from, reader->err);
	if (rc < 0)
		return rc;
	if (bind.to == NULL && from.item->valuestring[0] != '/')
		return json_fail(object, reader->err, "key 'to' is missing ('from' is relative)");
	return run_request_add_bind(request, &bind, reader->err);
}

static int read_binds(struct spec_reader *reader, const struct json_node *array, void *target)
{
	return spec_read_array(reader, array, RUN_REQUEST_LIST_MAX, read_bind, target);
}

static int read_base(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct run_request *request = target;
	const char **rootfs = &request->spec.rootfs;
	int rc = spec_read_nonempty(reader, value, rootfs);
	if (rc < 0 || strcmp(*rootfs, "host") == 0)
		return rc;
	return spec_read_host_path(reader, value, rootfs);
}

static int read_rootfs(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "base", read_base },
		{ "binds", read_binds },
	};
	return spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), target);
}

/* ---- files --------------------------------------------------------------------------------- */

static int read_file_to(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	return spec_read_nonempty(reader, value, &file->to);
}

static int read_file_from(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	return spec_read_host_path(reader, value, &file->from);
}

static int read_file_text(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	struct spec_bytes bytes = { 0 };
	int rc = spec_read_text_bytes(reader, value, &bytes);
	file->data = bytes.data;
	file->size = bytes.size;
	return rc;
}

static int read_file_base64(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	struct spec_bytes bytes = { 0 };
	int rc = spec_read_base64_bytes(reader, value, &bytes);
	file->data = bytes.data;
	file->size = bytes.size;
	return rc;
}

/* The mode of a store's or a cache's own file says nothing. */
static int read_file_digest(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_file *file = target;
	uint64_t size = 0;
	file->mode = MODE_DEFAULT;
	return spec_read_digest_file(reader, value, UINT64_MAX, &file->from, &size);
}

/* A string, because JSON has no octal numbers and 755 would silently mean something else. */
static int read_file_mode(struct spec_reader *reader, const struct json_node *value, void *target)
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

static int read_file(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "to", read_file_to },		{ "from", read_file_from },
		{ "text", read_file_text },	{ "base64", read_file_base64 },
		{ "digest", read_file_digest }, { "mode", read_file_mode },
	};
	static const char *const sources[] = { "from", "text", "base64", "digest", NULL };
	struct run_request *request = target;
	struct bailiff_file file = { 0 };
	struct json_node to;
	int rc = spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), &file);
	if (rc == 0)
		rc = spec_require_one_of(reader, object, sources);
	if (rc == 0)
		rc = json_require(object, "to", &to, reader->err);
	if (rc < 0)
		return rc;
	return run_request_add_file(request, &file, reader->err);
}

static int read_files(struct spec_reader *reader, const struct json_node *array, void *target)
{
	return spec_read_array(reader, array, RUN_REQUEST_LIST_MAX, read_file, target);
}

/* ---- collect ------------------------------------------------------------------------------- */

static int read_collect_name(struct spec_reader *reader, const struct json_node *value,
			     void *target)
{
	struct bailiff_collect *collect = target;
	return spec_read_nonempty(reader, value, &collect->name);
}

static int read_collect_to(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_collect *collect = target;
	return spec_read_host_path(reader, value, &collect->to);
}

static int read_collect(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "name", read_collect_name },
		{ "to", read_collect_to },
	};
	struct run_request *request = target;
	struct bailiff_collect collect = { 0 };
	struct json_node value;
	int rc = spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), &collect);
	if (rc == 0)
		rc = json_require(object, "name", &value, reader->err);
	if (rc == 0)
		rc = json_require(object, "to", &value, reader->err);
	if (rc < 0)
		return rc;
	return run_request_add_collect(request, &collect, reader->err);
}

static int read_collects(struct spec_reader *reader, const struct json_node *array, void *target)
{
	int rc = spec_refuse_in_job(reader, array);
	return rc < 0 ? rc :
			spec_read_array(reader, array, RUN_REQUEST_LIST_MAX, read_collect, target);
}

/* ---- streams ------------------------------------------------------------------------------- */

static int read_stdin_path(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_stdin *in = target;
	in->kind = BAILIFF_STDIN_PATH;
	return spec_read_host_path(reader, value, &in->path);
}

static int set_stdin_bytes(struct bailiff_stdin *in, int rc, struct spec_bytes bytes)
{
	if (rc == 0)
		*in = (struct bailiff_stdin){ .kind = BAILIFF_STDIN_DATA,
					      .data = bytes.data,
					      .size = bytes.size };
	return rc;
}

static int read_stdin_text(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct spec_bytes bytes = { 0 };
	int rc = spec_read_text_bytes(reader, value, &bytes);
	return set_stdin_bytes(target, rc, bytes);
}

static int read_stdin_base64(struct spec_reader *reader, const struct json_node *value,
			     void *target)
{
	struct spec_bytes bytes = { 0 };
	int rc = spec_read_base64_bytes(reader, value, &bytes);
	return set_stdin_bytes(target, rc, bytes);
}

static int read_stdin_digest(struct spec_reader *reader, const struct json_node *value,
			     void *target)
{
	struct bailiff_stdin *in = target;
	uint64_t size = 0;
	in->kind = BAILIFF_STDIN_PATH;
	return spec_read_digest_file(reader, value, UINT64_MAX, &in->path, &size);
}

static int read_stdin(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "path", read_stdin_path },
		{ "text", read_stdin_text },
		{ "base64", read_stdin_base64 },
		{ "digest", read_stdin_digest },
	};
	static const char *const sources[] = { "path", "text", "base64", "digest", NULL };
	struct run_request *request = target;
	int rc = spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), &request->spec.in);
	if (rc < 0)
		return rc;
	return spec_require_one_of(reader, object, sources);
}

static int read_out_path(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_stdout *out = target;
	out->kind = BAILIFF_STDOUT_PATH;
	int rc = spec_refuse_in_job(reader, value);
	return rc < 0 ? rc : spec_read_host_path(reader, value, &out->path);
}

static int read_out_capture(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct bailiff_stdout *out = target;
	out->kind = BAILIFF_STDOUT_CAPTURE;
	return json_u64(value, 1,
			reader->scope->is_job ? JOB_CAPTURE_BYTES_MAX : RUN_REQUEST_CAPTURE_MAX,
			&out->capture_bytes, reader->err);
}

static int read_out(struct spec_reader *reader, const struct json_node *object,
		    struct bailiff_stdout *out)
{
	static const struct spec_key keys[] = {
		{ "path", read_out_path },
		{ "capture_bytes", read_out_capture },
	};
	static const char *const sinks[] = { "path", "capture_bytes", NULL };
	int rc = spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), out);
	if (rc < 0)
		return rc;
	return spec_require_one_of(reader, object, sinks);
}

static int read_stdout(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct run_request *request = target;
	return read_out(reader, object, &request->spec.out);
}

static int read_stderr(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct run_request *request = target;
	return read_out(reader, object, &request->spec.err);
}

/* ---- the spec ------------------------------------------------------------------------------ */

static int read_argument(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct run_request *request = target;
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	if (rc < 0)
		return rc;
	if (value->index == 0 && text[0] == '\0')
		return json_fail(value, reader->err, "must not be empty");
	return run_request_add_argument(request, text, reader->err);
}

static int read_argv(struct spec_reader *reader, const struct json_node *array, void *target)
{
	struct run_request *request = target;
	int rc = spec_read_array(reader, array, RUN_REQUEST_ARGV_MAX, read_argument, request);
	if (rc < 0)
		return rc;
	if (request->argv_count == 0)
		return json_fail(array, reader->err, "must name a program");
	return 0;
}

static int read_env(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct run_request *request = target;
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
		const char *pair = arena_format(&request->arena, "%s=%s", key, text);
		rc = pair != NULL ? run_request_set_env(request, pair, reader->err) :
				    fail_memory(reader->err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_cwd(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct run_request *request = target;
	return read_absolute_path(reader, value, &request->spec.cwd);
}

static int read_policy(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct run_request *request = target;
	const char **policy = &request->policy;
	int rc = spec_read_nonempty(reader, value, policy);
	if (rc < 0 || bailiff_policy_builtin(*policy) != NULL)
		return rc;
	return spec_read_host_path(reader, value, policy);
}

static int read_network(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct run_request *request = target;
	const char *name = NULL;
	int rc = json_string(value, &name, reader->err);
	if (rc < 0)
		return rc;
	if (strcmp(name, "none") == 0)
		request->spec.network = BAILIFF_NETWORK_NONE;
	else if (strcmp(name, "loopback") == 0)
		request->spec.network = BAILIFF_NETWORK_LOOPBACK;
	else
		return json_fail(value, reader->err, "must be \"none\" or \"loopback\"");
	return 0;
}

static int read_fresh(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct run_request *request = target;
	return json_bool(value, &request->spec.fresh, reader->err);
}

int spec_json_read_scoped(struct run_request *request, const char *text, size_t length,
			  const struct spec_scope *scope, struct bailiff_error *err)
{
	static const struct spec_key keys[] = {
		{ "argv", read_argv },	   { "limits", read_limits }, { "policy", read_policy },
		{ "rootfs", read_rootfs }, { "files", read_files },   { "collect", read_collects },
		{ "env", read_env },	   { "cwd", read_cwd },	      { "stdin", read_stdin },
		{ "stdout", read_stdout }, { "stderr", read_stderr }, { "network", read_network },
		{ "fresh", read_fresh },
	};
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = json_parse(text, length, &document, err);
	if (rc < 0)
		return rc;
	struct json_node root = json_root(document);
	struct spec_reader reader = { .arena = &request->arena, .scope = scope, .err = err };
	return spec_read_object(&reader, &root, keys, ARRAY_LENGTH(keys), request);
}

int spec_json_read(struct run_request *request, const char *text, size_t length, const char *folder,
		   struct bailiff_error *err)
{
	const struct spec_scope scope = { .folder = folder };
	return spec_json_read_scoped(request, text, length, &scope, err);
}
