/* SPDX-License-Identifier: MIT */
/*
 * bailiff: the commands that run cells, and the way to those that talk to queues (sibling.h).
 */
#include "base/mem.h"
#include "commands.h"
#include "dispatch.h"
#include "message.h"
#include "sibling.h"

static int command_elsewhere(int argc, char **argv)
{
	struct bailiff_error err = { 0 };
	(void)argc;
	(void)sibling_exec(SIBLING_QUEUE, argv, &err);
	return tell_error(&err);
}

static const struct command commands[] = {
	{ "run", "run one program in a fresh cell", command_run },
	{ "try", "compile a source file and run it", command_try },
	{ "judge", "judge submissions on the tests of a problem", command_judge },
	{ "queue", "put jobs into a queue and read what became of them", command_elsewhere },
	{ "worker", "take jobs from a queue and run them", command_elsewhere },
	{ "top", "watch a queue and its workers", command_elsewhere },
	{ "languages", "show the languages and which are installed", command_languages },
	{ "policy", "show, check and learn which system calls programs may make", command_policy },
	{ "doctor", "show what this machine offers and what is missing", command_doctor },
	{ "slot", NULL, command_slot },
};

int main(int argc, char **argv)
{
	const struct command_table table = { commands, ARRAY_LENGTH(commands) };
	return dispatch_main(&table, argc, argv);
}
