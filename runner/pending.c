/* SPDX-License-Identifier: MIT */
/* Placeholder of this branch only. */
#include "commands.h"
int command_queue(int argc, char **argv) { (void)argc; (void)argv; return 69; }
int command_top(int argc, char **argv) { (void)argc; (void)argv; return 69; }
#include "queue/queue.h"
const char *queue_kind_name(enum queue_kind kind) { return kind == QUEUE_KIND_RUN ? "run" : "judge"; }
const char *queue_state_name(enum queue_state state)
{
	static const char *const names[] = { "ready", "running", "done", "dead", "cancelled" };
	return names[state];
}
