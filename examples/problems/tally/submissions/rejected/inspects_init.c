/* SPDX-License-Identifier: MIT */
/* Wants to stop and read the process that watches it. */
#include <stdio.h>
#include <sys/ptrace.h>

int main(void)
{
	if (ptrace(PTRACE_ATTACH, 1, NULL, NULL) < 0)
		perror("ptrace");
	return 0;
}
