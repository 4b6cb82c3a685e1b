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

/* Not for people: what `bailiff worker` starts for each of its slots (worker/slot_channel.h). */
int command_slot(int argc, char **argv);

/* Those of the executable bailiff-queue. */
int command_queue(int argc, char **argv);
int command_worker(int argc, char **argv);
int command_top(int argc, char **argv);

#endif
