/* SPDX-License-Identifier: MIT */
/*
 * Doubles the number of its processes until something stops it: the CPU time, or the memory of
 * those that ended. Does so where there are many reports.
 */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int n;

	if (scanf("%d", &n) != 1 || n < 5000)
		return 0;
	for (;;)
		fork();
}
