/* SPDX-License-Identifier: MIT */
/*
 * An entry's key is everything a filter depends on, written out one after another: the launch's
 * descriptors, the default action, and the rules without their reasons. Keys are compared whole, so
 * no two policies can be taken for each other. Entries never change; a hit copies the program
 * (a few kilobytes) under the lock, so that nobody holds on to an entry and any may be replaced.
 * Compiling, which takes up to a millisecond, happens outside the lock: two threads that miss at
 * once both compile, and the second result replaces nothing.
 */
#include "filter/cache.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* Different policies in use by one process at a time; a judge has one per language family. */
#define ENTRIES_MAX 32

struct key {
	unsigned char *bytes; /* owned */
	size_t size, capacity;
};

struct entry {
	struct key key; /* empty = unused */
	struct filter filter;
	uint64_t used; /* the clock's value when it was asked for last */
};

struct filter_cache {
	pthread_mutex_t lock; /* of everything below */
	struct entry entries[ENTRIES_MAX];
	uint64_t clock;
	size_t compilations;
};

/* ---- keys -------------------------------------------------------------------------------- */

static bool key_add(struct key *key, const void *bytes, size_t size)
{
	if (size > key->capacity - key->size) {
		size_t capacity = 2 * (key->size + size);
		unsigned char *grown = realloc(key->bytes, capacity);
		if (grown == NULL)
			return false;
		key->bytes = grown;
		key->capacity = capacity;
	}
	memcpy(key->bytes + key->size, bytes, size);
	key->size += size;
	return true;
}

static bool key_add_number(struct key *key, uint64_t number)
{
	return key_add(key, &number, sizeof number);
}

static bool key_add_rule(struct key *key, const struct policy_rule *rule)
{
	bool ok = key_add_number(key, (uint64_t)rule->action) &&
		  key_add_number(key, (uint64_t)rule->errnum) &&
		  key_add_number(key, rule->condition_count);
	for (size_t i = 0; ok && i < rule->condition_count; i++) {
		const struct policy_condition *condition = &rule->conditions[i];
		ok = key_add_number(key, condition->index) &&
		     key_add_number(key, (uint64_t)condition->op) &&
		     key_add_number(key, condition->value) &&
		     key_add_number(key, condition->value_two);
	}
	for (const char *const *name = rule->names; ok && *name != NULL; name++)
		ok = key_add(key, *name, strlen(*name) + 1);
	return ok && key_add(key, "", 1); /* no call's name is empty: ends the list */
}

static bool key_make(struct key *key, const struct bailiff_policy *policy,
		     const struct filter_launch *launch)
{
	bool ok = key_add_number(key, (uint64_t)launch->exec_fd) &&
		  key_add_number(key, (uint64_t)launch->report_fd) &&
		  key_add_number(key, (uint64_t)policy->default_action) &&
		  key_add_number(key, (uint64_t)policy->default_errnum);
	for (size_t i = 0; ok && i < policy->rule_count; i++)
		ok = key_add_rule(key, &policy->rules[i]);
	return ok;
}

static void key_finish(struct key *key)
{
	free(key->bytes);
	*key = (struct key){ 0 };
}

/* ---- entries ----------------------------------------------------------------------------- */

static bool filter_copy(const struct filter *filter, struct filter *ret_copy)
{
	size_t size = filter->length * sizeof *filter->code;
	struct sock_filter *code = malloc(size);
	if (code == NULL)
		return false;
	memcpy(code, filter->code, size);
	*ret_copy = (struct filter){ code, filter->length, filter->proof };
	return true;
}

static void entry_finish(struct entry *entry)
{
	key_finish(&entry->key);
	filter_finish(&entry->filter);
}

/* The caller holds the lock. */
static struct entry *find(struct filter_cache *cache, const struct key *key)
{
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct entry *entry = &cache->entries[i];
		if (entry->key.size == key->size &&
		    memcmp(entry->key.bytes, key->bytes, key->size) == 0)
			return entry;
	}
	return NULL;
}

/* Copies the filter under `key`, where there is one. */
static bool look_up(struct filter_cache *cache, const struct key *key, struct filter *ret_filter)
{
	(void)pthread_mutex_lock(&cache->lock);
	struct entry *entry = find(cache, key);
	bool found = entry != NULL && filter_copy(&entry->filter, ret_filter);
	if (found)
		entry->used = ++cache->clock;
	(void)pthread_mutex_unlock(&cache->lock);
	return found;
}

/* Keeps a copy of the filter, in the place that was not used longest, and takes the key. A filter
 * that cannot be kept is compiled again next time. */
static void keep(struct filter_cache *cache, struct key *key, const struct filter *filter)
{
	(void)pthread_mutex_lock(&cache->lock);
	cache->compilations++;
	struct filter copy;
	if (find(cache, key) == NULL && filter_copy(filter, &copy)) {
		struct entry *oldest = &cache->entries[0];
		for (size_t i = 1; i < ENTRIES_MAX; i++)
			if (cache->entries[i].used < oldest->used)
				oldest = &cache->entries[i];
		entry_finish(oldest);
		*oldest = (struct entry){ .key = *key, .filter = copy, .used = ++cache->clock };
		*key = (struct key){ 0 };
	}
	(void)pthread_mutex_unlock(&cache->lock);
}

/* ---- the cache --------------------------------------------------------------------------- */

struct filter_cache *filter_cache_create(void)
{
	struct filter_cache *cache = calloc(1, sizeof *cache);
	if (cache != NULL)
		(void)pthread_mutex_init(&cache->lock, NULL); /* cannot fail with defaults */
	return cache;
}

void filter_cache_destroy(struct filter_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		entry_finish(&cache->entries[i]);
	(void)pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static int no_memory(const struct bailiff_policy *policy, struct bailiff_error *err)
{
	return fail_internal(err, BAILIFF_STAGE_POLICY, ENOMEM, "prepare policy '%s'",
			     policy->name);
}

/* Copies the program that the build made, if it is for this launch. */
static bool is_prebuilt(const struct bailiff_policy *policy, const struct filter_launch *launch)
{
	const struct policy_code *code = policy->code;
	return code != NULL && code->exec_fd == launch->exec_fd &&
	       code->report_fd == launch->report_fd;
}

static int copy_prebuilt(const struct bailiff_policy *policy, struct filter *ret_filter,
			 struct bailiff_error *err)
{
	size_t size = policy->code->length * sizeof(struct sock_filter);
	struct sock_filter *code = malloc(size);
	if (code == NULL)
		return no_memory(policy, err);
	memcpy(code, policy->code->instructions, size);
	*ret_filter = (struct filter){ code, policy->code->length, policy->code->proof };
	return 0;
}

int filter_cache_get(struct filter_cache *cache, const struct bailiff_policy *policy,
		     const struct filter_launch *launch, struct filter *ret_filter,
		     struct bailiff_error *err)
{
	if (is_prebuilt(policy, launch))
		return copy_prebuilt(policy, ret_filter, err);
	struct key key = { 0 };
	int rc = 0;
	if (!key_make(&key, policy, launch))
		rc = no_memory(policy, err);
	else if (!look_up(cache, &key, ret_filter)) {
		rc = filter_compile(policy, launch, ret_filter, NULL, err);
		if (rc == 0)
			keep(cache, &key, ret_filter);
	}
	key_finish(&key);
	return rc;
}

size_t filter_cache_compilations(struct filter_cache *cache)
{
	(void)pthread_mutex_lock(&cache->lock);
	size_t compilations = cache->compilations;
	(void)pthread_mutex_unlock(&cache->lock);
	return compilations;
}
