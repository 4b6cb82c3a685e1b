/* SPDX-License-Identifier: MIT */
/*
 * Reading a job, in the program's process. The supervisor is trusted, and nobody else ever held the
 * file; so offsets are turned into pointers as they come. Async-signal-safe.
 */
#include "child/job.h"

#include "child/relocate.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void relocate_list(char *base, char **list)
{
	for (; *list != NULL; list++)
		*list = relocate(base, *list);
}

int job_map(int image_fd, struct job **ret_job)
{
	struct stat status;
	if (fstat(image_fd, &status) < 0)
		return -errno;
	if (status.st_size < (off_t)sizeof(struct job))
		return -EPROTO;
	/* Populated: all of it is read at once. */
	char *base = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_POPULATE, image_fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	struct job *job = (struct job *)(void *)base;
	if (job->size != (size_t)status.st_size)
		return -EPROTO;
	job->filter.filter = relocate(base, job->filter.filter);
	job->cwd = relocate(base, job->cwd);
	job->paths = relocate(base, job->paths);
	job->argv = relocate(base, job->argv);
	job->envp = relocate(base, job->envp);
	relocate_list(base, job->paths);
	relocate_list(base, job->argv + JOB_ARGV_SPARE);
	relocate_list(base, job->envp);
	*ret_job = job;
	return 0;
}
