/* SPDX-License-Identifier: MIT */
#include <stdio.h>

static int height_of(int post)
{
	int height = 0;

	printf("? %d\n", post);
	fflush(stdout);
	if (scanf("%d", &height) != 1)
		return -1;
	return height;
}

int main(void)
{
	int low = 1, high;

	if (scanf("%d", &high) != 1)
		return 1;
	while (low < high) { /* there is a summit from low to high */
		int middle = (low + high) / 2;

		if (height_of(middle) < height_of(middle + 1))
			low = middle + 1;
		else
			high = middle;
	}
	printf("! %d\n", low);
	return 0;
}
