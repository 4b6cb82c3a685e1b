/* SPDX-License-Identifier: MIT */
/*
 * The worker's log: one line for each event on standard error, with named fields. As logfmt
 *
 *	time=2026-01-02T03:04:05.678Z level=info event=job-done job=17 verdict=OK ms=12.4
 *
 * or as JSON. Under journald (JOURNAL_STREAM) lines carry sd-daemon(3)'s priority prefix and no time.
 * A line is one write(2) of at most LOG_LINE_BYTES_MAX bytes; a reader that does not keep up costs lines,
 * never time: what could not be written is counted and told later.
 */
#ifndef BAILIFF_WORKER_LOG_H
#define BAILIFF_WORKER_LOG_H

#include <bailiff/bailiff.h>

#define LOG_LINE_BYTES_MAX 4096u

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log {
	enum log_level least; /* what is below is not written */
	enum log_format format;
	bool is_journal;
	bool is_socket;
	bool is_torn;  /* the last line ends in its middle */
	int fd;	       /* owned unless it is standard error itself; never blocks */
	uint64_t lost; /* lines that could not be written, and that is not told yet */
};

/* Writes to what standard error is now. Nothing can fail: at worst lines are lost, and counted. */
void log_open(struct log *log, enum log_level least, enum log_format format);
void log_close(struct log *log);
bool log_level_parse(const char *text, enum log_level *ret_level); /* "debug", "info", "warning", "error" */

/* One field of a line. Text that others chose is escaped. */
struct log_field {
	const char *name;
	enum { LOG_TEXT, LOG_U64, LOG_I64, LOG_MS } kind; /* LOG_MS: nanoseconds, shown as milliseconds */
	union {
		const char *text; /* NULL = the field is left out */
		uint64_t number;
		int64_t signed_number;
	};
};
#define LOG_T(field, value) ((struct log_field){ .name = (field), .kind = LOG_TEXT, .text = (value) })
#define LOG_N(field, value) ((struct log_field){ .name = (field), .kind = LOG_U64, .number = (value) })
#define LOG_I(field, value) \
	((struct log_field){ .name = (field), .kind = LOG_I64, .signed_number = (value) })
#define LOG_D(field, value) ((struct log_field){ .name = (field), .kind = LOG_MS, .number = (value) })

void log_write(struct log *log, enum log_level level, const char *event,
	       const struct log_field *fields, size_t count);

/* LOG(&log, LOG_LEVEL_INFO, "job-done", LOG_N("job", 17), LOG_T("verdict", "OK")) */
#define LOG(log, level, event, ...)                                                            \
	log_write((log), (level), (event), (const struct log_field[]){ __VA_ARGS__ },          \
		  sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

/* The fields of an error: what failed, and what mends it. */
void log_error(struct log *log, enum log_level level, const char *event,
	       const struct bailiff_error *err);

#endif
