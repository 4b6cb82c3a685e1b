/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BASE_PROCESS_H
#define BAILIFF_BASE_PROCESS_H

#include <stdint.h>

/*
 * Waits until a child of this process, of any exit signal, is gone, and reaps it. 0; -ETIMEDOUT where it is
 * not gone after so long. Whoever may have reaped it meanwhile is no error. Source: waitid(2).
 */
int process_reap(int pid_fd, uint64_t timeout_ns);

#endif
