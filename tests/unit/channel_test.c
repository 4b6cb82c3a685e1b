/* SPDX-License-Identifier: MIT */
/* Goal: a message arrives whole or not at all, and a descriptor with it is never lost or leaked. */
#include "child/channel.h"

#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static int count_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

static void open_pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

static void test_round_trip_with_descriptor(void **state)
{
	(void)state;
	int before = count_open_fds(), ends[2], passed = FD_NONE;
	open_pair(ends);
	int sent = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct message out = { .type = MESSAGE_READY, .detail = 7 };
	struct message in;
	assert_int_equal(channel_send(ends[0], &out, &sent, 1), 0);
	assert_int_equal(channel_receive(ends[1], &in, &passed, 1), 0);
	assert_int_equal(in.type, MESSAGE_READY);
	assert_int_equal(in.detail, 7);
	assert_true(passed >= 0);
	assert_true((fcntl(passed, F_GETFD) & FD_CLOEXEC) != 0);
	fd_close(&passed);
	/* A descriptor nobody asked for is closed. */
	assert_int_equal(channel_send(ends[0], &out, &sent, 1), 0);
	assert_int_equal(channel_receive(ends[1], &in, NULL, 0), 0);
	fd_close(&sent);
	fd_close(&ends[0]);
	assert_int_equal(channel_receive(ends[1], &in, NULL, 0), -EPIPE);
	fd_close(&ends[1]);
	assert_int_equal(count_open_fds(), before);
}

static void test_several_descriptors(void **state)
{
	(void)state;
	int before = count_open_fds(), ends[2], sent[CHANNEL_FDS_MAX + 1], passed[CHANNEL_FDS_MAX];
	open_pair(ends);
	for (size_t i = 0; i <= CHANNEL_FDS_MAX; i++)
		sent[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct message out = { .type = MESSAGE_JOB };
	struct message in;
	assert_int_equal(channel_send(ends[0], &out, sent, CHANNEL_FDS_MAX + 1), -EINVAL);
	/* For all, and for fewer than come, there is a place. */
	for (size_t wanted = 0; wanted <= CHANNEL_FDS_MAX; wanted++) {
		assert_int_equal(channel_send(ends[0], &out, sent, CHANNEL_FDS_MAX), 0);
		assert_int_equal(channel_receive(ends[1], &in, passed, wanted), 0);
		for (size_t i = 0; i < wanted; i++) {
			assert_true(fcntl(passed[i], F_GETFD) >= 0);
			fd_close(&passed[i]);
		}
	}
	/* Those that did not come are empty. */
	assert_int_equal(channel_send(ends[0], &out, sent, 1), 0);
	assert_int_equal(channel_receive(ends[1], &in, passed, 2), 0);
	assert_true(passed[0] >= 0 && passed[1] < 0);
	fd_close(&passed[0]);
	for (size_t i = 0; i <= CHANNEL_FDS_MAX; i++)
		fd_close(&sent[i]);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	assert_int_equal(count_open_fds(), before);
}

static void test_foreign_messages_are_refused(void **state)
{
	(void)state;
	int ends[2];
	open_pair(ends);
	struct message in = { .type = 99 };
	char junk[sizeof(struct message)] = "junk";
	for (size_t size = 1; size <= sizeof junk; size += 7) {
		assert_int_equal(send(ends[0], junk, size, 0), (ssize_t)size);
		assert_int_equal(channel_receive(ends[1], &in, NULL, 0), -EPROTO);
	}
	assert_int_equal(in.type, 99);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip_with_descriptor),
		cmocka_unit_test(test_several_descriptors),
		cmocka_unit_test(test_foreign_messages_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
