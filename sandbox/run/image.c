/* SPDX-License-Identifier: MIT */
/*
 * An image is measured before it is written, so nothing in it moves; each part begins where any type
 * may stand.
 */
#include "run/image.h"

#include <stdint.h>
#include <string.h>

size_t image_padded(size_t size)
{
	return (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

size_t image_text_size(const char *text)
{
	return text == NULL ? 0 : image_padded(strlen(text) + 1);
}

void *image_put(struct image *image, const void *data, size_t size)
{
	size_t offset = image->size;
	if (size > 0)
		memcpy(image->bytes + offset, data, size);
	image->size += image_padded(size);
	return (void *)(uintptr_t)offset;
}

char *image_put_text(struct image *image, const char *text)
{
	return text == NULL ? NULL : image_put(image, text, strlen(text) + 1);
}
