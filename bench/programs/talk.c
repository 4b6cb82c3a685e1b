/* SPDX-License-Identifier: MIT */
/* One of two that talk: "talk first COUNT" says a line and waits for one, COUNT times; "talk second
 * COUNT" answers. Each message is one line, one read(2) and one write(2). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char line[] = "ping pong\n";
#define LENGTH ((ssize_t)sizeof line - 1)

static int say(void)
{
	return write(STDOUT_FILENO, line, (size_t)LENGTH) == LENGTH;
}

static int hear(void)
{
	char heard[64];
	return read(STDIN_FILENO, heard, sizeof heard) == LENGTH &&
	       memcmp(heard, line, (size_t)LENGTH) == 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int is_first = strcmp(argv[1], "first") == 0;
	for (long left = strtol(argv[2], NULL, 10); left > 0; left--)
		if (is_first ? !say() || !hear() : !hear() || !say())
			return 1;
	return 0;
}
