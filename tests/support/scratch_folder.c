/* SPDX-License-Identifier: MIT */
#include "scratch_folder.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int scratch_make(void **state)
{
	static const char template[] = "/tmp/bailiff-test.XXXXXX";
	char *path = strdup(template);
	if (path == NULL || mkdtemp(path) == NULL)
		return -1;
	*state = path;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *place)
{
	(void)status;
	(void)flag;
	(void)place;
	return remove(path);
}

int scratch_remove(void **state)
{
	int rc = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return rc;
}

/* The absolute path, with the folders above it made. */
static void prepare(const char *folder, const char *path, char full[PATH_MAX])
{
	(void)snprintf(full, PATH_MAX, "%s/%s", folder, path);
	for (char *slash = full + strlen(folder); (slash = strchr(slash + 1, '/')) != NULL;) {
		*slash = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			fail_msg("mkdir '%s': %s", full, strerror(errno));
		*slash = '/';
	}
}

void scratch_put_bytes(const char *folder, const char *path, const void *data, size_t size)
{
	char full[PATH_MAX];
	prepare(folder, path, full);
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

void scratch_put(const char *folder, const char *path, const char *text)
{
	scratch_put_bytes(folder, path, text, strlen(text));
}

void scratch_link(const char *folder, const char *path, const char *target)
{
	char full[PATH_MAX];
	prepare(folder, path, full);
	assert_int_equal(symlink(target, full), 0);
}

void scratch_fifo(const char *folder, const char *path)
{
	char full[PATH_MAX];
	prepare(folder, path, full);
	assert_int_equal(mkfifo(full, 0644), 0);
}

void scratch_delete(const char *folder, const char *path)
{
	char full[PATH_MAX];
	(void)snprintf(full, sizeof full, "%s/%s", folder, path);
	if (nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		fail_msg("remove '%s': %s", full, strerror(errno));
}
