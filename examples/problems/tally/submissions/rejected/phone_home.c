/* SPDX-License-Identifier: MIT */
/* Wants to talk to somebody: a system call that no submission may make. */
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	if (socket(AF_INET, SOCK_STREAM, 0) < 0) {
		perror("socket");
		return 1;
	}
	puts("got a socket");
	return 0;
}
