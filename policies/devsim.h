/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_DEVSIM_H
#define BRATTICE_DEVSIM_H

/*
 * Runs eBPF device programs of a cgroup, ours and those of other managers as the kernel
 * gives them out (BPF_OBJ_GET_INFO_BY_FD). It knows what such programs are made of:
 * loads from the context, arithmetic, forward jumps, exit. Everything else (maps,
 * helpers, memory, loops) is an error, never a guess. Programs may come from anywhere.
 */
#include "device_bpf.h"

/*
 * type 'b' or 'c', access DEVICE_*. Returns 0 and sets *allowed (the kernel allows when
 * the program's result is not 0), or -EOPNOTSUPP for what the simulator does not know, or
 * -EINVAL for a program that the kernel would not have taken.
 */
int devsim_run(const struct bpf_insn *prog, size_t n, char type, unsigned access,
	       uint32_t major, uint32_t minor, bool *allowed, struct err *e);

#endif
