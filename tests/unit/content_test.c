/* SPDX-License-Identifier: MIT */
/*
 * Goal: what comes out of a content cache has the digest it was asked for by, whatever was done to
 * the store, and the cache keeps its bound without taking away what is in use. Method: stores in
 * folders of the test's own, damaged in every way; packages with hostile files; processes that are
 * killed while they fetch; several at once.
 */
#include "store/content_cache.h"

#include "base/mem.h"
#include "scratch_folder.h"
#include "store/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KIB ((size_t)1024)

/* ---- a store and a cache in a test's folder
 * ------------------------------------------------------ */

struct place {
	const char *folder;
	struct content_store *store;
	struct content_cache *cache;
	struct content_hold *hold;
	struct arena arena;
};

static const char *in(struct place *place, const char *name)
{
	const char *path = arena_format(&place->arena, "%s/%s", place->folder, name);
	assert_non_null(path);
	return path;
}

static void open_cache(struct place *place, uint64_t bytes_max)
{
	struct bailiff_error err = { 0 };
	const struct content_cache_options options = { .folder = in(place, "cache"),
						       .bytes_max = bytes_max,
						       .store = place->store };
	if (content_cache_open(&options, &place->cache, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(0, content_hold_open(place->cache, &place->hold, &err));
}

static struct place open_place(void **state, uint64_t bytes_max)
{
	struct place place = { .folder = *state };
	struct bailiff_error err = { 0 };
	if (content_store_open(in(&place, "store"), true, &place.store, &err) < 0)
		fail_msg("%s", err.message);
	open_cache(&place, bytes_max);
	return place;
}

static void close_cache(struct place *place)
{
	content_hold_close(place->hold);
	content_cache_close(place->cache);
	place->hold = NULL;
	place->cache = NULL;
}

static void close_place(struct place *place)
{
	close_cache(place);
	content_store_close(place->store);
	arena_finish(&place->arena);
}

/* The place where a store keeps an object. */
static const char *object_path(struct place *place, const struct content_digest *digest)
{
	char hex[CONTENT_HEX_SIZE];
	content_digest_hex(digest, hex);
	return arena_format(&place->arena, "%s/store/objects/%.2s/%s", place->folder, hex, hex + 2);
}

static struct content_digest put(struct place *place, const void *data, size_t size)
{
	struct content_digest digest;
	struct bailiff_error err = { 0 };
	if (content_store_put(place->store, data, size, &digest, &err) < 0)
		fail_msg("%s", err.message);
	return digest;
}

static struct content_digest put_text(struct place *place, const char *text)
{
	return put(place, text, strlen(text));
}

/* `size` bytes that differ by `seed`. */
static struct content_digest put_filled(struct place *place, unsigned char seed, size_t size)
{
	AUTO_FREE char *data = malloc(size);
	assert_non_null(data);
	memset(data, seed, size);
	return put(place, data, size);
}

static int hold_file(struct place *place, const struct content_digest *digest,
		     const char **ret_path, struct bailiff_error *err)
{
	uint64_t size = 0;
	*err = (struct bailiff_error){ 0 };
	return content_hold_file(place->hold, digest, UINT64_MAX, &place->arena, ret_path, &size,
				 err);
}

static void expect_file(const char *path, const char *text)
{
	char buffer[256] = "";
	FILE *file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	size_t size = fread(buffer, 1, sizeof buffer - 1, file);
	(void)fclose(file);
	assert_int_equal(strlen(text), size);
	assert_string_equal(text, buffer);
}

static size_t count_files(struct place *place, const char *folder)
{
	size_t count = 0;
	DIR *dir = opendir(in(place, folder));
	assert_non_null(dir);
	for (const struct dirent *item = readdir(dir); item != NULL; item = readdir(dir))
		count += item->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

/* ---- files
 * ----------------------------------------------------------------------------------------- */

static void test_file_round_trip(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err;
	const char *path = NULL, *again = NULL;
	struct stat status;
	struct content_digest digest = put_text(&place, "hello\n");
	char text[CONTENT_DIGEST_TEXT_SIZE];
	content_digest_text(&digest, text);
	assert_string_equal(
		"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", text);
	assert_int_equal(0, hold_file(&place, &digest, &path, &err));
	expect_file(path, "hello\n");
	assert_int_equal(0, stat(path, &status));
	assert_int_equal(0444, status.st_mode & 07777);
	/* From then on without a store. */
	close_cache(&place);
	content_store_close(place.store);
	place.store = NULL;
	open_cache(&place, 0);
	assert_int_equal(0, hold_file(&place, &digest, &again, &err));
	expect_file(again, "hello\n");
	content_digest_of("other", 5, &digest);
	assert_int_equal(-ENOENT, hold_file(&place, &digest, &again, &err));
	assert_int_equal(BAILIFF_FAULT_INPUT, err.fault);
	close_place(&place);
}

static void count_call(void *context)
{
	++*(unsigned *)context;
}

/* Who waits for a long copy is told that it goes on. */
static void test_copying_is_told(void **state)
{
	struct place place = open_place(state, 0);
	struct content_digest large = put_filled(&place, 'x', (size_t)16 << 20);
	struct content_digest other = put_text(&place, "other");
	struct bailiff_error err;
	const char *path = NULL;
	unsigned calls = 0;
	content_store_watch(place.store, count_call, &calls);
	assert_int_equal(0, hold_file(&place, &large, &path, &err));
	assert_true(calls >= 16); /* a mebibyte at a time, or less */
	calls = 0;
	assert_int_equal(0, hold_file(&place, &large, &path, &err));
	assert_int_equal(calls, 0);
	content_store_watch(place.store, NULL, NULL);
	assert_int_equal(0, hold_file(&place, &other, &path, &err));
	close_place(&place);
}

static void test_objects_are_never_changed(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err = { 0 };
	struct content_digest digest = put_text(&place, "hello\n"), again;
	struct stat before, after;
	const char *path = object_path(&place, &digest);
	assert_int_equal(0, stat(path, &before));
	assert_int_equal(0, before.st_mode & 0333);
	const struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	assert_int_equal(0, utimensat(AT_FDCWD, path, long_ago, 0));
	(void)put_text(&place, "hello\n");
	assert_int_equal(0, stat(path, &after));
	assert_int_equal(before.st_ino, after.st_ino);
	assert_true(after.st_mtim.tv_sec > 1); /* it is needed again */
	/* A name that is taken by something else is no success. */
	assert_int_equal(0, truncate(path, 3));
	assert_true(content_store_put(place.store, "hello\n", 6, &again, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	assert_non_null(strstr(err.message, "sha256:5891b5"));
	assert_int_equal(0, count_files(&place, "store/new"));
	close_place(&place);
}

enum damage { CUT, LONGER, OTHER_BYTES, LINK, FIFO, FOLDER, DAMAGES };

static void damage(struct place *place, const struct content_digest *digest, enum damage how)
{
	const char *path = object_path(place, digest);
	assert_int_equal(0, unlink(path));
	switch (how) {
	case CUT: scratch_put(place->folder, path + strlen(place->folder) + 1, "secre"); break;
	case LONGER: scratch_put(place->folder, path + strlen(place->folder) + 1, "secret!"); break;
	case OTHER_BYTES:
		scratch_put(place->folder, path + strlen(place->folder) + 1, "secreT");
		break;
	case LINK: assert_int_equal(0, symlink("/etc/passwd", path)); break;
	case FIFO: assert_int_equal(0, mkfifo(path, 0644)); break;
	case FOLDER: assert_int_equal(0, mkdir(path, 0755)); break;
	case DAMAGES: break;
	}
}

static void test_damaged_objects(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err;
	const char *path = NULL;
	for (enum damage how = 0; how < DAMAGES; how++) {
		struct content_digest digest = put_text(&place, "secret");
		damage(&place, &digest, how);
		for (int tries = 0; tries < 2; tries++) {
			if (hold_file(&place, &digest, &path, &err) == 0)
				fail_msg("damage %d was not noticed", how);
			assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
			assert_non_null(strstr(err.message, "sha256:2bb80d537b1da3e38bd30361aa"));
			assert_true(err.hint[0] != '\0');
		}
		assert_int_equal(0, remove(object_path(&place, &digest)));
	}
	/* Nothing of it is in the cache, and what is right comes after all. */
	struct content_digest digest = put_text(&place, "secret");
	assert_int_equal(0, hold_file(&place, &digest, &path, &err));
	expect_file(path, "secret");
	close_place(&place);
}

static void test_missing_object_and_store(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err;
	struct content_digest digest;
	const char *path = NULL;
	(void)put_text(&place, "here");
	content_digest_of("nowhere", 7, &digest);
	assert_int_equal(-ENOENT, hold_file(&place, &digest, &path, &err));
	assert_int_equal(BAILIFF_FAULT_INPUT, err.fault);
	/* A store whose folder is not mounted is not one that lacks an object. */
	assert_int_equal(0, rename(in(&place, "store/objects"), in(&place, "store/gone")));
	assert_true(hold_file(&place, &digest, &path, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	close_place(&place);
}

static void test_too_large_for_its_use(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err = { 0 };
	const char *path = NULL;
	uint64_t size = 0;
	struct content_digest digest = put_filled(&place, 'a', 1000);
	assert_true(content_hold_file(place.hold, &digest, 999, &place.arena, &path, &size, &err) <
		    0);
	assert_int_equal(BAILIFF_FAULT_SPEC, err.fault);
	assert_int_equal(
		0, content_hold_file(place.hold, &digest, 1000, &place.arena, &path, &size, &err));
	assert_int_equal(1000, size);
	/* Likewise where it is in the cache already. */
	assert_true(content_hold_file(place.hold, &digest, 999, &place.arena, &path, &size, &err) <
		    0);
	assert_int_equal(BAILIFF_FAULT_SPEC, err.fault);
	close_place(&place);
}

/* ---- trees
 * ----------------------------------------------------------------------------------------- */

static int put_tree(struct place *place, const char *name, struct content_digest *digest,
		    struct bailiff_error *err)
{
	*err = (struct bailiff_error){ 0 };
	return content_store_put_tree(place->store, in(place, name), digest, err);
}

static int hold_tree(struct place *place, const struct content_digest *digest,
		     const char **ret_path, struct bailiff_error *err)
{
	*err = (struct bailiff_error){ 0 };
	return content_hold_tree(place->hold, digest, &place->arena, ret_path, err);
}

static void test_tree_round_trip(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err;
	struct content_digest digest, again;
	const char *path = NULL;
	struct stat status, other;
	scratch_put(*state, "p/problem.yaml", "name: x\n");
	scratch_put(*state, "p/data/1.in", "1\n");
	scratch_put(*state, "p/data/2.in", "1\n"); /* alike */
	scratch_put(*state, "p/data/empty", "");
	scratch_put(*state, "p/validator/run", "1\n"); /* alike, but to be executed */
	scratch_put(*state, "p/.timelimit", "2\n");
	scratch_put(*state, "p/.git/config", "not ours\n");
	scratch_put(*state, "p/shared/3.in", "3\n");
	scratch_link(*state, "p/data/3.in", "../shared/3.in");
	scratch_link(*state, "p/more", "shared");
	assert_int_equal(0, chmod(in(&place, "p/validator/run"), 0755));
	assert_int_equal(0, put_tree(&place, "p", &digest, &err));
	assert_string_equal(in(&place, "p"), content_store_origin(place.store, &digest));
	assert_int_equal(0, hold_tree(&place, &digest, &path, &err));
	expect_file(arena_format(&place.arena, "%s/data/3.in", path), "3\n");
	expect_file(arena_format(&place.arena, "%s/more/3.in", path), "3\n");
	expect_file(arena_format(&place.arena, "%s/.timelimit", path), "2\n");
	expect_file(arena_format(&place.arena, "%s/data/empty", path), "");
	assert_int_equal(0, lstat(arena_format(&place.arena, "%s/data/3.in", path), &status));
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(0, stat(arena_format(&place.arena, "%s/validator/run", path), &status));
	assert_int_equal(0555, status.st_mode & 07777);
	assert_int_equal(0, stat(arena_format(&place.arena, "%s/data/1.in", path), &status));
	assert_int_equal(0444, status.st_mode & 07777);
	assert_int_equal(0, stat(arena_format(&place.arena, "%s/data/2.in", path), &other));
	assert_int_equal(status.st_ino, other.st_ino); /* one copy */
	assert_true(access(arena_format(&place.arena, "%s/.git", path), F_OK) < 0);
	/* The folder that came out is the one that went in. */
	assert_int_equal(0, content_store_put_tree(place.store, path, &again, &err));
	assert_true(content_digest_equal(&digest, &again));
	assert_int_equal(0, count_files(&place, "cache/new"));
	close_place(&place);
}

static void expect_refused(struct place *place, const char *name, const char *message)
{
	struct content_digest digest;
	struct bailiff_error err;
	if (put_tree(place, name, &digest, &err) == 0)
		fail_msg("'%s' was stored", name);
	assert_int_equal(BAILIFF_FAULT_SPEC, err.fault);
	if (strstr(err.message, message) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, message);
}

static void test_hostile_packages(void **state)
{
	struct place place = open_place(state, 0);
	scratch_link(*state, "absolute/data/1.in", "/etc/passwd");
	expect_refused(&place, "absolute", "data/1.in' is a link that leads out");
	scratch_put(*state, "secret", "x");
	scratch_link(*state, "out/1.in", "../secret");
	expect_refused(&place, "out", "1.in' is a link that leads out");
	scratch_link(*state, "above/data", "..");
	scratch_link(*state, "above/all", "../..");
	expect_refused(&place, "above", "is a link that leads out");
	scratch_fifo(*state, "fifo/1.in");
	expect_refused(&place, "fifo", "1.in' is not a regular file");
	scratch_put(*state, "names/a\x1b[2J", "x");
	expect_refused(&place, "names", "no control characters");
	scratch_put(*state, "loop/1.in", "x");
	scratch_link(*state, "loop/again", ".");
	expect_refused(&place, "loop", "nested too deeply");
	assert_int_equal(0, mkdir(in(&place, "empty"), 0755));
	expect_refused(&place, "empty", "has no files");
	close_place(&place);
}

/* A manifest as no client makes it. */
static struct content_digest put_manifest(struct place *place, const char *format,
					  const struct content_digest *file)
{
	char hex[CONTENT_HEX_SIZE], text[512];
	content_digest_hex(file, hex);
	const char *at = strstr(format, "DIGEST");
	(void)snprintf(text, sizeof text, "bailiff tree 1\n%.*s%s%s", (int)(at - format), format,
		       hex, at + strlen("DIGEST"));
	return put_text(place, text);
}

static void test_hostile_manifests(void **state)
{
	static const struct {
		const char *lines, *message;
		enum bailiff_fault fault;
	} rows[] = {
		{ "- DIGEST 5 ../../../escaped\n", "cannot be stored", BAILIFF_FAULT_SPEC },
		{ "- DIGEST 5 /escaped\n", "cannot be stored", BAILIFF_FAULT_SPEC },
		{ "- DIGEST 3 data/1.in\n", "has 5 bytes in the store, not 3", BAILIFF_FAULT_SPEC },
		{ "- DIGEST 6 data/1.in\n", "has 5 bytes in the store, not 6", BAILIFF_FAULT_SPEC },
		{ "- DIGEST 8000000000 data/1.in\n", "--cache-size", BAILIFF_FAULT_HOST },
	};
	struct place place = open_place(state, 1 << 20);
	struct bailiff_error err;
	const char *path = NULL;
	struct content_digest file = put_text(&place, "12345");
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct content_digest tree = put_manifest(&place, rows[i].lines, &file);
		if (hold_tree(&place, &tree, &path, &err) == 0)
			fail_msg("was accepted: %s", rows[i].lines);
		assert_int_equal(rows[i].fault, err.fault);
		if (strstr(err.message, rows[i].message) == NULL &&
		    strstr(err.hint, rows[i].message) == NULL)
			fail_msg("'%s' does not say '%s'", err.message, rows[i].message);
		assert_int_equal(0, count_files(&place, "cache/new"));
		assert_int_equal(0, count_files(&place, "cache/trees"));
	}
	/* A file that is no manifest. */
	assert_true(hold_tree(&place, &file, &path, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_SPEC, err.fault);
	close_place(&place);
}

static void test_tree_with_damaged_file(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err;
	struct content_digest tree, file;
	const char *path = NULL;
	scratch_put(*state, "p/1.in", "secret");
	scratch_put(*state, "p/2.in", "right");
	assert_int_equal(0, put_tree(&place, "p", &tree, &err));
	content_digest_of("secret", 6, &file);
	damage(&place, &file, OTHER_BYTES);
	assert_true(hold_tree(&place, &tree, &path, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	assert_non_null(strstr(err.message, "sha256:2bb80d537b1da3e38bd30361aa"));
	assert_int_equal(0, count_files(&place, "cache/trees"));
	assert_int_equal(0, count_files(&place, "cache/new"));
	assert_int_equal(0, unlink(object_path(&place, &file)));
	assert_int_equal(-ENOENT, hold_tree(&place, &tree, &path, &err));
	assert_int_equal(BAILIFF_FAULT_INPUT, err.fault);
	(void)put_text(&place, "secret");
	assert_int_equal(0, hold_tree(&place, &tree, &path, &err));
	close_place(&place);
}

/* ---- the bound
 * ------------------------------------------------------------------------------------- */

static uint64_t bytes_used(struct place *place)
{
	char command[PATH_MAX];
	uint64_t bytes = 0;
	(void)snprintf(command, sizeof command, "%s/cache/objects", place->folder);
	DIR *shards = opendir(command);
	assert_non_null(shards);
	for (struct dirent *shard = readdir(shards); shard != NULL; shard = readdir(shards)) {
		if (shard->d_name[0] == '.')
			continue;
		DIR *dir = opendir(arena_format(&place->arena, "%s/%s", command, shard->d_name));
		assert_non_null(dir);
		for (struct dirent *file = readdir(dir); file != NULL; file = readdir(dir)) {
			struct stat status;
			assert_int_equal(0, fstatat(dirfd(dir), file->d_name, &status, 0));
			bytes += S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
		}
		(void)closedir(dir);
	}
	(void)closedir(shards);
	return bytes;
}

static void let_go(struct place *place)
{
	struct bailiff_error err;
	content_hold_close(place->hold);
	assert_int_equal(0, content_hold_open(place->cache, &place->hold, &err));
}

static bool is_cached(struct place *place, const struct content_digest *digest)
{
	char hex[CONTENT_HEX_SIZE];
	content_digest_hex(digest, hex);
	return access(arena_format(&place->arena, "%s/cache/objects/%.2s/%s", place->folder, hex,
				   hex + 2),
		      F_OK) == 0;
}

static void test_least_recently_used_goes(void **state)
{
	struct place place = open_place(state, 100 * KIB);
	struct bailiff_error err;
	const char *path = NULL;
	struct content_digest a = put_filled(&place, 'a', 40 * KIB),
			      b = put_filled(&place, 'b', 40 * KIB),
			      c = put_filled(&place, 'c', 40 * KIB);
	const struct content_digest *order[] = { &a, &b, &a, &c }; /* b is used longest ago */
	for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
		assert_int_equal(0, hold_file(&place, order[i], &path, &err));
		let_go(&place);
		(void)usleep(20000); /* the clock of file systems ticks */
	}
	assert_true(is_cached(&place, &a) && is_cached(&place, &c));
	assert_false(is_cached(&place, &b));
	assert_int_equal(80 * KIB, bytes_used(&place));
	close_place(&place);
}

static void test_what_is_held_stays(void **state)
{
	struct place place = open_place(state, 100 * KIB);
	struct bailiff_error err;
	const char *path = NULL, *other = NULL;
	struct content_digest a = put_filled(&place, 'a', 60 * KIB),
			      b = put_filled(&place, 'b', 60 * KIB);
	assert_int_equal(0, hold_file(&place, &a, &path, &err));
	assert_true(hold_file(&place, &b, &other, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	assert_non_null(strstr(err.hint, "--cache-size"));
	assert_int_equal(0, access(path, F_OK));
	assert_int_equal(60 * KIB, bytes_used(&place));
	/* For another process, too: a cache of its own in the same folder. */
	struct place second = { .folder = *state, .store = place.store };
	open_cache(&second, 100 * KIB);
	assert_true(hold_file(&second, &b, &other, &err) < 0);
	assert_int_equal(0, access(path, F_OK));
	let_go(&place);
	assert_int_equal(0, hold_file(&second, &b, &other, &err));
	assert_false(is_cached(&place, &a));
	close_cache(&second);
	arena_finish(&second.arena);
	close_place(&place);
}

static void make_tree(struct place *place, const char *name, char seed,
		      struct content_digest *digest)
{
	struct bailiff_error err;
	char text[30 * 1024 + 1];
	memset(text, seed, sizeof text - 1);
	text[sizeof text - 1] = '\0';
	scratch_put(place->folder, arena_format(&place->arena, "%s/1.in", name), text);
	text[0] = '!';
	scratch_put(place->folder, arena_format(&place->arena, "%s/d/2.in", name), text);
	assert_int_equal(0, put_tree(place, name, digest, &err));
}

static void test_trees_go_and_stay(void **state)
{
	struct place place = open_place(state, 100 * KIB);
	struct bailiff_error err;
	struct content_digest a, b;
	const char *path = NULL, *other = NULL;
	make_tree(&place, "a", 'a', &a);
	make_tree(&place, "b", 'b', &b);
	assert_int_equal(0, hold_tree(&place, &a, &path, &err));
	assert_true(hold_tree(&place, &b, &other, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	assert_int_equal(0, access(arena_format(&place.arena, "%s/d/2.in", path), F_OK));
	let_go(&place);
	assert_int_equal(0, hold_tree(&place, &b, &other, &err));
	assert_true(access(path, F_OK) < 0);
	assert_int_equal(90 * KIB, bytes_used(&place)); /* one of its files could stay */
	assert_int_equal(0, count_files(&place, "cache/new"));
	close_place(&place);
}

static void test_larger_than_the_cache(void **state)
{
	struct place place = open_place(state, 100 * KIB);
	struct bailiff_error err;
	const char *path = NULL;
	struct content_digest a = put_filled(&place, 'a', 40 * KIB),
			      big = put_filled(&place, 'b', 101 * KIB);
	assert_int_equal(0, hold_file(&place, &a, &path, &err));
	let_go(&place);
	assert_true(hold_file(&place, &big, &path, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	assert_true(is_cached(&place, &a)); /* nothing is given up for what cannot fit */
	close_place(&place);
}

/* ---- several processes
 * --------------------------------------------------------------------------------- */

/* In a child: fetches a tree and a file over and over until it is killed, or `rounds` times. */
static int fetch_often(void **state, const struct content_digest *tree,
		       const struct content_digest *file, unsigned rounds)
{
	struct place place = { .folder = *state };
	struct bailiff_error err = { 0 };
	const char *path = NULL;
	if (content_store_open(in(&place, "store"), false, &place.store, &err) < 0)
		return 1;
	open_cache(&place, 100 * KIB);
	for (unsigned i = 0; rounds == 0 || i < rounds; i++) {
		int rc = hold_tree(&place, tree, &path, &err);
		if (rc == 0)
			expect_file(arena_format(&place.arena, "%s/name", path), "x");
		if (rc == 0)
			rc = hold_file(&place, file, &path, &err);
		if (rc < 0 && rc != -ENOSPC) { /* the others may hold too much at the moment */
			(void)fprintf(stderr, "%s\n", err.message);
			return 1;
		}
		let_go(&place);
	}
	close_place(&place);
	return 0;
}

static void make_two(struct place *place, struct content_digest trees[2],
		     struct content_digest *file)
{
	scratch_put(place->folder, "a/name", "x");
	scratch_put(place->folder, "b/name", "x");
	make_tree(place, "a", 'a', &trees[0]);
	make_tree(place, "b", 'b', &trees[1]);
	*file = put_filled(place, 'f', 20 * KIB);
}

static void test_many_at_once(void **state)
{
	enum { PROCESSES = 4, ROUNDS = 150 };
	struct place place = open_place(state, 100 * KIB);
	struct content_digest trees[2], file;
	pid_t children[PROCESSES];
	make_two(&place, trees, &file);
	for (size_t i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(fetch_often(state, &trees[i % 2], &file, ROUNDS));
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		int status = 0;
		assert_int_equal(children[i], waitpid(children[i], &status, 0));
		assert_int_equal(0, status);
	}
	close_cache(&place);
	open_cache(&place, 100 * KIB);
	assert_true(bytes_used(&place) <= 100 * KIB);
	assert_int_equal(0, count_files(&place, "cache/new"));
	close_place(&place);
}

static void test_killed_at_any_moment(void **state)
{
	struct place place = open_place(state, 100 * KIB);
	struct content_digest trees[2], file;
	struct bailiff_error err;
	const char *path = NULL;
	make_two(&place, trees, &file);
	for (unsigned i = 0; i < 40; i++) {
		pid_t child = fork();
		if (child == 0)
			_exit(fetch_often(state, &trees[i % 2], &file, 0));
		(void)usleep(1000 + 700 * i);
		assert_int_equal(0, kill(child, SIGKILL));
		assert_int_equal(child, waitpid(child, NULL, 0));
		/* Whoever comes next finds no trace, and everything that has a name is whole. */
		close_cache(&place);
		open_cache(&place, 100 * KIB);
		assert_int_equal(0, count_files(&place, "cache/new"));
		assert_true(bytes_used(&place) <= 100 * KIB);
		assert_int_equal(0, hold_tree(&place, &trees[i % 2], &path, &err));
		expect_file(arena_format(&place.arena, "%s/name", path), "x");
		struct stat status;
		assert_int_equal(0, stat(arena_format(&place.arena, "%s/d/2.in", path), &status));
		assert_int_equal(30 * KIB, status.st_size);
	}
	close_place(&place);
}

/* ---- folders
 * ------------------------------------------------------------------------------------------- */

static void test_folders_of_others_are_refused(void **state)
{
	struct place place = { .folder = *state };
	struct bailiff_error err = { 0 };
	const struct content_cache_options options = { .folder = in(&place, "cache") };
	assert_int_equal(0, mkdir(in(&place, "cache"), 0700));
	static const char *const names[] = { "cache", "cache/objects", "cache/trees", "cache/new" };
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		const char *path = in(&place, names[i]);
		(void)mkdir(path, 0700);
		assert_int_equal(0, chmod(path, 0777));
		assert_true(content_cache_open(&options, &place.cache, &err) < 0);
		assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
		assert_int_equal(0, chmod(path, 0700));
		assert_int_equal(0, content_cache_open(&options, &place.cache, &err));
		content_cache_close(place.cache);
	}
	/* A link in place of a folder of ours. */
	assert_int_equal(0, rmdir(in(&place, "cache/objects")));
	assert_int_equal(0, symlink("/tmp", in(&place, "cache/objects")));
	assert_true(content_cache_open(&options, &place.cache, &err) < 0);
	arena_finish(&place.arena);
}

/* Nothing in a cache is synced: what a machine that crashed left may be anything. */
static void test_another_boot(void **state)
{
	struct place place = open_place(state, 0);
	struct bailiff_error err;
	struct content_digest tree, file = put_text(&place, "x");
	const char *path = NULL;
	make_tree(&place, "a", 'a', &tree);
	assert_int_equal(0, hold_file(&place, &file, &path, &err));
	assert_int_equal(0, hold_tree(&place, &tree, &path, &err));
	close_cache(&place);
	open_cache(&place, 0);
	assert_true(is_cached(&place, &file));
	assert_int_equal(1, count_files(&place, "cache/trees"));
	close_cache(&place);
	scratch_put(place.folder, "cache/boot", "another");
	open_cache(&place, 0);
	assert_false(is_cached(&place, &file));
	assert_int_equal(0, count_files(&place, "cache/trees"));
	assert_int_equal(0, hold_tree(&place, &tree, &path, &err));
	close_cache(&place);
	open_cache(&place, 0);
	assert_int_equal(1, count_files(&place, "cache/trees"));
	close_place(&place);
}

static void test_store_keeps_its_permissions(void **state)
{
	struct place place = { .folder = *state };
	struct bailiff_error err = { 0 };
	struct stat status;
	assert_int_equal(0, mkdir(in(&place, "store"), 0700));
	assert_int_equal(0, chmod(in(&place, "store"), 02770));
	assert_int_equal(0, content_store_open(in(&place, "store"), true, &place.store, &err));
	struct content_digest digest = put_text(&place, "x");
	assert_int_equal(0, stat(object_path(&place, &digest), &status));
	assert_int_equal(0440, status.st_mode & 07777);
	assert_int_equal(0, stat(in(&place, "store/objects"), &status));
	assert_int_equal(0770, status.st_mode & 0777);
	content_store_close(place.store);
	/* One that is not there is not made for a reader, nor before there is something to put. */
	assert_true(content_store_open(in(&place, "none"), false, &place.store, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	assert_int_equal(0, content_store_open(in(&place, "later"), true, &place.store, &err));
	int fd = -1;
	uint64_t size = 0;
	assert_int_equal(-ENOENT, content_store_look(place.store, &digest, &fd, &size, &err));
	assert_int_equal(BAILIFF_FAULT_INPUT, err.fault);
	assert_true(access(in(&place, "later"), F_OK) < 0);
	/* Who waits for what others put there sees it when they do. */
	struct content_store *reader = NULL;
	assert_int_equal(0, content_store_open(in(&place, "later"), true, &reader, &err));
	assert_int_equal(-ENOENT, content_store_look(reader, &digest, &fd, &size, &err));
	(void)put_text(&place, "x");
	assert_int_equal(0, content_store_look(reader, &digest, &fd, &size, &err));
	(void)close(fd);
	content_store_close(reader);
	assert_int_equal(0, content_store_look(place.store, &digest, &fd, &size, &err));
	(void)close(fd);
	assert_int_equal(0, stat(in(&place, "later"), &status));
	assert_int_equal(0750, status.st_mode & 07777);
	content_store_close(place.store);
	arena_finish(&place.arena);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_file_round_trip),
		IN_FOLDER(test_copying_is_told),
		IN_FOLDER(test_objects_are_never_changed),
		IN_FOLDER(test_damaged_objects),
		IN_FOLDER(test_missing_object_and_store),
		IN_FOLDER(test_too_large_for_its_use),
		IN_FOLDER(test_tree_round_trip),
		IN_FOLDER(test_hostile_packages),
		IN_FOLDER(test_hostile_manifests),
		IN_FOLDER(test_tree_with_damaged_file),
		IN_FOLDER(test_least_recently_used_goes),
		IN_FOLDER(test_what_is_held_stays),
		IN_FOLDER(test_trees_go_and_stay),
		IN_FOLDER(test_larger_than_the_cache),
		IN_FOLDER(test_many_at_once),
		IN_FOLDER(test_killed_at_any_moment),
		IN_FOLDER(test_folders_of_others_are_refused),
		IN_FOLDER(test_another_boot),
		IN_FOLDER(test_store_keeps_its_permissions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
