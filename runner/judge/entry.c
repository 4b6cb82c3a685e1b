/* SPDX-License-Identifier: MIT */
/*
 * Which submissions a command line means. All are read before the first is judged, so that a
 * mistake in the last shows at once.
 */
#include "judge/entry.h"

#include "base/error.h"
#include "judge/ready_program.h"
#include "run_request.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void entries_finish(struct entry_list *list)
{
	arena_finish(&list->arena);
	*list = (struct entry_list){ 0 };
}

static int append(struct entry_list *list, const struct entry *entry, struct bailiff_error *err)
{
	struct entry *items =
		arena_grow(&list->arena, list->items, list->count, sizeof *list->items);
	if (items == NULL)
		return fail_memory(err);
	list->items = items;
	list->items[list->count++] = *entry;
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool has_language(const struct entry_rule *rule, const char *path)
{
	const struct language *language = NULL;
	struct bailiff_error ignored = { 0 };
	return language_of_file(rule->languages, path, &language, &ignored) == 0;
}

static bool same_folder(const char *a, const char *b)
{
	size_t length = (size_t)(path_last_part(a) - a);
	return length == (size_t)(path_last_part(b) - b) && strncmp(a, b, length) == 0;
}

/* A header or a data file cannot be a submission; beside one program it is a part of that. */
static bool is_one_submission(char *const *paths, const struct entry_rule *rule)
{
	size_t programs = 0, count = 0;
	if (rule->is_single)
		return true;
	for (; paths[count] != NULL; count++) {
		if (is_folder(paths[count]) || !same_folder(paths[0], paths[count]))
			return false;
		programs += has_language(rule, paths[count]);
	}
	return programs == 1 && count > 1;
}

/* The caller may have named what others made, as by "*", and a link can lead anywhere. */
static int refuse_links(char *const *paths, struct bailiff_error *err)
{
	struct stat status;
	for (; *paths != NULL; paths++) {
		if (lstat(*paths, &status) == 0 && S_ISLNK(status.st_mode))
			return fail_input(err, ELOOP, "'%s' is a link; name what it leads to",
					  *paths);
	}
	return 0;
}

/* All the files of several paths as one set, named after the first. */
static int read_together(struct entry_list *list, char *const *paths,
			 const struct entry_rule *rule, struct bailiff_error *err)
{
	struct entry entry = { .sources = { .name = paths[0], .language = rule->language } };
	struct source_file *files = NULL;
	for (size_t i = 0; paths[i] != NULL; i++) {
		struct source_set part = { 0 };
		int rc = source_set_load(&list->arena, paths[i], paths[i], &part, err);
		if (rc < 0)
			return rc;
		for (size_t j = 0; j < part.count; j++) {
			files = arena_grow(&list->arena, files, entry.sources.count, sizeof *files);
			if (files == NULL)
				return fail_memory(err);
			files[entry.sources.count++] = part.files[j];
		}
	}
	entry.sources.files = files;
	return append(list, &entry, err);
}

int entries_read(struct entry_list *list, char *const *paths, const struct entry_rule *rule,
		 struct bailiff_error *err)
{
	int rc = refuse_links(paths, err);
	if (rc == 0 && is_one_submission(paths, rule))
		return read_together(list, paths, rule, err);
	for (size_t i = 0; rc == 0 && paths[i] != NULL; i++) {
		struct entry entry = { 0 };
		rc = source_set_load(&list->arena, paths[i], paths[i], &entry.sources, err);
		entry.sources.language = rule->language;
		if (rc == 0)
			rc = append(list, &entry, err);
	}
	return rc;
}

int entries_add_expected(struct entry_list *list, const struct expectation_list *expectations,
			 bool (*is_wanted)(const struct expectation *expectation),
			 struct bailiff_error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < expectations->count; i++) {
		const struct expectation *expectation = &expectations->items[i];
		struct entry entry = { .expectation = *expectation };
		if (is_wanted != NULL && !is_wanted(expectation))
			continue;
		rc = source_set_load(&list->arena, expectation->path, expectation->submission,
				     &entry.sources, err);
		entry.sources.language = expectation->language;
		if (rc == 0)
			rc = append(list, &entry, err);
	}
	return rc;
}

static const struct expectation *find_expectation(const struct expectation_list *list,
						  const char *path)
{
	char wanted[PATH_MAX], have[PATH_MAX];
	if (realpath(path, wanted) == NULL)
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		if (realpath(list->items[i].path, have) != NULL && strcmp(have, wanted) == 0)
			return &list->items[i];
	}
	return NULL;
}

int entries_match(struct entry_list *list, char *const *paths,
		  const struct expectation_list *expectations, struct bailiff_error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct expectation *expectation = find_expectation(expectations, paths[i]);
		if (expectation == NULL)
			return fail_spec(err, "--verify: '%s' is none of the package's submissions",
					 paths[i]);
		list->items[i].expectation = *expectation;
		list->items[i].sources.name = expectation->submission;
		if (list->items[i].sources.language == NULL)
			list->items[i].sources.language = expectation->language;
	}
	return 0;
}

int entries_check(const struct entry_list *list, const struct language_set *languages,
		  struct bailiff_error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		const struct language *language = NULL;
		rc = source_set_language(&list->items[i].sources, languages, &language, err);
		if (rc == 0)
			rc = toolchain_check(language, err);
	}
	return rc;
}
