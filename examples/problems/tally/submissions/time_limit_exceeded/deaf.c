/* SPDX-License-Identifier: MIT */
/* Does nothing, for ever, whatever signal tells it to stop. */
#include <signal.h>
#include <stdio.h>

int main(void)
{
	int n;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_IGN);
	if (scanf("%d", &n) != 1 || n < 5000)
		return 0;
	for (volatile unsigned i = 0;; i++)
		;
}
