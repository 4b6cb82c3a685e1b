/* SPDX-License-Identifier: MIT */
/*
 * The tests of a problem package, below data/. In a legacy package every folder is a group, and
 * what its testdata.yaml does not say is inherited; in 2025-09 the groups are data/secret and the
 * folders in it that have a test_group.yaml, and nothing is inherited from one to the other.
 */
#include "base/error.h"
#include "judge/grader_flags.h"
#include "judge/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define YAML_BYTES_MAX ((size_t)1 << 20)

typedef int (*settings_read)(const struct yaml_file *file, struct group_settings *settings,
			     struct bailiff_error *err);

/* A folder that is being walked. */
struct place {
	const char *path; /* "data/secret/group1" */
	size_t group;
	const struct group_settings *settings;
	bool is_sample;
	unsigned depth;	       /* below data/, which has 0 */
	struct arena *scratch; /* for what need not outlive the walk of the folder */
};

static int load_folder(struct loader *loader, const struct place *above, const char *path,
		       struct bailiff_error *err);

static bool is_legacy(const struct loader *loader)
{
	return loader->problem->format == PROBLEM_FORMAT_LEGACY;
}

/* The part of a path that is the name of a test or a group. */
static const char *below_data(const char *path)
{
	return path + strlen("data/");
}

/* Reads a YAML file of settings where there is one. */
static int read_settings(struct loader *loader, const char *path, settings_read read,
			 struct group_settings *settings, struct bailiff_error *err)
{
	enum entry_kind kind = ENTRY_NONE;
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = folder_look(&loader->folder, path, &kind, err);
	if (rc < 0 || kind == ENTRY_NONE)
		return rc;
	rc = folder_read(&loader->folder, path, YAML_BYTES_MAX, &input, err);
	if (rc < 0)
		return rc;
	const struct yaml_file file = {
		.name = path,
		.text = input.text,
		.size = input.size,
		.arena = &loader->problem->arena,
		.warnings = &loader->warnings,
	};
	return read(&file, settings, err);
}

/* Puts the file and key that something was set by in front of the message. */
static int fail_origin(struct bailiff_error *err, const char *origin,
		       const struct bailiff_error *inner)
{
	if (inner->fault != BAILIFF_FAULT_SPEC || origin == NULL) {
		if (err != NULL)
			*err = *inner;
		return inner->errnum != 0 ? -inner->errnum : -EINVAL;
	}
	return fail_spec(err, "%s: %s", origin, inner->message);
}

/* ---- flags ------------------------------------------------------------------------------- */

static size_t count_words(const char *const *words)
{
	size_t count = 0;
	while (words != NULL && words[count] != NULL)
		count++;
	return count;
}

static bool are_equal(const char *const *left, const char *const *right)
{
	size_t count = count_words(left);
	if (count != count_words(right))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(left[i], right[i]) != 0)
			return false;
	}
	return true;
}

/* The flags that a map has for a validator, by its name with or without the extension. */
static const char *const *find_named(const struct named_flags *named, const struct source_set *set)
{
	const char *name = strrchr(set->name, '/');
	name = name != NULL ? name + 1 : set->name;
	size_t stem = strcspn(name, ".");
	for (; named->name != NULL; named++) {
		bool is_stem = strlen(named->name) == stem && strncmp(named->name, name, stem) == 0;
		if (is_stem || strcmp(named->name, name) == 0)
			return named->flags;
	}
	return NULL;
}

/* The group's own flags: the same for every validator, because a test has but one list. */
static int choose_flags(const struct loader *loader, const struct group_settings *settings,
			const char *const **ret_flags, struct bailiff_error *err)
{
	const struct problem *problem = loader->problem;
	*ret_flags = settings->group_flags;
	if (settings->named_flags == NULL || problem->validator_count == 0)
		return 0;
	*ret_flags = find_named(settings->named_flags, &problem->validators[0]);
	for (size_t i = 1; i < problem->validator_count; i++) {
		if (!are_equal(*ret_flags,
			       find_named(settings->named_flags, &problem->validators[i])))
			return fail_spec(err,
					 "%s: different flags for several validators are not "
					 "supported",
					 settings->flags_origin);
	}
	return 0;
}

static int join(struct arena *arena, const char *const *first, const char *const *second,
		const char *const **ret_joined, struct bailiff_error *err)
{
	size_t first_count = count_words(first), second_count = count_words(second);
	if (first_count == 0 || second_count == 0) {
		*ret_joined = first_count == 0 ? second : first;
		return 0;
	}
	const char **joined = arena_alloc(arena, (first_count + second_count + 1) * sizeof *joined);
	if (joined == NULL)
		return fail_memory(err);
	memcpy(joined, first, first_count * sizeof *joined);
	memcpy(joined + first_count, second, second_count * sizeof *joined);
	*ret_joined = joined;
	return 0;
}

/* What the checker is given for a test. */
static int set_checker(struct loader *loader, const struct group_settings *settings,
		       struct test_case *test, struct bailiff_error *err)
{
	const char *const *flags = settings->validator_args;
	struct bailiff_error inner = { 0 };
	int rc = 0;
	if (is_legacy(loader)) {
		rc = choose_flags(loader, settings, &flags, err);
		if (rc == 0)
			rc = join(&loader->problem->arena, settings->common_flags, flags, &flags,
				  err);
	}
	if (rc < 0)
		return rc;
	if (loader->problem->checker != CHECKER_BUILTIN) {
		test->validator_args = flags;
		return 0;
	}
	rc = compare_options_parse(flags, !is_legacy(loader), &test->compare, &inner);
	return rc < 0 ? fail_origin(err, settings->flags_origin, &inner) : 0;
}

/* ---- tests ------------------------------------------------------------------------------- */

/* What 2025-09 allows beside a test: its settings and its files. */
struct companions {
	const char *yaml, *files; /* paths */
};

static int add_companions(struct loader *loader, const struct companions *companions,
			  struct group_settings *settings, struct test_case *test,
			  struct bailiff_error *err)
{
	struct extra_list extras = { 0 };
	int rc = read_settings(loader, companions->yaml, test_case_yaml_read, settings, err);
	if (rc == 0)
		rc = loader_add_extras(loader, companions->files, false, &extras, err);
	if (rc < 0)
		return rc;
	test->args = settings->args;
	test->files = extras.items;
	test->file_count = extras.count;
	return 0;
}

static int add_test(struct loader *loader, const struct place *place, const char *stem,
		    struct bailiff_error *err)
{
	struct group_settings settings = *place->settings;
	struct test_case *test = NULL;
	enum entry_kind kind = ENTRY_NONE;
	const struct test_files files = {
		.name = below_data(stem),
		.input = arena_format(place->scratch, "%s.in", stem),
		.answer = arena_format(place->scratch, "%s.ans", stem),
	};
	const struct companions companions = {
		.yaml = arena_format(place->scratch, "%s.yaml", stem),
		.files = arena_format(place->scratch, "%s.files", stem),
	};
	if (files.input == NULL || files.answer == NULL || companions.yaml == NULL ||
	    companions.files == NULL)
		return fail_memory(err);
	int rc = folder_look(&loader->folder, files.answer, &kind, err);
	if (rc == 0 && kind == ENTRY_NONE)
		rc = fail_spec(err, "'%s' has no answer '%s'", files.input, files.answer);
	if (rc == 0)
		rc = loader_add_test(loader, &files, place->group, &test, err);
	if (rc < 0)
		return rc;
	test->is_sample = place->is_sample;
	if (!is_legacy(loader))
		rc = add_companions(loader, &companions, &settings, test, err);
	return rc < 0 ? rc : set_checker(loader, &settings, test, err);
}

/* ---- folders ----------------------------------------------------------------------------- */

/* A test or a folder in the order in which they are taken. */
struct member {
	const char *name; /* a test's is without ".in" */
	bool is_folder;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	return order != 0 ? order : (int)left->is_folder - (int)right->is_folder;
}

/* What a folder holds, but for what only belongs to a test. */
static int collect_members(const struct loader *loader, struct folder_list *list,
			   struct member **ret_members, size_t *ret_count,
			   struct bailiff_error *err)
{
	struct member *members = arena_alloc(&list->arena, (list->count + 1) * sizeof *members);
	size_t count = 0;
	if (members == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		const struct folder_entry *entry = &list->items[i];
		bool is_folder = entry->kind == ENTRY_FOLDER;
		size_t stem = stem_length(entry->name, ".in");
		if (is_folder && !is_legacy(loader) && stem_length(entry->name, ".files") > 0)
			continue;
		if (!is_folder && stem == 0)
			continue;
		members[count++] = (struct member){
			.name = is_folder ? entry->name :
					    arena_copy(&list->arena, entry->name, stem),
			.is_folder = is_folder,
		};
		if (members[count - 1].name == NULL)
			return fail_memory(err);
	}
	qsort(members, count, sizeof *members, compare_members);
	*ret_members = members;
	*ret_count = count;
	return 0;
}

static int load_members(struct loader *loader, const struct place *place, struct bailiff_error *err)
{
	AUTO_FOLDER_LIST list = { 0 };
	struct place here = *place;
	struct member *members = NULL;
	size_t count = 0;
	here.scratch = &list.arena;
	if (place->depth == DATA_DEPTH_MAX)
		return fail_spec(err, "'%s': nested too deeply", place->path);
	int rc = folder_list(&loader->folder, place->path, NAMES_OF_PACKAGES, &list, err);
	if (rc == 0)
		rc = collect_members(loader, &list, &members, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *path = arena_format(&list.arena, "%s/%s", place->path, members[i].name);
		if (path == NULL)
			return fail_memory(err);
		rc = members[i].is_folder ? load_folder(loader, &here, path, err) :
					    add_test(loader, &here, path, err);
	}
	return rc;
}

/* ---- groups ------------------------------------------------------------------------------ */

static int set_legacy_group(struct loader *loader, const struct group_settings *settings,
			    size_t index, struct bailiff_error *err)
{
	struct test_group *group = &loader->problem->groups[index];
	struct bailiff_error inner = { 0 };
	group->on_reject_continue = settings->on_reject_continue;
	group->accept_score = settings->accept_score;
	group->reject_score = settings->reject_score;
	group->range_min = settings->range_min;
	group->range_max = settings->range_max;
	group->custom_grader = settings->custom_grader;
	group->grader_flags = settings->custom_grader ? settings->grader_flags : NULL;
	if (settings->custom_grader)
		return 0;
	int rc = grader_flags_apply(settings->grader_flags, group, &inner);
	return rc < 0 ? fail_origin(err, settings->grader_origin, &inner) : 0;
}

/* The index of a group before `end` by the name that require_pass gives it. */
static bool find_group(const struct problem *problem, const char *name, size_t end,
		       size_t *ret_index)
{
	const char *prefix = "secret/";
	for (size_t i = 1; i < end; i++) {
		const char *known = problem->groups[i].name;
		bool is_secret = strncmp(known, prefix, strlen(prefix)) == 0;
		if (strcmp(known, name) != 0 &&
		    (!is_secret || strcmp(known + strlen(prefix), name) != 0))
			continue;
		*ret_index = i;
		return true;
	}
	return false;
}

static int set_required(struct loader *loader, const char *file,
			const struct group_settings *settings, size_t index,
			struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	size_t count = count_words(settings->required_groups), found = 0;
	if (count == 0)
		return 0;
	size_t *required = arena_alloc(&problem->arena, (count + 1) * sizeof *required);
	if (required == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		const char *name = settings->required_groups[i];
		if (find_group(problem, name, index, &required[found]))
			found++;
		else if (strcmp(name, "sample") != 0) /* without samples there is nothing to pass */
			return fail_spec(err, "%s: require_pass: no group '%s' comes before", file,
					 name);
	}
	required[found] = GROUP_NONE;
	problem->groups[index].required_groups = required;
	return 0;
}

/* Breaking off is what pass-fail and min allow: nothing that comes later changes the score. */
static void set_current_group(struct loader *loader, const struct group_settings *settings,
			      size_t index)
{
	struct test_group *group = &loader->problem->groups[index];
	bool is_scoring = loader->problem->is_scoring;
	group->is_pass_fail = !is_scoring || settings->is_pass_fail;
	group->is_bounded = is_scoring && settings->is_bounded;
	group->max_score = group->is_bounded ? settings->max_score : 0;
	group->score_mode = settings->score_mode;
	group->on_reject_continue =
		is_scoring &&
		(index == 0 || (!settings->is_pass_fail && settings->score_mode == SCORE_SUM));
}

/* A folder that is a group: its settings, its tests, and nothing where it has none. */
static int load_group(struct loader *loader, const struct place *above, const char *path,
		      struct group_settings *settings, struct bailiff_error *err)
{
	struct problem *problem = loader->problem;
	size_t tests_before = problem->test_count;
	const char *name = below_data(path);
	const char *file = arena_format(above->scratch, "%s/%s", path,
					is_legacy(loader) ? "testdata.yaml" : "test_group.yaml");
	struct place place = {
		.path = path,
		.settings = settings,
		.is_sample = above->is_sample || strcmp(name, "sample") == 0,
		.depth = above->depth + 1,
	};
	if (file == NULL)
		return fail_memory(err);
	int rc = read_settings(loader, file,
			       is_legacy(loader) ? testdata_yaml_read : test_group_yaml_read,
			       settings, err);
	if (rc == 0)
		rc = loader_add_group(loader, name, above->group, &place.group, err);
	if (rc < 0)
		return rc;
	problem->groups[place.group].is_sample = strcmp(name, "sample") == 0;
	if (is_legacy(loader)) {
		rc = set_legacy_group(loader, settings, place.group, err);
	} else {
		set_current_group(loader, settings, place.group);
		rc = set_required(loader, file, settings, place.group, err);
	}
	if (rc == 0)
		rc = load_members(loader, &place, err);
	if (rc == 0 && problem->test_count == tests_before)
		problem->group_count = place.group; /* those below it have none either */
	return rc;
}

/* Whether a folder of a 2025-09 package is a group. */
static int is_group(struct loader *loader, const struct place *above, const char *path,
		    bool *ret_is_group, struct bailiff_error *err)
{
	enum entry_kind kind = ENTRY_NONE;
	const char *file = arena_format(above->scratch, "%s/test_group.yaml", path);
	if (file == NULL)
		return fail_memory(err);
	int rc = folder_look(&loader->folder, file, &kind, err);
	if (rc < 0)
		return rc;
	bool may_be = above->depth == 0 || (above->depth == 1 && !above->is_sample);
	if (kind != ENTRY_NONE && !may_be)
		return fail_spec(err, "'%s': groups stand directly in data/secret", file);
	*ret_is_group = above->depth == 0 || kind != ENTRY_NONE;
	return 0;
}

static int load_folder(struct loader *loader, const struct place *above, const char *path,
		       struct bailiff_error *err)
{
	struct group_settings settings = *above->settings;
	struct place inner = *above;
	bool is_one = false;
	if (is_legacy(loader))
		return load_group(loader, above, path, &settings, err);
	int rc = is_group(loader, above, path, &is_one, err);
	if (rc < 0)
		return rc;
	if (is_one) {
		bool is_secret = strcmp(path, "data/secret") == 0;
		settings = (struct group_settings){
			.is_pass_fail = !is_secret,
			.is_bounded = is_secret,
			.max_score = is_secret ? 100 : 0,
		};
		return load_group(loader, above, path, &settings, err);
	}
	inner.path = path;
	inner.depth++;
	return load_members(loader, &inner, err);
}

/* 2025-09: where there are groups, every secret test is in one. */
static int check_secret(const struct problem *problem, struct bailiff_error *err)
{
	size_t secret = GROUP_NONE;
	bool has_groups = false;
	for (size_t i = 0; i < problem->group_count; i++) {
		if (strcmp(problem->groups[i].name, "secret") == 0)
			secret = i;
		else if (secret != GROUP_NONE && problem->groups[i].parent == secret)
			has_groups = true;
	}
	for (size_t i = 0; has_groups && i < problem->test_count; i++) {
		if (problem->tests[i].group == secret)
			return fail_spec(err, "'data/%s.in' is in no group, but other tests are",
					 problem->tests[i].name);
	}
	return 0;
}

int package_load_tests(struct loader *loader, struct bailiff_error *err)
{
	static const char *const folders[] = { "data/sample", "data/secret" };
	struct group_settings root = loader->root;
	struct place data = { .path = "data",
			      .settings = &root,
			      .scratch = &loader->problem->arena };
	int rc = 0;
	if (is_legacy(loader))
		rc = read_settings(loader, "data/testdata.yaml", testdata_yaml_read, &root, err);
	if (rc == 0)
		rc = loader_add_group(loader, "", GROUP_NONE, &data.group, err);
	if (rc == 0 && is_legacy(loader))
		rc = set_legacy_group(loader, &root, 0, err);
	if (rc == 0 && !is_legacy(loader))
		set_current_group(loader, &root, 0);
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		enum entry_kind kind = ENTRY_NONE;
		rc = folder_look(&loader->folder, folders[i], &kind, err);
		if (rc == 0 && kind == ENTRY_FOLDER)
			rc = load_folder(loader, &data, folders[i], err);
	}
	if (rc == 0 && !is_legacy(loader))
		rc = check_secret(loader->problem, err);
	return rc;
}
