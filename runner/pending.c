/* SPDX-License-Identifier: MIT */
/* Placeholder of this branch only. */
#include "commands.h"
int command_queue(int argc, char **argv) { (void)argc; (void)argv; return 69; }
