/* SPDX-License-Identifier: MIT */
/*
 * Which cores there are, from the affinity of this process and the kernel's own topology files
 * (Documentation/ABI/stable/sysfs-devices-system-cpu). A CPU stands for its core if no sibling
 * with a smaller number is usable. Where the kernel tells nothing, every CPU is a core.
 */
#include "judge/cores.h"

#include "base/error.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether a list such as "0,4-5" has a usable CPU below `cpu`. */
static bool has_smaller_usable(const char *list, unsigned long cpu, const cpu_set_t *usable)
{
	for (const char *at = list; *at >= '0' && *at <= '9';) {
		char *end = NULL;
		unsigned long first = strtoul(at, &end, 10), last = first;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long i = first; i <= last && i < cpu; i++) {
			if (CPU_ISSET(i, usable))
				return true;
		}
		at = *end == ',' ? end + 1 : end;
	}
	return false;
}

static bool stands_for_core(unsigned long cpu, const cpu_set_t *usable)
{
	char path[96], list[1024];
	(void)snprintf(path, sizeof path,
		       "/sys/devices/system/cpu/cpu%lu/topology/thread_siblings_list", cpu);
	if (io_read_file_at(AT_FDCWD, path, list, sizeof list) < 0)
		return true;
	return !has_smaller_usable(list, cpu, usable);
}

int cores_list(struct arena *arena, enum cores_choice choice, const char *const **ret_cores,
	       size_t *ret_count, struct bailiff_error *err)
{
	cpu_set_t usable;
	if (sched_getaffinity(0, sizeof usable, &usable) < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "read own CPU affinity");
	const char **cores = arena_alloc(arena, CPU_SETSIZE * sizeof *cores);
	if (cores == NULL)
		return fail_memory(err);
	size_t count = 0;
	for (unsigned long cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &usable) ||
		    (choice == CORES_WHOLE && !stands_for_core(cpu, &usable)))
			continue;
		cores[count] = arena_format(arena, "%lu", cpu);
		if (cores[count] == NULL)
			return fail_memory(err);
		count++;
	}
	*ret_cores = cores;
	*ret_count = count;
	return 0;
}
