/* SPDX-License-Identifier: MIT */
/* For readers without a bound: a question of any number of digits. */
#include <stdio.h>

int main(void)
{
	printf("? ");
	for (;;)
		putchar('1');
}
