/* SPDX-License-Identifier: MIT */
/*
 * What the files of a submission may be called. Names come from strangers and end up as paths in
 * a cell and as arguments of compilers. The cell makes sure that no path leads out of it; here it
 * is made sure that each name is a plain path of its own and never an option ("-o") or a list of
 * options ("@file"), wherever a compiler splits it.
 */
#include "source_names.h"

#include "base/error.h"

#include <string.h>

/* What is wrong with one part of a path; NULL = nothing. */
static const char *fault_of_part(const char *part, size_t length)
{
	if (length == 0)
		return "an empty part";
	if (part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.')))
		return "a part '.' or '..'";
	if (part[0] == '-' || part[0] == '@')
		return "a part that begins with '-' or '@'";
	if (part[0] == ' ' || part[length - 1] == ' ')
		return "a space at the begin or end of a part";
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f)
			return "a control character";
	}
	return NULL;
}

/* A slash at the begin or end makes an empty part. */
static int check_name(const char *name, struct bailiff_error *err)
{
	size_t length = strlen(name);
	if (length == 0)
		return fail_spec(err, "a source file has an empty name");
	if (length > SOURCE_NAME_BYTES_MAX)
		return fail_spec(err, "source file '%.*s...': the name is longer than %u bytes",
				 (int)SOURCE_NAME_BYTES_MAX, name, SOURCE_NAME_BYTES_MAX);
	size_t folders = 0;
	for (const char *part = name;; part++) {
		size_t part_length = strcspn(part, "/");
		const char *fault = fault_of_part(part, part_length);
		if (fault != NULL)
			return fail_spec(err, "source file '%s': the name has %s", name, fault);
		part += part_length;
		if (*part == '\0')
			break;
		folders++;
	}
	if (folders > SOURCE_FOLDERS_MAX)
		return fail_spec(err, "source file '%s': more than %u folders deep", name,
				 SOURCE_FOLDERS_MAX);
	return 0;
}

/* Whether `path` is `folder` or lies below it. */
static bool is_within(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

bool source_names_collide(const char *a, const char *b)
{
	return is_within(a, b) || is_within(b, a);
}

static int check_others(const struct source_file *sources, size_t index,
			const char *const *artifacts, struct bailiff_error *err)
{
	const char *name = sources[index].name;
	for (size_t i = 0; i < index; i++) {
		if (strcmp(name, sources[i].name) == 0)
			return fail_spec(err, "source file '%s' is there twice", name);
		if (source_names_collide(name, sources[i].name))
			return fail_spec(err, "source file '%s' collides with '%s'", name,
					 sources[i].name);
	}
	for (; artifacts != NULL && *artifacts != NULL; artifacts++) {
		if (source_names_collide(name, *artifacts))
			return fail_spec(err,
					 "source file '%s' collides with '%s', which the compile "
					 "step makes",
					 name, *artifacts);
	}
	return 0;
}

int source_names_check(const struct source_file *sources, size_t count,
		       const char *const *artifacts, struct bailiff_error *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = check_name(sources[i].name, err);
		if (rc == 0)
			rc = check_others(sources, i, artifacts, err);
	}
	return rc;
}
