/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUN_POOL_H
#define BAILIFF_RUN_POOL_H

#include "run/cell.h"

/* What a run does with a pool; what its user does is in bailiff.h. For any thread. */

struct pool_request {
	const struct bailiff_spec *spec;
	const struct bailiff_series *series; /* NULL = any */
};

/*
 * Takes a waiting cell that was built for such a spec and is still true to it. False where there is
 * none: the caller then builds one himself. Either way *ret_shape is what such cells are known by;
 * 0 where no cell of this caller's can come from the pool.
 */
bool pool_take(struct bailiff_pool *pool, const struct pool_request *request,
	       struct cell *ret_cell, unsigned *ret_shape);

/*
 * Gives a cell that was used, or failed, to the pool's keeper to be disposed of, and leaves
 * *cell empty. Where it was used as it should, its shape's next cells will be built like it. 0, or
 * -errno where the keeper has too much to do already and the cell was disposed of here, in vain.
 */
int pool_give_back(struct bailiff_pool *pool, struct cell *cell, unsigned shape);

/* An empty cell that a request builds itself will be cloned as cheaply as the pool's. For a request that
 * pool_take() named a shape. */
void pool_give_birth(struct bailiff_pool *pool, struct cell *cell);

struct bailiff_host *pool_host(const struct bailiff_pool *pool);

#endif
