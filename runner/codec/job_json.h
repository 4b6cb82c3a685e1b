/* SPDX-License-Identifier: MIT */
/*
 * A spec on its way into a queue: every file that it names becomes its content or a digest, and
 * the rest is written in the one way that specs which mean the same are written.
 */
#ifndef BAILIFF_CODEC_JOB_JSON_H
#define BAILIFF_CODEC_JOB_JSON_H

#include "arena.h"
#include "codec/json.h"

/* What takes the place of a path. */
struct packed_file {
	const char *key; /* "text", "base64" or "digest" */
	const char *value;
	unsigned mode; /* permission bits */
};

/* Who decides what becomes of a file. `place` is the value that names it, for messages. What is
 * returned lives as long as the arena. */
struct job_packer {
	struct arena *arena;
	const char *folder; /* relative paths are below it; NULL = the current one */
	int (*pack_file)(void *context, const struct json_node *place, const char *path,
			 struct packed_file *ret_file, struct bailiff_error *err);
	int (*pack_tree)(void *context, const struct json_node *place, const char *path,
			 const char **ret_digest, struct bailiff_error *err);
	/* Whether a run's program, which no file of the spec provides, is one of this machine's
	 * that goes with it. `is_absolute`: it was named so. */
	bool (*is_own_program)(void *context, const char *path, bool is_absolute);
	void *context;
};

struct job_text {
	char *text; /* the caller's to free */
	size_t size;
	bool is_judge; /* a judge spec, else a run spec */
};

/*
 * Packs a spec. Only what is needed for that is looked at: what else is wrong with it, the spec's
 * reader says of the outcome. Fails with BAILIFF_FAULT_SPEC where it is neither kind, and as the
 * packer.
 */
int job_json_pack(const char *text, size_t size, const struct job_packer *packer,
		  struct job_text *ret_text, struct bailiff_error *err);

#endif
