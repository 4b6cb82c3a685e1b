/* SPDX-License-Identifier: MIT */
/*
 * Fetching a tree. Its folder is made in new/: what the cache has already is linked, the rest
 * fetched into its place. When all is there it is synced at once, the new files become objects, and
 * the folder gets its name; until then a crash leaves nothing but a draft.
 *
 * The manifest is a stranger's: it is read strictly (manifest.h), what it needs is known before
 * anything is fetched, and no object may be larger than it says. Files are made in a folder of our
 * own, where nobody can have put a link.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "store/cache_internal.h"
#include "store/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of the tree, and what became of it. */
struct item {
	const struct manifest_entry *entry;
	bool is_linked;	 /* the cache had it */
	bool is_fetched; /* it is to become an object */
};

struct tree {
	struct content_cache *cache;
	const char *name; /* its digest as text, for messages */
	struct manifest manifest;
	struct item *items; /* owned, by content: those alike stand together */
	struct cache_draft folder, room;
	uint64_t missing; /* bytes to be fetched */
	struct bailiff_error *err;
};

/* ---- files that are alike
 * ------------------------------------------------------------------------ */

static int compare_contents(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	int order =
		memcmp(left->entry->digest.bytes, right->entry->digest.bytes, CONTENT_DIGEST_BYTES);
	if (order != 0)
		return order;
	return (int)left->entry->is_executable - (int)right->entry->is_executable;
}

/* Whether an item can be a link to the one before it. */
static bool is_repeated(const struct tree *tree, size_t index)
{
	return index > 0 && compare_contents(&tree->items[index - 1], &tree->items[index]) == 0;
}

static int sort_items(struct tree *tree)
{
	size_t count = tree->manifest.count;
	tree->items = calloc(count + 1, sizeof *tree->items);
	if (tree->items == NULL)
		return fail_memory(tree->err);
	for (size_t i = 0; i < count; i++)
		tree->items[i].entry = &tree->manifest.entries[i];
	qsort(tree->items, count, sizeof *tree->items, compare_contents);
	for (size_t i = 1; i < count; i++) {
		if (is_repeated(tree, i) &&
		    tree->items[i].entry->size != tree->items[i - 1].entry->size)
			return fail_spec(tree->err, "%s: '%.200s' has two sizes", tree->name,
					 tree->items[i].entry->path);
	}
	return 0;
}

/* ---- making its files
 * ------------------------------------------------------------------------------ */

static int make_folders(const struct tree *tree, const char *path)
{
	char above[MANIFEST_PATH_BYTES_MAX + 1];
	(void)snprintf(above, sizeof above, "%s", path);
	for (char *slash = strchr(above, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(tree->folder.fd, above, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* A link to what the cache has. An object of another size than the manifest says is not linked: the
 * fetch then says who is wrong. */
static int link_item(const struct tree *tree, struct item *item)
{
	const struct manifest_entry *entry = item->entry;
	struct stat status;
	int rc = cache_link_object(tree->cache, &entry->digest, entry->is_executable,
				   tree->folder.fd, entry->path);
	/* Links to one file are limited (EMLINK); one more copy has as many again. */
	if (rc == -ENOENT || rc == -EMLINK)
		return 0;
	if (rc < 0)
		return rc;
	if (fstatat(tree->folder.fd, entry->path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	item->is_linked = (uint64_t)status.st_size == entry->size;
	if (!item->is_linked && unlinkat(tree->folder.fd, entry->path, 0) < 0)
		return -errno;
	return 0;
}

/* Links what is there, and adds up what is not. */
static int link_items(struct tree *tree)
{
	for (size_t i = 0; i < tree->manifest.count; i++) {
		struct item *item = &tree->items[i];
		int rc = make_folders(tree, item->entry->path);
		if (rc == 0)
			rc = link_item(tree, item);
		if (rc < 0)
			return cache_fail(tree->cache, -rc, "make a tree in it", tree->err);
		if (!item->is_linked && !(is_repeated(tree, i) && !tree->items[i - 1].is_linked))
			tree->missing += item->entry->size;
	}
	return 0;
}

static int copy_object(const struct tree *tree, const struct manifest_entry *entry, int to_fd)
{
	struct bailiff_error *err = tree->err;
	AUTO_CLOSE int from_fd = FD_NONE;
	uint64_t size = 0;
	int rc = content_store_look(tree->cache->store, &entry->digest, &from_fd, &size, err);
	if (rc < 0)
		return rc;
	if (size != entry->size)
		return fail_spec(err,
				 "%s: '%.200s' has %" PRIu64 " bytes in the store, not %" PRIu64,
				 tree->name, entry->path, size, entry->size);
	return content_store_copy(tree->cache->store, &entry->digest, from_fd, size, to_fd, err);
}

static int fetch_item(const struct tree *tree, struct item *item)
{
	const struct manifest_entry *entry = item->entry;
	AUTO_CLOSE int fd = openat(tree->folder.fd, entry->path,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return cache_fail(tree->cache, errno, "make a file in it", tree->err);
	int rc = copy_object(tree, entry, fd);
	if (rc == 0 && fchmod(fd, entry->is_executable ? 0555 : 0444) < 0)
		rc = cache_fail(tree->cache, errno, "make a file in it", tree->err);
	item->is_fetched = rc == 0;
	return rc;
}

static int fetch_items(struct tree *tree)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < tree->manifest.count; i++) {
		struct item *item = &tree->items[i];
		if (item->is_linked)
			continue;
		bool is_link = is_repeated(tree, i) &&
			       linkat(tree->folder.fd, tree->items[i - 1].entry->path,
				      tree->folder.fd, item->entry->path, 0) == 0;
		if (!is_link)
			rc = fetch_item(tree, item);
	}
	return rc;
}

/* ---- the whole
 * --------------------------------------------------------------------------------------- */

static int publish(struct tree *tree, const char *path)
{
	struct content_cache *cache = tree->cache;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < tree->manifest.count; i++) {
		const struct manifest_entry *entry = tree->items[i].entry;
		if (tree->items[i].is_fetched)
			rc = cache_add_object(cache, &entry->digest, entry->is_executable,
					      tree->folder.fd, entry->path);
	}
	if (rc == 0 && renameat(cache->fd, tree->folder.name, cache->fd, path) < 0)
		rc = -errno;
	if (rc < 0)
		return cache_fail(cache, -rc, "keep a tree in it", tree->err);
	fd_close(&tree->folder.fd); /* it is no draft any more */
	return 0;
}

static int read_manifest(struct tree *tree, const struct content_digest *digest)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	int rc = content_store_read(tree->cache->store, digest, MANIFEST_TEXT_BYTES_MAX, &text,
				    &size, tree->err);
	if (rc == 0)
		rc = manifest_read(&tree->manifest, text, size, tree->name, tree->err);
	return rc;
}

static int build(struct tree *tree, const struct content_digest *digest, const char *path)
{
	int rc = read_manifest(tree, digest);
	if (rc == 0)
		rc = sort_items(tree);
	if (rc == 0)
		rc = cache_make_folder(tree->cache, &tree->folder, tree->err);
	if (rc == 0)
		rc = link_items(tree);
	if (rc == 0)
		rc = cache_make_room(tree->cache, tree->missing, &tree->room, tree->err);
	if (rc == 0)
		rc = fetch_items(tree);
	return rc < 0 ? rc : publish(tree, path);
}

/* Others that want this tree wait here, instead of fetching it, too. */
static int lock_shard(const struct content_cache *cache, const char *hex)
{
	char name[sizeof CACHE_LOCKS + 3];
	(void)snprintf(name, sizeof name, CACHE_LOCKS "/%.2s", hex);
	AUTO_CLOSE int fd = openat(cache->fd, name,
				   O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return fd_take(&fd);
}

int cache_fetch_tree(struct content_cache *cache, const struct content_digest *digest,
		     struct bailiff_error *err)
{
	char text[CONTENT_DIGEST_TEXT_SIZE], hex[CONTENT_HEX_SIZE], path[CACHE_NAME_SIZE];
	struct tree tree = { .cache = cache,
			     .name = text,
			     .folder = { .fd = FD_NONE },
			     .room = { .fd = FD_NONE },
			     .err = err };
	struct stat status;
	content_digest_text(digest, text);
	content_digest_hex(digest, hex);
	(void)snprintf(path, sizeof path, CACHE_TREES "/%s", hex);
	AUTO_CLOSE int lock_fd = lock_shard(cache, hex);
	if (lock_fd < 0)
		return cache_fail(cache, -lock_fd, "lock it", err);
	if (fstatat(cache->fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return 0; /* while we waited */
	int rc = build(&tree, digest, path);
	cache_draft_close(cache, &tree.room);
	cache_draft_close(cache, &tree.folder);
	free(tree.items);
	manifest_finish(&tree.manifest);
	return rc;
}
