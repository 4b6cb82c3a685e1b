/* SPDX-License-Identifier: MIT */
/*
 * The feedback folder exists only in the validator's cell; here it is a list of files. Between the
 * passes of a multi-pass problem the list is put into the next cell, so that a validator finds what
 * it left, and no folder of the host is ever shared with it.
 */
#include "judge/feedback.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FEEDBACK_FILES_MAX 256u
/* Makes the folder itself: folders come into being with their files. */
#define FOLDER_MARK ".feedback"

void feedback_finish(struct feedback *feedback)
{
	arena_finish(&feedback->arena);
	*feedback = (struct feedback){ 0 };
}

int feedback_put(const struct feedback *feedback, struct run_request *request,
		 struct bailiff_error *err)
{
	const struct bailiff_file mark = { .to = FEEDBACK_FOLDER FOLDER_MARK, .data = "" };
	int rc = run_request_add_file(request, &mark, err);
	for (size_t i = 0; rc == 0 && i < feedback->count; i++) {
		const struct feedback_file *kept = &feedback->files[i];
		const struct bailiff_file file = {
			.to = arena_format(&request->arena, FEEDBACK_FOLDER "%s", kept->name),
			.data = kept->data,
			.size = kept->size,
		};
		rc = file.to != NULL ? run_request_add_file(request, &file, err) :
				       fail_memory(err);
	}
	return rc;
}

static int take_file(void *context, const struct bailiff_scratch_file *file,
		     struct bailiff_error *err)
{
	struct feedback *feedback = context;
	if (strcmp(file->path, FOLDER_MARK) == 0)
		return 0;
	struct feedback_file *files =
		arena_grow(&feedback->arena, feedback->files, feedback->count, sizeof *files);
	char *name = arena_copy(&feedback->arena, file->path, strlen(file->path));
	char *data = arena_alloc(&feedback->arena, file->size + 1);
	if (files == NULL || name == NULL || data == NULL)
		return fail_memory(err);
	feedback->files = files;
	size_t size = 0;
	ssize_t n = 1;
	while (size < file->size && n > 0) {
		n = read(file->fd, data + size, file->size - size);
		if (n < 0)
			return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno,
					     "read the feedback file '%s'", name);
		size += (size_t)n;
	}
	files[feedback->count++] =
		(struct feedback_file){ .name = name, .data = data, .size = size };
	return 0;
}

int feedback_take(void *context, int scratch_fd, struct bailiff_error *err)
{
	struct feedback *feedback = context;
	uint64_t bytes_max = feedback->bytes_max;
	feedback_finish(feedback);
	feedback->bytes_max = bytes_max;
	const struct bailiff_scratch_walk walk = {
		.folder = "box/feedback",
		.files_max = FEEDBACK_FILES_MAX,
		.bytes_max = bytes_max,
		.found = take_file,
		.context = feedback,
	};
	int rc = bailiff_scratch_walk(scratch_fd, &walk, err);
	if (rc != -EFBIG)
		return rc;
	/* The validator's doing, not a failed run. */
	feedback_finish(feedback);
	feedback->is_overfull = true;
	*err = (struct bailiff_error){ 0 };
	return 0;
}

const struct feedback_file *feedback_find(const struct feedback *feedback, const char *name)
{
	for (size_t i = 0; i < feedback->count; i++) {
		if (strcmp(feedback->files[i].name, name) == 0)
			return &feedback->files[i];
	}
	return NULL;
}

void feedback_remove(struct feedback *feedback, const char *name)
{
	const struct feedback_file *file = feedback_find(feedback, name);
	if (file == NULL)
		return;
	size_t index = (size_t)(file - feedback->files);
	feedback->count--;
	memmove(&feedback->files[index], &feedback->files[index + 1],
		(feedback->count - index) * sizeof *feedback->files);
}

int feedback_number(const struct feedback *feedback, const char *name, double *ret_value)
{
	const struct feedback_file *file = feedback_find(feedback, name);
	if (file == NULL)
		return 0;
	char *end = NULL;
	double value = strtod(file->data, &end);
	if (end == file->data || !isfinite(value))
		return -EINVAL;
	while (isspace((unsigned char)*end))
		end++;
	if ((size_t)(end - file->data) != file->size)
		return -EINVAL;
	*ret_value = value;
	return 1;
}

void excerpt_set(struct excerpt *excerpt, const void *data, size_t size, bool is_truncated)
{
	const char *bytes = data;
	free(excerpt->text);
	*excerpt = (struct excerpt){ .truncated = is_truncated };
	while (size > 0 && isspace((unsigned char)bytes[size - 1]))
		size--;
	char *text = NULL;
	size_t length = 0;
	FILE *out = size > 0 ? open_memstream(&text, &length) : NULL;
	if (out == NULL)
		return;
	size_t at = 0;
	while (at < size && ftello(out) < (off_t)EXCERPT_BYTES_MAX)
		at += utf8_put(out, bytes + at, size - at);
	if (at < size)
		excerpt->truncated = true;
	if (fclose(out) != 0) {
		free(text);
		return;
	}
	excerpt->text = text;
}
