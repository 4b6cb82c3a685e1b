/* SPDX-License-Identifier: MIT */
/*
 * `bailiff top`: what the workers of a queue do, on a terminal until somebody has seen enough, else
 * once or as JSON. It only reads. A store that is out of reach is shown like everything else, with
 * what was seen last; only a queue that never was there ends it.
 */
#include "commands.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "exit_status.h"
#include "message.h"
#include "options.h"
#include "queue/usual_queue.h"
#include "top/frame.h"
#include "top/terminal.h"
#include "values.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define INTERVAL_DEFAULT_NS NS_PER_S
#define INTERVAL_MIN_NS (100 * NS_PER_MS)
#define INTERVAL_MAX_NS (3600 * NS_PER_S)
/* Nothing is drawn and no key is heard while the store is asked. */
#define TIMEOUT_NS (2 * NS_PER_S)
/* Columns where standard output is no terminal. */
#define WIDTH_DEFAULT 100u

struct top {
	const char *url;
	uint64_t interval_ns;
	bool once, json, help;
	struct queue *queue; /* NULL = not opened yet */
	struct fleet fleet;  /* the last look ... */
	bool has_fleet;	     /* ... if ever */
	struct meter meter;
	struct bailiff_error trouble; /* of the last try; BAILIFF_FAULT_NONE = none */
	struct terminal terminal;
	size_t scroll, scroll_max;
};

/* ---- options
 * ------------------------------------------------------------------------------------------ */

OPTION_KEEPS_TEXT(set_queue, struct top, url)
OPTION_SETS_FLAG(set_once, struct top, once)
OPTION_SETS_FLAG(set_json, struct top, json)
OPTION_SETS_FLAG(set_help, struct top, help)

static int set_interval(void *target, const struct option_row *row, const char *value,
			struct bailiff_error *err)
{
	struct top *top = target;
	if (!parse_duration(value, &top->interval_ns) || top->interval_ns < INTERVAL_MIN_NS ||
	    top->interval_ns > INTERVAL_MAX_NS)
		return fail_spec(err, "--%s: must be a time such as 2s, from 100ms to 1h",
				 row->name);
	return 0;
}

static const struct option_row top_rows[] = {
	{ "queue", 'q', "URL", "Options", QUEUE_OPTION_HELP, QUEUE_URL_DEFAULT, set_queue },
	{ "interval", 0, "TIME", "Options", "time between two looks", "1s", set_interval },
	{ "once", 0, NULL, "Options",
	  "look once, print it, and end;\nwhere standard output is no terminal, always", NULL,
	  set_once },
	{ "json", 0, NULL, "Options", "print a line of JSON for each look", NULL, set_json },
	{ "help", 'h', NULL, "Options", "show this text", NULL, set_help },
};

static const struct option_table top_table = {
	.usage = "bailiff top [--queue URL] [--interval TIME] [--once] [--json]",
	.summary = "Shows what the workers of a queue do, and how much there is to do.",
	.more = "bailiff-top(1)",
	.rows = top_rows,
	.row_count = ARRAY_LENGTH(top_rows),
};

static int parse(struct top *top, int argc, char **argv, struct bailiff_error *err)
{
	struct parsed_options options = { 0 };
	top->url = usual_queue_url();
	top->interval_ns = INTERVAL_DEFAULT_NS;
	int rc = options_parse(&top_table, argc, argv, &options, err);
	if (rc == 0 && options.rest < argc)
		rc = fail_spec(err, "unexpected argument '%s'", argv[options.rest]);
	if (rc == 0)
		rc = options_apply(&options, top, err);
	options_finish(&options);
	if (!top->json && isatty(STDOUT_FILENO) != 1)
		top->once = true;
	return rc;
}

/* ---- looking
 * ------------------------------------------------------------------------------------------ */

static const char *shown_url(const struct top *top)
{
	/* Only the queue knows where in a URL the password is. */
	return top->queue != NULL ? queue_shown_url(top->queue) : "(not connected)";
}

/* 0, or -errno with top->trouble filled. */
static int look(struct top *top)
{
	const struct queue_options options = { .timeout_ns = TIMEOUT_NS };
	struct fleet fleet = { 0 };
	int rc = 0;
	top->trouble = (struct bailiff_error){ 0 };
	if (top->queue == NULL)
		rc = queue_open(top->url, &options, &top->queue, &top->trouble);
	if (rc == 0)
		rc = fleet_look(top->queue, &fleet, &top->trouble);
	if (rc < 0)
		return rc;
	meter_add(&top->meter, top->has_fleet ? &top->fleet : NULL, &fleet);
	fleet_finish(&top->fleet);
	top->fleet = fleet;
	top->has_fleet = true;
	return 0;
}

/* Whether to go on after a look that failed. */
static bool is_passing(const struct top *top, int rc)
{
	return !top->once && (top->queue != NULL || rc == -EAGAIN);
}

/* ---- showing
 * ------------------------------------------------------------------------------------------ */

static int write_out(const char *text, size_t size, struct bailiff_error *err)
{
	int rc = io_write_all(STDOUT_FILENO, text, size);
	if (rc == -EPIPE)
		return -ECANCELED; /* the reader has seen enough */
	return rc == 0 ? 0 :
			 fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "write standard output");
}

static int show_json(const struct top *top, struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	bool has_trouble = top->trouble.fault != BAILIFF_FAULT_NONE;
	int rc = has_trouble ?
			 fleet_json_print_trouble(shown_url(top), &top->trouble, &text, err) :
			 fleet_json_print(&top->fleet, &top->meter, shown_url(top), &text, err);
	return rc < 0 ? rc : write_out(text, strlen(text), err);
}

/* "12:34:56" of the local clock. */
static const char *clock_text(char text[16])
{
	const time_t now = time(NULL);
	struct tm parts;
	if (localtime_r(&now, &parts) == NULL || strftime(text, 16, "%H:%M:%S", &parts) == 0)
		return NULL;
	return text;
}

static int show_frame(struct top *top, struct bailiff_error *err)
{
	AUTO_FREE char *text = NULL;
	char clock[16];
	size_t size = 0;
	const struct terminal *terminal = &top->terminal;
	struct frame frame = {
		.fleet = top->has_fleet ? &top->fleet : NULL,
		.meter = &top->meter,
		.queue_url = shown_url(top),
		.clock = clock_text(clock),
		.trouble = top->trouble.fault != BAILIFF_FAULT_NONE ? &top->trouble : NULL,
		.age_ns = clock_now_ns() - top->fleet.taken_ns,
		.colours = use_colours(stdout),
		.width = WIDTH_DEFAULT,
		.scroll = top->scroll,
	};
	if (isatty(STDOUT_FILENO) == 1)
		terminal_size(terminal, &frame.width, &frame.height);
	if (!terminal->is_drawn_on)
		frame.height = 0;
	else if (frame.width > 1)
		frame.width--; /* the rest of a line is erased behind its last column */
	FILE *out = open_memstream(&text, &size);
	ssize_t scroll_max = out != NULL ? frame_draw(out, &frame) : -ENOMEM;
	bool is_drawn = out != NULL && fclose(out) == 0 && scroll_max >= 0;
	if (!is_drawn)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "draw");
	if (!terminal->is_drawn_on)
		return write_out(text, size, err);
	top->scroll_max = (size_t)scroll_max;
	top->scroll = top->scroll < top->scroll_max ? top->scroll : top->scroll_max;
	if (!terminal_show(terminal, text, size))
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, EIO, "write to the terminal");
	return 0;
}

static int show(struct top *top, struct bailiff_error *err)
{
	return top->json ? show_json(top, err) : show_frame(top, err);
}

/* ---- the loop
 * ------------------------------------------------------------------------------------------ */

static void scroll(struct top *top, enum terminal_event event)
{
	unsigned width;
	unsigned height;
	terminal_size(&top->terminal, &width, &height);
	size_t page = height > 12 ? height - 10 : 2; /* less than the body has */
	size_t step = event == TERMINAL_UP || event == TERMINAL_DOWN ? 1 : page;
	if (event == TERMINAL_HOME || event == TERMINAL_END)
		step = top->scroll_max;
	if (event == TERMINAL_UP || event == TERMINAL_PAGE_UP || event == TERMINAL_HOME)
		top->scroll -= step < top->scroll ? step : top->scroll;
	else
		top->scroll +=
			step < top->scroll_max - top->scroll ? step : top->scroll_max - top->scroll;
}

/* Shows what was seen until it is time for the next look: 0, the status to exit with, or -errno. */
static int show_for_a_while(struct top *top, struct bailiff_error *err)
{
	uint64_t end_ns = clock_now_ns() + top->interval_ns;
	int rc = show(top, err);
	while (rc == 0) {
		int number = 0;
		uint64_t now_ns = clock_now_ns();
		enum terminal_event event = terminal_wait(
			&top->terminal, end_ns > now_ns ? end_ns - now_ns : 0, &number);
		if (event == TERMINAL_TIME)
			return 0;
		if (event == TERMINAL_SIGNAL)
			return 128 + number; /* as a shell would say it */
		if (event == TERMINAL_QUIT)
			return -ECANCELED;
		if (event != TERMINAL_RESIZED)
			scroll(top, event);
		if (top->terminal.is_drawn_on)
			rc = show(top, err);
	}
	return rc;
}

/* The exit status. *err is filled where there is something to tell. */
static int run(struct top *top, struct bailiff_error *err)
{
	int rc = terminal_open(&top->terminal, !top->once && !top->json, err);
	while (rc == 0) {
		int looked = look(top);
		if (looked < 0 && !is_passing(top, looked)) {
			*err = top->trouble;
			return exit_status_of_error(err);
		}
		if (top->once) {
			rc = show(top, err);
			break;
		}
		rc = show_for_a_while(top, err);
	}
	if (rc == -ECANCELED) /* q, or nobody reads */
		return EX_OK;
	return rc < 0 ? exit_status_of_error(err) : rc;
}

int command_top(int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	struct top top = { 0 };
	if (parse(&top, argc, argv, &err) < 0)
		return tell_usage_error(&err, "top");
	if (top.help) {
		options_help(&top_table, stdout);
		return EX_OK;
	}
	int status = run(&top, &err);
	terminal_close(&top.terminal);
	fleet_finish(&top.fleet);
	queue_close(top.queue);
	/* A wrong queue is a wrong command line. */
	return err.fault != BAILIFF_FAULT_NONE ? tell_usage_error(&err, "top") : status;
}
