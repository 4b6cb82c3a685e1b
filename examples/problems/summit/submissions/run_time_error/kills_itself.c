/* SPDX-License-Identifier: MIT */
/* Ends by the very signal by which a judge would end it. */
#include <signal.h>
#include <unistd.h>

int main(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}
