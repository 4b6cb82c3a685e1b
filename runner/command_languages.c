/* SPDX-License-Identifier: MIT */
/*
 * `bailiff languages`: which languages there are definitions for, and which of them this machine
 * has a tool chain for, found by asking it.
 */
#include "commands.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "codec/json_write.h"
#include "exit_status.h"
#include "language.h"
#include "message.h"
#include "options.h"
#include "version_probe.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct option_row language_rows[] = {
	{ "json", 0, NULL, "Options", "print JSON", NULL, option_ignore },
	{ "languages", 0, "DIR", "Options",
	  "definitions of your own, see bailiff-languages(5);\none of a known id replaces it", NULL,
	  option_ignore },
	{ "help", 'h', NULL, "Options", "show this text", NULL, option_ignore },
};

static const struct option_table language_table = {
	.usage = "bailiff languages [--json] [--languages DIR]",
	.summary = "Shows the languages it can compile and run, and which are installed here.",
	.more = "bailiff-languages(5)",
	.rows = language_rows,
	.row_count = ARRAY_LENGTH(language_rows),
};

/* "cpp cc cxx" as one text, cut where it is long. */
static void join_extensions(const struct language *language, char *text, size_t capacity)
{
	size_t used = 0;
	text[0] = '\0';
	for (const char *const *at = language->extensions; *at != NULL && used < capacity; at++) {
		int length =
			snprintf(text + used, capacity - used, "%s.%s", used > 0 ? " " : "", *at);
		used += length > 0 ? (size_t)length : 0;
	}
}

static void print_table(const struct language_set *set, char (*versions)[VERSION_TEXT_MAX])
{
	(void)printf("%-12s %-12s %-10s %-10s %s\n", "ID", "NAME", "VERSION", "POLICY",
		     "EXTENSIONS");
	for (size_t i = 0; i < set->count; i++) {
		const struct language *language = &set->items[i];
		char extensions[64];
		bool installed = versions[i][0] != '\0';
		join_extensions(language, extensions, sizeof extensions);
		(void)printf("%-12s ", language->id);
		print_escaped(stdout, language->name);
		int padding = 12 - (int)strlen(language->name);
		(void)printf("%*s %-10s %-10s %s", padding > 0 ? padding : 0, "",
			     installed ? versions[i] : "-", language->run.policy, extensions);
		if (!installed) {
			(void)printf("  (not installed: apt install ");
			print_escaped(stdout, language->package);
			(void)printf(")");
		}
		(void)printf("\n");
	}
}

static void write_language(struct json_writer *writer, const struct language *language,
			   const char *version)
{
	cJSON *object = json_append_object(writer, writer->root);
	json_write_string(writer, object, "id", language->id);
	json_write_string(writer, object, "name", language->name);
	json_write_string(writer, object, "version", version[0] != '\0' ? version : NULL);
	cJSON *extensions = json_write_array(writer, object, "extensions");
	for (const char *const *at = language->extensions; *at != NULL; at++)
		json_append_string(writer, extensions, *at);
	json_write_string(writer, object, "policy", language->run.policy);
	json_write_string(writer, object, "package", language->package);
}

static int print_json(const struct language_set *set, char (*versions)[VERSION_TEXT_MAX],
		      struct bailiff_error *err)
{
	struct json_writer writer = { 0 };
	AUTO_FREE char *text = NULL;
	json_write_init_array(&writer);
	for (size_t i = 0; i < set->count; i++)
		write_language(&writer, &set->items[i], versions[i]);
	int rc = json_write_print(&writer, &text, err);
	json_write_finish(&writer);
	if (rc < 0)
		return rc;
	rc = io_write_all(STDOUT_FILENO, text, strlen(text));
	return rc == 0 ? 0 :
			 fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "write standard output");
}

static int show(const char *folder, bool json, struct bailiff_error *err)
{
	char versions[LANGUAGES_MAX][VERSION_TEXT_MAX];
	struct language_set set = { 0 };
	int rc = language_set_load(&set, folder, err);
	if (rc == 0)
		rc = version_probe(&set, versions, err);
	if (rc == 0 && json)
		rc = print_json(&set, versions, err);
	else if (rc == 0)
		print_table(&set, versions);
	language_set_finish(&set);
	return rc;
}

int command_languages(int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	struct parsed_options options = { 0 };
	int rc = options_parse(&language_table, argc, argv, &options, &err);
	if (rc == 0 && options.rest < argc)
		rc = fail_spec(&err, "unexpected argument '%s'", argv[options.rest]);
	bool help = rc == 0 && options_find(&options, "help") != NULL;
	bool json = rc == 0 && options_find(&options, "json") != NULL;
	const struct parsed_option *folder = rc == 0 ? options_find(&options, "languages") : NULL;
	const char *folder_path = folder != NULL ? folder->value : NULL;
	options_finish(&options);
	if (rc < 0) {
		message_usage(&err, "languages");
		return EX_USAGE;
	}
	if (help) {
		options_help(&language_table, stdout);
		return EX_OK;
	}
	if (show(folder_path, json, &err) < 0) {
		message_error(&err);
		return exit_status_of_error(&err);
	}
	return EX_OK;
}
