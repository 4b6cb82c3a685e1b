/* SPDX-License-Identifier: MIT */
/*
 * Two programs that talk to each other. Both go through the phases of any run, side by side, and
 * one loop supervises them. The pipes between them join the two cells directly: this process gives
 * each end to its cell while that is launched and keeps none, so end of file and SIGPIPE come when
 * the kernel says so, and no copying costs time that somebody would be charged for. Of a shielded
 * program's output alone the reading end is held as well: there is always a reader then, the
 * partner first and this process after it.
 *
 * The first to end is completed, down to its cell's removal, while the other still runs; only the
 * other's limits may be noticed late by that, never forgotten, because they are counters and clocks.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "run/pool.h"
#include "run/parting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* Ends no further apart than this may be one the cause of the other, in either order. */
#define PARTING_NS (100 * NS_PER_MS)

struct couple {
	const struct bailiff_pair *pair; /* borrowed */
	struct bailiff_result *results;  /* borrowed; two */
	struct supervision supervision;	 /* its runs are owned; NULL = completed */
	struct parting parting;		 /* owned */
	struct bailiff_error error;	 /* of the run that failed */
	int held_fds[2]; /* owned; the reading end of what a shielded one writes, or FD_NONE */
};

static int check_pair(const struct bailiff_pair *pair, struct bailiff_error *err)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct bailiff_spec *spec = pair->specs[i];
		if (spec == NULL)
			return fail_spec(err, "pair: specs[%u] is missing", i);
		if (spec->in.kind != BAILIFF_STDIN_EMPTY ||
		    spec->out.kind != BAILIFF_STDOUT_CAPTURE || spec->out.capture_bytes != 0)
			return fail_spec(err, "pair: specs[%u]: in and out must be zero", i);
	}
	if (pair->idle_ns != 0 &&
	    (pair->idle_ns < LIMITS_IDLE_NS_MIN || pair->idle_ns > LIMITS_TIME_NS_MAX))
		return fail_spec(err, "pair: idle_ns: too %s",
				 pair->idle_ns < LIMITS_IDLE_NS_MIN ? "small" : "large");
	return 0;
}

/* ---- up to the moment both are parked ----------------------------------------------- */

static int join(struct couple *couple)
{
	struct run *const *runs = couple->supervision.runs;
	for (unsigned i = 0; i < 2; i++) {
		struct run *writer = runs[i], *reader = runs[1 - i];
		int rc = stdio_join(&writer->stdio, &reader->stdio, slot_program_id(&reader->cell.slot));
		if (rc == 0 && couple->pair->is_shielded[i]) {
			couple->held_fds[i] =
				fcntl(reader->stdio.child_fds[0], F_DUPFD_CLOEXEC, 0);
			rc = couple->held_fds[i] < 0 ? -errno : 0;
		}
		if (rc < 0)
			return fail_internal(writer->err, BAILIFF_STAGE_SUPERVISE, -rc,
					     "join two programs by a pipe");
	}
	const int reading_ends[] = { runs[0]->stdio.child_fds[0], runs[1]->stdio.child_fds[0] };
	int rc = parting_begin(&couple->parting, reading_ends, &runs[0]->host->inotify_fds);
	if (rc < 0)
		return fail_host(runs[0]->err, BAILIFF_STAGE_SUPERVISE, -rc,
				 "sysctl fs.inotify.max_user_instances=1024",
				 "watch the pipes between two programs");
	return 0;
}

static int prepare(struct couple *couple)
{
	struct run *const *runs = couple->supervision.runs;
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < 2; i++) {
		runs[i]->is_paired = true;
		rc = run_prepare(runs[i]);
	}
	return rc == 0 ? join(couple) : rc;
}

/* A program that cannot be executed ends here; it has a verdict like any other. */
static int launch(struct run *run)
{
	int rc = run_launch(run);
	if (rc > 0)
		run_stop(run, STOP_NONE);
	return rc < 0 ? rc : 0;
}

/* ---- from there on ------------------------------------------------------------------ */

/* Lets go those that can be and have not been, and waits until one is over. */
static int go_on(struct couple *couple)
{
	struct supervision *supervision = &couple->supervision;
	struct run *const *runs = supervision->runs;
	int rc = 0;
	for (unsigned i = 0; i < 2; i++) {
		if (couple->pair->is_excused[i] && runs[i] != NULL && runs[1 - i] != NULL &&
		    runs[i]->start_ns == 0) {
			runs[i]->excuse = runs[1 - i];
			runs[i]->excuse_begin_ns = account_active_ns(runs[1 - i]);
		}
	}
	for (unsigned i = 0; rc == 0 && i < 2; i++) {
		struct run *run = supervision->runs[i];
		if (run != NULL && run->start_ns == 0)
			rc = run_let_go(run);
	}
	if (rc == 0)
		rc = supervision_count_idleness(supervision, couple->pair->idle_ns);
	return rc == 0 ? supervise(supervision, SUPERVISE_TO_THE_END) : rc;
}

/* As run_complete(), and an error where the verdict is IE. */
static int complete(struct couple *couple, unsigned index, int rc)
{
	struct run *run = couple->supervision.runs[index];
	struct run *other = couple->supervision.runs[1 - index];
	if (other != NULL) {
		other->excused_ns = run_excused_ns(other);
		other->excuse = NULL;
	}
	couple->supervision.runs[index] = NULL;
	couple->supervision.idleness = (struct idleness){ 0 };
	rc = run_complete(run, rc, &couple->error);
	return rc == 0 && couple->results[index].verdict == BAILIFF_VERDICT_IE ? -EIO : rc;
}

/*
 * Whether it closed its pipes without us: it exited, or the kernel killed it for its memory, which takes so long
 * that we may give up waiting for its message, and its partner be gone by then, too.
 */
static bool ended_by_itself(const struct run *run)
{
	bool has_exited = run->outcome.stop == STOP_NONE && run->outcome.has_wait_status;
	return run->watch.over && (has_exited || run->outcome.stop == STOP_OOM);
}

static unsigned compare_ends(const struct couple *couple)
{
	const struct run *left = couple->supervision.runs[0], *right = couple->supervision.runs[1];
	if (!left->watch.over || !right->watch.over)
		return left->watch.over ? 0 : 1;
	bool right_is_earlier = right->end_ns < left->end_ns;
	uint64_t apart_ns = right_is_earlier ? left->end_ns - right->end_ns :
					       right->end_ns - left->end_ns;
	if (apart_ns < PARTING_NS && ended_by_itself(left) && ended_by_itself(right) &&
	    parting_is_first(&couple->parting, right_is_earlier ? 0 : 1))
		return right_is_earlier ? 0 : 1;
	return right_is_earlier ? 1 : 0;
}

/*
 * Who ended first, once one is known to be over. Its cell is ended before anything else. The other
 * may be over as well, with its message still to come: then it left first, and is waited for.
 */
static int find_first(struct couple *couple, unsigned *ret_first)
{
	struct run *const *runs = couple->supervision.runs;
	/* One may have ended because of what the other wrote. */
	for (unsigned i = 0; i < 2; i++)
		if (!runs[i]->watch.over)
			run_look_at_writes(runs[i]);
	for (unsigned i = 0; i < 2; i++)
		if (runs[i]->watch.over)
			(void)cell_kill(&runs[i]->cell); /* again, and with consequences, when completed */
	int rc = supervise(&couple->supervision, 0);
	parting_update(&couple->parting);
	unsigned known = compare_ends(couple);
	if (rc == 0 && ended_by_itself(runs[known]) &&
	    parting_is_first(&couple->parting, 1 - known))
		rc = supervise(&couple->supervision, PARTING_NS);
	parting_update(&couple->parting);
	*ret_first = compare_ends(couple);
	return rc;
}

/* Its reader is gone; what a shielded one still writes is read here, and dropped. */
static int replace_reader(struct couple *couple, struct run *writer, unsigned index)
{
	int *held_fd = &couple->held_fds[index];
	if (*held_fd < 0)
		return 0;
	int rc = stdio_drop_output(&writer->stdio, held_fd);
	return rc < 0 ? watch_failed(writer, rc) : run_watch_output(writer);
}

static int end_other(struct couple *couple, unsigned first)
{
	const struct bailiff_pair *pair = couple->pair;
	struct run *other = couple->supervision.runs[1 - first];
	bool is_wanted = pair->may_go_on == NULL ||
			 pair->may_go_on(pair->context, first, &couple->results[first]);
	/* It may have ended by itself meanwhile. */
	int rc = supervise(&couple->supervision, 0);
	if (rc == 0 && !other->watch.over && !is_wanted)
		run_stop(other, STOP_UNWANTED);
	if (rc == 0 && !other->watch.over)
		rc = replace_reader(couple, other, 1 - first);
	if (rc == 0 && !other->watch.over)
		rc = go_on(couple);
	return rc == 0 ? complete(couple, 1 - first, 0) : rc;
}

static int perform(struct couple *couple, unsigned *ret_first)
{
	struct run *const *runs = couple->supervision.runs;
	unsigned first = 0;
	int rc = prepare(couple);
	for (unsigned i = 0; rc == 0 && i < 2; i++)
		rc = launch(runs[i]);
	if (rc == 0 && !runs[0]->watch.over && !runs[1]->watch.over)
		rc = go_on(couple);
	if (rc == 0)
		rc = find_first(couple, &first);
	if (rc == 0)
		rc = complete(couple, first, 0);
	if (rc == 0)
		rc = end_other(couple, first);
	if (rc == 0)
		*ret_first = first;
	return rc;
}

/* One of them failed with `rc`, so both end: who failed by that, the other as if cancelled. */
static void give_up(struct couple *couple, int rc)
{
	for (unsigned i = 0; i < 2; i++) {
		struct run *run = couple->supervision.runs[i];
		if (run != NULL && run->err->fault != BAILIFF_FAULT_NONE)
			(void)complete(couple, i, rc);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct run *run = couple->supervision.runs[i];
		struct bailiff_error cause = couple->error;
		if (run != NULL)
			(void)complete(couple, i, fail_cancelled(run->err));
		couple->error = cause;
	}
}

static int run_pair(const struct run_source *source, const struct bailiff_pair *pair,
		    struct bailiff_result results[2], unsigned *ret_first, struct bailiff_error *err)
{
	results[0] = results[1] = (struct bailiff_result){ 0 };
	int rc = check_pair(pair, err);
	if (rc < 0)
		return rc;
	struct couple couple = { .pair = pair,
				 .results = results,
				 .parting = PARTING_EMPTY,
				 .held_fds = { FD_NONE, FD_NONE } };
	struct run **runs = couple.supervision.runs;
	for (unsigned i = 0; i < 2; i++)
		runs[i] = run_create(source->host, pair->specs[i], &results[i]);
	if (runs[0] == NULL || runs[1] == NULL) {
		free(runs[0]);
		free(runs[1]);
		results[0] = results[1] = (struct bailiff_result){ 0 };
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "start a pair of runs");
	}
	runs[0]->pool = runs[1]->pool = source->pool;
	rc = perform(&couple, ret_first);
	if (rc < 0)
		give_up(&couple, rc);
	fd_close(&couple.held_fds[0]);
	fd_close(&couple.held_fds[1]);
	parting_finish(&couple.parting);
	if (rc == 0)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		if (results[i].verdict == BAILIFF_VERDICT_IE) {
			*ret_first = i;
			return 0;
		}
		bailiff_result_finish(&results[i]);
	}
	if (err != NULL)
		*err = couple.error;
	return rc;
}

int bailiff_run_pair(struct bailiff_host *host, const struct bailiff_pair *pair,
		     struct bailiff_result results[2], unsigned *ret_first,
		     struct bailiff_error *err)
{
	const struct run_source source = { .host = host };
	return run_pair(&source, pair, results, ret_first, err);
}

int bailiff_pool_run_pair(struct bailiff_pool *pool, const struct bailiff_pair *pair,
			  struct bailiff_result results[2], unsigned *ret_first,
			  struct bailiff_error *err)
{
	const struct run_source source = { .host = pool_host(pool), .pool = pool };
	return run_pair(&source, pair, results, ret_first, err);
}
