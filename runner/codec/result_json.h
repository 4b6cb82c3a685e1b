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

/* The same keys, written into the writer's root beside others. */
void result_json_write(struct json_writer *writer, const struct bailiff_result *result,
		       const struct bailiff_spec *spec);

/* Writes the key `error` of a result whose verdict is IE. */
void result_json_write_error(struct json_writer *writer, const struct bailiff_error *known);

/* The keys "time" and "memory" alone. */
void result_json_write_cost(struct json_writer *writer, cJSON *object,
			    const struct bailiff_result *result);

/* The number that the key "version" of every result has. */
#define RESULT_JSON_VERSION 1

#endif
