/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_BPFSIM_H
#define BRATTICE_BPFSIM_H

/*
 * Runs classic BPF programs for seccomp as Linux does (kernel/seccomp.c,
 * net/core/filter.c, Linux 6.12). Programs may come from anywhere: nothing is trusted
 * that was not checked.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * Whether the kernel would accept the program (bpf_check_classic and
 * seccomp_check_filter): 1 to BPF_MAXINSNS instructions, opcodes that seccomp knows,
 * jumps forward and inside, no division by a constant 0, scratch cells written before
 * they are read, loads aligned and inside struct seccomp_data, a RET at the end. Returns
 * 0 or -EINVAL.
 */
int bpfsim_check(const struct sock_filter *prog, size_t n, struct err *e);

/*
 * Runs a program that bpfsim_check() accepted and returns the SECCOMP_RET_* value;
 * *executed (may be NULL) is the number of instructions that ran, RET included. A program
 * that was not accepted does no harm: it ends in SECCOMP_RET_KILL_PROCESS.
 */
uint32_t bpfsim_run(const struct sock_filter *prog, size_t n,
		    const struct seccomp_data *d, unsigned *executed);

/*
 * Whether the kernel serves this system call from its bitmap without running the program
 * (seccomp_is_const_allow, Linux 5.11); *executed as above: the cost at attach.
 */
bool bpfsim_const_allow(const struct sock_filter *prog, size_t n, uint32_t arch, int nr,
			unsigned *executed);

/* The result of two filters on one thread: the stricter action wins, of two equal ones
 * the value of the filter that was attached later (seccomp(2)). */
uint32_t bpfsim_combine(uint32_t later, uint32_t earlier);

/* Whether the system call is carried out: ALLOW and LOG. */
bool bpfsim_permits(uint32_t action);

#endif
