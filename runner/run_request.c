/* SPDX-License-Identifier: MIT */
/*
 * Builds a struct bailiff_spec piece by piece. Lists grow in the request's arena; after every step
 * `spec` points to the current arrays, so that it is valid at any moment.
 */
#include "run_request.h"

#include "base/error.h"

#include <string.h>

static int fail_too_many(struct bailiff_error *err, const char *what, size_t max)
{
	return fail_spec(err, "more than %zu %s", max, what);
}

void run_request_finish(struct run_request *request)
{
	arena_finish(&request->arena);
	*request = (struct run_request){ 0 };
}

int run_request_copy(struct run_request *request, const char *text, const char **ret_copy,
		     struct bailiff_error *err)
{
	const char *copy = arena_copy(&request->arena, text, strlen(text));
	if (copy == NULL)
		return fail_memory(err);
	*ret_copy = copy;
	return 0;
}

int run_request_copy_path(struct run_request *request, const char *folder, const char *path,
			  const char **ret_path, struct bailiff_error *err)
{
	if (folder == NULL || path[0] == '/')
		return run_request_copy(request, path, ret_path, err);
	const char *joined = arena_format(&request->arena, "%s/%s", folder, path);
	if (joined == NULL)
		return fail_memory(err);
	*ret_path = joined;
	return 0;
}

/* Appends to a NULL-terminated array; the terminator counts as an element for arena_grow(). */
static const char **append_string(struct arena *arena, const char **strings, size_t count,
				  const char *text)
{
	size_t used = strings == NULL ? 0 : count + 1;
	const char **grown = arena_grow(arena, (void *)strings, used, sizeof *strings);
	if (grown == NULL)
		return NULL;
	grown[count] = text;
	grown[count + 1] = NULL;
	return grown;
}

int run_request_add_argument(struct run_request *request, const char *text,
			     struct bailiff_error *err)
{
	const char *copy = NULL;
	if (request->argv_count == RUN_REQUEST_ARGV_MAX)
		return fail_too_many(err, "arguments", RUN_REQUEST_ARGV_MAX);
	int rc = run_request_copy(request, text, &copy, err);
	if (rc < 0)
		return rc;
	const char **argv =
		append_string(&request->arena, request->argv, request->argv_count, copy);
	if (argv == NULL)
		return fail_memory(err);
	request->argv = argv;
	request->argv_count++;
	request->spec.argv = argv;
	return 0;
}

void run_request_clear_arguments(struct run_request *request)
{
	request->argv = NULL;
	request->argv_count = 0;
	request->spec.argv = NULL;
}

int run_request_set_env(struct run_request *request, const char *key_value,
			struct bailiff_error *err)
{
	const char *copy = NULL;
	int rc = run_request_copy(request, key_value, &copy, err);
	if (rc < 0)
		return rc;
	size_t key_length = strcspn(key_value, "=") + 1; /* with the '=' */
	for (size_t i = 0; i < request->env_count; i++) {
		if (strncmp(request->env[i], copy, key_length) == 0) {
			request->env[i] = copy;
			return 0;
		}
	}
	if (request->env_count == RUN_REQUEST_LIST_MAX)
		return fail_too_many(err, "environment variables", RUN_REQUEST_LIST_MAX);
	const char **env = append_string(&request->arena, request->env, request->env_count, copy);
	if (env == NULL)
		return fail_memory(err);
	request->env = env;
	request->env_count++;
	request->spec.env = env;
	return 0;
}

int run_request_add_bind(struct run_request *request, const struct bailiff_bind *bind,
			 struct bailiff_error *err)
{
	size_t count = request->spec.bind_count;
	if (count == RUN_REQUEST_LIST_MAX)
		return fail_too_many(err, "binds", RUN_REQUEST_LIST_MAX);
	struct bailiff_bind *binds =
		arena_grow(&request->arena, request->binds, count, sizeof *binds);
	if (binds == NULL)
		return fail_memory(err);
	binds[count] = *bind;
	request->binds = binds;
	request->spec.binds = binds;
	request->spec.bind_count = count + 1;
	return 0;
}

int run_request_add_file(struct run_request *request, const struct bailiff_file *file,
			 struct bailiff_error *err)
{
	size_t count = request->spec.file_count;
	if (count == RUN_REQUEST_LIST_MAX)
		return fail_too_many(err, "files", RUN_REQUEST_LIST_MAX);
	struct bailiff_file *files =
		arena_grow(&request->arena, request->files, count, sizeof *files);
	if (files == NULL)
		return fail_memory(err);
	files[count] = *file;
	request->files = files;
	request->spec.files = files;
	request->spec.file_count = count + 1;
	return 0;
}

int run_request_add_collect(struct run_request *request, const struct bailiff_collect *collect,
			    struct bailiff_error *err)
{
	size_t count = request->spec.collect_count;
	if (count == RUN_REQUEST_LIST_MAX)
		return fail_too_many(err, "files to collect", RUN_REQUEST_LIST_MAX);
	struct bailiff_collect *collects =
		arena_grow(&request->arena, request->collects, count, sizeof *collects);
	if (collects == NULL)
		return fail_memory(err);
	collects[count] = *collect;
	request->collects = collects;
	request->spec.collects = collects;
	request->spec.collect_count = count + 1;
	return 0;
}

const char *path_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}
