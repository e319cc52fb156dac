/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_TESTS_SCVM_H
#define BRATTICE_TESTS_SCVM_H

/* Descriptions by hand, and what their filters answer. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "bpfsim.h"
#include "compile.h"
#include "seccomp_gen.h"
#include "seccomp_set.h"

struct scvm {
	struct vm_policy policy;
	struct target target;
	struct m_disk disk;
	struct m_nic nic;
	struct m_str strings[4];
	struct sc_set set;
	struct sock_filter *prog;
	size_t n;
};

/* KVM, a virtio disk, a restricted user network, QMP. */
void scvm_init(struct scvm *v);
/* No disk, no network, no QMP. */
void scvm_init_bare(struct scvm *v);
/* Compiles the filter; ends the program when that fails. */
void scvm_build(struct scvm *v);
void scvm_dispose(struct scvm *v);

/* The filter's answer to a call; *steps may be NULL. */
uint32_t scvm_ask_arch(const struct scvm *v, uint32_t arch, int nr,
		       const uint64_t args[6], unsigned *steps);
uint32_t scvm_ask(const struct scvm *v, int nr, uint64_t a0, uint64_t a1, uint64_t a2,
		  uint64_t a3);

/* Calls allowed for some argument. */
unsigned scvm_count(const struct scvm *v);

#endif
