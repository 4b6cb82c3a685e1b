/* SPDX-License-Identifier: MIT */
/*
 * Goal: what queue.h promises, of every kind of store alike. Method: each test on an empty store,
 *with as many connections as it takes; what would need waiting is written into the tables. After
 *each test the store's own counts are compared with its tables.
 *
 *	queue_driver_test sqlite|postgres [PATTERN]
 */
#include "fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

static struct queue *queue; /* of the test that runs */

static int set_up(void **state)
{
	if (store_make_empty(state) < 0)
		return -1;
	queue = store_open();
	return 0;
}

/* The counts that are kept agree with the jobs. */
static int tear_down(void **state)
{
	struct queue_stats stats;
	struct bailiff_error err = { 0 };
	int rc = queue_stats(queue, &stats, &err);
	for (unsigned i = 0; rc == 0 && i < QUEUE_STATE_COUNT; i++) {
		const char *name = queue_state_name((enum queue_state)i);
		long long count =
			store_ask("SELECT count(*) FROM bailiff.job WHERE state = '%s'", name);
		if ((long long)stats.jobs[i] != count) {
			print_error("%llu jobs %s are counted, %lld are there\n",
				    (unsigned long long)stats.jobs[i], name, count);
			rc = -1;
		}
	}
	queue_close(queue);
	return store_remove(state) < 0 ? -1 : rc;
}

static const struct queue_worker other_worker = {
	.name = "worker-2",
	.instance = 7,
	.slots = 1,
	.offers = (const char *const[]){ "c", "cpp", "java", NULL },
};

/* ---- a job's life ---------------------------------------------------------------------------- */

static void test_life(void **state)
{
	(void)state;
	static const char *const needs[] = { "cpp", NULL };
	struct queue_request request = plain_request("contest");
	request.request_id = "run-1";
	request.priority = -7;
	request.needs = needs;
	request.attempts_max = 5;
	uint64_t job = submit_request(queue, &request);

	struct queue_job_view view = look(queue, job);
	assert_int_equal(view.state, QUEUE_STATE_READY);
	assert_int_equal(view.kind, QUEUE_KIND_JUDGE);
	assert_string_equal(view.client, "contest");
	assert_string_equal(view.request_id, "run-1");
	assert_int_equal(view.priority, -7);
	assert_int_equal(view.attempts, 0);
	assert_int_equal(view.attempts_max, 5);
	assert_null(view.worker);
	assert_null(view.last_error);
	assert_null(view.result);
	assert_int_equal(view.started_ns, 0);
	assert_int_equal(view.due_ns, 0);
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	assert_in_range(view.created_ns, (uint64_t)(now.tv_sec - 60) * NS_PER_S,
			(uint64_t)(now.tv_sec + 60) * NS_PER_S);

	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 3,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed[3];
	size_t count = 0;
	sleep_ms(20);
	OK(queue_claim(queue, &want, claimed, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(claimed[0].hold.job, job);
	assert_true(claimed[0].hold.fence > 0);
	assert_int_equal(claimed[0].kind, QUEUE_KIND_JUDGE);
	assert_string_equal(claimed[0].spec, request.spec);
	assert_int_equal(claimed[0].spec_size, request.spec_size);
	assert_string_equal(claimed[0].client, "contest");
	assert_int_equal(claimed[0].priority, -7);
	assert_int_equal(claimed[0].attempt, 1);
	assert_int_equal(claimed[0].memory_bytes, request.memory_bytes);
	assert_in_range(claimed[0].waited_ns, 20 * NS_PER_MS, 60 * NS_PER_S);
	struct queue_hold hold = claimed[0].hold;
	queue_claimed_finish(&claimed[0]);

	view = look(queue, job);
	assert_int_equal(view.state, QUEUE_STATE_RUNNING);
	assert_string_equal(view.worker, "worker-1");
	assert_int_equal(view.attempts, 1);
	assert_true(view.started_ns >= view.created_ns);
	bool is_lost = true;
	OK(queue_renew(queue, &plain_worker, &hold, 1, LEASE_NS, &is_lost, &err));
	assert_false(is_lost);
	finish(queue, hold, "{\"verdict\": \"AC\"}");

	view = look(queue, job);
	assert_int_equal(view.state, QUEUE_STATE_DONE);
	assert_string_equal(view.result, "{\"verdict\": \"AC\"}");
	assert_int_equal(view.result_size, strlen("{\"verdict\": \"AC\"}"));
	assert_true(view.finished_ns >= view.started_ns);
	assert_int_equal(claim(queue).job, 0);
}

static void test_no_such_job(void **state)
{
	(void)state;
	static const uint64_t jobs[] = { 0, 17, INT64_MAX, UINT64_MAX };
	struct arena arena = { 0 };
	struct queue_job_view view;
	enum queue_state job_state;
	for (size_t i = 0; i < 4; i++) {
		FAILS(queue_result(queue, jobs[i], &arena, &view, &err), ENOENT,
		      BAILIFF_FAULT_INPUT);
		FAILS(queue_cancel(queue, jobs[i], &job_state, &err), ENOENT, BAILIFF_FAULT_INPUT);
		FAILS(queue_retry(queue, jobs[i], &job_state, &err), ENOENT, BAILIFF_FAULT_INPUT);
		struct queue_hold hold = { jobs[i], 1 };
		bool is_superseded = false, is_lost = false;
		OK(queue_finish(queue, &plain_worker, &hold, "{}", 2, &is_superseded, &err));
		assert_true(is_superseded);
		OK(queue_renew(queue, &plain_worker, &hold, 1, LEASE_NS, &is_lost, &err));
		assert_true(is_lost);
		assert_true(fail_as(queue, hold, QUEUE_FAILED, "x"));
	}
	arena_finish(&arena);
}

static void test_bounds(void **state)
{
	(void)state;
	static char long_name[QUEUE_NAME_BYTES_MAX + 2];
	static const char *const unsorted[] = { "b", "a", NULL };
	static const char *const odd[] = { "a,b", NULL };
	static const char *const twice[] = { "a", "a", NULL };
	memset(long_name, 'x', sizeof long_name - 1);
	const struct {
		const char *field;
		struct queue_request request;
	} cases[] = {
		{ "client", { .client = "" } },
		{ "client", { .client = NULL } },
		{ "client", { .client = long_name } },
		{ "client", { .client = "\xff" } },
		{ "client", { .client = "a\nb" } },
		{ "request id", { .client = "c", .request_id = "" } },
		{ "request id", { .client = "c", .request_id = "\xc0\x80" } },
		{ "priority", { .client = "c", .priority = 101 } },
		{ "priority", { .client = "c", .priority = -101 } },
		{ "needs", { .client = "c", .needs = unsorted } },
		{ "needs", { .client = "c", .needs = odd } },
		{ "needs", { .client = "c", .needs = twice } },
		{ "memory", { .client = "c", .memory_bytes = UINT64_C(1) << 63 } },
		{ "attempts", { .client = "c", .attempts_max = 101 } },
		{ "spec", { .client = "c", .spec = "", .spec_size = 0 } },
		{ "spec", { .client = "c", .spec = "\0", .spec_size = 1 } },
		{ "spec", { .client = "c", .spec = "\xed\xa0\x80", .spec_size = 3 } },
		{ "spec", { .client = "c", .spec = "{}", .spec_size = QUEUE_SPEC_BYTES_MAX + 1 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct queue_request request = cases[i].request;
		struct queue_ticket ticket;
		struct bailiff_error err = { 0 };
		if (request.spec == NULL) {
			request.spec = "{}";
			request.spec_size = 2;
		}
		assert_int_equal(queue_submit(queue, &request, &ticket, &err), -EINVAL);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		if (strstr(err.message, cases[i].field) != err.message)
			fail_msg("%s: %s", cases[i].field, err.message);
	}
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1,
					  .count = QUEUE_CLAIM_MAX + 1,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed;
	size_t count;
	FAILS(queue_claim(queue, &want, &claimed, &count, &err), EINVAL, BAILIFF_FAULT_SPEC);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.job"), 0);
}

/* ---- submit ---------------------------------------------------------------------------------- */

static void test_duplicates(void **state)
{
	(void)state;
	struct queue_request request = plain_request("a");
	request.request_id = "one";
	uint64_t job = submit_request(queue, &request);
	struct queue_ticket ticket;
	OK(queue_submit(queue, &request, &ticket, &err));
	assert_true(ticket.is_duplicate);
	assert_int_equal(ticket.job, job);
	/* Another's of this name is another. */
	request.client = "b";
	assert_int_not_equal(submit_request(queue, &request), job);
	request.client = "a";
	request.digest[31] ^= 1;
	FAILS(queue_submit(queue, &request, &ticket, &err), EEXIST, BAILIFF_FAULT_SPEC);
	request.digest[31] ^= 1;
	/* Likewise when it is over. */
	struct queue_hold hold = claim(queue);
	assert_int_equal(hold.job, job);
	finish(queue, hold, "{}");
	OK(queue_submit(queue, &request, &ticket, &err));
	assert_true(ticket.is_duplicate);
	assert_int_equal(ticket.job, job);
	request.request_id = NULL;
	job = submit_request(queue, &request);
	assert_int_not_equal(submit_request(queue, &request), job);
}

static void *submit_same(void *context)
{
	struct queue_request request = plain_request("a");
	struct queue *own = store_open();
	for (uint64_t i = 0; i < 50; i++) {
		char id[24];
		(void)snprintf(id, sizeof id, "%llu", (unsigned long long)i);
		request.request_id = id;
		struct queue_ticket ticket;
		OK(queue_submit(own, &request, &ticket, &err));
		if (!ticket.is_duplicate)
			atomic_fetch_add((_Atomic int *)context, 1);
	}
	queue_close(own);
	return NULL;
}

static void test_duplicates_at_once(void **state)
{
	(void)state;
	pthread_t threads[4];
	_Atomic int made = 0;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, submit_same, &made), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(made, 50);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.job"), 50);
}

static void set_depth(uint64_t all, uint64_t client)
{
	const struct queue_settings settings = { all, client };
	OK(queue_init(queue, &settings, &err));
}

static void test_depth(void **state)
{
	(void)state;
	struct queue_ticket ticket;
	set_depth(5, 3);
	struct queue_request request = plain_request("a");
	request.request_id = "first";
	(void)submit_request(queue, &request);
	(void)submit(queue, "a", 0);
	(void)submit(queue, "a", 5);
	FAILS(queue_submit(queue,
			   &(struct queue_request){ .client = "a", .spec = "{}", .spec_size = 2 },
			   &ticket, &err),
	      ENOSPC, BAILIFF_FAULT_HOST);
	/* What is there already may be asked for again. */
	OK(queue_submit(queue, &request, &ticket, &err));
	assert_true(ticket.is_duplicate);
	(void)submit(queue, "b", 0);
	(void)submit(queue, "b", 0);
	struct queue_request third = plain_request("b");
	struct bailiff_error err = { 0 };
	assert_int_equal(queue_submit(queue, &third, &ticket, &err), -ENOSPC);
	assert_non_null(strstr(err.message, "5"));
	/* Jobs that run take no place. */
	assert_true(claim(queue).job > 0);
	(void)submit(queue, "b", 0);
	assert_int_equal(queue_submit(queue, &third, &ticket, &err), -ENOSPC);
	/* A zero leaves the settings as they are. */
	set_depth(0, 0);
	assert_int_equal(queue_submit(queue, &third, &ticket, &err), -ENOSPC);
	set_depth(100, 0);
	assert_int_equal(queue_submit(queue, &third, &ticket, &err), -ENOSPC);
	set_depth(0, 4);
	(void)submit(queue, "b", 0);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void test_priorities(void **state)
{
	(void)state;
	static const int priorities[] = { 0, -100, 100, 5, 0, 100 };
	static const size_t order[] = { 2, 5, 3, 0, 4, 1 };
	uint64_t jobs[6];
	for (size_t i = 0; i < 6; i++)
		jobs[i] = submit(queue, "a", priorities[i]);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(claim(queue).job, jobs[order[i]]);
}

static char client_of(uint64_t job)
{
	return look(queue, job).client[0];
}

static void test_clients_take_turns(void **state)
{
	(void)state;
	uint64_t last = 0;
	for (int i = 0; i < 1000; i++)
		(void)submit(queue, "a", 0);
	for (int i = 0; i < 10; i++)
		(void)submit(queue, "b", 0);
	(void)submit(queue, "c", 0);
	unsigned counts[3] = { 0 };
	for (int i = 0; i < 21; i++) {
		uint64_t job = claim(queue).job;
		char client = client_of(job);
		counts[client - 'a']++;
		if (client == 'a') { /* a client's own in the order they came */
			assert_true(job > last);
			last = job;
		}
		if (i == 2)
			assert_true(counts[0] == 1 && counts[1] == 1 && counts[2] == 1);
	}
	assert_int_equal(counts[0], 10);
	assert_int_equal(counts[1], 10);
	assert_int_equal(counts[2], 1);
	/* Who comes late is level with the others: neither behind their jobs nor before them all.
	 */
	for (int i = 0; i < 200; i++)
		(void)claim(queue);
	for (int i = 0; i < 5; i++)
		(void)submit(queue, "d", 0);
	unsigned late = 0, early = 0;
	for (int i = 0; i < 11; i++) {
		char client = client_of(claim(queue).job);
		late += client == 'd';
		early += client == 'd' && i < 4;
	}
	assert_int_equal(late, 5);
	assert_int_equal(early, 2);
}

/* A job that nobody can do has the oldest turn for ever; it must not make a newcomer's the oldest,
 * too. */
static void test_stuck_jobs_hold_no_turn(void **state)
{
	(void)state;
	static const char *const nobody_has[] = { "cobol", NULL };
	struct queue_request stuck = plain_request("stuck");
	stuck.needs = nobody_has;
	(void)submit_request(queue, &stuck);
	for (int i = 0; i < 100; i++)
		(void)submit(queue, "a", 0);
	for (int i = 0; i < 50; i++)
		(void)claim(queue);
	for (int i = 0; i < 20; i++)
		(void)submit(queue, "b", 0);
	/* Another class, which has no turns of its own yet. */
	struct queue_request request = plain_request("c");
	request.memory_bytes = 1 << 20;
	for (int i = 0; i < 20; i++)
		(void)submit_request(queue, &request);
	unsigned counts[3] = { 0 };
	for (int i = 0; i < 30; i++)
		counts[client_of(claim(queue).job) - 'a']++;
	for (size_t i = 0; i < 3; i++)
		assert_in_range(counts[i], 9, 11);
}

static void test_needs_and_memory(void **state)
{
	(void)state;
	static const char *const java[] = { "java", NULL }, *const both[] = { "cpp", "java", NULL };
	static const char *const c[] = { "c", NULL };
	struct queue_request request = plain_request("a");
	request.needs = java;
	uint64_t needs_java = submit_request(queue, &request);
	request.needs = both;
	uint64_t needs_both = submit_request(queue, &request);
	request.needs = c;
	request.memory_bytes = (UINT64_C(1) << 30) + 1;
	uint64_t large = submit_request(queue, &request);
	request.memory_bytes = UINT64_C(1) << 30;
	uint64_t fits = submit_request(queue, &request);
	request.memory_bytes = 0;
	request.needs = NULL;
	uint64_t nothing = submit_request(queue, &request);
	assert_int_equal(claim(queue).job, fits);
	assert_int_equal(claim(queue).job, nothing);
	assert_int_equal(claim(queue).job, 0);
	struct queue_worker bare = other_worker;
	bare.offers = NULL;
	assert_int_equal(claim_as(queue, &bare, LEASE_NS).job, 0);
	assert_int_equal(claim_as(queue, &other_worker, LEASE_NS).job, needs_java);
	assert_int_equal(claim_as(queue, &other_worker, LEASE_NS).job, needs_both);
	assert_int_equal(claim_as(queue, &other_worker, LEASE_NS).job, 0);
	const struct queue_claim want = { .worker = &other_worker,
					  .memory_bytes = UINT64_MAX,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed;
	size_t count;
	OK(queue_claim(queue, &want, &claimed, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(claimed.hold.job, large);
	queue_claimed_finish(&claimed);
}

/* Order holds across what a worker cannot do, and across more jobs than one look takes. */
static void test_past_what_cannot_be_done(void **state)
{
	(void)state;
	static const char *const java[] = { "java", NULL };
	struct queue_request request = plain_request("a");
	request.needs = java;
	for (int i = 0; i < 300; i++)
		(void)submit_request(queue, &request);
	request = plain_request("a");
	request.memory_bytes = (UINT64_C(1) << 30) + 5;
	for (int i = 0; i < 300; i++)
		(void)submit_request(queue, &request);
	uint64_t first = submit(queue, "a", 0), last = 0;
	for (int i = 1; i < 250; i++)
		last = submit(queue, "a", 0);
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 256,
					  .lease_ns = LEASE_NS };
	static struct queue_claimed claimed[256];
	size_t count;
	OK(queue_claim(queue, &want, claimed, &count, &err));
	assert_int_equal(count, 250);
	assert_int_equal(claimed[0].hold.job, first);
	assert_int_equal(claimed[249].hold.job, last);
	for (size_t i = 0; i < count; i++)
		queue_claimed_finish(&claimed[i]);
}

/* ---- claims whose answer was lost ------------------------------------------------------------- */

static uint64_t return_all_but(const struct queue_hold *holds, size_t count)
{
	uint64_t returned = 99;
	OK(queue_return_unheard(queue, &plain_worker, holds, count, &returned, &err));
	return returned;
}

static void test_unheard_claims_go_back(void **state)
{
	(void)state;
	assert_int_equal(return_all_but(NULL, 0), 0);
	for (int i = 0; i < 6; i++)
		(void)submit(queue, "a", 0);
	struct queue_worker earlier = plain_worker;
	earlier.instance ^= 1;
	struct queue_hold known[] = { claim(queue), claim(queue) };
	struct queue_hold unheard[] = { claim(queue), claim(queue) };
	struct queue_hold others = claim_as(queue, &other_worker, LEASE_NS);
	struct queue_hold before = claim_as(queue, &earlier, LEASE_NS);
	assert_int_equal(return_all_but(known, 2), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(state_of(queue, known[i].job), QUEUE_STATE_RUNNING);
		assert_int_equal(look(queue, unheard[i].job).attempts, 0);
		assert_int_equal(look(queue, unheard[i].job).due_ns, 0);
		assert_true(fail_as(queue, unheard[i], QUEUE_FAILED, "x"));
	}
	assert_int_equal(state_of(queue, others.job), QUEUE_STATE_RUNNING);
	assert_int_equal(state_of(queue, before.job), QUEUE_STATE_RUNNING);
	assert_int_equal(return_all_but(known, 2), 0);
	/* One that it has by another claim is not the one that it knows of. */
	struct queue_hold again = claim(queue);
	assert_int_equal(again.job, unheard[0].job);
	const struct queue_hold all[] = { known[0], known[1], unheard[0] };
	assert_int_equal(return_all_but(all, 3), 1);
	finish(queue, known[0], "{}");
	assert_int_equal(return_all_but(NULL, 0), 1);
	assert_int_equal(state_of(queue, known[0].job), QUEUE_STATE_DONE);
}

/* What is never heard of may be the job's own doing: it does not come back for ever. */
static void test_unheard_claims_are_bounded(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	unsigned claims = 0;
	while (state_of(queue, job) != QUEUE_STATE_DEAD && claims < 100) {
		store_make_due();
		struct queue_hold hold = claim(queue);
		claims += hold.job == job;
		if (hold.job == job)
			assert_int_equal(return_all_but(NULL, 0), 1);
	}
	assert_int_equal(state_of(queue, job), QUEUE_STATE_DEAD);
	assert_in_range(claims, 10, 15);
	assert_non_null(strstr(look(queue, job).last_error, "worker lost"));
}

/* ---- jobs that do not fit at the moment ----------------------------------------------------- */

/* A worker with 1 GiB, half of which other jobs have. */
static uint64_t claim_beside(uint64_t memory_bytes)
{
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = memory_bytes,
					  .count = 1,
					  .lease_ns = LEASE_NS,
					  .reserve_ns = 30 * NS_PER_S,
					  .memory_all_bytes = UINT64_C(1) << 30 };
	struct queue_claimed claimed;
	size_t count = 0;
	OK(queue_claim(queue, &want, &claimed, &count, &err));
	if (count == 0)
		return 0;
	uint64_t job = claimed.hold.job;
	queue_claimed_finish(&claimed);
	return job;
}

#define HALF (UINT64_C(1) << 29)

static uint64_t submit_sized(const char *client, int priority, uint64_t memory_bytes)
{
	struct queue_request request = plain_request(client);
	request.priority = priority;
	request.memory_bytes = memory_bytes;
	return submit_request(queue, &request);
}

static void test_large_jobs_are_waited_for(void **state)
{
	(void)state;
	uint64_t first = submit(queue, "a", 0);
	uint64_t large = submit_sized("b", 0, HALF + 1), second = submit(queue, "a", 0);
	uint64_t third = submit(queue, "a", 0), urgent = submit(queue, "a", 1);
	/* For a while it is passed over. */
	assert_int_equal(claim_beside(HALF), urgent);
	assert_int_equal(claim_beside(HALF), first);
	assert_int_equal(claim_beside(HALF), second);
	/* Then nothing that stands behind it is taken ... */
	store_age_job(large);
	assert_int_equal(claim_beside(HALF), 0);
	assert_int_equal(claim_beside(HALF), 0);
	/* ... but what stands before it ... */
	urgent = submit(queue, "a", 1);
	assert_int_equal(claim_beside(HALF), urgent);
	assert_int_equal(claim_beside(HALF), 0);
	/* ... until it fits. */
	assert_int_equal(claim_beside(HALF + 1), large);
	assert_int_equal(claim_beside(HALF), third);
}

/* In one class with small jobs, and in one where all are large; more of them than one look takes. */
static void test_large_jobs_among_others(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++)
		(void)submit_sized("a", 0, HALF);
	for (uint64_t bytes = HALF - 1; bytes <= UINT64_C(1) << 30; bytes = 2 * bytes + 2) {
		uint64_t large = submit_sized("b", 0, bytes);
		store_age_job(large);
		assert_int_not_equal(claim_beside(bytes - 1), large);
		/* The turn of one that was submitted when it was is after that of what was taken then. */
		uint64_t next = 0;
		for (int i = 0; i < 3 && (next = claim_beside(bytes - 1)) != 0; i++)
			assert_int_not_equal(next, large);
		assert_int_equal(next, 0);
		assert_int_equal(claim_beside(bytes), large);
	}
}

static void test_jobs_that_are_not_waited_for(void **state)
{
	(void)state;
	static const char *const nobody_has[] = { "cobol", NULL };
	const uint64_t all = UINT64_C(1) << 30;
	struct queue_request request = plain_request("a");
	/* One that this worker could never take. */
	store_age_job(submit_sized("a", 0, all + 1));
	store_age_job(submit_sized("a", 0, INT64_MAX));
	request.memory_bytes = all;
	request.needs = nobody_has;
	store_age_job(submit_request(queue, &request));
	/* One that is to be tried again later, or elsewhere. */
	uint64_t failing = submit_sized("a", 0, all);
	store_age_job(failing);
	OK(queue_register(queue, &plain_worker, true, &err));
	OK(queue_register(queue, &other_worker, true, &err));
	struct queue_hold hold = claim(queue);
	assert_int_equal(hold.job, failing);
	assert_false(fail_as(queue, hold, QUEUE_FAILED, "x"));
	uint64_t first = submit(queue, "b", -1), second = submit(queue, "b", -1);
	uint64_t third = submit(queue, "b", -1);
	assert_int_equal(claim_beside(HALF), first);
	store_make_due();
	assert_int_equal(claim_beside(HALF), second);
	/* Who does not ask for it does not wait. */
	assert_int_equal(claim_as(queue, &other_worker, LEASE_NS).job, failing);
	uint64_t large = submit_sized("a", 0, all);
	store_age_job(large);
	const struct queue_claim want = { &plain_worker, HALF, 1, LEASE_NS, 0, all };
	struct queue_claimed claimed;
	size_t count = 0;
	OK(queue_claim(queue, &want, &claimed, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(claimed.hold.job, third);
	queue_claimed_finish(&claimed);
}

/* Of several that are wanted, those that stand before it are taken, whichever way is asked. */
static void test_large_jobs_in_an_exchange(void **state)
{
	(void)state;
	(void)submit(queue, "a", 0);
	struct queue_hold hold = claim(queue);
	uint64_t first = submit(queue, "a", 7), large = submit_sized("b", 5, UINT64_C(1) << 30);
	(void)submit(queue, "a", 0);
	store_age_job(large);
	const struct queue_claim want = { &plain_worker, HALF, 3, LEASE_NS, NS_PER_S,
					  UINT64_C(1) << 30 };
	struct queue_verdict verdict = { hold, "{}", 2, true };
	struct queue_claimed claimed[3];
	size_t count = 0;
	OK(queue_exchange(queue, &plain_worker, &verdict, 1, &want, claimed, &count, &err));
	assert_false(verdict.is_superseded);
	assert_int_equal(count, 1);
	assert_int_equal(claimed[0].hold.job, first);
	queue_claimed_finish(&claimed[0]);
}

/* ---- many at once ---------------------------------------------------------------------------- */

struct crowd {
	_Atomic unsigned *claims; /* for each job */
	uint64_t jobs;
	size_t batch;
	bool exchanges;
	_Atomic uint64_t finished;
};

/* What a crowd's worker does with what it claimed: each finish by itself, or all with the next
 * claim. */
static void finish_each(struct queue *own, const struct queue_worker *worker,
			struct queue_claimed *claimed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool is_superseded = true;
		OK(queue_finish(own, worker, &claimed[i].hold, worker->name, strlen(worker->name),
				&is_superseded, &err));
		assert_false(is_superseded);
		queue_claimed_finish(&claimed[i]);
	}
}

static void finish_and_claim(struct queue *own, const struct queue_claim *want,
			     struct queue_claimed *claimed, size_t *count)
{
	struct queue_verdict verdicts[16];
	size_t finished = *count;
	for (size_t i = 0; i < finished; i++) {
		verdicts[i] = (struct queue_verdict){ claimed[i].hold, want->worker->name,
						      strlen(want->worker->name), true };
		queue_claimed_finish(&claimed[i]);
	}
	OK(queue_exchange(own, want->worker, verdicts, finished, want, claimed, count, &err));
	for (size_t i = 0; i < finished; i++)
		assert_false(verdicts[i].is_superseded);
}

static void *work(void *context)
{
	static _Atomic unsigned numbers;
	struct crowd *crowd = context;
	char name[32];
	(void)snprintf(name, sizeof name, "crowd-%u", atomic_fetch_add(&numbers, 1));
	struct queue_worker worker = plain_worker;
	worker.name = name;
	worker.instance = 1;
	struct queue *own = store_open_with(&(struct queue_options){ .timeout_ns = 60 * NS_PER_S });
	const struct queue_claim want = { .worker = &worker,
					  .memory_bytes = 1 << 30,
					  .count = crowd->batch,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed[16];
	size_t count = 0;
	for (;;) {
		if (crowd->exchanges) {
			size_t finished = count;
			finish_and_claim(own, &want, claimed, &count);
			atomic_fetch_add(&crowd->finished, finished);
		} else {
			OK(queue_claim(own, &want, claimed, &count, &err));
		}
		/* Nothing may mean that others hold what is left and will have it in a moment. */
		if (count == 0 && atomic_load(&crowd->finished) >= crowd->jobs)
			break;
		if (count == 0)
			sleep_ms(5);
		for (size_t i = 0; i < count; i++)
			atomic_fetch_add(&crowd->claims[claimed[i].hold.job], 1);
		if (!crowd->exchanges) {
			finish_each(own, &worker, claimed, count);
			atomic_fetch_add(&crowd->finished, count);
		}
	}
	queue_close(own);
	return NULL;
}

static void *submit_many(void *context)
{
	struct queue *own = store_open_with(&(struct queue_options){ .timeout_ns = 60 * NS_PER_S });
	for (uint64_t i = 0; i < *(uint64_t *)context; i++)
		(void)submit(own, i % 3 == 0 ? "a" : "b", (int)(i % 2));
	queue_close(own);
	return NULL;
}

/* Jobs come in while workers take them; each job goes to exactly one. */
static void run_crowd(uint64_t jobs, size_t workers, size_t batch, bool exchanges)
{
	pthread_t threads[8], submitters[2];
	uint64_t half = jobs / 2;
	struct crowd crowd = { .jobs = jobs, .batch = batch, .exchanges = exchanges };
	crowd.claims = calloc(jobs + 1, sizeof *crowd.claims);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&submitters[i], NULL, submit_many, &half), 0);
	for (size_t i = 0; i < workers; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &crowd), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(submitters[i], NULL), 0);
	for (size_t i = 0; i < workers; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (uint64_t job = 1; job <= jobs; job++) {
		if (crowd.claims[job] != 1)
			fail_msg("job %llu was claimed %u times", (unsigned long long)job,
				 crowd.claims[job]);
	}
	free(crowd.claims);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.job WHERE state = 'done'"
				   " AND attempts = 1"),
			 jobs);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.verdict"), jobs);
	/* Each result is from the worker that held the job. */
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.verdict JOIN bailiff.job"
				   " ON verdict.job = job.id WHERE result = worker"),
			 jobs);
}

static void test_two_workers(void **state)
{
	(void)state;
	run_crowd(2000, 2, 1, false);
}

static void test_eight_workers(void **state)
{
	(void)state;
	run_crowd(10000, 8, 3, false);
}

static void test_eight_workers_that_exchange(void **state)
{
	(void)state;
	run_crowd(4000, 8, 2, true);
}

/* ---- holds ----------------------------------------------------------------------------------- */

static void expect_nothing_by(struct queue_hold hold)
{
	bool is_superseded = false, is_lost = false;
	OK(queue_finish(queue, &plain_worker, &hold, "{\"late\": 1}", 11, &is_superseded, &err));
	assert_true(is_superseded);
	OK(queue_renew(queue, &plain_worker, &hold, 1, LEASE_NS, &is_lost, &err));
	assert_true(is_lost);
	assert_true(fail_as(queue, hold, QUEUE_FAILED, "late"));
	assert_true(fail_as(queue, hold, QUEUE_RETURNED, "late"));
	assert_true(fail_as(queue, hold, QUEUE_REJECTED, "late"));
}

static void reap(uint64_t ready, uint64_t dead)
{
	uint64_t is_ready = 99, is_dead = 99;
	OK(queue_reap(queue, &is_ready, &is_dead, &err));
	assert_int_equal(is_ready, ready);
	assert_int_equal(is_dead, dead);
}

static bool has_more(const struct queue_worker *worker, uint64_t memory_bytes)
{
	const struct queue_claim want = { .worker = worker,
					  .memory_bytes = memory_bytes,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	bool more = false;
	OK(queue_has_more(queue, &want, &more, &err));
	return more;
}

/* Jobs that are tried again later are left for a worker, jobs that it can not do are not. */
static void test_what_is_left(void **state)
{
	(void)state;
	static const char *const needs[] = { "ada", NULL };
	struct queue_request request = plain_request("a");
	assert_false(has_more(&plain_worker, UINT64_MAX));
	(void)submit(queue, "a", 0);
	assert_true(has_more(&plain_worker, UINT64_MAX));
	assert_false(has_more(&plain_worker, request.memory_bytes - 1));
	struct queue_hold hold = claim(queue);
	assert_false(has_more(&plain_worker, UINT64_MAX));
	assert_false(fail_as(queue, hold, QUEUE_FAILED, "ours"));
	assert_int_equal(claim(queue).job, 0); /* not before a while */
	assert_true(has_more(&plain_worker, UINT64_MAX));
	store_make_due();
	finish(queue, claim(queue), "{}");
	request.needs = needs;
	(void)submit_request(queue, &request);
	assert_false(has_more(&plain_worker, UINT64_MAX));
}

/* A worker is told of attempts that ended with theirs, and of no others. */
static void test_losses_are_told(void **state)
{
	(void)state;
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 1,
					  .lease_ns = 20 * NS_PER_MS };
	struct queue_claimed claimed;
	size_t count = 0;
	uint64_t job = submit(queue, "a", 0);
	for (unsigned losses = 0; losses < 2; losses++) {
		OK(queue_claim(queue, &want, &claimed, &count, &err));
		assert_int_equal(count, 1);
		assert_int_equal(claimed.hold.job, job);
		assert_int_equal(claimed.losses, losses);
		queue_claimed_finish(&claimed);
		sleep_ms(30);
		reap(1, 0);
		store_make_due();
	}
	OK(queue_claim(queue, &want, &claimed, &count, &err));
	assert_int_equal(claimed.losses, 2);
	assert_false(fail_as(queue, claimed.hold, QUEUE_RETURNED, "drained"));
	queue_claimed_finish(&claimed);
	const struct queue_claim others = { .worker = &other_worker,
					  .memory_bytes = 1 << 30,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	OK(queue_claim(queue, &others, &claimed, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(claimed.losses, 2); /* to be given back is no loss */
	queue_claimed_finish(&claimed);
}

static void test_fence(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	struct queue_hold old = claim_as(queue, &plain_worker, 30 * NS_PER_MS);
	assert_int_equal(old.job, job);
	reap(0, 0);
	sleep_ms(40);
	reap(1, 0);
	expect_nothing_by(old);
	store_make_due();
	struct queue_hold new = claim_as(queue, &other_worker, LEASE_NS);
	assert_int_equal(new.job, job);
	assert_true(new.fence > old.fence);
	expect_nothing_by(old);
	expect_nothing_by((struct queue_hold){ job, 0 });
	expect_nothing_by((struct queue_hold){ job, UINT64_MAX });
	assert_int_equal(state_of(queue, job), QUEUE_STATE_RUNNING);
	finish(queue, new, "{\"good\": 1}");
	expect_nothing_by(old);
	assert_string_equal(look(queue, job).result, "{\"good\": 1}");
	assert_int_equal(look(queue, job).attempts, 2);
	assert_string_equal(look(queue, job).worker, "worker-2");
}

/* A renewal keeps the job beyond its first lease, and of several holds only its own. */
static void test_renewal(void **state)
{
	(void)state;
	struct queue_hold holds[3];
	bool is_lost[3];
	for (size_t i = 0; i < 3; i++) {
		(void)submit(queue, "a", 0);
		holds[i] = claim_as(queue, &plain_worker, 50 * NS_PER_MS);
	}
	struct queue_hold some[] = { holds[2], { holds[1].job, holds[1].fence + 1 }, holds[0] };
	OK(queue_renew(queue, &plain_worker, some, 3, LEASE_NS, is_lost, &err));
	assert_false(is_lost[0]);
	assert_true(is_lost[1]);
	assert_false(is_lost[2]);
	sleep_ms(60);
	reap(1, 0);
	assert_int_equal(state_of(queue, holds[0].job), QUEUE_STATE_RUNNING);
	assert_int_equal(state_of(queue, holds[1].job), QUEUE_STATE_READY);
	/* More holds than one call of a driver takes. */
	static struct queue_hold many[2 * QUEUE_CLAIM_MAX + 1];
	static bool lost[2 * QUEUE_CLAIM_MAX + 1];
	many[2 * QUEUE_CLAIM_MAX] = holds[0];
	OK(queue_renew(queue, &plain_worker, many, 2 * QUEUE_CLAIM_MAX + 1, LEASE_NS, lost, &err));
	assert_true(lost[0]);
	assert_true(lost[QUEUE_CLAIM_MAX]);
	assert_false(lost[2 * QUEUE_CLAIM_MAX]);
}

/* A job that kills its workers is given up. */
static void test_poison(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	for (unsigned i = 1; i <= 3; i++) {
		struct queue_hold hold = claim_as(queue, &plain_worker, NS_PER_MS);
		assert_int_equal(hold.job, job);
		sleep_ms(5);
		reap(i < 3, i == 3);
		struct queue_job_view view = look(queue, job);
		assert_int_equal(view.attempts, i);
		if (i < 3) {
			/* 2^i seconds, a quarter more or less. */
			struct timespec now;
			(void)clock_gettime(CLOCK_REALTIME, &now);
			uint64_t wait = view.due_ns - (uint64_t)now.tv_sec * NS_PER_S -
					(uint64_t)now.tv_nsec;
			assert_in_range(wait, (NS_PER_S << i) * 5 / 8, (NS_PER_S << i) * 5 / 4);
			assert_int_equal(claim(queue).job, 0);
			store_make_due();
		}
	}
	struct queue_job_view view = look(queue, job);
	assert_int_equal(view.state, QUEUE_STATE_DEAD);
	assert_string_equal(view.last_error, "worker lost (attempt 3 of 3, worker worker-1)");
	assert_null(view.result);
	assert_true(view.finished_ns > 0);
	assert_int_equal(claim(queue).job, 0);
}

static void test_many_leases_at_once(void **state)
{
	(void)state;
	static struct queue_claimed claimed[QUEUE_CLAIM_MAX];
	size_t count, sum = 0;
	for (int i = 0; i < 600; i++)
		(void)submit(queue, "a", 0);
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = QUEUE_CLAIM_MAX,
					  .lease_ns = NS_PER_MS };
	do {
		OK(queue_claim(queue, &want, claimed, &count, &err));
		for (size_t i = 0; i < count; i++)
			queue_claimed_finish(&claimed[i]);
		sum += count;
	} while (count > 0);
	assert_int_equal(sum, 600);
	sleep_ms(5);
	reap(600, 0);
}

static void test_failures(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	const struct queue_fault fault = { .failure = QUEUE_FAILED,
					   .reason = "no \xff\nroom",
					   .result = "{\"verdict\": \"IE\"}",
					   .result_size = 17 };
	for (unsigned i = 1; i <= 3; i++) {
		struct queue_hold hold = claim(queue);
		assert_int_equal(hold.job, job);
		bool is_superseded = true;
		OK(queue_fail(queue, &plain_worker, &hold, &fault, &is_superseded, &err));
		assert_false(is_superseded);
		struct queue_job_view view = look(queue, job);
		assert_string_equal(view.last_error, "no \xef\xbf\xbd\xef\xbf\xbdroom");
		assert_int_equal(view.state, i < 3 ? QUEUE_STATE_READY : QUEUE_STATE_DEAD);
		if (i < 3) {
			assert_null(view.result);
			assert_int_equal(claim(queue).job, 0);
			store_make_due();
		} else {
			assert_string_equal(view.result, "{\"verdict\": \"IE\"}");
		}
		/* Made again: nothing more happens. */
		OK(queue_fail(queue, &plain_worker, &hold, &fault, &is_superseded, &err));
		assert_true(is_superseded);
		OK(queue_finish(queue, &plain_worker, &hold, "{}", 2, &is_superseded, &err));
		assert_true(is_superseded);
	}
	/* Nobody could run this. */
	job = submit(queue, "a", 0);
	assert_false(fail_as(queue, claim(queue), QUEUE_REJECTED, "bad spec"));
	assert_int_equal(state_of(queue, job), QUEUE_STATE_DEAD);
	assert_int_equal(look(queue, job).attempts, 1);
	char long_reason[3000];
	memset(long_reason, 'y', sizeof long_reason);
	long_reason[sizeof long_reason - 1] = '\0';
	job = submit(queue, "a", 0);
	assert_false(fail_as(queue, claim(queue), QUEUE_REJECTED, long_reason));
	assert_int_equal(strlen(look(queue, job).last_error), QUEUE_REASON_BYTES_MAX);
}

static void test_returned(void **state)
{
	(void)state;
	uint64_t first = submit(queue, "a", 0);
	uint64_t second = submit(queue, "a", 0);
	for (int i = 0; i < 5; i++) { /* as often as anybody likes */
		struct queue_hold hold = claim(queue);
		assert_int_equal(hold.job, first);
		assert_false(fail_as(queue, hold, QUEUE_RETURNED, "shutting down"));
		struct queue_job_view view = look(queue, first);
		assert_int_equal(view.state, QUEUE_STATE_READY);
		assert_int_equal(view.attempts, 0);
		assert_int_equal(view.due_ns, 0);
		expect_nothing_by(hold);
	}
	assert_int_equal(claim(queue).job, first);
	assert_int_equal(claim(queue).job, second);
}

/* It would be the first that the same worker takes again, and keep it from all others. */
static void test_a_returned_suspect_is_left_to_others(void **state)
{
	(void)state;
	uint64_t suspect = submit(queue, "a", 0), other = submit(queue, "b", 0);
	store_run("UPDATE bailiff.job SET losses = 1 WHERE client = 'a'");
	struct queue_hold hold = claim(queue);
	assert_int_equal(hold.job, suspect);
	assert_false(fail_as(queue, hold, QUEUE_RETURNED, "others run"));
	assert_int_equal(look(queue, suspect).attempts, 0);
	assert_int_equal(claim(queue).job, other);
	assert_int_equal(claim(queue).job, 0);
	hold = claim_as(queue, &other_worker, LEASE_NS);
	assert_int_equal(hold.job, suspect);
	assert_false(fail_as(queue, hold, QUEUE_RETURNED, "others run"));
	assert_int_equal(claim(queue).job, suspect); /* the first may have it again */
}

static void test_misfit(void **state)
{
	(void)state;
	static const char *const java[] = { "java", NULL };
	uint64_t job = submit(queue, "a", 0);
	struct queue_fault fault = { .failure = QUEUE_MISFIT,
				     .reason = "more memory",
				     .memory_bytes = UINT64_C(2) << 30 };
	struct queue_hold hold = claim(queue);
	bool is_superseded;
	OK(queue_fail(queue, &plain_worker, &hold, &fault, &is_superseded, &err));
	assert_false(is_superseded);
	assert_int_equal(look(queue, job).attempts, 0);
	assert_int_equal(claim(queue).job, 0);
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = UINT64_C(2) << 30,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed;
	size_t count;
	OK(queue_claim(queue, &want, &claimed, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(claimed.memory_bytes, UINT64_C(2) << 30);
	hold = claimed.hold;
	queue_claimed_finish(&claimed);
	fault.needs = java;
	fault.memory_bytes = 1 << 20;
	OK(queue_fail(queue, &plain_worker, &hold, &fault, &is_superseded, &err));
	assert_int_equal(claim(queue).job, 0);
	hold = claim_as(queue, &other_worker, LEASE_NS);
	assert_int_equal(hold.job, job);
	/* One that changes nothing counts. */
	OK(queue_fail(queue, &plain_worker, &hold, &fault, &is_superseded, &err));
	assert_false(is_superseded);
	assert_int_equal(look(queue, job).attempts, 1);
	assert_true(look(queue, job).due_ns > 0);
}

static void test_repeated_finish(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	struct queue_hold hold = claim(queue);
	finish(queue, hold, "{\"first\": 1}");
	uint64_t finished = look(queue, job).finished_ns;
	finish(queue, hold, "{\"first\": 1}");
	finish(queue, hold, "{\"second\": 1}");
	assert_string_equal(look(queue, job).result, "{\"first\": 1}");
	assert_int_equal(look(queue, job).finished_ns, finished);
}

/* Each verdict of an exchange is as if it were told by itself. */
static void test_exchange(void **state)
{
	(void)state;
	struct queue_verdict verdicts[4];
	struct queue_claimed claimed[2];
	size_t count = 99;
	for (size_t i = 0; i < 6; i++)
		(void)submit(queue, "a", 0);
	for (size_t i = 0; i < 4; i++)
		verdicts[i] = (struct queue_verdict){ claim(queue), "{}", 2, true };
	struct queue_hold last = verdicts[3].hold;
	verdicts[0].result = "{\"first\": 1}";
	verdicts[0].size = strlen(verdicts[0].result);
	finish(queue, verdicts[1].hold, "{\"before\": 1}"); /* repeated */
	verdicts[2].hold.fence++;			    /* never held */
	verdicts[3] = (struct queue_verdict){ { 77, 1 }, "{}", 2, false };
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 2,
					  .lease_ns = LEASE_NS };
	OK(queue_exchange(queue, &plain_worker, verdicts, 4, &want, claimed, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(claimed[0].hold.job, 5);
	assert_int_equal(claimed[1].hold.job, 6);
	assert_string_equal(claimed[0].spec, "{\"a\": 1}");
	assert_false(verdicts[0].is_superseded);
	assert_false(verdicts[1].is_superseded);
	assert_true(verdicts[2].is_superseded);
	assert_true(verdicts[3].is_superseded);
	assert_string_equal(look(queue, 1).result, "{\"first\": 1}");
	assert_string_equal(look(queue, 2).result, "{\"before\": 1}");
	assert_int_equal(state_of(queue, 3), QUEUE_STATE_RUNNING);
	verdicts[0] = (struct queue_verdict){ last, "{\"'\\\": 1}", 9, true };
	OK(queue_exchange(queue, &plain_worker, verdicts, 1, NULL, NULL, &count, &err));
	assert_int_equal(count, 0);
	assert_false(verdicts[0].is_superseded);
	assert_string_equal(look(queue, last.job).result, "{\"'\\\": 1}");
	for (size_t i = 0; i < 2; i++)
		queue_claimed_finish(&claimed[i]);
	/* Nothing to tell is a claim. */
	(void)submit(queue, "a", 0);
	OK(queue_exchange(queue, &plain_worker, NULL, 0, &want, claimed, &count, &err));
	assert_int_equal(count, 1);
	queue_claimed_finish(&claimed[0]);
}

/* ---- cancel and retry ------------------------------------------------------------------------ */

static void cancel(uint64_t job, enum queue_state expected)
{
	enum queue_state after;
	OK(queue_cancel(queue, job, &after, &err));
	assert_int_equal(after, expected);
	assert_int_equal(state_of(queue, job), expected);
}

static void test_cancel(void **state)
{
	(void)state;
	uint64_t ready = submit(queue, "a", 0);
	cancel(ready, QUEUE_STATE_CANCELLED);
	cancel(ready, QUEUE_STATE_CANCELLED);
	assert_int_equal(claim(queue).job, 0);
	assert_true(look(queue, ready).finished_ns > 0);
	uint64_t running = submit(queue, "a", 0);
	struct queue_hold hold = claim(queue);
	cancel(running, QUEUE_STATE_CANCELLED);
	expect_nothing_by(hold);
	assert_int_equal(state_of(queue, running), QUEUE_STATE_CANCELLED);
	uint64_t done = submit(queue, "a", 0);
	finish(queue, claim(queue), "{}");
	cancel(done, QUEUE_STATE_DONE);
	assert_string_equal(look(queue, done).result, "{}");
	uint64_t dead = submit(queue, "a", 0);
	assert_false(fail_as(queue, claim(queue), QUEUE_REJECTED, "x"));
	cancel(dead, QUEUE_STATE_DEAD);
	/* One that waits for its next attempt. */
	uint64_t waits = submit(queue, "a", 0);
	assert_false(fail_as(queue, claim(queue), QUEUE_FAILED, "x"));
	cancel(waits, QUEUE_STATE_CANCELLED);
	store_make_due();
	assert_int_equal(claim(queue).job, 0);
}

static void retry(uint64_t job, enum queue_state expected)
{
	enum queue_state after;
	OK(queue_retry(queue, job, &after, &err));
	assert_int_equal(after, expected);
	assert_int_equal(state_of(queue, job), expected);
}

static void test_retry(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	const struct queue_fault fault = {
		.failure = QUEUE_REJECTED, .reason = "bad", .result = "{}", .result_size = 2
	};
	bool is_superseded;
	struct queue_hold dead = claim(queue);
	OK(queue_fail(queue, &plain_worker, &dead, &fault, &is_superseded, &err));
	assert_non_null(look(queue, job).result);
	retry(job, QUEUE_STATE_READY);
	retry(job, QUEUE_STATE_READY);
	struct queue_job_view view = look(queue, job);
	assert_null(view.result);
	assert_int_equal(view.attempts, 0);
	assert_int_equal(view.finished_ns, 0);
	struct queue_hold hold = claim(queue);
	assert_int_equal(hold.job, job);
	assert_true(hold.fence > dead.fence);
	retry(job, QUEUE_STATE_RUNNING);
	finish(queue, hold, "{\"a\": 2}");
	retry(job, QUEUE_STATE_DONE);
	expect_nothing_by(dead);
	assert_string_equal(look(queue, job).result, "{\"a\": 2}");
	uint64_t cancelled = submit(queue, "a", 0);
	cancel(cancelled, QUEUE_STATE_CANCELLED);
	retry(cancelled, QUEUE_STATE_CANCELLED);
}

/* ---- workers --------------------------------------------------------------------------------- */

static void test_another_worker_tries(void **state)
{
	(void)state;
	OK(queue_register(queue, &plain_worker, false, &err));
	OK(queue_register(queue, &other_worker, false, &err));
	uint64_t job = submit(queue, "a", 0);
	assert_false(fail_as(queue, claim(queue), QUEUE_FAILED, "x"));
	store_make_due();
	assert_int_equal(claim(queue).job, 0);
	struct queue_hold hold = claim_as(queue, &other_worker, LEASE_NS);
	assert_int_equal(hold.job, job);
	assert_false(fail_as(queue, hold, QUEUE_RETURNED, "x"));
	/* The last: not when the others are gone, ... */
	store_age_worker("worker-2");
	hold = claim_as(queue, &other_worker, LEASE_NS);
	store_run("UPDATE bailiff.job SET worker = 'worker-1', avoid = NULL");
	assert_false(fail_as(queue, hold, QUEUE_FAILED, "x"));
	store_make_due();
	hold = claim(queue);
	assert_int_equal(hold.job, job);
	/* ... nor where they do not have what it needs. */
	struct queue_worker lame = other_worker;
	lame.offers = NULL;
	OK(queue_register(queue, &lame, true, &err));
	static const char *const c[] = { "c", NULL };
	struct queue_request request = plain_request("b");
	request.needs = c;
	uint64_t needs_c = submit_request(queue, &request);
	hold = claim(queue);
	assert_int_equal(hold.job, needs_c);
	assert_false(fail_as(queue, hold, QUEUE_FAILED, "x"));
	store_make_due();
	assert_int_equal(claim(queue).job, needs_c);
}

static void test_names_of_workers(void **state)
{
	(void)state;
	struct queue_worker second = plain_worker;
	second.instance++;
	OK(queue_register(queue, &plain_worker, false, &err));
	OK(queue_register(queue, &plain_worker, false, &err)); /* by itself, again */
	FAILS(queue_register(queue, &second, false, &err), EEXIST, BAILIFF_FAULT_HOST);
	OK(queue_report(queue, &plain_worker, "{\"jobs\": 1}", &err));
	uint64_t job = submit(queue, "a", 0);
	struct queue_hold hold = claim(queue);
	OK(queue_register(queue, &second, true, &err));
	struct queue_job_view view = look(queue, job);
	assert_int_equal(view.state, QUEUE_STATE_READY);
	assert_int_equal(view.attempts, 1);
	assert_string_equal(view.last_error, "worker lost (attempt 1 of 3, worker worker-1)");
	expect_nothing_by(hold);
	FAILS(queue_report(queue, &plain_worker, NULL, &err), EOWNERDEAD, BAILIFF_FAULT_HOST);
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed;
	size_t count;
	FAILS(queue_claim(queue, &want, &claimed, &count, &err), EOWNERDEAD, BAILIFF_FAULT_HOST);
	OK(queue_leave(queue, &plain_worker, &err)); /* takes nothing from the new one */
	OK(queue_report(queue, &second, NULL, &err));
	store_make_due();
	assert_int_equal(claim_as(queue, &second, LEASE_NS).job, job);
	/* Silence for a minute frees the name. */
	store_age_worker("worker-1");
	OK(queue_register(queue, &plain_worker, false, &err));
	OK(queue_leave(queue, &plain_worker, &err));
	OK(queue_register(queue, &second, false, &err));
}

static void test_list_of_workers(void **state)
{
	(void)state;
	struct arena arena = { 0 };
	struct queue_worker_view *views;
	size_t count;
	struct queue_stats stats;
	OK(queue_workers(queue, &arena, &views, &count, &err));
	assert_int_equal(count, 0);
	OK(queue_register(queue, &other_worker, false, &err));
	OK(queue_register(queue, &plain_worker, false, &err));
	OK(queue_report(queue, &plain_worker, "{\"busy\": \"\xc3\xa9\"}", &err));
	store_age_worker("worker-2");
	OK(queue_workers(queue, &arena, &views, &count, &err));
	assert_int_equal(count, 2);
	assert_string_equal(views[0].name, "worker-1");
	assert_string_equal(views[0].host, "host-1");
	assert_string_equal(views[0].version, "0.1.0");
	assert_string_equal(views[0].status, "{\"busy\": \"\xc3\xa9\"}");
	assert_int_equal(views[0].slots, 4);
	assert_in_range(views[0].seen_age_ns, 0, 30 * NS_PER_S);
	assert_null(views[1].status);
	assert_in_range(views[1].seen_age_ns, 3600 * NS_PER_S, 3700 * NS_PER_S);
	OK(queue_stats(queue, &stats, &err));
	assert_int_equal(stats.workers, 1);
	OK(queue_leave(queue, &plain_worker, &err));
	OK(queue_workers(queue, &arena, &views, &count, &err));
	assert_int_equal(count, 1);
	arena_finish(&arena);
}

/* ---- contents -------------------------------------------------------------------------------- */

static char *make_large(size_t size)
{
	static const char piece[] = "\xf0\x9f\x98\x80'\"\\\\ \xc3\xa9$1%s{}\n\r\t\x7f\x01";
	char *text = malloc(size + 1);
	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = piece[i % (sizeof piece - 1)];
	/* Ends between characters. */
	memset(text + size - sizeof piece, '.', sizeof piece);
	text[size] = '\0';
	return text;
}

static void test_large_contents(void **state)
{
	(void)state;
	char *large = make_large(QUEUE_SPEC_BYTES_MAX);
	struct queue_request request = plain_request("a");
	request.spec = large;
	request.spec_size = QUEUE_SPEC_BYTES_MAX;
	uint64_t jobs[4];
	for (size_t i = 0; i < 4; i++)
		jobs[i] = submit_request(queue, &request);
	const struct queue_claim want = { .worker = &plain_worker,
					  .memory_bytes = 1 << 30,
					  .count = 4,
					  .lease_ns = LEASE_NS };
	struct queue_claimed claimed[4];
	size_t count, sum = 0;
	while (sum < 4) {
		OK(queue_claim(queue, &want, claimed, &count, &err));
		assert_in_range(count, 1, 2); /* a claim has 32 MiB at most */
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(claimed[i].hold.job, jobs[sum + i]);
			assert_int_equal(claimed[i].spec_size, QUEUE_SPEC_BYTES_MAX);
			assert_memory_equal(claimed[i].spec, large, QUEUE_SPEC_BYTES_MAX + 1);
			queue_claimed_finish(&claimed[i]);
		}
		if (sum == 0) {
			bool is_superseded = true;
			OK(queue_finish(queue, &plain_worker, &claimed[0].hold, large,
					QUEUE_RESULT_BYTES_MAX, &is_superseded, &err));
			assert_true(is_superseded); /* it was emptied just now */
			struct queue_hold hold = { jobs[0], 1 };
			OK(queue_finish(queue, &plain_worker, &hold, large, QUEUE_RESULT_BYTES_MAX,
					&is_superseded, &err));
			assert_false(is_superseded);
		}
		sum += count;
	}
	struct queue_job_view view = look(queue, jobs[0]);
	assert_int_equal(view.result_size, QUEUE_RESULT_BYTES_MAX);
	assert_memory_equal(view.result, large, QUEUE_RESULT_BYTES_MAX + 1);
	free(large);
}

static void test_odd_names(void **state)
{
	(void)state;
	static const char *const names[] = {
		"Robert'); DROP TABLE bailiff.job; --",
		"$1",
		"%s%n",
		"\"quoted\"",
		"back\\slash",
		"\xe2\x80\xae\xf0\x9f\x92\xa9",
		"NULL",
		"{a,b}",
		" ",
		"'",
		"a''b",
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct queue_request request = plain_request(names[i]);
		request.request_id = names[i];
		request.spec = names[i];
		request.spec_size = strlen(names[i]);
		uint64_t job = submit_request(queue, &request);
		struct queue_worker worker = plain_worker;
		worker.name = worker.host = worker.version = names[i];
		OK(queue_register(queue, &worker, false, &err));
		OK(queue_report(queue, &worker, names[i], &err));
		struct queue_hold hold = claim_as(queue, &worker, LEASE_NS);
		assert_int_equal(hold.job, job);
		finish(queue, hold, names[i]);
		struct queue_job_view view = look(queue, job);
		assert_string_equal(view.client, names[i]);
		assert_string_equal(view.request_id, names[i]);
		assert_string_equal(view.worker, names[i]);
		assert_string_equal(view.result, names[i]);
		struct queue_job_view *views;
		size_t count;
		struct arena arena = { 0 };
		const struct queue_filter filter = { .client = names[i] };
		OK(queue_list(queue, &filter, &arena, &views, &count, &err));
		assert_int_equal(count, 1);
		assert_int_equal(views[0].job, job);
		arena_finish(&arena);
	}
}

/* ---- all jobs -------------------------------------------------------------------------------- */

static size_t list(const struct queue_filter *filter, uint64_t *jobs)
{
	struct arena arena = { 0 };
	struct queue_job_view *views = NULL;
	size_t count = 0;
	OK(queue_list(queue, filter, &arena, &views, &count, &err));
	for (size_t i = 0; i < count; i++) {
		jobs[i] = views[i].job;
		assert_null(views[i].result);
		if (filter->has_state)
			assert_int_equal(views[i].state, filter->state);
		if (filter->client != NULL)
			assert_string_equal(views[i].client, filter->client);
		if (i > 0)
			assert_true(jobs[i] < jobs[i - 1]);
	}
	arena_finish(&arena);
	return count;
}

static void test_list(void **state)
{
	(void)state;
	uint64_t jobs[200], found[200];
	assert_int_equal(list(&(struct queue_filter){ 0 }, found), 0);
	for (size_t i = 0; i < 150; i++)
		jobs[i] = submit(queue, i % 10 == 0 ? "rare" : "often", i < 3 ? 1 : 0);
	assert_int_equal(list(&(struct queue_filter){ 0 }, found), 100);
	assert_int_equal(found[0], jobs[149]);
	struct queue_filter filter = { .before = found[99], .limit = 200 };
	assert_int_equal(list(&filter, found), 50);
	assert_int_equal(found[49], jobs[0]);
	filter = (struct queue_filter){ .client = "rare", .limit = 4 };
	assert_int_equal(list(&filter, found), 4);
	filter = (struct queue_filter){ .client = "nobody" };
	assert_int_equal(list(&filter, found), 0);
	finish(queue, claim(queue), "{}");
	cancel(claim(queue).job, QUEUE_STATE_CANCELLED);
	uint64_t dead = claim(queue).job;
	assert_false(fail_as(queue, (struct queue_hold){ dead, 1 }, QUEUE_REJECTED, "x"));
	uint64_t running = claim(queue).job;
	static const size_t expected[QUEUE_STATE_COUNT] = { 146, 1, 1, 1, 1 };
	for (unsigned i = 0; i < QUEUE_STATE_COUNT; i++) {
		filter = (struct queue_filter){ .has_state = true,
						.state = (enum queue_state)i,
						.limit = 200 };
		assert_int_equal(list(&filter, found), expected[i]);
		if (i == QUEUE_STATE_DEAD)
			assert_int_equal(found[0], dead);
		if (i == QUEUE_STATE_RUNNING)
			assert_int_equal(found[0], running);
		filter.client = "nobody";
		assert_int_equal(list(&filter, found), 0);
	}
}

static void test_purge(void **state)
{
	(void)state;
	uint64_t count = 99;
	OK(queue_purge(queue, 0, &count, &err));
	assert_int_equal(count, 0);
	for (int i = 0; i < 600; i++)
		(void)submit(queue, "a", 0);
	for (int i = 0; i < 300; i++)
		finish(queue, claim(queue), "{}");
	for (int i = 0; i < 200; i++)
		cancel(claim(queue).job, QUEUE_STATE_CANCELLED);
	assert_false(fail_as(queue, claim(queue), QUEUE_REJECTED, "x"));
	uint64_t running = claim(queue).job;
	OK(queue_purge(queue, 3600 * NS_PER_S, &count, &err));
	assert_int_equal(count, 0);
	sleep_ms(2);
	OK(queue_purge(queue, NS_PER_MS, &count, &err));
	assert_int_equal(count, 501);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.verdict"), 0);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.spec"), 99);
	assert_int_equal(state_of(queue, running), QUEUE_STATE_RUNNING);
	/* Numbers are not used again. */
	assert_int_equal(submit(queue, "a", 0), 601);
}

static uint64_t submit_needing(struct queue *own, const char *need, uint64_t memory_bytes)
{
	const char *needs[] = { need, NULL };
	struct queue_request request = plain_request("a");
	request.needs = needs;
	request.memory_bytes = memory_bytes;
	return submit_request(own, &request);
}

static void purge_all(struct queue *own)
{
	uint64_t count;
	sleep_ms(2);
	OK(queue_purge(own, NS_PER_MS, &count, &err));
}

/* What jobs ask for is forgotten with the last job that asked for it, whatever became of that one. */
static void test_classes_are_forgotten(void **state)
{
	(void)state;
	uint64_t done = submit_needing(queue, "c", 1000), stays = submit_needing(queue, "c", 5000);
	struct queue_hold hold = claim(queue);
	assert_int_equal(hold.job, done);
	uint64_t cancelled = submit_needing(queue, "x", 0);
	cancel(cancelled, QUEUE_STATE_CANCELLED);
	uint64_t parked = submit_needing(queue, "cpp", 1);
	cancel(stays, QUEUE_STATE_CANCELLED);
	stays = submit_needing(queue, "y", 1);
	assert_false(fail_as(queue, claim(queue), QUEUE_FAILED, "x"));
	assert_int_equal(state_of(queue, parked), QUEUE_STATE_READY);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.class"), 5);
	/* What runs, what waits and what is parked has its class. */
	purge_all(queue);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.class"), 3);
	finish(queue, hold, "{}");
	purge_all(queue);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.class"), 2);
	store_make_due();
	hold = claim(queue);
	assert_int_equal(hold.job, parked);
	/* One that is dead can be made ready again, as long as it is there. */
	assert_false(fail_as(queue, hold, QUEUE_REJECTED, "x"));
	uint64_t count;
	OK(queue_purge(queue, 3600 * NS_PER_S, &count, &err));
	enum queue_state now;
	OK(queue_retry(queue, parked, &now, &err));
	hold = claim(queue);
	assert_int_equal(hold.job, parked);
	finish(queue, hold, "{}");
	cancel(stays, QUEUE_STATE_CANCELLED);
	purge_all(queue);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.class"), 0);
	/* And comes again. */
	(void)submit_needing(queue, "c", 1000);
	assert_true(claim(queue).job > 0);
}

static _Atomic bool is_over;

static void *purge_again_and_again(void *context)
{
	(void)context;
	struct queue *own = store_open_with(&(struct queue_options){ .timeout_ns = 60 * NS_PER_S });
	while (!atomic_load(&is_over))
		purge_all(own);
	queue_close(own);
	return NULL;
}

/* Every job is one of a few classes, each of which is empty again and again; a misfit changes its own. */
static void *submit_and_finish(void *context)
{
	static _Atomic unsigned numbers;
	const unsigned number = atomic_fetch_add(&numbers, 1);
	char name[32];
	(void)snprintf(name, sizeof name, "forgetful-%u", number);
	struct queue_worker worker = plain_worker;
	worker.name = name;
	struct queue *own = store_open_with(&(struct queue_options){ .timeout_ns = 60 * NS_PER_S });
	for (unsigned i = 0; i < *(unsigned *)context; i++) {
		(void)submit_needing(own, i % 2 == 0 ? "c" : "cpp", UINT64_C(1) << (i + number) % 5);
		struct queue_hold hold = claim_as(own, &worker, LEASE_NS);
		bool is_superseded;
		const struct queue_fault misfit = { .failure = QUEUE_MISFIT,
						    .reason = "x",
						    /* Never what it was, which would be a failure. */
						    .memory_bytes = (UINT64_C(1) << (20 + i % 5)) +
								    number * 1000 + i };
		if (hold.job != 0 && i % 3 == 0)
			OK(queue_fail(own, &worker, &hold, &misfit, &is_superseded, &err));
		else if (hold.job != 0)
			OK(queue_finish(own, &worker, &hold, "{}", 2, &is_superseded, &err));
	}
	queue_close(own);
	return NULL;
}

static void test_classes_are_forgotten_beside_submits(void **state)
{
	(void)state;
	pthread_t purger, threads[4];
	unsigned count = 300;
	atomic_store(&is_over, false);
	assert_int_equal(pthread_create(&purger, NULL, purge_again_and_again, NULL), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, submit_and_finish, &count), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	atomic_store(&is_over, true);
	assert_int_equal(pthread_join(purger, NULL), 0);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.job WHERE state <> 'done'"
				   " AND class NOT IN (SELECT id FROM bailiff.class)"),
			 0);
	/* So all that is left can be taken. */
	struct queue_hold hold;
	while ((hold = claim(queue)).job != 0)
		finish(queue, hold, "{}");
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.job WHERE state <> 'done'"), 0);
	purge_all(queue);
	assert_int_equal(store_ask("SELECT count(*) FROM bailiff.class"), 0);
}

static void test_stats(void **state)
{
	(void)state;
	struct queue_stats stats;
	OK(queue_stats(queue, &stats, &err));
	assert_int_equal(stats.jobs[QUEUE_STATE_READY], 0);
	assert_int_equal(stats.oldest_ready_ns, 0);
	assert_int_equal(stats.clients_waiting, 0);
	(void)submit(queue, "b", 3);
	sleep_ms(50);
	for (int i = 0; i < 5; i++)
		(void)submit(queue, "a", i);
	(void)submit(queue, "c", 0);
	OK(queue_stats(queue, &stats, &err));
	assert_int_equal(stats.jobs[QUEUE_STATE_READY], 7);
	assert_int_equal(stats.clients_waiting, 3);
	assert_in_range(stats.oldest_ready_ns, 50 * NS_PER_MS, 60 * NS_PER_S);
	/* The oldest is not due any more, then taken. */
	while (client_of(claim(queue).job) != 'b')
		;
	assert_false(fail_as(queue, (struct queue_hold){ 1, 1 }, QUEUE_FAILED, "x"));
	OK(queue_stats(queue, &stats, &err));
	assert_int_equal(stats.clients_waiting, 3);
	assert_in_range(stats.oldest_ready_ns, 1, 60 * NS_PER_S);
	uint64_t before = look(queue, 1).created_ns;
	assert_true(before > 0);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* The events that come within a second, waited for as a user would. */
static unsigned wait_events(struct queue *own, unsigned wanted)
{
	unsigned events = 0;
	uint64_t until = clock_now_ns() + NS_PER_S;
	while ((events & wanted) == 0 && clock_now_ns() < until) {
		struct pollfd pollfd = { .fd = queue_event_fd(own), .events = POLLIN };
		assert_true(pollfd.fd >= 0);
		if (poll(&pollfd, 1, 100) > 0)
			events |= queue_take_events(own);
	}
	return events & wanted;
}

static void start_hearing(struct queue *own)
{
	assert_true(queue_event_fd(own) >= 0);
	/* What was before may be there to be looked at. */
	(void)queue_take_events(own);
	struct pollfd pollfd = { .fd = queue_event_fd(own), .events = POLLIN };
	assert_int_equal(poll(&pollfd, 1, 50), 0);
}

static void test_events(void **state)
{
	(void)state;
	struct queue *worker = store_open(), *client = store_open();
	assert_true(queue_poll_interval_ns(client) < NS_PER_S);
	OK(queue_register(worker, &plain_worker, false, &err));
	start_hearing(worker);
	start_hearing(client);
	assert_true(queue_poll_interval_ns(client) >= NS_PER_S);
	assert_int_equal(claim(worker).job, 0); /* it waits for jobs from now on */

	uint64_t job = submit(queue, "a", 0);
	assert_int_equal(wait_events(worker, QUEUE_EVENT_READY), QUEUE_EVENT_READY);
	struct queue_hold hold = claim(worker);
	assert_int_equal(hold.job, job);
	finish(worker, hold, "{}");
	assert_int_equal(wait_events(client, QUEUE_EVENT_ENDED), QUEUE_EVENT_ENDED);

	job = submit(queue, "a", 0);
	hold = claim(worker);
	assert_int_equal(hold.job, job);
	(void)queue_take_events(worker);
	cancel(job, QUEUE_STATE_CANCELLED);
	assert_int_equal(wait_events(worker, QUEUE_EVENT_CANCELLED), QUEUE_EVENT_CANCELLED);
	assert_int_equal(wait_events(client, QUEUE_EVENT_ENDED), QUEUE_EVENT_ENDED);
	/* An event that is read by the way, during another call, is not lost. */
	assert_int_equal(claim(worker).job, 0);
	(void)queue_take_events(worker);
	job = submit(queue, "a", 0);
	struct queue_stats stats;
	OK(queue_stats(worker, &stats, &err));
	assert_int_equal(wait_events(worker, QUEUE_EVENT_READY), QUEUE_EVENT_READY);
	assert_int_equal(claim(worker).job, job);
	queue_close(worker);
	queue_close(client);
}

/* What one does itself is no news to it, and nothing stays readable for ever. */
static void test_silence(void **state)
{
	(void)state;
	struct queue *worker = store_open();
	OK(queue_register(worker, &plain_worker, false, &err));
	start_hearing(worker);
	for (int i = 0; i < 20; i++) {
		(void)submit(queue, "a", 0);
		finish(worker, claim(worker), "{}");
	}
	(void)queue_take_events(worker);
	struct pollfd pollfd = { .fd = queue_event_fd(worker), .events = POLLIN };
	assert_int_equal(poll(&pollfd, 1, 100), 0);
	assert_int_equal(queue_take_events(worker), 0);
	queue_close(worker);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void test_urls(void **state)
{
	(void)state;
	struct queue *own;
	FAILS(queue_open("mysql://x", NULL, &own, &err), EINVAL, BAILIFF_FAULT_SPEC);
	FAILS(queue_open("", NULL, &own, &err), EINVAL, BAILIFF_FAULT_SPEC);
	FAILS(queue_open("sqlite:", NULL, &own, &err), EINVAL, BAILIFF_FAULT_SPEC);
	FAILS(queue_open("postgres://%zz", NULL, &own, &err), EINVAL, BAILIFF_FAULT_SPEC);
	assert_null(queue_schema("mysql:"));
	assert_null(queue_schema("sqlite:x"));
	assert_non_null(strstr(queue_schema("postgresql://x"), "CREATE ROLE"));
	struct bailiff_error err = { 0 };
	assert_true(queue_open("mysql://user:secret@host/", NULL, &own, &err) < 0);
	assert_null(strstr(err.message, "secret"));
}

static void test_init_again(void **state)
{
	(void)state;
	uint64_t job = submit(queue, "a", 0);
	for (int i = 0; i < 2; i++) {
		const struct queue_settings settings = { 0 };
		OK(queue_init(queue, &settings, &err));
	}
	struct queue *own = store_open_with(&(struct queue_options){ .create = true });
	queue_close(own);
	assert_int_equal(claim(queue).job, job);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_life),
		TEST(test_no_such_job),
		TEST(test_bounds),
		TEST(test_duplicates),
		TEST(test_duplicates_at_once),
		TEST(test_depth),
		TEST(test_priorities),
		TEST(test_clients_take_turns),
		TEST(test_stuck_jobs_hold_no_turn),
		TEST(test_needs_and_memory),
		TEST(test_past_what_cannot_be_done),
		TEST(test_unheard_claims_go_back),
		TEST(test_unheard_claims_are_bounded),
		TEST(test_large_jobs_are_waited_for),
		TEST(test_large_jobs_among_others),
		TEST(test_jobs_that_are_not_waited_for),
		TEST(test_large_jobs_in_an_exchange),
		TEST(test_two_workers),
		TEST(test_eight_workers),
		TEST(test_eight_workers_that_exchange),
		TEST(test_what_is_left),
		TEST(test_losses_are_told),
		TEST(test_fence),
		TEST(test_renewal),
		TEST(test_poison),
		TEST(test_many_leases_at_once),
		TEST(test_failures),
		TEST(test_returned),
		TEST(test_a_returned_suspect_is_left_to_others),
		TEST(test_misfit),
		TEST(test_repeated_finish),
		TEST(test_exchange),
		TEST(test_cancel),
		TEST(test_retry),
		TEST(test_another_worker_tries),
		TEST(test_names_of_workers),
		TEST(test_list_of_workers),
		TEST(test_large_contents),
		TEST(test_odd_names),
		TEST(test_list),
		TEST(test_purge),
		TEST(test_classes_are_forgotten),
		TEST(test_classes_are_forgotten_beside_submits),
		TEST(test_stats),
		TEST(test_events),
		TEST(test_silence),
		TEST(test_urls),
		TEST(test_init_again),
	};
	if (argc < 2) {
		(void)fprintf(stderr, "usage: queue_driver_test sqlite|postgres [PATTERN]\n");
		return 64;
	}
	store_choose(argv[1]);
	if (argc > 2)
		cmocka_set_test_filter(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
