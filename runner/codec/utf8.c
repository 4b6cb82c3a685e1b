/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 as RFC 3629 defines it, read as a table: what the first byte allows as the second byte
 * rules out over-long forms, surrogates and everything above U+10FFFF; later bytes are always
 * 80..BF. Pure functions over bytes in memory.
 */
#include "codec/utf8.h"

static const struct utf8_form {
	unsigned char first_min, first_max;
	unsigned char second_min, second_max;
	unsigned char length;
} utf8_forms[] = {
	{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static const struct utf8_form *find_form(unsigned char first)
{
	for (size_t i = 0; i < sizeof utf8_forms / sizeof utf8_forms[0]; i++) {
		if (first >= utf8_forms[i].first_min && first <= utf8_forms[i].first_max)
			return &utf8_forms[i];
	}
	return NULL;
}

/* How many bytes of the form are there and right; stops at the first wrong one. */
static size_t matching_bytes(const struct utf8_form *form, const char *text, size_t length)
{
	size_t i = 1;
	for (; i < form->length && i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		unsigned char min = i == 1 ? form->second_min : 0x80;
		unsigned char max = i == 1 ? form->second_max : 0xbf;
		if (byte < min || byte > max)
			break;
	}
	return i;
}

size_t utf8_sequence(const char *text, size_t length)
{
	if (length == 0)
		return 0;
	const struct utf8_form *form = find_form((unsigned char)text[0]);
	if (form == NULL || matching_bytes(form, text, length) < form->length)
		return 0;
	return form->length;
}

size_t utf8_prefix(const char *text, size_t length)
{
	size_t at = 0;
	while (at < length) {
		size_t step = utf8_sequence(text + at, length - at);
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

bool utf8_is_cut(const char *text, size_t length)
{
	if (length == 0)
		return false;
	const struct utf8_form *form = find_form((unsigned char)text[0]);
	return form != NULL && length < form->length &&
	       matching_bytes(form, text, length) == length;
}

unsigned utf8_decode(const char *text, size_t length)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned code = (unsigned char)text[0] & first_bits[length];
	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	return code;
}

bool utf8_is_harmless(unsigned code)
{
	return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && code != 0x061c &&
	       code != 0x200e && code != 0x200f && !(code >= 0x202a && code <= 0x202e) &&
	       !(code >= 0x2066 && code <= 0x2069);
}

size_t utf8_put(FILE *out, const char *text, size_t length)
{
	size_t step = *text == '\0' ? 0 : utf8_sequence(text, length);
	if (step == 0) {
		(void)fputs("\xef\xbf\xbd", out);
		return 1;
	}
	(void)fwrite(text, 1, step, out);
	return step;
}
