/* SPDX-License-Identifier: MIT */
/*
 * What the readers of spec files share: objects read by tables of keys, and the values that occur
 * in all of them. What is not in a table is refused, so the tables are the format. Everything read
 * is copied into an arena.
 *
 * Every function returns 0, or a negative errno with the reader's *err filled, which then names the
 * key by its path.
 */
#ifndef BAILIFF_CODEC_SPEC_READ_H
#define BAILIFF_CODEC_SPEC_READ_H

#include "arena.h"
#include "codec/json.h"
#include "store/digest.h"

/* Where a spec's digests lead. Both find a content or fail with its key unnamed; paths are absolute
 * and live as long as the arena, or as whatever the context is. */
struct spec_contents {
	int (*find_file)(void *context, const struct content_digest *digest, uint64_t size_max,
			 struct arena *arena, const char **ret_path, uint64_t *ret_size,
			 struct bailiff_error *err);
	/* NULL in *ret_path: it is not on this machine, and nobody needs it here. */
	int (*find_tree)(void *context, const struct content_digest *digest, struct arena *arena,
			 const char **ret_path, struct bailiff_error *err);
	void *context;
};

/*
 * What a spec may name on this machine. That of the caller, who has the rights of this process:
 * every path. A job's (job/job.h), which anybody can have written: contents by digest; paths only
 * below some folders, links resolved; nothing that is the worker's to say (spec_refuse_in_job(),
 * spec_check_job_limits()).
 */
struct spec_scope {
	const char *folder; /* relative paths are below it; NULL = the current one; not of a job */
	bool is_job;
	bool is_elsewhere; /* a job that another machine will run: whether its paths are below that
			    * one's folders is not known here */
	const char *const *allowed;	      /* those folders; NULL-terminated; NULL = none */
	const struct spec_contents *contents; /* NULL = none */
};

struct spec_reader {
	struct arena *arena; /* where copies are made */
	const struct spec_scope *scope;
	struct bailiff_error *err;
};

/* What a job may ask for; above that it would cost the worker outside of its cell. */
#define JOB_CAPTURE_BYTES_MAX (UINT64_C(1) << 20) /* of each stream */
#define JOB_OUTPUT_BYTES_MAX (UINT64_C(1) << 30)
#define JOB_TIME_NS_MAX (UINT64_C(3600) * 1000000000) /* CPU and wall time of one run */
#define JOB_CPUS_MILLI_MAX UINT64_C(1000)
#define JOB_PROCESSES_MAX UINT64_C(4096) /* numbers of processes are the whole machine's */

/* Reads one value into `target`: what the object's own reader passes on, the struct that its keys
 * fill. */
typedef int (*spec_value_read)(struct spec_reader *reader, const struct json_node *value,
			       void *target);

struct spec_key {
	const char *name;
	spec_value_read read;
};

#define SPEC_KEYS_MAX 20u

/* Reads an object by its table; `count` is at most SPEC_KEYS_MAX. Keys are read in the table's
 * order, whatever their order in the object. */
int spec_read_object(struct spec_reader *reader, const struct json_node *object,
		     const struct spec_key *keys, size_t count, void *target);

/* Calls read_element for each element of an array of at most `max`. */
int spec_read_array(struct spec_reader *reader, const struct json_node *array, size_t max,
		    spec_value_read read_element, void *target);

/* A string; one that is not empty; a path of the host, relative to the scope's folder and within
 * what it allows. */
int spec_read_text(struct spec_reader *reader, const struct json_node *value,
		   const char **ret_text);
int spec_read_nonempty(struct spec_reader *reader, const struct json_node *value,
		       const char **ret_text);
int spec_read_host_path(struct spec_reader *reader, const struct json_node *value,
			const char **ret_path);

/* The content that a digest names, as a file of this machine. */
int spec_read_digest_file(struct spec_reader *reader, const struct json_node *value,
			  uint64_t size_max, const char **ret_path, uint64_t *ret_size);
/* The tree, likewise; *ret_path may become NULL, see struct spec_contents. */
int spec_read_digest_tree(struct spec_reader *reader, const struct json_node *value,
			  struct content_digest *ret_digest, const char **ret_path);

/* Fails where the spec is a job's: `value` is then not for it to say. */
int spec_refuse_in_job(struct spec_reader *reader, const struct json_node *value);

/* Fails where a job's limits (an object that was read) are above the bounds of jobs. */
int spec_check_job_limits(struct spec_reader *reader, const struct json_node *object,
			  const struct bailiff_limits *limits);

struct spec_bytes {
	const void *data;
	size_t size;
};

/* The bytes of a string, as they are or encoded in base64. A NUL that is not counted follows. */
int spec_read_text_bytes(struct spec_reader *reader, const struct json_node *value,
			 struct spec_bytes *ret_bytes);
int spec_read_base64_bytes(struct spec_reader *reader, const struct json_node *value,
			   struct spec_bytes *ret_bytes);

/* Fails unless the object has exactly one of these keys (NULL-terminated). */
int spec_require_one_of(struct spec_reader *reader, const struct json_node *object,
			const char *const *keys);

#endif
