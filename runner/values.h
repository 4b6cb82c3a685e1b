/* SPDX-License-Identifier: MIT */
/*
 * Numbers as a command line spells them. All parse the whole string and return false for anything
 * else: an empty string, a sign, blanks, an unknown or missing unit, a result above 64 bits.
 * What lies below the smallest unit of the result is cut off.
 */
#ifndef BAILIFF_RUNNER_VALUES_H
#define BAILIFF_RUNNER_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* "1s", "1.5s", "250ms", "10us", "2m", "1h", in nanoseconds. */
bool parse_duration(const char *text, uint64_t *ret_ns);

/* "100B", "512K", "64M", "64MiB", "1.5G", "1T" in bytes; units are powers of 1024. */
bool parse_size(const char *text, uint64_t *ret_bytes);

/* "1", "0.5" in thousandths. */
bool parse_milli(const char *text, uint64_t *ret_milli);

#endif
