/* SPDX-License-Identifier: MIT */
/*
 * What a compiled program is known by.
 *
 * Covered: this version of bailiff; the language's definition, to the last field; the compile
 * step's policy, by content; every source with its name in the cell; the main source and class; and
 * what can be told cheaply about the installation: which files its compiler and its binds are, and
 * the state of the package manager's database, which changes with every header and library that a
 * package brings. Of another root, likewise; of an image, the image itself.
 *
 * Not covered: files that nobody packaged and that were changed in place (a header in /usr/local,
 * something deep inside a bind); the machine's CPU, for definitions that compile for "native"; the
 * time, and chance. So a kept program is not always, to the bit, what compiling again would make
 * (__TIME__, archives that bear a date, random seeds), but it is one that these sources made
 * with this tool chain.
 *
 * Every text and list is preceded by its length, and a missing text has a length that no text has,
 * so that two different inputs are never serialised alike.
 */
#include "judge/cache_key.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/sys.h"
#include "codec/policy_json.h"
#include "filter/policy.h"
#include "policy_find.h"

#include <endian.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Raised whenever what is serialised changes. */
#define KEY_VERSION 1u
#define PACKAGE_DATABASE "/var/lib/dpkg/status"

static void add_number(SHA2_CTX *sha, uint64_t number)
{
	uint64_t little = htole64(number);
	SHA256Update(sha, (const uint8_t *)&little, sizeof little);
}

static void add_bytes(SHA2_CTX *sha, const void *bytes, size_t size)
{
	add_number(sha, size);
	SHA256Update(sha, bytes, size);
}

static void add_text(SHA2_CTX *sha, const char *text)
{
	if (text == NULL)
		add_number(sha, UINT64_MAX);
	else
		add_bytes(sha, text, strlen(text));
}

static void add_list(SHA2_CTX *sha, const char *const *list)
{
	size_t count = 0;
	while (list != NULL && list[count] != NULL)
		count++;
	add_number(sha, list == NULL ? UINT64_MAX : count);
	for (size_t i = 0; i < count; i++)
		add_text(sha, list[i]);
}

/* ---- the definition ------------------------------------------------------------------------ */

static void add_limits(SHA2_CTX *sha, const struct bailiff_limits *limits)
{
	const uint64_t numbers[] = {
		limits->cpu_ns,	      limits->wall_ns,	  limits->memory_bytes, limits->processes,
		limits->output_bytes, limits->disk_bytes, limits->stack_bytes,	limits->open_files,
		limits->cpus_milli,   limits->idle_ns,
	};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		add_number(sha, numbers[i]);
	add_text(sha, limits->cpuset);
}

static void add_binds(SHA2_CTX *sha, const struct language *language)
{
	add_number(sha, language->bind_count);
	for (size_t i = 0; i < language->bind_count; i++) {
		const struct language_bind *bind = &language->binds[i];
		add_text(sha, bind->bind.from);
		add_text(sha, bind->bind.to);
		add_number(sha, bind->bind.writable);
		add_number(sha, bind->optional);
	}
}

static void add_language(SHA2_CTX *sha, const struct language *language)
{
	add_text(sha, language->id);
	add_text(sha, language->name);
	add_list(sha, language->extensions);
	add_number(sha, language->by_extension);
	add_text(sha, language->package);
	add_list(sha, language->version_argv);
	add_text(sha, language->source);
	add_list(sha, language->env);
	add_binds(sha, language);
	add_list(sha, language->compile.argv);
	add_text(sha, language->compile.policy);
	add_list(sha, language->compile.artifacts);
	add_list(sha, language->run.argv);
	add_text(sha, language->run.policy);
	add_number(sha, language->run.processes);
	add_number(sha, language->run.memory_bytes);
}

/* What it allows, not the words it gives as reasons. */
static void add_policy(SHA2_CTX *sha, const struct bailiff_policy *policy)
{
	add_number(sha, policy->default_action);
	add_number(sha, (uint64_t)policy->default_errnum);
	add_number(sha, policy->rule_count);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		add_list(sha, rule->names);
		add_number(sha, rule->action);
		add_number(sha, (uint64_t)rule->errnum);
		add_number(sha, rule->condition_count);
		for (size_t j = 0; j < rule->condition_count; j++) {
			const struct policy_condition *condition = &rule->conditions[j];
			add_number(sha, condition->index);
			add_number(sha, condition->op);
			add_number(sha, condition->value);
			add_number(sha, condition->value_two);
		}
	}
}

static int add_compile_policy(SHA2_CTX *sha, const struct program *program,
			      struct bailiff_error *err)
{
	const struct bailiff_policy *policy = NULL;
	struct loaded_policy *loaded = NULL;
	int rc = policy_find(program->language->compile.policy, &policy, &loaded, err);
	add_number(sha, policy != NULL);
	if (policy != NULL)
		add_policy(sha, policy);
	loaded_policy_free(loaded);
	return rc;
}

static void add_sources(SHA2_CTX *sha, const struct program *program)
{
	add_text(sha, program->main_source);
	add_text(sha, program->main_class);
	add_number(sha, program->source_count);
	for (size_t i = 0; i < program->source_count; i++) {
		const struct source_file *source = &program->sources[i];
		add_text(sha, source->name);
		add_bytes(sha, source->text, source->size);
	}
}

/* ---- the installation ---------------------------------------------------------------------- */

/* Which file or folder a path leads to, and its state; below a root (AT_FDCWD: the host's), links
 * are followed as they are inside it. */
static void add_identity(SHA2_CTX *sha, int root_fd, const char *path)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = root_fd == AT_FDCWD ? 0 : RESOLVE_IN_ROOT };
	AUTO_CLOSE int fd = sys_openat2(root_fd, path, &how);
	struct stat status;
	bool exists = fd >= 0 && fstat(fd, &status) == 0;
	add_number(sha, exists);
	if (!exists)
		return;
	char link[32];
	char resolved[PATH_MAX];
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, resolved, sizeof resolved);
	add_bytes(sha, resolved, length > 0 ? (size_t)length : 0);
	add_number(sha, status.st_dev);
	add_number(sha, status.st_ino);
	add_number(sha, (uint64_t)status.st_size);
	add_number(sha, (uint64_t)status.st_mtim.tv_sec);
	add_number(sha, (uint64_t)status.st_mtim.tv_nsec);
}

/* A program of a command, where the cell finds it. */
static void add_program(SHA2_CTX *sha, int root_fd, const struct language *language,
			const char *path)
{
	char buffer[PATH_MAX];
	const char *host_path = toolchain_host_path(language, path, buffer);
	if (host_path != NULL)
		add_identity(sha, AT_FDCWD, host_path);
	else
		add_identity(sha, root_fd, path);
}

static void add_installation(SHA2_CTX *sha, const char *rootfs, const struct language *language)
{
	int root_fd = AT_FDCWD;
	AUTO_CLOSE int folder_fd = FD_NONE;
	add_text(sha, toolchain_uses_host(rootfs) ? NULL : rootfs);
	if (!toolchain_uses_host(rootfs)) {
		add_identity(sha, AT_FDCWD, rootfs);
		/* Fails for an image, whose own identity then stands for everything in it. */
		folder_fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
		root_fd = folder_fd;
	}
	add_program(sha, root_fd, language, language->compile.argv[0]);
	add_program(sha, root_fd, language, language->version_argv[0]);
	add_identity(sha, root_fd, PACKAGE_DATABASE);
	for (size_t i = 0; i < language->bind_count; i++)
		add_identity(sha, AT_FDCWD, language->binds[i].bind.from);
}

int cache_key_make(const struct toolchain *toolchain, const struct program *program,
		   struct cache_key *ret_key, struct bailiff_error *err)
{
	SHA2_CTX sha;
	struct bailiff_limits limits = { 0 };
	toolchain_step_limits(toolchain, program->language, &limits);
	SHA256Init(&sha);
	add_number(&sha, KEY_VERSION);
	add_text(&sha, bailiff_version());
	add_language(&sha, program->language);
	add_sources(&sha, program);
	add_limits(&sha, &limits);
	add_installation(&sha, toolchain->rootfs, program->language);
	int rc = add_compile_policy(&sha, program, err);
	if (rc == 0)
		SHA256Final(ret_key->bytes, &sha);
	return rc;
}

void cache_key_text(const struct cache_key *key, char text[CACHE_KEY_TEXT_SIZE])
{
	for (size_t i = 0; i < sizeof key->bytes; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", key->bytes[i]);
}
