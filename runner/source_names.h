/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_SOURCE_NAMES_H
#define BAILIFF_RUNNER_SOURCE_NAMES_H

#include "toolchain.h"

#define SOURCE_NAME_BYTES_MAX 100u
#define SOURCE_FOLDERS_MAX 8u

/*
 * Whether files of these names, relative to the working folder, can stand beside each other and
 * beside what the compile step makes, and mean nothing but themselves on a command line. Fails
 * with BAILIFF_FAULT_SPEC, naming the file. `artifacts` ends with NULL and may be NULL.
 */
int source_names_check(const struct source_file *sources, size_t count,
		       const char *const *artifacts, struct bailiff_error *err);

/* Whether two files of these names cannot both exist: they are equal, or one is a folder of the
 * other's. */
bool source_names_collide(const char *a, const char *b);

#endif
