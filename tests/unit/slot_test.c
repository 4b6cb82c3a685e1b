/* SPDX-License-Identifier: MIT */
/* Goal: a claim belongs to one holder, its name tells whose it is, and the dead are told apart. */
#include "host/slot.h"

#include "base/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A folder of the test's own stands for /run/bailiff. */
struct folder {
	char path[32];
	int dir_fd;
};

static int make_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof *folder);
	if (folder == NULL)
		return -1;
	strcpy(folder->path, "/tmp/bailiff-slots-XXXXXX");
	if (mkdtemp(folder->path) == NULL)
		return -1;
	folder->dir_fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = folder;
	return folder->dir_fd < 0 ? -1 : 0;
}

static int remove_folder(void **state)
{
	struct folder *folder = *state;
	(void)unlinkat(folder->dir_fd, "slots.1", 0);
	fd_close(&folder->dir_fd);
	int rc = rmdir(folder->path);
	free(folder);
	return rc;
}

static void test_claims_are_exclusive(void **state)
{
	const struct folder *folder = *state;
	struct slot first = SLOT_EMPTY, second = SLOT_EMPTY, third = SLOT_EMPTY;
	assert_int_equal(slot_acquire(folder->dir_fd, &first, NULL), 0);
	assert_int_equal(slot_acquire(folder->dir_fd, &second, NULL), 0);
	assert_int_not_equal(first.number, second.number);
	assert_int_not_equal(slot_program_id(&first), slot_program_id(&second));
	assert_int_not_equal(slot_program_id(&first), slot_init_id(&second));
	unsigned freed = first.number;
	slot_release(&first);
	assert_int_equal(slot_acquire(folder->dir_fd, &third, NULL), 0);
	assert_int_equal(third.number, freed);
	slot_release(&second);
	slot_release(&third);
}

/* A copy of the descriptor, as init holds one, keeps the claim. */
static void test_claim_lasts_as_long_as_its_last_holder(void **state)
{
	const struct folder *folder = *state;
	struct slot slot = SLOT_EMPTY, probe = SLOT_EMPTY;
	assert_int_equal(slot_acquire(folder->dir_fd, &slot, NULL), 0);
	unsigned number = slot.number;
	uint64_t token = slot.token;
	int copy = fcntl(slot.lock_fd, F_DUPFD_CLOEXEC, 3);
	slot_release(&slot);
	assert_false(slot_is_dead(folder->dir_fd, number, token, &probe));
	fd_close(&copy);
	assert_true(slot_is_dead(folder->dir_fd, number, token, &probe));
	/* Meanwhile the number is nobody else's. */
	struct slot other = SLOT_EMPTY;
	assert_int_equal(slot_acquire(folder->dir_fd, &other, NULL), 0);
	assert_int_not_equal(other.number, number);
	slot_release(&other);
	slot_release(&probe);
}

/* What an earlier holder of the same number left is dead although the number is taken. */
static void test_an_earlier_holder_is_dead(void **state)
{
	const struct folder *folder = *state;
	struct slot earlier = SLOT_EMPTY, later = SLOT_EMPTY, probe = SLOT_EMPTY;
	assert_int_equal(slot_acquire(folder->dir_fd, &earlier, NULL), 0);
	uint64_t token = earlier.token;
	slot_release(&earlier);
	assert_int_equal(slot_acquire(folder->dir_fd, &later, NULL), 0);
	assert_true(slot_is_dead(folder->dir_fd, later.number, token, &probe));
	assert_false(slot_is_dead(folder->dir_fd, later.number, later.token, &probe));
	slot_release(&probe);
	slot_release(&later);
}

static void test_last_to_leave(void **state)
{
	const struct folder *folder = *state;
	int first = FD_NONE, second = FD_NONE;
	assert_int_equal(slot_folder_join(folder->dir_fd, &first, NULL), 0);
	assert_int_equal(slot_folder_join(folder->dir_fd, &second, NULL), 0);
	assert_false(slot_folder_leave(first));
	assert_true(slot_folder_leave(second));
	fd_close(&first);
	fd_close(&second);
}

static void test_names(void **state)
{
	(void)state;
	const struct slot slot = { .number = 16383, .token = 0xfedcba9876543210, .lock_fd = FD_NONE };
	char name[SLOT_CELL_NAME_MAX];
	slot_cell_name(&slot, name);
	assert_string_equal(name, "v1-cell-16383-fedcba9876543210");
	unsigned number = 0;
	uint64_t token = 0;
	assert_true(slot_parse_cell_name(name, &number, &token));
	assert_int_equal(number, slot.number);
	assert_true(token == slot.token);
	static const char *const bad[] = {
		"", "v1-cell-", "v1-cell-1", "v1-cell-1-", "v1-cell--1", "v1-cell-x-1", "v1-cell-1x-2",
		"v1-cell-1-2-3", "v1-cell-1-xyz", "v1-cell-16384-1", "v1-cell--1-1", "v1-cell- 1-1",
		"v1-cell-1- 1", "other-1-1-2", "v1-cell-99999999999999999999-1",
		"v1-cell-1-fffffffffffffffff", "v2-cell-1-1",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(slot_parse_cell_name(bad[i], &number, &token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_claims_are_exclusive, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_claim_lasts_as_long_as_its_last_holder,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_an_earlier_holder_is_dead, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_last_to_leave, make_folder, remove_folder),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
