/* SPDX-License-Identifier: MIT */
/*
 * Text for people. What others wrote is escaped first and measured after that, so that neither a
 * command to the terminal nor a long name can break a table.
 */
#include "judge/style.h"

#include "base/clock.h"
#include "base/mem.h"
#include "codec/utf8.h"
#include "message.h"

#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

#define LABEL_WIDTH 10
#define TAB_WIDTH 8

/* ECMA-48 select graphic rendition. */
static const char *const colour_codes[] = {
	[COLOUR_PLAIN] = "",	    [COLOUR_BOLD] = "\033[1m", [COLOUR_FAINT] = "\033[2m",
	[COLOUR_GOOD] = "\033[32m", [COLOUR_BAD] = "\033[31m",
};

/* Green is accepted, red wrong, yellow beyond a limit, magenta crashed or stopped. */
static const char *const verdict_codes[JUDGE_VERDICT_COUNT] = {
	[JUDGE_PENDING] = "\033[2m", [JUDGE_AC] = "\033[1;32m",	 [JUDGE_WA] = "\033[1;31m",
	[JUDGE_PE] = "\033[1;31m",   [JUDGE_TLE] = "\033[1;33m", [JUDGE_MLE] = "\033[1;33m",
	[JUDGE_OLE] = "\033[1;33m",  [JUDGE_RE] = "\033[1;35m",	 [JUDGE_SV] = "\033[1;35m",
	[JUDGE_IE] = "\033[1;7;31m", [JUDGE_CE] = "\033[1;36m",	 [JUDGE_SKIPPED] = "\033[2m",
};

unsigned terminal_width(FILE *out, unsigned otherwise)
{
	struct winsize size;
	int fd = fileno(out);
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return otherwise;
	return size.ws_col;
}

/* ---- colours ------------------------------------------------------------------------------- */

void style_start(const struct style *style, enum colour colour)
{
	if (style->colours)
		(void)fputs(colour_codes[colour], style->out);
}

void style_start_verdict(const struct style *style, enum judge_verdict verdict)
{
	if (style->colours)
		(void)fputs(verdict_codes[verdict], style->out);
}

void style_end(const struct style *style)
{
	if (style->colours)
		(void)fputs("\033[0m", style->out);
}

/* ---- text ---------------------------------------------------------------------------------- */

/* The escaped text, the caller's to free; NULL where memory ran out. */
static char *escaped(const char *text)
{
	char *copy = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&copy, &size);
	if (stream == NULL)
		return NULL;
	print_escaped(stream, text);
	if (fclose(stream) == 0)
		return copy;
	free(copy);
	return NULL;
}

/*
 * Columns of a character: two for wide ones, none for those that combine with the one before. The C
 * library knows, in a locale with UTF-8; what the caller's locale is does not matter. *locale is opened
 * when it is first needed, and the caller's to free. One column where nothing is known.
 */
static unsigned columns_of(unsigned code, locale_t *locale)
{
	if (code < 0x80)
		return 1;
	if (*locale == (locale_t)0)
		*locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (*locale == (locale_t)0)
		return 1;
	locale_t before = uselocale(*locale);
	int columns = wcwidth((wchar_t)code);
	(void)uselocale(before);
	return columns < 0 ? 1 : (unsigned)columns;
}

/* Bytes of as many characters as fit into `width` columns; *ret_width is how many they take. */
static size_t fitting(const char *text, unsigned width, unsigned *ret_width)
{
	size_t length = strlen(text);
	size_t at = 0;
	unsigned used = 0;
	locale_t locale = (locale_t)0;
	while (at < length) {
		size_t step = utf8_sequence(text + at, length - at);
		unsigned columns =
			step > 0 ? columns_of(utf8_decode(text + at, step), &locale) : 1;
		if (columns > width - used)
			break;
		used += columns;
		at += step > 0 ? step : 1;
	}
	if (locale != (locale_t)0)
		freelocale(locale);
	*ret_width = used;
	return at;
}

unsigned text_width(const char *text)
{
	unsigned width = 0;
	AUTO_FREE char *shown = escaped(text);
	if (shown != NULL)
		(void)fitting(shown, UINT32_MAX, &width);
	return width;
}

/* Returns the columns it took. */
static unsigned put_text(const struct style *style, const char *text, unsigned width)
{
	unsigned used = 0;
	AUTO_FREE char *shown = escaped(text);
	if (shown == NULL || width == 0)
		return 0;
	size_t bytes = fitting(shown, width, &used);
	if (shown[bytes] == '\0') {
		(void)fwrite(shown, 1, bytes, style->out);
		return used;
	}
	bytes = fitting(shown, width - 1, &used);
	(void)fwrite(shown, 1, bytes, style->out);
	(void)fputs("…", style->out);
	return used + 1;
}

void style_text(const struct style *style, const char *text, unsigned width)
{
	(void)put_text(style, text, width);
}

void style_cell(const struct style *style, const char *text, unsigned width)
{
	unsigned used = put_text(style, text, width);
	(void)fprintf(style->out, "%*s", (int)(width - used), "");
}

void style_verdict(const struct style *style, enum judge_verdict verdict, unsigned width)
{
	style_start_verdict(style, verdict);
	int used = fprintf(style->out, "%s", judge_verdict_name(verdict));
	style_end(style);
	if (used >= 0 && (unsigned)used < width)
		(void)fprintf(style->out, "%*s", (int)width - used, "");
}

/* ---- blocks -------------------------------------------------------------------------------- */

void style_label(const struct style *style, const char *label)
{
	style_start(style, COLOUR_FAINT);
	(void)fprintf(style->out, "  %-*s ", LABEL_WIDTH, label);
	style_end(style);
}

/* Prints one line, with tabs as blanks. */
static void put_line(const struct style *style, const char *line, size_t length)
{
	char *copy = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&copy, &size);
	if (stream == NULL)
		return;
	unsigned column = 0;
	for (size_t i = 0; i < length; i++) {
		int blanks = line[i] == '\t' ? (int)(TAB_WIDTH - column % TAB_WIDTH) : 0;
		if (blanks > 0)
			(void)fprintf(stream, "%*s", blanks, "");
		else
			(void)fputc(line[i], stream);
		column += blanks > 0 ? (unsigned)blanks : 1;
	}
	if (fclose(stream) == 0)
		print_escaped(style->out, copy);
	free(copy);
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (const char *at = text; *at != '\0'; lines++) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return lines;
}

void style_block(const struct style *style, const struct style_block *block)
{
	size_t lines = count_lines(block->text);
	size_t hidden = lines > block->lines_max ? lines - block->lines_max : 0;
	const char *label = block->label;
	size_t number = 0;
	if (block->last && hidden > 0) {
		style_label(style, label);
		(void)fprintf(style->out, "... (%zu lines before)\n", hidden);
		label = "";
	}
	for (const char *at = block->text; *at != '\0'; number++) {
		size_t length = strcspn(at, "\n");
		bool is_shown = block->last ? number >= hidden : number < block->lines_max;
		if (is_shown) {
			style_label(style, label);
			put_line(style, at, length);
			(void)fputc('\n', style->out);
			label = "";
		}
		at += length + (at[length] == '\n');
	}
	if (!block->last && hidden > 0) {
		style_label(style, label);
		(void)fprintf(style->out, "... (%zu lines more)\n", hidden);
	}
	if (block->truncated) {
		style_label(style, "");
		(void)fprintf(style->out, "... (cut off)\n");
	}
}

/* ---- numbers ------------------------------------------------------------------------------- */

const char *format_time(uint64_t ns, char text[NUMBER_LENGTH_MAX])
{
	double seconds = (double)ns / (double)NS_PER_S;
	int decimals = seconds < 10 ? 2 : (seconds < 100 ? 1 : 0);
	if (ns % NS_PER_S == 0)
		decimals = 0; /* limits mostly are */
	uint64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS >= NS_PER_MS / 2);
	if (ns == BAILIFF_UNKNOWN)
		(void)snprintf(text, NUMBER_LENGTH_MAX, "-");
	else if (ns < 10 * NS_PER_MS && ns % NS_PER_MS != 0)
		(void)snprintf(text, NUMBER_LENGTH_MAX, "%.1f ms",
			       (double)ns / (double)NS_PER_MS);
	else if (ms < 1000)
		(void)snprintf(text, NUMBER_LENGTH_MAX, "%" PRIu64 " ms", ms);
	else
		(void)snprintf(text, NUMBER_LENGTH_MAX, "%.*f s", decimals, seconds);
	return text;
}

const char *format_size(uint64_t bytes, char text[NUMBER_LENGTH_MAX])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;
	/* Before rounding could show 1024 of a unit. */
	for (; value >= 1023.5 && unit + 1 < ARRAY_LENGTH(units); unit++)
		value /= 1024;
	bool is_whole = unit == 0 || value >= 99.95 || value == (double)(uint64_t)value;
	if (bytes == BAILIFF_UNKNOWN)
		(void)snprintf(text, NUMBER_LENGTH_MAX, "-");
	else
		(void)snprintf(text, NUMBER_LENGTH_MAX, "%.*f %s", is_whole ? 0 : 1, value,
			       units[unit]);
	return text;
}
