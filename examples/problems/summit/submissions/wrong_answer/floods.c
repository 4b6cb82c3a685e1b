/* SPDX-License-Identifier: MIT */
/* Asks without end, as fast as it can, and never listens. */
#include <stdio.h>

int main(void)
{
	for (;;)
		puts("? 1");
}
