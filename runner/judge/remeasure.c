/* SPDX-License-Identifier: MIT */
/*
 * Thresholds of noise are relative to the wall time of the run. Two runs of one program on a quiet
 * machine differ by one or two per cent; what is below a fiftieth of the run explains no more than
 * that, and running again would not help.
 */
#include "judge/remeasure.h"

/* Near: at least 9/10 of a limit. */
#define NEAR_NUMERATOR 9
#define NEAR_DENOMINATOR 10

/* Time taken from the run: a fiftieth of it. */
#define NOISE_SHARE 50

/*
 * A switch costs the program what it then loads into the caches again, some ten to a hundred
 * microseconds. A program that shares its CPU is switched every few milliseconds, one that
 * does not some ten times a second. One in ten milliseconds is up to a hundredth of the run.
 */
#define NANOSECONDS_PER_SWITCH UINT64_C(10000000)

static bool is_near(uint64_t used_ns, uint64_t limit_ns)
{
	return used_ns != BAILIFF_UNKNOWN && limit_ns != 0 &&
	       used_ns >= limit_ns / NEAR_DENOMINATOR * NEAR_NUMERATOR;
}

static bool is_large(uint64_t lost_ns, uint64_t wall_ns)
{
	return lost_ns != BAILIFF_UNKNOWN && lost_ns > 0 && lost_ns >= wall_ns / NOISE_SHARE;
}

/*
 * The time that the run's tasks waited for a CPU, as far as others can have had it: it is missing
 * from the run's CPU time then. A program with more threads than CPUs makes itself wait as long as
 * it likes, and so would get as many runs as it likes.
 */
static uint64_t lost_to_others_ns(const struct bailiff_result *result)
{
	uint64_t waited_ns = result->noise.cpu_pressure_ns;
	if (waited_ns == BAILIFF_UNKNOWN || result->cpu_ns == BAILIFF_UNKNOWN)
		return waited_ns;
	uint64_t missing_ns =
		result->wall_ns > result->cpu_ns ? result->wall_ns - result->cpu_ns : 0;
	return waited_ns < missing_ns ? waited_ns : missing_ns;
}

/* Time that others had: the hypervisor's other guests, other processes of this machine. */
static bool was_disturbed(const struct bailiff_result *result)
{
	const struct bailiff_noise *noise = &result->noise;
	return is_large(noise->steal_ns, result->wall_ns) ||
	       is_large(lost_to_others_ns(result), result->wall_ns) ||
	       (noise->involuntary_switches != BAILIFF_UNKNOWN &&
		noise->involuntary_switches > result->wall_ns / NANOSECONDS_PER_SWITCH + 1);
}

bool remeasure_wanted(const struct bailiff_result *result)
{
	bool ended_by_cpu = result->verdict == BAILIFF_VERDICT_TLE &&
			    result->reason == BAILIFF_REASON_CPU_TIME;
	bool ended_by_wall = result->verdict == BAILIFF_VERDICT_TLE &&
			     result->reason == BAILIFF_REASON_WALL_TIME;
	bool is_ok = result->verdict == BAILIFF_VERDICT_OK;
	if (result->wall_ns == BAILIFF_UNKNOWN || !(is_ok || ended_by_cpu || ended_by_wall))
		return false;
	bool is_near_wall = ended_by_wall ||
			    (is_ok && is_near(result->wall_ns, result->limits.wall_ns));
	bool is_near_cpu = ended_by_cpu ||
			   (is_ok && is_near(result->cpu_ns, result->limits.cpu_ns));
	/* Being throttled costs wall time, but no CPU time. */
	if (is_near_wall && is_large(result->noise.throttled_ns, result->wall_ns))
		return true;
	return (is_near_wall || is_near_cpu) && was_disturbed(result);
}

static bool is_about_time(const struct bailiff_result *result)
{
	return result->verdict == BAILIFF_VERDICT_TLE;
}

bool remeasure_is_better(const struct bailiff_result *a, const struct bailiff_result *b)
{
	/* A run that never came to an end of its own says the least; one that failed, nothing. */
	bool a_failed = a->verdict == BAILIFF_VERDICT_IE || a->verdict == BAILIFF_VERDICT_NONE;
	bool b_failed = b->verdict == BAILIFF_VERDICT_IE || b->verdict == BAILIFF_VERDICT_NONE;
	if (a_failed || b_failed)
		return b_failed && !a_failed;
	if (is_about_time(a) != is_about_time(b))
		return is_about_time(b);
	bool are_ok = a->verdict == BAILIFF_VERDICT_OK && b->verdict == BAILIFF_VERDICT_OK;
	return (are_ok || is_about_time(a)) && a->cpu_ns < b->cpu_ns;
}
