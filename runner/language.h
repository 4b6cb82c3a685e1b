/* SPDX-License-Identifier: MIT */
/*
 * Languages: how a submission becomes a program and how the program is run (bailiff-languages(5)).
 * The definitions in runner/languages/ are part of the program; a folder of the user's adds to
 * them or replaces them by id.
 */
#ifndef BAILIFF_RUNNER_LANGUAGE_H
#define BAILIFF_RUNNER_LANGUAGE_H

#include <bailiff/bailiff.h>

#include "arena.h"

/* Bounds of a definition; far above any. */
#define LANGUAGES_MAX 256u
#define LANGUAGE_LIST_MAX 64u

/* A host file or folder that the tool chain needs at the same path inside. */
struct language_bind {
	struct bailiff_bind bind;
	bool optional; /* left out where it is missing, such as another version's folder */
};

/* How the program is built. Without argv there is nothing to build. */
struct language_compile {
	const char *const *argv; /* NULL = no such step; placeholders stand */
	const char *policy;
	struct bailiff_limits limits; /* zero = the default of a compile step */
	const char *const *artifacts; /* files of the working folder that make up the program;
				       * NULL = the sources themselves are the program */
};

/* How the program is run. */
struct language_run {
	const char *const *argv; /* placeholders stand */
	const char *policy;
	uint64_t processes;    /* threads the run-time system starts for itself */
	uint64_t memory_bytes; /* what it needs beside the program's heap */
};

/* Strings and lists belong to the set. Lists end with NULL. */
struct language {
	const char *id;
	const char *name;
	const char *const *extensions; /* without the dot; never empty */
	bool by_extension;	       /* a file's name alone may select it */
	const char *package;	       /* the Debian package that brings it */
	const char *const *version_argv;
	const char *source;	/* a single source file's name inside; "{class}" may stand in it */
	const char *const *env; /* "KEY=VALUE"; NULL = none */
	const struct language_bind *binds;
	size_t bind_count;
	struct language_compile compile;
	struct language_run run;
};

/* Zero is valid and empty. */
struct language_set {
	struct arena arena;
	struct language *items; /* sorted by id */
	size_t count;
};

/*
 * Reads the program's own definitions and, where `folder` is not NULL, every .json file in it.
 * Fails with BAILIFF_FAULT_INPUT where the folder cannot be read and BAILIFF_FAULT_SPEC, naming
 * file and key, where a definition is wrong; the set must then be finished all the same.
 */
int language_set_load(struct language_set *set, const char *folder, struct bailiff_error *err);
void language_set_finish(struct language_set *set);

/* The language of this id. BAILIFF_FAULT_SPEC where there is none, with the nearest as a hint. */
int language_find(const struct language_set *set, const char *id, const struct language **ret,
		  struct bailiff_error *err);

/* The one language that claims a file by its name's extension. BAILIFF_FAULT_SPEC, asking for
 * --language, where none or several do. */
int language_of_file(const struct language_set *set, const char *path, const struct language **ret,
		     struct bailiff_error *err);

/* Whether a file's extension is one of the language's. */
bool language_has_extension(const struct language *language, const char *path);

/* The program's own definitions as text, made at build time; ends with a NULL name. */
struct language_text {
	const char *name;
	const char *text;
	size_t size;
};
extern const struct language_text language_texts[];

#endif
