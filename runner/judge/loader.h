/* SPDX-License-Identifier: MIT */
/*
 * What the readers of packages and of plain folders share while they build a problem.
 */
#ifndef BAILIFF_JUDGE_LOADER_H
#define BAILIFF_JUDGE_LOADER_H

#include "codec/problem_yaml.h"
#include "judge/folder.h"
#include "judge/problem.h"

#define DATA_DEPTH_MAX 16u
#define PROGRAM_DEPTH_MAX 8u

struct loader {
	struct problem *problem;
	struct folder folder;
	struct warning_list warnings;
	/* Of a package: */
	bool is_custom; /* it brings its own output validators */
	struct group_settings root;
};

/* Adds a test that is zero but for its name, files and group; *ret_test is valid until the next one
 * is added. `input` and `answer` are paths in the folder. */
struct test_files {
	const char *name, *input, *answer;
};
int loader_add_test(struct loader *loader, const struct test_files *files, size_t group,
		    struct test_case **ret_test, struct bailiff_error *err);

/* Adds a group with the values of a problem that has none; *ret_index is its index. */
int loader_add_group(struct loader *loader, const char *name, size_t parent, size_t *ret_index,
		     struct bailiff_error *err);

/* "<folder>/<path>", absolute. NULL where memory ran out. */
const char *loader_absolute(struct loader *loader, const char *path);

/* Adds every file below `path` to a list of extra files: by path, or with its bytes in memory. */
struct extra_list {
	struct extra_file *items;
	size_t count;
	size_t bytes; /* in memory */
};
int loader_add_extras(struct loader *loader, const char *path, bool in_memory,
		      struct extra_list *list, struct bailiff_error *err);

/* The programs: one file or one folder below the loader's. */
int source_set_read(struct arena *arena, struct folder *folder, const char *path, const char *name,
		    struct source_set *ret_set, struct bailiff_error *err);

/* A package with problem.yaml (judge/package.c, package_tests.c), and a folder without
 * (judge/plain_folder.c). */
int package_load(struct loader *loader, struct bailiff_error *err);
int package_load_tests(struct loader *loader, struct bailiff_error *err);
int plain_folder_load(struct loader *loader, struct bailiff_error *err);

/* The length of `name` without `suffix`; 0 where it does not end with it or is nothing else. */
size_t stem_length(const char *name, const char *suffix);

#endif
