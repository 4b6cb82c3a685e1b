/* SPDX-License-Identifier: MIT */
/*
 * The commands below `bailiff queue`. Each gets its own name as argv[0] and returns the exit
 * status.
 */
#ifndef BAILIFF_QUEUE_COMMANDS_QUEUE_COMMANDS_H
#define BAILIFF_QUEUE_COMMANDS_QUEUE_COMMANDS_H

int queue_command_submit(int argc, char **argv);
int queue_command_result(int argc, char **argv);
int queue_command_wait(int argc, char **argv);
int queue_command_list(int argc, char **argv);
int queue_command_dead(int argc, char **argv);
int queue_command_cancel(int argc, char **argv);
int queue_command_retry(int argc, char **argv);
int queue_command_stats(int argc, char **argv);
int queue_command_init(int argc, char **argv);
int queue_command_purge(int argc, char **argv);

#endif
