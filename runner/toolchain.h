/* SPDX-License-Identifier: MIT */
/*
 * From a submission to a program that can be run, by a language's definition: compile once in a
 * cell of its own, then run as often as wanted.
 *
 *	struct program program = { 0 };
 *	program_open(&program, language, sources, count, &err)
 *	toolchain_compile(&toolchain, &program, &compilation, &err)
 *	toolchain_run_request(&program, &request, &err)     any number of times
 *	compilation_finish(&compilation), program_finish(&program)
 */
#ifndef BAILIFF_RUNNER_TOOLCHAIN_H
#define BAILIFF_RUNNER_TOOLCHAIN_H

#include <bailiff/bailiff.h>

#include "arena.h"
#include "language.h"
#include "run_request.h"

#include <limits.h>

/* Bytes of diagnostics that are kept. */
#define DIAGNOSTICS_BYTES_MAX ((size_t)64 << 10)
#define PROGRAM_SOURCES_MAX 256u

/* One file of a submission. Borrowed. */
struct source_file {
	const char *name;
	const char *text;
	size_t size;
};

/* A file that the compile step made, in memory: it needs no folder and no clean-up. */
struct artifact {
	const char *name;
	const char *path; /* of the descriptor, below /proc/self/fd */
	int fd;		  /* owned */
};

/* A submission in one language, and what it was compiled to. */
struct program {
	struct arena arena;
	const struct language *language; /* borrowed */
	struct source_file *sources;	 /* under the names they have in the cell */
	size_t source_count;
	const char *main_source; /* the name of the source that "{source}" stands for */
	const char *main_class;	 /* what "{class}" stands for */
	struct artifact *artifacts;
	size_t artifact_count;
};

/* Where compile steps run. */
struct toolchain {
	struct bailiff_host *host;
	int cancel_fd;	    /* as in struct bailiff_spec; FD_NONE = none */
	const char *rootfs; /* as in struct bailiff_spec; NULL = the host's programs */
	struct bailiff_limits limits; /* of a compile step; zero = what the language says */
	const char *cpuset; /* of a compile step; NULL = any core */
};

enum compile_verdict {
	COMPILE_OK,
	COMPILE_CE, /* the submission's fault */
	COMPILE_IE, /* ours; result.error says what */
};

struct compilation {
	enum compile_verdict verdict;
	struct bailiff_result result; /* of the compile step's run; zero where there is no step */
	char message[440];
	char *diagnostics; /* what the compiler wrote, valid UTF-8 without NUL; never NULL */
	bool truncated;	   /* more than DIAGNOSTICS_BYTES_MAX were written */
};

/*
 * Names the sources as the language wants them (a single one is renamed, several keep their names,
 * which may have folders in them) and finds the main one and its class. Sources stay borrowed
 * until program_finish(). Fails with BAILIFF_FAULT_SPEC where none is of the language or names
 * cannot stand (source_names.h). The program must be finished whatever is returned.
 */
int program_open(struct program *program, const struct language *language,
		 const struct source_file *sources, size_t count, struct bailiff_error *err);
void program_finish(struct program *program);

/* The limits of the language's compile step: the caller's, else the definition's, else ours. */
void toolchain_step_limits(const struct toolchain *toolchain, const struct language *language,
			   struct bailiff_limits *ret_limits);

/* Adds an empty memory file, the last of program->artifacts. */
int program_add_artifact(struct program *program, const char *name, struct bailiff_error *err);

/* Makes an empty memory file for each of the language's artifacts, in place of earlier ones. */
int program_make_artifacts(struct program *program, struct bailiff_error *err);
void program_discard_artifacts(struct program *program);

/*
 * Runs the language's compile step, if it has one. Returns 0 with *ret_compilation (the caller's,
 * compilation_finish) whatever the compiler thinks of the submission; a negative errno and *err
 * where this machine or the definition is at fault, -ECANCELED where the caller gave up.
 */
int toolchain_compile(const struct toolchain *toolchain, struct program *program,
		      struct compilation *ret_compilation, struct bailiff_error *err);
void compilation_finish(struct compilation *compilation);

/*
 * Completes a request so that it runs the program: files, binds, the command in front of the
 * request's own arguments, environment and policy where the request has none, and the run-time
 * system's own threads on top of the process limit. Limits must be set before. What is added
 * belongs to the request or the program.
 */
int toolchain_run_request(const struct program *program, struct run_request *request,
			  struct bailiff_error *err);

/* Whether a cell with this root has the host's programs. */
bool toolchain_uses_host(const char *rootfs);

/* Where the host has what a cell sees at `path` (absolute) because of the language's binds; NULL
 * where none of them shows it. */
const char *toolchain_host_path(const struct language *language, const char *path,
				char buffer[PATH_MAX]);

/* Whether the language's tool chain, what compiles and what runs, is on this machine; where not,
 * BAILIFF_FAULT_HOST and, as the hint, the command that installs it. */
int toolchain_check(const struct language *language, struct bailiff_error *err);

#endif
