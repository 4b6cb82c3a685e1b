/* SPDX-License-Identifier: MIT */
/*
 * problem.yaml, as a table of keys for each version of the format.
 */
#include "base/error.h"
#include "base/mem.h"
#include "codec/yaml.h"
#include "codec/yaml_keys.h"

#include <math.h>
#include <string.h>

#define FACTOR_MAX 1000.0
#define KIB 1024.0
#define MIB (1024.0 * 1024.0)

/* ---- problem.yaml: limits ---------------------------------------------------------------- */

#define LIMIT_READER(name_, field_, unit_)                                                 \
	static int read_##name_(struct yaml_reader *reader, const struct json_node *value) \
	{                                                                                  \
		return yaml_read_scaled(reader, value, unit_, &reader->problem->field_);   \
	}

#define FACTOR_READER(name_, field_)                                                          \
	static int read_##name_(struct yaml_reader *reader, const struct json_node *value)    \
	{                                                                                     \
		return yaml_read_number(reader, value, FACTOR_MAX, &reader->problem->field_); \
	}

LIMIT_READER(memory, limits.memory_bytes, MIB)
LIMIT_READER(output, limits.output_bytes, MIB)
LIMIT_READER(code, code_bytes_max, KIB)
LIMIT_READER(compilation_time, compile_limits.cpu_ns, NS_PER_S)
LIMIT_READER(compilation_memory, compile_limits.memory_bytes, MIB)
LIMIT_READER(validation_time, validation_limits.cpu_ns, NS_PER_S)
LIMIT_READER(validation_memory, validation_limits.memory_bytes, MIB)
LIMIT_READER(validation_output, validation_limits.output_bytes, MIB)
LIMIT_READER(time_limit, limits.cpu_ns, NS_PER_S)
LIMIT_READER(time_resolution, time_rule.resolution_ns, NS_PER_S)
FACTOR_READER(accepted_factor, time_rule.accepted_factor)
FACTOR_READER(rejected_factor, time_rule.rejected_factor)

static int read_validation_passes(struct yaml_reader *reader, const struct json_node *value)
{
	uint64_t passes = 0;
	int rc = json_u64(value, 2, 1000, &passes, reader->err);
	if (rc == 0)
		reader->problem->pass_limit = (unsigned)passes;
	return rc;
}

static int read_time_multipliers(struct yaml_reader *reader, const struct json_node *value)
{
	static const struct yaml_key keys[] = {
		{ "ac_to_time_limit", read_accepted_factor, NULL },
		{ "time_limit_to_tle", read_rejected_factor, NULL },
		{ NULL, NULL, NULL },
	};
	return yaml_read_keys(reader, value, keys);
}

static const struct yaml_key common_limits[] = {
	{ "memory", read_memory, NULL },
	{ "output", read_output, NULL },
	{ "code", read_code, NULL },
	{ "compilation_time", read_compilation_time, NULL },
	{ "compilation_memory", read_compilation_memory, NULL },
	{ "validation_time", read_validation_time, NULL },
	{ "validation_memory", read_validation_memory, NULL },
	{ "validation_output", read_validation_output, NULL },
	{ "validation_passes", read_validation_passes, NULL },
	{ "time_limit", read_time_limit, NULL },
	{ NULL, NULL, NULL },
};

static int read_legacy_limits(struct yaml_reader *reader, const struct json_node *value)
{
	static const struct yaml_key keys[] = {
		{ "time_multiplier", read_accepted_factor, NULL },
		{ "time_safety_margin", read_rejected_factor, NULL },
		{ NULL, NULL, common_limits },
	};
	return yaml_read_keys(reader, value, keys);
}

static int read_limits(struct yaml_reader *reader, const struct json_node *value)
{
	static const struct yaml_key keys[] = {
		{ "time_multipliers", read_time_multipliers, NULL },
		{ "time_resolution", read_time_resolution, NULL },
		{ NULL, NULL, common_limits },
	};
	return yaml_read_keys(reader, value, keys);
}

/* What both versions of the format call typical. */
static void set_defaults(struct problem *problem)
{
	bool is_legacy = problem->format == PROBLEM_FORMAT_LEGACY;
	problem->limits.memory_bytes = (uint64_t)(2048 * MIB);
	problem->limits.output_bytes = (uint64_t)(8 * MIB);
	problem->code_bytes_max = (uint64_t)(128 * KIB);
	problem->compile_limits.cpu_ns = UINT64_C(60000000000);
	problem->compile_limits.memory_bytes = (uint64_t)(2048 * MIB);
	problem->validation_limits.cpu_ns = UINT64_C(60000000000);
	problem->validation_limits.memory_bytes = (uint64_t)(2048 * MIB);
	problem->validation_limits.output_bytes = (uint64_t)(8 * MIB);
	problem->pass_limit = 2;
	problem->maximize = true;
	problem->time_rule = (struct time_rule){
		.accepted_factor = is_legacy ? 5.0 : 2.0,
		.rejected_factor = is_legacy ? 2.0 : 1.5,
		.resolution_ns = UINT64_C(1000000000),
	};
}

/* ---- problem.yaml: what kind of problem -------------------------------------------------- */

/* A text, or a map from languages to texts: English where there is any, else the first. */
static int read_name(struct yaml_reader *reader, const struct json_node *value)
{
	struct json_node text = *value;
	if (cJSON_IsObject(value->item) && !json_find(value, "en", &text) &&
	    !json_first(value, &text))
		return json_fail(value, reader->err, "must not be empty");
	return yaml_read_scalar(reader, &text, &reader->problem->title);
}

static int read_legacy_type(struct yaml_reader *reader, const struct json_node *value)
{
	const char *type = yaml_scalar_text(value);
	if (type == NULL || (strcmp(type, "pass-fail") != 0 && strcmp(type, "scoring") != 0))
		return json_fail(value, reader->err, "must be 'pass-fail' or 'scoring'");
	reader->problem->is_scoring = strcmp(type, "scoring") == 0;
	return 0;
}

static int add_type(struct yaml_reader *reader, const struct json_node *value, bool *is_pass_fail)
{
	struct problem *problem = reader->problem;
	const char *type = yaml_scalar_text(value);
	if (type != NULL && strcmp(type, "pass-fail") == 0)
		*is_pass_fail = true;
	else if (type != NULL && strcmp(type, "scoring") == 0)
		problem->is_scoring = true;
	else if (type != NULL && strcmp(type, "multi-pass") == 0)
		problem->is_multi_pass = true;
	else if (type != NULL && strcmp(type, "interactive") == 0)
		problem->is_interactive = true;
	else if (type != NULL && strcmp(type, "submit-answer") == 0)
		problem->is_submit_answer = true;
	else
		return json_fail(value, reader->err,
				 "must be 'pass-fail', 'scoring', 'multi-pass', 'interactive' or "
				 "'submit-answer'");
	return 0;
}

static int read_type(struct yaml_reader *reader, const struct json_node *value)
{
	const struct problem *problem = reader->problem;
	bool is_pass_fail = false;
	struct json_node item;
	int rc = 0;
	if (!cJSON_IsArray(value->item))
		return add_type(reader, value, &is_pass_fail);
	for (bool more = json_first(value, &item); rc == 0 && more; more = json_next(&item))
		rc = add_type(reader, &item, &is_pass_fail);
	if (rc < 0)
		return rc;
	if (is_pass_fail && problem->is_scoring)
		return json_fail(value, reader->err, "'pass-fail' excludes 'scoring'");
	if (problem->is_submit_answer && (problem->is_multi_pass || problem->is_interactive))
		return json_fail(value, reader->err,
				 "'submit-answer' excludes 'multi-pass' and 'interactive'");
	return 0;
}

static int read_validation(struct yaml_reader *reader, const struct json_node *value)
{
	struct problem *problem = reader->problem;
	const char *const *words = NULL;
	int rc = yaml_read_flags(reader, value, &words);
	if (rc < 0 || words == NULL)
		return rc;
	reader->is_custom = strcmp(words[0], "custom") == 0;
	if (!reader->is_custom && (strcmp(words[0], "default") != 0 || words[1] != NULL))
		return json_fail(value, reader->err, "must be 'default' or begin with 'custom'");
	for (words++; *words != NULL; words++) {
		if (strcmp(*words, "interactive") == 0)
			problem->is_interactive = true;
		else if (strcmp(*words, "multi-pass") == 0)
			problem->is_multi_pass = true;
		else if (strcmp(*words, "score") != 0) /* known by the file that validators write */
			return json_fail(value, reader->err,
					 "'%s' is not one of 'score', 'interactive', 'multi-pass'",
					 *words);
	}
	return 0;
}

static int read_validator_flags(struct yaml_reader *reader, const struct json_node *value)
{
	int rc = yaml_set_origin(reader, value, &reader->settings->flags_origin);
	return rc < 0 ? rc : yaml_read_flags(reader, value, &reader->settings->common_flags);
}

static int read_objective(struct yaml_reader *reader, const struct json_node *value)
{
	const char *text = yaml_scalar_text(value);
	if (text == NULL || (strcmp(text, "max") != 0 && strcmp(text, "min") != 0))
		return json_fail(value, reader->err, "must be 'max' or 'min'");
	reader->problem->maximize = strcmp(text, "max") == 0;
	return 0;
}

static int read_problem_grading(struct yaml_reader *reader, const struct json_node *value)
{
	static const struct yaml_key keys[] = {
		{ "objective", read_objective, NULL },
		{ "show_test_data_groups", NULL, NULL },
		{ "range", yaml_read_range, NULL },
		{ "on_reject", yaml_read_on_reject, NULL },
		{ NULL, NULL, NULL },
	};
	return yaml_read_keys(reader, value, keys);
}

static int read_constants(struct yaml_reader *reader, const struct json_node *value)
{
	if (value->item->child != NULL)
		warning_add(reader->file->arena, reader->file->warnings,
			    "%s: constants: are not put into validators, included files and "
			    "submissions",
			    reader->file->name);
	return 0;
}

static const struct yaml_key legacy_keys[] = {
	{ "problem_format_version", NULL, NULL },
	{ "type", read_legacy_type, NULL },
	{ "name", read_name, NULL },
	{ "uuid", NULL, NULL },
	{ "author", NULL, NULL },
	{ "source", NULL, NULL },
	{ "source_url", NULL, NULL },
	{ "license", NULL, NULL },
	{ "rights_owner", NULL, NULL },
	{ "keywords", NULL, NULL },
	{ "limits", read_legacy_limits, NULL },
	{ "validation", read_validation, NULL },
	{ "validator_flags", read_validator_flags, NULL },
	{ "grading", read_problem_grading, NULL },
	{ "libraries", NULL, NULL },
	{ "languages", NULL, NULL },
	{ NULL, NULL, NULL },
};

static const struct yaml_key current_keys[] = {
	{ "problem_format_version", NULL, NULL },
	{ "name", read_name, NULL },
	{ "uuid", NULL, NULL },
	{ "type", read_type, NULL },
	{ "version", NULL, NULL },
	{ "credits", NULL, NULL },
	{ "source", NULL, NULL },
	{ "license", NULL, NULL },
	{ "rights_owner", NULL, NULL },
	{ "embargo_until", NULL, NULL },
	{ "keywords", NULL, NULL },
	{ "limits", read_limits, NULL },
	{ "languages", NULL, NULL },
	{ "allow_file_writing", NULL, NULL },
	{ "constants", read_constants, NULL },
	{ NULL, NULL, NULL },
};

static int read_version(struct yaml_reader *reader, const struct json_node *root)
{
	static const struct {
		const char *name;
		enum problem_format format;
	} versions[] = {
		{ "legacy", PROBLEM_FORMAT_LEGACY },
		{ "legacy-icpc", PROBLEM_FORMAT_LEGACY },
		{ "2023-07-draft", PROBLEM_FORMAT_2025_09 },
		{ "2023-07", PROBLEM_FORMAT_2025_09 },
		{ "2025-09", PROBLEM_FORMAT_2025_09 },
	};
	struct json_node value;
	reader->problem->format = PROBLEM_FORMAT_LEGACY;
	if (!json_find(root, "problem_format_version", &value) || cJSON_IsNull(value.item))
		return 0;
	const char *text = yaml_scalar_text(&value);
	for (size_t i = 0; text != NULL && i < ARRAY_LENGTH(versions); i++) {
		if (strcmp(versions[i].name, text) != 0)
			continue;
		reader->problem->format = versions[i].format;
		return 0;
	}
	return json_fail(&value, reader->err, "must be 'legacy', 'legacy-icpc' or '2025-09'");
}

static int read_problem(struct yaml_reader *reader, const struct json_node *root)
{
	int rc = json_only_keys(root, NULL, reader->err);
	if (rc == 0)
		rc = read_version(reader, root);
	if (rc < 0)
		return rc;
	bool is_legacy = reader->problem->format == PROBLEM_FORMAT_LEGACY;
	set_defaults(reader->problem);
	*reader->settings = (struct group_settings){
		.accept_score = 1.0,
		.range_min = -INFINITY,
		.range_max = INFINITY,
	};
	return yaml_read_keys(reader, root, is_legacy ? legacy_keys : current_keys);
}

int problem_yaml_read(const struct yaml_file *file, struct problem *problem,
		      struct group_settings *root, bool *ret_is_custom, struct bailiff_error *err)
{
	struct yaml_reader reader = {
		.file = file, .problem = problem, .settings = root, .err = err
	};
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = yaml_parse(file->text, file->size, &document, err);
	if (rc == 0) {
		struct json_node node = json_root(document);
		rc = read_problem(&reader, &node);
	}
	if (rc == 0)
		*ret_is_custom = reader.is_custom;
	return yaml_name_file(&reader, rc);
}
