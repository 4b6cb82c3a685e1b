/* SPDX-License-Identifier: MIT */
/*
 * A program of a known language goes through the tool chain (and its cache). A helper program that
 * brings its own `build` is built by running that in a cell like any compiler, and every regular file
 * of the working folder is taken out afterwards into memory files: which of them the program needs
 * is for its author to know.
 */
#include "judge/ready_program.h"

#include "base/copy.h"
#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "codec/policy_json.h"
#include "policy_find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUILD_FILES_MAX 1000u
#define BUILD_BYTES_MAX ((uint64_t)256 << 20)

/* How a helper that brings `run` is started. */
static const char *const run_argv[] = { "./run", NULL };
static const struct language own_build = {
	.id = "build",
	.name = "build and run",
	.source = "",
	.run = { .argv = run_argv, .policy = "shell", .processes = 32 },
};

/* ---- languages ----------------------------------------------------------------------------- */

int source_set_language(const struct source_set *sources, const struct language_set *languages,
			const struct language **ret_language, struct bailiff_error *err)
{
	if (sources->language != NULL)
		return language_find(languages, sources->language, ret_language, err);
	const struct language *found = NULL;
	bool is_file = sources->count == 1 &&
		       strcmp(path_last_part(sources->name), sources->files[0].name) == 0;
	for (size_t i = 0; i < sources->count; i++) {
		const struct language *language = NULL;
		struct bailiff_error ignored = { 0 };
		int rc = language_of_file(languages, sources->files[i].name, &language,
					  is_file ? err : &ignored);
		if (rc < 0 && is_file)
			return rc;
		if (rc < 0 || language == found)
			continue;
		if (found != NULL)
			return fail_spec(err, "%s: has files in %s and in %s; say --language",
					 sources->name, found->name, language->name);
		found = language;
	}
	if (found == NULL)
		return fail_spec(err, "%s: no file of a known language in it; see 'bailiff "
				      "languages'", sources->name);
	*ret_language = found;
	return 0;
}

/* ---- programs with a build of their own ----------------------------------------------------- */

static const struct source_file *find_file(const struct source_set *sources, const char *name)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (strcmp(sources->files[i].name, name) == 0)
			return &sources->files[i];
	}
	return NULL;
}

bool source_set_builds_itself(const struct source_set *sources)
{
	return find_file(sources, "run") != NULL || find_file(sources, "build") != NULL;
}

/* For bailiff_scratch_walk(): takes over one file of the built folder. */
static int take_file(void *context, const struct bailiff_scratch_file *file,
		     struct bailiff_error *err)
{
	struct program *program = context;
	int rc = program_add_artifact(program, file->path, err);
	if (rc < 0)
		return rc;
	int to_fd = program->artifacts[program->artifact_count - 1].fd;
	uint64_t bytes = 0;
	rc = copy_bytes(file->fd, to_fd, BUILD_BYTES_MAX, &bytes);
	return rc < 0 ? fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "keep '%s'", file->path) :
			0;
}

static int take_folder(void *context, int scratch_fd, struct bailiff_error *err)
{
	const struct bailiff_scratch_walk walk = {
		.folder = "box",
		.files_max = BUILD_FILES_MAX,
		.bytes_max = BUILD_BYTES_MAX,
		.found = take_file,
		.context = context,
	};
	return bailiff_scratch_walk(scratch_fd, &walk, err);
}

static int keep_sources(struct program *program, const struct source_set *sources,
			struct bailiff_error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sources->count; i++) {
		const struct source_file *file = &sources->files[i];
		rc = program_add_artifact(program, file->name, err);
		if (rc < 0)
			break;
		int fd = program->artifacts[program->artifact_count - 1].fd;
		int written = io_write_all(fd, file->text, file->size);
		if (written < 0)
			rc = fail_internal(err, BAILIFF_STAGE_SPEC, -written, "write a memfd");
	}
	return rc;
}

static int run_build(struct program *program, const struct workshop *workshop,
		     const struct source_set *sources, struct bailiff_result *result,
		     struct bailiff_error *err)
{
	struct run_request request = { 0 };
	struct bailiff_spec *spec = &request.spec;
	toolchain_step_limits(&workshop->toolchain, &own_build, &spec->limits);
	spec->limits.cpuset = workshop->toolchain.cpuset;
	spec->rootfs = workshop->toolchain.rootfs;
	spec->has_cancel_fd = workshop->toolchain.cancel_fd >= 0;
	spec->cancel_fd = workshop->toolchain.cancel_fd;
	spec->policy = bailiff_policy_builtin("compiler");
	spec->program_is_inside = true;
	spec->inspect = take_folder;
	spec->inspect_context = program;
	int rc = run_request_add_argument(&request, "./build", err);
	for (size_t i = 0; rc == 0 && i < sources->count; i++) {
		const struct bailiff_file file = { .to = sources->files[i].name,
						   .data = sources->files[i].text,
						   .size = sources->files[i].size,
						   .mode = 0755 };
		rc = run_request_add_file(&request, &file, err);
	}
	if (rc == 0)
		rc = bailiff_run(workshop->toolchain.host, spec, result, err);
	run_request_finish(&request);
	return rc;
}

static int make_by_own_build(struct ready_program *ready, const struct workshop *workshop,
			     const struct source_set *sources, struct bailiff_error *err)
{
	struct bailiff_result result = { 0 };
	ready->program.language = &own_build;
	ready->policy = bailiff_policy_builtin(own_build.run.policy);
	if (find_file(sources, "build") == NULL)
		return keep_sources(&ready->program, sources, err);
	int rc = run_build(&ready->program, workshop, sources, &result, err);
	if (rc == 0 && result.verdict == BAILIFF_VERDICT_IE) {
		*err = result.error;
		rc = -EIO;
	} else if (rc == 0 && result.verdict != BAILIFF_VERDICT_OK) {
		rc = fail_spec(err, "%s: its build failed: %s", sources->name, result.message);
	}
	if (rc == 0 && result.collected_count == 0 && ready->program.artifact_count == 0)
		rc = fail_spec(err, "%s: its build left no file", sources->name);
	bailiff_result_finish(&result);
	return rc;
}

/* ---- making --------------------------------------------------------------------------------- */

/*
 * Files that the language cannot take together are the author's mistake, like one in the source
 * code. A single file is renamed, and fits unless the definition itself is wrong.
 */
static int refuse_sources(struct ready_program *ready, const struct source_set *sources, int rc,
			  struct bailiff_error *err)
{
	if (err->fault != BAILIFF_FAULT_SPEC || sources->count == 1)
		return rc;
	struct compilation *compilation = &ready->compilation;
	compilation->diagnostics = strdup("");
	if (compilation->diagnostics == NULL)
		return fail_memory(err);
	compilation->verdict = COMPILE_CE;
	(void)snprintf(compilation->message, sizeof compilation->message, "%s", err->message);
	*err = (struct bailiff_error){ 0 };
	return 0;
}

int ready_program_make(struct ready_program *ready, const struct workshop *workshop,
		       const struct source_set *sources, const struct language *language,
		       struct bailiff_error *err)
{
	ready->name = sources->name;
	int rc = toolchain_check(language, err);
	if (rc < 0)
		return rc;
	rc = program_open(&ready->program, language, sources->files, sources->count, err);
	if (rc < 0)
		return refuse_sources(ready, sources, rc, err);
	rc = policy_find(language->run.policy, &ready->policy, &ready->loaded_policy, err);
	if (rc == 0)
		rc = compile_cached(workshop->cache, &workshop->toolchain, &ready->program,
				    &ready->compilation, &ready->is_cached, err);
	if (rc == 0)
		ready->is_ready = ready->compilation.verdict == COMPILE_OK;
	return rc;
}

/* The first line of what a compiler said, for a message. */
static int fail_helper(const struct ready_program *ready, struct bailiff_error *err)
{
	const struct compilation *compilation = &ready->compilation;
	if (compilation->verdict == COMPILE_IE) {
		*err = compilation->result.error;
		return -EIO;
	}
	int rc = fail_spec(err, "%s: does not compile: %s", ready->name, compilation->message);
	size_t room = sizeof err->hint - 1;
	size_t length = strnlen(compilation->diagnostics, room);
	memcpy(err->hint, compilation->diagnostics, length);
	err->hint[length] = '\0';
	return rc;
}

int ready_program_make_helper(struct ready_program *ready, const struct workshop *workshop,
			      const struct source_set *sources, struct bailiff_error *err)
{
	ready->name = sources->name;
	if (source_set_builds_itself(sources)) {
		int rc = make_by_own_build(ready, workshop, sources, err);
		ready->is_ready = rc == 0;
		return rc;
	}
	const struct language *language = NULL;
	int rc = source_set_language(sources, workshop->languages, &language, err);
	if (rc == 0)
		rc = ready_program_make(ready, workshop, sources, language, err);
	if (rc < 0)
		return rc;
	return ready->is_ready ? 0 : fail_helper(ready, err);
}

uint64_t ready_program_bytes(const struct ready_program *ready)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < ready->program.artifact_count; i++) {
		struct stat status;
		if (fstat(ready->program.artifacts[i].fd, &status) == 0)
			bytes += (uint64_t)status.st_size;
	}
	return bytes;
}

void ready_program_finish(struct ready_program *ready)
{
	program_finish(&ready->program);
	loaded_policy_free(ready->loaded_policy);
	compilation_finish(&ready->compilation);
	*ready = (struct ready_program){ 0 };
}

int ready_program_request(const struct ready_program *ready, struct run_request *request,
			  struct bailiff_error *err)
{
	request->spec.policy = ready->policy;
	/* A package's own build need not have made the "run" that is started then. */
	request->spec.program_is_inside = ready->program.language == &own_build;
	return toolchain_run_request(&ready->program, request, err);
}
