/* SPDX-License-Identifier: MIT */
/*
 * Whole files of bounded size. The size is not asked for first: the file may be a pipe, or grow.
 */
#include "input.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_CAPACITY ((size_t)16 << 10)

/* Reads until the buffer is full or the input ends. Bytes read, or -errno. */
static ssize_t read_full(int fd, char *buffer, size_t capacity)
{
	size_t size = 0;
	while (size < capacity) {
		ssize_t n = read(fd, buffer + size, capacity - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	return (ssize_t)size;
}

int input_read_fd(int fd, const char *name, size_t size_max, struct input *ret_input,
		  struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	for (size_t capacity = FIRST_CAPACITY; size <= size_max; capacity *= 2) {
		char *grown = realloc(text, capacity + 1);
		if (grown == NULL)
			return fail_internal(err, BAILIFF_STAGE_SPEC, ENOMEM, "read '%s'", name);
		text = grown;
		ssize_t n = read_full(fd, text + size, capacity - size);
		if (n < 0)
			return fail_input(err, (int)-n, "read '%s'", name);
		size += (size_t)n;
		if (size == capacity)
			continue;
		if (size > size_max)
			break;
		text[size] = '\0';
		*ret_input = (struct input){ .text = MEM_TAKE(text), .size = size };
		return 0;
	}
	return fail_spec(err, "'%s' is longer than %zu bytes", name, size_max);
}

int input_read_file(const char *path, size_t size_max, struct input *ret_input,
		    struct bailiff_error *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_input(err, errno, "open '%s'", path);
	return input_read_fd(fd, path, size_max, ret_input, err);
}

void input_finish(struct input *input)
{
	free(input->text);
	*input = (struct input){ 0 };
}
