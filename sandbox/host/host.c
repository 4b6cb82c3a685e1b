/* SPDX-License-Identifier: MIT */
/*
 * The machine as a run needs it: where the cgroups are, the folder of claims, what the kernel
 * offers. Opening also sweeps what dead supervisors left, before this one adds anything.
 */
#include "host/host.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "cgroup/leaf.h"
#include "filter/cache.h"
#include "host/registry.h"
#include "host/slot.h"

#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>

unsigned host_landlock_abi(void)
{
	int abi = sys_landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi > 0 ? (unsigned)abi : 0;
}

/* What a supervisor that is root needs, and for what. */
static const struct {
	cap_value_t capability;
	const char *purpose;
} needed_capabilities[] = {
	{ CAP_SYS_ADMIN, "take mounts into the cell" },
	{ CAP_SETUID, "map user ids" },
	{ CAP_SETGID, "map group ids" },
	{ CAP_DAC_OVERRIDE, "read what the program made unreadable" },
	{ CAP_KILL, "end the cell" },
};

int host_check_capabilities(struct bailiff_error *err)
{
	cap_t own = cap_get_proc();
	if (own == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "read own capabilities");
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(needed_capabilities); i++) {
		cap_flag_value_t held = CAP_CLEAR;
		(void)cap_get_flag(own, needed_capabilities[i].capability, CAP_EFFECTIVE, &held);
		if (held == CAP_SET)
			continue;
		char *name = cap_to_name(needed_capabilities[i].capability);
		rc = fail_host(err, BAILIFF_STAGE_NAMESPACE, EPERM, "run as root: sudo bailiff ...",
			       "no capability '%s' to %s", name != NULL ? name : "?",
			       needed_capabilities[i].purpose);
		(void)cap_free(name);
	}
	(void)cap_free(own);
	return rc;
}

struct sweeper {
	int slot_dir_fd;
	struct slot claim;
};

static bool is_dead(const char *name, void *context)
{
	struct sweeper *sweeper = context;
	unsigned number;
	uint64_t token;
	return slot_parse_cell_name(name, &number, &token) &&
	       slot_is_dead(sweeper->slot_dir_fd, number, token, &sweeper->claim);
}

static void swept(void *context)
{
	struct sweeper *sweeper = context;
	slot_release(&sweeper->claim);
}

static int open_parts(struct bailiff_host *host, struct bailiff_error *err)
{
	int rc = host_check_capabilities(err);
	if (rc == 0)
		rc = slot_folder_open(&host->slot_dir_fd, err);
	if (rc == 0)
		rc = slot_folder_join(host->slot_dir_fd, &host->presence_fd, err);
	if (rc == 0)
		rc = cgroup_layout_open(&host->layout, err);
	if (rc < 0)
		return rc;
	host->landlock_abi = host_landlock_abi();
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	host->cpus_online = online > 0 ? (unsigned)online : 1;

	struct sweeper sweeper = { .slot_dir_fd = host->slot_dir_fd, .claim = SLOT_EMPTY };
	const struct cgroup_sweep sweep = { .is_dead = is_dead, .done = swept,
					    .context = &sweeper };
	return registry_add(host->slot_dir_fd, &host->layout, &sweep, err);
}

int bailiff_host_open(struct bailiff_host **ret_host, struct bailiff_error *err)
{
	struct bailiff_host *host = calloc(1, sizeof *host);
	if (host == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "open the host");
	host->slot_dir_fd = FD_NONE;
	host->presence_fd = FD_NONE;
	fd_store_init(&host->inotify_fds);
	host->filters = filter_cache_create();
	int rc = host->filters != NULL ? open_parts(host, err) :
					 fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM,
						       "open the host");
	if (rc < 0) {
		bailiff_host_close(host);
		return rc;
	}
	*ret_host = host;
	return 0;
}

/* Whether a group has others in it. Source: kernfs counts subfolders as links, as other file systems do. */
static bool has_leaves(const struct cgroup_hierarchy *hierarchy)
{
	struct stat status;
	return hierarchy->base_dir_fd >= 0 && fstat(hierarchy->base_dir_fd, &status) == 0 &&
	       status.st_nlink > 2;
}

/* What supervisors left that died after the last one started; nobody may start for a long time. */
static void sweep_own(const struct bailiff_host *host)
{
	struct sweeper sweeper = { .slot_dir_fd = host->slot_dir_fd, .claim = SLOT_EMPTY };
	const struct cgroup_sweep sweep = { .is_dead = is_dead, .done = swept,
					    .context = &sweeper };
	for (size_t i = 0; i < host->layout.hierarchy_count; i++)
		if (has_leaves(&host->layout.hierarchies[i]))
			cgroup_sweep_base(host->layout.hierarchies[i].base_path, &sweep);
}

void bailiff_host_close(struct bailiff_host *host)
{
	if (host == NULL)
		return;
	/* The base groups are shared; only the last supervisor may take them away, or one that is
	 * just starting would lose the floor it stands on. */
	bool is_last = host->presence_fd >= 0 && slot_folder_leave(host->presence_fd);
	if (is_last)
		sweep_own(host);
	cgroup_layout_close(&host->layout, is_last ? CGROUP_BASE_REMOVE : CGROUP_BASE_KEEP);
	filter_cache_destroy(host->filters);
	if (is_last)
		registry_remove(host->slot_dir_fd);
	fd_store_finish(&host->inotify_fds);
	fd_close(&host->presence_fd);
	fd_close(&host->slot_dir_fd);
	free(host);
}
