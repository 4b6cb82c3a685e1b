/* SPDX-License-Identifier: MIT */
/*
 * The numeric limits of every format that has them, by the one table of limits.
 */
#include "codec/limits_json.h"

#include "base/clock.h"
#include "limit_table.h"

static int read_limit(const struct json_node *value, const struct limit_row *row,
		      struct bailiff_limits *limits, struct bailiff_error *err)
{
	uint64_t number = 0;
	int rc = 0;
	switch (row->unit) {
	case LIMIT_TIME: /* thousandths of a millisecond */
		rc = json_thousandths(value, row->min / NS_PER_US, row->max / NS_PER_US, &number,
				      err);
		number *= NS_PER_US;
		break;
	case LIMIT_MILLI: rc = json_thousandths(value, row->min, row->max, &number, err); break;
	case LIMIT_SIZE:
	case LIMIT_COUNT: rc = json_u64(value, row->min, row->max, &number, err); break;
	}
	if (rc == 0)
		*limit_field(row, limits) = number;
	return rc;
}

int limits_json_read(const struct json_node *object, const char *also,
		     struct bailiff_limits *limits, struct bailiff_error *err)
{
	const char *allowed[LIMIT_ROW_COUNT + 2] = { NULL };
	struct json_node value;
	for (size_t i = 0; i < LIMIT_ROW_COUNT; i++)
		allowed[i] = limit_rows[i].key;
	allowed[LIMIT_ROW_COUNT] = also;
	int rc = json_only_keys(object, allowed, err);
	for (size_t i = 0; rc == 0 && i < LIMIT_ROW_COUNT; i++) {
		if (json_find(object, limit_rows[i].key, &value))
			rc = read_limit(&value, &limit_rows[i], limits, err);
	}
	return rc;
}

void limits_json_write(struct json_writer *writer, cJSON *object,
		       const struct bailiff_limits *limits)
{
	cJSON *shown = json_write_object(writer, object, "limits");
	for (size_t i = 0; i < LIMIT_ROW_COUNT; i++) {
		const struct limit_row *row = &limit_rows[i];
		uint64_t value = limit_value(row, limits);
		if (value == 0) { /* there is no such limit */
			json_write_null(writer, shown, row->key);
			continue;
		}
		switch (row->unit) {
		case LIMIT_TIME: json_write_milliseconds(writer, shown, row->key, value); break;
		case LIMIT_MILLI: json_write_thousandths(writer, shown, row->key, value); break;
		case LIMIT_SIZE:
		case LIMIT_COUNT: json_write_u64(writer, shown, row->key, value); break;
		}
	}
	json_write_string(writer, shown, "cpuset", limits->cpuset);
}
