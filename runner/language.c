/* SPDX-License-Identifier: MIT */
/*
 * The set of languages: the built-in definitions, then those of a folder, each of which replaces
 * the one of the same id. Two languages may claim one extension; which is meant is then the
 * caller's to say.
 */
#include "language.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/language_json.h"
#include "input.h"
#include "nearest.h"
#include "run_request.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINITION_BYTES_MAX ((size_t)1 << 20)

void language_set_finish(struct language_set *set)
{
	arena_finish(&set->arena);
	*set = (struct language_set){ 0 };
}

static int compare_ids(const void *a, const void *b)
{
	const struct language *left = a, *right = b;
	return strcmp(left->id, right->id);
}

static int put(struct language_set *set, const struct language *language, struct bailiff_error *err)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->items[i].id, language->id) == 0) {
			set->items[i] = *language;
			return 0;
		}
	}
	if (set->count == LANGUAGES_MAX)
		return fail_spec(err, "more than %u languages", LANGUAGES_MAX);
	struct language *items =
		arena_grow(&set->arena, set->items, set->count, sizeof *set->items);
	if (items == NULL)
		return fail_memory(err);
	set->items = items;
	set->items[set->count++] = *language;
	return 0;
}

/* Reads one definition; `name` stands before messages about it. */
static int add_text(struct language_set *set, const char *name, const struct language_text *text,
		    const char *folder, struct bailiff_error *err)
{
	struct language language = { 0 };
	int rc = language_json_read(&set->arena, text->text, text->size, folder, &language, err);
	if (rc == 0)
		return put(set, &language, err);
	return error_prefix(name, rc, err);
}

static int add_file(struct language_set *set, const char *folder, const char *name,
		    struct bailiff_error *err)
{
	const char *path = arena_format(&set->arena, "%s/%s", folder, name);
	if (path == NULL)
		return fail_memory(err);
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = input_read_file(path, DEFINITION_BYTES_MAX, &input, err);
	if (rc < 0)
		return rc;
	const struct language_text text = { .name = name, .text = input.text, .size = input.size };
	return add_text(set, path, &text, folder, err);
}

static int is_definition(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int add_folder(struct language_set *set, const char *folder, struct bailiff_error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_definition, alphasort);
	if (count < 0)
		return fail_input(err, errno, "--languages: '%s'", folder);
	int rc = 0;
	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = add_file(set, folder, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int language_set_load(struct language_set *set, const char *folder, struct bailiff_error *err)
{
	int rc = 0;
	for (const struct language_text *text = language_texts; rc == 0 && text->name != NULL;
	     text++)
		rc = add_text(set, text->name, text, NULL, err);
	if (rc == 0 && folder != NULL)
		rc = add_folder(set, folder, err);
	if (rc == 0)
		qsort(set->items, set->count, sizeof *set->items, compare_ids);
	return rc;
}

int language_find(const struct language_set *set, const char *id, const struct language **ret,
		  struct bailiff_error *err)
{
	const char *names[LANGUAGES_MAX + 1] = { NULL };
	for (size_t i = 0; i < set->count; i++) {
		names[i] = set->items[i].id;
		if (strcmp(names[i], id) == 0) {
			*ret = &set->items[i];
			return 0;
		}
	}
	int rc = fail_spec(err, "unknown language '%s'", id);
	const char *nearest = nearest_name(id, names);
	if (nearest != NULL)
		(void)snprintf(err->hint, sizeof err->hint, "did you mean '%s'?", nearest);
	else
		(void)snprintf(err->hint, sizeof err->hint, "see 'bailiff languages'");
	return rc;
}

bool language_has_extension(const struct language *language, const char *path)
{
	const char *dot = strrchr(path_last_part(path), '.');
	for (const char *const *at = language->extensions; dot != NULL && *at != NULL; at++) {
		if (strcmp(*at, dot + 1) == 0)
			return true;
	}
	return false;
}

int language_of_file(const struct language_set *set, const char *path, const struct language **ret,
		     struct bailiff_error *err)
{
	const struct language *found = NULL;
	for (size_t i = 0; i < set->count; i++) {
		const struct language *language = &set->items[i];
		if (!language->by_extension || !language_has_extension(language, path))
			continue;
		if (found != NULL) {
			int rc = fail_spec(err, "'%s' may be '%s' or '%s'", path, found->id,
					   language->id);
			(void)snprintf(err->hint, sizeof err->hint, "say which: --language %s",
				       found->id);
			return rc;
		}
		found = language;
	}
	if (found == NULL) {
		int rc = fail_spec(err, "'%s': no language has this extension", path);
		(void)snprintf(err->hint, sizeof err->hint,
			       "name it with --language, see 'bailiff languages'");
		return rc;
	}
	*ret = found;
	return 0;
}
