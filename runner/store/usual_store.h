/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_STORE_USUAL_STORE_H
#define BAILIFF_STORE_USUAL_STORE_H

#include "arena.h"

/* The folder of contents that goes with a queue where nobody names one: PATH-store for sqlite:PATH; NULL for
 * a queue of many machines, and where memory ran out. Lives in `arena`. */
const char *usual_store_folder(const char *queue_url, struct arena *arena);

#endif
