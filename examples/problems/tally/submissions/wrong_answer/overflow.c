/* SPDX-License-Identifier: MIT */
/* 32 bits are not enough for a total. */
#include <stdio.h>
#include <string.h>

int main(void)
{
	static char names[5000][13];
	static unsigned totals[5000];
	int n, known = 0;

	if (scanf("%d", &n) != 1)
		return 1;
	while (n-- > 0) {
		unsigned votes;
		int i = 0;

		if (scanf("%12s %u", names[known], &votes) != 2)
			return 1;
		while (strcmp(names[i], names[known]) != 0)
			i++;
		known += i == known;
		totals[i] += votes;
	}
	for (int left = known; left > 0; left--) {
		int best = -1;

		for (int i = 0; i < known; i++) {
			if (names[i][0] && (best < 0 || totals[i] > totals[best] ||
			    (totals[i] == totals[best] && strcmp(names[i], names[best]) < 0)))
				best = i;
		}
		printf("%s %d\n", names[best], (int)totals[best]);
		names[best][0] = '\0';
	}
	return 0;
}
