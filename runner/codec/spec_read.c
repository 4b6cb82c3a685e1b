/* SPDX-License-Identifier: MIT */
/*
 * Objects by tables of keys, and the values of specs. The text is untrusted; nothing of the JSON
 * tree is pointed to by what was read.
 */
#include "codec/spec_read.h"

#include "codec/base64.h"

#include <string.h>

int spec_read_object(struct spec_reader *reader, const struct json_node *object,
		     const struct spec_key *keys, size_t count, void *target)
{
	const char *allowed[SPEC_KEYS_MAX + 1] = { NULL };
	for (size_t i = 0; i < count; i++)
		allowed[i] = keys[i].name;
	int rc = json_only_keys(object, allowed, reader->err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct json_node value;
		if (json_find(object, keys[i].name, &value))
			rc = keys[i].read(reader, &value, target);
	}
	return rc;
}

int spec_read_array(struct spec_reader *reader, const struct json_node *array, size_t max,
		    spec_value_read read_element, void *target)
{
	size_t count = 0;
	int rc = json_array_size(array, max, &count, reader->err);
	if (rc < 0)
		return rc;
	struct json_node element;
	for (bool more = json_first(array, &element); more; more = json_next(&element)) {
		rc = read_element(reader, &element, target);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int copy_text(struct spec_reader *reader, const char *text, const char **ret_copy)
{
	const char *copy = arena_copy(reader->arena, text, strlen(text));
	if (copy == NULL)
		return fail_memory(reader->err);
	*ret_copy = copy;
	return 0;
}

int spec_read_text(struct spec_reader *reader, const struct json_node *value, const char **ret_text)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	return rc < 0 ? rc : copy_text(reader, text, ret_text);
}

int spec_read_nonempty(struct spec_reader *reader, const struct json_node *value,
		       const char **ret_text)
{
	const char *text = NULL;
	int rc = json_nonempty_string(value, &text, reader->err);
	return rc < 0 ? rc : copy_text(reader, text, ret_text);
}

int spec_read_host_path(struct spec_reader *reader, const struct json_node *value,
			const char **ret_path)
{
	const char *path = NULL;
	int rc = json_nonempty_string(value, &path, reader->err);
	if (rc < 0)
		return rc;
	if (reader->folder == NULL || path[0] == '/')
		return copy_text(reader, path, ret_path);
	const char *joined = arena_format(reader->arena, "%s/%s", reader->folder, path);
	if (joined == NULL)
		return fail_memory(reader->err);
	*ret_path = joined;
	return 0;
}

int spec_read_text_bytes(struct spec_reader *reader, const struct json_node *value,
			 struct spec_bytes *ret_bytes)
{
	const char *text = NULL;
	int rc = spec_read_text(reader, value, &text);
	if (rc < 0)
		return rc;
	*ret_bytes = (struct spec_bytes){ text, strlen(text) };
	return 0;
}

int spec_read_base64_bytes(struct spec_reader *reader, const struct json_node *value,
			   struct spec_bytes *ret_bytes)
{
	const char *text = NULL;
	int rc = json_string(value, &text, reader->err);
	if (rc < 0)
		return rc;
	size_t length = strlen(text);
	unsigned char *data = arena_alloc(reader->arena, base64_decoded_max(length) + 1);
	if (data == NULL)
		return fail_memory(reader->err);
	size_t size = 0;
	if (!base64_decode(text, length, data, &size))
		return json_fail(value, reader->err, "must be base64 (RFC 4648, with padding)");
	*ret_bytes = (struct spec_bytes){ data, size };
	return 0;
}

int spec_require_one_of(struct spec_reader *reader, const struct json_node *object,
			const char *const *keys, const char *shown)
{
	size_t found = 0;
	struct json_node value;
	for (size_t i = 0; keys[i] != NULL; i++)
		found += json_find(object, keys[i], &value);
	if (found == 1)
		return 0;
	return json_fail(object, reader->err, "needs exactly one of %s", shown);
}
