/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_VERSION_PROBE_H
#define BAILIFF_RUNNER_VERSION_PROBE_H

#include "language.h"

#define VERSION_TEXT_MAX 64u

/*
 * Asks every language's tool chain for its version, all at once, with a bare environment and a
 * time limit. versions[i] becomes the first number with a dot in what the i-th language's version
 * command wrote, or "" where it is not installed or says nothing. Fails only for want of memory
 * or processes.
 */
int version_probe(const struct language_set *set, char (*versions)[VERSION_TEXT_MAX],
		  struct bailiff_error *err);

#endif
