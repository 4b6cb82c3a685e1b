/* SPDX-License-Identifier: MIT */
/*
 * Errors as values. A failing function fills the caller's struct bailiff_error once, where it
 * knows most, and everything above it just returns. The family (caller, host, ourselves) is chosen
 * here by the constructor's name and decides the exit status at the edge.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fail(struct bailiff_error *err, enum bailiff_fault fault, enum bailiff_stage stage,
		int errnum, const char *hint, const char *format, va_list args)
	__attribute__((format(printf, 6, 0)));

static int fail(struct bailiff_error *err, enum bailiff_fault fault, enum bailiff_stage stage,
		int errnum, const char *hint, const char *format, va_list args)
{
	if (err != NULL) {
		*err = (struct bailiff_error){ .fault = fault, .stage = stage, .errnum = errnum };
		int length = vsnprintf(err->message, sizeof err->message, format, args);
		if (errnum != 0 && length >= 0 && (size_t)length < sizeof err->message)
			(void)snprintf(err->message + length, sizeof err->message - (size_t)length,
				       ": %s", strerrordesc_np(errnum) != NULL ?
				       strerrordesc_np(errnum) : "unknown error");
		if (hint != NULL)
			(void)snprintf(err->hint, sizeof err->hint, "%s", hint);
	}
	return errnum != 0 ? -errnum : -EINVAL;
}

int fail_spec(struct bailiff_error *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, BAILIFF_FAULT_SPEC, BAILIFF_STAGE_SPEC, 0, NULL, format, args);
	va_end(args);
	return rc;
}

int fail_input(struct bailiff_error *err, int errnum, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, BAILIFF_FAULT_INPUT, BAILIFF_STAGE_SPEC, errnum, NULL, format, args);
	va_end(args);
	return rc;
}

int fail_host(struct bailiff_error *err, enum bailiff_stage stage, int errnum, const char *hint,
	      const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, BAILIFF_FAULT_HOST, stage, errnum, hint, format, args);
	va_end(args);
	return rc;
}

int fail_internal(struct bailiff_error *err, enum bailiff_stage stage, int errnum,
		  const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, BAILIFF_FAULT_INTERNAL, stage, errnum, NULL, format, args);
	va_end(args);
	return rc;
}

const char *errno_name(int errnum)
{
	const char *name = strerrorname_np(errnum);
	return name != NULL ? name : "E?";
}

const char *bailiff_stage_name(enum bailiff_stage stage)
{
	switch (stage) {
	case BAILIFF_STAGE_SPEC: return "spec";
	case BAILIFF_STAGE_CGROUP: return "cgroup";
	case BAILIFF_STAGE_NAMESPACE: return "namespace";
	case BAILIFF_STAGE_ROOTFS: return "rootfs";
	case BAILIFF_STAGE_POLICY: return "policy";
	case BAILIFF_STAGE_EXEC: return "exec";
	case BAILIFF_STAGE_SUPERVISE: return "supervise";
	}
	return "unknown";
}
