/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_COMPILATION_JSON_H
#define BAILIFF_CODEC_COMPILATION_JSON_H

#include "codec/json_write.h"
#include "toolchain.h"

/* Writes the keys "language" and "compile" into an object. `cached`: the compile step was not run,
 * its result is an earlier one's. */
void compilation_json_write(struct json_writer *writer, cJSON *object,
			    const struct language *language,
			    const struct compilation *compilation, bool cached);

/*
 * The result of `bailiff try`: a run result with the two keys beside it. `result` is NULL where
 * the submission was not run because it does not compile; the verdict is then CE, or IE where the
 * compile step itself failed, and every key that tells about the run is null. *ret_text is the
 * caller's to free.
 */
int try_json_print(const struct language *language, const struct compilation *compilation,
		   const struct bailiff_result *result, const struct bailiff_spec *spec,
		   char **ret_text, struct bailiff_error *err);

#endif
