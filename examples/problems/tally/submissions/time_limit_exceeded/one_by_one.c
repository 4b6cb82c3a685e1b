/* SPDX-License-Identifier: MIT */
/* Counts every single vote, and looks every time whether there are not too many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct total {
	char name[13];
	long long votes;
};

static volatile long long too_many = 1000000000000000000;

static int compare(const void *a, const void *b)
{
	const struct total *x = a, *y = b;

	if (x->votes != y->votes)
		return x->votes < y->votes ? 1 : -1;
	return strcmp(x->name, y->name);
}

int main(void)
{
	static struct total totals[5000];
	int n, known = 0;

	if (scanf("%d", &n) != 1)
		return 1;
	while (n-- > 0) {
		char name[13];
		int votes, i = 0;

		if (scanf("%12s %d", name, &votes) != 2)
			return 1;
		while (i < known && strcmp(totals[i].name, name) != 0)
			i++;
		if (i == known)
			strcpy(totals[known++].name, name);
		while (votes-- > 0)
			totals[i].votes = (totals[i].votes + 1) % too_many;
	}
	qsort(totals, (size_t)known, sizeof(totals[0]), compare);
	for (int i = 0; i < known; i++)
		printf("%s %lld\n", totals[i].name, totals[i].votes);
	return 0;
}
