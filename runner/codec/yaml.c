/* SPDX-License-Identifier: MIT */
/*
 * libyaml's events become a cJSON tree. What YAML allows and JSON does not is refused: keys that
 * are no scalars, several documents, tags beyond the core schema. A merge key ("<<") is a key as
 * any other.
 *
 * Two bounds make small texts that grow large harmless: an alias copies the value it stands for,
 * and what it would add to the number of values and of bytes is looked at before. Recursion is
 * bounded by JSON_DEPTH_MAX. An anchor is known only after its value is complete, so no value
 * contains itself.
 *
 * Sources: YAML 1.2.2 chapter 10.3 (core schema).
 */
#include "codec/yaml.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define ANCHORS_MAX 256u
#define CORE_TAG "tag:yaml.org,2002:"

/* What a value adds to the bounds. */
struct cost {
	size_t values, bytes;
	unsigned depth;
};

struct anchor {
	char *name;	   /* owned */
	const cJSON *item; /* borrowed from the tree */
	struct cost cost;
};

struct builder {
	yaml_parser_t parser;
	struct anchor anchors[ANCHORS_MAX];
	size_t anchor_count;
	struct cost used; /* depth: of the container that is being read */
	struct bailiff_error *err;
};

static int build_value(struct builder *builder, yaml_event_t *event, cJSON **ret_item);

/* ---- errors and events ------------------------------------------------------------------- */

static int fail_at(const struct builder *builder, const yaml_mark_t *mark, const char *what)
{
	return fail_spec(builder->err, "line %zu, column %zu: %s", mark->line + 1, mark->column + 1,
			 what);
}

static int fail_event(const struct builder *builder, const yaml_event_t *event, const char *what)
{
	return fail_at(builder, &event->start_mark, what);
}

static int fail_out_of_memory(const struct builder *builder)
{
	return fail_internal(builder->err, BAILIFF_STAGE_SPEC, ENOMEM, "parse YAML");
}

static int fail_parser(const struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	const char *problem = parser->problem != NULL ? parser->problem : "not valid";
	if (parser->error == YAML_MEMORY_ERROR)
		return fail_out_of_memory(builder);
	if (parser->error == YAML_READER_ERROR)
		return fail_at(builder, &parser->mark, problem);
	return fail_at(builder, &parser->problem_mark, problem);
}

static void event_delete(yaml_event_t *event)
{
	yaml_event_delete(event);
}
#define AUTO_EVENT __attribute__((cleanup(event_delete))) yaml_event_t

static int next_event(struct builder *builder, yaml_event_t *ret_event)
{
	return yaml_parser_parse(&builder->parser, ret_event) == 1 ? 0 : fail_parser(builder);
}

/* ---- bounds and anchors ------------------------------------------------------------------ */

static int charge(struct builder *builder, const yaml_event_t *event, const struct cost *cost)
{
	if (cost->depth > JSON_DEPTH_MAX - builder->used.depth)
		return fail_event(builder, event, "nested too deeply");
	if (cost->values > JSON_VALUES_MAX - builder->used.values)
		return fail_event(builder, event, "too many values");
	if (cost->bytes > JSON_INPUT_MAX - builder->used.bytes)
		return fail_event(builder, event, "too much text behind aliases");
	builder->used.values += cost->values;
	builder->used.bytes += cost->bytes;
	return 0;
}

/* Recursion is as deep as the tree, which JSON_DEPTH_MAX bounds. */
static struct cost measure(const cJSON *item)
{
	struct cost cost = { .values = 1 };
	cost.bytes += item->valuestring != NULL ? strlen(item->valuestring) : 0;
	cost.bytes += item->string != NULL ? strlen(item->string) : 0;
	bool is_container = cJSON_IsArray(item) || cJSON_IsObject(item);
	for (const cJSON *child = item->child; child != NULL; child = child->next) {
		const struct cost inner = measure(child);
		cost.values += inner.values;
		cost.bytes += inner.bytes;
		cost.depth = inner.depth > cost.depth ? inner.depth : cost.depth;
	}
	cost.depth += is_container ? 1 : 0;
	return cost;
}

static int add_anchor(struct builder *builder, const yaml_event_t *event, yaml_char_t **name,
		      const cJSON *item)
{
	if (*name == NULL)
		return 0;
	if (builder->anchor_count == ANCHORS_MAX)
		return fail_event(builder, event, "too many anchors");
	builder->anchors[builder->anchor_count++] = (struct anchor){
		.name = (char *)MEM_TAKE(*name),
		.item = item,
		.cost = measure(item),
	};
	return 0;
}

/* The last anchor of a name is the one that counts. */
static int build_alias(struct builder *builder, const yaml_event_t *event, cJSON **ret_item)
{
	const char *name = (const char *)event->data.alias.anchor;
	size_t i = builder->anchor_count;
	while (i > 0 && strcmp(builder->anchors[i - 1].name, name) != 0)
		i--;
	if (i == 0)
		return fail_event(builder, event, "an alias without an anchor before it");
	const struct anchor *anchor = &builder->anchors[i - 1];
	int rc = charge(builder, event, &anchor->cost);
	if (rc < 0)
		return rc;
	cJSON *copy = cJSON_Duplicate(anchor->item, true);
	if (copy == NULL)
		return fail_out_of_memory(builder);
	*ret_item = copy;
	return 0;
}

/* ---- scalars ----------------------------------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *words)
{
	while (*words != NULL && strcmp(*words, text) != 0)
		words++;
	return *words != NULL;
}

/* The number of digits of a base at the start of text. */
static size_t digits(const char *text, const char *of_base)
{
	return strspn(text, of_base);
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_decimal(const char *text)
{
	static const char decimal[] = "0123456789";
	const char *at = text + (*text == '-' || *text == '+' ? 1 : 0);
	size_t whole = digits(at, decimal);
	at += whole;
	if (*at == '.') {
		size_t fraction = digits(at + 1, decimal);
		if (whole == 0 && fraction == 0)
			return false;
		at += 1 + fraction;
	} else if (whole == 0) {
		return false;
	}
	if (*at == 'e' || *at == 'E') {
		at += at[1] == '-' || at[1] == '+' ? 2 : 1;
		size_t exponent = digits(at, decimal);
		if (exponent == 0)
			return false;
		at += exponent;
	}
	return *at == '\0';
}

static bool parse_number(const char *text, double *ret_number)
{
	static const char *const infinities[] = { ".inf",  ".Inf",  ".INF", "+.inf",
						  "+.Inf", "+.INF", NULL };
	static const char *const negative_infinities[] = { "-.inf", "-.Inf", "-.INF", NULL };
	static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
	const char *rest = text + 2;
	if (is_decimal(text))
		*ret_number = strtod(text, NULL);
	else if (strncmp(text, "0o", 2) == 0 && *rest != '\0' &&
		 rest[digits(rest, "01234567")] == '\0')
		*ret_number = (double)strtoull(rest, NULL, 8);
	else if (strncmp(text, "0x", 2) == 0 && *rest != '\0' &&
		 rest[digits(rest, "0123456789abcdefABCDEF")] == '\0')
		*ret_number = (double)strtoull(rest, NULL, 16);
	else if (is_one_of(text, infinities))
		*ret_number = INFINITY;
	else if (is_one_of(text, negative_infinities))
		*ret_number = -INFINITY;
	else if (is_one_of(text, nans))
		*ret_number = NAN;
	else
		return false;
	return true;
}

/* What the core schema makes of a plain scalar. All but null keep their spelling. */
static cJSON *resolve(const char *text)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	double number = 0;
	cJSON *item = NULL;
	if (is_one_of(text, nulls))
		return cJSON_CreateNull();
	if (is_one_of(text, trues))
		item = cJSON_CreateTrue();
	else if (is_one_of(text, falses))
		item = cJSON_CreateFalse();
	else if (parse_number(text, &number))
		item = cJSON_CreateNumber(number);
	else
		return cJSON_CreateString(text);
	if (item != NULL)
		item->valuestring = strdup(text);
	if (item != NULL && item->valuestring == NULL)
		json_delete(&item);
	return item;
}

const char *yaml_scalar_text(const struct json_node *node)
{
	return node->item->valuestring;
}

/* Whether a value is what its core tag says ("int", "str" ...). */
static bool fits_tag(const cJSON *item, const char *kind)
{
	if (strcmp(kind, "null") == 0)
		return cJSON_IsNull(item);
	if (strcmp(kind, "bool") == 0)
		return cJSON_IsBool(item);
	if (strcmp(kind, "float") == 0)
		return cJSON_IsNumber(item);
	if (strcmp(kind, "int") == 0)
		return cJSON_IsNumber(item) && strpbrk(item->valuestring, ".eE") == NULL;
	return false;
}

static int build_scalar(struct builder *builder, yaml_event_t *event, cJSON **ret_item)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	const struct cost cost = { .values = 1, .bytes = event->data.scalar.length };
	if (strlen(text) != event->data.scalar.length)
		return fail_event(builder, event, "a NUL character in a text");
	int rc = charge(builder, event, &cost);
	if (rc < 0)
		return rc;
	bool is_tagged = tag != NULL && strncmp(tag, CORE_TAG, strlen(CORE_TAG)) == 0;
	const char *kind = is_tagged ? tag + strlen(CORE_TAG) : NULL;
	bool is_string =
		tag == NULL ? !event->data.scalar.plain_implicit :
			      strcmp(tag, "!") == 0 || (kind != NULL && strcmp(kind, "str") == 0);
	JSON_AUTO_DELETE cJSON *item = is_string ? cJSON_CreateString(text) : resolve(text);
	if (item == NULL)
		return fail_out_of_memory(builder);
	if (tag != NULL && !is_string && (kind == NULL || !fits_tag(item, kind)))
		return fail_event(builder, event, "a tag that is not known or does not fit");
	rc = add_anchor(builder, event, &event->data.scalar.anchor, item);
	if (rc == 0)
		*ret_item = MEM_TAKE(item);
	return rc;
}

/* ---- containers -------------------------------------------------------------------------- */

static int add_item(const struct builder *builder, cJSON *container, const char *key, cJSON *item)
{
	bool added = key != NULL ? cJSON_AddItemToObject(container, key, item) :
				   cJSON_AddItemToArray(container, item);
	if (added)
		return 0;
	cJSON_Delete(item);
	return fail_out_of_memory(builder);
}

static int build_elements(struct builder *builder, cJSON *array)
{
	for (;;) {
		AUTO_EVENT event = { 0 };
		int rc = next_event(builder, &event);
		if (rc < 0 || event.type == YAML_SEQUENCE_END_EVENT)
			return rc;
		cJSON *item = NULL;
		rc = build_value(builder, &event, &item);
		if (rc == 0)
			rc = add_item(builder, array, NULL, item);
		if (rc < 0)
			return rc;
	}
}

static int check_key(struct builder *builder, const yaml_event_t *event, const cJSON *object,
		     size_t count)
{
	if (event->type != YAML_SCALAR_EVENT)
		return fail_event(builder, event, "a key must be a text");
	const char *key = (const char *)event->data.scalar.value;
	const struct cost cost = { .bytes = event->data.scalar.length };
	if (strlen(key) != event->data.scalar.length)
		return fail_event(builder, event, "a NUL character in a key");
	if (event->data.scalar.anchor != NULL)
		return fail_event(builder, event, "a key must not have an anchor");
	if (count == JSON_KEYS_MAX)
		return fail_event(builder, event, "too many keys");
	if (cJSON_GetObjectItemCaseSensitive(object, key) != NULL)
		return fail_event(builder, event, "this key appears twice");
	return charge(builder, event, &cost);
}

static int build_members(struct builder *builder, cJSON *object)
{
	for (size_t count = 0;; count++) {
		AUTO_EVENT key = { 0 };
		int rc = next_event(builder, &key);
		if (rc < 0 || key.type == YAML_MAPPING_END_EVENT)
			return rc;
		rc = check_key(builder, &key, object, count);
		if (rc < 0)
			return rc;
		AUTO_EVENT event = { 0 };
		cJSON *item = NULL;
		rc = next_event(builder, &event);
		if (rc == 0)
			rc = build_value(builder, &event, &item);
		if (rc == 0)
			rc = add_item(builder, object, (const char *)key.data.scalar.value, item);
		if (rc < 0)
			return rc;
	}
}

static int build_container(struct builder *builder, yaml_event_t *event, cJSON **ret_item)
{
	bool is_object = event->type == YAML_MAPPING_START_EVENT;
	yaml_char_t **anchor =
		is_object ? &event->data.mapping_start.anchor : &event->data.sequence_start.anchor;
	const char *tag = (const char *)(is_object ? event->data.mapping_start.tag :
						     event->data.sequence_start.tag);
	if (tag != NULL && strcmp(tag, "!") != 0 &&
	    strcmp(tag, is_object ? CORE_TAG "map" : CORE_TAG "seq") != 0)
		return fail_event(builder, event, "a tag that is not known or does not fit");
	const struct cost cost = { .values = 1, .depth = 1 };
	int rc = charge(builder, event, &cost);
	if (rc < 0)
		return rc;
	JSON_AUTO_DELETE cJSON *item = is_object ? cJSON_CreateObject() : cJSON_CreateArray();
	if (item == NULL)
		return fail_out_of_memory(builder);
	builder->used.depth++;
	rc = is_object ? build_members(builder, item) : build_elements(builder, item);
	builder->used.depth--;
	if (rc == 0)
		rc = add_anchor(builder, event, anchor, item);
	if (rc == 0)
		*ret_item = MEM_TAKE(item);
	return rc;
}

static int build_value(struct builder *builder, yaml_event_t *event, cJSON **ret_item)
{
	if (event->type == YAML_ALIAS_EVENT)
		return build_alias(builder, event, ret_item);
	if (event->type == YAML_SCALAR_EVENT)
		return build_scalar(builder, event, ret_item);
	if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT)
		return build_container(builder, event, ret_item);
	return fail_event(builder, event, "expected a value");
}

/* ---- the document ------------------------------------------------------------------------ */

/* Passes an event that carries nothing; *ret_type says which it was. */
static int skip_event(struct builder *builder, yaml_event_type_t *ret_type, yaml_mark_t *ret_mark)
{
	AUTO_EVENT event = { 0 };
	int rc = next_event(builder, &event);
	*ret_type = event.type;
	*ret_mark = event.start_mark;
	return rc;
}

static int build_document(struct builder *builder, cJSON **ret_document)
{
	yaml_event_type_t type;
	yaml_mark_t mark;
	int rc = skip_event(builder, &type, &mark); /* the stream's start */
	if (rc == 0)
		rc = skip_event(builder, &type, &mark); /* the document's start, if any */
	if (rc < 0)
		return rc;
	JSON_AUTO_DELETE cJSON *document = NULL;
	if (type == YAML_DOCUMENT_START_EVENT) {
		AUTO_EVENT event = { 0 };
		rc = next_event(builder, &event);
		if (rc == 0)
			rc = build_value(builder, &event, &document);
		if (rc == 0)
			rc = skip_event(builder, &type, &mark); /* the document's end */
		if (rc == 0)
			rc = skip_event(builder, &type, &mark);
		if (rc < 0)
			return rc;
		if (type != YAML_STREAM_END_EVENT)
			return fail_at(builder, &mark, "a second document");
	}
	if (document == NULL || cJSON_IsNull(document)) {
		json_delete(&document);
		document = cJSON_CreateObject();
	}
	if (document == NULL)
		return fail_out_of_memory(builder);
	*ret_document = MEM_TAKE(document);
	return 0;
}

int yaml_parse(const char *text, size_t length, cJSON **ret_document, struct bailiff_error *err)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	size_t skipped = length >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
	if (length > JSON_INPUT_MAX)
		return fail_spec(err, "document: longer than %zu MiB", JSON_INPUT_MAX >> 20);
	struct builder *builder = calloc(1, sizeof *builder);
	if (builder == NULL)
		return fail_internal(err, BAILIFF_STAGE_SPEC, ENOMEM, "parse YAML");
	builder->err = err;
	int rc = 0;
	if (yaml_parser_initialize(&builder->parser) == 0) {
		rc = fail_out_of_memory(builder);
	} else {
		yaml_parser_set_encoding(&builder->parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(
			&builder->parser, (const unsigned char *)text + skipped, length - skipped);
		rc = build_document(builder, ret_document);
		yaml_parser_delete(&builder->parser);
	}
	for (size_t i = 0; i < builder->anchor_count; i++)
		free(builder->anchors[i].name);
	free(builder);
	return rc;
}
