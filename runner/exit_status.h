/* SPDX-License-Identifier: MIT */
/*
 * The exit statuses of every command: those of sysexits.h (EX_USAGE 64, EX_DATAERR 65,
 * EX_NOINPUT 66, EX_UNAVAILABLE 69, EX_SOFTWARE 70), and with --exit-status the program's own.
 */
#ifndef BAILIFF_RUNNER_EXIT_STATUS_H
#define BAILIFF_RUNNER_EXIT_STATUS_H

#include <bailiff/bailiff.h>

/* The status that says whose fault an error is. */
int exit_status_of_error(const struct bailiff_error *err);

/* The status that mirrors how the program ended, as a shell or timeout(1) would report it. */
int exit_status_of_result(const struct bailiff_result *result);

#endif
