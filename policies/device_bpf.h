/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_DEVICE_BPF_H
#define BRATTICE_DEVICE_BPF_H

/*
 * Device rules -> an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE (Linux 4.15). Pure:
 * loading and attaching is the launcher's. Numbers are those of linux/bpf.h
 * (BPF_DEVCG_ACC_*), the context is struct bpf_cgroup_dev_ctx.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum {
	DEVICE_MKNOD = BPF_DEVCG_ACC_MKNOD,
	DEVICE_READ = BPF_DEVCG_ACC_READ,
	DEVICE_WRITE = BPF_DEVCG_ACC_WRITE,
	DEVICE_ALL = DEVICE_MKNOD | DEVICE_READ | DEVICE_WRITE,
};

struct device_rule {
	char type; /* 'b' or 'c' */
	bool any_major, any_minor;
	uint32_t major, minor; /* where not any */
	unsigned access;       /* DEVICE_* */
};

/* DEVICE_* of letters out of "rwm", each at most once; -EINVAL for anything else. */
int device_access_parse(const char *letters, unsigned *access);

/*
 * A program that allows what the rules allow and denies all else; rules for one device
 * are taken together, so "r" and "w" in two rules allow "rw". Same rules in the same
 * order, same bytes. Returns malloc'ed instructions, *len of them. -EINVAL: a rule
 * without type or access, or more rules than fit (1,000).
 */
int device_bpf_generate(const struct device_rule *rules, size_t n, struct bpf_insn **prog,
			size_t *len, struct err *e);

#endif
