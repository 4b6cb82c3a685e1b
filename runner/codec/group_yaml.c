/* SPDX-License-Identifier: MIT */
/*
 * What the YAML files beside the tests say: testdata.yaml (legacy), test_group.yaml and the .yaml
 * of a single test (2025-09).
 */
#include "base/error.h"
#include "codec/yaml.h"
#include "codec/yaml_keys.h"

#include <string.h>

/* ---- testdata.yaml ----------------------------------------------------------------------- */

static int read_grading(struct yaml_reader *reader, const struct json_node *value)
{
	const char *text = yaml_scalar_text(value);
	if (text == NULL || (strcmp(text, "default") != 0 && strcmp(text, "custom") != 0))
		return json_fail(value, reader->err, "must be 'default' or 'custom'");
	reader->settings->custom_grader = strcmp(text, "custom") == 0;
	return 0;
}

static int read_grader_flags(struct yaml_reader *reader, const struct json_node *value)
{
	int rc = yaml_set_origin(reader, value, &reader->settings->grader_origin);
	return rc < 0 ? rc : yaml_read_flags(reader, value, &reader->settings->grader_flags);
}

static int read_named_flags(struct yaml_reader *reader, const struct json_node *value)
{
	size_t count = 0;
	for (const cJSON *item = value->item->child; item != NULL; item = item->next)
		count++;
	struct named_flags *list = arena_alloc(reader->file->arena, (count + 1) * sizeof *list);
	if (list == NULL)
		return fail_memory(reader->err);
	struct json_node item;
	for (bool more = json_first(value, &item); more; more = json_next(&item)) {
		const char *name = item.item->string;
		list[item.index].name = arena_copy(reader->file->arena, name, strlen(name));
		if (list[item.index].name == NULL)
			return fail_memory(reader->err);
		int rc = cJSON_IsNull(item.item) ?
				 0 :
				 yaml_read_flags(reader, &item, &list[item.index].flags);
		if (rc < 0)
			return rc;
	}
	reader->settings->named_flags = list;
	reader->settings->group_flags = NULL;
	return 0;
}

static int read_output_validator_flags(struct yaml_reader *reader, const struct json_node *value)
{
	int rc = yaml_set_origin(reader, value, &reader->settings->flags_origin);
	if (rc < 0)
		return rc;
	if (cJSON_IsObject(value->item))
		return read_named_flags(reader, value);
	reader->settings->named_flags = NULL;
	return yaml_read_flags(reader, value, &reader->settings->group_flags);
}

static int read_accept_score(struct yaml_reader *reader, const struct json_node *value)
{
	return yaml_read_score(reader, value, &reader->settings->accept_score);
}

static int read_reject_score(struct yaml_reader *reader, const struct json_node *value)
{
	return yaml_read_score(reader, value, &reader->settings->reject_score);
}

int testdata_yaml_read(const struct yaml_file *file, struct group_settings *settings,
		       struct bailiff_error *err)
{
	static const struct yaml_key keys[] = {
		{ "on_reject", yaml_read_on_reject, NULL },
		{ "grading", read_grading, NULL },
		{ "grader_flags", read_grader_flags, NULL },
		{ "input_validator_flags", NULL, NULL },
		{ "output_validator_flags", read_output_validator_flags, NULL },
		{ "accept_score", read_accept_score, NULL },
		{ "reject_score", read_reject_score, NULL },
		{ "range", yaml_read_range, NULL },
		{ NULL, NULL, NULL },
	};
	struct yaml_reader reader = { .file = file, .settings = settings, .err = err };
	return yaml_read_file(&reader, keys);
}

/* ---- test_group.yaml and the .yaml of a test --------------------------------------------- */

static int read_max_score(struct yaml_reader *reader, const struct json_node *value)
{
	struct group_settings *settings = reader->settings;
	const char *text = yaml_scalar_text(value);
	settings->is_bounded = text == NULL || strcmp(text, "unbounded") != 0;
	if (!settings->is_bounded)
		return 0;
	if (text == NULL || !parse_score(text, false, &settings->max_score) ||
	    settings->max_score < 0)
		return json_fail(value, reader->err,
				 "must be a number that is not negative, or 'unbounded'");
	return 0;
}

static int read_score_aggregation(struct yaml_reader *reader, const struct json_node *value)
{
	struct group_settings *settings = reader->settings;
	const char *text = yaml_scalar_text(value);
	if (text == NULL || (strcmp(text, "pass-fail") != 0 && strcmp(text, "sum") != 0 &&
			     strcmp(text, "min") != 0))
		return json_fail(value, reader->err, "must be 'pass-fail', 'sum' or 'min'");
	settings->is_pass_fail = strcmp(text, "pass-fail") == 0;
	settings->score_mode = strcmp(text, "sum") == 0 ? SCORE_SUM : SCORE_MIN;
	return 0;
}

static int read_require_pass(struct yaml_reader *reader, const struct json_node *value)
{
	return yaml_read_list(reader, value, &reader->settings->required_groups);
}

static int refuse_static_validation(struct yaml_reader *reader, const struct json_node *value)
{
	return json_fail(value, reader->err, "static validation is not supported");
}

static int read_args(struct yaml_reader *reader, const struct json_node *value)
{
	return yaml_read_arguments(reader, value, &reader->settings->args);
}

static int read_output_validator_args(struct yaml_reader *reader, const struct json_node *value)
{
	int rc = yaml_set_origin(reader, value, &reader->settings->flags_origin);
	return rc < 0 ? rc : yaml_read_arguments(reader, value, &reader->settings->validator_args);
}

static const struct yaml_key common_keys[] = {
	{ "args", read_args, NULL },
	{ "input_validator_args", NULL, NULL },
	{ "output_validator_args", read_output_validator_args, NULL },
	{ "input_visualizer_args", NULL, NULL },
	{ "output_visualizer_args", NULL, NULL },
	{ "full_feedback", NULL, NULL },
	{ NULL, NULL, NULL },
};

int test_group_yaml_read(const struct yaml_file *file, struct group_settings *settings,
			 struct bailiff_error *err)
{
	static const struct yaml_key keys[] = {
		{ "max_score", read_max_score, NULL },
		{ "score_aggregation", read_score_aggregation, NULL },
		{ "require_pass", read_require_pass, NULL },
		{ "static_validation_score", refuse_static_validation, NULL },
		{ "static_validator_args", NULL, NULL },
		{ NULL, NULL, common_keys },
	};
	struct yaml_reader reader = { .file = file, .settings = settings, .err = err };
	return yaml_read_file(&reader, keys);
}

int test_case_yaml_read(const struct yaml_file *file, struct group_settings *settings,
			struct bailiff_error *err)
{
	static const struct yaml_key keys[] = {
		{ "hint", NULL, NULL },
		{ "description", NULL, NULL },
		{ NULL, NULL, common_keys },
	};
	struct yaml_reader reader = { .file = file, .settings = settings, .err = err };
	return yaml_read_file(&reader, keys);
}
