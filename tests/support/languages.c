/* SPDX-License-Identifier: MIT */
/* No test changes them, so one set serves all tests of a program. */
#include "languages.h"

struct language_set languages;

int languages_load(void **state)
{
	struct bailiff_error err = { 0 };
	(void)state;
	return language_set_load(&languages, NULL, &err);
}

int languages_free(void **state)
{
	(void)state;
	language_set_finish(&languages);
	return 0;
}
