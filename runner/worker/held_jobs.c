/* SPDX-License-Identifier: MIT */
/*
 * A small array, searched from end to end: a worker holds a few jobs for each core.
 */
#include "worker/held_jobs.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The longest patience is this often twice the usual one: half an hour where that is 2 s. */
#define DOUBLINGS_MAX 10u

int held_jobs_open(struct held_jobs *jobs, size_t capacity)
{
	*jobs = (struct held_jobs){ .items = calloc(capacity, sizeof *jobs->items),
				    .capacity = capacity };
	return jobs->items != NULL ? 0 : -ENOMEM;
}

void held_jobs_close(struct held_jobs *jobs)
{
	for (size_t i = 0; jobs->items != NULL && i < jobs->capacity; i++)
		held_remove(&jobs->items[i]);
	free(jobs->items);
	*jobs = (struct held_jobs){ 0 };
}

struct held_job *held_add(struct held_jobs *jobs, struct queue_claimed *claimed,
			  uint64_t lease_until_ns, uint64_t now_ns)
{
	struct held_job *job = held_first(jobs, HELD_NONE);
	if (job == NULL)
		return NULL;
	*job = (struct held_job){ .state = HELD_WAITING,
				  .claimed = *claimed,
				  .order = jobs->claimed++,
				  .lease_until_ns = lease_until_ns,
				  .begun_ns = now_ns };
	*claimed = (struct queue_claimed){ 0 };
	return job;
}

static void free_end(struct held_job *job)
{
	free(job->result);
	free((void *)job->needs);
	job->result = NULL;
	job->needs = NULL;
}

void held_remove(struct held_job *job)
{
	free_end(job);
	queue_claimed_finish(&job->claimed);
	*job = (struct held_job){ 0 };
}

size_t held_count(const struct held_jobs *jobs, enum held_state state)
{
	size_t count = 0;
	for (size_t i = 0; i < jobs->capacity; i++)
		count += jobs->items[i].state == state;
	return count;
}

static bool is_reserved(const struct held_job *job)
{
	return job->state == HELD_WAITING || job->state == HELD_RUNNING;
}

uint64_t held_memory_bytes(const struct held_jobs *jobs)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < jobs->capacity; i++)
		if (is_reserved(&jobs->items[i]))
			bytes += jobs->items[i].claimed.memory_bytes;
	return bytes;
}

struct held_job *held_first(const struct held_jobs *jobs, enum held_state state)
{
	struct held_job *first = NULL;
	for (size_t i = 0; i < jobs->capacity; i++) {
		struct held_job *job = &jobs->items[i];
		if (job->state == state && (first == NULL || job->order < first->order))
			first = job;
	}
	return first;
}

static bool is_suspect(const struct held_job *job)
{
	return job->claimed.losses > 0;
}

bool held_has_suspect(const struct held_jobs *jobs)
{
	for (size_t i = 0; i < jobs->capacity; i++)
		if (is_reserved(&jobs->items[i]) && is_suspect(&jobs->items[i]))
			return true;
	return false;
}

struct held_job *held_next(const struct held_jobs *jobs)
{
	struct held_job *next = NULL;
	bool is_anything_running = false;
	for (size_t i = 0; i < jobs->capacity; i++) {
		struct held_job *job = &jobs->items[i];
		if (job->state == HELD_RUNNING && is_suspect(job))
			return NULL;
		is_anything_running |= job->state == HELD_RUNNING;
		if (job->state != HELD_WAITING)
			continue;
		if (next == NULL || is_suspect(job) < is_suspect(next) ||
		    (is_suspect(job) == is_suspect(next) && job->order < next->order))
			next = job;
	}
	return next != NULL && is_suspect(next) && is_anything_running ? NULL : next;
}

static uint64_t patience_of(const struct held_job *job, uint64_t patience_ns)
{
	uint64_t fence = job->claimed.hold.fence;
	return is_suspect(job) ? patience_ns << (fence < DOUBLINGS_MAX ? fence : DOUBLINGS_MAX) :
				 patience_ns;
}

struct held_job *held_stale(const struct held_jobs *jobs, uint64_t now_ns, uint64_t patience_ns)
{
	for (size_t i = 0; i < jobs->capacity; i++) {
		struct held_job *job = &jobs->items[i];
		if (job->state == HELD_WAITING &&
		    now_ns >= job->begun_ns + patience_of(job, patience_ns))
			return job;
	}
	return NULL;
}

struct held_job *held_of_slot(const struct held_jobs *jobs, size_t slot)
{
	for (size_t i = 0; i < jobs->capacity; i++)
		if (jobs->items[i].state == HELD_RUNNING && jobs->items[i].slot == slot)
			return &jobs->items[i];
	return NULL;
}

struct held_job *held_expired(const struct held_jobs *jobs, uint64_t now_ns)
{
	for (size_t i = 0; i < jobs->capacity; i++) {
		struct held_job *job = &jobs->items[i];
		if (is_reserved(job) && !job->is_lost && job->lease_until_ns <= now_ns)
			return job;
	}
	return NULL;
}

uint64_t held_expiry_ns(const struct held_jobs *jobs)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < jobs->capacity; i++) {
		const struct held_job *job = &jobs->items[i];
		if (is_reserved(job) && !job->is_lost && job->lease_until_ns < first)
			first = job->lease_until_ns;
	}
	return first;
}

void held_end(struct held_job *job, enum slot_outcome outcome, const char *reason)
{
	free_end(job);
	job->state = HELD_ENDED;
	job->end = (struct slot_message){ .outcome = outcome, .setup_ns = BAILIFF_UNKNOWN };
	(void)snprintf(job->end.reason, sizeof job->end.reason, "%s", reason);
}

int held_unpack_needs(const char *packed, size_t size, const char ***ret_needs)
{
	size_t count = 0;
	if (size > 0 && packed[size - 1] != '\0')
		return -EPROTO;
	for (size_t i = 0; i < size; i++)
		count += packed[i] == '\0';
	if (count > QUEUE_NEEDS_MAX)
		return -EPROTO;
	const char **needs = malloc((count + 1) * sizeof *needs + size);
	if (needs == NULL)
		return -ENOMEM;
	char *texts = (char *)(needs + count + 1);
	if (size > 0)
		memcpy(texts, packed, size);
	for (size_t i = 0; i < count; i++) {
		needs[i] = texts;
		texts += strlen(texts) + 1;
	}
	needs[count] = NULL;
	*ret_needs = needs;
	return 0;
}
