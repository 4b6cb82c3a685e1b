/* SPDX-License-Identifier: MIT */
/*
 * Goal: a compiled program comes back from the cache exactly as it went in, for exactly what it was
 * made from, or not at all. Method: programs made by hand, no cells. Keys: each fact is changed by
 * itself. Entries: damaged at every bit, cut at every length, and lying under a valid digest.
 * Folders: every kind of thing that can stand where ours should.
 */
#include "judge/cache_store.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <sha2.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DIAGNOSTICS "main.c:1: warning: \xc3\xa9\n"

static char folder[64]; /* this test's own */
static char tool[128];	/* stands for the compiler */

/* ---- a language and programs by hand ------------------------------------------------------- */

static const char *const extensions[] = { "c", NULL };
static const char *const artifact_names[] = { "main", "main.data", NULL };
static const char *const run_argv[] = { "./main", NULL };
static const char *const environment[] = { "A=1", "B=2", NULL };

/* The parts that tests change are writable. */
struct sample {
	const char *compile_argv[4];
	const char *version_argv[2];
	struct language_bind bind;
	struct language language;
	struct source_file sources[2];
	char rootfs[PATH_MAX]; /* "" = the host */
	struct bailiff_limits limits; /* of the problem */
};

static void make_sample(struct sample *sample)
{
	*sample = (struct sample){
		.compile_argv = { tool, "-o", "main", NULL },
		.version_argv = { tool, NULL },
		.bind = { .bind = { .from = tool, .to = "/opt/tool" } },
		.sources = { { "main.c", "int main", 8 }, { "lib/a.h", "ab", 2 } },
	};
	sample->language = (struct language){
		.id = "test",
		.name = "Test",
		.extensions = extensions,
		.by_extension = true,
		.package = "none",
		.version_argv = sample->version_argv,
		.source = "main.c",
		.env = environment,
		.binds = &sample->bind,
		.bind_count = 1,
		.compile = { .argv = sample->compile_argv,
			     .policy = "compiler",
			     .artifacts = artifact_names },
		.run = { .argv = run_argv, .policy = "native" },
	};
}

static void open_program(const struct sample *sample, struct program *program)
{
	struct bailiff_error err = { 0 };
	*program = (struct program){ 0 };
	if (program_open(program, &sample->language, sample->sources, 2, &err) < 0)
		fail_msg("%s", err.message);
}

static struct cache_key key_of(const struct sample *sample)
{
	struct bailiff_error err = { 0 };
	struct program program;
	struct cache_key key;
	open_program(sample, &program);
	const struct toolchain toolchain = {
		.rootfs = sample->rootfs[0] != '\0' ? sample->rootfs : NULL,
		.limits = sample->limits,
	};
	if (cache_key_make(&toolchain, &program, &key, &err) < 0)
		fail_msg("%s", err.message);
	program_finish(&program);
	return key;
}

/* A program that was compiled: the first artifact has `size` bytes, the second none. */
static void make_compiled(const struct sample *sample, size_t size, struct program *program,
			  struct compilation *compilation)
{
	struct bailiff_error err = { 0 };
	open_program(sample, program);
	assert_int_equal(program_make_artifacts(program, &err), 0);
	for (size_t i = 0; i < size; i++) {
		char byte = (char)(i * 7 + (i >> 8));
		assert_int_equal(write(program->artifacts[0].fd, &byte, 1), 1);
	}
	*compilation = (struct compilation){
		.verdict = COMPILE_OK,
		.message = "compiler: exited",
		.diagnostics = strdup(DIAGNOSTICS),
		.truncated = true,
		.result = { .verdict = BAILIFF_VERDICT_OK,
			    .cpu_ns = 5,
			    .user_ns = 4,
			    .system_ns = 1,
			    .wall_ns = 77,
			    .memory_peak_bytes = 1 << 20,
			    .oom_kills = BAILIFF_UNKNOWN,
			    .breakdown = { 1, 2, 3, 4, BAILIFF_UNKNOWN, 6 },
			    .processes_peak = 3,
			    .stderr_bytes = 22 },
	};
}

static void check_compiled(const struct program *program, const struct compilation *compilation,
			   size_t size)
{
	const struct bailiff_result *result = &compilation->result;
	struct stat status;
	assert_int_equal(compilation->verdict, COMPILE_OK);
	assert_string_equal(compilation->message, "compiler: exited");
	assert_string_equal(compilation->diagnostics, DIAGNOSTICS);
	assert_true(compilation->truncated);
	assert_int_equal(result->verdict, BAILIFF_VERDICT_OK);
	assert_int_equal(result->cpu_ns, 5);
	assert_int_equal(result->user_ns, 4);
	assert_int_equal(result->system_ns, 1);
	assert_int_equal(result->wall_ns, 77);
	assert_int_equal(result->memory_peak_bytes, 1 << 20);
	assert_true(result->oom_kills == BAILIFF_UNKNOWN);
	assert_int_equal(result->breakdown.sampled_bytes, 1);
	assert_true(result->breakdown.kernel_bytes == BAILIFF_UNKNOWN);
	assert_int_equal(result->breakdown.samples, 6);
	assert_int_equal(result->processes_peak, 3);
	assert_int_equal(result->stderr_bytes, 22);
	assert_int_equal(program->artifact_count, 2);
	for (size_t i = 0; i < size; i++) {
		char byte;
		assert_int_equal(pread(program->artifacts[0].fd, &byte, 1, (off_t)i), 1);
		assert_int_equal(byte, (char)(i * 7 + (i >> 8)));
	}
	assert_int_equal(fstat(program->artifacts[0].fd, &status), 0);
	assert_int_equal(status.st_size, size);
	assert_int_equal(stat(program->artifacts[1].path, &status), 0);
	assert_int_equal(status.st_size, 0);
}

/* ---- keys ---------------------------------------------------------------------------------- */

static void test_equal_inputs_have_equal_keys(void **state)
{
	struct sample one, other;
	(void)state;
	make_sample(&one);
	make_sample(&other);
	char text[] = "int main"; /* the same bytes elsewhere */
	other.sources[0].text = text;
	struct cache_key a = key_of(&one), b = key_of(&other);
	assert_memory_equal(&a, &b, sizeof a);
	char digits[CACHE_KEY_TEXT_SIZE];
	cache_key_text(&a, digits);
	assert_int_equal(strspn(digits, "0123456789abcdef"), 64);
}

/* Changes the nth fact that a key must cover; false past the last. */
static bool change(struct sample *sample, unsigned which)
{
	static const char *const list[] = { "x", NULL };
	static const char *const names[] = { "main", "main.datb", NULL };
	static const char *const joined[] = { "A=1B=2", NULL };
	struct language *language = &sample->language;
	switch (which) {
	case 0: language->id = "other"; return true;
	case 1: language->name = "Other"; return true;
	case 2: language->package = "some"; return true;
	case 3: language->by_extension = false; return true;
	case 4: language->env = joined; return true;
	case 5: language->env = NULL; return true;
	case 6: language->bind_count = 0; return true;
	case 7: sample->bind.bind.to = "/opt/other"; return true;
	case 8: sample->bind.bind.to = NULL; return true;
	case 9: sample->bind.bind.writable = true; return true;
	case 10: sample->bind.optional = true; return true;
	case 11: sample->bind.bind.from = folder; return true;
	case 12: sample->compile_argv[1] = "-O"; return true;
	case 13: sample->compile_argv[2] = NULL; return true;
	case 14: sample->compile_argv[0] = "/bin/true"; return true;
	case 15: sample->version_argv[0] = "/bin/true"; return true;
	case 16: language->compile.policy = "native"; return true;
	case 17: language->compile.artifacts = names; return true;
	case 18: language->compile.limits.cpu_ns = 1; return true;
	case 19: language->compile.limits.idle_ns = 1; return true;
	case 20: language->compile.limits.cpuset = "0"; return true;
	case 21: language->run.argv = list; return true;
	case 22: language->run.policy = "python"; return true;
	case 23: language->run.processes = 1; return true;
	case 24: language->run.memory_bytes = 1; return true;
	case 25: sample->sources[0].text = "int Main"; return true;
	case 26: sample->sources[0].size--; return true;
	case 27: sample->sources[1].name = "lib/b.h"; return true;
	case 28: sample->sources[1] = (struct source_file){ "lib/a.ha", "b", 1 }; return true;
	case 29: sample->sources[1].text = "a\0b"; return true;
	case 30: (void)snprintf(sample->rootfs, sizeof sample->rootfs, "/"); return true;
	case 31: sample->limits.memory_bytes = 1; return true;
	default: return false;
	}
}

static void test_every_fact_changes_the_key(void **state)
{
	struct cache_key keys[64];
	struct sample sample;
	unsigned count = 0;
	(void)state;
	make_sample(&sample);
	keys[count++] = key_of(&sample);
	for (; change(&sample, count - 1); count++) {
		keys[count] = key_of(&sample);
		for (unsigned i = 0; i < count; i++) {
			if (memcmp(&keys[i], &keys[count], sizeof keys[i]) == 0)
				fail_msg("changes %u and %u have one key", i, count);
		}
		make_sample(&sample);
	}
	assert_int_equal(count, 33);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* A compiler that is replaced, touched, or another one behind the same link, is another one. */
static void test_the_compiler_is_part_of_the_key(void **state)
{
	const struct timespec times[2] = { { 1000, 0 }, { 1000, 5 } };
	char other[PATH_MAX + 8];
	struct sample sample;
	(void)state;
	make_sample(&sample);
	(void)snprintf(other, sizeof other, "%s.other", tool);
	struct cache_key before = key_of(&sample);
	assert_int_equal(utimensat(AT_FDCWD, tool, times, 0), 0);
	struct cache_key touched = key_of(&sample);
	assert_memory_not_equal(&before, &touched, sizeof before);

	write_text(other, "0123456789");
	assert_int_equal(utimensat(AT_FDCWD, other, times, 0), 0);
	assert_int_equal(rename(other, tool), 0);
	struct cache_key replaced = key_of(&sample);
	assert_memory_not_equal(&touched, &replaced, sizeof before);

	assert_int_equal(rename(tool, other), 0);
	assert_int_equal(symlink(other, tool), 0);
	struct cache_key linked = key_of(&sample);
	assert_memory_not_equal(&replaced, &linked, sizeof before);
	assert_int_equal(unlink(tool), 0);
	struct cache_key gone = key_of(&sample);
	assert_memory_not_equal(&linked, &gone, sizeof before);
	assert_int_equal(unlink(other), 0);
	write_text(tool, "tool");
}

/* In a root of its own, a link leads to where it leads inside. */
static void test_the_root_is_part_of_the_key(void **state)
{
	char path[2 * PATH_MAX];
	struct sample sample;
	(void)state;
	make_sample(&sample);
	sample.compile_argv[0] = sample.version_argv[0] = "/bin/cc";
	(void)snprintf(sample.rootfs, sizeof sample.rootfs, "%s/root", folder);
	(void)snprintf(path, sizeof path, "%s/bin", sample.rootfs);
	assert_int_equal(mkdir(sample.rootfs, 0755), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	struct cache_key missing = key_of(&sample);
	(void)snprintf(path, sizeof path, "%s/bin/cc", sample.rootfs);
	assert_int_equal(symlink("/bin/real", path), 0);
	struct cache_key broken = key_of(&sample);
	assert_memory_equal(&missing, &broken, sizeof missing);
	(void)snprintf(path, sizeof path, "%s/bin/real", sample.rootfs);
	write_text(path, "compiler");
	struct cache_key there = key_of(&sample);
	assert_memory_not_equal(&missing, &there, sizeof missing);
	write_text(path, "a longer compiler");
	struct cache_key changed = key_of(&sample);
	assert_memory_not_equal(&there, &changed, sizeof there);
}

/* A policy file by what it allows; one that cannot be read gives no key. */
static void test_the_policy_is_part_of_the_key(void **state)
{
	static const char text[] = "{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [ { "
				   "\"names\": [\"%s\"], \"action\": \"SCMP_ACT_ERRNO\", "
				   "\"errnoRet\": %d, \"comment\": \"%s\" } ] }";
	static const struct {
		const char *name, *why;
		int errnum;
	} rows[] = { { "socket", "a", 1 }, { "bind", "a", 1 }, { "bind", "a", 2 } };
	struct cache_key keys[ARRAY_LENGTH(rows)];
	char path[PATH_MAX + 16], content[512];
	struct sample sample;
	(void)state;
	make_sample(&sample);
	(void)snprintf(path, sizeof path, "%s/policy.json", folder);
	sample.language.compile.policy = path;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		(void)snprintf(content, sizeof content, text, rows[i].name, rows[i].errnum,
			       rows[i].why);
		write_text(path, content);
		keys[i] = key_of(&sample);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(&keys[j], &keys[i], sizeof keys[i]);
	}
	(void)snprintf(content, sizeof content, text, "bind", 2, "another reason");
	write_text(path, content);
	struct cache_key same = key_of(&sample);
	assert_memory_equal(&same, &keys[2], sizeof same);

	write_text(path, "{");
	struct program program;
	struct bailiff_error err = { 0 };
	open_program(&sample, &program);
	const struct toolchain toolchain = { 0 };
	assert_true(cache_key_make(&toolchain, &program, &same, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	program_finish(&program);
}

/* ---- entries ------------------------------------------------------------------------------- */

struct encoded {
	struct sample sample;
	struct cache_key key;
	struct cache_entry entry;
};

static void encode(struct encoded *encoded, size_t size)
{
	struct program program;
	struct compilation compilation;
	make_sample(&encoded->sample);
	encoded->key = key_of(&encoded->sample);
	make_compiled(&encoded->sample, size, &program, &compilation);
	assert_int_equal(cache_entry_encode(&encoded->key, &program, &compilation, &encoded->entry),
			 0);
	compilation_finish(&compilation);
	program_finish(&program);
}

/* Decodes into a new program; what comes back is checked where it is accepted. */
static int decode(const struct encoded *encoded, const struct cache_entry *entry, size_t size)
{
	struct program program;
	struct compilation compilation = { 0 };
	open_program(&encoded->sample, &program);
	int rc = cache_entry_decode(&encoded->key, entry, &program, &compilation);
	if (rc == 0)
		check_compiled(&program, &compilation, size);
	else
		assert_int_equal(program.artifact_count, 0);
	compilation_finish(&compilation);
	program_finish(&program);
	return rc;
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 31, 65536, 100001 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		struct encoded encoded;
		encode(&encoded, sizes[i]);
		assert_int_equal(decode(&encoded, &encoded.entry, sizes[i]), 0);
		free(encoded.entry.data);
	}
}

static void test_every_flipped_bit_is_found(void **state)
{
	struct encoded encoded;
	(void)state;
	encode(&encoded, 40);
	for (size_t bit = 0; bit < encoded.entry.size * 8; bit++) {
		encoded.entry.data[bit / 8] ^= (char)(1 << bit % 8);
		if (decode(&encoded, &encoded.entry, 40) != -EBADMSG)
			fail_msg("bit %zu", bit);
		encoded.entry.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(decode(&encoded, &encoded.entry, 40), 0);
	free(encoded.entry.data);
}

static void test_every_other_length_is_found(void **state)
{
	struct encoded encoded;
	(void)state;
	encode(&encoded, 40);
	for (size_t size = 0; size < encoded.entry.size + 64; size++) {
		/* On the heap, at its exact size, for the sanitizer's sake. */
		struct cache_entry entry = { .data = calloc(1, size + 1), .size = size };
		size_t kept = size < encoded.entry.size ? size : encoded.entry.size;
		memcpy(entry.data, encoded.entry.data, kept);
		int expected = size == encoded.entry.size ? 0 : -EBADMSG;
		assert_int_equal(decode(&encoded, &entry, 40), expected);
		free(entry.data);
	}
	free(encoded.entry.data);
}

/* Sets one byte and makes the digest right again. */
static void forge(const struct cache_entry *entry, size_t at, char byte)
{
	size_t size = entry->size - CACHE_DIGEST_BYTES;
	unsigned char digest[CACHE_DIGEST_BYTES];
	SHA2_CTX sha;
	entry->data[at] = byte;
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)entry->data, size);
	SHA256Final(digest, &sha);
	memcpy(entry->data + size, digest, sizeof digest);
}

/* Lengths and counts that lie are found without the digest's help; other bytes are content. */
static void test_lies_are_bounded(void **state)
{
	static const unsigned char bytes[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct encoded encoded;
	size_t refused = 0;
	(void)state;
	encode(&encoded, 40);
	for (size_t at = 0; at < encoded.entry.size - CACHE_DIGEST_BYTES; at++) {
		char before = encoded.entry.data[at];
		for (size_t i = 0; i < ARRAY_LENGTH(bytes); i++) {
			struct program program;
			struct compilation compilation = { 0 };
			forge(&encoded.entry, at, (char)bytes[i]);
			open_program(&encoded.sample, &program);
			int rc = cache_entry_decode(&encoded.key, &encoded.entry, &program,
						    &compilation);
			assert_true(rc == 0 || rc == -EBADMSG);
			refused += rc != 0;
			compilation_finish(&compilation);
			program_finish(&program);
		}
		forge(&encoded.entry, at, before);
	}
	/* The head, four lengths and a count are 96 bytes at least. */
	assert_true(refused > 96 * 4);
	assert_int_equal(decode(&encoded, &encoded.entry, 40), 0);
	free(encoded.entry.data);
}

static void test_another_key_or_language(void **state)
{
	static const char *const fewer[] = { "main", NULL };
	static const char *const renamed[] = { "main", "main.dato", NULL };
	struct encoded encoded;
	(void)state;
	encode(&encoded, 40);
	encoded.key.bytes[31] ^= 1;
	assert_int_equal(decode(&encoded, &encoded.entry, 40), -EBADMSG);
	encoded.key.bytes[31] ^= 1;
	encoded.sample.language.compile.artifacts = fewer;
	assert_int_equal(decode(&encoded, &encoded.entry, 40), -EBADMSG);
	encoded.sample.language.compile.artifacts = renamed;
	assert_int_equal(decode(&encoded, &encoded.entry, 40), -EBADMSG);
	encoded.sample.language.compile.artifacts = NULL;
	assert_int_equal(decode(&encoded, &encoded.entry, 40), -EBADMSG);
	free(encoded.entry.data);
}

static void test_too_large_to_keep(void **state)
{
	struct sample sample;
	struct program program;
	struct compilation compilation;
	struct cache_entry entry = { 0 };
	struct cache_key key;
	(void)state;
	make_sample(&sample);
	key = key_of(&sample);
	make_compiled(&sample, 0, &program, &compilation);
	assert_int_equal(ftruncate(program.artifacts[1].fd, CACHE_ENTRY_BYTES_MAX), 0);
	assert_int_equal(cache_entry_encode(&key, &program, &compilation, &entry), -EFBIG);
	assert_null(entry.data);
	compilation_finish(&compilation);
	program_finish(&program);
}

/* ---- the folder ---------------------------------------------------------------------------- */

static struct compile_cache *open_cache(const char *name, uint64_t bytes_max)
{
	char path[2 * PATH_MAX];
	struct bailiff_error err = { 0 };
	struct compile_cache *cache = NULL;
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	if (compile_cache_open(path, bytes_max, &cache, &err) < 0)
		fail_msg("%s", err.message);
	return cache;
}

/* Keys that differ in their last byte share a folder. */
static struct cache_key key_number(unsigned char first, unsigned char last)
{
	struct cache_key key = { .bytes = { first } };
	key.bytes[CACHE_DIGEST_BYTES - 1] = last;
	return key;
}

static int store(struct compile_cache *cache, struct cache_key key, size_t size)
{
	struct sample sample;
	struct program program;
	struct compilation compilation;
	make_sample(&sample);
	make_compiled(&sample, size, &program, &compilation);
	int rc = cache_store(cache, &key, &program, &compilation);
	compilation_finish(&compilation);
	program_finish(&program);
	return rc;
}

static int load(struct compile_cache *cache, struct cache_key key, size_t size)
{
	struct sample sample;
	struct program program;
	struct compilation compilation = { 0 };
	make_sample(&sample);
	open_program(&sample, &program);
	int rc = cache_load(cache, &key, &program, &compilation);
	if (rc == 0)
		check_compiled(&program, &compilation, size);
	compilation_finish(&compilation);
	program_finish(&program);
	return rc;
}

static void entry_path(const char *name, struct cache_key key, char path[2 * PATH_MAX])
{
	char text[CACHE_KEY_TEXT_SIZE];
	cache_key_text(&key, text);
	(void)snprintf(path, 2 * PATH_MAX, "%s/%s/%.2s/%s", folder, name, text, text);
}

static bool exists(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0;
}

static size_t count_files(const char *name, const char *shard)
{
	char path[2 * PATH_MAX];
	size_t count = 0;
	(void)snprintf(path, sizeof path, "%s/%s/%s", folder, name, shard);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return 0;
	for (struct dirent *item = readdir(dir); item != NULL; item = readdir(dir))
		count += item->d_name[0] != '.' || strlen(item->d_name) > 2;
	(void)closedir(dir);
	return count;
}

static void test_store_and_load(void **state)
{
	struct cache_key key = key_number(0xab, 1);
	char path[2 * PATH_MAX];
	struct stat status;
	(void)state;
	struct compile_cache *cache = open_cache("plain", 1 << 20);
	assert_int_equal(load(cache, key, 0), -ENOENT);
	assert_int_equal(store(cache, key, 5000), 0);
	assert_int_equal(load(cache, key, 5000), 0);
	assert_int_equal(load(cache, key_number(0xab, 2), 0), -ENOENT);
	assert_int_equal(store(cache, key, 5000), 0);
	entry_path("plain", key, path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	assert_int_equal(count_files("plain", "ab"), 1);
	compile_cache_close(cache);

	cache = open_cache("plain", 1 << 20);
	assert_int_equal(load(cache, key, 5000), 0);
	compile_cache_close(cache);
	compile_cache_close(NULL);
}

static void test_damaged_files_are_removed(void **state)
{
	struct cache_key key = key_number(1, 1);
	char path[2 * PATH_MAX], target[PATH_MAX + 8];
	(void)state;
	struct compile_cache *cache = open_cache("damaged", 1 << 20);
	entry_path("damaged", key, path);
	(void)snprintf(target, sizeof target, "%s/target", folder);
	for (unsigned damage = 0; damage < 7; damage++) {
		assert_int_equal(store(cache, key, 100), 0);
		assert_int_equal(load(cache, key, 100), 0);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		switch (damage) {
		case 0: assert_int_equal(pwrite(fd, "x", 1, 200), 1); break;
		case 1: assert_int_equal(ftruncate(fd, 99), 0); break;
		case 2: assert_int_equal(ftruncate(fd, 0), 0); break;
		case 3: assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0); break;
		case 4: assert_int_equal(fchmod(fd, 0620), 0); break;
		case 5: /* the entry itself, but behind a link */
			assert_int_equal(rename(path, target), 0);
			assert_int_equal(symlink(target, path), 0);
			break;
		default:
			assert_int_equal(unlink(path), 0);
			assert_int_equal(mkfifo(path, 0600), 0);
			break;
		}
		assert_int_equal(close(fd), 0);
		assert_int_equal(load(cache, key, 100), -EBADMSG);
		assert_false(exists(path));
	}
	assert_true(exists(target));
	/* A folder is not removed, and is in nobody's way. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(load(cache, key, 100) < 0);
	assert_true(store(cache, key, 100) < 0);
	assert_int_equal(count_files("damaged", "01"), 1);
	compile_cache_close(cache);
}

static void test_foreign_owners(void **state)
{
	struct cache_key key = key_number(2, 1);
	char path[2 * PATH_MAX], shard[2 * PATH_MAX];
	struct compile_cache *cache = NULL;
	struct bailiff_error err = { 0 };
	(void)state;
	if (geteuid() != 0)
		skip();
	cache = open_cache("owners", 1 << 20);
	entry_path("owners", key, path);
	assert_int_equal(store(cache, key, 100), 0);
	assert_int_equal(chown(path, 4711, 0), 0);
	assert_int_equal(load(cache, key, 100), -EBADMSG);
	assert_false(exists(path));
	assert_int_equal(store(cache, key, 100), 0);
	(void)snprintf(shard, sizeof shard, "%s/owners/02", folder);
	assert_int_equal(chown(shard, 4711, 0), 0);
	assert_int_equal(load(cache, key, 100), -EPERM);
	assert_int_equal(store(cache, key, 100), -EPERM);
	compile_cache_close(cache);
	(void)snprintf(path, sizeof path, "%s/owners", folder);
	assert_int_equal(chown(path, 4711, 0), 0);
	cache = NULL;
	assert_true(compile_cache_open(path, 1, &cache, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	assert_null(cache);
}

static void test_folders_that_others_may_write_to(void **state)
{
	static const mode_t modes[] = { 0777, 0770, 0702, 01777 };
	struct cache_key key = key_number(3, 1);
	char path[2 * PATH_MAX], shard[2 * PATH_MAX + 4], link[PATH_MAX + 8];
	struct bailiff_error err = { 0 };
	(void)state;
	struct compile_cache *cache = open_cache("modes", 1 << 20);
	assert_int_equal(store(cache, key, 100), 0);
	(void)snprintf(path, sizeof path, "%s/modes", folder);
	(void)snprintf(shard, sizeof shard, "%s/03", path);
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		struct compile_cache *refused = NULL;
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_true(compile_cache_open(path, 1, &refused, &err) < 0);
		assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
		assert_non_null(strstr(err.message, path));
		assert_null(refused);
		assert_int_equal(chmod(shard, modes[i]), 0);
		assert_int_equal(load(cache, key, 100), -EPERM);
		assert_int_equal(store(cache, key, 100), -EPERM);
	}
	/* A folder behind a link is somebody else's choice. */
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(chmod(shard, 0700), 0);
	assert_int_equal(load(cache, key, 100), 0);
	(void)snprintf(link, sizeof link, "%s/moved", folder);
	assert_int_equal(rename(shard, link), 0);
	assert_int_equal(symlink(link, shard), 0);
	assert_true(load(cache, key, 100) < 0);
	assert_true(store(cache, key, 100) < 0);
	compile_cache_close(cache);
}

static void test_folders_that_cannot_be_used(void **state)
{
	static const char *const paths[] = { "/dev/null", "/dev/null/x", "/not/there/x", "" };
	char link[PATH_MAX + 8];
	struct compile_cache *cache = NULL;
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
		struct bailiff_error err = { 0 };
		assert_true(compile_cache_open(paths[i], 1, &cache, &err) < 0);
		assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	}
	struct bailiff_error err = { 0 };
	(void)snprintf(link, sizeof link, "%s/link", folder);
	assert_int_equal(symlink(folder, link), 0);
	assert_true(compile_cache_open(link, 1, &cache, &err) < 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	assert_null(cache);
}

/* ---- the bound ----------------------------------------------------------------------------- */

static void set_age(const char *path, time_t seconds)
{
	const struct timespec times[2] = { { seconds, 0 }, { seconds, 0 } };
	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* Goal: those used longest ago go first, and a hit counts as use. Method: four programs of which
 * three fit, in two folders, with times set by hand. */
static void test_least_recently_used_go_first(void **state)
{
	char paths[6][2 * PATH_MAX];
	struct cache_key keys[6];
	(void)state;
	struct compile_cache *cache = open_cache("bound", 35000);
	for (unsigned char i = 0; i < 6; i++) {
		keys[i] = key_number(i % 2, i);
		entry_path("bound", keys[i], paths[i]);
	}
	for (unsigned char i = 0; i < 3; i++) {
		assert_int_equal(store(cache, keys[i], 10000), 0);
		set_age(paths[i], 1000 + i);
	}
	assert_int_equal(load(cache, keys[0], 10000), 0); /* now the youngest */
	assert_int_equal(store(cache, keys[3], 10000), 0);
	assert_true(exists(paths[0]) && !exists(paths[1]) && exists(paths[2]) && exists(paths[3]));
	set_age(paths[0], 5000);
	set_age(paths[2], 4000);
	set_age(paths[3], 3000);
	/* Two must go for this one. */
	assert_int_equal(store(cache, keys[4], 20000), 0);
	assert_true(exists(paths[0]) && !exists(paths[2]) && !exists(paths[3]) && exists(paths[4]));
	/* One that would not fit alone is not kept, and nothing goes for it. */
	assert_int_equal(store(cache, keys[5], 35000), -EFBIG);
	assert_true(exists(paths[0]) && exists(paths[4]) && !exists(paths[5]));
	compile_cache_close(cache);
}

static void test_only_our_files_are_removed(void **state)
{
	char path[2 * PATH_MAX], stale[2 * PATH_MAX], foreign[2 * PATH_MAX];
	struct cache_key key = key_number(7, 1);
	(void)state;
	struct compile_cache *cache = open_cache("foreign", 15000);
	assert_int_equal(store(cache, key, 10000), 0);
	entry_path("foreign", key, path);
	(void)snprintf(foreign, sizeof foreign, "%s/foreign/07/thesis.txt", folder);
	(void)snprintf(stale, sizeof stale, "%s/foreign/07/.new-0123456789abcdef", folder);
	write_text(foreign, "years of work");
	write_text(stale, "left by a writer that was killed");
	set_age(foreign, 1000);
	set_age(stale, 1001);
	set_age(path, 1002);
	assert_int_equal(store(cache, key_number(8, 1), 10000), 0);
	assert_true(exists(foreign) && !exists(stale) && !exists(path));
	compile_cache_close(cache);
}

/* Who finds the lock taken leaves the rest to its owner. */
static void test_one_removes_at_a_time(void **state)
{
	char path[2 * PATH_MAX], lock[2 * PATH_MAX];
	(void)state;
	struct compile_cache *cache = open_cache("locked", 15000);
	assert_int_equal(store(cache, key_number(1, 1), 10000), 0);
	entry_path("locked", key_number(1, 1), path);
	set_age(path, 1000);
	(void)snprintf(lock, sizeof lock, "%s/locked/lock", folder);
	int fd = open(lock, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(store(cache, key_number(1, 2), 10000), 0);
	assert_true(exists(path));
	assert_int_equal(close(fd), 0);
	assert_int_equal(store(cache, key_number(1, 3), 10000), 0);
	assert_false(exists(path));
	assert_int_equal(count_files("locked", "01"), 1);
	compile_cache_close(cache);
}

struct worker {
	struct compile_cache *cache;
	bool failed;
};

static void *store_and_load(void *argument)
{
	struct worker *worker = argument;
	for (unsigned i = 0; i < 100; i++) {
		struct cache_key key = key_number(9, (unsigned char)(i % 2));
		int rc = store(worker->cache, key, 3000);
		if (rc == 0)
			rc = load(worker->cache, key, 3000);
		worker->failed |= rc != 0;
	}
	return NULL;
}

/* Goal: two writers and readers of one key never see half of it. Method: threads, one with the
 * same cache and one with a cache of its own on the same folder. */
static void test_concurrent_writers(void **state)
{
	(void)state;
	struct compile_cache *shared = open_cache("threads", 1 << 20);
	struct compile_cache *own = open_cache("threads", 1 << 20);
	struct worker workers[3] = { { shared, false }, { shared, false }, { own, false } };
	pthread_t threads[3];
	for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, store_and_load, &workers[i]), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_false(workers[i].failed);
	}
	assert_int_equal(count_files("threads", "09"), 2);
	compile_cache_close(shared);
	compile_cache_close(own);
}

/* ---- fixture ------------------------------------------------------------------------------- */

static int count_fds(void)
{
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

static int fds_before;

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/compile-cache-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(tool, sizeof tool, "%s/tool", folder);
	write_text(tool, "tool");
	fds_before = count_fds();
	return 0;
}

static int remove_item(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	int left = count_fds() - fds_before;
	if (left != 0)
		print_error("%d descriptors left open\n", left);
	return nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS) != 0 || left != 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_inputs_have_equal_keys),
		cmocka_unit_test(test_every_fact_changes_the_key),
		cmocka_unit_test(test_the_compiler_is_part_of_the_key),
		cmocka_unit_test(test_the_root_is_part_of_the_key),
		cmocka_unit_test(test_the_policy_is_part_of_the_key),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_flipped_bit_is_found),
		cmocka_unit_test(test_every_other_length_is_found),
		cmocka_unit_test(test_lies_are_bounded),
		cmocka_unit_test(test_another_key_or_language),
		cmocka_unit_test(test_too_large_to_keep),
		cmocka_unit_test(test_store_and_load),
		cmocka_unit_test(test_damaged_files_are_removed),
		cmocka_unit_test(test_foreign_owners),
		cmocka_unit_test(test_folders_that_others_may_write_to),
		cmocka_unit_test(test_folders_that_cannot_be_used),
		cmocka_unit_test(test_least_recently_used_go_first),
		cmocka_unit_test(test_only_our_files_are_removed),
		cmocka_unit_test(test_one_removes_at_a_time),
		cmocka_unit_test(test_concurrent_writers),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
