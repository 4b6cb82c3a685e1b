/* SPDX-License-Identifier: MIT */
/*
 * Base64 for bytes that are not UTF-8 text. Pure functions over the caller's memory.
 */
#include "codec/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *data, size_t size, char *text)
{
	const unsigned char *bytes = data;
	char *at = text;
	for (size_t i = 0; i < size; i += 3) {
		size_t count = size - i < 3 ? size - i : 3;
		uint32_t group = (uint32_t)bytes[i] << 16;
		if (count > 1)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (count > 2)
			group |= bytes[i + 2];
		*at++ = alphabet[group >> 18];
		*at++ = alphabet[group >> 12 & 63];
		*at++ = count > 1 ? alphabet[group >> 6 & 63] : '=';
		*at++ = count > 2 ? alphabet[group & 63] : '=';
	}
	*at = '\0';
}

/* The six bits of a character, or -1. */
static int bits_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Four characters, of which the last `padding` are '='. */
static bool decode_group(const char *text, size_t padding, uint32_t *ret_group)
{
	uint32_t group = 0;
	for (size_t i = 0; i < 4 - padding; i++) {
		int bits = bits_of(text[i]);
		if (bits < 0)
			return false;
		group |= (uint32_t)bits << (18 - 6 * i);
	}
	uint32_t unused = padding == 0 ? 0 : (UINT32_C(1) << 8 * padding) - 1;
	if ((group & unused) != 0)
		return false;
	*ret_group = group;
	return true;
}

bool base64_decode(const char *text, size_t length, unsigned char *data, size_t *ret_size)
{
	if (length % 4 != 0)
		return false;
	size_t size = 0;
	for (size_t i = 0; i < length; i += 4) {
		size_t padding = 0;
		while (i + 4 == length && padding < 2 && text[i + 3 - padding] == '=')
			padding++;
		uint32_t group = 0;
		if (!decode_group(text + i, padding, &group))
			return false;
		for (size_t k = 0; k < 3 - padding; k++)
			data[size++] = (unsigned char)(group >> (16 - 8 * k));
	}
	*ret_size = size;
	return true;
}
