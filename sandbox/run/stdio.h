/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUN_STDIO_H
#define BAILIFF_RUN_STDIO_H

#include <bailiff/bailiff.h>
#include <sys/types.h>

/* What collects one output stream. */
struct sink {
	int pipe_fd; /* owned, non-blocking; FD_NONE where the program got the caller's own */
	int writer_fd; /* owned, or FD_NONE: the other end, kept open so that nobody is woken up for the
			* end of file, which says nothing that the program's end does not */
	int file_fd; /* owned, non-blocking; or FD_NONE */
	/* Owned. What was captured; with a file, what it has not taken yet. */
	char *data;
	size_t size, capacity;
	size_t capture_max;
	char *buffer; /* owned */
	uint64_t bytes;
	bool truncated;
};

/* What feeds standard input where the program must not hold the source itself. */
struct pump {
	int source_fd;   /* borrowed or owned, see owns_source */
	bool owns_source;
	int pipe_fd;     /* owned, non-blocking; FD_NONE when there is nothing to pump */
	int reader_fd;   /* owned; kept open so that writing never raises SIGPIPE in the caller */
	char *buffer;    /* owned */
	size_t filled, sent;
};

/* The three standard streams of one run. */
struct stdio {
	int child_fds[3]; /* owned; the program's ends, of no more use once the cell has them */
	bool borrowed[3]; /* the caller's own, never closed */
	struct sink sinks[2];
	struct pump pump;
};

#define SINK_EMPTY ((struct sink){ .pipe_fd = -EBADF, .writer_fd = -EBADF, .file_fd = -EBADF })
#define STDIO_EMPTY                                                                             \
	((struct stdio){ .child_fds = { -EBADF, -EBADF, -EBADF },                              \
			 .sinks = { SINK_EMPTY, SINK_EMPTY },                                   \
			 .pump = { .source_fd = -EBADF, .pipe_fd = -EBADF, .reader_fd = -EBADF } })

/*
 * Opens everything the spec says about the streams, with the caller's rights. FAULT_INPUT for a
 * file that cannot be opened. *ret_stdio needs stdio_finish() afterwards, also on failure.
 */
int stdio_open(const struct bailiff_spec *spec, struct stdio *ret_stdio,
	       struct bailiff_error *err);
/* The same for one of a pair: standard error alone; stdio_join() provides the other two. */
int stdio_open_paired(const struct bailiff_spec *spec, struct stdio *ret_stdio,
		      struct bailiff_error *err);
/*
 * For a cell that is parked before its streams are known: opens ends for its program, and ours:
 * an empty memory file that can still be written to, and two pipes. 0 or -errno.
 */
struct stdio_ends {
	int input_fd, output_fds[2], writer_fds[2]; /* owned by the caller */
};
#define STDIO_ENDS_EMPTY                                                                        \
	((struct stdio_ends){ .input_fd = -EBADF,                                              \
			      .output_fds = { -EBADF, -EBADF },                                \
			      .writer_fds = { -EBADF, -EBADF } })
int stdio_open_ends(struct stdio *ret_stdio, struct stdio_ends *ret_ends);
void stdio_close_ends(struct stdio_ends *ends);
/* Whether such ends can serve for what the spec says: input that is small, or in memory; output that
 * goes through this process. */
bool stdio_fits_ends(const struct bailiff_spec *spec);
/* As stdio_open(), upon such ends, which are taken over. */
int stdio_open_upon(const struct bailiff_spec *spec, struct stdio_ends *ends,
		    struct stdio *ret_stdio, struct bailiff_error *err);
/*
 * Makes the standard output of one program the standard input of another, by a pipe of which
 * nobody but their two cells will have an end. reader_gid is the group the reading program runs
 * with: each of the two may open its end again, in its own direction only. 0 or -errno.
 */
int stdio_join(struct stdio *writer, struct stdio *reader, gid_t reader_gid);
/* Reads and drops (but counts) the writer's standard output from now on, from the reading end of its
 * pipe, which is taken over. Nobody else may read there any more. 0 or -errno. */
int stdio_drop_output(struct stdio *writer, int *read_fd);
void stdio_close_child_ends(struct stdio *stdio);
void stdio_finish(struct stdio *stdio);

/*
 * Reads what is there, at most about allowance bytes more than it has (one buffer over, so that
 * "too much" can be seen), and at most some buffers in one go. 0 when it is done for now (the pipe
 * may hold more, or the file must be waited for, see sink_waits_for_file()), 1 at end of file,
 * -errno where the output file cannot be written. A file whose reader has gone takes no more; the
 * rest is counted and dropped.
 */
int sink_read(struct sink *sink, uint64_t allowance);

/* Whether a slow reader of the file (a FIFO, a terminal) keeps bytes waiting. */
bool sink_waits_for_file(const struct sink *sink);

/* Writes what waits. 0, or -errno where the file cannot be written. */
int sink_flush(struct sink *sink);

/* Flushes after the program's end; gives up on a reader that takes nothing for a second, marking
 * the stream truncated. 0 or -errno. */
int sink_finish(struct sink *sink);

/* Hands the captured bytes over to the result. */
void sink_take(struct sink *sink, struct bailiff_capture *ret_capture);

/* Moves what can be moved without waiting, after its source or its pipe became ready. 1 while there
 * may be more to come, 0 when the source has ended and all is delivered, -errno where the source
 * cannot be read. */
int pump_move(struct pump *pump);

/* Whether the buffer waits for the pipe (true) or for the source (false). */
bool pump_waits_for_pipe(const struct pump *pump);

#endif
