/* SPDX-License-Identifier: MIT */
/*
 * One leaf per run. All of it goes through directory descriptors opened here: no path is built
 * after creation, nothing in the leaf is shared with another run, and every limit is in force
 * before the first process joins. Removal kills first and then waits, with a deadline, for the
 * kernel to let go; a leaf is never emptied by moving its processes elsewhere, because that would
 * set them free of their limits.
 */
#include "cgroup/leaf.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* The kernel's own default period: shorter ones cost more switches, longer ones longer stalls. */
#define CPU_PERIOD_US 100000

/* How long a removal waits for the kernel to finish with dead processes. */
#define REMOVE_DEADLINE_NS NS_PER_S
#define REMOVE_RETRY_NS (NS_PER_MS / 2)

/* Largest control file read: memory.stat has some 60 lines. */
#define CONTROL_TEXT_MAX 8192

/* Of a leaf's threads, those whose time is added to its counters on demand. */
#define SETTLED_THREADS_MAX 256

#define NICE_MAX 19

/* ---- limits ----------------------------------------------------------------------------- */

static void format_value(enum cgroup_value value, const struct bailiff_limits *limits, char *out,
			 size_t capacity)
{
	uint64_t quota = limits->cpus_milli * CPU_PERIOD_US / 1000;
	switch (value) {
	case CGROUP_VALUE_MEMORY_BYTES:
		(void)snprintf(out, capacity, "%" PRIu64, limits->memory_bytes);
		return;
	case CGROUP_VALUE_ZERO:
		(void)snprintf(out, capacity, "0");
		return;
	case CGROUP_VALUE_ONE:
		(void)snprintf(out, capacity, "1");
		return;
	case CGROUP_VALUE_PROCESSES:
		(void)snprintf(out, capacity, "%" PRIu64, limits->processes);
		return;
	case CGROUP_VALUE_CPU_PERIOD_US:
		(void)snprintf(out, capacity, "%d", CPU_PERIOD_US);
		return;
	case CGROUP_VALUE_CPU_QUOTA_US:
		(void)snprintf(out, capacity, "%" PRIu64, quota);
		return;
	case CGROUP_VALUE_CPU_QUOTA_AND_PERIOD_US:
		(void)snprintf(out, capacity, "%" PRIu64 " %d", quota, CPU_PERIOD_US);
		return;
	case CGROUP_VALUE_CPUSET_CPUS:
		(void)snprintf(out, capacity, "%s", limits->cpuset);
		return;
	case CGROUP_VALUE_CPUSET_MEMS: /* filled in by the caller: the base group's nodes */
		out[0] = '\0';
		return;
	}
}

static bool machine_has_swap(void)
{
	char text[CONTROL_TEXT_MAX];
	/* A heading line, then a line per swap area. Unreadable counts as "has", to be safe. */
	int length = io_read_file_at(AT_FDCWD, "/proc/swaps", text, sizeof text);
	if (length < 0)
		return true;
	const char *newline = strchr(text, '\n');
	return newline != NULL && newline[1] != '\0';
}

static int base_fd(const struct cgroup_leaf *leaf, size_t index)
{
	int fd = leaf->layout->hierarchies[index].base_dir_fd;
	return fd >= 0 ? fd : leaf->cpuset_base_fd;
}

static int write_setting(const struct cgroup_leaf *leaf, const struct cgroup_setting *setting,
			 const struct bailiff_limits *limits, struct bailiff_error *err)
{
	const struct cgroup_layout *layout = leaf->layout;
	int index = layout->hierarchy_of[setting->controller];
	char text[512];
	format_value(setting->value, limits, text, sizeof text);
	if (setting->value == CGROUP_VALUE_CPUSET_MEMS &&
	    io_read_file_at(base_fd(leaf, (size_t)index), setting->file, text, sizeof text) < 0)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, EIO, "read '%s'", setting->file);

	int rc = io_write_file_at(leaf->dir_fds[index], setting->file, text);
	if (rc == 0)
		return 0;
	if (rc == -ENOENT && (setting->need == CGROUP_NEED_NEVER ||
			      (setting->need == CGROUP_NEED_WITH_SWAP && !machine_has_swap())))
		return 0;
	if (rc == -ENOENT && setting->need == CGROUP_NEED_WITH_SWAP)
		return fail_host(err, BAILIFF_STAGE_CGROUP, ENOENT,
				 "boot with swapaccount=1, or switch swap off: swapoff -a",
				 "swap cannot be limited, '%s'", setting->file);
	if (setting->controller == CGROUP_CPUSET)
		return fail_spec(err, "limits.cpuset: '%s' is not a set of CPUs this group may use",
				 limits->cpuset);
	if (setting->value == CGROUP_VALUE_CPU_QUOTA_US && rc == -EINVAL)
		return fail_spec(err, "limits.cpus: more than the group around us has");
	return fail_internal(err, BAILIFF_STAGE_CGROUP, -rc, "write '%s' to '%s'", text,
			     setting->file);
}

static int write_settings(const struct cgroup_leaf *leaf, const struct bailiff_limits *limits,
			  struct bailiff_error *err)
{
	for (int version = 0; version < CGROUP_VERSION_COUNT; version++) {
		const struct cgroup_table *table = cgroup_table_for((enum cgroup_version)version);
		for (size_t i = 0; i < table->setting_count; i++) {
			const struct cgroup_setting *setting = &table->settings[i];
			const struct cgroup_hierarchy *hierarchy =
				cgroup_layout_find(leaf->layout, setting->controller);
			bool skip = setting->controller == CGROUP_CPUSET && limits->cpuset == NULL;
			if (hierarchy == NULL || (int)hierarchy->version != version || skip)
				continue;
			int rc = write_setting(leaf, setting, limits, err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* Writes each setting that differs. 0, or -errno of the last that was refused. */
static int change_settings(const struct cgroup_leaf *leaf, const struct bailiff_limits *before,
			   const struct bailiff_limits *after, const struct cgroup_table *table)
{
	int rc = 0;
	for (size_t i = 0; i < table->setting_count; i++) {
		const struct cgroup_setting *setting = &table->settings[i];
		int index = leaf->layout->hierarchy_of[setting->controller];
		if (index < 0 || leaf->dir_fds[index] < 0 || setting->controller == CGROUP_CPUSET ||
		    cgroup_table_for(leaf->layout->hierarchies[index].version) != table)
			continue;
		char old[64], new[64];
		format_value(setting->value, before, old, sizeof old);
		format_value(setting->value, after, new, sizeof new);
		if (strcmp(old, new) == 0)
			continue;
		int written = io_write_file_at(leaf->dir_fds[index], setting->file, new);
		if (written < 0 && !(written == -ENOENT && setting->need != CGROUP_NEED_ALWAYS))
			rc = written;
	}
	return rc;
}

int cgroup_leaf_change(const struct cgroup_leaf *leaf, const struct bailiff_limits *before,
		       const struct bailiff_limits *after)
{
	int rc = 0;
	for (int version = 0; rc == 0 && version < CGROUP_VERSION_COUNT; version++) {
		const struct cgroup_table *table = cgroup_table_for((enum cgroup_version)version);
		rc = change_settings(leaf, before, after, table);
		/* v1 has two memory limits of which one may never be the smaller; so where both
		 * grow, the first can only be written after the second. */
		if (rc < 0)
			rc = change_settings(leaf, before, after, table);
	}
	return rc;
}

/* ---- counters --------------------------------------------------------------------------- */

/* Where a counter is on this machine: it belongs to the version that serves its controller. */
static const struct cgroup_reading *find_reading(const struct cgroup_layout *layout,
						 enum cgroup_counter counter)
{
	for (int version = 0; version < CGROUP_VERSION_COUNT; version++) {
		const struct cgroup_reading *reading =
			&cgroup_table_for((enum cgroup_version)version)->readings[counter];
		const struct cgroup_hierarchy *hierarchy =
			cgroup_layout_find(layout, reading->controller);
		if (reading->file != NULL && hierarchy != NULL &&
		    (int)hierarchy->version == version)
			return reading;
	}
	return NULL;
}

/* A verdict without these would be a guess. */
static bool is_indispensable(enum cgroup_counter counter)
{
	return counter == CGROUP_CPU_NS || counter == CGROUP_OOM_KILLS;
}

static int open_counters(struct cgroup_leaf *leaf, struct bailiff_error *err)
{
	const char *previous = NULL;
	for (int c = 0; c < CGROUP_COUNTER_COUNT; c++) {
		const struct cgroup_reading *reading =
			find_reading(leaf->layout, (enum cgroup_counter)c);
		if (reading == NULL) {
			previous = NULL;
			continue;
		}
		if (previous != NULL && strcmp(previous, reading->file) == 0) {
			leaf->counter_fds[c] = leaf->counter_fds[c - 1];
			continue;
		}
		int index = leaf->layout->hierarchy_of[reading->controller];
		int mode = c == CGROUP_MEMORY_PEAK_BYTES ? O_RDWR : O_RDONLY;
		leaf->counter_fds[c] = openat(leaf->dir_fds[index], reading->file, mode | O_CLOEXEC);
		if (leaf->counter_fds[c] < 0 &&
		    (errno != ENOENT || is_indispensable((enum cgroup_counter)c)))
			return fail_host(err, BAILIFF_STAGE_CGROUP, errno,
					 "use a kernel of Linux 5.14 or newer",
					 "no counter '%s' in cgroup '%s'", reading->file, leaf->name);
		previous = reading->file;
	}
	return 0;
}

static void close_counters(struct cgroup_leaf *leaf)
{
	for (int c = CGROUP_COUNTER_COUNT - 1; c >= 0; c--) {
		if (c > 0 && leaf->counter_fds[c] == leaf->counter_fds[c - 1])
			leaf->counter_fds[c] = FD_NONE;
		fd_close(&leaf->counter_fds[c]);
	}
}

/* ---- creation --------------------------------------------------------------------------- */

/* Whether a hierarchy serves none of the controllers that limit and count. */
static bool is_bare(const struct cgroup_layout *layout, size_t index)
{
	for (int c = 0; c < CGROUP_CORE; c++)
		if (layout->hierarchy_of[c] == (int)index)
			return false;
	return layout->hierarchies[index].version == CGROUP_VERSION_2;
}

static int create_in(struct cgroup_leaf *leaf, size_t index, struct bailiff_error *err)
{
	int base = base_fd(leaf, index);
	const char *join_file =
		cgroup_table_for(leaf->layout->hierarchies[index].version)->join_file;
	if (mkdirat(base, leaf->name, 0755) < 0)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, errno, "create cgroup '%s/%s'",
				     leaf->layout->hierarchies[index].base_path, leaf->name);
	leaf->dir_fds[index] = openat(base, leaf->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (leaf->dir_fds[index] < 0) {
		int cause = errno;
		(void)unlinkat(base, leaf->name, AT_REMOVEDIR);
		return fail_internal(err, BAILIFF_STAGE_CGROUP, cause, "open cgroup '%s'",
				     leaf->name);
	}
	if (is_bare(leaf->layout, index)) {
		leaf->birth_fd = leaf->dir_fds[index];
		return 0;
	}
	leaf->join_fds[index] =
		openat(leaf->dir_fds[index], join_file, O_WRONLY | O_CLOEXEC);
	if (leaf->join_fds[index] < 0)
		return fail_internal(err, BAILIFF_STAGE_CGROUP, errno, "open %s of '%s'", join_file,
				     leaf->name);
	return 0;
}

int cgroup_leaf_create(const struct cgroup_layout *layout, const char *name,
		       const struct bailiff_limits *limits, struct cgroup_leaf *ret_leaf,
		       struct bailiff_error *err)
{
	struct cgroup_leaf leaf = CGROUP_LEAF_EMPTY;
	*ret_leaf = leaf;
	if (limits->cpuset != NULL && layout->hierarchy_of[CGROUP_CPUSET] < 0)
		return fail_host(err, BAILIFF_STAGE_CGROUP, 0,
				 "delegate it too: systemctl set-property <unit> Delegate=cpuset",
				 "limits.cpuset needs the cgroup controller 'cpuset'");
	leaf.layout = layout;
	(void)snprintf(leaf.name, sizeof leaf.name, "%s", name);

	int rc = 0;
	if (limits->cpuset != NULL && cgroup_layout_find(layout, CGROUP_CPUSET)->base_dir_fd < 0)
		rc = cgroup_layout_open_cpuset(layout, &leaf.cpuset_base_fd, err);
	for (size_t i = 0; rc == 0 && i < layout->hierarchy_count; i++) {
		bool only_cpuset = (int)i == layout->hierarchy_of[CGROUP_CPUSET] &&
				   (int)i != layout->hierarchy_of[CGROUP_CORE];
		if (!only_cpuset || limits->cpuset != NULL)
			rc = create_in(&leaf, i, err);
	}
	if (rc == 0)
		rc = write_settings(&leaf, limits, err);
	if (rc == 0)
		rc = open_counters(&leaf, err);
	if (rc < 0) {
		(void)cgroup_leaf_remove(&leaf);
		return rc;
	}
	*ret_leaf = leaf;
	return 0;
}

/* ---- reading ---------------------------------------------------------------------------- */

void cgroup_leaf_reset_peak(const struct cgroup_leaf *leaf)
{
	/* v1 always can; v2 since Linux 6.12, for the descriptor it was written to. */
	if (leaf->counter_fds[CGROUP_MEMORY_PEAK_BYTES] >= 0)
		(void)!pwrite(leaf->counter_fds[CGROUP_MEMORY_PEAK_BYTES], "0", 1, 0);
}

static uint64_t parse_counter(const struct cgroup_reading *reading, const char *text)
{
	uint64_t value;
	if (!io_parse_keyed_u64(text, reading->key, reading->field, &value) ||
	    __builtin_mul_overflow(value, reading->scale, &value))
		return BAILIFF_UNKNOWN;
	return value;
}

uint64_t cgroup_leaf_read(const struct cgroup_leaf *leaf, enum cgroup_counter counter)
{
	const struct cgroup_reading *reading = find_reading(leaf->layout, counter);
	char text[CONTROL_TEXT_MAX];
	if (reading == NULL || leaf->counter_fds[counter] < 0 ||
	    io_read_record(leaf->counter_fds[counter], text, sizeof text) < 0)
		return BAILIFF_UNKNOWN;
	return parse_counter(reading, text);
}

void cgroup_leaf_read_all(const struct cgroup_leaf *leaf, uint64_t ret_values[CGROUP_COUNTER_COUNT])
{
	char text[CONTROL_TEXT_MAX];
	int read_fd = FD_NONE, length = -EBADF;
	for (int c = 0; c < CGROUP_COUNTER_COUNT; c++) {
		const struct cgroup_reading *reading =
			find_reading(leaf->layout, (enum cgroup_counter)c);
		int fd = leaf->counter_fds[c];
		if (fd >= 0 && fd != read_fd) {
			length = io_read_record(fd, text, sizeof text);
			read_fd = fd;
		}
		bool is_read = reading != NULL && fd >= 0 && length >= 0;
		ret_values[c] = is_read ? parse_counter(reading, text) : BAILIFF_UNKNOWN;
	}
}

/* The numbers in a file that lists processes or threads; of a list that is longer than the text
 * that fits, those at its beginning. */
static size_t read_numbers(int dir_fd, const char *file, pid_t *ret_numbers, size_t max)
{
	char text[CONTROL_TEXT_MAX];
	AUTO_CLOSE int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	size_t count = 0;
	if (length <= 0)
		return 0;
	while (length > 0 && text[length - 1] != '\n')
		length--;
	text[length] = '\0';
	char *rest = NULL;
	for (char *word = strtok_r(text, "\n", &rest); word != NULL && count < max;
	     word = strtok_r(NULL, "\n", &rest)) {
		uint64_t number;
		if (io_parse_u64(word, &number) && number > 0 && number <= INT32_MAX)
			ret_numbers[count++] = (pid_t)number;
	}
	return count;
}

size_t cgroup_leaf_pids(const struct cgroup_leaf *leaf, pid_t *ret_pids, size_t max)
{
	int dir_fd = leaf->dir_fds[leaf->layout->hierarchy_of[CGROUP_PIDS]];
	return read_numbers(dir_fd, "cgroup.procs", ret_pids, max);
}

/*
 * A running thread's time is added to the counters at ticks of the scheduler, and when the thread
 * leaves its queue: for another CPU, to sleep, or because its weight changes (Linux
 * kernel/sched/syscalls.c, set_user_nice()). Where it runs it goes on running. For a microsecond
 * its nice value is another one; who changes it himself at the same time may find the old one again.
 * Reading a CPU clock of the thread's process would not do: that brings only the reader's own
 * process up to date (kernel/sched/cputime.c, thread_group_cputime()).
 */
static void settle_thread(pid_t tid)
{
	/* The raw call returns 20 minus the nice value. */
	long rank = syscall(SYS_getpriority, PRIO_PROCESS, tid);
	if (rank < 0)
		return;
	int nice = 20 - (int)rank;
	if (setpriority(PRIO_PROCESS, (id_t)tid, nice < NICE_MAX ? nice + 1 : nice - 1) == 0)
		(void)setpriority(PRIO_PROCESS, (id_t)tid, nice);
}

void cgroup_leaf_settle_cpu(const struct cgroup_leaf *leaf)
{
	pid_t tids[SETTLED_THREADS_MAX];
	int index = leaf->layout->hierarchy_of[CGROUP_CPUACCT];
	const char *file = cgroup_table_for(leaf->layout->hierarchies[index].version)->threads_file;
	size_t count = read_numbers(leaf->dir_fds[index], file, tids, SETTLED_THREADS_MAX);
	for (size_t i = 0; i < count; i++)
		settle_thread(tids[i]);
}

/* ---- removal ---------------------------------------------------------------------------- */

/*
 * Kills by pid where there is no cgroup.kill. The pid is pinned by a pidfd first and must still
 * be listed afterwards, so that a number reused by a stranger is never hit.
 */
static void kill_listed(int dir_fd)
{
	char procs[CONTROL_TEXT_MAX], again[CONTROL_TEXT_MAX];
	if (io_read_file_at(dir_fd, "cgroup.procs", procs, sizeof procs) <= 0)
		return;
	char *rest = NULL;
	for (char *word = strtok_r(procs, "\n", &rest); word != NULL;
	     word = strtok_r(NULL, "\n", &rest)) {
		uint64_t pid;
		if (!io_parse_u64(word, &pid) || pid <= 1 || pid > INT32_MAX)
			continue;
		AUTO_CLOSE int pid_fd = pidfd_open((pid_t)pid, 0);
		if (pid_fd < 0 ||
		    io_read_file_at(dir_fd, "cgroup.procs", again, sizeof again) <= 0)
			continue;
		char *other = NULL;
		for (char *listed = strtok_r(again, "\n", &other); listed != NULL;
		     listed = strtok_r(NULL, "\n", &other)) {
			if (strcmp(listed, word) == 0)
				(void)pidfd_send_signal(pid_fd, SIGKILL, NULL, 0);
		}
	}
}

void cgroup_leaf_kill(const struct cgroup_leaf *leaf)
{
	int index = leaf->layout->hierarchy_of[CGROUP_CORE];
	if (index >= 0 && leaf->dir_fds[index] >= 0)
		(void)io_write_file_at(leaf->dir_fds[index], "cgroup.kill", "1");
}

static int remove_group(int base_dir_fd, int dir_fd, const char *name)
{
	uint64_t deadline = clock_now_ns() + REMOVE_DEADLINE_NS;
	for (;;) {
		if (unlinkat(base_dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -errno;
		if (clock_now_ns() > deadline)
			return -EBUSY;
		if (io_write_file_at(dir_fd, "cgroup.kill", "1") < 0)
			kill_listed(dir_fd);
		/* v1 tells nobody when a group becomes empty, so this one wait is a poll. */
		struct timespec pause = clock_timespec(REMOVE_RETRY_NS);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

int cgroup_leaf_remove(struct cgroup_leaf *leaf)
{
	if (leaf->layout == NULL)
		return 0;
	int first_error = 0;
	close_counters(leaf);
	leaf->birth_fd = FD_NONE;
	for (size_t i = 0; i < leaf->layout->hierarchy_count; i++) {
		fd_close(&leaf->join_fds[i]);
		if (leaf->dir_fds[i] < 0)
			continue;
		int rc = remove_group(base_fd(leaf, i), leaf->dir_fds[i], leaf->name);
		if (rc < 0 && first_error == 0)
			first_error = rc;
		fd_close(&leaf->dir_fds[i]);
	}
	fd_close(&leaf->cpuset_base_fd);
	leaf->layout = NULL;
	return first_error;
}

/* ---- sweeping --------------------------------------------------------------------------- */

/* The base group's folder, or -errno where the path leads to anything else. */
static int open_base(const char *base_path)
{
	AUTO_CLOSE int fd = open(base_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs status;
	if (fd < 0 || fstatfs(fd, &status) < 0)
		return -errno;
	if (status.f_type != CGROUP_SUPER_MAGIC && status.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOENT;
	return fd_take(&fd);
}

/* A folder's links in kernfs are 2 and one for each folder in it (Linux fs/kernfs/inode.c,
 * kernfs_refresh_inode). Any other count than 2 is worth a look. */
static bool has_no_groups(const char *base_path)
{
	struct stat status;
	return lstat(base_path, &status) < 0 || (S_ISDIR(status.st_mode) && status.st_nlink == 2);
}

void cgroup_sweep_base(const char *base_path, const struct cgroup_sweep *sweep)
{
	if (has_no_groups(base_path))
		return;
	AUTO_CLOSE int base_fd = open_base(base_path);
	/* A descriptor of its own: a directory stream takes it over. */
	int list_fd = base_fd < 0 ? -1 : fcntl(base_fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	if (dir == NULL) {
		fd_close(&list_fd);
		return;
	}
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		if (!sweep->is_dead(entry->d_name, sweep->context))
			continue;
		AUTO_CLOSE int dir_fd =
			openat(base_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir_fd >= 0)
			(void)remove_group(base_fd, dir_fd, entry->d_name);
		sweep->done(sweep->context);
	}
	(void)closedir(dir);
}

bool cgroup_remove_base(const char *base_path)
{
	AUTO_CLOSE int fd = open_base(base_path);
	if (fd < 0)
		return fd == -ENOENT;
	return rmdir(base_path) == 0 || errno == ENOENT;
}
