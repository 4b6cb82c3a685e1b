/* SPDX-License-Identifier: MIT */
/*
 * Executing the mount plan, in init, before any untrusted process exists. Every path is resolved
 * beneath the new root's descriptor; links in it are followed as if that were "/", so a link in a
 * foreign root cannot lead out. Async-signal-safe.
 */
#include "child/stage.h"

#include "base/fd.h"
#include "base/io.h"
#include "base/sys.h"

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The parts of the scratch file system, and where they show. */
static const struct {
	const char *name;
	const char *path;
	mode_t mode;
	uid_t owner;
	uint64_t attributes;
} scratch_parts[] = {
	{ "box", "box", 0755, CELL_PROGRAM_ID, 0 },
	{ "tmp", "tmp", 01777, CELL_INIT_ID, 0 },
	{ "shm", "dev/shm", 01777, CELL_INIT_ID, MOUNT_ATTR_NOEXEC },
};

static int open_in_root(int root_fd, const char *path, uint64_t flags)
{
	const struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd = sys_openat2(root_fd, path, &how);
	return fd < 0 ? -errno : fd;
}

/* Where something is to be made: a name in a folder. */
struct place {
	int folder_fd; /* borrowed: the root's, or the one below */
	int opened_fd; /* owned */
	const char *name;
};

static void place_close(struct place *place)
{
	fd_close(&place->opened_fd);
}

#define AUTO_PLACE __attribute__((cleanup(place_close)))
#define PLACE_EMPTY ((struct place){ .folder_fd = FD_NONE, .opened_fd = FD_NONE })

/* Finds the folder that `path` is in. Most are the root's own entries, and need no look-up. */
static int find_place(int root_fd, const char *path, struct place *ret_place)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	ret_place->folder_fd = root_fd;
	ret_place->name = path;
	if (slash == NULL)
		return 0;
	size_t length = (size_t)(slash - path);
	if (length >= sizeof folder)
		return -ENAMETOOLONG;
	memcpy(folder, path, length);
	folder[length] = '\0';
	ret_place->opened_fd = open_in_root(root_fd, folder, O_PATH | O_DIRECTORY);
	ret_place->folder_fd = ret_place->opened_fd;
	ret_place->name = slash + 1;
	return ret_place->opened_fd < 0 ? ret_place->opened_fd : 0;
}

/* 0 where something was there already and is of that kind, also at the end of a link; else the error that
 * making it met. */
static int accept_existing(int root_fd, const char *path, uint64_t kind, int error)
{
	AUTO_CLOSE int there = error == EEXIST ? open_in_root(root_fd, path, O_PATH | kind) : FD_NONE;
	return there >= 0 ? 0 : -error;
}

static int make_folder(int root_fd, const char *path, mode_t mode)
{
	AUTO_PLACE struct place place = PLACE_EMPTY;
	int rc = find_place(root_fd, path, &place);
	if (rc == 0 && mkdirat(place.folder_fd, place.name, mode) < 0)
		rc = accept_existing(root_fd, path, O_DIRECTORY, errno);
	return rc;
}

static int make_file(int root_fd, const struct mount_op *op)
{
	AUTO_PLACE struct place place = PLACE_EMPTY;
	int rc = find_place(root_fd, op->path, &place);
	if (rc < 0)
		return rc;
	AUTO_CLOSE int fd = openat(place.folder_fd, place.name,
				   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, op->mode);
	return fd < 0 ? accept_existing(root_fd, op->path, 0, errno) :
			io_write_all(fd, op->text, strlen(op->text));
}

static int make_link(int root_fd, const struct mount_op *op)
{
	AUTO_PLACE struct place place = PLACE_EMPTY;
	int rc = find_place(root_fd, op->path, &place);
	if (rc == 0 && symlinkat(op->text, place.folder_fd, place.name) < 0)
		rc = -errno;
	return rc;
}

static int attach(int root_fd, int tree_fd, const char *path)
{
	AUTO_CLOSE int target_fd = open_in_root(root_fd, path, O_PATH);
	if (target_fd < 0)
		return target_fd;
	return move_mount(tree_fd, "", target_fd, "",
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
}

/* A detached copy of the mount that `path` beneath `root_fd` is on, from there downwards. */
static int copy_tree(int root_fd, const char *path, uint64_t attributes)
{
	AUTO_CLOSE int source_fd = open_in_root(root_fd, path, O_PATH);
	if (source_fd < 0)
		return source_fd;
	AUTO_CLOSE int tree_fd = open_tree(source_fd, "",
					   AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree_fd < 0)
		return -errno;
	struct mount_attr attr = { .attr_set = attributes };
	if (attributes != 0 && mount_setattr(tree_fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return -errno;
	return fd_take(&tree_fd);
}

static int attach_copy(int root_fd, const char *from, const char *to)
{
	AUTO_CLOSE int tree_fd = copy_tree(root_fd, from, /* attributes= */ 0);
	return tree_fd < 0 ? tree_fd : attach(root_fd, tree_fd, to);
}

static int detach(int root_fd, const char *path)
{
	/* The path is one of our own making, one component deep, so no link can stand in it. */
	if (fchdir(root_fd) < 0 || umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ||
	    unlinkat(root_fd, path, AT_REMOVEDIR) < 0)
		return -errno;
	return 0;
}

/* ---- file systems ----------------------------------------------------------------------- */

struct fs_option {
	const char *key;
	const char *value;
};

static int new_mount(const char *type, const struct fs_option *options, uint64_t attributes)
{
	AUTO_CLOSE int fs_fd = fsopen(type, FSOPEN_CLOEXEC);
	if (fs_fd < 0)
		return -errno;
	for (; options->key != NULL; options++)
		if (fsconfig(fs_fd, FSCONFIG_SET_STRING, options->key, options->value, 0) < 0)
			return -errno;
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int mount_fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, (unsigned)attributes);
	return mount_fd < 0 ? -errno : mount_fd;
}

/* One file system for all the program can write, so that one limit covers it; each part shows
 * where it belongs, and the whole goes to the supervisor under links it cannot follow. */
static int mount_scratch(const struct cell_plan *plan, struct stage_state *state,
			 const char *staging)
{
	const struct fs_option options[] = { { "size", plan->scratch_size },
					     { "nr_inodes", plan->scratch_inodes },
					     { "mode", "0755" },
					     { NULL, NULL } };
	AUTO_CLOSE int scratch_fd =
		new_mount("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (scratch_fd < 0)
		return scratch_fd;
	/* Parts can only be copied out of a mount that is attached somewhere. */
	int rc = attach(state->root_fd, scratch_fd, staging);
	for (size_t i = 0; rc == 0 && i < sizeof scratch_parts / sizeof scratch_parts[0]; i++) {
		if (mkdirat(scratch_fd, scratch_parts[i].name, scratch_parts[i].mode) < 0 ||
		    fchownat(scratch_fd, scratch_parts[i].name, scratch_parts[i].owner,
			     scratch_parts[i].owner, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		AUTO_CLOSE int part_fd = copy_tree(scratch_fd, scratch_parts[i].name,
						   scratch_parts[i].attributes);
		rc = part_fd < 0 ? part_fd : attach(state->root_fd, part_fd, scratch_parts[i].path);
	}
	if (rc < 0)
		return rc;
	state->collect_fd = copy_tree(scratch_fd, ".", MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NOEXEC);
	if (state->collect_fd < 0)
		return state->collect_fd;
	if (fchdir(state->root_fd) < 0 || umount2(staging, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int mount_proc(int root_fd, const char *path)
{
	static const struct fs_option options[] = { { "hidepid", "invisible" },
						    { "subset", "pid" },
						    { NULL, NULL } };
	AUTO_CLOSE int proc_fd = new_mount("proc", options,
					   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
						   MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return proc_fd < 0 ? proc_fd : attach(root_fd, proc_fd, path);
}

static int execute(const struct cell_plan *plan, struct stage_state *state,
		   const struct mount_op *op)
{
	int root_fd = state->root_fd;
	switch (op->kind) {
	case MOUNT_OP_FOLDER: return make_folder(root_fd, op->path, op->mode);
	case MOUNT_OP_LINK: return make_link(root_fd, op);
	case MOUNT_OP_TEXT: return make_file(root_fd, op);
	case MOUNT_OP_TREE: return attach(root_fd, op->tree_fd, op->path);
	case MOUNT_OP_SUBTREE: return attach_copy(root_fd, op->text, op->path);
	case MOUNT_OP_DETACH: return detach(root_fd, op->path);
	case MOUNT_OP_SCRATCH: return mount_scratch(plan, state, op->path);
	case MOUNT_OP_PROC: return mount_proc(root_fd, op->path);
	}
	return -EINVAL;
}

int mounts_execute(const struct cell_plan *plan, struct stage_state *state)
{
	/* Modes are those of the plan; the caller's umask is not the cell's business. The program's
	 * process has one of its own. */
	(void)umask(0);
	for (size_t i = 0; i < plan->mount_count; i++) {
		state->detail = (uint32_t)i;
		int rc = execute(plan, state, &plan->mounts[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}
