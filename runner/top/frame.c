/* SPDX-License-Identifier: MIT */
/*
 * A frame is a head that always stays, and a body of workers and their slots that is scrolled.
 * Every line is put together by pieces that know how many columns are left, so no line can wrap.
 * Where not all of the body fits, slots that do nothing are told in one line; columns that do not
 * fit are left out, the least important first. States are words; colours only repeat what they say.
 */
#include "top/frame.h"

#include "base/clock.h"
#include "base/mem.h"
#include "judge/style.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define LABEL_COLUMNS 9u /* more than any label */
/* Idle slots in a row that are folded. */
#define FOLDED_MIN 3u
#define TEXT_BYTES_MAX 512u
#define AGE_BYTES_MAX 24u

/* ---- pieces of a line
 * ------------------------------------------------------------------------------ */

struct row {
	const struct style *style;
	unsigned left;
	unsigned blanks; /* to be written before what comes next, if anything does */
};

static struct row begin_row(const struct style *style)
{
	return (struct row){ style, style->width, 0 };
}

static void end_row(const struct row *row)
{
	(void)fputc('\n', row->style->out);
}

static void put_text(struct row *row, enum colour colour, const char *text)
{
	unsigned width = text_width(text);
	if (width == 0 || row->left == 0)
		return;
	(void)fprintf(row->style->out, "%*s", (int)row->blanks, "");
	row->blanks = 0;
	style_start(row->style, colour);
	style_text(row->style, text, row->left);
	style_end(row->style);
	row->left -= width < row->left ? width : row->left;
}

__attribute__((format(printf, 3, 4))) static void put(struct row *row, enum colour colour,
						      const char *format, ...)
{
	char text[TEXT_BYTES_MAX];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	put_text(row, colour, text);
}

static void put_blanks(struct row *row, unsigned count)
{
	unsigned shown = count < row->left ? count : row->left;
	row->blanks += shown;
	row->left -= shown;
}

static void put_label(struct row *row, const char *label)
{
	unsigned width = text_width(label);
	put_text(row, COLOUR_FAINT, label);
	put_blanks(row, LABEL_COLUMNS - width);
}

/* "1.2 s", "45 s", "12 min", "5 h", "12 d": as exact as somebody who looks wants to know. */
static const char *format_age(uint64_t ns, char text[AGE_BYTES_MAX])
{
	uint64_t seconds = ns / NS_PER_S;
	if (seconds < 10)
		(void)snprintf(text, AGE_BYTES_MAX, "%" PRIu64 ".%" PRIu64 " s", seconds,
			       ns % NS_PER_S / (NS_PER_S / 10));
	else if (seconds < 100)
		(void)snprintf(text, AGE_BYTES_MAX, "%" PRIu64 " s", seconds);
	else if (seconds < 6000)
		(void)snprintf(text, AGE_BYTES_MAX, "%" PRIu64 " min", seconds / 60);
	else if (seconds < 360000)
		(void)snprintf(text, AGE_BYTES_MAX, "%" PRIu64 " h", seconds / 3600);
	else
		(void)snprintf(text, AGE_BYTES_MAX, "%" PRIu64 " d", seconds / 86400);
	return text;
}

/* ---- columns of slots
 * ------------------------------------------------------------------------------ */

struct cell {
	const struct fleet_worker *worker;
	const struct fleet_slot *slot;
	size_t number;
};

typedef void (*cell_text)(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX]);

static void text_slot(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	(void)width;
	(void)snprintf(text, TEXT_BYTES_MAX, "%zu", cell->number);
}

static void text_core(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	(void)width;
	if (cell->slot->core >= 0)
		(void)snprintf(text, TEXT_BYTES_MAX, "%d", cell->slot->core);
	else
		(void)snprintf(text, TEXT_BYTES_MAX, "-");
}

static void text_state(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	(void)width;
	(void)snprintf(text, TEXT_BYTES_MAX, "%s", cell->slot->state);
}

static void text_for(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	char age[AGE_BYTES_MAX];
	(void)width;
	(void)snprintf(text, TEXT_BYTES_MAX, "%s",
		       format_age(fleet_age(cell->worker, cell->slot->for_ns), age));
}

static void text_job(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	(void)width;
	if (cell->slot->attempt > 1)
		(void)snprintf(text, TEXT_BYTES_MAX, "%" PRIu64 " #%" PRIu64, cell->slot->job,
			       cell->slot->attempt);
	else if (cell->slot->job > 0)
		(void)snprintf(text, TEXT_BYTES_MAX, "%" PRIu64, cell->slot->job);
}

static void text_client(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	(void)width;
	(void)snprintf(text, TEXT_BYTES_MAX, "%s", cell->slot->client);
}

static void text_phase(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	(void)width;
	(void)snprintf(text, TEXT_BYTES_MAX, "%s", cell->slot->phase);
}

static void text_tests(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	(void)width;
	if (cell->slot->job > 0 && cell->slot->tests_total > 0)
		(void)snprintf(text, TEXT_BYTES_MAX, "%" PRIu64 "/%" PRIu64, cell->slot->tests_done,
			       cell->slot->tests_total);
}

/* "[###---]". */
static void text_bar(const struct cell *cell, unsigned width, char text[TEXT_BYTES_MAX])
{
	const struct fleet_slot *slot = cell->slot;
	if (slot->job == 0 || slot->tests_total == 0 || width < 3 || width >= TEXT_BYTES_MAX)
		return;
	double part = (double)slot->tests_done / (double)slot->tests_total;
	unsigned full = part < 1 ? (unsigned)(part * (width - 2)) : width - 2;
	text[0] = '[';
	memset(text + 1, '-', width - 2);
	memset(text + 1, '#', full);
	text[width - 1] = ']';
	text[width] = '\0';
}

static const struct column {
	const char *title;
	unsigned min, max; /* columns of the terminal */
	unsigned importance;
	bool right; /* numbers stand at the right */
	cell_text text;
} columns[] = {
	{ "SLOT", 4, 4, 9, true, text_slot },	   { "CPU", 3, 4, 3, true, text_core },
	{ "STATE", 8, 8, 8, false, text_state },   { "FOR", 6, 6, 6, true, text_for },
	{ "JOB", 8, 12, 7, true, text_job },	   { "CLIENT", 8, 20, 5, false, text_client },
	{ "PHASE", 14, 31, 4, false, text_phase }, { "TESTS", 7, 9, 2, true, text_tests },
	{ "", 6, 22, 1, false, text_bar },
};

/* Widths of the columns, 0 = left out. */
struct layout {
	unsigned widths[ARRAY_LENGTH(columns)];
};

static unsigned used_columns(const struct layout *layout)
{
	unsigned used = 1; /* the indentation's other blank */
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++)
		used += layout->widths[i] > 0 ? layout->widths[i] + 1 : 0;
	return used;
}

static struct layout make_layout(unsigned width)
{
	struct layout layout;
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++)
		layout.widths[i] = columns[i].min;
	for (unsigned least = 1; used_columns(&layout) > width && least < 9; least++) {
		for (size_t i = 0; i < ARRAY_LENGTH(columns); i++)
			layout.widths[i] = columns[i].importance == least ? 0 : layout.widths[i];
	}
	/* What is left is shared out one by one. */
	for (bool grew = true; grew;) {
		grew = false;
		for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
			if (layout.widths[i] == 0 || layout.widths[i] == columns[i].max ||
			    used_columns(&layout) >= width)
				continue;
			layout.widths[i]++;
			grew = true;
		}
	}
	return layout;
}

static enum colour state_colour(const char *state)
{
	if (strcmp(state, "idle") == 0)
		return COLOUR_FAINT;
	if (strcmp(state, "busy") == 0)
		return COLOUR_GOOD;
	return strcmp(state, "starting") == 0 ? COLOUR_BOLD : COLOUR_BAD;
}

static void put_cell(struct row *row, const struct column *column, unsigned width,
		     enum colour colour, const char *text)
{
	unsigned own = text_width(text);
	unsigned shown = own < width ? own : width;
	put_blanks(row, 1);
	if (column->right)
		put_blanks(row, width - shown);
	struct row part = { row->style, width < row->left ? width : row->left, row->blanks };
	unsigned before = part.left;
	put_text(&part, colour, text);
	row->left -= before - part.left;
	row->blanks = part.blanks;
	if (!column->right)
		put_blanks(row, width - shown);
}

static void put_slot(const struct style *style, const struct layout *layout,
		     const struct cell *cell)
{
	struct row row = begin_row(style);
	put_blanks(&row, 1);
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
		char text[TEXT_BYTES_MAX] = "";
		bool is_state = columns[i].text == text_state;
		if (layout->widths[i] == 0)
			continue;
		columns[i].text(cell, layout->widths[i], text);
		put_cell(&row, &columns[i], layout->widths[i],
			 is_state ? state_colour(cell->slot->state) : COLOUR_PLAIN, text);
	}
	end_row(&row);
}

static void put_titles(const struct style *style, const struct layout *layout)
{
	struct row row = begin_row(style);
	put_blanks(&row, 1);
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
		if (layout->widths[i] > 0)
			put_cell(&row, &columns[i], layout->widths[i], COLOUR_FAINT,
				 columns[i].title);
	}
	end_row(&row);
}

/* ---- the body
 * --------------------------------------------------------------------------------------- */

static bool is_lost(const struct fleet_worker *worker)
{
	return worker->seen_age_ns >= FRAME_LOST_NS;
}

static bool is_idle(const struct fleet_slot *slot)
{
	return strcmp(slot->state, "idle") == 0;
}

static size_t idle_run(const struct fleet_worker *worker, size_t first)
{
	size_t count = 0;
	while (first + count < worker->slot_count && is_idle(&worker->slots[first + count]))
		count++;
	return count;
}

static void put_folded(const struct style *style, const struct fleet_worker *worker, size_t first,
		       size_t count)
{
	char text[AGE_BYTES_MAX];
	uint64_t longest_ns = 0;
	for (size_t i = first; i < first + count; i++) {
		uint64_t for_ns = worker->slots[i].for_ns;
		longest_ns = for_ns > longest_ns ? for_ns : longest_ns;
	}
	struct row row = begin_row(style);
	put(&row, COLOUR_FAINT, "  slots %zu to %zu: %zu idle, the longest for %s", first,
	    first + count - 1, count, format_age(fleet_age(worker, longest_ns), text));
	end_row(&row);
}

static void put_warning(struct row *row, uint64_t count, const char *one, const char *many)
{
	if (count > 0)
		put(row, COLOUR_BAD, "  %" PRIu64 " %s", count, count == 1 ? one : many);
}

static void put_worker_line(const struct style *style, const struct fleet_worker *worker)
{
	char age[AGE_BYTES_MAX];
	char size[NUMBER_LENGTH_MAX];
	uint64_t jobs = 0;
	for (size_t i = 0; i < FLEET_VERDICTS; i++)
		jobs += worker->jobs[i];
	struct row row = begin_row(style);
	put_text(&row, COLOUR_BOLD, worker->name);
	if (worker->seen_age_ns >= FRAME_QUIET_NS)
		put(&row, COLOUR_BAD, "  not heard of for %s",
		    format_age(worker->seen_age_ns, age));
	if (worker->trouble != NULL)
		put(&row, COLOUR_BAD, "  %s", worker->trouble);
	if (worker->is_draining)
		put(&row, COLOUR_BAD, "  draining");
	put_warning(&row, worker->slot_deaths, "slot death", "slot deaths");
	put_warning(&row, worker->leases_lost, "lease lost", "leases lost");
	put_warning(&row, worker->store_failures, "store failure", "store failures");
	if (worker->trouble == NULL) {
		put(&row, COLOUR_PLAIN, "  %" PRIu64 " jobs", jobs);
		put(&row, COLOUR_PLAIN, " in %s",
		    format_age(fleet_age(worker, worker->uptime_ns), age));
		if (worker->prefetched > 0)
			put(&row, COLOUR_PLAIN, "  %" PRIu64 " prefetched", worker->prefetched);
		if (worker->slot_memory_bytes > 0)
			put(&row, COLOUR_FAINT, "  %s a slot",
			    format_size(worker->slot_memory_bytes, size));
	}
	put(&row, COLOUR_FAINT, "  %s  bailiff %s", worker->host, worker->version);
	end_row(&row);
}

static void put_worker(const struct style *style, const struct layout *layout,
		       const struct fleet_worker *worker, bool folds)
{
	put_worker_line(style, worker);
	if (is_lost(worker))
		return;
	for (size_t i = 0; i < worker->slot_count; i++) {
		const struct cell cell = { worker, &worker->slots[i], i };
		size_t idle = folds ? idle_run(worker, i) : 0;
		if (idle >= FOLDED_MIN) {
			put_folded(style, worker, i, idle);
			i += idle - 1;
		} else {
			put_slot(style, layout, &cell);
		}
	}
}

/* ---- the head
 * --------------------------------------------------------------------------------------- */

static void put_first_line(const struct style *style, const struct frame *frame)
{
	struct row row = begin_row(style);
	unsigned clock = frame->clock != NULL ? text_width(frame->clock) + 2 : 0;
	put(&row, COLOUR_BOLD, "bailiff top");
	put_blanks(&row, 2);
	struct row url = { style, row.left > clock ? row.left - clock : 0, row.blanks };
	put_text(&url, COLOUR_PLAIN, frame->queue_url);
	if (clock > 0 && row.left > clock) {
		row = (struct row){ style, url.left + clock, url.blanks };
		put_blanks(&row, url.left + 2);
		put_text(&row, COLOUR_FAINT, frame->clock);
	}
	end_row(&row);
}

static void put_queue(const struct style *style, const struct queue_stats *stats)
{
	char age[AGE_BYTES_MAX];
	struct row row = begin_row(style);
	put_label(&row, "queue");
	for (unsigned i = 0; i < QUEUE_STATE_COUNT; i++)
		put(&row, COLOUR_PLAIN, "%s%" PRIu64 " %s", i > 0 ? "  " : "", stats->jobs[i],
		    queue_state_name((enum queue_state)i));
	end_row(&row);
	row = begin_row(style);
	put_label(&row, "waiting");
	if (stats->oldest_ready_ns == 0 && stats->clients_waiting == 0)
		put(&row, COLOUR_PLAIN, "nobody");
	else
		put(&row, COLOUR_PLAIN, "%" PRIu64 " %s, the oldest job for %s",
		    stats->clients_waiting, stats->clients_waiting == 1 ? "client" : "clients",
		    format_age(stats->oldest_ready_ns, age));
	end_row(&row);
}

static void put_rates(const struct style *style, const struct meter *meter)
{
	double rates[FLEET_VERDICTS];
	double sum;
	char age[AGE_BYTES_MAX];
	uint64_t over_ns = meter_read(meter, rates, &sum);
	struct row row = begin_row(style);
	put_label(&row, "rate");
	if (over_ns == 0) {
		put(&row, COLOUR_PLAIN, "not known after one look");
	} else {
		put(&row, COLOUR_PLAIN, "%.1f jobs/s over %s", sum, format_age(over_ns, age));
		for (size_t i = 0; i < FLEET_VERDICTS; i++) {
			if (rates[i] > 0)
				put(&row, COLOUR_PLAIN, "  %s %.1f", fleet_verdict_name(i),
				    rates[i]);
		}
	}
	end_row(&row);
}

static void put_slots_line(const struct style *style, const struct fleet *fleet)
{
	size_t counts[SLOT_STATE_DOWN + 1] = { 0 };
	size_t slots = 0;
	size_t live = 0;
	for (size_t i = 0; i < fleet->worker_count; i++) {
		const struct fleet_worker *worker = &fleet->workers[i];
		if (is_lost(worker))
			continue;
		live++;
		slots += worker->slot_count;
		for (size_t j = 0; j < worker->slot_count; j++)
			for (unsigned state = 0; state <= SLOT_STATE_DOWN; state++)
				counts[state] +=
					strcmp(worker->slots[j].state,
					       slot_state_name((enum slot_state)state)) == 0;
	}
	struct row row = begin_row(style);
	put_label(&row, "workers");
	put(&row, COLOUR_PLAIN, "%zu with %zu %s", live, slots, slots == 1 ? "slot" : "slots");
	for (unsigned state = 0; state <= SLOT_STATE_DOWN; state++) {
		if (counts[state] > 0)
			put(&row, COLOUR_PLAIN, "  %zu %s", counts[state],
			    slot_state_name((enum slot_state)state));
	}
	if (live < fleet->worker_count)
		put(&row, COLOUR_BAD, "  %zu not heard of", fleet->worker_count - live);
	end_row(&row);
}

static void put_trouble(const struct style *style, const struct frame *frame)
{
	char age[AGE_BYTES_MAX];
	struct row row = begin_row(style);
	put_label(&row, "trouble");
	put_text(&row, COLOUR_BAD, frame->trouble->message);
	end_row(&row);
	if (frame->trouble->hint[0] != '\0') {
		row = begin_row(style);
		put_label(&row, "hint");
		put_text(&row, COLOUR_PLAIN, frame->trouble->hint);
		end_row(&row);
	}
	row = begin_row(style);
	put_label(&row, "");
	if (frame->fleet != NULL)
		put(&row, COLOUR_BAD, "what you see is %s old", format_age(frame->age_ns, age));
	else
		put(&row, COLOUR_BAD, "trying again");
	end_row(&row);
}

static void put_head(const struct style *style, const struct frame *frame)
{
	put_first_line(style, frame);
	if (frame->trouble != NULL)
		put_trouble(style, frame);
	if (frame->fleet == NULL)
		return;
	put_queue(style, &frame->fleet->stats);
	put_rates(style, frame->meter);
	put_slots_line(style, frame->fleet);
	(void)fputc('\n', style->out);
}

static void put_body(const struct style *style, const struct frame *frame,
		     const struct layout *layout, bool folds)
{
	for (size_t i = 0; frame->fleet != NULL && i < frame->fleet->worker_count; i++)
		put_worker(style, layout, &frame->fleet->workers[i], folds);
	if (frame->fleet == NULL || frame->fleet->worker_count > 0)
		return;
	struct row row = begin_row(style);
	put(&row, COLOUR_PLAIN, "No worker. Start one: bailiff worker --queue ");
	put_text(&row, COLOUR_PLAIN, frame->queue_url);
	end_row(&row);
}

/* ---- the frame
 * -------------------------------------------------------------------------------------- */

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	return lines;
}

/* Writes `count` lines from line `first` on; returns how many there were. */
static size_t copy_lines(FILE *out, const char *text, size_t first, size_t count)
{
	size_t number = 0;
	size_t written = 0;
	for (const char *at = text; *at != '\0' && written < count; number++) {
		const char *end = strchr(at, '\n') + 1;
		if (number >= first) {
			(void)fwrite(at, 1, (size_t)(end - at), out);
			written++;
		}
		at = end;
	}
	return written;
}

enum part { PART_HEAD, PART_BODY, PART_FOLDED_BODY };

/* A part of the frame in memory, the caller's to free; NULL where memory ran out. */
static char *make_part(const struct frame *frame, enum part part)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	if (stream == NULL)
		return NULL;
	const struct style style = { stream, frame->colours, frame->width };
	const struct layout layout = make_layout(style.width);
	bool has_slots = frame->fleet != NULL && frame->fleet->worker_count > 0;
	if (part == PART_HEAD) {
		put_head(&style, frame);
		if (has_slots)
			put_titles(&style, &layout);
	} else {
		put_body(&style, frame, &layout, part == PART_FOLDED_BODY);
	}
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

static void put_footer(FILE *out, const struct frame *frame, size_t shown, size_t lines)
{
	const struct style style = { out, frame->colours, frame->width };
	struct row row = begin_row(&style);
	put(&row, COLOUR_FAINT, "q quits");
	if (shown < lines)
		put(&row, COLOUR_PLAIN, "  lines %zu to %zu of %zu, more by arrows and pages",
		    frame->scroll + 1, frame->scroll + shown, lines);
	end_row(&row);
}

ssize_t frame_draw(FILE *out, const struct frame *frame)
{
	AUTO_FREE char *head = make_part(frame, PART_HEAD);
	AUTO_FREE char *body = make_part(frame, PART_BODY);
	if (head == NULL || body == NULL)
		return -ENOMEM;
	if (frame->height == 0) {
		(void)fputs(head, out);
		(void)fputs(body, out);
		return 0;
	}
	size_t footer = frame->height > 2 ? 1 : 0;
	/* At least a line of the body, however low the terminal is. */
	size_t head_room = frame->height - footer > 1 ? frame->height - footer - 1 : 1;
	size_t room = frame->height - footer - copy_lines(out, head, 0, head_room);
	if (count_lines(body) > room) {
		free(body);
		body = make_part(frame, PART_FOLDED_BODY);
		if (body == NULL)
			return -ENOMEM;
	}
	size_t lines = count_lines(body);
	size_t scroll_max = lines > room ? lines - room : 0;
	struct frame placed = *frame;
	placed.scroll = frame->scroll < scroll_max ? frame->scroll : scroll_max;
	size_t shown = copy_lines(out, body, placed.scroll, room);
	for (size_t i = shown; i < room; i++)
		(void)fputc('\n', out);
	if (footer > 0)
		put_footer(out, &placed, shown, lines);
	return (ssize_t)scroll_max;
}
