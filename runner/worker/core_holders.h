/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_WORKER_CORE_HOLDERS_H
#define BAILIFF_WORKER_CORE_HOLDERS_H

#include <stddef.h>

/*
 * Says which other processes hold locks on parts of the open file `lock_fd`, and on which: "process 4711 has 0-1,
 * process 4712 has 3". As far as they can be seen from here, and as there is room; empty where none can.
 */
void core_holders_describe(int lock_fd, char *ret_text, size_t capacity);

#endif
