/* SPDX-License-Identifier: MIT */
/*
 * `bailiff judge`: from a problem and submissions to judgements.
 *
 * Everything that is the caller's (options, problem, submissions, the result's file) is read before
 * the machine is touched. Results are printed when all is done; until then a person sees progress, and
 * a program that asked for events reads them.
 */
#include "commands.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/json.h"
#include "codec/judge_spec_json.h"
#include "codec/judgement_json.h"
#include "input.h"
#include "judge/cores.h"
#include "judge/entry.h"
#include "judge/judge.h"
#include "judge/report.h"
#include "judge/style.h"
#include "judge_options.h"
#include "limit_table.h"
#include "message.h"
#include "session.h"
#include "usual_cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#define CACHE_BYTES_MAX (UINT64_C(512) << 20)
/* What submissions may use while the time limit is still to be found out. */
#define PROVISIONAL_CPU_NS UINT64_C(60000000000)

/* Everything that must be released at the end of the command. */
struct judge_command {
	struct judge_options options;
	struct session session;
	struct arena arena;
	struct language_set languages;
	struct input spec_input;
	struct judge_spec spec;
	struct problem loaded_problem; /* where it does not stand in the spec */
	const struct problem *problem;
	struct bailiff_limits limits; /* what wins over the problem's */
	struct expectation_list expectations;
	struct entry_list entries;
	struct compile_cache *cache;
	const char *const *cores; /* NULL = tests one after the other, on any core */
	size_t jobs;
	struct progress *progress;
	struct judgement *judgements; /* parallel to the entries */
	size_t judged;
	struct verification *verifications; /* likewise, or NULL */
	struct time_limit time_limit;
	struct bailiff_error events_error; /* of the first event that could not be written */
};

static bool is_summary(const struct judge_command *command)
{
	return command->entries.count != 1 || command->options.verify ||
	       command->options.suggest_limit;
}

/* ---- what the caller brings ---------------------------------------------------------------------- */

/* Where the command line says nothing of a limit, the spec does. */
static void merge_spec_limits(struct judge_command *command)
{
	command->limits = command->options.run.request.spec.limits;
	limits_merge(&command->limits, &command->spec.limits);
}

static int read_spec(struct judge_command *command, struct bailiff_error *err)
{
	const char *path = command->options.spec;
	struct input *input = &command->spec_input;
	bool is_stdin = strcmp(path, "-") == 0;
	size_t folder_length = (size_t)(path_last_part(path) - path);
	const char *folder = NULL;
	int rc = is_stdin ? input_read_fd(STDIN_FILENO, "standard input", JSON_INPUT_MAX,
					  input, err) :
			    input_read_file(path, JSON_INPUT_MAX, input, err);
	if (rc < 0)
		return rc;
	if (!is_stdin && folder_length > 0) {
		folder = arena_copy(&command->arena, path, folder_length);
		if (folder == NULL)
			return fail_memory(err);
	}
	rc = judge_spec_json_read(&command->spec, input->text, input->size, folder, err);
	return error_prefix(is_stdin ? "standard input" : path, rc, err);
}

static int load_problem(struct judge_command *command, struct bailiff_error *err)
{
	const char *path = command->options.spec != NULL ? command->spec.problem_path :
							   command->options.problem;
	command->problem = &command->spec.problem;
	if (path == NULL)
		return 0;
	command->problem = &command->loaded_problem;
	return problem_load(&command->loaded_problem, path, err);
}

static int take_spec_submission(struct judge_command *command, struct bailiff_error *err)
{
	struct entry_list *entries = &command->entries;
	entries->items = arena_alloc(&entries->arena, sizeof *entries->items);
	if (entries->items == NULL)
		return fail_memory(err);
	entries->items[0].sources = command->spec.sources;
	entries->items[0].sources.language = command->options.language != NULL ?
						     command->options.language :
						     command->spec.language;
	entries->count = 1;
	return 0;
}

static int find_submissions(struct judge_command *command, struct bailiff_error *err)
{
	const struct judge_options *options = &command->options;
	const struct entry_rule rule = { .languages = &command->languages,
					 .language = options->language,
					 .is_single = options->single };
	bool is_package = command->problem->folder != NULL;
	int rc = 0;
	if (is_package)
		rc = expectations_load(&command->expectations, command->problem, err);
	if (rc < 0)
		return rc;
	if (options->spec != NULL)
		return take_spec_submission(command, err);
	if (options->sources[0] == NULL) {
		rc = entries_add_expected(&command->entries, &command->expectations, NULL, err);
		if (rc == 0 && command->entries.count == 0)
			rc = fail_spec(err, "%s: has no submissions", command->problem->name);
		return rc;
	}
	rc = entries_read(&command->entries, options->sources, &rule, err);
	if (rc == 0 && (options->verify || options->suggest_limit))
		rc = entries_match(&command->entries, options->sources, &command->expectations,
				   err);
	return rc;
}

static void warn(const char *const *warnings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)fputs("bailiff: warning: ", stderr);
		print_escaped(stderr, warnings[i]);
		(void)fputc('\n', stderr);
	}
}

static int choose_cores(struct judge_command *command, struct bailiff_error *err)
{
	size_t count = 0;
	command->jobs = command->options.jobs;
	if (command->jobs == 1)
		return 0;
	int rc = cores_list(&command->arena, CORES_WHOLE, &command->cores, &count, err);
	if (rc < 0)
		return rc;
	if (count > JUDGE_JOBS_MAX)
		count = JUDGE_JOBS_MAX;
	if (command->jobs > count)
		return fail_spec(err, "--jobs: %zu tests side by side need a core each, and this "
				      "process may use %zu", command->jobs, count);
	if (command->jobs == 0)
		command->jobs = count;
	return 0;
}

static int prepare(struct judge_command *command, struct bailiff_error *err)
{
	int rc = 0;
	if (command->options.spec != NULL)
		rc = read_spec(command, err);
	merge_spec_limits(command);
	if (rc == 0)
		rc = language_set_load(&command->languages, command->options.languages, err);
	if (rc == 0)
		rc = load_problem(command, err);
	if (rc == 0)
		rc = find_submissions(command, err);
	if (rc == 0)
		rc = entries_check(&command->entries, &command->languages, err);
	if (rc == 0)
		rc = session_open_result(&command->session, command->options.run.result_path, err);
	if (rc == 0) {
		warn(command->problem->warnings, command->problem->warning_count);
		warn(command->expectations.warnings, command->expectations.warning_count);
	}
	return rc;
}

/* ---- the cache ----------------------------------------------------------------------------------- */

/* A cache that was asked for by name must be there; the usual one only saves time. */
static int open_cache(struct judge_command *command, struct bailiff_error *err)
{
	const char *folder = command->options.cache;
	struct bailiff_error ignored = { 0 };
	if (command->options.no_cache)
		return 0;
	if (folder != NULL)
		return compile_cache_open(folder, CACHE_BYTES_MAX, &command->cache, err);
	folder = usual_cache_folder(&command->arena, false);
	if (folder != NULL)
		(void)compile_cache_open(folder, CACHE_BYTES_MAX, &command->cache, &ignored);
	return 0;
}

/* ---- telling --------------------------------------------------------------------------------------- */

static void tell(void *context, const struct judge_event *event)
{
	struct judge_command *command = context;
	AUTO_FREE char *line = NULL;
	struct bailiff_error *err = &command->events_error;
	if (command->progress != NULL)
		progress_tell(command->progress, event);
	/* After a line that is missing, no other would be understood. */
	if (!command->options.events || err->fault != BAILIFF_FAULT_NONE)
		return;
	if (judge_event_json_print(event, &line, err) == 0)
		(void)session_write_line(&command->session, line, err);
}

static struct judge make_judge(struct judge_command *command, size_t submission_count)
{
	return (struct judge){
		.workshop = { .toolchain = { .host = command->session.host,
					     .cancel_fd = command->session.signal_fd },
			      .languages = &command->languages,
			      .cache = command->cache },
		.problem = command->problem,
		.limits = command->limits,
		.all_tests = command->options.all_tests || command->options.verify,
		.jobs = command->jobs,
		.cpusets = command->cores,
		.observer = { .tell = tell, .context = command },
		.submission_count = submission_count,
	};
}

/* ---- the time limit ---------------------------------------------------------------------------------- */

static bool is_for_lower_bound(const struct expectation *expectation)
{
	return expectation->is_for_lower_bound;
}

static bool is_for_upper_bound(const struct expectation *expectation)
{
	return expectation->is_for_upper_bound && !expectation->is_for_lower_bound;
}

/* Some entries of a list and what became of them. */
struct batch {
	const struct entry *entries;
	struct judgement *judgements; /* zero, parallel */
	size_t count;
	uint64_t cpu_ns; /* the CPU limit; 0 = the problem's or the caller's */
};

static int judge_batch(struct judge_command *command, const struct batch *batch,
		       struct bailiff_error *err)
{
	struct judge judge = make_judge(command, batch->count);
	if (batch->cpu_ns != 0)
		judge.limits.cpu_ns = batch->cpu_ns;
	if (command->options.suggest_limit || batch->cpu_ns != 0)
		judge.all_tests = true;
	int rc = judge_open(&judge, err);
	for (size_t i = 0; rc == 0 && i < batch->count; i++)
		rc = judge_submission(&judge, &batch->entries[i].sources, &batch->judgements[i],
				      err);
	int closed = judge_close(&judge, rc == 0 ? err : NULL);
	return rc < 0 ? rc : closed;
}

static int suggest(struct judge_command *command, const struct batch *batch,
		   struct bailiff_error *err)
{
	AUTO_FREE struct expectation *expectations =
		calloc(batch->count + 1, sizeof *expectations);
	if (expectations == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < batch->count; i++)
		expectations[i] = batch->entries[i].expectation;
	time_limit_suggest(command->problem, expectations, batch->judgements, batch->count,
			   &command->time_limit);
	return 0;
}

static void free_judgements(struct judgement *judgements, size_t count)
{
	for (size_t i = 0; judgements != NULL && i < count; i++)
		judgement_finish(&judgements[i]);
	free(judgements);
}

/* A package without a limit has the one that follows from its accepted submissions. */
static int find_time_limit(struct judge_command *command, struct bailiff_error *err)
{
	struct entry_list accepted = { 0 };
	bool is_needed = command->problem->format != PROBLEM_FORMAT_FOLDER &&
			 command->problem->limits.cpu_ns == 0 && command->limits.cpu_ns == 0;
	if (!is_needed || command->options.suggest_limit)
		return 0;
	int rc = entries_add_expected(&accepted, &command->expectations, is_for_lower_bound, err);
	const struct batch batch = {
		.entries = accepted.items,
		.judgements = calloc(accepted.count + 1, sizeof *batch.judgements),
		.count = accepted.count,
		.cpu_ns = PROVISIONAL_CPU_NS,
	};
	if (rc == 0 && batch.judgements == NULL)
		rc = fail_memory(err);
	if (rc == 0)
		rc = entries_check(&accepted, &command->languages, err);
	if (rc == 0)
		rc = judge_batch(command, &batch, err);
	if (rc == 0)
		rc = suggest(command, &batch, err);
	if (rc == 0 && !command->time_limit.is_known) {
		rc = fail_spec(err, "%s: has no time limit, and none can be computed: %s",
			       command->problem->name, command->time_limit.message);
		(void)snprintf(err->hint, sizeof err->hint,
			       "say --cpu TIME, or write limits.time_limit into problem.yaml");
	}
	if (rc == 0) {
		command->limits.cpu_ns = command->time_limit.limit_ns;
		(void)fprintf(stderr, "bailiff: no time limit in the package: %.3g s, from its "
				      "slowest accepted submission (%.3g s)\n",
			      (double)command->time_limit.limit_ns / 1e9,
			      (double)command->time_limit.slowest_accepted_ns / 1e9);
	}
	free_judgements(batch.judgements, batch.count);
	entries_finish(&accepted);
	return rc;
}

/*
 * Accepted submissions first, with time to spare; then those that must be too slow, under the
 * longest time that one of them may need to count as too slow.
 */
static int judge_for_limit(struct judge_command *command, struct bailiff_error *err)
{
	struct entry_list *entries = &command->entries;
	const struct time_rule *rule = &command->problem->time_rule;
	entries_finish(entries);
	int rc = entries_add_expected(entries, &command->expectations, is_for_lower_bound, err);
	size_t accepted = entries->count;
	if (rc == 0)
		rc = entries_add_expected(entries, &command->expectations, is_for_upper_bound,
					  err);
	command->judgements = calloc(entries->count + 1, sizeof *command->judgements);
	if (rc == 0 && command->judgements == NULL)
		rc = fail_memory(err);
	if (rc < 0)
		return rc;
	command->judged = entries->count;
	struct batch batch = { .entries = entries->items,
			       .judgements = command->judgements,
			       .count = accepted,
			       .cpu_ns = PROVISIONAL_CPU_NS };
	rc = judge_batch(command, &batch, err);
	if (rc == 0)
		rc = suggest(command, &batch, err);
	if (rc < 0 || !command->time_limit.is_known || accepted == entries->count)
		return rc;
	struct batch slow = { .entries = entries->items + accepted,
			      .judgements = command->judgements + accepted,
			      .count = entries->count - accepted };
	double longest = (double)command->time_limit.limit_ns * rule->rejected_factor;
	slow.cpu_ns = (uint64_t)longest + rule->resolution_ns;
	rc = judge_batch(command, &slow, err);
	batch.count = entries->count;
	return rc < 0 ? rc : suggest(command, &batch, err);
}

/* ---- judging and printing ------------------------------------------------------------------------------ */

static int judge_all(struct judge_command *command, struct bailiff_error *err)
{
	const struct entry_list *entries = &command->entries;
	if (command->options.suggest_limit)
		return judge_for_limit(command, err);
	command->judgements = calloc(entries->count + 1, sizeof *command->judgements);
	if (command->judgements == NULL)
		return fail_memory(err);
	command->judged = entries->count;
	const struct batch batch = { .entries = entries->items,
				     .judgements = command->judgements,
				     .count = entries->count };
	return judge_batch(command, &batch, err);
}

/* Returns how many differ. */
static size_t verify(struct judge_command *command)
{
	size_t differences = 0;
	for (size_t i = 0; i < command->judged; i++) {
		struct verification *verification = &command->verifications[i];
		verification->holds = expectation_holds(&command->entries.items[i].expectation,
							&command->judgements[i],
							verification->why,
							sizeof verification->why);
		differences += !verification->holds;
	}
	return differences;
}

static int print_report(const struct judge_command *command, const struct judge_summary *summary,
			char **ret_text, struct bailiff_error *err)
{
	size_t size = 0;
	FILE *out = open_memstream(ret_text, &size);
	if (out == NULL)
		return fail_memory(err);
	struct report_look look = { 0 };
	if (command->options.run.result_path == NULL)
		look = (struct report_look){ .columns = terminal_width(stdout, 0),
					     .colours = use_colours(stdout) };
	if (command->options.format == JUDGE_FORMAT_JUNIT)
		report_junit(out, summary);
	else if (is_summary(command))
		report_summary(out, summary, look);
	else
		report_judgement(out, &command->judgements[0], look);
	return fclose(out) == 0 ? 0 : fail_memory(err);
}

static int print(struct judge_command *command, struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE struct expectation *expectations =
		calloc(command->judged + 1, sizeof *expectations);
	if (expectations == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < command->judged; i++)
		expectations[i] = command->entries.items[i].expectation;
	bool has_expectations = command->options.verify;
	const struct judge_summary summary = {
		.problem = command->problem,
		.judgements = command->judgements,
		.count = command->judged,
		.expectations = has_expectations ? expectations : NULL,
		.verifications = has_expectations ? command->verifications : NULL,
		.time_limit = command->options.suggest_limit ? &command->time_limit : NULL,
	};
	int rc = 0;
	if (command->options.format != JUDGE_FORMAT_JSON)
		rc = print_report(command, &summary, &text, err);
	else if (is_summary(command))
		rc = judge_summary_json_print(&summary, &text, err);
	else
		rc = judgement_json_print(&command->judgements[0], &text, err);
	return rc < 0 ? rc : session_write_result(&command->session, text, err);
}

static int status_of(struct judge_command *command, size_t differences)
{
	for (size_t i = 0; i < command->judged; i++) {
		if (command->judgements[i].verdict != JUDGE_IE)
			continue;
		message_error(&command->judgements[i].error);
		return EX_SOFTWARE;
	}
	return differences > 0 ? EX_DATAERR : EX_OK;
}

static int judge_and_print(struct judge_command *command)
{
	struct bailiff_error err = { 0 };
	size_t differences = 0;
	int rc = find_time_limit(command, &err);
	if (rc == 0)
		rc = judge_all(command, &err);
	progress_close(command->progress);
	command->progress = NULL;
	if (rc == -ECANCELED || command->events_error.fault == BAILIFF_FAULT_CANCELLED)
		return session_cancelled_status(&command->session);
	if (rc == 0 && command->options.verify) {
		command->verifications =
			calloc(command->judged + 1, sizeof *command->verifications);
		rc = command->verifications == NULL ? fail_memory(&err) : 0;
	}
	if (rc < 0)
		return tell_error(&err);
	if (command->options.verify)
		differences = verify(command);
	session_let_go(&command->session);
	if (!command->options.events && print(command, &err) < 0)
		return tell_error(&err);
	if (command->events_error.fault != BAILIFF_FAULT_NONE)
		return tell_error(&command->events_error);
	return status_of(command, differences);
}

/* Waiting cells, programs in memory and outputs all cost descriptors of ours; a submission's own limit
 * is another. */
static void allow_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* what was enough before will do */
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static int judge_command(struct judge_command *command, int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	const struct judge_options *options = &command->options;
	if (judge_options_parse(&command->options, argc, argv, &err) < 0)
		return tell_usage_error(&err, "judge");
	if (options->run.help) {
		options_help(&options->table, stdout);
		return EX_OK;
	}
	if (choose_cores(command, &err) < 0)
		return tell_usage_error(&err, "judge");
	bool spec_is_stdin = options->spec != NULL && strcmp(options->spec, "-") == 0;
	allow_descriptors();
	if (prepare(command, &err) < 0 || open_cache(command, &err) < 0 ||
	    session_catch_signals(&command->session, &err) < 0 ||
	    session_open_host(&command->session, argv,
			      spec_is_stdin ? &command->spec_input : NULL, &err) < 0)
		return tell_error(&err);
	if (!options->quiet && !options->events && isatty(STDERR_FILENO) == 1)
		command->progress = progress_open(stderr, use_colours(stderr));
	return judge_and_print(command);
}

int command_judge(int argc, char **argv)
{
	struct judge_command command = { .session = SESSION_EMPTY };
	int status = judge_command(&command, argc, argv);
	progress_close(command.progress);
	session_finish(&command.session);
	compile_cache_close(command.cache);
	free_judgements(command.judgements, command.judged);
	free(command.verifications);
	entries_finish(&command.entries);
	expectations_finish(&command.expectations);
	problem_finish(&command.loaded_problem);
	judge_spec_finish(&command.spec);
	input_finish(&command.spec_input);
	language_set_finish(&command.languages);
	arena_finish(&command.arena);
	judge_options_finish(&command.options);
	return status;
}
