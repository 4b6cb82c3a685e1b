/* SPDX-License-Identifier: MIT */
/*
 * The program's process starts as a copy of memory of the supervisor's, of which it needs its code, its
 * stack and what the C library keeps per thread. The rest goes while nobody waits: the kernel would
 * take it apart during exec, which takes longer than all else there, and what is not there cannot
 * be read by anybody. For a fork server the same makes every clone of it cheap. Nothing is listed and
 * unmapped piece by piece; whatever lies between the ranges that stay is unmapped, so no mapping of the
 * caller's has to be known. Among what goes is the kernel's page of clocks (base/clock.h).
 *
 * Async-signal-safe. Not done where the compiler's own instrumentation has memory elsewhere.
 */
#include "child/stage.h"

#include "base/sys.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#define PAGE_BYTES UINT64_C(4096)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_INSTRUMENTED 1
#endif
#endif

#if defined(IS_INSTRUMENTED) || !defined(__x86_64__)

int memory_keep_only(const struct cell_range *stays, size_t count, const void *top)
{
	(void)stays;
	(void)count;
	(void)top;
	return 0;
}

#else

/* The last page of the lower half cannot be mapped. */
#define ADDRESSES_END ((UINT64_C(1) << 47) - PAGE_BYTES)

/* What the steps that follow may need of the stack, and what the C library has below and above the
 * thread pointer: errno, the stack protector's value, restartable sequences. */
#define STACK_BYTES (64 * PAGE_BYTES)
#define BELOW_THREAD_BYTES (16 * PAGE_BYTES)
#define ABOVE_THREAD_BYTES (4 * PAGE_BYTES)

/* With a fork server's note; stack, thread and errno. */
#define RANGES_MAX (CELL_RANGE_MAX + 1 + 3)

struct ranges {
	struct cell_range items[RANGES_MAX]; /* ascending */
	size_t count;
};

static void keep(struct ranges *ranges, uint64_t begin, uint64_t end)
{
	size_t at = ranges->count++;
	for (; at > 0 && ranges->items[at - 1].begin > begin; at--)
		ranges->items[at] = ranges->items[at - 1];
	ranges->items[at] = (struct cell_range){ begin & ~(PAGE_BYTES - 1),
						 (end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1) };
}

/*
 * What is sealed cannot be unmapped, nor anything in one call with it (mseal(2), EPERM), and stays: some
 * kernels seal the page of clocks and the like. It is found by halves.
 */
static int unmap(uint64_t begin, uint64_t end)
{
	/* The raw call: an address like 0 is no pointer. */
	if (syscall(SYS_munmap, begin, end - begin) == 0)
		return 0;
	if (errno != EPERM)
		return -errno;
	if (end - begin <= PAGE_BYTES)
		return 0;
	uint64_t middle = begin + ((end - begin) / 2 & ~(PAGE_BYTES - 1));
	int rc = unmap(begin, middle);
	return rc < 0 ? rc : unmap(middle, end);
}

static int unmap_between(const struct ranges *ranges)
{
	uint64_t next = 0;
	for (size_t i = 0; i <= ranges->count; i++) {
		uint64_t until = i < ranges->count ? ranges->items[i].begin : ADDRESSES_END;
		int rc = until > next ? unmap(next, until) : 0;
		if (rc < 0)
			return rc;
		if (i < ranges->count && ranges->items[i].end > next)
			next = ranges->items[i].end;
	}
	return 0;
}

int memory_keep_only(const struct cell_range *stays, size_t count, const void *top)
{
	struct ranges ranges = { .count = 0 };
	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		keep(&ranges, stays[i].begin, stays[i].end);
	uint64_t here = (uint64_t)(uintptr_t)&ranges;
	keep(&ranges, here - STACK_BYTES, (uint64_t)(uintptr_t)top + PAGE_BYTES);
	uint64_t thread = (uint64_t)(uintptr_t)__builtin_thread_pointer();
	keep(&ranges, thread - BELOW_THREAD_BYTES, thread + ABOVE_THREAD_BYTES);
	uint64_t error = (uint64_t)(uintptr_t)&errno;
	keep(&ranges, error, error + sizeof(int));
	return unmap_between(&ranges);
}

#endif

int step_memory(const struct cell_plan *plan, struct stage_state *state)
{
	/* The state is on the stack, above all that follows. */
	return memory_keep_only(plan->code, plan->code_count, state + 1);
}
