/* SPDX-License-Identifier: MIT */
/*
 * Two workers on one machine must not measure on the same core. A core is a byte of a file, and who has it
 * holds an open-file-description lock on that byte (fcntl(2)): it ends with its worker, however that ends.
 * The folder is the one where cells are claimed, too (host/slot.h), and only its owner can write there.
 */
#include "worker/machine.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "cgroup/layout.h"
#include "host/slot.h"
#include "worker/core_holders.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CORES_FILE "cores.1"
#define SYSTEM_BYTES_MIN (UINT64_C(256) << 20)

static bool lock_core(int fd, uint64_t cpu)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)cpu, .l_len = 1
	};
	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static int open_locks(int *ret_fd, struct bailiff_error *err)
{
	AUTO_CLOSE int dir_fd = FD_NONE;
	int rc = slot_folder_open(&dir_fd, err);
	if (rc < 0)
		return rc;
	*ret_fd = openat(dir_fd, CORES_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return fail_host(err, BAILIFF_STAGE_SUPERVISE, errno, "run as root: sudo bailiff ...",
				 "open '%s' in the folder of claims", CORES_FILE);
	return 0;
}

/* Others have so many cores that fewer than wanted are left. */
static int fail_taken(int lock_fd, size_t free_count, size_t all, struct bailiff_error *err)
{
	char holders[160];
	core_holders_describe(lock_fd, holders, sizeof holders);
	const char *who = holders[0] != '\0' ? holders : "other workers have them";
	if (free_count == 0)
		return fail_host(err, BAILIFF_STAGE_SUPERVISE, EBUSY,
				 "stop that worker, or start it again with fewer --slots than there are cores",
				 "none of the %zu cores is free: %s", all, who);
	return fail_host(err, BAILIFF_STAGE_SUPERVISE, EBUSY,
			 "ask for fewer with --slots, or stop another worker",
			 "%zu of the %zu cores %s free: %s", free_count, all,
			 free_count == 1 ? "is" : "are", who);
}

/* Keeps of the share's cores those that nobody else has, `wanted` at most. */
static int lock_cores(struct arena *arena, size_t wanted, struct machine_share *share,
		      struct bailiff_error *err)
{
	const char **taken = arena_alloc(arena, (share->count + 1) * sizeof *taken);
	size_t count = 0, all = share->count;
	if (taken == NULL)
		return fail_memory(err);
	int rc = open_locks(&share->lock_fd, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < share->count && (wanted == 0 || count < wanted); i++) {
		uint64_t cpu = 0;
		if (io_parse_u64(share->cores[i], &cpu) && lock_core(share->lock_fd, cpu))
			taken[count++] = share->cores[i];
	}
	share->cores = taken;
	share->count = count;
	return count == 0 || count < wanted ? fail_taken(share->lock_fd, count, all, err) : 0;
}

static uint64_t machine_memory(void)
{
	char text[8192]; /* /proc/meminfo has some 1.5 KiB */
	uint64_t kibibytes = 0, limit = cgroup_own_memory_limit();
	int length = io_read_file_at(AT_FDCWD, "/proc/meminfo", text, sizeof text);
	const char *at = length > 0 ? strstr(text, "MemTotal:") : NULL;
	if (at != NULL)
		kibibytes = strtoull(at + strlen("MemTotal:"), NULL, 10);
	uint64_t total = kibibytes << 10;
	return total != 0 && total < limit ? total : limit;
}

uint64_t machine_memory_share(uint64_t total_bytes, size_t slots, size_t cores)
{
	uint64_t system = total_bytes / 10;
	if (system < SYSTEM_BYTES_MIN)
		system = SYSTEM_BYTES_MIN;
	if (total_bytes <= system || cores == 0)
		return 0;
	return slots >= cores ? total_bytes - system : (total_bytes - system) / cores * slots;
}

int machine_take(struct arena *arena, const struct machine_wish *wish, struct machine_share *ret_share,
		 struct bailiff_error *err)
{
	struct machine_share *share = ret_share;
	*share = MACHINE_SHARE_EMPTY;
	int rc = cores_list(arena, wish->choice, &share->cores, &share->count, err);
	size_t cores = share->count;
	if (rc < 0)
		return rc;
	if (wish->slots > cores)
		return fail_spec(err, "--slots: %zu slots need a core each, and this process may use "
				      "%zu", wish->slots, cores);
	rc = lock_cores(arena, wish->slots, share, err);
	if (rc < 0)
		return rc;
	uint64_t total = machine_memory();
	share->memory_bytes = wish->memory_bytes != 0 ?
				      wish->memory_bytes :
				      machine_memory_share(total, share->count, cores);
	if (wish->memory_bytes > total)
		return fail_spec(err, "--memory: this process may use %" PRIu64 " MiB", total >> 20);
	return 0;
}

void machine_give_back(struct machine_share *share)
{
	fd_close(&share->lock_fd);
	*share = MACHINE_SHARE_EMPTY;
}
