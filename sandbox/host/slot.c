/* SPDX-License-Identifier: MIT */
/*
 * Slots. A claim is an open-file-description lock on one byte of a file: the kernel gives it up
 * when the last descriptor of that description is closed, however its owners died. Init inherits
 * the descriptor and, being process 1, outlives every process of its cell; so a slot's user ids
 * are free exactly when nobody runs under them any more, and a claim that can be had proves that
 * whatever still bears the slot's number was left by the dead. No daemon, no clean-up, no pid.
 * Source: fcntl(2), "Open file description locks".
 */
#include "host/slot.h"

#include "base/error.h"
#include "base/fd.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define SLOT_FOLDER "/run/bailiff"
/* The number changes with what is locked or written there, so that versions never mix. */
#define SLOT_FILE "slots.1"
#define CELL_PREFIX "v1-cell-"

int slot_folder_open(int *ret_dir_fd, struct bailiff_error *err)
{
	if (mkdir(SLOT_FOLDER, 0700) < 0 && errno != EEXIST)
		return fail_host(err, BAILIFF_STAGE_SUPERVISE, errno, "run as root: sudo bailiff ...",
				 "create '%s'", SLOT_FOLDER);
	AUTO_CLOSE int dir_fd =
		open(SLOT_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	if (dir_fd < 0 || fstat(dir_fd, &status) < 0)
		return fail_host(err, BAILIFF_STAGE_SUPERVISE, errno, "run as root: sudo bailiff ...",
				 "open '%s'", SLOT_FOLDER);
	if (status.st_uid != geteuid() || (status.st_mode & 022) != 0)
		return fail_host(err, BAILIFF_STAGE_SUPERVISE, 0,
				 "chown root:root /run/bailiff && chmod 700 /run/bailiff",
				 "'%s' may be written by others", SLOT_FOLDER);
	*ret_dir_fd = fd_take(&dir_fd);
	return 0;
}

static int open_slot_file(int slot_dir_fd)
{
	return openat(slot_dir_fd, SLOT_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* The byte after the slots' stands for being at work at all: shared, or exclusive to clean up. */
#define PRESENCE_BYTE SLOT_COUNT

static int lock_byte_as(int fd, unsigned number, short type, int command)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)number,
			      .l_len = 1 };
	int rc;
	do {
		rc = fcntl(fd, command, &lock);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static bool lock_byte(int fd, unsigned number)
{
	return lock_byte_as(fd, number, F_WRLCK, F_OFD_SETLK) == 0;
}

int slot_folder_join(int slot_dir_fd, int *ret_presence_fd, struct bailiff_error *err)
{
	AUTO_CLOSE int fd = open_slot_file(slot_dir_fd);
	int rc = fd < 0 ? -errno : lock_byte_as(fd, PRESENCE_BYTE, F_RDLCK, F_OFD_SETLKW);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "lock '%s/%s'", SLOT_FOLDER,
				     SLOT_FILE);
	*ret_presence_fd = fd_take(&fd);
	return 0;
}

/* Unlocks first: two that leave together must not keep each other from being the last. */
bool slot_folder_leave(int presence_fd)
{
	(void)lock_byte_as(presence_fd, PRESENCE_BYTE, F_UNLCK, F_OFD_SETLK);
	return lock_byte(presence_fd, PRESENCE_BYTE);
}

/* Tokens stand in the same file; what a lock covers and what is written there are independent. */
static off_t token_offset(unsigned number)
{
	return (off_t)number * (off_t)sizeof(uint64_t);
}

static bool take(int fd, unsigned number, struct slot *ret_slot)
{
	uint64_t token;
	if (getrandom(&token, sizeof token, 0) != (ssize_t)sizeof token ||
	    pwrite(fd, &token, sizeof token, token_offset(number)) != (ssize_t)sizeof token)
		return false;
	*ret_slot = (struct slot){ .number = number, .token = token, .lock_fd = fd };
	return true;
}

int slot_acquire(int slot_dir_fd, struct slot *ret_slot, struct bailiff_error *err)
{
	AUTO_CLOSE int fd = open_slot_file(slot_dir_fd);
	if (fd < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "open '%s/%s'", SLOT_FOLDER,
				     SLOT_FILE);
	for (unsigned number = 0; number < SLOT_COUNT; number++) {
		if (!lock_byte(fd, number))
			continue;
		if (!take(fd, number, ret_slot))
			return fail_internal(err, BAILIFF_STAGE_SUPERVISE, errno, "write '%s/%s'",
					     SLOT_FOLDER, SLOT_FILE);
		(void)fd_take(&fd);
		return 0;
	}
	return fail_host(err, BAILIFF_STAGE_SUPERVISE, EAGAIN, "run fewer at once",
			 "all %u slots are taken", SLOT_COUNT);
}

void slot_cell_name(const struct slot *slot, char name[SLOT_CELL_NAME_MAX])
{
	(void)snprintf(name, SLOT_CELL_NAME_MAX, CELL_PREFIX "%u-%016" PRIx64, slot->number,
		       slot->token);
}

bool slot_parse_cell_name(const char *name, unsigned *ret_number, uint64_t *ret_token)
{
	if (strncmp(name, CELL_PREFIX, strlen(CELL_PREFIX)) != 0)
		return false;
	const char *digits = name + strlen(CELL_PREFIX);
	char *end;
	errno = 0;
	unsigned long number = strtoul(digits, &end, 10);
	if (!isdigit((unsigned char)digits[0]) || *end != '-' || number >= SLOT_COUNT)
		return false;
	const char *hex = end + 1;
	unsigned long long token = strtoull(hex, &end, 16);
	if (!isxdigit((unsigned char)hex[0]) || *end != '\0' || errno != 0)
		return false;
	*ret_number = (unsigned)number;
	*ret_token = token;
	return true;
}

bool slot_is_dead(int slot_dir_fd, unsigned number, uint64_t token, struct slot *ret_slot)
{
	*ret_slot = SLOT_EMPTY;
	AUTO_CLOSE int fd = open_slot_file(slot_dir_fd);
	if (fd < 0)
		return false;
	if (lock_byte(fd, number)) {
		*ret_slot = (struct slot){ .number = number, .lock_fd = fd_take(&fd) };
		return true;
	}
	/* The holder wrote its token down before it made anything, so another one's maker is gone. */
	uint64_t current;
	return pread(fd, &current, sizeof current, token_offset(number)) ==
		       (ssize_t)sizeof current &&
	       current != token;
}

void slot_release(struct slot *slot)
{
	fd_close(&slot->lock_fd);
}
