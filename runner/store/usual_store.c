/* SPDX-License-Identifier: MIT */
/*
 * A queue in a file has its contents beside it, so that client and worker agree without being told.
 */
#include "store/usual_store.h"

#include <string.h>

#define EMBEDDED "sqlite:"

const char *usual_store_folder(const char *queue_url, struct arena *arena)
{
	if (strncmp(queue_url, EMBEDDED, strlen(EMBEDDED)) != 0)
		return NULL;
	return arena_format(arena, "%s-store", queue_url + strlen(EMBEDDED));
}
