/* SPDX-License-Identifier: MIT */
/* Closes both ends of the conversation and stays. */
#include <unistd.h>

int main(void)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	for (;;)
		pause();
}
