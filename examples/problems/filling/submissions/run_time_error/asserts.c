/* SPDX-License-Identifier: MIT */
/* Is sure of something that is not so. */
#include <assert.h>
#include <stdio.h>

int main(void)
{
	double volume;
	int n;

	if (scanf("%d %lf", &n, &volume) != 2)
		return 1;
	assert(n > 2000);
	return 0;
}
