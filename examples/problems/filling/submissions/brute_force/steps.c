/* SPDX-License-Identifier: MIT */
/* Watches the tank at every microsecond; right, if at all, for short times only. */
#include <stdio.h>

int main(void)
{
	static double start[2000], flow[2000];
	double volume, now = 0;
	int n;

	if (scanf("%d %lf", &n, &volume) != 2)
		return 1;
	for (int i = 0; i < n; i++) {
		if (scanf("%lf %lf", &start[i], &flow[i]) != 2)
			return 1;
	}
	for (double filled = 0; filled < volume; now += 1e-6) {
		for (int i = 0; i < n; i++)
			filled += now >= start[i] ? flow[i] * 1e-6 : 0;
	}
	printf("%.9f\n", now);
	return 0;
}
