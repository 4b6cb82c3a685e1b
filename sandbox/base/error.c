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

/* Completes an error of which fault, stage and errnum are known. */
static int fail(struct bailiff_error *err, struct bailiff_error known, const char *hint,
		const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static int fail(struct bailiff_error *err, struct bailiff_error known, const char *hint,
		const char *format, va_list args)
{
	if (err != NULL) {
		*err = known;
		int length = vsnprintf(err->message, sizeof err->message, format, args);
		const char *cause = strerrordesc_np(known.errnum);
		if (known.errnum != 0 && length >= 0 && (size_t)length < sizeof err->message)
			(void)snprintf(err->message + length, sizeof err->message - (size_t)length,
				       ": %s", cause != NULL ? cause : "unknown error");
		if (hint != NULL)
			(void)snprintf(err->hint, sizeof err->hint, "%s", hint);
	}
	return known.errnum != 0 ? -known.errnum : -EINVAL;
}

#define KNOWN(fault_, stage_, errnum_) \
	((struct bailiff_error){ .fault = (fault_), .stage = (stage_), .errnum = (errnum_) })

int fail_spec(struct bailiff_error *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, KNOWN(BAILIFF_FAULT_SPEC, BAILIFF_STAGE_SPEC, 0), NULL, format, args);
	va_end(args);
	return rc;
}

int fail_input(struct bailiff_error *err, int errnum, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, KNOWN(BAILIFF_FAULT_INPUT, BAILIFF_STAGE_SPEC, errnum), NULL, format,
		      args);
	va_end(args);
	return rc;
}

int fail_host(struct bailiff_error *err, enum bailiff_stage stage, int errnum, const char *hint,
	      const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, KNOWN(BAILIFF_FAULT_HOST, stage, errnum), hint, format, args);
	va_end(args);
	return rc;
}

int fail_internal(struct bailiff_error *err, enum bailiff_stage stage, int errnum,
		  const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int rc = fail(err, KNOWN(BAILIFF_FAULT_INTERNAL, stage, errnum), NULL, format, args);
	va_end(args);
	return rc;
}

int error_prefix(const char *name, int rc, struct bailiff_error *err)
{
	if (rc == 0 || err == NULL || err->fault != BAILIFF_FAULT_SPEC)
		return rc;
	struct bailiff_error inner = *err;
	rc = fail_spec(err, "%s: %s", name, inner.message);
	memcpy(err->hint, inner.hint, sizeof err->hint);
	return rc;
}

int fail_cancelled(struct bailiff_error *err)
{
	if (err != NULL) {
		*err = KNOWN(BAILIFF_FAULT_CANCELLED, BAILIFF_STAGE_SUPERVISE, ECANCELED);
		(void)snprintf(err->message, sizeof err->message, "the run was given up");
	}
	return -ECANCELED;
}

const char *bailiff_version(void)
{
	return BAILIFF_VERSION;
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
