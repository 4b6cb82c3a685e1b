/* SPDX-License-Identifier: MIT */
/*
 * The commands of the program. Each gets its own name as argv[0] and returns the exit status.
 */
#ifndef BAILIFF_RUNNER_COMMANDS_H
#define BAILIFF_RUNNER_COMMANDS_H

int command_run(int argc, char **argv);
int command_try(int argc, char **argv);
int command_judge(int argc, char **argv);
int command_languages(int argc, char **argv);
int command_policy(int argc, char **argv);
int command_doctor(int argc, char **argv);

#endif
