/* SPDX-License-Identifier: MIT */
/* Burns CPU time in argv[1] threads (default 1) until something ends it. */
#include <pthread.h>
#include <stdlib.h>

static void *spin(void *unused)
{
	(void)unused;
	for (volatile unsigned long i = 0;; i++)
		;
	return NULL;
}

int main(int argc, char **argv)
{
	long threads = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	for (long i = 1; i < threads; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, spin, NULL) != 0)
			return 1;
	}
	spin(NULL);
}
