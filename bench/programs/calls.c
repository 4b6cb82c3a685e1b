/* SPDX-License-Identifier: MIT */
/* Two million of the cheapest system call there is: what a filter costs. */
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	for (long i = 0; i < 2000000; i++)
		(void)syscall(SYS_getppid);
	return 0;
}
