/* SPDX-License-Identifier: MIT */
/*
 * One connection to one file, in WAL mode: readers and the one writer do not wait for each other,
 * and with synchronous=FULL a commit is on the disk when it returns
 * (sqlite.org/pragma.html#pragma_synchronous). Writers begin with the lock (BEGIN IMMEDIATE), so
 * none ever has to start over because another was faster.
 *
 * The wall clock may be stepped, by days where a machine starts without network. So leases and due
 * times are in CLOCK_BOOTTIME, which is the same for all processes of the machine and goes on while
 * it sleeps; whoever opens the database first after a start of the machine, which the kernel's boot
 * id tells, lets all of them run out.
 *
 * The file is never opened here but by SQLite: closing any descriptor of it would drop the locks
 * that this process has on it (sqlite.org/howtocorrupt.html, 2.2).
 */
#include "queue/sqlite_db.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "queue/queue_error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define APPLICATION_ID 1650551148 /* as in sqlite.sql */
#define BUSY_SLEEP_NS_MIN (100 * NS_PER_US)
#define BUSY_SLEEP_NS_MAX (4 * NS_PER_MS)

/* Of linux/magic.h in newer kernels, and of file systems that keep theirs to themselves. */
#define MAGIC_CIFS 0xff534d42u
#define MAGIC_SMB2 0xfe534d42u
#define MAGIC_LUSTRE 0x0bd00bd0u
#define MAGIC_GPFS 0x47504653u

#define HINT_ROOM "make room on its file system; nothing that was told is lost"

/* ---- clocks ---------------------------------------------------------------------------------- */

static int64_t read_clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };
	(void)clock_gettime(clock, &now); /* cannot fail for the two below */
	return (int64_t)now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

int64_t sqlite_boot_ns(void)
{
	return read_clock_ns(CLOCK_BOOTTIME);
}

int64_t sqlite_wall_ns(void)
{
	return read_clock_ns(CLOCK_REALTIME);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static int fail_unwritable(struct sqlite_queue *db, int code, struct bailiff_error *err)
{
	return queue_error(err, BAILIFF_FAULT_HOST, EACCES,
			   "the file and its folder must be writable for whoever uses the queue",
			   "the queue '%s' cannot be %s (%s)", db->path,
			   code == SQLITE_CANTOPEN ? "opened" : "written", sqlite3_errstr(code));
}

int sqlite_fail(struct sqlite_queue *db, int code, struct bailiff_error *err)
{
	const char *text = db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return queue_error(
			err, BAILIFF_FAULT_HOST, EAGAIN,
			"another process holds its lock; fuser(1) tells which have it open",
			"the queue '%s' was locked for %.1f s", db->path,
			(double)db->queue.timeout_ns / 1e9);
	case SQLITE_FULL:
		return queue_error(err, BAILIFF_FAULT_HOST, EAGAIN, HINT_ROOM,
				   "no room for the queue '%s'", db->path);
	case SQLITE_IOERR:
		db->is_broken = true;
		return queue_error(err, BAILIFF_FAULT_HOST, EAGAIN,
				   "its file system may be full, or its disk failing: see dmesg(1)",
				   "the queue '%s' cannot be read or written (%s, %d)", db->path,
				   text, code);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH: db->is_broken = true; return fail_unwritable(db, code & 0xff, err);
	case SQLITE_NOTADB:
		return queue_error(err, BAILIFF_FAULT_HOST, EINVAL, "name another file",
				   "'%s' is not a SQLite database", db->path);
	case SQLITE_CORRUPT:
		db->is_broken = true;
		return queue_error(err, BAILIFF_FAULT_HOST, EUCLEAN,
				   "save what can be saved with `sqlite3 FILE .recover`",
				   "the queue '%s' is damaged (%s)", db->path, text);
	case SQLITE_NOMEM: return fail_memory(err);
	default:
		return fail_internal(err, BAILIFF_STAGE_SPEC, 0, "the queue '%s': %s (%d)",
				     db->path, text, code);
	}
}

static int fail_not_ours(struct sqlite_queue *db, struct bailiff_error *err)
{
	return queue_error(err, BAILIFF_FAULT_HOST, EINVAL, "name another file",
			   "'%s' is a SQLite database, but not a queue of bailiff's", db->path);
}

/* ---- statements ------------------------------------------------------------------------------ */

struct sqlite_value sql_text(const char *text)
{
	return text == NULL ? (struct sqlite_value){ .kind = SQL_KIND_NULL } :
			      SQL_TEXT_SIZED(text, strlen(text));
}

static int find_statement(struct sqlite_queue *db, const char *sql, sqlite3_stmt **ret_statement)
{
	for (size_t i = 0; i < db->statement_count; i++) {
		if (db->statements[i].sql == sql) {
			*ret_statement = db->statements[i].statement;
			return SQLITE_OK;
		}
	}
	if (db->statement_count == SQLITE_STATEMENTS_MAX)
		return SQLITE_FULL;
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
				      NULL);
	if (code != SQLITE_OK)
		return code;
	db->statements[db->statement_count++] =
		(struct sqlite_statement){ .sql = sql, .statement = statement };
	*ret_statement = statement;
	return SQLITE_OK;
}

static int bind_value(sqlite3_stmt *statement, int place, const struct sqlite_value *value)
{
	switch (value->kind) {
	case SQL_KIND_NULL: return sqlite3_bind_null(statement, place);
	case SQL_KIND_INT: return sqlite3_bind_int64(statement, place, value->number);
	case SQL_KIND_TEXT:
		return sqlite3_bind_text64(statement, place, value->data, value->size,
					   SQLITE_STATIC, SQLITE_UTF8);
	case SQL_KIND_BLOB:
		return sqlite3_bind_blob64(statement, place, value->data, value->size,
					   SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

int sqlite_start(struct sqlite_queue *db, const char *sql, struct sqlite_args args,
		 sqlite3_stmt **ret_statement, struct bailiff_error *err)
{
	sqlite3_stmt *statement = NULL;
	int code = find_statement(db, sql, &statement);
	for (size_t i = 0; code == SQLITE_OK && i < args.count; i++)
		code = bind_value(statement, (int)i + 1, &args.values[i]);
	if (code != SQLITE_OK)
		return sqlite_fail(db, code, err);
	*ret_statement = statement;
	return 0;
}

int sqlite_next(struct sqlite_queue *db, sqlite3_stmt *statement, struct bailiff_error *err)
{
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : sqlite_fail(db, code, err);
}

void sqlite_reset(sqlite3_stmt **statement)
{
	if (*statement == NULL)
		return;
	(void)sqlite3_reset(*statement); /* repeats the error of the step, which is known */
	(void)sqlite3_clear_bindings(*statement);
	*statement = NULL;
}

int sqlite_run(struct sqlite_queue *db, const char *sql, struct sqlite_args args,
	       struct bailiff_error *err)
{
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(db, sql, args, &statement, err);
	return rc < 0 ? rc : sqlite_next(db, statement, err);
}

int sqlite_number(struct sqlite_queue *db, const char *sql, struct sqlite_args args,
		  int64_t missing, int64_t *ret_number, struct bailiff_error *err)
{
	SQLITE_AUTO_RESET sqlite3_stmt *statement = NULL;
	int rc = sqlite_start(db, sql, args, &statement, err);
	if (rc == 0)
		rc = sqlite_next(db, statement, err);
	if (rc < 0)
		return rc;
	bool is_there = rc == 1 && sqlite3_column_type(statement, 0) != SQLITE_NULL;
	*ret_number = is_there ? sqlite3_column_int64(statement, 0) : missing;
	return 0;
}

/* ---- transactions ---------------------------------------------------------------------------- */

/* SQLite's own handler waits up to 100 ms at a time; a job's whole transaction takes one. */
static int wait_for_lock(void *context, int count)
{
	const struct sqlite_queue *db = context;
	if (clock_now_ns() >= db->deadline_ns)
		return 0;
	uint64_t sleep_ns = BUSY_SLEEP_NS_MIN << (count < 5 ? count : 5);
	struct timespec pause =
		clock_timespec(sleep_ns < BUSY_SLEEP_NS_MAX ? sleep_ns : BUSY_SLEEP_NS_MAX);
	(void)nanosleep(&pause, NULL);
	return 1;
}

/* A file that was deleted or replaced would swallow everything that is written to it. */
static int check_place(struct sqlite_queue *db, struct bailiff_error *err)
{
	int has_moved = 0;
	if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) ==
		    SQLITE_OK &&
	    has_moved == 0)
		return 0;
	db->is_broken = true;
	return queue_error(err, BAILIFF_FAULT_HOST, EAGAIN, "restore it, or start with a new one",
			   "the queue '%s' was deleted or replaced while it was in use", db->path);
}

int sqlite_begin(struct sqlite_queue *db, enum sqlite_access access, struct bailiff_error *err)
{
	static const char begin_read[] = "BEGIN", begin_write[] = "BEGIN IMMEDIATE";
	db->deadline_ns = clock_now_ns() + db->queue.timeout_ns;
	db->rings = 0;
	int rc = db->handle == NULL ? sqlite_db_open(db, err) : check_place(db, err);
	if (rc == 0)
		rc = sqlite_run(db, access == SQLITE_FOR_READING ? begin_read : begin_write,
				SQL_NO_ARGS, err);
	if (rc < 0 && db->is_broken)
		sqlite_db_close(db);
	return rc;
}

/* Others watch the file's times: they change when the commit can be seen, which cannot be said of
 * what SQLite itself writes. */
static void tell_others(struct sqlite_queue *db)
{
	if (db->rings == 0)
		return;
	(void)utimensat(AT_FDCWD, db->path, NULL, 0); /* they also look from time to time */
	db->queue.driver->hear(&db->queue);	      /* takes our own ring out of the way */
}

int sqlite_end(struct sqlite_queue *db, int rc, struct bailiff_error *err)
{
	static const char commit[] = "COMMIT", rollback[] = "ROLLBACK";
	if (rc >= 0)
		rc = sqlite_run(db, commit, SQL_NO_ARGS, err);
	/* Some errors have rolled back already (sqlite.org/lang_transaction.html, 2.3). */
	if (rc < 0 && sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite_run(db, rollback, SQL_NO_ARGS, NULL);
	if (rc >= 0)
		tell_others(db);
	if (db->is_broken)
		sqlite_db_close(db);
	return rc;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool is_network_file_system(const char *path)
{
	struct statfs status;
	if (statfs(path, &status) < 0)
		return false;
	switch ((unsigned long)status.f_type & 0xffffffffu) {
	case NFS_SUPER_MAGIC:
	case AFS_FS_MAGIC:
	case CEPH_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CODA_SUPER_MAGIC:
	case MAGIC_CIFS:
	case MAGIC_SMB2:
	case MAGIC_LUSTRE:
	case MAGIC_GPFS: return true;
	default: return false;
	}
}

/* The file, made with nobody's rights but the owner's where it is missing and may be made. */
static int find_file(struct sqlite_queue *db, struct bailiff_error *err)
{
	struct stat status;
	int rc = stat(db->path, &status);
	if (rc < 0 && errno == ENOENT && db->create) {
		/* mknod makes a file without opening it; SQLite's would be readable for all. */
		if (mknod(db->path, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
			return fail_host(err, BAILIFF_STAGE_SPEC, errno, NULL,
					 "make the queue '%s'", db->path);
		rc = stat(db->path, &status);
	}
	if (rc < 0)
		return fail_host(err, BAILIFF_STAGE_SPEC, errno,
				 errno == ENOENT ? "`bailiff queue init` makes one" : NULL,
				 "open the queue '%s'", db->path);
	if (!S_ISREG(status.st_mode))
		return queue_error(err, BAILIFF_FAULT_HOST, EINVAL, "name a file",
				   "the queue '%s' is not a file", db->path);
	if (is_network_file_system(db->path))
		return queue_error(
			err, BAILIFF_FAULT_HOST, EINVAL,
			"several machines share a queue through PostgreSQL",
			"the queue '%s' is on a network file system, whose locks do not hold",
			db->path);
	return 0;
}

static int execute(struct sqlite_queue *db, const char *sql, struct bailiff_error *err)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : sqlite_fail(db, code, err);
}

/* The change to WAL needs the file for itself and does not wait for it (sqlite.org/wal.html). */
static int set_wal(struct sqlite_queue *db, struct bailiff_error *err)
{
	int code;
	for (int count = 0;; count++) {
		code = sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((code & 0xff) != SQLITE_BUSY || wait_for_lock(db, count) == 0)
			break;
	}
	return code == SQLITE_OK ? 0 : sqlite_fail(db, code, err);
}

/* Whose tables these are: 0 = nobody's, there are none. */
static int read_version(struct sqlite_queue *db, int64_t *ret_version, struct bailiff_error *err)
{
	static const char application[] = "PRAGMA application_id";
	static const char version[] = "PRAGMA user_version";
	static const char tables[] = "SELECT count(*) FROM sqlite_schema";
	int64_t id, number, count;
	int rc = sqlite_number(db, application, SQL_NO_ARGS, 0, &id, err);
	if (rc == 0)
		rc = sqlite_number(db, version, SQL_NO_ARGS, 0, &number, err);
	if (rc == 0)
		rc = sqlite_number(db, tables, SQL_NO_ARGS, 0, &count, err);
	if (rc < 0)
		return rc;
	if (id != APPLICATION_ID && (id != 0 || number != 0 || count != 0))
		return fail_not_ours(db, err);
	if (id == APPLICATION_ID && number != QUEUE_VERSION)
		return queue_error(err, BAILIFF_FAULT_HOST, EPROTO,
				   "use the bailiff that made it, or another file",
				   "the queue '%s' has version %lld, this program has version %d",
				   db->path, (long long)number, QUEUE_VERSION);
	*ret_version = number;
	return 0;
}

static int begin_write(struct sqlite_queue *db, struct bailiff_error *err)
{
	return execute(db, "BEGIN IMMEDIATE", err);
}

static int end_write(struct sqlite_queue *db, int rc, struct bailiff_error *err)
{
	if (rc == 0)
		rc = execute(db, "COMMIT", err);
	if (rc < 0 && sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int make_tables(struct sqlite_queue *db, struct bailiff_error *err)
{
	int64_t version = 0;
	int rc = begin_write(db, err);
	if (rc < 0)
		return rc;
	/* Another may have been here between. */
	rc = read_version(db, &version, err);
	if (rc == 0 && version == 0)
		rc = execute(db, queue_schema_sqlite, err);
	return end_write(db, rc, err);
}

/* After a start of the machine: everything that was held has been let go. */
static int forget_boot(struct sqlite_queue *db, const char *boot, struct bailiff_error *err)
{
	static const char leases[] = "UPDATE job SET lease_until = 0 WHERE state = 'running'";
	static const char due[] = "UPDATE job SET due = 0, avoid_until = 0 WHERE state = 'ready'";
	static const char workers[] = "DELETE FROM worker";
	static const char note[] = "UPDATE setting SET value = ?1 WHERE name = 'boot'";
	int rc = begin_write(db, err);
	if (rc < 0)
		return rc;
	rc = sqlite_run(db, leases, SQL_NO_ARGS, err);
	if (rc == 0)
		rc = sqlite_run(db, due, SQL_NO_ARGS, err);
	if (rc == 0)
		rc = sqlite_run(db, workers, SQL_NO_ARGS, err);
	if (rc == 0)
		rc = sqlite_run(db, note, SQL_ARGS(sql_text(boot)), err);
	return end_write(db, rc, err);
}

static int check_boot(struct sqlite_queue *db, struct bailiff_error *err)
{
	static const char is_other[] = "SELECT value <> ?1 FROM setting WHERE name = 'boot'";
	char boot[64];
	int length =
		io_read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof boot);
	if (length < 0)
		return fail_host(err, BAILIFF_STAGE_SPEC, -length, NULL,
				 "read the kernel's boot id");
	boot[strcspn(boot, "\n")] = '\0';
	int64_t differs;
	int rc = sqlite_number(db, is_other, SQL_ARGS(sql_text(boot)), 1, &differs, err);
	return rc == 0 && differs != 0 ? forget_boot(db, boot, err) : rc;
}

static int prepare(struct sqlite_queue *db, struct bailiff_error *err)
{
	int64_t version;
	/* trusted_schema: a crafted file must not run functions. */
	int rc = execute(db,
			 "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;"
			 "PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864",
			 err);
	if (rc == 0)
		rc = read_version(db, &version, err);
	if (rc == 0 && version == 0 && !db->create)
		rc = queue_error(err, BAILIFF_FAULT_HOST, ENOENT, "`bailiff queue init` makes them",
				 "the queue '%s' has no tables", db->path);
	if (rc == 0)
		rc = set_wal(db, err);
	if (rc == 0 && version == 0)
		rc = make_tables(db, err);
	return rc < 0 ? rc : check_boot(db, err);
}

int sqlite_db_open(struct sqlite_queue *db, struct bailiff_error *err)
{
	db->deadline_ns = clock_now_ns() + db->queue.timeout_ns;
	int rc = find_file(db, err);
	if (rc < 0)
		return rc;
	int code = sqlite3_open_v2(db->path, &db->handle,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK) {
		(void)sqlite3_extended_result_codes(db->handle, 1);
		(void)sqlite3_busy_handler(db->handle, wait_for_lock, db);
		rc = prepare(db, err);
	} else {
		rc = sqlite_fail(db, code, err);
	}
	if (rc < 0)
		sqlite_db_close(db);
	return rc;
}

void sqlite_db_close(struct sqlite_queue *db)
{
	for (size_t i = 0; i < db->statement_count; i++)
		(void)sqlite3_finalize(db->statements[i].statement);
	db->statement_count = 0;
	(void)sqlite3_close(db->handle); /* of NULL: nothing */
	db->handle = NULL;
	db->is_broken = false;
	db->seen_version = 0;
	(void)bell_watch(&db->queue.bell, FD_NONE);
	fd_close(&db->inotify_fd);
}
