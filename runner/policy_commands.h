/* SPDX-License-Identifier: MIT */
/*
 * The commands below `bailiff policy`. Each gets its own name as argv[0] and returns the exit
 * status.
 */
#ifndef BAILIFF_RUNNER_POLICY_COMMANDS_H
#define BAILIFF_RUNNER_POLICY_COMMANDS_H

int policy_command_list(int argc, char **argv);
int policy_command_show(int argc, char **argv);
int policy_command_check(int argc, char **argv);
int policy_command_learn(int argc, char **argv);

#endif
