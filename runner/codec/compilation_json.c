/* SPDX-License-Identifier: MIT */
/*
 * The published form of a compile step, and of a run that came after one.
 */
#include "codec/compilation_json.h"

#include "base/mem.h"
#include "codec/result_json.h"

static const char *verdict_name(enum compile_verdict verdict)
{
	switch (verdict) {
	case COMPILE_OK: return "OK";
	case COMPILE_CE: return "CE";
	case COMPILE_IE: break;
	}
	return "IE";
}

void compilation_json_write(struct json_writer *writer, cJSON *object,
			    const struct language *language, const struct compilation *compilation,
			    bool cached)
{
	json_write_string(writer, object, "language", language->id);
	cJSON *compile = json_write_object(writer, object, "compile");
	json_write_string(writer, compile, "verdict", verdict_name(compilation->verdict));
	json_write_string(writer, compile, "message", compilation->message);
	result_json_write_cost(writer, compile, &compilation->result);
	json_write_string(writer, compile, "diagnostics", compilation->diagnostics);
	json_write_bool(writer, compile, "truncated", compilation->truncated);
	json_write_bool(writer, compile, "cached", cached);
}

/* The keys of a run result, for a program that was not run. */
static void write_not_run(struct json_writer *writer, const struct compilation *compilation)
{
	static const char *const unknown[] = {
		"hint",	  "exit_code", "signal", "signal_name", "time",	  "memory", "processes",
		"output", "stdout",    "stderr", "syscall",	"limits", "cell",   "noise",
	};
	bool is_ie = compilation->verdict == COMPILE_IE;
	json_write_i64(writer, writer->root, "version", RESULT_JSON_VERSION);
	json_write_string(writer, writer->root, "verdict", verdict_name(compilation->verdict));
	json_write_string(writer, writer->root, "reason",
			  is_ie ? bailiff_stage_name(compilation->result.error.stage) : "compile");
	json_write_string(writer, writer->root, "message", compilation->message);
	for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++)
		json_write_null(writer, writer->root, unknown[i]);
	if (is_ie)
		result_json_write_error(writer, writer->root, &compilation->result.error);
}

int try_json_print(const struct language *language, const struct compilation *compilation,
		   const struct bailiff_result *result, const struct bailiff_spec *spec,
		   char **ret_text, struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	json_write_init(&writer);
	if (result != NULL)
		result_json_write(&writer, result, spec);
	else
		write_not_run(&writer, compilation);
	compilation_json_write(&writer, writer.root, language, compilation, /* cached= */ false);
	int rc = json_write_print(&writer, ret_text, err);
	json_write_finish(&writer);
	return rc;
}
