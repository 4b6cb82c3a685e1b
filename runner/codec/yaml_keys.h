/* SPDX-License-Identifier: MIT */
/*
 * How the YAML files of problem packages are read: a file is a table of keys with a reader each.
 * Readers get a value that is not null and return 0, or a negative errno with the error filled,
 * which names the key; the file's name is added by yaml_read_file().
 */
#ifndef BAILIFF_CODEC_YAML_KEYS_H
#define BAILIFF_CODEC_YAML_KEYS_H

#include "codec/json.h"
#include "codec/problem_yaml.h"
#include "codec/submissions_yaml.h"

#define NS_PER_S 1e9

/* What is being read, and what is filled in: the file decides which of the targets is set. */
struct yaml_reader {
	const struct yaml_file *file;
	struct bailiff_error *err;
	struct problem *problem;
	struct group_settings *settings;
	struct submission_rules *rules;
	struct submission_rule *rule;
	bool is_custom; /* see problem_yaml_read() */
	/* What is said of an unknown key that has keys of its own; NULL = "unknown key". */
	const char *unknown_object;
};

struct yaml_key {
	const char *name; /* NULL = the table's end */
	/* NULL = known, and of no use here */
	int (*read)(struct yaml_reader *reader, const struct json_node *value);
	const struct yaml_key *more; /* at the end: the table that this one goes on with */
};

/* Reads an object's keys by a table; warns of unknown ones. */
int yaml_read_keys(struct yaml_reader *reader, const struct json_node *object,
		   const struct yaml_key *keys);

/* Parses the whole file and reads its root's keys. */
int yaml_read_file(struct yaml_reader *reader, const struct yaml_key *keys);

/* Puts the file's name in front of what is wrong in it. Returns rc. */
int yaml_name_file(const struct yaml_reader *reader, int rc);

/* "<file>: <path>: <message>" as a warning. */
void yaml_warn(const struct yaml_reader *reader, const struct json_node *value,
	       const char *message);

/* Any scalar, as it is spelled. */
int yaml_read_scalar(struct yaml_reader *reader, const struct json_node *value,
		     const char **ret_text);

/* A list of scalars; a single scalar is a list of one. Lists end with NULL. */
int yaml_read_list(struct yaml_reader *reader, const struct json_node *value,
		   const char *const **ret_list);

/* The same, where only a real list will do. */
int yaml_read_arguments(struct yaml_reader *reader, const struct json_node *value,
			const char *const **ret_list);

/* Flags: a string as a shell splits it, or a list. */
int yaml_read_flags(struct yaml_reader *reader, const struct json_node *value,
		    const char *const **ret_flags);

/* A positive number of at most `max`. */
int yaml_read_number(struct yaml_reader *reader, const struct json_node *value, double max,
		     double *ret_number);

/* A positive number of some unit (NS_PER_S, or bytes), in whole smallest units. */
int yaml_read_scaled(struct yaml_reader *reader, const struct json_node *value, double unit,
		     uint64_t *ret_scaled);

/* A number, or a text that is one. */
int yaml_read_score(struct yaml_reader *reader, const struct json_node *value, double *ret_score);

/* Notes the file and key of a value, for errors that are found later. */
int yaml_set_origin(struct yaml_reader *reader, const struct json_node *value,
		    const char **ret_origin);

/* Keys that problem.yaml has too, in the wild. */
int yaml_read_on_reject(struct yaml_reader *reader, const struct json_node *value);
int yaml_read_range(struct yaml_reader *reader, const struct json_node *value);

#endif
