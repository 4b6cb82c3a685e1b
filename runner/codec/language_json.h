/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_LANGUAGE_JSON_H
#define BAILIFF_CODEC_LANGUAGE_JSON_H

#include "language.h"

/*
 * Reads one language definition (bailiff-languages(5)) into the arena. A relative path in it is
 * taken to be below `folder`, NULL = there are none. Fails with BAILIFF_FAULT_SPEC and the key's
 * path.
 */
int language_json_read(struct arena *arena, const char *text, size_t length, const char *folder,
		       struct language *ret_language, struct bailiff_error *err);

#endif
