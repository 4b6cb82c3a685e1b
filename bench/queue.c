/* SPDX-License-Identifier: MIT */
/*
 * What a queue costs: submits, and claims with their finishes, in a second, by how many workers;
 *and a claim where very many jobs are ready, also behind jobs that this worker cannot do, and where
 *very many classes have ready jobs.
 *
 *	bench_queue [-j JOBS] [-d DEEP] [-c CLASSES] [-b BATCH] [-x] [-f FILE] URL
 *
 * The store must be empty and is full of finished jobs afterwards. Each worker is a thread with a
 * connection of its own; a commit is waited for as in real use, and what the disk itself takes for that
 * is measured beside it (-f). -x: verdicts are told with the next claim (queue_exchange).
 */
#include "queue/queue.h"
#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKERS_MAX 16
#define LEASE_NS (600 * NS_PER_S)
#define SYNCS 300

static const char *const offers[] = { "c", "cpp", NULL };
static const char *const nobody_has[] = { "cobol", NULL };
/* Of subsets of so many needs there are enough. */
#define SUBSET_NEEDS 12

struct bench {
	const char *url;
	size_t batch;
	bool exchanges;	   /* tells verdicts with the next claim */
	_Atomic long left; /* jobs to be submitted */
	bool can_do;	   /* what is submitted */
	bool has_classes;  /* a worker can do what submit_classes() makes */
	_Atomic long done;
	_Atomic unsigned numbers;
};

static _Noreturn void give_up(const char *what, const char *why)
{
	fprintf(stderr, "bench_queue: %s: %s\n", what, why);
	exit(1);
}

static struct queue *open_queue(const struct bench *bench)
{
	const struct queue_options options = { .timeout_ns = 60 * NS_PER_S, .create = true };
	struct bailiff_error err = { 0 };
	struct queue *queue = NULL;
	if (queue_open(bench->url, &options, &queue, &err) < 0)
		give_up(err.message, err.hint);
	return queue;
}

static void *submit(void *context)
{
	static const char spec[] =
		"{\"problem\": {\"digest\": \"sha256:0123456789abcdef0123456789ab\"}, "
		"\"sources\": [{\"name\": \"main.cpp\", \"text\": \"int main() {}\"}]}";
	struct bench *bench = context;
	struct queue *queue = open_queue(bench);
	const struct queue_request request = {
		.client = "bench",
		.spec = spec,
		.spec_size = sizeof spec - 1,
		.memory_bytes = 256 << 20,
		.needs = bench->can_do ? offers : nobody_has,
	};
	struct queue_ticket ticket;
	struct bailiff_error err = { 0 };
	while (atomic_fetch_sub(&bench->left, 1) > 0) {
		if (queue_submit(queue, &request, &ticket, &err) < 0)
			give_up("submit", err.message);
	}
	queue_close(queue);
	return NULL;
}

static const char result[] = "{\"verdict\": \"AC\", \"time\": {\"cpu_ms\": 57.164}}";

/* A worker, with a connection of its own. */
struct bench_worker {
	struct queue *queue;
	char name[32];
	struct queue_worker identity;
	struct queue_claim want;
};

static void open_worker(struct bench *bench, struct bench_worker *worker)
{
	(void)snprintf(worker->name, sizeof worker->name, "bench-%u",
		       atomic_fetch_add(&bench->numbers, 1));
	worker->queue = open_queue(bench);
	worker->identity = (struct queue_worker){ .name = worker->name, .offers = offers };
	worker->want = (struct queue_claim){ .worker = &worker->identity,
					     .memory_bytes = 1 << 30,
					     .count = bench->batch,
					     .lease_ns = LEASE_NS };
}

static void *work(void *context)
{
	struct bench *bench = context;
	struct bench_worker worker;
	struct queue_claimed claimed[QUEUE_CLAIM_MAX];
	struct bailiff_error err = { 0 };
	size_t count = 1;
	open_worker(bench, &worker);
	while (count > 0) {
		if (queue_claim(worker.queue, &worker.want, claimed, &count, &err) < 0)
			give_up("claim", err.message);
		for (size_t i = 0; i < count; i++) {
			bool is_superseded;
			if (queue_finish(worker.queue, &worker.identity, &claimed[i].hold, result,
					 sizeof result - 1, &is_superseded, &err) < 0)
				give_up("finish", err.message);
			queue_claimed_finish(&claimed[i]);
			atomic_fetch_add(&bench->done, 1);
		}
	}
	queue_close(worker.queue);
	return NULL;
}

/* The same with one transaction for the verdicts of a batch and the claim of the next. */
static void *exchange(void *context)
{
	struct bench *bench = context;
	struct bench_worker worker;
	struct queue_claimed claimed[QUEUE_CLAIM_MAX];
	struct queue_verdict verdicts[QUEUE_CLAIM_MAX];
	struct bailiff_error err = { 0 };
	size_t count = 0;
	open_worker(bench, &worker);
	do {
		size_t finished = count;
		for (size_t i = 0; i < finished; i++) {
			verdicts[i] = (struct queue_verdict){ .hold = claimed[i].hold,
							      .result = result,
							      .size = sizeof result - 1 };
			queue_claimed_finish(&claimed[i]);
		}
		if (queue_exchange(worker.queue, &worker.identity, verdicts, finished, &worker.want,
				   claimed, &count, &err) < 0)
			give_up("exchange", err.message);
		atomic_fetch_add(&bench->done, (long)finished);
	} while (count > 0);
	queue_close(worker.queue);
	return NULL;
}

/* The needs of a class: the subset that `number` says, of names that sort as they are counted, in front of
 * another one. */
static void make_needs(char names[SUBSET_NEEDS][8], const char *needs[SUBSET_NEEDS + 2],
		       unsigned long number, const char *other)
{
	size_t count = 0;
	for (unsigned i = 0; i < SUBSET_NEEDS; i++) {
		(void)snprintf(names[i], sizeof names[i], "a%02u", i);
		if ((number >> i & 1) != 0)
			needs[count++] = names[i];
	}
	if (other != NULL)
		needs[count++] = other;
	needs[count] = NULL;
}

/* One job of each of so many classes; `other` is a need that all have. */
static void submit_classes(const struct bench *bench, long classes, const char *other)
{
	struct queue *queue = open_queue(bench);
	for (long i = 0; i < classes; i++) {
		char names[SUBSET_NEEDS][8];
		const char *needs[SUBSET_NEEDS + 2];
		struct queue_ticket ticket;
		struct bailiff_error err = { 0 };
		make_needs(names, needs, (unsigned long)i + 1, other);
		const struct queue_request request = { .client = "bench",
						       .spec = "{}",
						       .spec_size = 2,
						       .memory_bytes = 256 << 20,
						       .needs = needs };
		if (queue_submit(queue, &request, &ticket, &err) < 0)
			give_up("submit", err.message);
	}
	queue_close(queue);
}

static double run_threads(struct bench *bench, int threads, void *(*function)(void *))
{
	pthread_t ids[WORKERS_MAX];
	uint64_t start = clock_now_ns();
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&ids[i], NULL, function, bench) != 0)
			give_up("thread", "cannot be made");
	}
	for (int i = 0; i < threads; i++)
		(void)pthread_join(ids[i], NULL);
	return (double)(clock_now_ns() - start) / 1e9;
}

static double submit_jobs(struct bench *bench, int threads, long jobs, bool can_do)
{
	bench->can_do = can_do;
	atomic_store(&bench->left, jobs);
	return (double)jobs / run_threads(bench, threads, submit);
}

static void measure_rates(struct bench *bench, long jobs)
{
	static const int workers[] = { 1, 2, 4 };
	printf("%8s %14s %24s\n", "workers", "submits/s", "claims and finishes/s");
	for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
		double submits = submit_jobs(bench, workers[i], jobs, true);
		atomic_store(&bench->done, 0);
		double seconds = run_threads(bench, workers[i], bench->exchanges ? exchange : work);
		printf("%8d %14.0f %24.0f\n", workers[i], submits,
		       (double)atomic_load(&bench->done) / seconds);
	}
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

/* One claim at a time, given back so that the next one finds the same. */
static void measure_claims(struct bench *bench, const char *what, bool finds)
{
	double us[200];
	struct queue *queue = open_queue(bench);
	char names[SUBSET_NEEDS][8];
	const char *all[SUBSET_NEEDS + 2];
	make_needs(names, all, ~0UL, "c");
	const struct queue_worker worker = { .name = "deep",
					     .offers = bench->has_classes ? all : offers };
	const struct queue_claim want = { .worker = &worker,
					  .memory_bytes = 1 << 30,
					  .count = 1,
					  .lease_ns = LEASE_NS };
	struct bailiff_error err = { 0 };
	for (size_t i = 0; i < 200; i++) {
		struct queue_claimed claimed;
		size_t count;
		uint64_t start = clock_now_ns();
		if (queue_claim(queue, &want, &claimed, &count, &err) < 0)
			give_up("claim", err.message);
		us[i] = (double)(clock_now_ns() - start) / 1e3;
		if ((count == 1) != finds)
			give_up("claim", "found what it should not, or not what it should");
		const struct queue_fault fault = { .failure = QUEUE_RETURNED };
		bool is_superseded;
		if (finds &&
		    queue_fail(queue, &worker, &claimed.hold, &fault, &is_superseded, &err) < 0)
			give_up("fail", err.message);
		if (finds)
			queue_claimed_finish(&claimed);
	}
	struct queue_stats stats;
	uint64_t start = clock_now_ns();
	if (queue_stats(queue, &stats, &err) < 0)
		give_up("stats", err.message);
	double stats_us = (double)(clock_now_ns() - start) / 1e3;
	qsort(us, 200, sizeof us[0], by_value);
	printf("%-44s median %6.0f us, 95%% %6.0f us; stats %6.0f us\n", what, us[100], us[190],
	       stats_us);
	queue_close(queue);
}

static void measure_syncs(const char *path)
{
	char block[4096] = { 0 };
	double us[SYNCS];
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	for (int i = 0; i < SYNCS; i++) {
		uint64_t start = clock_now_ns();
		if (fd < 0 || write(fd, block, sizeof block) < 0 || fdatasync(fd) < 0)
			give_up(path, "cannot be written");
		us[i] = (double)(clock_now_ns() - start) / 1e3;
	}
	(void)close(fd);
	(void)unlink(path);
	qsort(us, SYNCS, sizeof us[0], by_value);
	printf("4 KiB and fdatasync: median %.0f us, 95%% %.0f us\n", us[SYNCS / 2],
	       us[SYNCS * 95 / 100]);
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || value < 0)
		give_up(text, "is not a count");
	return value;
}

int main(int argc, char **argv)
{
	long jobs = 2000, deep = 0, classes = 0;
	struct bench bench = { .batch = 1 };
	int option;
	while ((option = getopt(argc, argv, "j:d:c:b:f:x")) != -1) {
		switch (option) {
		case 'j': jobs = number(optarg); break;
		case 'd': deep = number(optarg); break;
		case 'c': classes = number(optarg); break;
		case 'b': bench.batch = (size_t)number(optarg); break;
		case 'x': bench.exchanges = true; break;
		case 'f': measure_syncs(optarg); break;
		default: return 64;
		}
	}
	if (optind + 1 != argc || bench.batch == 0 || bench.batch > QUEUE_CLAIM_MAX) {
		fprintf(stderr,
			"usage: bench_queue [-j JOBS] [-d DEEP] [-c CLASSES] [-b BATCH] [-x] "
			"[-f FILE] URL\n");
		return 64;
	}
	bench.url = argv[optind];
	const struct queue_settings settings = { 10000000, 10000000 };
	struct bailiff_error err = { 0 };
	struct queue *queue = open_queue(&bench);
	if (queue_init(queue, &settings, &err) < 0)
		give_up("init", err.message);
	queue_close(queue);
	if (jobs > 0)
		measure_rates(&bench, jobs);
	if (deep > 0) {
		(void)submit_jobs(&bench, 4, deep, false);
		measure_claims(&bench, "nothing to do, all ready jobs are for others", false);
		(void)submit_jobs(&bench, 4, 10, true);
		measure_claims(&bench, "ten to do behind them", true);
		(void)submit_jobs(&bench, 4, deep, true);
		measure_claims(&bench, "as many to do as there are others", true);
	}
	if (classes > 0 && classes < 1L << SUBSET_NEEDS) {
		submit_classes(&bench, classes, "cobol");
		measure_claims(&bench, "nothing to do, all ready classes are for others", false);
		bench.has_classes = true;
		submit_classes(&bench, classes, NULL);
		measure_claims(&bench, "as many classes to do as there are others", true);
	}
	return 0;
}
