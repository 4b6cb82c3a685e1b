/* SPDX-License-Identifier: MIT */
/*
 * Structs, lists and strings one after another, as another process can read them: a pointer is the offset
 * of what it points to, and NULL is 0 (child/relocate.h). Whatever has to be pointed to is not the
 * first thing in it.
 */
#ifndef BAILIFF_RUN_IMAGE_H
#define BAILIFF_RUN_IMAGE_H

#include <stddef.h>

struct image {
	char *bytes; /* zeros, of the size of all that will be put */
	size_t size; /* written so far */
};

/* How much of an image so many bytes take. */
size_t image_padded(size_t size);
size_t image_text_size(const char *text); /* NULL takes nothing */

/* Appends, and returns the offset in the disguise of the pointer it will become. */
void *image_put(struct image *image, const void *data, size_t size);
char *image_put_text(struct image *image, const char *text);

#endif
