/* SPDX-License-Identifier: MIT */
/* What the tests of the library share: a host for all tests of a file, and where the programs are. */
#ifndef TEST_LIBRARY_HOST_H
#define TEST_LIBRARY_HOST_H

#include <bailiff/bailiff.h>

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77

#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)

static inline int open_host(void **state)
{
	struct bailiff_error err = { 0 };
	struct bailiff_host *host = NULL;
	if (bailiff_host_open(&host, &err) < 0)
		print_error("%s\n", err.message);
	*state = host;
	return host == NULL ? -1 : 0;
}

static inline int close_host(void **state)
{
	bailiff_host_close(*state);
	return 0;
}

/* But for those that a host keeps for its next pair. */
static inline int count_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		char what[64] = "";
		(void)!readlinkat(dirfd(dir), entry->d_name, what, sizeof what - 1);
		count += strcmp(what, "anon_inode:inotify") != 0;
	}
	(void)closedir(dir);
	return count;
}

/* Whether programs can be run in cells here; where not, main() returns SKIPPED. */
static inline bool can_run(void)
{
	if (geteuid() == 0 && getenv("BAILIFF_PROGRAMS") != NULL)
		return true;
	print_message("skipped: needs root and BAILIFF_PROGRAMS\n");
	return false;
}

/* The path of one of the test programs, for a variable that lives as long as the tests. */
static inline void find_program(const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/%s", getenv("BAILIFF_PROGRAMS"), name);
}

#endif
