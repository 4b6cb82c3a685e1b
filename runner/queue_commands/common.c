/* SPDX-License-Identifier: MIT */
/*
 * Command lines, the queue and output of the commands below `bailiff queue`.
 */
#include "queue_commands/common.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "message.h"
#include "values.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* ---- command lines ------------------------------------------------------------------------------
 */

static int check_arguments(const struct queue_call_rule *rule, const struct queue_call *call,
			   struct bailiff_error *err)
{
	if (call->argument_count < rule->arguments_min)
		return fail_spec(err, "no %s given", rule->what);
	if (call->argument_count > rule->arguments_max && rule->arguments_max > 0)
		return fail_spec(err, "more than %zu arguments", rule->arguments_max);
	if (call->argument_count > rule->arguments_max)
		return fail_spec(err, "unexpected argument '%s'", call->arguments[0]);
	return 0;
}

bool queue_call_parse(const struct queue_call_rule *rule, int argc, char **argv,
		      struct queue_call *ret_call, int *ret_status)
{
	struct bailiff_error err = { 0 };
	*ret_call = (struct queue_call){ .name = rule->name };
	int rc = options_parse(rule->table, argc, argv, &ret_call->options, &err);
	if (rc == 0 && queue_call_has(ret_call, "help")) {
		options_help(rule->table, stdout);
		*ret_status = EX_OK;
		return false;
	}
	if (rc == 0) {
		ret_call->arguments = argv + ret_call->options.rest;
		ret_call->argument_count = (size_t)(argc - ret_call->options.rest);
		rc = check_arguments(rule, ret_call, &err);
	}
	*ret_status = rc < 0 ? tell_usage_error(&err, rule->name) : EX_OK;
	return rc == 0;
}

void queue_call_finish(struct queue_call *call)
{
	queue_close(call->queue);
	options_finish(&call->options);
	*call = (struct queue_call){ 0 };
}

const char *queue_call_value(const struct queue_call *call, const char *option)
{
	const struct parsed_option *found = options_find(&call->options, option);
	return found != NULL ? found->value : NULL;
}

bool queue_call_has(const struct queue_call *call, const char *option)
{
	return options_find(&call->options, option) != NULL;
}

const char *queue_call_url(const struct queue_call *call)
{
	const char *url = queue_call_value(call, "queue");
	return url != NULL ? url : usual_queue_url();
}

int queue_call_number(const struct queue_call *call, const char *option, uint64_t min, uint64_t max,
		      uint64_t *ret_number, struct bailiff_error *err)
{
	const char *value = queue_call_value(call, option);
	uint64_t number = 0;
	if (value == NULL)
		return 0;
	if (!io_parse_u64(value, &number) || number < min || number > max)
		return fail_spec(
			err, "--%s: expected a number from %" PRIu64 " to %" PRIu64 ", not '%s'",
			option, min, max, value);
	*ret_number = number;
	return 0;
}

int queue_call_duration(const struct queue_call *call, const char *option, uint64_t *ret_ns,
			struct bailiff_error *err)
{
	const char *value = queue_call_value(call, option);
	if (value == NULL || parse_duration(value, ret_ns))
		return 0;
	return fail_spec(err, "--%s: expected a time such as 30s or 2h, not '%s'", option, value);
}

int queue_call_ids(const struct queue_call *call, uint64_t **ret_ids, struct bailiff_error *err)
{
	AUTO_FREE uint64_t *ids = calloc(call->argument_count, sizeof *ids);
	if (ids == NULL)
		return fail_memory(err);
	for (size_t i = 0; i < call->argument_count; i++) {
		if (!io_parse_u64(call->arguments[i], &ids[i]) || ids[i] == 0)
			return fail_spec(err, "'%s' is no number of a job", call->arguments[i]);
	}
	*ret_ids = MEM_TAKE(ids);
	return 0;
}

/* ---- the queue ----------------------------------------------------------------------------------
 */

int queue_call_open(struct queue_call *call, bool is_writer, struct bailiff_error *err)
{
	const char *url = queue_call_url(call);
	const struct queue_options options = {
		.create = is_writer && queue_url_is_embedded(url),
	};
	return queue_open(url, &options, &call->queue, err);
}

int queue_call_tell(const struct queue_call *call, const struct bailiff_error *err)
{
	return tell_usage_error(err, call->name);
}

int queue_call_each(struct queue_call *call, queue_job_action act, const void *context)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE uint64_t *ids = NULL;
	int rc = queue_call_ids(call, &ids, &err);
	if (rc == 0)
		rc = queue_call_open(call, false, &err);
	if (rc < 0)
		return queue_call_tell(call, &err);
	int status = EX_OK;
	for (size_t i = 0; i < call->argument_count; i++) {
		if (act(call->queue, ids[i], context, &err) == 0)
			continue;
		int failed = tell_error(&err);
		status = status == EX_OK ? failed : status;
		if (err.fault != BAILIFF_FAULT_INPUT)
			break;
	}
	return status;
}

/* ---- output -------------------------------------------------------------------------------------
 */

int print_line(struct json_writer *writer, struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	int rc = json_write_print_line(writer, &text, err);
	json_write_finish(writer);
	if (rc < 0)
		return rc;
	rc = io_write_all(STDOUT_FILENO, text, strlen(text));
	return rc == 0 ? 0 :
			 fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "write standard output");
}

bool wants_json(const struct queue_call *call)
{
	return queue_call_has(call, "json") || isatty(STDOUT_FILENO) != 1;
}

void format_instant(uint64_t ns, char text[TIME_TEXT_SIZE])
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm parts = { 0 };
	(void)gmtime_r(&seconds, &parts); /* within a store's 64 bits of nanoseconds */
	size_t length = strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(text + length, TIME_TEXT_SIZE - length, ".%03uZ",
		       (unsigned)(ns % NS_PER_S / NS_PER_MS));
}
