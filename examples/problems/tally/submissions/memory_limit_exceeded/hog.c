/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

int main(void)
{
	for (;;) {
		void *memory = malloc(1 << 20);

		if (memory)
			memset(memory, 1, 1 << 20);
	}
}
