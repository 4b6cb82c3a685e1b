/* SPDX-License-Identifier: MIT */
/*
 * `bailiff worker`: takes jobs from a queue and runs them.
 *
 * Everything that can be wrong with the machine or the command line is found before the worker registers: from
 * then on others count on it.
 */
#include "commands.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "language.h"
#include "message.h"
#include "options.h"
#include "queue/usual_queue.h"
#include "session.h"
#include "sibling.h"
#include "store/usual_store.h"
#include "toolchain.h"
#include "usual_cache.h"
#include "values.h"
#include "worker/telemetry.h"
#include "worker/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#define ALLOWED_MAX 64u
/* Workers of one machine that have no name of their own. */
#define NAMES_MAX 1000u
#define STORE_TIMEOUT_MAX_NS (5 * UINT64_C(1000000000))
#define SLOT_ARGUMENTS_MAX (16u + 2 * ALLOWED_MAX)

struct worker_options {
	const char *queue, *name, *languages, *store, *cache, *compile_cache, *cache_size;
	const char *metrics, *metrics_file;
	uint64_t slots, memory_bytes, lease_ns, drain_ns, patience_ns, reserve_ns;
	bool until_empty, smt, no_pin, help;
	enum log_level log_level;
	enum log_format log_format;
	const char *allowed[ALLOWED_MAX];
	size_t allowed_count;
};

/* Everything that must be released at the end of the command. */
struct worker_command {
	struct worker_options options;
	struct parsed_options parsed;
	struct session session;
	struct arena arena;
	struct language_set languages;
	struct machine_share share;
	struct queue *queue;
	struct notifier notifier;
	struct log log;
	char slot_path[PATH_MAX];
	char host[QUEUE_NAME_BYTES_MAX + 1];
	char name[QUEUE_NAME_BYTES_MAX + 1];
	struct queue_worker identity;
};

/* ---- options --------------------------------------------------------------------------------------- */

OPTION_KEEPS_TEXT(set_queue, struct worker_options, queue)
OPTION_KEEPS_TEXT(set_name, struct worker_options, name)
OPTION_KEEPS_TEXT(set_languages, struct worker_options, languages)
OPTION_KEEPS_TEXT(set_store, struct worker_options, store)
OPTION_KEEPS_TEXT(set_cache, struct worker_options, cache)
OPTION_KEEPS_TEXT(set_compile_cache, struct worker_options, compile_cache)
OPTION_SETS_FLAG(set_until_empty, struct worker_options, until_empty)
OPTION_SETS_FLAG(set_smt, struct worker_options, smt)
OPTION_SETS_FLAG(set_no_pin, struct worker_options, no_pin)
OPTION_SETS_FLAG(set_help, struct worker_options, help)

/* Kept as it was written, for the slots. */
static int set_cache_size(void *target, const struct option_row *row, const char *value,
			  struct bailiff_error *err)
{
	struct worker_options *options = target;
	uint64_t size;
	(void)row;
	options->cache_size = value;
	if (!parse_size(value, &size))
		return fail_spec(err, "--cache-size: expected a size such as 4G, not '%s'", value);
	return 0;
}

static int set_metrics(void *target, const struct option_row *row, const char *value,
		       struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	options->metrics = value;
	return metrics_check_address(value, err);
}

static int set_metrics_file(void *target, const struct option_row *row, const char *value,
			    struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	options->metrics_file = value;
	return metrics_check_file(value, err);
}

static int set_slots(void *target, const struct option_row *row, const char *value,
		     struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (!io_parse_u64(value, &options->slots) || options->slots < 1 ||
	    options->slots > WORKER_SLOTS_MAX)
		return fail_spec(err, "--slots: expected a number from 1 to %u, not '%s'",
				 WORKER_SLOTS_MAX, value);
	return 0;
}

static int set_memory(void *target, const struct option_row *row, const char *value,
		      struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (!parse_size(value, &options->memory_bytes) || options->memory_bytes == 0)
		return fail_spec(err, "--memory: expected a size such as 8G, not '%s'", value);
	return 0;
}

static int set_lease(void *target, const struct option_row *row, const char *value,
		     struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (!parse_duration(value, &options->lease_ns) || options->lease_ns < WORKER_LEASE_MIN_NS ||
	    options->lease_ns > WORKER_LEASE_MAX_NS)
		return fail_spec(err, "--lease: expected a time from 1s to 1h, not '%s'", value);
	return 0;
}

static int set_drain(void *target, const struct option_row *row, const char *value,
		     struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (!parse_duration(value, &options->drain_ns))
		return fail_spec(err, "--drain: expected a time such as 60s, not '%s'", value);
	return 0;
}

static int set_patience(void *target, const struct option_row *row, const char *value,
			struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (!parse_duration(value, &options->patience_ns) ||
	    options->patience_ns < WORKER_PATIENCE_MIN_NS)
		return fail_spec(err, "--patience: expected a time of at least 1s, not '%s'", value);
	return 0;
}

static int set_reserve(void *target, const struct option_row *row, const char *value,
		       struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (!parse_duration(value, &options->reserve_ns) || options->reserve_ns == 0 ||
	    options->reserve_ns > WORKER_RESERVE_MAX_NS)
		return fail_spec(err, "--reserve: expected a time from 1ms to 24h, not '%s'", value);
	return 0;
}

static int set_log_level(void *target, const struct option_row *row, const char *value,
			 struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (!log_level_parse(value, &options->log_level))
		return fail_spec(err, "--log-level: expected debug, info, warning or error, not '%s'",
				 value);
	return 0;
}

static int set_log_format(void *target, const struct option_row *row, const char *value,
			  struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (strcmp(value, "logfmt") != 0 && strcmp(value, "json") != 0)
		return fail_spec(err, "--log-format: expected logfmt or json, not '%s'", value);
	options->log_format = value[0] == 'j' ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT;
	return 0;
}

static int add_allowed(void *target, const struct option_row *row, const char *value,
		       struct bailiff_error *err)
{
	struct worker_options *options = target;
	(void)row;
	if (value[0] != '/')
		return fail_spec(err, "--allow: expected an absolute path, not '%s'", value);
	if (options->allowed_count == ALLOWED_MAX)
		return fail_spec(err, "--allow: at most %u folders", ALLOWED_MAX);
	options->allowed[options->allowed_count++] = value;
	return 0;
}

#define QUEUE_GROUP "Queue"
#define MACHINE_GROUP "Machine"
#define JOBS_GROUP "Jobs"
#define TELLING_GROUP "Telling"

static const struct option_row worker_rows[] = {
	{ "queue", 'q', "URL", QUEUE_GROUP, QUEUE_OPTION_HELP, QUEUE_URL_DEFAULT, set_queue },
	{ "name", 0, "NAME", QUEUE_GROUP,
	  "this worker's name; an earlier worker of this name\nis taken to be gone", "HOST-1, HOST-2, ...",
	  set_name },
	{ "lease", 0, "TIME", QUEUE_GROUP, "a job not heard of for so long goes to another worker",
	  "30s", set_lease },
	{ "patience", 0, "TIME", QUEUE_GROUP,
	  "a slot not heard of for so long beyond its job's\nlimits is ended, and its job fails", "5m",
	  set_patience },
	{ "until-empty", 0, NULL, QUEUE_GROUP, "end when no job is left to take", NULL, set_until_empty },
	{ "drain", 0, "TIME", QUEUE_GROUP,
	  "after SIGTERM running jobs have so long to end,\nthen they are given back", "60s", set_drain },

	{ "slots", 0, "N", MACHINE_GROUP, "jobs at the same time, each on a core of its own",
	  "the free cores", set_slots },
	{ "memory", 0, "SIZE", MACHINE_GROUP, "what all jobs together may take",
	  "9/10 of what there is, by the part of the cores", set_memory },
	{ "reserve", 0, "TIME", MACHINE_GROUP,
	  "memory is kept free for a job that has waited\nfor it for so long", "30s", set_reserve },
	{ "smt", 0, NULL, MACHINE_GROUP, "let two slots share a core's two threads", NULL, set_smt },
	{ "no-pin", 0, NULL, MACHINE_GROUP, "let jobs run on any core", NULL, set_no_pin },

	{ "store", 0, "DIR", JOBS_GROUP, "where contents come from by their digest",
	  "PATH-store beside an sqlite queue", set_store },
	{ "cache", 0, "DIR", JOBS_GROUP, "where copies of contents are kept",
	  "/var/cache/bailiff/content", set_cache },
	{ "cache-size", 0, "SIZE", JOBS_GROUP, "at most so much of them", "4G", set_cache_size },
	{ "compile-cache", 0, "DIR|none", JOBS_GROUP, "where compiled programs are kept",
	  "/var/cache/bailiff", set_compile_cache },
	{ "languages", 0, "DIR", JOBS_GROUP, "definitions of your own, see bailiff-languages(5)", NULL,
	  set_languages },
	{ "allow", 0, "DIR", JOBS_GROUP, "jobs may name files below it (repeatable)",
	  "jobs name no files", add_allowed },

	{ "metrics", 0, "ADDRESS", TELLING_GROUP,
	  "serve Prometheus metrics on a loopback address\nsuch as 127.0.0.1:9464", NULL, set_metrics },
	{ "metrics-file", 0, "FILE", TELLING_GROUP, "write them to FILE, NAME.prom, every 15 s", NULL,
	  set_metrics_file },
	{ "log-level", 0, "LEVEL", TELLING_GROUP, "debug, info, warning or error", "info",
	  set_log_level },
	{ "log-format", 0, "FORMAT", TELLING_GROUP, "logfmt or json", "logfmt", set_log_format },
	{ "help", 'h', NULL, TELLING_GROUP, "show this text", NULL, set_help },
};

static const struct option_table worker_table = {
	.usage = "bailiff worker [OPTIONS]",
	.summary = "Takes jobs from a queue, runs them, and writes each verdict exactly once.",
	.more = "bailiff-worker(1)",
	.rows = worker_rows,
	.row_count = ARRAY_LENGTH(worker_rows),
};

static int parse(struct worker_command *command, int argc, char **argv, struct bailiff_error *err)
{
	struct worker_options *options = &command->options;
	*options = (struct worker_options){ .queue = usual_queue_url(),
					    .lease_ns = WORKER_LEASE_DEFAULT_NS,
					    .drain_ns = WORKER_DRAIN_DEFAULT_NS,
					    .patience_ns = WORKER_PATIENCE_DEFAULT_NS,
					    .reserve_ns = WORKER_RESERVE_DEFAULT_NS,
					    .log_level = LOG_LEVEL_INFO };
	int rc = options_parse(&worker_table, argc, argv, &command->parsed, err);
	if (rc == 0)
		rc = options_apply(&command->parsed, options, err);
	if (rc == 0 && argv[command->parsed.rest] != NULL)
		rc = fail_spec(err, "unexpected argument '%s'", argv[command->parsed.rest]);
	return rc;
}

/* ---- what a slot is started with ------------------------------------------------------------------------ */

static void add_pair(const char **command, size_t *count, const char *option, const char *value)
{
	if (value == NULL)
		return;
	command[(*count)++] = option;
	command[(*count)++] = value;
}

static int make_slot_command(struct worker_command *command, const char ***ret_command,
			     struct bailiff_error *err)
{
	const struct worker_options *options = &command->options;
	const char *compile_cache = options->compile_cache;
	const char *store = options->store != NULL ?
				    options->store :
				    usual_store_folder(options->queue, &command->arena);
	const char **slot = arena_alloc(&command->arena, (SLOT_ARGUMENTS_MAX + 1) * sizeof *slot);
	size_t count = 0;
	int rc = sibling_find(SIBLING_BAILIFF, command->slot_path, err);
	if (rc < 0)
		return rc;
	if (compile_cache == NULL)
		compile_cache = usual_cache_folder(&command->arena, true);
	else if (strcmp(compile_cache, "none") == 0)
		compile_cache = NULL;
	if (slot == NULL)
		return fail_memory(err);
	slot[count++] = command->slot_path;
	slot[count++] = "slot";
	add_pair(slot, &count, "--languages", options->languages);
	add_pair(slot, &count, "--compile-cache", compile_cache);
	add_pair(slot, &count, "--store", store);
	add_pair(slot, &count, "--cache", options->cache);
	add_pair(slot, &count, "--cache-size", options->cache_size);
	for (size_t i = 0; i < options->allowed_count; i++)
		add_pair(slot, &count, "--allow", options->allowed[i]);
	*ret_command = slot;
	return 0;
}

/* ---- who it is --------------------------------------------------------------------------------------------- */

/* The languages whose tool chains are here, sorted as the set is. */
static int find_offers(struct worker_command *command, const char ***ret_offers,
		       struct bailiff_error *err)
{
	int rc = language_set_load(&command->languages, command->options.languages, err);
	if (rc < 0)
		return rc;
	const struct language_set *set = &command->languages;
	const char **offers = arena_alloc(&command->arena, (set->count + 1) * sizeof *offers);
	size_t count = 0;
	if (offers == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < set->count && count < QUEUE_NEEDS_MAX; i++) {
		struct bailiff_error missing = { 0 };
		if (toolchain_check(&set->items[i], &missing) == 0)
			offers[count++] = set->items[i].id;
	}
	*ret_offers = offers;
	return 0;
}

/* A name that was given is this worker's, whoever had it; else the first of HOST-1, HOST-2, ... that is free. */
static int register_worker(struct worker_command *command, struct bailiff_error *err)
{
	struct queue_worker *identity = &command->identity;
	identity->name = command->name;
	if (command->options.name != NULL) {
		(void)snprintf(command->name, sizeof command->name, "%s", command->options.name);
		return queue_register(command->queue, identity, true, err);
	}
	int rc = -EEXIST;
	for (unsigned i = 1; rc == -EEXIST && i <= NAMES_MAX; i++) {
		(void)snprintf(command->name, sizeof command->name, "%.200s-%u", command->host, i);
		rc = queue_register(command->queue, identity, false, err);
	}
	return rc;
}

static int introduce(struct worker_command *command, const char *const *offers,
		     struct bailiff_error *err)
{
	/* A call that hangs must not keep the loop from giving up what it lost. */
	uint64_t third_ns = command->options.lease_ns / 3;
	const struct queue_options options = {
		.create = queue_url_is_embedded(command->options.queue),
		.timeout_ns = third_ns < STORE_TIMEOUT_MAX_NS ? third_ns : STORE_TIMEOUT_MAX_NS,
	};
	uint64_t instance;
	if (gethostname(command->host, sizeof command->host - 1) < 0 || command->host[0] == '\0')
		(void)snprintf(command->host, sizeof command->host, "worker");
	if (getrandom(&instance, sizeof instance, 0) != (ssize_t)sizeof instance)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "get random bytes");
	command->identity = (struct queue_worker){
		.instance = instance >> 1, /* a store's integers have a sign */
		.slots = (unsigned)command->share.count,
		.offers = offers,
		.host = command->host,
		.version = BAILIFF_VERSION,
	};
	int rc = queue_open(command->options.queue, &options, &command->queue, err);
	return rc < 0 ? rc : register_worker(command, err);
}

/* A slot takes four descriptors. poll(2) does not mind large ones. */
static void raise_open_files(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

/* ---- the command --------------------------------------------------------------------------------------------- */

static int prepare(struct worker_command *command, char **argv, const char ***ret_slot_command,
		   struct bailiff_error *err)
{
	const struct worker_options *options = &command->options;
	const struct machine_wish wish = {
		.slots = (size_t)options->slots,
		.choice = options->smt ? CORES_EVERY_CPU : CORES_WHOLE,
		.memory_bytes = options->memory_bytes,
	};
	const char **offers = NULL;
	raise_open_files();
	int rc = find_offers(command, &offers, err);
	if (rc == 0)
		rc = make_slot_command(command, ret_slot_command, err);
	if (rc == 0)
		rc = session_catch_signals(&command->session, err);
	if (rc == 0)
		rc = session_open_host(&command->session, argv, NULL, err);
	if (rc == 0)
		rc = machine_take(&command->arena, &wish, &command->share, err);
	return rc < 0 ? rc : introduce(command, offers, err);
}

/* A slot that had to be killed has left its cells' groups; who opens the host removes them. */
static void sweep(void)
{
	struct bailiff_host *host = NULL;
	if (bailiff_host_open(&host, NULL) == 0)
		bailiff_host_close(host);
}

static int run(struct worker_command *command, const char *const *slot_command)
{
	const struct worker_options *options = &command->options;
	struct bailiff_error err = { 0 };
	int signal = 0;
	const struct worker_setup setup = {
		.queue = command->queue,
		.identity = command->identity,
		.share = &command->share,
		.is_pinned = !options->no_pin,
		.slot_command = slot_command,
		.lease_ns = options->lease_ns,
		.drain_ns = options->drain_ns,
		.patience_ns = options->patience_ns,
		.reserve_ns = options->reserve_ns,
		.until_empty = options->until_empty,
		.metrics_address = options->metrics,
		.metrics_file = options->metrics_file,
		.log = &command->log,
		.notifier = &command->notifier,
		.signal_fd = command->session.signal_fd,
	};
	LOG(&command->log, LOG_LEVEL_INFO, "worker", LOG_T("name", command->name),
	    LOG_T("queue", queue_shown_url(command->queue)), LOG_N("slots", command->share.count),
	    LOG_N("memory_bytes", command->share.memory_bytes));
	int rc = worker_run(&setup, &signal, &err);
	sweep();
	LOG(&command->log, LOG_LEVEL_INFO, "worker-ended", LOG_T("name", command->name));
	if (rc < 0)
		return tell_error(&err);
	return signal != 0 ? 128 + signal : EX_OK;
}

static int worker_command(struct worker_command *command, int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	const char **slot_command = NULL;
	if (parse(command, argc, argv, &err) < 0)
		return tell_usage_error(&err, "worker");
	if (command->options.help) {
		options_help(&worker_table, stdout);
		return EX_OK;
	}
	log_open(&command->log, command->options.log_level, command->options.log_format);
	notifier_open(&command->notifier);
	if (prepare(command, argv, &slot_command, &err) < 0)
		return tell_usage_error(&err, "worker");
	return run(command, slot_command);
}

int command_worker(int argc, char **argv)
{
	struct worker_command command = { .session = SESSION_EMPTY, .share = MACHINE_SHARE_EMPTY,
					  .notifier = { .fd = FD_NONE },
					  .log = { .fd = FD_NONE } };
	int status = worker_command(&command, argc, argv);
	queue_close(command.queue);
	machine_give_back(&command.share);
	session_finish(&command.session);
	notifier_close(&command.notifier);
	log_close(&command.log);
	language_set_finish(&command.languages);
	options_finish(&command.parsed);
	arena_finish(&command.arena);
	return status;
}
