/* SPDX-License-Identifier: MIT */
/*
 * What stands for a folder in a store: a text with a line for each file,
 *
 *	bailiff tree 1
 *	- 5f3a...64 digits... 120 data/sample/1.in
 *	x 0c71...64 digits... 4511 output_validators/check/build
 *
 * sorted by path (bytewise); "x" marks a file that its owner may execute. A folder has one such
 *text, and so one digest. Folders are not listed: one without files is as good as missing.
 *
 * Manifests come from strangers. Reading accepts exactly what writing makes, within the bounds.
 */
#ifndef BAILIFF_STORE_MANIFEST_H
#define BAILIFF_STORE_MANIFEST_H

#include <bailiff/bailiff.h>

#include "arena.h"
#include "store/digest.h"

#define MANIFEST_FILES_MAX 50000u
#define MANIFEST_TEXT_BYTES_MAX ((size_t)16 << 20)
#define MANIFEST_TREE_BYTES_MAX ((uint64_t)8 << 30) /* of all files together */
#define MANIFEST_PATH_BYTES_MAX 1024u
#define MANIFEST_NAME_BYTES_MAX 255u
#define MANIFEST_DEPTH_MAX 16u /* parts of a path */

struct manifest_entry {
	const char *path; /* relative, without ".." or control characters */
	bool is_executable;
	struct content_digest digest;
	uint64_t size;
};

/* Zero is valid and empty. */
struct manifest {
	struct arena arena;
	struct manifest_entry *entries; /* sorted by path */
	size_t count;
	uint64_t bytes; /* of all files together */
};

/* Adds a file in any order; the path is copied. BAILIFF_FAULT_SPEC, naming it, where it cannot be
 * in a manifest or a bound is passed. */
int manifest_add(struct manifest *manifest, const struct manifest_entry *entry,
		 struct bailiff_error *err);

/* Sorts the entries, checks them against each other, and writes the text; *ret_text is the caller's
 * to free. */
int manifest_write(struct manifest *manifest, char **ret_text, size_t *ret_size,
		   struct bailiff_error *err);

/* Reads a text, `name` in messages, into an empty manifest; BAILIFF_FAULT_SPEC where it is none.
 * The manifest must be finished whatever is returned. */
int manifest_read(struct manifest *manifest, const char *text, size_t size, const char *name,
		  struct bailiff_error *err);
void manifest_finish(struct manifest *manifest);

#endif
