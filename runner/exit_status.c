/* SPDX-License-Identifier: MIT */
/*
 * From errors and results to exit statuses. Pure functions.
 */
#include "exit_status.h"

#include <signal.h>
#include <sysexits.h>

/* What shells and timeout(1) made customary. */
#define STATUS_TIME_LIMIT 124
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_SIGNAL_BASE 128

int exit_status_of_error(const struct bailiff_error *err)
{
	switch (err->fault) {
	case BAILIFF_FAULT_SPEC: return EX_DATAERR;
	case BAILIFF_FAULT_INPUT: return EX_NOINPUT;
	case BAILIFF_FAULT_HOST: return EX_UNAVAILABLE;
	case BAILIFF_FAULT_INTERNAL:
	case BAILIFF_FAULT_CANCELLED:
	case BAILIFF_FAULT_NONE: break;
	}
	return EX_SOFTWARE;
}

int exit_status_of_result(const struct bailiff_result *result)
{
	switch (result->verdict) {
	case BAILIFF_VERDICT_OK: return 0;
	case BAILIFF_VERDICT_RE:
		if (result->has_exit_code)
			return result->exit_code;
		if (result->signal != 0)
			return STATUS_SIGNAL_BASE + result->signal;
		return STATUS_NOT_EXECUTABLE;
	case BAILIFF_VERDICT_TLE: return STATUS_TIME_LIMIT;
	/* The signals by which the kernel itself enforces these limits. */
	case BAILIFF_VERDICT_MLE: return STATUS_SIGNAL_BASE + SIGKILL;
	case BAILIFF_VERDICT_OLE: return STATUS_SIGNAL_BASE + SIGXFSZ;
	case BAILIFF_VERDICT_SV: return STATUS_SIGNAL_BASE + SIGSYS;
	case BAILIFF_VERDICT_IE:
	case BAILIFF_VERDICT_NONE: break;
	}
	return EX_SOFTWARE;
}
