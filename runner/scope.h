/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_SCOPE_H
#define BAILIFF_RUNNER_SCOPE_H

#include <bailiff/bailiff.h>
#include <signal.h>

/*
 * Whether starting over in a cgroup of our own would mend `err`, which is bailiff_host_open()'s:
 * our cgroup v2 group holds other processes, we are root, systemd runs here, and this has not
 * been tried before.
 */
bool scope_would_mend(const struct bailiff_error *err);

/* Whether this is that second start. */
bool scope_is_ours(void);

/*
 * Starts this program over, with the arguments argv (NULL-terminated, without the program's own
 * name), inside a transient systemd scope with a delegated cgroup. The process, its descriptors
 * and its working folder stay the same; `mask` is the signal mask to start with. Returns only
 * where that failed, with *err filled.
 */
int scope_restart(char *const *argv, const sigset_t *mask, struct bailiff_error *err);

#endif
