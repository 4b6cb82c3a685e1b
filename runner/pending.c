/* SPDX-License-Identifier: MIT */
/* Placeholder of this branch only. */
#include "commands.h"
int command_queue(int argc, char **argv) { (void)argc; (void)argv; return 69; }
int command_worker(int argc, char **argv) { (void)argc; (void)argv; return 69; }
#include "queue/queue.h"
const char *queue_kind_name(enum queue_kind kind) { return kind == QUEUE_KIND_RUN ? "run" : "judge"; }
const char *queue_state_name(enum queue_state state)
{
	static const char *const names[] = { "ready", "running", "done", "dead", "cancelled" };
	return names[state];
}
#include <errno.h>
int queue_stats(struct queue *queue, struct queue_stats *ret_stats, struct bailiff_error *err) { (void)queue; (void)ret_stats; (void)err; return -ENOSYS; }
int queue_workers(struct queue *queue, struct arena *arena, struct queue_worker_view **ret_views, size_t *ret_count, struct bailiff_error *err) { (void)queue; (void)arena; (void)ret_views; (void)ret_count; (void)err; return -ENOSYS; }
int queue_open(const char *url, const struct queue_options *options, struct queue **ret_queue, struct bailiff_error *err) { (void)url; (void)options; (void)ret_queue; (void)err; return -ENOSYS; }
void queue_close(struct queue *queue) { (void)queue; }
const char *queue_shown_url(const struct queue *queue) { (void)queue; return ""; }
