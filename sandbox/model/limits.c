/* SPDX-License-Identifier: MIT */
/*
 * Limits: defaults and bounds, as one table. Pure; knows neither cgroups nor rlimits.
 */
#include "model/limits.h"

#include "base/error.h"
#include "base/mem.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct limit_rule {
	const char *key; /* as the contract spells it, with the unit of a message */
	size_t offset;
	uint64_t fallback; /* 0 = computed in limits_resolve(), or there is none */
	uint64_t min, max;
};

#define FIELD(name) offsetof(struct bailiff_limits, name)

static const struct limit_rule limit_rules[] = {
	{ "limits.cpu_ms", FIELD(cpu_ns), LIMITS_DEFAULT_CPU_NS, 1000000, LIMITS_TIME_NS_MAX },
	{ "limits.wall_ms", FIELD(wall_ns), 0, 1000000, 3 * LIMITS_TIME_NS_MAX },
	{ "limits.idle_ms", FIELD(idle_ns), 0, LIMITS_IDLE_NS_MIN, LIMITS_TIME_NS_MAX },
	{ "limits.memory_bytes", FIELD(memory_bytes), LIMITS_DEFAULT_MEMORY_BYTES,
	  LIMITS_MEMORY_BYTES_MIN, LIMITS_BYTES_MAX },
	{ "limits.processes", FIELD(processes), LIMITS_DEFAULT_PROCESSES, 1, LIMITS_PROCESSES_MAX },
	{ "limits.output_bytes", FIELD(output_bytes), LIMITS_DEFAULT_OUTPUT_BYTES, 1,
	  LIMITS_BYTES_MAX },
	{ "limits.disk_bytes", FIELD(disk_bytes), LIMITS_DEFAULT_DISK_BYTES, 1, LIMITS_BYTES_MAX },
	{ "limits.stack_bytes", FIELD(stack_bytes), 0, LIMITS_MEMORY_BYTES_MIN, LIMITS_BYTES_MAX },
	{ "limits.open_files", FIELD(open_files), LIMITS_DEFAULT_OPEN_FILES, LIMITS_OPEN_FILES_MIN,
	  BAILIFF_OPEN_FILES_MAX },
	{ "limits.cpus", FIELD(cpus_milli), LIMITS_DEFAULT_CPUS_MILLI, LIMITS_CPUS_MILLI_MIN,
	  LIMITS_CPUS_MILLI_MAX },
};

static uint64_t *limit_field(struct bailiff_limits *limits, size_t offset)
{
	return (uint64_t *)(void *)((char *)limits + offset);
}

static bool cpuset_is_list(const char *text)
{
	if (!isdigit((unsigned char)text[0]) || strlen(text) > 256)
		return false;
	for (const char *p = text; *p != '\0'; p++) {
		bool separator = *p == ',' || *p == '-';
		if (!isdigit((unsigned char)*p) && !(separator && isdigit((unsigned char)p[1])))
			return false;
	}
	return true;
}

int limits_resolve(struct bailiff_limits *limits, struct bailiff_error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(limit_rules); i++) {
		const struct limit_rule *rule = &limit_rules[i];
		uint64_t *value = limit_field(limits, rule->offset);
		if (*value == 0 && rule->fallback != 0)
			*value = rule->fallback;
	}
	/* These two default to what others were resolved to. */
	if (limits->wall_ns == 0 && limits->cpu_ns <= LIMITS_TIME_NS_MAX)
		limits->wall_ns = 2 * limits->cpu_ns + UINT64_C(1000000000);
	if (limits->stack_bytes == 0)
		limits->stack_bytes = limits->memory_bytes;

	for (size_t i = 0; i < ARRAY_LENGTH(limit_rules); i++) {
		const struct limit_rule *rule = &limit_rules[i];
		uint64_t value = *limit_field(limits, rule->offset);
		if (value == 0 && rule->offset == FIELD(idle_ns))
			continue; /* there is no such limit */
		if (value < rule->min)
			return fail_spec(err, "%s: too small", rule->key);
		if (value > rule->max)
			return fail_spec(err, "%s: too large", rule->key);
	}
	if (limits->cpuset != NULL && !cpuset_is_list(limits->cpuset))
		return fail_spec(err, "limits.cpuset: must be a list of CPUs such as \"0,2-3\"");
	return 0;
}
