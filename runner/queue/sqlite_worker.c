/* SPDX-License-Identifier: MIT */
/* What workers do with an embedded queue beside taking jobs: each function is one transaction. */
#include "queue/sqlite_db.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "queue/queue_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define NS_S ((int64_t)NS_PER_S)

/* ---- workers --------------------------------------------------------------------------------- */

bool sqlite_meets(const char *needs, const char *offers)
{
	while (*needs != '\0') {
		size_t need = strcspn(needs, ","), offer = strcspn(offers, ",");
		if (offer == 0)
			return false;
		if (need == offer && memcmp(needs, offers, need) == 0)
			needs += need + (needs[need] == ',');
		offers += offer + (offers[offer] == ',');
	}
	return true;
}

/* Fails where another instance has the worker's name. One that never registered has none to lose.
 */
int sqlite_check_owner(struct sqlite_queue *db, const struct queue_worker *worker,
		       struct bailiff_error *err)
{
	static const char find[] = "SELECT instance <> ?2 FROM worker WHERE name = ?1";
	int64_t is_other;
	int rc =
		sqlite_number(db, find, SQL_ARGS(sql_text(worker->name), SQL_INT(worker->instance)),
			      0, &is_other, err);
	if (rc < 0 || is_other == 0)
		return rc;
	return queue_error(err, BAILIFF_FAULT_HOST, EOWNERDEAD,
			   "give each worker a name of its own",
			   "another worker has the name '%s' now", worker->name);
}

static int check_free(struct sqlite_queue *db, const struct queue_worker *worker,
		      struct bailiff_error *err)
{
	static const char find[] =
		"SELECT host FROM worker WHERE name = ?1 AND instance <> ?2 AND seen > ?3";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int64_t alive = sqlite_boot_ns() - QUEUE_WORKER_ALIVE_S * NS_S;
	int rc = sqlite_start(
		db, find,
		SQL_ARGS(sql_text(worker->name), SQL_INT(worker->instance), SQL_INT(alive)),
		&statement, err);
	if (rc == 0)
		rc = sqlite_next(db, statement, err);
	if (rc <= 0)
		return rc;
	return queue_error(err, BAILIFF_FAULT_HOST, EEXIST,
			   "give each worker a name of its own, or wait for a minute",
			   "a worker '%s' is there already, on %s", worker->name,
			   (const char *)sqlite3_column_text(statement, 0));
}

/* ---- attempts that failed -------------------------------------------------------------------- */

struct attempt {
	int64_t job;
	unsigned number, max;
	int64_t class;
	char worker[QUEUE_NAME_BYTES_MAX + 1];
};

/* 1 = the job is held, and by this fence; NULL = by whichever. */
static int read_attempt(struct sqlite_queue *db, int64_t job, const uint64_t *fence,
			struct attempt *attempt, struct bailiff_error *err)
{
	static const char read[] = "SELECT attempts, attempts_max, class, worker FROM job"
				   " WHERE id = ?1 AND state = 'running'"
				   " AND (?2 IS NULL OR fence = ?2)";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(
		db, read, SQL_ARGS(SQL_INT(job), fence != NULL ? SQL_INT(*fence) : sql_text(NULL)),
		&statement, err);
	if (rc == 0)
		rc = sqlite_next(db, statement, err);
	if (rc <= 0)
		return rc;
	*attempt = (struct attempt){
		.job = job,
		.number = (unsigned)sqlite3_column_int(statement, 0),
		.max = (unsigned)sqlite3_column_int(statement, 1),
		.class = sqlite3_column_int64(statement, 2),
	};
	const char *worker = (const char *)sqlite3_column_text(statement, 3);
	(void)snprintf(attempt->worker, sizeof attempt->worker, "%s", worker != NULL ? worker : "");
	return 1;
}

/* Whether a worker is there, other than this attempt's, that has what the job needs. */
static int find_other(struct sqlite_queue *db, const struct attempt *attempt, bool *ret_found,
		      struct bailiff_error *err)
{
	static const char read[] = "SELECT offers, (SELECT needs FROM class WHERE id = ?3)"
				   " FROM worker WHERE name <> ?1 AND seen > ?2";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int64_t alive = sqlite_boot_ns() - QUEUE_WORKER_ALIVE_S * NS_S;
	int rc = sqlite_start(
		db, read,
		SQL_ARGS(sql_text(attempt->worker), SQL_INT(alive), SQL_INT(attempt->class)),
		&statement, err);
	*ret_found = false;
	while (rc == 0 && !*ret_found && (rc = sqlite_next(db, statement, err)) > 0) {
		const char *offers = (const char *)sqlite3_column_text(statement, 0);
		const char *needs = (const char *)sqlite3_column_text(statement, 1);
		if (offers == NULL || needs == NULL)
			return fail_memory(err);
		*ret_found = sqlite_meets(needs, offers);
		rc = 0;
	}
	return rc;
}

/* 2^attempts seconds, a quarter more or less, so that what failed together does not come back
 * together. */
static int64_t backoff_ns(unsigned attempts)
{
	int64_t seconds = attempts < 6 ? INT64_C(1) << attempts : QUEUE_BACKOFF_MAX_S;
	uint16_t random = 0;
	(void)!getrandom(&random, sizeof random, GRND_NONBLOCK); /* without it no jitter */
	return seconds * NS_S / 4 * 3 + seconds * NS_S / 2 / 65536 * random;
}

static int make_dead(struct sqlite_queue *db, const struct attempt *attempt,
		     const struct queue_fault *fault, struct bailiff_error *err)
{
	static const char end[] = "UPDATE job SET state = 'dead', last_error = ?2,"
				  " finished_at = ?3 WHERE id = ?1";
	static const char keep[] = "INSERT INTO verdict SELECT id, fence, ?2 FROM job"
				   " WHERE id = ?1";
	int rc = sqlite_run(
		db, end,
		SQL_ARGS(SQL_INT(attempt->job), sql_text(fault->reason), SQL_INT(sqlite_wall_ns())),
		err);
	db->rings |= QUEUE_EVENT_ENDED;
	if (rc < 0 || fault->result == NULL)
		return rc;
	return sqlite_run(
		db, keep,
		SQL_ARGS(SQL_INT(attempt->job), SQL_TEXT_SIZED(fault->result, fault->result_size)),
		err);
}

static int make_again(struct sqlite_queue *db, const struct attempt *attempt,
		      const struct queue_fault *fault, struct bailiff_error *err)
{
	static const char park[] =
		"UPDATE job SET state = 'ready', is_parked = 1, last_error = ?2, due = ?3,"
		" avoid = ?4, avoid_until = ?5 WHERE id = ?1";
	int64_t due = sqlite_boot_ns() + backoff_ns(attempt->number);
	bool has_other;
	int rc = find_other(db, attempt, &has_other, err);
	if (rc < 0)
		return rc;
	return sqlite_run(db, park,
			  SQL_ARGS(SQL_INT(attempt->job), sql_text(fault->reason), SQL_INT(due),
				   sql_text(has_other ? attempt->worker : NULL),
				   SQL_INT(due + QUEUE_AVOID_S * NS_S)),
			  err);
}

static int count_failure(struct sqlite_queue *db, const struct attempt *attempt,
			 const struct queue_fault *fault, struct bailiff_error *err)
{
	if (fault->failure == QUEUE_REJECTED || attempt->number >= attempt->max)
		return make_dead(db, attempt, fault, err);
	return make_again(db, attempt, fault, err);
}

static int count_loss(struct sqlite_queue *db, int64_t job, bool *ret_dead,
		      struct bailiff_error *err)
{
	char reason[QUEUE_NAME_BYTES_MAX + 100];
	struct attempt attempt = { .job = job };
	int rc = read_attempt(db, job, NULL, &attempt, err);
	if (rc < 0)
		return rc;
	(void)snprintf(reason, sizeof reason, "worker lost (attempt %u of %u, worker %s)",
		       attempt.number, attempt.max, attempt.worker);
	const struct queue_fault fault = { .failure = QUEUE_FAILED, .reason = reason };
	*ret_dead = attempt.number >= attempt.max;
	rc = sqlite_run(db, "UPDATE job SET losses = losses + 1 WHERE id = ?1",
			SQL_ARGS(SQL_INT(job)), err);
	return rc < 0 ? rc : count_failure(db, &attempt, &fault, err);
}

/* Counts as lost what a query finds, one after the other, because each changes what it looks at. */
static int count_losses(struct sqlite_queue *db, const char *sql, struct sqlite_args args,
			uint64_t max, uint64_t counts[2], struct bailiff_error *err)
{
	while (counts[0] + counts[1] < max) {
		int64_t job;
		bool is_dead = false;
		int rc = sqlite_number(db, sql, args, 0, &job, err);
		if (rc < 0 || job == 0)
			return rc;
		rc = count_loss(db, job, &is_dead, err);
		if (rc < 0)
			return rc;
		counts[is_dead ? 1 : 0]++;
	}
	return 0;
}

int sqlite_reap(struct queue *queue, uint64_t *ret_ready, uint64_t *ret_dead,
		struct bailiff_error *err)
{
	static const char find[] = "SELECT id FROM job WHERE state = 'running'"
				   " AND lease_until <= ?1 ORDER BY lease_until LIMIT 1";
	static const char forget[] = "DELETE FROM worker WHERE seen < ?1";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	uint64_t counts[2] = { 0, 0 };
	int64_t now = sqlite_boot_ns(), job = 0;
	/* Mostly there is nothing, and readers wait for nobody. */
	int rc = sqlite_begin(db, SQLITE_FOR_READING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_end(db, sqlite_number(db, find, SQL_ARGS(SQL_INT(now)), 0, &job, err), err);
	if (rc == 0 && job != 0)
		rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	if (job != 0) {
		rc = count_losses(db, find, SQL_ARGS(SQL_INT(now)), QUEUE_BATCH, counts, err);
		if (rc == 0)
			rc = sqlite_run(db, forget,
					SQL_ARGS(SQL_INT(now - QUEUE_WORKER_FORGOTTEN_S * NS_S)),
					err);
		rc = sqlite_end(db, rc, err);
	}
	if (rc == 0) {
		*ret_ready = counts[0];
		*ret_dead = counts[1];
	}
	return rc;
}

/* ---- presence -------------------------------------------------------------------------------- */

static int put_worker(struct sqlite_queue *db, const struct queue_worker *worker,
		      struct bailiff_error *err)
{
	static const char put[] =
		"INSERT OR REPLACE INTO worker (name, instance, slots, offers, host, version, seen)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
	AUTO_FREE char *offers = queue_join_names(worker->offers);
	if (offers == NULL)
		return fail_memory(err);
	return sqlite_run(db, put,
			  SQL_ARGS(sql_text(worker->name), SQL_INT(worker->instance),
				   SQL_INT(worker->slots), sql_text(offers), sql_text(worker->host),
				   sql_text(worker->version), SQL_INT(sqlite_boot_ns())),
			  err);
}

int sqlite_enlist(struct queue *queue, const struct queue_worker *worker, bool take_over,
		  struct bailiff_error *err)
{
	static const char find[] = "SELECT id FROM job WHERE state = 'running' AND worker = ?1"
				   " AND instance <> ?2 LIMIT 1";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	uint64_t counts[2] = { 0, 0 };
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	if (!take_over)
		rc = check_free(db, worker, err);
	if (rc == 0)
		rc = put_worker(db, worker, err);
	if (rc == 0)
		rc = count_losses(db, find,
				  SQL_ARGS(sql_text(worker->name), SQL_INT(worker->instance)),
				  UINT64_MAX, counts, err);
	return sqlite_end(db, rc, err);
}

int sqlite_report(struct queue *queue, const struct queue_worker *worker, const char *status,
		  struct bailiff_error *err)
{
	static const char report[] =
		"UPDATE worker SET seen = ?2, status = ?3 WHERE name = ?1 AND instance = ?4";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_check_owner(db, worker, err);
	if (rc == 0)
		rc = sqlite_run(db, report,
				SQL_ARGS(sql_text(worker->name), SQL_INT(sqlite_boot_ns()),
					 sql_text(status), SQL_INT(worker->instance)),
				err);
	/* A start of the machine, or a day of silence, forgets workers. */
	if (rc == 0 && sqlite3_changes(db->handle) == 0)
		rc = put_worker(db, worker, err);
	return sqlite_end(db, rc, err);
}

int sqlite_leave(struct queue *queue, const struct queue_worker *worker, struct bailiff_error *err)
{
	static const char leave[] = "DELETE FROM worker WHERE name = ?1 AND instance = ?2";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_run(db, leave, SQL_ARGS(sql_text(worker->name), SQL_INT(worker->instance)),
			err);
	return sqlite_end(db, rc, err);
}

static int read_worker(struct arena *arena, sqlite3_stmt *statement, int64_t now,
		       struct queue_worker_view *view, struct bailiff_error *err)
{
	const char *texts[4] = { NULL, NULL, NULL, NULL };
	for (int i = 0; i < 4; i++) {
		const char *text = (const char *)sqlite3_column_text(statement, i);
		if (text != NULL)
			texts[i] = arena_copy(arena, text, strlen(text));
		if (texts[i] == NULL && (i < 3 || text != NULL)) /* no status is none */
			return fail_memory(err);
	}
	int64_t age = now - sqlite3_column_int64(statement, 5);
	*view = (struct queue_worker_view){
		.name = texts[0],
		.host = texts[1],
		.version = texts[2],
		.status = texts[3],
		.slots = (unsigned)sqlite3_column_int(statement, 4),
		.seen_age_ns = age > 0 ? (uint64_t)age : 0,
	};
	return 0;
}

int sqlite_workers(struct queue *queue, struct arena *arena, struct queue_worker_view **ret_views,
		   size_t *ret_count, struct bailiff_error *err)
{
	static const char read[] = "SELECT name, host, version, status, slots, seen FROM worker"
				   " ORDER BY name";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	sqlite3_stmt *statement = NULL;
	struct queue_worker_view *views = NULL;
	size_t count = 0;
	int64_t now = sqlite_boot_ns();
	int rc = sqlite_begin(db, SQLITE_FOR_READING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_start(db, read, SQL_NO_ARGS, &statement, err);
	while (rc == 0 && (rc = sqlite_next(db, statement, err)) > 0) {
		views = arena_grow(arena, views, count, sizeof *views);
		rc = views == NULL ? fail_memory(err) :
				     read_worker(arena, statement, now, &views[count++], err);
		if (rc < 0)
			break;
	}
	sqlite_reset(&statement);
	rc = sqlite_end(db, rc, err);
	if (rc == 0) {
		*ret_views = views;
		*ret_count = count;
	}
	return rc;
}

/* ---- what is held ---------------------------------------------------------------------------- */

int sqlite_renew(struct queue *queue, const struct queue_hold *holds, size_t count,
		 uint64_t lease_ns, bool *is_lost, struct bailiff_error *err)
{
	static const char renew[] = "UPDATE job SET lease_until = ?3 WHERE id = ?1 AND fence = ?2"
				    " AND state = 'running'";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	int64_t until = sqlite_boot_ns() + (int64_t)lease_ns;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = sqlite_run(
			db, renew,
			SQL_ARGS(SQL_INT(holds[i].job), SQL_INT(holds[i].fence), SQL_INT(until)),
			err);
		is_lost[i] = sqlite3_changes(db->handle) == 0;
	}
	return sqlite_end(db, rc, err);
}

/* Back to where it was, as if it had not been claimed. One that has to run alone would be the first that its
 * worker takes again, and keep it from all others. */
static int unclaim(struct sqlite_queue *db, const struct attempt *attempt,
		   struct bailiff_error *err)
{
	static const char back[] =
		"UPDATE job SET state = 'ready', due = 0, attempts = attempts - 1,"
		" avoid = CASE WHEN losses > 0 THEN worker ELSE avoid END,"
		" avoid_until = CASE WHEN losses > 0 THEN ?2 ELSE avoid_until END,"
		" turn = max(turn, coalesce((SELECT min(o.turn) FROM job o WHERE o.state = 'ready'"
		"  AND o.is_parked = 0 AND o.class = job.class AND o.priority = job.priority),"
		"  turn)) WHERE id = ?1";
	db->rings |= QUEUE_EVENT_READY;
	int64_t until = sqlite_boot_ns() + QUEUE_AVOID_S * NS_S;
	return sqlite_run(db, back, SQL_ARGS(SQL_INT(attempt->job), SQL_INT(until)), err);
}

/* The fault's needs, or those that the attempt's job has; owned by the caller. */
static int find_needs(struct sqlite_queue *db, const struct attempt *attempt,
		      const struct queue_fault *fault, char **ret_needs, struct bailiff_error *err)
{
	static const char read[] = "SELECT needs FROM class WHERE id = ?1";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	char *needs = NULL;
	if (fault->needs != NULL) {
		needs = queue_join_names(fault->needs);
	} else {
		int rc = sqlite_start(db, read, SQL_ARGS(SQL_INT(attempt->class)), &statement, err);
		if (rc == 0)
			rc = sqlite_next(db, statement, err);
		if (rc < 0)
			return rc;
		const char *text = (const char *)sqlite3_column_text(statement, 0);
		needs = text != NULL ? strdup(text) : NULL;
	}
	if (needs == NULL)
		return fail_memory(err);
	*ret_needs = needs;
	return 0;
}

static int correct(struct sqlite_queue *db, const struct attempt *attempt,
		   const struct queue_fault *fault, struct bailiff_error *err)
{
	static const char find_same[] = "SELECT 1 FROM job WHERE id = ?1 AND memory = ?2"
					" AND class = ?3";
	static const char write[] = "UPDATE job SET memory = ?2, class = ?3 WHERE id = ?1";
	int64_t class = 0, is_same = 0;
	AUTO_FREE char *needs = NULL;
	int rc = find_needs(db, attempt, fault, &needs, err);
	if (rc == 0)
		rc = sqlite_class(db, needs, fault->memory_bytes, &class, err);
	const struct sqlite_args args =
		SQL_ARGS(SQL_INT(attempt->job), SQL_INT(fault->memory_bytes), SQL_INT(class));
	if (rc == 0)
		rc = sqlite_number(db, find_same, args, 0, &is_same, err);
	if (rc == 0 && is_same != 0)
		return count_failure(db, attempt, fault, err);
	if (rc == 0)
		rc = sqlite_run(db, write, args, err);
	return rc < 0 ? rc : unclaim(db, attempt, err);
}

static int settle(struct sqlite_queue *db, const struct attempt *attempt,
		  const struct queue_fault *fault, struct bailiff_error *err)
{
	switch (fault->failure) {
	case QUEUE_FAILED:
	case QUEUE_REJECTED: return count_failure(db, attempt, fault, err);
	case QUEUE_RETURNED: return unclaim(db, attempt, err);
	case QUEUE_MISFIT: return correct(db, attempt, fault, err);
	}
	return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "no such failure");
}

int sqlite_give_back(struct queue *queue, const struct queue_hold *hold,
		     const struct queue_fault *fault, bool *ret_superseded,
		     struct bailiff_error *err)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	struct attempt attempt;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	int held = read_attempt(db, (int64_t)hold->job, &hold->fence, &attempt, err);
	rc = held == 1 ? settle(db, &attempt, fault, err) : held;
	rc = sqlite_end(db, rc, err);
	if (rc == 0)
		*ret_superseded = held == 0;
	return rc;
}

/* ---- what nobody heard of --------------------------------------------------------------------- */

static bool is_known(const struct queue_hold *holds, size_t count, int64_t job, int64_t fence)
{
	for (size_t i = 0; i < count; i++)
		if (holds[i].job == (uint64_t)job && holds[i].fence == (uint64_t)fence)
			return true;
	return false;
}

/* The next job behind *job that runs in the worker's name and is none of its holds; 0 = there is none. */
static int find_unheard(struct sqlite_queue *db, const struct queue_worker *worker,
			const struct queue_hold *holds, size_t count, int64_t *job,
			int64_t *ret_uncounted, struct bailiff_error *err)
{
	static const char find[] =
		"SELECT id, fence, fence - attempts FROM job WHERE state = 'running'"
		" AND worker = ?1 AND instance = ?2 AND id > ?3 ORDER BY id";
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(
		db, find,
		SQL_ARGS(sql_text(worker->name), SQL_INT(worker->instance), SQL_INT(*job)),
		&statement, err);
	*job = 0;
	while (rc == 0 && (rc = sqlite_next(db, statement, err)) > 0) {
		int64_t id = sqlite3_column_int64(statement, 0);
		rc = 0;
		if (is_known(holds, count, id, sqlite3_column_int64(statement, 1)))
			continue;
		*job = id;
		*ret_uncounted = sqlite3_column_int64(statement, 2);
		break;
	}
	return rc;
}

static int return_unheard(struct sqlite_queue *db, int64_t job, int64_t uncounted,
			  struct bailiff_error *err)
{
	const struct attempt attempt = { .job = job };
	bool is_dead;
	return uncounted < QUEUE_UNHEARD_MAX ? unclaim(db, &attempt, err) :
					       count_loss(db, job, &is_dead, err);
}

int sqlite_return_unheard(struct queue *queue, const struct queue_worker *worker,
			  const struct queue_hold *holds, size_t count, uint64_t *ret_returned,
			  struct bailiff_error *err)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	int64_t job = 0, uncounted = 0;
	uint64_t returned = 0;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	while ((rc = find_unheard(db, worker, holds, count, &job, &uncounted, err)) == 0 &&
	       job != 0) {
		rc = return_unheard(db, job, uncounted, err);
		if (rc < 0)
			break;
		returned++;
	}
	rc = sqlite_end(db, rc, err);
	if (rc == 0)
		*ret_returned = returned;
	return rc;
}
