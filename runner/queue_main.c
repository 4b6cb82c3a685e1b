/* SPDX-License-Identifier: MIT */
/*
 * bailiff-queue: the commands that talk to queues. It starts no cell; the worker's slots are processes
 * of the other executable (sibling.h).
 */
#include "base/mem.h"
#include "commands.h"
#include "dispatch.h"

static const struct command commands[] = {
	{ "queue", "put jobs into a queue and read what became of them", command_queue },
	{ "worker", "take jobs from a queue and run them", command_worker },
	{ "top", "watch a queue and its workers", command_top },
};

int main(int argc, char **argv)
{
	const struct command_table table = { commands, ARRAY_LENGTH(commands) };
	return dispatch_main(&table, argc, argv);
}
