/* SPDX-License-Identifier: MIT */
/*
 * From a waiting cell to a program that is about to be executed: files go in, then one message with
 * the job and its descriptors:
 *
 *   supervisor                     program
 *   files in
 *   JOB + streams, job ----------> streams, working folder, opens the program, rlimits, filter
 *   <--------- PARKED + listener - execveat, which waits for the listener's answer
 *
 * The cell's own stages and their failures are cell.c's; here are those of the program.
 */
#include "run/run.h"

#include "base/error.h"
#include "base/fd.h"
#include "run/job_image.h"

#include <string.h>

int run_stage_failed(struct run *run, const struct message *failed)
{
	if (failed->stage == BAILIFF_STAGE_EXEC) {
		run->outcome.exec_failed = true;
		run->outcome.exec_errnum = failed->errnum;
		return 1;
	}
	if (failed->stage == BAILIFF_STAGE_SPEC)
		return fail_spec(run->err, "cwd: cannot enter '%s' (%s)", run->job.cwd,
				 errno_name(failed->errnum));
	return cell_stage_failed(&run->cell, failed, run->err);
}

static int cancel_fd(const struct run *run)
{
	return run->spec->has_cancel_fd ? run->spec->cancel_fd : FD_NONE;
}

static int send_job(struct run *run)
{
	AUTO_CLOSE int image_fd = FD_NONE;
	int rc = job_image_create(&run->job, &image_fd);
	if (rc == 0) {
		const struct message message = { .type = MESSAGE_JOB };
		const int fds[JOB_FD_COUNT] = {
			[JOB_STDIN] = run->stdio.child_fds[0],
			[JOB_STDOUT] = run->stdio.child_fds[1],
			[JOB_STDERR] = run->stdio.child_fds[2],
			[JOB_IMAGE] = image_fd,
		};
		rc = channel_send(run->cell.report_fd, &message, fds, JOB_FD_COUNT);
	}
	/* It died while it was being set up; await_parked() will hear how. */
	if (rc == 0 || rc == -EPIPE || rc == -ECONNRESET)
		return 0;
	return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "hand the job to the cell");
}

static int await_parked(struct run *run)
{
	struct message message;
	const struct cell_wait wait = { .sock_fd = run->cell.report_fd,
					.cancel_fd = cancel_fd(run),
					.fds = &run->listener_fd,
					.fd_count = 1 };
	int rc = cell_await(&run->cell, &wait, &message, run->err);
	if (rc < 0)
		return rc;
	switch (message.type) {
	case MESSAGE_PARKED: return 0;
	case MESSAGE_FAILED: return run_stage_failed(run, &message);
	case MESSAGE_EXITED:
		/* Its memory limit may be too small for its set-up. */
		run->outcome.has_wait_status = true;
		run->outcome.wait_status = message.wait_status;
		return 1;
	default:
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, EPROTO, "talk to the cell");
	}
}

static int build_cell(struct run *run)
{
	const struct cell_build build = { .scratch = run->scratch,
					  .job = &run->job,
					  .cancel_fd = cancel_fd(run) };
	return run->cell.is_built ? 0 : cell_build(&run->cell, &build, run->err);
}

int run_launch(struct run *run)
{
	if (cell_is_parked(&run->cell)) {
		run->listener_fd = fd_take(&run->cell.parking.listener_fd);
		return run_watch(run);
	}
	int rc = build_cell(run);
	if (rc == 0)
		rc = run_copy_in(run);
	if (rc == 0)
		rc = send_job(run);
	/* While the program's process is busy with its job. */
	if (rc == 0 && !run->is_parking)
		rc = run_watch(run);
	if (rc == 0)
		rc = await_parked(run);
	stdio_close_child_ends(&run->stdio);
	return rc;
}
