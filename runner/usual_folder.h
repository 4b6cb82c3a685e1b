/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_USUAL_FOLDER_H
#define BAILIFF_RUNNER_USUAL_FOLDER_H

#include "arena.h"

/* Where caches are unless somebody says otherwise: /var/cache/bailiff for root, else $XDG_CACHE_HOME/bailiff or
 * ~/.cache/bailiff, whose parent is made where it is missing. NULL where there is no such place. */
const char *usual_cache_folder(struct arena *arena);

#endif
