/* SPDX-License-Identifier: MIT */
/*
 * What a worker holds, and what passes between it and its slots: order, leases and memory are counted right,
 * and texts come out as they went in.
 */
#include "worker/held_jobs.h"
#include "worker/machine.h"

#include "base/fd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)

static struct held_job *add(struct held_jobs *jobs, uint64_t number, uint64_t memory_bytes,
			    uint64_t lease_until_ns)
{
	struct queue_claimed claimed = { .hold = { .job = number, .fence = 1 },
					 .spec = strdup("{}"),
					 .spec_size = 2,
					 .memory_bytes = memory_bytes };
	assert_non_null(claimed.spec);
	struct held_job *job = held_add(jobs, &claimed, lease_until_ns, 0);
	assert_null(claimed.spec);
	return job;
}

static int open_jobs(void **state)
{
	static struct held_jobs jobs;
	*state = &jobs;
	return held_jobs_open(&jobs, 4);
}

static int close_jobs(void **state)
{
	held_jobs_close(*state);
	return 0;
}

static void test_jobs_are_taken_in_the_order_of_their_claims(void **state)
{
	struct held_jobs *jobs = *state;
	(void)add(jobs, 1, 0, 10);
	(void)add(jobs, 2, 0, 10);
	held_remove(held_first(jobs, HELD_WAITING));
	(void)add(jobs, 3, 0, 10); /* in the place that the first one had */
	assert_int_equal(held_first(jobs, HELD_WAITING)->claimed.hold.job, 2);
	held_remove(held_first(jobs, HELD_WAITING));
	assert_int_equal(held_first(jobs, HELD_WAITING)->claimed.hold.job, 3);
	assert_int_equal(held_count(jobs, HELD_WAITING), 1);
	assert_int_equal(held_count(jobs, HELD_NONE), 3);
}

static void test_memory_is_reserved_until_a_job_has_ended(void **state)
{
	struct held_jobs *jobs = *state;
	struct held_job *first = add(jobs, 1, 3 * GIB, 10), *second = add(jobs, 2, GIB, 10);
	assert_int_equal(held_memory_bytes(jobs), 4 * GIB);
	first->state = HELD_RUNNING;
	assert_int_equal(held_memory_bytes(jobs), 4 * GIB);
	held_end(first, SLOT_OUTCOME_VERDICT, "");
	assert_int_equal(held_memory_bytes(jobs), GIB);
	held_remove(second);
	assert_int_equal(held_memory_bytes(jobs), 0);
}

static void test_a_lease_runs_out_at_its_time_and_once(void **state)
{
	struct held_jobs *jobs = *state;
	struct held_job *waiting = add(jobs, 1, 0, 100), *running = add(jobs, 2, 0, 50);
	struct held_job *ended = add(jobs, 3, 0, 10);
	running->state = HELD_RUNNING;
	held_end(ended, SLOT_OUTCOME_VERDICT, ""); /* its verdict is offered whatever the time */
	assert_int_equal(held_expiry_ns(jobs), 50);
	assert_null(held_expired(jobs, 49));
	assert_ptr_equal(held_expired(jobs, 50), running);
	running->is_lost = true;
	assert_null(held_expired(jobs, 99));
	assert_int_equal(held_expiry_ns(jobs), 100);
	assert_ptr_equal(held_expired(jobs, 100), waiting);
	held_remove(waiting);
	assert_int_equal(held_expiry_ns(jobs), UINT64_MAX);
}

static void test_a_slot_has_the_job_that_runs_in_it(void **state)
{
	struct held_jobs *jobs = *state;
	struct held_job *job = add(jobs, 7, 0, 1);
	job->slot = 2;
	assert_null(held_of_slot(jobs, 2)); /* it only waits */
	job->state = HELD_RUNNING;
	assert_ptr_equal(held_of_slot(jobs, 2), job);
	assert_null(held_of_slot(jobs, 0));
}

/* A job that lost a worker may bring down another; then it shall be the only one that is lost with it. */
static void test_a_job_that_lost_a_worker_runs_alone(void **state)
{
	struct held_jobs *jobs = *state;
	struct held_job *suspect = add(jobs, 1, 0, 1), *other = add(jobs, 2, 0, 1);
	suspect->claimed.losses = 1;
	assert_true(held_has_suspect(jobs));
	assert_ptr_equal(held_next(jobs), other);
	other->state = HELD_RUNNING;
	assert_null(held_next(jobs));
	held_remove(other);
	assert_ptr_equal(held_next(jobs), suspect);
	suspect->state = HELD_RUNNING;
	(void)add(jobs, 3, 0, 1);
	assert_null(held_next(jobs));
	held_end(suspect, SLOT_OUTCOME_VERDICT, "");
	assert_false(held_has_suspect(jobs));
	assert_int_equal(held_next(jobs)->claimed.hold.job, 3);
}

static void test_what_waits_for_too_long_is_given_back(void **state)
{
	struct held_jobs *jobs = *state;
	struct held_job *running = add(jobs, 1, 0, 1), *waiting = add(jobs, 2, 0, 1);
	running->state = HELD_RUNNING;
	assert_null(held_stale(jobs, 99, 100));
	assert_ptr_equal(held_stale(jobs, 100, 100), waiting);
	assert_ptr_equal(held_stale(jobs, 0, 0), waiting);
	/* One that has to run alone is waited for longer each time, but not for ever. */
	waiting->claimed.losses = 1;
	uint64_t last = 100;
	for (uint64_t fence = 1; fence <= 10; fence++, last *= 2) {
		waiting->claimed.hold.fence = fence;
		assert_null(held_stale(jobs, 2 * last - 1, 100));
		assert_ptr_equal(held_stale(jobs, 2 * last, 100), waiting);
	}
	waiting->claimed.hold.fence = UINT64_MAX;
	assert_ptr_equal(held_stale(jobs, last, 100), waiting);
	assert_ptr_equal(held_stale(jobs, 0, 0), waiting);
}

static void test_there_is_no_place_beyond_the_last(void **state)
{
	struct held_jobs *jobs = *state;
	struct queue_claimed claimed = { .hold = { .job = 9 } };
	for (uint64_t i = 0; i < 4; i++)
		assert_non_null(add(jobs, i, 0, 1));
	assert_null(held_add(jobs, &claimed, 0, 0));
	assert_int_equal(claimed.hold.job, 9);
}

static void test_needs_come_out_as_they_went_in(void **state)
{
	static const char packed[] = "cpp\0python3";
	const char **needs = NULL;
	(void)state;
	assert_int_equal(held_unpack_needs(packed, sizeof packed, &needs), 0);
	assert_string_equal(needs[0], "cpp");
	assert_string_equal(needs[1], "python3");
	assert_null(needs[2]);
	free((void *)needs);
	assert_int_equal(held_unpack_needs(NULL, 0, &needs), 0);
	assert_null(needs[0]);
	free((void *)needs);
}

static void test_malformed_needs_are_refused(void **state)
{
	char many[2 * (QUEUE_NEEDS_MAX + 1)];
	const char **needs = NULL;
	(void)state;
	assert_int_equal(held_unpack_needs("cpp", 3, &needs), -EPROTO); /* no end */
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = i % 2 == 0 ? 'a' : '\0';
	assert_int_equal(held_unpack_needs(many, sizeof many, &needs), -EPROTO);
}

/* ---- the channel ------------------------------------------------------------------------------------- */

static void test_a_message_arrives_with_its_texts(void **state)
{
	int ends[2], file = FD_NONE, received = FD_NONE;
	struct slot_message message = { .type = SLOT_MESSAGE_ENDED,
					.outcome = SLOT_OUTCOME_VERDICT,
					.job = 5,
					.size = 6 },
			    got;
	char *text = NULL;
	(void)state;
	(void)snprintf(message.verdict, sizeof message.verdict, "OK");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(slot_pack("result", 6, "needs", 6, &file), 0);
	assert_int_equal(slot_send(ends[0], &message, file, false), 0);
	assert_int_equal(slot_receive(ends[1], &got, &received, true), 0);
	assert_int_equal(got.job, 5);
	assert_string_equal(got.verdict, "OK");
	assert_int_equal(slot_unpack(received, 0, got.size, &text), 0);
	assert_string_equal(text, "result");
	free(text);
	assert_int_equal(slot_unpack(received, got.size, 6, &text), 0);
	assert_string_equal(text, "needs");
	free(text);
	assert_int_equal(slot_receive(ends[1], &got, &received, false), -EAGAIN);
	fd_close(&ends[0]);
	assert_int_equal(slot_receive(ends[1], &got, &received, true), -EPIPE);
	fd_close(&ends[1]);
	fd_close(&file);
}

/* A slot that was taken over by its job may say anything. */
static void test_lies_on_the_channel_are_found(void **state)
{
	int ends[2], file = FD_NONE, received = FD_NONE;
	struct slot_message message = { .type = SLOT_MESSAGE_ENDED }, got;
	static const uint32_t outcomes[] = { 0, SLOT_OUTCOME_CANCELLED + 1, UINT32_MAX };
	char *text = NULL;
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		message.outcome = outcomes[i];
		assert_int_equal(slot_send(ends[0], &message, FD_NONE, false), 0);
		assert_int_equal(slot_receive(ends[1], &got, &received, true), -EPROTO);
	}
	message.outcome = SLOT_OUTCOME_VERDICT;
	assert_int_equal(send(ends[0], &message, sizeof message - 1, 0), sizeof message - 1);
	assert_int_equal(slot_receive(ends[1], &got, &received, true), -EPROTO);
	memset(message.reason, 'x', sizeof message.reason);
	memset(message.verdict, 'x', sizeof message.verdict);
	memset(message.phase, 'x', sizeof message.phase);
	assert_int_equal(slot_send(ends[0], &message, FD_NONE, false), 0);
	assert_int_equal(slot_receive(ends[1], &got, &received, true), 0);
	assert_int_equal(strlen(got.reason), sizeof got.reason - 1);
	assert_int_equal(strlen(got.verdict), sizeof got.verdict - 1);
	assert_int_equal(slot_pack("short", 5, NULL, 0, &file), 0);
	assert_int_equal(slot_unpack(file, 0, 6, &text), -EPROTO);
	assert_int_equal(slot_unpack(file, 0, UINT64_MAX, &text), -EFBIG);
	assert_int_equal(write(file, "x", 1), -1); /* sealed: it stays what was checked */
	fd_close(&file);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

/* ---- the machine --------------------------------------------------------------------------------------- */

static void test_slots_never_get_more_memory_than_there_is(void **state)
{
	(void)state;
	assert_int_equal(machine_memory_share(10 * GIB, 4, 4), 9 * GIB);
	assert_int_equal(machine_memory_share(10 * GIB, 1, 4), 9 * GIB / 4);
	assert_true(2 * machine_memory_share(10 * GIB, 2, 4) <= 9 * GIB);
	assert_int_equal(machine_memory_share(GIB, 2, 2), GIB - (UINT64_C(256) << 20));
	assert_int_equal(machine_memory_share(UINT64_C(200) << 20, 1, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_jobs_are_taken_in_the_order_of_their_claims, open_jobs,
						close_jobs),
		cmocka_unit_test_setup_teardown(test_memory_is_reserved_until_a_job_has_ended, open_jobs,
						close_jobs),
		cmocka_unit_test_setup_teardown(test_a_lease_runs_out_at_its_time_and_once, open_jobs,
						close_jobs),
		cmocka_unit_test_setup_teardown(test_a_slot_has_the_job_that_runs_in_it, open_jobs,
						close_jobs),
		cmocka_unit_test_setup_teardown(test_a_job_that_lost_a_worker_runs_alone, open_jobs,
						close_jobs),
		cmocka_unit_test_setup_teardown(test_what_waits_for_too_long_is_given_back, open_jobs,
						close_jobs),
		cmocka_unit_test_setup_teardown(test_there_is_no_place_beyond_the_last, open_jobs,
						close_jobs),
		cmocka_unit_test(test_needs_come_out_as_they_went_in),
		cmocka_unit_test(test_malformed_needs_are_refused),
		cmocka_unit_test(test_a_message_arrives_with_its_texts),
		cmocka_unit_test(test_lies_on_the_channel_are_found),
		cmocka_unit_test(test_slots_never_get_more_memory_than_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
