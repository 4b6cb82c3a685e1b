/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_STORE_STORE_INTERNAL_H
#define BAILIFF_STORE_STORE_INTERNAL_H

#include "arena.h"
#include "store/content_store.h"

#include <sys/types.h>

/* A tree that this process put, and where it came from. */
struct tree_origin {
	const char *folder; /* absolute, resolved */
	struct content_digest digest;
};

struct content_store {
	struct arena arena;
	const char *folder;
	int fd;		    /* owned; FD_NONE: the folder is not there yet */
	bool is_to_be_made; /* with all that belongs into it, when something is put */
	mode_t folder_mode; /* of the folder itself; what is made in it gets the same */
	struct tree_origin *origins;
	size_t origin_count;
};

/* content_store_put_file(), which tells the size too. */
int content_store_put_sized(struct content_store *store, int fd, const char *name,
			    struct content_digest *ret_digest, uint64_t *ret_size,
			    struct bailiff_error *err);

#endif
