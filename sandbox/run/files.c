/* SPDX-License-Identifier: MIT */
/*
 * Files in and out of the cell, through the scratch file system's own descriptor: a detached mount
 * on which no link is followed, opened by path components that may not leave it. Files go in
 * before the program's process exists and come out after its last process is gone, so nothing
 * moves underneath; what comes out is a regular file of bounded size, or it is reported and left.
 *
 * New files are made with the program's user id (setfsuid(2), this thread only): they shall belong
 * to it, and a file system that was mounted inside the cell knows no other.
 * Sources: openat2(2), setfsuid(2).
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/copy.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/sys.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define EXECUTABLE_BITS 0111

int run_open_beneath(int dir_fd, const char *path, uint64_t flags, mode_t mode)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	int fd = sys_openat2(dir_fd, path, &how);
	return fd < 0 ? -errno : fd;
}

bool run_scratch_path(const char *path, char out[PATH_MAX])
{
	return rootfs_canonical_path(path, out, PATH_MAX) &&
	       (strncmp(out, "box/", 4) == 0 || strncmp(out, "tmp/", 4) == 0);
}

/* ---- in --------------------------------------------------------------------------------- */

static int make_parents(int scratch_fd, char *path)
{
	for (char *slash = strchr(strchr(path, '/') + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int rc = 0;
		if (mkdirat(scratch_fd, path, 0755) < 0)
			rc = errno == EEXIST ? 0 : -errno;
		else if (fchmodat(scratch_fd, path, 0755, 0) < 0) /* whatever the caller's umask */
			rc = -errno;
		*slash = '/';
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Files in a cell belong to its program's user. */
static void act_as_program(const struct run *run)
{
	(void)syscall(SYS_setfsgid, slot_program_id(&run->cell.slot));
	(void)syscall(SYS_setfsuid, slot_program_id(&run->cell.slot));
}

static void act_as_oneself(void)
{
	(void)syscall(SYS_setfsuid, geteuid());
	(void)syscall(SYS_setfsgid, getegid());
}

static int create_file(const struct run *run, const char *path, mode_t mode)
{
	char made[PATH_MAX];
	(void)snprintf(made, sizeof made, "%s", path);
	act_as_program(run);
	int rc = make_parents(run->cell.collect_fd, made);
	int fd = rc < 0 ? rc : run_open_beneath(run->cell.collect_fd, made,
						O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd >= 0 && fchmod(fd, mode) < 0) {
		rc = -errno;
		fd_close(&fd);
		fd = rc;
	}
	act_as_oneself();
	return fd;
}

/*
 * Whatever this process clones or forks while it writes a file, for another cell or for purposes of the
 * caller's, holds a copy of the descriptor until it has closed it; and an exec of that file fails with
 * ETXTBSY so long. A read lease is given when nobody has it open for writing. Source: fcntl(2),
 * F_SETLEASE. 0, or -ETXTBSY after a second; where leases cannot be had the exec will tell.
 */
static int await_writers(const struct run *run, const char *path)
{
	const struct timespec moment = { .tv_nsec = 50 * NS_PER_US };
	uint64_t deadline_ns = clock_now_ns() + NS_PER_S;
	AUTO_CLOSE int fd = run_open_beneath(run->cell.collect_fd, path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	act_as_program(run);
	int rc = fcntl(fd, F_SETLEASE, F_RDLCK) < 0 ? -errno : 0;
	while (rc == -EAGAIN && clock_now_ns() < deadline_ns) {
		(void)nanosleep(&moment, NULL);
		rc = fcntl(fd, F_SETLEASE, F_RDLCK) < 0 ? -errno : 0;
	}
	if (rc == 0)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	act_as_oneself();
	return rc == -EAGAIN ? -ETXTBSY : 0;
}

/* Opens a host file to be copied in; *ret_mode gets its permission bits. */
static int open_source(struct run *run, const char *path, const char *key, mode_t *ret_mode)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_input(run->err, errno, "%s: '%s'", key, path);
	if (!S_ISREG(status.st_mode))
		return fail_input(run->err, 0, "%s: '%s' is not a regular file", key, path);
	*ret_mode = status.st_mode & 0777;
	return fd_take(&fd);
}

static int put_file(struct run *run, const struct bailiff_file *file, const char *key)
{
	char path[PATH_MAX];
	if (!run_scratch_path(file->to, path))
		return fail_spec(run->err, "%s: '%s' must lie below /box or /tmp", key, file->to);
	mode_t mode = 0644;
	AUTO_CLOSE int from_fd = FD_NONE;
	if (file->from != NULL) {
		from_fd = open_source(run, file->from, key, &mode);
		if (from_fd < 0)
			return from_fd;
	}
	if (file->mode != 0)
		mode = file->mode & 0777;
	AUTO_CLOSE int to_fd = create_file(run, path, mode);
	uint64_t bytes;
	int rc = to_fd;
	if (to_fd >= 0)
		rc = from_fd >= 0 ? copy_bytes(from_fd, to_fd, LIMITS_BYTES_MAX, &bytes) :
				    io_write_all(to_fd, file->data, file->size);
	fd_close(&to_fd);
	if (rc == 0 && (mode & EXECUTABLE_BITS) != 0)
		rc = await_writers(run, path);
	if (rc == -ENOTDIR || rc == -EEXIST || rc == -ELOOP)
		return fail_spec(run->err, "%s: '%s' collides with another file", key, file->to);
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_ROOTFS, -rc, "put '%s' into the cell",
				     file->to);
	return 0;
}

static int put_program(struct run *run)
{
	mode_t mode;
	AUTO_CLOSE int probe_fd = open_source(run, run->exec.copy_from, "argv[0]", &mode);
	if (probe_fd < 0)
		return probe_fd;
	/* Who may execute it outside may do so inside, whoever owns it there. */
	if ((mode & EXECUTABLE_BITS) != 0)
		mode |= 0555;
	const struct bailiff_file program = { .to = run->exec.copy_to, .from = run->exec.copy_from,
					      .mode = mode };
	return put_file(run, &program, "argv[0]");
}

static int put_all(struct run *run)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < run->spec->file_count; i++) {
		char key[32];
		(void)snprintf(key, sizeof key, "files[%zu]", i);
		rc = put_file(run, &run->spec->files[i], key);
	}
	if (rc == 0 && run->exec.copy_from != NULL)
		rc = put_program(run);
	return rc;
}

int run_copy_in(struct run *run)
{
	if (run->spec->file_count == 0 && run->exec.copy_from == NULL)
		return 0;
	return put_all(run);
}

/* ---- out -------------------------------------------------------------------------------- */

static enum bailiff_collect_status status_of_error(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR: return BAILIFF_COLLECT_MISSING;
	case ELOOP: /* a link, last or on the way */
	case EXDEV:
	case ENXIO: /* a socket */
		return BAILIFF_COLLECT_NOT_REGULAR;
	default: return BAILIFF_COLLECT_FAILED;
	}
}

static void failed(struct bailiff_collected *collected, int errnum)
{
	collected->status = status_of_error(errnum);
	collected->errnum = errnum;
}

static void collect_one(struct run *run, const char *path, const char *to,
			struct bailiff_collected *collected)
{
	/* Non-blocking: opening a FIFO returns at once and then shows what it is. */
	AUTO_CLOSE int from_fd =
		run_open_beneath(run->cell.collect_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat status;
	if (from_fd < 0 || fstat(from_fd, &status) < 0) {
		failed(collected, from_fd < 0 ? -from_fd : errno);
		return;
	}
	if (!S_ISREG(status.st_mode)) {
		collected->status = BAILIFF_COLLECT_NOT_REGULAR;
		return;
	}
	/* A sparse file can be larger than the disk it lies on. */
	uint64_t most = run->limits.output_bytes < run->limits.disk_bytes ? run->limits.output_bytes :
									    run->limits.disk_bytes;
	collected->bytes = (uint64_t)status.st_size;
	if (collected->bytes > most) {
		collected->status = BAILIFF_COLLECT_TOO_LARGE;
		return;
	}
	/* Non-blocking: the caller may name a FIFO without a reader, or a slow one. */
	AUTO_CLOSE int to_fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY |
						O_NONBLOCK, 0666);
	int rc = to_fd < 0 ? -errno : copy_bytes(from_fd, to_fd, most, &collected->bytes);
	if (rc < 0) {
		collected->status = BAILIFF_COLLECT_FAILED;
		collected->errnum = -rc;
	}
}

int run_collect(struct run *run)
{
	size_t count = run->spec->collect_count;
	if (count == 0)
		return 0;
	run->result->collected = calloc(count, sizeof *run->result->collected);
	if (run->result->collected == NULL)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "collect files");
	run->result->collected_count = count;
	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];
		/* Checked by bailiff_run() before the cell was built. */
		if (!run_scratch_path(run->spec->collects[i].name, path))
			return fail_spec(run->err, "collect[%zu].name: must lie below /box or /tmp", i);
		if (run->cell.collect_fd < 0)
			run->result->collected[i].status = BAILIFF_COLLECT_MISSING;
		else
			collect_one(run, path, run->spec->collects[i].to,
				    &run->result->collected[i]);
	}
	return 0;
}

const char *bailiff_collect_status_name(enum bailiff_collect_status status)
{
	switch (status) {
	case BAILIFF_COLLECT_OK: return "ok";
	case BAILIFF_COLLECT_MISSING: return "missing";
	case BAILIFF_COLLECT_NOT_REGULAR: return "not_regular";
	case BAILIFF_COLLECT_TOO_LARGE: return "too_large";
	case BAILIFF_COLLECT_FAILED: return "failed";
	}
	return "unknown";
}
