/* SPDX-License-Identifier: MIT */
/*
 * Goal: the JSON reader accepts exactly RFC 8259 within its bounds, and every error names its
 * place. Method: tables of texts, accepted and refused, and reads of single values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "codec/utf8.h"
#include "nearest.h"

static int parse(const char *text, struct bailiff_error *err)
{
	JSON_AUTO_DELETE cJSON *document = NULL;
	/* An exact heap copy, so that AddressSanitizer sees any read past the end. */
	size_t length = strlen(text);
	AUTO_FREE char *copy = malloc(length > 0 ? length : 1);
	assert_non_null(copy);
	memcpy(copy, text, length);
	return json_parse(copy, length, &document, err);
}

static void test_accepts_valid_texts(void **state)
{
	static const char *const texts[] = {
		"null",
		" true ",
		"\t\r\n false",
		"0",
		"-0",
		"-0.0",
		"10",
		"1.5",
		"1e5",
		"1E+5",
		"1.25e-3",
		"\"\"",
		"\"a\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u00e9\"",
		"\"\\ud83d\\ude00\"",
		"\"\xc3\xa9\"",
		"\"\xf0\x9f\x98\x80\"",
		"\"\x7f\"",
		"[]",
		"[ ]",
		"[1,2 , 3]",
		"{}",
		"{ }",
		"{\"a\":1,\"A\":2}",
		"{\"\":0}",
		"[[[[]]]]",
		"{\"a\":{\"a\":{\"a\":[]}}}",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct bailiff_error err = { 0 };
		if (parse(texts[i], &err) < 0)
			fail_msg("'%s' was refused: %s", texts[i], err.message);
	}
}

static const char *const invalid_texts[] = {
	/* nothing, or too much */
	"",
	" ",
	"1 2",
	"{} x",
	"{}{}",
	"null,",
	"[1]]",
	"\xef\xbb\xbf{}",
	"{}\x0b",
	"\f1",
	/* literals */
	"nul",
	"nulll",
	"True",
	"NaN",
	"nan",
	"Infinity",
	"-Infinity",
	"undefined",
	/* numbers */
	"01",
	"-01",
	"00",
	"+1",
	".5",
	"-.5",
	"1.",
	"1.e5",
	"1e",
	"1e+",
	"-",
	"--1",
	"0x10",
	"1_000",
	"1,5",
	"1111111111111111111111111111111111111111111111111111111111111111",
	/* strings */
	"\"",
	"\"a",
	"'a'",
	"\"\\\"",
	"\"\\x41\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"\\u0000\"",
	"\"a\\u0000b\"",
	"\"\\ud800\"",
	"\"\\ud800x\"",
	"\"\\ud800\\u0041\"",
	"\"\\ud800\\ud800\"",
	"\"\\udc00\"",
	"\"\n\"",
	"\"\t\"",
	"\"\x01\"",
	"\"\x1f\"",
	"\"\xff\"",
	"\"\xc3\"",
	"\"\xc3(\"",
	"\"\xc0\x80\"",
	"\"\xe0\x80\x80\"",
	"\"\xed\xa0\x80\"",
	"\"\xf4\x90\x80\x80\"",
	"\"\xf8\x88\x80\x80\x80\"",
	"\"\x80\"",
	/* arrays and objects */
	"[",
	"]",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[1 2]",
	"[1;2]",
	"{",
	"}",
	"{\"a\"",
	"{\"a\":",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1,}",
	"{,}",
	"{\"a\" 1}",
	"{a:1}",
	"{1:1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":,}",
	"[}",
	"{]",
	/* comments */
	"/* */ 1",
	"1 // one",
	"[1, # two\n2]",
};

static void test_refuses_invalid_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(invalid_texts); i++) {
		struct bailiff_error err = { 0 };
		if (parse(invalid_texts[i], &err) == 0)
			fail_msg("'%s' was accepted", invalid_texts[i]);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		assert_string_not_equal(err.message, "");
	}
}

static void test_refuses_nul_bytes(void **state)
{
	static const char inside_string[] = "{\"a\":\"x\0y\"}";
	static const char after_end[] = "{}\0";
	static const char between[] = "[1,\0 2]";
	JSON_AUTO_DELETE cJSON *document = NULL;
	(void)state;
	assert_int_not_equal(json_parse(inside_string, sizeof inside_string - 1, &document, NULL),
			     0);
	assert_int_not_equal(json_parse(after_end, sizeof after_end - 1, &document, NULL), 0);
	assert_int_not_equal(json_parse(between, sizeof between - 1, &document, NULL), 0);
	assert_null(document);
}

static void test_syntax_error_names_line_and_column(void **state)
{
	struct bailiff_error err = { 0 };
	(void)state;
	assert_int_not_equal(parse("{\n  \"a\": 1,\n  \"b\": tru\n}", &err), 0);
	assert_string_equal(err.message, "line 3, column 8: expected a value");
}

/* `count` times `unit`, with `head` before and `tail` after. */
static char *repeat(const char *head, const char *unit, size_t count, const char *tail)
{
	size_t size = strlen(unit);
	char *text = malloc(strlen(head) + size * count + strlen(tail) + 1);
	assert_non_null(text);
	char *end = stpcpy(text, head);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, unit);
	(void)stpcpy(end, tail);
	return text;
}

static void test_bounds_nesting(void **state)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE char *close = repeat("", "]", JSON_DEPTH_MAX, "");
	AUTO_FREE char *deepest = repeat("", "[", JSON_DEPTH_MAX, close);
	AUTO_FREE char *too_deep = repeat("", "[", 1000000, "");
	AUTO_FREE char *one_more = repeat("[", deepest, 1, "]");
	(void)state;
	assert_int_equal(parse(deepest, &err), 0);
	assert_int_not_equal(parse(one_more, &err), 0);
	assert_non_null(strstr(err.message, "nested too deeply"));
	assert_int_not_equal(parse(too_deep, &err), 0);
}

static void test_bounds_size(void **state)
{
	struct bailiff_error err = { 0 };
	AUTO_FREE char *many = repeat("[0", ",0", JSON_VALUES_MAX, "]");
	AUTO_FREE char *longest = repeat("\"", "x", JSON_INPUT_MAX - 2, "\"");
	AUTO_FREE char *too_long = repeat("\"", "x", JSON_INPUT_MAX - 1, "\"");
	(void)state;
	assert_int_not_equal(parse(many, &err), 0);
	assert_non_null(strstr(err.message, "too many values"));
	assert_int_equal(parse(longest, &err), 0);
	assert_int_not_equal(parse(too_long, &err), 0);
	assert_non_null(strstr(err.message, "longer than 16 MiB"));
}

static void test_bounds_keys(void **state)
{
	struct bailiff_error err = { 0 };
	char *text = malloc((size_t)16 * (JSON_KEYS_MAX + 2));
	char *end = stpcpy(text, "{\"e\":{");
	(void)state;
	for (unsigned i = 0; i <= JSON_KEYS_MAX; i++)
		end += snprintf(end, 16, "%s\"k%u\":0", i > 0 ? "," : "", i);
	(void)stpcpy(end, "}}");
	assert_int_not_equal(parse(text, &err), 0);
	assert_string_equal(err.message, "e: has more than 1024 keys");
	free(text);
}

static void test_refuses_duplicate_keys(void **state)
{
	struct bailiff_error err = { 0 };
	(void)state;
	assert_int_not_equal(parse("{\"a\":1,\"b\":2,\"a\":1}", &err), 0);
	assert_string_equal(err.message, "a: key appears twice");
	assert_int_not_equal(parse("{\"x\":[{},{\"b\":{\"c\":1,\"c\":2}}]}", &err), 0);
	assert_string_equal(err.message, "x[1].b.c: key appears twice");
	/* The same key, once written with an escape. */
	assert_int_not_equal(parse("{\"ab\":1,\"a\\u0062\":2}", &err), 0);
}

static void test_output_is_written_only_on_success(void **state)
{
	cJSON mark;
	cJSON *document = &mark;
	(void)state;
	assert_int_not_equal(json_parse("[", 1, &document, NULL), 0);
	assert_ptr_equal(document, &mark);
	assert_int_not_equal(json_parse("{\"a\":1,\"a\":1}", 13, &document, NULL), 0);
	assert_ptr_equal(document, &mark);
}

/* ---- reading values ---------------------------------------------------------------------- */

static cJSON *document_of(const char *text)
{
	cJSON *document = NULL;
	struct bailiff_error err = { 0 };
	if (json_parse(text, strlen(text), &document, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	return document;
}

static void test_only_keys_names_and_suggests(void **state)
{
	static const char *const allowed[] = { "cpu_ms", "wall_ms", NULL };
	JSON_AUTO_DELETE cJSON *document =
		document_of("{\"limits\":{\"cpu_ms\":1,\"wal_ms\":2},\"x\":{\"colour\":0},"
			    "\"y\":[],\"z\":{\"a b\\u001b[1m\":0}}");
	struct json_node root = json_root(document);
	struct json_node node;
	struct bailiff_error err = { 0 };
	(void)state;
	assert_true(json_find(&root, "limits", &node));
	assert_int_not_equal(json_only_keys(&node, allowed, &err), 0);
	assert_string_equal(err.message, "limits.wal_ms: unknown key");
	assert_string_equal(err.hint, "did you mean 'wall_ms'?");
	assert_true(json_find(&root, "x", &node));
	assert_int_not_equal(json_only_keys(&node, allowed, &err), 0);
	assert_string_equal(err.message, "x.colour: unknown key");
	assert_string_equal(err.hint, "");
	assert_true(json_find(&root, "y", &node));
	assert_int_not_equal(json_only_keys(&node, allowed, &err), 0);
	assert_string_equal(err.message, "y: must be an object");
	assert_true(json_find(&root, "z", &node));
	assert_int_not_equal(json_only_keys(&node, allowed, &err), 0);
	assert_string_equal(err.message, "z[\"a b\033[1m\"]: unknown key");
}

static void test_keys_are_case_sensitive(void **state)
{
	JSON_AUTO_DELETE cJSON *document = document_of("{\"Argv\":1}");
	struct json_node root = json_root(document);
	struct json_node node;
	struct bailiff_error err = { 0 };
	(void)state;
	assert_false(json_find(&root, "argv", &node));
	assert_int_not_equal(json_require(&root, "argv", &node, &err), 0);
	assert_string_equal(err.message, "document: key 'argv' is missing");
}

static void test_paths_go_through_arrays(void **state)
{
	JSON_AUTO_DELETE cJSON *document = document_of("{\"binds\":[{},{},{\"from\":7}]}");
	struct json_node root = json_root(document);
	struct json_node binds, bind, from;
	struct bailiff_error err = { 0 };
	const char *text = NULL;
	size_t count = 0;
	(void)state;
	assert_true(json_find(&root, "binds", &binds));
	assert_int_equal(json_array_size(&binds, 3, &count, &err), 0);
	assert_int_equal(count, 3);
	assert_int_not_equal(json_array_size(&binds, 2, &count, &err), 0);
	assert_string_equal(err.message, "binds: must have at most 2 elements");
	assert_true(json_first(&binds, &bind));
	assert_true(json_next(&bind));
	assert_true(json_next(&bind));
	assert_true(json_find(&bind, "from", &from));
	assert_false(json_next(&bind));
	assert_int_not_equal(json_string(&from, &text, &err), 0);
	assert_string_equal(err.message, "binds[2].from: must be a string");
	assert_null(text);
}

static void test_long_paths_are_cut(void **state)
{
	AUTO_FREE char *key = repeat("{\"", "k", 100000, "\":{\"x\":1}}");
	JSON_AUTO_DELETE cJSON *document = document_of(key);
	struct json_node root = json_root(document);
	struct json_node node, leaf;
	struct bailiff_error err = { 0 };
	const char *text = NULL;
	(void)state;
	assert_true(json_first(&root, &node));
	assert_true(json_find(&node, "x", &leaf));
	assert_int_not_equal(json_string(&leaf, &text, &err), 0);
	assert_non_null(strstr(err.message, "kkk\"].x: must be a string"));
}

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		const char *error; /* NULL = accepted */
		uint64_t value;
	} rows[] = {
		{ "1", 1, 10, NULL, 1 },
		{ "10", 1, 10, NULL, 10 },
		{ "5.0", 1, 10, NULL, 5 },
		{ "5e0", 1, 10, NULL, 5 },
		{ "0", 0, 10, NULL, 0 },
		{ "9007199254740991", 0, JSON_INTEGER_MAX, NULL, JSON_INTEGER_MAX },
		{ "9007199254740992", 0, JSON_INTEGER_MAX,
		  "v: must be an integer of at most 9007199254740991", 0 },
		{ "9007199254740993", 0, JSON_INTEGER_MAX,
		  "v: must be an integer of at most 9007199254740991", 0 },
		{ "1e400", 1, 10, "v: must be a positive integer", 0 },
		{ "-1e400", 1, 10, "v: must be a positive integer", 0 },
		{ "0", 1, 10, "v: must be a positive integer", 0 },
		{ "-1", 1, 10, "v: must be a positive integer", 0 },
		{ "1.5", 1, 10, "v: must be a positive integer", 0 },
		{ "11", 1, 10, "v: must be a positive integer of at most 10", 0 },
		{ "-1", 0, 10, "v: must be an integer that is not negative", 0 },
		{ "2", 3, 10, "v: must be an integer from 3 to 10", 0 },
		{ "\"1\"", 1, 10, "v: must be a positive integer", 0 },
		{ "true", 1, 10, "v: must be a positive integer", 0 },
		{ "null", 1, 10, "v: must be a positive integer", 0 },
		{ "[1]", 1, 10, "v: must be a positive integer", 0 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		AUTO_FREE char *text = repeat("{\"v\":", rows[i].text, 1, "}");
		JSON_AUTO_DELETE cJSON *document = document_of(text);
		struct json_node root = json_root(document);
		struct json_node node;
		struct bailiff_error err = { 0 };
		uint64_t value = 77;
		assert_true(json_find(&root, "v", &node));
		int rc = json_u64(&node, rows[i].min, rows[i].max, &value, &err);
		if (rows[i].error != NULL)
			assert_string_equal(err.message, rows[i].error);
		else
			assert_int_equal(rc, 0);
		assert_int_equal(value, rows[i].error != NULL ? 77 : rows[i].value);
	}
}

static void test_thousandths(void **state)
{
	static const struct {
		const char *text;
		const char *error;
		uint64_t value;
	} rows[] = {
		{ "1", NULL, 1000 },
		{ "1.5", NULL, 1500 },
		{ "0.1", NULL, 100 },
		{ "12.345", NULL, 12345 },
		{ "0.57", NULL, 570 },
		{ "1000", NULL, 1000000 },
		{ "1e3", NULL, 1000000 },
		{ "999.999", NULL, 999999 },
		{ "1.2345", "v: must have at most three decimals", 0 },
		{ "0", "v: must be a positive number", 0 },
		{ "-0", "v: must be a positive number", 0 },
		{ "-1", "v: must be a positive number", 0 },
		{ "1e999", "v: must be a positive number", 0 },
		{ "\"1\"", "v: must be a positive number", 0 },
		{ "null", "v: must be a positive number", 0 },
		{ "{}", "v: must be a positive number", 0 },
		{ "0.099", "v: must be at least 0.1", 0 },
		{ "1000.001", "v: must be at most 1000", 0 },
		{ "1e300", "v: must be at most 1000", 0 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		AUTO_FREE char *text = repeat("{\"v\":", rows[i].text, 1, "}");
		JSON_AUTO_DELETE cJSON *document = document_of(text);
		struct json_node root = json_root(document);
		struct json_node node;
		struct bailiff_error err = { 0 };
		uint64_t value = 77;
		assert_true(json_find(&root, "v", &node));
		int rc = json_thousandths(&node, 100, 1000000, &value, &err);
		if (rows[i].error != NULL)
			assert_string_equal(err.message, rows[i].error);
		else
			assert_int_equal(rc, 0);
		assert_int_equal(value, rows[i].error != NULL ? 77 : rows[i].value);
	}
}

/* Every value with three decimals below 100 is read exactly. */
static void test_thousandths_are_exact(void **state)
{
	char text[16];
	(void)state;
	for (unsigned i = 1; i < 100000; i++) {
		(void)snprintf(text, sizeof text, "%u.%03u", i / 1000, i % 1000);
		JSON_AUTO_DELETE cJSON *document = document_of(text);
		struct json_node root = json_root(document);
		uint64_t value = 0;
		assert_int_equal(json_thousandths(&root, 1, 100000, &value, NULL), 0);
		assert_int_equal(value, i);
	}
}

static void test_booleans(void **state)
{
	JSON_AUTO_DELETE cJSON *document = document_of("{\"t\":true,\"n\":1}");
	struct json_node root = json_root(document);
	struct json_node node;
	struct bailiff_error err = { 0 };
	bool value = false;
	(void)state;
	assert_true(json_find(&root, "t", &node));
	assert_int_equal(json_bool(&node, &value, &err), 0);
	assert_true(value);
	assert_true(json_find(&root, "n", &node));
	assert_int_not_equal(json_bool(&node, &value, &err), 0);
	assert_string_equal(err.message, "n: must be true or false");
}

/* ---- the parts beneath ------------------------------------------------------------------- */

static void test_utf8_cut(void **state)
{
	(void)state;
	assert_true(utf8_is_cut("\xc3", 1));
	assert_true(utf8_is_cut("\xf0\x9f\x98", 3));
	assert_true(utf8_is_cut("\xe2\x82", 2));
	assert_false(utf8_is_cut("", 0));
	assert_false(utf8_is_cut("a", 1));
	assert_false(utf8_is_cut("\xff", 1));
	assert_false(utf8_is_cut("\xe0\x80", 2)); /* over-long: nothing can mend it */
	assert_false(utf8_is_cut("\xc3\xa9", 2));
	assert_int_equal(utf8_prefix("ab\xc3\xa9\xff", 5), 4);
	assert_int_equal(utf8_decode("\xe2\x82\xac", 3), 0x20ac);
}

/* Every code point: encoded by hand, accepted exactly when it is no surrogate. */
static void test_utf8_all_code_points(void **state)
{
	(void)state;
	for (unsigned code = 0x800; code < 0x120000; code++) {
		char text[4];
		size_t length = code < 0x10000 ? 3 : 4;
		for (size_t i = length - 1; i > 0; i--)
			text[i] = (char)(0x80 | (code >> (6 * (length - 1 - i)) & 0x3f));
		text[0] = (char)((length == 3 ? 0xe0 : 0xf0) | code >> (6 * (length - 1)));
		bool valid = !(code >= 0xd800 && code <= 0xdfff) && code <= 0x10ffff;
		assert_int_equal(utf8_sequence(text, length), valid ? length : 0);
		if (valid)
			assert_int_equal(utf8_decode(text, length), code);
	}
}

static void test_base64(void **state)
{
	/* RFC 4648 section 10. */
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
	};
	static const char *const refused[] = {
		"Z",	"Zg",	  "Zg=",  "Zg===",    "=",    "====",  "Zh==",
		"Zm9=", "Zm9v\n", "Z m9", "Zg==Zg==", "Zm-_", "Zm9v=", "\xc3\xa9zz",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char text[32];
		unsigned char data[32];
		size_t size = 0;
		base64_encode(rows[i][0], strlen(rows[i][0]), text);
		assert_string_equal(text, rows[i][1]);
		assert_true(base64_decode(text, strlen(text), data, &size));
		assert_int_equal(size, strlen(rows[i][0]));
		assert_memory_equal(data, rows[i][0], size);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		unsigned char data[32];
		size_t size = 0;
		if (base64_decode(refused[i], strlen(refused[i]), data, &size))
			fail_msg("'%s' was accepted", refused[i]);
	}
}

static void test_nearest_name(void **state)
{
	static const char *const names[] = { "cpu", "memory", "open-files", "policy", NULL };
	(void)state;
	assert_string_equal(nearest_name("memroy", names), "memory");
	assert_string_equal(nearest_name("open_files", names), "open-files");
	assert_string_equal(nearest_name("cpus", names), "cpu");
	assert_string_equal(nearest_name("polcy", names), "policy");
	assert_null(nearest_name("banana", names));
	assert_null(nearest_name("", names));
	assert_null(nearest_name("x", names));
	AUTO_FREE char *giant = repeat("", "x", 100000, "");
	assert_null(nearest_name(giant, names));
}

static void test_write_is_exact_and_valid(void **state)
{
	struct json_writer writer = { 0 };
	struct bailiff_error err = { 0 };
	AUTO_FREE char *text = NULL;
	(void)state;
	json_write_init(&writer);
	json_write_u64(&writer, writer.root, "big", JSON_INTEGER_MAX);
	json_write_u64(&writer, writer.root, "round", UINT64_C(1000000000000000));
	json_write_u64(&writer, writer.root, "unknown", BAILIFF_UNKNOWN);
	json_write_i64(&writer, writer.root, "minus", -5);
	json_write_milliseconds(&writer, writer.root, "ms", 12345678);
	json_write_milliseconds(&writer, writer.root, "whole", UINT64_C(1000000000));
	json_write_milliseconds(&writer, writer.root, "zero", 0);
	json_write_milliseconds(&writer, writer.root, "no_ms", BAILIFF_UNKNOWN);
	json_write_string(&writer, writer.root, "bytes",
			  "a\xff"
			  "b\x1b\x7f\xc2\x9b\xc2\xa0\n\"");
	json_write_string(&writer, writer.root, "null", NULL);
	assert_int_equal(json_write_print(&writer, &text, &err), 0);
	assert_string_equal(text, "{\n"
				  "  \"big\": 9007199254740991,\n"
				  "  \"round\": 1000000000000000,\n"
				  "  \"unknown\": null,\n"
				  "  \"minus\": -5,\n"
				  "  \"ms\": 12.345,\n"
				  "  \"whole\": 1000,\n"
				  "  \"zero\": 0,\n"
				  "  \"no_ms\": null,\n"
				  "  \"bytes\": \"a\xef\xbf\xbd"
				  "b\\u001b\\u007f\\u009b\xc2\xa0\\n\\\"\",\n"
				  "  \"null\": null\n"
				  "}\n");
	json_write_finish(&writer);
	assert_int_equal(parse(text, &err), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_valid_texts),
		cmocka_unit_test(test_refuses_invalid_texts),
		cmocka_unit_test(test_refuses_nul_bytes),
		cmocka_unit_test(test_syntax_error_names_line_and_column),
		cmocka_unit_test(test_bounds_nesting),
		cmocka_unit_test(test_bounds_size),
		cmocka_unit_test(test_bounds_keys),
		cmocka_unit_test(test_refuses_duplicate_keys),
		cmocka_unit_test(test_output_is_written_only_on_success),
		cmocka_unit_test(test_only_keys_names_and_suggests),
		cmocka_unit_test(test_keys_are_case_sensitive),
		cmocka_unit_test(test_paths_go_through_arrays),
		cmocka_unit_test(test_long_paths_are_cut),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_thousandths),
		cmocka_unit_test(test_thousandths_are_exact),
		cmocka_unit_test(test_booleans),
		cmocka_unit_test(test_utf8_cut),
		cmocka_unit_test(test_utf8_all_code_points),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_nearest_name),
		cmocka_unit_test(test_write_is_exact_and_valid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
