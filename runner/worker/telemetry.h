/* SPDX-License-Identifier: MIT */
/*
 * How a worker tells of itself: metrics, the status in the queue, readiness for systemd. (Its log is
 * worker/log.h.)
 */
#ifndef BAILIFF_WORKER_TELEMETRY_H
#define BAILIFF_WORKER_TELEMETRY_H

#include "worker/status.h"

#include <stdio.h>

/* ---- metrics: the text format of Prometheus ----------------------------------------------------- */

/* Writes all metrics; `now_ns` by CLOCK_BOOTTIME. Names start with "bailiff_". */
void metrics_print(FILE *out, const struct worker_status *status, uint64_t now_ns);

/* Replaces a file with them at once (for node_exporter's textfile collector; the name must end in .prom).
 * 0 or -errno with *err filled. */
int metrics_write_file(const char *path, const struct worker_status *status,
		       struct bailiff_error *err);

/* What can be said of such a name without writing: 0, or -errno with BAILIFF_FAULT_SPEC. */
int metrics_check_file(const char *path, struct bailiff_error *err);

struct metrics_server;

/*
 * Serves GET /metrics and GET /health on a loopback address ("127.0.0.1:9464", "[::1]:9464", ":9464" =
 * 127.0.0.1). Any other address is BAILIFF_FAULT_SPEC. `status` is borrowed and read while
 * metrics_server_run() is called. *ret_server is the caller's (metrics_server_close).
 */
int metrics_server_open(const char *address, const struct worker_status *status,
			struct metrics_server **ret_server, struct bailiff_error *err);

/* Whether it is such an address: 0, or -errno with BAILIFF_FAULT_SPEC. */
int metrics_check_address(const char *address, struct bailiff_error *err);

int metrics_server_fd(const struct metrics_server *server); /* readable when there is work */
/* How long until it has to be run even so, in nanoseconds; UINT64_MAX = for ever. */
uint64_t metrics_server_due_ns(const struct metrics_server *server);
void metrics_server_run(struct metrics_server *server); /* never blocks */
void metrics_server_close(struct metrics_server *server); /* NULL is allowed */

/* ---- the status in the queue ----------------------------------------------------------------------- */

/* One line of JSON for queue_report(), what `bailiff top` shows; *ret_text is the caller's to free. Times in
 * it are ages in milliseconds, so that no two machines' clocks are compared. */
int status_json_print(const struct worker_status *status, uint64_t now_ns, char **ret_text,
		      struct bailiff_error *err);

/* ---- systemd (sd_notify(3)'s protocol) ---------------------------------------------------------------- */

struct notifier {
	int fd;			  /* owned; FD_NONE = nobody listens */
	uint64_t watchdog_ns;	  /* to be petted at least this often, with a margin; 0 = no watchdog */
};
/* Reads NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID and takes them out of the environment. */
void notifier_open(struct notifier *notifier);
void notifier_close(struct notifier *notifier);
void notifier_ready(const struct notifier *notifier);
void notifier_stopping(const struct notifier *notifier);
void notifier_pet(const struct notifier *notifier);
/* STATUS=..., shown by systemctl status. */
void notifier_status(const struct notifier *notifier, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
