/* SPDX-License-Identifier: MIT */
/* Errors of queues. Their numbers are told to programs, their messages to people. */
#include "queue/queue_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int queue_error(struct bailiff_error *err, enum bailiff_fault fault, int errnum, const char *hint,
		const char *format, ...)
{
	if (err != NULL) {
		*err = (struct bailiff_error){ .fault = fault,
					       .stage = BAILIFF_STAGE_SPEC,
					       .errnum = errnum };
		va_list args;
		va_start(args, format);
		(void)vsnprintf(err->message, sizeof err->message, format, args);
		va_end(args);
		if (hint != NULL)
			(void)snprintf(err->hint, sizeof err->hint, "%s", hint);
	}
	return -errnum;
}

int queue_error_no_job(struct bailiff_error *err, uint64_t job)
{
	return queue_error(err, BAILIFF_FAULT_INPUT, ENOENT, NULL, "there is no job %llu",
			   (unsigned long long)job);
}
