/* SPDX-License-Identifier: MIT */
/*
 * From the spec to a job the program's process can follow without allocating: arguments, environment,
 * where to look for the program, resource limits; and how much its files need.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define DEFAULT_PATH_VARIABLE ("PATH=" DEFAULT_PATH)
#define DEFAULT_CWD "/box"

/* The kernel's own bound on one argument (MAX_ARG_STRLEN); a sum that is too large shows at exec. */
#define ARGUMENT_BYTES_MAX (128 * 1024)
#define ARGUMENT_COUNT_MAX 100000

/* A queue of signals a program can still use; the kernel's default is the whole machine's. */
#define SIGNALS_PENDING_MAX 256

/* A file system entry costs kernel memory even when empty: one per so many bytes of disk. */
#define BYTES_PER_INODE 4096
#define INODES_MIN 64

static const char *const default_environment[] = { DEFAULT_PATH_VARIABLE, "HOME=/box",
						   "LANG=C.UTF-8" };

static int no_memory(struct run *run)
{
	return fail_internal(run->err, BAILIFF_STAGE_SPEC, ENOMEM, "plan the run");
}

/* ---- arguments and environment ---------------------------------------------------------- */

static int count_strings(const char *const *strings, const char *key, size_t *ret_count,
			 struct bailiff_error *err)
{
	size_t count = 0;
	for (; strings != NULL && strings[count] != NULL; count++) {
		if (count >= ARGUMENT_COUNT_MAX)
			return fail_spec(err, "%s: more than %d entries", key, ARGUMENT_COUNT_MAX);
		if (strlen(strings[count]) >= ARGUMENT_BYTES_MAX)
			return fail_spec(err, "%s[%zu]: longer than %d bytes", key, count,
					 ARGUMENT_BYTES_MAX - 1);
	}
	*ret_count = count;
	return 0;
}

/* exec takes arrays of mutable strings but leaves them alone. */
static char *as_mutable(const char *string)
{
	union {
		const char *in;
		char *out;
	} cast = { .in = string };
	return cast.out;
}

static int plan_argv(struct run *run)
{
	size_t count = 0;
	int rc = count_strings(run->spec->argv, "argv", &count, run->err);
	if (rc < 0)
		return rc;
	if (count == 0 || run->spec->argv[0][0] == '\0')
		return fail_spec(run->err, "argv: must name a program");
	run->exec.argv = calloc(JOB_ARGV_SPARE + count + 1, sizeof *run->exec.argv);
	if (run->exec.argv == NULL)
		return no_memory(run);
	for (size_t i = 0; i < count; i++)
		run->exec.argv[JOB_ARGV_SPARE + i] = as_mutable(run->spec->argv[i]);
	return 0;
}

static bool same_variable(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");
	return strncmp(a, b, length + 1) == 0;
}

/* The defaults, then the spec's, which replace those of the same name. */
static int plan_environment(struct run *run)
{
	const char *const *asked = run->spec->env;
	size_t count = 0, used = 0;
	int rc = count_strings(asked, "env", &count, run->err);
	if (rc < 0)
		return rc;
	run->exec.envp =
		calloc(ARRAY_LENGTH(default_environment) + count + 1, sizeof *run->exec.envp);
	if (run->exec.envp == NULL)
		return no_memory(run);
	for (size_t i = 0; i < ARRAY_LENGTH(default_environment); i++) {
		bool replaced = false;
		for (size_t j = 0; j < count; j++)
			replaced |= same_variable(default_environment[i], asked[j]);
		if (!replaced)
			run->exec.envp[used++] = as_mutable(default_environment[i]);
	}
	for (size_t j = 0; j < count; j++) {
		if (strchr(asked[j], '=') == NULL || asked[j][0] == '=')
			return fail_spec(run->err, "env[%zu]: must be KEY=VALUE", j);
		run->exec.envp[used++] = as_mutable(asked[j]);
	}
	return 0;
}

/* ---- finding the program ---------------------------------------------------------------- */

static const char *path_variable(const struct run *run)
{
	for (char **entry = run->exec.envp; *entry != NULL; entry++)
		if (strncmp(*entry, "PATH=", 5) == 0)
			return *entry + 5;
	return DEFAULT_PATH;
}

/* One candidate for each folder in PATH, as execvp(3). */
static int plan_search(struct run *run, const char *name)
{
	const char *path = path_variable(run);
	size_t folders = 1;
	for (const char *p = path; *p != '\0'; p++)
		folders += *p == ':';
	run->exec.paths = calloc(folders + 1, sizeof *run->exec.paths);
	if (run->exec.paths == NULL)
		return no_memory(run);
	for (size_t i = 0; i < folders; i++) {
		size_t length = strcspn(path, ":");
		if (asprintf(&run->exec.paths[i], "%.*s%s%s", (int)length, path,
			     length == 0 ? "./" : "/", name) < 0) {
			run->exec.paths[i] = NULL;
			return no_memory(run);
		}
		path += length + (path[length] == ':');
	}
	return 0;
}

static int plan_one_path(struct run *run, const char *path)
{
	run->exec.paths = calloc(2, sizeof *run->exec.paths);
	if (run->exec.paths == NULL || (run->exec.paths[0] = strdup(path)) == NULL)
		return no_memory(run);
	return 0;
}

/* Whether `path` (absolute inside) is a file the spec puts there. */
static bool is_copied_in(const struct run *run, const char *path)
{
	char wanted[PATH_MAX], made[PATH_MAX];
	if (!rootfs_canonical_path(path, wanted, sizeof wanted))
		return false;
	for (size_t i = 0; i < run->spec->file_count; i++)
		if (rootfs_canonical_path(run->spec->files[i].to, made, sizeof made) &&
		    strcmp(wanted, made) == 0)
			return true;
	return false;
}

/* A program that only the host knows is copied to /box under its own name. */
static int plan_copy(struct run *run, const char *program)
{
	const char *folder = run->spec->host_folder;
	bool relative = program[0] != '/' && folder != NULL;
	if (asprintf(&run->exec.copy_from, "%s%s%s", relative ? folder : "", relative ? "/" : "",
		     program) < 0) {
		run->exec.copy_from = NULL;
		return no_memory(run);
	}
	struct stat status;
	if (stat(run->exec.copy_from, &status) < 0 || !S_ISREG(status.st_mode)) {
		free(MEM_TAKE(run->exec.copy_from));
		return plan_one_path(run, program); /* exec will say what is wrong with it */
	}
	const char *slash = strrchr(program, '/');
	if (asprintf(&run->exec.copy_to, "/box/%s", slash != NULL ? slash + 1 : program) < 0) {
		run->exec.copy_to = NULL;
		return no_memory(run);
	}
	return plan_one_path(run, run->exec.copy_to);
}

static int plan_program(struct run *run)
{
	const char *program = run->spec->argv[0];
	if (strchr(program, '/') == NULL)
		return plan_search(run, program);
	char inside[PATH_MAX];
	int length = snprintf(inside, sizeof inside, "%s%s%s",
			      program[0] == '/' ? "" : run->job.cwd,
			      program[0] == '/' ? "" : "/", program);
	if (length < 0 || length >= (int)sizeof inside)
		return fail_spec(run->err, "argv[0]: path too long");
	if (run->spec->program_is_inside || is_copied_in(run, inside) ||
	    rootfs_plan_has(&run->cell.rootfs, inside))
		return plan_one_path(run, inside);
	return plan_copy(run, program);
}

void exec_plan_finish(struct exec_plan *exec)
{
	free(exec->argv);
	free(exec->envp);
	for (char **path = exec->paths; path != NULL && *path != NULL; path++)
		free(*path);
	free(exec->paths);
	free(exec->copy_from);
	free(exec->copy_to);
	*exec = (struct exec_plan){ 0 };
}

/* ---- resource limits -------------------------------------------------------------------- */

static void add_rlimit(struct job *job, int resource, rlim_t value)
{
	job->rlimits[job->rlimit_count++] = (struct job_rlimit){
		.resource = resource,
		.limit = { .rlim_cur = value, .rlim_max = value },
	};
}

/* Memory and processes are the leaf's business. A lower soft limit of the caller's must not show,
 * and a hard one cannot be raised by everybody. */
static void add_highest_rlimit(struct job *job, __rlimit_resource_t resource)
{
	struct rlimit own;
	if (getrlimit(resource, &own) == 0)
		add_rlimit(job, (int)resource, own.rlim_max);
}

static void plan_rlimits(struct run *run)
{
	struct job *job = &run->job;
	const struct bailiff_limits *limits = &run->limits;
	/* The value 1 alone keeps the kernel from starting a piping core_pattern's helper, which
	 * would run as root and outside every limit; 0 does not. Source: core(5). */
	add_rlimit(job, RLIMIT_CORE, 1);
	add_rlimit(job, RLIMIT_NOFILE, limits->open_files);
	add_rlimit(job, RLIMIT_FSIZE, limits->output_bytes);
	add_rlimit(job, RLIMIT_STACK, limits->stack_bytes);
	add_rlimit(job, RLIMIT_MEMLOCK, 0);
	add_rlimit(job, RLIMIT_NICE, 0);
	add_rlimit(job, RLIMIT_RTPRIO, 0);
	add_rlimit(job, RLIMIT_SIGPENDING, SIGNALS_PENDING_MAX);
	add_rlimit(job, RLIMIT_MSGQUEUE, 0);
	/* A backstop for a supervisor that cannot run; per process, whole seconds, never early. */
	add_rlimit(job, RLIMIT_CPU, limits->cpu_ns / NS_PER_S + 2);
	add_highest_rlimit(job, RLIMIT_AS);
	add_highest_rlimit(job, RLIMIT_DATA);
	add_highest_rlimit(job, RLIMIT_NPROC);
}

/* ---- all of it -------------------------------------------------------------------------- */

/* What the program may store does not include what the caller puts there. */
static int add_file_size(struct run *run, const char *path, size_t size, uint64_t *total)
{
	struct stat status;
	if (path != NULL) {
		if (stat(path, &status) < 0)
			return fail_input(run->err, errno, "a file to be copied in, '%s'", path);
		size = (size_t)status.st_size;
	}
	if (__builtin_add_overflow(*total, (uint64_t)size, total) ||
	    __builtin_add_overflow(*total, (uint64_t)BYTES_PER_INODE, total) ||
	    *total > LIMITS_BYTES_SUM_MAX)
		return fail_spec(run->err, "files: too large");
	return 0;
}

static int plan_scratch(struct run *run)
{
	uint64_t bytes = run->limits.disk_bytes;
	uint64_t inodes = INODES_MIN;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < run->spec->file_count; i++) {
		rc = add_file_size(run, run->spec->files[i].from, run->spec->files[i].size, &bytes);
		/* The file, and every folder on its way. */
		for (const char *p = run->spec->files[i].to; *p != '\0'; p++)
			inodes += *p == '/';
		inodes++;
	}
	if (rc == 0 && run->exec.copy_from != NULL)
		rc = add_file_size(run, run->exec.copy_from, 0, &bytes);
	run->scratch = (struct cell_scratch){ .bytes = bytes,
					      .inodes = bytes / BYTES_PER_INODE + inodes };
	return rc;
}

int run_plan(struct run *run)
{
	struct job *job = &run->job;
	/* exec takes mutable strings but leaves them alone. */
	job->cwd = as_mutable(run->spec->cwd != NULL ? run->spec->cwd : DEFAULT_CWD);
	if (job->cwd[0] != '/')
		return fail_spec(run->err, "cwd: must be an absolute path");
	int rc = plan_argv(run);
	if (rc == 0)
		rc = plan_environment(run);
	if (rc == 0)
		rc = plan_program(run);
	if (rc == 0)
		rc = plan_scratch(run);
	if (rc < 0)
		return rc;
	plan_rlimits(run);
	job->filter = (struct sock_fprog){ .len = (unsigned short)run->filter.length,
					   .filter = run->filter.code };
	job->argv = run->exec.argv;
	job->envp = run->exec.envp;
	job->paths = run->exec.paths;
	return 0;
}
