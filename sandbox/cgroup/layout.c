/* SPDX-License-Identifier: MIT */
/*
 * Where the controllers are. We do not ask "which mode is this machine in" but, for each
 * controller, which version serves it and where; hybrid then needs no code. Runs in the
 * supervisor, once per host, with the caller's own privilege.
 *
 * libcgroup makes our base group on v1 where the path to it has to be made too. In the common case
 * one mkdir(2) does, and it stays asleep: its initialisation costs more than all the rest of this
 * file. Everything else is ours:
 *   - it cannot tell which group of a tree is mounted (a container's mount has a root of its own),
 *   - its view of our own group does not parse the v2 line of /proc/self/cgroup,
 *   - on v2 it would switch controllers on in every ancestor, which only their owner may do.
 *
 * The base group is always a child of our own group, or on v2 of the nearest ancestor that was
 * delegated to us, so that limits set on us by others keep holding for every cell.
 */
#include "cgroup/layout.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <libcgroup.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define BASE_NAME "bailiff"
#define SUPERVISOR_NAME "supervisor"
#define PROC_TEXT_MAX (256 * 1024)

#define HINT_MOUNT "mount the cgroup hierarchy: mount -t cgroup2 cgroup2 /sys/fs/cgroup"
#define HINT_ROOT "run as root, or delegate the group to this user"
#define HINT_DELEGATE \
	"run it in a delegated group of its own: systemd-run --scope -p Delegate=yes -- bailiff ..."

static const char *const controller_texts[CGROUP_CONTROLLER_COUNT] = {
	[CGROUP_MEMORY] = "memory", [CGROUP_PIDS] = "pids",	[CGROUP_CPU] = "cpu",
	[CGROUP_CPUACCT] = "cpuacct", [CGROUP_CPUSET] = "cpuset", [CGROUP_CORE] = "",
};

const struct cgroup_table *cgroup_table_for(enum cgroup_version version)
{
	switch (version) {
	case CGROUP_VERSION_1: return &cgroup_table_v1;
	case CGROUP_VERSION_2: return &cgroup_table_v2;
	}
	return &cgroup_table_v2;
}

const struct cgroup_hierarchy *cgroup_layout_find(const struct cgroup_layout *layout,
						  enum controller controller)
{
	int index = layout->hierarchy_of[controller];
	return index < 0 ? NULL : &layout->hierarchies[index];
}

/* ---- parsing ---------------------------------------------------------------------------- */

static bool list_contains(const char *list, size_t list_length, const char *item)
{
	size_t item_length = strlen(item);
	const char *end = list + list_length;
	while (list <= end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t length = (size_t)((comma != NULL ? comma : end) - list);
		if (length == item_length && strncmp(list, item, length) == 0)
			return true;
		if (comma == NULL)
			return false;
		list = comma + 1;
	}
	return false;
}

bool cgroup_parse_own_path(const char *proc_cgroup, const char *controller, char path[PATH_MAX])
{
	const char *line = proc_cgroup;
	while (*line != '\0') {
		size_t line_length = strcspn(line, "\n");
		const char *list = memchr(line, ':', line_length);
		const char *own = list == NULL ? NULL :
			memchr(list + 1, ':', line_length - (size_t)(list + 1 - line));
		if (own != NULL &&
		    list_contains(list + 1, (size_t)(own - list - 1), controller)) {
			size_t length = line_length - (size_t)(own + 1 - line);
			if (length == 0 || length >= PATH_MAX)
				return false;
			memcpy(path, own + 1, length);
			path[length] = '\0';
			return true;
		}
		line += line_length;
		if (*line == '\n')
			line++;
	}
	return false;
}

/* Copies one space-separated field, undoing the octal escapes of mountinfo. */
static bool copy_field(const char *field, char out[PATH_MAX])
{
	size_t length = 0;
	while (*field != ' ' && *field != '\n' && *field != '\0') {
		if (length + 1 >= PATH_MAX)
			return false;
		char c = *field++;
		if (c == '\\' && field[0] >= '0' && field[0] <= '3' && field[1] >= '0' &&
		    field[1] <= '7' && field[2] >= '0' && field[2] <= '7') {
			c = (char)((field[0] - '0') * 64 + (field[1] - '0') * 8 + (field[2] - '0'));
			field += 3;
		}
		out[length++] = c;
	}
	out[length] = '\0';
	return length > 0;
}

/* The start of the n-th space-separated field of a line, or NULL. */
static const char *nth_field(const char *line, unsigned n)
{
	while (n-- > 0) {
		line += strcspn(line, " \n");
		if (*line != ' ')
			return NULL;
		line++;
	}
	return line;
}

/* Whether the super block's options, up to a blank or the line's end, make a cgroup mount that of a
 * controller: on v1 they name those it has. */
static bool serves(enum cgroup_version version, const char *options, const char *controller)
{
	if (controller[0] == '\0')
		return version == CGROUP_VERSION_2;
	return version == CGROUP_VERSION_1 &&
	       list_contains(options, strcspn(options, " \n"), controller);
}

/* Whether a line of mountinfo is that of the controller's mount. Most lines are no cgroup's at all,
 * so this looks at the type first. */
static bool parse_mount_line(const char *line, const char *controller,
			     struct cgroup_mount *ret_mount)
{
	/* id parent major:minor ROOT MOUNT_POINT options [optional...] - TYPE source OPTIONS */
	const char *type = strstr(line, " - ");
	const char *end = strchr(line, '\n');
	if (type == NULL || (end != NULL && type > end))
		return false;
	type += 3;
	if (strncmp(type, "cgroup2 ", 8) == 0)
		ret_mount->version = CGROUP_VERSION_2;
	else if (strncmp(type, "cgroup ", 7) == 0)
		ret_mount->version = CGROUP_VERSION_1;
	else
		return false;
	const char *root = nth_field(line, 3);
	const char *point = nth_field(line, 4);
	const char *options = nth_field(type, 2);
	return root != NULL && point != NULL && options != NULL && root[0] == '/' &&
	       point[0] == '/' && serves(ret_mount->version, options, controller) &&
	       copy_field(root, ret_mount->root) && copy_field(point, ret_mount->mount_point);
}

bool cgroup_parse_mount(const char *mountinfo, const char *controller,
			struct cgroup_mount *ret_mount)
{
	for (const char *line = mountinfo; line != NULL && *line != '\0';) {
		struct cgroup_mount mount;
		if (parse_mount_line(line, controller, &mount)) {
			*ret_mount = mount;
			return true;
		}
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return false;
}

/* ---- discovery -------------------------------------------------------------------------- */

/* What discovery reads once. */
struct survey {
	char *mountinfo;   /* owned */
	char *proc_cgroup; /* owned */
	bool has_v2;
	struct cgroup_mount v2;
	bool libcgroup_knows; /* its table of mounts is as new as this survey */
};

static void survey_finish(struct survey *survey)
{
	free(survey->mountinfo);
	free(survey->proc_cgroup);
}

static int read_proc_text(const char *path, char **ret_text, struct bailiff_error *err)
{
	AUTO_FREE char *text = malloc(PROC_TEXT_MAX);
	if (text == NULL)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, ENOMEM, "read '%s'", path);
	int rc = io_read_file_at(AT_FDCWD, path, text, PROC_TEXT_MAX);
	if (rc < 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP, -rc,
				 "mount /proc: mount -t proc proc /proc", "read '%s'", path);
	*ret_text = MEM_TAKE(text);
	return 0;
}

static int survey_read(struct survey *survey, struct bailiff_error *err)
{
	int rc = read_proc_text("/proc/self/mountinfo", &survey->mountinfo, err);
	if (rc == 0)
		rc = read_proc_text("/proc/self/cgroup", &survey->proc_cgroup, err);
	if (rc < 0)
		return rc;
	survey->has_v2 = cgroup_parse_mount(survey->mountinfo, "", &survey->v2);
	return 0;
}

/*
 * libcgroup keeps one table of mounts per process and rebuilds it in cgroup_init(); this lock
 * makes that safe for several hosts in several threads.
 */
static pthread_mutex_t libcgroup_lock = PTHREAD_MUTEX_INITIALIZER;

/* Our group of `controller`, relative to what is mounted at mount->mount_point ("" = that). */
static int own_path_below(const struct survey *survey, const struct cgroup_mount *mount,
			  const char *controller, char own[PATH_MAX], struct bailiff_error *err)
{
	if (!cgroup_parse_own_path(survey->proc_cgroup,
				   mount->version == CGROUP_VERSION_2 ? "" : controller, own))
		return fail_host(err, BAILIFF_STAGE_CGROUP, 0, NULL,
				 "no '%s' line in /proc/self/cgroup", controller);
	size_t root_length = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
	if (strncmp(own, mount->root, root_length) != 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP, 0,
				 "give the container a cgroup namespace of its own",
				 "own group '%s' is outside the mounted '%s'", own, mount->root);
	memmove(own, own + root_length, strlen(own + root_length) + 1);
	if (strcmp(own, "/") == 0)
		own[0] = '\0';
	return 0;
}

static int join_path(char out[PATH_MAX], const char *a, const char *b, const char *c,
		     struct bailiff_error *err)
{
	int length = snprintf(out, PATH_MAX, "%s%s%s", a, b, c);
	if (length < 0 || length >= PATH_MAX)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, ENAMETOOLONG, "cgroup path");
	return 0;
}

static int open_base(const struct cgroup_hierarchy *hierarchy, int *ret_dir_fd,
		     struct bailiff_error *err)
{
	*ret_dir_fd = open(hierarchy->base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*ret_dir_fd < 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP, errno, NULL, "open cgroup '%s'",
				 hierarchy->base_path);
	return 0;
}

/* ---- v1 --------------------------------------------------------------------------------- */

/* Has libcgroup look for mounts, once for each layout. */
static int wake_libcgroup(struct survey *survey, struct bailiff_error *err)
{
	int status = survey->libcgroup_knows ? 0 : cgroup_init();
	if (status != 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP, 0, HINT_MOUNT,
				 "libcgroup finds no cgroup hierarchy (%s)",
				 cgroup_strerror(status));
	survey->libcgroup_knows = true;
	return 0;
}

/* Makes the base group and whatever is missing above it. */
static int create_path_v1(struct survey *survey, const char *controller, const char *relative_path,
			  const struct cgroup_hierarchy *hierarchy, struct bailiff_error *err)
{
	int rc = wake_libcgroup(survey, err);
	if (rc < 0)
		return rc;
	struct cgroup *group = cgroup_new_cgroup(relative_path);
	if (group == NULL)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, ENOMEM, "create cgroup '%s'",
				     hierarchy->base_path);
	int status = cgroup_add_controller(group, controller) == NULL ?
		ECGFAIL : cgroup_create_cgroup(group, 1);
	cgroup_free(&group);
	if (status != 0 && access(hierarchy->base_path, F_OK) != 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP,
				 status == ECGOTHER ? cgroup_get_last_errno() : EACCES,
				 HINT_ROOT, "create cgroup '%s': %s", hierarchy->base_path,
				 cgroup_strerror(status));
	return 0;
}

static int create_base_v1(struct survey *survey, const char *controller,
			  const char *relative_path, const struct cgroup_hierarchy *hierarchy,
			  struct bailiff_error *err)
{
	if (mkdir(hierarchy->base_path, 0755) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOENT)
		return create_path_v1(survey, controller, relative_path, hierarchy, err);
	return fail_host(err, BAILIFF_STAGE_CGROUP, errno, HINT_ROOT, "create cgroup '%s'",
			 hierarchy->base_path);
}

/* A v1 cpuset admits nobody until it has CPUs and memory nodes; ours has all its parent has. */
static int inherit_cpuset(const struct cgroup_hierarchy *hierarchy, int base_dir_fd,
			  struct bailiff_error *err)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		char parent[64], text[4096];
		(void)snprintf(parent, sizeof parent, "../%s", files[i]);
		int rc = io_read_file_at(base_dir_fd, parent, text, sizeof text);
		if (rc >= 0)
			rc = io_write_file_at(base_dir_fd, files[i], text);
		if (rc < 0)
			return fail_host(err, BAILIFF_STAGE_CGROUP, -rc, NULL, "set '%s' of '%s'",
					 files[i], hierarchy->base_path);
	}
	return 0;
}

int cgroup_layout_open_cpuset(const struct cgroup_layout *layout, int *ret_dir_fd,
			      struct bailiff_error *err)
{
	const struct cgroup_hierarchy *hierarchy = cgroup_layout_find(layout, CGROUP_CPUSET);
	AUTO_CLOSE int dir_fd = FD_NONE;
	if (mkdir(hierarchy->base_path, 0755) < 0 && errno != EEXIST)
		return fail_host(err, BAILIFF_STAGE_CGROUP, errno, HINT_ROOT, "create cgroup '%s'",
				 hierarchy->base_path);
	int rc = open_base(hierarchy, &dir_fd, err);
	if (rc == 0)
		rc = inherit_cpuset(hierarchy, dir_fd, err);
	if (rc == 0)
		*ret_dir_fd = fd_take(&dir_fd);
	return rc;
}

static int bind_v1(struct survey *survey, const struct cgroup_mount *mount,
		   enum controller controller, struct cgroup_hierarchy *hierarchy,
		   struct bailiff_error *err)
{
	const char *name = controller_texts[controller];
	char own[PATH_MAX], relative[PATH_MAX];
	int rc = own_path_below(survey, mount, name, own, err);
	if (rc == 0)
		rc = join_path(relative, own, "/", BASE_NAME, err);
	if (rc == 0)
		rc = join_path(hierarchy->base_path, mount->mount_point, relative, "", err);
	if (rc < 0 || controller == CGROUP_CPUSET)
		return rc;
	rc = create_base_v1(survey, name, relative + 1, hierarchy, err);
	return rc < 0 ? rc : open_base(hierarchy, &hierarchy->base_dir_fd, err);
}

/* ---- v2 --------------------------------------------------------------------------------- */

static bool is_delegated(int dir_fd)
{
	char value[2] = "";
	return (fgetxattr(dir_fd, "trusted.delegate", value, 1) == 1 ||
		fgetxattr(dir_fd, "user.delegate", value, 1) == 1) && value[0] == '1';
}

/* A second layout of this process finds itself where the first one moved it. */
static void leave_supervisor_group(char *path)
{
	char base[PATH_MAX];
	char *slash = strrchr(path, '/');
	if (slash == NULL || strcmp(slash + 1, SUPERVISOR_NAME) != 0)
		return;
	int length = snprintf(base, sizeof base, "%.*s/%s", (int)(slash - path), path, BASE_NAME);
	if (length > 0 && length < PATH_MAX && access(base, F_OK) == 0)
		*slash = '\0';
}

/*
 * The group our base goes into: the nearest one, from our own upwards, that systemd marked as
 * delegated; our own where none is. Shortens `path` (absolute) in place.
 */
static int open_v2_parent(char *path, const char *mount_point, int *ret_dir_fd,
			  struct bailiff_error *err)
{
	char candidate[PATH_MAX];
	(void)snprintf(candidate, sizeof candidate, "%s", path);
	for (;;) {
		AUTO_CLOSE int dir_fd = open(candidate, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir_fd >= 0 && is_delegated(dir_fd)) {
			(void)snprintf(path, PATH_MAX, "%s", candidate);
			*ret_dir_fd = fd_take(&dir_fd);
			return 0;
		}
		char *slash = strrchr(candidate, '/');
		if (slash == NULL || strlen(candidate) <= strlen(mount_point))
			break;
		*slash = '\0';
	}
	leave_supervisor_group(path);
	int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP, errno, HINT_MOUNT, "open cgroup '%s'",
				 path);
	*ret_dir_fd = dir_fd;
	return 0;
}

/* True when this process is the only one in the group. */
static bool is_alone_in(int dir_fd)
{
	char procs[64], own[32];
	char *end = io_format_u64(own, (uint64_t)getpid());
	end[0] = '\n';
	end[1] = '\0';
	return io_read_file_at(dir_fd, "cgroup.procs", procs, sizeof procs) >= 0 &&
	       strcmp(procs, own) == 0;
}

/* Our own process, nobody else. */
static int move_self_to_supervisor(int dir_fd)
{
	if (mkdirat(dir_fd, SUPERVISOR_NAME, 0755) < 0 && errno != EEXIST)
		return -errno;
	return io_write_file_at(dir_fd, SUPERVISOR_NAME "/cgroup.procs", "0");
}

/* Whether a controller is on for the children of a group. */
static bool is_enabled(int dir_fd, const char *controller)
{
	char text[1024];
	int length = io_read_file_at(dir_fd, "cgroup.subtree_control", text, sizeof text);
	if (length < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	for (char *blank = text; (blank = strchr(blank, ' ')) != NULL;)
		*blank = ',';
	return list_contains(text, strlen(text), controller);
}

static void append_word(char *words, size_t capacity, char sign, const char *word)
{
	size_t length = strlen(words);
	(void)snprintf(words + length, capacity - length, "%s%c%s", length > 0 ? " " : "", sign,
		       word);
}

/* Switches `controllers` on for the children of a group; *ret_moved tells whether this process
 * had to leave the group for that. */
static int enable_controllers(int dir_fd, const char *path, const char *controllers,
			      bool *ret_moved, struct bailiff_error *err)
{
	int rc = io_write_file_at(dir_fd, "cgroup.subtree_control", controllers);
	if (rc == -EBUSY && is_alone_in(dir_fd)) {
		rc = move_self_to_supervisor(dir_fd);
		*ret_moved = rc == 0;
		if (rc == 0)
			rc = io_write_file_at(dir_fd, "cgroup.subtree_control", controllers);
	}
	if (rc == -EBUSY)
		return fail_host(err, BAILIFF_STAGE_CGROUP, EBUSY, HINT_DELEGATE,
				 "cgroup '%s' holds other processes, so its children can have no limits",
				 path);
	if (rc < 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP, -rc, HINT_DELEGATE,
				 "enable '%s' below cgroup '%s'", controllers, path);
	return 0;
}

static int make_base_v2(struct cgroup_hierarchy *hierarchy, struct bailiff_error *err)
{
	if (mkdirat(hierarchy->parent_dir_fd, BASE_NAME, 0755) < 0 && errno != EEXIST)
		return fail_host(err, BAILIFF_STAGE_CGROUP, errno, HINT_DELEGATE,
				 "create cgroup '%s'", hierarchy->base_path);
	return open_base(hierarchy, &hierarchy->base_dir_fd, err);
}

/* The controllers v2 is to serve. */
struct wanted {
	bool on[CGROUP_CORE];
};

/*
 * Switches what is wanted on for the children of the group above the base, and notes what was off
 * before. cpuset is not always delegated, and then not an error: a run that asks for it is told.
 */
static int enable_above(struct cgroup_hierarchy *hierarchy, const char *parent,
			const struct wanted *wanted, struct bailiff_error *err)
{
	char missing[64] = "";
	for (int c = 0; c < CGROUP_CPUSET; c++) {
		if (!wanted->on[c] || is_enabled(hierarchy->parent_dir_fd, controller_texts[c]))
			continue;
		append_word(missing, sizeof missing, '+', controller_texts[c]);
		append_word(hierarchy->undo, sizeof hierarchy->undo, '-', controller_texts[c]);
	}
	int rc = missing[0] == '\0' ? 0 : enable_controllers(hierarchy->parent_dir_fd, parent, missing,
							     &hierarchy->moved, err);
	if (rc == 0 && wanted->on[CGROUP_CPUSET] &&
	    !is_enabled(hierarchy->parent_dir_fd, "cpuset") &&
	    io_write_file_at(hierarchy->parent_dir_fd, "cgroup.subtree_control", "+cpuset") == 0)
		append_word(hierarchy->undo, sizeof hierarchy->undo, '-', "cpuset");
	return rc;
}

static int enable_in_base(struct cgroup_hierarchy *hierarchy, const struct wanted *wanted,
			  struct bailiff_error *err)
{
	char controllers[64] = "";
	bool moved; /* never: the base holds no processes */
	for (int c = 0; c < CGROUP_CPUSET; c++)
		if (wanted->on[c])
			append_word(controllers, sizeof controllers, '+', controller_texts[c]);
	if (controllers[0] == '\0')
		return 0;
	int rc = enable_controllers(hierarchy->base_dir_fd, hierarchy->base_path, controllers, &moved,
				    err);
	if (rc == 0 && wanted->on[CGROUP_CPUSET])
		(void)io_write_file_at(hierarchy->base_dir_fd, "cgroup.subtree_control", "+cpuset");
	return rc;
}

/* Makes the base group and gives it what is wanted for its children. */
static int bind_v2(const struct survey *survey, const struct wanted *wanted,
		   struct cgroup_hierarchy *hierarchy, struct bailiff_error *err)
{
	char own[PATH_MAX], parent[PATH_MAX];
	int rc = own_path_below(survey, &survey->v2, "", own, err);
	if (rc == 0)
		rc = join_path(parent, survey->v2.mount_point, own, "", err);
	if (rc == 0)
		rc = open_v2_parent(parent, survey->v2.mount_point, &hierarchy->parent_dir_fd, err);
	if (rc == 0)
		rc = join_path(hierarchy->base_path, parent, "/", BASE_NAME, err);
	if (rc == 0)
		rc = enable_above(hierarchy, parent, wanted, err);
	if (rc == 0)
		rc = make_base_v2(hierarchy, err);
	return rc < 0 ? rc : enable_in_base(hierarchy, wanted, err);
}

/* Leaves the group above our base as it was found. */
static void undo_v2(struct cgroup_hierarchy *hierarchy)
{
	if (hierarchy->undo[0] != '\0')
		(void)io_write_file_at(hierarchy->parent_dir_fd, "cgroup.subtree_control",
				       hierarchy->undo);
	if (hierarchy->moved &&
	    io_write_file_at(hierarchy->parent_dir_fd, "cgroup.procs", "0") == 0)
		(void)unlinkat(hierarchy->parent_dir_fd, SUPERVISOR_NAME, AT_REMOVEDIR);
}

/* ---- putting it together ---------------------------------------------------------------- */

static int add_hierarchy(struct cgroup_layout *layout, enum cgroup_version version)
{
	size_t index = layout->hierarchy_count++;
	layout->hierarchies[index] =
		(struct cgroup_hierarchy){ .version = version, .base_dir_fd = FD_NONE,
					   .parent_dir_fd = FD_NONE };
	return (int)index;
}

/* cpu and cpuacct are commonly mounted together; they then share one hierarchy. */
static int find_by_path(const struct cgroup_layout *layout, const char *mount_point)
{
	size_t length = strlen(mount_point);
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const char *base = layout->hierarchies[i].base_path;
		if (strncmp(base, mount_point, length) == 0 && base[length] == '/')
			return (int)i;
	}
	return -1;
}

static int bind_controller_v1(struct cgroup_layout *layout, struct survey *survey,
			      enum controller controller, struct bailiff_error *err)
{
	struct cgroup_mount mount;
	if (!cgroup_parse_mount(survey->mountinfo, controller_texts[controller], &mount))
		return 0;
	int shared = find_by_path(layout, mount.mount_point);
	if (shared >= 0) {
		layout->hierarchy_of[controller] = shared;
		return 0;
	}
	int index = add_hierarchy(layout, CGROUP_VERSION_1);
	layout->hierarchy_of[controller] = index;
	return bind_v1(survey, &mount, controller, &layout->hierarchies[index], err);
}

/* Binds the v2 tree, and to it every controller that v1 does not serve. */
static int bind_controllers_v2(struct cgroup_layout *layout, const struct survey *survey,
			       struct bailiff_error *err)
{
	struct wanted wanted;
	for (int c = 0; c < CGROUP_CORE; c++)
		wanted.on[c] = layout->hierarchy_of[c] < 0 && c != CGROUP_CPUACCT;
	int index = add_hierarchy(layout, CGROUP_VERSION_2);
	struct cgroup_hierarchy *hierarchy = &layout->hierarchies[index];
	int rc = bind_v2(survey, &wanted, hierarchy, err);
	if (rc < 0)
		return rc;
	layout->hierarchy_of[CGROUP_CORE] = index;
	for (int c = 0; c < CGROUP_CPUSET; c++)
		if (layout->hierarchy_of[c] < 0)
			layout->hierarchy_of[c] = index;
	if (wanted.on[CGROUP_CPUSET] && is_enabled(hierarchy->base_dir_fd, "cpuset"))
		layout->hierarchy_of[CGROUP_CPUSET] = index;
	return 0;
}

static int bind_all(struct cgroup_layout *layout, struct survey *survey, struct bailiff_error *err)
{
	for (int c = 0; c < CGROUP_CORE; c++) {
		int rc = bind_controller_v1(layout, survey, (enum controller)c, err);
		if (rc < 0)
			return rc;
	}
	size_t v1_count = layout->hierarchy_count;
	if (v1_count == 0 && !survey->has_v2)
		return fail_host(err, BAILIFF_STAGE_CGROUP, 0, HINT_MOUNT,
				 "no cgroup hierarchy is mounted");
	if (survey->has_v2) {
		int rc = bind_controllers_v2(layout, survey, err);
		if (rc < 0)
			return rc;
	}
	for (int c = 0; c < CGROUP_CPUSET; c++) {
		if (layout->hierarchy_of[c] < 0)
			return fail_host(err, BAILIFF_STAGE_CGROUP, 0,
					 "mount a hierarchy that has it; for memory, boot with "
					 "cgroup_enable=memory",
					 "no cgroup controller '%s'", controller_texts[c]);
	}
	layout->kind = v1_count == 0	? BAILIFF_CGROUP_V2 :
		       survey->has_v2 ? BAILIFF_CGROUP_HYBRID :
					BAILIFF_CGROUP_V1;
	return 0;
}

int cgroup_layout_open(struct cgroup_layout *ret_layout, struct bailiff_error *err)
{
	struct cgroup_layout *layout = ret_layout;
	*layout = (struct cgroup_layout){ 0 };
	for (int c = 0; c < CGROUP_CONTROLLER_COUNT; c++)
		layout->hierarchy_of[c] = -1;

	struct survey survey = { 0 };
	int rc = survey_read(&survey, err);
	if (rc == 0) {
		(void)pthread_mutex_lock(&libcgroup_lock);
		rc = bind_all(layout, &survey, err);
		(void)pthread_mutex_unlock(&libcgroup_lock);
	}
	survey_finish(&survey);
	return rc;
}

void cgroup_layout_close(struct cgroup_layout *layout, enum cgroup_base_fate fate)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];
		fd_close(&hierarchy->base_dir_fd);
		/* Fails while a cell is left in it, which is as it should be. */
		if (fate == CGROUP_BASE_REMOVE && hierarchy->base_path[0] != '\0' &&
		    (rmdir(hierarchy->base_path) == 0 || errno == ENOENT))
			undo_v2(hierarchy);
		fd_close(&hierarchy->parent_dir_fd);
	}
	layout->hierarchy_count = 0;
}

/* ---- our own limit ---------------------------------------------------------------------- */

uint64_t cgroup_own_memory_limit(void)
{
	struct survey survey = { 0 };
	struct cgroup_mount mount;
	char own[PATH_MAX], path[PATH_MAX];
	uint64_t least = UINT64_MAX, limit;
	bool is_known = survey_read(&survey, NULL) == 0 &&
			(cgroup_parse_mount(survey.mountinfo, "memory", &mount) ||
			 cgroup_parse_mount(survey.mountinfo, "", &mount)) &&
			own_path_below(&survey, &mount, "memory", own, NULL) == 0 &&
			join_path(path, mount.mount_point, own, "", NULL) == 0;
	survey_finish(&survey);
	while (is_known && strlen(path) >= strlen(mount.mount_point)) {
		char text[32];
		AUTO_CLOSE int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir_fd >= 0 &&
		    io_read_file_at(dir_fd, cgroup_table_for(mount.version)->memory_limit_file, text,
				    sizeof text) >= 0 &&
		    io_parse_u64(text, &limit) && limit < least)
			least = limit;
		char *slash = strrchr(path, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	return least;
}
