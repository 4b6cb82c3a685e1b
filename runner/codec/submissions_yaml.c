/* SPDX-License-Identifier: MIT */
/*
 * submissions.yaml: a map from patterns to what is expected of the submissions they match.
 */
#include "codec/submissions_yaml.h"

#include "base/error.h"
#include "base/mem.h"
#include "codec/yaml.h"
#include "codec/yaml_keys.h"
#include "judge/verdict_sets.h"

#include <string.h>

static int read_verdicts(struct yaml_reader *reader, const struct json_node *value,
			 verdict_set *ret_set)
{
	static const struct {
		const char *word;
		verdict_set set;
	} words[] = {
		{ "AC", SET_ACCEPTED },
		{ "WA", SET_WRONG },
		{ "TLE", SET_TIME },
		{ "RTE", SET_RUN_TIME },
	};
	const char *const *list = NULL;
	verdict_set set = 0;
	int rc = yaml_read_list(reader, value, &list);
	for (; rc == 0 && *list != NULL; list++) {
		size_t i = 0;
		while (i < ARRAY_LENGTH(words) && strcmp(words[i].word, *list) != 0)
			i++;
		if (i == ARRAY_LENGTH(words))
			return json_fail(value, reader->err, "must be of AC, WA, TLE and RTE");
		set |= words[i].set;
	}
	if (rc == 0 && set == 0)
		return json_fail(value, reader->err, "must not be empty");
	if (rc == 0)
		*ret_set = set;
	return rc;
}

static int read_permitted(struct yaml_reader *reader, const struct json_node *value)
{
	reader->rule->has_permitted = true;
	return read_verdicts(reader, value, &reader->rule->permitted);
}

static int read_required(struct yaml_reader *reader, const struct json_node *value)
{
	reader->rule->has_required = true;
	return read_verdicts(reader, value, &reader->rule->required);
}

static int read_language(struct yaml_reader *reader, const struct json_node *value)
{
	return yaml_read_scalar(reader, value, &reader->rule->language);
}

static int read_message(struct yaml_reader *reader, const struct json_node *value)
{
	const char *message = NULL;
	int rc = yaml_read_scalar(reader, value, &message);
	if (rc == 0 && message[0] != '\0')
		reader->rule->message = message;
	return rc;
}

/* A number, or the two ends of a range. */
static int read_expected_score(struct yaml_reader *reader, const struct json_node *value)
{
	struct submission_rule *rule = reader->rule;
	struct json_node first = *value, last = *value;
	size_t count = 1;
	if (cJSON_IsArray(value->item)) {
		int rc = json_array_size(value, 2, &count, reader->err);
		if (rc < 0)
			return rc;
		if (count != 2 || !json_first(value, &first))
			return json_fail(value, reader->err, "must be a number or two");
		last = first;
		(void)json_next(&last); /* there are two */
	}
	int rc = yaml_read_score(reader, &first, &rule->score_min);
	if (rc == 0)
		rc = yaml_read_score(reader, &last, &rule->score_max);
	if (rc == 0 && rule->score_min > rule->score_max)
		rc = json_fail(value, reader->err, "must have the smaller number first");
	rule->has_score = true;
	return rc;
}

static int read_use_for_time_limit(struct yaml_reader *reader, const struct json_node *value)
{
	const char *text = yaml_scalar_text(value);
	if (cJSON_IsFalse(value->item))
		reader->rule->time_use = TIME_USE_NONE;
	else if (cJSON_IsTrue(value->item))
		reader->rule->time_use = TIME_USE_BY_VERDICTS;
	else if (text != NULL && strcmp(text, "lower") == 0)
		reader->rule->time_use = TIME_USE_LOWER;
	else if (text != NULL && strcmp(text, "upper") == 0)
		reader->rule->time_use = TIME_USE_UPPER;
	else
		return json_fail(value, reader->err, "must be false, 'lower' or 'upper'");
	return 0;
}

static const struct yaml_key rule_keys[] = {
	{ "language", read_language, NULL },
	{ "entrypoint", NULL, NULL },
	{ "authors", NULL, NULL },
	{ "model_solution", NULL, NULL },
	{ "permitted", read_permitted, NULL },
	{ "required", read_required, NULL },
	{ "score", read_expected_score, NULL },
	{ "message", read_message, NULL },
	{ "use_for_time_limit", read_use_for_time_limit, NULL },
	{ NULL, NULL, NULL },
};

static int read_rule(struct yaml_reader *reader, const struct json_node *value)
{
	struct arena *arena = reader->file->arena;
	struct submission_rules *rules = reader->rules;
	const char *pattern = value->item->string;
	struct submission_rule *items =
		arena_grow(arena, rules->items, rules->count, sizeof *items);
	const char *copy = arena_copy(arena, pattern, strlen(pattern));
	if (items == NULL || copy == NULL)
		return fail_memory(reader->err);
	rules->items = items;
	reader->rule = &items[rules->count++];
	*reader->rule = (struct submission_rule){ .pattern = copy };
	return yaml_read_keys(reader, value, rule_keys);
}

static int read_rules(struct yaml_reader *reader, const struct json_node *root)
{
	int rc = json_only_keys(root, NULL, reader->err);
	struct json_node value;
	bool more = rc == 0 && json_first(root, &value);
	for (; rc == 0 && more; more = json_next(&value)) {
		if (!cJSON_IsNull(value.item))
			rc = read_rule(reader, &value);
	}
	return rc;
}

int submissions_yaml_read(const struct yaml_file *file, struct submission_rules *ret_rules,
			  struct bailiff_error *err)
{
	struct submission_rules rules = { 0 };
	struct yaml_reader reader = {
		.file = file,
		.err = err,
		.rules = &rules,
		.unknown_object = "what is expected of single groups and tests is not checked",
	};
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = yaml_parse(file->text, file->size, &document, err);
	if (rc == 0) {
		struct json_node root = json_root(document);
		rc = read_rules(&reader, &root);
	}
	if (rc == 0)
		*ret_rules = rules;
	return yaml_name_file(&reader, rc);
}
