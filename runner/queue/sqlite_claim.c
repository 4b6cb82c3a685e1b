/* SPDX-License-Identifier: MIT */
/*
 * Verdicts and claims in an embedded queue, in one transaction where they come together.
 *
 * A claim looks at the first job of each class that the worker can do and takes the first of those,
 * as often as it wants jobs. Classes are few, so that is a few look-ups in one index, however many
 * jobs wait and whoever they are for. A class can have jobs that are too large for what the worker has left; the
 * first of these bars all that stands behind it, once it has waited for long enough.
 */
#include "queue/sqlite_db.h"

#include "base/error.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- verdicts -------------------------------------------------------------------------------- */

/* Whether the job was finished by this hold before. */
static int is_repeated(struct sqlite_queue *db, const struct queue_hold *hold, bool *ret_repeated,
		       struct bailiff_error *err)
{
	static const char find[] = "SELECT 1 FROM verdict JOIN job ON job.id = verdict.job"
				   " WHERE job.id = ?1 AND verdict.fence = ?2 AND state = 'done'";
	int64_t found;
	int rc = sqlite_number(db, find, SQL_ARGS(SQL_INT(hold->job), SQL_INT(hold->fence)), 0,
			       &found, err);
	*ret_repeated = rc == 0 && found != 0;
	return rc;
}

static int write_verdict(struct sqlite_queue *db, const struct queue_hold *hold, const char *result,
			 size_t size, bool *ret_superseded, struct bailiff_error *err)
{
	static const char end[] = "UPDATE job SET state = 'done', finished_at = ?3"
				  " WHERE id = ?1 AND fence = ?2 AND state = 'running'";
	static const char keep[] = "INSERT INTO verdict VALUES (?1, ?2, ?3)";
	bool was_finished;
	int rc = sqlite_run(
		db, end,
		SQL_ARGS(SQL_INT(hold->job), SQL_INT(hold->fence), SQL_INT(sqlite_wall_ns())), err);
	if (rc < 0)
		return rc;
	if (sqlite3_changes(db->handle) == 0) {
		rc = is_repeated(db, hold, &was_finished, err);
		*ret_superseded = !was_finished;
		return rc;
	}
	*ret_superseded = false;
	db->rings |= QUEUE_EVENT_ENDED;
	return sqlite_run(
		db, keep,
		SQL_ARGS(SQL_INT(hold->job), SQL_INT(hold->fence), SQL_TEXT_SIZED(result, size)),
		err);
}

int sqlite_finish(struct queue *queue, const struct queue_hold *hold, const char *result,
		  size_t size, bool *ret_superseded, struct bailiff_error *err)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	bool is_superseded = false;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = write_verdict(db, hold, result, size, &is_superseded, err);
	rc = sqlite_end(db, rc, err);
	if (rc == 0)
		*ret_superseded = is_superseded;
	return rc;
}

/* ---- claim ----------------------------------------------------------------------------------- */

/* A class that the worker can do, and the first of its jobs; job = 0: none is left. */
struct head {
	int64_t class, job, priority, turn, created;
};

struct claim {
	struct sqlite_queue *db;
	const struct queue_claim *want;
	const char *offers;
	int64_t now, wall;
	struct arena arena;
	struct head *heads; /* in the arena */
	size_t head_count;
	struct head bar; /* nothing behind it is taken; job = 0: there is none */
};

/* The first job of the head's class that takes more than `above` bytes and at most `most`. */
static int read_first(const struct claim *claim, int64_t above, uint64_t most, struct head *head,
		      struct bailiff_error *err)
{
	static const char read[] =
		"SELECT id, priority, turn, created_at FROM job WHERE state = 'ready'"
		" AND is_parked = 0 AND class = ?1 AND memory > ?2 AND memory <= ?3"
		" AND (avoid IS NOT ?4 OR avoid_until <= ?5)"
		" ORDER BY priority DESC, turn, id LIMIT 1";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(claim->db, read,
			      SQL_ARGS(SQL_INT(head->class), SQL_INT(above), SQL_INT(most),
				       sql_text(claim->want->worker->name), SQL_INT(claim->now)),
			      &statement, err);
	if (rc == 0)
		rc = sqlite_next(claim->db, statement, err);
	if (rc < 0)
		return rc;
	head->job = rc == 1 ? sqlite3_column_int64(statement, 0) : 0;
	head->priority = sqlite3_column_int64(statement, 1);
	head->turn = sqlite3_column_int64(statement, 2);
	head->created = sqlite3_column_int64(statement, 3);
	return 0;
}

static int read_head(const struct claim *claim, struct head *head, struct bailiff_error *err)
{
	return read_first(claim, -1, claim->want->memory_bytes, head, err);
}

/* Whether `a` is taken before `b`. */
static bool is_before(const struct head *a, const struct head *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->turn < b->turn || (a->turn == b->turn && a->job < b->job);
}

static int read_bar(struct claim *claim, int64_t class, struct bailiff_error *err)
{
	const struct queue_claim *want = claim->want;
	struct head head = { .class = class };
	int rc = read_first(claim, (int64_t)want->memory_bytes, want->memory_all_bytes, &head, err);
	bool has_waited = head.job != 0 && head.created <= claim->wall - (int64_t)want->reserve_ns;
	if (rc == 0 && has_waited && (claim->bar.job == 0 || is_before(&head, &claim->bar)))
		claim->bar = head;
	return rc;
}

static int add_head(struct claim *claim, int64_t class, struct bailiff_error *err)
{
	claim->heads = arena_grow(&claim->arena, claim->heads, claim->head_count,
				  sizeof *claim->heads);
	if (claim->heads == NULL)
		return fail_memory(err);
	struct head *head = &claim->heads[claim->head_count++];
	head->class = class;
	return read_head(claim, head, err);
}

/* A class whose jobs take more than 2^(bits - 1) bytes, and at most 2^bits. */
static int read_class(struct claim *claim, int64_t class, unsigned bits, struct bailiff_error *err)
{
	const struct queue_claim *want = claim->want;
	uint64_t least = bits == 0 ? 0 : (UINT64_C(1) << (bits - 1)) + 1;
	uint64_t most = UINT64_C(1) << bits;
	int rc = 0;
	if (least <= want->memory_bytes)
		rc = add_head(claim, class, err);
	if (rc == 0 && want->reserve_ns != 0 && most > want->memory_bytes)
		rc = read_bar(claim, class, err);
	return rc;
}

/* The classes that have ready jobs, as long as the worker has what they need. */
static int read_heads(struct claim *claim, struct bailiff_error *err)
{
	static const char read[] =
		"WITH RECURSIVE present (class) AS ("
		" SELECT min(class) FROM job WHERE state = 'ready' AND is_parked = 0"
		" UNION ALL SELECT (SELECT min(class) FROM job WHERE state = 'ready'"
		"  AND is_parked = 0 AND class > present.class) FROM present"
		"  WHERE class IS NOT NULL)"
		"SELECT id, needs, memory_bits FROM present JOIN class ON class.id = present.class"
		" WHERE memory_bits = 0 OR 1 << (memory_bits - 1) < ?1";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	const struct queue_claim *want = claim->want;
	bool may_bar = want->reserve_ns != 0 && want->memory_all_bytes > want->memory_bytes;
	uint64_t memory = may_bar ? want->memory_all_bytes : want->memory_bytes;
	int rc = sqlite_start(claim->db, read, SQL_ARGS(SQL_INT(memory)), &statement, err);
	claim->heads = NULL;
	claim->head_count = 0;
	claim->bar = (struct head){ 0 };
	while (rc == 0 && (rc = sqlite_next(claim->db, statement, err)) > 0) {
		const char *needs = (const char *)sqlite3_column_text(statement, 1);
		if (needs == NULL)
			return fail_memory(err);
		rc = 0;
		if (sqlite_meets(needs, claim->offers))
			rc = read_class(claim, sqlite3_column_int64(statement, 0),
					(unsigned)sqlite3_column_int(statement, 2), err);
	}
	return rc;
}

static struct head *first_head(const struct claim *claim)
{
	struct head *first = NULL;
	for (size_t i = 0; i < claim->head_count; i++) {
		struct head *head = &claim->heads[i];
		if (head->job != 0 && (first == NULL || is_before(head, first)))
			first = head;
	}
	bool is_barred = first != NULL && claim->bar.job != 0 && is_before(&claim->bar, first);
	return is_barred ? NULL : first;
}

/* Jobs that have become due take their place again: at its front, for their own turn is long past.
 */
static int unpark(const struct claim *claim, struct bailiff_error *err)
{
	static const char unpark_due[] =
		"UPDATE job SET is_parked = 0, turn = max(turn, coalesce((SELECT min(o.turn)"
		"  FROM job o WHERE o.state = 'ready' AND o.is_parked = 0 AND o.class = job.class"
		"  AND o.priority = job.priority), turn))"
		" WHERE id IN (SELECT id FROM job WHERE state = 'ready' AND is_parked = 1"
		"  AND due <= ?1 ORDER BY due LIMIT ?2)";
	return sqlite_run(claim->db, unpark_due,
			  SQL_ARGS(SQL_INT(claim->now), SQL_INT(QUEUE_BATCH)), err);
}

static int read_claimed(const struct claim *claim, int64_t job, struct queue_claimed *claimed,
			struct bailiff_error *err)
{
	static const char read[] =
		"SELECT fence, kind, client, priority, attempts, memory, created_at, text, losses FROM job"
		" JOIN spec ON spec.job = job.id WHERE id = ?1";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(claim->db, read, SQL_ARGS(SQL_INT(job)), &statement, err);
	if (rc == 0)
		rc = sqlite_next(claim->db, statement, err);
	if (rc < 0)
		return rc;
	const char *kind = (const char *)sqlite3_column_text(statement, 1);
	const char *client = (const char *)sqlite3_column_text(statement, 2);
	const char *spec = (const char *)sqlite3_column_text(statement, 7);
	if (kind == NULL || client == NULL || spec == NULL)
		return fail_memory(err);
	int64_t waited = claim->wall - sqlite3_column_int64(statement, 6);
	*claimed = (struct queue_claimed){
		.hold = { (uint64_t)job, (uint64_t)sqlite3_column_int64(statement, 0) },
		.spec_size = (size_t)sqlite3_column_bytes(statement, 7),
		.priority = sqlite3_column_int(statement, 3),
		.attempt = (unsigned)sqlite3_column_int(statement, 4),
		.memory_bytes = (uint64_t)sqlite3_column_int64(statement, 5),
		.losses = (unsigned)sqlite3_column_int(statement, 8),
		.waited_ns = waited > 0 ? (uint64_t)waited : 0,
	};
	(void)snprintf(claimed->client, sizeof claimed->client, "%s", client);
	claimed->spec = malloc(claimed->spec_size + 1);
	if (claimed->spec == NULL)
		return fail_memory(err);
	memcpy(claimed->spec, spec, claimed->spec_size + 1);
	return queue_kind_from_name(kind, &claimed->kind) ?
		       0 :
		       fail_internal(err, BAILIFF_STAGE_SPEC, 0, "job %" PRId64 " is a '%s'", job,
				     kind);
}

static int take(const struct claim *claim, struct head *head, struct queue_claimed *claimed,
		struct bailiff_error *err)
{
	static const char hold[] =
		"UPDATE job SET state = 'running', fence = fence + 1, attempts = attempts + 1,"
		" worker = ?2, instance = ?3, lease_until = ?4, started_at = ?5 WHERE id = ?1";
	const struct queue_worker *worker = claim->want->worker;
	int64_t job = head->job;
	int rc =
		sqlite_run(claim->db, hold,
			   SQL_ARGS(SQL_INT(job), sql_text(worker->name), SQL_INT(worker->instance),
				    SQL_INT(claim->now + (int64_t)claim->want->lease_ns),
				    SQL_INT(claim->wall)),
			   err);
	if (rc == 0)
		rc = read_claimed(claim, job, claimed, err);
	return rc < 0 ? rc : read_head(claim, head, err);
}

static int take_all(struct claim *claim, struct queue_claimed *claimed, size_t *count,
		    struct bailiff_error *err)
{
	size_t bytes = 0;
	int rc = unpark(claim, err);
	if (rc == 0)
		rc = read_heads(claim, err);
	while (rc == 0 && *count < claim->want->count &&
	       bytes <= QUEUE_CLAIM_BYTES_MAX - QUEUE_SPEC_BYTES_MAX) {
		struct head *head = first_head(claim);
		if (head == NULL)
			break;
		struct queue_claimed *next = &claimed[*count];
		*next = (struct queue_claimed){ 0 };
		++*count;
		rc = take(claim, head, next, err);
		bytes += next->spec_size;
	}
	return rc;
}

/* Whether it is worth to wait for the lock: idle workers look often, and mostly in vain. */
static int look(struct claim *claim, bool *ret_worth, struct bailiff_error *err)
{
	static const char find_due[] = "SELECT 1 FROM job WHERE state = 'ready' AND is_parked = 1"
				       " AND due <= ?1 LIMIT 1";
	int64_t is_due = 0;
	int rc = sqlite_begin(claim->db, SQLITE_FOR_READING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_check_owner(claim->db, claim->want->worker, err);
	if (rc == 0)
		rc = sqlite_number(claim->db, find_due, SQL_ARGS(SQL_INT(claim->now)), 0, &is_due,
				   err);
	if (rc == 0 && is_due == 0)
		rc = read_heads(claim, err);
	rc = sqlite_end(claim->db, rc, err);
	*ret_worth = is_due != 0 || first_head(claim) != NULL;
	return rc;
}

/* The one transaction of claims and verdicts. */
static int trade(struct claim *claim, struct queue_verdict *verdicts, size_t verdict_count,
		 struct queue_claimed *ret_claimed, size_t *ret_count, struct bailiff_error *err)
{
	struct sqlite_queue *db = claim->db;
	size_t count = 0;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_check_owner(db, claim->want->worker, err);
	for (size_t i = 0; rc == 0 && i < verdict_count; i++)
		rc = write_verdict(db, &verdicts[i].hold, verdicts[i].result, verdicts[i].size,
				   &verdicts[i].is_superseded, err);
	if (rc == 0)
		rc = take_all(claim, ret_claimed, &count, err);
	rc = sqlite_end(db, rc, err);
	if (rc < 0) {
		while (count > 0)
			queue_claimed_finish(&ret_claimed[--count]);
		return rc;
	}
	db->was_empty = count < claim->want->count;
	*ret_count = count;
	return 0;
}

int sqlite_exchange(struct queue *queue, struct queue_verdict *verdicts, size_t verdict_count,
		    const struct queue_claim *want, struct queue_claimed *ret_claimed,
		    size_t *ret_count, struct bailiff_error *err)
{
	AUTO_FREE char *offers = queue_join_names(want->worker->offers);
	struct claim claim = { .db = (struct sqlite_queue *)queue,
			       .want = want,
			       .offers = offers,
			       .now = sqlite_boot_ns(),
			       .wall = sqlite_wall_ns() };
	bool is_worth = true;
	if (offers == NULL)
		return fail_memory(err);
	int rc = 0;
	if (verdict_count == 0 && claim.db->was_empty)
		rc = look(&claim, &is_worth, err);
	if (rc == 0 && is_worth)
		rc = trade(&claim, verdicts, verdict_count, ret_claimed, ret_count, err);
	else if (rc == 0)
		*ret_count = 0;
	arena_finish(&claim.arena);
	return rc;
}

int sqlite_claim(struct queue *queue, const struct queue_claim *want,
		 struct queue_claimed *ret_claimed, size_t *ret_count, struct bailiff_error *err)
{
	return sqlite_exchange(queue, NULL, 0, want, ret_claimed, ret_count, err);
}

int sqlite_has_more(struct queue *queue, const struct queue_claim *want, bool *ret_has_more,
		    struct bailiff_error *err)
{
	static const char read[] = "SELECT needs FROM class WHERE EXISTS (SELECT 1 FROM job"
				   " WHERE class = class.id AND state = 'ready' AND memory <= ?1)";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	AUTO_FREE char *offers = queue_join_names(want->worker->offers);
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	*ret_has_more = false;
	if (offers == NULL)
		return fail_memory(err);
	int rc = sqlite_start(db, read, SQL_ARGS(SQL_INT(want->memory_bytes)), &statement, err);
	while (rc == 0 && !*ret_has_more && (rc = sqlite_next(db, statement, err)) > 0) {
		const char *needs = (const char *)sqlite3_column_text(statement, 0);
		rc = needs == NULL ? fail_memory(err) : 0;
		*ret_has_more = needs != NULL && sqlite_meets(needs, offers);
	}
	return rc;
}
