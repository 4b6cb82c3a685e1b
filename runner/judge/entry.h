/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_ENTRY_H
#define BAILIFF_JUDGE_ENTRY_H

#include "judge/problem.h"
#include "language.h"

/* A submission that is going to be judged. */
struct entry {
	struct source_set sources;
	/* Of one of the package's own; `submission` is NULL for any other. */
	struct expectation expectation;
};

/* Zero is valid and empty. */
struct entry_list {
	struct arena arena;
	struct entry *items;
	size_t count;
};

/* How paths on the command line become submissions. */
struct entry_rule {
	const struct language_set *languages;
	const char *language; /* of all of them; NULL = by their files' names */
	bool is_single;	      /* all paths together are one */
};

/*
 * Reads the submissions that `paths` (NULL-terminated) name, each a file or a folder, no links. A
 * program and files of no language, such as headers, in one folder are one submission, too.
 * Fails with BAILIFF_FAULT_INPUT for what cannot be read, BAILIFF_FAULT_SPEC for what is of no
 * language. The list must be finished whatever is returned.
 */
int entries_read(struct entry_list *list, char *const *paths, const struct entry_rule *rule,
		 struct bailiff_error *err);

/* Adds a package's own submissions: all, or those that `is_wanted` wants. */
int entries_add_expected(struct entry_list *list, const struct expectation_list *expectations,
			 bool (*is_wanted)(const struct expectation *expectation),
			 struct bailiff_error *err);

/* Gives each entry what the package expects of it; fails with BAILIFF_FAULT_SPEC where one is
 * none of the package's. `paths` are those that the entries were read from. */
int entries_match(struct entry_list *list, char *const *paths,
		  const struct expectation_list *expectations, struct bailiff_error *err);

/* Checks that every entry has a language that is installed. */
int entries_check(const struct entry_list *list, const struct language_set *languages,
		  struct bailiff_error *err);

void entries_finish(struct entry_list *list);

#endif
