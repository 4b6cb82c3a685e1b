/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BASE_ERROR_H
#define BAILIFF_BASE_ERROR_H

#include <bailiff/bailiff.h>

/*
 * The one way to make an error. Fills *err (which may be NULL) and returns -errnum, or -EINVAL
 * when errnum is 0, so that `return fail_...(...)` is the whole error path. errnum is positive
 * and its text is appended to the message as ": <strerror>".
 */
int fail_spec(struct bailiff_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int fail_input(struct bailiff_error *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int fail_host(struct bailiff_error *err, enum bailiff_stage stage, int errnum, const char *hint,
	      const char *format, ...) __attribute__((format(printf, 5, 6)));
int fail_internal(struct bailiff_error *err, enum bailiff_stage stage, int errnum,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Puts "<name>: " before the message where the caller's spec is at fault; returns rc. */
int error_prefix(const char *name, int rc, struct bailiff_error *err);

int fail_cancelled(struct bailiff_error *err);

/* The errno's symbolic name ("ENOENT"); "E?" for an unknown one. */
const char *errno_name(int errnum);

#endif
