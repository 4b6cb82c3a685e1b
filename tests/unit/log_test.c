/* SPDX-License-Identifier: MIT */
/*
 * Goal: a line of the log is one line that its readers understand whatever others put into it, and
 * writing never waits. Method: standard error is replaced by a pipe or a socket, and what comes out
 * of it is read back; JSON by the strict reader.
 */
#include "base/error.h"
#include "base/fd.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "worker/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#define BUFFER_BYTES (256u << 10)

/* Standard error's other end, and what it was before. */
struct capture {
	struct log log;
	int saved_fd, read_fd;
	char text[BUFFER_BYTES];
};

static struct capture capture;

static void begin_fds(int read_fd, int write_fd, enum log_format format)
{
	capture.saved_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	capture.read_fd = read_fd;
	assert_int_equal(dup2(write_fd, STDERR_FILENO), STDERR_FILENO);
	(void)close(write_fd);
	assert_int_equal(fcntl(read_fd, F_SETFL, O_NONBLOCK), 0);
	log_open(&capture.log, LOG_LEVEL_INFO, format);
}

static void begin(enum log_format format)
{
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	begin_fds(fds[0], fds[1], format);
}

/* What was written so far. */
static const char *taken(void)
{
	size_t used = 0;
	for (;;) {
		ssize_t size = read(capture.read_fd, capture.text + used, BUFFER_BYTES - 1 - used);
		if (size <= 0)
			break;
		used += (size_t)size;
	}
	capture.text[used] = '\0';
	return capture.text;
}

static void end(void)
{
	log_close(&capture.log);
	(void)dup2(capture.saved_fd, STDERR_FILENO);
	(void)close(capture.saved_fd);
	fd_close(&capture.read_fd);
}

/* The line behind its time, which has the form of one. */
static const char *after_time(const char *line)
{
	unsigned year, month, day, hour, minute, second, ms;
	int used = 0;
	assert_int_equal(sscanf(line, "time=%4u-%2u-%2uT%2u:%2u:%2u.%3uZ %n", &year, &month, &day,
				&hour, &minute, &second, &ms, &used),
			 7);
	assert_int_equal(used, 30);
	assert_in_range(year, 2020, 2200);
	return line + used;
}

static void test_logfmt(void **state)
{
	(void)state;
	begin(LOG_FORMAT_LOGFMT);
	LOG(&capture.log, LOG_LEVEL_INFO, "job-done", LOG_N("job", 17), LOG_T("verdict", "OK"),
	    LOG_D("took", 12400000), LOG_I("core", -1), LOG_T("left_out", NULL));
	char *line = strdup(taken());
	end();
	assert_string_equal(after_time(line),
			    "level=info event=job-done job=17 verdict=OK took=12.4 core=-1\n");
	free(line);
}

static void test_quoting(void **state)
{
	static const struct {
		const char *value, *expected;
	} cases[] = {
		{ "plain", "plain" },
		{ "/a/b:c?d&e", "/a/b:c?d&e" },
		{ "", "\"\"" },
		{ "two words", "\"two words\"" },
		{ "a=b", "\"a=b\"" },
		{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
		{ "back\\slash", "\"back\\\\slash\"" },
		{ "line\nevent=forged", "\"line\\nevent=forged\"" },
		{ "\r\t\x01\x7f", "\"\\r\\t\\u0001\\u007f\"" },
		{ "\xc2\x9b"
		  "2J",
		  "\"\\u009b2J\"" },
		{ "\xe2\x80\xae", "\"\\u202e\"" },
		{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
		{ "\xff\xc3", "\"\\ufffd\\ufffd\"" },
		{ "\xf0\x9f\x90\x8d", "\"\xf0\x9f\x90\x8d\"" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char expected[128];
		begin(LOG_FORMAT_LOGFMT);
		LOG(&capture.log, LOG_LEVEL_INFO, "e", LOG_T("v", cases[i].value));
		char *line = strdup(taken());
		end();
		(void)snprintf(expected, sizeof expected, "level=info event=e v=%s\n",
			       cases[i].expected);
		assert_string_equal(after_time(line), expected);
		free(line);
	}
}

/* One line of JSON, which the strict reader must accept; the caller's to delete. */
static cJSON *parsed(const char *line)
{
	cJSON *document = NULL;
	struct bailiff_error err = { 0 };
	const char *newline = strchr(line, '\n');
	assert_non_null(newline);
	assert_int_equal(newline[1], '\0');
	if (json_parse(line, strlen(line), &document, &err) < 0)
		fail_msg("%s: %s", err.message, line);
	return document;
}

static const char *string_of(const cJSON *document, const char *key)
{
	const struct json_node root = json_root(document);
	struct json_node node;
	const char *text = NULL;
	assert_true(json_find(&root, key, &node));
	assert_int_equal(json_string(&node, &text, NULL), 0);
	return text;
}

static void test_json(void **state)
{
	(void)state;
	begin(LOG_FORMAT_JSON);
	LOG(&capture.log, LOG_LEVEL_WARNING, "odd", LOG_T("v", "a\"b\\c\n\x1b[2J\xff\xc2\x9b"),
	    LOG_N("big", UINT64_MAX), LOG_I("small", INT64_MIN), LOG_D("ms", 1500));
	char *line = strdup(taken());
	end();
	JSON_AUTO_DELETE cJSON *document = parsed(line);
	assert_string_equal(string_of(document, "v"), "a\"b\\c\n\x1b[2J\xef\xbf\xbd\xc2\x9b");
	assert_string_equal(string_of(document, "level"), "warning");
	assert_non_null(strstr(line, "\"big\":18446744073709551615,"));
	assert_non_null(strstr(line, "\"small\":-9223372036854775808,"));
	assert_non_null(strstr(line, "\"ms\":0.001}"));
	assert_null(strchr(line, '\x1b'));
	free(line);
}

/* Goal: whatever the lengths, a line stays within its bound and is whole. */
static void test_long_values(void **state)
{
	static const char *const units[] = {
		"x", " ", "\xc3\xbc", "\xf0\x9f\x90\x8d", "\n", "\xff"
	};
	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		for (size_t length = 900; length < 9000; length += 97) {
			char value[9001] = "";
			size_t unit = strlen(units[i]);
			for (size_t at = 0; at + unit <= length; at += unit)
				memcpy(value + at, units[i], unit + 1);
			for (int format = LOG_FORMAT_LOGFMT; format <= LOG_FORMAT_JSON; format++) {
				begin((enum log_format)format);
				LOG(&capture.log, LOG_LEVEL_INFO, "e", LOG_T("a", value),
				    LOG_T("b", value), LOG_T("c", value), LOG_T("d", value),
				    LOG_N("n", 1));
				char *line = strdup(taken());
				end();
				size_t size = strlen(line);
				assert_in_range(size, 100, LOG_LINE_BYTES_MAX);
				assert_int_equal(utf8_prefix(line, size), size);
				assert_ptr_equal(strchr(line, '\n'), line + size - 1);
				if (length > 1100)
					assert_non_null(strstr(line, "truncated"));
				if (format == LOG_FORMAT_JSON) {
					JSON_AUTO_DELETE cJSON *document = parsed(line);
					assert_non_null(document);
				}
				free(line);
			}
		}
	}
}

static void test_many_fields(void **state)
{
	struct log_field fields[400];
	(void)state;
	for (size_t i = 0; i < 400; i++)
		fields[i] = LOG_N("abcdefghijkl", i);
	begin(LOG_FORMAT_JSON);
	log_write(&capture.log, LOG_LEVEL_INFO, "many", fields, 400);
	char *line = strdup(taken());
	end();
	assert_in_range(strlen(line), LOG_LINE_BYTES_MAX - 64, LOG_LINE_BYTES_MAX);
	assert_non_null(strstr(line, ",\"truncated\":true}\n"));
	free(line);
}

static void test_levels(void **state)
{
	enum log_level level;
	(void)state;
	assert_true(log_level_parse("warning", &level));
	assert_int_equal(level, LOG_LEVEL_WARNING);
	assert_false(log_level_parse("warn", &level));
	assert_false(log_level_parse("", &level));
	begin(LOG_FORMAT_LOGFMT);
	LOG(&capture.log, LOG_LEVEL_DEBUG, "hidden", LOG_N("n", 1));
	LOG(&capture.log, LOG_LEVEL_ERROR, "shown");
	char *text = strdup(taken());
	end();
	assert_string_equal(after_time(text), "level=error event=shown\n");
	free(text);
}

static void test_error(void **state)
{
	struct bailiff_error err = { 0 };
	(void)state;
	(void)fail_host(&err, BAILIFF_STAGE_CGROUP, ENOENT, "mount it", "open '%s'", "/x");
	begin(LOG_FORMAT_LOGFMT);
	log_error(&capture.log, LOG_LEVEL_ERROR, "start", &err);
	char *line = strdup(taken());
	end();
	assert_string_equal(
		after_time(line),
		"level=error event=start error=\"open '/x': No such file or directory\" "
		"stage=cgroup errno=ENOENT hint=\"mount it\"\n");
	free(line);
}

/* Goal: journald's lines have a priority and no time; a pipe that only inherited the variable is
 * none. */
static void test_journal(void **state)
{
	char name[64];
	int fds[2];
	struct stat status;
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(fstat(fds[1], &status), 0);
	(void)snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev,
		       (uintmax_t)status.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", name, 1), 0);
	begin_fds(fds[0], fds[1], LOG_FORMAT_LOGFMT);
	LOG(&capture.log, LOG_LEVEL_WARNING, "w", LOG_N("n", 1));
	LOG(&capture.log, LOG_LEVEL_INFO, "i");
	char *text = strdup(taken());
	end();
	assert_string_equal(text, "<4>level=warning event=w n=1\n<6>level=info event=i\n");
	free(text);
	begin(LOG_FORMAT_LOGFMT);
	LOG(&capture.log, LOG_LEVEL_INFO, "i");
	text = strdup(taken());
	end();
	(void)unsetenv("JOURNAL_STREAM");
	assert_string_equal(after_time(text), "level=info event=i\n");
	free(text);
}

/* Goal: a reader that does not read costs lines, not time, and is told how many. */
static void reader_sleeps(void)
{
	char long_value[1000];
	memset(long_value, 'x', sizeof long_value - 1);
	long_value[sizeof long_value - 1] = '\0';
	(void)alarm(20); /* a write that waits is ended, and so the test */
	for (unsigned i = 0; i < 2000; i++)
		LOG(&capture.log, LOG_LEVEL_INFO, "flood", LOG_T("v", long_value), LOG_N("i", i));
	(void)alarm(0);
	uint64_t lost = capture.log.lost;
	assert_in_range(lost, 100, 1999);
	size_t lines = 0;
	for (const char *at = taken(); (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines + lost, 2000);
	LOG(&capture.log, LOG_LEVEL_INFO, "after");
	const char *text = taken();
	char expected[64];
	(void)snprintf(expected, sizeof expected, "level=warning event=log-lost lines=%ju\n",
		       (uintmax_t)lost);
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, "level=info event=after\n"));
	assert_int_equal(capture.log.lost, 0);
}

static void test_slow_pipe(void **state)
{
	(void)state;
	begin(LOG_FORMAT_LOGFMT);
	assert_int_not_equal(capture.log.fd, STDERR_FILENO);
	/* Whoever shares the pipe sees nothing of it. */
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	reader_sleeps();
	end();
}

static void test_slow_socket(void **state)
{
	int fds[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	begin_fds(fds[0], fds[1], LOG_FORMAT_LOGFMT);
	reader_sleeps();
	end();
}

static void test_reader_gone(void **state)
{
	(void)state;
	begin(LOG_FORMAT_LOGFMT);
	fd_close(&capture.read_fd);
	LOG(&capture.log, LOG_LEVEL_INFO, "nobody");
	LOG(&capture.log, LOG_LEVEL_INFO, "listens");
	uint64_t lost = capture.log.lost;
	end();
	assert_int_equal(lost, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logfmt),	    cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_json),	    cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_many_fields), cmocka_unit_test(test_levels),
		cmocka_unit_test(test_error),	    cmocka_unit_test(test_journal),
		cmocka_unit_test(test_slow_pipe),   cmocka_unit_test(test_slow_socket),
		cmocka_unit_test(test_reader_gone),
	};
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
