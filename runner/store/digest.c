/* SPDX-License-Identifier: MIT */
/*
 * Digests and their texts. One spelling only, so that texts are alike exactly if digests are.
 */
#include "store/digest.h"

#include <sha2.h>
#include <stdio.h>
#include <string.h>

void content_digest_of(const void *data, size_t size, struct content_digest *ret_digest)
{
	SHA2_CTX sha;
	SHA256Init(&sha);
	if (size > 0)
		SHA256Update(&sha, data, size);
	SHA256Final(ret_digest->bytes, &sha);
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool content_digest_parse_hex(const char *hex, struct content_digest *ret_digest)
{
	if (strlen(hex) != CONTENT_HEX_SIZE - 1)
		return false;
	for (size_t i = 0; i < CONTENT_DIGEST_BYTES; i++) {
		int high = digit_value(hex[2 * i]), low = digit_value(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_digest->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void content_digest_hex(const struct content_digest *digest, char hex[CONTENT_HEX_SIZE])
{
	for (size_t i = 0; i < CONTENT_DIGEST_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest->bytes[i]);
}

bool content_digest_parse(const char *text, struct content_digest *ret_digest)
{
	size_t prefix = strlen(CONTENT_DIGEST_PREFIX);
	return strncmp(text, CONTENT_DIGEST_PREFIX, prefix) == 0 &&
	       content_digest_parse_hex(text + prefix, ret_digest);
}

void content_digest_text(const struct content_digest *digest, char text[CONTENT_DIGEST_TEXT_SIZE])
{
	size_t prefix = strlen(CONTENT_DIGEST_PREFIX);
	memcpy(text, CONTENT_DIGEST_PREFIX, prefix);
	content_digest_hex(digest, text + prefix);
}

bool content_digest_equal(const struct content_digest *a, const struct content_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
