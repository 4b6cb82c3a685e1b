/* SPDX-License-Identifier: MIT */
/* Begins like the right answer to the first sample, for whoever compares C strings. */
#include <stdio.h>

int main(void)
{
	static const char answer[] = "ada 5\0\nedsger 4\ngrace 4\nbarbara 1\n";

	fwrite(answer, 1, sizeof(answer) - 1, stdout);
	return 0;
}
