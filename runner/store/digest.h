/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_STORE_DIGEST_H
#define BAILIFF_STORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTENT_DIGEST_BYTES 32u
#define CONTENT_DIGEST_PREFIX "sha256:"
/* Hexadecimal digits with their NUL, and the same behind the prefix. */
#define CONTENT_HEX_SIZE (2 * CONTENT_DIGEST_BYTES + 1)
#define CONTENT_DIGEST_TEXT_SIZE (sizeof CONTENT_DIGEST_PREFIX - 1 + CONTENT_HEX_SIZE)

/* The SHA-256 of a content: what it is called wherever it is. */
struct content_digest {
	uint8_t bytes[CONTENT_DIGEST_BYTES];
};

void content_digest_of(const void *data, size_t size, struct content_digest *ret_digest);

/* "sha256:" and 64 lower-case digits; a digest has no other spelling. */
bool content_digest_parse(const char *text, struct content_digest *ret_digest);
void content_digest_text(const struct content_digest *digest, char text[CONTENT_DIGEST_TEXT_SIZE]);

/* The digits alone, as file names and manifests have them. */
bool content_digest_parse_hex(const char *hex, struct content_digest *ret_digest);
void content_digest_hex(const struct content_digest *digest, char hex[CONTENT_HEX_SIZE]);

bool content_digest_equal(const struct content_digest *a, const struct content_digest *b);

#endif
