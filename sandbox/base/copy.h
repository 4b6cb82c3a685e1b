/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_BASE_COPY_H
#define BAILIFF_BASE_COPY_H

#include <stdint.h>

/* Copies from where `from_fd` stands to its end. 0 with *ret_bytes; -EFBIG where there are more than
 * max_bytes, else -errno. */
int copy_bytes(int from_fd, int to_fd, uint64_t max_bytes, uint64_t *ret_bytes);

#endif
