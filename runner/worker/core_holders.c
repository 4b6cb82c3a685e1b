/* SPDX-License-Identifier: MIT */
/*
 * The kernel names no holder of an open-file-description lock, for several processes may share one. But it
 * shows in fdinfo of each descriptor the locks of what it refers to (proc(5)), and which processes have the file
 * open can be looked up. So this looks at all of them, which is for an error message and never on the way of
 * a job.
 */
#include "worker/core_holders.h"

#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With what fdinfo has of a file with as many single locks as a machine has cores. */
#define FDINFO_BYTES 65536u

struct description {
	struct stat file;
	char *text;
	size_t capacity, used;
};

static void add(struct description *description, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add(struct description *description, const char *format, ...)
{
	va_list args;
	size_t room = description->capacity - description->used;
	va_start(args, format);
	int length = vsnprintf(description->text + description->used, room, format, args);
	va_end(args);
	if (length > 0 && (size_t)length < room)
		description->used += (size_t)length;
	else /* no half of a number */
		description->text[description->used] = '\0';
}

/* "lock:\t1: OFDLCK  ADVISORY  WRITE -1 00:2b:12 0 1": the last two are the first and the last byte. */
static void add_lock(struct description *description, const char *pid, const char *line,
		     bool *is_first)
{
	uint64_t first = 0, last = 0;
	if (strstr(line, "OFDLCK") == NULL ||
	    sscanf(line, "lock: %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64, &first, &last) != 2)
		return;
	if (*is_first)
		add(description, "%sprocess %s has ", description->used > 0 ? ", " : "", pid);
	else
		add(description, " and ");
	*is_first = false;
	if (first == last)
		add(description, "%" PRIu64, first);
	else
		add(description, "%" PRIu64 "-%" PRIu64, first, last);
}

static void describe_descriptor(struct description *description, int process_fd, const char *pid,
				const char *number)
{
	char path[32];
	bool is_first = true;
	AUTO_FREE char *info = malloc(FDINFO_BYTES);
	(void)snprintf(path, sizeof path, "fdinfo/%.20s", number);
	if (info == NULL || io_read_file_at(process_fd, path, info, FDINFO_BYTES) < 0)
		return;
	for (char *line = info, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		if (strncmp(line, "lock:", 5) == 0)
			add_lock(description, pid, line, &is_first);
	}
}

static void describe_process(struct description *description, int proc_fd, const char *pid)
{
	char path[32];
	struct dirent *entry;
	AUTO_CLOSE int process_fd = openat(proc_fd, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = process_fd < 0 ? -1 : openat(process_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *descriptors = fd < 0 ? NULL : fdopendir(fd);
	if (descriptors == NULL) {
		fd_close(&fd);
		return; /* gone, or not ours to look at */
	}
	while ((entry = readdir(descriptors)) != NULL) {
		struct stat status;
		(void)snprintf(path, sizeof path, "fd/%.20s", entry->d_name);
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    fstatat(process_fd, path, &status, 0) == 0 &&
		    status.st_dev == description->file.st_dev &&
		    status.st_ino == description->file.st_ino)
			describe_descriptor(description, process_fd, pid, entry->d_name);
	}
	(void)closedir(descriptors);
}

void core_holders_describe(int lock_fd, char *ret_text, size_t capacity)
{
	struct description description = { .text = ret_text, .capacity = capacity };
	struct dirent *entry;
	ret_text[0] = '\0';
	DIR *processes = fstat(lock_fd, &description.file) == 0 ? opendir("/proc") : NULL;
	while (processes != NULL && (entry = readdir(processes)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    strtol(entry->d_name, NULL, 10) != (long)getpid())
			describe_process(&description, dirfd(processes), entry->d_name);
	if (processes != NULL)
		(void)closedir(processes);
}
