/* SPDX-License-Identifier: MIT */
/* None of its eight processes takes more than a quarter of the limit; together they take two. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			void *memory = malloc(64 << 20);

			if (memory)
				memset(memory, 1, 64 << 20);
			pause();
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
