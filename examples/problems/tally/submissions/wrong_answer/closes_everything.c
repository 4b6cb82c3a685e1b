/* SPDX-License-Identifier: MIT */
/* Nothing to read from it and nothing to write to. */
#include <unistd.h>

int main(void)
{
	for (int fd = 0; fd < 64; fd++)
		close(fd);
	return 0;
}
