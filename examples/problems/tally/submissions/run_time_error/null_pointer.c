/* SPDX-License-Identifier: MIT */
/* Follows a pointer to nowhere. */
#include <stdio.h>

int main(void)
{
	int n;
	volatile int *nowhere = NULL;

	if (scanf("%d", &n) == 1)
		n += *nowhere;
	return n;
}
