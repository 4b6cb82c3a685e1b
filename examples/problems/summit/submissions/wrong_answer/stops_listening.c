/* SPDX-License-Identifier: MIT */
/* Closes its input, so that whoever replies writes into a broken pipe; then guesses. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int posts;

	if (scanf("%d", &posts) != 1)
		return 1;
	close(STDIN_FILENO);
	for (int i = 0; i < 25; i++) {
		printf("? %d\n", 1 + i % posts);
		fflush(stdout);
		usleep(1000);
	}
	printf("! %d\n", (posts + 1) / 3 + 1);
	return 0;
}
