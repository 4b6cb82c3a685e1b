/* SPDX-License-Identifier: MIT */
/*
 * Goal: a process compiles each policy once, by content; different policies never share a filter;
 * the cache is bounded and may be used by many threads.
 * Method: the count of compilations, and every filter that is handed out compared with one that was
 * compiled directly.
 */
#include "child/plan.h"
#include "filter/cache.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static const struct filter_launch launch = { .exec_fd = 4090, .report_fd = 4091 };

/* A policy of one rule on the heap of the test's choosing; `value` makes it different. */
struct sample {
	struct policy_condition condition;
	const char *names[2];
	struct policy_rule rule;
	struct bailiff_policy policy;
};

static void make_sample(struct sample *sample, const char *name, uint64_t value)
{
	*sample = (struct sample){
		.condition = { 1, POLICY_EQ, value, 0 },
		.names = { "ioctl" },
	};
	sample->rule = (struct policy_rule){ sample->names, POLICY_ALLOW, 0, &sample->condition, 1,
					     "reason" };
	sample->policy = (struct bailiff_policy){ .name = name,
						  .description = "",
						  .default_action = POLICY_DENY,
						  .rules = &sample->rule,
						  .rule_count = 1 };
}

static void check_same(const struct filter *got, const struct bailiff_policy *policy,
		       const struct filter_launch *for_launch)
{
	struct bailiff_error err = { 0 };
	struct filter want = { 0 };
	assert_int_equal(filter_compile(policy, for_launch, &want, NULL, &err), 0);
	assert_int_equal(got->length, want.length);
	assert_memory_equal(got->code, want.code, want.length * sizeof *want.code);
	assert_int_equal(got->proof.network, want.proof.network);
	assert_int_equal(got->proof.ipc, want.proof.ipc);
	filter_finish(&want);
}

static void get_and_check(struct filter_cache *cache, const struct bailiff_policy *policy,
			  const struct filter_launch *for_launch)
{
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	if (filter_cache_get(cache, policy, for_launch, &filter, &err) != 0)
		fail_msg("%s", err.message);
	check_same(&filter, policy, for_launch);
	filter_finish(&filter);
}

/* Another address, name and reason are no other policy; another value is. */
static void content_is_the_key(void **state)
{
	(void)state;
	struct filter_cache *cache = filter_cache_create();
	struct sample first, twin, other;
	make_sample(&first, "first", 7);
	make_sample(&twin, "twin", 7);
	twin.rule.why = "another reason";
	make_sample(&other, "other", 8);
	for (int i = 0; i < 3; i++) {
		get_and_check(cache, &first.policy, &launch);
		get_and_check(cache, &twin.policy, &launch);
	}
	assert_int_equal(filter_cache_compilations(cache), 1);
	get_and_check(cache, &other.policy, &launch);
	assert_int_equal(filter_cache_compilations(cache), 2);
	/* changed in place: what was compiled before is not handed out again */
	first.condition.value = 9;
	get_and_check(cache, &first.policy, &launch);
	assert_int_equal(filter_cache_compilations(cache), 3);
	first.policy.default_action = POLICY_TRAP;
	get_and_check(cache, &first.policy, &launch);
	assert_int_equal(filter_cache_compilations(cache), 4);
	filter_cache_destroy(cache);
	filter_cache_destroy(NULL);
}

static void launch_is_part_of_the_key(void **state)
{
	(void)state;
	static const struct filter_launch elsewhere = { .exec_fd = 500, .report_fd = 501 };
	struct filter_cache *cache = filter_cache_create();
	struct sample sample;
	make_sample(&sample, "sample", 1);
	get_and_check(cache, &sample.policy, &launch);
	get_and_check(cache, &sample.policy, &elsewhere);
	get_and_check(cache, &sample.policy, &launch);
	assert_int_equal(filter_cache_compilations(cache), 2);
	filter_cache_destroy(cache);
}

/* What the build compiled is used as it is, and equals what would be compiled now. */
static void builtin_policies_need_no_compilation(void **state)
{
	(void)state;
	static const struct filter_launch usual = { .exec_fd = CELL_EXEC_FD,
						    .report_fd = CELL_REPORT_FD };
	struct filter_cache *cache = filter_cache_create();
	for (size_t i = 0; builtin_policies[i] != NULL; i++)
		get_and_check(cache, builtin_policies[i], &usual);
	assert_int_equal(filter_cache_compilations(cache), 0);
	get_and_check(cache, bailiff_policy_builtin("native"), &launch);
	assert_int_equal(filter_cache_compilations(cache), 1);
	filter_cache_destroy(cache);
}

/* More policies than the cache keeps: those used last stay, the first is compiled again. */
static void cache_is_bounded(void **state)
{
	(void)state;
	struct filter_cache *cache = filter_cache_create();
	struct sample sample;
	for (uint64_t value = 0; value < 40; value++) {
		make_sample(&sample, "many", value);
		get_and_check(cache, &sample.policy, &launch);
	}
	assert_int_equal(filter_cache_compilations(cache), 40);
	get_and_check(cache, &sample.policy, &launch);
	assert_int_equal(filter_cache_compilations(cache), 40);
	make_sample(&sample, "many", 0);
	get_and_check(cache, &sample.policy, &launch);
	assert_int_equal(filter_cache_compilations(cache), 41);
	filter_cache_destroy(cache);
}

static void faulty_policies_are_not_kept(void **state)
{
	(void)state;
	struct filter_cache *cache = filter_cache_create();
	struct bailiff_error err = { 0 };
	struct filter filter = { 0 };
	struct sample sample;
	make_sample(&sample, "faulty", 1);
	sample.condition = (struct policy_condition){ 0, POLICY_MASKED_EQ, 1, 2 };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(filter_cache_get(cache, &sample.policy, &launch, &filter, &err),
				 -EINVAL);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		assert_null(filter.code);
	}
	assert_int_equal(filter_cache_compilations(cache), 0);
	filter_cache_destroy(cache);
}

#define THREADS 8
#define THREAD_ROUNDS 300

static void *use_cache(void *context)
{
	struct filter_cache *cache = context;
	for (uint64_t round = 0; round < THREAD_ROUNDS; round++) {
		struct bailiff_error err = { 0 };
		struct filter filter = { 0 };
		struct sample sample;
		make_sample(&sample, "shared", round % 50); /* more than are kept */
		if (filter_cache_get(cache, &sample.policy, &launch, &filter, &err) != 0)
			return NULL;
		/* the value stands in the program */
		bool found = false;
		for (size_t i = 0; i < filter.length; i++)
			found = found || filter.code[i].k == round % 50;
		filter_finish(&filter);
		if (!found)
			return NULL;
	}
	return cache;
}

static void many_threads_share_a_cache(void **state)
{
	(void)state;
	struct filter_cache *cache = filter_cache_create();
	pthread_t threads[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_cache, cache), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *ok = NULL;
		assert_int_equal(pthread_join(threads[i], &ok), 0);
		assert_ptr_equal(ok, cache);
	}
	filter_cache_destroy(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_is_the_key),
		cmocka_unit_test(launch_is_part_of_the_key),
		cmocka_unit_test(builtin_policies_need_no_compilation),
		cmocka_unit_test(cache_is_bounded),
		cmocka_unit_test(faulty_policies_are_not_kept),
		cmocka_unit_test(many_threads_share_a_cache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
