/* SPDX-License-Identifier: MIT */
/*
 * Goal: what is shown of workers is what they said, whatever version they are of and whatever
 * others put into it, at every size of a terminal. Method: looks made by hand, drawn into memory
 * and measured.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "judge/style.h"
#include "top/frame.h"
#include "worker/telemetry.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define URL "postgres://judge@db/queue"
/* What a terminal would act upon, what reorders text, and a byte that is no UTF-8. */
#define HOSTILE               \
	"\033[2J\xff\xc2\x9b" \
	"1m\xe2\x80\xae\n\t\x01"

static struct queue_worker_view view_of(const char *name, const char *status)
{
	return (struct queue_worker_view){ .name = name,
					   .host = "host",
					   .version = "0.1.0",
					   .status = status,
					   .slots = 8,
					   .seen_age_ns = 1500 * NS_PER_MS };
}

static struct fleet make(const struct queue_worker_view *views, size_t count)
{
	struct fleet fleet = { .stats = { .jobs = { 120, 8, 12034, 2, 1 },
					  .oldest_ready_ns = 12 * NS_PER_S,
					  .clients_waiting = 3,
					  .workers = 2 } };
	struct bailiff_error err = { 0 };
	if (fleet_make(views, count, &fleet, &err) < 0)
		fail_msg("%s", err.message);
	return fleet;
}

/* ---- reading
 * --------------------------------------------------------------------------------------- */

/* Goal: nothing is lost between the worker that writes a status and the one that reads it. */
static void test_read_what_was_written(void **state)
{
	struct slot_status slots[] = {
		{ .state = SLOT_STATE_BUSY,
		  .core = 2,
		  .since_ns = 99 * NS_PER_S,
		  .job = 17,
		  .kind = QUEUE_KIND_JUDGE,
		  .attempt = 2,
		  .client = HOSTILE,
		  .phase = "test secret/3",
		  .done = 3,
		  .total = 40 },
		{ .state = SLOT_STATE_IDLE, .core = -1, .since_ns = 60 * NS_PER_S },
	};
	const struct worker_status status = {
		.name = "w",
		.started_ns = 40 * NS_PER_S,
		.is_draining = true,
		.slot_memory_bytes = 1 << 30,
		.slots = slots,
		.slot_count = 2,
		.prefetched = 3,
		.tally = { .jobs = { [1] = 5, [7] = 9 },
			   .leases_lost = 1,
			   .slot_deaths = 2,
			   .queue_failures = 4 },
	};
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	(void)state;
	assert_int_equal(status_json_print(&status, 100 * NS_PER_S, &text, &err), 0);
	const struct queue_worker_view view = view_of("w", text);
	struct fleet fleet = make(&view, 1);
	const struct fleet_worker *worker = &fleet.workers[0];
	assert_null(worker->trouble);
	assert_int_equal(worker->uptime_ns, 60 * NS_PER_S);
	assert_true(worker->is_draining);
	assert_int_equal(worker->slot_memory_bytes, 1 << 30);
	assert_int_equal(worker->prefetched, 3);
	assert_int_equal(worker->leases_lost, 1);
	assert_int_equal(worker->slot_deaths, 2);
	assert_int_equal(worker->store_failures, 4);
	assert_int_equal(worker->jobs[1], 5);
	assert_int_equal(worker->jobs[7], 9);
	assert_int_equal(worker->slot_count, 2);
	const struct fleet_slot *slot = &worker->slots[0];
	assert_string_equal(slot->state, "busy");
	assert_int_equal(slot->core, 2);
	assert_int_equal(slot->for_ns, NS_PER_S);
	assert_int_equal(slot->job, 17);
	assert_int_equal(slot->attempt, 2);
	assert_string_equal(slot->kind, "judge");
	assert_string_equal(slot->client, "\033[2J\xef\xbf\xbd\xc2\x9b"
					  "1m\xe2\x80\xae\n\t\x01");
	assert_string_equal(slot->phase, "test secret/3");
	assert_int_equal(slot->tests_done, 3);
	assert_int_equal(slot->tests_total, 40);
	assert_int_equal(worker->slots[1].core, -1);
	assert_int_equal(worker->slots[1].job, 0);
	fleet_finish(&fleet);
}

/* Goal: another version's status is read as far as it is known. */
static void test_other_versions(void **state)
{
	static const char *const readable[] = {
		"{}",
		"{\"version\":9,\"new\":{\"a\":[1,{}]},\"slots\":[]}",
		"{\"slots\":[{\"state\":\"dreaming\",\"mood\":1},{}]}",
		"{\"jobs\":{\"OK\":1,\"XX\":2,\"YY\":3}}",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(readable); i++) {
		const struct queue_worker_view view = view_of("w", readable[i]);
		struct fleet fleet = make(&view, 1);
		assert_null(fleet.workers[0].trouble);
		if (i == 2)
			assert_string_equal(fleet.workers[0].slots[0].state, "dreaming");
		if (i == 3) {
			assert_int_equal(fleet.workers[0].jobs[0], 1);
			assert_int_equal(fleet.workers[0].jobs[FLEET_VERDICTS - 1], 5);
		}
		fleet_finish(&fleet);
	}
}

/* Goal: what cannot be read costs that worker's details, and is said. */
static void test_unreadable(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"null",
		"{\"slots\":7}",
		"{\"slots\":[7]}",
		"{\"slots\":[{\"state\":1}]}",
		"{\"slots\":[{\"core\":-1}]}",
		"{\"slots\":[{\"core\":1e9}]}",
		"{\"uptime_ms\":-1}",
		"{\"uptime_ms\":1e300}",
		"{\"jobs\":[]}",
		"{\"jobs\":{\"OK\":1.5}}",
		"{\"jobs\":{\"OK\":1,\"OK\":1}}",
		"{\"draining\":\"yes\"}",
		"{\"slots\":[{\"client\":\"\xff\"}]}",
		"{\"slots\":[{\"state\":\"idle\"}]",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		const struct queue_worker_view views[] = { view_of("w", texts[i]),
							   view_of("x", "{}") };
		struct fleet fleet = make(views, 2);
		assert_non_null(fleet.workers[0].trouble);
		assert_non_null(strstr(fleet.workers[0].trouble, "status cannot be read"));
		assert_int_equal(fleet.workers[0].slot_count, 0);
		assert_null(fleet.workers[1].trouble);
		fleet_finish(&fleet);
	}
}

/* Goal: no damage to a status makes its reader do worse than refuse it. Method: every byte of one
 * is changed, and it is cut at every place. */
static void test_damaged(void **state)
{
	static const char text[] =
		"{\"uptime_ms\":1.5,\"jobs\":{\"OK\":3},\"slots\":[{\"state\":\"busy\","
		"\"core\":1,\"since_ms\":2,\"job\":7,\"client\":\"\\u00e4b\","
		"\"phase\":\"run\",\"tests_done\":1,\"tests_total\":2}]}";
	static const char changes[] = "\"{}[],:09-e.\\x\xff\x01";
	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		for (size_t j = 0; j < sizeof changes; j++) {
			char copy[sizeof text];
			memcpy(copy, text, sizeof text);
			copy[i] = changes[j]; /* the last one cuts it */
			const struct queue_worker_view view = view_of("w", copy);
			struct fleet fleet = make(&view, 1);
			assert_true(fleet.workers[0].trouble != NULL ||
				    fleet.workers[0].slot_count <= 1);
			fleet_finish(&fleet);
		}
	}
}

static void test_order(void **state)
{
	const struct queue_worker_view views[] = { view_of("b", "{}"), view_of("c", NULL),
						   view_of("a", "{}") };
	(void)state;
	struct fleet fleet = make(views, 3);
	assert_string_equal(fleet.workers[0].name, "a");
	assert_string_equal(fleet.workers[2].name, "c");
	assert_string_equal(fleet.workers[2].trouble, "has not reported yet");
	fleet_finish(&fleet);
}

/* ---- rates
 * ------------------------------------------------------------------------------------------- */

static struct fleet look_at(uint64_t at_ms, const char *first, const char *second)
{
	const struct queue_worker_view views[] = { view_of("a", first), view_of("b", second) };
	struct fleet fleet = make(views, second != NULL ? 2 : 1);
	for (size_t i = 0; i < fleet.worker_count; i++)
		fleet.workers[i].seen_age_ns = 0;
	fleet.taken_ns = at_ms * NS_PER_MS;
	return fleet;
}

static void test_rates(void **state)
{
	struct meter meter = { 0 };
	double rates[FLEET_VERDICTS];
	double sum;
	(void)state;
	struct fleet looks[] = {
		look_at(1000, "{\"uptime_ms\":50000,\"jobs\":{\"OK\":1000}}", NULL),
		look_at(3000, "{\"uptime_ms\":52000,\"jobs\":{\"OK\":1010,\"RE\":4}}", NULL),
		/* It began anew, and another that was there before is seen for the first time. */
		look_at(5000, "{\"uptime_ms\":1000,\"jobs\":{\"OK\":6}}",
			"{\"uptime_ms\":90000,\"jobs\":{\"OK\":7777}}"),
	};
	meter_add(&meter, NULL, &looks[0]);
	assert_int_equal(meter_read(&meter, rates, &sum), 0);
	meter_add(&meter, &looks[0], &looks[1]);
	assert_int_equal(meter_read(&meter, rates, &sum), 2 * NS_PER_S);
	assert_float_equal(rates[0], 5, 1e-9);
	assert_float_equal(rates[1], 2, 1e-9);
	assert_float_equal(sum, 7, 1e-9);
	meter_add(&meter, &looks[1], &looks[2]);
	assert_int_equal(meter_read(&meter, rates, &sum), 4 * NS_PER_S);
	assert_float_equal(rates[0], 4, 1e-9);
	for (size_t i = 0; i < ARRAY_LENGTH(looks); i++)
		fleet_finish(&looks[i]);
}

/* Goal: the window is what it says for looks that are close and for looks that are far apart. */
static void test_rate_window(void **state)
{
	static const unsigned intervals_ms[] = { 100, 250, 1000, 5000, 60000 };
	double rates[FLEET_VERDICTS];
	double sum;
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(intervals_ms); i++) {
		struct meter meter = { 0 };
		struct fleet before = { 0 };
		for (unsigned n = 0; n < 400; n++) {
			char text[96];
			uint64_t at_ms = (uint64_t)n * intervals_ms[i];
			(void)snprintf(text, sizeof text,
				       "{\"uptime_ms\":%ju,\"jobs\":{\"OK\":%ju}}",
				       (uintmax_t)at_ms + 1000000, (uintmax_t)at_ms / 50);
			struct fleet now = look_at(at_ms, text, NULL);
			meter_add(&meter, n > 0 ? &before : NULL, &now);
			fleet_finish(&before);
			before = now;
		}
		fleet_finish(&before);
		uint64_t over_ns = meter_read(&meter, rates, &sum);
		uint64_t interval_ns = intervals_ms[i] * NS_PER_MS;
		assert_float_equal(sum, 20, 0.5);
		assert_true(over_ns <= METER_WINDOW_NS || over_ns == interval_ns);
		assert_true(over_ns + interval_ns + NS_PER_S > METER_WINDOW_NS);
	}
}

/* ---- drawing
 * ----------------------------------------------------------------------------------------- */

static char *draw(const struct frame *frame, ssize_t *ret_scroll_max)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	ssize_t scroll_max = frame_draw(out, frame);
	assert_true(scroll_max >= 0);
	if (ret_scroll_max != NULL)
		*ret_scroll_max = scroll_max;
	assert_int_equal(fclose(out), 0);
	return text;
}

/* A worker with `busy` slots at work and `idle` ones. */
static char *make_status(size_t busy, size_t idle, const char *client)
{
	struct slot_status *slots = calloc(busy + idle + 1, sizeof *slots);
	struct worker_status status = { .name = "w",
					.slots = slots,
					.slot_count = busy + idle,
					.slot_memory_bytes = 512 << 20 };
	char *text = NULL;
	assert_non_null(slots);
	for (size_t i = 0; i < busy + idle; i++) {
		slots[i].state = i < busy ? SLOT_STATE_BUSY : SLOT_STATE_IDLE;
		slots[i].core = (int)i;
		slots[i].job = 1000 + i;
		slots[i].attempt = 1;
		slots[i].done = (uint32_t)i;
		slots[i].total = 10;
		(void)snprintf(slots[i].client, sizeof slots[i].client, "%s", client);
		(void)snprintf(slots[i].phase, sizeof slots[i].phase, "test secret/%zu", i);
	}
	assert_int_equal(status_json_print(&status, 90 * NS_PER_S, &text, NULL), 0);
	free(slots);
	return text;
}

/* Every line fits, holds nothing that a terminal acts upon but colours, and there are as many as
 * there may be. */
static void check_frame(const struct frame *frame)
{
	AUTO_FREE char *text = draw(frame, NULL);
	size_t lines = 0;
	for (char *line = text; *line != '\0'; lines++) {
		char *end = strchr(line, '\n');
		char plain[4096];
		size_t used = 0;
		assert_non_null(end);
		*end = '\0';
		for (const char *at = line; *at != '\0'; at++) {
			if (frame->colours && *at == '\033') {
				size_t length = strspn(at + 1, "[0123456789;");
				assert_int_equal(at[length + 1], 'm');
				at += length + 1;
				continue;
			}
			plain[used++] = *at;
			assert_true(used < sizeof plain);
		}
		plain[used] = '\0';
		assert_int_equal(utf8_prefix(plain, used), used);
		assert_true(used == 0 || plain[used - 1] != ' ');
		for (size_t i = 0; i < used; i++)
			assert_true((unsigned char)plain[i] >= 0x20 && plain[i] != 0x7f);
		assert_null(strstr(plain, "\xc2\x9b"));
		assert_null(strstr(plain, "\xe2\x80\xae"));
		if (text_width(plain) > frame->width)
			fail_msg("%u columns in %u: %s", text_width(plain), frame->width, plain);
		line = end + 1;
	}
	if (frame->height > 0)
		assert_int_equal(lines, frame->height);
}

static void test_every_size(void **state)
{
	AUTO_FREE char *small = make_status(5, 3, "course");
	AUTO_FREE char *large = make_status(20, 44, HOSTILE "漢字漢字漢字漢字漢字漢字漢字漢字");
	const struct queue_worker_view views[] = { view_of("host-1", small),
						   view_of(HOSTILE "漢字", large),
						   view_of("host-3", "{]") };
	struct bailiff_error trouble = { 0 };
	struct meter meter = { 0 };
	(void)state;
	(void)fail_host(&trouble, BAILIFF_STAGE_SUPERVISE, ETIMEDOUT, "is it there?",
			"reach the store");
	for (size_t workers = 0; workers <= 3; workers += workers == 1 ? 2 : 1) {
		struct fleet fleet = make(views, workers);
		for (unsigned width = 1; width < 200; width += width < 30 ? 1 : 7) {
			for (unsigned height = 0; height < 100; height += height < 30 ? 3 : 17) {
				const struct frame frame = {
					.fleet = width % 7 == 3 ? NULL : &fleet,
					.meter = &meter,
					.queue_url = URL,
					.clock = "12:34:56",
					.trouble =
						width % 3 == 0 || width % 7 == 3 ? &trouble : NULL,
					.colours = width % 2 == 0,
					.width = width,
					.height = height,
					.scroll = height % 5 * 10,
				};
				check_frame(&frame);
			}
		}
		fleet_finish(&fleet);
	}
}

static void test_what_is_shown(void **state)
{
	AUTO_FREE char *status = make_status(2, 2, "course");
	const struct queue_worker_view view = view_of("host-1", status);
	struct fleet fleet = make(&view, 1);
	struct meter meter = { 0 };
	(void)state;
	const struct frame frame = { .fleet = &fleet,
				     .meter = &meter,
				     .queue_url = URL,
				     .clock = "12:34:56",
				     .width = 100 };
	AUTO_FREE char *text = draw(&frame, NULL);
	static const char *const expected[] = {
		"bailiff top  " URL " ",
		" 12:34:56\n",
		"queue    120 ready  8 running  12034 done  2 dead  1 cancelled\n",
		"waiting  3 clients, the oldest job for 12 s\n",
		"workers  1 with 4 slots  2 idle  2 busy\n",
		"host-1  0 jobs in 91 s  512 MiB a slot  host  bailiff 0.1.0\n",
		" busy       91 s ",
		" 1001 course ",
		" test secret/1 ",
		" 1/10 [#",
	};
	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		if (strstr(text, expected[i]) == NULL)
			fail_msg("no '%s' in:\n%s", expected[i], text);
	}
	assert_null(strchr(text, '\033'));
	fleet_finish(&fleet);
}

static void test_folding_and_scrolling(void **state)
{
	AUTO_FREE char *status = make_status(20, 44, "course");
	const struct queue_worker_view view = view_of("host-1", status);
	struct fleet fleet = make(&view, 1);
	struct meter meter = { 0 };
	struct frame frame = { .fleet = &fleet, .meter = &meter, .queue_url = URL, .width = 80 };
	ssize_t scroll_max;
	(void)state;
	AUTO_FREE char *all = draw(&frame, &scroll_max);
	assert_int_equal(scroll_max, 0);
	assert_null(strstr(all, "slots 20 to 63"));
	frame.height = 24;
	AUTO_FREE char *top = draw(&frame, &scroll_max);
	assert_in_range(scroll_max, 1, 20);
	assert_non_null(strstr(top, "lines 1 to "));
	assert_null(strstr(top, "slots 20 to 63"));
	frame.scroll = 1000;
	AUTO_FREE char *bottom = draw(&frame, &scroll_max);
	assert_non_null(strstr(bottom, "  slots 20 to 63: 44 idle, the longest for 91 s\n"));
	assert_null(strstr(bottom, "host-1"));
	frame.height = 40;
	AUTO_FREE char *whole = draw(&frame, &scroll_max);
	assert_int_equal(scroll_max, 0);
	assert_non_null(strstr(whole, "slots 20 to 63"));
	assert_null(strstr(whole, "lines 1 to "));
	fleet_finish(&fleet);
}

static void test_quiet_and_lost(void **state)
{
	AUTO_FREE char *status = make_status(1, 0, "course");
	struct queue_worker_view view = view_of("host-1", status);
	struct meter meter = { 0 };
	(void)state;
	view.seen_age_ns = 45 * NS_PER_S;
	struct fleet fleet = make(&view, 1);
	struct frame frame = { .fleet = &fleet, .meter = &meter, .queue_url = URL, .width = 100 };
	AUTO_FREE char *quiet = draw(&frame, NULL);
	assert_non_null(strstr(quiet, "host-1  not heard of for 45 s"));
	assert_non_null(strstr(quiet, "test secret/0"));
	fleet_finish(&fleet);
	view.seen_age_ns = 7200 * NS_PER_S;
	fleet = make(&view, 1);
	AUTO_FREE char *lost = draw(&frame, NULL);
	assert_non_null(strstr(lost, "host-1  not heard of for 2 h"));
	assert_non_null(strstr(lost, "workers  0 with 0 slots  1 not heard of\n"));
	assert_null(strstr(lost, "test secret/0"));
	fleet_finish(&fleet);
}

static void test_trouble(void **state)
{
	struct bailiff_error trouble = { 0 };
	struct fleet fleet = make(NULL, 0);
	struct meter meter = { 0 };
	(void)state;
	(void)fail_host(&trouble, BAILIFF_STAGE_SUPERVISE, ETIMEDOUT, "is it there?",
			"reach " HOSTILE);
	struct frame frame = { .queue_url = URL, .trouble = &trouble, .width = 100 };
	AUTO_FREE char *first = draw(&frame, NULL);
	assert_non_null(strstr(first, "trouble  reach \\x1b[2J"));
	assert_non_null(strstr(first, "hint     is it there?\n"));
	assert_non_null(strstr(first, "trying again\n"));
	frame.fleet = &fleet;
	frame.meter = &meter;
	frame.age_ns = 12 * NS_PER_S;
	AUTO_FREE char *later = draw(&frame, NULL);
	assert_non_null(strstr(later, "what you see is 12 s old\n"));
	assert_non_null(strstr(later, "120 ready"));
	assert_non_null(strstr(later, "No worker. Start one: bailiff worker --queue " URL "\n"));
	fleet_finish(&fleet);
}

/* ---- JSON
 * -------------------------------------------------------------------------------------------- */

static void test_json(void **state)
{
	AUTO_FREE char *status = make_status(1, 1, HOSTILE);
	const struct queue_worker_view views[] = { view_of("a", status), view_of("b", "{]") };
	struct fleet fleet = make(views, 2);
	struct meter meter = { 0 };
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	JSON_AUTO_DELETE cJSON *document = NULL;
	(void)state;
	assert_int_equal(fleet_json_print(&fleet, &meter, URL, &text, &err), 0);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_int_equal(json_parse(text, strlen(text), &document, &err), 0);
	assert_non_null(strstr(text, "\"trouble\":null,\"jobs\":{\"ready\":120,"));
	assert_non_null(strstr(text, "\"rates\":null"));
	assert_non_null(strstr(text, "\"since_ms\":91500"));
	assert_non_null(strstr(
		text, "{\"name\":\"b\",\"host\":\"host\",\"version\":\"0.1.0\",\"seen_ms\":1500,"
		      "\"slot_count\":8,\"trouble\":\"status cannot be read"));
	fleet_finish(&fleet);
	AUTO_FREE char *trouble = NULL;
	(void)fail_host(&err, BAILIFF_STAGE_SUPERVISE, 0, "", "no \"store\"");
	assert_int_equal(fleet_json_print_trouble(URL, &err, &trouble, NULL), 0);
	assert_string_equal(trouble,
			    "{\"version\":1,\"queue\":\"" URL "\",\"trouble\":{\"message\":"
			    "\"no \\\"store\\\"\",\"hint\":null}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_what_was_written),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_rate_window),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_what_is_shown),
		cmocka_unit_test(test_folding_and_scrolling),
		cmocka_unit_test(test_quiet_and_lost),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
