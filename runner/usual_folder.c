/* SPDX-License-Identifier: MIT */
/*
 * Folders by the file system hierarchy standard and the XDG base directory specification.
 */
#include "usual_folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *usual_cache_folder(struct arena *arena)
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
