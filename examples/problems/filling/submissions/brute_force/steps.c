/* SPDX-License-Identifier: MIT */
/* Watches the tank at every hundredth of a millisecond. */
#include <stdio.h>

int main(void)
{
	static double start[2000], flow[2000];
	double left, rate = 0;
	long long now = 0;
	int n;

	if (scanf("%d %lf", &n, &left) != 2)
		return 1;
	for (int i = 0; i < n; i++) {
		if (scanf("%lf %lf", &start[i], &flow[i]) != 2)
			return 1;
	}
	for (; left > 0; now++) {
		rate = 0;
		for (int i = 0; i < n; i++)
			rate += start[i] * 100000 - 0.5 <= (double)now ? flow[i] : 0;
		left -= rate / 100000;
	}
	printf("%.9f\n", (double)now / 100000 + left / rate);
	return 0;
}
