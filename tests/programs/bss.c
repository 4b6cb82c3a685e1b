/* SPDX-License-Identifier: MIT */
/*
 * A gigabyte of zeroed array. Never touched, it costs nothing and must not be punished (no
 * address-space limit); touched by a constructor it dies before main(), where a judge that only
 * looks at the program's peak or exit code goes wrong.
 */
#include <stdio.h>

#define SIZE (1ul << 30)

static volatile unsigned char huge[SIZE];

#ifdef BSS_TOUCH
static __attribute__((constructor)) void touch(void)
{
	for (unsigned long i = 0; i < SIZE; i += 4096)
		huge[i] = 1;
}
#endif

int main(void)
{
	printf("%d\n", huge[SIZE / 2]);
	return 0;
}
