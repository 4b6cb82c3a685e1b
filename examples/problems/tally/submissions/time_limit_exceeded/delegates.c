/* SPDX-License-Identifier: MIT */
/* Sleeps while its children work, in sessions of their own: their time is its own nevertheless. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int n;

	if (scanf("%d", &n) != 1 || n < 5000)
		return 0;
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			setsid();
			for (volatile unsigned j = 0;; j++)
				;
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
