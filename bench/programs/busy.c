/* SPDX-License-Identifier: MIT */
/* A fixed amount of arithmetic, about half a second or less of it: what a cell does to a program that only
 * computes. */
#include <stdint.h>

int main(void)
{
	volatile uint32_t seen;
	uint32_t state = 1;
	for (long i = 0; i < 400000000; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
	}
	seen = state;
	return seen == 0;
}
