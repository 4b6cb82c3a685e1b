/* SPDX-License-Identifier: MIT */
/*
 * What the commands below `bailiff queue` have in common: how their command lines are read, how the
 * queue is opened, and how lines are printed.
 */
#ifndef BAILIFF_QUEUE_COMMANDS_COMMON_H
#define BAILIFF_QUEUE_COMMANDS_COMMON_H

#include "codec/json_write.h"
#include "options.h"
#include "queue/queue.h"
#include "queue/usual_queue.h"

#define QUEUE_IDS_MAX 10000u

/* Rows that stand in the tables of several commands. */
#define QUEUE_ROW                                                                           \
	{                                                                                   \
		"queue", 'q', "URL", "Queue", QUEUE_OPTION_HELP, QUEUE_URL_DEFAULT, option_ignore \
	}
#define JSON_ROW                                                                           \
	{                                                                                  \
		"json", 0, NULL, "Output", "print JSON, a line for each job", "on a pipe", \
			option_ignore                                                      \
	}
#define HELP_ROW                                                                   \
	{                                                                          \
		"help", 'h', NULL, "Output", "show this text", NULL, option_ignore \
	}

/* A command as it was called. Zero is valid and empty. */
struct queue_call {
	const char *name; /* as messages have it: "queue submit" */
	struct parsed_options options;
	char **arguments; /* those that are no options; points into argv */
	size_t argument_count;
	struct queue *queue; /* owned */
};

/*
 * Reads a command line with at least `arguments_min` and at most `arguments_max` arguments that are
 * no options; `what` is what they are called ("ID"). True to go on; false where help was shown or
 * the line is wrong, with the exit status in *ret_status. The call must be finished whatever is
 * returned.
 */
struct queue_call_rule {
	const struct option_table *table;
	const char *name, *what;
	size_t arguments_min, arguments_max;
};
bool queue_call_parse(const struct queue_call_rule *rule, int argc, char **argv,
		      struct queue_call *ret_call, int *ret_status);
void queue_call_finish(struct queue_call *call);

/* The value of an option, NULL where it was not given. */
const char *queue_call_value(const struct queue_call *call, const char *option);
bool queue_call_has(const struct queue_call *call, const char *option);
const char *queue_call_url(const struct queue_call *call);

/* Numbers of options: 0, or a BAILIFF_FAULT_SPEC that names the option. Where it was not given,
 * *ret_number stays as it is. */
int queue_call_number(const struct queue_call *call, const char *option, uint64_t min, uint64_t max,
		      uint64_t *ret_number, struct bailiff_error *err);
int queue_call_duration(const struct queue_call *call, const char *option, uint64_t *ret_ns,
			struct bailiff_error *err);

/* The arguments as numbers of jobs; *ret_ids is the caller's to free. */
int queue_call_ids(const struct queue_call *call, uint64_t **ret_ids, struct bailiff_error *err);

/* Opens call->queue. `is_writer`: an embedded one is made where it is missing. */
int queue_call_open(struct queue_call *call, bool is_writer, struct bailiff_error *err);

/*
 * What a command does with each of its jobs: the arguments are numbers of jobs, and the queue is opened. An
 * error is told and the next job's turn comes, unless it is not about this one alone. Returns the exit
 * status, of the first error where there were some.
 */
typedef int (*queue_job_action)(struct queue *queue, uint64_t job, const void *context,
				struct bailiff_error *err);
int queue_call_each(struct queue_call *call, queue_job_action act, const void *context);

/* The exit status of an error, after telling it: a wrong URL or option is the command line's. */
int queue_call_tell(const struct queue_call *call, const struct bailiff_error *err);

/* Writes a document as one line on standard output at once, and finishes the writer. */
int print_line(struct json_writer *writer, struct bailiff_error *err);

/* Whether to print JSON lines: asked for, or nobody looks at it. */
bool wants_json(const struct queue_call *call);

/* "2026-11-30T13:24:32.123Z", since the epoch. */
#define TIME_TEXT_SIZE 32u
void format_instant(uint64_t ns, char text[TIME_TEXT_SIZE]);

#endif
