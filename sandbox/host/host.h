/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_HOST_HOST_H
#define BAILIFF_HOST_HOST_H

#include "base/fd_store.h"
#include "cgroup/layout.h"

#include <bailiff/bailiff.h>

struct filter_cache;

/* What is found out once per process; immutable after bailiff_host_open(), but for the cache and the
 * store, which guard themselves. */
struct bailiff_host {
	struct cgroup_layout layout;
	int slot_dir_fd;       /* owned */
	int presence_fd;       /* owned; see slot_folder_join() */
	unsigned landlock_abi; /* 0 = none */
	unsigned cpus_online;
	struct filter_cache *filters; /* owned */
	struct fd_store inotify_fds;  /* owned; see parting.c */
};

/* Whether this process has what a supervisor needs; FAULT_HOST, naming the missing capability. */
int host_check_capabilities(struct bailiff_error *err);

/* The Landlock ABI this kernel offers, 0 for none. Source: landlock(7). */
unsigned host_landlock_abi(void);

#endif
