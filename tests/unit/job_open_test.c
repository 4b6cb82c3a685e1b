/* SPDX-License-Identifier: MIT */
/*
 * Goal: nothing that can stand in a job makes the machine that runs it open a file that the job has
 * no business with, take part in what is the worker's to say, or hold more memory than it was told;
 * and what a client makes of a spec is what a slot takes. Method: a table of hostile specs with the
 * message each must give; folders that are allowed, with ways out of them; specs that say the same
 * in several ways; contents that are missing or damaged.
 */
#include "job/job.h"

#include "base/mem.h"
#include "languages.h"
#include "scratch_folder.h"
#include "store/content_cache.h"

#include <errno.h>
#include <limits.h>
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

#define MIB ((uint64_t)1 << 20)
#define HELLO "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

/* ---- what the tests share
 * ---------------------------------------------------------------------------- */

struct place {
	const char *folder;
	struct content_store *store;
	struct content_cache *cache;
	struct arena arena;
};

static const char *in(struct place *place, const char *name)
{
	return arena_format(&place->arena, "%s/%s", place->folder, name);
}

static struct place open_place(void **state)
{
	struct place place = { .folder = *state };
	struct bailiff_error err = { 0 };
	if (content_store_open(in(&place, "store"), true, &place.store, &err) < 0)
		fail_msg("%s", err.message);
	const struct content_cache_options options = { .folder = in(&place, "cache"),
						       .store = place.store };
	if (content_cache_open(&options, &place.cache, &err) < 0)
		fail_msg("%s", err.message);
	return place;
}

static void close_place(struct place *place)
{
	content_cache_close(place->cache);
	content_store_close(place->store);
	arena_finish(&place->arena);
}

/* Opens a job as a worker would that allows nothing. */
static int open_plain(struct job *job, enum queue_kind kind, const char *text,
		      struct bailiff_error *err)
{
	const struct job_setting setting = { .languages = &languages };
	*job = (struct job){ 0 };
	*err = (struct bailiff_error){ 0 };
	return job_open(job, kind, text, strlen(text), &setting, err);
}

static int open_with(struct place *place, struct job *job, enum queue_kind kind, const char *text,
		     const char *const *allowed, struct bailiff_error *err)
{
	const struct job_setting setting = { .languages = &languages,
					     .cache = place->cache,
					     .allowed = allowed };
	*job = (struct job){ 0 };
	*err = (struct bailiff_error){ 0 };
	return job_open(job, kind, text, strlen(text), &setting, err);
}

/* ---- what a job must not say
 * ------------------------------------------------------------------------- */

#define OUTSIDE "a job must not name a file of the machine that runs it"
#define NOT_FOR_A_JOB "is not for a job to say"
#define RUN(keys) QUEUE_KIND_RUN, "{\"argv\":[\"/usr/bin/true\"]," keys "}"
#define PROBLEM(problem) \
	QUEUE_KIND_JUDGE, "{\"sources\":[{\"name\":\"a.c\",\"text\":\"\"}],\"problem\":" problem "}"
#define TESTS(tests) PROBLEM("{\"tests\":" tests "}")

#define TEST(name) "{\"name\":\"" name "\",\"answer\":{\"text\":\"\"}}"
#define T(name)                                                                               \
	TEST(name "a")                                                                        \
	"," TEST(name "b") "," TEST(name "c") "," TEST(name "d") "," TEST(name "e") "," TEST( \
		name "f") ","

static const struct {
	enum queue_kind kind;
	const char *text, *message;
} hostile[] = {
	{ RUN("\"files\":[{\"to\":\"x\",\"from\":\"/etc/shadow\"}]"), "files[0].from: " OUTSIDE },
	{ RUN("\"files\":[{\"to\":\"x\",\"from\":\"/nowhere\"}]"), "files[0].from: " OUTSIDE },
	{ RUN("\"files\":[{\"to\":\"x\",\"from\":\"shadow\"}]"),
	  "files[0].from: must be an absolute path" },
	{ RUN("\"files\":[{\"to\":\"x\",\"from\":\"/proc/self/fd/3\"}]"),
	  "files[0].from: " OUTSIDE },
	{ RUN("\"stdin\":{\"path\":\"/etc/shadow\"}"), "stdin.path: " OUTSIDE },
	{ RUN("\"stdin\":{\"path\":\"/dev/stdin\"}"), "stdin.path: " OUTSIDE },
	{ RUN("\"stdout\":{\"path\":\"/etc/cron.d/x\"}"), "stdout.path: " NOT_FOR_A_JOB },
	{ RUN("\"stderr\":{\"path\":\"/etc/cron.d/x\"}"), "stderr.path: " NOT_FOR_A_JOB },
	{ RUN("\"stdout\":{\"capture_bytes\":1048577}"),
	  "stdout.capture_bytes: must be a positive integer of at most 1048576" },
	{ RUN("\"collect\":[{\"name\":\"a\",\"to\":\"/etc/cron.d/x\"}]"),
	  "collect: " NOT_FOR_A_JOB },
	{ RUN("\"collect\":[]"), "collect: " NOT_FOR_A_JOB },
	{ RUN("\"rootfs\":{\"base\":\"/\"}"), "rootfs.base: " OUTSIDE },
	{ RUN("\"rootfs\":{\"base\":\"/root/image.squashfs\"}"), "rootfs.base: " OUTSIDE },
	{ RUN("\"rootfs\":{\"binds\":[{\"from\":\"/etc\",\"to\":\"/x\"}]}"),
	  "rootfs.binds[0].from: " OUTSIDE },
	{ RUN("\"rootfs\":{\"binds\":[{\"from\":\"/var/run/docker.sock\"}]}"),
	  "rootfs.binds[0].from: " OUTSIDE },
	{ RUN("\"policy\":\"/etc/policy.json\""), "policy: " OUTSIDE },
	{ RUN("\"policy\":\"policy.json\""), "policy: must be an absolute path" },
	{ RUN("\"limits\":{\"cpuset\":\"0\"}"), "limits.cpuset: " NOT_FOR_A_JOB },
	{ RUN("\"limits\":{\"cpus\":1.001}"), "limits.cpus: must be at most 1" },
	{ RUN("\"limits\":{\"output_bytes\":1073741825}"),
	  "limits.output_bytes: must be at most 1073741824" },
	{ RUN("\"limits\":{\"processes\":4097}"), "limits.processes: must be at most 4096" },
	{ RUN("\"limits\":{\"cpu_ms\":3600001}"), "limits.cpu_ms: must be at most 3600000" },
	{ RUN("\"limits\":{\"wall_ms\":3600001}"), "limits.wall_ms: must be at most 3600000" },
	{ RUN("\"unknown\":1"), "unknown: unknown key" },
	{ QUEUE_KIND_RUN, "{}", "key 'argv' is missing" },
	{ QUEUE_KIND_RUN, "{\"argv\":[]}", "argv: must name a program" },
	{ QUEUE_KIND_RUN, "{\"argv\":[\"x\"],\"argv\":[\"y\"]}", "argv" },
	{ QUEUE_KIND_RUN, "", "" },
	/* A job is what the queue says it is. */
	{ QUEUE_KIND_JUDGE, "{\"argv\":[\"x\"]}", "argv: unknown key" },

	{ PROBLEM("{\"path\":\"/srv/problems/x\"}"), "problem.path: " OUTSIDE },
	{ PROBLEM("{\"path\":\"../x\"}"), "problem.path: must be an absolute path" },
	{ TESTS("[{\"name\":\"1\",\"input\":{\"path\":\"/etc/shadow\"},"
		"\"answer\":{\"text\":\"\"}}]"),
	  "problem.tests[0].input.path: " OUTSIDE },
	{ TESTS("[{\"name\":\"1\",\"answer\":{\"path\":\"/etc/shadow\"}}]"),
	  "problem.tests[0].answer.path: " OUTSIDE },
	{ PROBLEM("{\"tests\":[{\"name\":\"1\"}],\"checker\":{\"name\":\"icpc\",\"sources\":"
		  "[{\"name\":\"v.c\",\"path\":\"/etc/shadow\"}]}}"),
	  "problem.checker.sources[0].path: " OUTSIDE },
	{ PROBLEM("{\"tests\":[{\"name\":\"1\",\"answer\":{\"text\":\"\"}}],"
		  "\"limits\":{\"cpus\":2}}"),
	  "problem.limits.cpus: must be at most 1" },
	{ QUEUE_KIND_JUDGE,
	  "{\"sources\":[{\"name\":\"a.c\",\"path\":\"/etc/shadow\"}],\"problem\":"
	  "{\"tests\":[{\"name\":\"1\",\"answer\":{\"text\":\"\"}}]}}",
	  "sources[0].path: " OUTSIDE },
	{ QUEUE_KIND_JUDGE,
	  "{\"limits\":{\"cpus\":1.5},\"sources\":[{\"name\":\"a.c\",\"text\":\"\"}],"
	  "\"problem\":{\"tests\":[{\"name\":\"1\",\"answer\":{\"text\":\"\"}}]}}",
	  "limits.cpus: must be at most 1" },
	{ QUEUE_KIND_JUDGE,
	  "{\"limits\":{\"wall_ms\":3600000},\"sources\":[{\"name\":\"a.c\",\"text\":\"\"}],"
	  "\"problem\":{\"tests\":[" T("1") T("2") T("3") T("4") T("5") T("6") T("7") T("8")
		  TEST("9") "]}}",
	  "problem: 49 tests with such time limits can take longer" },
	{ QUEUE_KIND_JUDGE,
	  "{\"sources\":[{\"name\":\"a.zzz\",\"text\":\"\"}],"
	  "\"problem\":{\"tests\":[{\"name\":\"1\",\"answer\":{\"text\":\"\"}}]}}",
	  "a.zzz" },
};

static void test_hostile_specs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
		struct job job;
		struct bailiff_error err;
		if (open_plain(&job, hostile[i].kind, hostile[i].text, &err) == 0)
			fail_msg("was accepted: %s", hostile[i].text);
		if (err.fault != BAILIFF_FAULT_SPEC ||
		    strstr(err.message, hostile[i].message) == NULL)
			fail_msg("%s: '%s'", hostile[i].text, err.message);
		job_finish(&job);
	}
}

/* Another worker may have the store that this one was started without. */
static void test_digests_without_a_store(void **state)
{
	static const struct {
		enum queue_kind kind;
		const char *text, *message;
	} rows[] = {
		{ RUN("\"files\":[{\"to\":\"x\",\"digest\":\"" HELLO "\"}]"),
		  "files[0].digest: names a content of a store, and there is none here" },
		{ PROBLEM("{\"digest\":\"" HELLO "\"}"),
		  "problem.digest: names a content of a store" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job job;
		struct bailiff_error err;
		assert_true(open_plain(&job, rows[i].kind, rows[i].text, &err) < 0);
		assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
		assert_non_null(strstr(err.message, rows[i].message));
		assert_non_null(strstr(err.hint, "--store"));
		job_finish(&job);
	}
}

/* The reader knows the program's own name only; the cell is where it is looked for. */
static void test_program_is_the_cells(void **state)
{
	static const char *const texts[] = { "{\"argv\":[\"/root/secret\"]}",
					     "{\"argv\":[\"./a.out\"]}", "{\"argv\":[\"true\"]}" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct job job;
		struct bailiff_error err;
		assert_int_equal(0, open_plain(&job, QUEUE_KIND_RUN, texts[i], &err));
		assert_true(job.run.spec.program_is_inside);
		assert_null(job.run.spec.host_folder);
		assert_null(job.needs[0]);
		job_finish(&job);
	}
}

static void test_bounds_themselves_are_allowed(void **state)
{
	struct job job;
	struct bailiff_error err;
	(void)state;
	if (open_plain(&job,
		       RUN("\"limits\":{\"cpus\":1,\"cpu_ms\":3600000,"
			   "\"wall_ms\":3600000,\"output_bytes\":1073741824},"
			   "\"stdout\":{\"capture_bytes\":1048576},\"policy\":\"shell\","
			   "\"rootfs\":{\"base\":\"host\",\"binds\":[]}"),
		       &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal("shell", job.run.policy);
	job_finish(&job);
}

/* ---- folders that are allowed
 * ------------------------------------------------------------------------ */

static void expect_path(struct place *place, const char *path, const char *const *allowed,
			const char *expected)
{
	struct job job;
	struct bailiff_error err;
	const char *text =
		arena_format(&place->arena,
			     "{\"argv\":[\"x\"],\"files\":[{\"to\":\"x\",\"from\":\"%s\"}]}", path);
	int rc = open_with(place, &job, QUEUE_KIND_RUN, text, allowed, &err);
	if (expected == NULL) {
		if (rc == 0)
			fail_msg("'%s' was allowed", path);
		assert_non_null(strstr(err.message, OUTSIDE));
	} else {
		if (rc < 0)
			fail_msg("%s", err.message);
		assert_string_equal(expected, job.run.files[0].from);
	}
	job_finish(&job);
}

static void test_allowed_folders(void **state)
{
	struct place place = open_place(state);
	scratch_put(*state, "data/1.in", "x");
	scratch_put(*state, "data-secret/1.in", "x");
	scratch_put(*state, "secret", "x");
	scratch_link(*state, "data/out", "../secret");
	scratch_link(*state, "data/etc", "/etc");
	scratch_link(*state, "data/inside", "1.in");
	scratch_link(*state, "link", "data");
	const char *const direct[] = { "/nowhere", in(&place, "data"), NULL };
	const char *const slash[] = { in(&place, "data/"), NULL };
	const char *const linked[] = { in(&place, "link"), NULL };
	const char *const nothing[] = { NULL };
	const char *const *const lists[] = { direct, slash, linked };
	const char *file = in(&place, "data/1.in");
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		expect_path(&place, file, lists[i], file);
		expect_path(&place, in(&place, "link/1.in"), lists[i], file);
		expect_path(&place, in(&place, "data/inside"), lists[i], file);
		expect_path(&place, in(&place, "data/../data/1.in"), lists[i], file);
		expect_path(&place, in(&place, "data-secret/1.in"), lists[i], NULL);
		expect_path(&place, in(&place, "data/../secret"), lists[i], NULL);
		expect_path(&place, in(&place, "data/out"), lists[i], NULL);
		expect_path(&place, in(&place, "data/etc/passwd"), lists[i], NULL);
		expect_path(&place, in(&place, "data/none"), lists[i], NULL);
		expect_path(&place, "/etc/passwd", lists[i], NULL);
	}
	expect_path(&place, file, nothing, NULL);
	expect_path(&place, file, NULL, NULL);
	const char *const everything[] = { "/", NULL };
	expect_path(&place, file, everything, file);
	close_place(&place);
}

/* What is written there would be there for the next job. */
static void test_no_writable_binds(void **state)
{
	struct place place = open_place(state);
	struct job job;
	struct bailiff_error err;
	assert_int_equal(0, mkdir(in(&place, "data"), 0777));
	const char *const allowed[] = { in(&place, "data"), NULL };
#define BIND "{\"argv\":[\"x\"],\"rootfs\":{\"binds\":[{\"from\":\"%s\",\"writable\":%s}]}}"
	const char *text = arena_format(&place.arena, BIND, allowed[0], "false");
	assert_int_equal(0, open_with(&place, &job, QUEUE_KIND_RUN, text, allowed, &err));
	job_finish(&job);
	text = arena_format(&place.arena, BIND, allowed[0], "true");
	assert_true(open_with(&place, &job, QUEUE_KIND_RUN, text, allowed, &err) < 0);
	assert_non_null(strstr(err.message, "rootfs.binds[0].writable: " NOT_FOR_A_JOB));
	job_finish(&job);
	close_place(&place);
}

/* ---- digests
 * ----------------------------------------------------------------------------------------- */

static void test_digests(void **state)
{
	static const char *const wrong[] = {
		"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
		"sha256:5891B5B522D5DF086D0FF0B110FBD9D21BB4FC7163AF34D08286A2E846F6BE03",
		"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be0",
		"sha256:../../../../../../etc/passwd",
		"md5:5891b5b522d5df086d0ff0b110fbd9d2",
		"",
	};
	struct place place = open_place(state);
	struct job job;
	struct bailiff_error err;
	struct content_digest digest;
#define INPUT "{\"argv\":[\"x\"],\"stdin\":{\"digest\":\"%s\"}}"
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		const char *text = arena_format(&place.arena, INPUT, wrong[i]);
		assert_true(open_with(&place, &job, QUEUE_KIND_RUN, text, NULL, &err) < 0);
		assert_int_equal(BAILIFF_FAULT_SPEC, err.fault);
		assert_non_null(strstr(err.message, "stdin.digest: must be \"sha256:\""));
		job_finish(&job);
	}
	const char *text = arena_format(&place.arena, INPUT, HELLO);
	assert_int_equal(-ENOENT, open_with(&place, &job, QUEUE_KIND_RUN, text, NULL, &err));
	assert_int_equal(BAILIFF_FAULT_INPUT, err.fault);
	assert_non_null(strstr(err.message, "stdin.digest: " HELLO " is not in the store"));
	job_finish(&job);
	assert_int_equal(0, content_store_put(place.store, "hello\n", 6, &digest, &err));
	assert_int_equal(0, open_with(&place, &job, QUEUE_KIND_RUN, text, NULL, &err));
	assert_int_equal(BAILIFF_STDIN_PATH, job.run.spec.in.kind);
	const char *path =
		arena_copy(&place.arena, job.run.spec.in.path, strlen(job.run.spec.in.path));
	assert_int_equal(0, access(path, R_OK));
	job_finish(&job);
	assert_true(access(path, F_OK) < 0); /* nobody holds it any more */
	close_place(&place);
}

static void test_damage_is_ours(void **state)
{
	struct place place = open_place(state);
	struct job job;
	struct bailiff_error err = { 0 };
	struct content_digest digest;
	const char *text = "{\"argv\":[\"x\"],\"files\":[{\"to\":\"x\",\"digest\":\"" HELLO "\"}]}";
	assert_int_equal(0, content_store_put(place.store, "hello\n", 6, &digest, &err));
	const char *object =
		"store/objects/58/91b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
	assert_int_equal(0, unlink(in(&place, object)));
	scratch_put(*state, object, "hellO\n");
	assert_true(open_with(&place, &job, QUEUE_KIND_RUN, text, NULL, &err) < 0);
	assert_int_equal(BAILIFF_FAULT_HOST, err.fault);
	assert_non_null(strstr(err.message, "files[0].digest: " HELLO " is damaged"));
	assert_non_null(strstr(err.hint, "remove "));
	job_finish(&job);
	close_place(&place);
}

/* ---- judging
 * ----------------------------------------------------------------------------------------- */

static void put_problem(const char *folder)
{
	scratch_put(folder, "problems/sum/problem.yaml",
		    "problem_format_version: legacy\nname: Sum\nvalidation: custom\n"
		    "limits:\n  memory: 512\n  output: 16\n  validation_memory: 300\n");
	scratch_put(folder, "problems/sum/data/secret/1.in", "1 2\n");
	scratch_put(folder, "problems/sum/data/secret/1.ans", "3\n");
	scratch_put(folder, "problems/sum/output_validators/v/v.py", "print()\n");
}

static void test_package_by_digest(void **state)
{
	struct place place = open_place(state);
	struct job_draft draft = { 0 };
	struct job job;
	struct bailiff_error err = { 0 };
	const struct job_rules rules = { .languages = &languages, .store = place.store };
	static const char text[] =
		"{\"problem\":{\"path\":\"sum\"},\"sources\":[{\"name\":\"a.c\",\"text\":\"x\"}]}";
	put_problem(*state);
	if (job_prepare(&draft, text, strlen(text), in(&place, "problems"), &rules, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(QUEUE_KIND_JUDGE, draft.kind);
	assert_non_null(strstr(draft.spec, "{\"problem\":{\"digest\":\"sha256:"));
	assert_non_null(strstr(draft.spec, "\"name\":\"sum\"}"));
	assert_string_equal("c", draft.needs[0]);
	assert_string_equal("python3", draft.needs[1]);
	assert_null(draft.needs[2]);
	/* The folder is not needed any more. */
	scratch_delete(*state, "problems");
	assert_int_equal(0, open_with(&place, &job, draft.kind, draft.spec, NULL, &err));
	assert_string_equal("sum", job.problem->name);
	assert_string_equal("Sum", job.problem->title);
	assert_non_null(strstr(draft.spec, job.problem_digest));
	assert_string_equal("c", job.judge.sources.language);
	assert_int_equal(1, job.problem->test_count);
	assert_int_equal(0, access(job.problem->tests[0].input.path, R_OK));
	assert_string_equal("python3", job.needs[1]);
	assert_int_equal(draft.memory_bytes, job.memory_bytes);
	job_finish(&job);
	job_draft_finish(&draft);
	close_place(&place);
}

static void test_limits_of_packages(void **state)
{
	struct place place = open_place(state);
	struct job_draft draft = { 0 };
	struct bailiff_error err = { 0 };
	const struct job_rules rules = { .languages = &languages, .store = place.store };
	static const char text[] =
		"{\"problem\":{\"path\":\"p\"},\"sources\":[{\"name\":\"a.c\",\"text\":\"x\"}]}";
	scratch_put(*state, "p/problem.yaml",
		    "problem_format_version: legacy\nname: x\nlimits:\n  output: 1025\n");
	scratch_put(*state, "p/data/secret/1.in", "");
	scratch_put(*state, "p/data/secret/1.ans", "");
	assert_true(job_prepare(&draft, text, strlen(text), *state, &rules, &err) < 0);
	assert_non_null(strstr(err.message, "problem: its output limit is above"));
	job_draft_finish(&draft);
	close_place(&place);
}

/* A language that only others have is theirs to run; one that nobody can name is a mistake. */
static void test_languages_of_others(void **state)
{
	struct job job;
	struct bailiff_error err;
	static const char text[] =
		"{\"language\":\"klingon\",\"sources\":[{\"name\":\"a\",\"text\":\"\"}],"
		"\"problem\":{\"tests\":[{\"name\":\"1\",\"answer\":{\"text\":\"\"}}]}}";
	struct job_draft draft = { 0 };
	const struct job_rules rules = { .languages = &languages };
	(void)state;
	assert_int_equal(0, open_plain(&job, QUEUE_KIND_JUDGE, text, &err));
	assert_string_equal("klingon", job.needs[0]);
	job_finish(&job);
	assert_true(job_prepare(&draft, text, strlen(text), NULL, &rules, &err) < 0);
	assert_non_null(strstr(err.message, "klingon"));
	job_draft_finish(&draft);
}

/* ---- memory
 * ------------------------------------------------------------------------------------------ */

static uint64_t memory_of(enum queue_kind kind, const char *text)
{
	struct job job;
	struct bailiff_error err;
	if (open_plain(&job, kind, text, &err) < 0)
		fail_msg("%s", err.message);
	uint64_t bytes = job.memory_bytes;
	job_finish(&job);
	return bytes;
}

#define SUM(language, checker, limits)                                                       \
	"{\"sources\":[{\"name\":\"a." language "\",\"text\":\"\"}],\"problem\":{\"tests\":" \
	"[{\"name\":\"1\",\"answer\":{\"text\":\"\"}}]," checker "\"limits\":{" limits "}}}"
#define VALIDATOR(more) \
	"\"checker\":{\"name\":\"icpc\",\"sources\":[{\"name\":\"v.py\",\"text\":\"\"}]" more "},"

#define INTERACTIVE ",\"interactive\":true"
#define ONE_MIB_OUT "\"output_bytes\":1048576"
#define FOUR_GIB "\"memory_bytes\":4294967296"

static void test_memory(void **state)
{
	(void)state;
	uint64_t small = memory_of(QUEUE_KIND_RUN, "{\"argv\":[\"x\"]}");
	assert_in_range(small, 256 * MIB, 320 * MIB);
	uint64_t large =
		memory_of(QUEUE_KIND_RUN,
			  "{\"argv\":[\"x\"],\"limits\":{\"memory_bytes\":1125899906842624}}");
	assert_in_range(large, (uint64_t)1 << 50, ((uint64_t)1 << 50) + 100 * MIB);
	uint64_t captured = memory_of(QUEUE_KIND_RUN,
				      "{\"argv\":[\"x\"],\"stdout\":{\"capture_bytes\":1048576}}");
	assert_true(captured > small + 10 * MIB);
	/* Compiling is the most that a small program takes. */
	uint64_t compiled = memory_of(QUEUE_KIND_JUDGE, SUM("c", "", ONE_MIB_OUT));
	assert_in_range(compiled, 2048 * MIB, 2048 * MIB + 140 * MIB);
	/* What it made, up to 256 MiB, is in a memory file while it runs. */
	uint64_t run = memory_of(QUEUE_KIND_JUDGE, SUM("c", "", ONE_MIB_OUT "," FOUR_GIB));
	assert_in_range(run, (4096 + 256) * MIB, (4096 + 256) * MIB + 140 * MIB);
	/* Python's makes nothing. */
	uint64_t script = memory_of(QUEUE_KIND_JUDGE, SUM("py", "", ONE_MIB_OUT "," FOUR_GIB));
	assert_int_equal(script + 256 * MIB, run + strlen("py") * 4 - strlen("c") * 4);
	/* Output is held, twice where it is compared. */
	uint64_t output = memory_of(QUEUE_KIND_JUDGE, SUM("c", "", "\"output_bytes\":1073741824"));
	assert_in_range(output, compiled + 2000 * MIB, compiled + 2060 * MIB);
	/* A validator runs afterwards, or at the same time. */
	uint64_t checked =
		memory_of(QUEUE_KIND_JUDGE, SUM("c", VALIDATOR(""), ONE_MIB_OUT "," FOUR_GIB));
	assert_in_range(checked, (4096 + 256) * MIB, (4096 + 256) * MIB + 200 * MIB);
	uint64_t interactive = memory_of(
		QUEUE_KIND_JUDGE, SUM("c", VALIDATOR(INTERACTIVE), ONE_MIB_OUT "," FOUR_GIB));
	assert_int_equal(checked + 2048 * MIB, interactive - strlen(INTERACTIVE) * 4);
}

#define SMALL_LIMITS                                                                      \
	"problem_format_version: legacy\nname: x\nvalidation: custom\nlimits:\n"          \
	"  memory: 64\n  output: 1\n  compilation_memory: 700\n  validation_memory: 32\n" \
	"  validation_output: 1\n"

static uint64_t memory_of_package(void **state, const struct job_rules *rules)
{
	static const char text[] =
		"{\"problem\":{\"path\":\"p\"},\"sources\":[{\"name\":\"a.py\",\"text\":\"x\"}]}";
	struct job_draft draft = { 0 };
	struct bailiff_error err = { 0 };
	if (job_prepare(&draft, text, strlen(text), *state, rules, &err) < 0)
		fail_msg("%s", err.message);
	uint64_t bytes = draft.memory_bytes;
	job_draft_finish(&draft);
	return bytes;
}

/* A package's own build is a compile step although it is of no language, and the text of its
 * programs is in memory. */
static void test_memory_of_packages(void **state)
{
	struct place place = open_place(state);
	const struct job_rules rules = { .languages = &languages, .store = place.store };
	scratch_put(*state, "p/problem.yaml", SMALL_LIMITS);
	scratch_put(*state, "p/data/secret/1.in", "");
	scratch_put(*state, "p/data/secret/1.ans", "");
	scratch_put(*state, "p/output_validators/v/v.awk", "");
	uint64_t plain = memory_of_package(state, &rules);
	assert_in_range(plain, 512 * MIB, 1000 * MIB);
	scratch_put(*state, "p/output_validators/v/build", "#!/bin/sh\n");
	uint64_t built = memory_of_package(state, &rules);
	/* What is left of a cell of 700 MiB, 512 MiB of files, beside 256 MiB that are kept. */
	assert_in_range(built, (512 + 256) * MIB, 1000 * MIB);
	assert_true(built > plain + 60 * MIB);
	char *large = calloc(1, 3 * MIB + 1);
	assert_non_null(large);
	memset(large, '#', 3 * MIB);
	scratch_put(*state, "p/output_validators/v/data.txt", large);
	free(large);
	assert_in_range(memory_of_package(state, &rules), built + 3 * MIB, built + 4 * MIB);
	close_place(&place);
}

/* ---- silence --------------------------------------------------------------------------------- */

#define S ((uint64_t)1000000000)
/* What a run may take beyond its limit. */
#define MORE_S (5 * S)

static uint64_t silence_of(struct place *place, enum queue_kind kind, const char *text,
			   const char *const *allowed)
{
	struct job job;
	struct bailiff_error err;
	if (open_with(place, &job, kind, text, allowed, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	uint64_t silence_ns = job_silence_ns(&job, &languages);
	job_finish(&job);
	return silence_ns;
}

static void test_silence(void **state)
{
	struct place place = open_place(state);
	const struct {
		const char *text;
		enum queue_kind kind;
		uint64_t silence_ns;
	} rows[] = {
		{ "{\"argv\":[\"/bin/true\"]}", QUEUE_KIND_RUN, 3 * S + MORE_S },
		{ "{\"argv\":[\"/bin/true\"],\"limits\":{\"wall_ms\":3600000}}", QUEUE_KIND_RUN,
		  3600 * S + MORE_S },
		/* A compile step's minute, and a test that is run three times. */
		{ "{\"sources\":[{\"name\":\"a.c\",\"text\":\"\"}],\"problem\":{\"tests\":[" TEST(
			  "1") "," TEST("2") "]},\"limits\":{\"wall_ms\":7000}}",
		  QUEUE_KIND_JUDGE, 60 * S + MORE_S + 3 * (7 * S + MORE_S) },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(silence_of(&place, rows[i].kind, rows[i].text, NULL),
				 rows[i].silence_ns);
	close_place(&place);
}

/* Every pass, every validator, both sides of an interaction, and the grader after the last test. */
static void test_silence_of_packages(void **state)
{
	struct place place = open_place(state);
	const char *const allowed[] = { place.folder, NULL };
	/* A test's limit of 1 s is one of 3 s of wall time, a validator's of 10 s one of 21 s. */
	static const uint64_t test = 3 * S + MORE_S, check = 21 * S + MORE_S;
	static const uint64_t making = 2 * (2 * 40 * S + MORE_S);
	const struct {
		const char *validation;
		uint64_t silence_ns;
	} rows[] = {
		{ "custom", making + 3 * (test + check) },
		{ "custom interactive", making + 3 * (test + 2 * 10 * S + 2 * 3 * S + MORE_S) },
		{ "custom multi-pass", making + 3 * 7 * (test + check) },
	};
	const char *text = arena_format(&place.arena,
					"{\"sources\":[{\"name\":\"a.awk\",\"text\":\"x\"}],"
					"\"problem\":{\"path\":\"%s/p\"}}",
					place.folder);
	scratch_put(*state, "p/data/secret/1.in", "");
	scratch_put(*state, "p/data/secret/1.ans", "");
	scratch_put(*state, "p/output_validators/v.c", "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *yaml = arena_format(&place.arena,
						"problem_format_version: legacy\nname: x\n"
						"validation: %s\nlimits:\n  time_limit: 1\n"
						"  validation_time: 10\n  compilation_time: 40\n"
						"  validation_passes: 7\n",
						rows[i].validation);
		scratch_put(*state, "p/problem.yaml", yaml);
		assert_int_equal(silence_of(&place, QUEUE_KIND_JUDGE, text, allowed),
				 rows[i].silence_ns);
	}
	/* One more program to make, which then runs for each group: the root, and secret. */
	scratch_put(*state, "p/data/testdata.yaml", "grading: custom\n");
	scratch_put(*state, "p/graders/g.c", "");
	assert_int_equal(silence_of(&place, QUEUE_KIND_JUDGE, text, allowed),
			 rows[2].silence_ns + making / 2 + 2 * check);
	close_place(&place);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_specs),
		cmocka_unit_test(test_digests_without_a_store),
		cmocka_unit_test(test_program_is_the_cells),
		cmocka_unit_test(test_bounds_themselves_are_allowed),
		IN_FOLDER(test_allowed_folders),
		IN_FOLDER(test_no_writable_binds),
		IN_FOLDER(test_digests),
		IN_FOLDER(test_damage_is_ours),
		IN_FOLDER(test_package_by_digest),
		IN_FOLDER(test_limits_of_packages),
		cmocka_unit_test(test_languages_of_others),
		cmocka_unit_test(test_memory),
		IN_FOLDER(test_memory_of_packages),
		IN_FOLDER(test_silence),
		IN_FOLDER(test_silence_of_packages),
	};
	return cmocka_run_group_tests(tests, languages_load, languages_free);
}
