/* SPDX-License-Identifier: MIT */
/*
 * What cells cost while they are there: memory that the kernel has for them, as it tells of the whole
 * machine, memory of their processes, and what this process has.
 */
#include "footprint.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- our cells' processes -------------------------------------------------------------------- */

static bool is_child_of(int pid, int parent, char name[64])
{
	char path[64], line[512];
	int found = 0;
	(void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	bool ok = file != NULL && fgets(line, sizeof line, file) != NULL;
	if (file != NULL)
		(void)fclose(file);
	const char *behind = ok ? strrchr(line, ')') : NULL;
	return behind != NULL && sscanf(line, "%*d (%63[^)]", name) == 1 &&
	       sscanf(behind, ") %*c %d", &found) == 1 && found == parent;
}

static double schedstat_us(int pid)
{
	char path[64];
	double ns = 0;
	(void)snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
	FILE *file = fopen(path, "re");
	if (file != NULL && fscanf(file, "%lf", &ns) != 1)
		ns = 0;
	if (file != NULL)
		(void)fclose(file);
	return ns / 1e3;
}

/* Memory that is this process's alone. */
static double anonymous_kib(int pid)
{
	char path[64], line[256];
	double kib = 0;
	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "RssAnon: %lf", &kib) == 1)
			break;
	if (file != NULL)
		(void)fclose(file);
	return kib;
}

static void look_at_children(int parent, int depth, struct kin *kin)
{
	char name[64];
	DIR *dir = opendir("/proc");
	if (dir == NULL)
		give_up("/proc", strerror(errno));
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		int pid = (int)strtol(entry->d_name, NULL, 10);
		if (!isdigit((unsigned char)entry->d_name[0]) || !is_child_of(pid, parent, name))
			continue;
		kin->programs += strcmp(name, "bench_hold") == 0;
		kin->cpu_us += schedstat_us(pid);
		kin->anonymous_kib += anonymous_kib(pid);
		if (depth > 1)
			look_at_children(pid, depth - 1, kin);
	}
	(void)closedir(dir);
}

struct kin look_at_kin(void)
{
	struct kin kin = { 0 };
	look_at_children(getpid(), 2, &kin);
	return kin;
}

/* ---- what the kernel holds ------------------------------------------------------------------ */

const char *const footprint_names[FOOTPRINTS] = {
	[SLAB] = "slab_kib",	   [STACKS] = "stacks_kib", [TABLES] = "tables_kib",
	[PERCPU] = "percpu_kib",   [SHMEM] = "shared_kib",  [CELLS] = "processes_kib",
	[OWN] = "own_rss_kib", [FDS] = "descriptors",
};

/* In /proc/meminfo: what the kernel has for everybody. */
static const char *const lines[] = {
	[SLAB] = "Slab:",	[STACKS] = "KernelStack:", [TABLES] = "PageTables:",
	[PERCPU] = "Percpu:",	[SHMEM] = "Shmem:",
};

static double count_entries(const char *path)
{
	DIR *dir = opendir(path);
	double count = 0;
	if (dir == NULL)
		give_up(path, strerror(errno));
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

void read_footprint(double found[FOOTPRINTS])
{
	char line[256], name[64];
	double kib, pages = 0;
	FILE *file = fopen("/proc/meminfo", "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		for (int i = 0; i <= SHMEM; i++)
			if (sscanf(line, "%63s %lf", name, &kib) == 2 &&
			    strcmp(name, lines[i]) == 0)
				found[i] = kib;
	if (file == NULL || fclose(file) != 0 || (file = fopen("/proc/self/statm", "re")) == NULL ||
	    fscanf(file, "%*s %lf", &pages) != 1)
		give_up("/proc", "cannot be read");
	(void)fclose(file);
	found[CELLS] = look_at_kin().anonymous_kib;
	found[OWN] = pages * (double)sysconf(_SC_PAGESIZE) / 1024;
	found[FDS] = count_entries("/proc/self/fd");
}
