/* SPDX-License-Identifier: MIT */
/*
 * A list of paths, one a line, in a file that only the supervisors' user can write. Adding is one
 * append, so that two supervisors that start together need no lock; a path may then stand there
 * twice, which does no harm. What is listed is only ever touched where it is on a cgroup file
 * system.
 */
#include "host/registry.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define REGISTRY_FILE "bases.1"
#define REGISTRY_TEXT_MAX (1024 * 1024)

/* The whole list, or NULL where there is none. */
static char *read_list(int slot_dir_fd)
{
	AUTO_FREE char *text = malloc(REGISTRY_TEXT_MAX);
	if (text == NULL ||
	    io_read_file_at(slot_dir_fd, REGISTRY_FILE, text, REGISTRY_TEXT_MAX) < 0)
		return NULL;
	return MEM_TAKE(text);
}

static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);
	for (const char *at = text; at != NULL && *at != '\0';) {
		if (strncmp(at, line, length) == 0 && at[length] == '\n')
			return true;
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return false;
}

static bool is_base_of(const struct cgroup_layout *layout, const char *path)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		if (strcmp(layout->hierarchies[i].base_path, path) == 0)
			return true;
	return false;
}

/* Appends what is missing to the file. */
static int add_missing(int slot_dir_fd, const char *list, const struct cgroup_layout *layout,
		       struct bailiff_error *err)
{
	AUTO_CLOSE int fd = FD_NONE;
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const char *path = layout->hierarchies[i].base_path;
		char line[PATH_MAX + 1];
		int length = snprintf(line, sizeof line, "%s\n", path);
		if (list != NULL && has_line(list, path))
			continue;
		if (fd < 0)
			fd = openat(slot_dir_fd, REGISTRY_FILE,
				    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, line, (size_t)length) != length)
			return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno,
					     "write down base group '%s'", path);
	}
	return 0;
}

int registry_add(int slot_dir_fd, const struct cgroup_layout *layout,
		 const struct cgroup_sweep *sweep, struct bailiff_error *err)
{
	AUTO_FREE char *list = read_list(slot_dir_fd);
	int rc = add_missing(slot_dir_fd, list, layout, err);
	if (rc < 0)
		return rc;
	/* Ours are swept in any case: they may have been there before they were written down. */
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		cgroup_sweep_base(layout->hierarchies[i].base_path, sweep);
	char *rest = NULL;
	for (char *path = list == NULL ? NULL : strtok_r(list, "\n", &rest); path != NULL;
	     path = strtok_r(NULL, "\n", &rest))
		if (!is_base_of(layout, path))
			cgroup_sweep_base(path, sweep);
	return 0;
}

void registry_remove(int slot_dir_fd)
{
	AUTO_FREE char *list = read_list(slot_dir_fd);
	bool all = true;
	char *rest = NULL;
	for (char *path = list == NULL ? NULL : strtok_r(list, "\n", &rest); path != NULL;
	     path = strtok_r(NULL, "\n", &rest))
		all &= cgroup_remove_base(path);
	if (all)
		(void)unlinkat(slot_dir_fd, REGISTRY_FILE, 0);
}
