/* SPDX-License-Identifier: MIT */
/*
 * What an output validator leaves in its feedback folder: files in memory, bounded, read once its
 * cell is dead.
 */
#ifndef BAILIFF_JUDGE_FEEDBACK_H
#define BAILIFF_JUDGE_FEEDBACK_H

#include "arena.h"
#include "judge/judgement.h"
#include "run_request.h"

/* The folder as validators get it; ends in a slash, as their interface wants it. */
#define FEEDBACK_FOLDER "feedback/"

struct feedback_file {
	const char *name; /* relative to the folder */
	const char *data; /* with a NUL behind it */
	size_t size;
};

/* Zero is valid and empty. */
struct feedback {
	struct arena arena;
	struct feedback_file *files; /* sorted by name */
	size_t count;
	uint64_t bytes_max; /* set before a run */
	bool is_overfull;   /* there was more than that, or too many files: nothing was kept */
};

void feedback_finish(struct feedback *feedback);

/* Puts the folder, with what an earlier pass left in it, into a validator's cell. Borrows. */
int feedback_put(const struct feedback *feedback, struct run_request *request,
		 struct bailiff_error *err);

/* For bailiff_spec.inspect, with a struct feedback as context: takes the folder's files over. */
int feedback_take(void *context, int scratch_fd, struct bailiff_error *err);

/* The file of this name; NULL = none. */
const struct feedback_file *feedback_find(const struct feedback *feedback, const char *name);

/* Removes it from the folder, if it is there. */
void feedback_remove(struct feedback *feedback, const char *name);

/* The only number in a file such as score.txt. 1 with *ret_value; 0 where there is no such file;
 * -EINVAL where it holds anything but one finite number. */
int feedback_number(const struct feedback *feedback, const char *name, double *ret_value);

/* What somebody wrote as bounded, valid UTF-8, without blanks at its end; replaces *excerpt. Stays
 * without text where there was none or memory ran out. */
void excerpt_set(struct excerpt *excerpt, const void *data, size_t size, bool is_truncated);

#endif
