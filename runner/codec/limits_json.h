/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_LIMITS_JSON_H
#define BAILIFF_CODEC_LIMITS_JSON_H

#include "codec/json.h"
#include "codec/json_write.h"

/*
 * Reads a "limits" object: the keys of limit_rows, each optional. What is not there stays as it is
 * in *limits. `also` is one more key that is allowed and left to the caller; NULL = none.
 */
int limits_json_read(const struct json_node *object, const char *also,
		     struct bailiff_limits *limits, struct bailiff_error *err);

/* Writes the key "limits": the keys of limit_rows, and "cpuset". */
void limits_json_write(struct json_writer *writer, cJSON *object,
		       const struct bailiff_limits *limits);

#endif
