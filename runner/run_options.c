/* SPDX-License-Identifier: MIT */
/*
 * The options of `bailiff run` as one table. A spec file is read first, wherever --spec stands on
 * the command line, and every other option is applied over it: scalars replace the spec's, lists
 * are appended to, and environment variables replace those of the same name.
 */
#include "run_options.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/json.h"
#include "codec/spec_json.h"
#include "limit_table.h"

#include <string.h>
#include <unistd.h>

/* SRC, DST and "rw". */
#define PARTS_MAX 3u

static int fail_expected(const struct option_row *row, const char *value, struct bailiff_error *err)
{
	return fail_spec(err, "--%s: expected %s, not '%s'", row->name, row->value, value);
}

/* Copies a value that must not be empty into the request. */
static int copy_value(struct run_options *options, const struct option_row *row, const char *value,
		      const char **ret_copy, struct bailiff_error *err)
{
	if (value[0] == '\0')
		return fail_expected(row, value, err);
	return run_request_copy(&options->request, value, ret_copy, err);
}

/* Splits a copy of value at its colons. 0 parts where one is empty or there are too many. */
static int split_value(struct run_options *options, const char *value, const char *parts[PARTS_MAX],
		       size_t *ret_count, struct bailiff_error *err)
{
	char *copy = arena_copy(&options->request.arena, value, strlen(value));
	if (copy == NULL)
		return fail_memory(err);
	size_t count = 0;
	for (char *part = copy; part != NULL;) {
		char *colon = strchr(part, ':');
		if (colon != NULL)
			*colon = '\0';
		if (part[0] == '\0' || count == PARTS_MAX) {
			count = 0;
			break;
		}
		parts[count++] = part;
		part = colon != NULL ? colon + 1 : NULL;
	}
	*ret_count = count;
	return 0;
}

/* ---- one function per kind of option ------------------------------------------------------- */

static int apply_limit(void *target, const struct option_row *row, const char *value,
		       struct bailiff_error *err)
{
	struct run_options *options = target;
	for (size_t i = 0; i < LIMIT_ROW_COUNT; i++) {
		const struct limit_row *limit = &limit_rows[i];
		uint64_t *field = limit_field(limit, &options->request.spec.limits);
		if (strcmp(limit->option, row->name) == 0)
			return limit_parse(limit, value, field, err);
	}
	return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "--%s has no limit", row->name);
}

static int apply_cpuset(void *target, const struct option_row *row, const char *value,
			struct bailiff_error *err)
{
	struct run_options *options = target;
	if (strspn(value, "0123456789,-") != strlen(value))
		return fail_spec(err, "--%s: expected CPU numbers such as 0,2-3, not '%s'",
				 row->name, value);
	return copy_value(options, row, value, &options->request.spec.limits.cpuset, err);
}

static int apply_policy(void *target, const struct option_row *row, const char *value,
			struct bailiff_error *err)
{
	struct run_options *options = target;
	return copy_value(options, row, value, &options->request.policy, err);
}

static int apply_rootfs(void *target, const struct option_row *row, const char *value,
			struct bailiff_error *err)
{
	struct run_options *options = target;
	return copy_value(options, row, value, &options->request.spec.rootfs, err);
}

static int apply_bind(void *target, const struct option_row *row, const char *value,
		      struct bailiff_error *err)
{
	struct run_options *options = target;
	const char *parts[PARTS_MAX];
	size_t count = 0;
	int rc = split_value(options, value, parts, &count, err);
	if (rc < 0)
		return rc;
	bool writable = count > 1 && strcmp(parts[count - 1], "rw") == 0;
	size_t paths = writable ? count - 1 : count;
	if (paths == 0 || paths > 2)
		return fail_expected(row, value, err);
	struct bailiff_bind bind = {
		.from = parts[0],
		.to = paths == 2 ? parts[1] : NULL,
		.writable = writable,
	};
	const char *place = bind.to != NULL ? bind.to : bind.from;
	if (place[0] != '/')
		return fail_spec(err, "--%s: the place inside, '%s', must be an absolute path",
				 row->name, place);
	return run_request_add_bind(&options->request, &bind, err);
}

/* "A[:B]", where B is the last part of A when it is missing. */
static int split_pair(struct run_options *options, const struct option_row *row, const char *value,
		      const char *ret_pair[2], struct bailiff_error *err)
{
	const char *parts[PARTS_MAX];
	size_t count = 0;
	int rc = split_value(options, value, parts, &count, err);
	if (rc < 0)
		return rc;
	if (count == 0 || count > 2)
		return fail_expected(row, value, err);
	ret_pair[0] = parts[0];
	ret_pair[1] = count == 2 ? parts[1] : path_last_part(parts[0]);
	if (ret_pair[1][0] == '\0')
		return fail_expected(row, value, err);
	return 0;
}

static int apply_copy_in(void *target, const struct option_row *row, const char *value,
			 struct bailiff_error *err)
{
	struct run_options *options = target;
	const char *pair[2];
	int rc = split_pair(options, row, value, pair, err);
	if (rc < 0)
		return rc;
	struct bailiff_file file = { .from = pair[0], .to = pair[1] };
	return run_request_add_file(&options->request, &file, err);
}

static int apply_copy_out(void *target, const struct option_row *row, const char *value,
			  struct bailiff_error *err)
{
	struct run_options *options = target;
	const char *pair[2];
	int rc = split_pair(options, row, value, pair, err);
	if (rc < 0)
		return rc;
	struct bailiff_collect collect = { .name = pair[0], .to = pair[1] };
	return run_request_add_collect(&options->request, &collect, err);
}

static int apply_env(void *target, const struct option_row *row, const char *value,
		     struct bailiff_error *err)
{
	struct run_options *options = target;
	const char *equals = strchr(value, '=');
	if (equals == NULL || equals == value)
		return fail_expected(row, value, err);
	return run_request_set_env(&options->request, value, err);
}

static int apply_cwd(void *target, const struct option_row *row, const char *value,
		     struct bailiff_error *err)
{
	struct run_options *options = target;
	if (value[0] != '/')
		return fail_spec(err, "--%s: must be an absolute path, not '%s'", row->name, value);
	return copy_value(options, row, value, &options->request.spec.cwd, err);
}

static int apply_stdin(void *target, const struct option_row *row, const char *value,
		       struct bailiff_error *err)
{
	struct run_options *options = target;
	struct bailiff_stdin *in = &options->request.spec.in;
	if (strcmp(value, "-") == 0) {
		*in = (struct bailiff_stdin){ .kind = BAILIFF_STDIN_FD, .fd = STDIN_FILENO };
		return 0;
	}
	*in = (struct bailiff_stdin){ .kind = BAILIFF_STDIN_PATH };
	return copy_value(options, row, value, &in->path, err);
}

static int apply_output(void *target, const struct option_row *row, const char *value,
			struct bailiff_error *err)
{
	struct run_options *options = target;
	struct bailiff_spec *spec = &options->request.spec;
	struct bailiff_stdout *out = strcmp(row->name, "stdout") == 0 ? &spec->out : &spec->err;
	if (strcmp(value, "-") == 0)
		return fail_spec(err, "--%s: expected a file's name, not '-' (see --inherit)",
				 row->name);
	*out = (struct bailiff_stdout){ .kind = BAILIFF_STDOUT_PATH };
	return copy_value(options, row, value, &out->path, err);
}

static int apply_fresh(void *target, const struct option_row *row, const char *value,
		       struct bailiff_error *err)
{
	struct run_options *options = target;
	(void)row;
	(void)value;
	(void)err;
	options->request.spec.fresh = true;
	return 0;
}

static int apply_network(void *target, const struct option_row *row, const char *value,
			 struct bailiff_error *err)
{
	struct run_options *options = target;
	if (strcmp(value, "none") == 0)
		options->request.spec.network = BAILIFF_NETWORK_NONE;
	else if (strcmp(value, "loopback") == 0)
		options->request.spec.network = BAILIFF_NETWORK_LOOPBACK;
	else
		return fail_expected(row, value, err);
	return 0;
}

/* ---- the table ----------------------------------------------------------------------------- */

#define LIMITS "Limits, for all processes of the program together"
#define CELL "The cell"
#define FILES "Files and streams"
#define GENERAL "General"

static const struct option_row run_rows[] = {
	{ "cpu", 0, "TIME", LIMITS, "CPU time", "1s", apply_limit },
	{ "wall", 0, "TIME", LIMITS, "wall-clock time", "2 x cpu + 1s", apply_limit },
	{ "idle", 0, "TIME", LIMITS, "time in a row without any use of a CPU", NULL, apply_limit },
	{ "memory", 0, "SIZE", LIMITS, "memory, tmpfs files included", "256M", apply_limit },
	{ "processes", 0, "N", LIMITS, "processes and threads alive at once", "32", apply_limit },
	{ "output", 0, "SIZE", LIMITS, "standard output and error together,\nand any one file",
	  "64M", apply_limit },
	{ "disk", 0, "SIZE", LIMITS, "what it may store in its cell", "64M", apply_limit },
	{ "stack", 0, "SIZE", LIMITS, "stack of each process", "equal to memory", apply_limit },
	{ "open-files", 0, "N", LIMITS, "open files of each process", "64", apply_limit },
	{ "cpus", 0, "N", LIMITS, "CPU bandwidth; 0.5 is half a CPU", "1", apply_limit },
	{ "cpuset", 0, "LIST", LIMITS, "the CPUs it may use, such as 0,2-3", "all", apply_cpuset },

	{ "policy", 0, "NAME|FILE", CELL, "system calls it may make", "native", apply_policy },
	{ "rootfs", 0, "host|DIR|IMAGE", CELL,
	  "what its root is made of: this machine's programs\n"
	  "and libraries, a folder, a squashfs/erofs image",
	  "host", apply_rootfs },
	{ "bind", 0, "SRC[:DST][:rw]", CELL,
	  "show a file or folder inside, read-only unless :rw;\nmay be repeated", NULL,
	  apply_bind },
	{ "env", 0, "K=V", CELL,
	  "set an environment variable (the caller's are not\n"
	  "passed on); may be repeated",
	  "PATH, HOME, LANG", apply_env },
	{ "cwd", 0, "DIR", CELL, "working folder", "/box", apply_cwd },
	{ "network", 0, "none|loopback", CELL, "network interfaces inside", "none", apply_network },
	{ "fresh", 0, NULL, CELL, "make every namespace anew; one run always does", NULL,
	  apply_fresh },

	{ "copy-in", 0, "SRC[:DST]", FILES, "put a file into the working folder; may be repeated",
	  NULL, apply_copy_in },
	{ "copy-out", 0, "NAME[:DST]", FILES, "take a regular file out afterwards; may be repeated",
	  NULL, apply_copy_out },
	{ "stdin", 0, "FILE|-", FILES, "its standard input", "empty", apply_stdin },
	{ "stdout", 0, "FILE", FILES, "where its output goes", "64K of it go into the result",
	  apply_output },
	{ "stderr", 0, "FILE", FILES, "where its errors go", "64K of it go into the result",
	  apply_output },
	{ "inherit", 0, NULL, FILES,
	  "give it this terminal or pipe as standard input,\noutput and error; needs --result",
	  NULL, option_ignore },

	{ "spec", 0, "FILE|-", GENERAL,
	  "read the run from a JSON file, see bailiff-spec(5);\noptions given beside it win", NULL,
	  option_ignore },
	{ "result", 0, "FILE|-", GENERAL, "where the result is written", "- (standard output)",
	  option_ignore },
	{ "exit-status", 0, NULL, GENERAL,
	  "exit as the program did: its code, 128 + signal,\n124 for a time limit, 137 for memory",
	  NULL, option_ignore },
	{ "help", 'h', NULL, GENERAL, "show this text", NULL, option_ignore },
};

const struct option_table run_option_table = {
	.usage = "bailiff run [OPTIONS] -- PROGRAM [ARG...]\n"
		 "bailiff run [OPTIONS] --spec FILE|- [-- PROGRAM [ARG...]]",
	.summary = "Runs one program in a fresh cell and prints what it did as JSON.",
	.more = "bailiff(1)",
	.rows = run_rows,
	.row_count = ARRAY_LENGTH(run_rows),
};

/* ---- the three steps ----------------------------------------------------------------------- */

static const char *value_of(const struct parsed_options *parsed, const char *name)
{
	const struct parsed_option *option = options_find(parsed, name);
	return option != NULL ? option->value : NULL;
}

/* Options that every command with a run's options has, and which of them exclude each other. */
static int take_common(struct run_options *options, struct bailiff_error *err)
{
	const struct parsed_options *parsed = &options->parsed;
	options->result_path = value_of(parsed, "result");
	options->help = options_find(parsed, "help") != NULL;
	options->exit_status = options_find(parsed, "exit-status") != NULL;
	options->inherit = options_find(parsed, "inherit") != NULL;
	if (options->result_path != NULL && strcmp(options->result_path, "-") == 0)
		options->result_path = NULL;
	if (options->help || !options->inherit)
		return 0;
	if (options->result_path == NULL)
		return fail_spec(err, "--inherit: needs --result FILE, since standard output is "
				      "the program's");
	if (options_find(parsed, "stdin") != NULL || options_find(parsed, "stdout") != NULL ||
	    options_find(parsed, "stderr") != NULL)
		return fail_spec(err, "--inherit: excludes --stdin, --stdout and --stderr");
	return 0;
}

int run_options_parse_table(const struct option_table *table, int argc, char **argv,
			    struct run_options *options, struct bailiff_error *err)
{
	int rc = options_parse(table, argc, argv, &options->parsed, err);
	if (rc < 0)
		return rc;
	options->program = argv + argc; /* the NULL at its end */
	return take_common(options, err);
}

int run_options_parse(int argc, char **argv, struct run_options *options, struct bailiff_error *err)
{
	const struct parsed_options *parsed = &options->parsed;
	int rc = options_parse(&run_option_table, argc, argv, &options->parsed, err);
	if (rc < 0)
		return rc;
	options->program = argv + parsed->rest;
	options->spec_path = value_of(parsed, "spec");
	const char *in = value_of(parsed, "stdin");
	if (options_find(parsed, "help") == NULL) {
		if (options->spec_path == NULL && options->program[0] == NULL)
			return fail_spec(err, "no program given; expected -- PROGRAM [ARG...]");
		if (options->program[0] != NULL && options->program[0][0] == '\0')
			return fail_spec(err, "the program's name is empty");
	}
	rc = take_common(options, err);
	if (rc < 0 || options->help)
		return rc;
	if (options->spec_path != NULL && strcmp(options->spec_path, "-") == 0 &&
	    (options->inherit || (in != NULL && strcmp(in, "-") == 0)))
		return fail_spec(err, "--spec: standard input cannot be both the spec and the "
				      "program's input");
	return 0;
}

/* The folder of a file as a string in the arena, NULL where it is the current one. */
static int folder_of(struct run_options *options, const char *path, const char **ret_folder,
		     struct bailiff_error *err)
{
	size_t length = (size_t)(path_last_part(path) - path);
	if (length == 0) {
		*ret_folder = NULL;
		return 0;
	}
	/* Without the slash, except for the root's. */
	const char *folder = arena_copy(&options->request.arena, path, length > 1 ? length - 1 : 1);
	if (folder == NULL)
		return fail_memory(err);
	*ret_folder = folder;
	return 0;
}

/*
 * A relative path as a spec's program names a file of the spec's folder, unless one of that name
 * is put into the cell, or no such file is there and it must mean one inside.
 */
static int resolve_program(struct run_request *request, const char *folder,
			   struct bailiff_error *err)
{
	if (folder == NULL || request->argv_count == 0)
		return 0;
	const char *program = request->argv[0];
	if (program[0] == '/' || strchr(program, '/') == NULL)
		return 0;
	const char *name = strncmp(program, "./", 2) == 0 ? program + 2 : program;
	for (size_t i = 0; i < request->spec.file_count; i++) {
		if (strcmp(request->files[i].to, name) == 0)
			return 0;
	}
	const char *path = NULL;
	int rc = run_request_copy_path(request, folder, program, &path, err);
	if (rc == 0 && access(path, F_OK) == 0)
		request->argv[0] = path;
	return rc;
}

int run_options_load_spec(struct run_options *options, struct bailiff_error *err)
{
	struct input *input = &options->spec_input;
	const char *path = options->spec_path;
	const char *folder = NULL;
	if (path == NULL)
		return 0;
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	int rc = is_stdin ? input_read_fd(STDIN_FILENO, name, JSON_INPUT_MAX, input, err) :
			    input_read_file(path, JSON_INPUT_MAX, input, err);
	if (rc == 0 && !is_stdin)
		rc = folder_of(options, path, &folder, err);
	if (rc < 0)
		return rc;
	rc = spec_json_read(&options->request, input->text, input->size, folder, err);
	if (rc == 0 && options->request.argv_count == 0 && options->program[0] == NULL)
		rc = fail_spec(err, "document: key 'argv' is missing");
	if (rc == 0)
		rc = resolve_program(&options->request, folder, err);
	return error_prefix(name, rc, err);
}

int run_options_apply(struct run_options *options, struct bailiff_error *err)
{
	struct run_request *request = &options->request;
	int rc = options_apply(&options->parsed, options, err);
	if (rc < 0)
		return rc;
	if (options->inherit) {
		request->spec.in =
			(struct bailiff_stdin){ .kind = BAILIFF_STDIN_INHERIT, .fd = STDIN_FILENO };
		request->spec.out = (struct bailiff_stdout){ .kind = BAILIFF_STDOUT_INHERIT,
							     .fd = STDOUT_FILENO };
		request->spec.err = (struct bailiff_stdout){ .kind = BAILIFF_STDOUT_INHERIT,
							     .fd = STDERR_FILENO };
	}
	if (options->program[0] == NULL)
		return 0;
	run_request_clear_arguments(request);
	for (size_t i = 0; options->program[i] != NULL; i++) {
		rc = run_request_add_argument(request, options->program[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void run_options_finish(struct run_options *options)
{
	options_finish(&options->parsed);
	run_request_finish(&options->request);
	input_finish(&options->spec_input);
	*options = (struct run_options){ 0 };
}
