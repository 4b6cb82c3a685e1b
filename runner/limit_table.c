/* SPDX-License-Identifier: MIT */
/*
 * The table of limits and its command-line side. The bounds are the library's own; they are
 * checked here as well so that a mistake is reported under the name the user typed.
 */
#include "limit_table.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "model/limits.h"
#include "values.h"

#include <inttypes.h>

#define FIELD(name) offsetof(struct bailiff_limits, name)

const struct limit_row limit_rows[LIMIT_ROW_COUNT] = {
	{ "cpu_ms", "cpu", LIMIT_TIME, FIELD(cpu_ns), NS_PER_MS, LIMITS_TIME_NS_MAX },
	{ "wall_ms", "wall", LIMIT_TIME, FIELD(wall_ns), NS_PER_MS, LIMITS_TIME_NS_MAX },
	{ "idle_ms", "idle", LIMIT_TIME, FIELD(idle_ns), LIMITS_IDLE_NS_MIN, LIMITS_TIME_NS_MAX },
	{ "memory_bytes", "memory", LIMIT_SIZE, FIELD(memory_bytes), LIMITS_MEMORY_BYTES_MIN,
	  LIMITS_BYTES_MAX },
	{ "processes", "processes", LIMIT_COUNT, FIELD(processes), 1, LIMITS_PROCESSES_MAX },
	{ "output_bytes", "output", LIMIT_SIZE, FIELD(output_bytes), 1, LIMITS_BYTES_MAX },
	{ "disk_bytes", "disk", LIMIT_SIZE, FIELD(disk_bytes), 1, LIMITS_BYTES_MAX },
	{ "stack_bytes", "stack", LIMIT_SIZE, FIELD(stack_bytes), LIMITS_MEMORY_BYTES_MIN,
	  LIMITS_BYTES_MAX },
	{ "open_files", "open-files", LIMIT_COUNT, FIELD(open_files), LIMITS_OPEN_FILES_MIN,
	  BAILIFF_OPEN_FILES_MAX },
	{ "cpus", "cpus", LIMIT_MILLI, FIELD(cpus_milli), LIMITS_CPUS_MILLI_MIN,
	  LIMITS_CPUS_MILLI_MAX },
};

/* How the command line reads and names each unit. */
static const struct {
	bool (*parse)(const char *text, uint64_t *ret_value);
	const char *expected;
	const char *shown; /* unit of a bound in a message */
	uint64_t shown_factor;
} unit_rows[] = {
	[LIMIT_TIME] = { parse_duration, "a time with a unit, such as 1.5s or 250ms", " ms",
			 NS_PER_MS },
	[LIMIT_SIZE] = { parse_size, "a size with a unit, such as 64M or 512K (100B for bytes)",
			 " bytes", 1 },
	[LIMIT_COUNT] = { io_parse_u64, "a whole number", "", 1 },
	[LIMIT_MILLI] = { parse_milli, "a number such as 1 or 0.5", " thousandths", 1 },
};

uint64_t *limit_field(const struct limit_row *row, struct bailiff_limits *limits)
{
	return (uint64_t *)(void *)((char *)limits + row->offset);
}

uint64_t limit_value(const struct limit_row *row, const struct bailiff_limits *limits)
{
	return *(const uint64_t *)(const void *)((const char *)limits + row->offset);
}

void limits_merge(struct bailiff_limits *limits, const struct bailiff_limits *fallback)
{
	for (size_t i = 0; i < LIMIT_ROW_COUNT; i++) {
		uint64_t *field = limit_field(&limit_rows[i], limits);
		if (*field == 0)
			*field = limit_value(&limit_rows[i], fallback);
	}
	if (limits->cpuset == NULL)
		limits->cpuset = fallback->cpuset;
}

int limit_parse(const struct limit_row *row, const char *text, uint64_t *ret_value,
		struct bailiff_error *err)
{
	uint64_t value = 0;
	if (!unit_rows[row->unit].parse(text, &value))
		return fail_spec(err, "--%s: expected %s, not '%s'", row->option,
				 unit_rows[row->unit].expected, text);
	bool is_low = value < row->min;
	if (is_low || value > row->max)
		return fail_spec(err, "--%s: must be at %s %" PRIu64 "%s", row->option,
				 is_low ? "least" : "most",
				 (is_low ? row->min : row->max) / unit_rows[row->unit].shown_factor,
				 unit_rows[row->unit].shown);
	*ret_value = value;
	return 0;
}
