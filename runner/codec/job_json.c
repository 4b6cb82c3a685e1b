/* SPDX-License-Identifier: MIT */
/*
 * Works on the JSON tree, because what is not a file has to stay as it is, whatever it means. A
 * value of a wrong type is left alone for the reader to name.
 */
#include "codec/job_json.h"

#include "base/error.h"
#include "base/mem.h"
#include "run_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct packing {
	const struct job_packer *packer;
	struct bailiff_error *err;
};

static cJSON *find(const cJSON *object, const char *key)
{
	return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

static const char *text_of(const cJSON *value)
{
	return cJSON_IsString(value) && value->valuestring[0] != '\0' ? value->valuestring : NULL;
}

static const char *path_of(const struct packing *packing, const char *path)
{
	const struct job_packer *packer = packing->packer;
	if (packer->folder == NULL || path[0] == '/')
		return arena_copy(packer->arena, path, strlen(path));
	return arena_format(packer->arena, "%s/%s", packer->folder, path);
}

static int add_text(const struct packing *packing, cJSON *object, const char *key, const char *text)
{
	return cJSON_AddStringToObject(object, key, text) != NULL ? 0 : fail_memory(packing->err);
}

/* ---- files -------------------------------------------------------------------------------------
 */

/* The key that names a file, and the keys that are its content then. */
static int pack_object(const struct packing *packing, const struct json_node *node, cJSON *object,
		       const char *key, struct packed_file *ret_file)
{
	cJSON *value = find(object, key);
	const char *path = text_of(value);
	struct packed_file file = { 0 };
	if (path == NULL)
		return 0;
	if (find(object, "text") != NULL || find(object, "base64") != NULL ||
	    find(object, "digest") != NULL)
		return json_fail(node, packing->err,
				 "needs exactly one of '%s', 'text', 'base64', 'digest'", key);
	const struct json_node place = { .item = value, .parent = node };
	path = path_of(packing, path);
	if (path == NULL)
		return fail_memory(packing->err);
	int rc = packing->packer->pack_file(packing->packer->context, &place, path, &file,
					    packing->err);
	if (rc < 0)
		return rc;
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	if (ret_file != NULL)
		*ret_file = file;
	return add_text(packing, object, file.key, file.value);
}

typedef int (*pack_element)(const struct packing *packing, const struct json_node *node,
			    cJSON *object);

static int pack_array(const struct packing *packing, const struct json_node *parent, cJSON *object,
		      const char *key, pack_element pack)
{
	cJSON *array = find(object, key), *item = NULL;
	const struct json_node node = { .item = array, .parent = parent };
	size_t index = 0;
	if (!cJSON_IsArray(array))
		return 0;
	cJSON_ArrayForEach(item, array)
	{
		const struct json_node element = { .item = item,
						   .parent = &node,
						   .index = index++ };
		int rc = cJSON_IsObject(item) ? pack(packing, &element, item) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int pack_source(const struct packing *packing, const struct json_node *node, cJSON *object)
{
	return pack_object(packing, node, object, "path", NULL);
}

/* ---- runs --------------------------------------------------------------------------------------
 */

static int add_mode(const struct packing *packing, cJSON *object, unsigned mode)
{
	char text[8];
	(void)snprintf(text, sizeof text, "%04o", mode & 0777);
	return add_text(packing, object, "mode", text);
}

/* A file that is copied in keeps its permissions unless others are given. */
static int pack_run_file(const struct packing *packing, const struct json_node *node, cJSON *object)
{
	struct packed_file file = { 0 };
	int rc = pack_object(packing, node, object, "from", &file);
	if (rc < 0 || file.key == NULL || find(object, "mode") != NULL)
		return rc;
	return add_mode(packing, object, file.mode);
}

static bool is_provided(const cJSON *root, const char *name)
{
	const cJSON *file = NULL;
	cJSON_ArrayForEach(file, find(root, "files"))
	{
		const char *to = text_of(find(file, "to"));
		if (to != NULL && strcmp(to, name) == 0)
			return true;
	}
	return false;
}

static int send_program(const struct packing *packing, const struct json_node *node, cJSON *root,
			cJSON *program, const char *path)
{
	const char *name = arena_format(packing->packer->arena, "/box/%s", path_last_part(path));
	const struct json_node argv = { .item = find(root, "argv"), .parent = node };
	const struct json_node place = { .item = program, .parent = &argv };
	struct packed_file packed = { 0 };
	if (name == NULL)
		return fail_memory(packing->err);
	int rc = packing->packer->pack_file(packing->packer->context, &place, path, &packed,
					    packing->err);
	if (rc < 0)
		return rc;
	cJSON *files = find(root, "files");
	if (files == NULL)
		files = cJSON_AddArrayToObject(root, "files");
	cJSON *file = cJSON_CreateObject();
	if (file == NULL || !cJSON_AddItemToArray(files, file)) {
		cJSON_Delete(file);
		return fail_memory(packing->err);
	}
	if (cJSON_SetValuestring(program, name) == NULL)
		return fail_memory(packing->err);
	rc = add_text(packing, file, "to", name);
	if (rc == 0)
		rc = add_text(packing, file, packed.key, packed.value);
	return rc < 0 ? rc : add_mode(packing, file, packed.mode);
}

/* As `bailiff run --spec` has it: a name with a slash that no file of the spec provides can be a
 * program of this machine. */
static int pack_program(const struct packing *packing, const struct json_node *node, cJSON *root)
{
	cJSON *program = cJSON_GetArrayItem(find(root, "argv"), 0);
	const char *name = text_of(program);
	cJSON *files = find(root, "files");
	if (name == NULL || strchr(name, '/') == NULL || (files != NULL && !cJSON_IsArray(files)) ||
	    is_provided(root, name) || (strncmp(name, "./", 2) == 0 && is_provided(root, name + 2)))
		return 0;
	const char *path = path_of(packing, name);
	if (path == NULL)
		return fail_memory(packing->err);
	const struct job_packer *packer = packing->packer;
	if (!packer->is_own_program(packer->context, path, name[0] == '/'))
		return 0;
	return send_program(packing, node, root, program, path);
}

static int pack_run(const struct packing *packing, const struct json_node *node, cJSON *root)
{
	cJSON *in = find(root, "stdin");
	const struct json_node stream = { .item = in, .parent = node };
	int rc = pack_array(packing, node, root, "files", pack_run_file);
	if (rc == 0)
		rc = pack_program(packing, node, root);
	return rc < 0 ? rc : pack_object(packing, &stream, in, "path", NULL);
}

/* ---- judgements --------------------------------------------------------------------------------
 */

static int pack_test(const struct packing *packing, const struct json_node *node, cJSON *object)
{
	cJSON *input = find(object, "input"), *answer = find(object, "answer");
	const struct json_node input_node = { .item = input, .parent = node };
	const struct json_node answer_node = { .item = answer, .parent = node };
	int rc = pack_object(packing, &input_node, input, "path", NULL);
	return rc < 0 ? rc : pack_object(packing, &answer_node, answer, "path", NULL);
}

/* A problem's folder becomes a tree, and keeps its name. */
static int pack_package(const struct packing *packing, const struct json_node *node, cJSON *problem)
{
	cJSON *value = find(problem, "path");
	const char *path = text_of(value), *digest = NULL;
	const struct json_node place = { .item = value, .parent = node };
	if (path == NULL || find(problem, "digest") != NULL)
		return 0;
	path = path_of(packing, path);
	AUTO_FREE char *resolved = path != NULL ? realpath(path, NULL) : NULL;
	if (path == NULL)
		return fail_memory(packing->err);
	if (resolved == NULL)
		return json_fail_input(&place, packing->err, errno, "open '%s'", path);
	int rc = packing->packer->pack_tree(packing->packer->context, &place, resolved, &digest,
					    packing->err);
	if (rc < 0)
		return rc;
	cJSON_DeleteItemFromObjectCaseSensitive(problem, "path");
	rc = add_text(packing, problem, "digest", digest);
	const char *name = path_last_part(resolved);
	if (rc == 0 && find(problem, "name") == NULL && name[0] != '\0')
		rc = add_text(packing, problem, "name", name);
	return rc;
}

static int pack_judge(const struct packing *packing, const struct json_node *node, cJSON *root)
{
	cJSON *problem = find(root, "problem"), *checker = find(problem, "checker");
	const struct json_node problem_node = { .item = problem, .parent = node };
	const struct json_node checker_node = { .item = checker, .parent = &problem_node };
	int rc = pack_array(packing, node, root, "sources", pack_source);
	if (rc == 0)
		rc = pack_array(packing, &problem_node, problem, "tests", pack_test);
	if (rc == 0)
		rc = pack_array(packing, &checker_node, checker, "sources", pack_source);
	return rc < 0 ? rc : pack_package(packing, &problem_node, problem);
}

/* ---- one way of writing
 * -------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
	const cJSON *const *left = a;
	const cJSON *const *right = b;
	return strcmp((*left)->string, (*right)->string);
}

/* Relinks an object's children; the first one's `prev` is the last. */
static bool sort_object(cJSON *object)
{
	size_t count = 0;
	for (const cJSON *item = object->child; item != NULL; item = item->next)
		count++;
	if (count < 2)
		return true;
	AUTO_FREE cJSON **items = calloc(count, sizeof *items);
	if (items == NULL)
		return false;
	size_t used = 0;
	for (cJSON *item = object->child; item != NULL; item = item->next)
		items[used++] = item;
	qsort(items, count, sizeof *items, compare_keys);
	for (size_t i = 0; i < count; i++) {
		items[i]->next = i + 1 < count ? items[i + 1] : NULL;
		items[i]->prev = i > 0 ? items[i - 1] : items[count - 1];
	}
	object->child = items[0];
	return true;
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static bool sort_all(cJSON *value)
{
	if (cJSON_IsObject(value) && !sort_object(value))
		return false;
	for (cJSON *item = value->child; item != NULL; item = item->next) {
		if (!sort_all(item))
			return false;
	}
	return true;
}

static int print(cJSON *root, struct job_text *ret_text, struct bailiff_error *err)
{
	char *printed = sort_all(root) ? cJSON_PrintUnformatted(root) : NULL;
	ret_text->text = printed != NULL ? strdup(printed) : NULL;
	cJSON_free(printed);
	if (ret_text->text == NULL)
		return fail_memory(err);
	ret_text->size = strlen(ret_text->text);
	return 0;
}

int job_json_pack(const char *text, size_t size, const struct job_packer *packer,
		  struct job_text *ret_text, struct bailiff_error *err)
{
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = json_parse(text, size, &document, err);
	if (rc < 0)
		return rc;
	const struct json_node root = json_root(document);
	const struct packing packing = { .packer = packer, .err = err };
	bool is_run = find(document, "argv") != NULL;
	bool is_judge = find(document, "problem") != NULL;
	if (is_run == is_judge)
		return json_fail(
			&root, err,
			"must be a run spec, with 'argv', or a judge spec, with 'problem'");
	rc = is_judge ? pack_judge(&packing, &root, document) : pack_run(&packing, &root, document);
	if (rc < 0)
		return rc;
	ret_text->is_judge = is_judge;
	return print(document, ret_text, err);
}
