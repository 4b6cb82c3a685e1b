/* SPDX-License-Identifier: MIT */
/*
 * The published form of a run's result, key by key in the order of the contract. Names of keys
 * are an interface: they are added to, never changed.
 *
 * What the program wrote is untrusted bytes. It is shown as text only where it is valid UTF-8
 * without NUL, else as base64: a NUL is legal in JSON (\u0000), but it ends the string in C
 * readers and is refused by databases, and a program must not be able to hide its output that way.
 */
#include "codec/result_json.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/limits_json.h"
#include "codec/utf8.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The namespaces of a cell; each is new for each run. */
static const char *const namespaces[] = {
	"user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time",
};

void result_json_write_signal(struct json_writer *writer, cJSON *object, int number)
{
	char name[32] = "";
	if (number == 0) {
		json_write_null(writer, object, "signal");
		json_write_null(writer, object, "signal_name");
		return;
	}
	const char *abbreviation = sigabbrev_np(number);
	if (abbreviation != NULL)
		(void)snprintf(name, sizeof name, "SIG%s", abbreviation);
	else if (number >= SIGRTMIN && number <= SIGRTMAX)
		(void)snprintf(name, sizeof name, "SIGRTMIN+%d", number - SIGRTMIN);
	json_write_i64(writer, object, "signal", number);
	json_write_string(writer, object, "signal_name", name[0] != '\0' ? name : NULL);
}

void result_json_write_error(struct json_writer *writer, cJSON *object,
			     const struct bailiff_error *known)
{
	cJSON *error = json_write_object(writer, object, "error");
	json_write_string(writer, error, "stage", bailiff_stage_name(known->stage));
	json_write_string(writer, error, "errno",
			  known->errnum != 0 ? errno_name(known->errnum) : NULL);
	json_write_string(writer, error, "message", known->message);
	json_write_string(writer, error, "hint", known->hint[0] != '\0' ? known->hint : NULL);
}

static void write_end(struct json_writer *writer, const struct bailiff_result *result)
{
	bool is_ie = result->verdict == BAILIFF_VERDICT_IE;
	json_write_i64(writer, writer->root, "version", RESULT_JSON_VERSION);
	json_write_string(writer, writer->root, "verdict", bailiff_verdict_name(result->verdict));
	json_write_string(writer, writer->root, "reason",
			  is_ie ? bailiff_stage_name(result->error.stage) :
				  bailiff_reason_name(result->reason));
	json_write_string(writer, writer->root, "message",
			  is_ie && result->message[0] == '\0' ? result->error.message :
								result->message);
	json_write_string(writer, writer->root, "hint",
			  result->hint[0] != '\0' ? result->hint : NULL);
	if (result->has_exit_code)
		json_write_i64(writer, writer->root, "exit_code", result->exit_code);
	else
		json_write_null(writer, writer->root, "exit_code");
	result_json_write_signal(writer, writer->root, result->signal);
	if (is_ie)
		result_json_write_error(writer, writer->root, &result->error);
}

void result_json_write_cost(struct json_writer *writer, cJSON *object,
			    const struct bailiff_result *result)
{
	cJSON *time = json_write_object(writer, object, "time");
	json_write_milliseconds(writer, time, "cpu_ms", result->cpu_ns);
	json_write_milliseconds(writer, time, "user_ms", result->user_ns);
	json_write_milliseconds(writer, time, "system_ms", result->system_ns);
	json_write_milliseconds(writer, time, "wall_ms", result->wall_ns);

	const struct bailiff_memory_breakdown *breakdown = &result->breakdown;
	bool sampled = breakdown->samples > 0;
	cJSON *memory = json_write_object(writer, object, "memory");
	json_write_u64(writer, memory, "peak_bytes", result->memory_peak_bytes);
	json_write_u64(writer, memory, "oom_kills", result->oom_kills);
	cJSON *parts = json_write_object(writer, memory, "breakdown");
	json_write_u64(writer, parts, "sampled_bytes",
		       sampled ? breakdown->sampled_bytes : BAILIFF_UNKNOWN);
	json_write_u64(writer, parts, "anon_bytes",
		       sampled ? breakdown->anon_bytes : BAILIFF_UNKNOWN);
	json_write_u64(writer, parts, "file_bytes",
		       sampled ? breakdown->file_bytes : BAILIFF_UNKNOWN);
	json_write_u64(writer, parts, "shmem_bytes",
		       sampled ? breakdown->shmem_bytes : BAILIFF_UNKNOWN);
	json_write_u64(writer, parts, "kernel_bytes",
		       sampled ? breakdown->kernel_bytes : BAILIFF_UNKNOWN);
	json_write_u64(writer, parts, "samples", breakdown->samples);
}

static void write_counts(struct json_writer *writer, const struct bailiff_result *result)
{
	cJSON *processes = json_write_object(writer, writer->root, "processes");
	json_write_u64(writer, processes, "peak", result->processes_peak);
	json_write_u64(writer, processes, "refused", result->processes_refused);

	cJSON *output = json_write_object(writer, writer->root, "output");
	json_write_u64(writer, output, "stdout_bytes", result->stdout_bytes);
	json_write_u64(writer, output, "stderr_bytes", result->stderr_bytes);
}

/* How much of a capture can be shown as text; false where it cannot. A capture that was cut in
 * the middle of a character is shown without that character's bytes. */
static bool text_size(const struct bailiff_capture *capture, size_t *ret_size)
{
	size_t size = utf8_prefix(capture->data, capture->size);
	bool whole =
		size == capture->size ||
		(capture->truncated && utf8_is_cut(capture->data + size, capture->size - size));
	if (!whole || memchr(capture->data, '\0', size) != NULL)
		return false;
	*ret_size = size;
	return true;
}

static void write_capture(struct json_writer *writer, const char *key,
			  const struct bailiff_stdout *sink, const struct bailiff_capture *capture)
{
	if (sink->kind != BAILIFF_STDOUT_CAPTURE) {
		json_write_null(writer, writer->root, key);
		return;
	}
	cJSON *object = json_write_object(writer, writer->root, key);
	size_t size = 0;
	if (capture->size == 0) {
		json_write_string(writer, object, "text", "");
	} else if (text_size(capture, &size)) {
		AUTO_FREE char *text = strndup(capture->data, size);
		writer->failed |= text == NULL;
		json_write_string(writer, object, "text", text);
	} else {
		AUTO_FREE char *text = malloc(base64_encoded_size(capture->size) + 1);
		writer->failed |= text == NULL;
		if (text != NULL)
			base64_encode(capture->data, capture->size, text);
		json_write_string(writer, object, "base64", text);
	}
	json_write_bool(writer, object, "truncated", capture->truncated);
}

void result_json_write_syscall(struct json_writer *writer, cJSON *object,
			       const struct bailiff_syscall *call)
{
	if (call == NULL) {
		json_write_null(writer, object, "syscall");
		return;
	}
	cJSON *shown = json_write_object(writer, object, "syscall");
	json_write_string(writer, shown, "name", call->name);
	json_write_i64(writer, shown, "number", call->number);
	json_write_string(writer, shown, "arch", call->arch);
	cJSON *args = json_write_array(writer, shown, "args");
	for (size_t i = 0; i < ARRAY_LENGTH(call->args); i++) {
		char text[24];
		(void)snprintf(text, sizeof text, "0x%" PRIx64, call->args[i]);
		json_append_string(writer, args, text);
	}
}

static void write_cell(struct json_writer *writer, const struct bailiff_result *result)
{
	const struct bailiff_cell *cell = &result->cell;
	cJSON *object = json_write_object(writer, writer->root, "cell");
	json_write_string(writer, object, "cgroup", bailiff_cgroup_kind_name(cell->cgroup));
	cJSON *list = json_write_array(writer, object, "namespaces");
	/* A run that failed before the program's exec may have had none. */
	bool was_made = result->verdict != BAILIFF_VERDICT_IE || cell->setup_ns > 0;
	for (size_t i = 0; was_made && i < ARRAY_LENGTH(namespaces); i++)
		json_append_string(writer, list, namespaces[i]);
	json_write_string(writer, object, "policy", cell->policy);
	json_write_milliseconds(writer, object, "setup_ms", cell->setup_ns);
	json_write_milliseconds(writer, object, "teardown_ms", cell->teardown_ns);
	json_write_u64(writer, object, "landlock_abi", cell->landlock_abi);
	cJSON *freshness = json_write_object(writer, object, "freshness");
	json_write_string(writer, freshness, "network",
			  bailiff_freshness_name(cell->network_freshness));
	json_write_string(writer, freshness, "ipc", bailiff_freshness_name(cell->ipc_freshness));
	json_write_u64(writer, object, "uid", was_made ? cell->uid : BAILIFF_UNKNOWN);
}

void result_json_write_noise(struct json_writer *writer, cJSON *object,
			     const struct bailiff_noise *noise)
{
	cJSON *shown = json_write_object(writer, object, "noise");
	json_write_milliseconds(writer, shown, "throttled_ms", noise->throttled_ns);
	json_write_u64(writer, shown, "throttled_periods", noise->throttled_periods);
	json_write_u64(writer, shown, "involuntary_switches", noise->involuntary_switches);
	json_write_milliseconds(writer, shown, "steal_ms", noise->steal_ns);
	json_write_milliseconds(writer, shown, "cpu_pressure_ms", noise->cpu_pressure_ns);
}

static void write_collected(struct json_writer *writer, const struct bailiff_result *result,
			    const struct bailiff_spec *spec)
{
	if (spec->collect_count == 0)
		return;
	cJSON *array = json_write_array(writer, writer->root, "collected");
	for (size_t i = 0; i < spec->collect_count && i < result->collected_count; i++) {
		const struct bailiff_collected *collected = &result->collected[i];
		cJSON *object = json_append_object(writer, array);
		json_write_string(writer, object, "name", spec->collects[i].name);
		json_write_string(writer, object, "to", spec->collects[i].to);
		json_write_string(writer, object, "status",
				  bailiff_collect_status_name(collected->status));
		json_write_u64(writer, object, "bytes", collected->bytes);
		if (collected->errnum != 0)
			json_write_string(writer, object, "error", errno_name(collected->errnum));
	}
}

void result_json_write(struct json_writer *writer, const struct bailiff_result *result,
		       const struct bailiff_spec *spec)
{
	write_end(writer, result);
	result_json_write_cost(writer, writer->root, result);
	write_counts(writer, result);
	write_capture(writer, "stdout", &spec->out, &result->out);
	write_capture(writer, "stderr", &spec->err, &result->err);
	result_json_write_syscall(writer, writer->root,
				  result->has_syscall ? &result->syscall : NULL);
	limits_json_write(writer, writer->root, &result->limits);
	write_cell(writer, result);
	result_json_write_noise(writer, writer->root, &result->noise);
	write_collected(writer, result, spec);
}

/* Laid out for reading, or in one line. */
static int print(const struct bailiff_result *result, const struct bailiff_spec *spec,
		 int (*print_as)(struct json_writer *writer, char **ret_text,
				 struct bailiff_error *err),
		 char **ret_text, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	result_json_write(&writer, result, spec);
	int rc = print_as(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}

int result_json_print(const struct bailiff_result *result, const struct bailiff_spec *spec,
		      char **ret_text, struct bailiff_error *err)
{
	return print(result, spec, json_write_print, ret_text, err);
}

int result_json_print_line(const struct bailiff_result *result, const struct bailiff_spec *spec,
			   char **ret_text, struct bailiff_error *err)
{
	return print(result, spec, json_write_print_line, ret_text, err);
}
