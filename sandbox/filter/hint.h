/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_FILTER_HINT_H
#define BAILIFF_FILTER_HINT_H

#include <bailiff/bailiff.h>

/*
 * Says what a forbidden call is for, why it is dangerous where it is, and which built-in policies
 * would allow this very call, arguments included, or refuse it without ending the run. One line;
 * cut off where it does not fit.
 */
void filter_hint(const struct bailiff_syscall *call, char *text, size_t size);

#endif
