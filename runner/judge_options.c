/* SPDX-License-Identifier: MIT */
/*
 * The options of `bailiff judge`: a table of its own, and from the table of `bailiff run` the rows
 * that mean the same here.
 */
#include "judge_options.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "judge/judge.h"

#include <string.h>
#include <unistd.h>

#define PROBLEM "Problem and submissions"
#define TESTS "Running tests"
#define OUTPUT "Output"

static const struct option_row own_rows[] = {
	{ "problem", 0, "DIR", PROBLEM,
	  "a problem package (ICPC/Kattis, legacy or 2025-09), or\na folder of N.in and N.ans",
	  NULL, option_ignore },
	{ "spec", 0, "FILE|-", PROBLEM,
	  "read problem and submission from a JSON file, see\nbailiff-judge-spec(5); options "
	  "given beside it win", NULL, option_ignore },
	{ "language", 0, "ID", PROBLEM, "the language, see 'bailiff languages'",
	  "by the files' extensions", option_ignore },
	{ "languages", 0, "DIR", PROBLEM, "definitions of your own, see bailiff-languages(5)", NULL,
	  option_ignore },
	{ "single", 0, NULL, PROBLEM, "the SOURCEs are the files of one submission", NULL,
	  option_ignore },
	{ "verify", 0, NULL, PROBLEM,
	  "compare each judgement with what the package expects;\nwithout SOURCE, of all its "
	  "submissions. Exits with 65\nwhere one differs", NULL, option_ignore },
	{ "suggest-limit", 0, NULL, PROBLEM,
	  "compute the time limit from the package's submissions", NULL, option_ignore },

	{ "all", 0, NULL, TESTS, "run on after a failure that decides", NULL, option_ignore },
	{ "jobs", 'j', "N|auto", TESTS,
	  "tests side by side, each on a core of its own;\nauto: as many as there are cores", "1",
	  option_ignore },
	{ "cache", 0, "DIR", TESTS, "where compiled programs are kept",
	  "/var/cache/bailiff, or ~/.cache/bailiff", option_ignore },
	{ "no-cache", 0, NULL, TESTS, "compile everything anew", NULL, option_ignore },

	{ "format", 0, "text|json|junit", OUTPUT, "what is printed",
	  "text on a terminal, else json", option_ignore },
	{ "events", 0, NULL, OUTPUT,
	  "print one line of JSON for each step instead; the last\none of a submission holds its "
	  "judgement", NULL, option_ignore },
	{ "quiet", 'q', NULL, OUTPUT, "no progress on the terminal", NULL, option_ignore },
};

static bool is_shared(const char *name)
{
	static const char *const names[] = { "cpu",   "wall",	"memory",     "processes", "output",
					     "disk",  "stack",	"open-files", "cpus",	   "idle",
					     "result", "help" };
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static void make_table(struct judge_options *options)
{
	size_t count = ARRAY_LENGTH(own_rows);
	memcpy(options->rows, own_rows, sizeof own_rows);
	for (size_t i = 0; i < run_option_table.row_count && count < JUDGE_OPTION_ROWS_MAX; i++) {
		if (is_shared(run_option_table.rows[i].name))
			options->rows[count++] = run_option_table.rows[i];
	}
	options->table = (struct option_table){
		.usage = "bailiff judge --problem DIR [OPTIONS] SOURCE...\n"
			 "bailiff judge --problem DIR --verify [OPTIONS] [SOURCE...]\n"
			 "bailiff judge --problem DIR --suggest-limit [OPTIONS]\n"
			 "bailiff judge --spec FILE|- [OPTIONS]",
		.summary = "Compiles submissions, runs them on every test of a problem, checks the "
			   "answers and\nprints the judgement. Each SOURCE, a file or a folder, is "
			   "a submission.",
		.more = "bailiff-judge(1)",
		.rows = options->rows,
		.row_count = count,
		.mixed = true,
	};
}

static const char *value_of(const struct judge_options *options, const char *name)
{
	const struct parsed_option *option = options_find(&options->run.parsed, name);
	return option != NULL ? option->value : NULL;
}

static bool is_given(const struct judge_options *options, const char *name)
{
	return options_find(&options->run.parsed, name) != NULL;
}

static int parse_format(struct judge_options *options, struct bailiff_error *err)
{
	static const char *const names[] = { [JUDGE_FORMAT_JSON] = "json",
					     [JUDGE_FORMAT_TEXT] = "text",
					     [JUDGE_FORMAT_JUNIT] = "junit" };
	const char *value = value_of(options, "format");
	if (value == NULL) {
		bool is_seen = options->run.result_path == NULL && isatty(STDOUT_FILENO) == 1;
		options->format = is_seen ? JUDGE_FORMAT_TEXT : JUDGE_FORMAT_JSON;
		return 0;
	}
	if (options->events)
		return fail_spec(err, "--events: excludes --format");
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			options->format = (enum judge_format)i;
			return 0;
		}
	}
	return fail_spec(err, "--format: expected text, json or junit, not '%s'", value);
}

static int parse_jobs(struct judge_options *options, struct bailiff_error *err)
{
	const char *value = value_of(options, "jobs");
	uint64_t jobs = 1;
	if (value != NULL && strcmp(value, "auto") == 0)
		jobs = 0;
	else if (value != NULL && (!io_parse_u64(value, &jobs) || jobs < 1 || jobs > JUDGE_JOBS_MAX))
		return fail_spec(err, "--jobs: expected auto or a number from 1 to %u, not '%s'",
				 JUDGE_JOBS_MAX, value);
	options->jobs = (size_t)jobs;
	return 0;
}

static int check_combination(const struct judge_options *options, struct bailiff_error *err)
{
	bool wants_package = options->verify || options->suggest_limit;
	if (options->spec == NULL && options->problem == NULL)
		return fail_spec(err, "no problem given; expected --problem DIR or --spec FILE");
	if (options->spec != NULL && (options->problem != NULL || options->sources[0] != NULL))
		return fail_spec(err, "--spec: excludes --problem and SOURCE, which it holds itself");
	if (options->spec != NULL && wants_package)
		return fail_spec(err, "--%s: needs --problem DIR",
				 options->verify ? "verify" : "suggest-limit");
	if (options->verify && options->suggest_limit)
		return fail_spec(err, "--verify: excludes --suggest-limit");
	if (options->suggest_limit && options->sources[0] != NULL)
		return fail_spec(err, "--suggest-limit: takes the package's own submissions, no "
				      "SOURCE");
	if (options->spec == NULL && options->sources[0] == NULL && !wants_package)
		return fail_spec(err, "no submission given; expected SOURCE...");
	if (options->cache != NULL && options->no_cache)
		return fail_spec(err, "--no-cache: excludes --cache");
	if (options->single && wants_package)
		return fail_spec(err, "--single: excludes --verify and --suggest-limit");
	return 0;
}

int judge_options_parse(struct judge_options *options, int argc, char **argv,
			struct bailiff_error *err)
{
	make_table(options);
	int rc = run_options_parse_table(&options->table, argc, argv, &options->run, err);
	if (rc < 0 || options->run.help)
		return rc;
	options->sources = argv + options->run.parsed.rest;
	options->problem = value_of(options, "problem");
	options->spec = value_of(options, "spec");
	options->language = value_of(options, "language");
	options->languages = value_of(options, "languages");
	options->cache = value_of(options, "cache");
	options->no_cache = is_given(options, "no-cache");
	options->all_tests = is_given(options, "all");
	options->single = is_given(options, "single");
	options->verify = is_given(options, "verify");
	options->suggest_limit = is_given(options, "suggest-limit");
	options->events = is_given(options, "events");
	options->quiet = is_given(options, "quiet");
	rc = check_combination(options, err);
	if (rc == 0)
		rc = parse_format(options, err);
	if (rc == 0)
		rc = parse_jobs(options, err);
	return rc < 0 ? rc : run_options_apply(&options->run, err);
}

void judge_options_finish(struct judge_options *options)
{
	run_options_finish(&options->run);
	*options = (struct judge_options){ 0 };
}
