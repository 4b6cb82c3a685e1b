/* SPDX-License-Identifier: MIT */
/*
 * The comparison of an output with its answer: two cursors that walk once over both, a run of
 * blanks and a token at a time. Nothing is copied; tokens of any length are read where they stand.
 *
 * Numbers are subtracted as they are written, digit by digit from the highest power of ten, until
 * their difference has 18 digits. So no length, exponent or cancellation costs precision: 1.000001
 * differs from 1 by exactly 1e-6, and two numbers of a million digits by what their last ones say.
 * Only the difference becomes a floating point number, to be held against the tolerances.
 */
#include "judge/compare.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/utf8.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

/* Exponents beyond this are cut to it. Far above the size of any text, far below 64 bits. */
#define EXPONENT_MAX INT64_C(1000000000000000)
/* A magnitude below this can take one more digit (and the other number's) in 64 bits. */
#define MAGNITUDE_FULL INT64_C(100000000000000000)
/* What the rounding of a tolerance and of one product can amount to. */
#define ROUNDING (2 * LDBL_EPSILON)

/* A token that is a decimal number: (whole.fraction) x 10^exponent, its digits where they stand. */
struct decimal {
	const char *whole, *fraction;
	int64_t whole_count, fraction_count;
	int64_t exponent;
	bool is_negative;
	bool is_cut;	   /* its exponent is, by EXPONENT_MAX */
	int64_t high, low; /* powers of ten of its first digit above zero and of its last digit */
};

/* No digits: an empty range, whatever it is joined with. */
static const struct decimal zero = { .high = INT64_MIN, .low = INT64_MAX };

/* mantissa x 10^exponent */
struct magnitude {
	uint64_t mantissa;
	int64_t exponent;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

/* Reads "e+12" to the end of the token; nothing at all is an exponent too. */
static bool read_exponent(const char *at, const char *end, struct decimal *number)
{
	if (at == end)
		return true;
	if (*at != 'e' && *at != 'E')
		return false;
	at++;
	bool is_negative = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (at == end || skip_digits(at, end) != end)
		return false;
	int64_t value = 0;
	for (; at < end && value < EXPONENT_MAX; at++)
		value = value * 10 + (*at - '0');
	number->is_cut = value >= EXPONENT_MAX;
	if (number->is_cut)
		value = EXPONENT_MAX;
	number->exponent = is_negative ? -value : value;
	return true;
}

/* Finds where the number's digits begin and end; one that is zero becomes the zero. */
static void find_range(struct decimal *number)
{
	const char *whole_end = number->whole + number->whole_count;
	const char *fraction_end = number->fraction + number->fraction_count;
	number->low = number->exponent - number->fraction_count;
	for (const char *at = number->whole; at < whole_end; at++) {
		if (*at != '0') {
			number->high = number->exponent + (whole_end - at) - 1;
			return;
		}
	}
	for (const char *at = number->fraction; at < fraction_end; at++) {
		if (*at != '0') {
			number->high = number->exponent - (at - number->fraction) - 1;
			return;
		}
	}
	*number = zero;
}

/* [+-]?(\d*\.\d+|\d+\.|\d+)([eE][+-]?\d+)? and nothing else. */
static bool read_decimal(const char *at, const char *end, struct decimal *ret_number)
{
	struct decimal number = { 0 };
	number.is_negative = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	number.whole = at;
	at = skip_digits(at, end);
	number.whole_count = at - number.whole;
	if (at < end && *at == '.')
		at++;
	number.fraction = at;
	at = skip_digits(at, end);
	number.fraction_count = at - number.fraction;
	if (number.whole_count == 0 && number.fraction_count == 0)
		return false;
	if (!read_exponent(at, end, &number))
		return false;
	find_range(&number);
	*ret_number = number;
	return true;
}

static int digit_at(const struct decimal *number, int64_t power)
{
	int64_t place = power - number->exponent;
	if (place >= number->whole_count || place < -number->fraction_count)
		return 0;
	if (place >= 0)
		return number->whole[number->whole_count - 1 - place] - '0';
	return number->fraction[-place - 1] - '0';
}

/*
 * |a - b|, its first 18 digits at least. Linear in the lengths: where neither number has a digit,
 * the sum either ends or grows by a power of ten with each step.
 */
static struct magnitude distance(const struct decimal *a, const struct decimal *b)
{
	int64_t high = a->high > b->high ? a->high : b->high;
	int64_t low = a->low < b->low ? a->low : b->low;
	int sign = a->is_negative == b->is_negative ? -1 : 1;
	int64_t sum = 0;
	int64_t power = high;
	for (; power >= low && sum < MAGNITUDE_FULL && sum > -MAGNITUDE_FULL; power--)
		sum = sum * 10 + digit_at(a, power) + sign * digit_at(b, power);
	return (struct magnitude){
		.mantissa = (uint64_t)(sum < 0 ? -sum : sum),
		.exponent = sum == 0 ? 0 : power + 1,
	};
}

/* Correctly rounded; infinite or zero where it is beyond the type's range. */
static long double to_float(uint64_t mantissa, int64_t exponent)
{
	/* Without a decimal point, so that no locale reads it differently. */
	char text[48];
	(void)snprintf(text, sizeof text, "%" PRIu64 "e%" PRId64, mantissa, exponent);
	return strtold(text, NULL);
}

static bool numbers_agree(const struct compare_options *options, const struct decimal *found,
			  const struct decimal *expected)
{
	long double absolute = options->has_absolute ? options->absolute : 0;
	long double relative = options->has_relative ? options->relative : 0;
	/* Both so large or so small that only their text could tell how far apart they are. */
	if (found->is_cut && expected->is_cut)
		return found->exponent < 0 && expected->exponent < 0 && absolute > 0;
	struct magnitude far = distance(found, expected);
	if (far.mantissa == 0)
		return true;
	if (absolute > 0 && to_float(far.mantissa, far.exponent) <= absolute)
		return true;
	/* Both sides divided by the answer's power of ten, so that neither can overflow. */
	struct magnitude size = distance(expected, &zero);
	return relative > 0 && size.mantissa > 0 &&
	       to_float(far.mantissa, far.exponent - size.exponent) <=
		       relative * (long double)size.mantissa * (1 + ROUNDING);
}

bool compare_parse_tolerance(const char *text, long double *ret_value)
{
	struct decimal number;
	if (!read_decimal(text, text + strlen(text), &number) || number.is_negative)
		return false;
	struct magnitude size = distance(&number, &zero);
	long double value = to_float(size.mantissa, size.exponent);
	if (value > LDBL_MAX)
		return false;
	*ret_value = value;
	return true;
}

/* ---- excerpts ------------------------------------------------------------------------------- */

/* A piece of an output or of an answer. */
struct span {
	const char *start, *end;
};

static size_t span_size(struct span span)
{
	return (size_t)(span.end - span.start);
}

/* What a long token has in common with the other one is left out, but for this much. */
#define EXCERPT_SAME_MAX 24u
#define EXCERPT_SAME_KEPT 12u

static bool is_printable(unsigned code)
{
	return code >= 0x20 && !(code >= 0x7f && code <= 0x9f);
}

/* Writes the character, or its bytes as \xNN; returns how many bytes `text` then has, which is
 * more than `room` where they did not fit. */
static size_t add_character(char *text, size_t length, size_t room, struct span character)
{
	size_t size = utf8_sequence(character.start, span_size(character));
	size_t step = span_size(character);
	if (size == step && is_printable(utf8_decode(character.start, size))) {
		if (length + step <= room)
			memcpy(text + length, character.start, step);
		return length + step;
	}
	for (const char *at = character.start; at < character.end; at++, length += 4) {
		if (length + 4 > room)
			return room + 1;
		(void)snprintf(text + length, 5, "\\x%02x", (unsigned char)*at);
	}
	return length;
}

/* The span from `from` on, with "..." where something before or after it is left out. */
static void excerpt(char text[DIFFERENCE_EXCERPT_MAX], struct span span, size_t from)
{
	static const char dots[] = "...";
	const size_t room = DIFFERENCE_EXCERPT_MAX - 1;
	size_t length = 0;
	if (from > 0) {
		memcpy(text, dots, sizeof dots - 1);
		length = sizeof dots - 1;
	}
	size_t cut = length; /* the longest text that leaves room for dots */
	const char *at = span.start + from;
	while (at < span.end && length <= room) {
		size_t step = utf8_sequence(at, (size_t)(span.end - at));
		struct span character = { at, at + (step > 0 ? step : 1) };
		length = add_character(text, length, room, character);
		if (length + sizeof dots - 1 <= room)
			cut = length;
		at = character.end;
	}
	if (length > room) {
		memcpy(text + cut, dots, sizeof dots - 1);
		length = cut + sizeof dots - 1;
	}
	text[length] = '\0';
}

/* Where the excerpt of a token begins whose first `same` bytes are the other one's too. */
static size_t excerpt_start(struct span token, size_t same)
{
	if (same <= EXCERPT_SAME_MAX)
		return 0;
	size_t from = same - EXCERPT_SAME_KEPT;
	for (size_t i = 0; i < 3 && ((unsigned char)token.start[from] & 0xc0) == 0x80; i++)
		from++;
	return from;
}

/* ---- tokens --------------------------------------------------------------------------------- */

/* A text that is being read. */
struct cursor {
	const char *at, *end;
	uint64_t line;
};

struct comparison {
	const struct compare_options *options;
	struct cursor output, answer;
	uint64_t token;
	struct difference *difference;
};

/* Space, tab, line feed, vertical tab, form feed, carriage return: no locale's isspace(). */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span take_blanks(struct cursor *cursor)
{
	struct span blanks = { cursor->at, cursor->at };
	for (; blanks.end < cursor->end && is_blank(*blanks.end); blanks.end++) {
		if (*blanks.end == '\n')
			cursor->line++;
	}
	cursor->at = blanks.end;
	return blanks;
}

static struct span take_token(struct cursor *cursor)
{
	struct span token = { cursor->at, cursor->at };
	while (token.end < cursor->end && !is_blank(*token.end))
		token.end++;
	cursor->at = token.end;
	return token;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many bytes two spans have in common at their start. */
static size_t common_start(struct span a, struct span b, bool case_sensitive)
{
	size_t count = span_size(a) < span_size(b) ? span_size(a) : span_size(b);
	size_t i = 0;
	while (i < count && (a.start[i] == b.start[i] ||
			     (!case_sensitive && fold(a.start[i]) == fold(b.start[i]))))
		i++;
	return i;
}

static bool are_identical(struct span a, struct span b)
{
	return span_size(a) == span_size(b) &&
	       (span_size(a) == 0 || memcmp(a.start, b.start, span_size(a)) == 0);
}

/* Notes a difference; false, so that a comparison ends with it. */
static bool differ(struct comparison *comparison, enum difference_kind kind, struct span found,
		   struct span expected)
{
	struct difference *difference = comparison->difference;
	difference->kind = kind;
	difference->token = comparison->token;
	size_t same = 0;
	if (kind == DIFFERENCE_TOKEN)
		same = common_start(found, expected, comparison->options->case_sensitive);
	excerpt(difference->expected, expected, excerpt_start(expected, same));
	excerpt(difference->found, found, excerpt_start(found, same));
	return false;
}

static bool tokens_agree(struct comparison *comparison, struct span found, struct span expected)
{
	const struct compare_options *options = comparison->options;
	if (are_identical(found, expected))
		return true;
	struct decimal expected_number;
	if ((options->has_absolute || options->has_relative) &&
	    read_decimal(expected.start, expected.end, &expected_number)) {
		struct decimal number;
		if (!read_decimal(found.start, found.end, &number))
			return differ(comparison, DIFFERENCE_NO_NUMBER, found, expected);
		if (!numbers_agree(options, &number, &expected_number))
			return differ(comparison, DIFFERENCE_TOLERANCE, found, expected);
		return true;
	}
	if (span_size(found) == span_size(expected) &&
	    common_start(found, expected, options->case_sensitive) == span_size(found))
		return true;
	return differ(comparison, DIFFERENCE_TOKEN, found, expected);
}

static void note_lines(struct comparison *comparison)
{
	comparison->difference->output_line = comparison->output.line;
	comparison->difference->answer_line = comparison->answer.line;
}

static bool compare_tokens(struct comparison *comparison)
{
	struct cursor *output = &comparison->output;
	struct cursor *answer = &comparison->answer;
	for (;;) {
		/* White space is where it begins; tokens are where they stand, after it. */
		note_lines(comparison);
		comparison->token++;
		struct span output_blanks = take_blanks(output);
		struct span answer_blanks = take_blanks(answer);
		bool has_output = output->at < output->end;
		bool has_answer = answer->at < answer->end;
		if (has_output == has_answer && comparison->options->space_change_sensitive &&
		    !are_identical(output_blanks, answer_blanks))
			return differ(comparison, DIFFERENCE_SPACE, output_blanks, answer_blanks);
		note_lines(comparison);
		struct span found = take_token(output);
		struct span expected = take_token(answer);
		if (!has_output && !has_answer)
			return true;
		if (!has_output)
			return differ(comparison, DIFFERENCE_MISSING, found, expected);
		if (!has_answer)
			return differ(comparison, DIFFERENCE_TRAILING, found, expected);
		if (!tokens_agree(comparison, found, expected))
			return false;
	}
}

/* ---- bytes ---------------------------------------------------------------------------------- */

/* The rest of a line from `at` on, its end included. */
static struct span rest_of_line(struct cursor text, size_t at)
{
	struct span rest = { text.at + at, text.end };
	const char *line_end = rest.start < rest.end ?
				       memchr(rest.start, '\n', span_size(rest)) : NULL;
	if (line_end != NULL)
		rest.end = line_end + 1;
	return rest;
}

static bool compare_bytes(struct comparison *comparison)
{
	struct span output = { comparison->output.at, comparison->output.end };
	struct span answer = { comparison->answer.at, comparison->answer.end };
	if (are_identical(output, answer))
		return true;
	size_t same = common_start(output, answer, true);
	for (size_t i = 0; i < same; i++)
		comparison->output.line += output.start[i] == '\n';
	comparison->answer.line = comparison->output.line;
	comparison->token = same;
	note_lines(comparison);
	enum difference_kind kind = same == span_size(output) ? DIFFERENCE_MISSING :
				    same == span_size(answer) ? DIFFERENCE_TRAILING :
								DIFFERENCE_BYTE;
	return differ(comparison, kind, rest_of_line(comparison->output, same),
		      rest_of_line(comparison->answer, same));
}

bool compare_output(const struct compare_options *options, const void *output, size_t output_size,
		    const void *answer, size_t answer_size, struct difference *ret_difference)
{
	/* Nothing may stand at NULL, which must not be counted from. */
	const char *output_text = output_size > 0 ? output : "";
	const char *answer_text = answer_size > 0 ? answer : "";
	struct comparison comparison = {
		.options = options,
		.output = { output_text, output_text + output_size, 1 },
		.answer = { answer_text, answer_text + answer_size, 1 },
		.difference = ret_difference,
	};
	*ret_difference = (struct difference){ 0 };
	bool is_equal = options->mode == COMPARE_EXACT ? compare_bytes(&comparison) :
							 compare_tokens(&comparison);
	if (is_equal)
		*ret_difference = (struct difference){ 0 };
	return is_equal;
}

/* ---- words ---------------------------------------------------------------------------------- */

/* "line 3", and the answer's line where it is another one. */
static void explain_place(const struct difference *difference, char *text, size_t capacity)
{
	if (difference->output_line == difference->answer_line)
		(void)snprintf(text, capacity, "line %" PRIu64, difference->output_line);
	else
		(void)snprintf(text, capacity, "line %" PRIu64 " (line %" PRIu64 " of the answer)",
			       difference->output_line, difference->answer_line);
}

void difference_explain(const struct difference *difference, char *text, size_t capacity)
{
	const char *expected = difference->expected;
	const char *found = difference->found;
	char full[2 * DIFFERENCE_EXCERPT_MAX + 160];
	char place[80];
	explain_place(difference, place, sizeof place);
	switch (difference->kind) {
	case DIFFERENCE_NONE:
		(void)snprintf(full, sizeof full, "no difference");
		break;
	case DIFFERENCE_TOKEN:
		(void)snprintf(full, sizeof full, "%s: expected \"%s\", found \"%s\"", place,
			       expected, found);
		break;
	case DIFFERENCE_TOLERANCE:
		(void)snprintf(full, sizeof full, "%s: expected \"%s\", found \"%s\", too far away",
			       place, expected, found);
		break;
	case DIFFERENCE_NO_NUMBER:
		(void)snprintf(full, sizeof full, "%s: expected the number \"%s\", found \"%s\"",
			       place, expected, found);
		break;
	case DIFFERENCE_SPACE:
		(void)snprintf(full, sizeof full, "%s: expected white space \"%s\", found \"%s\"",
			       place, expected, found);
		break;
	case DIFFERENCE_BYTE:
		(void)snprintf(full, sizeof full,
			       "%s, byte %" PRIu64 ": expected \"%s\", found \"%s\"", place,
			       difference->token, expected, found);
		break;
	case DIFFERENCE_MISSING:
		(void)snprintf(full, sizeof full, "%s: expected \"%s\", found the end of the output",
			       place, expected);
		break;
	case DIFFERENCE_TRAILING:
		(void)snprintf(full, sizeof full, "%s: expected the end of the output, found \"%s\"",
			       place, found);
		break;
	}
	if (capacity == 0)
		return;
	size_t length = strlen(full);
	if (length >= capacity)
		length = utf8_prefix(full, capacity - 1);
	memcpy(text, full, length);
	text[length] = '\0';
}

/* ---- flags ---------------------------------------------------------------------------------- */

enum flag {
	FLAG_CASE,
	FLAG_SPACE,
	FLAG_TOLERANCE,
	FLAG_ABSOLUTE,
	FLAG_RELATIVE,
};

static const char *const flag_names[] = {
	[FLAG_CASE] = "case_sensitive",
	[FLAG_SPACE] = "space_change_sensitive",
	[FLAG_TOLERANCE] = "float_tolerance",
	[FLAG_ABSOLUTE] = "float_absolute_tolerance",
	[FLAG_RELATIVE] = "float_relative_tolerance",
};

#define FLAG_BIT(flag) (1u << (flag))

static bool find_flag(const char *name, enum flag *ret_flag)
{
	for (size_t i = 0; i < ARRAY_LENGTH(flag_names); i++) {
		if (strcmp(name, flag_names[i]) == 0) {
			*ret_flag = (enum flag)i;
			return true;
		}
	}
	return false;
}

static int check_repetition(unsigned given, enum flag flag, struct bailiff_error *err)
{
	if ((given & FLAG_BIT(flag)) != 0)
		return fail_spec(err, "validator flag %s is given twice", flag_names[flag]);
	unsigned single = FLAG_BIT(FLAG_ABSOLUTE) | FLAG_BIT(FLAG_RELATIVE);
	unsigned all = given | FLAG_BIT(flag);
	if ((all & FLAG_BIT(FLAG_TOLERANCE)) != 0 && (all & single) != 0)
		return fail_spec(err, "validator flag %s is given beside another tolerance",
				 flag_names[flag]);
	return 0;
}

static int read_tolerance(enum flag flag, const char *value, struct compare_options *options,
			  struct bailiff_error *err)
{
	long double tolerance;
	if (value == NULL)
		return fail_spec(err, "validator flag %s needs a number", flag_names[flag]);
	if (!compare_parse_tolerance(value, &tolerance))
		return fail_spec(err, "validator flag %s needs a number that is not negative, not "
				 "\"%.100s\"", flag_names[flag], value);
	if (flag != FLAG_RELATIVE) {
		options->has_absolute = true;
		options->absolute = tolerance;
	}
	if (flag != FLAG_ABSOLUTE) {
		options->has_relative = true;
		options->relative = tolerance;
	}
	return 0;
}

int compare_options_parse(const char *const *flags, bool is_strict,
			  struct compare_options *ret_options, struct bailiff_error *err)
{
	struct compare_options options = { 0 };
	unsigned given = 0;
	for (size_t i = 0; flags != NULL && flags[i] != NULL; i++) {
		enum flag flag;
		if (!find_flag(flags[i], &flag))
			return fail_spec(err, "unknown validator flag \"%.100s\"", flags[i]);
		int rc = is_strict ? check_repetition(given, flag, err) : 0;
		if (rc < 0)
			return rc;
		given |= FLAG_BIT(flag);
		if (flag == FLAG_CASE) {
			options.case_sensitive = true;
		} else if (flag == FLAG_SPACE) {
			options.space_change_sensitive = true;
		} else {
			rc = read_tolerance(flag, flags[i + 1], &options, err);
			if (rc < 0)
				return rc;
			i++;
		}
	}
	*ret_options = options;
	return 0;
}
