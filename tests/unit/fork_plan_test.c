/* SPDX-License-Identifier: MIT */
/* Goal: a plan arrives in a fork server as it was written, with the descriptors that came along; what is
 * no plan is refused. */
#include "run/fork_server.h"

#include "base/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "proc", link_path[] = "bin", link_text[] = "usr/bin", bound[] = "box/data",
	    blame[] = "binds[0]";

/* Descriptors that the supervisor kept, and what they are in the server. */
#define CONTROL 9
#define REPORT 4
#define LOCK 17
#define JOIN 12
#define TREE 30
static const int came[] = { 6, 7, 8, 9, 10 };

struct fixture {
	struct mount_op mounts[3];
	struct cell_plan plan;
};

static void fill(struct fixture *fixture)
{
	*fixture = (struct fixture){
		.mounts = {
			{ .kind = MOUNT_OP_FOLDER, .path = folder, .mode = 0755, .tree_fd = FD_NONE },
			{ .kind = MOUNT_OP_LINK, .path = link_path, .text = link_text, .tree_fd = FD_NONE },
			{ .kind = MOUNT_OP_TREE, .path = bound, .tree_fd = TREE, .blame = blame, .writable = 1 },
		},
		.plan = {
			.control_fd = CONTROL, .report_fd = REPORT, .slot_lock_fd = LOCK,
			.keep_fds = { REPORT, CONTROL, JOIN, LOCK, TREE }, .keep_fd_count = 5,
			.join_fds = { JOIN }, .join_fd_count = 1,
			.mount_count = 3, .scratch_size = "1048576", .loopback = true, .landlock_abi = 3,
		},
	};
	fixture->plan.mounts = fixture->mounts;
}

static void test_round_trip(void **state)
{
	(void)state;
	struct fixture fixture;
	char *image = NULL;
	size_t size = 0;
	fill(&fixture);
	assert_int_equal(fork_plan_image(&fixture.plan, &image, &size), 0);
	const struct cell_plan *plan = fork_plan_relocate(image, size, came, 5);
	assert_non_null(plan);
	assert_int_equal(plan->report_fd, 6);
	assert_int_equal(plan->control_fd, 7);
	assert_int_equal(plan->join_fds[0], 8);
	assert_int_equal(plan->slot_lock_fd, 9);
	assert_memory_equal(plan->keep_fds, came, sizeof came);
	assert_int_equal(plan->mount_count, 3);
	assert_string_equal(plan->mounts[0].path, folder);
	assert_null(plan->mounts[0].text);
	assert_int_equal(plan->mounts[0].mode, 0755);
	assert_true(plan->mounts[0].tree_fd < 0);
	assert_string_equal(plan->mounts[1].path, link_path);
	assert_string_equal(plan->mounts[1].text, link_text);
	assert_string_equal(plan->mounts[2].path, bound);
	assert_int_equal(plan->mounts[2].tree_fd, 10);
	assert_int_equal(plan->mounts[2].writable, 1);
	assert_string_equal(plan->scratch_size, "1048576");
	assert_true(plan->loopback);
	assert_int_equal(plan->landlock_abi, 3);
	/* Nothing of it is the supervisor's memory. */
	for (size_t i = 0; i < 3; i++) {
		assert_true(plan->mounts[i].path > image && plan->mounts[i].path < image + size);
		assert_null(plan->mounts[i].blame);
	}
	free(image);
}

static void test_descriptors_that_are_not_kept(void **state)
{
	(void)state;
	struct fixture fixture;
	char *image = NULL;
	size_t size = 0;
	int *const all[] = { &fixture.plan.control_fd, &fixture.plan.report_fd,
			     &fixture.plan.slot_lock_fd, &fixture.plan.join_fds[0],
			     &fixture.mounts[2].tree_fd };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		fill(&fixture);
		*all[i] = 99;
		assert_int_equal(fork_plan_image(&fixture.plan, &image, &size), -EINVAL);
		assert_null(image);
	}
}

static void test_what_is_no_plan(void **state)
{
	(void)state;
	static const int mixed[] = { 7, 6, 8, 9, 10 };
	struct fixture fixture;
	for (int i = 0; i < 5; i++) {
		char *image = NULL;
		size_t size = 0;
		fill(&fixture);
		assert_int_equal(fork_plan_image(&fixture.plan, &image, &size), 0);
		struct cell_plan *plan = (struct cell_plan *)(void *)image;
		if (i == 1)
			plan->mount_count = SIZE_MAX;
		if (i == 2)
			plan->keep_fd_count = CELL_KEEP_FD_MAX + 1;
		if (i == 3)
			size = sizeof *plan - 1;
		const int *fds = i == 4 ? mixed : came;
		size_t count = i == 0 ? 4 : 5; /* one of them did not come */
		assert_null(fork_plan_relocate(image, size, fds, count));
		free(image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_descriptors_that_are_not_kept),
		cmocka_unit_test(test_what_is_no_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
