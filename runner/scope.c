/* SPDX-License-Identifier: MIT */
/*
 * A cgroup of our own from systemd.
 *
 * In cgroup v2 a group that holds processes cannot give controllers to groups below it (the "no
 * internal processes" rule of cgroups(7)). A shell started by a login or a service manager shares
 * its group with other processes, which are not ours to move. systemd-run(1) --scope puts this
 * process alone into a new group with Delegate=yes, which systemd then leaves alone, and executes
 * the program again in the same process.
 */
#include "scope.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Set in the second start, so that there is never a third. */
#define GUARD "BAILIFF_SCOPED"
#define SYSTEMD_RUN "/usr/bin/systemd-run"

bool scope_would_mend(const struct bailiff_error *err)
{
	return err->fault == BAILIFF_FAULT_HOST && err->stage == BAILIFF_STAGE_CGROUP &&
	       err->errnum == EBUSY && geteuid() == 0 && getenv(GUARD) == NULL &&
	       access("/run/systemd/system", F_OK) == 0 && access(SYSTEMD_RUN, X_OK) == 0;
}

bool scope_is_ours(void)
{
	return getenv(GUARD) != NULL;
}

int scope_restart(char *const *argv, const sigset_t *mask, struct bailiff_error *err)
{
	static const char *const prefix[] = {
		SYSTEMD_RUN, "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--",
	};
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	if (length < 0)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, errno, "read /proc/self/exe");
	self[length] = '\0';

	size_t count = 0;
	while (argv[count] != NULL)
		count++;
	AUTO_FREE const char **command =
		calloc(ARRAY_LENGTH(prefix) + 1 + count + 1, sizeof *command);
	if (command == NULL)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, ENOMEM, "start over in a scope");
	memcpy(command, prefix, sizeof prefix);
	command[ARRAY_LENGTH(prefix)] = self;
	memcpy(command + ARRAY_LENGTH(prefix) + 1, argv, count * sizeof *command);

	if (setenv(GUARD, "1", 1) < 0 || sigprocmask(SIG_SETMASK, mask, NULL) < 0)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, errno, "start over in a scope");
	/* execv() takes char *const * but promises to change nothing (POSIX, exec). */
	(void)execv(SYSTEMD_RUN, (char *const *)(void *)command);
	return fail_internal(err, BAILIFF_STAGE_CGROUP, errno, "execute '" SYSTEMD_RUN "'");
}
