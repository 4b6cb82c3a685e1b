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
	void (*tell)(void *context); /* while content is read; NULL = nobody */
	void *tell_context;
};

/*
 * Objects that are written and have no names yet: they are synced together, which takes a fraction
 * of the time that one after the other does. Zero is valid and empty.
 */
#define STORE_BATCH_MAX 1024u
#define STORE_NEW_NAME_SIZE (sizeof "new" + 17)

struct store_batch {
	struct {
		char name[STORE_NEW_NAME_SIZE];
		struct content_digest digest;
	} drafts[STORE_BATCH_MAX];
	size_t count;
};

/* Gives what is in the batch its names. What has none afterwards is removed. 0, or -errno with
 * *err. */
int store_batch_publish(struct content_store *store, struct store_batch *batch,
			struct bailiff_error *err);
/* Removes what is in the batch. */
void store_batch_discard(struct content_store *store, struct store_batch *batch);

/* content_store_put_file(), which tells the size too; with a batch, the object is there once that
 * is published. */
int content_store_put_sized(struct content_store *store, int fd, const char *name,
			    struct store_batch *batch, struct content_digest *ret_digest,
			    uint64_t *ret_size, struct bailiff_error *err);

#endif
