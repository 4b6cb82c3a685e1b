/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_JUDGE_BLOB_H
#define BAILIFF_JUDGE_BLOB_H

#include "input.h"
#include "judge/problem.h"
#include "run_request.h"

/* More than this of one file is not held in memory. */
#define BLOB_BYTES_MAX ((size_t)1 << 30)

/* The whole in memory; *ret_input is the caller's (input_finish). */
int blob_read(const struct blob *blob, struct input *ret_input, struct bailiff_error *err);

/* As standard input of a program. Borrows from the blob. */
struct bailiff_stdin blob_as_stdin(const struct blob *blob);

/* Reads a file through once, so that its pages are in the cache and charged to us: the first
 * program to read it would otherwise find them in its own memory figure. Failing does no harm. */
void blob_warm(const struct blob *blob);

/*
 * Makes the blob readable in a cell: a large file that everybody may read is bound, anything else
 * copied in. *ret_path, absolute inside, and what else it needs live as long as the request; `name` must
 * be a plain file name, and no other blob of the request have the same.
 */
int blob_into_cell(const struct blob *blob, const char *name, struct run_request *request,
		   const char **ret_path, struct bailiff_error *err);

#endif
