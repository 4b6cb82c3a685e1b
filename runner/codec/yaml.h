/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_YAML_H
#define BAILIFF_CODEC_YAML_H

#include "codec/json.h"

/*
 * Parses one YAML document into the tree that JSON is read into, so that codec/json.h's readers,
 * and their errors with a key's path, serve for both. Scalars are what YAML's core schema makes of
 * them; the bounds are those of JSON documents, counted after aliases have been followed. An empty
 * text is an empty object. *ret_document is owned by the caller. Fails with BAILIFF_FAULT_SPEC,
 * naming line and column.
 */
int yaml_parse(const char *text, size_t length, cJSON **ret_document, struct bailiff_error *err);

/*
 * A scalar as it is spelled in the text: "1e-6" is 1e-6 and not 0.000001, which matters where
 * people write arguments without quotes. NULL for null, arrays and objects. Owned by the document,
 * which must come from yaml_parse().
 */
const char *yaml_scalar_text(const struct json_node *node);

#endif
