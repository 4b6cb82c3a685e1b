/* SPDX-License-Identifier: MIT */
/* Sorts the reports by name, adds up neighbours, sorts again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report {
	char name[13];
	long long votes;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct report *)a)->name, ((const struct report *)b)->name);
}

static int by_votes(const void *a, const void *b)
{
	const struct report *x = a, *y = b;

	if (x->votes != y->votes)
		return x->votes < y->votes ? 1 : -1;
	return by_name(a, b);
}

int main(void)
{
	static struct report reports[5000];
	int n, names = 0;

	if (scanf("%d", &n) != 1)
		return 1;
	for (int i = 0; i < n; i++) {
		if (scanf("%12s %lld", reports[i].name, &reports[i].votes) != 2)
			return 1;
	}
	qsort(reports, (size_t)n, sizeof(reports[0]), by_name);
	for (int i = 0; i < n; i++) {
		if (names > 0 && strcmp(reports[names - 1].name, reports[i].name) == 0)
			reports[names - 1].votes += reports[i].votes;
		else
			reports[names++] = reports[i];
	}
	qsort(reports, (size_t)names, sizeof(reports[0]), by_votes);
	for (int i = 0; i < names; i++)
		printf("%s %lld\n", reports[i].name, reports[i].votes);
	return 0;
}
