/* SPDX-License-Identifier: MIT */
/*
 * `policy list` and `policy check` for scripts.
 */
#include "codec/policy_report_json.h"

#include "codec/json_write.h"
#include "codec/policy_write.h"
#include "policy_show.h"

#define CHECK_VERSION 1

int policy_list_json_print(char **ret_text, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init_array(&writer);
	for (size_t i = 0; builtin_policies[i] != NULL; i++) {
		const struct bailiff_policy *policy = builtin_policies[i];
		struct policy_counts counts = policy_count(policy);
		cJSON *object = json_append_object(&writer, writer.root);
		json_write_string(&writer, object, "name", policy->name);
		json_write_string(&writer, object, "description", policy->description);
		json_write_string(&writer, object, "default_action",
				  policy_action_oci_name(policy->default_action));
		json_write_u64(&writer, object, "rules", policy->rule_count);
		cJSON *calls = json_write_object(&writer, object, "calls");
		json_write_u64(&writer, calls, "allowed", counts.allowed);
		json_write_u64(&writer, calls, "conditional", counts.conditional);
		json_write_u64(&writer, calls, "refused", counts.refused);
		json_write_u64(&writer, calls, "denied", counts.denied);
	}
	int rc = json_write_print(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}

static void write_file(struct json_writer *writer, cJSON *files, const struct checked_file *file)
{
	cJSON *object = json_append_object(writer, files);
	json_write_string(writer, object, "path", file->path);
	json_write_string(writer, object, "error",
			  file->error != NULL ? file->error->message : NULL);
	cJSON *findings = json_write_array(writer, object, "findings");
	for (size_t i = 0; i < file->report->count; i++) {
		const struct lint_finding *finding = &file->report->findings[i];
		cJSON *entry = json_append_object(writer, findings);
		json_write_string(writer, entry, "severity", lint_severity_name(finding->severity));
		json_write_string(writer, entry, "id", finding->id);
		json_write_string(writer, entry, "where",
				  finding->where[0] != '\0' ? finding->where : NULL);
		json_write_string(writer, entry, "call",
				  finding->call[0] != '\0' ? finding->call : NULL);
		json_write_string(writer, entry, "message", finding->text);
	}
}

int policy_check_json_print(const struct checked_file *files, size_t count, char **ret_text,
			    struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	json_write_i64(&writer, writer.root, "version", CHECK_VERSION);
	cJSON *array = json_write_array(&writer, writer.root, "files");
	for (size_t i = 0; i < count; i++)
		write_file(&writer, array, &files[i]);
	int rc = json_write_print(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}
