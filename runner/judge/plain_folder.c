/* SPDX-License-Identifier: MIT */
/*
 * A folder without problem.yaml: N.in with N.ans, or N.out, beside it. People number such tests
 * without zeros in front, so 2.in comes before 10.in.
 */
#include "base/error.h"
#include "judge/loader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Compares the digits that both point to as numbers of any length, and passes them. */
static int compare_digits(const char **left, const char **right)
{
	*left += strspn(*left, "0");
	*right += strspn(*right, "0");
	size_t left_length = strspn(*left, "0123456789");
	size_t right_length = strspn(*right, "0123456789");
	int order = left_length != right_length ? (left_length < right_length ? -1 : 1) :
						  strncmp(*left, *right, left_length);
	*left += left_length;
	*right += right_length;
	return order;
}

static int compare_naturally(const char *left, const char *right)
{
	const char *a = left, *b = right;
	while (*a != '\0' && *b != '\0') {
		int order = 0;
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b))
			order = compare_digits(&a, &b);
		else
			order = (int)(unsigned char)*a++ - (int)(unsigned char)*b++;
		if (order != 0)
			return order;
	}
	if (*a != '\0' || *b != '\0')
		return *a != '\0' ? 1 : -1;
	return strcmp(left, right); /* 1 and 01 */
}

static int compare_entries(const void *a, const void *b)
{
	const struct folder_entry *left = a, *right = b;
	return compare_naturally(left->name, right->name);
}

static bool has_file(const struct folder_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].kind != ENTRY_NONE && strcmp(list->items[i].name, name) == 0)
			return true;
	}
	return false;
}

/* A folder with tests: where it is, what stands before its tests' names, whose group they are. */
struct place {
	const char *path, *prefix;
	size_t group;
	bool is_sample;
};

/* Which file holds the answer: NAME.ans, or NAME.out where there is none. */
static int find_answer(struct loader *loader, const char *stem, const char **ret_answer,
		       struct bailiff_error *err)
{
	static const char *const suffixes[] = { "ans", "out" };
	enum entry_kind kind = ENTRY_NONE;
	for (size_t i = 0; kind == ENTRY_NONE && i < 2; i++) {
		*ret_answer = arena_format(&loader->problem->arena, "%s.%s", stem, suffixes[i]);
		if (*ret_answer == NULL)
			return fail_memory(err);
		int rc = folder_look(&loader->folder, *ret_answer, &kind, err);
		if (rc < 0)
			return rc;
	}
	if (kind == ENTRY_NONE)
		return fail_spec(err, "'%s.in' has no answer beside it: neither '.ans' nor '.out'",
				 stem);
	return 0;
}

static int add_test(struct loader *loader, const struct place *place, const char *file,
		    struct bailiff_error *err)
{
	struct arena *arena = &loader->problem->arena;
	int length = (int)stem_length(file, ".in");
	const char *stem = place->path[0] == '.' ?
				   arena_copy(arena, file, (size_t)length) :
				   arena_format(arena, "%s/%.*s", place->path, length, file);
	const char *name = arena_format(arena, "%s%.*s", place->prefix, length, file);
	const char *input = stem != NULL ? arena_format(arena, "%s.in", stem) : NULL;
	if (name == NULL || input == NULL)
		return fail_memory(err);
	struct test_files files = { .name = name, .input = input };
	int rc = find_answer(loader, stem, &files.answer, err);
	if (rc < 0)
		return rc;
	struct test_case *test = NULL;
	rc = loader_add_test(loader, &files, place->group, &test, err);
	if (rc == 0)
		test->is_sample = place->is_sample;
	return rc;
}

static int add_tests(struct loader *loader, const struct place *place, struct bailiff_error *err)
{
	AUTO_FOLDER_LIST list = { 0 };
	int rc = folder_list(&loader->folder, place->path, NAMES_NOT_HIDDEN, &list, err);
	if (rc == 0 && list.count > 1)
		qsort(list.items, list.count, sizeof *list.items, compare_entries);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		const struct folder_entry *entry = &list.items[i];
		if (entry->kind != ENTRY_FOLDER && stem_length(entry->name, ".in") > 0)
			rc = add_test(loader, place, entry->name, err);
	}
	return rc;
}

/* The tests of a folder that make up a group of their own; no group where there are none. */
static int add_group(struct loader *loader, const char *base, const char *name,
		     struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	struct place place = { .is_sample = strcmp(name, "sample") == 0 };
	size_t tests_before = problem->test_count;
	place.path = arena_format(&problem->arena, "%s%s", base, name);
	place.prefix = arena_format(&problem->arena, "%s/", name);
	if (place.path == NULL || place.prefix == NULL)
		return fail_memory(err);
	int rc = loader_add_group(loader, name, 0, &place.group, err);
	if (rc == 0)
		rc = add_tests(loader, &place, err);
	if (rc < 0)
		return rc;
	problem->groups[place.group].is_sample = place.is_sample;
	if (problem->test_count == tests_before)
		problem->group_count--;
	return 0;
}

/* What only a package with problem.yaml makes use of. */
static int warn_of_package(struct loader *loader, struct bailiff_error *err)
{
	static const char *const names[] = { "output_validators", "output_validator", NULL };
	for (const char *const *name = names; *name != NULL; name++) {
		enum entry_kind kind = ENTRY_NONE;
		int rc = folder_look(&loader->folder, *name, &kind, err);
		if (rc < 0)
			return rc;
		if (kind != ENTRY_NONE)
			warning_add(&loader->problem->arena, &loader->warnings,
				    "%s: is not used, because there is no problem.yaml", *name);
	}
	return 0;
}

int plain_folder_load(struct loader *loader, struct bailiff_error *err)
{
	AUTO_FOLDER_LIST data = { 0 };
	const struct place top = { .path = ".", .prefix = "" };
	size_t root = 0;
	loader->problem->format = PROBLEM_FORMAT_FOLDER;
	loader->problem->maximize = true;
	int rc = loader_add_group(loader, "", GROUP_NONE, &root, err);
	if (rc == 0)
		rc = folder_list(&loader->folder, "data", NAMES_NOT_HIDDEN, &data, err);
	if (rc < 0)
		return rc;
	bool has_data = has_file(&data, "sample") || has_file(&data, "secret");
	const char *base = has_data ? "data/" : "";
	rc = add_group(loader, base, "sample", err);
	if (rc == 0)
		rc = add_group(loader, base, "secret", err);
	if (rc == 0)
		rc = add_tests(loader, &top, err);
	return rc < 0 ? rc : warn_of_package(loader, err);
}
