/* SPDX-License-Identifier: MIT */
/*
 * Manifests. One set of checks serves writing and reading, so that what is written can be read; and
 * reading refuses every text that writing would not have made, so that a tree has one digest.
 */
#include "store/manifest.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "bailiff tree 1\n"
/* The mark, the digest, and their blanks. */
#define FIXED_BYTES (2 + (CONTENT_HEX_SIZE - 1) + 1)

/* ---- what a manifest can hold ---------------------------------------------------------------- */

static bool is_name(const char *part, size_t length)
{
	bool is_dots = (length == 1 && part[0] == '.') ||
		       (length == 2 && part[0] == '.' && part[1] == '.');
	return length > 0 && length <= MANIFEST_NAME_BYTES_MAX && !is_dots;
}

/* Relative, in its shortest form, of printable characters. */
static bool is_path(const char *path)
{
	unsigned depth = 0;
	if (strlen(path) > MANIFEST_PATH_BYTES_MAX || !is_printable(path))
		return false;
	for (const char *part = path;; part++) {
		size_t length = strcspn(part, "/");
		if (!is_name(part, length) || ++depth > MANIFEST_DEPTH_MAX)
			return false;
		part += length;
		if (*part == '\0')
			return true;
	}
}

static int check_entry(const struct manifest *manifest, const struct manifest_entry *entry,
		       struct bailiff_error *err)
{
	if (!is_path(entry->path))
		return fail_spec(err,
				 "'%.200s' cannot be stored: a path has at most %u bytes and %u "
				 "parts of %u, no control characters and no '..'",
				 entry->path, MANIFEST_PATH_BYTES_MAX, MANIFEST_DEPTH_MAX,
				 MANIFEST_NAME_BYTES_MAX);
	if (manifest->count == MANIFEST_FILES_MAX)
		return fail_spec(err, "'%.200s': more than %u files", entry->path,
				 MANIFEST_FILES_MAX);
	if (entry->size > MANIFEST_TREE_BYTES_MAX - manifest->bytes)
		return fail_spec(err, "'%.200s': more than %" PRIu64 " MiB together", entry->path,
				 MANIFEST_TREE_BYTES_MAX >> 20);
	return 0;
}

int manifest_add(struct manifest *manifest, const struct manifest_entry *entry,
		 struct bailiff_error *err)
{
	int rc = check_entry(manifest, entry, err);
	if (rc < 0)
		return rc;
	struct manifest_entry *entries =
		arena_grow(&manifest->arena, manifest->entries, manifest->count, sizeof *entries);
	const char *path = arena_copy(&manifest->arena, entry->path, strlen(entry->path));
	if (entries == NULL || path == NULL)
		return fail_memory(err);
	manifest->entries = entries;
	entries[manifest->count] = *entry;
	entries[manifest->count].path = path;
	manifest->count++;
	manifest->bytes += entry->size;
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct manifest_entry *left = a, *right = b;
	return strcmp(left->path, right->path);
}

/* Whether a file's folder, or a folder above that, is a file itself. */
static bool is_below_file(const struct manifest *manifest, const char *path)
{
	char above[MANIFEST_PATH_BYTES_MAX + 1];
	struct manifest_entry wanted = { .path = above };
	size_t length = strlen(path);
	memcpy(above, path, length + 1);
	while (length-- > 0) {
		if (above[length] != '/')
			continue;
		above[length] = '\0';
		if (bsearch(&wanted, manifest->entries, manifest->count, sizeof wanted,
			    compare_paths) != NULL)
			return true;
	}
	return false;
}

/* The entries are sorted. */
static int check_tree(const struct manifest *manifest, const char *name, struct bailiff_error *err)
{
	for (size_t i = 0; i < manifest->count; i++) {
		const char *path = manifest->entries[i].path;
		if (i > 0 && compare_paths(&manifest->entries[i - 1], &manifest->entries[i]) >= 0)
			return fail_spec(err, "%s: '%.200s' is not sorted or stands there twice",
					 name, path);
		if (is_below_file(manifest, path))
			return fail_spec(err, "%s: '%.200s' is below a file", name, path);
	}
	return 0;
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static void print_entry(FILE *out, const struct manifest_entry *entry)
{
	char hex[CONTENT_HEX_SIZE];
	content_digest_hex(&entry->digest, hex);
	(void)fprintf(out, "%c %s %" PRIu64 " %s\n", entry->is_executable ? 'x' : '-', hex,
		      entry->size, entry->path);
}

int manifest_write(struct manifest *manifest, char **ret_text, size_t *ret_size,
		   struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	if (manifest->count > 1)
		qsort(manifest->entries, manifest->count, sizeof *manifest->entries, compare_paths);
	int rc = check_tree(manifest, "tree", err);
	if (rc < 0)
		return rc;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return fail_memory(err);
	(void)fputs(HEADER, out);
	for (size_t i = 0; i < manifest->count; i++)
		print_entry(out, &manifest->entries[i]);
	if (fclose(out) != 0)
		return fail_memory(err);
	if (size > MANIFEST_TEXT_BYTES_MAX)
		return fail_spec(err, "the names of %zu files are too long together",
				 manifest->count);
	*ret_text = MEM_TAKE(text);
	*ret_size = size;
	return 0;
}

/* ---- reading -----------------------------------------------------------------------------------
 */

/* Digits as writing makes them: no zeros in front. */
static bool parse_size(const char *text, uint64_t *ret_size)
{
	return (text[0] != '0' || text[1] == '\0') && io_parse_u64(text, ret_size);
}

/* A line without its end, in a buffer of its own. */
static bool parse_line(char *line, struct manifest_entry *ret_entry)
{
	if (strlen(line) <= FIXED_BYTES || (line[0] != '-' && line[0] != 'x') || line[1] != ' ' ||
	    line[FIXED_BYTES - 1] != ' ')
		return false;
	line[FIXED_BYTES - 1] = '\0';
	char *size = line + FIXED_BYTES;
	char *path = strchr(size, ' ');
	if (path == NULL || !content_digest_parse_hex(line + 2, &ret_entry->digest))
		return false;
	*path++ = '\0';
	ret_entry->is_executable = line[0] == 'x';
	ret_entry->path = path;
	return parse_size(size, &ret_entry->size);
}

static int read_line(struct manifest *manifest, const char *text, size_t length, size_t number,
		     const char *name, struct bailiff_error *err)
{
	/* FIXED_BYTES, twenty digits, a blank, the path. */
	char line[FIXED_BYTES + 21 + MANIFEST_PATH_BYTES_MAX + 1];
	struct manifest_entry entry = { 0 };
	if (length >= sizeof line || memchr(text, '\0', length) != NULL)
		return fail_spec(err, "%s: line %zu is none of a tree", name, number);
	memcpy(line, text, length);
	line[length] = '\0';
	if (!parse_line(line, &entry))
		return fail_spec(err, "%s: line %zu is none of a tree", name, number);
	return error_prefix(name, manifest_add(manifest, &entry, err), err);
}

int manifest_read(struct manifest *manifest, const char *text, size_t size, const char *name,
		  struct bailiff_error *err)
{
	size_t header = strlen(HEADER), number = 1;
	if (size > MANIFEST_TEXT_BYTES_MAX || size < header || memcmp(text, HEADER, header) != 0)
		return fail_spec(err, "%s: is no tree", name);
	for (size_t at = header; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		if (end == NULL)
			return fail_spec(err, "%s: its last line has no end", name);
		size_t length = (size_t)(end - text) - at;
		int rc = read_line(manifest, text + at, length, ++number, name, err);
		if (rc < 0)
			return rc;
		at += length + 1;
	}
	return check_tree(manifest, name, err);
}

void manifest_finish(struct manifest *manifest)
{
	arena_finish(&manifest->arena);
	*manifest = (struct manifest){ 0 };
}
