/* SPDX-License-Identifier: MIT */
/*
 * Cells that wait for their job, each used once. One thread, the keeper, builds them, disposes of
 * those that were used, and sleeps. It clones every cell that waits, so none outlives it.
 *
 * Cells of one shape are alike in all that is fixed when a cell is built. The first request for a
 * shape finds no cell and builds its own, by the same code; what it learned (limits, sizes) the
 * keeper builds the next ones with, as many as were used at once and one more. Nothing is built for
 * a shape that nobody asks for: its cells leave when they are old, and then there is nothing to wake
 * up for.
 *
 * A cell is a picture of the host's files when it was built. What can have made it a false one
 * (another mount, another file of the same name) is looked for when it is handed out.
 *
 * Back-pressure: who gives a cell back while the keeper is behind disposes of it himself.
 */
#include "run/pool.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "run/run.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define CELLS_MAX_DEFAULT 8
#define CELLS_MAX_LIMIT 1024
#define AGE_MAX_DEFAULT_NS (300 * NS_PER_S)

/* Kinds of cells that are kept at the same time; a judge has one for each core and language. */
#define SHAPES_MAX 32

/* What a cell inherits from the thread that clones it. */
struct scheduling {
	cpu_set_t cpus;
	int policy, nice;
};

struct shape {
	unsigned id; /* 0 = unused */
	const struct bailiff_series *series; /* its program is parked in these cells; or NULL */
	/* Owned copies of what the spec says. */
	char *rootfs; /* NULL = host */
	char *cpuset; /* NULL = none */
	struct bailiff_bind *binds;
	size_t bind_count;
	enum bailiff_network network;
	bool fresh;
	struct scheduling scheduling;

	/* What the next cell is built with: what the last that was used had in the end. */
	bool is_known;
	struct bailiff_limits limits;
	struct cell_scratch scratch;
	struct job rlimits; /* nothing else of it */

	size_t waiting, in_use, target;
	uint64_t asked_ns;
};

/* One cell that waits, or that is to be disposed of. */
struct kept {
	struct kept *next;
	struct cell cell;
	unsigned shape;
	uint64_t built_ns;
	unsigned mounts; /* the pool's count of mount changes before it was built */
};

struct list {
	struct kept *first, **last;
	size_t count;
};

struct bailiff_series {
	struct bailiff_pool *pool; /* borrowed, and so is all in it: */
	struct bailiff_spec spec;
};

struct bailiff_pool {
	struct bailiff_host *host; /* borrowed */
	size_t cells_max;
	uint64_t age_max_ns;
	pthread_t keeper;
	struct fork_server fork_server; /* started by the keeper */
	struct scheduling scheduling; /* of the keeper, but for its CPUs */

	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t work;  /* the keeper's */
	pthread_cond_t built; /* the keeper has come to an end with one */
	const struct bailiff_series *building; /* what it builds for at the moment */
	unsigned building_shape; /* likewise; 0 = nothing */
	bool is_promised;	 /* a request waits for the cell that is being built */
	struct shape shapes[SHAPES_MAX];
	unsigned last_shape;
	struct list waiting; /* the oldest first */
	struct list used;    /* only the keeper takes from it */
	struct space_stock stock; /* namespaces that the next cells can have */
	int mounts_fd;	 /* owned; wakes up when the mount table changes */
	unsigned mounts; /* how often it has */
	bool is_closing; /* the keeper ends, or has ended */
	struct bailiff_pool_counts counts;
	int failed; /* -errno of the first cell that could not be removed */
};

struct bailiff_host *pool_host(const struct bailiff_pool *pool)
{
	return pool->host;
}

void pool_give_birth(struct bailiff_pool *pool, struct cell *cell)
{
	cell->fork_server = &pool->fork_server;
	cell->plan.leaves_batch = pool->scheduling.policy == SCHED_OTHER;
}

/* ---- lists: the caller holds the lock ------------------------------------------------------- */

static void list_add(struct list *list, struct kept *kept)
{
	kept->next = NULL;
	*list->last = kept;
	list->last = &kept->next;
	list->count++;
}

/* Takes the one that *link points to out of its list. */
static struct kept *list_take(struct list *list, struct kept **link)
{
	struct kept *kept = *link;
	*link = kept->next;
	if (list->last == &kept->next)
		list->last = link;
	list->count--;
	return kept;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static void read_scheduling(struct scheduling *ret_scheduling)
{
	struct scheduling own;
	CPU_ZERO(&own.cpus);
	(void)sched_getaffinity(0, sizeof own.cpus, &own.cpus);
	own.policy = sched_getscheduler(0);
	own.nice = getpriority(PRIO_PROCESS, 0);
	*ret_scheduling = own;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool has_shape(const struct shape *shape, const struct pool_request *request,
		      const struct scheduling *scheduling)
{
	const struct bailiff_spec *spec = request->spec;
	if (shape->id == 0 || shape->series != request->series || shape->network != spec->network ||
	    shape->fresh != spec->fresh || shape->bind_count != spec->bind_count || !same_text(shape->rootfs, spec->rootfs) ||
	    !same_text(shape->cpuset, spec->limits.cpuset) ||
	    CPU_EQUAL(&shape->scheduling.cpus, &scheduling->cpus) == 0)
		return false;
	for (size_t i = 0; i < shape->bind_count; i++)
		if (shape->binds[i].writable != spec->binds[i].writable ||
		    !same_text(shape->binds[i].from, spec->binds[i].from) ||
		    !same_text(shape->binds[i].to, spec->binds[i].to))
			return false;
	return true;
}

static char *owned(const char *borrowed)
{
	union {
		const char *in;
		char *out;
	} cast = { .in = borrowed };
	return cast.out;
}

static void shape_finish(struct shape *shape)
{
	for (size_t i = 0; shape->binds != NULL && i < shape->bind_count; i++) {
		free(owned(shape->binds[i].from));
		free(owned(shape->binds[i].to));
	}
	free(shape->binds);
	free(shape->rootfs);
	free(shape->cpuset);
	*shape = (struct shape){ 0 };
}

/* A copy, or NULL for NULL; *ok becomes false where memory runs out. */
static char *copy_text(const char *text, bool *ok)
{
	char *copy = text != NULL ? strdup(text) : NULL;
	if (text != NULL && copy == NULL)
		*ok = false;
	return copy;
}

/* False where memory ran out; *shape is unused then. */
static bool shape_fill(struct shape *shape, const struct pool_request *request,
		       const struct scheduling *scheduling)
{
	const struct bailiff_spec *spec = request->spec;
	bool ok = true;
	shape->series = request->series;
	shape->is_known = request->series != NULL;
	shape->rootfs = copy_text(spec->rootfs, &ok);
	shape->cpuset = copy_text(spec->limits.cpuset, &ok);
	shape->binds = calloc(spec->bind_count + 1, sizeof *shape->binds);
	shape->network = spec->network;
	shape->fresh = spec->fresh;
	shape->scheduling = *scheduling;
	for (size_t i = 0; shape->binds != NULL && i < spec->bind_count; i++) {
		shape->binds[i] = (struct bailiff_bind){
			.from = copy_text(spec->binds[i].from, &ok),
			.to = copy_text(spec->binds[i].to, &ok),
			.writable = spec->binds[i].writable,
		};
		shape->bind_count++;
	}
	if (ok && shape->binds != NULL)
		return true;
	shape_finish(shape);
	return false;
}

/* The caller holds the lock, as from here on. */
static struct shape *find_shape(struct bailiff_pool *pool, unsigned id)
{
	for (size_t i = 0; id != 0 && i < SHAPES_MAX; i++)
		if (pool->shapes[i].id == id)
			return &pool->shapes[i];
	return NULL;
}

static void retire(struct bailiff_pool *pool, struct kept **link)
{
	struct kept *kept = list_take(&pool->waiting, link);
	struct shape *shape = find_shape(pool, kept->shape);
	if (shape != NULL)
		shape->waiting--;
	pool->counts.discarded++;
	/* Nothing has run in it but our own code. */
	for (int i = 0; i < SPACE_KINDS; i++)
		kept->cell.spaces[i].is_untouched = kept->cell.is_sharing;
	list_add(&pool->used, kept);
}

static void retire_shape(struct bailiff_pool *pool, struct shape *shape)
{
	for (struct kept **link = &pool->waiting.first; *link != NULL;)
		if ((*link)->shape == shape->id)
			retire(pool, link);
		else
			link = &(*link)->next;
	shape_finish(shape);
}

/* The shape of such a spec, made where it is new; NULL where memory runs out. */
static struct shape *get_shape(struct bailiff_pool *pool, const struct pool_request *request,
			       const struct scheduling *scheduling)
{
	struct shape *oldest = &pool->shapes[0];
	for (size_t i = 0; i < SHAPES_MAX; i++) {
		if (has_shape(&pool->shapes[i], request, scheduling))
			return &pool->shapes[i];
		if (pool->shapes[i].asked_ns < oldest->asked_ns)
			oldest = &pool->shapes[i];
	}
	if (oldest->id != 0)
		retire_shape(pool, oldest);
	if (!shape_fill(oldest, request, scheduling))
		return NULL;
	if (++pool->last_shape == 0)
		++pool->last_shape;
	oldest->id = pool->last_shape;
	return oldest;
}

/* ---- handing out ----------------------------------------------------------------------------- */

/* Whether any mount of this process's namespace changed since the last look. Source: proc(5),
 * "/proc/[pid]/mounts": poll(2). */
static void look_at_mounts(struct bailiff_pool *pool)
{
	struct pollfd mounts = { .fd = pool->mounts_fd, .events = POLLPRI };
	if (poll(&mounts, 1, 0) != 0)
		pool->mounts++;
}

/* Takes the oldest of a shape that is young enough. */
static struct kept *take_waiting(struct bailiff_pool *pool, unsigned shape, uint64_t now_ns)
{
	for (struct kept **link = &pool->waiting.first; *link != NULL;) {
		struct kept *kept = *link;
		if (kept->shape != shape)
			link = &kept->next;
		else if (kept->mounts != pool->mounts ||
			 now_ns - kept->built_ns > pool->age_max_ns)
			retire(pool, link);
		else
			return list_take(&pool->waiting, link);
	}
	return NULL;
}

static struct kept *take_for(struct bailiff_pool *pool, struct shape *shape)
{
	struct kept *kept = take_waiting(pool, shape->id, clock_now_ns());
	if (kept == NULL)
		return NULL;
	shape->waiting--;
	/* The next one should not have to wait for the end of this one's run. */
	if (shape->waiting == 0)
		(void)pthread_cond_signal(&pool->work);
	return kept;
}

/* The next of a shape that is still true to what it was built from. */
static struct kept *take_true(struct bailiff_pool *pool, struct shape *shape)
{
	struct kept *kept = take_for(pool, shape);
	while (kept != NULL && (!cell_still_waits(&kept->cell) ||
				!rootfs_plan_is_current(&kept->cell.rootfs))) {
		pool->counts.discarded++;
		list_add(&pool->used, kept);
		kept = take_for(pool, shape);
	}
	return kept;
}

/*
 * A cell that the keeper is just building is ready sooner than one that is begun now, and has
 * namespaces that go on. One request waits for it; for others there is none. The shape may be gone
 * afterwards.
 */
static struct kept *await_build(struct bailiff_pool *pool, unsigned shape_id)
{
	if (pool->is_promised || pool->building_shape != shape_id)
		return NULL;
	pool->is_promised = true;
	while (pool->building_shape == shape_id)
		(void)pthread_cond_wait(&pool->built, &pool->lock);
	pool->is_promised = false;
	look_at_mounts(pool);
	struct shape *shape = find_shape(pool, shape_id);
	return shape != NULL ? take_true(pool, shape) : NULL;
}

static void ask(struct bailiff_pool *pool, struct shape *shape)
{
	shape->asked_ns = clock_now_ns();
	shape->in_use++;
	if (shape->target < shape->in_use + 1)
		shape->target = shape->in_use + 1;
	if (shape->target > pool->cells_max)
		shape->target = pool->cells_max;
}

bool pool_take(struct bailiff_pool *pool, const struct pool_request *request,
	       struct cell *ret_cell, unsigned *ret_shape)
{
	struct scheduling scheduling;
	read_scheduling(&scheduling);
	*ret_shape = 0;
	bool is_like_keeper = scheduling.policy == pool->scheduling.policy &&
			      scheduling.nice == pool->scheduling.nice;
	struct kept *kept = NULL;
	(void)pthread_mutex_lock(&pool->lock);
	look_at_mounts(pool);
	struct shape *shape = is_like_keeper ? get_shape(pool, request, &scheduling) : NULL;
	if (shape != NULL) {
		*ret_shape = shape->id;
		ask(pool, shape);
		kept = take_true(pool, shape);
		if (kept == NULL)
			kept = await_build(pool, *ret_shape);
	}
	pool->counts.handed_out += kept != NULL;
	pool->counts.missed += kept == NULL;
	(void)pthread_mutex_unlock(&pool->lock);
	if (kept == NULL)
		return false;
	*ret_cell = kept->cell;
	free(kept);
	return true;
}

/* ---- giving back ----------------------------------------------------------------------------- */

static void learn(struct shape *shape, const struct cell *cell)
{
	shape->is_known = true;
	shape->limits = cell->limits;
	shape->limits.cpuset = shape->cpuset;
	shape->scratch = cell->scratch;
	shape->rlimits.rlimit_count = cell->rlimit_count;
	memcpy(shape->rlimits.rlimits, cell->rlimits, sizeof cell->rlimits);
}

/* Removes a cell, but for its namespaces that others can have. Without the lock. */
static int dispose(struct bailiff_pool *pool, struct cell *cell)
{
	if (cell->is_built && cell_kill(cell) == 0) {
		(void)pthread_mutex_lock(&pool->lock);
		if (!pool->is_closing)
			space_stock_put(&pool->stock, cell->spaces);
		(void)pthread_mutex_unlock(&pool->lock);
	}
	return cell_dispose(cell);
}

int pool_give_back(struct bailiff_pool *pool, struct cell *cell, unsigned shape_id)
{
	struct kept *kept = cell->is_built ? malloc(sizeof *kept) : NULL;
	if (kept != NULL)
		kept->cell = *cell;
	(void)pthread_mutex_lock(&pool->lock);
	struct shape *shape = find_shape(pool, shape_id);
	if (shape != NULL) {
		shape->in_use--;
		if (cell->is_built)
			learn(shape, cell);
	}
	bool is_behind = kept == NULL || pool->is_closing || pool->used.count >= pool->cells_max;
	if (!is_behind)
		list_add(&pool->used, kept);
	(void)pthread_mutex_unlock(&pool->lock);
	(void)pthread_cond_signal(&pool->work);
	int rc = 0;
	if (is_behind) {
		free(kept);
		rc = dispose(pool, cell);
	}
	*cell = CELL_EMPTY;
	return rc;
}

/* ---- the keeper ------------------------------------------------------------------------------ */

/*
 * The cell that leaves where there is no place for another one of this shape: of a shape that was
 * not asked for as lately, and of which more wait. NULL where there is none.
 */
static struct kept **find_victim(struct bailiff_pool *pool, const struct shape *shape)
{
	struct kept **victim = NULL;
	uint64_t asked_ns = shape->asked_ns;
	for (struct kept **link = &pool->waiting.first; *link != NULL; link = &(*link)->next) {
		const struct shape *other = find_shape(pool, (*link)->shape);
		if (other->asked_ns < asked_ns && other->waiting > shape->waiting) {
			asked_ns = other->asked_ns;
			victim = link;
		}
	}
	return victim;
}

static bool is_lacking(struct bailiff_pool *pool, const struct shape *shape, uint64_t now_ns)
{
	return shape->is_known && shape->waiting < shape->target &&
	       now_ns - shape->asked_ns <= pool->age_max_ns &&
	       (pool->waiting.count < pool->cells_max || find_victim(pool, shape) != NULL);
}

/* The shape to build for: of those that can get one more, one that has fewest. */
static struct shape *find_lacking(struct bailiff_pool *pool, uint64_t now_ns)
{
	struct shape *found = NULL;
	for (size_t i = 0; i < SHAPES_MAX; i++) {
		struct shape *shape = &pool->shapes[i];
		if (!is_lacking(pool, shape, now_ns))
			continue;
		if (found == NULL || shape->waiting < found->waiting ||
		    (shape->waiting == found->waiting && shape->asked_ns > found->asked_ns))
			found = shape;
	}
	return found;
}

/* What is needed of a shape while the lock is not held. */
struct order {
	unsigned shape, mounts;
	struct cell_build build;
	struct job job;
	struct bailiff_limits limits;
	struct shape copy; /* owns its texts */
};

static bool take_order(struct bailiff_pool *pool, const struct shape *shape, struct order *ret_order)
{
	const struct bailiff_spec spec = { .rootfs = shape->rootfs,
					   .binds = shape->binds,
					   .bind_count = shape->bind_count,
					   .network = shape->network,
					   .fresh = shape->fresh,
					   .limits = { .cpuset = shape->cpuset } };
	const struct pool_request request = { .spec = &spec, .series = shape->series };
	*ret_order = (struct order){
		.shape = shape->id,
		.job = shape->rlimits,
		.limits = shape->limits,
		.build = { .scratch = shape->scratch, .cancel_fd = FD_NONE },
	};
	look_at_mounts(pool);
	ret_order->mounts = pool->mounts;
	return shape_fill(&ret_order->copy, &request, &shape->scheduling);
}

/* Takes the namespaces of the cells that were used: nobody runs in them any more, so that need not wait
 * until those cells are removed. Without the lock; the list's items are the keeper's. */
static void harvest(struct bailiff_pool *pool, struct kept *first, size_t count)
{
	struct kept *kept = first;
	for (size_t i = 0; i < count; i++) {
		if (kept->cell.is_built)
			cell_begin_kill(&kept->cell);
		(void)pthread_mutex_lock(&pool->lock);
		if (kept->cell.is_built)
			space_stock_put(&pool->stock, kept->cell.spaces);
		kept = kept->next;
		(void)pthread_mutex_unlock(&pool->lock);
	}
}

/* Those that nothing could touch are as good as new, but copies of the host's settings grow old. */
static void give_namespaces(struct bailiff_pool *pool, const struct shape *shape, struct cell *cell)
{
	uint64_t now_ns = clock_now_ns();
	uint64_t since_ns = now_ns > pool->age_max_ns ? now_ns - pool->age_max_ns : 0;
	if (shape->network != BAILIFF_NETWORK_NONE || shape->fresh)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	struct kept *first = pool->used.first;
	size_t count = space_stock_is_whole(&pool->stock) ? 0 : pool->used.count;
	(void)pthread_mutex_unlock(&pool->lock);
	harvest(pool, first, count);
	(void)pthread_mutex_lock(&pool->lock);
	space_stock_take(&pool->stock, since_ns, cell->spaces);
	(void)pthread_mutex_unlock(&pool->lock);
}

/* 0 or -errno; *cell needs disposal either way. */
static int build_ordered(struct bailiff_pool *pool, struct order *order, struct cell *cell)
{
	const struct bailiff_spec spec = { .rootfs = order->copy.rootfs,
					   .binds = order->copy.binds,
					   .bind_count = order->copy.bind_count,
					   .network = order->copy.network,
					   .fresh = order->copy.fresh };
	order->build.job = &order->job;
	order->limits.cpuset = order->copy.cpuset;
	(void)sched_setaffinity(0, sizeof order->copy.scheduling.cpus,
				&order->copy.scheduling.cpus);
	give_namespaces(pool, &order->copy, cell);
	/* Without one the keeper does it, at what a clone of this process costs. */
	(void)fork_server_start(&pool->fork_server);
	pool_give_birth(pool, cell);
	if (order->copy.series != NULL)
		return run_park(pool->host, &order->copy.series->spec, cell);
	int rc = cell_prepare(pool->host, &spec, &order->limits, cell, NULL);
	if (rc == 0)
		rc = cell_build(cell, &order->build, NULL);
	cell->limits.cpuset = NULL;
	return rc;
}

/* Builds one cell, without the lock meanwhile. A shape that none can be built for is not tried again
 * before a request has shown that it can. */
static void build_one(struct bailiff_pool *pool, struct shape *shape)
{
	struct order order;
	struct kept *kept = malloc(sizeof *kept);
	if (pool->waiting.count >= pool->cells_max)
		retire(pool, find_victim(pool, shape));
	bool is_ordered = take_order(pool, shape, &order);
	if (kept == NULL || !is_ordered) {
		shape->is_known = false;
		shape_finish(&order.copy);
		free(kept);
		return;
	}
	*kept = (struct kept){ .shape = order.shape, .mounts = order.mounts, .cell = CELL_EMPTY };
	pool->building = order.copy.series;
	pool->building_shape = order.shape;
	(void)pthread_mutex_unlock(&pool->lock);
	int rc = build_ordered(pool, &order, &kept->cell);
	if (rc == 0)
		rootfs_plan_close_sources(&kept->cell.rootfs);
	shape_finish(&order.copy);
	(void)pthread_mutex_lock(&pool->lock);
	pool->building = NULL;
	pool->building_shape = 0;
	(void)pthread_cond_broadcast(&pool->built);
	shape = find_shape(pool, kept->shape);
	kept->built_ns = clock_now_ns();
	pool->counts.built += rc == 0;
	if (shape != NULL && rc == 0) {
		shape->waiting++;
		list_add(&pool->waiting, kept);
		return;
	}
	if (shape != NULL)
		shape->is_known = false;
	list_add(&pool->used, kept);
}

static void dispose_one(struct bailiff_pool *pool)
{
	struct kept *kept = list_take(&pool->used, &pool->used.first);
	(void)pthread_mutex_unlock(&pool->lock);
	int rc = dispose(pool, &kept->cell);
	free(kept);
	(void)pthread_mutex_lock(&pool->lock);
	if (pool->failed == 0)
		pool->failed = rc;
}

static void retire_old(struct bailiff_pool *pool, uint64_t now_ns)
{
	while (pool->waiting.first != NULL &&
	       (pool->is_closing || now_ns - pool->waiting.first->built_ns > pool->age_max_ns))
		retire(pool, &pool->waiting.first);
}

/* Until there is work; for ever where nothing waits that could become too old. */
static void wait_for_work(struct bailiff_pool *pool)
{
	if (pool->waiting.first == NULL) {
		/* An idle pool holds nothing. */
		space_stock_clear(&pool->stock);
		(void)pthread_cond_wait(&pool->work, &pool->lock);
		return;
	}
	struct timespec due =
		clock_timespec(pool->waiting.first->built_ns + pool->age_max_ns + NS_PER_MS);
	(void)pthread_cond_timedwait(&pool->work, &pool->lock, &due);
}

/* One thing to do, the most urgent first: a shape that nobody would find a cell of, then what
 * keeps the machine's memory, then the rest. False where there is nothing. */
static bool keep_once(struct bailiff_pool *pool)
{
	uint64_t now_ns = clock_now_ns();
	retire_old(pool, now_ns);
	struct shape *shape = pool->is_closing ? NULL : find_lacking(pool, now_ns);
	bool is_urgent = shape != NULL && shape->waiting == 0;
	if (pool->used.count > 0 && !is_urgent)
		dispose_one(pool);
	else if (shape != NULL)
		build_one(pool, shape);
	else
		return false;
	return true;
}

/* Being woken shall not push the waker off its CPU, who has an answer to give. What the cells run
 * with is restored in them (child/inheritance.c). */
static void yield_to_others(const struct bailiff_pool *pool)
{
	const struct sched_param none = { 0 };
	if (pool->scheduling.policy == SCHED_OTHER)
		(void)sched_setscheduler(0, SCHED_BATCH, &none);
}

static void *keep(void *context)
{
	struct bailiff_pool *pool = context;
	yield_to_others(pool);
	/* While this process is as small as it will ever be. */
	(void)fork_server_start(&pool->fork_server);
	(void)pthread_mutex_lock(&pool->lock);
	for (;;) {
		if (keep_once(pool))
			continue;
		if (pool->is_closing)
			break;
		wait_for_work(pool);
	}
	space_stock_clear(&pool->stock);
	(void)pthread_mutex_unlock(&pool->lock);
	fork_server_stop(&pool->fork_server);
	return NULL;
}

/* ---- the pool -------------------------------------------------------------------------------- */

/* The keeper takes no signal: which thread handles them is the caller's business. */
static int start_keeper(struct bailiff_pool *pool)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&pool->keeper, NULL, keep, pool);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static void pool_init(struct bailiff_pool *pool, struct bailiff_host *host,
		      const struct bailiff_pool_options *options)
{
	pthread_condattr_t attributes;
	pool->host = host;
	pool->cells_max = options != NULL && options->cells_max != 0 ? options->cells_max :
								       CELLS_MAX_DEFAULT;
	pool->age_max_ns = options != NULL && options->age_max_ns != 0 ? options->age_max_ns :
									 AGE_MAX_DEFAULT_NS;
	pool->fork_server = FORK_SERVER_EMPTY;
	pool->waiting.last = &pool->waiting.first;
	pool->used.last = &pool->used.first;
	read_scheduling(&pool->scheduling);
	(void)pthread_mutex_init(&pool->lock, NULL); /* none of these can fail with defaults */
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&pool->work, &attributes);
	(void)pthread_cond_init(&pool->built, NULL);
	(void)pthread_condattr_destroy(&attributes);
}

static void pool_free(struct bailiff_pool *pool)
{
	for (size_t i = 0; i < SHAPES_MAX; i++)
		shape_finish(&pool->shapes[i]);
	fd_close(&pool->mounts_fd);
	(void)pthread_mutex_destroy(&pool->fork_server.lock);
	(void)pthread_cond_destroy(&pool->built);
	(void)pthread_cond_destroy(&pool->work);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
}

int bailiff_pool_open(struct bailiff_host *host, const struct bailiff_pool_options *options,
		      struct bailiff_pool **ret_pool, struct bailiff_error *err)
{
	if (options != NULL && options->cells_max > CELLS_MAX_LIMIT)
		return fail_spec(err, "pool: cells_max: more than %d", CELLS_MAX_LIMIT);
	struct bailiff_pool *pool = calloc(1, sizeof *pool);
	if (pool == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "open a pool");
	pool_init(pool, host, options);
	pool->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	int rc = pool->mounts_fd < 0 ? -errno : 0;
	if (rc == 0)
		rc = start_keeper(pool);
	if (rc < 0) {
		pool_free(pool);
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "open a pool");
	}
	*ret_pool = pool;
	return 0;
}

void bailiff_pool_read(struct bailiff_pool *pool, struct bailiff_pool_counts *ret_counts)
{
	(void)pthread_mutex_lock(&pool->lock);
	*ret_counts = pool->counts;
	ret_counts->waiting = pool->waiting.count;
	ret_counts->used = pool->used.count;
	(void)pthread_mutex_unlock(&pool->lock);
}

int bailiff_pool_close(struct bailiff_pool *pool, struct bailiff_error *err)
{
	if (pool == NULL)
		return 0;
	(void)pthread_mutex_lock(&pool->lock);
	pool->is_closing = true;
	(void)pthread_cond_signal(&pool->work);
	(void)pthread_mutex_unlock(&pool->lock);
	(void)pthread_join(pool->keeper, NULL);
	int rc = pool->failed;
	pool_free(pool);
	if (rc < 0)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, -rc, "remove a cell");
	return 0;
}

/* ---- series ---------------------------------------------------------------------------------- */

int bailiff_series_open(struct bailiff_pool *pool, const struct bailiff_spec *spec,
			struct bailiff_series **ret_series, struct bailiff_error *err)
{
	struct bailiff_series *series = calloc(1, sizeof *series);
	if (series == NULL)
		return fail_internal(err, BAILIFF_STAGE_SUPERVISE, ENOMEM, "open a series");
	*series = (struct bailiff_series){ .pool = pool, .spec = *spec };
	const struct pool_request request = { .spec = &series->spec, .series = series };
	struct scheduling scheduling;
	read_scheduling(&scheduling);
	(void)pthread_mutex_lock(&pool->lock);
	struct shape *shape = get_shape(pool, &request, &scheduling);
	if (shape != NULL) {
		shape->asked_ns = clock_now_ns();
		shape->target = pool->cells_max < 2 ? pool->cells_max : 2;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	(void)pthread_cond_signal(&pool->work);
	*ret_series = series;
	return 0;
}

int bailiff_series_run(struct bailiff_series *series, const struct bailiff_spec *spec,
		       struct bailiff_result *result, struct bailiff_error *err)
{
	struct bailiff_spec whole = series->spec;
	whole.in = spec->in;
	whole.out = spec->out;
	whole.err = spec->err;
	whole.collects = spec->collects;
	whole.collect_count = spec->collect_count;
	whole.has_cancel_fd = spec->has_cancel_fd;
	whole.cancel_fd = spec->cancel_fd;
	whole.inspect = spec->inspect;
	whole.inspect_context = spec->inspect_context;
	const struct run_source source = { .host = series->pool->host, .pool = series->pool,
					   .series = series };
	return run_from(&source, &whole, result, err);
}

void bailiff_series_close(struct bailiff_series *series)
{
	if (series == NULL)
		return;
	struct bailiff_pool *pool = series->pool;
	(void)pthread_mutex_lock(&pool->lock);
	for (size_t i = 0; i < SHAPES_MAX; i++)
		if (pool->shapes[i].id != 0 && pool->shapes[i].series == series)
			retire_shape(pool, &pool->shapes[i]);
	while (pool->building == series)
		(void)pthread_cond_wait(&pool->built, &pool->lock);
	(void)pthread_mutex_unlock(&pool->lock);
	(void)pthread_cond_signal(&pool->work);
	free(series);
}
