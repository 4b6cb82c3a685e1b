/* SPDX-License-Identifier: MIT */
/*
 * problem_load(): decides which reader a folder is for, and holds what both add to a problem.
 */
#include "judge/loader.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "run_request.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Files that one test, or one language, brings along. */
#define EXTRA_FILES_MAX 1000u

size_t stem_length(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);
	return length > tail && strcmp(name + length - tail, suffix) == 0 ? length - tail : 0;
}

const char *loader_absolute(struct loader *loader, const char *path)
{
	return arena_format(&loader->problem->arena, "%s/%s", loader->problem->folder, path);
}

/* ---- tests and groups -------------------------------------------------------------------- */

/* Looks whether a file can be read, and notes where it is. */
static int add_blob(struct loader *loader, const char *path, struct blob *ret_blob,
		    struct bailiff_error *err)
{
	AUTO_CLOSE int fd = FD_NONE;
	uint64_t size = 0;
	int rc = folder_open_file(&loader->folder, path, &fd, &size, err);
	if (rc < 0)
		return rc;
	*ret_blob = (struct blob){ .path = loader_absolute(loader, path), .size = size };
	return ret_blob->path != NULL ? 0 : fail_memory(err);
}

int loader_add_test(struct loader *loader, const struct test_files *files, size_t group,
		    struct test_case **ret_test, struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	if (problem->test_count == PROBLEM_TESTS_MAX)
		return fail_spec(err, "'%s': more than %u tests", files->input, PROBLEM_TESTS_MAX);
	struct test_case *tests = arena_grow(&problem->arena, problem->tests, problem->test_count,
					     sizeof *problem->tests);
	if (tests == NULL)
		return fail_memory(err);
	problem->tests = tests;
	struct test_case *test = &tests[problem->test_count];
	*test = (struct test_case){
		.name = arena_copy(&problem->arena, files->name, strlen(files->name)),
		.group = group,
	};
	if (test->name == NULL)
		return fail_memory(err);
	int rc = add_blob(loader, files->input, &test->input, err);
	if (rc == 0)
		rc = add_blob(loader, files->answer, &test->answer, err);
	if (rc < 0)
		return rc;
	problem->test_count++;
	*ret_test = test;
	return 0;
}

int loader_add_group(struct loader *loader, const char *name, size_t parent, size_t *ret_index,
		     struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	if (problem->group_count == PROBLEM_GROUPS_MAX)
		return fail_spec(err, "'%s': more than %u groups of tests", name,
				 PROBLEM_GROUPS_MAX);
	/* All at once: groups that turn out to be empty are taken back. */
	if (problem->groups == NULL)
		problem->groups =
			arena_alloc(&problem->arena, PROBLEM_GROUPS_MAX * sizeof *problem->groups);
	const char *copy = arena_copy(&problem->arena, name, strlen(name));
	if (problem->groups == NULL || copy == NULL)
		return fail_memory(err);
	problem->groups[problem->group_count] = (struct test_group){
		.name = copy,
		.parent = parent,
		.accept_score = 1.0,
		.range_min = -INFINITY,
		.range_max = INFINITY,
	};
	*ret_index = problem->group_count++;
	return 0;
}

/* ---- extra files ------------------------------------------------------------------------- */

struct extra_walk {
	struct loader *loader;
	struct extra_list *list;
	bool in_memory;
	struct bailiff_error *err;
};

static int read_content(struct extra_walk *walk, const char *path, struct blob *ret_content)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = folder_read(&walk->loader->folder, path, PROBLEM_PROGRAM_BYTES_MAX, &input,
			     walk->err);
	if (rc < 0)
		return rc;
	walk->list->bytes += input.size;
	if (walk->list->bytes > PROBLEM_PROGRAM_BYTES_MAX)
		return fail_spec(walk->err, "'%s': more than %zu MiB of files", path,
				 PROBLEM_PROGRAM_BYTES_MAX >> 20);
	ret_content->size = input.size;
	ret_content->data = arena_copy(&walk->loader->problem->arena, input.text, input.size);
	return ret_content->data != NULL ? 0 : fail_memory(walk->err);
}

static int add_extra(struct extra_walk *walk, const char *path, const char *to)
{
	struct arena *arena = &walk->loader->problem->arena;
	struct extra_list *list = walk->list;
	struct blob content = { 0 };
	if (list->count == EXTRA_FILES_MAX)
		return fail_spec(walk->err, "'%s': more than %u files", path, EXTRA_FILES_MAX);
	int rc = walk->in_memory ? read_content(walk, path, &content) :
				   add_blob(walk->loader, path, &content, walk->err);
	if (rc < 0)
		return rc;
	struct extra_file *items = arena_grow(arena, list->items, list->count, sizeof *items);
	const char *copy = arena_copy(arena, to, strlen(to));
	if (items == NULL || copy == NULL)
		return fail_memory(walk->err);
	list->items = items;
	items[list->count++] = (struct extra_file){ .to = copy, .content = content };
	return 0;
}

static int walk_extras(struct extra_walk *walk, const char *path, const char *below, unsigned depth)
{
	AUTO_FOLDER_LIST list = { 0 };
	if (depth == PROGRAM_DEPTH_MAX)
		return fail_spec(walk->err, "'%s': nested too deeply", path);
	int rc = folder_list(&walk->loader->folder, path, NAMES_OF_PACKAGES, &list, walk->err);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		const struct folder_entry *entry = &list.items[i];
		const char *inner = arena_format(&list.arena, "%s/%s", path, entry->name);
		const char *to = arena_format(&list.arena, "%s%s%s", below,
					      below[0] != '\0' ? "/" : "", entry->name);
		if (inner == NULL || to == NULL)
			return fail_memory(walk->err);
		rc = entry->kind == ENTRY_FOLDER ? walk_extras(walk, inner, to, depth + 1) :
						   add_extra(walk, inner, to);
	}
	return rc;
}

int loader_add_extras(struct loader *loader, const char *path, bool in_memory,
		      struct extra_list *list, struct bailiff_error *err)
{
	struct extra_walk walk = {
		.loader = loader, .list = list, .in_memory = in_memory, .err = err
	};
	return walk_extras(&walk, path, "", 0);
}

/* ---- the problem ------------------------------------------------------------------------- */

static int set_folder(struct problem *problem, const char *path, struct bailiff_error *err)
{
	AUTO_FREE char *folder = realpath(path, NULL);
	if (folder == NULL)
		return fail_input(err, errno, "open problem '%s'", path);
	problem->folder = arena_copy(&problem->arena, folder, strlen(folder));
	if (problem->folder == NULL)
		return fail_memory(err);
	const char *name = path_last_part(problem->folder);
	problem->name = name[0] != '\0' ? name : "problem";
	return 0;
}

int problem_load(struct problem *problem, const char *path, struct bailiff_error *err)
{
	struct loader loader = { .problem = problem, .folder = { .fd = FD_NONE } };
	enum entry_kind kind = ENTRY_NONE;
	int rc = set_folder(problem, path, err);
	if (rc == 0)
		rc = folder_open(problem->folder, &loader.folder, err);
	if (rc == 0)
		rc = folder_look(&loader.folder, "problem.yaml", &kind, err);
	if (rc == 0)
		rc = kind != ENTRY_NONE ? package_load(&loader, err) :
					  plain_folder_load(&loader, err);
	if (rc == 0 && problem->test_count == 0)
		rc = fail_spec(err, "'%s' has no tests", path);
	folder_close(&loader.folder);
	problem->warnings = loader.warnings.items;
	problem->warning_count = loader.warnings.count;
	return rc;
}

void problem_finish(struct problem *problem)
{
	arena_finish(&problem->arena);
	*problem = (struct problem){ 0 };
}
