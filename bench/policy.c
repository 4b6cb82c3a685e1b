/* SPDX-License-Identifier: MIT */
/*
 * What policies cost: compiling one, loading its filter into the kernel, and each allowed system
 * call under it, beside the same without a filter.
 *
 *   bench_policy [-n ROUNDS] [-j]
 *
 * Every built-in policy is measured, and one of 400 rules. In each round all of them take turns, on
 * one CPU, so that a machine whose speed drifts drifts for all; shown are medians over the rounds.
 * Loading and calling happen in a child of their own, because a filter cannot be taken off again.
 * The child reads the processor's time stamp counter: most policies would not let it ask for the
 * time.
 *
 * read(-1) and getppid() need no condition where they are allowed, so the kernel decides them once,
 * when the filter is loaded (its bitmap of calls that are always allowed). fcntl(F_GETFD) depends
 * on an argument in most policies: for it the filter is run. "-" stands where a policy does not
 * allow the call; with -j, null in a JSON object.
 */
#include "base/mem.h"
#include "filter/cache.h"
#include "filter/evaluate.h"
#include "filter/syscall_info.h"
#include "many_rules.h"
#include "stopwatch.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define POLICIES_MAX 32u
#define ROUNDS_MAX 1000
#define CALLS 200000

static const struct filter_launch launch = { .exec_fd = 1000, .report_fd = 1001 };

/* The calls that are timed. */
enum timed_call { CALL_READ, CALL_GETPPID, CALL_FCNTL, CALL_COUNT };

static const struct {
	const char *name;
	uint64_t args[6];
} timed_calls[CALL_COUNT] = {
	[CALL_READ] = { "read", { UINT64_MAX } },
	[CALL_GETPPID] = { "getppid", { 0 } },
	[CALL_FCNTL] = { "fcntl", { 0, F_GETFD } },
};

enum figure { COMPILE_US, LOAD_US, FIRST_CALL_NS, FIGURE_COUNT = FIRST_CALL_NS + CALL_COUNT };

struct subject {
	const char *name;
	const struct bailiff_policy *policy; /* NULL = no filter */
	size_t instructions;
	double *figures[FIGURE_COUNT]; /* one for each round; negative = not allowed */
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Ticks of the time stamp counter in a nanosecond. */
static double ticks_per_ns(void)
{
	double begin_us = now_us();
	uint64_t begin = __rdtsc();
	while (now_us() - begin_us < 50e3)
		;
	return (double)(__rdtsc() - begin) / ((now_us() - begin_us) * 1e3);
}

/* ---- the child --------------------------------------------------------------------------- */

/* In memory that the child shares with us. */
struct timing {
	uint64_t load_ticks;
	uint64_t call_ticks[CALL_COUNT]; /* of CALLS calls */
};

static uint64_t time_call(long number, const uint64_t args[6])
{
	uint64_t begin = __rdtsc();
	for (int i = 0; i < CALLS; i++)
		(void)syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	return __rdtsc() - begin;
}

static _Noreturn void run_child(const struct subject *subject, const struct filter *filter,
				struct timing *timing)
{
	static const long numbers[CALL_COUNT] = { SYS_read, SYS_getppid, SYS_fcntl };
	struct sock_fprog program = { (unsigned short)filter->length, filter->code };
	if (subject->policy != NULL) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(1);
		uint64_t begin = __rdtsc();
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
			_exit(1);
		timing->load_ticks = __rdtsc() - begin;
	}
	for (size_t i = 0; i < CALL_COUNT; i++)
		timing->call_ticks[i] = time_call(numbers[i], timed_calls[i].args);
	_exit(0);
}

static void time_child(const struct subject *subject, const struct filter *filter,
		       struct timing *timing)
{
	*timing = (struct timing){ 0 };
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		run_child(subject, filter, timing);
	int status;
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "bench_policy: policy '%s': wait status %#x\n", subject->name,
			(unsigned)status);
		exit(1);
	}
}

/* ---- the subjects ------------------------------------------------------------------------ */

static size_t list_subjects(struct subject *subjects, long rounds)
{
	size_t count = 0;
	subjects[count++].name = "(no filter)";
	for (size_t i = 0; builtin_policies[i] != NULL && count + 1 < POLICIES_MAX; i++)
		subjects[count++].policy = builtin_policies[i];
	subjects[count++].policy = many_rules();
	for (size_t i = 0; i < count; i++) {
		if (subjects[i].policy != NULL)
			subjects[i].name = subjects[i].policy->name;
		for (size_t f = 0; f < FIGURE_COUNT; f++) {
			subjects[i].figures[f] = calloc((size_t)rounds, sizeof(double));
			if (subjects[i].figures[f] == NULL)
				die("calloc");
		}
	}
	return count;
}

static bool is_allowed(const struct subject *subject, size_t call)
{
	return subject->policy == NULL ||
	       policy_evaluate(subject->policy, timed_calls[call].name, timed_calls[call].args)
			       .action == POLICY_ALLOW;
}

static void measure(struct subject *subject, long round, double per_ns, struct timing *timing)
{
	struct filter filter = { 0 };
	struct bailiff_error err = { 0 };
	double begin = now_us();
	if (subject->policy != NULL &&
	    filter_compile(subject->policy, &launch, &filter, NULL, &err) != 0) {
		fprintf(stderr, "bench_policy: %s\n", err.message);
		exit(1);
	}
	subject->figures[COMPILE_US][round] = now_us() - begin;
	subject->instructions = filter.length;
	time_child(subject, &filter, timing);
	filter_finish(&filter);
	subject->figures[LOAD_US][round] = (double)timing->load_ticks / per_ns / 1e3;
	for (size_t i = 0; i < CALL_COUNT; i++) {
		double ns = (double)timing->call_ticks[i] / per_ns / CALLS;
		subject->figures[FIRST_CALL_NS + i][round] = is_allowed(subject, i) ? ns : -1;
	}
}

/* ---- the table --------------------------------------------------------------------------- */

static void print_row(struct subject *subject, long rounds)
{
	bool has_filter = subject->policy != NULL;
	printf("%-12s %6zu %12zu", subject->name, has_filter ? subject->policy->rule_count : 0,
	       subject->instructions);
	for (size_t f = 0; f < FIGURE_COUNT; f++) {
		double *figures = subject->figures[f];
		qsort(figures, (size_t)rounds, sizeof *figures, by_value);
		double median = figures[rounds / 2];
		if (median < 0 || (!has_filter && f < FIRST_CALL_NS))
			printf(" %11s", "-");
		else
			printf(f < FIRST_CALL_NS ? " %11.0f" : " %11.1f", median);
		free(figures);
	}
	printf("\n");
}

static void print_json(struct subject *subjects, size_t count, long rounds)
{
	static const char *const names[FIGURE_COUNT] = { "compile_us", "load_us", "read_ns",
							 "getppid_ns", "fcntl_ns" };
	for (size_t i = 0; i < count; i++) {
		const struct bailiff_policy *policy = subjects[i].policy;
		printf("%s\"%s\": {\"rules\": %zu, \"instructions\": %zu", i == 0 ? "{" : ",\n",
		       subjects[i].name, policy != NULL ? policy->rule_count : 0,
		       subjects[i].instructions);
		for (size_t f = 0; f < FIGURE_COUNT; f++) {
			double value = median(subjects[i].figures[f], rounds);
			if (value < 0 || (policy == NULL && f < FIRST_CALL_NS))
				printf(", \"%s\": null", names[f]);
			else
				printf(", \"%s\": %.1f", names[f], value);
			free(subjects[i].figures[f]);
		}
		printf("}");
	}
	printf("}\n");
}

static void print_table(struct subject *subjects, size_t count, long rounds)
{
	printf("%-12s %6s %12s %11s %11s %11s %11s %11s\n", "policy", "rules", "instructions",
	       "compile us", "load us", "read ns", "getppid ns", "fcntl ns");
	for (size_t i = 0; i < count; i++)
		print_row(&subjects[i], rounds);
}

int main(int argc, char **argv)
{
	static struct subject subjects[POLICIES_MAX];
	long rounds = 21;
	bool is_json = false;
	int option;
	while ((option = getopt(argc, argv, "n:j")) != -1) {
		char *end = NULL;
		if (option == 'j') {
			is_json = true;
			continue;
		}
		rounds = option == 'n' ? strtol(optarg, &end, 10) : 0;
		if (rounds < 1 || rounds > ROUNDS_MAX || *end != '\0') {
			fprintf(stderr, "usage: bench_policy [-n ROUNDS] [-j]\n");
			return 64;
		}
	}
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET((unsigned)sched_getcpu(), &one);
	(void)sched_setaffinity(0, sizeof one, &one);
	struct timing *timing = mmap(NULL, sizeof *timing, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (timing == MAP_FAILED)
		die("mmap");
	size_t count = list_subjects(subjects, rounds);
	double per_ns = ticks_per_ns();
	for (long round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			measure(&subjects[i], round, per_ns, timing);
	if (is_json)
		print_json(subjects, count, rounds);
	else
		print_table(subjects, count, rounds);
	return 0;
}
