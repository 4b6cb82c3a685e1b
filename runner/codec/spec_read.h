/* SPDX-License-Identifier: MIT */
/*
 * What the readers of spec files share: objects read by tables of keys, and the values that occur
 * in all of them. What is not in a table is refused, so the tables are the format. Everything read
 * is copied into an arena.
 *
 * Every function returns 0, or a negative errno with the reader's *err filled, which then names the
 * key by its path.
 */
#ifndef BAILIFF_CODEC_SPEC_READ_H
#define BAILIFF_CODEC_SPEC_READ_H

#include "arena.h"
#include "codec/json.h"

struct spec_reader {
	struct arena *arena; /* where copies are made */
	const char *folder;  /* relative paths of the host are below it; NULL = the current one */
	struct bailiff_error *err;
};

/* Reads one value into `target`: what the object's own reader passes on, the struct that its keys
 * fill. */
typedef int (*spec_value_read)(struct spec_reader *reader, const struct json_node *value,
			       void *target);

struct spec_key {
	const char *name;
	spec_value_read read;
};

#define SPEC_KEYS_MAX 20u

/* Reads an object by its table; `count` is at most SPEC_KEYS_MAX. Keys are read in the table's
 * order, whatever their order in the object. */
int spec_read_object(struct spec_reader *reader, const struct json_node *object,
		     const struct spec_key *keys, size_t count, void *target);

/* Calls read_element for each element of an array of at most `max`. */
int spec_read_array(struct spec_reader *reader, const struct json_node *array, size_t max,
		    spec_value_read read_element, void *target);

/* A string; one that is not empty; a path of the host, relative to the reader's folder. */
int spec_read_text(struct spec_reader *reader, const struct json_node *value,
		   const char **ret_text);
int spec_read_nonempty(struct spec_reader *reader, const struct json_node *value,
		       const char **ret_text);
int spec_read_host_path(struct spec_reader *reader, const struct json_node *value,
			const char **ret_path);

struct spec_bytes {
	const void *data;
	size_t size;
};

/* The bytes of a string, as they are or encoded in base64. A NUL that is not counted follows. */
int spec_read_text_bytes(struct spec_reader *reader, const struct json_node *value,
			 struct spec_bytes *ret_bytes);
int spec_read_base64_bytes(struct spec_reader *reader, const struct json_node *value,
			   struct spec_bytes *ret_bytes);

/* Fails unless the object has exactly one of these keys (NULL-terminated). `shown` is how the
 * message lists them. */
int spec_require_one_of(struct spec_reader *reader, const struct json_node *object,
			const char *const *keys, const char *shown);

#endif
