/* SPDX-License-Identifier: MIT */
/*
 * Two steps. First a scanner walks the text and checks what cJSON is lenient about: cJSON takes
 * "01", "+1", "1." and ".5" for numbers, any byte up to 0x20 for white space, raw control
 * characters and broken UTF-8 in strings, \u0000 (which then ends the string early), a byte order
 * mark, and anything after the value. Then cJSON builds the tree, and a walk over it refuses
 * duplicate keys. Reading goes through nodes that link to their parents on the stack; the path in
 * an error message is made from these links.
 *
 * The input is untrusted: every loop is bounded by the text's length, recursion by JSON_DEPTH_MAX.
 */
#include "codec/json.h"

#include "base/error.h"
#include "codec/utf8.h"
#include "nearest.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_LENGTH_MAX 160
/* Of a key that a message quotes; the rest is cut. */
#define KEY_SHOWN_MAX 40

/* ---- the scanner: RFC 8259, nothing else ------------------------------------------------ */

struct scanner {
	const char *text;
	size_t length;
	size_t at;
	unsigned depth;
	unsigned values;
	struct bailiff_error *err;
};

static int scan_value(struct scanner *scanner);

static int scan_fail(const struct scanner *scanner, const char *what)
{
	size_t line = 1;
	size_t line_start = 0;
	for (size_t i = 0; i < scanner->at; i++) {
		if (scanner->text[i] == '\n') {
			line++;
			line_start = i + 1;
		}
	}
	return fail_spec(scanner->err, "line %zu, column %zu: %s", line,
			 scanner->at - line_start + 1, what);
}

/* The byte at the current place; NUL at the end, which no rule below accepts. */
static char peek(const struct scanner *scanner)
{
	return scanner->at < scanner->length ? scanner->text[scanner->at] : '\0';
}

static bool accept(struct scanner *scanner, char wanted)
{
	if (scanner->at >= scanner->length || scanner->text[scanner->at] != wanted)
		return false;
	scanner->at++;
	return true;
}

static void skip_space(struct scanner *scanner)
{
	while (accept(scanner, ' ') || accept(scanner, '\t') || accept(scanner, '\n') ||
	       accept(scanner, '\r'))
		;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t skip_digits(struct scanner *scanner)
{
	size_t start = scanner->at;
	while (is_digit(peek(scanner)))
		scanner->at++;
	return scanner->at - start;
}

static int scan_number(struct scanner *scanner)
{
	size_t start = scanner->at;
	(void)accept(scanner, '-'); /* optional */
	bool leading_zero = peek(scanner) == '0';
	size_t digits = skip_digits(scanner);
	if (digits == 0)
		return scan_fail(scanner, "expected a digit");
	if (leading_zero && digits > 1)
		return scan_fail(scanner, "a number must not start with 0");
	if (accept(scanner, '.') && skip_digits(scanner) == 0)
		return scan_fail(scanner, "expected a digit after the decimal point");
	if (accept(scanner, 'e') || accept(scanner, 'E')) {
		if (!accept(scanner, '+'))
			(void)accept(scanner, '-'); /* optional */
		if (skip_digits(scanner) == 0)
			return scan_fail(scanner, "expected a digit in the exponent");
	}
	if (scanner->at - start > JSON_NUMBER_LENGTH_MAX)
		return scan_fail(scanner, "a number is too long");
	return 0;
}

static int scan_hex4(struct scanner *scanner, unsigned *ret_unit)
{
	unsigned unit = 0;
	for (int i = 0; i < 4; i++) {
		char c = peek(scanner);
		unsigned digit;
		if (is_digit(c))
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned)(c - 'A') + 10;
		else
			return scan_fail(scanner, "expected four hexadecimal digits after \\u");
		unit = unit << 4 | digit;
		scanner->at++;
	}
	*ret_unit = unit;
	return 0;
}

/* What follows a backslash. */
static int scan_escape(struct scanner *scanner)
{
	if (!accept(scanner, 'u')) {
		char c = peek(scanner);
		if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
			return scan_fail(scanner, "unknown escape in a string");
		scanner->at++;
		return 0;
	}
	unsigned unit = 0;
	int rc = scan_hex4(scanner, &unit);
	if (rc < 0)
		return rc;
	if (unit == 0)
		return scan_fail(scanner, "\\u0000 is not allowed in a string");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return scan_fail(scanner, "a low surrogate without a high one before it");
	if (unit < 0xd800 || unit > 0xdbff)
		return 0;
	unsigned low = 0;
	if (!accept(scanner, '\\') || !accept(scanner, 'u'))
		return scan_fail(scanner, "a high surrogate without a low one after it");
	rc = scan_hex4(scanner, &low);
	if (rc < 0)
		return rc;
	if (low < 0xdc00 || low > 0xdfff)
		return scan_fail(scanner, "a high surrogate without a low one after it");
	return 0;
}

/* Most of every string needs no closer look. */
static void skip_plain(struct scanner *scanner)
{
	while (scanner->at < scanner->length) {
		char byte = scanner->text[scanner->at];
		if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\')
			return;
		scanner->at++;
	}
}

static int scan_string(struct scanner *scanner)
{
	if (!accept(scanner, '"'))
		return scan_fail(scanner, "expected a string");
	for (skip_plain(scanner); !accept(scanner, '"'); skip_plain(scanner)) {
		if (scanner->at >= scanner->length)
			return scan_fail(scanner, "the text ends inside a string");
		if (accept(scanner, '\\')) {
			int rc = scan_escape(scanner);
			if (rc < 0)
				return rc;
			continue;
		}
		if ((unsigned char)scanner->text[scanner->at] < 0x20)
			return scan_fail(scanner, "a control character in a string");
		size_t step =
			utf8_sequence(scanner->text + scanner->at, scanner->length - scanner->at);
		if (step == 0)
			return scan_fail(scanner, "a string is not valid UTF-8");
		scanner->at += step;
	}
	return 0;
}

static int scan_array(struct scanner *scanner)
{
	skip_space(scanner);
	if (accept(scanner, ']'))
		return 0;
	for (;;) {
		int rc = scan_value(scanner);
		if (rc < 0)
			return rc;
		if (accept(scanner, ']'))
			return 0;
		if (!accept(scanner, ','))
			return scan_fail(scanner, "expected ',' or ']'");
	}
}

static int scan_object(struct scanner *scanner)
{
	skip_space(scanner);
	if (accept(scanner, '}'))
		return 0;
	for (;;) {
		skip_space(scanner);
		int rc = scan_string(scanner);
		if (rc < 0)
			return rc;
		skip_space(scanner);
		if (!accept(scanner, ':'))
			return scan_fail(scanner, "expected ':'");
		rc = scan_value(scanner);
		if (rc < 0)
			return rc;
		if (accept(scanner, '}'))
			return 0;
		if (!accept(scanner, ','))
			return scan_fail(scanner, "expected ',' or '}'");
	}
}

static int scan_literal(struct scanner *scanner)
{
	static const char *const literals[] = { "true", "false", "null" };
	for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
		size_t length = strlen(literals[i]);
		if (scanner->length - scanner->at >= length &&
		    memcmp(scanner->text + scanner->at, literals[i], length) == 0) {
			scanner->at += length;
			return 0;
		}
	}
	return scan_fail(scanner, "expected a value");
}

static int scan_container(struct scanner *scanner)
{
	if (scanner->depth == JSON_DEPTH_MAX)
		return scan_fail(scanner, "nested too deeply");
	scanner->depth++;
	bool is_object = peek(scanner) == '{';
	scanner->at++;
	int rc = is_object ? scan_object(scanner) : scan_array(scanner);
	scanner->depth--;
	return rc;
}

/* One value with the white space around it. */
static int scan_value(struct scanner *scanner)
{
	skip_space(scanner);
	if (++scanner->values > JSON_VALUES_MAX)
		return scan_fail(scanner, "too many values");
	char c = peek(scanner);
	int rc;
	if (c == '{' || c == '[')
		rc = scan_container(scanner);
	else if (c == '"')
		rc = scan_string(scanner);
	else if (c == '-' || is_digit(c))
		rc = scan_number(scanner);
	else
		rc = scan_literal(scanner);
	if (rc < 0)
		return rc;
	skip_space(scanner);
	return 0;
}

static int scan_document(const char *text, size_t length, struct bailiff_error *err)
{
	struct scanner scanner = { .text = text, .length = length, .err = err };
	int rc = scan_value(&scanner);
	if (rc < 0)
		return rc;
	if (scanner.at < length)
		return scan_fail(&scanner, "text after the end of the document");
	return 0;
}

/* ---- paths and errors -------------------------------------------------------------------- */

static bool is_plain_key(const char *key)
{
	size_t length = strlen(key);
	return length > 0 && length <= KEY_SHOWN_MAX &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
		       length;
}

/* Appends to a string of PATH_LENGTH_MAX bytes, silently cut where it is full. */
__attribute__((format(printf, 2, 3))) static void append(char *path, const char *format, ...)
{
	size_t used = strlen(path);
	va_list args;
	va_start(args, format);
	(void)vsnprintf(path + used, PATH_LENGTH_MAX - used, format, args);
	va_end(args);
}

static void append_path(char *path, const struct json_node *node)
{
	if (node->parent == NULL)
		return;
	append_path(path, node->parent);
	const char *key = node->item->string;
	if (key == NULL)
		append(path, "[%zu]", node->index);
	else if (is_plain_key(key))
		append(path, "%s%s", path[0] != '\0' ? "." : "", key);
	else
		append(path, "[\"%.*s\"]", KEY_SHOWN_MAX, key);
}

int json_fail(const struct json_node *node, struct bailiff_error *err, const char *format, ...)
{
	char path[PATH_LENGTH_MAX] = "";
	append_path(path, node);
	char message[sizeof err->message];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return fail_spec(err, "%s: %s", path[0] != '\0' ? path : "document", message);
}

int json_fail_input(const struct json_node *node, struct bailiff_error *err, int errnum,
		    const char *format, ...)
{
	char path[PATH_LENGTH_MAX] = "";
	append_path(path, node);
	char message[sizeof err->message];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return fail_input(err, errnum, "%s: %s", path, message);
}

/* ---- the tree ---------------------------------------------------------------------------- */

void json_delete(cJSON **document)
{
	cJSON_Delete(*document);
	*document = NULL;
}

struct json_node json_root(const cJSON *document)
{
	return (struct json_node){ .item = document };
}

bool json_first(const struct json_node *container, struct json_node *ret_item)
{
	if (container->item->child == NULL)
		return false;
	*ret_item = (struct json_node){ .item = container->item->child, .parent = container };
	return true;
}

bool json_next(struct json_node *item)
{
	if (item->item->next == NULL)
		return false;
	item->item = item->item->next;
	item->index++;
	return true;
}

static int check_duplicates(const struct json_node *node, struct bailiff_error *err)
{
	struct json_node value;
	for (bool more = json_first(node, &value); more; more = json_next(&value)) {
		if (value.item->string != NULL && value.index == JSON_KEYS_MAX)
			return json_fail(node, err, "has more than %u keys", JSON_KEYS_MAX);
		for (const cJSON *earlier = node->item->child;
		     value.item->string != NULL && earlier != value.item; earlier = earlier->next) {
			if (strcmp(earlier->string, value.item->string) == 0)
				return json_fail(&value, err, "key appears twice");
		}
		int rc = check_duplicates(&value, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int json_parse(const char *text, size_t length, cJSON **ret_document, struct bailiff_error *err)
{
	if (length > JSON_INPUT_MAX)
		return fail_spec(err, "document: longer than %zu MiB", JSON_INPUT_MAX >> 20);
	int rc = scan_document(text, length, err);
	if (rc < 0)
		return rc;
	JSON_AUTO_DELETE cJSON *document = cJSON_ParseWithLength(text, length);
	if (document == NULL) /* the text is valid, so memory ran out */
		return fail_internal(err, BAILIFF_STAGE_SPEC, ENOMEM, "parse JSON");
	struct json_node root = json_root(document);
	rc = check_duplicates(&root, err);
	if (rc < 0)
		return rc;
	*ret_document = document;
	document = NULL;
	return 0;
}

/* ---- reading ----------------------------------------------------------------------------- */

int json_only_keys(const struct json_node *node, const char *const *allowed,
		   struct bailiff_error *err)
{
	if (!cJSON_IsObject(node->item))
		return json_fail(node, err, "must be an object");
	struct json_node value;
	bool more = allowed != NULL && json_first(node, &value);
	for (; more; more = json_next(&value)) {
		size_t i = 0;
		while (allowed[i] != NULL && strcmp(allowed[i], value.item->string) != 0)
			i++;
		if (allowed[i] != NULL)
			continue;
		const char *nearest = nearest_name(value.item->string, allowed);
		int rc = json_fail(&value, err, "unknown key");
		if (nearest != NULL && err != NULL)
			(void)snprintf(err->hint, sizeof err->hint, "did you mean '%s'?", nearest);
		return rc;
	}
	return 0;
}

bool json_find(const struct json_node *object, const char *key, struct json_node *ret_value)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object->item, key);
	if (item == NULL)
		return false;
	*ret_value = (struct json_node){ .item = item, .parent = object };
	return true;
}

int json_require(const struct json_node *object, const char *key, struct json_node *ret_value,
		 struct bailiff_error *err)
{
	if (json_find(object, key, ret_value))
		return 0;
	return json_fail(object, err, "key '%s' is missing", key);
}

int json_array_size(const struct json_node *node, size_t max, size_t *ret_count,
		    struct bailiff_error *err)
{
	if (!cJSON_IsArray(node->item))
		return json_fail(node, err, "must be an array");
	size_t count = 0;
	for (const cJSON *item = node->item->child; item != NULL; item = item->next)
		count++;
	if (count > max)
		return json_fail(node, err, "must have at most %zu elements", max);
	*ret_count = count;
	return 0;
}

int json_string(const struct json_node *node, const char **ret_text, struct bailiff_error *err)
{
	if (!cJSON_IsString(node->item))
		return json_fail(node, err, "must be a string");
	*ret_text = node->item->valuestring;
	return 0;
}

int json_nonempty_string(const struct json_node *node, const char **ret_text,
			 struct bailiff_error *err)
{
	const char *text = NULL;
	int rc = json_string(node, &text, err);
	if (rc < 0)
		return rc;
	if (text[0] == '\0')
		return json_fail(node, err, "must not be empty");
	*ret_text = text;
	return 0;
}

int json_bool(const struct json_node *node, bool *ret_value, struct bailiff_error *err)
{
	if (!cJSON_IsBool(node->item))
		return json_fail(node, err, "must be true or false");
	*ret_value = cJSON_IsTrue(node->item);
	return 0;
}

int json_u64(const struct json_node *node, uint64_t min, uint64_t max, uint64_t *ret_value,
	     struct bailiff_error *err)
{
	double number = cJSON_IsNumber(node->item) ? node->item->valuedouble : NAN;
	bool is_integer = isfinite(number) && trunc(number) == number;
	if (!is_integer || number < (double)min || number > (double)max) {
		const char *kind = min == 1 ? "a positive integer" : "an integer";
		if (is_integer && number >= (double)min)
			return json_fail(node, err, "must be %s of at most %llu", kind,
					 (unsigned long long)max);
		if (min <= 1)
			return json_fail(node, err, "must be %s",
					 min == 1 ? kind : "an integer that is not negative");
		return json_fail(node, err, "must be an integer from %llu to %llu",
				 (unsigned long long)min, (unsigned long long)max);
	}
	*ret_value = (uint64_t)number;
	return 0;
}

int json_non_negative(const struct json_node *node, double *ret_value, struct bailiff_error *err)
{
	double number = cJSON_IsNumber(node->item) ? node->item->valuedouble : NAN;
	if (!isfinite(number) || number < 0)
		return json_fail(node, err, "must be a number that is not negative");
	*ret_value = number;
	return 0;
}

/* "1.5" from 1500. */
static void format_thousandths(char *buffer, size_t size, uint64_t thousandths)
{
	int length = snprintf(buffer, size, "%llu.%03u", (unsigned long long)(thousandths / 1000),
			      (unsigned)(thousandths % 1000));
	while (length > 0 && buffer[length - 1] == '0')
		buffer[--length] = '\0';
	if (length > 0 && buffer[length - 1] == '.')
		buffer[length - 1] = '\0';
}

int json_thousandths(const struct json_node *node, uint64_t min, uint64_t max,
		     uint64_t *ret_thousandths, struct bailiff_error *err)
{
	double number = cJSON_IsNumber(node->item) ? node->item->valuedouble : NAN;
	char bound[32];
	if (!isfinite(number) || number <= 0)
		return json_fail(node, err, "must be a positive number");
	if (number < (double)min / 1000.0) {
		format_thousandths(bound, sizeof bound, min);
		return json_fail(node, err, "must be at least %s", bound);
	}
	if (number > (double)max / 1000.0) {
		format_thousandths(bound, sizeof bound, max);
		return json_fail(node, err, "must be at most %s", bound);
	}
	/* A double read from at most three decimals is the one nearest to thousandths / 1000,
	 * and IEEE 754 division gives exactly that one back. The product may lie just below. */
	uint64_t thousandths = (uint64_t)(number * 1000.0);
	if ((double)thousandths / 1000.0 != number)
		thousandths++;
	if ((double)thousandths / 1000.0 != number)
		return json_fail(node, err, "must have at most three decimals");
	*ret_thousandths = thousandths;
	return 0;
}
