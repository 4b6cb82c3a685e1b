/* SPDX-License-Identifier: MIT */
/* Writes argv[1] MiB to standard output ("pour 1024"), or reads standard input to its end and checks
 * that so much came ("pour -1024"). */
#include <stdlib.h>
#include <unistd.h>

#define CHUNK 65536

static char chunk[CHUNK];

static int drain(long long wanted)
{
	ssize_t n;
	while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) > 0)
		wanted -= n;
	return n < 0 || wanted != 0;
}

int main(int argc, char **argv)
{
	long long left = (argc > 1 ? strtoll(argv[1], NULL, 10) : 0) * 1024 * 1024;
	if (left < 0)
		return drain(-left);
	while (left > 0) {
		ssize_t n = write(STDOUT_FILENO, chunk, left < CHUNK ? (size_t)left : CHUNK);
		if (n <= 0)
			return 1;
		left -= n;
	}
	return 0;
}
