/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_INPUT_H
#define BAILIFF_RUNNER_INPUT_H

#include <bailiff/bailiff.h>

struct input {
	char *text; /* heap, with a NUL after the last byte */
	size_t size;
};

/*
 * Reads everything from an open descriptor; *ret_input is the caller's (input_finish). `name`
 * stands in messages. Fails with BAILIFF_FAULT_INPUT where it cannot be read and
 * BAILIFF_FAULT_SPEC where it is longer than size_max.
 */
int input_read_fd(int fd, const char *name, size_t size_max, struct input *ret_input,
		  struct bailiff_error *err);

/* The same for a named file. */
int input_read_file(const char *path, size_t size_max, struct input *ret_input,
		    struct bailiff_error *err);

/* Frees the text and makes the input empty. Zeroed input is allowed. */
void input_finish(struct input *input);
#define INPUT_AUTO_FINISH __attribute__((cleanup(input_finish)))

#endif
