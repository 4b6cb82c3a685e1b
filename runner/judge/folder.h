/* SPDX-License-Identifier: MIT */
/*
 * Reading a folder that somebody else made, without ever leaving it: symbolic links are followed as
 * long as they stay inside. Paths are relative to the folder; messages name what is read by them.
 */
#ifndef BAILIFF_JUDGE_FOLDER_H
#define BAILIFF_JUDGE_FOLDER_H

#include "arena.h"
#include "input.h"

struct folder {
	int fd;			  /* owned */
	size_t entries_looked_at; /* bounded: links can make a small tree a large one */
};

enum entry_kind { ENTRY_NONE, ENTRY_FILE, ENTRY_FOLDER, ENTRY_OTHER };

struct folder_entry {
	const char *name;
	enum entry_kind kind;
	uint64_t size; /* of a file */
};

/* Which names are seen at all. */
enum name_rule {
	NAMES_OF_PACKAGES, /* letters, digits, '_', '.', '-'; neither '.' nor '-' in front */
	NAMES_NOT_HIDDEN,  /* all that do not begin with '.' */
};

/* The entries of one folder, sorted by name. Zero is valid and empty. */
struct folder_list {
	struct arena arena;
	struct folder_entry *items;
	size_t count;
};

/* The folder is the caller's (folder_close). Every error below is BAILIFF_FAULT_INPUT where
 * something cannot be read, and BAILIFF_FAULT_SPEC where a link leads out or a bound is passed. */
int folder_open(const char *path, struct folder *ret_folder, struct bailiff_error *err);
void folder_close(struct folder *folder);
#define AUTO_FOLDER __attribute__((cleanup(folder_close))) struct folder

/* What is there; ENTRY_NONE where nothing is. */
int folder_look(struct folder *folder, const char *path, enum entry_kind *ret_kind,
		struct bailiff_error *err);

/* The entries of a folder in it; one that is missing has none. The list must be finished
 * (folder_list_finish) whatever is returned. */
int folder_list(struct folder *folder, const char *path, enum name_rule rule,
		struct folder_list *list, struct bailiff_error *err);
void folder_list_finish(struct folder_list *list);
#define AUTO_FOLDER_LIST __attribute__((cleanup(folder_list_finish))) struct folder_list

/* Opens a regular file for reading and tells its size; never waits on a FIFO. *ret_fd is the
 * caller's. -ENOENT (BAILIFF_FAULT_INPUT) where it is missing. */
int folder_open_file(struct folder *folder, const char *path, int *ret_fd, uint64_t *ret_size,
		     struct bailiff_error *err);

/* A whole regular file; *ret_input is the caller's. */
int folder_read(struct folder *folder, const char *path, size_t size_max, struct input *ret_input,
		struct bailiff_error *err);

#endif
