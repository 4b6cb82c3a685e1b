/* SPDX-License-Identifier: MIT */
/*
 * The place for caches that nobody named.
 */
#include "usual_cache.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *find_folder(struct arena *arena)
{
	const char *cache_home = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	if (geteuid() == 0)
		return "/var/cache/bailiff";
	if (cache_home != NULL && cache_home[0] == '/')
		return arena_format(arena, "%s/bailiff", cache_home);
	if (home == NULL || home[0] != '/')
		return NULL;
	const char *parent = arena_format(arena, "%s/.cache", home);
	if (parent != NULL)
		(void)mkdir(parent, 0700); /* mostly there; the folder below tells if it is not */
	return arena_format(arena, "%s/.cache/bailiff", home);
}

const char *usual_cache_folder(struct arena *arena, bool make)
{
	const char *folder = find_folder(arena);
	if (folder != NULL && make)
		(void)mkdir(folder, 0700); /* likewise */
	return folder;
}
