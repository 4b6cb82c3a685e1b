/* SPDX-License-Identifier: MIT */
/*
 * Making a job. Files are read with the rights of who submits, once, and their content goes into
 * the spec (small) or the store (large); a problem's folder goes into the store as a tree. The
 * outcome is then read as a slot will read it, so a mistake shows to who made it, and what the job
 * needs is known before anybody takes it.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/job_json.h"
#include "codec/utf8.h"
#include "input.h"
#include "job/job_internal.h"
#include "store/content_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define INLINE_BYTES_DEFAULT ((size_t)16 << 10)

struct preparation {
	const struct job_rules *rules;
	struct arena *arena;
};

/* ---- files -------------------------------------------------------------------------------------
 */

static const char *digest_text(struct arena *arena, const struct content_digest *digest)
{
	char text[CONTENT_DIGEST_TEXT_SIZE];
	content_digest_text(digest, text);
	return arena_copy(arena, text, strlen(text));
}

/* Text where it is text; U+0000 cannot stand in a spec. */
static int pack_inline(const struct preparation *preparation, const struct input *input,
		       struct packed_file *ret_file, struct bailiff_error *err)
{
	bool is_text = memchr(input->text, '\0', input->size) == NULL &&
		       utf8_prefix(input->text, input->size) == input->size;
	size_t size = is_text ? input->size : base64_encoded_size(input->size);
	char *value = arena_alloc(preparation->arena, size + 1);
	if (value == NULL)
		return fail_memory(err);
	if (is_text)
		memcpy(value, input->text, size);
	else
		base64_encode(input->text, input->size, value);
	ret_file->key = is_text ? "text" : "base64";
	ret_file->value = value;
	return 0;
}

static int pack_digest(const struct preparation *preparation, const char *path, int fd,
		       struct packed_file *ret_file, struct bailiff_error *err)
{
	struct content_digest digest;
	int rc = content_store_put_file(preparation->rules->store, fd, path, &digest, err);
	if (rc < 0)
		return rc;
	ret_file->key = "digest";
	ret_file->value = digest_text(preparation->arena, &digest);
	return ret_file->value != NULL ? 0 : fail_memory(err);
}

static int fail_too_large(const struct json_node *place, const char *path,
			  struct bailiff_error *err)
{
	int rc = json_fail(place, err, "'%s' is too large for a spec", path);
	(void)snprintf(err->hint, sizeof err->hint, "put it into a store with --store");
	return rc;
}

static int pack_file(void *context, const struct json_node *place, const char *path,
		     struct packed_file *ret_file, struct bailiff_error *err)
{
	const struct preparation *preparation = context;
	size_t inline_max = preparation->rules->inline_bytes_max != 0 ?
				    preparation->rules->inline_bytes_max :
				    INLINE_BYTES_DEFAULT;
	struct stat status;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return json_fail_input(place, err, errno, "open '%s'", path);
	if (!S_ISREG(status.st_mode))
		return json_fail_input(place, err, 0, "'%s' is not a regular file", path);
	ret_file->mode = status.st_mode & 0777;
	bool has_store = preparation->rules->store != NULL;
	if (has_store && (uint64_t)status.st_size > inline_max)
		return pack_digest(preparation, path, fd, ret_file, err);
	if ((uint64_t)status.st_size > QUEUE_SPEC_BYTES_MAX)
		return fail_too_large(place, path, err);
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = input_read_fd(fd, path, QUEUE_SPEC_BYTES_MAX, &input, err);
	return rc < 0 ? rc : pack_inline(preparation, &input, ret_file, err);
}

static int pack_tree(void *context, const struct json_node *place, const char *path,
		     const char **ret_digest, struct bailiff_error *err)
{
	const struct preparation *preparation = context;
	struct content_digest digest;
	if (preparation->rules->store == NULL) {
		int rc = json_fail(place, err, "a problem's folder needs a store to go to");
		(void)snprintf(err->hint, sizeof err->hint,
			       "name a folder that the workers have, too, with --store");
		return rc;
	}
	int rc = content_store_put_tree(preparation->rules->store, path, &digest, err);
	if (rc < 0)
		return error_prefix(path, rc, err);
	*ret_digest = digest_text(preparation->arena, &digest);
	return *ret_digest != NULL ? 0 : fail_memory(err);
}

/* A relative name that is there is meant to be that file. An absolute one is what the cell has at
 * that place, if it can have something there: /usr and what leads into it. */
static bool is_own_program(void *context, const char *path, bool is_absolute)
{
	struct stat status;
	(void)context;
	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	AUTO_FREE char *resolved = is_absolute ? realpath(path, NULL) : NULL;
	return !is_absolute || (resolved != NULL && strncmp(resolved, "/usr/", 5) != 0);
}

/* ---- reading what was made ---------------------------------------------------------------------
 */

static int find_file(void *context, const struct content_digest *digest, uint64_t size_max,
		     struct arena *arena, const char **ret_path, uint64_t *ret_size,
		     struct bailiff_error *err)
{
	const struct preparation *preparation = context;
	return content_store_path(preparation->rules->store, digest, size_max, arena, ret_path,
				  ret_size, err);
}

/* A tree is looked at where it came from. One that somebody else put is the slot's to look at. */
static int find_tree(void *context, const struct content_digest *digest, struct arena *arena,
		     const char **ret_path, struct bailiff_error *err)
{
	const struct preparation *preparation = context;
	const char *origin = content_store_origin(preparation->rules->store, digest);
	(void)arena;
	(void)err;
	*ret_path = origin;
	return 0;
}

static int check_languages(const struct job *job, const struct language_set *languages,
			   struct bailiff_error *err)
{
	const struct language *language = NULL;
	int rc = 0;
	for (size_t i = 0; rc == 0 && job->needs[i] != NULL; i++)
		rc = language_find(languages, job->needs[i], &language, err);
	return rc;
}

static int copy_needs(struct job_draft *draft, const struct job *job, struct bailiff_error *err)
{
	size_t count = 0;
	while (job->needs[count] != NULL)
		count++;
	draft->needs = arena_alloc(&draft->arena, (count + 1) * sizeof *draft->needs);
	for (size_t i = 0; draft->needs != NULL && i < count; i++) {
		draft->needs[i] = arena_copy(&draft->arena, job->needs[i], strlen(job->needs[i]));
		if (draft->needs[i] == NULL)
			return fail_memory(err);
	}
	return draft->needs != NULL ? 0 : fail_memory(err);
}

static int check_draft(struct job_draft *draft, const struct preparation *preparation,
		       struct bailiff_error *err)
{
	struct job job = { 0 };
	union {
		const struct preparation *in;
		void *out;
	} context = { .in = preparation };
	const struct spec_contents contents = { .find_file = find_file,
						.find_tree = find_tree,
						.context = context.out };
	const struct spec_scope scope = {
		.is_job = true,
		.is_elsewhere = true,
		.contents = preparation->rules->store != NULL ? &contents : NULL,
	};
	int rc = job_read(&job, draft->kind, draft->spec, draft->spec_size, &scope,
			  preparation->rules->languages, err);
	if (rc == 0)
		rc = check_languages(&job, preparation->rules->languages, err);
	if (rc == 0)
		rc = copy_needs(draft, &job, err);
	draft->memory_bytes = job.memory_bytes;
	job_finish(&job);
	return rc;
}

/* ---- the draft ---------------------------------------------------------------------------------
 */

static void make_digest(struct job_draft *draft)
{
	const char *kind = draft->kind == QUEUE_KIND_JUDGE ? "judge" : "run";
	SHA2_CTX sha;
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)kind, strlen(kind) + 1);
	SHA256Update(&sha, (const uint8_t *)draft->spec, draft->spec_size);
	SHA256Final(draft->digest, &sha);
}

static int fail_spec_size(const struct job_draft *draft, const struct preparation *preparation,
			  struct bailiff_error *err)
{
	int rc = fail_spec(err,
			   "document: has %zu bytes with the files that it names, and a job at "
			   "most %zu",
			   draft->spec_size, QUEUE_SPEC_BYTES_MAX);
	if (preparation->rules->store == NULL)
		(void)snprintf(err->hint, sizeof err->hint, "put them into a store with --store");
	return rc;
}

int job_prepare(struct job_draft *draft, const char *text, size_t size, const char *folder,
		const struct job_rules *rules, struct bailiff_error *err)
{
	struct preparation preparation = { .rules = rules, .arena = &draft->arena };
	const struct job_packer packer = { .arena = &draft->arena,
					   .folder = folder,
					   .pack_file = pack_file,
					   .pack_tree = pack_tree,
					   .is_own_program = is_own_program,
					   .context = &preparation };
	struct job_text made = { 0 };
	int rc = job_json_pack(text, size, &packer, &made, err);
	if (rc < 0)
		return rc;
	draft->kind = made.is_judge ? QUEUE_KIND_JUDGE : QUEUE_KIND_RUN;
	draft->spec = made.text;
	draft->spec_size = made.size;
	if (draft->spec_size > QUEUE_SPEC_BYTES_MAX)
		return fail_spec_size(draft, &preparation, err);
	make_digest(draft);
	return check_draft(draft, &preparation, err);
}

void job_draft_finish(struct job_draft *draft)
{
	free(draft->spec);
	arena_finish(&draft->arena);
	*draft = (struct job_draft){ 0 };
}
