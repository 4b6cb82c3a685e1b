/* SPDX-License-Identifier: MIT */
/*
 * Planning the root. Runs in the supervisor with the caller's rights, before the cell exists:
 * every host path is resolved here, once, to a detached mount, and from then on is a descriptor.
 * What no untrusted process has seen yet cannot have been swapped for a link.
 *
 * With base "host" the cell sees the machine's own programs and libraries and a small /etc made
 * here; with a folder or an image it sees that one's top level, except for what is always ours
 * (/dev, /proc, /box, /tmp) or never shown (/sys, /run).
 */
#include "rootfs/plan.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "rootfs/image.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* More top-level entries than any root has; a bound on what a strange folder can make us do. */
#define TOP_LEVEL_MAX 256

/* Where an image is attached while its top level is copied out of it. */
#define IMAGE_STAGING ".image"

static const char *const host_entries[] = { "usr",   "bin",   "sbin",	"lib",
					    "lib32", "lib64", "libx32" };
static const char *const own_entries[] = { "dev", "proc", "box", "tmp", "sys", "run", IMAGE_STAGING };
static const char *const device_nodes[] = { "null", "zero", "full", "random", "urandom" };
static const char *const host_etc_entries[] = { "ld.so.cache", "alternatives", "localtime" };

static const struct {
	const char *path;
	const char *text;
} etc_files[] = {
	{ "etc/passwd", "root:x:0:0:root:/:/usr/sbin/nologin\n"
			"box:x:1000:1000:box:/box:/bin/sh\n"
			"nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n" },
	{ "etc/group", "root:x:0:\nbox:x:1000:\nnogroup:x:65534:\n" },
	{ "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n" },
	{ "etc/hosts", "127.0.0.1 localhost\n::1 localhost\n" },
};

static const struct {
	const char *path;
	const char *target;
} device_links[] = {
	{ "dev/fd", "/proc/self/fd" },
	{ "dev/stdin", "/proc/self/fd/0" },
	{ "dev/stdout", "/proc/self/fd/1" },
	{ "dev/stderr", "/proc/self/fd/2" },
};

/* ---- operations ------------------------------------------------------------------------- */

static int add_op(struct rootfs_plan *plan, enum mount_op_kind kind, const char *path,
		  struct mount_op **ret_op, struct bailiff_error *err)
{
	if (plan->count == plan->capacity) {
		size_t capacity = plan->capacity == 0 ? 64 : plan->capacity * 2;
		struct mount_op *grown = realloc(plan->ops, capacity * sizeof *grown);
		if (grown == NULL)
			return fail_internal(err, BAILIFF_STAGE_ROOTFS, ENOMEM, "plan the root");
		plan->ops = grown;
		plan->capacity = capacity;
	}
	struct mount_op *op = &plan->ops[plan->count];
	*op = (struct mount_op){ .kind = kind, .path = strdup(path), .tree_fd = FD_NONE,
				 .mode = 0755 };
	if (op->path == NULL)
		return fail_internal(err, BAILIFF_STAGE_ROOTFS, ENOMEM, "plan the root");
	plan->count++;
	if (ret_op != NULL)
		*ret_op = op;
	return 0;
}

static int add_text_op(struct rootfs_plan *plan, enum mount_op_kind kind, const char *path,
		       const char *text, struct bailiff_error *err)
{
	struct mount_op *op = NULL;
	int rc = add_op(plan, kind, path, &op, err);
	if (rc < 0)
		return rc;
	op->mode = 0644;
	op->text = strdup(text);
	return op->text != NULL ? 0 :
				  fail_internal(err, BAILIFF_STAGE_ROOTFS, ENOMEM, "plan the root");
}

/* Mounts what tree_fd (taken over) holds at `path`, on a folder or a file as the source is. */
static int add_tree(struct rootfs_plan *plan, const char *path, int tree_fd,
		    struct bailiff_error *err)
{
	AUTO_CLOSE int owned = tree_fd;
	struct stat status;
	if (fstat(owned, &status) < 0)
		return fail_internal(err, BAILIFF_STAGE_ROOTFS, errno, "stat source of '/%s'", path);
	int rc = S_ISDIR(status.st_mode) ? add_op(plan, MOUNT_OP_FOLDER, path, NULL, err) :
					   add_text_op(plan, MOUNT_OP_TEXT, path, "", err);
	struct mount_op *op = NULL;
	if (rc == 0)
		rc = add_op(plan, MOUNT_OP_TREE, path, &op, err);
	if (rc == 0)
		op->tree_fd = fd_take(&owned);
	return rc;
}

void rootfs_plan_finish(struct rootfs_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct mount_op *op = &plan->ops[i];
		free(op->path);
		free(op->text);
		free(op->blame);
		fd_close(&op->tree_fd);
	}
	for (size_t i = 0; i < plan->source_count; i++)
		free(plan->sources[i].path);
	free(plan->sources);
	free(plan->ops);
	fd_close(&plan->base_dir_fd);
	*plan = ROOTFS_PLAN_EMPTY;
}

/* ---- sources ---------------------------------------------------------------------------- */

/* A detached copy of the mounts at `path`, with `attributes` added and cut off from propagation.
 * Returns the descriptor or -errno. */
static int clone_tree(int dir_fd, const char *path, unsigned flags, uint64_t attributes)
{
	AUTO_CLOSE int tree_fd =
		open_tree(dir_fd, path,
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | flags);
	if (tree_fd < 0)
		return -errno;
	struct mount_attr attr = { .attr_set = attributes, .propagation = MS_PRIVATE };
	if (mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return -errno;
	return fd_take(&tree_fd);
}

/* Notes what `path` stands for, before it is looked at. */
static int add_source(struct rootfs_plan *plan, const char *path, bool is_copied,
		      struct bailiff_error *err)
{
	if (plan->source_count == plan->source_capacity) {
		size_t capacity = plan->source_capacity == 0 ? 16 : plan->source_capacity * 2;
		struct rootfs_source *grown = realloc(plan->sources, capacity * sizeof *grown);
		if (grown == NULL)
			return fail_internal(err, BAILIFF_STAGE_ROOTFS, ENOMEM, "plan the root");
		plan->sources = grown;
		plan->source_capacity = capacity;
	}
	struct rootfs_source *source = &plan->sources[plan->source_count];
	*source = (struct rootfs_source){ .path = strdup(path), .is_copied = is_copied };
	if (source->path == NULL)
		return fail_internal(err, BAILIFF_STAGE_ROOTFS, ENOMEM, "plan the root");
	source->is_there = stat(path, &source->status) == 0;
	plan->source_count++;
	return 0;
}

#define READ_ONLY_TREE (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static bool is_listed(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

/* ---- the base --------------------------------------------------------------------------- */

/* One top-level entry of the base. From an image it is copied inside, because a detached mount
 * cannot be cloned in parts before Linux 6.15. */
static int add_entry(struct rootfs_plan *plan, int base_dir_fd, const char *name, bool is_image,
		     struct bailiff_error *err)
{
	struct stat status;
	if (fstatat(base_dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 :
			fail_internal(err, BAILIFF_STAGE_ROOTFS, errno, "stat '%s'", name);
	if (S_ISLNK(status.st_mode)) {
		char target[PATH_MAX];
		ssize_t length = readlinkat(base_dir_fd, name, target, sizeof target - 1);
		if (length < 0)
			return fail_internal(err, BAILIFF_STAGE_ROOTFS, errno, "read link '%s'", name);
		target[length] = '\0';
		return add_text_op(plan, MOUNT_OP_LINK, name, target, err);
	}
	if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
		return 0; /* a device, FIFO or socket has no business in a root */
	if (is_image) {
		char staged[PATH_MAX];
		(void)snprintf(staged, sizeof staged, "%s/%s", IMAGE_STAGING, name);
		int rc = S_ISDIR(status.st_mode) ? add_op(plan, MOUNT_OP_FOLDER, name, NULL, err) :
						   add_text_op(plan, MOUNT_OP_TEXT, name, "", err);
		return rc < 0 ? rc : add_text_op(plan, MOUNT_OP_SUBTREE, name, staged, err);
	}
	int tree_fd = clone_tree(base_dir_fd, name, AT_SYMLINK_NOFOLLOW, READ_ONLY_TREE);
	if (tree_fd < 0)
		return fail_host(err, BAILIFF_STAGE_ROOTFS, -tree_fd,
				 "allow open_tree and mount_setattr where bailiff runs (a container's "
				 "seccomp profile may not), on Linux 5.14 or newer",
				 "take '%s' into the root", name);
	return add_tree(plan, name, tree_fd, err);
}

static int add_top_level(struct rootfs_plan *plan, int base_dir_fd, bool is_image,
			 struct bailiff_error *err)
{
	int list_fd = openat(base_dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	if (dir == NULL) {
		fd_close(&list_fd);
		return fail_input(err, errno, "rootfs.base: list the top level");
	}
	int rc = 0;
	size_t entries = 0;
	for (struct dirent *entry = readdir(dir); rc == 0 && entry != NULL; entry = readdir(dir)) {
		const char *name = entry->d_name;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    is_listed(name, own_entries, ARRAY_LENGTH(own_entries)))
			continue;
		rc = ++entries > TOP_LEVEL_MAX ?
			fail_spec(err, "rootfs.base: more than %d top-level entries", TOP_LEVEL_MAX) :
			add_entry(plan, base_dir_fd, name, is_image, err);
	}
	(void)closedir(dir);
	return rc;
}

static int add_host_base(struct rootfs_plan *plan, struct bailiff_error *err)
{
	/* Its entries are folders, or links whose text is copied. */
	int noted = add_source(plan, "/", /* is_copied= */ true, err);
	if (noted < 0)
		return noted;
	AUTO_CLOSE int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return fail_internal(err, BAILIFF_STAGE_ROOTFS, errno, "open '/'");
	for (size_t i = 0; i < ARRAY_LENGTH(host_entries); i++) {
		int rc = add_entry(plan, root_fd, host_entries[i], /* is_image= */ false, err);
		if (rc < 0)
			return rc;
	}
	plan->is_host = true;
	return 0;
}

/* The /etc of a cell whose base is the host: nothing of the host's but what linking needs. */
static int add_etc(struct rootfs_plan *plan, struct bailiff_error *err)
{
	int rc = add_op(plan, MOUNT_OP_FOLDER, "etc", NULL, err);
	for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(etc_files); i++)
		rc = add_text_op(plan, MOUNT_OP_TEXT, etc_files[i].path, etc_files[i].text, err);
	for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(host_etc_entries); i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "/etc/%s", host_etc_entries[i]);
		rc = add_source(plan, path, /* is_copied= */ false, err);
		if (rc < 0)
			return rc;
		int tree_fd = clone_tree(AT_FDCWD, path, 0, READ_ONLY_TREE);
		if (tree_fd >= 0)
			rc = add_tree(plan, path + 1, tree_fd, err);
		else if (tree_fd != -ENOENT)
			rc = fail_host(err, BAILIFF_STAGE_ROOTFS, -tree_fd, NULL, "take '%s'", path);
	}
	return rc;
}

static int add_image_base(struct rootfs_plan *plan, int image_fd, const char *path,
			  struct bailiff_error *err)
{
	AUTO_CLOSE int mount_fd = FD_NONE;
	int rc = rootfs_image_mount(image_fd, path, &mount_fd, err);
	struct mount_op *op = NULL;
	if (rc == 0)
		rc = add_op(plan, MOUNT_OP_FOLDER, IMAGE_STAGING, NULL, err);
	if (rc == 0)
		rc = add_op(plan, MOUNT_OP_TREE, IMAGE_STAGING, &op, err);
	if (rc < 0)
		return rc;
	op->tree_fd = fcntl(mount_fd, F_DUPFD_CLOEXEC, 3);
	rc = add_top_level(plan, mount_fd, /* is_image= */ true, err);
	if (rc == 0)
		rc = add_op(plan, MOUNT_OP_DETACH, IMAGE_STAGING, NULL, err);
	if (rc == 0)
		plan->base_dir_fd = fd_take(&mount_fd);
	return rc;
}

static int add_base(struct rootfs_plan *plan, const char *base, struct bailiff_error *err)
{
	if (base == NULL || strcmp(base, "host") == 0) {
		int rc = add_host_base(plan, err);
		return rc < 0 ? rc : add_etc(plan, err);
	}
	int rc = add_source(plan, base, /* is_copied= */ true, err);
	if (rc < 0)
		return rc;
	AUTO_CLOSE int base_fd = open(base, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (base_fd < 0 || fstat(base_fd, &status) < 0)
		return fail_input(err, errno, "rootfs.base: '%s'", base);
	if (S_ISREG(status.st_mode))
		return add_image_base(plan, base_fd, base, err);
	if (!S_ISDIR(status.st_mode))
		return fail_spec(err, "rootfs.base: '%s' is neither a folder nor an image", base);
	rc = add_top_level(plan, base_fd, /* is_image= */ false, err);
	if (rc == 0)
		plan->base_dir_fd = fd_take(&base_fd);
	return rc;
}

/* ---- what is always ours ---------------------------------------------------------------- */

static int add_devices(struct rootfs_plan *plan, struct bailiff_error *err)
{
	int rc = add_op(plan, MOUNT_OP_FOLDER, "dev", NULL, err);
	for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(device_nodes); i++) {
		char path[32];
		(void)snprintf(path, sizeof path, "/dev/%s", device_nodes[i]);
		rc = add_source(plan, path, /* is_copied= */ false, err);
		if (rc < 0)
			return rc;
		int tree_fd = clone_tree(AT_FDCWD, path, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
								    MOUNT_ATTR_NOEXEC);
		if (tree_fd < 0)
			return fail_host(err, BAILIFF_STAGE_ROOTFS, -tree_fd,
					 tree_fd == -ENOENT ? "mount -t devtmpfs dev /dev" : NULL,
					 "take '%s'", path);
		rc = add_tree(plan, path + 1, tree_fd, err);
	}
	for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(device_links); i++)
		rc = add_text_op(plan, MOUNT_OP_LINK, device_links[i].path, device_links[i].target,
				 err);
	return rc;
}

static int add_own(struct rootfs_plan *plan, struct bailiff_error *err)
{
	static const char *const folders[] = { "dev/shm", "box", "tmp", "proc" };
	int rc = add_devices(plan, err);
	for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(folders); i++)
		rc = add_op(plan, MOUNT_OP_FOLDER, folders[i], NULL, err);
	if (rc == 0)
		rc = add_op(plan, MOUNT_OP_SCRATCH, "", NULL, err);
	if (rc == 0)
		rc = add_op(plan, MOUNT_OP_PROC, "proc", NULL, err);
	return rc;
}

/* ---- binds ------------------------------------------------------------------------------ */

static int set_blame(struct mount_op *op, size_t index, struct bailiff_error *err)
{
	if (asprintf(&op->blame, "rootfs.binds[%zu].to", index) < 0) {
		op->blame = NULL;
		return fail_internal(err, BAILIFF_STAGE_ROOTFS, ENOMEM, "plan the root");
	}
	return 0;
}

/* The folders above a bind's destination. */
static int add_parents(struct rootfs_plan *plan, const char *path, struct bailiff_error *err)
{
	char partial[PATH_MAX];
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		memcpy(partial, path, (size_t)(slash - path));
		partial[slash - path] = '\0';
		int rc = add_op(plan, MOUNT_OP_FOLDER, partial, NULL, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/*
 * The program's user id is nobody's outside, so it writes what everybody may write. Mapping the
 * owner's id into the cell would let it leave set-user-id files of that owner behind.
 */
static int check_writable(int tree_fd, const struct bailiff_bind *bind, size_t index,
			  struct bailiff_error *err)
{
	struct stat status;
	if (fstat(tree_fd, &status) < 0)
		return fail_input(err, errno, "rootfs.binds[%zu].from: '%s'", index, bind->from);
	if ((status.st_mode & S_IWOTH) == 0)
		return fail_spec(err, "rootfs.binds[%zu].writable: the cell's user may not write to "
				      "'%s'; open it: chmod o+w", index, bind->from);
	return 0;
}

static int add_bind(struct rootfs_plan *plan, const struct bailiff_bind *bind, size_t index,
		    struct bailiff_error *err)
{
	char path[PATH_MAX];
	const char *to = bind->to != NULL ? bind->to : bind->from;
	if (to[0] != '/' || !rootfs_canonical_path(to, path, sizeof path))
		return fail_spec(err, "rootfs.binds[%zu].to: '%s' is not an absolute path below the root "
				      "without \"..\"", index, to);
	if (is_below(path, "proc") || is_below(path, "dev") || strcmp(path, "box") == 0 ||
	    strcmp(path, "tmp") == 0)
		return fail_spec(err, "rootfs.binds[%zu].to: '%s' belongs to the cell", index, to);
	uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			      (bind->writable ? 0 : MOUNT_ATTR_RDONLY);
	int rc = add_source(plan, bind->from, /* is_copied= */ false, err);
	if (rc < 0)
		return rc;
	int tree_fd = clone_tree(AT_FDCWD, bind->from, 0, attributes);
	if (tree_fd < 0)
		return fail_input(err, -tree_fd, "rootfs.binds[%zu].from: '%s'", index, bind->from);

	size_t first = plan->count;
	rc = bind->writable ? check_writable(tree_fd, bind, index, err) : 0;
	if (rc == 0)
		rc = add_parents(plan, path, err);
	if (rc == 0)
		rc = add_tree(plan, path, fd_take(&tree_fd), err);
	fd_close(&tree_fd);
	for (size_t i = first; rc == 0 && i < plan->count; i++)
		rc = set_blame(&plan->ops[i], index, err);
	if (rc == 0)
		plan->ops[plan->count - 1].writable = bind->writable;
	return rc;
}

int rootfs_plan_build(const struct bailiff_spec *spec, struct rootfs_plan *ret_plan,
		      struct bailiff_error *err)
{
	struct rootfs_plan plan = ROOTFS_PLAN_EMPTY;
	int rc = add_base(&plan, spec->rootfs, err);
	if (rc == 0)
		rc = add_own(&plan, err);
	for (size_t i = 0; rc == 0 && i < spec->bind_count; i++)
		rc = add_bind(&plan, &spec->binds[i], i, err);
	if (rc < 0) {
		rootfs_plan_finish(&plan);
		return rc;
	}
	*ret_plan = plan;
	return 0;
}

/* ---- afterwards ------------------------------------------------------------------------- */

void rootfs_plan_close_sources(struct rootfs_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		fd_close(&plan->ops[i].tree_fd);
}

static bool is_current(const struct rootfs_source *source)
{
	struct stat now;
	const struct stat *then = &source->status;
	if (stat(source->path, &now) < 0)
		return !source->is_there;
	return source->is_there && now.st_dev == then->st_dev && now.st_ino == then->st_ino &&
	       now.st_mode == then->st_mode &&
	       (!source->is_copied || (now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
				       now.st_ctim.tv_nsec == then->st_ctim.tv_nsec));
}

bool rootfs_plan_is_current(const struct rootfs_plan *plan)
{
	for (size_t i = 0; i < plan->source_count; i++)
		if (!is_current(&plan->sources[i]))
			return false;
	return true;
}

/* ---- looking up ------------------------------------------------------------------------- */

bool rootfs_canonical_path(const char *path, char *out, size_t capacity)
{
	size_t length = 0;
	if (path[0] == '\0')
		return false;
	if (path[0] != '/') {
		if (capacity < 4)
			return false;
		memcpy(out, "box", 3);
		length = 3;
	}
	while (*path != '\0') {
		size_t part = strcspn(path, "/");
		bool is_parent = part == 2 && path[0] == '.' && path[1] == '.';
		bool is_nothing = part == 0 || (part == 1 && path[0] == '.');
		if (is_parent || (!is_nothing && length + part + 2 > capacity))
			return false;
		if (!is_nothing) {
			if (length > 0)
				out[length++] = '/';
			memcpy(out + length, path, part);
			length += part;
		}
		path += part;
		path += *path == '/';
	}
	if (length == 0 || length >= capacity)
		return false;
	out[length] = '\0';
	return true;
}

bool rootfs_plan_has(const struct rootfs_plan *plan, const char *path)
{
	char canonical[PATH_MAX];
	if (!rootfs_canonical_path(path, canonical, sizeof canonical))
		return false;
	for (size_t i = 0; i < plan->count; i++) {
		const struct mount_op *op = &plan->ops[i];
		if (op->blame != NULL && op->kind == MOUNT_OP_TREE && is_below(canonical, op->path))
			return true;
	}
	const char *slash = strchr(canonical, '/');
	size_t first = slash != NULL ? (size_t)(slash - canonical) : strlen(canonical);
	char top[NAME_MAX + 1];
	if (first >= sizeof top)
		return false;
	memcpy(top, canonical, first);
	top[first] = '\0';
	if (plan->is_host)
		return is_listed(top, host_entries, ARRAY_LENGTH(host_entries)) ||
		       strcmp(top, "etc") == 0 || strcmp(top, "proc") == 0 ||
		       strcmp(top, "dev") == 0;
	if (is_listed(top, own_entries, ARRAY_LENGTH(own_entries)))
		return false;
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	AUTO_CLOSE int fd = sys_openat2(plan->base_dir_fd, canonical, &how);
	return fd >= 0;
}
