/* SPDX-License-Identifier: MIT */
/* Doubles the number of its processes until something stops it. */
#include <unistd.h>

int main(void)
{
	for (;;)
		fork();
}
