/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_BASE64_H
#define BAILIFF_CODEC_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Base64 of RFC 4648 section 4: the standard alphabet, with padding, without line breaks. */

/* Characters in the encoding of `size` bytes, without a NUL. */
static inline size_t base64_encoded_size(size_t size)
{
	return (size + 2) / 3 * 4;
}

/* Writes base64_encoded_size(size) characters and a NUL. */
void base64_encode(const void *data, size_t size, char *text);

/* An upper bound of the bytes that `length` characters decode to. */
static inline size_t base64_decoded_max(size_t length)
{
	return length / 4 * 3;
}

/*
 * Decodes strictly: complete groups only, no white space, and unused bits zero, so that each
 * sequence of bytes has one encoding. Writes at most base64_decoded_max(length) bytes. False
 * where the text is not that.
 */
bool base64_decode(const char *text, size_t length, unsigned char *data, size_t *ret_size);

#endif
