/* SPDX-License-Identifier: MIT */
#ifndef BAILIFF_FILTER_PROOF_H
#define BAILIFF_FILTER_PROOF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Which namespaces a program under a filter cannot touch: make, change, send or leave anything in
 * them that a later program could meet. Such a namespace is after the run what it was before.
 *
 * That holds only as far as the filter is all that decides. A caller must not rely on it where
 *
 *   - the filter's notifications may be answered with "continue" (bailiff_spec.observe), or its
 *     listener is closed while the cell lives;
 *   - a descriptor that was passed in, a standard stream included, is or may bring a socket, a
 *     namespace, an io_uring, a bpf object, a message queue or a device of the network: what the
 *     filter refuses to make can be passed in, and through a socket the namespace's own descriptor
 *     (/proc/self/ns) can be passed out;
 *   - the namespace was used otherwise than by a cell without a network.
 *
 * filter/proof.c says what else it rests on.
 */
struct filter_proof {
	bool network;
	bool ipc;
};

/*
 * Proves what can be proved about a filter as seccomp(2) takes it. What could not be proved, for
 * want of memory or because the kernel would not load the program, is false. Pure.
 */
struct filter_proof filter_prove(const struct sock_filter *code, size_t length);

#endif
