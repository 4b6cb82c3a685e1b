/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_RUN_JOB_IMAGE_H
#define BAILIFF_RUN_JOB_IMAGE_H

#include "child/job.h"

/* Writes a job into a sealed memory file, as job_map() reads it. *ret_fd is owned by the caller. 0 or
 * -errno. */
int job_image_create(const struct job *job, int *ret_fd);

#endif
