/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_CODEC_SPEC_JSON_H
#define BAILIFF_CODEC_SPEC_JSON_H

#include "codec/spec_read.h"
#include "run_request.h"

/*
 * Reads a run spec (bailiff-spec(5)) into an empty request. Relative paths are taken to be below
 * `folder`, NULL = the current folder. Whether "argv" is there is left to the caller, for the
 * command line may give it instead. Fails with BAILIFF_FAULT_SPEC and the key's path; the request
 * must then be finished.
 */
int spec_json_read(struct run_request *request, const char *text, size_t length, const char *folder,
		   struct bailiff_error *err);

/* The same within a scope of the caller's, such as a job's (codec/spec_read.h). */
int spec_json_read_scoped(struct run_request *request, const char *text, size_t length,
			  const struct spec_scope *scope, struct bailiff_error *err);

#endif
