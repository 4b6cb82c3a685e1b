/* SPDX-License-Identifier: MIT */
/*
 * Bounds and forms of everything that comes from outside, in one place, so that no store meets a
 * text it would cut, a number it would wrap, or a name that could not be shown. Pure functions.
 */
#include "queue/queue_check.h"

#include "base/error.h"
#include "codec/utf8.h"

#include <string.h>

static bool is_control(unsigned char byte)
{
	return byte < 0x20 || byte == 0x7f;
}

/* Text of bounded length: valid UTF-8, without control characters. */
static int check_text(const char *field, const char *text, struct bailiff_error *err)
{
	size_t length = strnlen(text, QUEUE_NAME_BYTES_MAX + 1);
	if (length > QUEUE_NAME_BYTES_MAX)
		return fail_spec(err, "%s: longer than %u bytes", field, QUEUE_NAME_BYTES_MAX);
	if (utf8_prefix(text, length) < length)
		return fail_spec(err, "%s: is not valid UTF-8", field);
	for (size_t i = 0; i < length; i++) {
		if (is_control((unsigned char)text[i]))
			return fail_spec(err, "%s: must not contain control characters", field);
	}
	return 0;
}

static int check_name(const char *field, const char *text, struct bailiff_error *err)
{
	if (text == NULL || text[0] == '\0')
		return fail_spec(err, "%s: must not be empty", field);
	return check_text(field, text, err);
}

/* JSON that is kept as text. Whether it is JSON is its reader's business. */
static int check_document(const char *field, const char *text, size_t size, size_t size_max,
			  struct bailiff_error *err)
{
	if (text == NULL || size == 0)
		return fail_spec(err, "%s: must not be empty", field);
	if (size > size_max)
		return fail_spec(err, "%s: %zu bytes, at most %zu are possible", field, size,
				 size_max);
	if (memchr(text, '\0', size) != NULL || utf8_prefix(text, size) < size)
		return fail_spec(err, "%s: is not valid UTF-8 text", field);
	return 0;
}

static int check_need(const char *field, const char *need, struct bailiff_error *err)
{
	size_t length = strnlen(need, QUEUE_NEED_BYTES_MAX + 1);
	if (length == 0 || length > QUEUE_NEED_BYTES_MAX)
		return fail_spec(err, "%s: each has 1 to %u characters", field,
				 QUEUE_NEED_BYTES_MAX);
	if (strspn(need, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+") !=
	    length)
		return fail_spec(err, "%s: each is made of letters, digits and \"-_.+\"", field);
	return 0;
}

/* Sorted, so that the same needs are the same list. */
static int check_needs(const char *field, const char *const *needs, struct bailiff_error *err)
{
	if (needs == NULL)
		return 0;
	for (size_t i = 0; needs[i] != NULL; i++) {
		if (i == QUEUE_NEEDS_MAX)
			return fail_spec(err, "%s: more than %u", field, QUEUE_NEEDS_MAX);
		int rc = check_need(field, needs[i], err);
		if (rc < 0)
			return rc;
		if (i > 0 && strcmp(needs[i - 1], needs[i]) >= 0)
			return fail_spec(err, "%s: must be sorted, each once", field);
	}
	return 0;
}

bool queue_is_number(uint64_t number)
{
	return number <= INT64_MAX;
}

static int check_number(const char *field, uint64_t number, struct bailiff_error *err)
{
	return queue_is_number(number) ? 0 : fail_spec(err, "%s: too large", field);
}

int queue_check_settings(const struct queue_settings *settings, struct bailiff_error *err)
{
	int rc = check_number("depth", settings->depth_max, err);
	if (rc < 0)
		return rc;
	return check_number("depth of a client", settings->client_depth_max, err);
}

int queue_check_request(const struct queue_request *request, struct bailiff_error *err)
{
	int rc = check_name("client", request->client, err);
	if (rc < 0)
		return rc;
	if (request->request_id != NULL) {
		rc = check_name("request id", request->request_id, err);
		if (rc < 0)
			return rc;
	}
	if (request->priority < QUEUE_PRIORITY_MIN || request->priority > QUEUE_PRIORITY_MAX)
		return fail_spec(err, "priority: must be from %d to %d", QUEUE_PRIORITY_MIN,
				 QUEUE_PRIORITY_MAX);
	if (request->kind != QUEUE_KIND_RUN && request->kind != QUEUE_KIND_JUDGE)
		return fail_spec(err, "kind: must be run or judge");
	if (request->attempts_max > QUEUE_ATTEMPTS_MAX)
		return fail_spec(err, "attempts: at most %u are possible", QUEUE_ATTEMPTS_MAX);
	rc = check_needs("needs", request->needs, err);
	if (rc < 0)
		return rc;
	rc = check_number("memory", request->memory_bytes, err);
	if (rc < 0)
		return rc;
	return check_document("spec", request->spec, request->spec_size, QUEUE_SPEC_BYTES_MAX, err);
}

int queue_check_filter(const struct queue_filter *filter, struct bailiff_error *err)
{
	if (filter->has_state && (unsigned)filter->state >= QUEUE_STATE_COUNT)
		return fail_spec(err, "state: there is no state %d", (int)filter->state);
	if (filter->limit > QUEUE_LIST_MAX)
		return fail_spec(err, "limit: at most %u jobs are listed at once", QUEUE_LIST_MAX);
	return filter->client != NULL ? check_name("client", filter->client, err) : 0;
}

int queue_check_worker(const struct queue_worker *worker, struct bailiff_error *err)
{
	int rc = check_name("worker", worker->name, err);
	if (rc < 0)
		return rc;
	rc = check_text("host", worker->host != NULL ? worker->host : "", err);
	if (rc < 0)
		return rc;
	rc = check_text("version", worker->version != NULL ? worker->version : "", err);
	if (rc < 0)
		return rc;
	if (worker->slots > INT32_MAX)
		return fail_spec(err, "slots: too many");
	return check_needs("offers", worker->offers, err);
}

int queue_check_status(const char *status, struct bailiff_error *err)
{
	if (status == NULL)
		return 0;
	return check_document("status", status, strnlen(status, QUEUE_STATUS_BYTES_MAX + 1),
			      QUEUE_STATUS_BYTES_MAX, err);
}

int queue_check_lease(uint64_t lease_ns, struct bailiff_error *err)
{
	if (lease_ns < QUEUE_LEASE_NS_MIN || lease_ns > QUEUE_LEASE_NS_MAX)
		return fail_spec(err, "lease: must be from a millisecond to a day");
	return 0;
}

int queue_check_claim(const struct queue_claim *want, struct bailiff_error *err)
{
	int rc = queue_check_worker(want->worker, err);
	if (rc < 0)
		return rc;
	if (want->count == 0 || want->count > QUEUE_CLAIM_MAX)
		return fail_spec(err, "count: must be from 1 to %u", QUEUE_CLAIM_MAX);
	return queue_check_lease(want->lease_ns, err);
}

int queue_check_result(const char *result, size_t size, struct bailiff_error *err)
{
	return check_document("result", result, size, QUEUE_RESULT_BYTES_MAX, err);
}

int queue_check_fault(const struct queue_fault *fault, struct bailiff_error *err)
{
	int rc = 0;
	if (fault->result != NULL)
		rc = queue_check_result(fault->result, fault->result_size, err);
	if (rc == 0)
		rc = check_needs("needs", fault->needs, err);
	if (rc == 0)
		rc = check_number("memory", fault->memory_bytes, err);
	return rc;
}

void queue_fit_reason(const char *reason, char fitted[QUEUE_REASON_BYTES_MAX + 1])
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t length = reason != NULL ? strnlen(reason, 4 * QUEUE_REASON_BYTES_MAX) : 0;
	size_t at = 0;
	for (size_t i = 0; i < length;) {
		size_t step = utf8_sequence(reason + i, length - i);
		bool is_good = step > 0 && !is_control((unsigned char)reason[i]);
		const char *from = is_good ? reason + i : replacement;
		size_t size = is_good ? step : sizeof replacement - 1;
		if (at + size > QUEUE_REASON_BYTES_MAX)
			break;
		memcpy(fitted + at, from, size);
		at += size;
		i += step > 0 ? step : 1;
	}
	fitted[at] = '\0';
}
