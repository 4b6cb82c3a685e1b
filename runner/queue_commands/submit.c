/* SPDX-License-Identifier: MIT */
/*
 * `bailiff queue submit`: from spec files to jobs. Each is made ready by itself (job/job.h),
 * submitted, and its number printed before the next is looked at; the first mistake ends it, and
 * what was printed until then is in the queue.
 */
#include "queue_commands/queue_commands.h"

#include "base/error.h"
#include "base/mem.h"
#include "input.h"
#include "job/job.h"
#include "message.h"
#include "queue_commands/common.h"
#include "run_request.h"
#include "store/content_store.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define SPEC_BYTES_MAX ((size_t)16 << 20)
#define ATTEMPTS_MAX 100u
#define NUMBER_BYTES_MAX 11u /* ":4294967295" */

static const struct option_row submit_rows[] = {
	{ "client", 0, "NAME", "Jobs", "whose jobs they are; clients take turns", "the user's name",
	  option_ignore },
	{ "request-id", 0, "ID", "Jobs",
	  "a name for the job: to submit it again gives the same\njob back. With several jobs each "
	  "gets ID:1, ID:2, ...",
	  NULL, option_ignore },
	{ "priority", 0, "N", "Jobs", "from -100 to 100; the greater first", "0", option_ignore },
	{ "attempts", 0, "N", "Jobs", "how often a job is tried when workers fail", "3",
	  option_ignore },
	{ "languages", 0, "DIR", "Jobs", "definitions that the workers have, too", NULL,
	  option_ignore },
	QUEUE_ROW,
	{ "store", 0, "DIR", "Queue",
	  "a folder that the workers have, too, for files above\n16 KiB and problems",
	  "PATH-store beside sqlite:PATH", option_ignore },
	HELP_ROW,
};

static const struct option_table submit_table = {
	.usage = "bailiff queue submit [OPTIONS] FILE|-...",
	.summary =
		"Puts jobs into a queue. Each FILE is a run spec or a judge spec; - reads one from "
		"each\nline of standard input. Prints a line of JSON for each job.",
	.more = "bailiff-queue(1) and bailiff-jobs(5)",
	.rows = submit_rows,
	.row_count = ARRAY_LENGTH(submit_rows),
	.mixed = true,
};

struct submission {
	struct queue_call call;
	struct arena arena;
	struct language_set languages;
	struct content_store *store;
	struct queue_request request; /* what all jobs have in common */
	const char *request_id;
	bool is_series; /* several jobs: each has a request id of its own */
	unsigned count;
};

/* ---- options
 * --------------------------------------------------------------------------------------- */

static int parse_priority(struct submission *submission, struct bailiff_error *err)
{
	const char *value = queue_call_value(&submission->call, "priority");
	char *end = NULL;
	if (value == NULL)
		return 0;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || number < QUEUE_PRIORITY_MIN ||
	    number > QUEUE_PRIORITY_MAX)
		return fail_spec(err, "--priority: expected a number from %d to %d, not '%s'",
				 QUEUE_PRIORITY_MIN, QUEUE_PRIORITY_MAX, value);
	submission->request.priority = (int)number;
	return 0;
}

/* What a queue takes for a name; the number of a series' job may come behind it. */
static int check_name(const struct submission *submission, const char *option,
		      struct bailiff_error *err)
{
	const char *name = queue_call_value(&submission->call, option);
	if (name == NULL || (name[0] != '\0' && is_printable(name) &&
			     strlen(name) <= QUEUE_NAME_BYTES_MAX - NUMBER_BYTES_MAX))
		return 0;
	return fail_spec(err, "--%s: must be a name of at most %u bytes without control characters",
			 option, QUEUE_NAME_BYTES_MAX - NUMBER_BYTES_MAX);
}

static int find_client(struct submission *submission, struct bailiff_error *err)
{
	const char *client = queue_call_value(&submission->call, "client");
	if (client == NULL) {
		const struct passwd *user = getpwuid(geteuid());
		client = user != NULL ?
				 arena_copy(&submission->arena, user->pw_name,
					    strlen(user->pw_name)) :
				 arena_format(&submission->arena, "uid-%u", (unsigned)geteuid());
	}
	submission->request.client = client;
	return client != NULL ? 0 : fail_memory(err);
}

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

static int parse_options(struct submission *submission, struct bailiff_error *err)
{
	const struct queue_call *call = &submission->call;
	uint64_t attempts = 0;
	submission->request_id = queue_call_value(call, "request-id");
	submission->is_series = call->argument_count > 1 || is_stdin(call->arguments[0]);
	int rc = check_name(submission, "client", err);
	if (rc == 0)
		rc = check_name(submission, "request-id", err);
	if (rc == 0)
		rc = parse_priority(submission, err);
	if (rc == 0)
		rc = queue_call_number(call, "attempts", 1, ATTEMPTS_MAX, &attempts, err);
	if (rc == 0)
		rc = find_client(submission, err);
	submission->request.attempts_max = (unsigned)attempts;
	return rc;
}

/* Beside an embedded queue is a place that its workers know, too. */
static int open_store(struct submission *submission, struct bailiff_error *err)
{
	const char *folder = queue_call_value(&submission->call, "store");
	const char *url = queue_call_url(&submission->call);
	size_t prefix = strlen("sqlite:");
	if (folder == NULL && strncmp(url, "sqlite:", prefix) == 0) {
		folder = arena_format(&submission->arena, "%s-store", url + prefix);
		if (folder == NULL)
			return fail_memory(err);
	}
	if (folder == NULL)
		return 0;
	return content_store_open(folder, true, &submission->store, err);
}

/* ---- one job
 * --------------------------------------------------------------------------------------- */

static int print_ticket(const struct queue_ticket *ticket, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	json_write_u64(&writer, writer.root, "job", ticket->job);
	json_write_bool(&writer, writer.root, "duplicate", ticket->is_duplicate);
	return print_line(&writer, err);
}

static int set_request_id(struct submission *submission, struct queue_request *request,
			  struct arena *arena, struct bailiff_error *err)
{
	submission->count++;
	request->request_id = submission->request_id;
	if (submission->request_id == NULL || !submission->is_series)
		return 0;
	request->request_id =
		arena_format(arena, "%s:%u", submission->request_id, submission->count);
	return request->request_id != NULL ? 0 : fail_memory(err);
}

static int submit_draft(struct submission *submission, struct job_draft *draft,
			struct bailiff_error *err)
{
	struct queue_request request = submission->request;
	struct queue_ticket ticket = { 0 };
	request.kind = draft->kind;
	request.spec = draft->spec;
	request.spec_size = draft->spec_size;
	memcpy(request.digest, draft->digest, sizeof request.digest);
	request.needs = draft->needs;
	request.memory_bytes = draft->memory_bytes;
	int rc = set_request_id(submission, &request, &draft->arena, err);
	if (rc == 0)
		rc = queue_submit(submission->call.queue, &request, &ticket, err);
	if (rc == -EAGAIN && err->hint[0] == '\0')
		(void)snprintf(
			err->hint, sizeof err->hint, "%s",
			request.request_id != NULL ?
				"the job may be in the queue nevertheless; to submit it again "
				"with this --request-id is safe" :
				"the job may be in the queue nevertheless; with a "
				"--request-id it would be safe to submit it again");
	return rc < 0 ? rc : print_ticket(&ticket, err);
}

/* Which of the specs it was stands in front of whatever was wrong with it. */
static int name_spec(const char *name, int rc, struct bailiff_error *err)
{
	if (rc == 0 || (err->fault != BAILIFF_FAULT_SPEC && err->fault != BAILIFF_FAULT_INPUT))
		return rc;
	char message[sizeof err->message];
	memcpy(message, err->message, sizeof message);
	(void)snprintf(err->message, sizeof err->message, "%.100s: %.210s", name, message);
	return rc;
}

static int submit_text(struct submission *submission, const char *text, size_t size,
		       const char *name, const char *folder, struct bailiff_error *err)
{
	struct job_draft draft = { 0 };
	const struct job_rules rules = { .languages = &submission->languages,
					 .store = submission->store };
	int rc = job_prepare(&draft, text, size, folder, &rules, err);
	if (rc == 0)
		rc = submit_draft(submission, &draft, err);
	job_draft_finish(&draft);
	return name_spec(name, rc, err);
}

/* ---- where specs come from
 * --------------------------------------------------------------------------- */

static int submit_file(struct submission *submission, const char *path, struct bailiff_error *err)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	struct arena scratch = { 0 };
	size_t length = (size_t)(path_last_part(path) - path);
	int rc = input_read_file(path, SPEC_BYTES_MAX, &input, err);
	if (rc < 0)
		return rc;
	const char *folder = length > 0 ? arena_copy(&scratch, path, length) : NULL;
	if (length > 0 && folder == NULL)
		rc = fail_memory(err);
	if (rc == 0)
		rc = submit_text(submission, input.text, input.size, path, folder, err);
	arena_finish(&scratch);
	return rc;
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t\r\n")] == '\0';
}

static int submit_lines(struct submission *submission, struct bailiff_error *err)
{
	AUTO_FREE char *line = NULL;
	size_t capacity = 0, number = 0;
	ssize_t length;
	int rc = 0;
	while (rc == 0 && (length = getline(&line, &capacity, stdin)) >= 0) {
		char name[64];
		(void)snprintf(name, sizeof name, "line %zu of standard input", ++number);
		if ((size_t)length > SPEC_BYTES_MAX)
			rc = fail_spec(err, "%s: is longer than %zu bytes", name, SPEC_BYTES_MAX);
		else if (memchr(line, '\0', (size_t)length) != NULL || !is_blank(line))
			rc = submit_text(submission, line, (size_t)length, name, NULL, err);
	}
	if (rc == 0 && ferror(stdin))
		rc = fail_input(err, errno, "read standard input");
	return rc;
}

/* ---- the command
 * ------------------------------------------------------------------------------------- */

static int submit_all(struct submission *submission, struct bailiff_error *err)
{
	const struct queue_call *call = &submission->call;
	int rc =
		language_set_load(&submission->languages, queue_call_value(call, "languages"), err);
	if (rc == 0)
		rc = open_store(submission, err);
	for (size_t i = 0; rc == 0 && i < call->argument_count; i++)
		rc = is_stdin(call->arguments[i]) ?
			     submit_lines(submission, err) :
			     submit_file(submission, call->arguments[i], err);
	return rc;
}

static int run_submission(struct submission *submission)
{
	struct bailiff_error err = { 0 };
	int rc = parse_options(submission, &err);
	if (rc == 0)
		rc = queue_call_open(&submission->call, true, &err);
	if (rc < 0)
		return queue_call_tell(&submission->call, &err);
	return submit_all(submission, &err) < 0 ? tell_error(&err) : EX_OK;
}

int queue_command_submit(int argc, char **argv)
{
	static const struct queue_call_rule rule = { &submit_table, "queue submit", "FILE", 1,
						     SIZE_MAX };
	struct submission submission = { 0 };
	int status = EX_OK;
	if (queue_call_parse(&rule, argc, argv, &submission.call, &status))
		status = run_submission(&submission);
	content_store_close(submission.store);
	language_set_finish(&submission.languages);
	queue_call_finish(&submission.call);
	arena_finish(&submission.arena);
	return status;
}
