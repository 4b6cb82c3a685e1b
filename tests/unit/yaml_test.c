/* SPDX-License-Identifier: MIT */
/*
 * Goal: YAML becomes what the core schema says, and nothing that JSON's readers could not bear.
 * Method: texts beside the JSON they stand for; hostile texts beside a part of the refusal.
 */
#include "codec/yaml.h"
#include "shell_words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_yields(const char *text, const char *json)
{
	JSON_AUTO_DELETE cJSON *document = NULL;
	struct bailiff_error err = { 0 };
	if (yaml_parse(text, strlen(text), &document, &err) < 0)
		fail_msg("'%s': %s", text, err.message);
	char *printed = cJSON_PrintUnformatted(document);
	if (strcmp(printed, json) != 0)
		fail_msg("'%s' gives %s, not %s", text, printed, json);
	free(printed);
}

static void assert_refused_bytes(const char *text, size_t length, const char *why)
{
	cJSON *document = NULL;
	struct bailiff_error err = { 0 };
	if (yaml_parse(text, length, &document, &err) == 0)
		fail_msg("'%.60s' is accepted", text);
	assert_null(document);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	if (strstr(err.message, why) == NULL)
		fail_msg("'%.60s': '%s' does not say '%s'", text, err.message, why);
}

static void assert_refused(const char *text, const char *why)
{
	assert_refused_bytes(text, strlen(text), why);
}

static void test_scalars(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "a: 1", "{\"a\":1}" },
		{ "a: -12", "{\"a\":-12}" },
		{ "a: +7", "{\"a\":7}" },
		{ "a: 010", "{\"a\":10}" },
		{ "a: 0o10", "{\"a\":8}" },
		{ "a: 0x1F", "{\"a\":31}" },
		{ "a: 0x", "{\"a\":\"0x\"}" },
		{ "a: 0o8", "{\"a\":\"0o8\"}" },
		{ "a: .5", "{\"a\":0.5}" },
		{ "a: 5.", "{\"a\":5}" },
		{ "a: 1e3", "{\"a\":1000}" },
		{ "a: 1e", "{\"a\":\"1e\"}" },
		{ "a: .", "{\"a\":\".\"}" },
		{ "a: 1 2", "{\"a\":\"1 2\"}" },
		{ "a: 2025-09", "{\"a\":\"2025-09\"}" },
		{ "a: 12:30", "{\"a\":\"12:30\"}" },
		{ "a: 1_000", "{\"a\":\"1_000\"}" },
		{ "a: true", "{\"a\":true}" },
		{ "a: False", "{\"a\":false}" },
		{ "a: yes", "{\"a\":\"yes\"}" },
		{ "a: tRue", "{\"a\":\"tRue\"}" },
		{ "a:", "{\"a\":null}" },
		{ "a: ~", "{\"a\":null}" },
		{ "a: Null", "{\"a\":null}" },
		{ "a: ''", "{\"a\":\"\"}" },
		{ "a: '1'", "{\"a\":\"1\"}" },
		{ "a: \"true\"", "{\"a\":\"true\"}" },
		{ "a: |\n  x\n  y\n", "{\"a\":\"x\\ny\\n\"}" },
		{ "a: !!str 1", "{\"a\":\"1\"}" },
		{ "a: !!int '1'", "{\"a\":1}" },
		{ "a: !!float 1", "{\"a\":1}" },
		{ "a: ! 1", "{\"a\":\"1\"}" },
		{ "1: x", "{\"1\":\"x\"}" },
		{ "a: \"\\u00e9\\x41\"", "{\"a\":\"\xc3\xa9"
					 "A\"}" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_yields(rows[i].text, rows[i].json);
}

static double number_of(const char *text)
{
	JSON_AUTO_DELETE cJSON *document = NULL;
	struct bailiff_error err = { 0 };
	assert_int_equal(yaml_parse(text, strlen(text), &document, &err), 0);
	assert_true(cJSON_IsNumber(document->child));
	return document->child->valuedouble;
}

static void test_numbers_without_bounds(void **state)
{
	(void)state;
	assert_true(isinf(number_of("a: .inf")) && number_of("a: +.Inf") > 0);
	assert_true(number_of("a: -.INF") < 0 && isinf(number_of("a: -.inf")));
	assert_true(isnan(number_of("a: .nan")));
	assert_yields("a: inf", "{\"a\":\"inf\"}");
}

static void test_documents(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "", "{}" },
		{ "# nothing\n", "{}" },
		{ "---\n", "{}" },
		{ "--- {a: [1, x]}\n...\n", "{\"a\":[1,\"x\"]}" },
		{ "\xef\xbb\xbf"
		  "a: b\n",
		  "{\"a\":\"b\"}" },
		{ "a: b\r\nc:\r\n  - d\r\n", "{\"a\":\"b\",\"c\":[\"d\"]}" },
		{ "%YAML 1.2\n---\na: b\n", "{\"a\":\"b\"}" },
		{ "- 1\n- - 2\n  - 3\n", "[1,[2,3]]" },
		{ "a: &x {b: [1]}\nc: *x\n", "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]}}" },
		{ "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}" },
		{ "a: {<<: 1}\n", "{\"a\":{\"<<\":1}}" },
		{ "word\n", "\"word\"" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_yields(rows[i].text, rows[i].json);
}

static void test_spelling_is_kept(void **state)
{
	static const char text[] = "[1e-6, 007, True, x, '2', ~]";
	static const char *const spelled[] = { "1e-6", "007", "True", "x", "2", NULL };
	JSON_AUTO_DELETE cJSON *document = NULL;
	struct bailiff_error err = { 0 };
	(void)state;
	assert_int_equal(yaml_parse(text, strlen(text), &document, &err), 0);
	struct json_node root = json_root(document), item;
	for (bool more = json_first(&root, &item); more; more = json_next(&item)) {
		const char *found = yaml_scalar_text(&item);
		if (spelled[item.index] == NULL)
			assert_null(found);
		else
			assert_string_equal(found, spelled[item.index]);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "a: 1\na: 2\n", "line 2, column 1: this key appears twice" },
		{ "a: {b: 1, 'b': 2}\n", "this key appears twice" },
		{ "? [1]\n: 2\n", "a key must be a text" },
		{ "? {a: 1}\n: 2\n", "a key must be a text" },
		{ "a: &x 1\n*x : 2\n", "a key must be a text" },
		{ "&x a: 1\n", "must not have an anchor" },
		{ "a: 1\n---\nb: 2\n", "a second document" },
		{ "a: *x\n", "without an anchor" },
		{ "a: &x [*x]\n", "without an anchor" },
		{ "a: !!python/object:os.system x\n", "a tag" },
		{ "a: !mine x\n", "a tag" },
		{ "a: !!int x\n", "a tag" },
		{ "a: !!int 1.5\n", "a tag" },
		{ "a: !!map [1]\n", "a tag" },
		{ "a: !!set {b}\n", "a tag" },
		{ "a: \"\\0\"\n", "a NUL character" },
		{ "\"a\\0b\": 1\n", "a NUL character" },
		{ "a: [1\n", "line 2" },
		{ "a: 'b\n", "line" },
		{ "\ta: 1\n", "line 1" },
		{ "a: \xff\xfe\n", "line 1" },
		{ "a: \xc0\x80\n", "line 1" },
		{ "a: \"\\ud800\"\n", "line 1" },
		{ "a: \x01\n", "line 1" },
		{ "%YAML 3.0\n---\na: b\n", "line 1" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_refused(rows[i].text, rows[i].why);
	assert_refused_bytes("a: b\0c", 6, "line 1");
	assert_refused_bytes("\xff\xfe"
			     "a\0",
			     4, "line 1"); /* UTF-16 */
}

/* A text of `count` times `part`; the caller's. */
static char *repeat(const char *part, size_t count)
{
	size_t length = strlen(part);
	char *text = malloc(count * length + 1);
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, part, length);
	text[count * length] = '\0';
	return text;
}

static void test_deep_nesting(void **state)
{
	static const char *const parts[] = { "[", "{a: ", "- ", "? ", "- [", "!!seq [" };
	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		char *text = repeat(parts[i], 1000000);
		assert_refused(text, "");
		free(text);
	}
	char *deepest = repeat("[", JSON_DEPTH_MAX);
	char *closing = repeat("]", JSON_DEPTH_MAX);
	char text[2 * JSON_DEPTH_MAX + 1];
	memcpy(text, deepest, JSON_DEPTH_MAX);
	memcpy(text + JSON_DEPTH_MAX, closing, JSON_DEPTH_MAX + 1);
	assert_yields(text, text);
	free(deepest);
	free(closing);
}

static void test_aliases_that_grow(void **state)
{
	/* Nine times nine: 10^9 values, if nobody counted. */
	char text[2000] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
	(void)state;
	for (int i = 1; i < 10; i++) {
		char line[200];
		int n = i - 1;
		(void)snprintf(line, sizeof line,
			       "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
			       i, n, n, n, n, n, n, n, n, n, n);
		strncat(text, line, sizeof text - strlen(text) - 1);
	}
	assert_refused(text, "too many values");

	/* Few values, but long ones. */
	static const char aliases[] = "\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n";
	char *xs = repeat("x", (size_t)1 << 20);
	size_t room = strlen(xs) + sizeof aliases + 10;
	char *long_text = malloc(room);
	assert_non_null(long_text);
	(void)snprintf(long_text, room, "a: &a %s%s", xs, aliases);
	assert_refused(long_text, "too much text");
	free(long_text);
	free(xs);

	/* Deeper with every alias. */
	char deep[4000] = "a0: &a0 [x]\n";
	for (int i = 1; i < 40; i++) {
		char line[40];
		(void)snprintf(line, sizeof line, "a%d: &a%d [*a%d]\n", i, i, i - 1);
		strncat(deep, line, sizeof deep - strlen(deep) - 1);
	}
	assert_refused(deep, "nested too deeply");
}

static void test_other_bounds(void **state)
{
	(void)state;
	char *values = repeat("- 1\n", JSON_VALUES_MAX);
	assert_refused(values, "too many values");
	free(values);
	char *anchors = repeat("- &a 1\n", 300);
	assert_refused(anchors, "too many anchors");
	free(anchors);
	char *keys = malloc(20 * (JSON_KEYS_MAX + 1));
	assert_non_null(keys);
	size_t length = 0;
	for (unsigned i = 0; i <= JSON_KEYS_MAX; i++)
		length += (size_t)snprintf(keys + length, 20, "k%u: 1\n", i);
	assert_refused(keys, "too many keys");
	free(keys);
}

static void test_words(void **state)
{
	static const struct {
		const char *text;
		const char *words[4];
	} rows[] = {
		{ "", { NULL } },
		{ " \t\n", { NULL } },
		{ "a", { "a" } },
		{ "  a  b\tc ", { "a", "b", "c" } },
		{ "'a b' \"c d\"", { "a b", "c d" } },
		{ "a'b'\"c\"d", { "abcd" } },
		{ "'' x", { "", "x" } },
		{ "a\\ b", { "a b" } },
		{ "'\\' \"\\\"\" \"\\n\"", { "\\", "\"", "\\n" } },
		{ "$HOME `x` *", { "$HOME", "`x`", "*" } },
	};
	struct arena arena = { 0 };
	struct bailiff_error err = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *const *words = NULL;
		assert_int_equal(split_words(&arena, rows[i].text, &words, &err), 0);
		size_t k = 0;
		for (; rows[i].words[k] != NULL; k++)
			assert_string_equal(words[k], rows[i].words[k]);
		assert_true(k == 0 ? words == NULL : words[k] == NULL);
	}
	static const char *const open[] = { "'a", "\"a", "a\\", "\"a\\\"" };
	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
		const char *const *words = NULL;
		assert_true(split_words(&arena, open[i], &words, &err) < 0);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	}
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_numbers_without_bounds),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_spelling_is_kept),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_aliases_that_grow),
		cmocka_unit_test(test_other_bounds),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
