/* SPDX-License-Identifier: MIT */
/*
 * A folder on its way into a store. It is read as packages are (judge/folder.h): every path beneath
 * the folder's descriptor, links followed as long as they stay inside, FIFOs and devices never
 * opened. What a link leads to is stored as if it stood there, so a tree has no links.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "judge/folder.h"
#include "store/manifest.h"
#include "store/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct tree_walk {
	struct content_store *store;
	struct folder folder;
	struct manifest manifest;
	struct store_batch *batch;
	struct bailiff_error *err;
};

static int add_file(struct tree_walk *walk, const char *path)
{
	struct manifest_entry entry = { .path = path };
	struct stat status;
	AUTO_CLOSE int fd = FD_NONE;
	int rc = folder_open_file(&walk->folder, path, &fd, &entry.size, walk->err);
	if (rc < 0)
		return rc;
	if (fstat(fd, &status) < 0)
		return fail_input(walk->err, errno, "look at '%s'", path);
	entry.is_executable = (status.st_mode & S_IXUSR) != 0;
	rc = content_store_put_sized(walk->store, fd, path, walk->batch, &entry.digest, &entry.size,
				     walk->err);
	return rc < 0 ? rc : manifest_add(&walk->manifest, &entry, walk->err);
}

static int walk_folder(struct tree_walk *walk, const char *path, unsigned depth)
{
	AUTO_FOLDER_LIST list = { 0 };
	if (depth == MANIFEST_DEPTH_MAX)
		return fail_spec(walk->err, "'%s': nested too deeply", path);
	int rc = folder_list(&walk->folder, path, NAMES_NOT_HIDDEN, &list, walk->err);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		const struct folder_entry *entry = &list.items[i];
		const char *inner = path[0] == '.' ?
					    entry->name :
					    arena_format(&list.arena, "%s/%s", path, entry->name);
		if (inner == NULL)
			return fail_memory(walk->err);
		rc = entry->kind == ENTRY_FOLDER ? walk_folder(walk, inner, depth + 1) :
						   add_file(walk, inner);
	}
	return rc;
}

/* The hidden files that the readers of packages know. */
static int add_hidden(struct tree_walk *walk)
{
	static const char *const names[] = { ".timelimit", NULL };
	for (const char *const *name = names; *name != NULL; name++) {
		enum entry_kind kind = ENTRY_NONE;
		int rc = folder_look(&walk->folder, *name, &kind, walk->err);
		if (rc == 0 && kind == ENTRY_FILE)
			rc = add_file(walk, *name);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int put_walked(struct tree_walk *walk, const char *folder, struct content_digest *ret_digest)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	int rc = walk_folder(walk, ".", 0);
	if (rc == 0)
		rc = add_hidden(walk);
	if (rc == 0 && walk->manifest.count == 0)
		rc = fail_spec(walk->err, "'%s' has no files", folder);
	/* What a manifest names is there before it is. */
	if (rc == 0)
		rc = store_batch_publish(walk->store, walk->batch, walk->err);
	if (rc == 0)
		rc = manifest_write(&walk->manifest, &text, &size, walk->err);
	return rc < 0 ? rc : content_store_put(walk->store, text, size, ret_digest, walk->err);
}

/* ---- what was put before -----------------------------------------------------------------------
 */

static int remember(struct content_store *store, const char *folder,
		    const struct content_digest *digest, struct bailiff_error *err)
{
	struct tree_origin *origins =
		arena_grow(&store->arena, store->origins, store->origin_count, sizeof *origins);
	const char *copy = arena_copy(&store->arena, folder, strlen(folder));
	if (origins == NULL || copy == NULL)
		return fail_memory(err);
	store->origins = origins;
	origins[store->origin_count++] = (struct tree_origin){ .folder = copy, .digest = *digest };
	return 0;
}

const char *content_store_origin(const struct content_store *store,
				 const struct content_digest *tree)
{
	for (size_t i = 0; i < store->origin_count; i++) {
		if (content_digest_equal(&store->origins[i].digest, tree))
			return store->origins[i].folder;
	}
	return NULL;
}

int content_store_put_tree(struct content_store *store, const char *folder,
			   struct content_digest *ret_digest, struct bailiff_error *err)
{
	struct tree_walk walk = { .store = store, .folder = { .fd = FD_NONE }, .err = err };
	AUTO_FREE char *resolved = realpath(folder, NULL);
	if (resolved == NULL)
		return fail_input(err, errno, "open folder '%s'", folder);
	for (size_t i = 0; i < store->origin_count; i++) {
		if (strcmp(store->origins[i].folder, resolved) == 0) {
			*ret_digest = store->origins[i].digest;
			return 0;
		}
	}
	walk.batch = calloc(1, sizeof *walk.batch);
	if (walk.batch == NULL)
		return fail_memory(err);
	int rc = folder_open(resolved, &walk.folder, err);
	if (rc == 0)
		rc = put_walked(&walk, folder, ret_digest);
	if (rc == 0)
		rc = remember(store, resolved, ret_digest, err);
	store_batch_discard(store, walk.batch);
	free(walk.batch);
	folder_close(&walk.folder);
	manifest_finish(&walk.manifest);
	return rc;
}
