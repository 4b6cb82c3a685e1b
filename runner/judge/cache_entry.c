/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a cache's entry. The digest at the end is checked before anything else is looked
 * at; it finds damage of every kind, a writer that was interrupted included. It is no seal: who
 * may write to the folder could forge one, so folders that others may write to are not used. What
 * is read after it is bounded all the same.
 */
#include "judge/cache_entry.h"

#include "base/io.h"
#include "base/mem.h"

#include <endian.h>
#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "bailiffc"
#define MAGIC_BYTES (sizeof MAGIC - 1)
#define ENTRY_VERSION 1u
#define COPY_BYTES 65536u

/* What is kept of the compile step's result: all that is ever shown of it. */
#define KEPT(field) offsetof(struct bailiff_result, field)
static const size_t kept_numbers[] = {
	KEPT(cpu_ns),
	KEPT(user_ns),
	KEPT(system_ns),
	KEPT(wall_ns),
	KEPT(memory_peak_bytes),
	KEPT(oom_kills),
	KEPT(breakdown.sampled_bytes),
	KEPT(breakdown.anon_bytes),
	KEPT(breakdown.file_bytes),
	KEPT(breakdown.shmem_bytes),
	KEPT(breakdown.kernel_bytes),
	KEPT(breakdown.samples),
	KEPT(processes_peak),
	KEPT(processes_refused),
	KEPT(stdout_bytes),
	KEPT(stderr_bytes),
};

static void digest_of(const char *data, size_t size, unsigned char digest[CACHE_DIGEST_BYTES])
{
	SHA2_CTX sha;
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)data, size);
	SHA256Final(digest, &sha);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Failed writes are noticed at the end, by ferror(). */
static void put_number(FILE *out, uint64_t number)
{
	uint64_t little = htole64(number);
	(void)fwrite(&little, sizeof little, 1, out);
}

static void put_text(FILE *out, const char *text)
{
	put_number(out, strlen(text));
	(void)fputs(text, out);
}

/* The bytes of a memory file, which nobody writes to any more. */
static int put_file(FILE *out, int fd)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return -errno;
	AUTO_FREE char *buffer = malloc(COPY_BYTES);
	if (buffer == NULL)
		return -ENOMEM;
	put_number(out, (uint64_t)status.st_size);
	for (off_t at = 0; at < status.st_size;) {
		ssize_t n = pread(fd, buffer, COPY_BYTES, at);
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		(void)fwrite(buffer, 1, (size_t)n, out);
		at += n;
	}
	return 0;
}

static int put_entry(FILE *out, const struct cache_key *key, const struct program *program,
		     const struct compilation *compilation)
{
	(void)fwrite(MAGIC, 1, MAGIC_BYTES, out);
	put_number(out, ENTRY_VERSION);
	(void)fwrite(key->bytes, 1, sizeof key->bytes, out);
	put_text(out, compilation->message);
	put_text(out, compilation->diagnostics);
	put_number(out, compilation->truncated);
	for (size_t i = 0; i < ARRAY_LENGTH(kept_numbers); i++) {
		uint64_t number;
		memcpy(&number, (const char *)&compilation->result + kept_numbers[i],
		       sizeof number);
		put_number(out, number);
	}
	put_number(out, program->artifact_count);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < program->artifact_count; i++) {
		put_text(out, program->artifacts[i].name);
		rc = put_file(out, program->artifacts[i].fd);
	}
	return rc;
}

/* Whether the artifacts leave room for the rest, which is small. */
static int check_size(const struct program *program)
{
	uint64_t total = 2 * DIAGNOSTICS_BYTES_MAX;
	for (size_t i = 0; i < program->artifact_count; i++) {
		struct stat status;
		if (fstat(program->artifacts[i].fd, &status) < 0)
			return -errno;
		total += (uint64_t)status.st_size;
	}
	return total > CACHE_ENTRY_BYTES_MAX ? -EFBIG : 0;
}

int cache_entry_encode(const struct cache_key *key, const struct program *program,
		       const struct compilation *compilation, struct cache_entry *ret_entry)
{
	AUTO_FREE char *data = NULL;
	size_t size = 0;
	int rc = check_size(program);
	if (rc < 0)
		return rc;
	FILE *out = open_memstream(&data, &size);
	if (out == NULL)
		return -ENOMEM;
	rc = put_entry(out, key, program, compilation);
	if (rc == 0 && fflush(out) == 0) {
		unsigned char digest[CACHE_DIGEST_BYTES];
		digest_of(data, size, digest);
		(void)fwrite(digest, 1, sizeof digest, out);
	}
	bool is_whole = ferror(out) == 0;
	if (fclose(out) != 0 || !is_whole)
		return rc < 0 ? rc : -ENOMEM;
	if (rc < 0)
		return rc;
	*ret_entry = (struct cache_entry){ .data = MEM_TAKE(data), .size = size };
	return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* What is left to be read. After the first thing that is not there, everything is empty. */
struct cursor {
	const char *at;
	size_t left;
	bool failed;
};

struct piece {
	const char *data;
	size_t size;
};

static struct piece get_piece(struct cursor *cursor, uint64_t size)
{
	if (cursor->failed || size > cursor->left) {
		cursor->failed = true;
		return (struct piece){ .data = "", .size = 0 };
	}
	struct piece piece = { .data = cursor->at, .size = (size_t)size };
	cursor->at += piece.size;
	cursor->left -= piece.size;
	return piece;
}

static uint64_t get_number(struct cursor *cursor)
{
	uint64_t little = 0;
	struct piece piece = get_piece(cursor, sizeof little);
	memcpy(&little, piece.data, piece.size);
	return le64toh(little);
}

static struct piece get_sized(struct cursor *cursor)
{
	uint64_t size = get_number(cursor);
	return get_piece(cursor, size);
}

static bool equals(struct piece piece, const void *data, size_t size)
{
	return piece.size == size && memcmp(piece.data, data, size) == 0;
}

/* A cursor over what is between the head and the digest; failed where either is wrong. */
static struct cursor open_entry(const struct cache_key *key, const struct cache_entry *entry)
{
	struct cursor cursor = { .at = entry->data, .left = entry->size };
	unsigned char digest[CACHE_DIGEST_BYTES];
	if (entry->size < sizeof digest) {
		cursor.failed = true;
		return cursor;
	}
	cursor.left -= sizeof digest;
	digest_of(entry->data, cursor.left, digest);
	if (memcmp(digest, entry->data + cursor.left, sizeof digest) != 0 ||
	    !equals(get_piece(&cursor, MAGIC_BYTES), MAGIC, MAGIC_BYTES) ||
	    get_number(&cursor) != ENTRY_VERSION ||
	    !equals(get_piece(&cursor, sizeof key->bytes), key->bytes, sizeof key->bytes))
		cursor.failed = true;
	return cursor;
}

static int get_compilation(struct cursor *cursor, struct compilation *compilation)
{
	struct piece message = get_sized(cursor);
	struct piece diagnostics = get_sized(cursor);
	compilation->verdict = COMPILE_OK;
	compilation->truncated = get_number(cursor) != 0;
	compilation->result.verdict = BAILIFF_VERDICT_OK;
	compilation->result.reason = BAILIFF_REASON_EXITED;
	compilation->result.has_exit_code = true;
	for (size_t i = 0; i < ARRAY_LENGTH(kept_numbers); i++) {
		uint64_t number = get_number(cursor);
		memcpy((char *)&compilation->result + kept_numbers[i], &number, sizeof number);
	}
	if (cursor->failed || message.size >= sizeof compilation->message ||
	    diagnostics.size > DIAGNOSTICS_BYTES_MAX)
		return -EBADMSG;
	memcpy(compilation->message, message.data, message.size);
	compilation->diagnostics = strndup(diagnostics.data, diagnostics.size);
	return compilation->diagnostics != NULL ? 0 : -ENOMEM;
}

static int get_artifacts(struct cursor *cursor, struct program *program)
{
	struct bailiff_error err;
	int rc = program_make_artifacts(program, &err);
	if (rc < 0)
		return rc;
	if (get_number(cursor) != program->artifact_count)
		return -EBADMSG;
	for (size_t i = 0; i < program->artifact_count; i++) {
		const struct artifact *artifact = &program->artifacts[i];
		if (!equals(get_sized(cursor), artifact->name, strlen(artifact->name)))
			return -EBADMSG;
		struct piece bytes = get_sized(cursor);
		rc = io_write_all(artifact->fd, bytes.data, bytes.size);
		if (rc < 0)
			return rc;
	}
	return cursor->failed || cursor->left > 0 ? -EBADMSG : 0;
}

int cache_entry_decode(const struct cache_key *key, const struct cache_entry *entry,
		       struct program *program, struct compilation *ret_compilation)
{
	struct compilation compilation = { 0 };
	struct cursor cursor = open_entry(key, entry);
	program_discard_artifacts(program);
	int rc = cursor.failed ? -EBADMSG : get_compilation(&cursor, &compilation);
	if (rc == 0)
		rc = get_artifacts(&cursor, program);
	if (rc < 0) {
		program_discard_artifacts(program);
		compilation_finish(&compilation);
		return rc;
	}
	*ret_compilation = compilation;
	return 0;
}
