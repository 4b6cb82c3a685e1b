/* SPDX-License-Identifier: MIT */
/*
 * Goal: the command line of `bailiff run` means what the manual says, mistakes are named with
 * what was expected, and options win over the spec beside them. Method: values and whole command
 * lines as tables; specs as real files in a folder of the test's own.
 */
#include "base/mem.h"
#include "limit_table.h"
#include "message.h"
#include "run_options.h"
#include "values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS_MAX 16

/* ---- values -------------------------------------------------------------------------------- */

struct value_row {
	const char *text;
	bool valid;
	uint64_t value;
};

static void check_values(const struct value_row *rows, size_t count,
			 bool (*parse)(const char *text, uint64_t *ret_value))
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 77;
		if (parse(rows[i].text, &value) != rows[i].valid)
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(value, rows[i].valid ? rows[i].value : 77);
	}
}

static void test_durations(void **state)
{
	static const struct value_row rows[] = {
		{ "1s", true, 1000000000 },
		{ "1.5s", true, 1500000000 },
		{ "0.1s", true, 100000000 },
		{ "250ms", true, 250000000 },
		{ "10us", true, 10000 },
		{ "0.0005ms", true, 500 },
		{ "2m", true, 120000000000 },
		{ "1h", true, 3600000000000 },
		{ "0s", true, 0 },
		{ "007s", true, 7000000000 },
		{ "18446744073s", true, 18446744073000000000u },
		{ "18446744074s", false, 0 },
		{ "99999999999999999999s", false, 0 },
		{ "", false, 0 },
		{ "1", false, 0 },
		{ "s", false, 0 },
		{ ".5s", false, 0 },
		{ "1.s", false, 0 },
		{ "1.5.5s", false, 0 },
		{ "1.1234567s", false, 0 },
		{ "-1s", false, 0 },
		{ "+1s", false, 0 },
		{ " 1s", false, 0 },
		{ "1s ", false, 0 },
		{ "1 s", false, 0 },
		{ "1S", false, 0 },
		{ "1sec", false, 0 },
		{ "1e3s", false, 0 },
		{ "0x10s", false, 0 },
		{ "infs", false, 0 },
		{ "1,5s", false, 0 },
	};
	(void)state;
	check_values(rows, ARRAY_LENGTH(rows), parse_duration);
}

static void test_sizes(void **state)
{
	static const struct value_row rows[] = {
		{ "64M", true, 67108864 },     { "64MiB", true, 67108864 },
		{ "512K", true, 524288 },      { "512KiB", true, 524288 },
		{ "1G", true, 1073741824 },    { "1.5G", true, 1610612736 },
		{ "2T", true, 2199023255552 }, { "100B", true, 100 },
		{ "1.1K", true, 1126 },	       { "16777215T", true, UINT64_C(16777215) << 40 },
		{ "16777216T", false, 0 },     { "64", false, 0 },
		{ "64m", false, 0 },	       { "64MB", false, 0 },
		{ "64Mi", false, 0 },	       { "M", false, 0 },
		{ "-1M", false, 0 },	       { "1 M", false, 0 },
		{ "1Kx", false, 0 },	       { "", false, 0 },
	};
	(void)state;
	check_values(rows, ARRAY_LENGTH(rows), parse_size);
}

static void test_thousandths(void **state)
{
	static const struct value_row rows[] = {
		{ "1", true, 1000 },	 { "0.5", true, 500 },
		{ "2.25", true, 2250 },	 { "0", true, 0 },
		{ "0.3333", true, 333 }, { "", false, 0 },
		{ "1x", false, 0 },	 { "-1", false, 0 },
		{ "1.", false, 0 },	 { "18446744073709551615", false, 0 },
	};
	(void)state;
	check_values(rows, ARRAY_LENGTH(rows), parse_milli);
}

/* ---- command lines ------------------------------------------------------------------------- */

/* Splits `line` at its blanks and runs all steps on it. `step` says how far it got: 1 parse,
 * 2 load_spec, 3 apply, 0 all. */
static int read_line(const char *line, struct run_options *options, int *ret_step,
		     struct bailiff_error *err)
{
	static char copy[1024];
	static char *argv[ARGS_MAX + 1];
	char *rest = NULL;
	int argc = 0;
	(void)snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok_r(copy, " ", &rest); word != NULL && argc < ARGS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	*options = (struct run_options){ 0 };
	*ret_step = 1;
	int rc = run_options_parse(argc, argv, options, err);
	if (rc == 0) {
		*ret_step = 2;
		rc = run_options_load_spec(options, err);
	}
	if (rc == 0) {
		*ret_step = 3;
		rc = run_options_apply(options, err);
	}
	if (rc == 0)
		*ret_step = 0;
	return rc;
}

static void read_good_line(const char *line, struct run_options *options)
{
	struct bailiff_error err = { 0 };
	int step = 0;
	if (read_line(line, options, &step, &err) < 0)
		fail_msg("%s: %s", line, err.message);
}

static void test_limits(void **state)
{
	struct run_options options;
	const struct bailiff_limits *limits = &options.request.spec.limits;
	(void)state;
	read_good_line("run --cpu 1.5s --wall=10s --memory 64M --processes 5 --output 1K prog a",
		       &options);
	assert_int_equal(limits->cpu_ns, 1500000000);
	assert_int_equal(limits->wall_ns, 10000000000);
	assert_int_equal(limits->memory_bytes, 67108864);
	assert_int_equal(limits->processes, 5);
	assert_int_equal(limits->output_bytes, 1024);
	assert_int_equal(limits->disk_bytes, 0);
	run_options_finish(&options);
	read_good_line("run --disk 2K --idle 0.5s --stack 8M --open-files 20 --cpus 0.5 --cpuset 0,2-3 prog",
		       &options);
	assert_int_equal(limits->disk_bytes, 2048);
	assert_int_equal(limits->idle_ns, 500000000);
	assert_int_equal(limits->stack_bytes, 8388608);
	assert_int_equal(limits->open_files, 20);
	assert_int_equal(limits->cpus_milli, 500);
	assert_string_equal(limits->cpuset, "0,2-3");
	run_options_finish(&options);
	read_good_line("run --cpu 1s --cpu 2s prog", &options);
	assert_int_equal(limits->cpu_ns, 2000000000);
	run_options_finish(&options);
}

/* Every numeric limit has an option of its name in the table. */
static void test_every_limit_has_an_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < LIMIT_ROW_COUNT; i++) {
		size_t found = 0;
		for (size_t k = 0; k < run_option_table.row_count; k++)
			found += strcmp(run_option_table.rows[k].name, limit_rows[i].option) == 0;
		assert_int_equal(found, 1);
	}
}

static void test_program_and_its_arguments(void **state)
{
	struct run_options options;
	const struct bailiff_spec *spec = &options.request.spec;
	(void)state;
	read_good_line("run --cpu 1s -- ./a.out --cpu 2s -x --", &options);
	assert_string_equal(spec->argv[0], "./a.out");
	assert_string_equal(spec->argv[1], "--cpu");
	assert_string_equal(spec->argv[4], "--");
	assert_null(spec->argv[5]);
	assert_int_equal(spec->limits.cpu_ns, 1000000000);
	run_options_finish(&options);
	/* Without "--", options end at the program's name. */
	read_good_line("run prog --memory 1G", &options);
	assert_string_equal(spec->argv[0], "prog");
	assert_string_equal(spec->argv[1], "--memory");
	assert_int_equal(spec->limits.memory_bytes, 0);
	run_options_finish(&options);
}

static void test_cell_options(void **state)
{
	struct run_options options;
	const struct bailiff_spec *spec = &options.request.spec;
	(void)state;
	read_good_line("run --bind /a --bind /b:rw --bind c:/d --bind e:/f:rw --rootfs img "
		       "--network loopback --fresh prog",
		       &options);
	assert_int_equal(spec->bind_count, 4);
	assert_string_equal(spec->binds[0].from, "/a");
	assert_null(spec->binds[0].to);
	assert_false(spec->binds[0].writable);
	assert_string_equal(spec->binds[1].from, "/b");
	assert_null(spec->binds[1].to);
	assert_true(spec->binds[1].writable);
	assert_string_equal(spec->binds[2].from, "c");
	assert_string_equal(spec->binds[2].to, "/d");
	assert_string_equal(spec->binds[3].to, "/f");
	assert_true(spec->binds[3].writable);
	assert_string_equal(spec->rootfs, "img");
	assert_int_equal(spec->network, BAILIFF_NETWORK_LOOPBACK);
	assert_true(spec->fresh);
	run_options_finish(&options);
	read_good_line("run --env A=1 --env B=x=y --env A=2 --env AA=3 --cwd /tmp --policy p.json "
		       "prog",
		       &options);
	assert_string_equal(spec->env[0], "A=2");
	assert_string_equal(spec->env[1], "B=x=y");
	assert_string_equal(spec->env[2], "AA=3");
	assert_null(spec->env[3]);
	assert_string_equal(spec->cwd, "/tmp");
	assert_string_equal(options.request.policy, "p.json");
	run_options_finish(&options);
}

static void test_files_and_streams(void **state)
{
	struct run_options options;
	const struct bailiff_spec *spec = &options.request.spec;
	(void)state;
	read_good_line("run --copy-in dir/a --copy-in b:c --copy-out d/e --copy-out f:g "
		       "--stdin in --stdout out --result res prog",
		       &options);
	assert_int_equal(spec->file_count, 2);
	assert_string_equal(spec->files[0].from, "dir/a");
	assert_string_equal(spec->files[0].to, "a");
	assert_string_equal(spec->files[1].to, "c");
	assert_string_equal(spec->collects[0].name, "d/e");
	assert_string_equal(spec->collects[0].to, "e");
	assert_string_equal(spec->collects[1].to, "g");
	assert_int_equal(spec->in.kind, BAILIFF_STDIN_PATH);
	assert_string_equal(spec->in.path, "in");
	assert_int_equal(spec->out.kind, BAILIFF_STDOUT_PATH);
	assert_string_equal(spec->out.path, "out");
	assert_int_equal(spec->err.kind, BAILIFF_STDOUT_CAPTURE);
	assert_string_equal(options.result_path, "res");
	run_options_finish(&options);
	read_good_line("run --stdin - --result - prog", &options);
	assert_int_equal(spec->in.kind, BAILIFF_STDIN_FD);
	assert_int_equal(spec->in.fd, 0);
	assert_null(options.result_path);
	run_options_finish(&options);
	read_good_line("run --inherit --exit-status --result res prog", &options);
	assert_int_equal(spec->in.kind, BAILIFF_STDIN_INHERIT);
	assert_int_equal(spec->out.kind, BAILIFF_STDOUT_INHERIT);
	assert_int_equal(spec->out.fd, 1);
	assert_int_equal(spec->err.fd, 2);
	assert_true(options.exit_status);
	run_options_finish(&options);
}

static void test_names_every_mistake(void **state)
{
	static const char *const rows[][2] = {
		{ "run", "no program given; expected -- PROGRAM [ARG...]" },
		{ "run --", "no program given; expected -- PROGRAM [ARG...]" },
		{ "run --memroy 1G prog", "unknown option '--memroy'" },
		{ "run --memroy=1G prog", "unknown option '--memroy'" },
		{ "run -x prog", "unknown option '-x'" },
		{ "run --std in prog", "option '--std' is ambiguous" },
		{ "run --cpu", "--cpu: needs a value (TIME)" },
		{ "run --inherit=1 prog", "--inherit: takes no value" },
		{ "run --cpu 1 prog",
		  "--cpu: expected a time with a unit, such as 1.5s or 250ms, not '1'" },
		{ "run --cpu 0s prog", "--cpu: must be at least 1 ms" },
		{ "run --cpu -1s prog",
		  "--cpu: expected a time with a unit, such as 1.5s or 250ms, not '-1s'" },
		{ "run --cpu 99999h prog", "--cpu: must be at most 31622400000 ms" },
		{ "run --memory 64 prog",
		  "--memory: expected a size with a unit, such as 64M or 512K "
		  "(100B for bytes), not '64'" },
		{ "run --memory 1B prog", "--memory: must be at least 65536 bytes" },
		{ "run --processes 0 prog", "--processes: must be at least 1" },
		{ "run --processes 2x prog", "--processes: expected a whole number, not '2x'" },
		{ "run --processes 99999999999999999999 prog",
		  "--processes: expected a whole number, not '99999999999999999999'" },
		{ "run --cpus half prog",
		  "--cpus: expected a number such as 1 or 0.5, not 'half'" },
		{ "run --cpuset 1+2 prog",
		  "--cpuset: expected CPU numbers such as 0,2-3, not '1+2'" },
		{ "run --bind x prog", "--bind: the place inside, 'x', must be an absolute path" },
		{ "run --bind /a:b prog",
		  "--bind: the place inside, 'b', must be an absolute path" },
		{ "run --bind /a:/b:ro prog", "--bind: expected SRC[:DST][:rw], not '/a:/b:ro'" },
		{ "run --bind /a::rw prog", "--bind: expected SRC[:DST][:rw], not '/a::rw'" },
		{ "run --bind : prog", "--bind: expected SRC[:DST][:rw], not ':'" },
		{ "run --bind rw prog",
		  "--bind: the place inside, 'rw', must be an absolute path" },
		{ "run --bind /a:/b:rw:rw prog",
		  "--bind: expected SRC[:DST][:rw], not '/a:/b:rw:rw'" },
		{ "run --copy-in a:b:c prog", "--copy-in: expected SRC[:DST], not 'a:b:c'" },
		{ "run --copy-in dir/ prog", "--copy-in: expected SRC[:DST], not 'dir/'" },
		{ "run --copy-out a: prog", "--copy-out: expected NAME[:DST], not 'a:'" },
		{ "run --env A prog", "--env: expected K=V, not 'A'" },
		{ "run --env =1 prog", "--env: expected K=V, not '=1'" },
		{ "run --cwd box prog", "--cwd: must be an absolute path, not 'box'" },
		{ "run --network host prog", "--network: expected none|loopback, not 'host'" },
		{ "run --stdout - prog",
		  "--stdout: expected a file's name, not '-' (see --inherit)" },
		{ "run --policy= prog", "--policy: expected NAME|FILE, not ''" },
		{ "run --inherit prog",
		  "--inherit: needs --result FILE, since standard output is the program's" },
		{ "run --inherit --result - prog",
		  "--inherit: needs --result FILE, since standard output is the program's" },
		{ "run --inherit --result r --stdin f prog",
		  "--inherit: excludes --stdin, --stdout and --stderr" },
		{ "run --spec - --stdin - prog",
		  "--spec: standard input cannot be both the spec and the program's input" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct run_options options;
		struct bailiff_error err = { 0 };
		int step = 0;
		if (read_line(rows[i][0], &options, &step, &err) == 0)
			fail_msg("'%s' was accepted", rows[i][0]);
		assert_string_equal(err.message, rows[i][1]);
		assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
		assert_int_not_equal(step, 2);
		run_options_finish(&options);
	}
}

static void test_suggests_the_nearest_option(void **state)
{
	struct run_options options;
	struct bailiff_error err = { 0 };
	int step = 0;
	(void)state;
	assert_int_not_equal(read_line("run --memroy=1G prog", &options, &step, &err), 0);
	assert_string_equal(err.hint, "did you mean '--memory'?");
	run_options_finish(&options);
	assert_int_not_equal(read_line("run --xyzzy prog", &options, &step, &err), 0);
	assert_string_equal(err.hint, "");
	run_options_finish(&options);
}

static void test_help_needs_nothing_else(void **state)
{
	struct run_options options;
	(void)state;
	read_good_line("run -h", &options);
	assert_true(options.help);
	run_options_finish(&options);
}

/* The help text has a line for every option in the table, and no line is too wide. */
static void test_help_text(void **state)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	(void)state;
	assert_non_null(out);
	options_help(&run_option_table, out);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < run_option_table.row_count; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "--%s ", run_option_table.rows[i].name);
		if (strstr(text, name) == NULL)
			fail_msg("no line for %s", name);
	}
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		if (strcspn(line, "\n") > 80)
			fail_msg("too wide: %.*s", (int)strcspn(line, "\n"), line);
	}
}

/* ---- a spec and options beside it ---------------------------------------------------------- */

static int enter_folder(void **state)
{
	static char folder[] = "/tmp/bailiff-options-XXXXXX";
	(void)state;
	return mkdtemp(folder) != NULL && chdir(folder) == 0 && mkdir("sub", 0777) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	char *folder = getcwd(NULL, 0);
	(void)state;
	int rc = unlink("spec.json") | unlink("sub/spec.json") | unlink("sub/prog") | rmdir("sub");
	if (folder == NULL || chdir("/") < 0 || rmdir(folder) < 0)
		rc = -1;
	free(folder);
	return rc;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_options_win_over_the_spec(void **state)
{
	struct run_options options;
	const struct bailiff_spec *spec = &options.request.spec;
	(void)state;
	write_file("spec.json",
		   "{\"argv\":[\"prog\",\"a\"],\"limits\":{\"cpu_ms\":100,\"wall_ms\":200},"
		   "\"env\":{\"A\":\"1\",\"B\":\"2\"},\"stdin\":{\"text\":\"x\"},"
		   "\"rootfs\":{\"binds\":[{\"from\":\"/a\"}]}}");
	read_good_line("run --cpu 1s --env B=9 --env C=3 --bind /b --stdin file --spec spec.json",
		       &options);
	assert_string_equal(spec->argv[1], "a");
	assert_int_equal(spec->limits.cpu_ns, 1000000000);
	assert_int_equal(spec->limits.wall_ns, 200000000);
	assert_string_equal(spec->env[0], "A=1");
	assert_string_equal(spec->env[1], "B=9");
	assert_string_equal(spec->env[2], "C=3");
	assert_int_equal(spec->bind_count, 2);
	assert_string_equal(spec->binds[1].from, "/b");
	assert_int_equal(spec->in.kind, BAILIFF_STDIN_PATH);
	assert_string_equal(spec->in.path, "file");
	run_options_finish(&options);
	read_good_line("run --spec spec.json --inherit --result r -- other", &options);
	assert_string_equal(spec->argv[0], "other");
	assert_null(spec->argv[1]);
	assert_int_equal(spec->in.kind, BAILIFF_STDIN_INHERIT);
	run_options_finish(&options);
}

static void test_spec_paths_are_relative_to_its_folder(void **state)
{
	struct run_options options;
	const struct bailiff_spec *spec = &options.request.spec;
	(void)state;
	write_file("sub/prog", "");
	write_file("sub/spec.json", "{\"argv\":[\"./prog\"],\"stdin\":{\"path\":\"in\"},"
				    "\"files\":[{\"to\":\"x\",\"from\":\"/abs\"}]}");
	read_good_line("run --stdout out --spec sub/spec.json", &options);
	assert_string_equal(spec->argv[0], "sub/./prog");
	assert_string_equal(spec->in.path, "sub/in");
	assert_string_equal(spec->files[0].from, "/abs");
	assert_string_equal(spec->out.path, "out");
	run_options_finish(&options);
	/* A name without a slash is looked up inside; so is one that a file of the spec provides.
	 */
	write_file("sub/spec.json", "{\"argv\":[\"prog\"]}");
	read_good_line("run --spec sub/spec.json", &options);
	assert_string_equal(spec->argv[0], "prog");
	run_options_finish(&options);
	write_file("sub/spec.json",
		   "{\"argv\":[\"./prog\"],\"files\":[{\"to\":\"prog\",\"text\":\"\"}]}");
	read_good_line("run --spec sub/spec.json", &options);
	assert_string_equal(spec->argv[0], "./prog");
	run_options_finish(&options);
	write_file("sub/spec.json", "{\"argv\":[\"./absent\"]}");
	read_good_line("run --spec sub/spec.json", &options);
	assert_string_equal(spec->argv[0], "./absent");
	run_options_finish(&options);
}

static void test_spec_mistakes_name_the_file(void **state)
{
	struct run_options options;
	struct bailiff_error err = { 0 };
	int step = 0;
	(void)state;
	write_file("spec.json", "{\"argv\":[\"x\"],\"limits\":{\"cpu_m\":1}}");
	assert_int_not_equal(read_line("run --spec spec.json", &options, &step, &err), 0);
	assert_int_equal(step, 2);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_string_equal(err.message, "spec.json: limits.cpu_m: unknown key");
	assert_string_equal(err.hint, "did you mean 'cpu_ms'?");
	run_options_finish(&options);
	write_file("spec.json", "{}");
	assert_int_not_equal(read_line("run --spec spec.json", &options, &step, &err), 0);
	assert_int_equal(step, 2);
	assert_string_equal(err.message, "spec.json: document: key 'argv' is missing");
	run_options_finish(&options);
	read_good_line("run --spec spec.json -- prog", &options);
	run_options_finish(&options);
	assert_int_not_equal(read_line("run --spec absent.json", &options, &step, &err), 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	assert_string_equal(err.message, "open 'absent.json': No such file or directory");
	run_options_finish(&options);
	assert_int_not_equal(read_line("run --spec sub", &options, &step, &err), 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_INPUT);
	run_options_finish(&options);
	assert_int_not_equal(read_line("run --spec /dev/zero", &options, &step, &err), 0);
	assert_int_equal(err.fault, BAILIFF_FAULT_SPEC);
	assert_string_equal(err.message, "'/dev/zero' is longer than 16777216 bytes");
	run_options_finish(&options);
}

/* ---- messages ------------------------------------------------------------------------------ */

static void test_messages_are_escaped(void **state)
{
	static const char *const rows[][2] = {
		{ "plain 'text' \xc3\xa9\xe2\x82\xac", "plain 'text' \xc3\xa9\xe2\x82\xac" },
		{ "\033[31mred\a\n\t\x7f", "\\x1b[31mred\\x07\\x0a\\x09\\x7f" },
		{ "\xc2\x9b"
		  "1m",
		  "\\xc2\\x9b1m" },
		{ "a\xff\xc3", "a\\xff\\xc3" },
		{ "\xe2\x80\xae"
		  "evil",
		  "\\xe2\\x80\\xaeevil" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		AUTO_FREE char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		assert_non_null(out);
		print_escaped(out, rows[i][0]);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, rows[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_thousandths),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_every_limit_has_an_option),
		cmocka_unit_test(test_program_and_its_arguments),
		cmocka_unit_test(test_cell_options),
		cmocka_unit_test(test_files_and_streams),
		cmocka_unit_test(test_names_every_mistake),
		cmocka_unit_test(test_suggests_the_nearest_option),
		cmocka_unit_test(test_help_needs_nothing_else),
		cmocka_unit_test(test_help_text),
		cmocka_unit_test(test_options_win_over_the_spec),
		cmocka_unit_test(test_spec_paths_are_relative_to_its_folder),
		cmocka_unit_test(test_spec_mistakes_name_the_file),
		cmocka_unit_test(test_messages_are_escaped),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
