/* SPDX-License-Identifier: MIT */
/*
 * A temporary folder for a test to put files in. Every function fails the test where something
 * goes wrong. Paths are relative to the folder; the folders above a file are made.
 */
#ifndef TESTS_SCRATCH_FOLDER_H
#define TESTS_SCRATCH_FOLDER_H

#include <stddef.h>

/* cmocka setup and teardown; *state is the folder's absolute path. */
int scratch_make(void **state);
int scratch_remove(void **state);

void scratch_put(const char *folder, const char *path, const char *text);
void scratch_put_bytes(const char *folder, const char *path, const void *data, size_t size);
void scratch_link(const char *folder, const char *path, const char *target);
void scratch_fifo(const char *folder, const char *path);
/* Everything below a path; nothing where it is missing. */
void scratch_delete(const char *folder, const char *path);

#endif
