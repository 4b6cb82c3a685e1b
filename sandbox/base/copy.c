/* SPDX-License-Identifier: MIT */
/*
 * Bytes from one descriptor to another, through a buffer: what programs left in a cell is read as
 * it is, and no size that was told before is relied on. Apart from io.c, because it allocates.
 */
#include "base/copy.h"

#include "base/io.h"
#include "base/mem.h"

#include <errno.h>
#include <unistd.h>

#define COPY_BUFFER_BYTES (128 * 1024)

int copy_bytes(int from_fd, int to_fd, uint64_t max_bytes, uint64_t *ret_bytes)
{
	AUTO_FREE char *buffer = malloc(COPY_BUFFER_BYTES);
	if (buffer == NULL)
		return -ENOMEM;
	uint64_t total = 0;
	for (;;) {
		ssize_t n = read(from_fd, buffer, COPY_BUFFER_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		total += (uint64_t)n;
		if (total > max_bytes)
			return -EFBIG;
		int rc = io_write_all(to_fd, buffer, (size_t)n);
		if (rc < 0)
			return rc;
	}
	*ret_bytes = total;
	return 0;
}
