/* SPDX-License-Identifier: MIT */
/*
 * Goal: what a client submits holds all that the spec names, means the same, and is the same text
 * whenever it means the same. Method: specs with files of every kind, compared with the text that
 * must come out, and opened again; specs that differ in layout only, or in one value.
 */
#include "job/job.h"

#include "base/mem.h"
#include "languages.h"
#include "scratch_folder.h"
#include "store/content_store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int prepare(struct job_draft *draft, const char *text, const char *folder,
		   struct content_store *store, struct bailiff_error *err)
{
	const struct job_rules rules = { .languages = &languages, .store = store };
	*draft = (struct job_draft){ 0 };
	*err = (struct bailiff_error){ 0 };
	return job_prepare(draft, text, strlen(text), folder, &rules, err);
}

/* Fails unless `text` becomes `expected`, and that can be opened and prepared again as it is. */
static void expect(const char *text, const char *folder, struct content_store *store,
		   const char *expected)
{
	struct job_draft draft, again;
	struct bailiff_error err;
	if (prepare(&draft, text, folder, store, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(expected, draft.spec);
	assert_int_equal(strlen(expected), draft.spec_size);
	if (prepare(&again, draft.spec, NULL, store, &err) < 0)
		fail_msg("%s: %s", draft.spec, err.message);
	assert_string_equal(expected, again.spec);
	assert_memory_equal(draft.digest, again.digest, sizeof draft.digest);
	job_draft_finish(&again);
	job_draft_finish(&draft);
}

static void expect_failure(const char *text, const char *folder, struct content_store *store,
			   enum bailiff_fault fault, const char *message)
{
	struct job_draft draft;
	struct bailiff_error err;
	if (prepare(&draft, text, folder, store, &err) == 0)
		fail_msg("was prepared: %s", text);
	if (err.fault != fault || strstr(err.message, message) == NULL)
		fail_msg("%s: fault %d, '%s'", text, (int)err.fault, err.message);
	job_draft_finish(&draft);
}

/* ---- the same and not the same
 * ------------------------------------------------------------------------- */

static void test_layout_does_not_matter(void **state)
{
	static const char *const same[] = {
		"{\"argv\":[\"x\",\"y\"],\"env\":{\"A\":\"1\",\"B\":\"\xc3\xa9\"},"
		"\"limits\":{\"cpu_ms\":1500,\"memory_bytes\":67108864}}",
		" {\n\t\"limits\" : { \"memory_bytes\" : 6.7108864e7, \"cpu_ms\" : 1500.0 } ,\n"
		"\"env\":{\"B\":\"\\u00e9\",\"A\":\"\\u0031\"},\"argv\":[ \"x\" , \"y\" ] }\n",
	};
	static const char *const others[] = {
		"{\"argv\":[\"y\",\"x\"],\"env\":{\"A\":\"1\",\"B\":\"\xc3\xa9\"},"
		"\"limits\":{\"cpu_ms\":1500,\"memory_bytes\":67108864}}",
		"{\"argv\":[\"x\",\"y\"],\"env\":{\"A\":\"1\",\"B\":\"\xc3\xa9\"},"
		"\"limits\":{\"cpu_ms\":1500.001,\"memory_bytes\":67108864}}",
		"{\"argv\":[\"x\",\"y\"],\"env\":{\"A\":\"1\",\"b\":\"\xc3\xa9\"},"
		"\"limits\":{\"cpu_ms\":1500,\"memory_bytes\":67108864}}",
	};
	struct job_draft first, draft;
	struct bailiff_error err;
	(void)state;
	assert_int_equal(0, prepare(&first, same[0], NULL, NULL, &err));
	assert_string_equal(same[0], first.spec); /* which is the one way to write it */
	assert_int_equal(0, prepare(&draft, same[1], NULL, NULL, &err));
	assert_string_equal(first.spec, draft.spec);
	assert_memory_equal(first.digest, draft.digest, sizeof draft.digest);
	job_draft_finish(&draft);
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		assert_int_equal(0, prepare(&draft, others[i], NULL, NULL, &err));
		assert_memory_not_equal(first.digest, draft.digest, sizeof draft.digest);
		job_draft_finish(&draft);
	}
	job_draft_finish(&first);
}

static void test_neither_kind(void **state)
{
	static const char *const texts[] = { "{}", "{\"argv\":[\"x\"],\"problem\":{}}", "[]", "1" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		expect_failure(texts[i], NULL, NULL, BAILIFF_FAULT_SPEC, "must be a run spec");
	expect_failure("{\"argv\":[\"x\"]", NULL, NULL, BAILIFF_FAULT_SPEC, "line 1");
}

/* ---- files
 * ------------------------------------------------------------------------------------------------
 */

static void test_files_of_runs(void **state)
{
	const char *folder = *state;
	char path[128];
	scratch_put(folder, "in.txt", "a\"b\n\x01");
	scratch_put_bytes(folder, "bytes", "a\0b", 3);
	scratch_put_bytes(folder, "latin", "\xe9", 1);
	scratch_put(folder, "empty", "");
	scratch_put(folder, "tool", "#!/bin/sh\n");
	(void)snprintf(path, sizeof path, "%s/tool", folder);
	assert_int_equal(0, chmod(path, 0750));
	expect("{\"argv\":[\"x\"],\"stdin\":{\"path\":\"in.txt\"},\"files\":["
	       "{\"to\":\"a\",\"from\":\"bytes\"},{\"to\":\"b\",\"from\":\"tool\"},"
	       "{\"to\":\"c\",\"from\":\"tool\",\"mode\":\"0444\"},"
	       "{\"to\":\"d\",\"text\":\"t\"},{\"to\":\"e\",\"from\":\"latin\"},"
	       "{\"to\":\"f\",\"from\":\"empty\"}]}",
	       folder, NULL,
	       "{\"argv\":[\"x\"],\"files\":["
	       "{\"base64\":\"YQBi\",\"mode\":\"0644\",\"to\":\"a\"},"
	       "{\"mode\":\"0750\",\"text\":\"#!/bin/sh\\n\",\"to\":\"b\"},"
	       "{\"mode\":\"0444\",\"text\":\"#!/bin/sh\\n\",\"to\":\"c\"},"
	       "{\"text\":\"t\",\"to\":\"d\"},"
	       "{\"base64\":\"6Q==\",\"mode\":\"0644\",\"to\":\"e\"},"
	       "{\"mode\":\"0644\",\"text\":\"\",\"to\":\"f\"}],"
	       "\"stdin\":{\"text\":\"a\\\"b\\n\\u0001\"}}");
}

static void test_files_of_judgements(void **state)
{
	const char *folder = *state;
	scratch_put(folder, "a.c", "main");
	scratch_put(folder, "1.in", "1");
	scratch_put(folder, "1.ans", "2");
	scratch_put(folder, "v.py", "v");
	expect("{\"sources\":[{\"name\":\"a.c\",\"path\":\"a.c\"}],\"problem\":{\"tests\":[{\"name\":"
	       "\"1\",\"input\":{\"path\":\"1.in\"},\"answer\":{\"path\":\"1.ans\"}}],\"checker\":{"
	       "\"name\":\"testlib\",\"sources\":[{\"name\":\"v.py\",\"path\":\"v.py\"}]}}}",
	       folder, NULL,
	       "{\"problem\":{\"checker\":{\"name\":\"testlib\",\"sources\":[{\"name\":\"v.py\","
	       "\"text\":\"v\"}]},\"tests\":[{\"answer\":{\"text\":\"2\"},\"input\":{\"text\":\"1\"},"
	       "\"name\":\"1\"}]},\"sources\":[{\"name\":\"a.c\",\"text\":\"main\"}]}");
}

static void test_files_that_cannot_be_read(void **state)
{
	const char *folder = *state;
	scratch_fifo(folder, "fifo");
	expect_failure("{\"argv\":[\"x\"],\"stdin\":{\"path\":\"none\"}}", folder, NULL,
		       BAILIFF_FAULT_INPUT, "stdin.path: open '");
	expect_failure("{\"argv\":[\"x\"],\"files\":[{\"to\":\"a\",\"text\":\"\"},"
		       "{\"to\":\"b\",\"from\":\"fifo\"}]}",
		       folder, NULL, BAILIFF_FAULT_INPUT, "files[1].from: '");
	expect_failure("{\"problem\":{\"tests\":[{\"name\":\"1\",\"answer\":{\"path\":\"none\"}}]},"
		       "\"sources\":[{\"name\":\"a.c\",\"text\":\"\"}]}",
		       folder, NULL, BAILIFF_FAULT_INPUT, "problem.tests[0].answer.path: open '");
	/* What the reader would refuse it refuses after all. */
	expect_failure("{\"argv\":[\"x\"],\"stdin\":{\"path\":3}}", folder, NULL,
		       BAILIFF_FAULT_SPEC, "stdin.path: must be a string");
	scratch_put(folder, "file", "x");
	expect_failure("{\"argv\":[\"x\"],\"stdin\":{\"path\":\"file\",\"text\":\"\"}}", folder,
		       NULL, BAILIFF_FAULT_SPEC, "stdin: needs exactly one of");
	expect_failure("{\"argv\":[\"x\"],\"stdout\":{\"path\":\"out\"}}", folder, NULL,
		       BAILIFF_FAULT_SPEC, "stdout.path: is not for a job to say");
}

/* ---- the program
 * -------------------------------------------------------------------------------------------- */

static void test_programs_that_go_along(void **state)
{
	const char *folder = *state;
	char path[128], text[256], expected[256];
	scratch_put(folder, "bin/tool", "T");
	(void)snprintf(path, sizeof path, "%s/bin/tool", folder);
	assert_int_equal(0, chmod(path, 0755));
	expect("{\"argv\":[\"./bin/tool\",\"-v\"]}", folder, NULL,
	       "{\"argv\":[\"/box/tool\",\"-v\"],\"files\":[{\"mode\":\"0755\",\"text\":\"T\","
	       "\"to\":\"/box/tool\"}]}");
	(void)snprintf(text, sizeof text, "{\"argv\":[\"%s\"]}", path);
	expect(text, NULL, NULL,
	       "{\"argv\":[\"/box/tool\"],\"files\":[{\"mode\":\"0755\",\"text\":\"T\","
	       "\"to\":\"/box/tool\"}]}");
	/* What the cell has, what is not there, and what a file of the spec is. */
	expect("{\"argv\":[\"/usr/bin/env\"]}", folder, NULL, "{\"argv\":[\"/usr/bin/env\"]}");
	expect("{\"argv\":[\"/bin/sh\"]}", folder, NULL, "{\"argv\":[\"/bin/sh\"]}");
	expect("{\"argv\":[\"bin/none\"]}", folder, NULL, "{\"argv\":[\"bin/none\"]}");
	expect("{\"argv\":[\"bin\"]}", folder, NULL, "{\"argv\":[\"bin\"]}");
	(void)snprintf(
		expected, sizeof expected, "%s",
		"{\"argv\":[\"./bin/tool\"],\"files\":[{\"text\":\"t\",\"to\":\"bin/tool\"}]}");
	expect(expected, folder, NULL, expected);
}

/* ---- with a store, and without
 * ------------------------------------------------------------------------------- */

static void test_large_files_go_into_the_store(void **state)
{
	const char *folder = *state;
	char path[128], *large = malloc(16385);
	struct content_store *store = NULL;
	struct bailiff_error err = { 0 };
	struct job_draft draft;
	assert_non_null(large);
	memset(large, 'l', 16384);
	large[16384] = '\0';
	scratch_put(folder, "fits", large);
	large[16384] = 'l';
	scratch_put_bytes(folder, "large", large, 16385);
	free(large);
	(void)snprintf(path, sizeof path, "%s/store", folder);
	assert_int_equal(0, content_store_open(path, true, &store, &err));
	assert_int_equal(0, prepare(&draft, "{\"argv\":[\"x\"],\"stdin\":{\"path\":\"fits\"}}",
				    folder, store, &err));
	assert_non_null(strstr(draft.spec, "\"stdin\":{\"text\":\"lll"));
	job_draft_finish(&draft);
	expect("{\"argv\":[\"x\"],\"stdin\":{\"path\":\"large\"}}", folder, store,
	       "{\"argv\":[\"x\"],\"stdin\":{\"digest\":"
	       "\"sha256:16b81e69eb902ff9cc2641e9374c6a3f7c877eeca59ad20dea8d716c1d5ab74a\"}}");
	/* A digest that the client names itself is looked for. */
	expect_failure("{\"argv\":[\"x\"],\"stdin\":{\"digest\":\"sha256:"
		       "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\"}}",
		       folder, store, BAILIFF_FAULT_INPUT, "is not in the store");
	content_store_close(store);
}

static void test_too_large_without_a_store(void **state)
{
	const char *folder = *state;
	char path[128];
	(void)snprintf(path, sizeof path, "%s/big", folder);
	scratch_put(folder, "big", "x");
	assert_int_equal(0, truncate(path, (16 << 20) + 1));
	expect_failure("{\"argv\":[\"x\"],\"stdin\":{\"path\":\"big\"}}", folder, NULL,
		       BAILIFF_FAULT_SPEC, "is too large for a spec");
	/* Each by itself would fit. */
	assert_int_equal(0, truncate(path, 10 << 20));
	expect_failure("{\"argv\":[\"x\"],\"stdin\":{\"path\":\"big\"},"
		       "\"files\":[{\"to\":\"a\",\"from\":\"big\"}]}",
		       folder, NULL, BAILIFF_FAULT_SPEC, "with the files that it names");
	scratch_put(folder, "p/1.in", "");
	scratch_put(folder, "p/1.ans", "");
	expect_failure(
		"{\"problem\":{\"path\":\"p\"},\"sources\":[{\"name\":\"a.c\",\"text\":\"\"}]}",
		folder, NULL, BAILIFF_FAULT_SPEC, "problem.path: a problem's folder needs a store");
}

static void test_wrong_package(void **state)
{
	const char *folder = *state;
	char path[128];
	struct content_store *store = NULL;
	struct bailiff_error err = { 0 };
	static const char spec[] =
		"{\"problem\":{\"path\":\"p\"},\"sources\":[{\"name\":\"a.c\",\"text\":\"\"}]}";
	(void)snprintf(path, sizeof path, "%s/store", folder);
	assert_int_equal(0, content_store_open(path, true, &store, &err));
	expect_failure(spec, folder, store, BAILIFF_FAULT_INPUT, "problem.path: open '");
	scratch_put(folder, "p/1.in", "");
	expect_failure(spec, folder, store, BAILIFF_FAULT_SPEC, "has no answer beside it");
	content_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_does_not_matter),
		cmocka_unit_test(test_neither_kind),
		IN_FOLDER(test_files_of_runs),
		IN_FOLDER(test_files_of_judgements),
		IN_FOLDER(test_files_that_cannot_be_read),
		IN_FOLDER(test_programs_that_go_along),
		IN_FOLDER(test_large_files_go_into_the_store),
		IN_FOLDER(test_too_large_without_a_store),
		IN_FOLDER(test_wrong_package),
	};
	return cmocka_run_group_tests(tests, languages_load, languages_free);
}
