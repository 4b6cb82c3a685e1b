/* SPDX-License-Identifier: MIT */
/*
 * The loop that runs a stage table, in init and in the program's process. Async-signal-safe.
 */
#include "child/stage.h"

#include "child/channel.h"

#include <unistd.h>

/* Nobody reads it: a failure is told by its message, not by a status. */
#define STAGE_FAILURE_STATUS 125

void stages_run(const struct stage *stages, size_t count, const struct cell_plan *plan,
		struct stage_state *state)
{
	for (size_t i = 0; i < count; i++) {
		state->detail = 0;
		int rc = stages[i].run(plan, state);
		if (rc == 0)
			continue;
		struct message failed = {
			.type = MESSAGE_FAILED,
			.stage = (uint32_t)stages[i].stage,
			.errnum = -rc,
			.detail = state->detail,
		};
		for (size_t c = 0; c + 1 < sizeof failed.step && stages[i].name[c] != '\0'; c++)
			failed.step[c] = stages[i].name[c];
		(void)channel_send(state->report_fd, &failed, NULL, 0);
		_exit(STAGE_FAILURE_STATUS);
	}
}
