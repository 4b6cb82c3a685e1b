/* SPDX-License-Identifier: MIT */
/*
 * What one cell is used for: the program, as the last steps before exec need it. A job reaches the
 * waiting process as one memory file, written by the supervisor (run/job_image.c) and mapped here:
 * this struct, then all it points to. In the file a pointer is the offset of what it points to,
 * and NULL is 0.
 */
#ifndef BAILIFF_CHILD_JOB_H
#define BAILIFF_CHILD_JOB_H

#include <linux/filter.h>
#include <stddef.h>
#include <sys/resource.h>

#define JOB_RLIMIT_MAX 16

/* INTERPRETER and its one ARGUMENT. */
#define JOB_ARGV_SPARE 2

struct job_rlimit {
	int resource;
	struct rlimit limit;
};

struct job {
	size_t size; /* of the whole file */
	struct job_rlimit rlimits[JOB_RLIMIT_MAX];
	size_t rlimit_count;
	struct sock_fprog filter;
	char *cwd;
	char **paths; /* candidates for the program in order, NULL-terminated */
	/* The arguments stand at argv[JOB_ARGV_SPARE]; the slots before them are for the interpreter
	 * of a script. NULL-terminated from there on. */
	char **argv;
	char **envp; /* NULL-terminated */
};

/* The descriptors that come with a job. */
enum job_fd { JOB_STDIN, JOB_STDOUT, JOB_STDERR, JOB_IMAGE };
#define JOB_FD_COUNT 4

/*
 * Maps a job's file privately and turns its offsets into pointers. The mapping lasts until exec.
 * 0 or -errno. Async-signal-safe.
 */
int job_map(int image_fd, struct job **ret_job);

#endif
