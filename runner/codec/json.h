/* SPDX-License-Identifier: MIT */
/*
 * Strict JSON reading. A text is accepted exactly when RFC 8259 accepts it, it stays inside the
 * bounds below, no object has a key twice, and no string holds U+0000. After that a document is
 * read through nodes, which know their place in it, so that every error names the key by its path
 * ("limits.cpu_ms: must be a positive number").
 *
 * Every function that can fail returns 0, or -EINVAL with a BAILIFF_FAULT_SPEC error.
 *
 * Pattern of use:
 *
 *	JSON_AUTO_DELETE cJSON *document = NULL;
 *	int rc = json_parse(text, length, &document, err);
 *	struct json_node root = json_root(document);
 *	rc = json_only_keys(&root, allowed, err);
 *	struct json_node limits;
 *	if (json_find(&root, "limits", &limits)) ...
 */
#ifndef BAILIFF_CODEC_JSON_H
#define BAILIFF_CODEC_JSON_H

#include <bailiff/bailiff.h>
#include <cjson/cJSON.h>

/* Room for input and expected output inside a spec; larger data belongs in files. */
#define JSON_INPUT_MAX ((size_t)16 << 20)
/* Values in one document: bounds the memory of the tree (about 80 bytes each). */
#define JSON_VALUES_MAX 100000u
/* Deeper than any document we define; the scanner recurses this deep at most. */
#define JSON_DEPTH_MAX 32u
/* Keys in one object; keeps the search for duplicates (quadratic) cheap. */
#define JSON_KEYS_MAX 1024u
/* cJSON reads a number from a buffer of 64 bytes. */
#define JSON_NUMBER_LENGTH_MAX 63u
/* Largest n such that n and n + 1 are different doubles; above it a number may have been rounded
 * (RFC 7493 section 2.2). */
#define JSON_INTEGER_MAX ((UINT64_C(1) << 53) - 1)

/* A value and its place in the document. Lives on the stack; `parent` must outlive it. */
struct json_node {
	const cJSON *item;
	const struct json_node *parent; /* NULL at the root */
	size_t index;			/* place in the parent, where that is an array */
};

/* Parses a whole text. *ret_document is owned by the caller (cJSON_Delete, JSON_AUTO_DELETE). */
int json_parse(const char *text, size_t length, cJSON **ret_document, struct bailiff_error *err);

struct json_node json_root(const cJSON *document);

/* "<path>: <message>" as a BAILIFF_FAULT_SPEC error; the root has the path "document". */
int json_fail(const struct json_node *node, struct bailiff_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a file that the value names, as a BAILIFF_FAULT_INPUT error; returns -errnum, or
 * -EINVAL where that is 0. */
int json_fail_input(const struct json_node *node, struct bailiff_error *err, int errnum,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Fails unless the node is an object with keys from `allowed` (NULL-terminated) only; an unknown
 * key is named, with the nearest allowed one. `allowed` may be NULL: any key. */
int json_only_keys(const struct json_node *node, const char *const *allowed,
		   struct bailiff_error *err);

/* Finds a key (case matters) of an object. An explicit null counts as a value, not as absence. */
bool json_find(const struct json_node *object, const char *key, struct json_node *ret_value);

/* The same for a key that must be there. */
int json_require(const struct json_node *object, const char *key, struct json_node *ret_value,
		 struct bailiff_error *err);

/* Fails unless the node is an array of at most `max` elements; writes how many there are. */
int json_array_size(const struct json_node *node, size_t max, size_t *ret_count,
		    struct bailiff_error *err);

/*
 * Steps through the elements of an array or the values of an object, in order:
 *	for (bool more = json_first(&array, &item); more; more = json_next(&item))
 * The key of an object's value is item.item->string.
 */
bool json_first(const struct json_node *container, struct json_node *ret_item);
bool json_next(struct json_node *item);

/* The string, owned by the document. Holds no NUL; is valid UTF-8. */
int json_string(const struct json_node *node, const char **ret_text, struct bailiff_error *err);

/* The same for a string that must not be empty. */
int json_nonempty_string(const struct json_node *node, const char **ret_text,
			 struct bailiff_error *err);

int json_bool(const struct json_node *node, bool *ret_value, struct bailiff_error *err);

/* An integer from min to max (max at most JSON_INTEGER_MAX). 5.0 and 5e0 are integers too. */
int json_u64(const struct json_node *node, uint64_t min, uint64_t max, uint64_t *ret_value,
	     struct bailiff_error *err);

/* A number that is not negative. */
int json_non_negative(const struct json_node *node, double *ret_value, struct bailiff_error *err);

/*
 * A positive number with up to three decimals, in thousandths: 1.5 gives 1500. The bounds are in
 * thousandths too and at most JSON_INTEGER_MAX.
 */
int json_thousandths(const struct json_node *node, uint64_t min, uint64_t max,
		     uint64_t *ret_thousandths, struct bailiff_error *err);

void json_delete(cJSON **document);
#define JSON_AUTO_DELETE __attribute__((cleanup(json_delete)))

#endif
