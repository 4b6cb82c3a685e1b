/* SPDX-License-Identifier: MIT */
/*
 * Goal: a run spec is read completely and strictly, and every mistake is named by its key's path.
 * Method: one spec with every key, and a table of wrong ones with the message each must give.
 */
#include "base/mem.h"
#include "codec/spec_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int read_spec(struct run_request *request, const char *text, const char *folder,
		     struct bailiff_error *err)
{
	return spec_json_read(request, text, strlen(text), folder, err);
}

/* Every key there is. */
static const char full_spec[] =
	"{ \"argv\": [\"./prog\", \"\", \"-x\"],"
	"  \"limits\": { \"cpu_ms\": 1500.5, \"wall_ms\": 4000, \"idle_ms\": 250.5,"
	"    \"memory_bytes\": 1048576,"
	"    \"processes\": 3, \"output_bytes\": 1, \"disk_bytes\": 4096,"
	"    \"stack_bytes\": 8388608, \"open_files\": 10, \"cpus\": 0.25,"
	"    \"cpuset\": \"0,2-3\" },"
	"  \"policy\": \"mine.json\","
	"  \"rootfs\": { \"base\": \"image.sqfs\", \"binds\": ["
	"    { \"from\": \"/usr/share\" },"
	"    { \"from\": \"data\", \"to\": \"/data\", \"writable\": true } ] },"
	"  \"files\": [ { \"to\": \"a\", \"from\": \"in/a\", \"mode\": \"0755\" },"
	"    { \"to\": \"b\", \"text\": \"h\\u00e9\" },"
	"    { \"to\": \"/tmp/c\", \"base64\": \"AAEC\" } ],"
	"  \"collect\": [ { \"name\": \"out\", \"to\": \"got/out\" } ],"
	"  \"env\": { \"A\": \"1\", \"B\": \"x=y\", \"C\": \"\" },"
	"  \"cwd\": \"/tmp\", \"stdin\": { \"text\": \"1 2\\n\" },"
	"  \"stdout\": { \"path\": \"/abs/out\" }, \"stderr\": { \"capture_bytes\": 100 },"
	"  \"network\": \"loopback\", \"fresh\": true }";

static void test_reads_program_limits_and_root(void **state)
{
	struct run_request request = { 0 };
	struct bailiff_error err = { 0 };
	const struct bailiff_spec *spec = &request.spec;
	(void)state;
	if (read_spec(&request, full_spec, "specs", &err) < 0)
		fail_msg("%s", err.message);

	assert_string_equal(spec->argv[0], "./prog");
	assert_string_equal(spec->argv[1], "");
	assert_string_equal(spec->argv[2], "-x");
	assert_null(spec->argv[3]);
	assert_int_equal(spec->limits.cpu_ns, 1500500000);
	assert_int_equal(spec->limits.wall_ns, 4000000000);
	assert_int_equal(spec->limits.idle_ns, 250500000);
	assert_int_equal(spec->limits.memory_bytes, 1048576);
	assert_int_equal(spec->limits.processes, 3);
	assert_int_equal(spec->limits.output_bytes, 1);
	assert_int_equal(spec->limits.disk_bytes, 4096);
	assert_int_equal(spec->limits.stack_bytes, 8388608);
	assert_int_equal(spec->limits.open_files, 10);
	assert_int_equal(spec->limits.cpus_milli, 250);
	assert_string_equal(spec->limits.cpuset, "0,2-3");
	assert_string_equal(request.policy, "specs/mine.json");
	assert_string_equal(spec->rootfs, "specs/image.sqfs");
	assert_int_equal(spec->bind_count, 2);
	assert_string_equal(spec->binds[0].from, "/usr/share");
	assert_null(spec->binds[0].to);
	assert_false(spec->binds[0].writable);
	assert_string_equal(spec->binds[1].from, "specs/data");
	assert_string_equal(spec->binds[1].to, "/data");
	assert_true(spec->binds[1].writable);
	run_request_finish(&request);
}

static void test_reads_files_and_streams(void **state)
{
	struct run_request request = { 0 };
	struct bailiff_error err = { 0 };
	const struct bailiff_spec *spec = &request.spec;
	(void)state;
	if (read_spec(&request, full_spec, "specs", &err) < 0)
		fail_msg("%s", err.message);

	assert_int_equal(spec->file_count, 3);
	assert_string_equal(spec->files[0].from, "specs/in/a");
	assert_int_equal(spec->files[0].mode, 0755);
	assert_null(spec->files[1].from);
	assert_int_equal(spec->files[1].size, 3);
	assert_memory_equal(spec->files[1].data, "h\xc3\xa9", 3);
	assert_int_equal(spec->files[1].mode, 0);
	assert_string_equal(spec->files[2].to, "/tmp/c");
	assert_int_equal(spec->files[2].size, 3);
	assert_memory_equal(spec->files[2].data, "\0\1\2", 3);
	assert_int_equal(spec->collect_count, 1);
	assert_string_equal(spec->collects[0].name, "out");
	assert_string_equal(spec->collects[0].to, "specs/got/out");
	assert_string_equal(spec->env[0], "A=1");
	assert_string_equal(spec->env[1], "B=x=y");
	assert_string_equal(spec->env[2], "C=");
	assert_null(spec->env[3]);
	assert_string_equal(spec->cwd, "/tmp");
	assert_int_equal(spec->in.kind, BAILIFF_STDIN_DATA);
	assert_int_equal(spec->in.size, 4);
	assert_memory_equal(spec->in.data, "1 2\n", 4);
	assert_int_equal(spec->out.kind, BAILIFF_STDOUT_PATH);
	assert_string_equal(spec->out.path, "/abs/out");
	assert_int_equal(spec->err.kind, BAILIFF_STDOUT_CAPTURE);
	assert_int_equal(spec->err.capture_bytes, 100);
	assert_int_equal(spec->network, BAILIFF_NETWORK_LOOPBACK);
	assert_true(spec->fresh);
	run_request_finish(&request);
}

static void test_least_spec_leaves_the_defaults(void **state)
{
	static const struct bailiff_limits no_limits;
	struct run_request request = { 0 };
	struct bailiff_error err = { 0 };
	(void)state;
	assert_int_equal(read_spec(&request, "{\"argv\":[\"true\"]}", NULL, &err), 0);
	assert_string_equal(request.spec.argv[0], "true");
	assert_null(request.spec.argv[1]);
	assert_null(request.spec.env);
	assert_null(request.policy);
	assert_null(request.spec.rootfs);
	assert_memory_equal(&request.spec.limits, &no_limits, sizeof no_limits);
	assert_int_equal(request.spec.in.kind, BAILIFF_STDIN_EMPTY);
	assert_int_equal(request.spec.out.kind, BAILIFF_STDOUT_CAPTURE);
	run_request_finish(&request);
}

static void test_names_that_are_no_paths(void **state)
{
	struct run_request request = { 0 };
	struct bailiff_error err = { 0 };
	(void)state;
	assert_int_equal(read_spec(&request,
				   "{\"policy\":\"native\",\"rootfs\":{\"base\":\"host\"},"
				   "\"stdin\":{\"base64\":\"AA==\"}}",
				   "folder", &err),
			 0);
	assert_string_equal(request.policy, "native");
	assert_string_equal(request.spec.rootfs, "host");
	assert_int_equal(request.spec.in.size, 1);
	run_request_finish(&request);
	assert_int_equal(read_spec(&request, "{\"stdin\":{\"path\":\"in\"}}", "/", &err), 0);
	assert_string_equal(request.spec.in.path, "//in");
	run_request_finish(&request);
}

/* A spec, and the message it must give. */
static const char *const mistakes[][2] = {
	{ "[]", "document: must be an object" },
	{ "\"x\"", "document: must be an object" },
	{ "{\"argz\":[]}", "argz: unknown key" },
	{ "{\"Argv\":[\"x\"]}", "Argv: unknown key" },
	{ "{\"argv\":[]}", "argv: must name a program" },
	{ "{\"argv\":[\"\"]}", "argv[0]: must not be empty" },
	{ "{\"argv\":\"ls\"}", "argv: must be an array" },
	{ "{\"argv\":[\"ls\",1]}", "argv[1]: must be a string" },
	{ "{\"argv\":null}", "argv: must be an array" },
	{ "{\"argv\":[\"a\"],\"argv\":[\"b\"]}", "argv: key appears twice" },
	{ "{\"limits\":[]}", "limits: must be an object" },
	{ "{\"limits\":{\"colour\":1}}", "limits.colour: unknown key" },
	{ "{\"limits\":{\"cpu_ms\":0}}", "limits.cpu_ms: must be a positive number" },
	{ "{\"limits\":{\"cpu_ms\":-1}}", "limits.cpu_ms: must be a positive number" },
	{ "{\"limits\":{\"cpu_ms\":\"1s\"}}", "limits.cpu_ms: must be a positive number" },
	{ "{\"limits\":{\"cpu_ms\":1e999}}", "limits.cpu_ms: must be a positive number" },
	{ "{\"limits\":{\"cpu_ms\":0.5}}", "limits.cpu_ms: must be at least 1" },
	{ "{\"limits\":{\"cpu_ms\":1e12}}", "limits.cpu_ms: must be at most 31622400000" },
	{ "{\"limits\":{\"cpu_ms\":1.0001}}", "limits.cpu_ms: must have at most three decimals" },
	{ "{\"limits\":{\"memory_bytes\":1}}",
	  "limits.memory_bytes: must be an integer from 65536 to 1125899906842624" },
	{ "{\"limits\":{\"memory_bytes\":1e20}}",
	  "limits.memory_bytes: must be an integer of at most 1125899906842624" },
	{ "{\"limits\":{\"processes\":0}}", "limits.processes: must be a positive integer" },
	{ "{\"limits\":{\"processes\":1.5}}", "limits.processes: must be a positive integer" },
	{ "{\"limits\":{\"processes\":1e9}}",
	  "limits.processes: must be a positive integer of at most 1000000" },
	{ "{\"limits\":{\"cpus\":0.001}}", "limits.cpus: must be at least 0.01" },
	{ "{\"limits\":{\"cpuset\":3}}", "limits.cpuset: must be a string" },
	{ "{\"limits\":{\"cpuset\":\"\"}}", "limits.cpuset: must not be empty" },
	{ "{\"policy\":{}}", "policy: must be a string" },
	{ "{\"policy\":\"\"}", "policy: must not be empty" },
	{ "{\"rootfs\":\"host\"}", "rootfs: must be an object" },
	{ "{\"rootfs\":{\"bind\":[]}}", "rootfs.bind: unknown key" },
	{ "{\"rootfs\":{\"base\":1}}", "rootfs.base: must be a string" },
	{ "{\"rootfs\":{\"binds\":{}}}", "rootfs.binds: must be an array" },
	{ "{\"rootfs\":{\"binds\":[{\"from\":\"/a\"},{}]}}",
	  "rootfs.binds[1]: key 'from' is missing" },
	{ "{\"rootfs\":{\"binds\":[{\"from\":\"a\"}]}}",
	  "rootfs.binds[0]: key 'to' is missing ('from' is relative)" },
	{ "{\"rootfs\":{\"binds\":[{\"from\":\"/a\",\"to\":\"b\"}]}}",
	  "rootfs.binds[0].to: must be an absolute path" },
	{ "{\"rootfs\":{\"binds\":[{\"from\":\"/a\",\"writable\":1}]}}",
	  "rootfs.binds[0].writable: must be true or false" },
	{ "{\"files\":[{}]}", "files[0]: needs exactly one of 'from', 'text', 'base64'" },
	{ "{\"files\":[{\"to\":\"a\",\"text\":\"\",\"from\":\"b\"}]}",
	  "files[0]: needs exactly one of 'from', 'text', 'base64'" },
	{ "{\"files\":[{\"text\":\"\"}]}", "files[0]: key 'to' is missing" },
	{ "{\"files\":[{\"to\":\"\",\"text\":\"\"}]}", "files[0].to: must not be empty" },
	{ "{\"files\":[{\"to\":\"a\",\"base64\":\"!\"}]}",
	  "files[0].base64: must be base64 (RFC 4648, with padding)" },
	{ "{\"files\":[{\"to\":\"a\",\"text\":\"\",\"mode\":755}]}",
	  "files[0].mode: must be a string of octal digits such as \"0755\"" },
	{ "{\"files\":[{\"to\":\"a\",\"text\":\"\",\"mode\":\"0788\"}]}",
	  "files[0].mode: must be a string of octal digits such as \"0755\"" },
	{ "{\"files\":[{\"to\":\"a\",\"text\":\"\",\"mode\":\"4755\"}]}",
	  "files[0].mode: must be a string of octal digits such as \"0755\"" },
	{ "{\"files\":[{\"to\":\"a\",\"text\":\"\",\"mode\":\"\"}]}",
	  "files[0].mode: must be a string of octal digits such as \"0755\"" },
	{ "{\"files\":[{\"to\":\"a\",\"text\":\"\",\"mode\":\"00000000000000755\"}]}",
	  "files[0].mode: must be a string of octal digits such as \"0755\"" },
	{ "{\"collect\":[{\"name\":\"a\"}]}", "collect[0]: key 'to' is missing" },
	{ "{\"collect\":[{\"to\":\"a\"}]}", "collect[0]: key 'name' is missing" },
	{ "{\"env\":[]}", "env: must be an object" },
	{ "{\"env\":{\"A\":1}}", "env.A: must be a string" },
	{ "{\"env\":{\"\":\"1\"}}", "env[\"\"]: the name must not be empty or contain '='" },
	{ "{\"env\":{\"A=B\":\"1\"}}", "env[\"A=B\"]: the name must not be empty or contain '='" },
	{ "{\"env\":{\"A\":\"1\",\"A\":\"2\"}}", "env.A: key appears twice" },
	{ "{\"cwd\":\"box\"}", "cwd: must be an absolute path" },
	{ "{\"stdin\":\"x\"}", "stdin: must be an object" },
	{ "{\"stdin\":{}}", "stdin: needs exactly one of 'path', 'text', 'base64'" },
	{ "{\"stdin\":{\"path\":\"a\",\"text\":\"b\"}}",
	  "stdin: needs exactly one of 'path', 'text', 'base64'" },
	{ "{\"stdout\":{}}", "stdout: needs exactly one of 'path', 'capture_bytes'" },
	{ "{\"stdout\":{\"capture_bytes\":0}}",
	  "stdout.capture_bytes: must be a positive integer" },
	{ "{\"stderr\":{\"capture_bytes\":67108865}}",
	  "stderr.capture_bytes: must be a positive integer of at most 67108864" },
	{ "{\"stderr\":{\"text\":\"\"}}", "stderr.text: unknown key" },
	{ "{\"network\":\"host\"}", "network: must be \"none\" or \"loopback\"" },
	{ "{\"network\":true}", "network: must be a string" },
	{ "{\"fresh\":1}", "fresh: must be true or false" },
};

static void test_names_every_mistake(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++) {
		struct run_request request = { 0 };
		struct bailiff_error err = { 0 };
		if (read_spec(&request, mistakes[i][0], NULL, &err) == 0)
			fail_msg("%s was accepted", mistakes[i][0]);
		assert_string_equal(err.message, mistakes[i][1]);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		run_request_finish(&request);
	}
}

/* Lists grow past every size at which their arrays move. */
static void test_long_lists(void **state)
{
	enum { COUNT = 1000 };
	char text[32 * COUNT] = "{\"argv\":[";
	char *end = text + strlen(text);
	struct run_request request = { 0 };
	struct bailiff_error err = { 0 };
	(void)state;
	for (int i = 0; i < COUNT; i++)
		end += snprintf(end, 16, "%s\"a%d\"", i > 0 ? "," : "", i);
	end += snprintf(end, 16, "],\"env\":{");
	for (int i = 0; i < COUNT; i++)
		end += snprintf(end, 16, "%s\"E%d\":\"\"", i > 0 ? "," : "", i);
	(void)snprintf(end, 16, "}}");
	assert_int_equal(read_spec(&request, text, NULL, &err), 0);
	for (int i = 0; i < COUNT; i++) {
		char expected[16];
		(void)snprintf(expected, sizeof expected, "a%d", i);
		assert_string_equal(request.spec.argv[i], expected);
		(void)snprintf(expected, sizeof expected, "E%d=", i);
		assert_string_equal(request.spec.env[i], expected);
	}
	assert_null(request.spec.argv[COUNT]);
	assert_null(request.spec.env[COUNT]);
	run_request_finish(&request);
}

static void test_lists_are_bounded(void **state)
{
	char text[64 * (RUN_REQUEST_LIST_MAX + 2)] = "{\"files\":[";
	char *end = text + strlen(text);
	struct run_request request = { 0 };
	struct bailiff_error err = { 0 };
	(void)state;
	for (unsigned i = 0; i <= RUN_REQUEST_LIST_MAX; i++)
		end += snprintf(end, 64, "%s{\"to\":\"f\",\"text\":\"\"}", i > 0 ? "," : "");
	(void)snprintf(end, 8, "]}");
	assert_int_not_equal(read_spec(&request, text, NULL, &err), 0);
	assert_string_equal(err.message, "files: must have at most 1024 elements");
	run_request_finish(&request);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_program_limits_and_root),
		cmocka_unit_test(test_reads_files_and_streams),
		cmocka_unit_test(test_least_spec_leaves_the_defaults),
		cmocka_unit_test(test_names_that_are_no_paths),
		cmocka_unit_test(test_names_every_mistake),
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_lists_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
