/* SPDX-License-Identifier: MIT */
/*
 * A line is put together in memory of fixed size and written at once. What others chose is quoted
 * as JSON has it, in both formats: well-formed UTF-8 stays, but for what a terminal acts upon. A
 * value that is too long ends in "…"; a field for which there is no room is left out, and the line
 * says "truncated".
 *
 * Writing must never wait. Where standard error is a pipe or a terminal, it is opened once more for
 * that: O_NONBLOCK on the descriptor itself would be everybody's who shares it. A socket
 * (journald's) takes a flag with each message. A line of at most PIPE_BUF bytes goes into a pipe
 * whole or not at all, pipe(7).
 */
#include "worker/log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/mem.h"
#include "codec/utf8.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

_Static_assert(LOG_LINE_BYTES_MAX <= PIPE_BUF, "a line is written to a pipe at once");

/* Of one value; messages of errors are shorter. */
#define VALUE_BYTES_MAX 1024u
#define ELLIPSIS "\xe2\x80\xa6"
/* Room for what a line ends with: ,"truncated":true} and the newline. */
#define END_BYTES 24u

static const struct {
	const char *name;
	char priority; /* sd-daemon(3) */
} levels[] = {
	[LOG_LEVEL_DEBUG] = { "debug", '7' },
	[LOG_LEVEL_INFO] = { "info", '6' },
	[LOG_LEVEL_WARNING] = { "warning", '4' },
	[LOG_LEVEL_ERROR] = { "error", '3' },
};

bool log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_LENGTH(levels); i++) {
		if (strcmp(levels[i].name, text) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* ---- where lines go ----------------------------------------------------------------------------
 */

/* systemd.exec(5): JOURNAL_STREAM is "DEVICE:INODE" of the stream that journald reads. Whoever
 * redirects standard error inherits the variable, but not the file. */
static bool is_journal(const struct stat *status)
{
	const char *text = getenv("JOURNAL_STREAM");
	const char *colon = text != NULL ? strchr(text, ':') : NULL;
	char device[24] = "";
	uint64_t device_number;
	uint64_t inode;
	if (colon == NULL || (size_t)(colon - text) >= sizeof device)
		return false;
	memcpy(device, text, (size_t)(colon - text));
	return io_parse_u64(device, &device_number) && io_parse_u64(colon + 1, &inode) &&
	       device_number == status->st_dev && inode == status->st_ino;
}

void log_open(struct log *log, enum log_level least, enum log_format format)
{
	struct stat status = { 0 };
	*log = (struct log){ .least = least, .format = format, .fd = STDERR_FILENO };
	if (fstat(STDERR_FILENO, &status) < 0)
		return;
	log->is_journal = is_journal(&status);
	log->is_socket = S_ISSOCK(status.st_mode);
	if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
		return; /* a file never makes anybody wait for a reader */
	int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		log->fd = fd;
}

void log_close(struct log *log)
{
	if (log->fd != STDERR_FILENO)
		fd_close(&log->fd);
	log->fd = FD_NONE;
}

/* Bytes written, or -1. */
static ssize_t write_some(const struct log *log, const char *text, size_t size)
{
	struct pollfd room = { .fd = log->fd, .events = POLLOUT };
	ssize_t written;
	do {
		if (log->is_socket)
			written = send(log->fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		else if (poll(&room, 1, 0) == 0) /* for one that could not be opened again */
			return -1;
		else
			written = write(log->fd, text, size);
	} while (written < 0 && errno == EINTR);
	return written;
}

/* What follows a line that was torn must not look like its rest. */
static bool mend_torn(struct log *log)
{
	if (log->is_torn)
		log->is_torn = write_some(log, "\n", 1) != 1;
	return !log->is_torn;
}

static bool write_line(struct log *log, const char *line, size_t size)
{
	if (!mend_torn(log))
		return false;
	ssize_t written = write_some(log, line, size);
	log->is_torn = written > 0 && (size_t)written < size;
	return written >= 0 && (size_t)written == size;
}

/* ---- a line ------------------------------------------------------------------------------------
 */

struct line {
	char text[LOG_LINE_BYTES_MAX];
	size_t used;
	enum log_format format;
	bool has_fields;
	bool is_cut; /* something was left out */
};

static size_t room_of(const struct line *line)
{
	return sizeof line->text - END_BYTES - line->used;
}

/* All of it or, where there is no room, nothing. */
static bool put(struct line *line, const char *text, size_t size)
{
	if (size > room_of(line))
		return false;
	memcpy(line->text + line->used, text, size);
	line->used += size;
	return true;
}

static bool put_text(struct line *line, const char *text)
{
	return put(line, text, strlen(text));
}

/* How one character stands between quotes. Returns how many bytes of `text` that is; the escaped
 * form goes to `token`, which has room for 8 bytes. */
static size_t quote_one(const char *text, size_t length, char token[8], size_t *ret_size)
{
	static const char shorts[] = "\"\\\n\r\t";
	static const char letters[] = "\"\\nrt";
	size_t step = utf8_sequence(text, length);
	const char *known = memchr(shorts, text[0], sizeof shorts - 1);
	if (step == 0) {
		*ret_size = (size_t)snprintf(token, 8, "\\ufffd");
		return 1;
	}
	unsigned code = utf8_decode(text, step);
	if (known != NULL) {
		*ret_size = (size_t)snprintf(token, 8, "\\%c", letters[known - shorts]);
	} else if (!utf8_is_harmless(code)) { /* all of them are below U+10000 */
		*ret_size = (size_t)snprintf(token, 8, "\\u%04x", code & 0xffffu);
	} else {
		memcpy(token, text, step);
		*ret_size = step;
	}
	return step;
}

/* A whole string in quotes, cut where it is too long. False where there is no room even for that.
 */
static bool put_quoted(struct line *line, const char *text)
{
	const size_t end = sizeof ELLIPSIS - 1 + 1; /* and the closing quote */
	size_t length = strlen(text);
	size_t limit = room_of(line);
	limit = limit < VALUE_BYTES_MAX ? limit : VALUE_BYTES_MAX;
	if (limit < 1 + end)
		return false;
	size_t start = line->used;
	(void)put(line, "\"", 1);
	for (size_t at = 0; at < length;) {
		char token[8];
		size_t size;
		size_t step = quote_one(text + at, length - at, token, &size);
		if (line->used - start + size + end > limit) {
			line->is_cut = true;
			(void)put_text(line, ELLIPSIS);
			break;
		}
		(void)put(line, token, size);
		at += step;
	}
	return put(line, "\"", 1);
}

/* Whether logfmt's readers take a value for one word as it is. */
static bool is_plain(const char *text)
{
	size_t length = strlen(text);
	for (size_t i = 0; i < length; i++) {
		if (text[i] <= ' ' || text[i] > '~' || strchr("\"=\\", text[i]) != NULL)
			return false;
	}
	return length > 0 && length <= VALUE_BYTES_MAX;
}

static bool put_name(struct line *line, const char *name)
{
	if (line->format == LOG_FORMAT_JSON)
		return put_text(line, line->has_fields ? ",\"" : "{\"") && put_text(line, name) &&
		       put_text(line, "\":");
	return (!line->has_fields || put_text(line, " ")) && put_text(line, name) &&
	       put_text(line, "=");
}

static bool put_value(struct line *line, const struct log_field *field)
{
	char number[40];
	switch (field->kind) {
	case LOG_TEXT:
		if (line->format == LOG_FORMAT_LOGFMT && is_plain(field->text))
			return put_text(line, field->text);
		return put_quoted(line, field->text);
	case LOG_U64: (void)snprintf(number, sizeof number, "%" PRIu64, field->number); break;
	case LOG_I64:
		(void)snprintf(number, sizeof number, "%" PRId64, field->signed_number);
		break;
	case LOG_MS: {
		uint64_t us = field->number / NS_PER_US;
		int length = snprintf(number, sizeof number, "%" PRIu64 ".%03u", us / 1000,
				      (unsigned)(us % 1000));
		while (number[length - 1] == '0')
			number[--length] = '\0';
		if (number[length - 1] == '.')
			number[length - 1] = '\0';
		break;
	}
	}
	return put_text(line, number);
}

static void put_field(struct line *line, const struct log_field *field)
{
	size_t start = line->used;
	if (field->kind == LOG_TEXT && field->text == NULL)
		return;
	if (put_name(line, field->name) && put_value(line, field)) {
		line->has_fields = true;
		return;
	}
	line->used = start;
	line->is_cut = true;
}

/* "2026-01-02T03:04:05.678Z". */
static void put_time(struct line *line)
{
	char text[40];
	struct timespec now;
	struct tm parts;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	if (gmtime_r(&now.tv_sec, &parts) == NULL)
		return;
	size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(text + length, sizeof text - length, ".%03ldZ",
		       now.tv_nsec / (long)NS_PER_MS);
	put_field(line, &LOG_T("time", text));
}

/* Ends the line in the room that was kept for that. */
static void finish(struct line *line)
{
	bool json = line->format == LOG_FORMAT_JSON;
	const char *mark = "";
	if (line->is_cut)
		mark = json ? ",\"truncated\":true" : " truncated=true";
	int length = snprintf(line->text + line->used, END_BYTES, "%s%s\n", mark, json ? "}" : "");
	line->used += length > 0 ? (size_t)length : 0;
}

static bool write_event(struct log *log, enum log_level level, const char *event,
			const struct log_field *fields, size_t count)
{
	struct line line = { .format = log->format };
	if (log->is_journal) {
		const char prefix[] = { '<', levels[level].priority, '>' };
		(void)put(&line, prefix, sizeof prefix);
	} else {
		put_time(&line);
	}
	put_field(&line, &LOG_T("level", levels[level].name));
	put_field(&line, &LOG_T("event", event));
	for (size_t i = 0; i < count; i++)
		put_field(&line, &fields[i]);
	finish(&line);
	return write_line(log, line.text, line.used);
}

void log_write(struct log *log, enum log_level level, const char *event,
	       const struct log_field *fields, size_t count)
{
	if (level < log->least)
		return;
	if (log->lost > 0) {
		const struct log_field lost = LOG_N("lines", log->lost);
		if (write_event(log, LOG_LEVEL_WARNING, "log-lost", &lost, 1))
			log->lost = 0;
	}
	if (log->lost > 0 || !write_event(log, level, event, fields, count))
		log->lost++;
}

void log_error(struct log *log, enum log_level level, const char *event,
	       const struct bailiff_error *err)
{
	LOG(log, level, event, LOG_T("error", err->message),
	    LOG_T("stage", bailiff_stage_name(err->stage)),
	    LOG_T("errno", err->errnum != 0 ? errno_name(err->errnum) : NULL),
	    LOG_T("hint", err->hint[0] != '\0' ? err->hint : NULL));
}
