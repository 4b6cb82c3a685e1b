/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_QUEUE_QUEUE_ERROR_H
#define BAILIFF_QUEUE_QUEUE_ERROR_H

#include <bailiff/bailiff.h>

/*
 * As fail_spec() and its like (base/error.h), for errors whose number is a part of the interface and
 * whose text says more than the number's would. Returns -errnum. `hint` may be NULL.
 */
int queue_error(struct bailiff_error *err, enum bailiff_fault fault, int errnum, const char *hint,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/* BAILIFF_FAULT_INPUT, -ENOENT: there is no job of this number. */
int queue_error_no_job(struct bailiff_error *err, uint64_t job);

#endif
