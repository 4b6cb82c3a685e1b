/* SPDX-License-Identifier: MIT */
/*
 * `bailiff doctor`: what this machine offers, as a list for humans or as JSON for scripts. Looks,
 * tries one cell, and leaves everything as it was.
 */
#include "commands.h"

#include "base/error.h"
#include "base/io.h"
#include "base/mem.h"
#include "codec/json_write.h"
#include "exit_status.h"
#include "message.h"
#include "plain_command.h"
#include "scope.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* Above the number of checks the library makes. */
#define CHECKS_MAX 64u
#define DOCTOR_VERSION 1

static const struct plain_command doctor_command = {
	.name = "doctor",
	.usage = "bailiff doctor [--json]",
	.summary = "Shows what this machine offers, what is missing, and what mends it.\n"
		   "Exits with 0 where bailiff can run, with 69 where it cannot.",
	.more = "bailiff(1)",
};

/* ECMA-48 select graphic rendition: green, yellow, red. */
static const struct {
	const char *name;
	const char *colour;
} statuses[] = {
	[BAILIFF_CHECK_OK] = { "ok", "\033[32m" },
	[BAILIFF_CHECK_WARN] = { "warn", "\033[33m" },
	[BAILIFF_CHECK_FAIL] = { "fail", "\033[31m" },
};

static void print_detail(const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	(void)printf("      %-4s  ", label);
	print_escaped(stdout, text);
	(void)printf("\n");
}

static void print_table(const struct bailiff_check *checks, size_t count, bool usable)
{
	bool colours = use_colours(stdout);
	for (size_t i = 0; i < count; i++) {
		const struct bailiff_check *check = &checks[i];
		(void)printf("%s%-4s%s  %-14s  ", colours ? statuses[check->status].colour : "",
			     statuses[check->status].name, colours ? "\033[0m" : "", check->id);
		print_escaped(stdout, check->finding);
		(void)printf("\n");
		print_detail("cost", check->cost);
		print_detail("mend", check->mend);
	}
	(void)printf("%s\n", usable ? "bailiff can run here." : "bailiff cannot run here.");
}

static int print_json(const struct bailiff_check *checks, size_t count, bool usable)
{
	struct bailiff_error err = { 0 };
	struct json_writer writer = { 0 };
	AUTO_FREE char *text = NULL;
	json_write_init(&writer);
	json_write_u64(&writer, writer.root, "version", DOCTOR_VERSION);
	json_write_bool(&writer, writer.root, "usable", usable);
	cJSON *array = json_write_array(&writer, writer.root, "checks");
	for (size_t i = 0; i < count; i++) {
		const struct bailiff_check *check = &checks[i];
		cJSON *object = json_append_object(&writer, array);
		json_write_string(&writer, object, "id", check->id);
		json_write_string(&writer, object, "status", statuses[check->status].name);
		json_write_string(&writer, object, "finding", check->finding);
		json_write_string(&writer, object, "cost", check->cost);
		json_write_string(&writer, object, "mend", check->mend);
	}
	int rc = json_write_print(&writer, &text, &err);
	json_write_finish(&writer);
	return rc < 0 ? rc : io_write_all(STDOUT_FILENO, text, strlen(text));
}

/*
 * `bailiff run` mends a cgroup it cannot use by starting over in a scope; so does this command, to
 * see what a run would see. Returns only where that is not needed, or not possible.
 */
static void enter_scope(char **argv)
{
	struct bailiff_error err = { 0 };
	struct bailiff_host *host = NULL;
	sigset_t mask;
	if (bailiff_host_open(&host, &err) < 0 && scope_would_mend(&err) &&
	    sigprocmask(SIG_SETMASK, NULL, &mask) == 0)
		(void)scope_restart(argv, &mask, &err);
	bailiff_host_close(host);
}

/* What the scope costs is worth a remark. */
static void remark_scope(struct bailiff_check *check)
{
	if (!scope_is_ours() || check->status != BAILIFF_CHECK_OK)
		return;
	check->status = BAILIFF_CHECK_WARN;
	(void)snprintf(check->cost, sizeof check->cost,
		       "every command asks systemd for this group first, which takes some milliseconds");
	(void)snprintf(check->mend, sizeof check->mend,
		       "call bailiff from a service with Delegate=yes, or under systemd-run --scope -p "
		       "Delegate=yes");
}

static void fill(char *text, size_t capacity, const char *content)
{
	size_t length = strnlen(content, capacity - 1);
	memcpy(text, content, length);
	text[length] = '\0';
}

/* No list of features is as sure as doing it: a cell is built, and a program runs in it. */
static void try_cell(struct bailiff_check *check)
{
	static const char *const argv[] = { "true", NULL };
	const struct bailiff_spec spec = { .argv = argv };
	struct bailiff_host *host = NULL;
	struct bailiff_result result = { .verdict = BAILIFF_VERDICT_NONE };
	struct bailiff_error err = { 0 };
	*check = (struct bailiff_check){ .id = "cell", .status = BAILIFF_CHECK_FAIL };
	int rc = bailiff_host_open(&host, &err);
	if (rc == 0)
		rc = bailiff_run(host, &spec, &result, &err);
	bailiff_host_close(host);
	if (rc == 0 && result.verdict == BAILIFF_VERDICT_OK) {
		check->status = BAILIFF_CHECK_OK;
		fill(check->finding, sizeof check->finding, "built one, ran 'true' in it");
	} else {
		fill(check->finding, sizeof check->finding, rc < 0 ? err.message : result.message);
		fill(check->cost, sizeof check->cost, "no program can be run");
		fill(check->mend, sizeof check->mend,
		     err.hint[0] != '\0' ? err.hint : "mend what fails above");
	}
	bailiff_result_finish(&result);
}

static int examine(bool json)
{
	struct bailiff_check checks[CHECKS_MAX + 1];
	size_t count = bailiff_host_examine(checks, CHECKS_MAX);
	if (count > CHECKS_MAX)
		count = CHECKS_MAX;
	try_cell(&checks[count++]);
	for (size_t i = 0; i < count; i++)
		if (strcmp(checks[i].id, "cgroup") == 0)
			remark_scope(&checks[i]);
	bool usable = true;
	for (size_t i = 0; i < count; i++)
		usable = usable && checks[i].status != BAILIFF_CHECK_FAIL;
	int rc = 0;
	if (json)
		rc = print_json(checks, count, usable);
	else
		print_table(checks, count, usable);
	if (rc < 0) {
		struct bailiff_error err = { 0 };
		(void)fail_internal(&err, BAILIFF_STAGE_SUPERVISE, -rc, "write standard output");
		message_error(&err);
		return exit_status_of_error(&err);
	}
	return usable ? EX_OK : EX_UNAVAILABLE;
}

int command_doctor(int argc, char **argv)
{
	bool json;
	int status;
	if (!plain_command_parse(&doctor_command, argc, argv, &json, &status))
		return status;
	enter_scope(argv);
	return examine(json);
}
