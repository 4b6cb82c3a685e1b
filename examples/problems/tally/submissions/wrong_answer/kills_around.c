/* SPDX-License-Identifier: MIT */
/* Ends every process it can reach: its parent, the first one, all of them. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int killed = 0;

	killed += kill(getppid(), SIGKILL) == 0;
	killed += kill(1, SIGKILL) == 0;
	for (pid_t pid = 1; pid < 100; pid++)
		killed += pid != getpid() && kill(pid, SIGKILL) == 0;
	kill(-1, SIGKILL);
	printf("killed %d\n", killed);
	return 0;
}
