/* SPDX-License-Identifier: MIT */
/*
 * Landlock, the second wall: even where a mount were writable by mistake, the program may write
 * only beneath its scratch folders and what the spec binds writable; it may reach no TCP port
 * where it has no network, no abstract socket and no process outside its own domain. Read and
 * execute are left to the mount view. Which rights exist depends on the kernel's ABI; each rung
 * of the table says what it adds. The rules are made while the cell waits; the one that the job's
 * standard input needs is added when it has come. Async-signal-safe. Source: landlock(7).
 */
#include "child/stage.h"

#include "base/fd.h"
#include "base/sys.h"

#include <sys/stat.h>

/* Rights newer than Debian 12's headers. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#define ACCESS_NET_BIND_AND_CONNECT_TCP 3ULL
#define SCOPE_ABSTRACT_SOCKET_AND_SIGNAL 3ULL

/* The kernel accepts a shorter or longer struct; this is its layout since ABI 6. */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define READ_AND_EXECUTE \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

#define WRITE_ABI_1                                                                             \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                        \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                        \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                            \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                          \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Nobody makes device nodes, scratch or not. */
#define NEVER (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

static uint64_t write_rights(unsigned abi)
{
	uint64_t rights = WRITE_ABI_1;
	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER; /* links and renames between folders */
	if (abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return rights;
}

static size_t attr_size(unsigned abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset_attr);
	return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static int allow(int ruleset_fd, const char *path, uint64_t rights)
{
	AUTO_CLOSE int path_fd = open(path, O_PATH | O_CLOEXEC);
	if (path_fd < 0)
		return -errno;
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = path_fd };
	return sys_landlock_add_path(ruleset_fd, &rule) < 0 ? -errno : 0;
}

/* A bind that the spec asked to be writable; a file takes fewer rights than a folder. */
static int allow_bind(int ruleset_fd, const struct mount_op *op, uint64_t rights)
{
	char path[4096] = "/";
	for (size_t i = 0; op->path[i] != '\0' && i + 2 < sizeof path; i++)
		path[i + 1] = op->path[i];
	AUTO_CLOSE int folder_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		rights &= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
	return allow(ruleset_fd, path, rights);
}

/*
 * Standard input may be a file that has no name inside. Opening it again by /dev/stdin is as good
 * as reading it, and expected to work; its mount is read-only. A pipe needs no rule, and sealed
 * memory cannot have one (EBADFD).
 */
static int allow_input(int ruleset_fd)
{
	struct stat status;
	if (fstat(STDIN_FILENO, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))
		return 0;
	struct landlock_path_beneath_attr rule = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
						   .parent_fd = STDIN_FILENO };
	return sys_landlock_add_path(ruleset_fd, &rule) < 0 && errno != EBADFD ? -errno : 0;
}

static int add_rules(const struct cell_plan *plan, int ruleset_fd, uint64_t writing)
{
	static const char *const scratch[] = { "/box", "/tmp", "/dev/shm" };
	int rc = allow(ruleset_fd, "/", READ_AND_EXECUTE);
	if (rc == 0)
		rc = allow(ruleset_fd, "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE);
	for (size_t i = 0; rc == 0 && i < sizeof scratch / sizeof scratch[0]; i++)
		rc = allow(ruleset_fd, scratch[i], writing & ~(uint64_t)NEVER);
	for (size_t i = 0; rc == 0 && i < plan->mount_count; i++)
		if (plan->mounts[i].writable)
			rc = allow_bind(ruleset_fd, &plan->mounts[i], writing & ~(uint64_t)NEVER);
	return rc;
}

int step_landlock_rules(const struct cell_plan *plan, struct stage_state *state)
{
	if (plan->landlock_abi == 0)
		return 0;
	uint64_t writing = write_rights(plan->landlock_abi);
	struct ruleset_attr attr = {
		.handled_access_fs = READ_AND_EXECUTE | writing,
		.handled_access_net = plan->loopback ? 0 : ACCESS_NET_BIND_AND_CONNECT_TCP,
		.scoped = SCOPE_ABSTRACT_SOCKET_AND_SIGNAL,
	};
	if (plan->landlock_abi >= 5)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	state->ruleset_fd = sys_landlock_create_ruleset(&attr, attr_size(plan->landlock_abi), 0);
	if (state->ruleset_fd < 0)
		return -errno;
	return add_rules(plan, state->ruleset_fd, writing);
}

int step_landlock(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	if (state->ruleset_fd < 0)
		return 0;
	int rc = allow_input(state->ruleset_fd);
	if (rc == 0 && sys_landlock_restrict_self(state->ruleset_fd) < 0)
		rc = -errno;
	fd_close(&state->ruleset_fd);
	return rc;
}
