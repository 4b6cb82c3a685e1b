/* SPDX-License-Identifier: MIT */
/*
 * Numbers are added as raw text, because cJSON prints a double with up to 17 digits and, from
 * 10^15 on, with an exponent. Strings are made valid UTF-8 first, because cJSON copies bytes as
 * they are. The rest is cJSON's.
 */
#include "codec/json_write.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/utf8.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void json_write_init(struct json_writer *writer)
{
	writer->root = cJSON_CreateObject();
	writer->failed = writer->root == NULL;
}

void json_write_init_array(struct json_writer *writer)
{
	writer->root = cJSON_CreateArray();
	writer->failed = writer->root == NULL;
}

void json_write_finish(struct json_writer *writer)
{
	cJSON_Delete(writer->root);
	*writer = (struct json_writer){ 0 };
}

static cJSON *noted(struct json_writer *writer, cJSON *item)
{
	if (item == NULL)
		writer->failed = true;
	return item;
}

cJSON *json_write_object(struct json_writer *writer, cJSON *object, const char *key)
{
	return noted(writer, cJSON_AddObjectToObject(object, key));
}

cJSON *json_write_array(struct json_writer *writer, cJSON *object, const char *key)
{
	return noted(writer, cJSON_AddArrayToObject(object, key));
}

void json_write_null(struct json_writer *writer, cJSON *object, const char *key)
{
	(void)noted(writer, cJSON_AddNullToObject(object, key));
}

void json_write_bool(struct json_writer *writer, cJSON *object, const char *key, bool value)
{
	(void)noted(writer, cJSON_AddBoolToObject(object, key, value));
}

/* A copy with U+FFFD for every byte that is part of no well-formed sequence. */
static char *copy_valid(const char *text)
{
	size_t length = strlen(text);
	size_t step;
	char *copy = length < SIZE_MAX / 3 ? malloc(3 * length + 1) : NULL;
	char *end = copy;
	for (size_t at = 0; copy != NULL && at < length; at += step) {
		step = utf8_sequence(text + at, length - at);
		const char *from = step > 0 ? text + at : REPLACEMENT;
		size_t size = step > 0 ? step : sizeof REPLACEMENT - 1;
		memcpy(end, from, size);
		end += size;
		if (step == 0)
			step = 1;
	}
	if (copy != NULL)
		*end = '\0';
	return copy;
}

void json_write_string(struct json_writer *writer, cJSON *object, const char *key, const char *text)
{
	if (text == NULL) {
		json_write_null(writer, object, key);
		return;
	}
	AUTO_FREE char *valid = copy_valid(text);
	if (valid == NULL)
		writer->failed = true;
	else
		(void)noted(writer, cJSON_AddStringToObject(object, key, valid));
}

static void write_raw(struct json_writer *writer, cJSON *object, const char *key, const char *text)
{
	(void)noted(writer, cJSON_AddRawToObject(object, key, text));
}

void json_write_i64(struct json_writer *writer, cJSON *object, const char *key, int64_t value)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%" PRId64, value);
	write_raw(writer, object, key, text);
}

void json_write_u64(struct json_writer *writer, cJSON *object, const char *key, uint64_t value)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%" PRIu64, value);
	write_raw(writer, object, key, value == BAILIFF_UNKNOWN ? "null" : text);
}

void json_write_thousandths(struct json_writer *writer, cJSON *object, const char *key,
			    uint64_t value)
{
	char text[32];
	int length = snprintf(text, sizeof text, "%" PRIu64 ".%03u", value / 1000,
			      (unsigned)(value % 1000));
	while (text[length - 1] == '0')
		text[--length] = '\0';
	if (text[length - 1] == '.')
		text[length - 1] = '\0';
	write_raw(writer, object, key, value == BAILIFF_UNKNOWN ? "null" : text);
}

void json_write_milliseconds(struct json_writer *writer, cJSON *object, const char *key,
			     uint64_t ns)
{
	json_write_thousandths(writer, object, key,
			       ns == BAILIFF_UNKNOWN ? BAILIFF_UNKNOWN : ns / NS_PER_US);
}

void json_write_double(struct json_writer *writer, cJSON *object, const char *key, double value)
{
	char text[32] = "null";
	for (int digits = DBL_DIG; isfinite(value) && digits <= DBL_DECIMAL_DIG; digits++) {
		(void)snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	write_raw(writer, object, key, text);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* White space between tokens only: inside a string JSON has none of these as they are. */
void json_write_document(struct json_writer *writer, cJSON *object, const char *key,
			 const char *text, size_t size)
{
	while (size > 0 && is_space(text[size - 1]))
		size--;
	AUTO_FREE char *copy = strndup(text, size);
	if (copy == NULL) {
		writer->failed = true;
		return;
	}
	for (char *at = copy; *at != '\0'; at++) {
		if (is_space(*at))
			*at = ' ';
	}
	write_raw(writer, object, key, copy + strspn(copy, " "));
}

static void append(struct json_writer *writer, cJSON *array, cJSON *item)
{
	if (noted(writer, item) != NULL && !cJSON_AddItemToArray(array, item)) {
		cJSON_Delete(item);
		writer->failed = true;
	}
}

void json_append_string(struct json_writer *writer, cJSON *array, const char *text)
{
	AUTO_FREE char *valid = copy_valid(text);
	append(writer, array, valid != NULL ? cJSON_CreateString(valid) : NULL);
}

cJSON *json_append_object(struct json_writer *writer, cJSON *array)
{
	cJSON *object = cJSON_CreateObject();
	append(writer, array, object);
	return writer->failed ? NULL : object;
}

/*
 * Lays the text out with blanks, and writes U+007F to U+009F as escapes. cJSON escapes only those
 * below U+0020, but some terminals take U+009B for the start of a command. Such bytes occur inside
 * strings only.
 */
static char *finish_text(const char *text)
{
	size_t length = strlen(text);
	size_t found = 0;
	for (size_t i = 0; i < length; i++)
		found += text[i] == '\x7f' || text[i] == '\xc2' || text[i] == '\t';
	size_t capacity = length + 6 * found + sizeof "\n";
	char *escaped = malloc(capacity);
	size_t used = 0;
	for (size_t i = 0; escaped != NULL && i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		bool is_c1 = byte == 0xc2 && (unsigned char)text[i + 1] <= 0x9f;
		if (byte == '\t') {
			/* Only cJSON's own layout has tabs: after a colon, or as indentation. */
			bool is_indent = i == 0 || text[i - 1] != ':';
			used += (size_t)snprintf(escaped + used, capacity - used,
						 is_indent ? "  " : " ");
			continue;
		}
		if (!is_c1 && byte != 0x7f) {
			escaped[used++] = text[i];
			continue;
		}
		if (is_c1)
			byte = (unsigned char)text[++i]; /* its second byte is its code */
		used += (size_t)snprintf(escaped + used, capacity - used, "\\u%04x", byte);
	}
	if (escaped != NULL)
		memcpy(escaped + used, "\n", sizeof "\n");
	return escaped;
}

static int print(struct json_writer *writer, bool formatted, char **ret_text,
		 struct bailiff_error *err)
{
	char *printed = NULL;
	if (!writer->failed)
		printed = formatted ? cJSON_Print(writer->root) :
				      cJSON_PrintUnformatted(writer->root);
	char *text = printed != NULL ? finish_text(printed) : NULL;
	cJSON_free(printed);
	if (text == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "write JSON");
	*ret_text = text;
	return 0;
}

int json_write_print(struct json_writer *writer, char **ret_text, struct bailiff_error *err)
{
	return print(writer, /* formatted= */ true, ret_text, err);
}

int json_write_print_line(struct json_writer *writer, char **ret_text, struct bailiff_error *err)
{
	return print(writer, /* formatted= */ false, ret_text, err);
}
