/* SPDX-License-Identifier: MIT */
/*
 * What callers of a queue may give it. Every function returns 0, or -EINVAL with a BAILIFF_FAULT_SPEC error
 * that names the field.
 */
#ifndef BAILIFF_QUEUE_QUEUE_CHECK_H
#define BAILIFF_QUEUE_QUEUE_CHECK_H

#include "queue/queue.h"

#define QUEUE_STATUS_BYTES_MAX ((size_t)64 << 10)
#define QUEUE_LIST_MAX 10000u
#define QUEUE_ATTEMPTS_MAX 100u
#define QUEUE_LEASE_NS_MIN UINT64_C(1000000)
#define QUEUE_LEASE_NS_MAX (UINT64_C(86400) * 1000000000)

int queue_check_settings(const struct queue_settings *settings, struct bailiff_error *err);
int queue_check_request(const struct queue_request *request, struct bailiff_error *err);
int queue_check_filter(const struct queue_filter *filter, struct bailiff_error *err);
int queue_check_worker(const struct queue_worker *worker, struct bailiff_error *err);
int queue_check_status(const char *status, struct bailiff_error *err);
int queue_check_claim(const struct queue_claim *want, struct bailiff_error *err);
int queue_check_lease(uint64_t lease_ns, struct bailiff_error *err);
int queue_check_result(const char *result, size_t size, struct bailiff_error *err);
/* But for the reason, which is made fit instead. */
int queue_check_fault(const struct queue_fault *fault, struct bailiff_error *err);

/* Whether a store can have a number like that at all. */
bool queue_is_number(uint64_t number);

/* The reason as stores keep it: shortened between characters, what is not UTF-8 and control characters
 * replaced by U+FFFD. NULL counts as empty. */
void queue_fit_reason(const char *reason, char fitted[QUEUE_REASON_BYTES_MAX + 1]);

#endif
