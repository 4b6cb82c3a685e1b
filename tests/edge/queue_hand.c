/* SPDX-License-Identifier: MIT */
/*
 * A worker by hand, for tests of the client's side: claims the next job and does with it what it is told.
 *
 *	queue_hand URL finish RESULT     ends it with a result
 *	queue_hand URL fail REASON       gives it up for now
 *	queue_hand URL reject REASON     for ever
 *	queue_hand URL show              prints its spec, and gives it back
 *
 * Prints the number of the job, then for `show` its spec. Exits with 1 where there is none.
 */
#include "queue/queue.h"

#include <stdio.h>
#include <string.h>

static int act(struct queue *queue, const struct queue_worker *worker,
	       const struct queue_claimed *claimed, const char *verb, const char *text,
	       struct bailiff_error *err)
{
	bool superseded = false;
	struct queue_fault fault = { .failure = QUEUE_RETURNED, .reason = text };
	if (strcmp(verb, "finish") == 0)
		return queue_finish(queue, worker, &claimed->hold, text, strlen(text), &superseded,
				    err);
	if (strcmp(verb, "fail") == 0)
		fault.failure = QUEUE_FAILED;
	else if (strcmp(verb, "reject") == 0)
		fault.failure = QUEUE_REJECTED;
	else
		fault.reason = "looked at";
	return queue_fail(queue, worker, &claimed->hold, &fault, &superseded, err);
}

static int work(struct queue *queue, const char *verb, const char *text, struct bailiff_error *err)
{
	static const char *const offers[] = { "c", "cpp", "python3", NULL };
	const struct queue_worker worker = { .name = "hand",
					     .instance = 1,
					     .slots = 1,
					     .offers = offers,
					     .host = "here",
					     .version = "0" };
	const struct queue_claim want = { .worker = &worker,
					  .memory_bytes = UINT64_C(1) << 40,
					  .count = 1,
					  .lease_ns = UINT64_C(60000000000) };
	struct queue_claimed claimed = { 0 };
	size_t count = 0;
	int rc = queue_register(queue, &worker, true, err);
	if (rc == 0)
		rc = queue_claim(queue, &want, &claimed, &count, err);
	if (rc == 0 && count == 1) {
		(void)printf("%llu\n", (unsigned long long)claimed.hold.job);
		if (strcmp(verb, "show") == 0)
			(void)printf("%.*s\n", (int)claimed.spec_size, claimed.spec);
		rc = act(queue, &worker, &claimed, verb, text, err);
		queue_claimed_finish(&claimed);
	}
	if (rc == 0)
		rc = queue_leave(queue, &worker, err);
	return rc < 0 ? rc : (int)count;
}

int main(int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	struct queue *queue = NULL;
	if (argc < 3)
		return 2;
	int rc = queue_open(argv[1], NULL, &queue, &err);
	if (rc == 0)
		rc = work(queue, argv[2], argc > 3 ? argv[3] : "", &err);
	queue_close(queue);
	if (rc < 0)
		(void)fprintf(stderr, "queue_hand: %s\n", err.message);
	return rc == 1 ? 0 : 1;
}
