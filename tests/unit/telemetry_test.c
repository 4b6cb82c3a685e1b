/* SPDX-License-Identifier: MIT */
/*
 * Goal: what a worker tells of itself can be read by those it is for. Method: metrics are read by a
 * parser that takes nothing but the format, systemd's socket is one of ours, and the status is read
 * by the strict reader.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "queue/queue_check.h"
#include "worker/telemetry.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#define NOW_NS (1000 * NS_PER_S)

static struct slot_status slots[4] = {
	{ .state = SLOT_STATE_BUSY,
	  .core = 2,
	  .since_ns = NOW_NS - 1500 * NS_PER_MS,
	  .job = 17,
	  .kind = QUEUE_KIND_JUDGE,
	  .attempt = 1,
	  .client = "course\x1b[2J",
	  .phase = "test secret/3",
	  .done = 3,
	  .total = 40,
	  .jobs_done = 5 },
	{ .state = SLOT_STATE_IDLE, .core = 3, .since_ns = NOW_NS - 7 * NS_PER_S },
	{ .state = SLOT_STATE_DOWN, .core = -1, .since_ns = NOW_NS + 5 /* a clock read later */ },
	{ .state = SLOT_STATE_BUSY, .core = 5, .job = 18, .client = "b", .phase = "run" },
};

static struct worker_status make_status(void)
{
	struct worker_status status = {
		.name = "host-1",
		.host = "host",
		.queue = "sqlite:x",
		.started_ns = NOW_NS - 100 * NS_PER_S,
		.is_reachable = true,
		.slot_memory_bytes = 512 << 20,
		.slots = slots,
		.slot_count = 4,
		.prefetched = 2,
		.stats = { .jobs = { 7, 2, 100, 1, 0 },
			   .oldest_ready_ns = 1500 * NS_PER_MS,
			   .clients_waiting = 3,
			   .workers = 1 },
		.has_stats = true,
	};
	for (size_t i = 0; i < STATUS_VERDICT_COUNT; i++)
		status.tally.jobs[i] = i * 10;
	status.tally.internal_errors[BAILIFF_STAGE_CGROUP] = 4;
	status.tally.oom_kills = 9;
	status.tally.reaped_dead = 6;
	histogram_add(&status.tally.setup, 100 * NS_PER_US);
	histogram_add(&status.tally.setup, 100 * NS_PER_US + 1);
	histogram_add(&status.tally.setup, 61 * NS_PER_S);
	return status;
}

static char *printed(const struct worker_status *status)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	metrics_print(out, status, NOW_NS);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* ---- a strict reader of the text format
 * ---------------------------------------------------------- */

#define FAMILIES_MAX 64u
#define SAMPLES_MAX 1024u

struct sample {
	char series[256]; /* name and labels, unescaped */
	char name[96];
	char le[32];
	double value;
};

struct metrics {
	struct {
		char name[96], type[16];
	} families[FAMILIES_MAX];
	size_t family_count;
	struct sample samples[SAMPLES_MAX];
	size_t sample_count;
};

static struct metrics metrics;

static size_t name_length(const char *text)
{
	size_t length =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789");
	assert_true(length > 0 && !(text[0] >= '0' && text[0] <= '9'));
	return length;
}

static void copy_text(char *to, size_t capacity, const char *from, size_t length)
{
	assert_true(length < capacity);
	memcpy(to, from, length);
	to[length] = '\0';
}

/* "KEY="VALUE"", returns what follows; the value is appended to the series. */
static const char *read_label(const char *at, struct sample *sample)
{
	char value[128];
	size_t used = 0;
	const char *key = at;
	size_t key_length = name_length(at);
	at += key_length;
	assert_int_equal(*at++, '=');
	assert_int_equal(*at++, '"');
	for (; *at != '"'; at++) {
		assert_true(*at != '\0' && *at != '\n' && used + 1 < sizeof value);
		char c = *at;
		if (c == '\\') {
			c = *++at;
			assert_true(c == 'n' || c == '"' || c == '\\');
			c = c == 'n' ? '\n' : c;
		}
		value[used++] = c;
	}
	value[used] = '\0';
	if (key_length == 2 && memcmp(key, "le", 2) == 0)
		copy_text(sample->le, sizeof sample->le, value, used);
	size_t length = strlen(sample->series);
	(void)snprintf(sample->series + length, sizeof sample->series - length, "|%.*s=%s",
		       (int)key_length, key, value);
	return at + 1;
}

static const char *type_of(const char *name)
{
	assert_true(metrics.family_count > 0);
	const char *family = metrics.families[metrics.family_count - 1].name;
	const char *type = metrics.families[metrics.family_count - 1].type;
	size_t length = strlen(family);
	/* Samples stand behind their own TYPE line and nowhere else. */
	assert_memory_equal(name, family, length);
	if (strcmp(type, "histogram") == 0)
		assert_true(strcmp(name + length, "_bucket") == 0 ||
			    strcmp(name + length, "_sum") == 0 ||
			    strcmp(name + length, "_count") == 0);
	else
		assert_string_equal(name + length, "");
	return type;
}

static void read_sample(const char *line)
{
	assert_true(metrics.sample_count < SAMPLES_MAX);
	struct sample *sample = &metrics.samples[metrics.sample_count++];
	size_t length = name_length(line);
	copy_text(sample->name, sizeof sample->name, line, length);
	copy_text(sample->series, sizeof sample->series, line, length);
	const char *at = line + length;
	assert_int_equal(*at++, '{');
	while (*at != '}') {
		at = read_label(at, sample);
		assert_true(*at == ',' || *at == '}');
		at += *at == ',';
	}
	assert_int_equal(*++at, ' ');
	char *end = NULL;
	sample->value = strtod(++at, &end);
	assert_true(end > at && *end == '\0' && isfinite(sample->value));
	for (size_t i = 0; i + 1 < metrics.sample_count; i++)
		assert_string_not_equal(metrics.samples[i].series, sample->series);
	const char *type = type_of(sample->name);
	bool is_total = length > 6 && strcmp(sample->name + length - 6, "_total") == 0;
	assert_int_equal(strcmp(type, "counter") == 0, is_total);
}

static void read_comment(const char *line, const char *before)
{
	const char *name = line + strlen("# HELP ");
	size_t length = name_length(name);
	if (strncmp(line, "# HELP ", 7) == 0) {
		assert_true(name[length] == ' ' && name[length + 1] != '\0');
		return;
	}
	assert_memory_equal(line, "# TYPE ", 7);
	/* HELP comes right before. */
	assert_memory_equal(before, "# HELP ", 7);
	assert_memory_equal(before + 7, name, length + 1);
	const char *type = name + length + 1;
	assert_true(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0 ||
		    strcmp(type, "histogram") == 0);
	assert_true(metrics.family_count < FAMILIES_MAX);
	copy_text(metrics.families[metrics.family_count].name, 96, name, length);
	copy_text(metrics.families[metrics.family_count].type, 16, type, strlen(type));
	for (size_t i = 0; i < metrics.family_count; i++)
		assert_string_not_equal(metrics.families[i].name,
					metrics.families[metrics.family_count].name);
	metrics.family_count++;
}

static void parse(char *text)
{
	const char *before = "";
	size_t length = strlen(text);
	assert_int_equal(utf8_prefix(text, length), length);
	assert_true(length > 0 && text[length - 1] == '\n');
	memset(&metrics, 0, sizeof metrics);
	for (char *line = text; *line != '\0';) {
		char *newline = strchr(line, '\n');
		*newline = '\0';
		assert_string_not_equal(line, "");
		if (line[0] == '#')
			read_comment(line, before);
		else
			read_sample(line);
		before = line;
		line = newline + 1;
	}
}

static double value_of(const char *series)
{
	for (size_t i = 0; i < metrics.sample_count; i++) {
		if (strcmp(metrics.samples[i].series, series) == 0)
			return metrics.samples[i].value;
	}
	fail_msg("no series '%s'", series);
	return 0;
}

/* ---- metrics
 * ------------------------------------------------------------------------------------- */

static void test_metrics(void **state)
{
	(void)state;
	const struct worker_status status = make_status();
	AUTO_FREE char *text = printed(&status);
	parse(text);
	assert_float_equal(value_of("bailiff_jobs_total|worker=host-1|verdict=OK"), 0, 0);
	assert_float_equal(value_of("bailiff_jobs_total|worker=host-1|verdict=WA"), 80, 0);
	assert_float_equal(value_of("bailiff_internal_errors_total|worker=host-1|stage=cgroup"), 4,
			   0);
	assert_float_equal(value_of("bailiff_slots|worker=host-1|state=busy"), 2, 0);
	assert_float_equal(value_of("bailiff_slots|worker=host-1|state=down"), 1, 0);
	assert_float_equal(value_of("bailiff_slots|worker=host-1|state=starting"), 0, 0);
	assert_float_equal(value_of("bailiff_queue_jobs|worker=host-1|state=done"), 100, 0);
	assert_float_equal(value_of("bailiff_queue_oldest_ready_seconds|worker=host-1"), 1.5, 0);
	assert_float_equal(value_of("bailiff_jobs_reaped_total|worker=host-1|state=dead"), 6, 0);
	assert_float_equal(value_of("bailiff_oom_kills_total|worker=host-1"), 9, 0);
	assert_float_equal(value_of("bailiff_store_reachable|worker=host-1"), 1, 0);
	assert_float_equal(value_of("bailiff_worker_draining|worker=host-1"), 0, 0);
	/* The clock of the start is the one of time(2). */
	assert_float_equal(value_of("bailiff_worker_start_time_seconds|worker=host-1"),
			   (double)time(NULL) - 100, 2);
	assert_float_equal(value_of("bailiff_build_info|worker=host-1|version=" BAILIFF_VERSION), 1,
			   0);
}

static void test_metrics_before_any_look(void **state)
{
	(void)state;
	struct worker_status status = make_status();
	status.has_stats = false;
	status.slot_count = 0;
	AUTO_FREE char *text = printed(&status);
	assert_null(strstr(text, "queue_jobs"));
	parse(text);
}

/* Goal: bailiff-worker(1) tells of every metric, and of no other. Method: the rows of its
 * section's table. */
static void test_metrics_are_documented(void **state)
{
	(void)state;
	static char page[64u << 10];
	const struct worker_status status = make_status();
	AUTO_FREE char *text = printed(&status);
	size_t rows = 0;
	FILE *in = fopen(BAILIFF_SOURCE_DIR "/docs/bailiff-worker.1.scd", "r");
	assert_non_null(in);
	assert_true(fread(page, 1, sizeof page - 1, in) > 0);
	(void)fclose(in);
	parse(text);
	for (size_t i = 0; i < metrics.family_count; i++) {
		char row[160];
		(void)snprintf(row, sizeof row, "\n|  %s\n:  %s\n",
			       metrics.families[i].name + strlen("bailiff_"),
			       metrics.families[i].type);
		if (strstr(page, row) == NULL)
			fail_msg("no row%s", row);
	}
	const char *section = strstr(page, "\n# METRICS\n");
	assert_non_null(section);
	const char *end = strstr(section + 1, "\n# ");
	for (const char *at = section; (at = strstr(at, "\n|  ")) != NULL && at < end; at++)
		rows++;
	assert_int_equal(rows, metrics.family_count);
}

/* Goal: names that others chose neither end a label nor make a scraper refuse everything. */
static void test_metrics_escape(void **state)
{
	(void)state;
	struct worker_status status = make_status();
	status.name = "a\"} 1\nevil \\ \xff\xc3\xbc";
	AUTO_FREE char *text = printed(&status);
	assert_non_null(strstr(text, "{worker=\"a\\\"} 1\\nevil \\\\ \xef\xbf\xbd\xc3\xbc\""));
	parse(text);
	assert_float_equal(value_of("bailiff_oom_kills_total|worker=a\"} 1\nevil \\ "
				    "\xef\xbf\xbd\xc3\xbc"),
			   9, 0);
}

static void test_histograms(void **state)
{
	(void)state;
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_true(histogram_bounds_ns[i] > histogram_bounds_ns[i - 1]);
	const struct worker_status status = make_status();
	AUTO_FREE char *text = printed(&status);
	assert_non_null(strstr(text, " 61.000200001\n")); /* every digit */
	parse(text);
	double before = -1;
	double below = 0;
	size_t buckets = 0;
	for (size_t i = 0; i < metrics.sample_count; i++) {
		const struct sample *sample = &metrics.samples[i];
		if (strcmp(sample->name, "bailiff_cell_setup_seconds_bucket") != 0)
			continue;
		bool is_last = strcmp(sample->le, "+Inf") == 0;
		double bound = is_last ? HUGE_VAL : strtod(sample->le, NULL);
		assert_true(bound > before && sample->value >= below);
		before = bound;
		below = sample->value;
		buckets++;
	}
	assert_int_equal(buckets, HISTOGRAM_BOUNDS + 1);
	assert_true(isinf(before));
	assert_float_equal(value_of("bailiff_cell_setup_seconds_bucket|worker=host-1|le=0.0001"), 1,
			   0);
	assert_float_equal(value_of("bailiff_cell_setup_seconds_bucket|worker=host-1|le=0.00025"),
			   2, 0);
	assert_float_equal(value_of("bailiff_cell_setup_seconds_bucket|worker=host-1|le=60"), 2, 0);
	assert_float_equal(value_of("bailiff_cell_setup_seconds_bucket|worker=host-1|le=+Inf"), 3,
			   0);
	assert_float_equal(value_of("bailiff_cell_setup_seconds_count|worker=host-1"), 3, 0);
	assert_float_equal(value_of("bailiff_cell_setup_seconds_sum|worker=host-1"), 61.000200001,
			   1e-9);
}

static void test_metrics_file(void **state)
{
	(void)state;
	char folder[] = "/tmp/bailiff-telemetry-XXXXXX";
	char path[128];
	char content[64] = "";
	struct stat info;
	struct bailiff_error err = { 0 };
	const struct worker_status status = make_status();
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/bailiff.prom", folder);
	(void)umask(077);
	for (int i = 0; i < 2; i++)
		assert_int_equal(metrics_write_file(path, &status, &err), 0);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0644);
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	assert_true(fread(content, 1, sizeof content - 1, in) > 0);
	(void)fclose(in);
	assert_memory_equal(content, "# HELP bailiff_", 15);
	(void)snprintf(path, sizeof path, "%s/bailiff.txt", folder);
	assert_true(metrics_write_file(path, &status, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	(void)snprintf(path, sizeof path, "%s/none/x.prom", folder);
	assert_int_equal(metrics_write_file(path, &status, &err), -ENOENT);
	assert_int_equal(err.fault, BAILIFF_FAULT_HOST);
	(void)snprintf(path, sizeof path, "%s/bailiff.prom", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0); /* nothing else was left */
}

static void test_names(void **state)
{
	(void)state;
	size_t count = 0;
	for (; status_verdict_name(count) != NULL; count++)
		assert_int_equal(status_verdict_index(status_verdict_name(count)), count);
	assert_int_equal(count, STATUS_VERDICT_COUNT);
	assert_int_equal(status_verdict_index("SKIPPED"), STATUS_VERDICT_COUNT);
	assert_int_equal(status_verdict_index(""), STATUS_VERDICT_COUNT);
	/* Every verdict that a run can have is there. */
	for (int i = BAILIFF_VERDICT_OK; i <= BAILIFF_VERDICT_IE; i++)
		assert_true(status_verdict_index(bailiff_verdict_name((enum bailiff_verdict)i)) <
			    STATUS_VERDICT_COUNT);
}

/* ---- the status in the queue
 * ------------------------------------------------------------------------ */

static struct json_node at(const struct json_node *object, const char *key)
{
	struct json_node node;
	assert_true(json_find(object, key, &node));
	return node;
}

/* As many slots as a worker can have, each with a job of the longest name. */
static void test_status_that_is_too_long(void **state)
{
	static struct slot_status many[256];
	struct worker_status status = make_status();
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	JSON_AUTO_DELETE cJSON *document = NULL;
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(many); i++) {
		many[i].state = SLOT_STATE_BUSY;
		memset(many[i].client, '"', sizeof many[i].client - 1);
	}
	status.slots = many;
	status.slot_count = ARRAY_LENGTH(many);
	assert_int_equal(status_json_print(&status, NOW_NS, &text, &err), 0);
	assert_int_equal(queue_check_status(text, &err), 0);
	assert_int_equal(json_parse(text, strlen(text), &document, &err), 0);
}

static void test_status_json(void **state)
{
	(void)state;
	const struct worker_status status = make_status();
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	JSON_AUTO_DELETE cJSON *document = NULL;
	double number = 0;
	const char *word = NULL;
	uint64_t count = 0;
	assert_int_equal(status_json_print(&status, NOW_NS, &text, &err), 0);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_int_equal(json_parse(text, strlen(text), &document, &err), 0);
	const struct json_node root = json_root(document);
	struct json_node node = at(&root, "uptime_ms");
	assert_int_equal(json_non_negative(&node, &number, &err), 0);
	assert_float_equal(number, 100000, 0);
	const struct json_node jobs = at(&root, "jobs");
	node = at(&jobs, "CE");
	assert_int_equal(json_u64(&node, 0, 1000, &count, &err), 0);
	assert_int_equal(count, 100);
	const struct json_node list = at(&root, "slots");
	struct json_node slot;
	assert_true(json_first(&list, &slot));
	node = at(&slot, "client");
	assert_int_equal(json_string(&node, &word, &err), 0);
	assert_string_equal(word, "course\x1b[2J");
	node = at(&slot, "since_ms");
	assert_int_equal(json_non_negative(&node, &number, &err), 0);
	assert_float_equal(number, 1500, 0);
	assert_true(json_next(&slot));
	assert_false(json_find(&slot, "job", &node));
	assert_true(json_next(&slot));
	node = at(&slot, "since_ms"); /* never negative */
	assert_int_equal(json_non_negative(&node, &number, &err), 0);
	assert_float_equal(number, 0, 0);
	assert_false(json_find(&slot, "core", &node));
}

/* ---- systemd
 * ------------------------------------------------------------------------------------------ */

/* A socket that stands for systemd's, bound to `name`. */
static int listen_as(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	size_t length = strlen(name);
	assert_true(fd >= 0 && length < sizeof address.sun_path);
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	else
		length++;
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void assert_heard(int fd, const char *expected)
{
	char message[1024] = "";
	ssize_t size = recv(fd, message, sizeof message - 1, 0);
	if (expected == NULL) {
		assert_int_equal(size, -1);
		return;
	}
	assert_string_equal(message, expected);
}

static void talk_through(const char *name)
{
	struct notifier notifier;
	char pid[24];
	(void)snprintf(pid, sizeof pid, "%d", (int)getpid());
	AUTO_CLOSE int fd = listen_as(name);
	assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
	assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
	notifier_open(&notifier);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_int_equal(notifier.watchdog_ns, 1500 * NS_PER_MS);
	notifier_ready(&notifier);
	assert_heard(fd, "READY=1");
	notifier_status(&notifier, "%d of %d busy", 3, 4);
	assert_heard(fd, "STATUS=3 of 4 busy");
	notifier_pet(&notifier);
	assert_heard(fd, "WATCHDOG=1");
	notifier_stopping(&notifier);
	assert_heard(fd, "STOPPING=1");
	assert_heard(fd, NULL);
	/* Nothing that is shown can become a message of its own. */
	notifier_status(&notifier, "client %s", "x\nSTOPPING=1\nMAINPID=1");
	assert_heard(fd, "STATUS=client x STOPPING=1 MAINPID=1");
	char *longer = calloc(1, 5000);
	assert_non_null(longer);
	memset(longer, 'y', 4999);
	notifier_status(&notifier, "%s", longer);
	free(longer);
	char heard[1024];
	assert_in_range(recv(fd, heard, sizeof heard, 0), 100, 600);
	notifier_close(&notifier);
	notifier_close(&notifier);
	notifier_ready(&notifier);
	assert_heard(fd, NULL);
}

static void test_notify(void **state)
{
	(void)state;
	char folder[] = "/tmp/bailiff-telemetry-XXXXXX";
	char path[128];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/notify", folder);
	talk_through(path);
	(void)unlink(path);
	(void)rmdir(folder);
	(void)snprintf(path, sizeof path, "@bailiff-telemetry-%d", (int)getpid());
	talk_through(path);
}

/* Goal: no socket, a wrong one, one that is gone, or another's watchdog: nothing happens, and
 * nothing waits. */
static void test_notify_nobody(void **state)
{
	static const char *const names[] = {
		"", "relative", "/", "@", "/nonexistent/socket", "vsock:2:1234"
	};
	struct notifier notifier;
	char name[200];
	(void)state;
	(void)unsetenv("NOTIFY_SOCKET");
	notifier_open(&notifier);
	assert_true(notifier.fd < 0);
	notifier_ready(&notifier);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
		notifier_open(&notifier);
		assert_true(notifier.fd < 0);
		assert_int_equal(notifier.watchdog_ns, 0);
	}
	memset(name, 'z', sizeof name - 1);
	name[0] = '/';
	name[sizeof name - 1] = '\0';
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	notifier_open(&notifier);
	assert_true(notifier.fd < 0);
	(void)snprintf(name, sizeof name, "@bailiff-telemetry-%d", (int)getpid());
	AUTO_CLOSE int fd = listen_as(name);
	assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
	notifier_open(&notifier);
	assert_int_equal(notifier.watchdog_ns, 0);
	notifier_pet(&notifier); /* nobody asked for it */
	assert_heard(fd, NULL);
	fd_close(&fd);
	notifier_ready(&notifier);
	notifier_close(&notifier);
}

/* Goal: systemd being stuck stops nobody. */
static void test_notify_full(void **state)
{
	struct notifier notifier;
	char name[64];
	(void)state;
	(void)snprintf(name, sizeof name, "@bailiff-telemetry-%d", (int)getpid());
	AUTO_CLOSE int fd = listen_as(name);
	assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
	notifier_open(&notifier);
	uint64_t start_ns = clock_now_ns();
	for (int i = 0; i < 5000; i++)
		notifier_pet(&notifier);
	assert_true(clock_now_ns() - start_ns < 5 * NS_PER_S);
	start_ns = clock_now_ns();
	notifier_ready(&notifier);
	assert_true(clock_now_ns() - start_ns < 3 * NS_PER_S);
	notifier_close(&notifier);
	assert_heard(fd, "WATCHDOG=1"); /* it was full of these */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_metrics_before_any_look),
		cmocka_unit_test(test_metrics_are_documented),
		cmocka_unit_test(test_metrics_escape),
		cmocka_unit_test(test_histograms),
		cmocka_unit_test(test_metrics_file),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_status_json),
		cmocka_unit_test(test_status_that_is_too_long),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_notify_nobody),
		cmocka_unit_test(test_notify_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
