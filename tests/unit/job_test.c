/* SPDX-License-Identifier: MIT */
/* Goal: a job comes out of its file as it went in, and the file cannot be changed on the way. */
#include "child/job.h"

#include "base/fd.h"
#include "run/job_image.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static void check_list(char *const *expected, char *const *found)
{
	for (; *expected != NULL; expected++, found++)
		assert_string_equal(*found, *expected);
	assert_null(*found);
}

static void round_trip(const struct job *job)
{
	int fd = FD_NONE;
	struct job *copy = NULL;
	assert_int_equal(job_image_create(job, &fd), 0);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(job_map(fd, &copy), 0);
	fd_close(&fd);
	assert_string_equal(copy->cwd, job->cwd);
	check_list(job->paths, copy->paths);
	check_list(job->argv + JOB_ARGV_SPARE, copy->argv + JOB_ARGV_SPARE);
	check_list(job->envp, copy->envp);
	assert_int_equal(copy->filter.len, job->filter.len);
	assert_memory_equal(copy->filter.filter, job->filter.filter,
			    job->filter.len * sizeof *job->filter.filter);
	assert_int_equal(copy->rlimit_count, job->rlimit_count);
	assert_memory_equal(copy->rlimits, job->rlimits, sizeof job->rlimits);
	/* The slots before the arguments may be written to, as a script's interpreter is. */
	copy->argv[0] = copy->cwd;
	assert_int_equal(munmap(copy, copy->size), 0);
}

static void test_round_trip(void **state)
{
	(void)state;
	char cwd[] = "/box", path[] = "/bin/true", empty[] = "", word[] = "a b", home[] = "HOME=/";
	char *paths[] = { path, NULL }, *none[] = { NULL };
	char *argv[JOB_ARGV_SPARE + 4] = { [JOB_ARGV_SPARE] = path, empty, word, NULL };
	char *envp[] = { home, NULL };
	struct sock_filter code[300] = { { .code = 6, .k = 7 }, [299] = { .code = 6, .k = 9 } };
	struct job job = { .rlimits = { { RLIMIT_CORE, { 1, 2 } } }, .rlimit_count = 1,
			   .filter = { 300, code }, .cwd = cwd, .paths = paths, .argv = argv,
			   .envp = envp };
	round_trip(&job);
	job.paths = job.envp = none;
	round_trip(&job);
	static char long_word[128 * 1024];
	memset(long_word, 'x', sizeof long_word - 1);
	argv[JOB_ARGV_SPARE + 1] = long_word;
	round_trip(&job);
}

static void test_foreign_files_are_refused(void **state)
{
	(void)state;
	struct job *job = NULL;
	const struct job wrong = { .size = 7 };
	int fd = memfd_create("job", MFD_CLOEXEC);
	assert_int_equal(job_map(fd, &job), -EPROTO);
	assert_int_equal(write(fd, &wrong, sizeof wrong), (ssize_t)sizeof wrong);
	assert_int_equal(job_map(fd, &job), -EPROTO);
	assert_null(job);
	fd_close(&fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_foreign_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
