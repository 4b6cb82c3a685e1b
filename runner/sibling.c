/* SPDX-License-Identifier: MIT */
/*
 * Paths are absolute and come from the kernel (/proc/self/exe) or from the build; neither PATH nor any
 * other setting of the caller's has a say in what is executed. Both executables are in one folder where they
 * were built, and in two where they were installed, which may be below another prefix than the build was
 * told (cmake --install --prefix).
 */
#include "sibling.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *installed; /* folder ... */
	const char *from_other; /* ... and the way to it from where the other one is installed */
} siblings[] = {
	[SIBLING_BAILIFF] = { "bailiff", BAILIFF_BINDIR, "/" BAILIFF_LIBEXEC_TO_BIN },
	[SIBLING_QUEUE] = { "bailiff-queue", BAILIFF_LIBEXECDIR, "/" BAILIFF_BIN_TO_LIBEXEC },
};

/* The folder of this very executable, without a slash at its end. */
static int own_folder(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	char *slash = strrchr(path, '/');
	if (slash == NULL)
		return -EINVAL;
	*slash = '\0';
	return 0;
}

static bool is_there(const char *folder, const char *way, const char *name, char path[PATH_MAX])
{
	int length = snprintf(path, PATH_MAX, "%s%s/%s", folder, way, name);
	return length > 0 && length < PATH_MAX && access(path, X_OK) == 0;
}

int sibling_find(enum sibling sibling, char path[PATH_MAX], struct bailiff_error *err)
{
	char folder[PATH_MAX];
	const char *name = siblings[sibling].name;
	int rc = own_folder(folder);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "read /proc/self/exe");
	if (is_there(folder, "", name, path) ||
	    is_there(folder, siblings[sibling].from_other, name, path) ||
	    is_there(siblings[sibling].installed, "", name, path))
		return 0;
	return fail_host(err, BAILIFF_STAGE_SUPERVISE, ENOENT,
			 "install bailiff whole: cmake --install build",
			 "'%s' is neither in '%s' nor in '%s%s' nor in '%s'", name, folder, folder,
			 siblings[sibling].from_other, siblings[sibling].installed);
}

int sibling_exec(enum sibling sibling, char *const *argv, struct bailiff_error *err)
{
	char path[PATH_MAX];
	size_t count = 0;
	int rc = sibling_find(sibling, path, err);
	if (rc < 0)
		return rc;
	while (argv[count] != NULL)
		count++;
	AUTO_FREE char **command = calloc(count + 2, sizeof *command);
	if (command == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "execute '%s'", path);
	command[0] = path;
	memcpy(command + 1, argv, count * sizeof *command);
	(void)execv(path, command);
	return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "execute '%s'", path);
}
