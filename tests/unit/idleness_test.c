/* SPDX-License-Identifier: MIT */
/*
 * Goal: whoever does nothing for the whole limit is found, soon after it, and nobody else. Method:
 * programs as functions from time to CPU time used, looked at exactly when a look is due.
 */
#include "model/idleness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LIMIT 1000000u
#define NEVER UINT64_MAX

/* Looks whenever it is due, up to 20 limits; returns when it was found idle. */
static uint64_t found_idle(uint64_t (*used_until)(uint64_t now))
{
	struct idleness idleness;
	uint64_t start = 123456789;
	idleness_begin(&idleness, LIMIT, start, used_until(0));
	for (int looks = 0; looks < 80; looks++) {
		uint64_t now = idleness.due_ns;
		assert_true(now > start && now - start <= 20 * LIMIT);
		if (idleness_look(&idleness, now, used_until(now - start)))
			return now - start;
	}
	return NEVER;
}

static uint64_t sleeps(uint64_t now)
{
	(void)now;
	return 5000;
}

static uint64_t spins(uint64_t now)
{
	return now;
}

/* Busy for three limits, asleep after that. */
static uint64_t falls_asleep(uint64_t now)
{
	return now < 3 * LIMIT ? now : 3 * LIMIT;
}

/* Half a per cent, in one piece at the end of every limit. */
static uint64_t wakes_up_briefly(uint64_t now)
{
	return now / LIMIT * (LIMIT / 200);
}

/* A hundredth of a per cent: a runtime's housekeeping. */
static uint64_t keeps_house(uint64_t now)
{
	return now / 10000;
}

static void test_sleeper(void **state)
{
	(void)state;
	assert_int_equal(found_idle(sleeps), LIMIT);
	assert_int_equal(found_idle(keeps_house), LIMIT);
}

static void test_busy(void **state)
{
	(void)state;
	assert_int_equal(found_idle(spins), NEVER);
	assert_int_equal(found_idle(wakes_up_briefly), NEVER);
}

static void test_falls_asleep(void **state)
{
	(void)state;
	uint64_t found = found_idle(falls_asleep);
	assert_true(found >= 4 * LIMIT);
	assert_true(found <= 4 * LIMIT + LIMIT / 4);
}

/* Goal: somebody who comes late (a supervisor that was not scheduled) sees no idleness where
 * something was done, and a counter that cannot go backwards does no harm if it does. */
static void test_late_look(void **state)
{
	(void)state;
	struct idleness idleness;
	idleness_begin(&idleness, LIMIT, 0, 7000);
	assert_false(idleness_look(&idleness, 10 * LIMIT, 7000 + LIMIT));
	assert_false(idleness_look(&idleness, 10 * LIMIT + 1, 0));
	assert_false(idleness_look(&idleness, 11 * LIMIT - 1, 7000 + LIMIT));
	assert_true(idleness_look(&idleness, 11 * LIMIT, 7000 + LIMIT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleeper),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_falls_asleep),
		cmocka_unit_test(test_late_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
