/* SPDX-License-Identifier: MIT */
/*
 * One run from spec to verdict, as a list of steps. Each step leaves the run in a state that
 * run_release() can take apart, so there is one way out for success and for every failure, and
 * nothing is left on the machine by either.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "filter/cache.h"
#include "run/pool.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static const struct run run_empty = {
	.listener_fd = FD_NONE,
	.watch = { .epoll_fd = FD_NONE, .cpu_timer_fd = FD_NONE, .wall_timer_fd = FD_NONE,
		   .sample_timer_fd = FD_NONE, .idle_timer_fd = FD_NONE },
};

/* ---- preparation ------------------------------------------------------------------------ */

static int check_spec(struct run *run)
{
	const struct bailiff_spec *spec = run->spec;
	if (spec->argv == NULL || spec->argv[0] == NULL)
		return fail_spec(run->err, "argv: must name a program");
	if (spec->network != BAILIFF_NETWORK_NONE && spec->network != BAILIFF_NETWORK_LOOPBACK)
		return fail_spec(run->err, "network: unknown kind");
	if (spec->has_cancel_fd && fcntl(spec->cancel_fd, F_GETFD) < 0)
		return fail_spec(run->err, "cancel_fd: not an open descriptor");
	for (size_t i = 0; i < spec->bind_count; i++)
		if (spec->binds[i].from == NULL)
			return fail_spec(run->err, "rootfs.binds[%zu].from: missing", i);
	for (size_t i = 0; i < spec->file_count; i++) {
		const struct bailiff_file *file = &spec->files[i];
		if (file->to == NULL)
			return fail_spec(run->err, "files[%zu].to: missing", i);
		if (file->from == NULL && file->data == NULL && file->size > 0)
			return fail_spec(run->err, "files[%zu]: neither from nor data", i);
	}
	for (size_t i = 0; i < spec->collect_count; i++) {
		char path[PATH_MAX];
		if (spec->collects[i].name == NULL || spec->collects[i].to == NULL)
			return fail_spec(run->err, "collect[%zu]: name or to is missing", i);
		if (!run_scratch_path(spec->collects[i].name, path))
			return fail_spec(run->err, "collect[%zu].name: '%s' must lie below /box or "
						   "/tmp", i, spec->collects[i].name);
	}
	return limits_resolve(&run->limits, run->err);
}

static int compile_policy(struct run *run)
{
	run->policy = run->spec->policy != NULL ? run->spec->policy :
						  bailiff_policy_builtin("native");
	const struct filter_launch launch = { .exec_fd = CELL_EXEC_FD,
					      .report_fd = CELL_REPORT_FD };
	return filter_cache_get(run->host->filters, run->policy, &launch, &run->filter, run->err);
}

static int take_cell(struct run *run)
{
	if (run->pool == NULL)
		return 0;
	const struct pool_request request = {
		.spec = run->spec,
		.series = stdio_fits_ends(run->spec) ? run->series : NULL,
	};
	run->result->cell.was_waiting =
		pool_take(run->pool, &request, &run->cell, &run->shape);
	return 0;
}

static int open_streams(struct run *run)
{
	if (run->is_parking)
		return stdio_open_ends(&run->stdio, &run->cell.parking.ends);
	if (cell_is_parked(&run->cell))
		return stdio_open_upon(run->spec, &run->cell.parking.ends, &run->stdio, run->err);
	if (run->is_paired)
		return stdio_open_paired(run->spec, &run->stdio, run->err);
	return stdio_open(run->spec, &run->stdio, run->err);
}

static int plan_cell(struct run *run)
{
	if (run->cell.is_built)
		return 0;
	if (run->pool != NULL && run->shape != 0)
		pool_give_birth(run->pool, &run->cell);
	return cell_prepare(run->host, run->spec, &run->limits, &run->cell, run->err);
}

/* A parked program has its job. */
static int plan_job(struct run *run)
{
	return cell_is_parked(&run->cell) ? 0 : run_plan(run);
}

/* A cell that waited has other limits, or cannot have these; then this run makes its own. */
static int fit_cell(struct run *run)
{
	if (!run->cell.is_built || cell_is_parked(&run->cell) ||
	    cell_fit(&run->cell, &run->limits, &run->job, &run->scratch))
		return 0;
	run->result->cell.was_waiting = false;
	int rc = cell_dispose(&run->cell);
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "remove a cell");
	run->cell = CELL_EMPTY;
	return plan_cell(run);
}

/* In this order, because the caller's mistakes should show before anything is built. */
static int (*const preparations[])(struct run *run) = {
	check_spec, compile_policy, take_cell, open_streams, plan_cell, plan_job, fit_cell,
};

int run_prepare(struct run *run)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(preparations); i++)
		rc = preparations[i](run);
	return rc;
}

/* ---- verdict ---------------------------------------------------------------------------- */

/* What was written before the end and is still in the pipe: nobody is left who could add to it, so
 * this ends when it is empty. */
static int drain_stream(struct run *run, struct sink *sink, const char *name)
{
	int rc = sink_finish(sink);
	for (int unread = 1; rc == 0 && sink->pipe_fd >= 0 && unread > 0;) {
		uint64_t used = run->stdio.sinks[0].bytes + run->stdio.sinks[1].bytes;
		uint64_t limit = run->limits.output_bytes;
		rc = sink_read(sink, used < limit ? limit - used : 0);
		if (rc == 0)
			rc = sink_finish(sink);
		if (used > limit || ioctl(sink->pipe_fd, FIONREAD, &unread) < 0)
			break;
	}
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "write %s to its file",
				     name);
	return 0;
}

static int drain_streams(struct run *run)
{
	int rc = drain_stream(run, &run->stdio.sinks[0], "stdout");
	if (rc == 0)
		rc = drain_stream(run, &run->stdio.sinks[1], "stderr");
	run->outcome.output_bytes = run->stdio.sinks[0].bytes + run->stdio.sinks[1].bytes;
	if (run->written_bytes > run->outcome.output_bytes)
		run->outcome.output_bytes = run->written_bytes;
	return rc;
}

static void fill_exit(struct run *run)
{
	struct bailiff_result *result = run->result;
	int status = run->outcome.wait_status;
	if (!run->outcome.has_wait_status || run->outcome.exec_failed)
		return;
	result->has_exit_code = WIFEXITED(status);
	result->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static enum bailiff_freshness freshness(const struct run *run, enum space_kind kind)
{
	return run->cell.spaces[kind].is_inherited ? BAILIFF_FRESHNESS_PROVED :
						     BAILIFF_FRESHNESS_FRESH;
}

/* What is known of the cell however far it got; setup_ns stays 0 where it was never complete. */
static void fill_cell(struct run *run)
{
	struct bailiff_cell *cell = &run->result->cell;
	cell->cgroup = run->host->layout.kind;
	if (run->policy != NULL)
		(void)snprintf(cell->policy, sizeof cell->policy, "%s",
			       bailiff_policy_name(run->policy));
	cell->landlock_abi = run->host->landlock_abi;
	cell->network_freshness = freshness(run, SPACE_NETWORK);
	cell->ipc_freshness = freshness(run, SPACE_IPC);
	if (run->cell.slot.lock_fd >= 0)
		cell->uid = slot_program_id(&run->cell.slot);
	if (run->start_ns != 0)
		cell->setup_ns = run->start_ns - run->begin_ns;
	else if (run->end_ns != 0)
		cell->setup_ns = run->end_ns - run->begin_ns;
}

static void set_internal_error(struct run *run)
{
	run->result->verdict = BAILIFF_VERDICT_IE;
	run->result->reason = BAILIFF_REASON_STAGE;
	run->result->error = *run->err;
}

/* Shows the files to who asked for that, after the verdict and before they are gone. */
static int show_files(struct run *run)
{
	const struct bailiff_spec *spec = run->spec;
	if (spec->inspect == NULL || run->cell.collect_fd < 0 ||
	    run->result->verdict == BAILIFF_VERDICT_NONE)
		return 0;
	int rc = spec->inspect(spec->inspect_context, run->cell.collect_fd, run->err);
	if (rc >= 0)
		return 0;
	if (run->err->fault == BAILIFF_FAULT_NONE)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc,
				     "inspect the files of the cell");
	return rc;
}

static int judge(struct run *run)
{
	struct ruling ruling = classify(&run->limits, &run->outcome);
	bool explains_itself = run->outcome.exec_failed || run->outcome.stop == STOP_UNWANTED ||
			       ruling.verdict == BAILIFF_VERDICT_MLE;
	if ((run->start_ns == 0 && !explains_itself) || ruling.verdict == BAILIFF_VERDICT_IE)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, 0,
				     "the cell ended without saying how");
	run->result->verdict = ruling.verdict;
	run->result->reason = ruling.reason;
	return 0;
}

/*
 * Which of its namespaces its cell may hand on: those that the program could not touch, if the
 * filter decides that alone (filter/proof.h). The listener is open until nobody is left who is under
 * the filter, because end_program() comes before run_release(); and the descriptors that the program
 * has are pipes, files and memory of ours, unless the caller passed one in.
 */
static void prove_untouched(struct run *run)
{
	const struct bailiff_spec *spec = run->spec;
	bool is_alone = run->cell.is_sharing && spec->observe == NULL &&
			spec->in.kind != BAILIFF_STDIN_INHERIT &&
			spec->out.kind != BAILIFF_STDOUT_INHERIT &&
			spec->err.kind != BAILIFF_STDOUT_INHERIT;
	if (run->pool == NULL || !is_alone)
		return;
	run->cell.spaces[SPACE_NETWORK].is_untouched = run->filter.proof.network;
	run->cell.spaces[SPACE_IPC].is_untouched = run->filter.proof.ipc;
}

/*
 * Nobody who could change a counter, a file or a pipe is left after this. Where the program and all
 * its children have ended and been reaped, that is so already: init alone is outside of the leaf,
 * and has nothing of theirs. So what the kernel needs to dismantle the cell is not waited for.
 */
static int end_program(struct run *run)
{
	if (run->outcome.has_wait_status &&
	    cgroup_leaf_read(&run->cell.leaf, CGROUP_PIDS_NOW) == 0)
		return 0;
	/* Init would have to be given a CPU before it could take the program along, which goes on
	 * using one until then. */
	if (run->outcome.stop != STOP_NONE && run->cell.is_built)
		cgroup_leaf_kill(&run->cell.leaf);
	return cell_kill(&run->cell);
}

/* The program ended, was stopped, or never ran: draws the verdict from what is left to read. */
static int conclude(struct run *run)
{
	if (run->end_ns == 0)
		run->end_ns = clock_now_ns();
	prove_untouched(run);
	int rc = end_program(run);
	if (rc < 0)
		return fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -rc, "end the program");
	rc = drain_streams(run);
	if (rc == 0)
		rc = account_end(run);
	if (rc < 0)
		return rc;
	fill_exit(run);
	rc = run_collect(run);
	if (rc == 0)
		rc = judge(run);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < 2; i++)
		sink_take(&run->stdio.sinks[i], i == 0 ? &run->result->out : &run->result->err);
	run->result->stdout_bytes = run->is_paired ? run->written_bytes : run->stdio.sinks[0].bytes;
	run->result->stderr_bytes = run->stdio.sinks[1].bytes;
	return show_files(run);
}

/* ---- release ---------------------------------------------------------------------------- */

/* 0, or -errno where something of the cell could not be removed. */
static int run_release(struct run *run)
{
	watch_finish(&run->watch);
	fd_close(&run->listener_fd);
	stdio_finish(&run->stdio);
	exec_plan_finish(&run->exec);
	filter_finish(&run->filter);
	/* Last, for it wakes somebody up who may want the same CPU. */
	return run->pool == NULL ? cell_dispose(&run->cell) :
				   pool_give_back(run->pool, &run->cell, run->shape);
}

/* What was not measured is unknown, not zero. */
static const struct bailiff_result result_unmeasured = {
	.cpu_ns = BAILIFF_UNKNOWN,
	.user_ns = BAILIFF_UNKNOWN,
	.system_ns = BAILIFF_UNKNOWN,
	.wall_ns = BAILIFF_UNKNOWN,
	.memory_peak_bytes = BAILIFF_UNKNOWN,
	.oom_kills = BAILIFF_UNKNOWN,
	.processes_peak = BAILIFF_UNKNOWN,
	.processes_refused = BAILIFF_UNKNOWN,
	.noise = { BAILIFF_UNKNOWN, BAILIFF_UNKNOWN, BAILIFF_UNKNOWN, BAILIFF_UNKNOWN,
		   BAILIFF_UNKNOWN },
};

struct run *run_create(struct bailiff_host *host, const struct bailiff_spec *spec,
		       struct bailiff_result *result)
{
	*result = result_unmeasured;
	/* The plan alone is some kilobytes, more than a caller's thread may have to spare. */
	struct run *run = malloc(sizeof *run);
	if (run == NULL)
		return NULL;
	*run = run_empty;
	run->stdio = STDIO_EMPTY;
	run->cell = CELL_EMPTY;
	run->host = host;
	run->spec = spec;
	run->result = result;
	run->err = &run->own_error;
	run->limits = spec->limits;
	run->begin_ns = clock_now_ns();
	return run;
}

/* What is said of the run, whatever became of it; before all of it is given back. */
static void describe(struct run *run, bool is_ours)
{
	run->result->limits = run->limits;
	fill_cell(run);
	if (is_ours)
		set_internal_error(run);
	run_explain(run);
}

/* Everything is given back; what cannot be is a fault of ours, and worse than a cancelled run. */
static int release(struct run *run, int rc)
{
	uint64_t ended_ns = run->end_ns != 0 ? run->end_ns : clock_now_ns();
	if (rc < 0 || run->result->verdict == BAILIFF_VERDICT_NONE)
		space_drop(run->cell.spaces);
	int released = run_release(run);
	run->result->cell.teardown_ns =
		run->pool == NULL ? clock_now_ns() - ended_ns : BAILIFF_UNKNOWN;
	if (released == 0 || (rc < 0 && run->err->fault != BAILIFF_FAULT_CANCELLED))
		return rc;
	rc = fail_internal(run->err, BAILIFF_STAGE_SUPERVISE, -released, "remove the cell");
	set_internal_error(run);
	run_explain(run);
	return rc;
}

int run_complete(struct run *run, int rc, struct bailiff_error *err)
{
	if (rc >= 0)
		rc = conclude(run);
	describe(run, rc < 0 && run->err->fault == BAILIFF_FAULT_INTERNAL);
	rc = release(run, rc);
	bool has_result = rc >= 0 || run->err->fault == BAILIFF_FAULT_INTERNAL;
	if (!has_result) {
		bailiff_result_finish(run->result);
		if (err != NULL)
			*err = *run->err;
	}
	free(run);
	return has_result ? 0 : rc;
}

/* From a parked program to one that has ended. */
static int run_to_the_end(struct run *run)
{
	struct supervision supervision = { .runs = { run } };
	int rc = run_let_go(run);
	return rc == 0 ? supervise(&supervision, SUPERVISE_TO_THE_END) : rc;
}

int run_from(const struct run_source *source, const struct bailiff_spec *spec,
	     struct bailiff_result *result, struct bailiff_error *err)
{
	struct run *run = run_create(source->host, spec, result);
	if (run == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "start a run");
	run->pool = source->pool;
	run->series = source->series;
	int rc = run_prepare(run);
	if (rc == 0)
		rc = run_launch(run);
	if (rc == 0)
		rc = run_to_the_end(run);
	return run_complete(run, rc, err);
}

/* What a program has to have before anybody knows what it is for. */
static void spec_for_parking(const struct bailiff_spec *spec, struct bailiff_spec *ret_spec)
{
	*ret_spec = *spec;
	ret_spec->in = (struct bailiff_stdin){ .kind = BAILIFF_STDIN_EMPTY };
	ret_spec->out = ret_spec->err = (struct bailiff_stdout){ .kind = BAILIFF_STDOUT_CAPTURE };
	ret_spec->collect_count = 0;
	ret_spec->has_cancel_fd = false;
	ret_spec->inspect = NULL;
}

int run_park(struct bailiff_host *host, const struct bailiff_spec *spec, struct cell *cell)
{
	struct bailiff_spec parked;
	struct bailiff_result result;
	spec_for_parking(spec, &parked);
	struct run *run = run_create(host, &parked, &result);
	if (run == NULL)
		return -ENOMEM;
	run->is_parking = true;
	run->cell = *cell;
	int rc = run_prepare(run);
	if (rc == 0)
		rc = run_launch(run);
	run->cell.parking.listener_fd = fd_take(&run->listener_fd);
	run->cell.limits.cpuset = NULL;
	*cell = run->cell;
	run->cell = CELL_EMPTY;
	int released = run_release(run);
	bailiff_result_finish(&result);
	free(run);
	if (rc > 0) /* it cannot be executed, and a request will be told why */
		rc = -ENOEXEC;
	return rc < 0 ? rc : released;
}

int bailiff_run(struct bailiff_host *host, const struct bailiff_spec *spec,
		struct bailiff_result *result, struct bailiff_error *err)
{
	const struct run_source source = { .host = host };
	return run_from(&source, spec, result, err);
}

int bailiff_pool_run(struct bailiff_pool *pool, const struct bailiff_spec *spec,
		     struct bailiff_result *result, struct bailiff_error *err)
{
	const struct run_source source = { .host = pool_host(pool), .pool = pool };
	return run_from(&source, spec, result, err);
}

void bailiff_result_finish(struct bailiff_result *result)
{
	free(result->out.data);
	free(result->err.data);
	free(result->collected);
	*result = (struct bailiff_result){ 0 };
}

const char *bailiff_freshness_name(enum bailiff_freshness freshness)
{
	switch (freshness) {
	case BAILIFF_FRESHNESS_FRESH: return "fresh";
	case BAILIFF_FRESHNESS_PROVED: return "proved";
	}
	return "unknown";
}

const char *bailiff_cgroup_kind_name(enum bailiff_cgroup_kind kind)
{
	switch (kind) {
	case BAILIFF_CGROUP_V1: return "v1";
	case BAILIFF_CGROUP_HYBRID: return "hybrid";
	case BAILIFF_CGROUP_V2: return "v2";
	}
	return "unknown";
}
