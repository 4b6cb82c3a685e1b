/* SPDX-License-Identifier: MIT */
/*
 * Runs a seccomp filter outside the kernel, so that tests can ask what a compiled policy does
 * with any call, also with those nobody would dare to make. Written from the documentation of
 * the instruction set, independent of the code that produces filters.
 */
#ifndef BAILIFF_TESTS_BPF_INTERPRETER_H
#define BAILIFF_TESTS_BPF_INTERPRETER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Checks a program as the kernel does when it is loaded: length 1-4096, known instructions only,
 * aligned loads within struct seccomp_data, jumps forward and inside the program, a RET at the
 * end. Returns 0, or -EINVAL with the number of the faulty instruction in *ret_at. The known
 * instructions are a subset of the kernel's, so a program accepted here is accepted there.
 * Source: bpf_check_classic() and seccomp_check_filter() of the kernel.
 */
int bpf_check(const struct sock_filter *code, size_t length, size_t *ret_at);

/*
 * Runs a program that the kernel would load, such as one that bpf_check() accepted, and returns its
 * value (SECCOMP_RET_...). *ret_steps, unless NULL, receives the number of instructions executed.
 */
uint32_t bpf_run(const struct sock_filter *code, const struct seccomp_data *data,
		 size_t *ret_steps);

#endif
