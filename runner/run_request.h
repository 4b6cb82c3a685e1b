/* SPDX-License-Identifier: MIT */
/*
 * A run as it is being put together from a spec file and the command line. Owns every string and
 * list; `spec` is what bailiff_run() takes, complete but for the policy and valid until
 * run_request_finish(). Zero is a valid, empty request.
 *
 * Functions return 0 or a negative errno with *err filled. They copy what they are given.
 */
#ifndef BAILIFF_RUNNER_RUN_REQUEST_H
#define BAILIFF_RUNNER_RUN_REQUEST_H

#include <bailiff/bailiff.h>

#include "arena.h"

/* Elements in one list of a request, and in argv. The kernel bounds argv's bytes itself. */
#define RUN_REQUEST_LIST_MAX 1024u
#define RUN_REQUEST_ARGV_MAX 32768u
/* Bytes of one captured stream; they are held in memory and end up in the result. */
#define RUN_REQUEST_CAPTURE_MAX (UINT64_C(64) << 20)

struct run_request {
	struct arena arena;
	struct bailiff_spec spec;
	const char *policy; /* a built-in policy's name, or a file's path; NULL = the default */
	/* The arrays that spec points to, writable. Owned by the arena. */
	const char **argv;
	size_t argv_count;
	const char **env;
	size_t env_count;
	struct bailiff_bind *binds;
	struct bailiff_file *files;
	struct bailiff_collect *collects;
};

/* Frees everything the request owns and makes it empty. */
void run_request_finish(struct run_request *request);

/* A copy of text that lives as long as the request. */
int run_request_copy(struct run_request *request, const char *text, const char **ret_copy,
		     struct bailiff_error *err);

/*
 * A copy of `path`; where it is relative, it is taken to be below `folder` (NULL = the current
 * folder).
 */
int run_request_copy_path(struct run_request *request, const char *folder, const char *path,
			  const char **ret_path, struct bailiff_error *err);

/* Appends an argument; the first is the program. */
int run_request_add_argument(struct run_request *request, const char *text,
			     struct bailiff_error *err);
void run_request_clear_arguments(struct run_request *request);

/* Sets "KEY=VALUE", in place of an earlier value of the same key. */
int run_request_set_env(struct run_request *request, const char *key_value,
			struct bailiff_error *err);

/* Append one element, whose strings must live as long as the request. Bytes are not copied. */
int run_request_add_bind(struct run_request *request, const struct bailiff_bind *bind,
			 struct bailiff_error *err);
int run_request_add_file(struct run_request *request, const struct bailiff_file *file,
			 struct bailiff_error *err);
int run_request_add_collect(struct run_request *request, const struct bailiff_collect *collect,
			    struct bailiff_error *err);

/* The part of a path after its last slash; points into path. "" where it ends in a slash. */
const char *path_last_part(const char *path);

#endif
