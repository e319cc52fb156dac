/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SECCOMP_GEN_H
#define BRATTICE_SECCOMP_GEN_H

/*
 * A set of system calls -> a classic BPF program. Order of the program: machine, ioctl
 * with its hot requests, then a search tree over ranges of numbers that share an action.
 * Calls that need no argument end in a constant, so the kernel answers them from its
 * bitmap (Linux 5.11); the tree keeps attaching cheap, since the kernel runs the program
 * once for each number to fill that bitmap.
 */
#include <linux/filter.h>

#include "seccomp_set.h"

/* Numbers with this bit are x32 calls (asm/unistd.h __X32_SYSCALL_BIT). */
#define SC_X32_BIT 0x40000000U

/* Returns malloc'ed instructions, *n of them; -E2BIG above BPF_MAXINSNS. */
int sc_generate(const struct sc_set *s, struct sock_filter **prog, size_t *n,
		struct err *e);

#endif
