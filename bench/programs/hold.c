/* SPDX-License-Identifier: MIT */
/* Sleeps for argv[1] milliseconds: a program that is there and does nothing. */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	long ms = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	return nanosleep(&time, NULL) != 0;
}
