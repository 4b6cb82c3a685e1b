/* SPDX-License-Identifier: MIT */
/*
 * Compiling and running by a language's definition. Both steps are ordinary runs, built with the
 * same requests as those of `bailiff run`; nothing is done outside a cell.
 *
 * What the compile step made is taken out into memory files, which are put into the program's
 * cell from their descriptors. No folder on the host is needed, so nothing is left behind however
 * we end, and nobody else can reach what is going to be executed.
 */
#include "toolchain.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "codec/policy_json.h"
#include "codec/utf8.h"
#include "limit_table.h"
#include "main_class.h"
#include "model/limits.h"
#include "placeholder.h"
#include "policy_find.h"
#include "source_names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEBIBYTE (UINT64_C(1) << 20)
#define MODE_ARTIFACT 0755u

/* A compile step's limits unless the definition has others: ample for one submission, and small
 * enough that a compile bomb is over soon. */
static const struct bailiff_limits compile_limits = {
	.cpu_ns = 30 * NS_PER_S,
	.wall_ns = 60 * NS_PER_S,
	.memory_bytes = 2048 * MEBIBYTE,
	/* Every thread's stack is reserved with this size, which a small machine refuses. */
	.stack_bytes = 256 * MEBIBYTE,
	.processes = 128,
	.output_bytes = 256 * MEBIBYTE,
	.disk_bytes = 512 * MEBIBYTE,
	.open_files = 512,
};

/* ---- the sources --------------------------------------------------------------------------- */

/* What is replaced in the name of a single source file. */
static const char *source_name(struct program *program, const char *class)
{
	const struct placeholders values = { .class = class, .source = "" };
	return placeholder_expand(&program->arena, program->language->source, &values);
}

/* Headers are put into the cell, and not named to the compiler. */
static bool is_named_to_compiler(const struct program *program, const struct source_file *source)
{
	return program->source_count == 1 ||
	       language_has_extension(program->language, source->name);
}

/*
 * The source that "{source}" stands for. Of those in the language it is main.*, else __main__.*,
 * which is what Python starts in a folder, else the first. NULL where none is in the language.
 */
static const struct source_file *find_main_source(const struct program *program)
{
	static const char *const stems[] = { "main.", "__main__.", "" };
	for (size_t i = 0; i < ARRAY_LENGTH(stems); i++) {
		size_t length = strlen(stems[i]);
		for (size_t j = 0; j < program->source_count; j++) {
			const struct source_file *source = &program->sources[j];
			bool fits = length == 0 || (strncmp(source->name, stems[i], length) == 0 &&
						    strpbrk(source->name + length, "./") == NULL);
			if (fits && is_named_to_compiler(program, source))
				return source;
		}
	}
	return NULL;
}

/* The class with the main method, with its package; the first file that has one decides. Returns
 * the name that a single file must have; NULL where memory ran out. */
static const char *find_main_class(struct program *program, const struct source_file *main_source)
{
	struct main_class chosen = { 0 };
	main_class_scan(main_source->text, main_source->size, &chosen);
	for (size_t i = 0; i < program->source_count && chosen.name[0] == '\0'; i++) {
		const struct source_file *source = &program->sources[i];
		struct main_class class = { 0 };
		if (is_named_to_compiler(program, source))
			main_class_scan(source->text, source->size, &class);
		if (class.name[0] == '\0')
			continue;
		chosen = class;
		program->main_source = source->name;
	}
	const char *name = chosen.name[0] != '\0' ? chosen.name : "Main";
	program->main_class = arena_format(&program->arena, "%s%s%s", chosen.package,
					   chosen.package[0] != '\0' ? "." : "", name);
	return program->main_class == NULL ?
		       NULL :
		       source_name(program, chosen.file[0] != '\0' ? chosen.file : name);
}

/* A single file is renamed, so that what its author called it does not matter. */
static int name_single(struct program *program, const char *name, struct bailiff_error *err)
{
	program->sources[0].name = name;
	program->main_source = name;
	const char *const *artifact = program->language->compile.artifacts;
	for (; artifact != NULL && *artifact != NULL; artifact++) {
		if (source_names_collide(name, *artifact))
			return fail_spec(err, "language '%s': the source '%s' is an artifact too",
					 program->language->id, name);
	}
	return 0;
}

int program_open(struct program *program, const struct language *language,
		 const struct source_file *sources, size_t count, struct bailiff_error *err)
{
	program->language = language;
	if (count == 0 || count > PROGRAM_SOURCES_MAX)
		return fail_spec(err, "a submission has from 1 to %u source files",
				 PROGRAM_SOURCES_MAX);
	program->sources = arena_alloc(&program->arena, count * sizeof *sources);
	if (program->sources == NULL)
		return fail_memory(err);
	memcpy(program->sources, sources, count * sizeof *sources);
	program->source_count = count;
	const struct source_file *main_source = find_main_source(program);
	if (main_source == NULL)
		return fail_spec(err, "no source file is in the language '%s', which has '.%s'",
				 language->id, language->extensions[0]);
	program->main_source = main_source->name;
	program->main_class = "";
	const char *name = strstr(language->source, "{class}") != NULL ?
				   find_main_class(program, main_source) :
				   source_name(program, "");
	if (name == NULL)
		return fail_memory(err);
	return count == 1 ? name_single(program, name, err) :
			    source_names_check(sources, count, language->compile.artifacts, err);
}

void program_discard_artifacts(struct program *program)
{
	for (size_t i = 0; i < program->artifact_count; i++)
		fd_close(&program->artifacts[i].fd);
	program->artifacts = NULL;
	program->artifact_count = 0;
}

void program_finish(struct program *program)
{
	program_discard_artifacts(program);
	arena_finish(&program->arena);
	*program = (struct program){ 0 };
}

/* ---- requests ------------------------------------------------------------------------------ */

static int add_sources(const struct program *program, struct run_request *request,
		       struct bailiff_error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < program->source_count; i++) {
		const struct source_file *source = &program->sources[i];
		const struct bailiff_file file = { .to = source->name,
						   .data = source->text,
						   .size = source->size };
		rc = run_request_add_file(request, &file, err);
	}
	return rc;
}

static bool is_bound(const struct language_bind *bind)
{
	return !bind->optional || access(bind->bind.from, F_OK) == 0;
}

static int add_binds(const struct program *program, struct run_request *request,
		     struct bailiff_error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < program->language->bind_count; i++) {
		const struct language_bind *bind = &program->language->binds[i];
		if (is_bound(bind))
			rc = run_request_add_bind(request, &bind->bind, err);
	}
	return rc;
}

static int add_expanded(struct run_request *request, const char *text,
			const struct placeholders *values, struct bailiff_error *err)
{
	const char *argument = placeholder_expand(&request->arena, text, values);
	return argument == NULL ? fail_memory(err) :
				  run_request_add_argument(request, argument, err);
}

/* The command of a step, before arguments that the request has already. */
static int add_command(const struct program *program, struct run_request *request,
		       const char *const *command, const struct placeholders *values,
		       struct bailiff_error *err)
{
	const char *const *own = request->argv;
	int rc = 0;
	run_request_clear_arguments(request);
	for (; rc == 0 && *command != NULL; command++) {
		if (strcmp(*command, "{sources}") != 0) {
			rc = add_expanded(request, *command, values, err);
			continue;
		}
		for (size_t i = 0; rc == 0 && i < program->source_count; i++) {
			if (is_named_to_compiler(program, &program->sources[i]))
				rc = run_request_add_argument(request, program->sources[i].name,
							      err);
		}
	}
	for (; rc == 0 && own != NULL && *own != NULL; own++)
		rc = run_request_add_argument(request, *own, err);
	return rc;
}

static bool has_variable(const struct run_request *request, const char *key_value)
{
	size_t length = strcspn(key_value, "=") + 1;
	for (size_t i = 0; i < request->env_count; i++) {
		if (strncmp(request->env[i], key_value, length) == 0)
			return true;
	}
	return false;
}

static int add_env(const struct program *program, struct run_request *request,
		   const struct placeholders *values, struct bailiff_error *err)
{
	int rc = 0;
	for (const char *const *env = program->language->env;
	     rc == 0 && env != NULL && *env != NULL; env++) {
		if (has_variable(request, *env))
			continue;
		const char *variable = placeholder_expand(&request->arena, *env, values);
		rc = variable == NULL ? fail_memory(err) :
					run_request_set_env(request, variable, err);
	}
	return rc;
}

/* `own_bytes` is what the run-time system needs for itself; the heap gets the rest, but never
 * less than half of the limit. */
static struct placeholders make_values(const struct program *program,
				       const struct bailiff_limits *limits, uint64_t own_bytes)
{
	uint64_t memory = limits->memory_bytes;
	uint64_t heap = own_bytes < memory / 2 ? memory - own_bytes : memory / 2;
	return (struct placeholders){
		.class = program->main_class,
		.source = program->main_source,
		.memory_mib = memory / MEBIBYTE,
		.heap_mib = heap < MEBIBYTE ? 1 : heap / MEBIBYTE,
		.cpus = (limits->cpus_milli + 999) / 1000,
	};
}

int toolchain_run_request(const struct program *program, struct run_request *request,
			  struct bailiff_error *err)
{
	const struct language_run *run = &program->language->run;
	struct bailiff_limits *limits = &request->spec.limits;
	if (limits->processes == 0)
		limits->processes = LIMITS_DEFAULT_PROCESSES;
	limits->processes += run->processes;
	struct bailiff_limits resolved = *limits;
	int rc = limits_resolve(&resolved, err);
	if (rc < 0)
		return rc;
	const struct placeholders values = make_values(program, &resolved, run->memory_bytes);
	if (request->policy == NULL)
		request->policy = run->policy;
	rc = add_command(program, request, run->argv, &values, err);
	if (rc == 0)
		rc = add_env(program, request, &values, err);
	if (rc == 0)
		rc = add_binds(program, request, err);
	if (rc == 0 && program->artifact_count == 0)
		rc = add_sources(program, request, err);
	for (size_t i = 0; rc == 0 && i < program->artifact_count; i++) {
		const struct artifact *artifact = &program->artifacts[i];
		const struct bailiff_file file = { .to = artifact->name,
						   .from = artifact->path,
						   .mode = MODE_ARTIFACT };
		rc = run_request_add_file(request, &file, err);
	}
	return rc;
}

/* ---- compiling ----------------------------------------------------------------------------- */

int program_add_artifact(struct program *program, const char *name, struct bailiff_error *err)
{
	size_t count = program->artifact_count;
	struct artifact *artifacts =
		arena_grow(&program->arena, program->artifacts, count, sizeof *artifacts);
	char *copy = arena_copy(&program->arena, name, strlen(name));
	if (artifacts == NULL || copy == NULL)
		return fail_memory(err);
	program->artifacts = artifacts;
	struct artifact *artifact = &artifacts[count];
	*artifact = (struct artifact){ .name = copy,
				       .fd = memfd_create("bailiff-artifact", MFD_CLOEXEC) };
	if (artifact->fd < 0)
		return fail_internal(err, BAILIFF_STAGE_SPEC, errno, "create a memfd");
	program->artifact_count = count + 1;
	artifact->path = arena_format(&program->arena, "/proc/self/fd/%d", artifact->fd);
	return artifact->path != NULL ? 0 : fail_memory(err);
}

int program_make_artifacts(struct program *program, struct bailiff_error *err)
{
	const char *const *names = program->language->compile.artifacts;
	program_discard_artifacts(program);
	int rc = 0;
	for (; rc == 0 && names != NULL && *names != NULL; names++)
		rc = program_add_artifact(program, *names, err);
	return rc;
}

static int add_collects(struct program *program, struct run_request *request,
			struct bailiff_error *err)
{
	int rc = program_make_artifacts(program, err);
	for (size_t i = 0; rc == 0 && i < program->artifact_count; i++) {
		const struct artifact *artifact = &program->artifacts[i];
		const struct bailiff_collect collect = { .name = artifact->name,
							 .to = artifact->path };
		rc = run_request_add_collect(request, &collect, err);
	}
	return rc;
}

void toolchain_step_limits(const struct toolchain *toolchain, const struct language *language,
			   struct bailiff_limits *ret_limits)
{
	struct bailiff_limits limits = toolchain->limits;
	limits_merge(&limits, &language->compile.limits);
	if (limits.wall_ns == 0 && limits.cpu_ns != 0)
		limits.wall_ns = 2 * limits.cpu_ns;
	limits_merge(&limits, &compile_limits);
	*ret_limits = limits;
}

static int make_request(const struct toolchain *toolchain, struct program *program,
			struct run_request *request, struct bailiff_error *err)
{
	const struct language_compile *compile = &program->language->compile;
	struct bailiff_spec *spec = &request->spec;
	toolchain_step_limits(toolchain, program->language, &spec->limits);
	spec->limits.cpuset = toolchain->cpuset;
	spec->rootfs = toolchain->rootfs;
	spec->has_cancel_fd = toolchain->cancel_fd >= 0;
	spec->cancel_fd = toolchain->cancel_fd;
	spec->out.capture_bytes = DIAGNOSTICS_BYTES_MAX;
	spec->err.capture_bytes = DIAGNOSTICS_BYTES_MAX;
	struct bailiff_limits resolved = spec->limits;
	int rc = limits_resolve(&resolved, err);
	if (rc < 0)
		return rc;
	const struct placeholders values = make_values(program, &resolved, 0);
	rc = add_command(program, request, compile->argv, &values, err);
	if (rc == 0)
		rc = add_env(program, request, &values, err);
	if (rc == 0)
		rc = add_binds(program, request, err);
	if (rc == 0)
		rc = add_sources(program, request, err);
	return rc < 0 ? rc : add_collects(program, request, err);
}

/* Appends what one stream captured as valid UTF-8 without NUL; false where memory ran out. */
static bool append_text(FILE *out, const struct bailiff_capture *capture)
{
	for (size_t at = 0; at < capture->size;)
		at += utf8_put(out, capture->data + at, capture->size - at);
	return ferror(out) == 0;
}

/* Errors first: some compilers write them to standard output, and what counts must not be cut. */
static int keep_diagnostics(struct compilation *compilation, struct bailiff_error *err)
{
	const struct bailiff_result *result = &compilation->result;
	size_t size = 0;
	FILE *out = open_memstream(&compilation->diagnostics, &size);
	bool ok = out != NULL && append_text(out, &result->err) && append_text(out, &result->out);
	if (out != NULL && fclose(out) != 0)
		ok = false;
	if (!ok)
		return fail_memory(err);
	compilation->truncated = result->err.truncated || result->out.truncated;
	if (size > DIAGNOSTICS_BYTES_MAX) {
		size_t kept = utf8_prefix(compilation->diagnostics, DIAGNOSTICS_BYTES_MAX);
		compilation->diagnostics[kept] = '\0';
		compilation->truncated = true;
	}
	return 0;
}

/* A compiler that says it succeeded must also have made the program. */
static void draw_verdict(const struct program *program, struct compilation *compilation)
{
	const struct bailiff_result *result = &compilation->result;
	if (result->verdict == BAILIFF_VERDICT_IE) {
		compilation->verdict = COMPILE_IE;
		(void)snprintf(compilation->message, sizeof compilation->message, "%s",
			       result->error.message);
		return;
	}
	compilation->verdict = COMPILE_CE;
	(void)snprintf(compilation->message, sizeof compilation->message, "compiler: %s",
		       result->message);
	if (result->verdict != BAILIFF_VERDICT_OK)
		return;
	for (size_t i = 0; i < result->collected_count; i++) {
		enum bailiff_collect_status status = result->collected[i].status;
		if (status == BAILIFF_COLLECT_OK)
			continue;
		if (status == BAILIFF_COLLECT_FAILED) {
			/* Not the compiler's doing: we could not keep what it made. */
			compilation->verdict = COMPILE_IE;
			(void)fail_internal(&compilation->result.error, BAILIFF_STAGE_SUPERVISE,
					    result->collected[i].errnum, "keep the file '%s'",
					    program->artifacts[i].name);
			(void)snprintf(compilation->message, sizeof compilation->message, "%s",
				       result->error.message);
			return;
		}
		(void)snprintf(compilation->message, sizeof compilation->message,
			       "compiler: made no usable file '%s' (%s)",
			       program->artifacts[i].name, bailiff_collect_status_name(status));
		return;
	}
	compilation->verdict = COMPILE_OK;
}

/* A compiler that is not there is the machine's fault, never the submission's. */
static int fail_missing_tool(const struct language *language, const struct bailiff_result *result,
			     struct bailiff_error *err)
{
	char hint[128];
	(void)snprintf(hint, sizeof hint, "apt install %s", language->package);
	return fail_host(err, BAILIFF_STAGE_EXEC, 0, hint, "%s: %s", language->name,
			 result->message);
}

static int run_compiler(const struct toolchain *toolchain, struct program *program,
			struct compilation *compilation, struct bailiff_error *err)
{
	struct run_request request = { 0 };
	struct loaded_policy *loaded = NULL;
	int rc = make_request(toolchain, program, &request, err);
	if (rc == 0)
		rc = policy_find(program->language->compile.policy, &request.spec.policy, &loaded,
				 err);
	if (rc == 0)
		rc = bailiff_run(toolchain->host, &request.spec, &compilation->result, err);
	if (rc == 0 && compilation->result.reason == BAILIFF_REASON_EXEC)
		rc = fail_missing_tool(program->language, &compilation->result, err);
	loaded_policy_free(loaded);
	run_request_finish(&request);
	return rc;
}

int toolchain_compile(const struct toolchain *toolchain, struct program *program,
		      struct compilation *ret_compilation, struct bailiff_error *err)
{
	struct compilation compilation = { .verdict = COMPILE_OK };
	int rc = 0;
	program_discard_artifacts(program);
	if (program->language->compile.argv != NULL)
		rc = run_compiler(toolchain, program, &compilation, err);
	if (rc == 0)
		rc = keep_diagnostics(&compilation, err);
	if (rc < 0) {
		compilation_finish(&compilation);
		return rc;
	}
	if (program->language->compile.argv != NULL)
		draw_verdict(program, &compilation);
	*ret_compilation = compilation;
	return 0;
}

void compilation_finish(struct compilation *compilation)
{
	bailiff_result_finish(&compilation->result);
	free(compilation->diagnostics);
	*compilation = (struct compilation){ 0 };
}

bool toolchain_uses_host(const char *rootfs)
{
	return rootfs == NULL || strcmp(rootfs, "host") == 0;
}

const char *toolchain_host_path(const struct language *language, const char *path,
				char buffer[PATH_MAX])
{
	size_t longest = 0;
	for (size_t i = 0; i < language->bind_count; i++) {
		const struct bailiff_bind *bind = &language->binds[i].bind;
		const char *to = bind->to != NULL ? bind->to : bind->from;
		size_t length = strlen(to);
		bool is_below = strncmp(path, to, length) == 0 &&
				(path[length] == '/' || path[length] == '\0');
		if (!is_below || length <= longest || !is_bound(&language->binds[i]))
			continue;
		longest = length;
		(void)snprintf(buffer, PATH_MAX, "%s%s", bind->from, path + length);
	}
	return longest > 0 ? buffer : NULL;
}

static int check_program(const struct language *language, const char *path,
			 struct bailiff_error *err)
{
	if (access(path, X_OK) == 0)
		return 0;
	int rc = fail_host(err, BAILIFF_STAGE_EXEC, errno, NULL, "%s is not installed: '%s'",
			   language->name, path);
	(void)snprintf(err->hint, sizeof err->hint, "apt install %s", language->package);
	return rc;
}

/* A program that the cell is to start; a relative path is a file of the working folder's. */
static int check_inside(const struct language *language, const char *const *argv,
			struct bailiff_error *err)
{
	char buffer[PATH_MAX];
	if (argv == NULL || argv[0][0] != '/')
		return 0;
	const char *path = toolchain_host_path(language, argv[0], buffer);
	return check_program(language, path != NULL ? path : argv[0], err);
}

int toolchain_check(const struct language *language, struct bailiff_error *err)
{
	int rc = check_program(language, language->version_argv[0], err);
	if (rc == 0)
		rc = check_inside(language, language->compile.argv, err);
	return rc < 0 ? rc : check_inside(language, language->run.argv, err);
}
