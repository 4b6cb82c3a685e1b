/* SPDX-License-Identifier: MIT */
/*
 * `bailiff slot`: the process of one of a worker's slots (worker/slot_channel.h). Not for people: it is started
 * by `bailiff worker`, with the channel and the cancel event as descriptors 3 and 4.
 *
 * It ends when the channel does, and the kernel ends it when the worker's thread does, at any moment; its
 * cells end with it. Signals that a terminal or a service manager sends to everybody are the worker's
 * business: a slot goes on with its job until the worker says otherwise.
 */
#include "commands.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "judge/cache.h"
#include "message.h"
#include "options.h"
#include "store/content_cache.h"
#include "store/content_store.h"
#include "values.h"
#include "worker/slot.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>

#define ALLOWED_MAX 64u
#define COMPILE_CACHE_BYTES_MAX (UINT64_C(512) << 20)
/* Two cells wait: one for the next program, one for its validator. */
#define POOL_CELLS 3u
#define IDLE_MS 10000

struct slot_options {
	const char *cpuset, *languages, *compile_cache, *store, *cache;
	uint64_t cache_bytes;
	const char *allowed[ALLOWED_MAX + 1];
	size_t allowed_count;
};

/* What must be released at the end. */
struct slot_process {
	struct slot_options options;
	struct parsed_options parsed;
	struct language_set languages;
	struct compile_cache *compiled;
	struct content_store *store;
	struct content_cache *cache;
	struct slot slot;
};

/* ---- options --------------------------------------------------------------------------------------- */

OPTION_KEEPS_TEXT(set_cpuset, struct slot_options, cpuset)
OPTION_KEEPS_TEXT(set_languages, struct slot_options, languages)
OPTION_KEEPS_TEXT(set_compile_cache, struct slot_options, compile_cache)
OPTION_KEEPS_TEXT(set_store, struct slot_options, store)
OPTION_KEEPS_TEXT(set_cache, struct slot_options, cache)

static int set_size(void *target, const struct option_row *row, const char *value,
		    struct bailiff_error *err)
{
	struct slot_options *options = target;
	if (!parse_size(value, &options->cache_bytes))
		return fail_spec(err, "--%s: expected a size, not '%s'", row->name, value);
	return 0;
}

static int add_allowed(void *target, const struct option_row *row, const char *value,
		       struct bailiff_error *err)
{
	struct slot_options *options = target;
	if (options->allowed_count == ALLOWED_MAX)
		return fail_spec(err, "--%s: at most %u", row->name, ALLOWED_MAX);
	options->allowed[options->allowed_count++] = value;
	return 0;
}

static const struct option_row slot_rows[] = {
	{ "cpuset", 0, "LIST", "Options", "the core of its cells", "any", set_cpuset },
	{ "languages", 0, "DIR", "Options", "definitions beside the built-in ones", NULL, set_languages },
	{ "compile-cache", 0, "DIR", "Options", "where compiled programs are kept", NULL, set_compile_cache },
	{ "store", 0, "DIR", "Options", "where contents come from by digest", NULL, set_store },
	{ "cache", 0, "DIR", "Options", "where copies of them are kept", NULL, set_cache },
	{ "cache-size", 0, "SIZE", "Options", "at most so much of them", NULL, set_size },
	{ "allow", 0, "DIR", "Options", "jobs may name paths below it (repeatable)", NULL,
	  add_allowed },
};

static const struct option_table slot_table = {
	.usage = "bailiff slot [OPTIONS]",
	.summary = "Runs the jobs of one slot; started by bailiff worker, not by people.",
	.more = "bailiff-worker(1)",
	.rows = slot_rows,
	.row_count = ARRAY_LENGTH(slot_rows),
};

/* ---- set-up ------------------------------------------------------------------------------------------ */

static bool is_socket(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* The kernel ends us when the worker ends. It may have ended before this: then the channel has. */
static int bind_to_worker(struct bailiff_error *err)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	if (!is_socket(SLOT_CHANNEL_FD))
		return fail_spec(err, "slot: is started by bailiff worker, not by hand");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    fcntl(SLOT_CHANNEL_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(SLOT_CANCEL_FD, F_SETFD, FD_CLOEXEC) < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "set up a slot");
	for (size_t i = 0; i < ARRAY_LENGTH(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files); /* cells that wait take descriptors */
	}
	return 0;
}

static int open_contents(struct slot_process *process, struct bailiff_error *err)
{
	const struct slot_options *options = &process->options;
	int rc = 0;
	if (options->compile_cache != NULL)
		rc = compile_cache_open(options->compile_cache, COMPILE_CACHE_BYTES_MAX,
					&process->compiled, err);
	if (rc < 0 || options->store == NULL)
		return rc;
	/* One that nobody has put anything into yet is not there yet, and that is no mistake. */
	rc = content_store_open(options->store, true, &process->store, err);
	if (rc == 0)
		content_store_watch(process->store, slot_tell_fetching, &process->slot);
	const struct content_cache_options cache = { .folder = options->cache,
						     .bytes_max = options->cache_bytes,
						     .store = process->store };
	return rc < 0 ? rc : content_cache_open(&cache, &process->cache, err);
}

static int open_slot(struct slot_process *process, struct bailiff_error *err)
{
	struct slot *slot = &process->slot;
	const struct slot_options *options = &process->options;
	const struct bailiff_pool_options pool = { .cells_max = POOL_CELLS };
	int rc = language_set_load(&process->languages, options->languages, err);
	if (rc == 0)
		rc = open_contents(process, err);
	if (rc == 0)
		rc = bailiff_host_open(&slot->host, err);
	if (rc == 0)
		rc = bailiff_pool_open(slot->host, &pool, &slot->pool, err);
	slot->languages = &process->languages;
	slot->compiled = process->compiled;
	slot->setting = (struct job_setting){
		.languages = &process->languages,
		.cache = process->cache,
		.allowed = options->allowed_count > 0 ? options->allowed : NULL,
	};
	slot->cpuset = options->cpuset;
	slot->cancel_fd = SLOT_CANCEL_FD;
	slot->channel_fd = SLOT_CHANNEL_FD;
	return rc;
}

static int close_slot(struct slot_process *process, struct bailiff_error *err)
{
	struct slot *slot = &process->slot;
	slot_rest(slot);
	int rc = bailiff_pool_close(slot->pool, err);
	bailiff_host_close(slot->host);
	content_cache_close(process->cache);
	content_store_close(process->store);
	compile_cache_close(process->compiled);
	language_set_finish(&process->languages);
	options_finish(&process->parsed);
	return rc;
}

/* ---- jobs -------------------------------------------------------------------------------------------- */

static int send_end(struct slot_process *process, struct slot_end *end)
{
	AUTO_CLOSE int fd = FD_NONE;
	struct slot_message *message = &end->message;
	message->type = SLOT_MESSAGE_ENDED;
	message->job = process->slot.job;
	message->size = end->result != NULL ? strlen(end->result) : 0;
	message->needs_size = (uint32_t)end->needs_size;
	int rc = slot_pack(end->result, (size_t)message->size, end->needs, end->needs_size, &fd);
	return rc < 0 ? rc : slot_send(SLOT_CHANNEL_FD, message, fd, false);
}

static int take_job(struct slot_process *process, const struct slot_message *message, int fd)
{
	AUTO_FREE char *spec = NULL;
	struct slot_end end;
	int rc = slot_unpack(fd, 0, message->size, &spec);
	if (rc < 0)
		return rc;
	process->slot.job = message->job;
	process->slot.memory_bytes = message->memory_bytes;
	slot_run_job(&process->slot, (enum queue_kind)message->kind, spec, (size_t)message->size,
		     &end);
	rc = send_end(process, &end);
	slot_end_finish(&end);
	return rc < 0 ? rc : process->slot.broken;
}

/* Where no job comes for a while, what is kept for the next one is let go. */
static void wait_for_job(struct slot_process *process)
{
	struct pollfd channel = { .fd = SLOT_CHANNEL_FD, .events = POLLIN };
	if (process->slot.judge_job != NULL && poll(&channel, 1, IDLE_MS) == 0)
		slot_rest(&process->slot);
}

/* Until the worker has gone (0), or something cannot go on. */
static int serve(struct slot_process *process)
{
	const struct slot_message ready = { .type = SLOT_MESSAGE_READY };
	int rc = slot_send(SLOT_CHANNEL_FD, &ready, FD_NONE, false);
	while (rc == 0) {
		AUTO_CLOSE int fd = FD_NONE;
		struct slot_message message;
		wait_for_job(process);
		rc = slot_receive(SLOT_CHANNEL_FD, &message, &fd, true);
		if (rc == -EPIPE)
			return 0;
		if (rc == 0 && (message.type != SLOT_MESSAGE_JOB || fd < 0))
			rc = -EPROTO;
		if (rc == 0)
			rc = take_job(process, &message, fd);
	}
	return rc == -EPIPE ? 0 : rc;
}

static int run_slot(struct slot_process *process, int argc, char **argv,
		    struct bailiff_error *err)
{
	int rc = options_parse(&slot_table, argc, argv, &process->parsed, err);
	if (rc == 0)
		rc = options_apply(&process->parsed, &process->options, err);
	if (rc == 0)
		rc = bind_to_worker(err);
	if (rc == 0)
		rc = open_slot(process, err);
	if (rc < 0)
		return rc;
	rc = serve(process);
	return rc < 0 ? fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "serve a worker") : 0;
}

int command_slot(int argc, char **argv)
{
	struct slot_process process = { 0 };
	struct bailiff_error err = { 0 };
	int rc = run_slot(&process, argc, argv, &err);
	int closed = close_slot(&process, rc < 0 ? NULL : &err);
	return rc < 0 || closed < 0 ? tell_error(&err) : EX_OK;
}
