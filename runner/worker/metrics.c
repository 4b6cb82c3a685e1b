/* SPDX-License-Identifier: MIT */
/*
 * Metrics in the text format of Prometheus (version 0.0.4). Plain counters and gauges are rows of
 * one table, so that none can be without its HELP and TYPE lines. Every sample has the worker's
 * name as a label: a scraper tells its targets apart by itself, but files of several workers that
 * one node_exporter reads must not hold the same series twice.
 *
 * Source: prometheus.io/docs, "Exposition formats" and "Metric and label naming".
 */
#include "worker/telemetry.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "codec/utf8.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SUFFIX ".prom"

/* ---- the format -------------------------------------------------------------------------------
 */

static void put_header(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(out, "# HELP bailiff_%s %s\n# TYPE bailiff_%s %s\n", name, help, name, type);
}

/* What is not UTF-8 would make a scraper refuse all of it. */
static void put_label_value(FILE *out, const char *text)
{
	size_t length = strlen(text);
	for (size_t at = 0; at < length;) {
		if (text[at] == '\n')
			(void)fputs("\\n", out);
		else if (text[at] == '"' || text[at] == '\\')
			(void)fprintf(out, "\\%c", text[at]);
		else {
			at += utf8_put(out, text + at, length - at);
			continue;
		}
		at++;
	}
}

/* One more label beside the worker's; key NULL = none. */
struct label {
	const char *key, *value;
};
#define NO_LABEL ((struct label){ NULL, NULL })

/* "bailiff_NAME{worker="...",KEY="VALUE"} ". */
static void put_series(FILE *out, const struct worker_status *status, const char *name,
		       struct label label)
{
	(void)fprintf(out, "bailiff_%s{worker=\"", name);
	put_label_value(out, status->name);
	if (label.key != NULL) {
		(void)fprintf(out, "\",%s=\"", label.key);
		put_label_value(out, label.value);
	}
	(void)fputs("\"} ", out);
}

static void put_u64(FILE *out, const struct worker_status *status, const char *name,
		    struct label label, uint64_t value)
{
	put_series(out, status, name, label);
	(void)fprintf(out, "%" PRIu64 "\n", value);
}

/* Seconds with all digits that nanoseconds have, but no zeros behind them. */
static void put_seconds(FILE *out, uint64_t ns)
{
	char text[32];
	int length =
		snprintf(text, sizeof text, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_S, ns % NS_PER_S);
	while (length > 1 && text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	(void)fprintf(out, "%.*s", length, text);
}

static void put_seconds_gauge(FILE *out, const struct worker_status *status, const char *name,
			      const char *help, uint64_t ns)
{
	put_header(out, name, "gauge", help);
	put_series(out, status, name, NO_LABEL);
	put_seconds(out, ns);
	(void)fputc('\n', out);
}

static void put_histogram(FILE *out, const struct worker_status *status, const char *name,
			  const char *help, const struct histogram *histogram)
{
	char part[64];
	uint64_t below = 0;
	put_header(out, name, "histogram", help);
	(void)snprintf(part, sizeof part, "%s_bucket", name);
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		below += histogram->buckets[i];
		(void)fprintf(out, "bailiff_%s{worker=\"", part);
		put_label_value(out, status->name);
		(void)fputs("\",le=\"", out);
		if (i < HISTOGRAM_BOUNDS)
			put_seconds(out, histogram_bounds_ns[i]);
		else
			(void)fputs("+Inf", out);
		(void)fprintf(out, "\"} %" PRIu64 "\n", below);
	}
	(void)snprintf(part, sizeof part, "%s_sum", name);
	put_series(out, status, part, NO_LABEL);
	put_seconds(out, histogram->sum_ns);
	(void)fputc('\n', out);
	(void)snprintf(part, sizeof part, "%s_count", name);
	put_u64(out, status, part, NO_LABEL, histogram->count);
}

/* ---- what there is ----------------------------------------------------------------------------
 */

/* A counter is a number of the tally. */
static const struct counter_row {
	const char *name, *help;
	size_t offset; /* in struct tally */
} counter_rows[] = {
	{ "jobs_claimed_total", "Jobs taken from the queue.", offsetof(struct tally, claimed) },
	{ "jobs_rejected_total", "Jobs that nobody could run.", offsetof(struct tally, rejected) },
	{ "jobs_returned_total", "Jobs given back without counting as an attempt.",
	  offsetof(struct tally, returned) },
	{ "jobs_superseded_total", "Results that came too late and changed nothing.",
	  offsetof(struct tally, superseded) },
	{ "leases_lost_total", "Holds that were lost before the job's end.",
	  offsetof(struct tally, leases_lost) },
	{ "slot_deaths_total", "Slots whose process ended while it had a job.",
	  offsetof(struct tally, slot_deaths) },
	{ "oom_kills_total", "Processes that the kernel's OOM killer ended in cells.",
	  offsetof(struct tally, oom_kills) },
	{ "store_failures_total", "Calls that did not get through to the store.",
	  offsetof(struct tally, queue_failures) },
};

static const struct histogram_row {
	const char *name, *help;
	size_t offset; /* in struct tally */
} histogram_rows[] = {
	{ "cell_setup_seconds", "Set-up of the cell of a run job, until its program's exec.",
	  offsetof(struct tally, setup) },
	{ "job_duration_seconds", "From the start of a job to its result.",
	  offsetof(struct tally, duration) },
	{ "job_wait_seconds", "From the submission of a job to its claim.",
	  offsetof(struct tally, wait) },
	{ "store_call_seconds", "Calls to the store.", offsetof(struct tally, store) },
};

static const void *tally_field(const struct tally *tally, size_t offset)
{
	return (const char *)tally + offset;
}

static void put_counters(FILE *out, const struct worker_status *status)
{
	const struct tally *tally = &status->tally;
	put_header(out, "jobs_total", "counter", "Jobs that got a verdict.");
	for (size_t i = 0; i < STATUS_VERDICT_COUNT; i++)
		put_u64(out, status, "jobs_total",
			(struct label){ "verdict", status_verdict_name(i) }, tally->jobs[i]);
	put_header(out, "internal_errors_total", "counter", "Failures of the sandbox.");
	for (unsigned i = 0; i < STATUS_STAGE_COUNT; i++)
		put_u64(out, status, "internal_errors_total",
			(struct label){ "stage", bailiff_stage_name((enum bailiff_stage)i) },
			tally->internal_errors[i]);
	put_header(out, "jobs_reaped_total", "counter",
		   "Jobs of others whose lease had run out, by what became of them.");
	put_u64(out, status, "jobs_reaped_total", (struct label){ "state", "ready" },
		tally->reaped_ready);
	put_u64(out, status, "jobs_reaped_total", (struct label){ "state", "dead" },
		tally->reaped_dead);
	for (size_t i = 0; i < ARRAY_LENGTH(counter_rows); i++) {
		const struct counter_row *row = &counter_rows[i];
		const uint64_t *value = tally_field(tally, row->offset);
		put_header(out, row->name, "counter", row->help);
		put_u64(out, status, row->name, NO_LABEL, *value);
	}
}

static void put_gauge(FILE *out, const struct worker_status *status, const char *name,
		      const char *help, uint64_t value)
{
	put_header(out, name, "gauge", help);
	put_u64(out, status, name, NO_LABEL, value);
}

static void put_slots(FILE *out, const struct worker_status *status)
{
	put_header(out, "slots", "gauge", "Slots of the worker.");
	for (unsigned state = SLOT_STATE_STARTING; state <= SLOT_STATE_DOWN; state++) {
		uint64_t count = 0;
		for (size_t i = 0; i < status->slot_count; i++)
			count += status->slots[i].state == (enum slot_state)state;
		put_u64(out, status, "slots",
			(struct label){ "state", slot_state_name((enum slot_state)state) }, count);
	}
	put_gauge(out, status, "slot_memory_bytes", "Memory that a slot has for a job.",
		  status->slot_memory_bytes);
	put_gauge(out, status, "prefetched_jobs", "Jobs claimed that wait for a slot.",
		  status->prefetched);
}

/* The queue as a whole: every worker of it tells the same. */
static void put_queue(FILE *out, const struct worker_status *status)
{
	const struct queue_stats *stats = &status->stats;
	if (!status->has_stats)
		return;
	put_header(out, "queue_jobs", "gauge", "Jobs in the queue.");
	for (unsigned i = 0; i < QUEUE_STATE_COUNT; i++)
		put_u64(out, status, "queue_jobs",
			(struct label){ "state", queue_state_name((enum queue_state)i) },
			stats->jobs[i]);
	put_seconds_gauge(out, status, "queue_oldest_ready_seconds",
			  "Age of the oldest job that could be claimed, 0 where there is none.",
			  stats->oldest_ready_ns);
	put_gauge(out, status, "queue_clients_waiting", "Clients that have jobs to be claimed.",
		  stats->clients_waiting);
	put_gauge(out, status, "queue_workers", "Workers seen within the last minute.",
		  stats->workers);
}

/* The start on the clock that others have; as exact as process start times are. */
static uint64_t start_time_ns(const struct worker_status *status, uint64_t now_ns)
{
	const uint64_t exact_ns = 10 * NS_PER_MS;
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	uint64_t real_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
	uint64_t age_ns = now_ns > status->started_ns ? now_ns - status->started_ns : 0;
	uint64_t start_ns = real_ns > age_ns ? real_ns - age_ns : 0;
	return (start_ns + exact_ns / 2) / exact_ns * exact_ns;
}

void metrics_print(FILE *out, const struct worker_status *status, uint64_t now_ns)
{
	put_header(out, "build_info", "gauge", "Always 1; the version is a label.");
	put_u64(out, status, "build_info", (struct label){ "version", bailiff_version() }, 1);
	put_seconds_gauge(out, status, "worker_start_time_seconds",
			  "When the worker began, since the epoch.", start_time_ns(status, now_ns));
	put_gauge(out, status, "worker_draining", "Whether the worker takes no more jobs.",
		  status->is_draining);
	put_gauge(out, status, "store_reachable", "Whether the last call to the store got through.",
		  status->is_reachable);
	put_slots(out, status);
	put_counters(out, status);
	for (size_t i = 0; i < ARRAY_LENGTH(histogram_rows); i++) {
		const struct histogram_row *row = &histogram_rows[i];
		put_histogram(out, status, row->name, row->help,
			      tally_field(&status->tally, row->offset));
	}
	put_queue(out, status);
}

/* ---- as a file ---------------------------------------------------------------------------------
 */

/* The file under another name beside it, which no collector reads. */
static bool temporary_name(const char *path, char name[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
	int length =
		snprintf(name, PATH_MAX, "%.*s.%s.%d", folder, path, path + folder, (int)getpid());
	return length > 0 && length < PATH_MAX;
}

static int write_new(const char *name, const struct worker_status *status)
{
	/* What stands there is of a worker with this number that was killed in between. */
	(void)unlink(name);
	AUTO_CLOSE int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	/* Whoever collects it is another user, whatever this one's umask. */
	FILE *out = fd >= 0 && fchmod(fd, 0644) == 0 ? fdopen(fd, "w") : NULL;
	if (out == NULL)
		return -errno;
	(void)fd_take(&fd);
	metrics_print(out, status, clock_boot_ns());
	bool failed = ferror(out) != 0;
	return fclose(out) != 0 || failed ? -(errno != 0 ? errno : EIO) : 0;
}

static int name_temporary(const char *path, char name[PATH_MAX], struct bailiff_error *err)
{
	size_t length = strlen(path);
	size_t suffix = strlen(FILE_SUFFIX);
	if (length <= suffix || strcmp(path + length - suffix, FILE_SUFFIX) != 0)
		return fail_spec(err, "metrics file '%s': the name must end in '%s'", path,
				 FILE_SUFFIX);
	if (!temporary_name(path, name))
		return fail_spec(err, "metrics file: the name is too long");
	return 0;
}

int metrics_check_file(const char *path, struct bailiff_error *err)
{
	char name[PATH_MAX];
	return name_temporary(path, name, err);
}

int metrics_write_file(const char *path, const struct worker_status *status,
		       struct bailiff_error *err)
{
	char name[PATH_MAX];
	int rc = name_temporary(path, name, err);
	if (rc < 0)
		return rc;
	/* Not synced: after a crash of the machine, old numbers are worth nothing. */
	rc = write_new(name, status);
	if (rc == 0 && rename(name, path) < 0)
		rc = -errno;
	if (rc < 0) {
		(void)unlink(name);
		return fail_host(err, BAILIFF_STAGE_SUPERVISE, -rc,
				 "name a file in a folder that is there and may be written to",
				 "write metrics file '%s'", path);
	}
	return 0;
}
