/* SPDX-License-Identifier: MIT */
/* The other way to make system calls, past any filter. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	static char parameters[120];

	if (syscall(SYS_io_uring_setup, 8, parameters) < 0)
		perror("io_uring_setup");
	return 0;
}
