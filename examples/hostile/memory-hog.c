/* SPDX-License-Identifier: MIT */
/* Takes memory, and uses it, until there is no more. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
	void *volatile block; /* volatile: or the compiler would drop what nobody reads */

	for (;;) {
		block = malloc(1 << 20);
		if (block == NULL)
			return 1;
		memset(block, 1, 1 << 20);
	}
}
