/* SPDX-License-Identifier: MIT */
/*
 * Looking through what a program left: bailiff_scratch_walk() on folders made here, which may be any,
 * and on those of a cell, by way of spec.inspect.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

/* ---- a scratch folder of our own ---------------------------------------------------- */

struct place {
	char path[64];
	int fd;
};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static int make_place(void **state)
{
	static struct place place;
	place = (struct place){ .path = "/tmp/bailiff-walk-XXXXXX" };
	if (mkdtemp(place.path) == NULL)
		return -1;
	place.fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &place;
	return place.fd < 0 || mkdirat(place.fd, "box", 0755) < 0 ? -1 : 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;
	(void)close(place->fd);
	return nftw(place->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void put(const struct place *place, const char *path, const char *text)
{
	int fd = openat(place->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

/* ---- what a walk shows -------------------------------------------------------------- */

/* "PATH=TEXT;" for every file, "*" before the path of an executable one. */
struct shown {
	char text[16384];
	size_t length;
	size_t files;
	int stop_after; /* files; -1 = never */
};

static int note(void *context, const struct bailiff_scratch_file *file, struct bailiff_error *err)
{
	struct shown *shown = context;
	char text[64];
	ssize_t size = read(file->fd, text, sizeof text);
	assert_int_equal(size, file->size);
	assert_int_equal(lseek(file->fd, 0, SEEK_CUR), size);
	assert_int_equal(fcntl(file->fd, F_GETFD), FD_CLOEXEC);
	shown->length += (size_t)snprintf(shown->text + shown->length,
					  sizeof shown->text - shown->length, "%s%s=%.*s;",
					  file->is_executable ? "*" : "", file->path, (int)size,
					  text);
	assert_true(shown->length < sizeof shown->text);
	shown->files++;
	if (shown->stop_after < 0 || --shown->stop_after > 0)
		return 0;
	err->fault = BAILIFF_FAULT_INPUT;
	(void)snprintf(err->message, sizeof err->message, "enough");
	return -EBADMSG;
}

static struct bailiff_scratch_walk walk_of(const char *folder, struct shown *shown)
{
	*shown = (struct shown){ .stop_after = -1 };
	return (struct bailiff_scratch_walk){ .folder = folder, .files_max = 100,
					      .bytes_max = 1000, .found = note, .context = shown };
}

static void expect_shown(const struct place *place, const char *folder, const char *text)
{
	struct shown shown;
	struct bailiff_error err = { 0 };
	const struct bailiff_scratch_walk walk = walk_of(folder, &shown);
	int before = count_open_fds();
	if (bailiff_scratch_walk(place->fd, &walk, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(shown.text, text);
	assert_int_equal(count_open_fds(), before);
}

static void expect_refused(const struct place *place, const struct bailiff_scratch_walk *walk,
			   int errnum)
{
	struct bailiff_error err = { 0 };
	int before = count_open_fds();
	assert_int_equal(bailiff_scratch_walk(place->fd, walk, &err), -errnum);
	assert_true(err.message[0] != '\0');
	assert_int_equal(err.errnum, errnum);
	assert_int_equal(count_open_fds(), before);
}

/* ---- tests -------------------------------------------------------------------------- */

/* Goal: files come in the order of their whole paths, byte by byte, with whatever name they have. */
static void test_order(void **state)
{
	const struct place *place = *state;
	assert_int_equal(mkdirat(place->fd, "box/a", 0), 0); /* root reads it all the same */
	assert_int_equal(mkdirat(place->fd, "box/\xff", 0700), 0);
	put(place, "box/b", "2");
	put(place, "box/a/z", "1");
	put(place, "box/a.txt", "0");
	put(place, "box/-rf \n\"", "3");
	put(place, "box/\xff/\x01", "4");
	put(place, "box/..x", "5");
	assert_int_equal(fchmodat(place->fd, "box/b", 0010, 0), 0);
	expect_shown(place, "box", "-rf \n\"=3;..x=5;a.txt=0;a/z=1;*b=2;\xff/\x01=4;");
	expect_shown(place, "box/a", "z=1;");
	expect_shown(place, "box/missing", "");
	expect_shown(place, "box/b", "");
	expect_shown(place, "missing/box", "");
}

/* Goal: nothing but regular files is opened, nothing outside is reached, nothing blocks. */
static void test_planted(void **state)
{
	const struct place *place = *state;
	put(place, "outside", "secret");
	put(place, "box/real", "1");
	assert_int_equal(symlinkat("/etc/passwd", place->fd, "box/passwd"), 0);
	assert_int_equal(symlinkat("../outside", place->fd, "box/up"), 0);
	assert_int_equal(symlinkat("..", place->fd, "box/folder"), 0);
	assert_int_equal(symlinkat(".", place->fd, "box/loop"), 0);
	assert_int_equal(symlinkat("/etc", place->fd, "box/etc"), 0);
	assert_int_equal(symlinkat("/proc/self/root", place->fd, "box/magic"), 0);
	assert_int_equal(mkfifoat(place->fd, "box/fifo", 0666), 0);
	assert_int_equal(mknodat(place->fd, "box/socket", S_IFSOCK | 0666, 0), 0);
	expect_shown(place, "box", "real=1;");
	expect_shown(place, "box/folder", "");
	expect_shown(place, "box/etc", "");
	expect_shown(place, "box/magic/etc", "");
	expect_shown(place, "box/fifo", "");
	struct shown shown;
	const struct bailiff_scratch_walk out = walk_of("../..", &shown);
	const struct bailiff_scratch_walk root = walk_of("/etc", &shown);
	expect_refused(place, &out, EXDEV);
	expect_refused(place, &root, EXDEV);
}

/* Goal: bounds are bounds, and hold before a single file is shown. */
static void test_bounds(void **state)
{
	const struct place *place = *state;
	struct shown shown;
	put(place, "box/a", "12345");
	put(place, "box/b", "67890");
	struct bailiff_scratch_walk walk = walk_of("box", &shown);
	walk.files_max = 2;
	walk.bytes_max = 10;
	assert_int_equal(bailiff_scratch_walk(place->fd, &walk, NULL), 0);
	assert_int_equal(shown.files, 2);
	walk = walk_of("box", &shown);
	walk.files_max = 1;
	expect_refused(place, &walk, EFBIG);
	walk = walk_of("box", &shown);
	walk.bytes_max = 9;
	expect_refused(place, &walk, EFBIG);
	assert_int_equal(shown.files, 0);

	int fd = openat(place->fd, "box/sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
	(void)close(fd);
	walk = walk_of("box", &shown);
	expect_refused(place, &walk, EFBIG);
	assert_int_equal(shown.files, 0);
}

/* Goal: the caller ends the walk when it has seen enough, and its error is the walk's. */
static void test_stopped(void **state)
{
	const struct place *place = *state;
	struct shown shown;
	struct bailiff_error err = { 0 };
	put(place, "box/a", "1");
	put(place, "box/b", "2");
	const struct bailiff_scratch_walk walk = walk_of("box", &shown);
	shown.stop_after = 1;
	assert_int_equal(bailiff_scratch_walk(place->fd, &walk, &err), -EBADMSG);
	assert_string_equal(err.message, "enough");
	assert_string_equal(shown.text, "a=1;");
}

/* Goal: a chain of folders, with the longest of names, ends at the eighth. */
static void test_deep(void **state)
{
	const struct place *place = *state;
	char name[256];
	memset(name, 'd', sizeof name);
	name[255] = '\0';
	int fd = openat(place->fd, "box", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int depth = 0; depth < 12; depth++) {
		int leaf = openat(fd, "leaf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(leaf >= 0);
		(void)close(leaf);
		assert_int_equal(mkdirat(fd, name, 0700), 0);
		int below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(below >= 0);
		(void)close(fd);
		fd = below;
	}
	(void)close(fd);
	struct shown shown;
	const struct bailiff_scratch_walk walk = walk_of("box", &shown);
	assert_int_equal(bailiff_scratch_walk(place->fd, &walk, NULL), 0);
	assert_int_equal(shown.files, 9);
}

/* ---- in a cell ---------------------------------------------------------------------- */

static char flood[PATH_MAX];

struct inspection {
	struct bailiff_scratch_walk walk;
	int calls, rc;
};

static int inspect(void *context, int scratch_fd, struct bailiff_error *err)
{
	struct inspection *inspection = context;
	inspection->calls++;
	inspection->rc = bailiff_scratch_walk(scratch_fd, &inspection->walk, err);
	return inspection->rc;
}

static int run_inspected(const char *const *argv, struct inspection *inspection,
			 struct bailiff_result *result, struct bailiff_error *err)
{
	static const struct bailiff_file file = { .to = "given/file", .data = "g", .size = 1 };
	struct bailiff_host *host = NULL;
	const struct bailiff_spec spec = {
		.argv = argv,
		.files = &file,
		.file_count = 1,
		.limits = { .cpu_ns = 10 * SECOND, .wall_ns = 60 * SECOND,
			    .disk_bytes = UINT64_C(1) << 30, .memory_bytes = UINT64_C(1) << 30 },
		.inspect = inspect,
		.inspect_context = inspection,
	};
	assert_int_equal(bailiff_host_open(&host, NULL), 0);
	int rc = bailiff_run(host, &spec, result, err);
	bailiff_host_close(host);
	return rc;
}

/* Goal: the files of a cell are shown when its program is gone, whatever its verdict. */
static void test_inspect(void **state)
{
	const char *const writes[] = { "/bin/sh", "-c", "echo -n hello >out; exit 3", NULL };
	const char *const fails[] = { "/box/missing", NULL };
	struct bailiff_result result;
	struct shown shown;
	struct inspection inspection = { .walk = walk_of("box", &shown) };
	(void)state;
	assert_int_equal(run_inspected(writes, &inspection, &result, NULL), 0);
	assert_int_equal(result.verdict, BAILIFF_VERDICT_RE);
	assert_string_equal(shown.text, "given/file=g;out=hello;");
	assert_int_equal(inspection.calls, 1);
	bailiff_result_finish(&result);

	inspection = (struct inspection){ .walk = walk_of("box", &shown) };
	assert_int_equal(run_inspected(fails, &inspection, &result, NULL), 0);
	assert_int_equal(result.reason, BAILIFF_REASON_EXEC);
	assert_string_equal(shown.text, "given/file=g;");
	bailiff_result_finish(&result);
}

/* Goal: what the caller finds wrong makes the run fail, and a program that leaves too many files of
 * no matter what size is found by that. Method: as many empty files as no walk looks at. */
static void test_inspect_fails(void **state)
{
	const char *const many[] = { flood, "inodes", "/box", "70000", NULL };
	struct bailiff_result result;
	struct bailiff_error err = { 0 };
	struct shown shown;
	struct inspection inspection = { .walk = walk_of("box", &shown) };
	(void)state;
	inspection.walk.files_max = SIZE_MAX;
	assert_int_equal(run_inspected(many, &inspection, &result, &err), -EFBIG);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	assert_int_equal(result.verdict, BAILIFF_VERDICT_NONE);
	assert_int_equal(inspection.calls, 1);
	assert_int_equal(shown.files, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_planted, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_bounds, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_stopped, make_place, remove_place),
		cmocka_unit_test_setup_teardown(test_deep, make_place, remove_place),
		cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_inspect_fails),
	};
	if (!can_run())
		return SKIPPED;
	find_program("flood", flood);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
