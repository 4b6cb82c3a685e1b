/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_USUAL_CACHE_H
#define BAILIFF_RUNNER_USUAL_CACHE_H

#include "arena.h"

/*
 * Where this user's caches are: /var/cache/bailiff for root, else below XDG_CACHE_HOME or ~/.cache.
 * The folder above it is made where that is the usual one and missing, and with `make` the folder
 * itself (mode 0700). In the arena; NULL where there is no such place, or memory ran out.
 */
const char *usual_cache_folder(struct arena *arena, bool make);

#endif
