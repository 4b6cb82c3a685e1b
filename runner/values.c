/* SPDX-License-Identifier: MIT */
/*
 * One parser for all quantities: digits, perhaps a decimal point and digits, then a unit from a
 * table. The value is computed in integers, so that 0.1s is exactly 100000000 ns.
 */
#include "values.h"

#include "base/mem.h"

#include <stddef.h>
#include <string.h>

/* With six decimals, fraction * factor fits 64 bits for every unit below. */
#define DECIMALS_MAX 6
#define FRACTION_ONE UINT64_C(1000000)

struct unit {
	const char *name;
	uint64_t factor;
};

static const char *parse_digits(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return NULL;
	}
	if (at == text)
		return NULL;
	*ret_value = value;
	return at;
}

/* The digits after a decimal point, in millionths. */
static const char *parse_fraction(const char *text, uint64_t *ret_millionths)
{
	uint64_t digits = 0;
	const char *end = parse_digits(text, &digits);
	if (end == NULL || end - text > DECIMALS_MAX)
		return NULL;
	for (ptrdiff_t i = end - text; i < DECIMALS_MAX; i++)
		digits *= 10;
	*ret_millionths = digits;
	return end;
}

static bool parse_quantity(const char *text, const struct unit *units, size_t unit_count,
			   uint64_t *ret_value)
{
	uint64_t whole = 0;
	uint64_t fraction = 0;
	const char *at = parse_digits(text, &whole);
	if (at != NULL && *at == '.')
		at = parse_fraction(at + 1, &fraction);
	if (at == NULL)
		return false;
	for (size_t i = 0; i < unit_count; i++) {
		if (strcmp(at, units[i].name) != 0)
			continue;
		uint64_t value;
		if (__builtin_mul_overflow(whole, units[i].factor, &value) ||
		    __builtin_add_overflow(value, fraction * units[i].factor / FRACTION_ONE,
					   &value))
			return false;
		*ret_value = value;
		return true;
	}
	return false;
}

bool parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct unit units[] = {
		{ "s", UINT64_C(1000000000) },	  { "ms", UINT64_C(1000000) },
		{ "us", UINT64_C(1000) },	  { "m", UINT64_C(60000000000) },
		{ "h", UINT64_C(3600000000000) },
	};
	return parse_quantity(text, units, ARRAY_LENGTH(units), ret_ns);
}

bool parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{ "B", UINT64_C(1) },	      { "K", UINT64_C(1) << 10 },
		{ "KiB", UINT64_C(1) << 10 }, { "M", UINT64_C(1) << 20 },
		{ "MiB", UINT64_C(1) << 20 }, { "G", UINT64_C(1) << 30 },
		{ "GiB", UINT64_C(1) << 30 }, { "T", UINT64_C(1) << 40 },
		{ "TiB", UINT64_C(1) << 40 },
	};
	return parse_quantity(text, units, ARRAY_LENGTH(units), ret_bytes);
}

bool parse_milli(const char *text, uint64_t *ret_milli)
{
	static const struct unit units[] = { { "", 1000 } };
	return parse_quantity(text, units, ARRAY_LENGTH(units), ret_milli);
}
