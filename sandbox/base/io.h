/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BASE_IO_H
#define BAILIFF_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes all of data, retrying short writes and EINTR. 0 or -errno. Async-signal-safe. */
int io_write_all(int fd, const void *data, size_t size);

/*
 * Reads a small file below dir_fd (AT_FDCWD allowed) into buffer as a NUL-terminated string.
 * Returns its length, or -errno; -E2BIG where it does not fit. Async-signal-safe.
 */
int io_read_file_at(int dir_fd, const char *path, char *buffer, size_t capacity);

/* As above, from the start of an open file (pread), so that a kept descriptor can be read again. */
int io_read_fd(int fd, char *buffer, size_t capacity);

/* The same by one read: for files that the kernel makes in one piece, as it does those of cgroups. */
int io_read_record(int fd, char *buffer, size_t capacity);

/* Writes text to an existing file below dir_fd in one write(2), as cgroup and proc files want.
 * 0 or -errno. Async-signal-safe. */
int io_write_file_at(int dir_fd, const char *path, const char *text);

/*
 * Parses a whole string of decimal digits (one trailing newline allowed). False for an empty
 * string, a sign, other characters or overflow. Async-signal-safe.
 */
bool io_parse_u64(const char *text, uint64_t *ret_value);

/*
 * Finds the line "KEY NUMBER" in text and parses its number; with `field`, the line that starts
 * with KEY and in it "FIELD=NUMBER". A NULL key parses the whole text. False where it is missing
 * or malformed.
 */
bool io_parse_keyed_u64(const char *text, const char *key, const char *field, uint64_t *ret_value);

/* Appends the decimal digits of value at `at`, NUL-terminates, returns the new end. The buffer
 * must have room for 21 bytes. Async-signal-safe, unlike snprintf(3). */
char *io_format_u64(char *at, uint64_t value);

#endif
