/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scvm.h"

#include <stdlib.h>
#include <string.h>

void scvm_init_bare(struct scvm *v)
{
	memset(v, 0, sizeof(*v));
	v->policy.name.v = "test";
	v->policy.vmm.v = "qemu";
	v->policy.disks = &v->disk;
	v->policy.network = &v->nic;
	v->policy.grants.syscalls.v = &v->strings[0];
	v->policy.grants.ioctls.v = &v->strings[1];
	v->policy.vfio.v = &v->strings[2];
	v->target.accel = ACCEL_KVM;
}

void scvm_init(struct scvm *v)
{
	scvm_init_bare(v);
	v->policy.n_disks = 1;
	v->policy.n_network = 1;
	v->nic.type.v = NIC_USER;
	v->nic.restricted.v = true;
	v->policy.qmp.enabled.v = true;
}

void scvm_build(struct scvm *v)
{
	struct err e = ERR_INIT;

	if (sc_set_build(&v->set, &v->policy, &v->target, &e) == 0 &&
	    sc_generate(&v->set, &v->prog, &v->n, &e) == 0 &&
	    bpfsim_check(v->prog, v->n, &e) == 0)
		return;
	fprintf(stderr, "%s\n", e.text);
	abort();
}

void scvm_dispose(struct scvm *v)
{
	sc_set_dispose(&v->set);
	free(v->prog);
	v->prog = NULL;
}

uint32_t scvm_ask_arch(const struct scvm *v, uint32_t arch, int nr,
		       const uint64_t args[6], unsigned *steps)
{
	struct seccomp_data d = { .nr = nr, .arch = arch };
	size_t i;

	for (i = 0; i < 6; i++)
		d.args[i] = args[i];
	return bpfsim_run(v->prog, v->n, &d, steps);
}

uint32_t scvm_ask(const struct scvm *v, int nr, uint64_t a0, uint64_t a1, uint64_t a2,
		  uint64_t a3)
{
	const uint64_t args[6] = { a0, a1, a2, a3, 0, 0 };

	return scvm_ask_arch(v, AUDIT_ARCH_X86_64, nr, args, NULL);
}

unsigned scvm_count(const struct scvm *v)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < v->set.n; i++)
		count += sc_rule_reachable(&v->set.rules[i]);
	return count;
}
