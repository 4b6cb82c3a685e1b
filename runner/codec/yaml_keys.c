/* SPDX-License-Identifier: MIT */
/*
 * One loop walks what a file has, so that unknown keys come out by themselves.
 */
#include "codec/yaml_keys.h"

#include "base/error.h"
#include "codec/yaml.h"
#include "shell_words.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARNINGS_MAX 100u
#define LIST_MAX 256u
#define SECONDS_MAX 86400.0
#define SIZE_MAX_BYTES ((double)(UINT64_C(1) << 50))

/* ---- warnings and errors ----------------------------------------------------------------- */

void warning_add(struct arena *arena, struct warning_list *warnings, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (warnings->count == WARNINGS_MAX)
		return;
	const char **items =
		arena_grow(arena, warnings->items, warnings->count, sizeof *warnings->items);
	const char *copy = arena_copy(arena, text, strlen(text));
	if (items == NULL || copy == NULL)
		return;
	warnings->items = items;
	warnings->items[warnings->count++] = copy;
}

int yaml_name_file(const struct yaml_reader *reader, int rc)
{
	if (rc == 0 || reader->err == NULL || reader->err->fault != BAILIFF_FAULT_SPEC)
		return rc;
	struct bailiff_error inner = *reader->err;
	rc = fail_spec(reader->err, "%s: %s", reader->file->name, inner.message);
	memcpy(reader->err->hint, inner.hint, sizeof inner.hint);
	return rc;
}

static const struct yaml_key *find_key(const struct yaml_key *keys, const char *name)
{
	while (keys->name == NULL ? keys->more != NULL : strcmp(keys->name, name) != 0)
		keys = keys->name == NULL ? keys->more : keys + 1;
	return keys->name != NULL ? keys : NULL;
}

void yaml_warn(const struct yaml_reader *reader, const struct json_node *value, const char *message)
{
	struct bailiff_error where = { 0 };
	(void)json_fail(value, &where, "%s", message);
	warning_add(reader->file->arena, reader->file->warnings, "%s: %s", reader->file->name,
		    where.message);
}

int yaml_read_keys(struct yaml_reader *reader, const struct json_node *object,
		   const struct yaml_key *keys)
{
	int rc = json_only_keys(object, NULL, reader->err);
	struct json_node value;
	bool more = rc == 0 && json_first(object, &value);
	for (; rc == 0 && more; more = json_next(&value)) {
		const struct yaml_key *key = find_key(keys, value.item->string);
		if (key == NULL)
			yaml_warn(reader, &value,
				  cJSON_IsObject(value.item) && reader->unknown_object != NULL ?
					  reader->unknown_object :
					  "unknown key");
		else if (key->read != NULL && !cJSON_IsNull(value.item))
			rc = key->read(reader, &value);
	}
	return rc;
}

int yaml_read_file(struct yaml_reader *reader, const struct yaml_key *keys)
{
	JSON_AUTO_DELETE cJSON *document = NULL;
	const struct yaml_file *file = reader->file;
	int rc = yaml_parse(file->text, file->size, &document, reader->err);
	if (rc == 0) {
		struct json_node root = json_root(document);
		rc = yaml_read_keys(reader, &root, keys);
	}
	return yaml_name_file(reader, rc);
}

/* ---- values ------------------------------------------------------------------------------ */

int yaml_read_scalar(struct yaml_reader *reader, const struct json_node *value,
		     const char **ret_text)
{
	const char *text = yaml_scalar_text(value);
	if (text == NULL)
		return json_fail(value, reader->err, "must be a text");
	*ret_text = arena_copy(reader->file->arena, text, strlen(text));
	return *ret_text != NULL ? 0 : fail_memory(reader->err);
}

int yaml_read_list(struct yaml_reader *reader, const struct json_node *value,
		   const char *const **ret_list)
{
	bool is_list = cJSON_IsArray(value->item);
	size_t count = 1;
	int rc = is_list ? json_array_size(value, LIST_MAX, &count, reader->err) : 0;
	if (rc < 0)
		return rc;
	const char **list = arena_alloc(reader->file->arena, (count + 1) * sizeof *list);
	if (list == NULL)
		return fail_memory(reader->err);
	if (!is_list)
		rc = yaml_read_scalar(reader, value, &list[0]);
	struct json_node item;
	bool more = is_list && json_first(value, &item);
	for (; rc == 0 && more; more = json_next(&item))
		rc = yaml_read_scalar(reader, &item, &list[item.index]);
	if (rc == 0)
		*ret_list = list;
	return rc;
}

int yaml_read_arguments(struct yaml_reader *reader, const struct json_node *value,
			const char *const **ret_list)
{
	if (!cJSON_IsArray(value->item))
		return json_fail(value, reader->err, "must be a list");
	return yaml_read_list(reader, value, ret_list);
}

int yaml_read_number(struct yaml_reader *reader, const struct json_node *value, double max,
		     double *ret_number)
{
	double number = cJSON_IsNumber(value->item) ? value->item->valuedouble : NAN;
	if (!isfinite(number) || number <= 0)
		return json_fail(value, reader->err, "must be a positive number");
	if (number > max)
		return json_fail(value, reader->err, "must be at most %g", max);
	*ret_number = number;
	return 0;
}

/* A positive number of some unit, in whole smallest units and at least one of them. */
int yaml_read_scaled(struct yaml_reader *reader, const struct json_node *value, double unit,
		     uint64_t *ret_scaled)
{
	double number = 0;
	double max = unit == NS_PER_S ? SECONDS_MAX : SIZE_MAX_BYTES / unit;
	int rc = yaml_read_number(reader, value, max, &number);
	if (rc < 0)
		return rc;
	if (number * unit < 1)
		return json_fail(value, reader->err, "is too small");
	*ret_scaled = (uint64_t)(number * unit + 0.5);
	return 0;
}

bool parse_seconds(const char *text, uint64_t *ret_ns)
{
	size_t length = strspn(text, "0123456789.");
	char *end = NULL;
	double seconds = strtod(text, &end);
	if (length == 0 || text[length] != '\0' || *end != '\0')
		return false;
	if (!(seconds * NS_PER_S >= 1) || seconds > SECONDS_MAX)
		return false;
	*ret_ns = (uint64_t)(seconds * NS_PER_S + 0.5);
	return true;
}

/* A score: a number, or a text that is one; infinite only where `may_be_infinite`. */
bool parse_score(const char *text, bool may_be_infinite, double *ret_score)
{
	char *end = NULL;
	errno = 0;
	double score = strtod(text, &end);
	if (end == text || *end != '\0' || isnan(score) || isspace((unsigned char)text[0]))
		return false;
	if (isinf(score) && !may_be_infinite)
		return false;
	*ret_score = score;
	return true;
}

int yaml_read_score(struct yaml_reader *reader, const struct json_node *value, double *ret_score)
{
	const char *text = yaml_scalar_text(value);
	if (text == NULL || !parse_score(text, false, ret_score))
		return json_fail(value, reader->err, "must be a number");
	return 0;
}

int yaml_read_flags(struct yaml_reader *reader, const struct json_node *value,
		    const char *const **ret_flags)
{
	const char *text = yaml_scalar_text(value);
	struct bailiff_error inner = { 0 };
	if (text == NULL)
		return yaml_read_arguments(reader, value, ret_flags);
	int rc = split_words(reader->file->arena, text, ret_flags, &inner);
	return rc < 0 ? json_fail(value, reader->err, "%s", inner.message) : 0;
}

int yaml_set_origin(struct yaml_reader *reader, const struct json_node *value,
		    const char **ret_origin)
{
	*ret_origin = arena_format(reader->file->arena, "%s: %s", reader->file->name,
				   value->item->string);
	return *ret_origin != NULL ? 0 : fail_memory(reader->err);
}

int yaml_read_on_reject(struct yaml_reader *reader, const struct json_node *value)
{
	const char *text = yaml_scalar_text(value);
	if (text == NULL || (strcmp(text, "break") != 0 && strcmp(text, "continue") != 0))
		return json_fail(value, reader->err, "must be 'break' or 'continue'");
	reader->settings->on_reject_continue = strcmp(text, "continue") == 0;
	return 0;
}

/* "MIN MAX"; either may be infinite. */
int yaml_read_range(struct yaml_reader *reader, const struct json_node *value)
{
	struct group_settings *settings = reader->settings;
	const char *const *words = NULL;
	int rc = yaml_read_flags(reader, value, &words);
	if (rc < 0)
		return rc;
	if (words == NULL || words[0] == NULL || words[1] == NULL || words[2] != NULL ||
	    !parse_score(words[0], true, &settings->range_min) ||
	    !parse_score(words[1], true, &settings->range_max) ||
	    settings->range_min > settings->range_max)
		return json_fail(value, reader->err, "must be two numbers, the smaller one first");
	return 0;
}
