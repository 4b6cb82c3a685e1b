/* SPDX-License-Identifier: MIT */
/* Asks twice and follows a pointer to nowhere. */
#include <stdio.h>

int main(void)
{
	volatile int *nowhere = NULL;
	int posts, height;

	if (scanf("%d", &posts) != 1)
		return 0;
	for (int i = 0; i < 2; i++) {
		puts("? 1");
		fflush(stdout);
		if (scanf("%d", &height) != 1)
			return 0;
	}
	return *nowhere;
}
