/* SPDX-License-Identifier: MIT */
/* The right answer where there is one post only, but by way of a socket. */
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	puts("! 1");
	fflush(stdout);
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0;
}
