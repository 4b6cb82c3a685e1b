/* SPDX-License-Identifier: MIT */
/* Runs the program named on the command line in a cell, with a line of input, through libbailiff:
 *
 *     make -C examples/embed && sudo examples/embed/embed /bin/cat
 */
#include <bailiff/bailiff.h>
#include <inttypes.h>
#include <stdio.h>

static int print_error(const struct bailiff_error *error)
{
	fprintf(stderr, "embed: %s: %s\n", bailiff_stage_name(error->stage), error->message);
	if (error->hint[0] != '\0')
		fprintf(stderr, "embed: to mend that: %s\n", error->hint);
	return 1;
}

int main(int argc, char **argv)
{
	struct bailiff_error error = { 0 };
	struct bailiff_result result = { 0 };
	struct bailiff_host *host = NULL;
	struct bailiff_spec spec = {
		.argv = (const char *const *)&argv[1],
		.in = { .kind = BAILIFF_STDIN_DATA, .data = "hello\n", .size = 6 },
		.limits = { .cpu_ns = 500000000, .memory_bytes = 64 << 20 },
	};
	if (argc < 2)
		return fputs("usage: embed PROGRAM [ARG...]\n", stderr), 64;
	if (bailiff_host_open(&host, &error) < 0)
		return print_error(&error);
	int rc = bailiff_run(host, &spec, &result, &error);
	bailiff_host_close(host);
	if (rc < 0)
		return print_error(&error);
	printf("%s, %s: %" PRIu64 " us of CPU time, %" PRIu64 " KiB at most\n",
	       bailiff_verdict_name(result.verdict), result.message, result.cpu_ns / 1000,
	       result.memory_peak_bytes / 1024);
	fwrite(result.out.data, 1, result.out.size, stdout);
	bailiff_result_finish(&result);
	return 0;
}
