/* SPDX-License-Identifier: MIT */
/*
 * Test data on its way into cells. Files stay on disk until they are needed and are never changed;
 * a cell sees them through a read-only bind, a read-only descriptor, or a copy of its own.
 */
#include "judge/blob.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WARM_BUFFER_BYTES (128 * 1024)
/* Up to here a copy is cheaper than a cell that is built for one file. */
#define COPIED_BYTES_MAX ((size_t)8 << 20)

/* Since the problem was loaded a file may have become a FIFO, which must not hold us up. */
static int read_file(const char *path, struct input *ret_input, struct bailiff_error *err)
{
	struct stat status;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_input(err, errno, "open '%s'", path);
	if (!S_ISREG(status.st_mode))
		return fail_input(err, 0, "'%s' is not a regular file any more", path);
	return input_read_fd(fd, path, BLOB_BYTES_MAX, ret_input, err);
}

int blob_read(const struct blob *blob, struct input *ret_input, struct bailiff_error *err)
{
	if (blob->path != NULL)
		return read_file(blob->path, ret_input, err);
	char *text = malloc(blob->size + 1);
	if (text == NULL)
		return fail_memory(err);
	if (blob->size > 0)
		memcpy(text, blob->data, blob->size);
	text[blob->size] = '\0';
	*ret_input = (struct input){ .text = text, .size = blob->size };
	return 0;
}

struct bailiff_stdin blob_as_stdin(const struct blob *blob)
{
	if (blob->path != NULL)
		return (struct bailiff_stdin){ .kind = BAILIFF_STDIN_PATH, .path = blob->path };
	return (struct bailiff_stdin){ .kind = BAILIFF_STDIN_DATA,
				       .data = blob->data,
				       .size = blob->size };
}

void blob_warm(const struct blob *blob)
{
	AUTO_FREE char *buffer = blob->path != NULL ? malloc(WARM_BUFFER_BYTES) : NULL;
	if (buffer == NULL)
		return;
	AUTO_CLOSE int fd = open(blob->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd >= 0 && read(fd, buffer, WARM_BUFFER_BYTES) > 0)
		;
}

static bool everybody_may_read(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
	       (status.st_mode & S_IROTH) != 0;
}

int blob_into_cell(const struct blob *blob, const char *name, struct run_request *request,
		   const char **ret_path, struct bailiff_error *err)
{
	bool is_bound = blob->path != NULL && blob->size > COPIED_BYTES_MAX &&
			everybody_may_read(blob->path);
	const char *path =
		arena_format(&request->arena, is_bound ? "/judge/%s" : "/tmp/judge/%s", name);
	if (path == NULL)
		return fail_memory(err);
	*ret_path = path;
	if (is_bound) {
		const struct bailiff_bind bind = { .from = blob->path, .to = path };
		return run_request_add_bind(request, &bind, err);
	}
	const struct bailiff_file file = { .to = path,
					   .from = blob->path,
					   .data = blob->data,
					   .size = blob->size };
	return run_request_add_file(request, &file, err);
}
