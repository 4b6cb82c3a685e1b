/* SPDX-License-Identifier: MIT */
/*
 * Building JSON on top of cJSON: exact numbers, valid UTF-8 whatever the input, and one place to
 * notice that memory ran out. What was built is valid until json_write_finish().
 */
#ifndef BAILIFF_CODEC_JSON_WRITE_H
#define BAILIFF_CODEC_JSON_WRITE_H

#include <bailiff/bailiff.h>
#include <cjson/cJSON.h>

struct json_writer {
	cJSON *root; /* owned */
	bool failed; /* an allocation failed; printing will say so */
};

/* Starts with an empty object as the root. */
void json_write_init(struct json_writer *writer);

/* Starts with an empty array as the root. */
void json_write_init_array(struct json_writer *writer);
void json_write_finish(struct json_writer *writer);

/*
 * Each adds one key to an object. `object` may be NULL, which is what these functions return
 * where memory ran out.
 */
cJSON *json_write_object(struct json_writer *writer, cJSON *object, const char *key);
cJSON *json_write_array(struct json_writer *writer, cJSON *object, const char *key);
void json_write_null(struct json_writer *writer, cJSON *object, const char *key);
void json_write_bool(struct json_writer *writer, cJSON *object, const char *key, bool value);
void json_write_i64(struct json_writer *writer, cJSON *object, const char *key, int64_t value);

/* Bytes that are not UTF-8 become U+FFFD. NULL becomes null. */
void json_write_string(struct json_writer *writer, cJSON *object, const char *key,
		       const char *text);

/* All digits, never an exponent. BAILIFF_UNKNOWN becomes null. */
void json_write_u64(struct json_writer *writer, cJSON *object, const char *key, uint64_t value);

/* value / 10^decimals without trailing zeros; BAILIFF_UNKNOWN becomes null. */
void json_write_milliseconds(struct json_writer *writer, cJSON *object, const char *key,
			     uint64_t ns);
void json_write_thousandths(struct json_writer *writer, cJSON *object, const char *key,
			    uint64_t value);

/* As few digits as give the same number back; what is not finite becomes null. */
void json_write_double(struct json_writer *writer, cJSON *object, const char *key, double value);

/* A value that is JSON already, as it is but for the white space around it and its line ends. */
void json_write_document(struct json_writer *writer, cJSON *object, const char *key,
			 const char *text, size_t size);

/* Append to an array. */
void json_append_string(struct json_writer *writer, cJSON *array, const char *text);
cJSON *json_append_object(struct json_writer *writer, cJSON *array);

/*
 * The whole document as text with a newline at its end; *ret_text is the caller's to free. Holds
 * no control character but the layout's own, C1 ones included, so that it may go to a terminal.
 */
int json_write_print(struct json_writer *writer, char **ret_text, struct bailiff_error *err);

/* The same in one line. */
int json_write_print_line(struct json_writer *writer, char **ret_text, struct bailiff_error *err);

#endif
