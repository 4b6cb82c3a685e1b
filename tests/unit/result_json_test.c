/* SPDX-License-Identifier: MIT */
/*
 * Goal: a result's JSON has every key of the contract, is valid whatever the program wrote, and
 * exit statuses follow from errors and results as documented. Method: results made by hand,
 * printed, read back with the strict reader.
 */
#include "base/error.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/result_json.h"
#include "exit_status.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The contract's own example. */
static struct bailiff_result example_result(void)
{
	return (struct bailiff_result){
		.verdict = BAILIFF_VERDICT_OK,
		.reason = BAILIFF_REASON_EXITED,
		.message = "exited with code 0",
		.has_exit_code = true,
		.cpu_ns = 12345678,
		.user_ns = 10100000,
		.system_ns = 2245678,
		.wall_ns = 13900000,
		.memory_peak_bytes = 1048576,
		.breakdown = { 1000, 600, 200, BAILIFF_UNKNOWN, 200, 3 },
		.processes_peak = 1,
		.processes_refused = BAILIFF_UNKNOWN,
		.stdout_bytes = 6,
		.out = { .data = (char *)(uintptr_t) "hello\n", .size = 6 },
		.limits = { 1000000000, 3000000000, 268435456, 32, 67108864, 67108864, 268435456,
			    64, 1500, 0, NULL },
		.cell = { .cgroup = BAILIFF_CGROUP_V2,
			  .policy = "native",
			  .landlock_abi = 3,
			  .uid = 100001,
			  .ipc_freshness = BAILIFF_FRESHNESS_PROVED,
			  .setup_ns = 900000,
			  .teardown_ns = 300000 },
		.noise = { 1500000, 2, 7, BAILIFF_UNKNOWN, 250000 },
	};
}

static char *print(const struct bailiff_result *result, const struct bailiff_spec *spec)
{
	static const struct bailiff_spec no_spec;
	struct bailiff_error err = { 0 };
	char *text = NULL;
	if (result_json_print(result, spec != NULL ? spec : &no_spec, &text, &err) < 0)
		fail_msg("%s", err.message);
	return text;
}

/* Prints, reads back strictly (so it is valid JSON, valid UTF-8 and without duplicate keys). */
static cJSON *printed(const struct bailiff_result *result, const struct bailiff_spec *spec)
{
	AUTO_FREE char *text = print(result, spec);
	struct bailiff_error err = { 0 };
	cJSON *document = NULL;
	if (json_parse(text, strlen(text), &document, &err) < 0)
		fail_msg("%s in %s", err.message, text);
	return document;
}

static const char *string_at(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static void test_prints_the_contract(void **state)
{
	static const char expected[] =
		"{\"version\":1,\"verdict\":\"OK\",\"reason\":\"exited\","
		"\"message\":\"exited with code 0\",\"hint\":null,\"exit_code\":0,\"signal\":null,"
		"\"signal_name\":null,"
		"\"time\":{\"cpu_ms\":12.345,\"user_ms\":10.1,\"system_ms\":2.245,"
		"\"wall_ms\":13.9},"
		"\"memory\":{\"peak_bytes\":1048576,\"oom_kills\":0,\"breakdown\":{"
		"\"sampled_bytes\":1000,\"anon_bytes\":600,\"file_bytes\":200,"
		"\"shmem_bytes\":null,\"kernel_bytes\":200,\"samples\":3}},"
		"\"processes\":{\"peak\":1,\"refused\":null},"
		"\"output\":{\"stdout_bytes\":6,\"stderr_bytes\":0},"
		"\"stdout\":{\"text\":\"hello\\n\",\"truncated\":false},"
		"\"stderr\":{\"text\":\"\",\"truncated\":false},\"syscall\":null,"
		"\"limits\":{\"cpu_ms\":1000,\"wall_ms\":3000,\"idle_ms\":null,"
		"\"memory_bytes\":268435456,"
		"\"processes\":32,\"output_bytes\":67108864,\"disk_bytes\":67108864,"
		"\"stack_bytes\":268435456,\"open_files\":64,\"cpus\":1.5,\"cpuset\":null},"
		"\"cell\":{\"cgroup\":\"v2\",\"namespaces\":[\"user\",\"mount\",\"pid\","
		"\"network\",\"ipc\",\"uts\",\"cgroup\",\"time\"],\"policy\":\"native\","
		"\"setup_ms\":0.9,\"teardown_ms\":0.3,\"landlock_abi\":3,"
		"\"freshness\":{\"network\":\"fresh\",\"ipc\":\"proved\"},\"uid\":100001},"
		"\"noise\":{\"throttled_ms\":1.5,\"throttled_periods\":2,"
		"\"involuntary_switches\":7,\"steal_ms\":null,\"cpu_pressure_ms\":0.25}}";
	struct bailiff_result result = example_result();
	AUTO_FREE char *text = print(&result, NULL);
	(void)state;
	assert_int_equal(text[strlen(text) - 1], '\n');
	cJSON_Minify(text); /* keeps order and numbers as they were written */
	assert_string_equal(text, expected);
}

static void test_signals_have_names(void **state)
{
	static const struct {
		int number;
		const char *name;
	} rows[] = {
		{ SIGKILL, "SIGKILL" },
		{ SIGSEGV, "SIGSEGV" },
		{ SIGSYS, "SIGSYS" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct bailiff_result result = example_result();
		result.verdict = BAILIFF_VERDICT_RE;
		result.reason = BAILIFF_REASON_SIGNAL;
		result.has_exit_code = false;
		result.signal = rows[i].number;
		JSON_AUTO_DELETE cJSON *document = printed(&result, NULL);
		assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(document, "exit_code")));
		assert_int_equal(
			cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(document, "signal")),
			rows[i].number);
		assert_string_equal(string_at(document, "signal_name"), rows[i].name);
	}
	struct bailiff_result result = example_result();
	result.signal = SIGRTMIN + 3;
	JSON_AUTO_DELETE cJSON *document = printed(&result, NULL);
	assert_string_equal(string_at(document, "signal_name"), "SIGRTMIN+3");
}

static void test_output_is_text_or_base64(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		bool truncated;
		const char *text; /* NULL: must come as base64 */
	} rows[] = {
		{ "", 0, false, "" },
		{ "a\"\\\n\t\x01", 6, false, "a\"\\\n\t\x01" },
		{ "\xc3\xa9", 2, false, "\xc3\xa9" },
		{ "\x7f\xc2\x9b", 3, false, "\x7f\xc2\x9b" },
		{ "\xff", 1, false, NULL },
		{ "ab\xc3", 3, false, NULL }, /* the program itself stopped there */
		{ "ab\xc3", 3, true, "ab" },  /* we cut it */
		{ "ab\xf0\x9f\x98", 5, true, "ab" },
		{ "\xe2\x82", 2, true, "" },
		{ "a\xff\xc3", 3, true, NULL },
		{ "\xc3zz", 3, true, NULL },
		{ "ab\xff", 3, true, NULL },
		{ "a\0b", 3, false, NULL }, /* see the comment in result_json.c */
		{ "a\0\xc3", 3, true, NULL },
		{ "\xed\xa0\x80", 3, false, NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct bailiff_result result = example_result();
		AUTO_FREE char *copy = malloc(rows[i].size + 1);
		assert_non_null(copy);
		/* Without a NUL behind it, as captures come. */
		AUTO_FREE char *data = rows[i].size > 0 ? malloc(rows[i].size) : NULL;
		if (data != NULL)
			memcpy(data, rows[i].data, rows[i].size);
		result.err = (struct bailiff_capture){ data, rows[i].size, rows[i].truncated };
		JSON_AUTO_DELETE cJSON *document = printed(&result, NULL);
		const cJSON *capture = cJSON_GetObjectItemCaseSensitive(document, "stderr");
		assert_int_equal(
			cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(capture, "truncated")),
			rows[i].truncated);
		const char *base64 = string_at(capture, "base64");
		if (rows[i].text != NULL) {
			assert_null(base64);
			assert_string_equal(string_at(capture, "text"), rows[i].text);
			continue;
		}
		size_t size = 0;
		assert_non_null(base64);
		assert_null(string_at(capture, "text"));
		assert_true(base64_decode(base64, strlen(base64), (unsigned char *)copy, &size));
		assert_int_equal(size, rows[i].size);
		assert_memory_equal(copy, rows[i].data, size);
	}
}

static void test_output_that_was_not_captured_is_null(void **state)
{
	struct bailiff_result result = example_result();
	struct bailiff_spec spec = { .out = { .kind = BAILIFF_STDOUT_PATH },
				     .err = { .kind = BAILIFF_STDOUT_INHERIT } };
	(void)state;
	result.out = (struct bailiff_capture){ 0 };
	JSON_AUTO_DELETE cJSON *document = printed(&result, &spec);
	assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(document, "stdout")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(document, "stderr")));
}

/* Random bytes, printed and read back: always valid. */
static void test_hostile_output(void **state)
{
	unsigned seed = 12345;
	(void)state;
	for (int round = 0; round < 300; round++) {
		char data[64];
		struct bailiff_result result = example_result();
		for (size_t i = 0; i < sizeof data; i++) {
			seed = seed * 1103515245u + 12345u;
			data[i] = (char)(seed >> 16);
			/* Every other round only bytes that often make valid sequences. */
			if (round % 2 == 0)
				data[i] = "\xc2\x80\x9b\x7f\x1b\"\\a"[(seed >> 16) % 8];
		}
		result.out = (struct bailiff_capture){ data, (size_t)round % sizeof data, true };
		JSON_AUTO_DELETE cJSON *document = printed(&result, NULL);
		assert_non_null(document);
	}
}

static void test_syscall(void **state)
{
	struct bailiff_result result = example_result();
	(void)state;
	result.verdict = BAILIFF_VERDICT_SV;
	result.reason = BAILIFF_REASON_SYSCALL;
	result.has_syscall = true;
	(void)snprintf(result.hint, sizeof result.hint, "what it is for");
	result.syscall =
		(struct bailiff_syscall){ "socket", "x86_64", 41, { 2, 1, 0, 0, UINT64_MAX, 255 } };
	JSON_AUTO_DELETE cJSON *document = printed(&result, NULL);
	AUTO_FREE char *text =
		cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(document, "syscall"));
	assert_string_equal(string_at(document, "hint"), "what it is for");
	assert_string_equal(text,
			    "{\"name\":\"socket\",\"number\":41,\"arch\":\"x86_64\",\"args\":["
			    "\"0x2\",\"0x1\",\"0x0\",\"0x0\",\"0xffffffffffffffff\","
			    "\"0xff\"]}");
}

static void test_internal_error(void **state)
{
	struct bailiff_result result = { .verdict = BAILIFF_VERDICT_IE,
					 .reason = BAILIFF_REASON_STAGE };
	(void)state;
	(void)fail_host(&result.error, BAILIFF_STAGE_ROOTFS, EPERM, "do this", "mount '/x'");
	JSON_AUTO_DELETE cJSON *document = printed(&result, NULL);
	assert_string_equal(string_at(document, "verdict"), "IE");
	assert_string_equal(string_at(document, "reason"), "rootfs");
	assert_string_equal(string_at(document, "message"), "mount '/x': Operation not permitted");
	AUTO_FREE char *text =
		cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(document, "error"));
	assert_string_equal(text, "{\"stage\":\"rootfs\",\"errno\":\"EPERM\",\"message\":"
				  "\"mount '/x': Operation not permitted\",\"hint\":\"do this\"}");
	const cJSON *cell = cJSON_GetObjectItemCaseSensitive(document, "cell");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(cell, "namespaces")),
			 0);
	assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(cell, "uid")));
}

static void test_only_internal_errors_have_an_error(void **state)
{
	struct bailiff_result result = example_result();
	(void)state;
	JSON_AUTO_DELETE cJSON *document = printed(&result, NULL);
	assert_false(cJSON_HasObjectItem(document, "error"));
	assert_false(cJSON_HasObjectItem(document, "collected"));
}

static void test_collected_files(void **state)
{
	static const struct bailiff_collect collects[] = { { "out", "to/out" },
							   { "bad\xff", "to/bad" } };
	struct bailiff_collected collected[] = { { BAILIFF_COLLECT_OK, 12, 0 },
						 { BAILIFF_COLLECT_FAILED, 0, EACCES } };
	struct bailiff_spec spec = { .collects = collects, .collect_count = 2 };
	struct bailiff_result result = example_result();
	(void)state;
	result.collected = collected;
	result.collected_count = 2;
	JSON_AUTO_DELETE cJSON *document = printed(&result, &spec);
	const cJSON *array = cJSON_GetObjectItemCaseSensitive(document, "collected");
	assert_int_equal(cJSON_GetArraySize(array), 2);
	const cJSON *first = cJSON_GetArrayItem(array, 0);
	const cJSON *second = cJSON_GetArrayItem(array, 1);
	assert_string_equal(string_at(first, "name"), "out");
	assert_string_equal(string_at(first, "to"), "to/out");
	assert_string_equal(string_at(first, "status"),
			    bailiff_collect_status_name(BAILIFF_COLLECT_OK));
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(first, "bytes")),
			 12);
	assert_null(string_at(first, "error"));
	assert_string_equal(string_at(second, "name"), "bad\xef\xbf\xbd");
	assert_string_equal(string_at(second, "error"), "EACCES");
}

/* ---- exit statuses ------------------------------------------------------------------------- */

static void test_status_of_errors(void **state)
{
	struct bailiff_error err = { 0 };
	(void)state;
	(void)fail_spec(&err, "x");
	assert_int_equal(exit_status_of_error(&err), 65);
	(void)fail_input(&err, ENOENT, "x");
	assert_int_equal(exit_status_of_error(&err), 66);
	(void)fail_host(&err, BAILIFF_STAGE_CGROUP, 0, NULL, "x");
	assert_int_equal(exit_status_of_error(&err), 69);
	(void)fail_internal(&err, BAILIFF_STAGE_EXEC, 0, "x");
	assert_int_equal(exit_status_of_error(&err), 70);
}

static void test_status_of_results(void **state)
{
	static const struct {
		enum bailiff_verdict verdict;
		bool has_exit_code;
		int exit_code, signal, status;
	} rows[] = {
		{ BAILIFF_VERDICT_OK, true, 0, 0, 0 },
		{ BAILIFF_VERDICT_RE, true, 3, 0, 3 },
		{ BAILIFF_VERDICT_RE, true, 255, 0, 255 },
		{ BAILIFF_VERDICT_RE, false, 0, SIGSEGV, 139 },
		{ BAILIFF_VERDICT_RE, false, 0, 0, 126 },
		{ BAILIFF_VERDICT_TLE, false, 0, SIGKILL, 124 },
		{ BAILIFF_VERDICT_MLE, true, 1, 0, 137 },
		{ BAILIFF_VERDICT_OLE, false, 0, SIGXFSZ, 153 },
		{ BAILIFF_VERDICT_SV, false, 0, SIGKILL, 159 },
		{ BAILIFF_VERDICT_IE, false, 0, 0, 70 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct bailiff_result result = { .verdict = rows[i].verdict,
						 .has_exit_code = rows[i].has_exit_code,
						 .exit_code = rows[i].exit_code,
						 .signal = rows[i].signal };
		assert_int_equal(exit_status_of_result(&result), rows[i].status);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prints_the_contract),
		cmocka_unit_test(test_signals_have_names),
		cmocka_unit_test(test_output_is_text_or_base64),
		cmocka_unit_test(test_output_that_was_not_captured_is_null),
		cmocka_unit_test(test_hostile_output),
		cmocka_unit_test(test_syscall),
		cmocka_unit_test(test_internal_error),
		cmocka_unit_test(test_only_internal_errors_have_an_error),
		cmocka_unit_test(test_collected_files),
		cmocka_unit_test(test_status_of_errors),
		cmocka_unit_test(test_status_of_results),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
