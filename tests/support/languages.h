/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_LANGUAGES_H
#define TESTS_SUPPORT_LANGUAGES_H

#include "language.h"

/* The languages that are built in, for a group of tests (cmocka's setup and teardown). */
extern struct language_set languages;
int languages_load(void **state);
int languages_free(void **state);

#endif
