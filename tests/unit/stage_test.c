/* SPDX-License-Identifier: MIT */
/*
 * Goal: the order of set-up holds its promises, and ARCHITECTURE.md tells it truly.
 * Method: properties of the two tables themselves, and a comparison with the document's rows.
 */
#include "child/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t position(const struct stage *stages, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(stages[i].name, name) == 0)
			return i;
	fail_msg("no stage '%s'", name);
	return 0;
}

static void check_table(const struct stage *stages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_non_null(stages[i].run);
		/* It must fit the message that reports it. */
		assert_true(strlen(stages[i].name) > 0 && strlen(stages[i].name) < 32);
		if (i > 0)
			assert_true(stages[i].privilege >= stages[i - 1].privilege);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(stages[i].name, stages[j].name);
	}
}

static void test_privilege_never_rises(void **state)
{
	(void)state;
	check_table(init_stages, init_stage_count);
	check_table(program_stages, program_stage_count);
	assert_int_equal(program_stages[program_stage_count - 1].privilege, PRIVILEGE_NONE);
	assert_int_equal(init_stages[init_stage_count - 1].privilege, PRIVILEGE_NONE);
}

#define INIT(name) position(init_stages, init_stage_count, name)
#define PROGRAM(name) position(program_stages, program_stage_count, name)

static void test_init_order(void **state)
{
	(void)state;
	/* Nothing happens before it is certain that this is process 1 of a new namespace. */
	assert_int_equal(INIT("init.first_process"), 0);
	assert_int_equal(INIT("init.descriptors"), 1);
	/* A change of identity clears the request to die with the parent. */
	assert_true(INIT("init.identity") < INIT("init.die_with_supervisor"));
	/* The host's /proc is needed for both, and gone after the pivot. */
	assert_true(INIT("time.offsets") < INIT("rootfs.pivot"));
	assert_true(INIT("user.no_nesting") < INIT("rootfs.pivot"));
	assert_true(INIT("mount.private") < INIT("rootfs.root"));
	assert_true(INIT("rootfs.root") < INIT("rootfs.mounts"));
	assert_true(INIT("rootfs.mounts") < INIT("rootfs.pivot"));
	assert_true(INIT("rootfs.pivot") < INIT("rootfs.read_only"));
	assert_true(INIT("rootfs.read_only") < INIT("init.ready"));
	assert_true(INIT("init.ready") < INIT("init.spawn"));
	/* The program's process has it from init. */
	assert_true(INIT("init.bounds") < INIT("init.spawn"));
}

static void test_program_order(void **state)
{
	(void)state;
	/* The namespace's root is the group its maker is in. */
	assert_true(PROGRAM("cgroup.join") < PROGRAM("cgroup.namespace"));
	assert_true(PROGRAM("drop.identity") < PROGRAM("drop.capabilities"));
	assert_true(PROGRAM("drop.capabilities") < PROGRAM("drop.verify"));
	assert_true(PROGRAM("drop.no_new_privileges") < PROGRAM("landlock.rules"));
	/* A cell that waits has given everything up, and holds nothing of any job's. */
	assert_true(PROGRAM("drop.no_new_privileges") < PROGRAM("job.await"));
	assert_true(PROGRAM("program.descriptors") < PROGRAM("job.await"));
	assert_true(PROGRAM("cgroup.join") < PROGRAM("job.await"));
	assert_int_equal(PROGRAM("drop.memory"), PROGRAM("job.await") - 1);
	assert_int_equal(program_stages[PROGRAM("job.await")].privilege, PRIVILEGE_NONE);
	assert_true(PROGRAM("job.await") < PROGRAM("job.streams"));
	/* The rules need standard input; nothing of the program's is opened without them. */
	assert_true(PROGRAM("landlock.rules") < PROGRAM("landlock.restrict"));
	assert_true(PROGRAM("job.streams") < PROGRAM("landlock.restrict"));
	assert_true(PROGRAM("landlock.restrict") < PROGRAM("exec.open"));
	/* The launch descriptors lie above the limit on open files. */
	assert_true(PROGRAM("exec.open") < PROGRAM("exec.limits"));
	/* The filter is the last thing before the exec itself. */
	assert_int_equal(PROGRAM("exec.seccomp"), program_stage_count - 2);
	assert_int_equal(PROGRAM("exec.program"), program_stage_count - 1);
}

static char *read_document(const char *path)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1, 1 << 20);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* Every stage must have a row "| `name` | cell root or none |" behind that of its predecessor. */
static const char *check_rows(const char *text, const struct stage *stages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char row[128];
		(void)snprintf(row, sizeof row, "| `%s` | %s |", stages[i].name,
			       stages[i].privilege == PRIVILEGE_NONE ? "none" : "cell root");
		const char *found = strstr(text, row);
		if (found == NULL)
			fail_msg("ARCHITECTURE.md has no row '%s' here", row);
		else
			text = found + 1;
	}
	return text;
}

static void test_document_is_true(void **state)
{
	(void)state;
	char *text = read_document(BAILIFF_SOURCE_DIR "/ARCHITECTURE.md");
	const char *rest = check_rows(text, init_stages, init_stage_count);
	(void)check_rows(rest, program_stages, program_stage_count);
	/* And no row for a stage that is not there. */
	size_t rows = 0;
	for (const char *at = text; (at = strstr(at, "` | cell root |")) != NULL; at++)
		rows++;
	for (const char *at = text; (at = strstr(at, "` | none |")) != NULL; at++)
		rows++;
	assert_int_equal(rows, init_stage_count + program_stage_count);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_privilege_never_rises),
		cmocka_unit_test(test_init_order),
		cmocka_unit_test(test_program_order),
		cmocka_unit_test(test_document_is_true),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
