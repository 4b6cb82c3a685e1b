/* SPDX-License-Identifier: MIT */
/*
 * Standard streams. Output always goes through a pipe into the supervisor, which counts it and
 * keeps only what it was asked to keep, so a flood fills neither memory nor disk. Input is a file
 * on a read-only mount of its own, sealed memory, or a pipe: nothing the program could write to
 * by opening /proc/self/fd/0 again. The program never holds a descriptor of the caller's unless
 * the caller asked for that by name.
 */
#include "run/stdio.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define CAPTURE_DEFAULT_BYTES (64 * 1024)
#define BUFFER_BYTES (64 * 1024)

/* Programs that write as fast as we read must not keep the event loop from its other duties. */
#define READS_PER_TURN 16

/* More input than this is not copied for a program that is parked already. */
#define PARKED_INPUT_MAX (4 * 1024 * 1024)

/* How long a reader of an output file may take nothing after the program has ended. */
#define PATIENCE_MS 1000

/* ---- input ------------------------------------------------------------------------------ */

/* A pipe whose one end is non-blocking for the supervisor; `others` lets the program's user open
 * its end again by /dev/stdin or /dev/stdout, in that direction only. */
static int make_pipe(int *ret_program_end, int *ret_own_end, int own_index, mode_t others)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (fchmod(ends[0], 0600 | others) < 0 ||
	    fcntl(ends[own_index], F_SETFL, O_NONBLOCK) < 0) {
		int cause = errno;
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return -cause;
	}
	*ret_own_end = ends[own_index];
	*ret_program_end = ends[1 - own_index];
	return 0;
}

static int start_pump(struct stdio *stdio, int source_fd, bool owns_source,
		      struct bailiff_error *err)
{
	struct pump *pump = &stdio->pump;
	pump->source_fd = source_fd;
	pump->owns_source = owns_source;
	pump->buffer = malloc(BUFFER_BYTES);
	if (pump->buffer == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "feed standard input");
	int rc = make_pipe(&stdio->child_fds[0], &pump->pipe_fd, 1, 04);
	if (rc == 0) {
		pump->reader_fd = fcntl(stdio->child_fds[0], F_DUPFD_CLOEXEC, 3);
		rc = pump->reader_fd < 0 ? -errno : 0;
	}
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "feed standard input");
	return 0;
}

/* Opens the same file again through a detached read-only mount, at the same offset. Fails where
 * the file lies on a file system that cannot be bound (memfd, another mount namespace's). */
static int reopen_read_only(int fd, uint64_t attributes)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	AUTO_CLOSE int tree_fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NOEXEC | attributes };
	if (tree_fd < 0 || mount_setattr(tree_fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return -errno;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", tree_fd);
	int again = open(path, O_RDONLY | O_CLOEXEC);
	if (again < 0)
		return -errno;
	off_t offset = lseek(fd, 0, SEEK_CUR);
	if (offset > 0)
		(void)lseek(again, offset, SEEK_SET);
	return again;
}

static int open_input_fd(struct stdio *stdio, int fd, bool owned, struct bailiff_error *err)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return fail_input(err, errno, "stdin");
	if (S_ISDIR(status.st_mode))
		return fail_input(err, EISDIR, "stdin");
	if (S_ISREG(status.st_mode)) {
		int again = reopen_read_only(fd, MOUNT_ATTR_NODEV);
		if (again >= 0) {
			stdio->child_fds[0] = again;
			if (owned)
				fd_close(&fd);
			return 0;
		}
	}
	return start_pump(stdio, fd, owned, err);
}

static int open_input_path(struct stdio *stdio, const char *path, struct bailiff_error *err)
{
	/* Non-blocking, for a FIFO without a writer must not hang us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_input(err, errno, "stdin: '%s'", path);
	if (S_ISDIR(status.st_mode)) {
		fd_close(&fd);
		return fail_input(err, EISDIR, "stdin: '%s'", path);
	}
	return open_input_fd(stdio, fd, /* owned= */ true, err);
}

/* Nobody can write to it any more. */
static int seal(int mem_fd)
{
	return fcntl(mem_fd, F_ADD_SEALS,
		     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0 ? -errno : 0;
}

/* Readable for the program's user, if it opens it again. */
static int make_memory_file(int *ret_fd)
{
	AUTO_CLOSE int mem_fd = memfd_create("stdin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (mem_fd < 0 || fchmod(mem_fd, 0444) < 0)
		return -errno;
	*ret_fd = fd_take(&mem_fd);
	return 0;
}

/* The same file for the program, which cannot write to it even while it is not sealed yet; and which
 * may map it as any input file: mmap(2) of a sealed one with MAP_SHARED fails before Linux 6.7 where
 * the descriptor could write. A descriptor at the file's start, or -errno. */
static int open_read_only(int mem_fd)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", mem_fd);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_input_data(struct stdio *stdio, const void *data, size_t size,
			   struct bailiff_error *err)
{
	AUTO_CLOSE int mem_fd = FD_NONE;
	int rc = make_memory_file(&mem_fd);
	if (rc == 0)
		rc = io_write_all(mem_fd, data, size);
	if (rc == 0)
		rc = seal(mem_fd);
	if (rc == 0)
		rc = open_read_only(mem_fd);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "prepare standard input");
	stdio->child_fds[0] = rc;
	return 0;
}

static const char *const stream_names[] = { "stdin", "stdout", "stderr" };

/* The program gets the caller's own descriptor. Never a folder, from which it could reach what
 * its root does not show. */
static int inherit(struct stdio *stdio, int stream, int fd, struct bailiff_error *err)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return fail_input(err, errno, "%s: inherited descriptor %d", stream_names[stream], fd);
	if (S_ISDIR(status.st_mode) || (fcntl(fd, F_GETFL) & O_PATH) != 0)
		return fail_input(err, EISDIR, "%s: inherited descriptor %d", stream_names[stream],
				  fd);
	stdio->child_fds[stream] = fd;
	stdio->borrowed[stream] = true;
	return 0;
}

static int open_input(struct stdio *stdio, const struct bailiff_stdin *in,
		      struct bailiff_error *err)
{
	switch (in->kind) {
	/* Not the host's /dev/null: its times are a place to leave a message. */
	case BAILIFF_STDIN_EMPTY: return open_input_data(stdio, "", 0, err);
	case BAILIFF_STDIN_PATH:
		return in->path == NULL ? fail_spec(err, "stdin.path: missing") :
					  open_input_path(stdio, in->path, err);
	case BAILIFF_STDIN_DATA: return open_input_data(stdio, in->data, in->size, err);
	case BAILIFF_STDIN_FD: return open_input_fd(stdio, in->fd, /* owned= */ false, err);
	case BAILIFF_STDIN_INHERIT: return inherit(stdio, 0, in->fd, err);
	}
	return fail_spec(err, "stdin: unknown kind");
}

bool pump_waits_for_pipe(const struct pump *pump)
{
	return pump->sent < pump->filled;
}

int pump_move(struct pump *pump)
{
	if (pump->sent == pump->filled) {
		ssize_t n = read(pump->source_fd, pump->buffer, BUFFER_BYTES);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 1 : -errno;
		if (n == 0) {
			fd_close(&pump->pipe_fd);
			fd_close(&pump->reader_fd);
			return 0;
		}
		pump->filled = (size_t)n;
		pump->sent = 0;
	}
	/* Never EPIPE: we hold a reading end ourselves. */
	ssize_t n = write(pump->pipe_fd, pump->buffer + pump->sent, pump->filled - pump->sent);
	if (n > 0)
		pump->sent += (size_t)n;
	return 1;
}

/* ---- output ----------------------------------------------------------------------------- */

/* Where the stream goes; the pipe it comes from is not made here. */
static int open_sink(struct sink *sink, int stream, const struct bailiff_stdout *out,
		     struct bailiff_error *err)
{
	if (out->kind != BAILIFF_STDOUT_PATH && out->kind != BAILIFF_STDOUT_CAPTURE)
		return fail_spec(err, "%s: unknown kind", stream_names[stream]);
	if (out->kind == BAILIFF_STDOUT_PATH && out->path == NULL)
		return fail_spec(err, "%s.path: missing", stream_names[stream]);
	if (out->kind == BAILIFF_STDOUT_PATH) {
		/* Non-blocking, for a FIFO may have no reader or a slow one; appending, for both
		 * streams may go to the same file. */
		sink->file_fd = open(out->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC |
							O_NOCTTY | O_NONBLOCK, 0666);
		if (sink->file_fd < 0)
			return fail_input(err, errno, "%s: '%s'", stream_names[stream], out->path);
		sink->capture_max = SIZE_MAX; /* what waits is one buffer at most */
	} else {
		sink->capture_max = out->capture_bytes != 0 ? out->capture_bytes :
							      CAPTURE_DEFAULT_BYTES;
	}
	sink->buffer = malloc(BUFFER_BYTES);
	if (sink->buffer == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "capture %s",
				     stream_names[stream]);
	return 0;
}

static int open_output(struct stdio *stdio, int stream, const struct bailiff_stdout *out,
		       struct bailiff_error *err)
{
	struct sink *sink = &stdio->sinks[stream - 1];
	if (out->kind == BAILIFF_STDOUT_INHERIT)
		return inherit(stdio, stream, out->fd, err);
	int rc = open_sink(sink, stream, out, err);
	if (rc < 0)
		return rc;
	rc = make_pipe(&stdio->child_fds[stream], &sink->pipe_fd, 0, 02);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "capture %s",
				     stream_names[stream]);
	return 0;
}

static int keep(struct sink *sink, const char *data, size_t size)
{
	size_t room = sink->capture_max - sink->size;
	size_t kept = size < room ? size : room;
	if (kept < size)
		sink->truncated = true;
	if (sink->size + kept > sink->capacity) {
		size_t capacity = sink->capacity == 0 ? 4096 : sink->capacity;
		while (capacity < sink->size + kept)
			capacity *= 2;
		char *grown = realloc(sink->data, capacity);
		if (grown == NULL)
			return -ENOMEM;
		sink->data = grown;
		sink->capacity = capacity;
	}
	if (kept > 0)
		memcpy(sink->data + sink->size, data, kept);
	sink->size += kept;
	return 0;
}

bool sink_waits_for_file(const struct sink *sink)
{
	return sink->file_fd >= 0 && sink->size > 0;
}

/* A library must not let its caller's process be killed by SIGPIPE, nor change what the process
 * does with it: the signal is blocked in this thread and taken back if this write raised it. */
static ssize_t write_quietly(int fd, const void *data, size_t size)
{
	sigset_t pipe_signal, before, pending;
	(void)sigemptyset(&pipe_signal);
	(void)sigaddset(&pipe_signal, SIGPIPE);
	(void)sigpending(&pending);
	(void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	ssize_t n = write(fd, data, size);
	int cause = errno;
	if (n < 0 && cause == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
		const struct timespec at_once = { 0 };
		(void)sigtimedwait(&pipe_signal, NULL, &at_once);
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = cause;
	return n;
}

int sink_flush(struct sink *sink)
{
	if (sink->size == 0)
		return 0;
	size_t written = 0;
	int rc = 0;
	while (written < sink->size && rc == 0) {
		ssize_t n = write_quietly(sink->file_fd, sink->data + written,
					  sink->size - written);
		if (n >= 0)
			written += (size_t)n;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (rc == -EPIPE) {
		/* The reader has gone; what it does not want is still counted. */
		fd_close(&sink->file_fd);
		sink->capture_max = sink->size = 0;
		sink->truncated = true;
		return 0;
	}
	memmove(sink->data, sink->data + written, sink->size - written);
	sink->size -= written;
	return rc == -EAGAIN ? 0 : rc;
}

int sink_finish(struct sink *sink)
{
	while (sink_waits_for_file(sink)) {
		struct pollfd file = { .fd = sink->file_fd, .events = POLLOUT };
		int ready = poll(&file, 1, PATIENCE_MS);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0) {
			sink->truncated = true;
			sink->size = 0;
		}
		int rc = ready > 0 ? sink_flush(sink) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sink_read(struct sink *sink, uint64_t allowance)
{
	uint64_t limit = sink->bytes + allowance;
	for (int turn = 0; turn < READS_PER_TURN && sink->bytes <= limit; turn++) {
		if (sink_waits_for_file(sink))
			return 0;
		ssize_t n = read(sink->pipe_fd, sink->buffer, BUFFER_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n == 0)
			return 1;
		size_t allowed = limit - sink->bytes < (uint64_t)n ? limit - sink->bytes : (size_t)n;
		sink->bytes += (uint64_t)n;
		int rc = keep(sink, sink->buffer, sink->file_fd >= 0 ? allowed : (size_t)n);
		if (rc == 0 && sink->file_fd >= 0)
			rc = sink_flush(sink);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void sink_take(struct sink *sink, struct bailiff_capture *ret_capture)
{
	if (sink->file_fd >= 0)
		sink->size = 0;
	*ret_capture = (struct bailiff_capture){ .data = MEM_TAKE(sink->data), .size = sink->size,
						 .truncated = sink->truncated };
	sink->size = sink->capacity = 0;
}

/* ---- all three -------------------------------------------------------------------------- */

int stdio_open(const struct bailiff_spec *spec, struct stdio *ret_stdio, struct bailiff_error *err)
{
	*ret_stdio = STDIO_EMPTY;
	int rc = open_input(ret_stdio, &spec->in, err);
	if (rc == 0)
		rc = open_output(ret_stdio, 1, &spec->out, err);
	if (rc == 0)
		rc = open_output(ret_stdio, 2, &spec->err, err);
	return rc;
}

/* ---- streams for a program that is parked already ------------------------------------------- */

int stdio_open_ends(struct stdio *ret_stdio, struct stdio_ends *ret_ends)
{
	*ret_stdio = STDIO_EMPTY;
	int rc = make_memory_file(&ret_ends->input_fd);
	if (rc == 0) {
		int fd = open_read_only(ret_ends->input_fd);
		ret_stdio->child_fds[0] = fd;
		rc = fd < 0 ? fd : 0;
	}
	for (int i = 0; rc == 0 && i < 2; i++) {
		rc = make_pipe(&ret_stdio->child_fds[1 + i], &ret_ends->output_fds[i], 0, 02);
		if (rc == 0)
			ret_ends->writer_fds[i] =
				fcntl(ret_stdio->child_fds[1 + i], F_DUPFD_CLOEXEC, 3);
		if (rc == 0 && ret_ends->writer_fds[i] < 0)
			rc = -errno;
	}
	return rc;
}

void stdio_close_ends(struct stdio_ends *ends)
{
	fd_close(&ends->input_fd);
	for (int i = 0; i < 2; i++) {
		fd_close(&ends->output_fds[i]);
		fd_close(&ends->writer_fds[i]);
	}
}

bool stdio_fits_ends(const struct bailiff_spec *spec)
{
	struct stat status;
	if (spec->out.kind == BAILIFF_STDOUT_INHERIT || spec->err.kind == BAILIFF_STDOUT_INHERIT)
		return false;
	switch (spec->in.kind) {
	case BAILIFF_STDIN_EMPTY: return true;
	case BAILIFF_STDIN_DATA: return spec->in.size <= PARKED_INPUT_MAX;
	case BAILIFF_STDIN_PATH:
		return spec->in.path != NULL && stat(spec->in.path, &status) == 0 &&
		       S_ISREG(status.st_mode) && status.st_size <= PARKED_INPUT_MAX;
	case BAILIFF_STDIN_FD:
	case BAILIFF_STDIN_INHERIT: return false;
	}
	return false;
}

static int write_at(int fd, const char *data, size_t size, off_t offset)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, data, size, offset);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
			offset += n;
		}
	}
	return 0;
}

static int copy_input(const char *path, int to_fd, struct bailiff_error *err)
{
	struct stat status;
	AUTO_CLOSE int from_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (from_fd < 0 || fstat(from_fd, &status) < 0)
		return fail_input(err, errno, "stdin: '%s'", path);
	/* It was one when such a cell was chosen; what has no end must not be read here. */
	if (!S_ISREG(status.st_mode))
		return fail_input(err, 0, "stdin: '%s' is not a regular file any more", path);
	AUTO_FREE char *buffer = malloc(BUFFER_BYTES);
	off_t offset = 0;
	for (;;) {
		ssize_t n = buffer == NULL ? -1 : read(from_fd, buffer, BUFFER_BYTES);
		if (n < 0 && buffer != NULL && errno == EINTR)
			continue;
		if (n < 0)
			return fail_input(err, buffer == NULL ? ENOMEM : errno, "stdin: '%s'", path);
		if (n == 0)
			return 0;
		int rc = write_at(to_fd, buffer, (size_t)n, offset);
		if (rc < 0)
			return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc,
					     "prepare standard input");
		offset += n;
	}
}

static int fill_input(const struct bailiff_stdin *in, int input_fd, struct bailiff_error *err)
{
	int rc = 0;
	if (in->kind == BAILIFF_STDIN_PATH)
		rc = copy_input(in->path, input_fd, err);
	if (rc < 0)
		return rc;
	if (in->kind == BAILIFF_STDIN_DATA)
		rc = write_at(input_fd, in->data, in->size, 0);
	if (rc == 0)
		rc = seal(input_fd);
	return rc == 0 ? 0 :
			 fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "prepare standard input");
}

int stdio_open_upon(const struct bailiff_spec *spec, struct stdio_ends *ends,
		    struct stdio *ret_stdio, struct bailiff_error *err)
{
	*ret_stdio = STDIO_EMPTY;
	for (int i = 0; i < 2; i++) {
		ret_stdio->sinks[i].pipe_fd = fd_take(&ends->output_fds[i]);
		ret_stdio->sinks[i].writer_fd = fd_take(&ends->writer_fds[i]);
	}
	int rc = fill_input(&spec->in, ends->input_fd, err);
	fd_close(&ends->input_fd);
	if (rc == 0)
		rc = open_sink(&ret_stdio->sinks[0], 1, &spec->out, err);
	if (rc == 0)
		rc = open_sink(&ret_stdio->sinks[1], 2, &spec->err, err);
	return rc;
}

int stdio_open_paired(const struct bailiff_spec *spec, struct stdio *ret_stdio,
		      struct bailiff_error *err)
{
	*ret_stdio = STDIO_EMPTY;
	return open_output(ret_stdio, 2, &spec->err, err);
}

/*
 * A pipe's file belongs to who makes it. So it stays the supervisor's (nobody inside may change its
 * mode), in the reader's group: the group may read, the others, of whom only the writer has the
 * pipe at all, may write.
 */
int stdio_join(struct stdio *writer, struct stdio *reader, gid_t reader_gid)
{
	int ends[2];
	(void)syscall(SYS_setfsgid, reader_gid);
	int rc = pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
	(void)syscall(SYS_setfsgid, getegid());
	if (rc < 0)
		return rc;
	reader->child_fds[0] = ends[0];
	writer->child_fds[1] = ends[1];
	return fchmod(ends[0], 0642) < 0 ? -errno : 0;
}

int stdio_drop_output(struct stdio *writer, int *read_fd)
{
	struct sink *sink = &writer->sinks[0];
	int flags = fcntl(*read_fd, F_GETFL);
	if (flags < 0 || fcntl(*read_fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	sink->buffer = malloc(BUFFER_BYTES);
	if (sink->buffer == NULL)
		return -ENOMEM;
	sink->pipe_fd = fd_take(read_fd);
	return 0;
}

void stdio_close_child_ends(struct stdio *stdio)
{
	for (int i = 0; i < 3; i++) {
		if (i > 0 && stdio->sinks[i - 1].pipe_fd >= 0 && stdio->child_fds[i] >= 0)
			stdio->sinks[i - 1].writer_fd = fd_take(&stdio->child_fds[i]);
		if (!stdio->borrowed[i])
			fd_close(&stdio->child_fds[i]);
		stdio->child_fds[i] = FD_NONE;
	}
}

void stdio_finish(struct stdio *stdio)
{
	stdio_close_child_ends(stdio);
	for (int i = 0; i < 2; i++) {
		fd_close(&stdio->sinks[i].pipe_fd);
		fd_close(&stdio->sinks[i].writer_fd);
		fd_close(&stdio->sinks[i].file_fd);
		free(stdio->sinks[i].data);
		free(stdio->sinks[i].buffer);
		stdio->sinks[i].data = stdio->sinks[i].buffer = NULL;
	}
	struct pump *pump = &stdio->pump;
	if (pump->owns_source)
		fd_close(&pump->source_fd);
	pump->source_fd = FD_NONE;
	fd_close(&pump->pipe_fd);
	fd_close(&pump->reader_fd);
	free(pump->buffer);
	pump->buffer = NULL;
}
