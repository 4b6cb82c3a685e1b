/* SPDX-License-Identifier: MIT */
/*
 * bailiff is two executables: `bailiff` runs cells and has no more libraries than that takes;
 * `bailiff-queue` talks to queues, with a database client's libraries and its secrets, and starts no cell
 * itself. Each finds the other beside itself (a build folder), or where it was installed.
 */
#ifndef BAILIFF_RUNNER_SIBLING_H
#define BAILIFF_RUNNER_SIBLING_H

#include <bailiff/bailiff.h>
#include <limits.h>

enum sibling {
	SIBLING_BAILIFF,
	SIBLING_QUEUE,
};

/* Writes the absolute path of a sibling. BAILIFF_FAULT_HOST where it is not there. */
int sibling_find(enum sibling sibling, char path[PATH_MAX], struct bailiff_error *err);

/* Executes the sibling in place of this program, with argv behind its name. Returns only to fail. */
int sibling_exec(enum sibling sibling, char *const *argv, struct bailiff_error *err);

#endif
