/* SPDX-License-Identifier: MIT */
/*
 * The driver for queues in one file, for the processes of one machine: what is the queue's rather
 * than the database's (sqlite_db.c) or a job's (sqlite_client.c, sqlite_worker.c).
 *
 * Events: whoever commits something that others wait for then touches the database file, and
 * inotify tells those. The log that SQLite writes could be watched instead, but its last write
 * comes before the sync, and the commit can be seen only after that. PRAGMA data_version tells
 * others' touches from our own.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "queue/queue_error.h"
#include "queue/sqlite_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#define PREFIX "sqlite:"
/* What the poll finds beside events are jobs that become due, seconds after they failed. */
#define POLL_NS_WITH_EVENTS NS_PER_S
#define POLL_NS_WITHOUT (200 * NS_PER_MS)

static void sqlite_close(struct queue *queue)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	sqlite_db_close(db);
	free(db->path);
	free(db->queue.shown_url);
	free(db);
}

static int set_names(struct sqlite_queue *db, const char *url, struct bailiff_error *err)
{
	const char *path = url + strlen(PREFIX);
	if (path[0] == '\0')
		return fail_spec(err, "queue: sqlite: needs the path of a file");
	/* Absolute, so that no name means something else to SQLite, as ":memory:" does, and the
	 * file can be opened again from another folder. */
	AUTO_FREE char *folder = path[0] == '/' ? strdup("") : getcwd(NULL, 0);
	if (folder == NULL)
		return fail_host(err, BAILIFF_STAGE_SPEC, errno, NULL, "find the current folder");
	if (asprintf(&db->path, "%s%s%s", folder, path[0] == '/' ? "" : "/", path) < 0)
		db->path = NULL;
	db->queue.shown_url = strdup(url);
	return db->path == NULL || db->queue.shown_url == NULL ? fail_memory(err) : 0;
}

static int sqlite_open(const char *url, const struct queue_options *options,
		       struct queue **ret_queue, struct bailiff_error *err)
{
	struct sqlite_queue *db = calloc(1, sizeof *db);
	if (db == NULL)
		return fail_memory(err);
	db->queue = (struct queue){ .driver = &queue_driver_sqlite,
				    .timeout_ns = options->timeout_ns,
				    .bell = BELL_NONE };
	db->inotify_fd = FD_NONE;
	db->create = options->create;
	int rc = set_names(db, url, err);
	if (rc == 0)
		rc = sqlite_db_open(db, err);
	if (rc < 0) {
		sqlite_close(&db->queue);
		return rc;
	}
	*ret_queue = &db->queue;
	return 0;
}

static int sqlite_init(struct queue *queue, const struct queue_settings *settings,
		       struct bailiff_error *err)
{
	static const char set[] = "UPDATE setting SET value = ?2 WHERE name = ?1 AND ?2 > 0";
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	int rc = sqlite_begin(db, SQLITE_FOR_WRITING, err);
	if (rc < 0)
		return rc;
	rc = sqlite_run(db, set, SQL_ARGS(sql_text("depth_max"), SQL_INT(settings->depth_max)),
			err);
	if (rc == 0)
		rc = sqlite_run(
			db, set,
			SQL_ARGS(sql_text("client_depth_max"), SQL_INT(settings->client_depth_max)),
			err);
	return sqlite_end(db, rc, err);
}

/* ---- events ---------------------------------------------------------------------------------- */

static int watch_file(struct sqlite_queue *db)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, db->path, IN_ATTRIB) < 0) {
		int rc = -errno;
		fd_close(&fd);
		return rc;
	}
	db->inotify_fd = fd;
	return 0;
}

/* Counts the commits of other connections, more or less. */
static int64_t read_data_version(struct sqlite_queue *db)
{
	static const char read[] = "PRAGMA data_version";
	int64_t version;
	db->deadline_ns = 0; /* never waits */
	return sqlite_number(db, read, SQL_NO_ARGS, -1, &version, NULL) == 0 ? version : -1;
}

static int sqlite_listen(struct queue *queue)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	if (db->handle == NULL && sqlite_db_open(db, NULL) < 0)
		return -EAGAIN;
	if (db->inotify_fd >= 0)
		return 0;
	int rc = watch_file(db);
	if (rc == 0)
		rc = bell_watch(&queue->bell, db->inotify_fd);
	if (rc < 0) {
		fd_close(&db->inotify_fd);
		return rc;
	}
	/* What came before the watch was not heard. */
	db->seen_version = read_data_version(db);
	bell_ring(&queue->bell, QUEUE_EVENT_READY | QUEUE_EVENT_ENDED | QUEUE_EVENT_CANCELLED);
	return 0;
}

static void sqlite_hear(struct queue *queue)
{
	struct sqlite_queue *db = (struct sqlite_queue *)queue;
	char events[1024] __attribute__((aligned(8)));
	bool is_touched = false;
	if (db->inotify_fd < 0)
		return;
	while (read(db->inotify_fd, events, sizeof events) > 0)
		is_touched = true;
	int64_t version = is_touched ? read_data_version(db) : db->seen_version;
	if (version == db->seen_version)
		return;
	db->seen_version = version;
	bell_ring(&queue->bell,
		  queue->is_worker ? QUEUE_EVENT_READY | QUEUE_EVENT_CANCELLED : QUEUE_EVENT_ENDED);
}

static uint64_t sqlite_poll_interval_ns(const struct queue *queue)
{
	const struct sqlite_queue *db = (const struct sqlite_queue *)queue;
	return db->inotify_fd >= 0 ? POLL_NS_WITH_EVENTS : POLL_NS_WITHOUT;
}

static const char *const prefixes[] = { PREFIX, NULL };

const struct queue_driver queue_driver_sqlite = {
	.prefixes = prefixes,
	.schema = NULL, /* whoever opens the file makes them */
	.open = sqlite_open,
	.close = sqlite_close,
	.init = sqlite_init,
	.purge = sqlite_purge,
	.submit = sqlite_submit,
	.result = sqlite_result,
	.list = sqlite_list,
	.cancel = sqlite_cancel,
	.retry = sqlite_retry,
	.stats = sqlite_stats,
	.enlist = sqlite_enlist,
	.report = sqlite_report,
	.leave = sqlite_leave,
	.workers = sqlite_workers,
	.claim = sqlite_claim,
	.has_more = sqlite_has_more,
	.renew = sqlite_renew,
	.finish = sqlite_finish,
	.exchange = sqlite_exchange,
	.fail = sqlite_give_back,
	.return_unheard = sqlite_return_unheard,
	.reap = sqlite_reap,
	.listen = sqlite_listen,
	.hear = sqlite_hear,
	.poll_interval_ns = sqlite_poll_interval_ns,
};
