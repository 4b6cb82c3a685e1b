/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_QUEUE_COMMANDS_JOB_LINE_H
#define BAILIFF_QUEUE_COMMANDS_JOB_LINE_H

#include "queue/queue.h"

/* Prints a job as one line of JSON; with_result: with the key "result", null where there is none.
 */
int job_line_print(const struct queue_job_view *view, bool with_result, struct bailiff_error *err);

#endif
