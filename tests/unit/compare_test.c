/* SPDX-License-Identifier: MIT */
/*
 * Goal: outputs are accepted and rejected as the default validator of problem packages does, for
 * every flag, any bytes and numbers of any length; what differs is named in bounded, clean text.
 * Method: a table of cases; a second, plain implementation (arrays of tokens, numbers as integers)
 * held against random cases; random bytes for everything else.
 */
#include "judge/compare.h"

#include "base/mem.h"
#include "codec/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define TEXT(literal) literal, sizeof(literal) - 1

static const char *const plain[] = { NULL };
static const char *const with_case[] = { "case_sensitive", NULL };
static const char *const with_space[] = { "space_change_sensitive", NULL };
static const char *const with_both[] = { "space_change_sensitive", "case_sensitive", NULL };
static const char *const near[] = { "float_tolerance", "1e-6", NULL };
static const char *const near_absolute[] = { "float_absolute_tolerance", "1e-6", NULL };
static const char *const near_relative[] = { "float_relative_tolerance", "1e-6", NULL };
static const char *const near_half[] = { "float_absolute_tolerance", "0.5", NULL };
static const char *const near_none[] = { "float_tolerance", "0", NULL };
static const char *const near_case[] = { "float_tolerance", "1e-6", "case_sensitive", NULL };
static const char *const near_space[] = { "float_tolerance", "1e-6", "space_change_sensitive",
					  NULL };

#define FORTY "1234567890123456789012345678901234567890"

struct row {
	const char *name;
	const char *const *flags;
	const char *output;
	size_t output_size;
	const char *answer;
	size_t answer_size;
	enum difference_kind kind;
};

static const struct row token_rows[] = {
	{ "nothing and nothing", plain, TEXT(""), TEXT(""), DIFFERENCE_NONE },
	{ "blanks and nothing", plain, TEXT(" \n\t"), TEXT(""), DIFFERENCE_NONE },
	{ "nothing and blanks", plain, TEXT(""), TEXT("\r\n"), DIFFERENCE_NONE },
	{ "the same", plain, TEXT("1 2\n"), TEXT("1 2\n"), DIFFERENCE_NONE },
	{ "no line end", plain, TEXT("1 2"), TEXT("1 2\n"), DIFFERENCE_NONE },
	{ "every blank", plain, TEXT("\v1\f2\r\n\t3 "), TEXT("1 2 3"), DIFFERENCE_NONE },
	{ "no-break space is no blank", plain, TEXT("1\xc2\xa0" "2"), TEXT("1 2"),
	  DIFFERENCE_TOKEN },
	{ "case", plain, TEXT("yes AbCz"), TEXT("YES aBcZ"), DIFFERENCE_NONE },
	{ "case of letters only", plain, TEXT("[{"), TEXT("{["), DIFFERENCE_TOKEN },
	{ "at sign and grave accent", plain, TEXT("@"), TEXT("`"), DIFFERENCE_TOKEN },
	{ "case beyond ASCII", plain, TEXT("\xc3\xa4"), TEXT("\xc3\x84"), DIFFERENCE_TOKEN },
	{ "case that counts", with_case, TEXT("yes"), TEXT("YES"), DIFFERENCE_TOKEN },
	{ "case that agrees", with_case, TEXT("Yes  No"), TEXT("Yes No"), DIFFERENCE_NONE },
	{ "a shorter token", plain, TEXT("ab"), TEXT("abc"), DIFFERENCE_TOKEN },
	{ "a longer token", plain, TEXT("abcd"), TEXT("abc"), DIFFERENCE_TOKEN },
	{ "tokens joined", plain, TEXT("12"), TEXT("1 2"), DIFFERENCE_TOKEN },
	{ "output ends early", plain, TEXT("1 "), TEXT("1 2"), DIFFERENCE_MISSING },
	{ "empty output", plain, TEXT(""), TEXT("1"), DIFFERENCE_MISSING },
	{ "output goes on", plain, TEXT("1 2 3"), TEXT("1 2"), DIFFERENCE_TRAILING },
	{ "empty answer", plain, TEXT("x"), TEXT(""), DIFFERENCE_TRAILING },
	{ "1 and 1.0 are strings", plain, TEXT("1.0"), TEXT("1"), DIFFERENCE_TOKEN },
	{ "NUL is no blank", plain, TEXT("a\0b"), TEXT("a b"), DIFFERENCE_TOKEN },
	{ "NUL agrees", plain, TEXT("a\0b"), TEXT("A\0B"), DIFFERENCE_NONE },
	{ "after NUL", plain, TEXT("a\0b"), TEXT("a\0c"), DIFFERENCE_TOKEN },
	{ "no UTF-8, the same", plain, TEXT("\xff\xfe"), TEXT("\xff\xfe"), DIFFERENCE_NONE },
	{ "no UTF-8, different", plain, TEXT("\xff\xfe"), TEXT("\xff\xfd"), DIFFERENCE_TOKEN },
	{ "byte order mark", plain, TEXT("\xef\xbb\xbf" "1"), TEXT("1"), DIFFERENCE_TOKEN },

	{ "space: the same", with_space, TEXT(" a\n b\n"), TEXT(" A\n B\n"), DIFFERENCE_NONE },
	{ "space: within", with_space, TEXT("a  b"), TEXT("a b"), DIFFERENCE_SPACE },
	{ "space: kind", with_space, TEXT("a\tb"), TEXT("a b"), DIFFERENCE_SPACE },
	{ "space: leading", with_space, TEXT(" a"), TEXT("a"), DIFFERENCE_SPACE },
	{ "space: leading, missing", with_space, TEXT("a"), TEXT("\na"), DIFFERENCE_SPACE },
	{ "space: trailing", with_space, TEXT("a\n\n"), TEXT("a\n"), DIFFERENCE_SPACE },
	{ "space: trailing, missing", with_space, TEXT("a"), TEXT("a\n"), DIFFERENCE_SPACE },
	{ "space: nothing else", with_space, TEXT(" "), TEXT(""), DIFFERENCE_SPACE },
	{ "space: line ends of another system", with_space, TEXT("a\r\nb"), TEXT("a\nb"),
	  DIFFERENCE_SPACE },
	{ "space: a token is missing", with_space, TEXT("a"), TEXT("a b"), DIFFERENCE_MISSING },
	{ "space: and case", with_both, TEXT("a B"), TEXT("a b"), DIFFERENCE_TOKEN },
	{ "space: and numbers", near_space, TEXT("1.0 2"), TEXT("1 2"), DIFFERENCE_NONE },
	{ "space: before numbers", near_space, TEXT("1  3"), TEXT("1 2"), DIFFERENCE_SPACE },
};

static const struct row number_rows[] = {
	{ "exact", near, TEXT("1"), TEXT("1"), DIFFERENCE_NONE },
	{ "spelling", near, TEXT("1.0 1. +1 01 1e0 10E-1 0.1e+1 .1e1"),
	  TEXT("1 1 1 1 1 1 1 1"), DIFFERENCE_NONE },
	{ "half a number", near, TEXT("0.5 .5 5e-1"), TEXT(".5 0.5 0.50"), DIFFERENCE_NONE },
	{ "with a point at its end", near, TEXT("5"), TEXT("5."), DIFFERENCE_NONE },
	{ "point, then exponent", near, TEXT("50"), TEXT("5.e1"), DIFFERENCE_NONE },
	{ "sign of zero", near_none, TEXT("-0 0 -0.0e9 0"), TEXT("0 -0.0 0 0e-99"),
	  DIFFERENCE_NONE },
	{ "sign", near, TEXT("-1"), TEXT("1"), DIFFERENCE_TOLERANCE },
	{ "absolute: at the boundary", near_absolute, TEXT("1.000001 0.999999 -5.000001"),
	  TEXT("1 1 -5"), DIFFERENCE_NONE },
	{ "absolute: beyond", near_absolute, TEXT("1.0000010000000001"), TEXT("1"),
	  DIFFERENCE_TOLERANCE },
	{ "absolute: below", near_absolute, TEXT("0.9999989999999999"), TEXT("1"),
	  DIFFERENCE_TOLERANCE },
	{ "absolute: at the boundary, on both sides of zero", near_absolute, TEXT("-0.0000005"),
	  TEXT("5e-7"), DIFFERENCE_NONE },
	{ "absolute: large numbers", near_absolute, TEXT("1000000.5"), TEXT("1000000"),
	  DIFFERENCE_TOLERANCE },
	{ "absolute: a half", near_half, TEXT("2.5"), TEXT("2"), DIFFERENCE_NONE },
	{ "absolute: more than a half", near_half, TEXT("2.50000000000000000000000000001"),
	  TEXT("2"), DIFFERENCE_NONE /* 18 digits of the difference count */ },
	{ "absolute: a little more", near_half, TEXT("2.5000000000000001"), TEXT("2"),
	  DIFFERENCE_TOLERANCE },
	{ "relative: at the boundary", near_relative, TEXT("3.000003 2.999997 -7000007e9"),
	  TEXT("3 3 -7e15"), DIFFERENCE_NONE },
	{ "relative: beyond", near_relative, TEXT("3.0000030000001"), TEXT("3"),
	  DIFFERENCE_TOLERANCE },
	{ "relative: of the answer, not the output", near_relative, TEXT("1"), TEXT("1.000001"),
	  DIFFERENCE_NONE },
	{ "relative: of the answer, other way round", near_relative, TEXT("1.000001"),
	  TEXT("1.0000000000005"), DIFFERENCE_NONE },
	{ "relative: zero", near_relative, TEXT("1e-300"), TEXT("0"), DIFFERENCE_TOLERANCE },
	{ "relative: zero is zero", near_relative, TEXT("0.000"), TEXT("0"), DIFFERENCE_NONE },
	{ "both: relative is enough", near, TEXT("1000000.5"), TEXT("1000000"), DIFFERENCE_NONE },
	{ "both: absolute is enough", near, TEXT("1e-7"), TEXT("0"), DIFFERENCE_NONE },
	{ "both: neither", near, TEXT("1.1"), TEXT("1"), DIFFERENCE_TOLERANCE },
	{ "no tolerance at all", near_none, TEXT("1.10"), TEXT("1.1"), DIFFERENCE_NONE },
	{ "none, and different", near_none, TEXT("1.1000000000000000000001"), TEXT("1.1"),
	  DIFFERENCE_TOLERANCE },
	{ "hexadecimal in the output", near, TEXT("0x10"), TEXT("16"), DIFFERENCE_NO_NUMBER },
	{ "hexadecimal in the answer is a string", near, TEXT("16"), TEXT("0x10"),
	  DIFFERENCE_TOKEN },
	{ "hexadecimal in both", near, TEXT("0X1A"), TEXT("0x1a"), DIFFERENCE_NONE },
	{ "nan in the output", near, TEXT("nan"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "inf in the output", near, TEXT("inf"), TEXT("1e9"), DIFFERENCE_NO_NUMBER },
	{ "nan in both", near, TEXT("NaN"), TEXT("nan"), DIFFERENCE_NONE },
	{ "inf in both, with case", near_case, TEXT("Inf"), TEXT("inf"), DIFFERENCE_TOKEN },
	{ "a number where inf is expected", near, TEXT("1e999999"), TEXT("inf"),
	  DIFFERENCE_TOKEN },
	{ "infinity is not inf", near, TEXT("infinity"), TEXT("inf"), DIFFERENCE_TOKEN },
	{ "a comma", near, TEXT("1,5"), TEXT("1.5"), DIFFERENCE_NO_NUMBER },
	{ "a sign alone", near, TEXT("-"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "a point alone", near, TEXT("."), TEXT("0"), DIFFERENCE_NO_NUMBER },
	{ "two points", near, TEXT("1.0.0"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "two signs", near, TEXT("+-1"), TEXT("-1"), DIFFERENCE_NO_NUMBER },
	{ "an exponent without digits", near, TEXT("1e"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "an exponent with a sign only", near, TEXT("1e+"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "an exponent alone", near, TEXT("e5"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "a letter behind", near, TEXT("1f"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "NUL behind", near, TEXT("1\0"), TEXT("1"), DIFFERENCE_NO_NUMBER },
	{ "words between numbers", near, TEXT("Case 1: 2.0"), TEXT("case 1: 2"),
	  DIFFERENCE_NONE },
	{ "words between numbers, different", near, TEXT("Case 1.0: 2.0"), TEXT("case 1: 2"),
	  DIFFERENCE_TOKEN },
	{ "forty digits, the last one off", near_relative, TEXT(FORTY "1"), TEXT(FORTY "0"),
	  DIFFERENCE_NONE },
	{ "forty digits, absolute", near_absolute, TEXT(FORTY "1"), TEXT(FORTY "0"),
	  DIFFERENCE_TOLERANCE },
	{ "forty digits each side", near_absolute, TEXT(FORTY "." FORTY),
	  TEXT(FORTY ".1234567" ), DIFFERENCE_NONE },
	{ "forty digits each side, off", near_absolute, TEXT(FORTY "." FORTY),
	  TEXT(FORTY ".123456"), DIFFERENCE_NONE },
	{ "forty digits each side, too far", near_absolute, TEXT(FORTY "." FORTY),
	  TEXT(FORTY ".12345"), DIFFERENCE_TOLERANCE },
	{ "cancellation", near_absolute, TEXT("99999999999999999999999999999999999999.9999999"),
	  TEXT("100000000000000000000000000000000000000"), DIFFERENCE_NONE },
	{ "beyond double", near, TEXT("1.0000001e400"), TEXT("1e400"), DIFFERENCE_NONE },
	{ "beyond double, off", near, TEXT("1.001e400"), TEXT("1e400"), DIFFERENCE_TOLERANCE },
	{ "beyond long double", near, TEXT("1.0000001e5000"), TEXT("1e5000"), DIFFERENCE_NONE },
	{ "beyond long double, off", near, TEXT("2e5000"), TEXT("1e5000"),
	  DIFFERENCE_TOLERANCE },
	{ "denormal", near_relative, TEXT("4.9e-324"), TEXT("5e-324"), DIFFERENCE_TOLERANCE },
	{ "denormal, near", near_relative, TEXT("5.000001e-324"), TEXT("5e-324"),
	  DIFFERENCE_NONE },
	{ "below long double", near_relative, TEXT("2e-5000"), TEXT("1e-5000"),
	  DIFFERENCE_TOLERANCE },
	{ "below long double, absolute", near_absolute, TEXT("2e-5000"), TEXT("1e-5000"),
	  DIFFERENCE_NONE },
	{ "below long double, no tolerance", near_none, TEXT("2e-5000"), TEXT("1e-5000"),
	  DIFFERENCE_TOLERANCE },
	{ "an exponent of its own size", near, TEXT("1e99999999999999999999"),
	  TEXT("1e99999999999999999998"), DIFFERENCE_TOLERANCE },
	{ "a large and a small exponent", near, TEXT("1e99999999999999999999"),
	  TEXT("1e-99999999999999999999"), DIFFERENCE_TOLERANCE },
	{ "tiny, both", near_absolute, TEXT("-1e-99999999999999999999"),
	  TEXT("1e-99999999999999999998"), DIFFERENCE_NONE },
	{ "tiny, both, relative", near_relative, TEXT("1e-99999999999999999999"),
	  TEXT("1e-99999999999999999998"), DIFFERENCE_TOLERANCE },
	{ "tiny and zero", near_absolute, TEXT("1e-99999999999999999999"), TEXT("0"),
	  DIFFERENCE_NONE },
	{ "the same exponent, the same text", near_none, TEXT("1e99999999999999999999"),
	  TEXT("1e99999999999999999999"), DIFFERENCE_NONE },
	{ "zero with any exponent", near_none, TEXT("0e99999999999999999999"), TEXT("0"),
	  DIFFERENCE_NONE },
	{ "leading zeros of an exponent", near_none, TEXT("1e000000000000000000000000000002"),
	  TEXT("100"), DIFFERENCE_NONE },
};

static const struct row byte_rows[] = {
	{ "nothing and nothing", NULL, TEXT(""), TEXT(""), DIFFERENCE_NONE },
	{ "the same", NULL, TEXT("a\0b\n"), TEXT("a\0b\n"), DIFFERENCE_NONE },
	{ "a letter's case", NULL, TEXT("a"), TEXT("A"), DIFFERENCE_BYTE },
	{ "blanks", NULL, TEXT("a b"), TEXT("a\tb"), DIFFERENCE_BYTE },
	{ "a line end too few", NULL, TEXT("a"), TEXT("a\n"), DIFFERENCE_MISSING },
	{ "a line end too many", NULL, TEXT("a\n\n"), TEXT("a\n"), DIFFERENCE_TRAILING },
	{ "empty output", NULL, TEXT(""), TEXT("\0"), DIFFERENCE_MISSING },
};

static struct compare_options parse(const char *const *flags)
{
	struct compare_options options;
	struct bailiff_error err;
	assert_int_equal(compare_options_parse(flags, true, &options, &err), 0);
	return options;
}

/* Exact copies on the heap, so that a sanitizer sees a read beyond them. */
static bool compare_copies(const struct compare_options *options, const struct row *row,
			   struct difference *ret_difference)
{
	AUTO_FREE void *output = malloc(row->output_size + 1);
	AUTO_FREE void *answer = malloc(row->answer_size + 1);
	assert_non_null(output);
	assert_non_null(answer);
	char *output_end = (char *)output + 1;
	char *answer_end = (char *)answer + 1;
	memcpy(output_end, row->output, row->output_size);
	memcpy(answer_end, row->answer, row->answer_size);
	return compare_output(options, output_end, row->output_size, answer_end,
			      row->answer_size, ret_difference);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct compare_options options = { .mode = COMPARE_EXACT };
		if (rows[i].flags != NULL)
			options = parse(rows[i].flags);
		struct difference difference;
		bool accepted = compare_copies(&options, &rows[i], &difference);
		if (difference.kind != rows[i].kind || accepted != (rows[i].kind == DIFFERENCE_NONE))
			fail_msg("%s: kind %d, not %d", rows[i].name, difference.kind, rows[i].kind);
	}
}

static void test_tables(void **state)
{
	(void)state;
	check_rows(token_rows, ARRAY_LENGTH(token_rows));
	check_rows(number_rows, ARRAY_LENGTH(number_rows));
	check_rows(byte_rows, ARRAY_LENGTH(byte_rows));
}

/* ---- where and what ------------------------------------------------------------------------- */

static struct difference find(const struct compare_options *options, const char *output,
			      const char *answer)
{
	struct difference difference;
	struct row row = { "", NULL, output, strlen(output), answer, strlen(answer), 0 };
	assert_false(compare_copies(options, &row, &difference));
	return difference;
}

static void check_words(const struct compare_options *options, const char *output,
			const char *answer, const char *words)
{
	struct difference difference = find(options, output, answer);
	char text[400];
	difference_explain(&difference, text, sizeof text);
	assert_string_equal(text, words);
}

static void test_explanations(void **state)
{
	(void)state;
	struct compare_options tokens = parse(plain);
	struct compare_options space = parse(with_space);
	struct compare_options number = parse(near);
	struct compare_options exact = { .mode = COMPARE_EXACT };
	check_words(&tokens, "1\n2\n8 9\n", "1\n2\n7 9\n", "line 3: expected \"7\", found \"8\"");
	check_words(&tokens, "1 2 8", "1\n2\n\n7\n",
		    "line 1 (line 4 of the answer): expected \"7\", found \"8\"");
	check_words(&number, "\n3.5\n", "\n3\n",
		    "line 2: expected \"3\", found \"3.5\", too far away");
	check_words(&number, "NaN\n", "3\n", "line 1: expected the number \"3\", found \"NaN\"");
	check_words(&space, "a\nb c\n", "a\nb\nc\n",
		    "line 2: expected white space \"\\x0a\", found \" \"");
	check_words(&exact, "a\nbc\n", "a\nbd\n",
		    "line 2, byte 3: expected \"d\\x0a\", found \"c\\x0a\"");
	check_words(&tokens, "1\n", "1\n2\n", "line 2: expected \"2\", found the end of the output");
	check_words(&tokens, "1\n2\n3", "1\n2\n",
		    "line 3: expected the end of the output, found \"3\"");
	struct difference none = { 0 };
	char text[8];
	difference_explain(&none, text, sizeof text);
	assert_string_equal(text, "no diff");
	difference_explain(&none, text, 0); /* no room, nothing is written */
	assert_string_equal(text, "no diff");
}

static void test_token_numbers(void **state)
{
	(void)state;
	struct compare_options tokens = parse(plain);
	struct compare_options exact = { .mode = COMPARE_EXACT };
	assert_int_equal(find(&tokens, "x", "y").token, 1);
	assert_int_equal(find(&tokens, " a b x", "a b y").token, 3);
	assert_int_equal(find(&tokens, "a b", "a b c").token, 3);
	assert_int_equal(find(&exact, "x", "y").token, 0);
	assert_int_equal(find(&exact, "ab", "ab\n").token, 2);
}

static void test_excerpts(void **state)
{
	(void)state;
	struct compare_options tokens = parse(plain);
	struct difference escaped = find(&tokens, "a\x1b[31m\x7f\xff\xc2\x85\xc3\xa4", "b");
	assert_string_equal(escaped.found, "a\\x1b[31m\\x7f\\xff\\xc2\\x85\xc3\xa4");

	/* Exactly as long as there is room for, and one byte more. */
	char text[200];
	memset(text, 'q', sizeof text);
	text[DIFFERENCE_EXCERPT_MAX - 1] = '\0';
	assert_string_equal(find(&tokens, text, "x").found, text);
	text[DIFFERENCE_EXCERPT_MAX - 1] = 'q';
	text[DIFFERENCE_EXCERPT_MAX] = '\0';
	struct difference cut = find(&tokens, text, "x");
	assert_int_equal(strlen(cut.found), DIFFERENCE_EXCERPT_MAX - 1);
	assert_string_equal(cut.found + DIFFERENCE_EXCERPT_MAX - 4, "...");

	/* Two long tokens: what they have in common is left out. */
	char other[200];
	memset(text, 'q', sizeof text);
	text[190] = '\0';
	memcpy(other, text, sizeof other);
	other[150] = 'x';
	struct difference far = find(&tokens, text, other);
	assert_memory_equal(far.expected, "...qqqqqqqqqqqqx", 16);
	assert_memory_equal(far.found, "...qqqqqqqqqqqqq", 16);

	/* The cut does not fall into a character. */
	for (size_t i = 0; i + 3 < sizeof text; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[198] = '\0';
	memcpy(other, text, sizeof other);
	other[190] = 'x';
	far = find(&tokens, text, other);
	assert_memory_equal(far.found, "...\xe2\x82\xac", 6);
	assert_memory_equal(far.expected, "...\xe2\x82\xac", 6);
}

/* ---- size ----------------------------------------------------------------------------------- */

#define HUGE_SIZE ((size_t)10 << 20)

static char *huge_digits(char digit)
{
	char *text = malloc(HUGE_SIZE + 1);
	assert_non_null(text);
	memset(text, digit, HUGE_SIZE);
	text[HUGE_SIZE] = '\0';
	return text;
}

static double seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Numbers of ten million digits: judged by their last ones, in linear time. */
static void test_huge_numbers(void **state)
{
	(void)state;
	struct compare_options relative = parse(near_relative);
	struct compare_options absolute = parse(near_absolute);
	AUTO_FREE char *a = huge_digits('9');
	AUTO_FREE char *b = huge_digits('9');
	struct difference difference;
	double start = seconds();
	assert_true(compare_output(&relative, a, HUGE_SIZE, b, HUGE_SIZE, &difference));
	b[HUGE_SIZE - 1] = '8';
	assert_true(compare_output(&relative, a, HUGE_SIZE, b, HUGE_SIZE, &difference));
	assert_false(compare_output(&absolute, a, HUGE_SIZE, b, HUGE_SIZE, &difference));
	assert_int_equal(difference.kind, DIFFERENCE_TOLERANCE);
	assert_false(compare_output(&relative, a, HUGE_SIZE, b, HUGE_SIZE - 1, &difference));
	/* 0.999...9 and 1 */
	a[0] = '0';
	a[1] = '.';
	assert_true(compare_output(&absolute, a, HUGE_SIZE, "1", 1, &difference));
	assert_false(compare_output(&absolute, a, HUGE_SIZE, "2", 1, &difference));
	/* 1.000...e-N and what it is without an exponent */
	memset(b, '0', HUGE_SIZE);
	b[1] = '.';
	b[HUGE_SIZE - 1] = '1';
	struct compare_options none = parse(near_none);
	char power[40];
	(void)snprintf(power, sizeof power, "10e-%zu", HUGE_SIZE - 1);
	assert_true(compare_output(&none, b, HUGE_SIZE, power, strlen(power), &difference));
	assert_true(seconds() - start < 30); /* a second, ten with sanitizers; quadratic: days */
}

static void test_many_tokens(void **state)
{
	(void)state;
	struct compare_options number = parse(near);
	AUTO_FREE char *a = huge_digits(' ');
	AUTO_FREE char *b = huge_digits('\n');
	for (size_t i = 0; i < HUGE_SIZE; i += 2) {
		a[i] = '7';
		b[i] = '7';
	}
	struct difference difference;
	assert_true(compare_output(&number, a, HUGE_SIZE, b, HUGE_SIZE, &difference));
	b[HUGE_SIZE - 2] = '8';
	assert_false(compare_output(&number, a, HUGE_SIZE, b, HUGE_SIZE, &difference));
	assert_int_equal(difference.token, HUGE_SIZE / 2);
	assert_int_equal(difference.output_line, 1);
	assert_int_equal(difference.answer_line, HUGE_SIZE / 2);
}

/* ---- flags ---------------------------------------------------------------------------------- */

static void check_refused(const char *const *flags, bool is_strict, const char *part)
{
	struct compare_options options;
	struct bailiff_error err;
	assert_true(compare_options_parse(flags, is_strict, &options, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	if (strstr(err.message, part) == NULL)
		fail_msg("\"%s\" does not name \"%s\"", err.message, part);
}

#define FLAGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_flags(void **state)
{
	(void)state;
	struct compare_options options;
	struct bailiff_error err;
	assert_int_equal(compare_options_parse(NULL, true, &options, &err), 0);
	assert_int_equal(options.mode, COMPARE_TOKENS);
	assert_false(options.case_sensitive || options.space_change_sensitive);
	assert_false(options.has_absolute || options.has_relative);
	options = parse(FLAGS("case_sensitive", "float_relative_tolerance", "1e-3",
			      "space_change_sensitive", "float_absolute_tolerance", "0.25"));
	assert_true(options.case_sensitive && options.space_change_sensitive);
	assert_true(options.has_absolute && options.absolute == 0.25L);
	assert_true(options.has_relative && options.relative == 1e-3L);
	options = parse(FLAGS("float_tolerance", "1e-9"));
	assert_true(options.has_absolute && options.absolute == 1e-9L);
	assert_true(options.has_relative && options.relative == 1e-9L);

	check_refused(FLAGS("Case_sensitive"), false, "Case_sensitive");
	check_refused(FLAGS("1e-6"), false, "1e-6");
	check_refused(FLAGS("float_tolerance"), false, "float_tolerance");
	check_refused(FLAGS("float_tolerance", "x"), false, "\"x\"");
	check_refused(FLAGS("float_tolerance", "-1"), false, "\"-1\"");
	check_refused(FLAGS("float_absolute_tolerance", "case_sensitive"), false, "absolute");
	const char *const twice[] = { "float_tolerance", "1", "float_tolerance", "2", NULL };
	const char *const beside[] = { "float_relative_tolerance", "1", "float_tolerance", "2",
				       NULL };
	check_refused(twice, true, "twice");
	check_refused(beside, true, "another tolerance");
	check_refused(FLAGS("case_sensitive", "case_sensitive"), true, "twice");
	assert_int_equal(compare_options_parse(twice, false, &options, &err), 0);
	assert_true(options.absolute == 2);
	assert_int_equal(compare_options_parse(beside, false, &options, &err), 0);
	assert_true(options.relative == 2);
}

static void test_tolerances(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "-1", "+-1", "nan", "inf", "0x1", "1e", "1 ", " 1", "1e5000", ".", "1e-6,",
		"1e99999999999999999999",
	};
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		long double value;
		if (compare_parse_tolerance(bad[i], &value))
			fail_msg("\"%s\" is a tolerance", bad[i]);
	}
	static const struct {
		const char *text;
		long double value;
	} good[] = {
		{ "0", 0 }, { "1e-6", 1e-6L }, { "+.5", 0.5L }, { "1.", 1 }, { "1E3", 1000 },
		{ "0.000001", 1e-6L }, { "1e-99999999999999999999", 0 },
	};
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
		long double value = -1;
		assert_true(compare_parse_tolerance(good[i].text, &value));
		assert_true(value == good[i].value);
	}
}

/* ---- a second implementation ---------------------------------------------------------------- */

static unsigned random_below(uint64_t *seed, unsigned bound)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33) % bound;
}

#define PLAIN_TOKENS_MAX 32

struct plain_text {
	char tokens[PLAIN_TOKENS_MAX][64];
	char blanks[PLAIN_TOKENS_MAX + 1][64];
	size_t count;
};

static void plain_split(const char *text, struct plain_text *ret_text)
{
	static const char blanks[] = " \t\n\v\f\r";
	memset(ret_text, 0, sizeof *ret_text);
	for (;;) {
		size_t length = strspn(text, blanks);
		memcpy(ret_text->blanks[ret_text->count], text, length);
		text += length;
		length = strcspn(text, blanks);
		if (length == 0)
			return;
		memcpy(ret_text->tokens[ret_text->count++], text, length);
		text += length;
	}
}

/* Numbers of the generator below, in millionths. */
static bool plain_number(const char *text, int64_t *ret_millionths)
{
	int whole;
	int used = 0;
	if (strspn(text, "0123456789.+-") != strlen(text) ||
	    sscanf(text, "%d%n", &whole, &used) != 1)
		return false;
	int64_t fraction = 0;
	int64_t unit = 1000000;
	const char *at = text + used;
	if (*at == '.')
		at++;
	for (; *at >= '0' && *at <= '9'; at++) {
		unit /= 10;
		fraction += (*at - '0') * unit;
	}
	if (*at != '\0')
		return false;
	*ret_millionths = (int64_t)whole * 1000000 + (text[0] == '-' ? -fraction : fraction);
	return true;
}

/* The tolerances of the random cases, in millionths of one. */
struct plain_tolerances {
	int64_t absolute, relative; /* -1 = none */
};

static bool plain_tokens_equal(const struct compare_options *options,
			       const struct plain_tolerances *tolerances, const char *found,
			       const char *expected)
{
	int64_t s, a;
	if ((options->has_absolute || options->has_relative) && plain_number(expected, &a)) {
		if (!plain_number(found, &s))
			return false;
		int64_t difference = s > a ? s - a : a - s;
		int64_t size = a < 0 ? -a : a;
		return difference == 0 || difference <= tolerances->absolute ||
		       (tolerances->relative >= 0 &&
			difference * 1000000 <= tolerances->relative * size);
	}
	return (options->case_sensitive ? strcmp : strcasecmp)(found, expected) == 0;
}

static bool plain_compare(const struct compare_options *options,
			  const struct plain_tolerances *tolerances, const char *output,
			  const char *answer)
{
	static struct plain_text a, b;
	plain_split(output, &a);
	plain_split(answer, &b);
	if (a.count != b.count)
		return false;
	for (size_t i = 0; i <= a.count; i++) {
		if (options->space_change_sensitive && strcmp(a.blanks[i], b.blanks[i]) != 0)
			return false;
		if (i < a.count &&
		    !plain_tokens_equal(options, tolerances, a.tokens[i], b.tokens[i]))
			return false;
	}
	return true;
}

/* Few different pieces, so that many cases agree; numbers around the tolerances. */
static void make_text(uint64_t *seed, char *text, size_t tokens)
{
	static const char *const blanks[] = { " ", " ", " ", " ", "\n", "  " };
	static const char *const pieces[] = {
		"a", "A", "1", "1.0", "+1", "1.000001", "0.999999", "1.000002", "1.000003", "-1",
		"3", "3.000003", "3.000004", "3.000006", "2.999997", "0", "-0", "nan", "2.999994",
		"0x1", "-3.000003", "-3", "1.", "-1.000001",
	};
	text[0] = '\0';
	size_t length = 0;
	for (size_t i = 0; i < tokens; i++) {
		const char *piece = pieces[random_below(seed, ARRAY_LENGTH(pieces))];
		const char *blank = blanks[random_below(seed, ARRAY_LENGTH(blanks))];
		length += (size_t)snprintf(text + length, 40, "%s%s", piece,
					   i + 1 < tokens ? blank : "");
	}
}

static void random_options(uint64_t *seed, struct compare_options *ret_options,
			   struct plain_tolerances *ret_tolerances)
{
	static const struct {
		long double value;
		int64_t millionths;
	} tolerances[] = { { 0, 0 }, { 1e-6L, 1 }, { 2e-6L, 2 }, { 1, 1000000 } };
	struct compare_options options = {
		.case_sensitive = random_below(seed, 2) == 0,
		.space_change_sensitive = random_below(seed, 2) == 0,
		.has_absolute = random_below(seed, 2) == 0,
		.has_relative = random_below(seed, 2) == 0,
	};
	struct plain_tolerances plain_tolerances = { -1, -1 };
	if (options.has_absolute) {
		unsigned choice = random_below(seed, ARRAY_LENGTH(tolerances));
		options.absolute = tolerances[choice].value;
		plain_tolerances.absolute = tolerances[choice].millionths;
	}
	if (options.has_relative) {
		unsigned choice = random_below(seed, ARRAY_LENGTH(tolerances));
		options.relative = tolerances[choice].value;
		plain_tolerances.relative = tolerances[choice].millionths;
	}
	*ret_options = options;
	*ret_tolerances = plain_tolerances;
}

static void test_against_plain_implementation(void **state)
{
	(void)state;
	uint64_t seed = 4;
	unsigned accepted = 0;
	for (unsigned i = 0; i < 200000; i++) {
		struct compare_options options;
		struct plain_tolerances tolerances;
		random_options(&seed, &options, &tolerances);
		char output[400], answer[400];
		size_t tokens = random_below(&seed, 4);
		make_text(&seed, output, tokens);
		make_text(&seed, answer, random_below(&seed, 8) == 0 ? tokens + 1 : tokens);
		struct difference difference;
		bool result = compare_output(&options, output, strlen(output), answer,
					     strlen(answer), &difference);
		if (result != plain_compare(&options, &tolerances, output, answer))
			fail_msg("\"%s\" and \"%s\" (seed 4, case %u): %d", output, answer, i, result);
		accepted += result;
	}
	/* Neither answer is the only one that was ever given. */
	assert_in_range(accepted, 20000, 180000);
}

/* ---- anything at all ------------------------------------------------------------------------ */

static void check_clean(const char *text, size_t capacity)
{
	size_t length = strnlen(text, capacity);
	assert_true(length < capacity);
	assert_int_equal(utf8_prefix(text, length), length);
	for (size_t i = 0; i < length; i++)
		assert_true((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

/* Random bytes of an alphabet that makes numbers, blanks, controls and broken UTF-8 likely. */
static size_t random_bytes(uint64_t *seed, char *bytes, size_t most)
{
	static const char alphabet[] = "0019.e+-  \n\tA\0\x1b\xc3\xa4\xff\xe2\x82\xac\xf0";
	size_t size = random_below(seed, (unsigned)most);
	for (size_t i = 0; i < size; i++)
		bytes[i] = alphabet[random_below(seed, sizeof alphabet)];
	return size;
}

static void test_random_bytes(void **state)
{
	(void)state;
	uint64_t seed = 14;
	for (unsigned i = 0; i < 50000; i++) {
		struct compare_options options;
		struct plain_tolerances unused;
		random_options(&seed, &options, &unused);
		options.mode = random_below(&seed, 4) == 0 ? COMPARE_EXACT : COMPARE_TOKENS;
		char a[300], b[300];
		unsigned most = random_below(&seed, 2) == 0 ? 8 : sizeof a;
		struct row row = { "", NULL, a, random_bytes(&seed, a, most), b, 0, 0 };
		row.answer_size = random_bytes(&seed, b, most);
		if (random_below(&seed, 2) == 0) { /* a start in common */
			row.answer_size = row.output_size;
			memcpy(b, a, row.output_size / 2);
		}
		struct difference difference;
		bool accepted = compare_copies(&options, &row, &difference);
		assert_int_equal(accepted, difference.kind == DIFFERENCE_NONE);
		check_clean(difference.expected, sizeof difference.expected);
		check_clean(difference.found, sizeof difference.found);
		char text[100];
		size_t capacity = 1 + random_below(&seed, sizeof text);
		difference_explain(&difference, text, capacity);
		check_clean(text, capacity);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_token_numbers),
		cmocka_unit_test(test_excerpts),
		cmocka_unit_test(test_huge_numbers),
		cmocka_unit_test(test_many_tokens),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_tolerances),
		cmocka_unit_test(test_against_plain_implementation),
		cmocka_unit_test(test_random_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
