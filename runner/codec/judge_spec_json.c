/* SPDX-License-Identifier: MIT */
/*
 * A judge spec: the submission, and the problem or where it is. A problem that stands in the spec
 * becomes the same struct problem that a package does: one group, tests in the order given, and
 * the checker's options with every test.
 *
 * Programs (the submission, a checker) are read into memory at once, because they are compiled
 * before anything else happens. Tests may be large: of those in files only the size is noted.
 */
#include "codec/judge_spec_json.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/limits_json.h"
#include "codec/spec_read.h"
#include "input.h"
#include "judge/blob.h"
#include "message.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Bytes in a name of a test or a file: a file's name may have no more. */
#define NAME_BYTES_MAX 255u
#define ARGUMENTS_MAX 256u
/* Of the checker "float" where the spec gives none. */
#define TOLERANCE_DEFAULT 1e-6L

/* ---- contents ------------------------------------------------------------------------------ */

/* A path becomes absolute, and has to name a regular file: a FIFO would stop everything. */
static int read_blob_path(struct spec_reader *reader, const struct json_node *value,
			  struct blob *ret_blob)
{
	const char *path = NULL;
	struct stat status;
	int rc = spec_read_host_path(reader, value, &path);
	if (rc < 0)
		return rc;
	AUTO_FREE char *resolved = realpath(path, NULL);
	if (resolved == NULL || stat(resolved, &status) < 0)
		return json_fail_input(value, reader->err, errno, "open '%s'", path);
	if (!S_ISREG(status.st_mode))
		return json_fail_input(value, reader->err, 0, "'%s' is not a regular file", path);
	path = arena_copy(reader->arena, resolved, strlen(resolved));
	if (path == NULL)
		return fail_memory(reader->err);
	*ret_blob = (struct blob){ .path = path, .size = (size_t)status.st_size };
	return 0;
}

static int read_blob_digest(struct spec_reader *reader, const struct json_node *value,
			    struct blob *ret_blob)
{
	uint64_t size = 0;
	int rc = spec_read_digest_file(reader, value, BLOB_BYTES_MAX, &ret_blob->path, &size);
	ret_blob->size = (size_t)size;
	return rc;
}

/* The content of an object with one of 'text', 'base64', 'path' and 'digest'. */
static int read_content(struct spec_reader *reader, const struct json_node *object,
			struct blob *ret_blob)
{
	static const char *const keys[] = { "text", "base64", "path", "digest", NULL };
	struct json_node value;
	struct spec_bytes bytes = { 0 };
	int rc = spec_require_one_of(reader, object, keys);
	if (rc < 0)
		return rc;
	if (json_find(object, "path", &value))
		return read_blob_path(reader, &value, ret_blob);
	if (json_find(object, "digest", &value))
		return read_blob_digest(reader, &value, ret_blob);
	if (json_find(object, "text", &value))
		rc = spec_read_text_bytes(reader, &value, &bytes);
	else if (json_find(object, "base64", &value))
		rc = spec_read_base64_bytes(reader, &value, &bytes);
	if (rc == 0)
		*ret_blob = (struct blob){ .data = bytes.data, .size = bytes.size };
	return rc;
}

static int read_name(struct spec_reader *reader, const struct json_node *value,
		     const char **ret_name)
{
	const char *name = NULL;
	int rc = spec_read_nonempty(reader, value, &name);
	if (rc < 0)
		return rc;
	if (strlen(name) > NAME_BYTES_MAX)
		return json_fail(value, reader->err, "must be at most %u bytes long",
				 NAME_BYTES_MAX);
	if (!is_printable(name))
		return json_fail(value, reader->err, "must not contain control characters");
	*ret_name = name;
	return 0;
}

/* ---- programs ------------------------------------------------------------------------------ */

/* Whether a name may stand for a file of the working folder, and on a compiler's command line. */
static bool is_source_name(const char *name)
{
	if (name[0] == '-')
		return false;
	for (const char *part = name;; part++) {
		size_t length = strcspn(part, "/");
		if (length == 0 || strncmp(part, "..", length) == 0) /* "." and ".." */
			return false;
		part += length;
		if (*part == '\0')
			return true;
	}
}

static int read_source_name(struct spec_reader *reader, const struct json_node *object,
			    const struct source_set *set, const char **ret_name)
{
	struct json_node value;
	int rc = json_require(object, "name", &value, reader->err);
	if (rc == 0)
		rc = read_name(reader, &value, ret_name);
	if (rc < 0)
		return rc;
	if (!is_source_name(*ret_name))
		return json_fail(&value, reader->err,
				 "must be a file's relative path without '..' or a leading '-'");
	for (size_t i = 0; i < object->index; i++) {
		if (strcmp(set->files[i].name, *ret_name) == 0)
			return json_fail(&value, reader->err, "is the name of sources[%zu] too", i);
	}
	return 0;
}

/* Brings a source's bytes into memory; `left` is how many there may be. */
static int load_source(struct spec_reader *reader, const struct json_node *object,
		       const struct blob *content, size_t left, struct source_file *ret_file)
{
	INPUT_AUTO_FINISH struct input input = { 0 };
	ret_file->text = content->data;
	ret_file->size = content->size;
	if (content->path != NULL && content->size <= left) {
		int rc = input_read_file(content->path, left, &input, reader->err);
		if (rc < 0)
			return rc;
		ret_file->text = arena_copy(reader->arena, input.text, input.size);
		ret_file->size = input.size;
		if (ret_file->text == NULL)
			return fail_memory(reader->err);
	}
	if (ret_file->size > left)
		return json_fail(object->parent, reader->err, "must be at most %zu bytes together",
				 PROBLEM_PROGRAM_BYTES_MAX);
	return 0;
}

static int read_source(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const char *const keys[] = { "name", "text", "base64", "path", "digest", NULL };
	struct source_set *set = target;
	struct source_file *file = &set->files[object->index];
	struct blob content = { 0 };
	size_t left = PROBLEM_PROGRAM_BYTES_MAX;
	for (size_t i = 0; i < object->index; i++)
		left -= set->files[i].size;
	int rc = json_only_keys(object, keys, reader->err);
	if (rc == 0)
		rc = read_source_name(reader, object, set, &file->name);
	if (rc == 0)
		rc = read_content(reader, object, &content);
	return rc < 0 ? rc : load_source(reader, object, &content, left, file);
}

/* The files of a program; its first file's name is what it is called. */
static int read_sources(struct spec_reader *reader, const struct json_node *array, void *target)
{
	struct source_set *set = target;
	size_t count = 0;
	int rc = json_array_size(array, PROGRAM_SOURCES_MAX, &count, reader->err);
	if (rc < 0)
		return rc;
	if (count == 0)
		return json_fail(array, reader->err, "must not be empty");
	set->files = arena_alloc(reader->arena, count * sizeof *set->files);
	if (set->files == NULL)
		return fail_memory(reader->err);
	rc = spec_read_array(reader, array, count, read_source, set);
	if (rc < 0)
		return rc;
	set->count = count;
	set->name = set->files[0].name;
	return 0;
}

static int read_argument(struct spec_reader *reader, const struct json_node *value, void *target)
{
	const char **list = target;
	return spec_read_text(reader, value, &list[value->index]);
}

static int read_arguments(struct spec_reader *reader, const struct json_node *array, void *target)
{
	const char *const **ret_list = target;
	size_t count = 0;
	int rc = json_array_size(array, ARGUMENTS_MAX, &count, reader->err);
	if (rc < 0)
		return rc;
	const char **list = arena_alloc(reader->arena, (count + 1) * sizeof *list);
	if (list == NULL)
		return fail_memory(reader->err);
	rc = spec_read_array(reader, array, count, read_argument, (void *)list);
	if (rc == 0)
		*ret_list = list;
	return rc;
}

/* ---- the checker --------------------------------------------------------------------------- */

enum checker_name {
	NAME_EXACT = 1,
	NAME_TOKENS = 2,
	NAME_FLOAT = 4,
	NAME_TESTLIB = 8,
	NAME_ICPC = 16,
};

static const struct checker_row {
	const char *name;
	enum checker_name id;
	enum checker_kind kind;
} checkers[] = {
	{ "exact", NAME_EXACT, CHECKER_BUILTIN }, { "tokens", NAME_TOKENS, CHECKER_BUILTIN },
	{ "float", NAME_FLOAT, CHECKER_BUILTIN }, { "testlib", NAME_TESTLIB, CHECKER_TESTLIB },
	{ "icpc", NAME_ICPC, CHECKER_ICPC },
};

#define CHECKER_DEFAULT 1u /* tokens */

/* A checker as the spec describes it. */
struct checker {
	const struct checker_row *row;
	struct compare_options compare;
	struct source_set validator;
	const char *const *args;
	bool interactive;
};

/* A problem that stands in the spec, while it is being read. */
struct inline_problem {
	struct problem *problem;
	struct checker checker;
};

static int read_checker_name(struct spec_reader *reader, const struct json_node *value,
			     void *target)
{
	struct checker *checker = target;
	const char *name = NULL;
	int rc = json_string(value, &name, reader->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ARRAY_LENGTH(checkers); i++) {
		if (strcmp(checkers[i].name, name) == 0) {
			checker->row = &checkers[i];
			return 0;
		}
	}
	return json_fail(value, reader->err,
			 "must be \"exact\", \"tokens\", \"float\", \"testlib\" or \"icpc\"");
}

static int read_case_sensitive(struct spec_reader *reader, const struct json_node *value,
			       void *target)
{
	struct checker *checker = target;
	return json_bool(value, &checker->compare.case_sensitive, reader->err);
}

static int read_space_sensitive(struct spec_reader *reader, const struct json_node *value,
				void *target)
{
	struct checker *checker = target;
	return json_bool(value, &checker->compare.space_change_sensitive, reader->err);
}

/*
 * Through decimal digits, so that 1e-6 is what it says as exactly as a long double can, and not the
 * double next to it: the same tolerance has to mean the same here and in a package.
 */
static int read_tolerance(struct spec_reader *reader, const struct json_node *value,
			  long double *ret_tolerance)
{
	char text[32];
	double number = 0;
	int rc = json_non_negative(value, &number, reader->err);
	if (rc < 0)
		return rc;
	(void)snprintf(text, sizeof text, "%.15g", number);
	*ret_tolerance = strtold(text, NULL); /* cannot fail for what printf wrote */
	return 0;
}

static int read_absolute(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct checker *checker = target;
	checker->compare.has_absolute = true;
	return read_tolerance(reader, value, &checker->compare.absolute);
}

static int read_relative(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct checker *checker = target;
	checker->compare.has_relative = true;
	return read_tolerance(reader, value, &checker->compare.relative);
}

static int read_checker_sources(struct spec_reader *reader, const struct json_node *value,
				void *target)
{
	struct checker *checker = target;
	return read_sources(reader, value, &checker->validator);
}

static int read_checker_language(struct spec_reader *reader, const struct json_node *value,
				 void *target)
{
	struct checker *checker = target;
	return spec_read_nonempty(reader, value, &checker->validator.language);
}

static int read_checker_args(struct spec_reader *reader, const struct json_node *value,
			     void *target)
{
	struct checker *checker = target;
	return read_arguments(reader, value, (void *)&checker->args);
}

static int read_interactive(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct checker *checker = target;
	return json_bool(value, &checker->interactive, reader->err);
}

#define CHECKER_KEY_COUNT 9u

/* The keys, and which checkers have them. */
static const struct checker_key {
	struct spec_key key;
	unsigned checkers;
} checker_keys[CHECKER_KEY_COUNT] = {
	{ { "name", read_checker_name }, UINT_MAX },
	{ { "case_sensitive", read_case_sensitive }, NAME_TOKENS },
	{ { "space_sensitive", read_space_sensitive }, NAME_TOKENS },
	{ { "absolute", read_absolute }, NAME_FLOAT },
	{ { "relative", read_relative }, NAME_FLOAT },
	{ { "sources", read_checker_sources }, NAME_TESTLIB | NAME_ICPC },
	{ { "language", read_checker_language }, NAME_TESTLIB | NAME_ICPC },
	{ { "args", read_checker_args }, NAME_TESTLIB | NAME_ICPC },
	{ { "interactive", read_interactive }, NAME_ICPC },
};

/* Refuses options that would be without effect. */
static int check_options(struct spec_reader *reader, const struct json_node *object,
			 const struct checker_row *row)
{
	struct json_node value;
	for (size_t i = 0; i < CHECKER_KEY_COUNT; i++) {
		const struct checker_key *row_key = &checker_keys[i];
		if ((row_key->checkers & row->id) == 0 &&
		    json_find(object, row_key->key.name, &value))
			return json_fail(&value, reader->err, "is no option of checker \"%s\"",
					 row->name);
	}
	return 0;
}

static int read_checker(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct inline_problem *inlined = target;
	struct checker *checker = &inlined->checker;
	struct spec_key keys[CHECKER_KEY_COUNT];
	struct json_node value;
	for (size_t i = 0; i < CHECKER_KEY_COUNT; i++)
		keys[i] = checker_keys[i].key;
	int rc = spec_read_object(reader, object, keys, CHECKER_KEY_COUNT, checker);
	if (rc == 0)
		rc = json_require(object, "name", &value, reader->err);
	if (rc == 0)
		rc = check_options(reader, object, checker->row);
	if (rc == 0 && checker->row->kind != CHECKER_BUILTIN)
		rc = json_require(object, "sources", &value, reader->err);
	if (rc < 0)
		return rc;
	struct compare_options *compare = &checker->compare;
	if (checker->row->id == NAME_EXACT)
		compare->mode = COMPARE_EXACT;
	if (checker->row->id == NAME_FLOAT && !compare->has_absolute && !compare->has_relative) {
		compare->has_absolute = compare->has_relative = true;
		compare->absolute = compare->relative = TOLERANCE_DEFAULT;
	}
	return 0;
}

/* ---- tests --------------------------------------------------------------------------------- */

static int read_test_name(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct test_case *test = target;
	return read_name(reader, value, &test->name);
}

static int read_data(struct spec_reader *reader, const struct json_node *object,
		     struct blob *ret_blob)
{
	static const char *const keys[] = { "text", "base64", "path", "digest", NULL };
	int rc = json_only_keys(object, keys, reader->err);
	return rc < 0 ? rc : read_content(reader, object, ret_blob);
}

static int read_input(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct test_case *test = target;
	return read_data(reader, object, &test->input);
}

static int read_answer(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct test_case *test = target;
	return read_data(reader, object, &test->answer);
}

static int read_test_args(struct spec_reader *reader, const struct json_node *array, void *target)
{
	struct test_case *test = target;
	return read_arguments(reader, array, (void *)&test->args);
}

static int read_test(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const struct spec_key keys[] = {
		{ "name", read_test_name },
		{ "input", read_input },
		{ "answer", read_answer },
		{ "args", read_test_args },
	};
	struct test_case *tests = target;
	struct test_case *test = &tests[object->index];
	struct json_node name;
	test->input.data = test->answer.data = "";
	int rc = spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), test);
	return rc < 0 ? rc : json_require(object, "name", &name, reader->err);
}

static int read_tests(struct spec_reader *reader, const struct json_node *array, void *target)
{
	struct inline_problem *inlined = target;
	struct problem *problem = inlined->problem;
	size_t count = 0;
	int rc = json_array_size(array, PROBLEM_TESTS_MAX, &count, reader->err);
	if (rc < 0)
		return rc;
	if (count == 0)
		return json_fail(array, reader->err, "must not be empty");
	problem->tests = arena_alloc(reader->arena, count * sizeof *problem->tests);
	if (problem->tests == NULL)
		return fail_memory(reader->err);
	rc = spec_read_array(reader, array, count, read_test, problem->tests);
	if (rc == 0)
		problem->test_count = count;
	return rc;
}

/* By name, then by place. Places are those in one array. */
static int by_name(const void *a, const void *b)
{
	const struct test_case *const *left = a;
	const struct test_case *const *right = b;
	int order = strcmp((*left)->name, (*right)->name);
	return order != 0 ? order : (*left > *right) - (*left < *right);
}

/* Names are how results are matched with tests. */
static int check_names(struct spec_reader *reader, const struct json_node *object,
		       const struct problem *problem)
{
	struct json_node array;
	size_t count = problem->test_count;
	AUTO_FREE const struct test_case **sorted = malloc(count * sizeof *sorted);
	if (sorted == NULL)
		return fail_memory(reader->err);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &problem->tests[i];
	qsort(sorted, count, sizeof *sorted, by_name);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) != 0)
			continue;
		(void)json_find(object, "tests", &array); /* it was just read */
		return json_fail(&array, reader->err, "[%td] and [%td] have the same name",
				 sorted[i - 1] - problem->tests, sorted[i] - problem->tests);
	}
	return 0;
}

/* A built-in comparison with an answer that was forgotten would accept nothing, or what is empty.
 */
static int check_answers(struct spec_reader *reader, const struct json_node *object)
{
	struct json_node array;
	struct json_node test;
	struct json_node answer;
	int rc = json_require(object, "tests", &array, reader->err);
	bool more = rc == 0 && json_first(&array, &test);
	for (; rc == 0 && more; more = json_next(&test))
		rc = json_require(&test, "answer", &answer, reader->err);
	return rc;
}

/* ---- the problem --------------------------------------------------------------------------- */

static int read_problem_limits(struct spec_reader *reader, const struct json_node *object,
			       void *target)
{
	struct inline_problem *inlined = target;
	struct bailiff_limits *limits = &inlined->problem->limits;
	int rc = limits_json_read(object, NULL, limits, reader->err);
	return rc < 0 ? rc : spec_check_job_limits(reader, object, limits);
}

/* What a problem is that says nothing about it. */
static int set_defaults(struct spec_reader *reader, struct problem *problem)
{
	struct test_group *root = arena_alloc(reader->arena, sizeof *root);
	if (root == NULL)
		return fail_memory(reader->err);
	*root = (struct test_group){ .name = "",
				     .parent = GROUP_NONE,
				     .accept_score = 1,
				     .range_min = -INFINITY,
				     .range_max = INFINITY };
	problem->format = PROBLEM_FORMAT_FOLDER;
	problem->name = problem->title = "problem";
	problem->time_rule = (struct time_rule){ 2, 1.5, NS_PER_S };
	problem->groups = root;
	problem->group_count = 1;
	return 0;
}

static int set_checker(struct spec_reader *reader, struct problem *problem,
		       const struct checker *checker)
{
	problem->checker = checker->row->kind;
	problem->is_interactive = checker->interactive;
	if (checker->row->kind != CHECKER_BUILTIN) {
		struct source_set *validator = arena_alloc(reader->arena, sizeof *validator);
		if (validator == NULL)
			return fail_memory(reader->err);
		*validator = checker->validator;
		problem->validators = validator;
		problem->validator_count = 1;
	}
	for (size_t i = 0; i < problem->test_count; i++) {
		problem->tests[i].compare = checker->compare;
		problem->tests[i].validator_args = checker->args;
	}
	return 0;
}

static int read_inline_problem(struct spec_reader *reader, const struct json_node *object,
			       struct problem *problem)
{
	static const struct spec_key keys[] = {
		{ "tests", read_tests },
		{ "checker", read_checker },
		{ "limits", read_problem_limits },
	};
	struct inline_problem inlined = { problem, { .row = &checkers[CHECKER_DEFAULT] } };
	int rc = set_defaults(reader, problem);
	if (rc == 0)
		rc = spec_read_object(reader, object, keys, ARRAY_LENGTH(keys), &inlined);
	if (rc == 0)
		rc = check_names(reader, object, problem);
	if (rc == 0 && inlined.checker.row->kind == CHECKER_BUILTIN)
		rc = check_answers(reader, object);
	return rc < 0 ? rc : set_checker(reader, problem, &inlined.checker);
}

/* What a tree is called is not in it: only its client knows. */
static int read_problem_tree(struct spec_reader *reader, const struct json_node *object,
			     const struct json_node *digest, struct judge_spec *spec)
{
	struct json_node name;
	spec->has_problem_digest = true;
	int rc = spec_read_digest_tree(reader, digest, &spec->problem_digest, &spec->problem_path);
	if (rc == 0 && json_find(object, "name", &name))
		rc = read_name(reader, &name, &spec->problem_name);
	return rc;
}

/* The keys that stand beside a problem's home must be for that kind of home. */
static int check_problem_keys(struct spec_reader *reader, const struct json_node *object,
			      const char *home)
{
	static const struct {
		const char *key, *home;
	} rows[] = { { "checker", "tests" }, { "limits", "tests" }, { "name", "digest" } };
	struct json_node value;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (strcmp(rows[i].home, home) != 0 && json_find(object, rows[i].key, &value))
			return json_fail(&value, reader->err, "must not stand beside '%s'", home);
	}
	return 0;
}

static int read_problem(struct spec_reader *reader, const struct json_node *object, void *target)
{
	static const char *const keys[] = { "path",   "tests", "digest", "checker",
					    "limits", "name",  NULL };
	static const char *const homes[] = { "path", "tests", "digest", NULL };
	struct judge_spec *spec = target;
	struct json_node home;
	size_t i = 0;
	int rc = json_only_keys(object, keys, reader->err);
	if (rc == 0)
		rc = spec_require_one_of(reader, object, homes);
	if (rc < 0)
		return rc;
	while (!json_find(object, homes[i], &home))
		i++;
	rc = check_problem_keys(reader, object, homes[i]);
	if (rc < 0)
		return rc;
	if (strcmp(homes[i], "path") == 0)
		return spec_read_host_path(reader, &home, &spec->problem_path);
	if (strcmp(homes[i], "digest") == 0)
		return read_problem_tree(reader, object, &home, spec);
	struct spec_reader own = { &spec->problem.arena, reader->scope, reader->err };
	return read_inline_problem(&own, object, &spec->problem);
}

/* ---- the spec ------------------------------------------------------------------------------ */

static int read_language(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct judge_spec *spec = target;
	return spec_read_nonempty(reader, value, &spec->language);
}

static int read_submission(struct spec_reader *reader, const struct json_node *array, void *target)
{
	struct judge_spec *spec = target;
	return read_sources(reader, array, &spec->sources);
}

static int read_limits(struct spec_reader *reader, const struct json_node *object, void *target)
{
	struct judge_spec *spec = target;
	int rc = limits_json_read(object, NULL, &spec->limits, reader->err);
	return rc < 0 ? rc : spec_check_job_limits(reader, object, &spec->limits);
}

static int read_all_tests(struct spec_reader *reader, const struct json_node *value, void *target)
{
	struct judge_spec *spec = target;
	return json_bool(value, &spec->all_tests, reader->err);
}

int judge_spec_json_read_scoped(struct judge_spec *spec, const char *text, size_t length,
				const struct spec_scope *scope, struct bailiff_error *err)
{
	static const struct spec_key keys[] = {
		{ "language", read_language },	 { "sources", read_submission },
		{ "problem", read_problem },	 { "limits", read_limits },
		{ "all_tests", read_all_tests },
	};
	JSON_AUTO_DELETE cJSON *document = NULL;
	int rc = json_parse(text, length, &document, err);
	if (rc < 0)
		return rc;
	struct json_node root = json_root(document);
	struct json_node value;
	struct spec_reader reader = { .arena = &spec->arena, .scope = scope, .err = err };
	rc = spec_read_object(&reader, &root, keys, ARRAY_LENGTH(keys), spec);
	if (rc == 0)
		rc = json_require(&root, "sources", &value, err);
	if (rc == 0)
		rc = json_require(&root, "problem", &value, err);
	if (rc == 0)
		spec->sources.language = spec->language;
	return rc;
}

int judge_spec_json_read(struct judge_spec *spec, const char *text, size_t length,
			 const char *folder, struct bailiff_error *err)
{
	const struct spec_scope scope = { .folder = folder };
	return judge_spec_json_read_scoped(spec, text, length, &scope, err);
}

void judge_spec_finish(struct judge_spec *spec)
{
	arena_finish(&spec->problem.arena); /* owns everything of the problem */
	arena_finish(&spec->arena);
	*spec = (struct judge_spec){ 0 };
}
