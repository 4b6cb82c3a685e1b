/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUNNER_MAIN_CLASS_H
#define BAILIFF_RUNNER_MAIN_CLASS_H

#include <stdbool.h>
#include <stddef.h>

#define MAIN_CLASS_NAME_MAX 128u
#define MAIN_CLASS_PACKAGE_MAX 256u

/* What a Java source file says about itself. Names are Java identifiers or empty. */
struct main_class {
	char package[MAIN_CLASS_PACKAGE_MAX]; /* "" = none */
	char file[MAIN_CLASS_NAME_MAX];	      /* the type the file must be named after */
	char name[MAIN_CLASS_NAME_MAX];	      /* the top-level type with a main method; "" = none */
};

/*
 * Scans the text of a Java source file (The Java Language Specification, 3.7 to 3.10 and 7.6).
 * What is not Java gives empty or useless names, never more: whether it compiles is the
 * compiler's to say.
 */
void main_class_scan(const char *text, size_t size, struct main_class *ret_class);

#endif
