/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_WORKER_WORKER_H
#define BAILIFF_WORKER_WORKER_H

#include "queue/queue.h"
#include "worker/log.h"
#include "worker/machine.h"
#include "worker/telemetry.h"

#define WORKER_SLOTS_MAX 256u
#define WORKER_LEASE_DEFAULT_NS (30 * UINT64_C(1000000000))
#define WORKER_LEASE_MIN_NS UINT64_C(1000000000)
#define WORKER_LEASE_MAX_NS (3600 * UINT64_C(1000000000))
#define WORKER_DRAIN_DEFAULT_NS (60 * UINT64_C(1000000000))
#define WORKER_RESERVE_DEFAULT_NS (30 * UINT64_C(1000000000))
#define WORKER_RESERVE_MAX_NS (UINT64_C(86400) * 1000000000)
#define WORKER_PATIENCE_DEFAULT_NS (300 * UINT64_C(1000000000))
#define WORKER_PATIENCE_MIN_NS UINT64_C(1000000000)

/* What a worker works with. All borrowed. */
struct worker_setup {
	struct queue *queue;
	struct queue_worker identity; /* registered already */
	const struct machine_share *share;
	bool is_pinned; /* whether a slot's cells stay on its core */
	/* The command that starts a slot, argv[0] an absolute path, NULL-terminated. `--cpuset CORE` is
	 * added where slots are pinned. */
	const char *const *slot_command;
	uint64_t lease_ns;
	uint64_t drain_ns; /* how long running jobs may take to end after a signal */
	uint64_t reserve_ns; /* how long a job may be passed over because others left too little memory */
	uint64_t patience_ns; /* how long a slot may be silent beyond what its job's limits explain */
	bool until_empty;
	const char *metrics_address; /* NULL = no endpoint */
	const char *metrics_file;    /* NULL = none */
	struct log *log;
	struct notifier *notifier;
	int signal_fd; /* of a signalfd with SIGTERM, SIGINT and SIGHUP */
};

/*
 * Takes jobs from the queue and runs them until a signal comes (*ret_signal is its number), with until_empty
 * until there are none (*ret_signal is 0). By then every job has been written, or given back; where the store
 * was out of reach at the end, their leases run out. -EOWNERDEAD where another worker took the name; any other
 * -errno, with *err filled, where it could not go on.
 */
int worker_run(const struct worker_setup *setup, int *ret_signal, struct bailiff_error *err);

#endif
