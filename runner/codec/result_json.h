/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_RESULT_JSON_H
#define BAILIFF_CODEC_RESULT_JSON_H

#include <bailiff/bailiff.h>

#include "codec/json_write.h"

/*
 * The run result as JSON (bailiff(1), RESULT), with a newline at its end; *ret_text is the
 * caller's to free. `spec` is the one that was run. Always valid UTF-8, whatever the program
 * wrote. Fails only where memory runs out.
 */
int result_json_print(const struct bailiff_result *result, const struct bailiff_spec *spec,
		      char **ret_text, struct bailiff_error *err);

/* The same in one line. */
int result_json_print_line(const struct bailiff_result *result, const struct bailiff_spec *spec,
			   char **ret_text, struct bailiff_error *err);

/* The same keys, written into the writer's root beside others. */
void result_json_write(struct json_writer *writer, const struct bailiff_result *result,
		       const struct bailiff_spec *spec);

/* Parts of it, each written into an object: the keys that the function's name says. */

/* Of a result whose verdict is IE. */
void result_json_write_error(struct json_writer *writer, cJSON *object,
			     const struct bailiff_error *known);

/* "signal" and "signal_name"; both null for 0. */
void result_json_write_signal(struct json_writer *writer, cJSON *object, int number);

/* NULL = null. */
void result_json_write_syscall(struct json_writer *writer, cJSON *object,
			       const struct bailiff_syscall *call);

void result_json_write_noise(struct json_writer *writer, cJSON *object,
			     const struct bailiff_noise *noise);

/* "time" and "memory". */
void result_json_write_cost(struct json_writer *writer, cJSON *object,
			    const struct bailiff_result *result);

/* The number that the key "version" of every result has. */
#define RESULT_JSON_VERSION 1

#endif
