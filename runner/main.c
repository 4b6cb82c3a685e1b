/* SPDX-License-Identifier: MIT */
/*
 * bailiff: finds the command in the table and calls it.
 */
#include "base/error.h"
#include "base/mem.h"
#include "commands.h"
#include "message.h"
#include "nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", "run one program in a fresh cell", command_run },
	{ "try", "compile a source file and run it", command_try },
	{ "judge", "judge submissions on the tests of a problem", command_judge },
	{ "languages", "show the languages and which are installed", command_languages },
	{ "policy", "show, check and learn which system calls programs may make", command_policy },
	{ "doctor", "show what this machine offers and what is missing", command_doctor },
};

static void print_help(FILE *out)
{
	(void)fprintf(out, "Usage: bailiff COMMAND [OPTIONS] [ARG...]\n\n"
			   "Runs programs nobody trusts and reports what they did.\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		(void)fprintf(out, "  %-11s%s\n", commands[i].name, commands[i].summary);
	(void)fprintf(out, "\nOptions:\n  --help     show this text, or with a command its options\n"
			   "  --version  show the version\n\nSee bailiff(1).\n");
}

static int fail_unknown(const char *name)
{
	const char *names[ARRAY_LENGTH(commands) + 1] = { NULL };
	struct bailiff_error err = { 0 };
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		names[i] = commands[i].name;
	(void)fail_spec(&err, "unknown %s '%s'", name[0] == '-' ? "option" : "command", name);
	const char *nearest = nearest_name(name, names);
	if (nearest != NULL)
		(void)snprintf(err.hint, sizeof err.hint, "did you mean 'bailiff %s'?", nearest);
	message_usage(&err, NULL);
	return EX_USAGE;
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EX_USAGE;
	}
	const char *name = argv[1];
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return EX_OK;
	}
	if (strcmp(name, "--version") == 0) {
		(void)printf("bailiff %s\n", BAILIFF_VERSION);
		return EX_OK;
	}
	return fail_unknown(name);
}

/* Files opened later must not become standard streams: a result written to a descriptor 1 that
 * was closed at the start would land in some other file. Not O_CLOEXEC: they are inherited. */
static bool open_standard_streams(void)
{
	for (;;) {
		int fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return false;
		if (fd > STDERR_FILENO) {
			(void)close(fd);
			return true;
		}
	}
}

int main(int argc, char **argv)
{
	if (!open_standard_streams())
		return EX_SOFTWARE;
	/* A reader that goes away is an error of write(2), not a reason to die before clean-up. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* Nor is a file size limit of the caller's. */
	(void)signal(SIGXFSZ, SIG_IGN);
	int status = dispatch(argc, argv);
	if (fflush(stdout) != 0) {
		struct bailiff_error err = { 0 };
		(void)fail_internal(&err, BAILIFF_STAGE_SUPERVISE, errno, "write standard output");
		message_error(&err);
		return EX_SOFTWARE;
	}
	return status;
}
