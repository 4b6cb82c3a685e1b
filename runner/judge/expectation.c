/* SPDX-License-Identifier: MIT */
/*
 * A package's own submissions. What is expected of one follows from its folder, is narrowed by
 * submissions.yaml (every pattern that matches holds; the bare name of a folder replaces what the
 * folder stands for), and is replaced by "@EXPECTED_RESULTS@:" in one of its files.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "codec/submissions_yaml.h"
#include "judge/folder.h"
#include "judge/loader.h"
#include "judge/submission_glob.h"
#include "judge/verdict_sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SUBMISSIONS_MAX 2000u
#define YAML_BYTES_MAX ((size_t)1 << 20)
/* How far into a file the comment is looked for. */
#define COMMENT_BYTES_MAX ((size_t)64 << 10)
#define WORD_LENGTH_MAX 40u

struct finder {
	struct folder folder;
	struct expectation_list *list;
	const struct problem *problem;
	struct submission_rules rules;
	struct warning_list warnings;
	struct bailiff_error *err;
};

/* ---- folders ----------------------------------------------------------------------------- */

struct folder_meaning {
	const char *name;
	verdict_set permitted, required;
	bool is_slow; /* accepted or not, its time says nothing about the limit */
};

#define SET_MEMORY (VERDICT_BIT(JUDGE_MLE) | VERDICT_BIT(JUDGE_RE))
#define SET_OUTPUT VERDICT_BIT(JUDGE_OLE)

static const struct folder_meaning legacy_meanings[] = {
	/* Some tests may be rejected, as long as a group accepts on the whole. */
	{ "partially_accepted", SET_ANY & ~SET_COMPILE, SET_ACCEPTED, true },
	{ "wrong_answer", SET_ACCEPTED | SET_WRONG, SET_WRONG, false },
	{ "time_limit_exceeded", SET_ACCEPTED | SET_WRONG | SET_TIME, SET_TIME, false },
	{ "run_time_error", SET_ANY & ~SET_COMPILE, SET_RUN_TIME, false },
	{ NULL, 0, 0, false },
};

static const struct folder_meaning current_meanings[] = {
	{ "wrong_answer", SET_ACCEPTED | SET_WRONG, SET_WRONG, false },
	{ "time_limit_exceeded", SET_ACCEPTED | SET_TIME, SET_TIME, false },
	{ "run_time_error", SET_ACCEPTED | SET_RUN_TIME, SET_RUN_TIME, false },
	{ NULL, 0, 0, false },
};

/* What a program that runs out of memory looks like depends on its run-time system, and one that
 * floods may be slow at it. The last row is for every other folder. */
static const struct folder_meaning common_meanings[] = {
	{ "accepted", SET_ACCEPTED, 0, false },
	{ "rejected", SET_ANY, SET_WRONG | SET_TIME | SET_RUN_TIME, false },
	{ "brute_force", SET_ACCEPTED | SET_TIME | SET_RUN_TIME, SET_TIME | SET_RUN_TIME, true },
	{ "memory_limit_exceeded", SET_ACCEPTED | SET_MEMORY, SET_MEMORY, true },
	{ "output_limit_exceeded", SET_ACCEPTED | SET_WRONG | SET_TIME | SET_OUTPUT, SET_OUTPUT,
	  true },
	{ "no_output", SET_ACCEPTED | SET_WRONG, SET_WRONG, false },
	{ "compile_error", SET_COMPILE, SET_COMPILE, true },
	{ "slow_accepted", SET_ACCEPTED, 0, true },
	{ "slow", SET_ACCEPTED | SET_TIME, 0, true },
	{ "mixed", SET_ANY, 0, true },
	{ "different", SET_ANY, 0, true },
	{ NULL, SET_ANY, 0, true },
};

static bool is_current(const struct finder *finder)
{
	return finder->problem->format == PROBLEM_FORMAT_2025_09;
}

static const struct folder_meaning *find_meaning(const struct folder_meaning *row,
						 const char *folder)
{
	while (row->name != NULL && strcmp(row->name, folder) != 0)
		row++;
	return row;
}

static const struct folder_meaning *meaning_of(const struct finder *finder, const char *folder)
{
	const struct folder_meaning *row =
		find_meaning(is_current(finder) ? current_meanings : legacy_meanings, folder);
	return row->name != NULL ? row : find_meaning(common_meanings, folder);
}

/* ---- submissions.yaml -------------------------------------------------------------------- */

static int read_rules(struct finder *finder)
{
	static const char path[] = "submissions/submissions.yaml";
	enum entry_kind kind = ENTRY_NONE;
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = is_current(finder) ? folder_look(&finder->folder, path, &kind, finder->err) : 0;
	if (rc < 0 || kind == ENTRY_NONE)
		return rc;
	rc = folder_read(&finder->folder, path, YAML_BYTES_MAX, &input, finder->err);
	if (rc < 0)
		return rc;
	const struct yaml_file file = {
		.name = path,
		.text = input.text,
		.size = input.size,
		.arena = &finder->list->arena,
		.warnings = &finder->warnings,
	};
	return submissions_yaml_read(&file, &finder->rules, finder->err);
}

static int fail_rule(const struct finder *finder, const struct submission_rule *rule,
		     const char *what)
{
	return fail_spec(finder->err, "submissions/submissions.yaml: %s: %s", rule->pattern, what);
}

/* A pattern matches a submission itself or the folder it is in. */
static int rule_applies(const struct finder *finder, const struct submission_rule *rule,
			const char *folder, const char *submission, bool *ret_applies)
{
	struct bailiff_error inner = { 0 };
	bool matches_folder = false, matches_itself = false;
	int rc = submission_glob_match(rule->pattern, folder, &matches_folder, &inner);
	if (rc == 0)
		rc = submission_glob_match(rule->pattern, submission, &matches_itself, &inner);
	if (rc < 0)
		return fail_rule(finder, rule, inner.message);
	*ret_applies = matches_folder || matches_itself;
	return 0;
}

/* One of several required sets must hold for all: that is the smaller one, where one is a part of
 * the other. */
static int require(const struct finder *finder, const struct submission_rule *rule,
		   verdict_set required, struct expectation *expectation)
{
	verdict_set both = expectation->required & required;
	if (expectation->required == 0 || both == required)
		expectation->required = required;
	else if (both != expectation->required)
		return fail_rule(finder, rule,
				 "requires two different verdicts, which is not "
				 "supported");
	return 0;
}

static int permit(const struct finder *finder, const struct submission_rule *rule,
		  verdict_set permitted, struct expectation *expectation)
{
	expectation->permitted &= permitted;
	if (expectation->permitted == 0)
		return fail_rule(finder, rule, "permits nothing that another pattern permits");
	return 0;
}

static int apply_rule(const struct finder *finder, const struct submission_rule *rule,
		      bool replaces, struct expectation *expectation)
{
	int rc = 0;
	if (rule->has_permitted && replaces)
		expectation->permitted = rule->permitted;
	else if (rule->has_permitted)
		rc = permit(finder, rule, rule->permitted, expectation);
	if (rc == 0 && rule->has_required && replaces)
		expectation->required = rule->required;
	else if (rc == 0 && rule->has_required)
		rc = require(finder, rule, rule->required, expectation);
	if (rc == 0 && rule->time_use == TIME_USE_LOWER)
		rc = permit(finder, rule, SET_ANY & ~SET_TIME, expectation);
	if (rc == 0 && rule->time_use == TIME_USE_UPPER)
		rc = require(finder, rule, SET_TIME, expectation);
	if (rule->language != NULL)
		expectation->language = rule->language;
	if (rule->message != NULL)
		expectation->message = rule->message;
	if (rule->has_score) {
		expectation->has_score = true;
		expectation->score_min = rule->score_min;
		expectation->score_max = rule->score_max;
	}
	return rc;
}

/* Replacements go first. *ret_time_use is what the last rule says that says something. */
static int apply_rules(const struct finder *finder, const char *folder,
		       struct expectation *expectation, enum time_use *ret_time_use)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < finder->rules.count; i++) {
			const struct submission_rule *rule = &finder->rules.items[i];
			bool replaces = strcmp(rule->pattern, folder) == 0, applies = false;
			int rc = rule_applies(finder, rule, folder, expectation->submission,
					      &applies);
			if (rc == 0 && applies && replaces == (pass == 0)) {
				rc = apply_rule(finder, rule, replaces, expectation);
				if (rule->time_use != TIME_USE_BY_VERDICTS)
					*ret_time_use = rule->time_use;
			}
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* ---- comments in sources ----------------------------------------------------------------- */

/* DOMjudge's words. */
static const struct {
	const char *word;
	verdict_set set;
} result_words[] = {
	{ "CORRECT", SET_ACCEPTED },	   { "ACCEPTED", SET_ACCEPTED },
	{ "WRONG-ANSWER", SET_WRONG },	   { "WRONG_ANSWER", SET_WRONG },
	{ "NO-OUTPUT", SET_WRONG },	   { "NO_OUTPUT", SET_WRONG },
	{ "TIMELIMIT", SET_TIME },	   { "TIME_LIMIT_EXCEEDED", SET_TIME },
	{ "RUN-ERROR", SET_RUN_TIME },	   { "RUN_TIME_ERROR", SET_RUN_TIME },
	{ "MEMORY-LIMIT", SET_MEMORY },	   { "OUTPUT-LIMIT", SET_OUTPUT },
	{ "OUTPUT_LIMIT", SET_OUTPUT },	   { "COMPILER-ERROR", SET_COMPILE },
	{ "COMPILER_ERROR", SET_COMPILE }, { "CHECK-MANUALLY", SET_ANY },
	{ "CHECK_MANUALLY", SET_ANY },
};

#define RESULT_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
#define NUMBER_LETTERS "0123456789.eE+-"

/* Takes a word of these letters behind blanks, and passes what follows it up to the next comma: the
 * end of the comment, mostly. False where there is none on the line. */
static bool take_comment_word(const char **at, const char *letters, char word[WORD_LENGTH_MAX + 1])
{
	const char *start = *at + strspn(*at, " \t\r");
	size_t length = strspn(start, letters);
	size_t shown = length < WORD_LENGTH_MAX ? length : WORD_LENGTH_MAX;
	if (length == 0)
		return false;
	memcpy(word, start, shown);
	word[shown] = '\0';
	start += strcspn(start, ",\n");
	*at = *start == ',' ? start + 1 : start;
	return true;
}

static int add_result(const struct finder *finder, const char *path, const char *word,
		      verdict_set *set)
{
	for (size_t i = 0; i < ARRAY_LENGTH(result_words); i++) {
		if (strcasecmp(result_words[i].word, word) == 0) {
			*set |= result_words[i].set;
			return 0;
		}
	}
	return fail_spec(finder->err, "'%s': @EXPECTED_RESULTS@: unknown result '%s'", path, word);
}

static int read_results(const struct finder *finder, const char *path, const char *text,
			struct expectation *expectation)
{
	char word[WORD_LENGTH_MAX + 1];
	verdict_set set = 0;
	while (take_comment_word(&text, RESULT_LETTERS, word)) {
		int rc = add_result(finder, path, word, &set);
		if (rc < 0)
			return rc;
	}
	if (set == 0)
		return fail_spec(finder->err, "'%s': @EXPECTED_RESULTS@: names no result", path);
	bool may_be_accepted = (set & SET_ACCEPTED) != 0;
	bool is_compiled = (set & ~SET_COMPILE) != 0;
	expectation->permitted = set | (is_compiled ? SET_ACCEPTED : 0);
	expectation->required = may_be_accepted ? 0 : set;
	return 0;
}

static int read_expected_score(const struct finder *finder, const char *path, const char *text,
			       struct expectation *expectation)
{
	char word[WORD_LENGTH_MAX + 1];
	double score = 0;
	if (!take_comment_word(&text, NUMBER_LETTERS, word) || !parse_score(word, false, &score))
		return fail_spec(finder->err, "'%s': @EXPECTED_SCORE@: must be a number", path);
	expectation->has_score = true;
	expectation->score_min = score;
	expectation->score_max = score;
	return 0;
}

/* Reads the start of a file as text that ends at its first NUL. */
static int read_start(struct finder *finder, const char *path, char *buffer, size_t capacity)
{
	AUTO_CLOSE int fd = FD_NONE;
	uint64_t file_size = 0;
	size_t size = 0;
	int rc = folder_open_file(&finder->folder, path, &fd, &file_size, finder->err);
	while (rc == 0 && size < capacity - 1) {
		ssize_t n = read(fd, buffer + size, capacity - 1 - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_input(finder->err, errno, "read '%s'", path);
		if (n == 0)
			break;
		size += (size_t)n;
	}
	buffer[size] = '\0';
	return rc;
}

static int read_comments(struct finder *finder, const char *path, struct expectation *expectation,
			 bool *found)
{
	static const char results[] = "@EXPECTED_RESULTS@:", score[] = "@EXPECTED_SCORE@:";
	AUTO_FREE char *text = malloc(COMMENT_BYTES_MAX + 1);
	if (text == NULL)
		return fail_memory(finder->err);
	int rc = read_start(finder, path, text, COMMENT_BYTES_MAX + 1);
	const char *at = rc == 0 ? strstr(text, results) : NULL;
	if (at != NULL) {
		*found = true;
		rc = read_results(finder, path, at + strlen(results), expectation);
	}
	at = rc == 0 ? strstr(text, score) : NULL;
	if (at != NULL)
		rc = read_expected_score(finder, path, at + strlen(score), expectation);
	return rc;
}

/* The first file of a submission that has a comment about its results is the one that counts. */
static int scan_folder(struct finder *finder, const char *path, unsigned depth,
		       struct expectation *expectation, bool *found)
{
	AUTO_FOLDER_LIST list = { 0 };
	if (depth == PROGRAM_DEPTH_MAX)
		return fail_spec(finder->err, "'%s': nested too deeply", path);
	int rc = folder_list(&finder->folder, path, NAMES_NOT_HIDDEN, &list, finder->err);
	for (size_t i = 0; rc == 0 && !*found && i < list.count; i++) {
		const struct folder_entry *entry = &list.items[i];
		const char *inner = arena_format(&list.arena, "%s/%s", path, entry->name);
		if (inner == NULL)
			return fail_memory(finder->err);
		if (entry->kind == ENTRY_FILE)
			rc = read_comments(finder, inner, expectation, found);
		else if (entry->kind == ENTRY_FOLDER)
			rc = scan_folder(finder, inner, depth + 1, expectation, found);
	}
	return rc;
}

/* ---- the list ---------------------------------------------------------------------------- */

/* 2025-09 takes every submission that must not be too slow, legacy those that must be accepted. */
static void set_time_use(const struct finder *finder, const struct folder_meaning *meaning,
			 enum time_use use, struct expectation *expectation)
{
	verdict_set permitted = expectation->permitted;
	bool is_fast = is_current(finder) ?
			       (permitted & SET_ACCEPTED) != 0 && (permitted & SET_TIME) == 0 :
			       permitted == SET_ACCEPTED;
	bool is_counted = use != TIME_USE_NONE;
	bool is_asked_for = use == TIME_USE_LOWER;
	expectation->is_for_lower_bound =
		is_counted && is_fast && (!meaning->is_slow || is_asked_for);
	expectation->is_for_upper_bound = is_counted && expectation->required == SET_TIME;
}

static int add_submission(struct finder *finder, const char *folder,
			  const struct folder_entry *entry)
{
	struct expectation_list *list = finder->list;
	const struct folder_meaning *meaning = meaning_of(finder, folder);
	enum time_use use = TIME_USE_BY_VERDICTS;
	bool found = false;
	if (list->count == SUBMISSIONS_MAX)
		return fail_spec(finder->err, "'submissions': more than %u", SUBMISSIONS_MAX);
	struct expectation *items =
		arena_grow(&list->arena, list->items, list->count, sizeof *items);
	struct expectation expectation = {
		.submission = arena_format(&list->arena, "%s/%s", folder, entry->name),
		.path = arena_format(&list->arena, "%s/submissions/%s/%s", finder->problem->folder,
				     folder, entry->name),
		.permitted = meaning->permitted,
		.required = meaning->required,
	};
	if (items == NULL || expectation.submission == NULL || expectation.path == NULL)
		return fail_memory(finder->err);
	const char *below = expectation.path + strlen(finder->problem->folder) + 1;
	int rc = apply_rules(finder, folder, &expectation, &use);
	if (rc == 0)
		rc = entry->kind == ENTRY_FILE ?
			     read_comments(finder, below, &expectation, &found) :
			     scan_folder(finder, below, 0, &expectation, &found);
	if (rc < 0)
		return rc;
	set_time_use(finder, meaning, use, &expectation);
	list->items = items;
	items[list->count++] = expectation;
	return 0;
}

static int add_folder(struct finder *finder, const char *folder)
{
	AUTO_FOLDER_LIST list = { 0 };
	const char *path = arena_format(&finder->list->arena, "submissions/%s", folder);
	if (path == NULL)
		return fail_memory(finder->err);
	int rc = folder_list(&finder->folder, path, NAMES_OF_PACKAGES, &list, finder->err);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		if (list.items[i].kind == ENTRY_FILE || list.items[i].kind == ENTRY_FOLDER)
			rc = add_submission(finder, folder, &list.items[i]);
	}
	return rc;
}

static int compare_submissions(const void *a, const void *b)
{
	const struct expectation *left = a, *right = b;
	return strcmp(left->submission, right->submission);
}

static int find_all(struct finder *finder)
{
	struct expectation_list *list = finder->list;
	AUTO_FOLDER_LIST folders = { 0 };
	int rc = read_rules(finder);
	if (rc == 0)
		rc = folder_list(&finder->folder, "submissions", NAMES_OF_PACKAGES, &folders,
				 finder->err);
	for (size_t i = 0; rc == 0 && i < folders.count; i++) {
		if (folders.items[i].kind == ENTRY_FOLDER)
			rc = add_folder(finder, folders.items[i].name);
	}
	if (rc == 0 && list->count > 1)
		qsort(list->items, list->count, sizeof *list->items, compare_submissions);
	return rc;
}

int expectations_load(struct expectation_list *list, const struct problem *problem,
		      struct bailiff_error *err)
{
	struct finder finder = {
		.folder = { .fd = FD_NONE }, .list = list, .problem = problem, .err = err
	};
	if (problem->folder == NULL)
		return 0;
	int rc = folder_open(problem->folder, &finder.folder, err);
	if (rc == 0)
		rc = find_all(&finder);
	folder_close(&finder.folder);
	list->warnings = finder.warnings.items;
	list->warning_count = finder.warnings.count;
	return rc;
}

void expectations_finish(struct expectation_list *list)
{
	arena_finish(&list->arena);
	*list = (struct expectation_list){ 0 };
}
