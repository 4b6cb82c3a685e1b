/* SPDX-License-Identifier: MIT */
/*
 * Evidence. Counters are read from the run's own leaf: a baseline when the program is let go, so
 * that set-up does not count, and the totals after the last process is gone, so that nothing is
 * missed. The kernel keeps a memory peak but not what it consisted of; samples taken while the
 * program runs tell that, and the result says how large the largest sample was.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A sample is worth its reads when it is this much larger than the largest so far: 1/16. */
#define SAMPLE_GROWTH_SHARE 16

/* Of a cell's processes, those whose writes are looked at. */
#define PIDS_LOOKED_AT 64

static uint64_t minus(uint64_t total, uint64_t before)
{
	if (total == BAILIFF_UNKNOWN || before == BAILIFF_UNKNOWN)
		return BAILIFF_UNKNOWN;
	return total > before ? total - before : 0;
}

static uint64_t read_counter(const struct run *run, enum cgroup_counter counter)
{
	return cgroup_leaf_read(&run->cell.leaf, counter);
}

/* Time the hypervisor took from this machine: the eighth figure of /proc/stat's first line. */
static uint64_t read_steal_ns(void)
{
	char text[512];
	AUTO_CLOSE int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (length <= 0)
		return BAILIFF_UNKNOWN;
	text[length] = '\0';
	unsigned long long steal;
	if (sscanf(text, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
		return BAILIFF_UNKNOWN;
	return steal * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t account_cpu_ns(const struct run *run)
{
	return minus(read_counter(run, CGROUP_CPU_NS), run->baseline.cpu_ns);
}

uint64_t account_active_ns(const struct run *run)
{
	uint64_t used = read_counter(run, CGROUP_CPU_NS);
	uint64_t waited = read_counter(run, CGROUP_CPU_PRESSURE_NS);
	if (used == BAILIFF_UNKNOWN || waited == BAILIFF_UNKNOWN)
		return used;
	return used + waited;
}

/* Source: proc_pid_io(5). */
static uint64_t read_written_bytes(pid_t pid)
{
	char path[40], text[512];
	uint64_t bytes = 0;
	(void)snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
	if (io_read_file_at(AT_FDCWD, path, text, sizeof text) < 0 ||
	    !io_parse_keyed_u64(text, "wchar:", NULL, &bytes))
		return BAILIFF_UNKNOWN;
	return bytes;
}

uint64_t account_written_bytes(const struct run *run)
{
	pid_t pids[PIDS_LOOKED_AT];
	size_t count = cgroup_leaf_pids(&run->cell.leaf, pids, PIDS_LOOKED_AT);
	uint64_t sum = 0;
	bool is_known = false;
	for (size_t i = 0; i < count; i++) {
		uint64_t bytes = read_written_bytes(pids[i]);
		is_known |= bytes != BAILIFF_UNKNOWN;
		sum += bytes != BAILIFF_UNKNOWN ? bytes : 0;
	}
	return is_known ? sum : BAILIFF_UNKNOWN;
}

void account_begin(struct run *run)
{
	cgroup_leaf_reset_peak(&run->cell.leaf);
	run->baseline.user_ns = read_counter(run, CGROUP_CPU_USER_NS);
	run->baseline.system_ns = read_counter(run, CGROUP_CPU_SYSTEM_NS);
	run->baseline.cpu_ns = read_counter(run, CGROUP_CPU_NS);
}

/* The whole machine's, slow to read, and counted in ticks: it makes no difference that the program
 * runs already. */
void account_begin_steal(struct run *run)
{
	if (run->baseline.has_steal)
		return;
	run->baseline.has_steal = true;
	run->baseline.steal_ns = read_steal_ns();
}

static bool is_worth_a_sample(struct bailiff_memory_breakdown *best, uint64_t now)
{
	uint64_t wanted = best->sampled_bytes + best->sampled_bytes / SAMPLE_GROWTH_SHARE;
	if (now == BAILIFF_UNKNOWN)
		return false;
	best->samples++;
	return best->samples == 1 || now > wanted;
}

static void take_sample(struct bailiff_memory_breakdown *best,
			const uint64_t values[CGROUP_COUNTER_COUNT])
{
	best->sampled_bytes = values[CGROUP_MEMORY_NOW_BYTES];
	best->anon_bytes = values[CGROUP_MEMORY_ANON_BYTES];
	best->file_bytes = minus(values[CGROUP_MEMORY_FILE_AND_SHMEM_BYTES],
				 values[CGROUP_MEMORY_SHMEM_BYTES]);
	best->shmem_bytes = values[CGROUP_MEMORY_SHMEM_BYTES];
	best->kernel_bytes = values[CGROUP_MEMORY_KERNEL_BYTES];
}

void account_sample(struct run *run)
{
	struct bailiff_memory_breakdown *best = &run->result->breakdown;
	if (!is_worth_a_sample(best, read_counter(run, CGROUP_MEMORY_NOW_BYTES)))
		return;
	uint64_t values[CGROUP_COUNTER_COUNT];
	cgroup_leaf_read_all(&run->cell.leaf, values);
	take_sample(best, values);
}

/*
 * On v1 the split is counted in scheduler ticks while the total is exact. The parts are scaled to
 * add up to the total, by the rule the kernel itself uses for processes (cputime_adjust()): no
 * tick of one kind means that all of it was of the other, no tick at all that it was user time.
 */
static void split_cpu_time(struct bailiff_result *result)
{
	if (result->user_ns == BAILIFF_UNKNOWN || result->system_ns == BAILIFF_UNKNOWN)
		return;
	uint64_t ticks = result->user_ns + result->system_ns;
	double share = ticks == 0 ? 0 : (double)result->system_ns / (double)ticks;
	result->system_ns = (uint64_t)(share * (double)result->cpu_ns);
	result->user_ns = result->cpu_ns - result->system_ns;
}

/* Shorter runs than a tick of its counter say nothing about it. */
static uint64_t stolen_ns(const struct run *run)
{
	uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	if (run->outcome.wall_ns < tick_ns || !run->baseline.has_steal)
		return BAILIFF_UNKNOWN;
	return minus(read_steal_ns(), run->baseline.steal_ns);
}

int account_end(struct run *run)
{
	struct bailiff_result *result = run->result;
	uint64_t values[CGROUP_COUNTER_COUNT];
	cgroup_leaf_read_all(&run->cell.leaf, values);
	/* What stays charged when everybody is dead (files, shared memory) is a sample, too. */
	if (is_worth_a_sample(&result->breakdown, values[CGROUP_MEMORY_NOW_BYTES]))
		take_sample(&result->breakdown, values);
	run->outcome.cpu_ns = minus(values[CGROUP_CPU_NS], run->baseline.cpu_ns);
	uint64_t wall_ns = run->start_ns != 0 && run->end_ns > run->start_ns ?
		run->end_ns - run->start_ns : 0;
	run->outcome.wall_ns = minus(wall_ns, run_excused_ns(run));
	uint64_t kills = values[CGROUP_OOM_KILLS];
	run->outcome.oom_kills = kills;
	if (run->outcome.cpu_ns == BAILIFF_UNKNOWN || kills == BAILIFF_UNKNOWN)
		return fail_internal(run->err, BAILIFF_STAGE_CGROUP, EIO,
				     "read the counters of cgroup '%s'", run->cell.leaf.name);

	result->cpu_ns = run->outcome.cpu_ns;
	result->wall_ns = wall_ns;
	result->user_ns = minus(values[CGROUP_CPU_USER_NS], run->baseline.user_ns);
	result->system_ns = minus(values[CGROUP_CPU_SYSTEM_NS], run->baseline.system_ns);
	split_cpu_time(result);
	result->memory_peak_bytes = values[CGROUP_MEMORY_PEAK_BYTES];
	result->oom_kills = kills;
	result->processes_peak = values[CGROUP_PIDS_PEAK];
	result->processes_refused = values[CGROUP_PIDS_REFUSED];
	result->noise.throttled_ns = values[CGROUP_THROTTLED_NS];
	result->noise.throttled_periods = values[CGROUP_THROTTLED_PERIODS];
	result->noise.cpu_pressure_ns = values[CGROUP_CPU_PRESSURE_NS];
	result->noise.steal_ns = stolen_ns(run);
	return 0;
}
