/* SPDX-License-Identifier: MIT */
/*
 * A problem package but for its tests: problem.yaml, the time limit wherever it stands, output
 * validators, graders and included files.
 */
#include "base/error.h"
#include "base/mem.h"
#include "judge/loader.h"

#include <ctype.h>
#include <string.h>

#define YAML_BYTES_MAX ((size_t)1 << 20)
#define SMALL_FILE_MAX ((size_t)64 << 10)
#define VALIDATORS_MAX 16u
#define INCLUDES_MAX 256u

/* ---- the time limit ---------------------------------------------------------------------- */

/* Reads a small file that may be missing; *ret_input stays empty then. */
static int read_optional(struct loader *loader, const char *path, struct input *ret_input,
			 struct bailiff_error *err)
{
	enum entry_kind kind = ENTRY_NONE;
	int rc = folder_look(&loader->folder, path, &kind, err);
	if (rc < 0 || kind == ENTRY_NONE)
		return rc;
	return folder_read(&loader->folder, path, SMALL_FILE_MAX, ret_input, err);
}

/* Cuts blanks and one pair of quotes off both ends, in place. */
static char *trim(char *text)
{
	text += strspn(text, " \t\r\n");
	size_t length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		text[--length] = '\0';
	bool is_quoted =
		length >= 2 && (text[0] == '\'' || text[0] == '"') && text[length - 1] == text[0];
	if (is_quoted)
		text[length - 1] = '\0';
	return is_quoted ? text + 1 : text;
}

static int read_timelimit_file(struct loader *loader, uint64_t *time_limit,
			       struct bailiff_error *err)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = read_optional(loader, ".timelimit", &input, err);
	if (rc < 0 || input.text == NULL)
		return rc;
	if (!parse_seconds(trim(input.text), time_limit))
		return fail_spec(err, ".timelimit: must be a positive number of seconds");
	return 0;
}

/* DOMjudge's own file, lines of key = 'value'. */
static int read_domjudge_ini(struct loader *loader, uint64_t *time_limit, struct bailiff_error *err)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = read_optional(loader, "domjudge-problem.ini", &input, err);
	if (rc < 0 || input.text == NULL)
		return rc;
	char *rest = input.text;
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
		char *value = line;
		const char *key = trim(strsep(&value, "="));
		if (value == NULL || strcmp(key, "timelimit") != 0)
			continue;
		if (!parse_seconds(trim(value), time_limit))
			return fail_spec(err, "domjudge-problem.ini: timelimit: must be a positive "
					      "number of seconds");
	}
	return 0;
}

/* The first of those places that has one; a legacy package's own file comes before problem.yaml. */
static int find_time_limit(struct loader *loader, struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	uint64_t from_file = 0, from_ini = 0;
	int rc = read_timelimit_file(loader, &from_file, err);
	if (rc == 0)
		rc = read_domjudge_ini(loader, &from_ini, err);
	if (rc < 0)
		return rc;
	uint64_t *limit = &problem->limits.cpu_ns;
	if (from_file != 0 && (problem->format == PROBLEM_FORMAT_LEGACY || *limit == 0))
		*limit = from_file;
	if (*limit == 0)
		*limit = from_ini;
	return 0;
}

/* ---- programs ---------------------------------------------------------------------------- */

/* Files that lie beside programs but are none. */
static bool is_no_program(const struct folder_entry *entry)
{
	static const char *const suffixes[] = { ".h", ".hh", ".hpp", ".md", ".txt", NULL };
	for (const char *const *suffix = suffixes; *suffix != NULL; suffix++) {
		if (entry->kind == ENTRY_FILE && stem_length(entry->name, *suffix) > 0)
			return true;
	}
	return false;
}

/* Every entry of a folder is a program. */
static int read_programs(struct loader *loader, const char *folder,
			 const struct source_set **ret_programs, size_t *ret_count,
			 struct bailiff_error *err)
{
	struct arena *arena = &loader->problem->arena;
	struct source_set *programs = NULL;
	size_t count = 0;
	AUTO_FOLDER_LIST list = { 0 };
	int rc = folder_list(&loader->folder, folder, NAMES_OF_PACKAGES, &list, err);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		if (is_no_program(&list.items[i]))
			continue;
		const char *path = arena_format(arena, "%s/%s", folder, list.items[i].name);
		if (count == VALIDATORS_MAX)
			return fail_spec(err, "'%s': more than %u programs", folder,
					 VALIDATORS_MAX);
		programs = arena_grow(arena, programs, count, sizeof *programs);
		if (path == NULL || programs == NULL)
			return fail_memory(err);
		rc = source_set_read(arena, &loader->folder, path, path, &programs[count++], err);
	}
	if (rc == 0 && count == 0)
		rc = fail_spec(err, "'%s' has no program, but problem.yaml asks for one", folder);
	if (rc < 0)
		return rc;
	*ret_programs = programs;
	*ret_count = count;
	return 0;
}

/* 2025-09: the folder's files are one program, or a single folder in it is. */
static int read_output_validator(struct loader *loader, struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	AUTO_FOLDER_LIST list = { 0 };
	const char *path = "output_validator";
	int rc = folder_list(&loader->folder, path, NAMES_OF_PACKAGES, &list, err);
	if (rc < 0)
		return rc;
	if (list.count == 1 && list.items[0].kind == ENTRY_FOLDER)
		path = arena_format(&problem->arena, "%s/%s", path, list.items[0].name);
	struct source_set *set = arena_alloc(&problem->arena, sizeof *set);
	if (path == NULL || set == NULL)
		return fail_memory(err);
	problem->checker = CHECKER_ICPC;
	problem->validators = set;
	problem->validator_count = 1;
	return source_set_read(&problem->arena, &loader->folder, path, path, set, err);
}

static int has_folder(struct loader *loader, const char *path, bool *ret_has,
		      struct bailiff_error *err)
{
	enum entry_kind kind = ENTRY_NONE;
	int rc = folder_look(&loader->folder, path, &kind, err);
	*ret_has = rc == 0 && kind == ENTRY_FOLDER;
	return rc;
}

static int load_legacy_validators(struct loader *loader, struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	bool is_present = false;
	if (loader->is_custom) {
		problem->checker = CHECKER_ICPC;
		return read_programs(loader, "output_validators", &problem->validators,
				     &problem->validator_count, err);
	}
	int rc = has_folder(loader, "output_validators", &is_present, err);
	if (is_present)
		warning_add(&problem->arena, &loader->warnings,
			    "output_validators: is not used, because problem.yaml does not say "
			    "'validation: custom'");
	return rc;
}

static int load_validators(struct loader *loader, struct bailiff_error *err)
{
	const struct problem *problem = loader->problem;
	bool has_validator = false, has_old_name = false;
	if (problem->format == PROBLEM_FORMAT_LEGACY)
		return load_legacy_validators(loader, err);
	int rc = has_folder(loader, "output_validator", &has_validator, err);
	if (rc == 0)
		rc = has_folder(loader, "output_validators", &has_old_name, err);
	if (rc < 0)
		return rc;
	if (has_validator)
		return read_output_validator(loader, err);
	if (has_old_name)
		return fail_spec(err,
				 "'output_validators' is 'output_validator' in this version of "
				 "the format");
	if (problem->is_interactive || problem->is_multi_pass)
		return fail_spec(err,
				 "problem.yaml: type: '%s' needs a program in "
				 "'output_validator'",
				 problem->is_interactive ? "interactive" : "multi-pass");
	return 0;
}

/* Only where some group asks for it: the program in graders/ of a legacy package. */
static int load_grader(struct loader *loader, struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	size_t i = 0, count = 0;
	while (i < problem->group_count && !problem->groups[i].custom_grader)
		i++;
	if (i == problem->group_count)
		return 0;
	int rc = read_programs(loader, "graders", &problem->grader, &count, err);
	if (rc == 0 && count > 1)
		rc = fail_spec(err, "'graders' has more than one program");
	return rc;
}

/* ---- included files ---------------------------------------------------------------------- */

static int add_include(struct loader *loader, const char *language, struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	struct extra_list list = { 0 };
	const char *path = arena_format(&problem->arena, "include/%s", language);
	const char *copy = arena_copy(&problem->arena, language, strlen(language));
	if (path == NULL || copy == NULL)
		return fail_memory(err);
	int rc = loader_add_extras(loader, path, true, &list, err);
	if (rc < 0)
		return rc;
	if (problem->include_count == INCLUDES_MAX)
		return fail_spec(err, "'include': more than %u languages", INCLUDES_MAX);
	struct problem_include *includes =
		arena_grow(&problem->arena, problem->includes, problem->include_count,
			   sizeof *problem->includes);
	if (includes == NULL)
		return fail_memory(err);
	problem->includes = includes;
	includes[problem->include_count++] = (struct problem_include){
		.language = copy,
		.files = list.items,
		.count = list.count,
	};
	return 0;
}

static int load_includes(struct loader *loader, struct bailiff_error *err)
{
	AUTO_FOLDER_LIST list = { 0 };
	int rc = folder_list(&loader->folder, "include", NAMES_OF_PACKAGES, &list, err);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		if (list.items[i].kind == ENTRY_FOLDER)
			rc = add_include(loader, list.items[i].name, err);
	}
	return rc;
}

/* ---- the package ------------------------------------------------------------------------- */

static int load_problem_yaml(struct loader *loader, struct bailiff_error *err)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = folder_read(&loader->folder, "problem.yaml", YAML_BYTES_MAX, &input, err);
	if (rc < 0)
		return rc;
	const struct yaml_file file = {
		.name = "problem.yaml",
		.text = input.text,
		.size = input.size,
		.arena = &loader->problem->arena,
		.warnings = &loader->warnings,
	};
	return problem_yaml_read(&file, loader->problem, &loader->root, &loader->is_custom, err);
}

int package_load(struct loader *loader, struct bailiff_error *err)
{
	int rc = load_problem_yaml(loader, err);
	if (rc == 0)
		rc = find_time_limit(loader, err);
	if (rc == 0)
		rc = load_validators(loader, err);
	if (rc == 0)
		rc = load_includes(loader, err);
	if (rc == 0)
		rc = package_load_tests(loader, err);
	return rc < 0 ? rc : load_grader(loader, err);
}
