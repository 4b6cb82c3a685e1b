/* SPDX-License-Identifier: MIT */
/*
 * Programs as sets of files in memory: a submission, a validator, a grader. Programs are small, so
 * their bytes and files are bounded and read at once; nothing on disk matters afterwards.
 */
#include "base/error.h"
#include "base/fd.h"
#include "judge/loader.h"
#include "run_request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A set that is being read from a folder. */
struct set_reader {
	struct arena *arena;
	struct folder *folder;
	struct source_set *set;
	size_t bytes;
	struct bailiff_error *err;
};

static int add_source(struct set_reader *reader, const char *name, const struct input *input)
{
	struct source_set *set = reader->set;
	if (set->count == PROGRAM_SOURCES_MAX)
		return fail_spec(reader->err, "'%s' has more than %u files", set->name,
				 PROGRAM_SOURCES_MAX);
	reader->bytes += input->size;
	if (reader->bytes > PROBLEM_PROGRAM_BYTES_MAX)
		return fail_spec(reader->err, "'%s' is longer than %zu MiB", set->name,
				 PROBLEM_PROGRAM_BYTES_MAX >> 20);
	set->files = arena_grow(reader->arena, set->files, set->count, sizeof *set->files);
	const char *text = arena_copy(reader->arena, input->text, input->size);
	const char *copy = arena_copy(reader->arena, name, strlen(name));
	if (set->files == NULL || text == NULL || copy == NULL)
		return fail_memory(reader->err);
	set->files[set->count++] =
		(struct source_file){ .name = copy, .text = text, .size = input->size };
	return 0;
}

static int read_source(struct set_reader *reader, const char *path, const char *name)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	int rc = folder_read(reader->folder, path, PROBLEM_PROGRAM_BYTES_MAX, &input, reader->err);
	return rc < 0 ? rc : add_source(reader, name, &input);
}

/* `below` is the folder's path in the set; empty for the set itself. */
static int read_folder(struct set_reader *reader, const char *path, const char *below,
		       unsigned depth)
{
	AUTO_FOLDER_LIST list = { 0 };
	if (depth == PROGRAM_DEPTH_MAX)
		return fail_spec(reader->err, "'%s': nested too deeply", path);
	int rc = folder_list(reader->folder, path, NAMES_NOT_HIDDEN, &list, reader->err);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		const struct folder_entry *entry = &list.items[i];
		const char *inner = arena_format(&list.arena, "%s/%s", path, entry->name);
		const char *name = arena_format(&list.arena, "%s%s%s", below,
						below[0] != '\0' ? "/" : "", entry->name);
		if (inner == NULL || name == NULL)
			return fail_memory(reader->err);
		if (entry->kind == ENTRY_FOLDER)
			rc = read_folder(reader, inner, name, depth + 1);
		else if (entry->kind == ENTRY_FILE)
			rc = read_source(reader, inner, name);
	}
	return rc;
}

int source_set_read(struct arena *arena, struct folder *folder, const char *path, const char *name,
		    struct source_set *ret_set, struct bailiff_error *err)
{
	struct source_set set = { .name = arena_copy(arena, name, strlen(name)) };
	struct set_reader reader = { .arena = arena, .folder = folder, .set = &set, .err = err };
	enum entry_kind kind = ENTRY_NONE;
	if (set.name == NULL)
		return fail_memory(err);
	int rc = folder_look(folder, path, &kind, err);
	if (rc == 0)
		rc = kind == ENTRY_FOLDER ? read_folder(&reader, path, "", 0) :
					    read_source(&reader, path, path_last_part(path));
	if (rc == 0 && set.count == 0)
		rc = fail_spec(err, "'%s' has no files", name);
	if (rc == 0)
		*ret_set = set;
	return rc;
}

static int load_file(struct set_reader *reader, int fd, const char *path)
{
	struct stat status;
	INPUT_AUTO_FINISH struct input input = { 0 };
	if (fstat(fd, &status) < 0)
		return fail_input(reader->err, errno, "look at '%s'", path);
	if (!S_ISREG(status.st_mode))
		return fail_spec(reader->err, "'%s' is neither a file nor a folder", path);
	int rc = input_read_fd(fd, path, PROBLEM_PROGRAM_BYTES_MAX, &input, reader->err);
	return rc < 0 ? rc : add_source(reader, path_last_part(path), &input);
}

int source_set_load(struct arena *arena, const char *path, const char *name,
		    struct source_set *ret_set, struct bailiff_error *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_input(err, errno, "open '%s'", path);
	if (S_ISDIR(status.st_mode)) {
		AUTO_FOLDER folder = { .fd = FD_NONE };
		int rc = folder_open(path, &folder, err);
		return rc < 0 ? rc : source_set_read(arena, &folder, ".", name, ret_set, err);
	}
	struct source_set set = { .name = arena_copy(arena, name, strlen(name)) };
	struct set_reader reader = { .arena = arena, .set = &set, .err = err };
	if (set.name == NULL)
		return fail_memory(err);
	int rc = load_file(&reader, fd, path);
	if (rc == 0)
		*ret_set = set;
	return rc;
}
